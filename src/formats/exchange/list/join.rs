//! Puts values together again that the console's width has cut.
//!
//! PowerShell 1.0 and 2.0 cut at the last column, in the middle of a word;
//! later versions cut at blanks and break only words that do not fit a line.
//! Which of the two a capture shows is told by its lines.

use super::block::{Block, Whole};
use super::broken::USUAL_WIDTHS;
use super::line::Line;
use crate::formats::exchange::cmdlets::{Enumeration, Kind, table};

/// How the console wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrap {
    /// Columns of a full line.
    pub width: u32,
    /// Cuts in the middle of words.
    pub hard: bool,
}

/// Looks at all wrapped values of some objects.
#[must_use]
pub fn wrap_of<'b, 'a: 'b>(
    blocks: impl Iterator<Item = &'b Block<'a>> + Clone,
    lines: &[Line<'a>],
) -> Option<Wrap> {
    let pairs = || {
        blocks
            .clone()
            .filter(|block| block.properties.iter().any(|p| p.more.is_some()))
            .flat_map(|block| {
                let column = block.squeezed_column(lines);
                let properties = block.properties.iter();
                properties.filter_map(move |p| p.more.as_ref().map(|_| (p, column)))
            })
            .flat_map(|(property, column)| {
                let whole = property.whole(lines).in_column(column);
                let Whole { first, more, .. } = whole;
                let certain = more.last().filter(|last| !last.doubtful);
                let more = certain.map_or(&[][..], |_| more);
                let parts = std::iter::once(first).chain(more.iter().copied());
                let widths = parts.map(move |part| whole.width(&part));
                widths.zip(more.iter().map(|part| part.text))
            })
    };
    let width = pairs().map(|(width, _)| width).max()?;
    let full = pairs().filter(|(w, _)| *w == width).count();
    if full < 2 && !USUAL_WIDTHS.contains(&width) {
        return None;
    }
    // A short line whose next word would not have fitted was cut at a blank.
    let soft = pairs().any(|(w, next)| {
        let word = first_word(next);
        w.saturating_add(1) < width && w.saturating_add(word).saturating_add(1) > width
    });
    Some(Wrap { width, hard: !soft })
}

/// The whole value of a property.
#[must_use]
pub fn join(property: &Whole<'_, '_>, kind: Option<Kind>, wrap: Option<Wrap>) -> String {
    let enumeration = match kind {
        Some(Kind::Enum(of) | Kind::Flags(of) | Kind::ListOf(of)) => table().enumeration(of),
        _ => None,
    };
    let is_list = matches!(kind, Some(Kind::List | Kind::ListOf(_)));
    let field = wrap.map_or(u32::MAX, |w| property.room(w.width));
    let mut value = property.first.text.to_owned();
    let mut width = property.width(&property.first);
    let mut blanks = Blanks::default();
    for part in property.more {
        let next = part.text;
        let width = std::mem::replace(&mut width, property.width(part));
        if value.is_empty() || next.trim().is_empty() {
            value.push_str(next.trim_start());
            continue;
        }
        let bare = next.trim_start();
        let head = bare
            .split([' ', ',', '}', ';', '|'])
            .next()
            .unwrap_or_default();
        let between = match enumeration {
            Some(names) => {
                let tail = end_of(&value).rsplit([' ', ',', '{', ';', '|']).next();
                let tail = tail.unwrap_or_default();
                between_names(names, &value, tail, head, is_full(width, wrap))
            }
            None if next.starts_with(' ') || bare.starts_with(['}', ',']) => "",
            None if kind == Some(Kind::Url) || has_no_blank(property.key, &value) => "",
            None => match wrap {
                Some(wrap) if width == wrap.width && wrap.hard => "",
                _ if value.ends_with(',') && (is_list || value.starts_with('{')) => " ",
                Some(wrap) if width == wrap.width => {
                    let before = end_of(&value).rsplit(' ').next().unwrap_or_default();
                    let token = width_of(before).saturating_add(first_word(bare));
                    if token > field { "" } else { " " }
                }
                _ if is_list && !value.starts_with('{') => ", ",
                // A console breaks such a list behind a comma, or in an item that is too long.
                None if value.starts_with('{') && !blanks.in_items(&value, head) => "",
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

/// Whether a value has no blank behind its beginning: the class of an object by its
/// place, and names of hosts.
fn has_no_blank(key: &str, value: &str) -> bool {
    let is = |name: &str| key.eq_ignore_ascii_case(name);
    is("ObjectCategory") && value.contains("/Configuration/Schema/")
        || ["OriginatingServer", "Fqdn", "Guid", "Thumbprint"]
            .into_iter()
            .any(is)
}

/// Whether items of a growing list have blanks in them, each byte looked at once.
#[derive(Default)]
struct Blanks {
    /// How much was looked at.
    seen: usize,
    found: bool,
}

impl Blanks {
    /// Whether an item of the list has a blank in it, or the piece that follows.
    fn in_items(&mut self, list: &str, next: &str) -> bool {
        let bytes = list.as_bytes();
        let new = bytes.get(self.seen.saturating_sub(1)..).unwrap_or_default();
        self.found |= new.windows(2).any(|pair| match pair {
            // A blank behind a comma parts two items.
            [before, b' '] => !matches!(before, b',' | b'{' | b' '),
            _ => false,
        });
        self.seen = bytes.len();
        self.found || next.trim().contains(' ')
    }
}

/// The end of a value, where its last word stands. Longer words are not looked
/// at to their beginning, or a value of a million lines would take hours.
fn end_of(value: &str) -> &str {
    const LONGEST: usize = 640;
    let mut start = value.len().saturating_sub(LONGEST);
    while !value.is_char_boundary(start) {
        start = start.saturating_add(1);
    }
    value.get(start..).unwrap_or_default()
}

fn width_of(text: &str) -> u32 {
    u32::try_from(text.chars().count()).unwrap_or(u32::MAX)
}

fn is_full(width: u32, wrap: Option<Wrap>) -> bool {
    wrap.map_or(width >= 79, |wrap| width.saturating_add(1) >= wrap.width)
}

fn first_word(text: &str) -> u32 {
    width_of(text.split(' ').next().unwrap_or_default())
}

/// What stood between two pieces of a list of names: the names decide.
#[must_use]
pub fn between_names(
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
