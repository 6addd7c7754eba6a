//! Commands that somebody typed: the one that listed a ruleset, and those behind it.

use crate::formats::firewall::nftables::lex::Tokens;
use crate::formats::firewall::shared::netfilter::typed;
use crate::formats::{Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

/// The reason at every verdict.
pub const WHY: &str = "a command behind the rules changes them";

/// The problem of the file.
pub fn problem(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Error,
        message: "this command changes rules that were printed before: they decide nothing"
            .to_owned(),
        hint: Some("export it again with `nft list ruleset`".to_owned()),
        span,
    }
}

/// The first command behind a ruleset that changes it: behind a prompt, or alone
/// where the file has prompts. In a script `# nft flush ruleset` is a remark.
pub fn changed(file: &SourceFile, tokens: &Tokens<'_>) -> Option<Span> {
    let (mut prompts, mut root) = (false, false);
    for (between, behind) in between(file.text(), tokens) {
        for line in between.lines() {
            let text = typed::without_codes(line.trim());
            // `# nft list ruleset`, and nothing else on the line.
            root |= text.strip_prefix("# ").is_some_and(|text| {
                text.trim_start().starts_with("nft ") && text.ends_with(" ruleset")
            }) && text.contains(" list ");
            let bare = text.strip_prefix("# ").unwrap_or(text).trim_start();
            let command = match typed::prompted(text, root) {
                Some(line) => {
                    prompts = true;
                    Some(line.text)
                }
                None => (prompts && typed::is_bare(bare)).then_some(bare),
            };
            if behind && command.is_some_and(typed::changes) {
                return file.span_of(text);
            }
        }
    }
    None
}

/// Whether words are a command that lists rules (`nft -a list ruleset`).
pub fn lists<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    let mut words = words.skip_while(|word| *word != "nft").skip(1);
    words.find(|word| !word.starts_with('-')) == Some("list")
}

/// Whether the command that listed the rules, which stands before them, leaves
/// out the members of sets (`-t`, `--terse`; nft(8), "Options").
pub fn terse(text: &str) -> Option<bool> {
    let mut found = None;
    for line in text.lines().filter(|line| line.contains(" list ")) {
        let words = || line.split_ascii_whitespace();
        if !lists(words()) {
            continue;
        }
        let options = words().skip_while(|word| *word != "nft").skip(1);
        let mut options = options.take_while(|word| word.starts_with('-'));
        let leaves_out = options.any(|word| {
            let short = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            word == "--terse" || short.is_some_and(|letters| letters.contains('t'))
        });
        found = Some(found == Some(true) || leaves_out);
    }
    found
}

/// What stands between the blocks that no other one holds: whole lines, and
/// whether a block stands before them.
fn between<'f>(text: &'f str, tokens: &Tokens<'_>) -> impl Iterator<Item = (&'f str, bool)> {
    let blocks = blocks(tokens);
    let starts = blocks.iter().map(|(start, _)| *start);
    let ends: Vec<_> = blocks.iter().map(|(_, end)| *end).collect();
    let starts: Vec<_> = starts.chain([text.len()]).collect();
    let none = starts.len() == 1;
    let gaps = std::iter::once(0).chain(ends).zip(starts);
    gaps.enumerate()
        .filter(move |_| !none)
        .filter_map(move |(at, (start, end))| {
            let gap = text.get(start..end)?;
            // The line with the brace is the block's.
            let lines = match at {
                0 => gap,
                _ => gap.split_once('\n').map_or("", |(_, lines)| lines),
            };
            Some((lines, at > 0))
        })
}

/// The blocks that no other one holds: from the opening brace to behind the
/// closing one.
fn blocks(tokens: &Tokens<'_>) -> Vec<(usize, usize)> {
    let mut blocks = Vec::new();
    let mut at = 0usize;
    while let Some((sign, _)) = tokens.sign(at) {
        if sign == b'{'
            && let Some(close) = tokens.closing(at)
        {
            if let Some((open, end)) = tokens.bounds(at).zip(tokens.bounds(close)) {
                blocks.push((open.start, end.end));
            }
            at = close;
        }
        at = at.saturating_add(1);
    }
    blocks
}
