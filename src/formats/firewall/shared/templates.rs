//! Templates that were not filled in: Terraform's (`${name}`, `%{ if … }`), those
//! of Jinja (`{{ name }}`, `{% if … %}`) and of ERB (`<% if … %>`).
//!
//! Sources: HashiCorp, Terraform Language, "Strings and Templates"; Pallets, Jinja,
//! "Template Designer Documentation"; Ruby, ERB.

/// Where directives begin and end.
const DIRECTIVES: [(&str, &str); 3] = [("%{", "}"), ("{%", "%}"), ("<%", "%>")];

/// Directives that an `end…` closes.
const OPENING: [&str; 14] = [
    "if",
    "for",
    "unless",
    "while",
    "case",
    "block",
    "macro",
    "filter",
    "call",
    "with",
    "raw",
    "autoescape",
    "begin",
    "until",
];

/// Whether a value is one that a template leaves to be filled in: `{{ name }}`,
/// `${name}`, `%{ if … }`, `<name>`.
pub fn is_placeholder(word: &str) -> bool {
    if let Some(name) = word.strip_prefix('<') {
        return name.starts_with(|first: char| first.is_alphabetic() || first == '%');
    }
    word.bytes().any(|byte| byte == b'{')
        && ["{{", "${", "%{", "{%"]
            .iter()
            .any(|mark| word.contains(mark))
}

/// What a line says in the language of a template.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// How many parts that may be left out it opens, less those that it closes.
    pub depth: i32,
    /// Whether it begins in that language.
    pub directive: bool,
    /// Whether anything else stands in it, or it stands for other lines.
    pub more: bool,
}

/// Reads a line; `None` when nothing of a template stands in it.
pub fn line(text: &str) -> Option<Line> {
    memchr::memchr2(b'{', b'<', text.as_bytes())?;
    let comment = text.starts_with("{#");
    let mut rest = if comment {
        text.split_once("#}").map_or("", |(_, rest)| rest)
    } else {
        text
    };
    let stands = ["${", "{{", "$("].iter().any(|mark| text.starts_with(mark));
    let mut found = Line {
        depth: 0,
        directive: comment || stands,
        more: stands,
    };
    let mut any = found.directive;
    while let Some((at, mark, end)) = DIRECTIVES
        .iter()
        .filter_map(|(mark, end)| rest.find(mark).map(|at| (at, *mark, *end)))
        .min_by_key(|(at, ..)| *at)
    {
        let before = rest.get(..at).unwrap_or_default();
        if !any && before.trim().is_empty() {
            found.directive = true;
        }
        found.more |= !before.trim().is_empty();
        any = true;
        let inner = rest
            .get(at.saturating_add(mark.len())..)
            .unwrap_or_default();
        let (inner, tail) = inner.split_once(end).unwrap_or((inner, ""));
        found.depth = found.depth.saturating_add(depth(inner));
        found.more |= stands_for_lines(inner);
        rest = tail;
    }
    found.more |= any && !found.directive || found.directive && !rest.trim().is_empty();
    any.then_some(found)
}

/// What a directive opens or closes. `${…}` and `<%= … %>` do neither.
fn depth(inner: &str) -> i32 {
    let inner = inner.trim_matches(['~', '-', '+', ' ', '\t']);
    let word = inner.split([' ', '\t', '(']).next().unwrap_or_default();
    if word.starts_with("end") {
        -1
    } else if OPENING.contains(&word) || inner.ends_with(" do") || inner.contains(" do |") {
        1
    } else {
        0
    }
}

/// Whether a directive puts other lines in its place.
fn stands_for_lines(inner: &str) -> bool {
    let word = inner.trim_start_matches(['~', '-', '+', ' ', '\t']);
    ["=", "include", "extends"]
        .iter()
        .any(|start| word.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::{Line, is_placeholder, line};

    fn of(depth: i32, directive: bool, more: bool) -> Option<Line> {
        Some(Line {
            depth,
            directive,
            more,
        })
    }

    #[test]
    fn lines_tell_what_they_open_and_close() {
        assert_eq!(line("set alias wan"), None);
        assert_eq!(line("%{ if type == \"byol\" }"), of(1, true, false));
        assert_eq!(line("%{~ endif ~}"), of(-1, true, false));
        assert_eq!(line("{%- for port in ports -%}"), of(1, true, false));
        assert_eq!(line("{% else %}"), of(0, true, false));
        assert_eq!(line("{# nothing #}"), of(0, true, false));
        assert_eq!(line("<% ports.each do |port| %>"), of(1, true, false));
        assert_eq!(line("${policies}"), of(0, true, true));
        assert_eq!(line("{% include 'policies.j2' %}"), of(0, true, true));
        assert_eq!(line("{% set port = 25 %}"), of(0, true, false));
        assert_eq!(
            line("{% if a %}set status disable{% endif %}"),
            of(0, true, true)
        );
        assert_eq!(
            line("set status %{ if a }enable%{ else }disable%{ endif }"),
            of(0, false, true)
        );
    }

    #[test]
    fn values_of_templates_are_told_apart() {
        for word in [
            "${wan}",
            "{{",
            "{{ wan }}",
            "%{if a}1%{endif}",
            "<wan>",
            "<%=",
        ] {
            assert!(is_placeholder(word), "{word}");
        }
        for word in ["port1", "{0}", "$x", "100%", "<", "<10"] {
            assert!(!is_placeholder(word), "{word}");
        }
    }
}
