//! What a page shows in paragraphs: captures that an editor of posts or mails
//! broke into lines with `<br>`, `<p>` and `<div>`.

use super::tags::{Tag, next_tag};
use crate::formats::exchange::list::pasted::FILLER;
use crate::source::{SourceFile, head};

/// Elements that stand on lines of their own.
const BLOCKS: &[&str] = &[
    "article",
    "blockquote",
    "body",
    "dd",
    "div",
    "dl",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "li",
    "ol",
    "pre",
    "section",
    "ul",
];
/// Elements whose content is no text, or is read as what it is.
const HIDDEN: &[&str] = &["script", "style", "title", "table", "textarea"];
/// The filler as it is written.
const FILLER_BYTE: u8 = 0x7f;
/// More empty lines than one say nothing.
const MOST_BREAKS: usize = 2;

/// The first `most` bytes of a page as a browser breaks them into lines, each
/// byte where it was; `None` where no tag breaks any.
pub fn of(file: &SourceFile, most: usize) -> Option<SourceFile> {
    let text = head(file.text(), most);
    let mut shown = Shown::new(text.len());
    let mut at = 0_usize;
    let mut broken = false;
    while let Some(tag) = next_tag(text, at) {
        shown.between(text.get(at..tag.start)?);
        let breaks = breaks_of(&tag);
        broken |= breaks > 0;
        let hidden = HIDDEN.iter().find(|name| !tag.end && tag.is(name));
        let behind = hidden.map_or(tag.behind, |name| end_of(text, name, tag.behind));
        shown.markup(text.get(tag.start..behind)?, breaks, tag.is("br"));
        at = behind;
    }
    if !broken {
        return None;
    }
    shown.between(text.get(at..)?);
    let shown = String::from_utf8(shown.bytes).ok()?;
    Some(SourceFile::from_text(file.id(), file.name(), shown))
}

/// Whether a line holds something of the page's text.
pub fn holds_text(line: &str) -> bool {
    line.contains(|c: char| c != FILLER && !c.is_whitespace())
}

/// Line ends that a browser puts where a tag stands: a paragraph has room above it.
fn breaks_of(tag: &Tag<'_>) -> usize {
    if tag.is("p") {
        MOST_BREAKS
    } else {
        usize::from(tag.is("br") || BLOCKS.iter().any(|name| tag.is(name)))
    }
}

/// Where an element ends whose start tag ends at an offset.
fn end_of(text: &str, name: &str, from: usize) -> usize {
    let (mut at, mut open) = (from, 1_usize);
    while let Some(tag) = next_tag(text, at) {
        at = tag.behind;
        if tag.is(name) {
            open = if tag.end {
                open.saturating_sub(1)
            } else {
                open.saturating_add(1)
            };
        }
        if open == 0 {
            return at;
        }
    }
    text.len()
}

/// The text so far, as long as what was read of the page.
struct Shown {
    bytes: Vec<u8>,
    /// Line ends that the next text has above it.
    breaks: usize,
    /// The fillers at the end, in whose place line ends may stand.
    fillers: usize,
}

impl Shown {
    fn new(length: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(length),
            breaks: 0,
            fillers: 0,
        }
    }

    /// Markup, in whose place the next text may begin a line.
    fn markup(&mut self, markup: &str, breaks: usize, adds: bool) {
        self.fill(markup.len());
        self.breaks = if adds {
            self.breaks.saturating_add(breaks).min(MOST_BREAKS)
        } else {
            self.breaks.max(breaks)
        };
    }

    fn fill(&mut self, length: usize) {
        let length_then = self.bytes.len().saturating_add(length);
        self.bytes.resize(length_then, FILLER_BYTE);
        self.fillers = self.fillers.saturating_add(length);
    }

    /// Text between two tags, with comments and declarations in it.
    fn between(&mut self, mut text: &str) {
        let begins = |pair: &[u8]| matches!(pair, [b'<', b'!' | b'?']);
        while let Some(start) = text.as_bytes().windows(2).position(begins) {
            let (before, rest) = text.split_at_checked(start).unwrap_or_default();
            let close = if rest.starts_with("<!--") { "-->" } else { ">" };
            let end = rest
                .find(close)
                .map_or(rest.len(), |end| end.saturating_add(close.len()));
            self.text(before);
            self.fill(end);
            text = rest.get(end..).unwrap_or_default();
        }
        self.text(text);
    }

    /// Text: its line ends are blanks, and none begins a line.
    fn text(&mut self, text: &str) {
        // The blank that stands for a line end, and the indentation behind it.
        let mut joined = false;
        for byte in text.bytes() {
            let blank = byte.is_ascii_whitespace();
            let begins = self.breaks > 0 || self.fillers == self.bytes.len();
            let after_blank = self.bytes.last() == Some(&b' ');
            if blank && (begins || joined || byte != b' ' && after_blank) {
                self.fill(1);
                continue;
            }
            // The line begins where its text does, so that it has the place of the text.
            let breaks = std::mem::take(&mut self.breaks).min(self.fillers);
            let kept = self.bytes.len().saturating_sub(breaks);
            for end in self.bytes.iter_mut().skip(kept) {
                *end = b'\n';
            }
            self.fillers = 0;
            self.bytes.push(if blank { b' ' } else { byte });
            joined = blank && byte != b' ';
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::named;

    fn lines(page: &str) -> Vec<String> {
        let shown = of(&named("a.html", page), page.len()).expect("lines");
        assert_eq!(shown.text().len(), page.len());
        let text = shown.text().replace(FILLER, "");
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn tags_break_lines_and_line_ends_do_not() {
        assert_eq!(
            lines("<p>Name   : A<br />\r\nServer\n : EX1</p>\n<p>Name : B<br><br>C</p>"),
            [
                "",
                "",
                "Name   : A",
                "Server : EX1",
                "",
                "Name : B",
                "",
                "C"
            ]
        );
        assert_eq!(
            lines("<div>Name&nbsp; : <b>A</b></div>\n <div>Server : EX1</div>"),
            ["", "Name&nbsp; : A", "Server : EX1"]
        );
        assert!(of(&named("a.html", "<b>Name</b> : A"), 99).is_none());
    }

    #[test]
    fn a_line_begins_where_its_text_does() {
        let page = "<div>Name : A<br />\n  Server : EX1</div>";
        let shown = of(&named("a.html", page), page.len()).expect("lines");
        let at = page.find("Server").expect("there");
        assert_eq!(shown.text().get(at - 1..at + 6), Some("\nServer"));
    }

    #[test]
    fn scripts_and_tables_are_no_text() {
        assert_eq!(
            lines("<!DOCTYPE html>\n<html><body><!-- <p> -->a<br>b"),
            ["", "a", "b"]
        );
        assert_eq!(
            lines("<script>a<br>b</script><p>c<table><tr><td>x<table></table>y</table>d</p>"),
            ["", "", "cd"]
        );
    }
}
