//! XML for the reports that are made of it: every text is escaped by the
//! writer, and cleared of what XML 1.0 cannot hold at all.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

/// A writer of indented XML.
pub struct Xml<'w> {
    writer: Writer<&'w mut dyn Write>,
}

impl<'w> Xml<'w> {
    /// Begins a document.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn new(out: &'w mut dyn Write) -> io::Result<Self> {
        let mut writer = Writer::new_with_indent(out, b' ', 2);
        writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(Self { writer })
    }

    /// Begins an element.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn start(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer
            .write_event(Event::Start(element(name, attributes)))
    }

    /// Ends an element.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn end(&mut self, name: &str) -> io::Result<()> {
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// Writes an element without content.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> io::Result<()> {
        self.writer
            .write_event(Event::Empty(element(name, attributes)))
    }

    /// Writes an element that holds text.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) -> io::Result<()> {
        self.start(name, attributes)?;
        self.writer
            .write_event(Event::Text(BytesText::new(&valid(text))))?;
        self.end(name)
    }

    /// Ends the document with a line break.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn finish(self) -> io::Result<()> {
        writeln!(self.writer.into_inner())
    }
}

fn element<'n>(name: &'n str, attributes: &[(&str, &str)]) -> BytesStart<'n> {
    let mut start = BytesStart::new(name);
    for (key, value) in attributes {
        start.push_attribute((*key, &*valid(value)));
    }
    start
}

/// What XML 1.0 allows of a text (its production `Char`); the rest becomes
/// U+FFFD. Texts are printable already, so that is next to nothing.
fn valid(text: &str) -> Cow<'_, str> {
    let allowed = |c: char| {
        !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || c == '\n' || c == '\t'
    };
    if text.chars().all(allowed) {
        return Cow::Borrowed(text);
    }
    let clean = text
        .chars()
        .map(|c| if allowed(c) { c } else { '\u{fffd}' });
    Cow::Owned(clean.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_element() {
        let mut out: Vec<u8> = Vec::new();
        let mut xml = Xml::new(&mut out).expect("written");
        xml.text("a", &[("b", "\"><x>\n&")], "]]><!--\u{fffe}</a>")
            .expect("written");
        xml.finish().expect("written");
        let text = String::from_utf8(out).expect("UTF-8");
        assert!(!text.contains("<x>"), "{text}");
        assert!(!text.contains("]]>"), "{text}");
        assert_eq!(text.matches("</a>").count(), 1, "{text}");
    }
}
