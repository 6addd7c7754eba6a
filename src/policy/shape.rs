//! What a Rego file of a user must not look like: the engine has no limits of its
//! own for these, and would hang or take the whole process down.
//!
//! - Brackets within brackets: with each further one the parser takes twice the
//!   time.
//! - Functions that call themselves, which OPA refuses: the engine follows them
//!   until the stack ends.

use std::collections::{BTreeMap, BTreeSet};

use super::error::PolicyError;
use super::host::Module;

/// Brackets within brackets that a file may have.
const MAX_BRACKETS: usize = 14;

/// Functions that may call one another in a row.
const MAX_CALLS: usize = 32;

/// Looks at the brackets of a file.
///
/// # Errors
/// When they nest too deep.
pub(super) fn brackets(file: &str, rego: &str) -> Result<(), PolicyError> {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for (_, byte) in code(rego) {
        depth = within(depth, byte);
        deepest = deepest.max(depth);
    }
    if deepest <= MAX_BRACKETS {
        return Ok(());
    }
    let what = format!("brackets nest more than {MAX_BRACKETS} deep");
    let hint = "give the inner parts names of their own: `name := …`";
    Err(PolicyError::new(file, what).hint(hint))
}

/// Looks for functions of files that call themselves, directly or through others.
///
/// # Errors
/// When there is one, with its place.
pub(super) fn recursion(modules: &[&Module]) -> Result<(), PolicyError> {
    let mut functions: BTreeMap<String, Function<'_>> = BTreeMap::new();
    for module in modules {
        collect(module, &mut functions);
    }
    // From those that call no other one up: who is never reached is on a circle,
    // or calls into one.
    let mut open: BTreeMap<&str, usize> = BTreeMap::new();
    let mut callers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, function) in &functions {
        let calls = function.calls.iter();
        let known: Vec<_> = calls.filter(|call| functions.contains_key(*call)).collect();
        open.insert(name, known.len());
        for call in known {
            callers.entry(call).or_default().push(name);
        }
    }
    let mut level: Vec<&str> = open
        .iter()
        .filter_map(|(name, open)| (*open == 0).then_some(*name))
        .collect();
    let mut depth = 0_usize;
    let mut deepest = None;
    while let Some(first) = level.first() {
        depth = depth.saturating_add(1);
        deepest = (depth > MAX_CALLS).then_some(*first);
        if deepest.is_some() {
            break;
        }
        let mut above = Vec::new();
        for name in level {
            open.remove(name);
            for caller in callers.get(name).into_iter().flatten() {
                if let Some(open) = open.get_mut(caller) {
                    *open = open.saturating_sub(1);
                    if *open == 0 {
                        above.push(*caller);
                    }
                }
            }
        }
        level = above;
    }
    let (name, what) = match (deepest, open.keys().next()) {
        (Some(name), _) => (
            name,
            format!("functions call one another more than {MAX_CALLS} deep"),
        ),
        (None, Some(name)) => {
            let short = name.rsplit('.').next().unwrap_or_default();
            (
                *name,
                format!("the function `{short}` calls itself, or one that it calls does"),
            )
        }
        (None, None) => return Ok(()),
    };
    let Some(function) = functions.get(name) else {
        return Ok(());
    };
    let text = &*function.module.text;
    let before = text.get(..function.at).unwrap_or_default();
    let line = u32::try_from(before.matches('\n').count()).unwrap_or(u32::MAX);
    Err(PolicyError::new(&function.module.file, what)
        .at(line.saturating_add(1), 1, text)
        .hint("Rego has no recursion: walk, or a comprehension over what is there"))
}

/// A function of a file, by the parts of its definition together.
struct Function<'m> {
    module: &'m Module,
    /// Where its first part stands.
    at: usize,
    /// Whom it calls, with the package.
    calls: BTreeSet<String>,
}

fn collect<'m>(module: &'m Module, functions: &mut BTreeMap<String, Function<'m>>) {
    let text = &*module.text;
    let mut package = "";
    let mut imports: BTreeMap<&str, &str> = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("package"), Some(name)) => package = name,
            (Some("import"), Some(path)) => {
                let last = path.rsplit('.').next().unwrap_or(path);
                let alias = words.nth(1).unwrap_or(last);
                imports.insert(alias, path.strip_prefix("data.").unwrap_or(path));
            }
            _ => {}
        }
    }
    // With its package, whichever way a file names it.
    let whole = |name: &str| match name.split_once('.') {
        None => format!("{package}.{name}"),
        Some(("data", path)) => path.to_owned(),
        Some((alias, rest)) => format!("{}.{rest}", imports.get(alias).unwrap_or(&alias)),
    };
    let mut current: Option<String> = None;
    for (at, name, calls) in words(text) {
        let head = at == 0 || text.as_bytes().get(at.saturating_sub(1)) == Some(&b'\n');
        if head {
            current = calls.then(|| whole(name));
            if let Some(name) = &current {
                functions.entry(name.clone()).or_insert(Function {
                    module,
                    at,
                    calls: BTreeSet::new(),
                });
            }
        } else if calls
            && let Some(function) = current.as_ref().and_then(|name| functions.get_mut(name))
        {
            function.calls.insert(whole(name));
        }
    }
}

