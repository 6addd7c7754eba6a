//! Tags and texts of a page, as far as tables need them. Broken markup is
//! read as browsers do: what is not closed ends where the next begins.

use std::borrow::Cow;

/// A start or end tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tag<'a> {
    /// Name as written, without the slash of an end tag.
    pub name: &'a str,
    /// `</…>`.
    pub end: bool,
    /// Offsets of the tag.
    pub start: usize,
    /// Offset behind it.
    pub behind: usize,
}

impl Tag<'_> {
    /// Whether the tag has a name, in any case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    /// `h1` to `h6`, or a table's `caption`.
    #[must_use]
    pub fn is_heading(&self) -> bool {
        let heading = matches!(self.name.as_bytes(), [b'h' | b'H', b'1'..=b'6']);
        heading || self.is("caption")
    }
}

/// The next tag from an offset on; comments are passed over.
#[must_use]
pub fn next_tag(text: &str, from: usize) -> Option<Tag<'_>> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        let found = memchr::memchr(b'<', bytes.get(at..)?)?;
        let start = at.saturating_add(found);
        let inside = start.saturating_add(1);
        if bytes.get(inside..)?.starts_with(b"!--") {
            let end = memchr::memmem::find(bytes.get(inside..)?, b"-->")?;
            at = inside.saturating_add(end).saturating_add(3);
            continue;
        }
        let end = bytes.get(inside) == Some(&b'/');
        let name_start = inside.saturating_add(usize::from(end));
        let rest = text.get(name_start..)?;
        let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
        if length == 0 {
            at = inside;
            continue;
        }
        let close = memchr::memchr(b'>', bytes.get(name_start..)?)?;
        return Some(Tag {
            name: rest.get(..length)?,
            end,
            start,
            behind: name_start.saturating_add(close).saturating_add(1),
        });
    }
}

/// The text of a piece of a page: without tags, with characters for their
/// names.
#[must_use]
pub fn plain(piece: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'<', b'&', piece.as_bytes()).is_none() {
        return Cow::Borrowed(piece);
    }
    let mut out = String::with_capacity(piece.len());
    let mut at = 0_usize;
    while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
        let special = memchr::memchr2(b'<', b'&', rest.as_bytes());
        let Some(found) = special else {
            out.push_str(rest);
            break;
        };
        out.push_str(rest.get(..found).unwrap_or_default());
        let special = rest.get(found..).unwrap_or_default();
        let length = if special.starts_with('<') {
            match next_tag(special, 0) {
                Some(tag) if tag.start == 0 => {
                    if tag.is("br") {
                        out.push('\n');
                    }
                    tag.behind
                }
                _ => {
                    out.push('<');
                    1
                }
            }
        } else {
            let (c, length) = entity(special).unwrap_or(('&', 1));
            out.push(c);
            length
        };
        at = at.saturating_add(found).saturating_add(length);
    }
    Cow::Owned(out)
}

/// A character by its name or number, with the length of what stands for it.
pub fn entity(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(12).position(|b| b == b';')?;
    let name = text.get(1..end)?;
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((c, end.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_found_in_any_case_and_comments_are_not() {
        let text = "<!-- <td> --><TABLE border=1>a < b</Table>";
        let first = next_tag(text, 0).expect("a tag");
        assert!(first.is("table") && !first.end);
        let second = next_tag(text, first.behind).expect("a tag");
        assert!(second.is("table") && second.end);
        assert_eq!(next_tag(text, second.behind), None);
    }

    #[test]
    fn texts_lose_their_markup() {
        assert_eq!(
            plain("a &lt;b&gt; &amp;amp; &#39;c&#x27;"),
            "a <b> &amp; 'c'"
        );
        assert_eq!(plain("<b>x</b>a<br>b & c"), "xa\nb & c");
        assert_eq!(plain("plain"), "plain");
    }
}
