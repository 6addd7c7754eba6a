//! From the physical lines of a capture to the logical lines of a
//! configuration.
//!
//! A saved file needs nothing: its lines are used as they stand. A terminal
//! capture is repaired into a second text: pager markers are cut out with the
//! blanks that overwrote them, back spaces are applied, and lines that the
//! terminal broke at its last column are joined again. A map back to the file keeps
//! every span exact, and every logical line knows which physical lines it
//! came from, so that the ledger accounts for all of them.

use crate::source::{SourceFile, Span};

use super::words::Words;

/// Widths at which terminals break lines: the default of `terminal width` is 80
/// (PIX, ASA), some break one column before the last, and 132 is the wide mode
/// of a VT100.
const USUAL_WIDTHS: [usize; 3] = [80, 79, 132];
/// `terminal width` goes from 40 to 511.
const NARROWEST: usize = 40;
const WIDEST: usize = 511;
/// At another width so many lines must go on in the next one.
const UNUSUAL_BREAKS: usize = 3;

/// What a platform's terminal leaves in a capture.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// A part of every pager mark, to find out quickly whether there is one.
    pub pager_hint: &'static str,
    /// The length of the pager mark that a text starts with.
    pub pager: fn(&str) -> Option<usize>,
    /// Whether a word can start a line after the given full line: if not, the
    /// line goes on with the full line before it. `None` where the terminal
    /// breaks no lines.
    pub starts_line: Option<fn(full: &str, word: &str) -> bool>,
}

/// The text to parse, and where each part of it stands in the file.
#[derive(Debug)]
pub struct Clean<'a> {
    file: &'a SourceFile,
    repaired: Option<Repaired>,
}

#[derive(Debug, Default)]
struct Repaired {
    text: String,
    lines: Vec<Joined>,
    pieces: Vec<Piece>,
}

/// A logical line of the repaired text.
#[derive(Debug)]
struct Joined {
    start: usize,
    end: usize,
    first: usize,
    last: usize,
}

/// From `clean` on, the repaired text equals the file from `original` on.
#[derive(Debug, Clone, Copy)]
struct Piece {
    clean: usize,
    original: usize,
}

/// A logical line.
#[derive(Debug, Clone, Copy)]
pub struct Logical<'c> {
    /// Its text, without a line break.
    pub text: &'c str,
    /// First physical line, counted from 0.
    pub first: usize,
    /// Last physical line.
    pub last: usize,
}

impl<'a> Clean<'a> {
    /// Decides whether the file needs repair, and repairs it.
    pub fn new(file: &'a SourceFile, terminal: Terminal) -> Self {
        let text = file.text().as_bytes();
        let wrapped = wrapped_at(file, terminal);
        let paged = memchr::memmem::find(text, terminal.pager_hint.as_bytes()).is_some();
        let erased = memchr::memchr2(0x08, 0x1b, text).is_some();
        let repaired =
            (wrapped.is_some() || paged || erased).then(|| repair(file, wrapped, terminal));
        Self { file, repaired }
    }

    /// The file that the text comes from.
    pub fn file(&self) -> &'a SourceFile {
        self.file
    }

    /// The text that lines are slices of.
    pub fn text(&self) -> &str {
        match &self.repaired {
            Some(repaired) => &repaired.text,
            None => self.file.text(),
        }
    }

    /// All logical lines in order.
    pub fn lines(&self) -> impl Iterator<Item = Logical<'_>> {
        let count = match &self.repaired {
            Some(repaired) => repaired.lines.len(),
            None => self.file.line_count(),
        };
        (0..count).filter_map(|index| self.line(index))
    }

    /// A logical line, counted from 0.
    pub fn line(&self, index: usize) -> Option<Logical<'_>> {
        match &self.repaired {
            Some(repaired) => {
                let line = repaired.lines.get(index)?;
                Some(Logical {
                    text: repaired.text.get(line.start..line.end)?,
                    first: line.first,
                    last: line.last,
                })
            }
            None => Some(Logical {
                text: self.file.line(index)?,
                first: index,
                last: index,
            }),
        }
    }

    /// The place in the file of a slice of [`Clean::text`]; the file's first
    /// byte when it is not such a slice.
    pub fn span_of(&self, part: &str) -> Span {
        let none = Span::of(self.file.id(), 0..0);
        let Some(repaired) = &self.repaired else {
            return self.file.span_of(part).unwrap_or(none);
        };
        let base = repaired.text.as_ptr() as usize;
        let Some(start) = (part.as_ptr() as usize).checked_sub(base) else {
            return none;
        };
        let end = start.saturating_add(part.len());
        if end > repaired.text.len() {
            return none;
        }
        let last = end.saturating_sub(1).max(start);
        let first = repaired.original(start);
        let past = repaired
            .original(last)
            .saturating_add(usize::from(end > start));
        Span::of(self.file.id(), first..past.max(first))
    }
}

