//! Text in Markdown that stays text.

/// Escapes a text for a paragraph, a list item, or a cell of a table: no
/// markup, no HTML, no link, nobody mentioned.
pub fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(16));
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            // An address becomes a link, and `:name:` a picture.
            ':' if rest.peek().is_some_and(|next| !next.is_whitespace()) => out.push_str("\\:"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            // GitHub mentions whoever follows the sign, unless something
            // stands between them.
            '@' => out.push_str("@<!-- -->"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            '+' | '-' | '=' if out.is_empty() => {
                out.push('\\');
                out.push(c);
            }
            // GitHub Flavored Markdown 6.9: `www.` begins a link by itself.
            '.' if after_www(&out) => out.push_str("\\."),
            '.' | ')' if out.chars().all(|c| c.is_ascii_digit()) => {
                out.push('\\');
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

fn after_www(text: &str) -> bool {
    let from = text.len().saturating_sub(3);
    text.get(from..)
        .is_some_and(|last| last.eq_ignore_ascii_case("www"))
}

/// A text as code within a line; `|` is replaced where it stands in a table,
/// which would end the cell even in code.
pub fn code(text: &str) -> String {
    let text = text.replace(['\r', '\n'], " ");
    let fence = "`".repeat(longest_run(&text).saturating_add(1));
    let pad = if text.starts_with('`') || text.ends_with('`') || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Escapes a text within a block of HTML, where Markdown means nothing.
pub fn html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('@', "@<!-- -->")
}

/// A text as code within a cell of a table.
pub fn cell_code(text: &str) -> String {
    code(&text.replace('|', "¦"))
}

/// A fence that no line of a text closes.
pub fn fence(text: &str) -> String {
    "`".repeat(longest_run(text).saturating_add(1).max(3))
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_stays_text() {
        assert_eq!(text("<b> *x* [y](z)"), "&lt;b&gt; \\*x\\* \\[y\\](z)");
        assert_eq!(text("a | b"), "a \\| b");
        assert_eq!(text("see www.evil.example"), "see www\\.evil.example");
        assert_eq!(text("1. x"), "1\\. x");
        assert_eq!(text("- x"), "\\- x");
        assert_eq!(text("@all"), "@<!-- -->all");
        assert_eq!(html("</details>@x"), "&lt;/details&gt;@<!-- -->x");
    }

    #[test]
    fn code_is_fenced_with_more_ticks_than_it_holds() {
        assert_eq!(code("a``b"), "```a``b```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(fence("````\n"), "`````");
    }
}
