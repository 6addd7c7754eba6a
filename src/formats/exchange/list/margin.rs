//! Captures that stand in the margin of something else: behind the marks of
//! comments of a script, or behind the numbers of lines.
//!
//! They are read from a copy in which blanks (or what is no text, where the marks
//! are not equally wide) stand in the place of the marks, so that places stay what
//! they are. Only stretches of lines are taken that hold what
//! a capture has; what a script says of itself in comments stays a comment.

use crate::formats::exchange::collect::is_known;
use crate::source::SourceFile;

use super::line::is_dashes;
use super::pasted::FILLER;

/// What begins a comment, in scripts of Windows and elsewhere, and an added line in
/// a difference.
const MARKS: &[&str] = &["#", "//", ";", "'", "+", "rem ", "::"];
/// Fewer lines in a row may have numbers for another reason.
const FEWEST_NUMBERED: usize = 4;
/// No number of a line has more digits.
const MOST_DIGITS: usize = 6;

/// What stands before a line that is none of its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Margin {
    /// A mark of this index.
    Mark(usize),
    /// The number of the line.
    Number(u32),
}

impl Margin {
    /// Whether a line with this margin goes on with those above.
    fn follows(self, above: Self) -> bool {
        match (above, self) {
            (Self::Mark(a), Self::Mark(b)) => a == b,
            (Self::Number(a), Self::Number(b)) => a.checked_add(1) == Some(b),
            _ => false,
        }
    }
}

/// Lines in a row with one margin.
#[derive(Default)]
struct Stretch {
    /// The places of the margins in the file.
    margins: Vec<(usize, usize)>,
    last: Option<Margin>,
    /// A prompt, or a heading over dashes.
    tells: bool,
    /// Lines that begin with a property.
    properties: usize,
}

impl Stretch {
    fn add(&mut self, start: usize, width: usize, margin: Margin, text: &str) {
        self.margins.push((start, width));
        self.last = Some(margin);
        let text = text.trim();
        self.tells |= is_prompt(text) || text.contains(' ') && is_dashes(text);
        self.properties = self
            .properties
            .saturating_add(usize::from(is_property(text)));
    }

    /// Whether the lines are those of a capture.
    fn is_capture(&self) -> bool {
        let enough = match self.last {
            Some(Margin::Number(_)) => self.margins.len() >= FEWEST_NUMBERED,
            _ => true,
        };
        enough && (self.tells || self.properties > 1)
    }

    /// Hands out the places of the margins of a capture, and what stands in for them:
    /// nothing where they are not equally wide, so that columns stay columns.
    fn end(self, margins: &mut Vec<(usize, usize, char)>) {
        if !self.is_capture() {
            return;
        }
        let first = self.margins.first().map(|(_, width)| *width);
        let alike = self.margins.iter().all(|(_, width)| Some(*width) == first);
        let filler = if alike { ' ' } else { FILLER };
        let places = self.margins.into_iter();
        margins.extend(places.map(|(start, width)| (start, width, filler)));
    }
}

/// The file with blanks in the place of the margins of its captures; `None` where
/// none stands in a margin.
#[must_use]
pub fn without(file: &SourceFile, most_lines: usize) -> Option<SourceFile> {
    let mut margins: Vec<(usize, usize, char)> = Vec::new();
    let mut stretch = Stretch::default();
    for (span, line) in file.lines().take(most_lines) {
        let found = margin(line);
        let goes_on = match (found, stretch.last) {
            (Some((margin, _)), Some(above)) => margin.follows(above),
            _ => false,
        };
        if !goes_on {
            std::mem::take(&mut stretch).end(&mut margins);
        }
        if let Some((margin, width)) = found {
            let text = line.get(width..).unwrap_or_default();
            stretch.add(span.start as usize, width, margin, text);
        }
    }
    stretch.end(&mut margins);
    if margins.is_empty() {
        return None;
    }
    let text = file.text();
    let mut bare = String::with_capacity(text.len());
    for (start, width, filler) in margins {
        bare.push_str(text.get(bare.len()..start)?);
        bare.extend(std::iter::repeat_n(filler, width));
    }
    bare.push_str(text.get(bare.len()..)?);
    Some(SourceFile::from_text(file.id(), file.name(), bare))
}

