//! From lines to objects: which properties belong together.

use std::collections::HashMap;

use super::command::Command;
use super::line::{KeyLine, Line, LineKind};
use crate::formats::exchange::record::MAX_PROPERTIES;

/// One physical line of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part<'a> {
    /// The value's text on it.
    pub text: &'a str,
    /// Number of the line.
    pub line: usize,
    /// Columns that the line took before a paste lost its indentation.
    pub width: usize,
}

/// A property with all its physical lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines<'a> {
    /// The key.
    pub key: &'a str,
    /// Its lines; the first is the key's.
    pub parts: Vec<Part<'a>>,
    /// Column at which the value begins.
    pub value_column: usize,
}

impl Lines<'_> {
    /// Whether a list in braces still waits for its end.
    fn is_open(&self) -> bool {
        self.parts
            .first()
            .is_some_and(|part| part.text.starts_with('{'))
            && !self
                .parts
                .last()
                .is_some_and(|part| part.text.ends_with('}'))
    }
}

/// Properties that belong to one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Block<'a> {
    /// In file order.
    pub properties: Vec<Lines<'a>>,
    /// Column of all colons, where they are aligned.
    pub colon: Option<usize>,
    /// Columns before the keys.
    pub indent: usize,
    /// First line.
    pub first: usize,
    /// Last line.
    pub last: usize,
}

/// A table as Format-Table prints it: numbers of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The headings.
    pub head: usize,
    /// The line of dashes.
    pub dashes: usize,
    /// The rows.
    pub rows: std::ops::Range<usize>,
}

/// Everything between two commands.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Section<'a> {
    /// The command before it, with its line.
    pub command: Option<(Command<'a>, usize)>,
    /// Whether another command follows.
    pub closed: bool,
    /// Objects.
    pub blocks: Vec<Block<'a>>,
    /// Tables.
    pub grids: Vec<Grid>,
    /// Lines of messages.
    pub messages: Vec<usize>,
    /// Lines of text that belongs to nothing.
    pub loose: Vec<usize>,
    /// Loose lines in the middle of properties.
    pub orphans: Vec<usize>,
}

impl Section<'_> {
    /// Whether nothing but blank lines follows the command.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
            && self.grids.is_empty()
            && self.messages.is_empty()
            && self.loose.is_empty()
    }
}

/// Columns of a full line on the narrowest console.
const FULL_LINE: usize = 79;

/// Cuts lines into sections and objects.
#[must_use]
pub fn assemble<'a>(lines: &[Line<'a>]) -> Vec<Section<'a>> {
    let mut sections = Vec::new();
    let mut start = 0_usize;
    let mut command = None;
    for (index, line) in lines.iter().enumerate() {
        if let LineKind::Command(found) = &line.kind {
            let body = lines.get(start..index).unwrap_or_default();
            sections.push(section(body, start, command.take(), true));
            command = Some((found.as_ref().clone(), index));
            start = index.saturating_add(1);
        }
    }
    let body = lines.get(start..).unwrap_or_default();
    sections.push(section(body, start, command, false));
    sections
}

/// The usual number of blank lines between two properties: 0, or more where a
/// paste has doubled the spacing.
fn usual_gap(lines: &[Line<'_>]) -> usize {
    let mut counts: HashMap<usize, usize> = HashMap::new();
    let mut gap = 0_usize;
    let mut after_key = false;
    for line in lines {
        match line.kind {
            LineKind::Blank => gap = gap.saturating_add(1),
            LineKind::Key(_) => {
                if after_key {
                    let count = counts.entry(gap).or_insert(0);
                    *count = count.saturating_add(1);
                }
                after_key = true;
                gap = 0;
            }
            _ => {
                after_key = false;
                gap = 0;
            }
        }
    }
    let most = counts.values().copied().max().unwrap_or(0);
    counts
        .into_iter()
        .filter(|(_, count)| *count == most)
        .map(|(gap, _)| gap)
        .min()
        .unwrap_or(0)
}

struct Assembler<'a, 'l> {
    lines: &'l [Line<'a>],
    offset: usize,
    usual_gap: usize,
    /// One command with one cmdlet stands above.
    one_cmdlet: bool,
    current: Option<Block<'a>>,
    out: Section<'a>,
}

