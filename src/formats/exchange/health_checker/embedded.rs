//! A text inside of CLIXML, with the places of its parts in the file.

use crate::formats::exchange::clixml::text::decode;
use crate::source::{FileId, Span};

/// The longest text that is opened; the configuration of IIS has some 200 kB.
pub const MOST: usize = 16 * 1024 * 1024;

/// A decoded text.
#[derive(Debug)]
pub struct Embedded {
    /// The text.
    pub text: String,
    file: FileId,
    /// Offsets in the text behind an escape, with theirs in the file.
    turns: Vec<(usize, usize)>,
    end: usize,
}

impl Embedded {
    /// Of what stands between two tags, which begins at `start` of the file.
    #[must_use]
    pub fn new(raw: &str, file: FileId, start: usize) -> Self {
        let mut embedded = Self {
            text: String::with_capacity(raw.len()),
            file,
            turns: vec![(0, start)],
            end: start.saturating_add(raw.len()),
        };
        let mut rest = raw;
        let mut at = start;
        while let Some(before) = rest.find(['&', '_']) {
            let (plain, tail) = rest.split_at(before);
            embedded.text.push_str(plain);
            at = at.saturating_add(plain.len());
            let length = escape(tail);
            let (own, behind) = tail.split_at_checked(length).unwrap_or((tail, ""));
            embedded.text.push_str(&decode(own));
            at = at.saturating_add(own.len());
            if length > 1 {
                embedded.turns.push((embedded.text.len(), at));
            }
            rest = behind;
        }
        embedded.text.push_str(rest);
        embedded
    }

    /// The place of a part of the text in the file.
    #[must_use]
    pub fn place(&self, range: std::ops::Range<usize>) -> Span {
        let (start, end) = (self.at(range.start), self.at(range.end));
        Span::of(self.file, start..end.max(start))
    }

    fn at(&self, offset: usize) -> usize {
        let behind = self.turns.partition_point(|(own, _)| *own <= offset);
        let turn = behind.checked_sub(1).and_then(|at| self.turns.get(at));
        let (own, there) = turn.copied().unwrap_or_default();
        let at = there.saturating_add(offset.saturating_sub(own));
        at.min(self.end)
    }
}

/// How long the escape is that a text begins with; 1 where it is none. Two code
/// units may make up one character.
fn escape(text: &str) -> usize {
    let unit = |text: &str| {
        let own = text.as_bytes().get(..7);
        own.is_some_and(|own| {
            own.starts_with(b"_x")
                && own.ends_with(b"_")
                && own.iter().skip(2).take(4).all(u8::is_ascii_hexdigit)
        })
    };
    if text.starts_with('&') {
        let head = text.as_bytes().iter().take(12);
        let end = head.clone().position(|byte| *byte == b';');
        return end.map_or(1, |end| end.saturating_add(1));
    }
    match (unit(text), text.get(7..).is_some_and(unit)) {
        (true, true) => 14,
        (true, false) => 7,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_decoded_and_its_parts_keep_their_places() {
        let file = "<S>&lt;a b=\"1\"_x000D__x000A_  c_d_x00e9_&amp;&gt;</S>";
        let raw = &file[3..file.len() - 4];
        let embedded = Embedded::new(raw, FileId(0), 3);
        assert_eq!(embedded.text, "<a b=\"1\"\r\n  c_d\u{e9}&>");
        for (part, written) in [("a b", "a b"), ("c_d", "c_d"), ("\"1\"", "\"1\"")] {
            let start = embedded.text.find(part).expect("there");
            let span = embedded.place(start..start + part.len());
            assert_eq!(&file[span.range()], written);
        }
    }

    #[test]
    fn anything_that_looks_like_an_escape_keeps_places_inside_the_file() {
        for raw in [
            "&",
            "_",
            "&;",
            "_x",
            "_x00_",
            "_xD83D__xDE00_",
            "_xD83D_",
            "&#x1F600;",
            "é_&é",
            "_x0041_é",
        ] {
            let embedded = Embedded::new(raw, FileId(0), 0);
            for (at, _) in embedded.text.char_indices() {
                let span = embedded.place(at..embedded.text.len());
                assert!(raw.get(span.range()).is_some(), "{raw}");
            }
        }
    }
}
