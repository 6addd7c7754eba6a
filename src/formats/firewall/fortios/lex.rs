//! The words of a statement.
//!
//! Source: Fortinet, FortiOS CLI Reference, "Entering values with spaces and
//! special characters": a word with blanks stands in quotes, a backslash takes
//! the next character as it is. A quoted value goes on over line ends until the
//! quote that closes it (certificates, replacement messages).

use std::borrow::Cow;

use crate::formats::firewall::shared::capture::{Clean, Terminal};

/// What the pager of a FortiGate prints.
const PAGER: &str = "--More--";

/// A FortiGate breaks no lines.
pub const TERMINAL: Terminal = Terminal {
    pager_hint: PAGER,
    pager: |text| {
        let rest = text.strip_prefix(PAGER)?;
        Some(
            PAGER
                .len()
                .saturating_add(usize::from(rest.starts_with(' '))),
        )
    },
    starts_line: None,
};

/// A word.
#[derive(Debug, Clone)]
pub struct Token<'t> {
    /// What it says, without quotes; the first line of it when it goes on.
    pub text: Cow<'t, str>,
    /// As it stands, on its first line.
    pub raw: &'t str,
}

/// What is known about the quotes of a text.
#[derive(Debug, Default)]
pub struct Quotes {
    /// No quote is left in the rest of the text.
    exhausted: bool,
    /// Lines (counted from 0) with a quote that closes nowhere sensible.
    pub stray: Vec<usize>,
}

/// Most stray quotes that are remembered.
const MAX_STRAY: usize = 100;

/// Splits the statement that starts at a line into words; returns the index of
/// its last line.
pub fn words<'t>(
    lines: &'t Clean<'_>,
    at: usize,
    start: &'t str,
    out: &mut Vec<Token<'t>>,
    quotes: &mut Quotes,
) -> usize {
    let mut last = at;
    let mut rest = start;
    out.clear();
    loop {
        let start = rest.as_bytes().iter().position(|byte| !is_blank(*byte));
        rest = match start.and_then(|start| rest.get(start..)) {
            Some(rest) => rest,
            None => return last,
        };
        let plain = rest
            .as_bytes()
            .iter()
            .position(|byte| is_blank(*byte) || matches!(byte, b'"' | b'\\' | b'\''))
            .unwrap_or(rest.len());
        let stop = rest.as_bytes().get(plain).copied();
        if !matches!(stop, Some(b'"' | b'\\' | b'\'')) {
            let (word, next) = rest.split_at_checked(plain).unwrap_or((rest, ""));
            out.push(Token {
                text: Cow::Borrowed(word),
                raw: word,
            });
            rest = next;
            continue;
        }
        if plain == 0
            && stop == Some(b'"')
            && let Some(inner) = rest.get(1..)
            && let Some(end) = memchr::memchr2(b'"', b'\\', inner.as_bytes())
            && inner.as_bytes().get(end) == Some(&b'"')
            && ends_word(inner.get(end.saturating_add(1)..).unwrap_or_default())
        {
            let (word, tail) = inner.split_at_checked(end).unwrap_or((inner, ""));
            out.push(Token {
                text: Cow::Borrowed(word),
                raw: rest.get(..end.saturating_add(2)).unwrap_or(rest),
            });
            rest = tail.get(1..).unwrap_or_default();
            continue;
        }
        let word = quoted(rest);
        if word.open {
            match closing(lines, last, quotes) {
                Some((line, tail)) => {
                    last = line;
                    out.push(Token {
                        text: word.text,
                        raw: rest,
                    });
                    rest = tail;
                    continue;
                }
                None => {
                    if quotes.stray.len() < MAX_STRAY {
                        quotes.stray.push(last);
                    }
                    out.push(Token {
                        text: word.text,
                        raw: rest,
                    });
                    return last;
                }
            }
        }
        let (raw, next) = rest.split_at_checked(word.length).unwrap_or((rest, ""));
        out.push(Token {
            text: word.text,
            raw,
        });
        rest = next;
    }
}

#[inline]
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

fn ends_word(rest: &str) -> bool {
    rest.bytes().next().is_none_or(is_blank)
}

struct Quoted<'t> {
    text: Cow<'t, str>,
    length: usize,
    /// Whether a quote is open at the end of the line.
    open: bool,
}

/// A word with quotes or backslashes in it.
fn quoted(rest: &str) -> Quoted<'_> {
    let mut text = String::new();
    let mut open: Option<char> = None;
    let mut chars = rest.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, open) {
            ('\\', None | Some('"')) => text.extend(chars.next().map(|(_, next)| next)),
            (c, Some(quote)) if c == quote => open = None,
            ('"', None) => open = Some('"'),
            // An apostrophe is one unless it quotes a whole word.
            ('\'', None)
                if at == 0
                    && rest
                        .get(1..)
                        .and_then(|inner| inner.split_once('\''))
                        .is_some_and(|(_, tail)| ends_word(tail)) =>
            {
                open = Some('\'');
            }
            (' ' | '\t' | '\r', None) => {
                return Quoted {
                    text: Cow::Owned(text),
                    length: at,
                    open: false,
                };
            }
            (c, _) => text.push(c),
        }
    }
    Quoted {
        text: Cow::Owned(text),
        length: rest.len(),
        open: open.is_some(),
    }
}

/// The line behind `from` that closes a quote, and what follows the quote. A
/// quote with a word right behind it opens another value: then the first one
/// closes nowhere.
fn closing<'t>(lines: &'t Clean<'_>, from: usize, quotes: &mut Quotes) -> Option<(usize, &'t str)> {
    if quotes.exhausted {
        return None;
    }
    let start = from.saturating_add(1);
    for index in start.. {
        let Some(line) = lines.line(index) else {
            break;
        };
        let bytes = line.text.as_bytes();
        let mut at = 0usize;
        while let Some(found) = bytes
            .get(at..)
            .and_then(|tail| memchr::memchr2(b'"', b'\\', tail))
        {
            let place = at.saturating_add(found);
            if bytes.get(place) == Some(&b'"') {
                let tail = line.text.get(place.saturating_add(1)..)?;
                return ends_word(tail).then_some((index, tail));
            }
            at = place.saturating_add(2);
        }
    }
    quotes.exhausted = true;
    None
}

/// Words as the path of a section.
pub fn path<'t>(words: &[Token<'t>]) -> Cow<'t, str> {
    match words {
        [one] => one.text.clone(),
        _ => {
            let mut path = String::new();
            for word in words {
                if !path.is_empty() {
                    path.push(' ');
                }
                path.push_str(&word.text);
            }
            Cow::Owned(path)
        }
    }
}
