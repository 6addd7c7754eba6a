//! What one line of a text capture is, taken by itself.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_width::UnicodeWidthStr;

use super::command::{Command, find_command};

/// A `Key : value` line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyLine<'a> {
    /// The key as printed.
    pub key: &'a str,
    /// What stands behind the colon, trimmed.
    pub value: &'a str,
    /// Column of the colon.
    pub colon: u32,
    /// A key of several words counts only among aligned lines.
    pub several_words: bool,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub enum LineKind<'a> {
    /// Nothing visible.
    Blank,
    /// A header or prompt that tells what was run.
    Command(Box<Command<'a>>),
    /// A property.
    Key(KeyLine<'a>),
    /// The line below the headings of a table.
    Dashes,
    /// A warning or a part of an error record.
    Message,
    /// Anything else: a continuation, or text around the output.
    Other,
}

/// A cleaned line and what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// The text without decoration, with its indentation, without trailing blanks.
    pub text: &'a str,
    /// Columns before the first visible character.
    pub indent: u32,
    /// Columns that the text takes on a console.
    pub width: u32,
    /// What it is.
    pub kind: LineKind<'a>,
}

/// Takes off what pasting put around a line: terminal colours, quote marks of
/// mail, backticks of wikis, trailing blanks of any kind.
#[must_use]
pub fn clean(line: &str) -> Cow<'_, str> {
    let line = line.trim_end().trim_start_matches('\u{feff}');
    if line.contains('\u{1b}') {
        return Cow::Owned(undecorated(&without_escapes(line)).to_owned());
    }
    Cow::Borrowed(undecorated(line))
}

fn undecorated(line: &str) -> &str {
    let mut line = line.trim_end();
    while let Some(rest) = line.strip_prefix("> ") {
        line = rest;
    }
    if line == ">" {
        return "";
    }
    let start = line.trim_start();
    if start.starts_with('`') && !start.starts_with("```") {
        let inner = start.trim_start_matches('`');
        line = inner.strip_suffix('`').unwrap_or(inner).trim_end();
    } else if let Some(rest) = line.strip_suffix('`')
        && rest.matches('`').count() == 0
        && rest.contains(':')
    {
        line = rest.trim_end();
    }
    line
}

/// Removes `ESC [ … letter` sequences.
fn without_escapes(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        text.push_str(before);
        rest = match after.strip_prefix('[') {
            Some(sequence) => {
                let end = sequence.find(|c: char| ('@'..='~').contains(&c));
                end.and_then(|at| sequence.get(at.saturating_add(1)..))
                    .unwrap_or_default()
            }
            None => after,
        };
    }
    text.push_str(rest);
    text
}

/// Decides what a cleaned line is.
#[must_use]
pub fn classify(text: &str) -> Line<'_> {
    let start = text.trim_start();
    let indent = text
        .get(..text.len().saturating_sub(start.len()))
        .map_or(0, |blank| blank.chars().count());
    let width = if text.is_ascii() {
        text.len()
    } else {
        text.width()
    };
    let indent = columns(indent);
    Line {
        text,
        indent,
        width: columns(width),
        kind: kind_of(start, indent),
    }
}

fn columns(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn kind_of(start: &str, indent: u32) -> LineKind<'_> {
    if start.is_empty() {
        return LineKind::Blank;
    }
    if is_dashes(start) {
        return LineKind::Dashes;
    }
    if is_message(start) {
        return LineKind::Message;
    }
    if let Some(command) = find_command(start) {
        return LineKind::Command(Box::new(command));
    }
    match key_line(start, indent) {
        Some(key) if names_a_command(key.key) => LineKind::Message,
        Some(key) => LineKind::Key(key),
        None => LineKind::Other,
    }
}

/// `Name : value`, `Name :value`, `Name: value`, `Name :`; not `http://…`.
fn key_line(start: &str, indent: u32) -> Option<KeyLine<'_>> {
    let (before, after) = start.split_once(':')?;
    let key = before.trim_end();
    if key.is_empty() || key.len() > 64 {
        return None;
    }
    let detached = before.len() > key.len();
    let open = after.is_empty() || after.starts_with(char::is_whitespace);
    if !detached && !open {
        return None;
    }
    if !key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$') {
        return None;
    }
    let several_words = key.contains(char::is_whitespace);
    let sound = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '*' | '$');
    if several_words {
        let tidy = key.split_whitespace().all(|word| word.chars().all(sound));
        if !detached || !open || !tidy || key.split_whitespace().count() > 4 {
            return None;
        }
    } else if !key.chars().all(sound) {
        return None;
    }
    Some(KeyLine {
        key,
        value: after.trim(),
        colon: indent.saturating_add(columns(before.chars().count())),
        several_words,
    })
}

