//! Words and prompts of the command line.

/// Words of a command; quoted ones without their quotes.
///
/// The device quotes values with blanks and does not escape a quote inside: a
/// quote ends a word only where a blank, a bracket or the end follows.
#[derive(Debug, Clone)]
pub struct Words<'t> {
    /// What is left.
    pub rest: &'t str,
}

const BLANK: [char; 3] = [' ', '\t', '\r'];

/// What a byte is to words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Part of one.
    Inside,
    /// Between two.
    Blank,
    /// The end of one, and a word itself.
    Close,
}

#[inline]
fn kind(byte: u8) -> Kind {
    const KINDS: [Kind; 256] = {
        let mut kinds = [Kind::Inside; 256];
        kinds[b' ' as usize] = Kind::Blank;
        kinds[b'\t' as usize] = Kind::Blank;
        kinds[b'\r' as usize] = Kind::Blank;
        kinds[b']' as usize] = Kind::Close;
        kinds
    };
    KINDS
        .get(usize::from(byte))
        .copied()
        .unwrap_or(Kind::Inside)
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t str;

    fn next(&mut self) -> Option<&'t str> {
        let start = self
            .rest
            .bytes()
            .position(|byte| kind(byte) != Kind::Blank)?;
        let rest = self.rest.get(start..)?;
        let bytes = rest.as_bytes();
        let first = *bytes.first()?;
        if matches!(first, b'[' | b']') {
            let (word, tail) = rest.split_at_checked(1)?;
            self.rest = tail;
            return Some(word);
        }
        if first == b'"' {
            let end = closing(bytes);
            self.rest = rest.get(end.saturating_add(1)..).unwrap_or_default();
            return rest.get(1..end);
        }
        if first == b'{'
            && rest.starts_with("{{")
            && let Some(end) = rest.find("}}")
        {
            let (word, tail) = rest.split_at_checked(end.saturating_add(2))?;
            self.rest = tail;
            return Some(word);
        }
        let end = bytes
            .iter()
            .position(|byte| kind(*byte) != Kind::Inside)
            .unwrap_or(bytes.len());
        let (word, tail) = rest.split_at_checked(end)?;
        self.rest = tail;
        Some(word)
    }
}

/// Where the quote is that closes the one a text starts with. Between two words
/// the quotes behind are pairs.
fn closing(bytes: &[u8]) -> usize {
    let mut left = memchr::memchr_iter(b'"', bytes).count().saturating_sub(1);
    for quote in memchr::memchr_iter(b'"', bytes).skip(1) {
        left = left.saturating_sub(1);
        let ends = matches!(
            bytes.get(quote.saturating_add(1)),
            None | Some(b' ' | b'\t' | b'\r' | b']' | b';' | b'\n')
        );
        if ends && left.is_multiple_of(2) {
            return quote;
        }
    }
    bytes.len()
}

/// A prompt and what was typed at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt<'t> {
    /// The device.
    pub host: &'t str,
    /// What was typed.
    pub typed: &'t str,
}

/// Splits `admin@fw1(active)> show config running`.
pub fn prompt(line: &str) -> Option<Prompt<'_>> {
    let (user, rest) = line.split_once('@')?;
    let name = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'\\')
            })
    };
    if !name(user) {
        return None;
    }
    let end = rest.find(['>', '#'])?;
    let (host, typed) = rest.split_at_checked(end)?;
    let typed = typed.get(1..)?;
    let host = host.split_once('(').map_or(host, |(host, _)| host);
    if !name(host) || !(typed.is_empty() || typed.starts_with(BLANK)) {
        return None;
    }
    Some(Prompt {
        host,
        typed: typed.trim(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Prompt, Words, prompt};

    fn words(rest: &str) -> Vec<&str> {
        Words { rest }.collect()
    }

    #[test]
    fn a_quote_inside_a_value_does_not_end_it() {
        assert_eq!(
            words(r#"addr1 description "with a " and '""#),
            ["addr1", "description", r#"with a " and '"#]
        );
        assert_eq!(words(r#"filter "'a' and b""#), ["filter", "'a' and b"]);
        assert_eq!(words(r#"description """#), ["description", ""]);
    }

    #[test]
    fn a_list_needs_no_blanks_around_its_brackets() {
        assert_eq!(words("tag [ a b]"), ["tag", "[", "a", "b", "]"]);
        assert_eq!(words("from [a \"b c\"]"), ["from", "[", "a", "b c", "]"]);
    }

    #[test]
    fn prompts_name_the_device() {
        let at = |host, typed| Some(Prompt { host, typed });
        assert_eq!(prompt("admin@PA-220(active)# show"), at("PA-220", "show"));
        assert_eq!(prompt("admin@fw1>"), at("fw1", ""));
        assert_eq!(prompt("set system contact admin@example.com"), None);
    }
}
