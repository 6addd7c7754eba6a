//! Whether a text is markup as a whole.

/// Whether a text is a page or a document of markup: it begins with a tag, and is no
/// Markdown that begins with one (`<h1>`, `<img …>`) and shows what consoles printed
/// between fences.
#[must_use]
pub fn is_markup(text: &str) -> bool {
    let head = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if !head.starts_with('<') {
        return false;
    }
    let name = head.trim_start_matches('<');
    let name = name.split(|c: char| !c.is_ascii_alphanumeric()).next();
    let inline = name.is_some_and(|name| INLINE.iter().any(|tag| name.eq_ignore_ascii_case(tag)));
    !(inline
        && head
            .lines()
            .any(|line| line.trim_start().starts_with("```")))
}

/// Tags with which people begin a text of Markdown.
const INLINE: &[&str] = &[
    "a", "b", "br", "center", "details", "div", "em", "font", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "p", "span", "strong", "sub", "u",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_may_begin_with_a_tag() {
        assert!(is_markup("<html><body>a</body></html>"));
        assert!(is_markup("\u{feff}\n<?xml version=\"1.0\"?><a/>\n```\n"));
        assert!(is_markup("<h1>a</h1><pre>b</pre>"));
        assert!(is_markup("<Objs Version=\"1.1.0.1\">\n```\n</Objs>"));
        assert!(!is_markup(
            "<h1>Basics</h1>\n\n```powershell\nPS C:\\> ipconfig\n```\n"
        ));
        assert!(!is_markup("<img src=\"a.png\"/>\n  ```\nb\n  ```\n"));
        assert!(!is_markup("ipconfig"));
    }
}
