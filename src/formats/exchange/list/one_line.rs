//! Captures that lost their line breaks: command, names and values stand in one line.
//!
//! They are read from a copy in which a line break stands in the place of the blank
//! before each prompt and each property, so that columns and places stay what they
//! are. A line is broken only where all names in front of a colon are properties of
//! the cmdlet that its command names: what else has a colon might be part of a value.

use std::borrow::Cow;
use std::ops::Range;

use super::command::{Place, find_command};
use crate::formats::exchange::cmdlets::Cmdlet;
use crate::formats::{Document, Ledger, LineState, Unit};
use crate::source::{SourceFile, head};

/// No line that somebody pasted is longer.
const LONGEST: usize = 1 << 20;
/// No property has a longer name.
const LONGEST_NAME: usize = 64;

/// The file with a line for each property; `None` where it has them.
#[must_use]
pub fn broken(file: &SourceFile) -> Option<SourceFile> {
    let text = file.text();
    let mut breaks = Vec::new();
    for (span, line) in file.lines() {
        if line.contains('|') && line.len() <= LONGEST && line.contains(" :") {
            let start = span.start as usize;
            breaks.extend(
                breaks_in(line)
                    .into_iter()
                    .map(|at| start.saturating_add(at)),
            );
        }
    }
    if breaks.is_empty() {
        return None;
    }
    let mut broken = String::with_capacity(text.len());
    for at in breaks {
        broken.push_str(text.get(broken.len()..at)?);
        broken.push('\n');
    }
    broken.push_str(text.get(broken.len()..)?);
    Some(SourceFile::from_text(file.id(), file.name(), broken))
}

/// What was read of the broken lines, for the lines of the file: each has the state of
/// the worst of its pieces.
#[must_use]
pub fn whole(file: &SourceFile, pieces: &SourceFile, document: Document) -> Document {
    let rank = |state: LineState| match state {
        LineState::Irrelevant => 0,
        LineState::Modelled => 1,
        LineState::NotModelled => 2,
        LineState::Unrecognised => 3,
    };
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut known: Option<(usize, LineState)> = None;
    for (index, (span, _)) in pieces.lines().enumerate() {
        let line = file.line_of(span.start);
        let state = document
            .ledger
            .state(index)
            .unwrap_or(LineState::Irrelevant);
        let worst = match known {
            Some((same, before)) if same == line && rank(before) > rank(state) => before,
            _ => state,
        };
        ledger.set(line, worst);
        known = Some((line, worst));
    }
    for note in document.ledger.notes() {
        ledger.note(note.state, Cow::clone(&note.why), note.span);
    }
    Document { ledger, ..document }
}

/// The places of a line at which its pieces are apart: blanks.
fn breaks_in(line: &str) -> Vec<usize> {
    let prompts: Vec<usize> = prompts(line).collect();
    let mut breaks = Vec::new();
    let mut starts = prompts.iter().copied().peekable();
    let alone = prompts.is_empty().then_some(0);
    let mut start = alone.or_else(|| starts.next());
    while let Some(from) = start {
        let next = starts.next();
        let end = next.unwrap_or(line.len());
        if let Some(output) = output(line, from..end) {
            breaks.extend(from.checked_sub(1));
            breaks.extend(output);
            breaks.extend(next.and_then(|next| next.checked_sub(1)));
        }
        start = next;
    }
    breaks.retain(|at| line.as_bytes().get(*at) == Some(&b' '));
    // A gap between two pieces of output is the end of one and the start of the other.
    breaks.dedup();
    // What stands before the first piece may be the indentation of the line.
    let indent = line.len().saturating_sub(line.trim_start().len());
    breaks.retain(|at| *at >= indent);
    breaks
}

/// Where the prompts of a line begin.
fn prompts(line: &str) -> impl Iterator<Item = usize> {
    /// No folder has a longer path, and nothing behind it is looked at.
    const LONGEST_FOLDER: usize = 200;
    const MARK: &str = "[PS] ";
    let marks = line.match_indices(MARK).map(|(at, _)| at);
    marks.filter(move |at| {
        let rest = line
            .get(at.saturating_add(MARK.len())..)
            .unwrap_or_default();
        let folder = head(rest, LONGEST_FOLDER).split_once('>').map(|(f, _)| f);
        folder.is_some_and(|folder| folder.get(1..3) == Some(":\\") && !folder.contains(" : "))
    })
}

/// The blanks before the properties that a command printed behind itself.
fn output(line: &str, range: Range<usize>) -> Option<Vec<usize>> {
    let piece = line.get(range.clone())?;
    let names: Vec<Range<usize>> = names(piece).collect();
    let command = piece.get(..names.first()?.start)?.trim();
    let found = find_command(command)?;
    let cmdlet: &Cmdlet = found.cmdlet()?;
    let prints = found.place == Place::Prompt || command.starts_with(found.text);
    let known = |name: &Range<usize>| {
        let name = piece.get(name.clone()).unwrap_or_default();
        cmdlet.property(&name.to_ascii_lowercase()).is_some()
    };
    if !prints || !command.contains('|') || !names.iter().all(known) {
        return None;
    }
    let before = |name: &Range<usize>| range.start.saturating_add(name.start).checked_sub(1);
    names.iter().map(before).collect()
}

