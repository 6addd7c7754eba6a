//! Writing HTML: everything from outside is escaped on its way, and every text
//! of ours is written in both languages, of which the page shows one.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::finding::Language;
use crate::report::{Context, Messages};

/// A page that is being written.
pub struct Page<'a> {
    /// Where to.
    pub out: &'a mut dyn Write,
    /// What it is made from.
    pub context: Context<'a>,
    /// The texts of both languages.
    pub languages: [&'static Messages; 2],
}

impl<'a> Page<'a> {
    /// A page about `context`.
    pub fn new(out: &'a mut dyn Write, context: &Context<'a>) -> Self {
        Self {
            out,
            context: *context,
            languages: [
                Messages::of(Language::English),
                Messages::of(Language::Japanese),
            ],
        }
    }

    /// Writes markup of ours as it is.
    pub fn raw(&mut self, markup: &str) -> io::Result<()> {
        self.out.write_all(markup.as_bytes())
    }

    /// Writes a text, escaped.
    pub fn text(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(escape(text).as_bytes())
    }

    /// Writes `<name class=…>text</name>`.
    pub fn element(&mut self, name: &str, class: &str, text: &str) -> io::Result<()> {
        let (class, text) = (escape(class), escape(text));
        write!(self.out, "<{name} class=\"{class}\">{text}</{name}>")
    }

    /// Writes what `tell` says in either language, as one span where they are
    /// equal.
    pub fn both(&mut self, tell: impl Fn(&'static Messages) -> String) -> io::Result<()> {
        self.out
            .write_all(spans(self.languages.map(tell)).as_bytes())
    }

    /// Writes a text of ours in both languages.
    pub fn words(&mut self, key: &str) -> io::Result<()> {
        self.both(|words| words.find(key).unwrap_or(key).to_owned())
    }
}

/// Texts in both languages.
pub fn spans([english, japanese]: [String; 2]) -> String {
    if english == japanese {
        return escape(&english).into_owned();
    }
    format!(
        "<span lang=\"en\">{}</span><span lang=\"ja\">{}</span>",
        escape(&english),
        escape(&japanese)
    )
}

/// Escapes a text for content and for attributes in double quotes.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().saturating_add(16));
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_content_or_attribute() {
        assert_eq!(
            escape("<a b=\"c\" d='e'>&"),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;"
        );
    }

    #[test]
    fn equal_texts_are_written_once() {
        assert_eq!(spans(["x".to_owned(), "x".to_owned()]), "x");
        assert!(spans(["a".to_owned(), "b".to_owned()]).contains("lang=\"ja\">b<"));
    }
}