/// `Get-OwaVirtualDirectory : An error …` is an error record, not a property.
fn names_a_command(key: &str) -> bool {
    match key.split_once('-') {
        Some((verb, noun)) => {
            verb.starts_with(|c: char| c.is_ascii_uppercase())
                && noun.starts_with(|c: char| c.is_ascii_uppercase())
        }
        None => false,
    }
}

/// `----  ------`: groups of dashes and blanks only.
fn is_dashes(start: &str) -> bool {
    start.len() >= 2
        && start.starts_with('-')
        && start.bytes().all(|b| b == b'-' || b == b' ')
        && start.split_ascii_whitespace().all(|group| group.len() >= 2)
}

/// How messages begin, by first byte, and what stands somewhere in them.
struct Messages {
    starts: Vec<&'static str>,
    first_bytes: [bool; 256],
    /// One pass for all texts; `None` where they are no expression.
    holds: Option<Regex>,
}

fn is_message(start: &str) -> bool {
    static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
        let data = include_str!("messages.txt");
        let all = |word: &str| -> Vec<&'static str> {
            data.lines()
                .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
                .collect()
        };
        let starts = all("starts");
        let mut first_bytes = [false; 256];
        for byte in starts.iter().filter_map(|text| text.bytes().next()) {
            if let Some(known) = first_bytes.get_mut(usize::from(byte)) {
                *known = true;
            }
        }
        let holds: Vec<String> = all("holds").into_iter().map(regex::escape).collect();
        Messages {
            starts,
            first_bytes,
            holds: Regex::new(&holds.join("|")).ok(),
        }
    });
    let messages = &*MESSAGES;
    let first = start.bytes().next().map_or(0, usize::from);
    let may_start = messages.first_bytes.get(first).copied().unwrap_or(false);
    (may_start && messages.starts.iter().any(|text| start.starts_with(text)))
        || (start.len() < 2048
            && messages
                .holds
                .as_ref()
                .is_some_and(|holds| holds.is_match(start)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(line: &str) -> Option<(String, String)> {
        let clean = clean(line);
        match classify(&clean).kind {
            LineKind::Key(key) => Some((key.key.to_owned(), key.value.to_owned())),
            _ => None,
        }
    }

    #[test]
    fn properties_are_seen_in_all_spellings_that_pastes_have() {
        for line in [
            "Name                 : owa",
            "    Name : owa",
            "Name :owa",
            "Name: owa",
            "`Name : owa`",
            "Name : owa`",
            "> Name : owa",
            "\u{3000}Name : owa  ",
            "\u{1b}[32;1mName : \u{1b}[0mowa",
        ] {
            assert_eq!(key(line), Some(("Name".into(), "owa".into())), "{line:?}");
        }
        assert_eq!(
            key("ExternalUrl :"),
            Some(("ExternalUrl".into(), String::new()))
        );
    }

    #[test]
    fn urls_bindings_and_paths_are_no_properties() {
        for line in [
            "http://cas1/OAB",
            "SMTP:*;1",
            "C:\\Program Files",
            "access-list out extended permit tcp any any eq 25",
            "12:30:00 x",
            ": Saved",
            "{0.0.0.0:25}",
        ] {
            assert_eq!(key(line), None, "{line}");
        }
    }

    #[test]
    fn messages_are_told_from_properties_in_several_languages() {
        for line in [
            "WARNING: The object HUB1 has been corrupted",
            "警告: オブジェクトが壊れています",
            "ПРЕДУПРЕЖДЕНИЕ: x",
            "Get-OwaVirtualDirectory : An IIS directory entry couldn't be created.",
            "    + CategoryInfo          : NotInstalled: (:) [Get-OwaVirtualDirectory], IISNotInstalled",
            "At line:1 char:24",
            "発生場所 行:1 文字:1",
        ] {
            assert_eq!(classify(line).kind, LineKind::Message, "{line}");
        }
    }

    #[test]
    fn every_text_of_the_table_of_messages_is_found() {
        let data = include_str!("messages.txt");
        let mut seen = 0;
        for line in data.lines() {
            if let Some(text) = line.strip_prefix("starts ") {
                assert!(is_message(&format!("{text} x")), "{text}");
                seen += 1;
            } else if let Some(text) = line.strip_prefix("holds ") {
                assert!(is_message(&format!("a {text} x")), "{text}");
                assert!(
                    !is_message(&format!("{} {text}", "a".repeat(2048))),
                    "{text}"
                );
                seen += 1;
            }
        }
        assert!(seen > 30, "{seen}");
    }

    #[test]
    fn a_line_of_ideographic_blanks_is_blank() {
        let clean = clean("\u{3000}\u{3000}");
        assert_eq!(classify(&clean).kind, LineKind::Blank);
    }
}
