//! Tokens of nft.

/// A token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token<'t> {
    /// Its text, without quotation marks.
    pub text: &'t str,
    /// Whether it stood in quotation marks.
    pub quoted: bool,
    /// Whether a line break stands before it.
    pub breaks: bool,
    /// First byte, quotation marks included.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Token<'_> {
    /// Whether it is this word or sign, not in quotation marks.
    #[inline]
    pub fn is(&self, text: &str) -> bool {
        !self.quoted && self.text == text
    }
}

/// The tokens of a text, in little memory: a ruleset has many times more of
/// them than it has lines.
#[derive(Debug)]
pub struct Tokens<'t> {
    text: &'t str,
    places: Vec<Place>,
    /// Opening braces in order, each with its partner.
    blocks: Vec<(u32, Option<u32>)>,
    /// The brace without a partner.
    unbalanced: Option<u32>,
}

/// Where a token stands.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    /// Its length, quotation marks included, times two; and one when a line
    /// break stands before it.
    extent: u32,
}

impl Place {
    #[inline]
    fn length(self) -> usize {
        (self.extent >> 1) as usize
    }

    #[inline]
    fn range(self) -> std::ops::Range<usize> {
        let start = self.start as usize;
        start..start.saturating_add(self.length())
    }

    #[inline]
    fn breaks(self) -> bool {
        self.extent & 1 != 0
    }
}

impl<'t> Tokens<'t> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// All of them in order.
    pub fn iter(&self) -> impl Iterator<Item = Token<'t>> {
        self.range(0..self.len())
    }

    /// The tokens of a range of indexes.
    pub fn range(&self, range: std::ops::Range<usize>) -> impl Iterator<Item = Token<'t>> {
        let end = range.end.min(self.places.len());
        let places = self.places.get(range.start..end).unwrap_or_default();
        places.iter().map(|place| self.token(*place))
    }

    /// A token.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Token<'t>> {
        self.places.get(index).map(|place| self.token(*place))
    }

    #[inline]
    fn token(&self, place: Place) -> Token<'t> {
        let range = place.range();
        let bytes = self.text.as_bytes();
        let mut inside = range.clone();
        let quoted = bytes.get(range.start) == Some(&b'"');
        if quoted {
            inside.start = range.start.saturating_add(1);
            let last = range.end.saturating_sub(1);
            if last > range.start && bytes.get(last) == Some(&b'"') {
                inside.end = last;
            }
        }
        Token {
            text: self.text.get(inside).unwrap_or_default(),
            quoted,
            breaks: place.breaks(),
            start: range.start,
            end: range.end,
        }
    }

    /// The bytes of a token, with its quotation marks.
    #[inline]
    pub fn bounds(&self, index: usize) -> Option<std::ops::Range<usize>> {
        self.places.get(index).map(|place| place.range())
    }

    /// The sign that a token is, 0 for a longer one; and whether a line break
    /// stands before it.
    #[inline]
    pub fn sign(&self, index: usize) -> Option<(u8, bool)> {
        let place = self.places.get(index)?;
        let mut sign = 0;
        if place.length() == 1 {
            let byte = self.text.as_bytes().get(place.start as usize);
            sign = byte.copied().unwrap_or(0);
        }
        Some((sign, place.breaks()))
    }

    /// The brace that closes the block which a brace opens.
    pub fn closing(&self, open: usize) -> Option<usize> {
        let by_place = |(start, _): &(u32, _)| (*start as usize).cmp(&open);
        let found = self.blocks.binary_search_by(by_place).ok()?;
        let (_, close) = self.blocks.get(found)?;
        close.map(|close| close as usize)
    }

    /// The brace that has no partner: the first that closes what is not open,
    /// or else the last that is open at the end.
    pub fn unbalanced(&self) -> Option<Token<'t>> {
        self.get(self.unbalanced? as usize)
    }

    fn push(&mut self, range: std::ops::Range<usize>, breaks: bool) {
        let small = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        self.places.push(Place {
            start: small(range.start),
            extent: small(range.len()).saturating_mul(2) | u32::from(breaks),
        });
    }
}