/// Names with their dots, where they stand, and whether an opening parenthesis
/// follows.
fn words(rego: &str) -> impl Iterator<Item = (usize, &str, bool)> {
    let part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    let mut code = code(rego).peekable();
    std::iter::from_fn(move || {
        let (start, _) = code.find(|(_, byte)| part(*byte))?;
        let mut end = start.saturating_add(1);
        while code
            .next_if(|(at, byte)| *at == end && part(*byte))
            .is_some()
        {
            end = end.saturating_add(1);
        }
        let calls = code.peek() == Some(&(end, b'('));
        Some((start, rego.get(start..end)?, calls))
    })
}

/// The bytes outside of strings and comments, each with its place.
fn code(rego: &str) -> impl Iterator<Item = (usize, u8)> {
    let mut bytes = rego.bytes().enumerate();
    std::iter::from_fn(move || {
        loop {
            let (at, byte) = bytes.next()?;
            match byte {
                b'#' => _ = bytes.find(|(_, byte)| *byte == b'\n'),
                b'`' => _ = bytes.find(|(_, byte)| *byte == b'`'),
                b'"' => {
                    while let Some((_, byte)) = bytes.next()
                        && !matches!(byte, b'"' | b'\n')
                    {
                        if byte == b'\\' {
                            bytes.next();
                        }
                    }
                }
                _ => return Some((at, byte)),
            }
        }
    })
}

/// How deep brackets nest behind a byte.
fn within(depth: usize, byte: u8) -> usize {
    match byte {
        b'[' | b'{' | b'(' => depth.saturating_add(1),
        b']' | b'}' | b')' => depth.saturating_sub(1),
        _ => depth,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn circle(files: &[&str]) -> Option<(String, Option<(u32, u32)>)> {
        let modules: Vec<_> = files
            .iter()
            .enumerate()
            .map(|(at, text)| Module::of_user(format!("{at}.rego"), (*text).to_owned()))
            .collect();
        let error = recursion(&modules.iter().collect::<Vec<_>>()).err()?;
        Some((error.file, error.place))
    }

    #[test]
    fn a_function_that_calls_itself_is_told_with_its_place() {
        let direct = "package a\n\nf(x) := f(x + 1)\n";
        assert_eq!(circle(&[direct]), Some(("0.rego".to_owned(), Some((3, 1)))));
        let through = "package a\n\nf(x) := y if {\n\ty := g(x)\n}\n\ng(x) := 1 if x == 0\n\ng(x) := f(x - 1) if x > 0\n";
        assert!(circle(&[through]).is_some());
        let other = "package b\n\nf(x) := g(x) if {\n\tx > 1\n} else := data.b.f(x)\n\ng(x) := x\n";
        assert!(circle(&[other]).is_some());
    }

    #[test]
    fn files_call_one_another_by_their_imports() {
        let one = "package lib.a\n\nimport data.lib.b\n\nf(x) := b.g(x)\n";
        let two = "package lib.b\n\nimport data.lib.a as other\n\ng(x) := other.f(x)\n";
        assert!(circle(&[one, two]).is_some());
        assert_eq!(circle(&[one]), None);
    }

    #[test]
    fn a_long_row_of_calls_is_told() {
        let row = |length: usize| {
            let calls = (1..length).map(|at| format!("f{at}(x) := f{}(x)\n", at + 1));
            format!(
                "package a\n\n{}f{length}(x) := x\n",
                calls.collect::<String>()
            )
        };
        assert_eq!(circle(&[&row(MAX_CALLS)]), None);
        assert!(circle(&[&row(MAX_CALLS + 1)]).is_some());
        assert!(circle(&[&row(20_000)]).is_some());
    }

    #[test]
    fn what_only_looks_like_a_call_is_none() {
        let rules = "package a\n\nimport data.lib.b\n\n# f(x) calls f(x).\nf(x) := b.f(x) if x != \"f(1)\"\n\np contains f(x) if some x in [1]\n\ng(x) := `g(x)`\n";
        assert_eq!(circle(&[rules]), None);
        let twice = "package a\n\nf(x) := g(g(x))\n\ng(x) := count(x)\n\ng(x) := 1\n";
        assert_eq!(circle(&[twice]), None);
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let deep = "[".repeat(40);
        assert!(brackets("a.rego", &format!("x := {deep}")).is_err());
        assert!(
            brackets(
                "a.rego",
                &format!("x := \"\\\"{deep}\" # {deep}\ny := `{deep}`")
            )
            .is_ok()
        );
    }
}