impl Repaired {
    fn original(&self, clean: usize) -> usize {
        let index = self.pieces.partition_point(|piece| piece.clean <= clean);
        let piece = index.checked_sub(1).and_then(|at| self.pieces.get(at));
        piece.map_or(0, |piece| {
            piece
                .original
                .saturating_add(clean.saturating_sub(piece.clean))
        })
    }

    /// Appends a slice of the file that starts at `original`.
    fn push(&mut self, part: &str, original: usize) {
        if part.is_empty() {
            return;
        }
        self.pieces.push(Piece {
            clean: self.text.len(),
            original,
        });
        self.text.push_str(part);
    }

    /// Removes the last character of the current line.
    fn erase(&mut self, line_start: usize) {
        if self.text.len() > line_start {
            self.text.pop();
            while self
                .pieces
                .last()
                .is_some_and(|p| p.clean >= self.text.len())
            {
                self.pieces.pop();
            }
        }
    }
}

/// The width at which a terminal broke the lines, if one did: no line is longer,
/// and one that fills it is followed by what cannot start a line. At a width
/// that terminals do not have by themselves this must be seen several times.
fn wrapped_at(file: &SourceFile, terminal: Terminal) -> Option<usize> {
    terminal.starts_line?;
    let (mut width, mut filled, mut continued) = (0, 0usize, 0usize);
    let mut previous = None;
    for (_, text) in file.lines() {
        if let Some(full) = previous
            && is_continuation(full, text, terminal)
        {
            continued = continued.saturating_add(1);
        }
        previous = None;
        let length = if text.len() > width {
            text.chars().count()
        } else if text.len() == width {
            width
        } else {
            continue;
        };
        if length > WIDEST {
            return None;
        }
        if length > width {
            (width, filled, continued) = (length, 0, 0);
        }
        if length == width {
            previous = Some(text);
            filled = filled.saturating_add(1);
        }
    }
    let usual = USUAL_WIDTHS.contains(&width) || declared_width(file.text()) == Some(width);
    let needed = match width {
        0..NARROWEST => return None,
        _ if usual => 1,
        // Nearly every line that fills it goes on.
        _ => UNUSUAL_BREAKS.max(filled.saturating_sub(filled / 8)),
    };
    (continued >= needed).then_some(width)
}

