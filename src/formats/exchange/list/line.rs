//! What one line of a text capture is, taken by itself.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use unicode_width::UnicodeWidthStr;

use super::command::{Command, find_command};
use super::pasted::{needs_repair, repaired};
use crate::formats::exchange::value::trim;

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
/// mail, backticks of wikis, entities of web pages, marks of lists, trailing
/// blanks of any kind.
#[must_use]
pub fn clean(line: &str) -> Cow<'_, str> {
    if !needs_repair(line.as_bytes()) {
        return Cow::Borrowed(bare(line));
    }
    let line = line.trim_end().trim_start_matches('\u{feff}');
    if line.contains('\u{1b}') {
        let text = without_escapes(line);
        let text = repaired(&text).unwrap_or(text);
        return Cow::Owned(undecorated(&text).to_owned());
    }
    match repaired(line) {
        Some(text) => Cow::Owned(undecorated(&text).to_owned()),
        None => Cow::Borrowed(undecorated(line)),
    }
}

/// The same for a line that does not [need repair](needs_repair).
#[must_use]
pub fn bare(line: &str) -> &str {
    let bytes = line.as_bytes();
    if let (Some(first), Some(last)) = (bytes.first(), bytes.last())
        && first.is_ascii_alphanumeric()
        && last.is_ascii_graphic()
        && *last != b'`'
    {
        // Most lines carry no decoration.
        return line;
    }
    undecorated(line.trim_end().trim_start_matches('\u{feff}'))
}

fn undecorated(line: &str) -> &str {
    let mut line = line.trim_end();
    if line.starts_with('>') {
        let behind = line.trim_start_matches(['>', ' ']);
        let quoted = line.len().saturating_sub(behind.len());
        let marks = line.get(..quoted).unwrap_or_default();
        // One blank belongs to the mark, the others to the line.
        let last = marks.rfind('>').map_or(0, |at| at.saturating_add(1));
        line = line.get(last..).unwrap_or_default();
        line = line.strip_prefix(' ').unwrap_or(line);
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
    classify_where(text, true)
}

/// The same for a line of which it is known whether the text of a message may
/// stand somewhere in it.
#[must_use]
pub fn classify_where(text: &str, may_hold_message: bool) -> Line<'_> {
    let start = text.trim_start();
    let blank = text.get(..text.len().saturating_sub(start.len()));
    let indent = characters(blank.unwrap_or_default());
    let width = if text.is_ascii() {
        text.len()
    } else {
        text.width()
    };
    Line {
        text,
        indent,
        width: columns(width),
        kind: kind_of(start, indent, may_hold_message),
    }
}

fn characters(text: &str) -> u32 {
    columns(if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    })
}

fn columns(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn kind_of(start: &str, indent: u32, may_hold_message: bool) -> LineKind<'_> {
    if start.is_empty() {
        return LineKind::Blank;
    }
    if is_dashes(start) {
        return LineKind::Dashes;
    }
    if starts_message(start) || may_hold_message && holds_message(start) {
        return LineKind::Message;
    }
    if let Some(key) = plain_key(start, indent) {
        return LineKind::Key(key);
    }
    if let Some(command) = find_command(start) {
        return LineKind::Command(Box::new(command));
    }
    match key_line(start, indent) {
        Some(key) if names_a_command(&key, indent) => LineKind::Message,
        Some(key) => LineKind::Key(key),
        None => LineKind::Other,
    }
}

