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

/// Splits a text into tokens; comments are left out.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let bytes = text.as_bytes();
    // Words of nft are about six bytes long, with the blank.
    let mut all = Vec::with_capacity(bytes.len() / 6);
    let mut at = 0usize;
    let mut breaks = true;
    while let Some(byte) = bytes.get(at).copied() {
        match byte {
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
            _ if byte.is_ascii_whitespace() || byte == 0 => at = at.saturating_add(1),
            b'#' => {
                while bytes.get(at).is_some_and(|b| !matches!(b, b'\n' | b'\r')) {
                    at = at.saturating_add(1);
                }
            }
            _ => {
                let end = end_of(bytes, at, byte);
                let quoted = byte == b'"';
                let inner = if quoted {
                    let close = end.saturating_sub(usize::from(
                        end > at.saturating_add(1)
                            && bytes.get(end.saturating_sub(1)) == Some(&b'"'),
                    ));
                    text.get(at.saturating_add(1)..close)
                } else {
                    text.get(at..end)
                };
                all.push(Token {
                    text: inner.unwrap_or_default(),
                    quoted,
                    breaks,
                    start: at,
                    end,
                });
                breaks = false;
                at = end.max(at.saturating_add(1));
            }
        }
    }
    all
}

/// One past the last byte of the token that starts at a byte.
fn end_of(bytes: &[u8], start: usize, first: u8) -> usize {
    let next = start.saturating_add(1);
    match first {
        b'"' => {
            let mut at = next;
            while let Some(byte) = bytes.get(at) {
                match byte {
                    b'"' => return at.saturating_add(1),
                    b'\n' => return at,
                    _ => at = at.saturating_add(1),
                }
            }
            at
        }
        b'{' | b'}' | b';' | b',' | b'(' | b')' | b'|' | b'^' => next,
        b'&' => next,
        b'!' | b'=' | b'<' | b'>' => {
            let second = bytes.get(next).copied();
            let double =
                second == Some(b'=') || (matches!(first, b'<' | b'>') && second == Some(first));
            next.saturating_add(usize::from(double))
        }
        _ => {
            let mut at = next;
            while let Some(byte) = bytes.get(at) {
                let ends = byte.is_ascii_whitespace()
                    || matches!(
                        byte,
                        b'{' | b'}'
                            | b';'
                            | b','
                            | b'"'
                            | b'('
                            | b')'
                            | b'|'
                            | b'='
                            | b'!'
                            | b'&'
                            | b'<'
                            | b'>'
                            | b'#'
                    );
                if ends {
                    break;
                }
                at = at.saturating_add(1);
            }
            at
        }
    }
}

#[cfg(test)]
mod tests {
    use super::tokens;

    #[test]
    fn signs_stand_alone_and_addresses_stay_whole() {
        let text = "ip6 saddr != {2001:db8::/32,::1} dnat to [2001:db8::5]:25 # handle 4\naccept";
        let words: Vec<&str> = tokens(text).iter().map(|token| token.text).collect();
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
        assert!(tokens(text).last().is_some_and(|token| token.breaks));
    }
}
