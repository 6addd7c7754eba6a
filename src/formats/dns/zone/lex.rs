//! Entries of a master file (RFC 1035 5.1): words on a line, or between
//! parentheses on several, with comments after `;`.

use std::ops::Range;

/// Words kept of one entry; a TXT record has the most, and needs none.
const MOST_WORDS: usize = 64;

/// One entry of a master file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The words, quotes included.
    pub words: Vec<&'a str>,
    /// It begins with a blank, so that the owner is that of the entry before.
    pub inherits: bool,
    /// The comment after it, or the whole line where there is no word.
    pub comment: Option<&'a str>,
    /// Where it stands, without its line break.
    pub range: Range<usize>,
    /// The file ends before its parenthesis is closed.
    pub unclosed: bool,
}

/// All entries of a text in order, empty lines included.
pub struct Entries<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Entries<'a> {
    /// The entries of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }
}

/// The length of the word at the start of a text, which is not empty and does
/// not begin with a blank.
fn word_length(text: &str) -> usize {
    let quoted = text.starts_with('"');
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(usize::from(quoted)) {
        let ends = if quoted {
            c == '"'
        } else {
            c.is_whitespace() || matches!(c, ';' | '(' | ')' | '"')
        };
        match c {
            '\n' | '\r' => return at,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if ends => return at.saturating_add(usize::from(quoted)),
            _ => {}
        }
    }
    text.len()
}

impl<'a> Iterator for Entries<'a> {
    type Item = Entry<'a>;

    fn next(&mut self) -> Option<Entry<'a>> {
        if self.at >= self.text.len() {
            return None;
        }
        let start = self.at;
        let mut entry = Entry {
            range: start..start,
            ..Entry::default()
        };
        let mut depth = 0_usize;
        let mut rest = self.text.get(start..)?;
        entry.inherits = rest.starts_with([' ', '\t']);
        loop {
            let Some(c) = rest.chars().next() else {
                entry.unclosed = depth > 0;
                break;
            };
            let length = match c {
                '\n' | '\r' => {
                    let length = if rest.starts_with("\r\n") { 2 } else { 1 };
                    if depth == 0 {
                        self.at = self.at.saturating_add(length);
                        return Some(entry);
                    }
                    length
                }
                ';' => {
                    let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
                    if entry.comment.is_none() {
                        entry.comment = rest.get(1..length);
                    }
                    length
                }
                '(' => {
                    depth = depth.saturating_add(1);
                    1
                }
                ')' => {
                    depth = depth.saturating_sub(1);
                    1
                }
                c if c.is_whitespace() => c.len_utf8(),
                _ => {
                    let length = word_length(rest).max(c.len_utf8());
                    if entry.words.len() < MOST_WORDS {
                        entry.words.extend(rest.get(..length));
                    }
                    length
                }
            };
            self.at = self.at.saturating_add(length);
            if !c.is_whitespace() {
                entry.range.end = self.at;
            }
            rest = rest.get(length..).unwrap_or_default();
        }
        Some(entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<&str>> {
        Entries::new(text).map(|entry| entry.words).collect()
    }

    #[test]
    fn parentheses_hold_an_entry_together_over_lines_and_comments() {
        let text = "@ IN SOA a. b. ( ; serial\r\n 1 900\r\n 600 ) ; end\r\nwww A 192.0.2.1\r\n";
        assert_eq!(
            words(text),
            [
                vec!["@", "IN", "SOA", "a.", "b.", "1", "900", "600"],
                vec!["www", "A", "192.0.2.1"],
            ]
        );
    }

    #[test]
    fn a_semicolon_in_quotes_or_behind_a_backslash_is_no_comment() {
        let text = "a TXT \"x;y\" z\\;q ; c\n";
        assert_eq!(words(text), [["a", "TXT", "\"x;y\"", "z\\;q"]]);
        assert_eq!(
            Entries::new(text).next().and_then(|e| e.comment),
            Some(" c")
        );
    }

    #[test]
    fn a_blank_at_the_start_inherits_the_owner() {
        let entries: Vec<_> = Entries::new("a A 192.0.2.1\n\t A 192.0.2.2").collect();
        assert_eq!(entries.len(), 2);
        assert!(!entries[0].inherits && entries[1].inherits);
    }

    #[test]
    fn a_parenthesis_that_is_never_closed_is_said() {
        let entries: Vec<_> = Entries::new("@ SOA a. b. (\n1 2\n").collect();
        assert_eq!(entries.len(), 1);
        assert!(entries[0].unclosed);
    }
}