/// `terminal width N`, as typed or configured.
fn declared_width(text: &str) -> Option<usize> {
    const COMMAND: &str = "terminal width ";
    let at = memchr::memmem::find(text.as_bytes(), COMMAND.as_bytes())?;
    let rest = text.get(at.saturating_add(COMMAND.len())..)?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Whether a line goes on with the full line before it.
fn is_continuation(full: &str, text: &str, terminal: Terminal) -> bool {
    let (Some(word), Some(starts_line)) = (Words::new(text).peek(), terminal.starts_line) else {
        return false;
    };
    !word.starts_with(['!', ':', '<', '[']) && !starts_line(full, word)
}

fn repair(file: &SourceFile, wrapped: Option<usize>, terminal: Terminal) -> Repaired {
    let mut out = Repaired::default();
    let mut full = false;
    for index in 0..file.line_count() {
        let Some(range) = file.line_range(index) else {
            continue;
        };
        let text = file.text().get(range.clone()).unwrap_or_default();
        let start = out.text.len();
        let joins = full && {
            let before = out
                .lines
                .last()
                .and_then(|line| out.text.get(line.start..line.end));
            is_continuation(before.unwrap_or_default(), text, terminal)
        };
        let line_start = out
            .lines
            .last()
            .filter(|_| joins)
            .map_or(start, |line| line.start);
        append(&mut out, line_start, text, range.start, terminal);
        let end = out.text.len();
        match out.lines.last_mut() {
            Some(line) if joins => {
                line.end = end;
                line.last = index;
            }
            _ => out.lines.push(Joined {
                start,
                end,
                first: index,
                last: index,
            }),
        }
        full = wrapped.is_some_and(|width| text.chars().count() == width);
    }
    out
}

/// Appends one physical line without pager marks and control characters.
fn append(out: &mut Repaired, line_start: usize, text: &str, original: usize, terminal: Terminal) {
    let mut rest = text;
    let mut at = original;
    while !rest.is_empty() {
        let skipped = match (terminal.pager)(rest) {
            Some(length) => length.saturating_add(overwritten(rest, length)),
            None => escape_sequence(rest),
        };
        if skipped > 0 {
            rest = rest.get(skipped..).unwrap_or_default();
            at = at.saturating_add(skipped);
            continue;
        }
        let stop = rest
            .char_indices()
            .skip(1)
            .find(|(i, c)| {
                c.is_control() && *c != '\t'
                    || rest
                        .get(*i..)
                        .is_some_and(|r| (terminal.pager)(r).is_some())
            })
            .map_or(rest.len(), |(i, _)| i);
        let (part, next) = rest.split_at_checked(stop).unwrap_or((rest, ""));
        let mut chars = part.chars();
        match chars.next() {
            Some('\u{8}') => {
                out.erase(line_start);
                out.push(chars.as_str(), at.saturating_add(1));
            }
            Some(c) if c.is_control() && c != '\t' => {
                out.push(chars.as_str(), at.saturating_add(c.len_utf8()));
            }
            _ => out.push(part, at),
        }
        at = at.saturating_add(part.len());
        rest = next;
    }
}

/// How many bytes after a pager mark only erase it: blanks, or back spaces
/// with blanks and back spaces.
fn overwritten(text: &str, mark: usize) -> usize {
    let after = text.get(mark..).unwrap_or_default().as_bytes();
    let run = |from: usize, byte: u8| {
        let tail = after.get(from..).unwrap_or_default();
        tail.iter().take_while(|b| **b == byte).count()
    };
    let back = run(0, 8);
    if back == 0 {
        return run(0, b' ').min(mark);
    }
    let blanks = run(back, b' ').min(back);
    let again = run(back.saturating_add(blanks), 8);
    if again == 0 {
        // Overwritten by the next line itself: its indentation stays.
        return back;
    }
    back.saturating_add(blanks).saturating_add(again)
}

/// The length of an escape sequence (`ESC [ 7 m`) at the start of a text.
fn escape_sequence(text: &str) -> usize {
    let Some(body) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let end = body.bytes().position(|b| (0x40..=0x7e).contains(&b));
    end.map_or(0, |end| {
        end.saturating_add("\u{1b}[".len()).saturating_add(1)
    })
}

/// A prompt at the start of a line, and what was typed after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prompt<'a> {
    /// Host name, without the context.
    pub host: &'a str,
    /// Context of a multi-context device (`asa/web`).
    pub context: Option<&'a str>,
    /// Whether configuration was typed (`(config)`), not a command.
    pub configures: bool,
    /// What was typed.
    pub typed: &'a str,
}

/// Splits `asa/web(config-if)# nameif dmz`.
pub fn prompt(line: &str) -> Option<Prompt<'_>> {
    let first = line.bytes().next()?;
    if !first.is_ascii_alphanumeric() {
        return None;
    }
    let end = line.find(['#', '>', ' ', '\t'])?;
    let mark = line.as_bytes().get(end)?;
    if !matches!(mark, b'#' | b'>') {
        return None;
    }
    let head = line.get(..end)?;
    let typed = line.get(end.saturating_add(1)..)?;
    if !typed.is_empty()
        && !typed.starts_with([' ', '\t'])
        && !typed.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return None;
    }
    let (name, configures) = match head.split_once('(') {
        Some((name, mode)) if mode.starts_with("config") && mode.ends_with(')') => (name, true),
        Some(_) => return None,
        None => (head, false),
    };
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    if name.is_empty() || !name.chars().all(legal) {
        return None;
    }
    let mut parts = name
        .split('/')
        .filter(|part| !matches!(*part, "pri" | "sec" | "act" | "stby" | "admin-stby"));
    Some(Prompt {
        host: parts.next()?,
        context: parts.next(),
        configures,
        typed: typed.trim(),
    })
}
