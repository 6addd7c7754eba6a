//! JSON values (RFC 8259) borrowed from the text, with bounds on depth and
//! size. What is not well formed ends the reading with its place.

use std::borrow::Cow;

/// Arrays and objects nest at most this deep.
pub const MAX_DEPTH: usize = 128;
/// Parts of one property's value that are kept.
const MOST_PARTS: usize = 20_000;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'a> {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// As written.
    Number(&'a str),
    /// Without its quotes and escapes.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Node<'a>>),
    /// Members in file order.
    Object(Vec<(&'a str, Node<'a>)>),
    /// An array or object with more than [`MOST_PARTS`] parts.
    TooLarge,
}

/// The text is not well formed, or nests too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken;

/// A place in the text.
#[derive(Debug, Clone)]
pub struct Scanner<'a> {
    text: &'a str,
    /// Offset of the next byte.
    pub at: usize,
}

impl<'a> Scanner<'a> {
    /// A scanner at an offset.
    #[must_use]
    pub fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    /// The next byte that is not blank, without taking it.
    pub fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at)? {
                b' ' | b'\n' | b'\r' | b'\t' => self.at = self.at.saturating_add(1),
                // A byte order mark between documents that were appended.
                0xef if bytes.get(self.at..)?.starts_with("\u{feff}".as_bytes()) => {
                    self.at = self.at.saturating_add(3);
                }
                byte => return Some(*byte),
            }
        }
    }

    /// Takes a byte.
    pub fn take(&mut self, wanted: u8) -> Result<(), Broken> {
        if self.peek() != Some(wanted) {
            return Err(Broken);
        }
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// Goes on to the next member of an object or item of an array; `false`
    /// behind its `end`.
    pub fn next(&mut self, first: bool, end: u8) -> Result<bool, Broken> {
        match self.peek().ok_or(Broken)? {
            byte if byte == end => {
                self.at = self.at.saturating_add(1);
                Ok(false)
            }
            b',' if !first => {
                self.at = self.at.saturating_add(1);
                // A comma too many at the end is forgiven.
                if self.peek() == Some(end) {
                    self.at = self.at.saturating_add(1);
                    return Ok(false);
                }
                Ok(true)
            }
            _ if first => Ok(true),
            _ => Err(Broken),
        }
    }

    /// The name of a member, as written, and the colon behind it.
    pub fn key(&mut self) -> Result<&'a str, Broken> {
        let (key, _) = self.quoted()?;
        self.take(b':')?;
        Ok(key)
    }

    /// A string as written, and whether it has escapes.
    fn quoted(&mut self) -> Result<(&'a str, bool), Broken> {
        self.take(b'"')?;
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut escapes = false;
        loop {
            let rest = bytes.get(self.at..).ok_or(Broken)?;
            let found = memchr::memchr2(b'"', b'\\', rest).ok_or(Broken)?;
            let at = self.at.saturating_add(found);
            if bytes.get(at) == Some(&b'"') {
                self.at = at.saturating_add(1);
                let text = self.text.get(start..at).ok_or(Broken)?;
                return Ok((text, escapes));
            }
            escapes = true;
            // Where the string breaks off, a whole character is behind.
            let escaped = self.text.get(at.saturating_add(1)..);
            let escaped = escaped.and_then(|rest| rest.chars().next());
            let length = escaped.map_or(0, char::len_utf8);
            self.at = at.saturating_add(1).saturating_add(length);
        }
    }

    /// A value of any kind.
    pub fn value(&mut self, depth: usize) -> Result<Node<'a>, Broken> {
        let mut parts = 0;
        self.bounded(depth, &mut parts)
    }

    fn bounded(&mut self, depth: usize, parts: &mut usize) -> Result<Node<'a>, Broken> {
        *parts = parts.saturating_add(1);
        match self.peek().ok_or(Broken)? {
            b'"' => {
                let (text, escapes) = self.quoted()?;
                Ok(Node::Text(if escapes {
                    Cow::Owned(unescaped(text))
                } else {
                    Cow::Borrowed(text)
                }))
            }
            b'{' | b'[' if depth >= MAX_DEPTH => Err(Broken),
            b'{' => self.members(depth.saturating_add(1), parts),
            b'[' => self.items(depth.saturating_add(1), parts),
            _ => self.word(),
        }
    }

    fn members(&mut self, depth: usize, parts: &mut usize) -> Result<Node<'a>, Broken> {
        self.take(b'{')?;
        let mut members = Vec::new();
        while self.next(members.is_empty(), b'}')? {
            let key = self.key()?;
            let value = self.bounded(depth, parts)?;
            if *parts <= MOST_PARTS {
                members.push((key, value));
            } else {
                // One is kept, so that a comma is expected before the next.
                members.truncate(1);
            }
        }
        Ok(if *parts > MOST_PARTS {
            Node::TooLarge
        } else {
            Node::Object(members)
        })
    }

    fn items(&mut self, depth: usize, parts: &mut usize) -> Result<Node<'a>, Broken> {
        self.take(b'[')?;
        let mut items = Vec::new();
        while self.next(items.is_empty(), b']')? {
            let item = self.bounded(depth, parts)?;
            if *parts <= MOST_PARTS || items.is_empty() {
                items.push(item);
            } else {
                items.truncate(1);
            }
        }
        Ok(if *parts > MOST_PARTS {
            Node::TooLarge
        } else {
            Node::List(items)
        })
    }

    /// `true`, `false`, `null` or a number.
    fn word(&mut self) -> Result<Node<'a>, Broken> {
        let rest = self.text.get(self.at..).ok_or(Broken)?;
        let length = rest
            .bytes()
            .take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
            .count();
        let word = rest.get(..length).ok_or(Broken)?;
        let node = match word {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            "null" => Node::Null,
            _ if word.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => Node::Number(word),
            _ => return Err(Broken),
        };
        self.at = self.at.saturating_add(length);
        Ok(node)
    }
}

