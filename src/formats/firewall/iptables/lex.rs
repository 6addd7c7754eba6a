//! Words of a line, as iptables-restore splits it.

use crate::formats::firewall::shared::words::split_at_byte;

/// A word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word<'f> {
    /// Its text without quotation marks; escapes are kept.
    pub text: &'f str,
    /// Whether it stood in quotation marks: never an option.
    pub quoted: bool,
}

impl Word<'_> {
    /// Whether it starts an option.
    #[inline]
    pub fn is_option(self) -> bool {
        match self.text.as_bytes() {
            [b'-', second, ..] => !self.quoted && !second.is_ascii_digit(),
            _ => false,
        }
    }

    /// Whether it is a lone exclamation mark.
    #[inline]
    pub fn is_not(self) -> bool {
        !self.quoted && self.text == "!"
    }
}

/// Splits a line into words.
#[derive(Debug, Clone, Copy)]
pub struct Words<'f>(&'f str);

impl<'f> Words<'f> {
    /// The words of a line.
    pub fn new(line: &'f str) -> Self {
        Self(line)
    }
}

impl<'f> Iterator for Words<'f> {
    type Item = Word<'f>;

    #[inline]
    fn next(&mut self) -> Option<Word<'f>> {
        let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
        let start = self.0.as_bytes().iter().position(|byte| !blank(byte))?;
        let line = self.0.get(start..)?;
        let first = *line.as_bytes().first()?;
        if first == b'"' || first == b'\'' {
            let inside = line.get(1..)?;
            let mut escaped = false;
            let end = inside.bytes().position(|byte| {
                let ends = byte == first && !escaped;
                escaped = byte == b'\\' && !escaped;
                ends
            });
            let (text, rest) = match end {
                Some(end) => (
                    inside.get(..end)?,
                    inside.get(end.saturating_add(1)..).unwrap_or_default(),
                ),
                None => (inside, ""),
            };
            self.0 = rest;
            return Some(Word { text, quoted: true });
        }
        let end = line.as_bytes().iter().position(blank);
        let end = end.unwrap_or(line.len());
        let (text, rest) = line.split_at_checked(end)?;
        self.0 = rest;
        Some(Word {
            text,
            quoted: false,
        })
    }
}

/// Reads the words of a statement as options.
#[derive(Debug, Clone, Copy)]
pub struct Options<'w, 'f> {
    words: &'w [Word<'f>],
}

/// One option of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag<'w, 'f> {
    /// Its name with dashes; a word that belongs to no option stands here, too.
    pub name: &'f str,
    /// A value joined to the name (`-ptcp`, `--protocol=tcp`).
    pub joined: Option<&'f str>,
    /// Its arguments.
    pub values: &'w [Word<'f>],
    /// Whether an exclamation mark stands before the option or before its
    /// first argument (the form before iptables 1.4.3).
    pub negated: bool,
}

impl<'f> Flag<'_, 'f> {
    /// The first argument; empty for none.
    pub fn value(&self) -> &'f str {
        self.joined
            .or_else(|| self.values.first().map(|word| word.text))
            .unwrap_or_default()
    }

    /// The second argument; empty for none.
    pub fn second(&self) -> &'f str {
        let place = usize::from(self.joined.is_none());
        self.values.get(place).map_or("", |word| word.text)
    }
}

impl<'w, 'f> Options<'w, 'f> {
    /// The options of a statement.
    pub fn new(words: &'w [Word<'f>]) -> Self {
        Self { words }
    }
}

impl<'w, 'f> Iterator for Options<'w, 'f> {
    type Item = Flag<'w, 'f>;

    fn next(&mut self) -> Option<Flag<'w, 'f>> {
        let mut negated = false;
        let (mut word, mut rest) = self.words.split_first()?;
        while word.is_not()
            && let Some((next, after)) = rest.split_first()
        {
            negated = true;
            (word, rest) = (next, after);
        }
        let mut flag = Flag {
            name: word.text,
            joined: None,
            values: &[],
            negated,
        };
        if !word.is_option() {
            self.words = rest;
            return Some(flag);
        }
        if let Some((name, value)) = split_joined(word.text) {
            flag.name = name;
            flag.joined = Some(value);
        }
        if let [mark, value, ..] = rest
            && mark.is_not()
            && !value.is_option()
            && flag.joined.is_none()
        {
            flag.negated = true;
            rest = rest.get(1..).unwrap_or_default();
        }
        let count = rest
            .iter()
            .position(|word| word.is_option() || word.is_not())
            .unwrap_or(rest.len());
        let (values, rest) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        flag.values = values;
        self.words = rest;
        Some(flag)
    }
}

/// `-ptcp` and `--protocol=tcp`.
fn split_joined(text: &str) -> Option<(&str, &str)> {
    match text.as_bytes() {
        [b'-', b'-', ..] => split_at_byte(text, b'='),
        [
            _,
            b'p' | b's' | b'd' | b'i' | b'o' | b'j' | b'g' | b'm' | b't',
            _,
            ..,
        ] => text.split_at_checked(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Vec<(String, bool, Vec<String>)> {
        let words: Vec<Word<'_>> = Words::new(line).collect();
        Options::new(&words)
            .map(|flag| {
                let mut values: Vec<String> = flag
                    .joined
                    .iter()
                    .map(|value| (*value).to_owned())
                    .collect();
                values.extend(flag.values.iter().map(|word| word.text.to_owned()));
                (flag.name.to_owned(), flag.negated, values)
            })
            .collect()
    }

    #[test]
    fn both_places_of_the_exclamation_mark_negate() {
        let wanted = vec![("-s".to_owned(), true, vec!["10.0.0.1".to_owned()])];
        assert_eq!(read("! -s 10.0.0.1"), wanted);
        assert_eq!(read("-s ! 10.0.0.1"), wanted);
    }

    #[test]
    fn a_mark_before_an_option_belongs_to_that_option() {
        let all = read("-m tcp ! --syn -j DROP");
        assert_eq!(all.len(), 3);
        assert!(
            all.iter()
                .any(|(name, negated, _)| name == "--syn" && *negated)
        );
        assert!(
            all.iter()
                .all(|(name, negated, _)| name == "--syn" || !negated)
        );
    }

    #[test]
    fn quoted_words_are_never_options() {
        let all = read(r#"-m comment --comment "-j \"DROP\"" -j ACCEPT"#);
        assert_eq!(all.len(), 3);
        assert_eq!(
            all.last().map(|(_, _, values)| values.clone()),
            Some(vec!["ACCEPT".to_owned()])
        );
    }
}