fn section<'a>(
    lines: &[Line<'a>],
    offset: usize,
    command: Option<(Command<'a>, usize)>,
    closed: bool,
) -> Section<'a> {
    let one_cmdlet = command.as_ref().is_some_and(|(c, _)| c.cmdlet().is_some());
    let mut assembler = Assembler {
        lines,
        offset,
        usual_gap: usual_gap(lines),
        one_cmdlet,
        current: None,
        out: Section {
            command,
            closed,
            ..Section::default()
        },
    };
    assembler.run();
    assembler.out
}

impl<'a> Assembler<'a, '_> {
    fn run(&mut self) {
        let mut gap = 0_usize;
        let mut in_message = false;
        let mut index = 0_usize;
        while let Some(line) = self.lines.get(index) {
            match &line.kind {
                LineKind::Blank => {
                    gap = gap.saturating_add(1);
                    in_message = false;
                    index = index.saturating_add(1);
                    continue;
                }
                LineKind::Message => {
                    in_message = true;
                    self.out.messages.push(self.number(index));
                }
                LineKind::Key(key) => {
                    in_message = false;
                    self.key(index, line, key, gap);
                }
                LineKind::Dashes => {
                    if let Some(grid) = self.grid(index) {
                        self.finish();
                        index = grid.rows.end.saturating_sub(self.offset);
                        self.out.loose.retain(|loose| *loose != grid.head);
                        self.out.grids.push(grid);
                        gap = 0;
                        continue;
                    }
                    self.loose(index, gap);
                }
                LineKind::Other if in_message => self.out.messages.push(self.number(index)),
                LineKind::Other => self.other(index, line, gap),
                LineKind::Command(_) => {}
            }
            gap = 0;
            index = index.saturating_add(1);
        }
        self.finish();
    }

    fn number(&self, index: usize) -> usize {
        self.offset.saturating_add(index)
    }

    fn finish(&mut self) {
        if let Some(block) = self.current.take() {
            self.out.blocks.push(block);
        }
    }

    fn loose(&mut self, index: usize, gap: usize) {
        let number = self.number(index);
        let between = gap == 0 && self.current.as_ref().is_some_and(|block| {
            let next = self.lines.get(index.saturating_add(1));
            matches!(next.map(|l| &l.kind), Some(LineKind::Key(k)) if Some(k.colon) == block.colon)
        });
        if between {
            self.out.orphans.push(number);
        } else {
            self.finish();
            self.out.loose.push(number);
        }
    }

    fn key(&mut self, index: usize, line: &Line<'a>, key: &KeyLine<'a>, gap: usize) {
        let number = self.number(index);
        if let Some(block) = &mut self.current
            && line.indent > block.indent
            && let Some(last) = block.properties.last_mut()
            && line.indent >= last.value_column
        {
            // A continuation that happens to hold a colon.
            last.parts.push(Part {
                text: from_column(line.text, last.value_column),
                line: number,
                width: line.width,
            });
            block.last = number;
            return;
        }
        let aligned = self
            .current
            .as_ref()
            .is_some_and(|b| b.colon == Some(key.colon));
        if key.several_words && !aligned {
            self.loose(index, gap);
            return;
        }
        if self.starts_object(index, key, gap) {
            self.finish();
        }
        let property = Lines {
            key: key.key,
            parts: vec![Part {
                text: key.value,
                line: number,
                width: line.width,
            }],
            value_column: key.colon.saturating_add(2),
        };
        match &mut self.current {
            Some(block) => {
                if block.colon != Some(key.colon) {
                    block.colon = None;
                }
                block.properties.push(property);
                block.last = number;
            }
            None => {
                self.current = Some(Block {
                    properties: vec![property],
                    colon: Some(key.colon),
                    indent: key.indent,
                    first: number,
                    last: number,
                });
            }
        }
    }

    /// Whether a property begins another object than the current one.
    fn starts_object(&self, index: usize, key: &KeyLine<'a>, gap: usize) -> bool {
        let Some(block) = &self.current else {
            return false;
        };
        if block.properties.len() >= MAX_PROPERTIES {
            return true;
        }
        let same = |property: &Lines<'_>| property.key.eq_ignore_ascii_case(key.key);
        if block.properties.iter().any(same) {
            // Exchange prints some properties twice in a row.
            let again = block.properties.len() > 1
                && gap <= self.usual_gap
                && block.properties.last().is_some_and(same);
            return !again;
        }
        if key.indent != block.indent && block.colon.is_some() && block.colon != Some(key.colon) {
            return true;
        }
        let moved = block.properties.len() >= 3
            && block.colon.is_some_and(|colon| colon != key.colon)
            && (gap > self.usual_gap || self.next_colon(index) == Some(key.colon));
        if moved {
            return true;
        }
        if gap <= self.usual_gap {
            return false;
        }
        // All objects of one cmdlet begin with the same property; a blank line
        // before another one stands inside an object.
        let first = self.out.blocks.first().unwrap_or(block).properties.first();
        !(self.one_cmdlet && block.colon == Some(key.colon) && first.is_some_and(|f| !same(f)))
    }

    fn next_colon(&self, index: usize) -> Option<usize> {
        let next = self.lines.get(index.saturating_add(1)..)?;
        match next.iter().find(|line| line.kind != LineKind::Blank)?.kind {
            LineKind::Key(key) => Some(key.colon),
            _ => None,
        }
    }

    fn other(&mut self, index: usize, line: &Line<'a>, gap: usize) {
        let number = self.number(index);
        let usual_gap = self.usual_gap;
        if let Some(block) = &mut self.current
            && gap <= usual_gap
            && let Some(last) = block.properties.last_mut()
        {
            let indented = line.indent > block.indent
                && (line.indent >= last.value_column || last.is_open() || block.colon.is_none());
            // Where a paste lost the indentation, only a line that must go on does.
            let unfinished = last.is_open()
                || last.parts.last().is_some_and(|part| {
                    part.text.ends_with(',') || (gap == 0 && part.width >= FULL_LINE)
                });
            if indented || unfinished {
                let (text, width) = if line.indent >= last.value_column {
                    (from_column(line.text, last.value_column), line.width)
                } else {
                    let lost = last.value_column.saturating_sub(line.indent);
                    (line.text.trim(), line.width.saturating_add(lost))
                };
                last.parts.push(Part {
                    text,
                    line: number,
                    width,
                });
                block.last = number;
                return;
            }
        }
        self.loose(index, gap);
    }

    /// The table whose dashes stand at `index`.
    fn grid(&self, index: usize) -> Option<Grid> {
        let head = index.checked_sub(1)?;
        if self.lines.get(head)?.kind != LineKind::Other {
            return None;
        }
        let first_row = index.saturating_add(1);
        let rows = self.lines.get(first_row..)?;
        let count = rows
            .iter()
            .position(|line| matches!(line.kind, LineKind::Blank | LineKind::Message))
            .unwrap_or(rows.len());
        Some(Grid {
            head: self.number(head),
            dashes: self.number(index),
            rows: self.number(first_row)..self.number(first_row.saturating_add(count)),
        })
    }
}

/// The text from a column on; what stands before it is blank.
fn from_column(text: &str, column: usize) -> &str {
    let mut chars = text.char_indices();
    match chars.nth(column) {
        Some((at, _)) => text.get(at..).unwrap_or_default(),
        None => "",
    }
}
