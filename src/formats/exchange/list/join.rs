//! Puts values together again that the console's width has cut.
//!
//! PowerShell 1.0 and 2.0 cut at the last column, in the middle of a word;
//! later versions cut at blanks and break only words that do not fit a line.
//! Which of the two a capture shows is told by its lines.

use super::block::{Block, Lines};
use crate::formats::exchange::cmdlets::{Enumeration, Kind, table};

/// How the console wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrap {
    /// Columns of a full line.
    pub width: usize,
    /// Cuts in the middle of words.
    pub hard: bool,
}

/// Widths of full lines in consoles of the usual sizes: one column stays free
/// in the console, none in redirected output.
const USUAL_WIDTHS: [usize; 12] = [79, 80, 99, 100, 119, 120, 131, 132, 149, 159, 511, 512];

/// Looks at all wrapped values of some objects.
#[must_use]
pub fn wrap_of<'b, 'a: 'b>(blocks: impl Iterator<Item = &'b Block<'a>> + Clone) -> Option<Wrap> {
    let pairs = || {
        blocks
            .clone()
            .flat_map(|block| &block.properties)
            .flat_map(|property| {
                property.parts.windows(2).filter_map(|pair| match pair {
                    [part, next] => Some((part.width, next.text)),
                    _ => None,
                })
            })
    };
    let width = pairs().map(|(width, _)| width).max()?;
    let full = pairs().filter(|(w, _)| *w == width).count();
    if full < 2 && !USUAL_WIDTHS.contains(&width) {
        return None;
    }
    // A short line whose next word would not have fitted was cut at a blank.
    let soft = pairs().any(|(w, next)| {
        let word = next.split(' ').next().unwrap_or_default().chars().count();
        w.saturating_add(1) < width && w.saturating_add(word).saturating_add(1) > width
    });
    Some(Wrap { width, hard: !soft })
}

/// The whole value of a property.
#[must_use]
pub fn join(property: &Lines<'_>, kind: Option<Kind>, wrap: Option<Wrap>) -> String {
    let enumeration = match kind {
        Some(Kind::Enum(of) | Kind::Flags(of) | Kind::ListOf(of)) => table().enumeration(of),
        _ => None,
    };
    let is_list = matches!(kind, Some(Kind::List | Kind::ListOf(_)));
    let field = wrap.map_or(usize::MAX, |w| {
        w.width.saturating_sub(property.value_column)
    });
    let mut parts = property.parts.iter();
    let Some(first) = parts.next() else {
        return String::new();
    };
    let mut value = first.text.to_owned();
    let mut width = first.width;
    for part in parts {
        let next = part.text;
        let width = std::mem::replace(&mut width, part.width);
        if value.is_empty() || next.trim().is_empty() {
            value.push_str(next.trim_start());
            continue;
        }
        let tail = value
            .rsplit([' ', ',', '{', ';', '|'])
            .next()
            .unwrap_or_default();
        let bare = next.trim_start();
        let head = bare
            .split([' ', ',', '}', ';', '|'])
            .next()
            .unwrap_or_default();
        let between = match enumeration {
            Some(names) => between_names(names, &value, tail, head, is_full(width, wrap)),
            None if next.starts_with(' ') || bare.starts_with(['}', ',']) => "",
            None if kind == Some(Kind::Url) => "",
            None => match wrap {
                Some(wrap) if width == wrap.width && wrap.hard => "",
                _ if value.ends_with(',') && (is_list || value.starts_with('{')) => " ",
                Some(wrap) if width == wrap.width => {
                    let before = value.rsplit(' ').next().unwrap_or_default().chars().count();
                    let token = before.saturating_add(first_word(bare));
                    if token > field { "" } else { " " }
                }
                _ if is_list && !value.starts_with('{') => ", ",
                _ => " ",
            },
        };
        value.push_str(between);
        value.push_str(if between.is_empty() && enumeration.is_none() {
            next
        } else {
            bare
        });
    }
    value.truncate(value.trim_end().len());
    value
}

fn is_full(width: usize, wrap: Option<Wrap>) -> bool {
    wrap.map_or(width >= 79, |wrap| width.saturating_add(1) >= wrap.width)
}

fn first_word(text: &str) -> usize {
    text.split(' ').next().unwrap_or_default().chars().count()
}

/// What stood between two pieces of a list of names: the names decide.
fn between_names(
    names: &Enumeration,
    value: &str,
    tail: &str,
    head: &str,
    full: bool,
) -> &'static str {
    let known = |name: &str| names.canonical(name).is_some();
    if value.ends_with(',') {
        " "
    } else if tail.is_empty() || head.is_empty() || known(&format!("{tail}{head}")) {
        ""
    } else if known(tail) && known(head) {
        ", "
    } else if full {
        ""
    } else {
        " "
    }
}