/// A string without its escapes; what is no escape stays as it stands.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..at).unwrap_or_default());
        let escape = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let Some(kind) = escape.chars().next() else {
            rest = "";
            break;
        };
        let mut behind = kind.len_utf8();
        match kind {
            'n' => out.push('\n'),
            'r' => out.push('\r'),
            't' => out.push('\t'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'u' => match code_point(escape) {
                Some((c, length)) => {
                    out.push(c);
                    behind = length;
                }
                None => out.push(char::REPLACEMENT_CHARACTER),
            },
            other => out.push(other),
        }
        rest = escape.get(behind..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// `u0041`, or the two halves of a character beyond 16 bits; with its length.
fn code_point(escape: &str) -> Option<(char, usize)> {
    let unit = |from: usize| {
        let digits = escape.get(from..from.checked_add(4)?)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let first = unit(1)?;
    if let Some(c) = char::from_u32(first) {
        return Some((c, 5));
    }
    let low = escape.get(5..7).filter(|mark| *mark == "\\u").and(unit(7));
    let c = char::decode_utf16([u16::try_from(first).ok()?, u16::try_from(low?).ok()?])
        .next()?
        .ok()?;
    Some((c, 11))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Result<Node<'_>, Broken> {
        Scanner::new(text, 0).value(0)
    }

    #[test]
    fn escapes_are_undone() {
        let text = r#""C:\\Users\/x \u0041\ud83d\ude00 \"q\" \n""#;
        assert_eq!(
            value(text),
            Ok(Node::Text("C:\\Users/x A😀 \"q\" \n".into()))
        );
        assert_eq!(value(r#""\ud83d""#), Ok(Node::Text("\u{fffd}d83d".into())));
    }

    #[test]
    fn a_string_that_breaks_off_ends_behind_a_character() {
        for text in ["\"\\é", "\"a\\あ", "\"\\"] {
            let mut scanner = Scanner::new(text, 0);
            assert_eq!(scanner.value(0), Err(Broken));
            assert!(
                text.is_char_boundary(scanner.at),
                "{text} at {}",
                scanner.at
            );
        }
    }

    #[test]
    fn values_of_every_kind_are_read() {
        let text = r#" {"a": [1, -2.5e3, true, null], "b": {}} "#;
        let list = vec![
            Node::Number("1"),
            Node::Number("-2.5e3"),
            Node::Bool(true),
            Node::Null,
        ];
        let expected = Node::Object(vec![("a", Node::List(list)), ("b", Node::Object(vec![]))]);
        assert_eq!(value(text), Ok(expected));
    }

    #[test]
    fn what_is_not_well_formed_is_broken() {
        for text in ["[1 2]", "{\"a\" 1}", "\"a", "[", "nul", "{a:1}", ""] {
            assert_eq!(value(text), Err(Broken), "{text}");
        }
        assert_eq!(value(&"[".repeat(100_000)), Err(Broken));
    }

    #[test]
    fn a_value_of_many_parts_is_passed_over() {
        let text = format!("[{}1] 7", "1,".repeat(MOST_PARTS + 1));
        let mut scanner = Scanner::new(&text, 0);
        assert_eq!(scanner.value(0), Ok(Node::TooLarge));
        assert_eq!(scanner.value(0), Ok(Node::Number("7")));
    }
}