/// `Name : value` in its usual form, which can be nothing else: a command has
/// no word, blanks and a free-standing colon before it.
fn plain_key(start: &str, indent: u32) -> Option<KeyLine<'_>> {
    let bytes = start.as_bytes();
    let end = bytes.iter().position(|b| !b.is_ascii_alphanumeric())?;
    let blanks = bytes.get(end..)?.iter().position(|b| *b != b' ')?;
    let colon = end.saturating_add(blanks);
    let (before, after) = (start.get(..colon)?, start.get(colon..)?);
    let after = after.strip_prefix(':')?;
    let key = start.get(..end)?;
    let named = bytes.first().is_some_and(u8::is_ascii_alphabetic);
    let fits = named && blanks > 0 && end <= 64 && key != "PS";
    if !fits || !(after.is_empty() || after.starts_with(' ')) {
        return None;
    }
    Some(KeyLine {
        key,
        value: unemphasised(without_remark(trim(after))),
        colon: indent.saturating_add(columns(before.len())),
        several_words: false,
    })
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
    let sound = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b'*' | b'$');
    let several_words = !key.bytes().all(sound);
    if several_words {
        let mut words = key.split_whitespace();
        let tidy = words.all(|word| word.bytes().all(sound));
        let few = matches!(key.split_whitespace().count(), 2..=4);
        if !detached || !open || !tidy || !few {
            return None;
        }
    }
    Some(KeyLine {
        key,
        value: unemphasised(without_remark(after.trim())),
        colon: indent.saturating_add(characters(before)),
        several_words,
    })
}

/// A value without the remark that somebody wrote behind it with an arrow:
/// `True  <-- here`, `True ← ここ`.
#[must_use]
pub fn without_remark(value: &str) -> &str {
    if memchr::memchr(b'<', value.as_bytes()).is_none() && value.is_ascii() {
        return value;
    }
    let arrows = [" <--", " <==", " ←", " ⇐", " ⬅", "\u{3000}←"];
    let at = arrows.iter().filter_map(|arrow| value.find(arrow)).min();
    let end = at.unwrap_or(value.len());
    value.get(..end).map_or(value, str::trim_end)
}

/// A value without the stars with which Markdown makes it bold.
fn unemphasised(value: &str) -> &str {
    let inner = value
        .strip_prefix("**")
        .and_then(|rest| rest.strip_suffix("**"));
    inner
        .filter(|inner| !inner.is_empty() && !inner.contains('*'))
        .unwrap_or(value)
}

/// Verbs of the commands that fail most often.
const VERBS: [&str; 19] = [
    "Add", "Connect", "Disable", "Enable", "Export", "ForEach", "Get", "Import", "Invoke", "New",
    "Out", "Remove", "Select", "Set", "Start", "Stop", "Test", "Where", "Write",
];

/// `Get-OwaVirtualDirectory : An error …` is an error record, not a property.
fn names_a_command(key: &KeyLine<'_>, indent: u32) -> bool {
    let Some((verb, noun)) = key.key.split_once('-') else {
        return false;
    };
    let mut letters = verb.chars();
    let written = letters.next().is_some_and(|c| c.is_ascii_uppercase())
        && letters.next().is_some_and(|c| c.is_ascii_lowercase())
        && noun.starts_with(|c: char| c.is_ascii_uppercase());
    // `User-Agent: x` and `Content-Type: x` are headers of a message; PowerShell 7
    // writes its errors without a blank, too.
    let attached = key.colon == indent.saturating_add(characters(key.key));
    written && (!attached || VERBS.contains(&verb))
}

/// Whether a line begins with a cmdlet, as one of a script does.
pub(super) fn begins_a_command(start: &str) -> bool {
    let word = start.split([' ', '(']).next().unwrap_or_default();
    let parts = word.split_once('-');
    parts.is_some_and(|(verb, noun)| {
        VERBS.contains(&verb) && noun.starts_with(|c: char| c.is_ascii_uppercase())
    })
}

/// `----  ------`: groups of dashes and blanks only (tabs, where a table was pasted).
pub(super) fn is_dashes(start: &str) -> bool {
    start.len() >= 2
        && start.starts_with('-')
        && start.bytes().all(|b| matches!(b, b'-' | b' ' | b'\t'))
        && start.split_ascii_whitespace().all(|group| group.len() >= 2)
}

/// How messages begin and what stands somewhere in them.
struct Messages {
    /// By first byte.
    starts: Vec<Vec<&'static str>>,
    /// One pass for all texts; `None` where they are no expression.
    holds: Option<Regex>,
}

