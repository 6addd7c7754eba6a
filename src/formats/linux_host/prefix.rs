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
/// Programs of one file that are told apart.
const MOST: usize = 1000;

/// Who wrote a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The machine or the container.
    pub name: &'a str,
    /// The program with its process, in a journal.
    program: &'a str,
}

/// A line behind its prefix.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Who wrote it.
    pub origin: Origin<'a>,
    /// What stands behind the prefix.
    pub text: &'a str,
}

/// Reads a line with a prefix.
pub fn read(line: &str) -> Option<Said<'_>> {
    journal(line).or_else(|| container(line))
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
    let sound = before.len() > name.len() && is_name(name) && !name.contains('|');
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
    for index in 0..file.line_count().min(most) {
        let line = file.line(index)?;
        let may_be = line.starts_with(|c: char| c.is_ascii_alphanumeric());
        if may_be
            && let Some(said) = read(line)
            && begins_ruleset(said.text)
        {
            return Some((said.origin, index));
        }
    }
    None
}

/// The origins of the lines of a file.
pub struct Origins<'a> {
    /// Of each line: whose it is, and where its text begins.
    lines: Vec<Option<(usize, usize)>>,
    all: Vec<Origin<'a>>,
}

impl<'a> Origins<'a> {
    /// Of all lines. A line without prefix that is indented belongs to the
    /// message above it.
    pub fn of(file: &'a SourceFile) -> Self {
        let mut lines = Vec::with_capacity(file.line_count());
        let mut all: Vec<Origin<'a>> = Vec::new();
        let mut last: Option<usize> = None;
        for index in 0..file.line_count() {
            let line = file.line(index).unwrap_or_default();
            let said = read(line);
            let place = match said {
                Some(said) => {
                    let known = all.iter().rposition(|known| *known == said.origin);
                    let origin = match known {
                        Some(origin) => Some(origin),
                        None if all.len() < MOST => {
                            all.push(said.origin);
                            Some(all.len().saturating_sub(1))
                        }
                        None => None,
                    };
                    last = origin;
                    origin.map(|origin| (origin, line.len().saturating_sub(said.text.len())))
                }
                None if line.starts_with([' ', '\t']) => last.map(|origin| (origin, 0)),
                None => {
                    last = None;
                    None
                }
            };
            lines.push(place);
        }
        Self { lines, all }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = Origin<'a>> {
        self.all.iter().copied()
    }

    fn index(&self, origin: Origin<'a>) -> Option<usize> {
        self.all.iter().position(|known| *known == origin)
    }

    /// Which lines are of an origin.
    pub fn lines(&self, origin: Origin<'a>) -> Vec<bool> {
        let own = self.index(origin);
        let lines = self.lines.iter();
        lines
            .map(|line| line.is_some_and(|(of, _)| Some(of) == own))
            .collect()
    }

    /// A copy of the file with the texts of an origin alone.
    pub fn only(&self, file: &SourceFile, origin: Origin<'a>) -> SourceFile {
        let own = self.index(origin);
        let mut text = String::with_capacity(file.text().len());
        for (index, place) in self.lines.iter().enumerate() {
            let Some(range) = file.line_range(index) else {
                continue;
            };
            text.push_str(file.text().get(text.len()..range.start).unwrap_or_default());
            let line = file.text().get(range).unwrap_or_default();
            let from = match place {
                Some((of, from)) if Some(*of) == own => *from,
                _ => line.len(),
            };
            text.extend(std::iter::repeat_n(' ', from));
            text.push_str(line.get(from..).unwrap_or_default());
        }
        text.push_str(file.text().get(text.len()..).unwrap_or_default());
        SourceFile::from_text(file.id(), file.name(), text)
    }
}
