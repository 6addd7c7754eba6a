//! Entries of LDIF (RFC 2849): folded lines, base64, comments.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::source::{SourceFile, Span};

/// Attributes kept of one entry; a group of 50,000 members has as many.
const MOST_ATTRIBUTES: usize = 100_000;

/// Longer values in base64 are photographs, not settings.
const LONGEST_BASE64: usize = 64 * 1024;

/// One value of an attribute.
#[derive(Debug)]
pub struct Attribute<'a> {
    /// The name without options.
    pub name: &'a str,
    /// What follows a `;` in the name: `range=0-1499`.
    pub option: Option<&'a str>,
    /// The value; `None` where it is no text or stands elsewhere.
    pub value: Option<Cow<'a, str>>,
    /// Where the value stands, over all its lines.
    pub span: Span,
}

/// One entry or change.
#[derive(Debug)]
pub struct Entry<'a> {
    /// All attributes in order, `dn` first.
    pub attributes: Vec<Attribute<'a>>,
    /// The whole entry.
    pub span: Span,
}

impl<'a> Entry<'a> {
    /// The attributes of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &Attribute<'a>> {
        let wanted = name.to_owned();
        let named = move |a: &&Attribute<'a>| a.name.eq_ignore_ascii_case(&wanted);
        self.attributes.iter().filter(named)
    }

    /// The first value of a name, with its place.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<(&str, Span)> {
        self.all(name)
            .find_map(|a| Some((a.value.as_deref()?, a.span)))
    }

    /// Whether the entry is of a class.
    #[must_use]
    pub fn is_a(&self, class: &str) -> bool {
        let mut classes = self.all("objectClass").filter_map(|a| a.value.as_deref());
        classes.any(|known| known.eq_ignore_ascii_case(class))
    }
}

/// A line with those that continue it.
#[derive(Debug)]
pub struct Logical<'a> {
    /// Its text, joined.
    pub text: Cow<'a, str>,
    /// The first of its lines.
    pub first: &'a str,
    /// All its lines.
    pub span: Span,
}

/// All lines of a file, continued ones joined.
pub fn logical_lines(file: &SourceFile) -> Vec<Logical<'_>> {
    let mut lines: Vec<Logical<'_>> = Vec::new();
    for (span, line) in file.lines() {
        if let (Some(rest), Some(open)) = (line.strip_prefix(' '), lines.last_mut())
            && !open.first.trim().is_empty()
        {
            open.text.to_mut().push_str(rest);
            open.span = open.span.to(span);
            continue;
        }
        lines.push(Logical {
            text: line.into(),
            first: line,
            span,
        });
    }
    lines
}

/// Reads `name: value`, `name:: base64`, `name:< url`; `None` for anything
/// else.
pub fn attribute<'a>(file: &SourceFile, line: &Logical<'a>) -> Option<Attribute<'a>> {
    let first = line.first.trim_start_matches('\u{feff}');
    let (head, _) = first.split_once(':')?;
    let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b';' | b'=' | b'.' | b'*');
    if head.is_empty() || !head.bytes().all(sound) {
        return None;
    }
    let (name, option) = match head.split_once(';') {
        Some((name, option)) => (name, Some(option)),
        None => (head, None),
    };
    let start = file.span_of(head).map_or(line.span.start, |span| span.end);
    let text = line.text.trim_start_matches('\u{feff}');
    let after = text.get(head.len().saturating_add(1)..)?;
    let skipped = after
        .len()
        .saturating_sub(after.trim_start_matches([':', '<', ' ']).len());
    let from = usize::try_from(start)
        .unwrap_or(usize::MAX)
        .saturating_add(1);
    let from = from.saturating_add(skipped).min(line.span.range().end);
    let span = Span::of(file.id(), from..line.span.range().end);
    let value = match after.strip_prefix(':') {
        Some(base64) => decoded(base64.trim()).map(Cow::Owned),
        None if after.starts_with('<') => None,
        None => match &line.text {
            Cow::Borrowed(_) => first
                .get(head.len().saturating_add(1)..)
                .map(|value| Cow::Borrowed(value.trim())),
            Cow::Owned(_) => Some(Cow::Owned(after.trim().to_owned())),
        },
    };
    Some(Attribute {
        name,
        option,
        value,
        span,
    })
}

/// A text in base64; `None` where the bytes are no text.
fn decoded(base64: &str) -> Option<String> {
    if base64.len() > LONGEST_BASE64 {
        return None;
    }
    let bytes = STANDARD.decode(base64).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let unfit = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    (!text.chars().any(unfit)).then_some(text)
}

/// The entries of a file, and its lines that belong to none.
pub fn entries(file: &SourceFile) -> (Vec<Entry<'_>>, Vec<(Span, Rest)>) {
    let mut entries: Vec<Entry<'_>> = Vec::new();
    let mut rest = Vec::new();
    let mut open = false;
    for line in logical_lines(file) {
        let text = line.text.trim();
        if text.is_empty() || text.starts_with('#') {
            open &= !text.is_empty();
            rest.push((line.span, Rest::Nothing));
            continue;
        }
        // A `-` ends one part of a change.
        if text == "-" && open {
            if let Some(entry) = entries.last_mut() {
                entry.span = entry.span.to(line.span);
            }
            continue;
        }
        let Some(attribute) = attribute(file, &line) else {
            rest.push((line.span, Rest::Unknown));
            continue;
        };
        if attribute.name.eq_ignore_ascii_case("dn") {
            open = true;
            entries.push(Entry {
                attributes: vec![attribute],
                span: line.span,
            });
            continue;
        }
        match entries.last_mut().filter(|_| open) {
            Some(entry) => {
                entry.span = entry.span.to(line.span);
                if entry.attributes.len() < MOST_ATTRIBUTES {
                    entry.attributes.push(attribute);
                }
            }
            // `version: 1`, `search: 2`, `result: 0 Success`.
            None => rest.push((line.span, Rest::Nothing)),
        }
    }
    (entries, rest)
}

/// What a line outside of entries is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rest {
    /// Empty, a comment, or about the file.
    Nothing,
    /// Not understood.
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::named;

    #[test]
    fn values_are_joined_over_lines_and_decoded() {
        let file = named(
            "x.ldf",
            "version: 1\n\ndn: CN=a,DC=con\n toso\ncn:: 5p2x5Lqs\nmember;range=0-1499: x\nphoto:: /9g=\nu:< file:///x\n",
        );
        let (entries, rest) = entries(&file);
        assert_eq!(entries.len(), 1);
        let entry = &entries[0];
        assert_eq!(
            entry.first("DN").map(|(text, _)| text),
            Some("CN=a,DC=contoso")
        );
        let (name, span) = entry.first("cn").expect("a name");
        assert_eq!((name, file.slice(span)), ("東京", "5p2x5Lqs"));
        let dn = entry.attributes[0].span;
        assert_eq!(file.slice(dn), "CN=a,DC=con\n toso");
        assert_eq!(entry.attributes[2].option, Some("range=0-1499"));
        assert!(entry.attributes[3].value.is_none() && entry.attributes[4].value.is_none());
        assert!(rest.iter().all(|(_, rest)| *rest == Rest::Nothing));
    }
}
