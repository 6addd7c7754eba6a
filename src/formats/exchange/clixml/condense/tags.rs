//! Start and end tags of XML as they stream by, without what they enclose.

/// A tag with the text before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'a> {
    /// Text before the tag.
    pub text: &'a str,
    /// The tag with its brackets.
    pub tag: &'a str,
}

/// What a tag does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Opens an element.
    Start,
    /// Closes one.
    End,
    /// Both.
    Empty,
    /// Says something about the document.
    Instruction,
    /// Something that CLIXML does not have: a comment, CDATA, a document type.
    Foreign,
}

impl<'a> Token<'a> {
    /// The first token of a text; `None` when its tag is not complete.
    pub fn first(text: &'a str) -> Option<Self> {
        let start = memchr::memchr(b'<', text.as_bytes())?;
        let rest = text.get(start..)?;
        let length = tag_length(rest)?;
        Some(Self {
            text: text.get(..start)?,
            tag: rest.get(..length)?,
        })
    }

    /// Bytes of the token.
    pub fn len(&self) -> usize {
        self.text.len().saturating_add(self.tag.len())
    }

    /// What the tag does.
    pub fn kind(&self) -> Kind {
        let tag = self.tag.as_bytes();
        match tag.get(1) {
            Some(b'/') => Kind::End,
            Some(b'?') => Kind::Instruction,
            Some(b'!') | None => Kind::Foreign,
            Some(_) if tag.ends_with(b"/>") => Kind::Empty,
            Some(_) => Kind::Start,
        }
    }

    /// The element's name.
    pub fn name(&self) -> &'a str {
        let inside = self.tag.trim_start_matches(['<', '/']);
        let end = inside.find(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'));
        inside.get(..end.unwrap_or(inside.len())).unwrap_or(inside)
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&'a str> {
        let mut rest = self.tag;
        loop {
            let (before, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let (value, behind) = after.get(1..)?.split_once(quote)?;
            if before.trim_end().rsplit(char::is_whitespace).next() == Some(name) {
                return Some(value);
            }
            rest = behind;
        }
    }

    /// The number in `RefId`.
    pub fn reference(&self) -> Option<u32> {
        self.attribute("RefId")?.parse().ok()
    }
}

/// Bytes of the tag that a text begins with: to the first bracket that stands
/// in no attribute.
fn tag_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut from = 0_usize;
    let mut quoted: Option<u8> = None;
    loop {
        let rest = bytes.get(from..)?;
        let at = match quoted {
            Some(quote) => memchr::memchr(quote, rest)?,
            None => memchr::memchr3(b'>', b'"', b'\'', rest)?,
        };
        let found = *rest.get(at)?;
        from = from.saturating_add(at).saturating_add(1);
        match (quoted, found) {
            (None, b'>') => return Some(from),
            (None, quote) => quoted = Some(quote),
            (Some(_), _) => quoted = None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bracket_in_an_attribute_ends_no_tag() {
        let token = Token::first(" a <S N=\"x>y\" RefId = '7'>b").expect("a tag");
        assert_eq!(token.text, " a ");
        assert_eq!(token.tag, "<S N=\"x>y\" RefId = '7'>");
        assert_eq!(token.attribute("N"), Some("x>y"));
        assert_eq!(token.reference(), Some(7));
        assert_eq!((token.name(), token.kind()), ("S", Kind::Start));
    }

    #[test]
    fn tags_tell_what_they_do() {
        let kind = |text| Token::first(text).map(|token| (token.name(), token.kind()));
        assert_eq!(kind("</Obj >"), Some(("Obj", Kind::End)));
        assert_eq!(kind("<Nil N=\"a\"/>"), Some(("Nil", Kind::Empty)));
        assert_eq!(kind("<TN/>"), Some(("TN", Kind::Empty)));
        assert_eq!(kind("<!-- a > b"), Some(("!--", Kind::Foreign)));
        assert_eq!(kind("<Obj RefId=\"1\""), None);
    }
}
