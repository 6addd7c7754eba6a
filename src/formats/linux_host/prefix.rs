//! What journals and logs of containers put before each line.
//!
//! Sources: journalctl(1), `--output=short`, `short-iso`, `short-precise`
//! (`Nov 26 10:00:00 HOST PROGRAM[PID]: `), RFC 3164 and RFC 5424 times as
//! rsyslog writes them to files; `docker compose logs` (`CONTAINER  | `).

use super::rulesets::begins_ruleset;
use crate::source::SourceFile;

const MONTHS: &[&str] = &[
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// Names of hosts and containers are not longer.
const LONGEST_NAME: usize = 128;
/// The chains that the kernel has: a container has no such name, the first
/// column of a table of rules has.
const CHAINS: &[&str] = &["INPUT", "OUTPUT", "FORWARD", "PREROUTING", "POSTROUTING"];
/// Headings of a column of rules.
const HEADINGS: &[&str] = &["rule", "rules", "command", "commands", "statement", "line"];

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Origin<'a> {
    /// The machine or the container.
    pub name: &'a str,
    /// The program with its process, in a journal.
    pub program: &'a str,
}

/// A line behind its prefix.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Who wrote it.
    pub origin: Origin<'a>,
    /// What stands behind the prefix.
    pub text: &'a str,
}

/// Reads the lines of a file from its first.
#[derive(Debug, Default)]
pub struct Reader {
    /// Whether a rule of dashes or a heading stood above: bars part columns.
    table: bool,
}

impl Reader {
    /// Reads a line with a prefix.
    pub fn read<'a>(&mut self, line: &'a str) -> Option<Said<'a>> {
        if !line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            self.table = self.table || is_rule_of_dashes(line);
            return None;
        }
        if let Some(said) = journal(line) {
            return Some(said);
        }
        let said = container(line)?;
        let heading = said.text.trim().to_ascii_lowercase();
        self.table = self.table || HEADINGS.contains(&heading.as_str());
        (!self.table).then_some(said)
    }
}

/// `--------+-------`, `|---|---|`.
fn is_rule_of_dashes(line: &str) -> bool {
    let line = line.trim();
    line.contains("---")
        && line.contains(['+', '|'])
        && line
            .bytes()
            .all(|b| matches!(b, b'-' | b'+' | b'|' | b':' | b' ' | b'='))
}

/// `Nov 26 10:00:00 gw1 fw-dump[123]: -A INPUT …`.
fn journal(line: &str) -> Option<Said<'_>> {
    let rest = short_time(line).or_else(|| long_time(line))?;
    let (name, rest) = rest.split_once(' ')?;
    let (program, text) = rest.split_once(": ").or_else(|| {
        // An empty line of the program.
        Some((rest.trim_end().strip_suffix(':')?, ""))
    })?;
    let sound = is_name(name)
        && !program.is_empty()
        && program.len() <= LONGEST_NAME
        && !program.contains([' ', '"', '{']);
    sound.then_some(Said {
        origin: Origin { name, program },
        text,
    })
}

/// Behind `Nov 26 10:00:00 `, `Nov  6 10:00:00.123456 `.
fn short_time(line: &str) -> Option<&str> {
    let month = line.get(..3)?;
    if !MONTHS.contains(&month) {
        return None;
    }
    let rest = line.get(3..)?.strip_prefix(' ')?.trim_start();
    let (day, rest) = rest.split_once(' ')?;
    let (time, rest) = rest.split_once(' ')?;
    let is_day = matches!(day.len(), 1 | 2) && day.bytes().all(|b| b.is_ascii_digit());
    (is_day && is_time(time)).then_some(rest)
}

/// Behind `2026-11-26T10:00:00.123+01:00 `, with a blank for the `T` too.
fn long_time(line: &str) -> Option<&str> {
    let (day, rest) = (line.get(..10)?, line.get(10..)?);
    let is_day = day.bytes().enumerate().all(|(at, b)| match at {
        4 | 7 => b == b'-',
        _ => b.is_ascii_digit(),
    });
    let rest = rest.strip_prefix(['T', ' '])?;
    let (time, rest) = rest.split_once(' ')?;
    let end = time.find(['+', '-', 'Z']).unwrap_or(time.len());
    (is_day && is_time(time.get(..end)?)).then_some(rest)
}

/// `10:00:00`, with fractions.
fn is_time(time: &str) -> bool {
    let whole = time.split(['.', ',']).next().unwrap_or_default();
    whole.len() == 8
        && whole.bytes().enumerate().all(|(at, b)| match at {
            2 | 5 => b == b':',
            _ => b.is_ascii_digit(),
        })
}

/// `firewall_1  | -A INPUT …`.
fn container(line: &str) -> Option<Said<'_>> {
    let (before, text) = line.split_once('|')?;
    let name = before.trim_end();
    let sound = before.len() > name.len() && is_name(name) && !CHAINS.contains(&name);
    let text = match text.strip_prefix(' ') {
        Some(text) => text,
        None if text.is_empty() => text,
        None => return None,
    };
    sound.then_some(Said {
        origin: Origin { name, program: "" },
        text,
    })
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// The first line of a ruleset behind a prefix.
pub fn first(file: &SourceFile, most: usize) -> Option<(Origin<'_>, usize)> {
    let mut reader = Reader::default();
    for index in 0..file.line_count().min(most) {
        if let Some(said) = reader.read(file.line(index)?)
            && begins_ruleset(said.text)
        {
            return Some((said.origin, index));
        }
    }
    None
}