/// The words that stand in front of ` : `.
fn names(piece: &str) -> impl Iterator<Item = Range<usize>> {
    let colons = piece.match_indices(" :").filter(|(at, colon)| {
        let behind = piece
            .get(at.saturating_add(colon.len())..)
            .unwrap_or_default();
        behind.is_empty() || behind.starts_with(' ')
    });
    colons.filter_map(|(at, _)| {
        let before = piece.get(..at)?.trim_end_matches(' ');
        let start = before.rfind(' ').map_or(0, |blank| blank.saturating_add(1));
        let name = before.get(start..)?;
        let sound = name.len() <= LONGEST_NAME
            && name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric());
        (start > 0 && sound).then_some(start..before.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::list::LIST;
    use crate::formats::exchange::testing::{at, flags, list, named, records, text, value};
    use crate::model::exchange::Value;

    const LINE: &str = r"The version: [PS] C:\Windows\system32>Get-ExchangeServer | fl Name,Edition,AdminDisplayVersion,ServerRole Name : HUB1 Edition : Enterprise AdminDisplayVersion : Version 8.3 (Build 83.6) ServerRole : Mailbox, HubTransport [PS] C:\Windows\system32>Get-ReceiveConnector | fl Identity,Bindings,Banner,RequireTLS Identity : HUB1\Default HUB1 Bindings : {0.0.0.0:25, [::]:25} Banner : RequireTLS : False Identity : HUB1\Relay Bindings : {10.0.0.1:25} Banner : 220 mail RequireTLS : True [PS] C:\Windows\system32>";

    #[test]
    fn a_capture_in_one_line_is_read_like_the_whole() {
        let file = named("question.md", LINE);
        let evidence = (LIST.detect)(&file).expect("a capture");
        assert!(evidence.strength >= 92, "{}", evidence.what);
        let document = (LIST.parse)(&file);
        let records = records(&document);
        let [server, default, relay] = records.as_slice() else {
            panic!("{records:?}")
        };
        assert_eq!(value(server, "Name"), &text("HUB1"));
        let version = value(server, "AdminDisplayVersion");
        assert!(!matches!(version, Value::Unusable(_)), "{version:?}");
        assert_eq!(
            at(&file, server, "AdminDisplayVersion"),
            "Version 8.3 (Build 83.6)"
        );
        assert_eq!(
            value(server, "ServerRole"),
            &flags(&["Mailbox", "HubTransport"])
        );
        assert_eq!(
            value(default, "Bindings"),
            &list(&["0.0.0.0:25", "[::]:25"])
        );
        assert_eq!(value(default, "Banner"), &Value::Null);
        assert_eq!(value(default, "RequireTLS"), &Value::Bool(false));
        assert_eq!(value(relay, "Identity"), &text("HUB1\\Relay"));
        assert_eq!(value(relay, "Banner"), &text("220 mail"));
        assert_eq!(at(&file, relay, "Banner"), "220 mail");
        assert_eq!(document.ledger.states(), [LineState::Modelled]);
    }

    #[test]
    fn a_line_with_another_colon_is_not_broken() {
        // What stands in front of the colon may be part of the banner.
        let line = r"[PS] C:\>Get-ReceiveConnector | fl Identity,Banner Identity : HUB1\A Banner : 220 mail Note : internal";
        assert!(broken(&named("a.txt", line)).is_none());
        let document = (LIST.parse)(&named("a.txt", line));
        assert_eq!(document.ledger.states(), [LineState::NotModelled]);
        for whole in [
            r"[PS] C:\>Get-ReceiveConnector | fl Identity,Banner",
            r"[PS] C:\>Get-Mailbox | fl Name,Alias Name : a Alias : b",
            "Get-ReceiveConnector : The operation could not be performed | see Name : a",
            "| Name : a | Bindings : b |",
            &"[PS] | : ".repeat(20_000),
        ] {
            assert!(broken(&named("a.txt", whole)).is_none(), "{whole}");
        }
    }

    #[test]
    fn lines_around_keep_their_states() {
        let text = format!(
            "# Notes\n\n  {LINE}\nIdentity : HUB2\\A\nBindings : {{10.0.0.2:25}}\nAuthMechanism : Tls\n"
        );
        let file = named("a.md", &text);
        let document = (LIST.parse)(&file);
        assert_eq!(document.ledger.states().len(), file.line_count());
        assert_eq!(document.ledger.state(0), Some(LineState::Irrelevant));
        assert_eq!(document.ledger.state(2), Some(LineState::Modelled));
        assert_eq!(document.ledger.state(4), Some(LineState::Modelled));
        assert_eq!(records(&document).len(), 4);
    }
}
