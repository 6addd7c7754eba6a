//! Which lines of a file are of which output.

use super::{consec, ipconfig, ipsec, ports};
use crate::formats::firewall::windows_firewall::words;
use crate::formats::prompt;
use crate::formats::registry::{is_export_header, key_path};
use crate::source::{SourceFile, is_markup};

/// How much of a file is looked at to tell whether it is worth more: what an
/// administrator copies from a console is short.
const HEAD: usize = 1024 * 1024;

/// An output that has a reader here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `ipconfig`.
    IpConfig,
    /// `netsh interface … show dynamicport`.
    Ports,
    /// `reg query`.
    Registry,
    /// `netsh ipsec static show`.
    IpSec,
    /// `netsh advfirewall consec show rule`.
    ConnectionSecurity,
    /// Rules and profiles of Windows Firewall.
    Firewall,
    /// Anything else.
    Other,
}

const PARTS: [Part; 7] = [
    Part::IpConfig,
    Part::Ports,
    Part::Registry,
    Part::IpSec,
    Part::ConnectionSecurity,
    Part::Firewall,
    Part::Other,
];

impl Part {
    /// Whether its output has a format of its own, which reads files that hold
    /// nothing else.
    #[must_use]
    pub fn has_format(self) -> bool {
        matches!(self, Self::Registry | Self::Firewall | Self::Other)
    }
}

/// The outputs of a file, line by line.
#[derive(Debug)]
pub struct Sections {
    lines: Vec<Line>,
}

#[derive(Debug, Clone, Copy)]
struct Line {
    part: Part,
    /// A prompt or a command, which every reader sees.
    shared: bool,
    /// Begins its output.
    heads: bool,
}

/// A look at the start of a file: is there anything of this format?
#[must_use]
pub fn may_hold(file: &SourceFile) -> bool {
    let text = file
        .text()
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if is_markup(text) || text.starts_with(['{', '"']) || text.starts_with("#TYPE") {
        return false;
    }
    let mut read = 0usize;
    for index in 0..file.line_count() {
        let line = file.line(index).unwrap_or_default();
        read = read.saturating_add(line.len()).saturating_add(1);
        if index == 0 && is_export_header(line) || read > HEAD {
            return false;
        }
        if starts(file, index, line.trim(), Part::Other).is_some_and(|part| part != Part::Other) {
            return true;
        }
    }
    false
}

/// The output that begins in a line, behind lines of another one.
fn starts(file: &SourceFile, index: usize, line: &str, behind: Part) -> Option<Part> {
    if line.is_empty() {
        return None;
    }
    let below = |more: usize| file.line(index.saturating_add(more)).unwrap_or_default();
    if ipconfig::is_adapter(file, index) || ipconfig::is_heading(line) {
        return Some(Part::IpConfig);
    }
    if key_path(line).is_some() {
        return Some(Part::Registry);
    }
    if ipsec::is_heading(file, index) {
        return Some(Part::IpSec);
    }
    let dashes = below(1).trim();
    let heads = dashes.len() >= 5 && dashes.bytes().all(|b| b == b'-');
    if heads {
        let of_ports = ports::heading(line, [below(1), below(2), below(3)]).is_some();
        // Headings of parts, which are no beginnings.
        if behind == Part::IpSec && !of_ports && !of_firewall(line) {
            return None;
        }
        return Some(if of_ports {
            Part::Ports
        } else if consec::is_heading(file, index) {
            Part::ConnectionSecurity
        } else if of_firewall(line) || behind == Part::Firewall {
            Part::Firewall
        } else {
            Part::Other
        });
    }
    // Copies of a rule may lack the dashes.
    if consec::is_heading(file, index) {
        return Some(Part::ConnectionSecurity);
    }
    line.starts_with("Result from:").then_some(Part::Other)
}

/// Whether a line over dashes is the name of a rule or heads a profile.
fn of_firewall(line: &str) -> bool {
    let label = line.split([':', '：']).next().unwrap_or_default();
    words::label(label.trim_end()) == Some("name") || words::heading(line).is_some()
}

/// The output that a command will print.
fn of_command(command: &str) -> Part {
    let lower = command.to_ascii_lowercase();
    if lower.starts_with("ipconfig") {
        Part::IpConfig
    } else if lower.starts_with("reg") && lower.contains(" query") {
        Part::Registry
    } else if lower.contains("dynamicport") {
        Part::Ports
    } else if lower.contains("ipsec static") {
        Part::IpSec
    } else if lower.contains("consec show") {
        Part::ConnectionSecurity
    } else if lower.starts_with("netsh") && lower.contains("firewall") {
        Part::Firewall
    } else {
        Part::Other
    }
}

impl Sections {
    /// Tells the lines of a file apart.
    #[must_use]
    pub fn of(file: &SourceFile) -> Self {
        let mut lines = Vec::with_capacity(file.line_count());
        let mut part = Part::Other;
        // Lines that a heading has spoken for.
        let mut spoken_for = 0usize;
        for index in 0..file.line_count() {
            let line = file.line(index).unwrap_or_default().trim();
            let typed = prompt::command(line).or_else(|| prompt::read(line).map(|p| p.command));
            let mut heads = false;
            if let Some(command) = typed {
                part = of_command(command);
            } else if let Some(begun) = starts(file, index, line, part) {
                part = begun;
                heads = part != Part::Other;
                spoken_for = if part == Part::Ports { 4 } else { 0 };
            } else if part == Part::Ports && spoken_for == 0 && !line.is_empty() {
                part = Part::Other;
            }
            spoken_for = spoken_for.saturating_sub(1);
            lines.push(Line {
                part,
                shared: typed.is_some(),
                heads,
            });
        }
        Self { lines }
    }

    /// The first output that begins in a line of its own; one that only this
    /// format reads before others.
    #[must_use]
    pub fn first(&self) -> Option<(Part, usize)> {
        let heads = || self.lines.iter().enumerate().filter(|(_, line)| line.heads);
        let found = heads().find(|(_, line)| !line.part.has_format());
        let (index, line) = found.or_else(|| heads().next())?;
        Some((line.part, index))
    }

    /// The part of each line.
    pub fn lines(&self) -> impl Iterator<Item = Part> {
        self.lines.iter().map(|line| line.part)
    }

    /// The parts that there are.
    pub fn parts(&self) -> impl Iterator<Item = Part> {
        PARTS
            .into_iter()
            .filter(|part| self.lines().any(|known| known == *part))
    }

    /// Whether the lines of a part say anything.
    #[must_use]
    pub fn says(&self, file: &SourceFile, part: Part) -> bool {
        self.lines.iter().enumerate().any(|(index, line)| {
            let text = file.line(index).unwrap_or_default().trim();
            let says = !text.is_empty() && !line.shared && !prompt::is_noise(text);
            line.part == part && says
        })
    }

    /// A copy of the file with nothing but the lines of one part, and prompts.
    #[must_use]
    pub fn only(&self, file: &SourceFile, part: Part) -> SourceFile {
        let mut text = String::with_capacity(file.text().len());
        for (index, line) in self.lines.iter().enumerate() {
            let Some(range) = file.line_range(index) else {
                continue;
            };
            // What stands between lines are their ends.
            text.push_str(file.text().get(text.len()..range.start).unwrap_or_default());
            if line.part == part || line.shared {
                text.push_str(file.text().get(range).unwrap_or_default());
            } else {
                text.extend(std::iter::repeat_n(' ', range.len()));
            }
        }
        text.push_str(file.text().get(text.len()..).unwrap_or_default());
        SourceFile::from_text(file.id(), file.name(), text)
    }
}
