//! Walks the logical lines of a file, hands each to the construct that reads
//! it, and keeps the ledger.

use crate::formats::{Content, Document, Ledger, LineState, Unit};
use crate::source::{SourceFile, Span};

use super::capture::{Clean, Logical, prompt};
use super::command_table::short;
use super::commands::{TERMINAL, table};
use super::device::Device;
use super::groups::Group;
use super::lists::{self, OpenList};
use super::outcome::Outcome;
use super::words::Words;
use super::zones::Open;
use super::{Dialect, finish};

mod captures;
mod stanzas;
mod top;

/// The stanza that is open.
#[derive(Debug, Clone, Copy)]
enum Mode<'c> {
    Top,
    Interface(usize),
    List(OpenList),
    Group(Group),
    TimeRange(&'c str),
    Zone(Open<'c>),
    RouteMap(&'c str),
    CryptoMap(&'c str),
    AccessMap(&'c str),
    Vrf(&'c str),
    Line,
    Table(&'static str),
}

/// A stanza with parts of its own, which `exit` leads out of.
enum Left<'c> {
    /// A policy map, of classes.
    Policy(&'c str),
    /// An interface, of `hsrp 1` and its like.
    Interface(usize),
}

struct Reader<'c> {
    clean: &'c Clean<'c>,
    device: Device<'c>,
    done: Vec<Device<'c>>,
    mode: Mode<'c>,
    /// Whether output that is no configuration is read.
    other_output: bool,
    /// The character that ends a banner.
    banner: Option<char>,
    certificate: bool,
    host: Option<String>,
    /// The list whose entry was the line before.
    entry: Option<OpenList>,
    /// What `exit` left, perhaps only a part of.
    left: Option<Left<'c>>,
    /// Blanks that every line of a paste starts with.
    indentation: usize,
}

/// Reads a file of IOS or IOS-XE.
pub fn read_ios(file: &SourceFile) -> Document {
    read(file, Dialect::Ios)
}

/// Reads a file of NX-OS.
pub fn read_nxos(file: &SourceFile) -> Document {
    read(file, Dialect::Nxos)
}

fn read(file: &SourceFile, dialect: Dialect) -> Document {
    let clean = Clean::new(file, TERMINAL);
    let start = Span::of(file.id(), 0..0);
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut reader = Reader {
        clean: &clean,
        device: Device::new(&clean, start, dialect),
        done: Vec::new(),
        mode: Mode::Top,
        other_output: false,
        banner: None,
        certificate: false,
        host: None,
        entry: None,
        left: None,
        indentation: indentation(&clean),
    };
    for line in clean.lines() {
        reader.logical(line, &mut ledger);
    }
    reader.cut_off(file);
    let host = reader.host.clone();
    let mut devices = std::mem::take(&mut reader.done);
    devices.push(reader.device);
    assemble(devices, host, ledger)
}

/// The blanks that every line starts with.
fn indentation(clean: &Clean<'_>) -> usize {
    let blanks = |text: &str| {
        let bytes = text.bytes();
        bytes
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count()
    };
    clean
        .lines()
        .filter(|line| !line.text.trim().is_empty())
        .map(|line| blanks(line.text))
        .try_fold(usize::MAX, |least, own| match own {
            0 => None,
            own => Some(least.min(own)),
        })
        .filter(|least| *least != usize::MAX)
        .unwrap_or(0)
}

fn assemble(devices: Vec<Device<'_>>, host: Option<String>, ledger: Ledger) -> Document {
    let mut content = Vec::new();
    let mut problems = Vec::new();
    for mut device in devices {
        if !device.carries_policy() {
            problems.append(&mut device.problems);
            continue;
        }
        if !device.named
            && let Some(host) = &host
        {
            device.firewall.name.value.clone_from(host);
        }
        let (firewall, found) = finish::finish(device);
        problems.extend(found);
        content.push(Content::Firewall(Box::new(firewall)));
    }
    Document {
        content,
        ledger,
        problems,
    }
}

impl<'c> Reader<'c> {
    fn logical(&mut self, line: Logical<'c>, ledger: &mut Ledger) {
        let entry = self.entry.take();
        let mut outcome = self.line(line.text);
        if outcome.state == LineState::Unrecognised
            && let Some(open) = entry
        {
            // What follows an entry and starts no line may be its end.
            let statement = line.text.trim();
            outcome = self.continued(open, statement);
        }
        for unit in line.first..=line.last {
            ledger.set(unit, outcome.state);
        }
        if outcome.state == LineState::Unrecognised && outcome.why.is_none() {
            let why = "no command of IOS or NX-OS is known that reads like this";
            ledger.note(outcome.state, why, self.clean.span_of(line.text.trim()));
        }
        if let Some(why) = outcome.why {
            ledger.note(outcome.state, why, self.clean.span_of(line.text.trim()));
        }
    }

    /// The entry before a line that starts nothing may go on in it.
    fn continued(&mut self, open: OpenList, statement: &'c str) -> Outcome {
        let outcome = lists::unknown_line(&mut self.device, open, statement);
        self.entry = None;
        outcome
    }

    fn line(&mut self, text: &'c str) -> Outcome {
        let statement = text.trim_matches([' ', '\t', '\u{feff}', '\0']);
        if let Some(end) = self.banner {
            if statement.contains(end) || (end == '^' && statement.starts_with("^C")) {
                self.banner = None;
            }
            return Outcome::IRRELEVANT;
        }
        let Some(first) = statement.bytes().next() else {
            return Outcome::IRRELEVANT;
        };
        let own = text.get(self.indentation..).unwrap_or_default();
        let indented = own.starts_with([' ', '\t']);
        if let Mode::List(open) = self.mode
            && indented
            && matches!(first, b'p' | b'd' | b'0'..=b'9')
        {
            // The hot path: most lines of a large file are entries.
            return self.in_list(open, statement);
        }
        if first == b'a'
            && let Some(rest) = statement.strip_prefix("access-list ")
        {
            self.mode = Mode::Top;
            self.other_output = false;
            return self.numbered(statement, rest);
        }
        // In a copy that was indented as a whole, a command that shows something.
        if let Some(prompt) = prompt(statement)
            && (!indented || matches!(Words::new(prompt.typed).next(), Some("show" | "sho" | "sh")))
        {
            return self.at_prompt(&prompt, text);
        }
        // The fence of a listing in Markdown, too.
        if matches!(first, b'!' | b'%' | b'^' | b'#') || statement.starts_with("```") {
            return self.comment(statement);
        }
        if self.certificate {
            let word = Words::new(statement).next().unwrap_or_default();
            if short(word, "quit", 4) {
                self.certificate = false;
                return Outcome::IRRELEVANT;
            }
            let hexadecimal = word.bytes().all(|byte| byte.is_ascii_hexdigit());
            if indented || hexadecimal || !table().is_top_level(word) {
                return Outcome::IRRELEVANT;
            }
            self.certificate = false;
        }
        if let Some(outcome) = self.heading(statement) {
            return outcome;
        }
        if self.other_output {
            let word = Words::new(statement).next().unwrap_or_default();
            let configuration = !indented
                && matches!(
                    word,
                    "interface" | "hostname" | "version" | "ip" | "router" | "vrf"
                );
            if !configuration {
                return Outcome::irrelevant("output of a command that shows no configuration");
            }
            self.other_output = false;
        }
        self.statement(statement, indented)
    }

    fn comment(&mut self, statement: &str) -> Outcome {
        if statement.starts_with("!Command:") || statement.starts_with("! Last configuration") {
            self.other_output = false;
            self.device.configured |= !statement.contains("access-list");
        }
        Outcome::IRRELEVANT
    }

    fn numbered(&mut self, statement: &'c str, rest: &'c str) -> Outcome {
        let mut words = Words::new(rest);
        let outcome = lists::numbered_entry(&mut self.device, &mut words, statement);
        if let Some((_, id)) = self.device.last_list
            && matches!(outcome.state, LineState::Modelled | LineState::NotModelled)
        {
            self.entry = Some(OpenList { id, shown: false });
        }
        outcome
    }

    fn in_list(&mut self, open: OpenList, statement: &'c str) -> Outcome {
        let mut words = Words::new(statement);
        let outcome = lists::line(&mut self.device, open, &mut words, statement);
        match outcome.state {
            LineState::Modelled | LineState::NotModelled => self.entry = Some(open),
            LineState::Unrecognised => {
                return lists::unknown_line(&mut self.device, open, statement);
            }
            LineState::Irrelevant => {}
        }
        outcome
    }

    fn statement(&mut self, statement: &'c str, indented: bool) -> Outcome {
        let words = Words::new(statement);
        let Some(word) = words.peek() else {
            return Outcome::IRRELEVANT;
        };
        if !indented && let Some(outcome) = self.leaves(word, words) {
            return outcome;
        }
        if !matches!(self.mode, Mode::Top)
            && (indented || self.belongs_to_stanza(word, words))
            && let Some(outcome) = self.in_stanza(statement, indented)
        {
            return outcome;
        }
        self.top(statement)
    }
}