/// Splits a text into tokens; comments are left out.
pub fn tokens(text: &str) -> Tokens<'_> {
    let bytes = text.as_bytes();
    let mut all = Tokens {
        text,
        // Words of nft are about six bytes long, with the blank.
        places: Vec::with_capacity(bytes.len() / 6),
        blocks: Vec::new(),
        unbalanced: None,
    };
    // Blocks that are open.
    let mut open: Vec<usize> = Vec::new();
    let mut at = 0usize;
    let mut breaks = true;
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
            b' ' | b'\t' | b'\x0c' | 0 => at = at.saturating_add(1),
            b'\n' | b'\r' => {
                breaks = true;
                at = at.saturating_add(1);
            }
            b'\\' => {
                // A line break after it does not count.
                at = at.saturating_add(1);
                while matches!(bytes.get(at), Some(b'\r' | b'\n')) {
                    at = at.saturating_add(1);
                }
            }
            b'#' => {
                let rest = bytes.get(at..).unwrap_or_default();
                let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                let remark = rest.get(..length).unwrap_or_default();
                if let Some(length) = foreign(remark).filter(|_| !breaks) {
                    all.push(at..at.saturating_add(length), false);
                    at = at.saturating_add(length);
                } else {
                    at = at.saturating_add(length);
                }
            }
            b'{' | b'}' => {
                let index = u32::try_from(all.places.len()).unwrap_or(u32::MAX);
                if byte == b'{' {
                    open.push(all.blocks.len());
                    all.blocks.push((index, None));
                } else {
                    match open.pop().and_then(|block| all.blocks.get_mut(block)) {
                        Some((_, close)) => *close = Some(index),
                        None => _ = all.unbalanced.get_or_insert(index),
                    }
                }
                let end = at.saturating_add(1);
                all.push(at..end, breaks);
                breaks = false;
                at = end;
            }
            _ => {
                let end = end_of(bytes, at, byte);
                all.push(at..end, breaks);
                breaks = false;
                // One blank follows most words.
                let blank = usize::from(bytes.get(end) == Some(&b' '));
                at = end.saturating_add(blank);
            }
        }
    }
    let last = open.pop().and_then(|block| all.blocks.get(block));
    all.unbalanced = all.unbalanced.or(last.map(|(index, _)| *index));
    all
}

/// Older versions of nft list a match of iptables that they cannot translate as
/// a remark within the rule (`# recent: SET name: x counter packets 0 bytes 0
/// drop`): the length of that remark, which is a token of its own.
fn foreign(remark: &[u8]) -> Option<usize> {
    memchr::memmem::find(remark, b" counter packets ")
}

/// One past the last byte of the token that starts at a byte which is no brace.
#[inline]
fn end_of(bytes: &[u8], start: usize, first: u8) -> usize {
    let next = start.saturating_add(1);
    let rest = bytes.get(next..).unwrap_or_default();
    match first {
        b'"' => match memchr::memchr2(b'"', b'\n', rest) {
            Some(length) => {
                let closes = rest.get(length) == Some(&b'"');
                next.saturating_add(length)
                    .saturating_add(usize::from(closes))
            }
            None => bytes.len(),
        },
        b';' | b',' | b'(' | b')' | b'|' | b'^' | b'&' => next,
        b'!' | b'=' | b'<' | b'>' => {
            let second = rest.first().copied();
            let double =
                second == Some(b'=') || (matches!(first, b'<' | b'>') && second == Some(first));
            next.saturating_add(usize::from(double))
        }
        _ => {
            let length = rest.iter().position(|byte| ends_word(*byte));
            next.saturating_add(length.unwrap_or(rest.len()))
        }
    }
}

/// Whether a byte stands in no word.
#[inline]
fn ends_word(byte: u8) -> bool {
    const ENDS: [bool; 256] = {
        let mut ends = [false; 256];
        let mut signs: &[u8] = b" \t\n\r\x0c{};,\"()|=!&<>#";
        while let Some((sign, rest)) = signs.split_first() {
            ends[*sign as usize] = true;
            signs = rest;
        }
        ends
    };
    ENDS.get(usize::from(byte)).copied().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn signs_stand_alone_and_addresses_stay_whole() {
        let text = "ip6 saddr != {2001:db8::/32,::1} dnat to [2001:db8::5]:25 # handle 4\naccept";
        let all = tokens(text);
        let words: Vec<&str> = all.iter().map(|token| token.text).collect();
        assert_eq!(
            words,
            [
                "ip6",
                "saddr",
                "!=",
                "{",
                "2001:db8::/32",
                ",",
                "::1",
                "}",
                "dnat",
                "to",
                "[2001:db8::5]:25",
                "accept"
            ]
        );
        assert!(all.iter().last().is_some_and(|token| token.breaks));
    }
}