static MESSAGES: LazyLock<Messages> = LazyLock::new(|| {
    let data = include_str!("messages.txt");
    let all = |word: &str| -> Vec<&'static str> {
        data.lines()
            .filter_map(|line| line.strip_prefix(word)?.strip_prefix(' '))
            .collect()
    };
    let mut starts = vec![Vec::new(); 256];
    for text in all("starts") {
        let first = text.bytes().next().map_or(0, usize::from);
        if let Some(texts) = starts.get_mut(first) {
            texts.push(text);
        }
    }
    let holds: Vec<String> = all("holds").into_iter().map(regex::escape).collect();
    Messages {
        starts,
        holds: Regex::new(&holds.join("|")).ok(),
    }
});

fn starts_message(start: &str) -> bool {
    let first = start.bytes().next().map_or(0, usize::from);
    let mut starts = MESSAGES.starts.get(first).into_iter().flatten();
    starts.any(|text| start.starts_with(text))
}

fn holds_message(start: &str) -> bool {
    let holds = MESSAGES.holds.as_ref();
    start.len() < 2048 && holds.is_some_and(|holds| holds.is_match(start))
}

/// Where in a text of many lines something stands that makes a message of its
/// line: one search for all lines.
pub fn messages_in(text: &str) -> impl Iterator<Item = usize> {
    let holds = MESSAGES.holds.iter();
    holds.flat_map(|holds| holds.find_iter(text).map(|found| found.start()))
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
            "Name : **owa**",
            "Name: **owa**",
        ] {
            assert_eq!(key(line), Some(("Name".into(), "owa".into())), "{line:?}");
        }
        assert_eq!(
            key("ExternalUrl :"),
            Some(("ExternalUrl".into(), String::new()))
        );
    }

    #[test]
    fn the_short_way_to_a_property_sees_what_the_long_one_sees() {
        for line in [
            "Name                 : owa",
            "Name :",
            "Name : ",
            "Name :owa",
            "Name: owa",
            "Name owa : x",
            "PS : Get-ReceiveConnector | fl",
            "PS :> Get-ReceiveConnector | fl",
            "C :\\>Get-ReceiveConnector | fl",
            "Name : Get-ReceiveConnector | fl",
            "Result from : Get-ReceiveConnector",
            "2x : y",
            " : y",
            "Näme : y",
        ] {
            if let Some(short) = plain_key(line, 3) {
                assert_eq!(find_command(line), None, "{line}");
                assert_eq!(key_line(line, 3), Some(short), "{line}");
            }
        }
        assert!(plain_key("Name  : x", 0).is_some());
        assert!(plain_key("Name :", 0).is_some());
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
    fn a_remark_behind_an_arrow_is_no_part_of_the_value() {
        for (line, value) in [
            ("RequireTLS : False  <-- should be True", "False"),
            ("RequireTLS : False <== here", "False"),
            ("RequireTLS: **False** ← ここ", "False"),
            ("TlsCertificateName : <I>CN=a<S>CN=b", "<I>CN=a<S>CN=b"),
            ("Name : 受信 <x", "受信 <x"),
        ] {
            assert_eq!(key(line).map(|(_, value)| value).as_deref(), Some(value));
        }
    }

    #[test]
    fn headers_of_a_message_are_no_errors_of_the_shell() {
        for line in [
            "MIME-Version: 1.0",
            "X-FEServer: EX1",
            "> User-Agent: curl",
            "Content-Type: text/html",
        ] {
            assert_ne!(classify(line).kind, LineKind::Message, "{line}");
        }
        let error = "Get-Item: Cannot find path 'C:\\x' because it does not exist.";
        assert_eq!(classify(error).kind, LineKind::Message);
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
                assert!(starts_message(&format!("{text} x")), "{text}");
                seen += 1;
            } else if let Some(text) = line.strip_prefix("holds ") {
                assert!(holds_message(&format!("a {text} x")), "{text}");
                assert!(
                    !holds_message(&format!("{} {text}", "a".repeat(2048))),
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