/// The margin of a line and its bytes, which are ASCII.
fn margin(line: &str) -> Option<(Margin, usize)> {
    let start = line.trim_start_matches([' ', '\t']);
    let indent = line.len().saturating_sub(start.len());
    if start.starts_with(|c: char| c.is_ascii_digit()) {
        let digits = start.bytes().take_while(u8::is_ascii_digit).count();
        let behind = start.get(digits..)?;
        let mark = usize::from(behind.starts_with(['.', ':', ')', '|']));
        let apart = behind.get(mark..)?;
        if digits > MOST_DIGITS || !(apart.is_empty() || apart.starts_with([' ', '\t'])) {
            return None;
        }
        let number = start.get(..digits)?.parse().ok()?;
        let width = indent.saturating_add(digits).saturating_add(mark);
        return Some((Margin::Number(number), width));
    }
    let mark = MARKS.iter().position(|mark| {
        let head = start.get(..mark.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(mark))
    })?;
    let sign = MARKS.get(mark)?;
    let mut width = indent.saturating_add(sign.len());
    // A mark of one letter may be doubled.
    let more = start.get(sign.len()..)?.bytes();
    width = width.saturating_add(more.take_while(|b| sign.as_bytes() == [*b]).count());
    Some((Margin::Mark(mark), width))
}

fn is_prompt(text: &str) -> bool {
    let folder = text
        .strip_prefix("[PS] ")
        .or_else(|| text.strip_prefix("PS "))
        .and_then(|rest| rest.split_once('>'));
    folder.is_some_and(|(folder, _)| folder.get(1..2) == Some(":"))
}

/// Whether a line is a property in the form that the shell prints.
fn is_property(text: &str) -> bool {
    let Some((name, value)) = text.split_once(':') else {
        return false;
    };
    let apart = name.ends_with(' ') && (value.is_empty() || value.starts_with(' '));
    let name = name.trim_end();
    apart && name.len() <= super::LONGEST_KEY && is_known(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::list::LIST;
    use crate::formats::exchange::testing::{at, named, records, text, value};

    const CAPTURE: &str = "[PS] C:\\>Get-ReceiveConnector | fl Identity,Bindings,Banner\n\n\
        Identity : HUB1\\Relay\nBindings : {0.0.0.0:25}\nBanner   : 220 mail\n\n\
        Identity : HUB1\\Client\nBindings : {0.0.0.0:587}\nBanner   :\n";

    #[test]
    fn a_capture_behind_marks_or_numbers_is_read_where_it_stands() {
        let behind = |mark: &dyn Fn(usize) -> String| -> String {
            let lines = CAPTURE.lines().enumerate();
            lines
                .map(|(index, line)| format!("{}{line}\n", mark(index)))
                .collect()
        };
        for shown in [
            behind(&|_| "# ".to_owned()),
            behind(&|_| "#".to_owned()),
            behind(&|_| "    ## ".to_owned()),
            behind(&|_| "// ".to_owned()),
            behind(&|_| "+".to_owned()),
            behind(&|_| "REM ".to_owned()),
            behind(&|index| format!("{:3}  ", index + 98)),
            behind(&|index| format!("{}: ", index + 5)),
            behind(&|index| format!("{:04}| ", index + 7)),
        ] {
            let file = named("relay.ps1", &shown);
            assert!((LIST.detect)(&file).is_some(), "{shown}");
            let document = (LIST.parse)(&file);
            let found = records(&document);
            assert_eq!(found.len(), 2, "{shown}");
            assert_eq!(value(found[0], "Banner"), &text("220 mail"));
            assert!(at(&file, found[0], "Banner").contains("220 mail"));
            assert_eq!(value(found[1], "Identity"), &text("HUB1\\Client"));
            assert_eq!(document.ledger.totals().modelled, 7, "{shown}");
        }
    }

    #[test]
    fn a_comment_under_a_command_of_a_script_is_its_output() {
        let script = "$relays = 1\nGet-ReceiveConnector | ft Identity,Bindings,Enabled -AutoSize\n\
            #\n# Identity   Bindings     Enabled\n# --------   --------     -------\n\
            # HUB1\\Relay {0.0.0.0:25}    True\nSet-Content x\n";
        let document = (LIST.parse)(&named("relay.ps1", script));
        assert_eq!(records(&document).len(), 1);
    }

    #[test]
    fn what_a_script_says_of_itself_is_no_capture() {
        for script in [
            "# Name : Get-Relay.ps1\n# Author : me\n# Version 2\nGet-ReceiveConnector\n",
            "# ----------\n# Relays of all servers\n# ----------\nGet-ReceiveConnector\n",
            "1. Name : open it\n2. Server : choose it\n3. Go\n",
            "10 Name : a\n20 Identity : b\n30 Server : c\n40 Fqdn : d\n",
        ] {
            assert!(without(&named("a.ps1", script), 99).is_none(), "{script}");
        }
    }

    #[test]
    fn a_note_in_a_comment_changes_no_capture_without_marks() {
        let noted = "Identity : HUB1\\Relay\nBindings : {0.0.0.0:25}\nAuthMechanism : Tls\n\
            # Identity : HUB1\\Old\n# AuthMechanism : None\n# Bindings : {0.0.0.0:26}\n";
        let document = (LIST.parse)(&named("a.txt", noted));
        let found = records(&document);
        assert_eq!(found.len(), 1);
        assert_eq!(value(found[0], "Identity"), &text("HUB1\\Relay"));
    }
}
