//! Words, braces and lists of a configuration in curly braces, line by line.
//!
//! Junos and the default format of PAN-OS print `name { name value; list [ a
//! b ]; }`. A token never spans lines, save for a `/* … */` remark, so the
//! lexer is fed one line at a time and keeps only whether a remark is open.
//! It refuses nothing: an unfinished string ends with its line.

/// A token of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token<'t> {
    /// A word; without its quotes where it was quoted.
    Word(&'t str),
    /// `{`
    Open,
    /// `}`
    Close,
    /// `;`
    End,
    /// `[`
    ListOpen,
    /// `]`
    ListClose,
    /// A remark, with its marks (`## SECRET-DATA`, `/* text */`).
    Remark(&'t str),
}

/// The tokens of one line.
#[derive(Debug)]
pub struct Tokens<'t, 'r> {
    rest: &'t str,
    remark: &'r mut bool,
}

/// Splits a line; `remark` tells whether a `/*` remark is open and is kept up
/// to date from line to line.
pub fn tokens<'t, 'r>(line: &'t str, remark: &'r mut bool) -> Tokens<'t, 'r> {
    Tokens { rest: line, remark }
}

#[inline]
fn is_blank(byte: u8) -> bool {
    byte <= b' ' || byte == 0x7f
}

/// What a pager prints between two screens.
const PAGER: &str = "---(more";

impl<'t> Tokens<'t, '_> {
    /// Takes the first `length` bytes.
    fn take(&mut self, length: usize) -> &'t str {
        let (head, tail) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        self.rest = tail;
        head
    }

    /// Up to and with the end of a `/*` remark, or the whole line.
    fn remark(&mut self) -> Token<'t> {
        let end = self.rest.find("*/");
        *self.remark = end.is_none();
        let length = end.map_or(self.rest.len(), |at| at.saturating_add(2));
        Token::Remark(self.take(length))
    }

    fn quoted(&mut self) -> Token<'t> {
        self.take(1);
        let bytes = self.rest.as_bytes();
        let mut at = 0usize;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => {
                    let word = self.take(at);
                    self.take(1);
                    return Token::Word(word);
                }
                b'\\' => at = at.saturating_add(2),
                _ => at = at.saturating_add(1),
            }
        }
        // No closing quote: the string ends with its line, and a statement's
        // end stays one.
        let text = self.rest.trim_end();
        let length = text.strip_suffix(';').map_or(text.len(), str::len);
        Token::Word(self.take(length))
    }
}

impl<'t> Iterator for Tokens<'t, '_> {
    type Item = Token<'t>;

    fn next(&mut self) -> Option<Token<'t>> {
        if *self.remark {
            if self.rest.is_empty() {
                return None;
            }
            return Some(self.remark());
        }
        loop {
            let bytes = self.rest.as_bytes();
            let start = bytes.iter().position(|byte| !is_blank(*byte))?;
            let first = *bytes.get(start)?;
            self.take(start);
            if first == b'-'
                && let Some(after) = self.rest.strip_prefix(PAGER)
            {
                self.rest = after.find(")---").map_or("", |at| {
                    after.get(at.saturating_add(4)..).unwrap_or_default()
                });
                continue;
            }
            if !first.is_ascii()
                && let Some(after) = self.rest.strip_prefix('\u{feff}')
            {
                self.rest = after;
                continue;
            }
            return Some(match first {
                b'{' => self.single(Token::Open),
                b'}' => self.single(Token::Close),
                b';' => self.single(Token::End),
                b'[' => self.single(Token::ListOpen),
                b']' => self.single(Token::ListClose),
                b'"' => self.quoted(),
                b'#' => {
                    let length = self.rest.len();
                    Token::Remark(self.take(length))
                }
                b'/' if self.rest.starts_with("/*") => self.remark(),
                _ => {
                    let length = self.rest.as_bytes().iter().position(|byte| {
                        is_blank(*byte) || matches!(byte, b'{' | b'}' | b';' | b'[' | b']' | b'"')
                    });
                    Token::Word(self.take(length.unwrap_or(self.rest.len()).max(1)))
                }
            });
        }
    }
}

impl<'t> Tokens<'t, '_> {
    fn single(&mut self, token: Token<'t>) -> Token<'t> {
        self.take(1);
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Vec<Token<'_>> {
        let mut remark = false;
        tokens(line, &mut remark).collect()
    }

    #[test]
    fn words_lists_and_braces_are_told_apart() {
        assert_eq!(
            all("    source-address [ a \"b c\" ];"),
            [
                Token::Word("source-address"),
                Token::ListOpen,
                Token::Word("a"),
                Token::Word("b c"),
                Token::ListClose,
                Token::End
            ]
        );
        assert_eq!(
            all("policy p {}"),
            [
                Token::Word("policy"),
                Token::Word("p"),
                Token::Open,
                Token::Close
            ]
        );
    }

    #[test]
    fn a_quoted_word_keeps_braces_and_escapes() {
        assert_eq!(
            all(r#"message "a { b; \" c"; ## SECRET-DATA"#),
            [
                Token::Word("message"),
                Token::Word(r#"a { b; \" c"#),
                Token::End,
                Token::Remark("## SECRET-DATA")
            ]
        );
    }

    #[test]
    fn an_unfinished_string_ends_with_its_line() {
        assert_eq!(
            all("description \"cut;"),
            [Token::Word("description"), Token::Word("cut"), Token::End]
        );
    }

    #[test]
    fn a_remark_may_span_lines() {
        let mut open = false;
        let first: Vec<_> = tokens("/* one", &mut open).collect();
        assert_eq!(first, [Token::Remark("/* one")]);
        let second: Vec<_> = tokens(" two */ zones {", &mut open).collect();
        assert_eq!(
            second,
            [Token::Remark(" two */"), Token::Word("zones"), Token::Open]
        );
    }

    #[test]
    fn a_pager_between_two_screens_is_no_word() {
        assert_eq!(
            all("---(more 10%)---\r      \rzones {"),
            [Token::Word("zones"), Token::Open]
        );
    }
}
