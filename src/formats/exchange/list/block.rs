//! From lines to objects: which properties belong together.

use super::asked::listed;
use super::broken::{completes, ends_by_itself, full_width, is_frame, is_whole_path};
use super::command::Command;
use super::line::{KeyLine, Line, LineKind, begins_a_command};
use crate::formats::exchange::record::MAX_PROPERTIES;

/// One physical line of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Part<'a> {
    /// The value's text on it.
    pub text: &'a str,
    /// Number of the line.
    pub line: u32,
    /// Columns that the line took before a paste lost its indentation.
    pub width: u32,
    /// It may as well be a note that somebody wrote.
    pub doubtful: bool,
}

/// A property by the lines that it stands on. Small: a file may have millions.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines<'a> {
    /// Number of the line with the key.
    pub line: u32,
    /// What follows on other lines.
    #[expect(
        clippy::box_collection,
        reason = "one word instead of three, for the few properties that have it"
    )]
    pub more: Option<Box<Vec<Part<'a>>>>,
}

/// A property with its key and all its lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Whole<'a, 'b> {
    /// The key.
    pub key: &'a str,
    /// The line of the key.
    pub first: Part<'a>,
    /// The lines below.
    pub more: &'b [Part<'a>],
    /// Column at which the value begins.
    pub value_column: u32,
    /// Columns that a paste took from before the value, in all of its lines.
    pub shift: u32,
}

impl<'a> Lines<'a> {
    /// The property, from the lines of the file.
    #[must_use]
    pub fn whole(&self, lines: &[Line<'a>]) -> Whole<'a, '_> {
        let more = self.more.as_ref().map_or(&[][..], |more| more.as_slice());
        match lines.get(self.line as usize) {
            Some(Line {
                width,
                kind: LineKind::Key(key),
                ..
            }) => Whole {
                key: key.key,
                first: Part {
                    text: key.value,
                    line: self.line,
                    width: *width,
                    doubtful: false,
                },
                more,
                value_column: key.colon.saturating_add(2),
                shift: 0,
            },
            _ => Whole {
                key: "",
                first: Part::default(),
                more,
                value_column: 0,
                shift: 0,
            },
        }
    }

    /// Numbers of the lines, first to last.
    #[must_use]
    pub fn numbers(&self) -> std::ops::Range<usize> {
        let last = self.more.as_ref().and_then(|more| more.last());
        let last = last.map_or(self.line, |part| part.line) as usize;
        self.line as usize..last.saturating_add(1)
    }

    fn push(&mut self, part: Part<'a>) {
        self.more.get_or_insert_default().push(part);
    }
}

impl<'a> Whole<'a, '_> {
    /// The last line.
    #[must_use]
    pub fn last(&self) -> Part<'a> {
        self.more.last().copied().unwrap_or(self.first)
    }

    /// Whether a list in braces still waits for its end.
    fn is_open(&self) -> bool {
        self.first.text.starts_with('{') && !self.last().text.ends_with('}')
    }
}

impl Whole<'_, '_> {
    /// Whether a distinguished name still waits for its domain.
    fn is_part_of_a_path(&self) -> bool {
        self.key.eq_ignore_ascii_case("DistinguishedName")
            && self.first.text.starts_with("CN=")
            && !is_whole_path(self.last().text)
    }

    /// Whether a line that may be a note follows.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        self.last().doubtful
    }
}

/// Properties that belong to one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Block<'a> {
    /// In file order.
    pub properties: Vec<Lines<'a>>,
    /// Column of all colons, where they are aligned.
    pub colon: Option<u32>,
    /// Columns before the keys.
    pub indent: u32,
    /// First line.
    pub first: u32,
    /// Last line.
    pub last: u32,
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

/// Lines between the parts of an object that text has cut in two.
const NEAR: u32 = 32;

/// Columns of a full line on the narrowest console.
pub const FULL_LINE: u32 = 79;

/// Cuts lines into sections and objects.
#[must_use]
pub fn assemble<'a>(lines: &[Line<'a>]) -> Vec<Section<'a>> {
    let mut sections = Vec::new();
    let mut start = 0_usize;
    let mut command = None;
    for (index, line) in lines.iter().enumerate() {
        if let LineKind::Command(found) = &line.kind {
            sections.push(section(lines, start..index, command.take(), true));
            command = Some((found.as_ref().clone(), index));
            start = index.saturating_add(1);
        }
    }
    sections.push(section(lines, start..lines.len(), command, false));
    sections
}

/// More blank lines than any paste puts between two properties.
const WIDEST_GAP: usize = 64;

/// The usual number of blank lines between two properties: 0, or more where a
/// paste has doubled the spacing.
fn usual_gap(lines: &[Line<'_>]) -> usize {
    let mut counts: Vec<usize> = Vec::new();
    let mut gap = 0_usize;
    let mut after_key = false;
    for line in lines {
        match line.kind {
            LineKind::Blank => gap = gap.saturating_add(1),
            LineKind::Key(_) => {
                if after_key && gap <= WIDEST_GAP {
                    if counts.len() <= gap {
                        counts.resize(gap.saturating_add(1), 0);
                    }
                    if let Some(count) = counts.get_mut(gap) {
                        *count = count.saturating_add(1);
                    }
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
    let most = counts.iter().copied().max().unwrap_or(0);
    counts.iter().position(|count| *count == most).unwrap_or(0)
}

struct Assembler<'a, 'l> {
    /// All lines of the file.
    lines: &'l [Line<'a>],
    usual_gap: usize,
    /// Columns of the full lines, where the lines tell them.
    full: Option<u32>,
    /// One command with one cmdlet stands above.
    one_cmdlet: bool,
    current: Option<Block<'a>>,
    /// Keys of the current block.
    keys: Vec<&'a str>,
    /// Properties of the current block before its last gap that is wider than usual.
    before_gap: usize,
    /// First key of the first block.
    first_key: Option<&'a str>,
    out: Section<'a>,
}

fn section<'a>(
    lines: &[Line<'a>],
    range: std::ops::Range<usize>,
    command: Option<(Command<'a>, usize)>,
    closed: bool,
) -> Section<'a> {
    let one_cmdlet = command.as_ref().is_some_and(|(c, _)| c.cmdlet().is_some());
    let mut assembler = Assembler {
        lines,
        usual_gap: usual_gap(lines.get(range.clone()).unwrap_or_default()),
        full: full_width(lines.get(range.clone()).unwrap_or_default()),
        one_cmdlet,
        current: None,
        keys: Vec::new(),
        before_gap: 0,
        first_key: None,
        out: Section {
            command,
            closed,
            ..Section::default()
        },
    };
    assembler.run(range);
    assembler.out
}

impl<'a> Assembler<'a, '_> {
    fn run(&mut self, range: std::ops::Range<usize>) {
        let mut gap = 0_usize;
        let mut in_message = false;
        let mut index = range.start;
        while let Some(line) = self.lines.get(index).filter(|_| index < range.end) {
            match &line.kind {
                LineKind::Blank => {
                    gap = gap.saturating_add(1);
                    in_message = false;
                    index = index.saturating_add(1);
                    continue;
                }
                LineKind::Message => {
                    in_message = true;
                    self.out.messages.push(index);
                }
                LineKind::Key(key) => {
                    in_message = false;
                    self.key(index, line, key, gap);
                }
                LineKind::Dashes => {
                    if let Some(grid) = self.grid(index, &range) {
                        self.finish();
                        index = grid.rows.end;
                        if self.out.loose.last() == Some(&grid.head) {
                            self.out.loose.pop();
                        }
                        self.out.grids.push(grid);
                        gap = 0;
                        continue;
                    }
                    self.loose(index, gap);
                }
                LineKind::Other if in_message => self.out.messages.push(index),
                LineKind::Other => self.other(index, line, gap),
                LineKind::Command(_) => {}
            }
            gap = 0;
            index = index.saturating_add(1);
        }
        self.finish();
    }

    fn finish(&mut self) {
        if let Some(mut block) = self.current.take() {
            block.properties.shrink_to_fit();
            self.out.blocks.push(block);
        }
        self.keys.clear();
        self.before_gap = 0;
    }

    /// Ends the current object at its last wide gap, where another one began
    /// whose first property is not that of the objects so far: the first object
    /// of a capture may have lost its head.
    fn split(&mut self) {
        let Some(block) = &mut self.current else {
            return;
        };
        let properties = block.properties.split_off(self.before_gap);
        let keys = self.keys.split_off(self.before_gap);
        let Some(first) = properties.first() else {
            return;
        };
        let last = block.properties.last().map(Lines::numbers);
        let tail = Block {
            first: first.line,
            last: std::mem::replace(
                &mut block.last,
                number(last.map_or(0, |l| l.end).saturating_sub(1)),
            ),
            colon: block.colon,
            indent: block.indent,
            properties,
        };
        self.finish();
        self.first_key = keys.first().copied();
        self.keys = keys;
        self.current = Some(tail);
    }

    fn loose(&mut self, index: usize, gap: usize) {
        let between = gap == 0 && self.current.as_ref().is_some_and(|block| {
            let next = self.lines.get(index.saturating_add(1));
            matches!(next.map(|l| &l.kind), Some(LineKind::Key(k)) if Some(k.colon) == block.colon)
        });
        if between {
            self.out.orphans.push(index);
        } else {
            self.finish();
            self.out.loose.push(index);
        }
    }

    /// The last property of the current block.
    fn last(&self) -> Option<Whole<'a, '_>> {
        let last = self.current.as_ref()?.properties.last()?;
        Some(last.whole(self.lines))
    }

    /// Adds a line to the last property of the current block.
    fn append(&mut self, part: Part<'a>) {
        if let Some(block) = &mut self.current
            && let Some(last) = block.properties.last_mut()
        {
            last.push(part);
            block.last = part.line;
        }
    }

    fn key(&mut self, index: usize, line: &Line<'a>, key: &KeyLine<'a>, gap: usize) {
        let number = number(index);
        if let Some(block) = &self.current
            && line.indent > block.indent
            && let Some(last) = self.last()
            && line.indent >= last.value_column
        {
            // A continuation that happens to hold a colon.
            self.append(Part {
                text: from_column(line.text, last.value_column),
                line: number,
                width: line.width,
                doubtful: false,
            });
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
        if self.goes_back(key, gap) {
            self.split();
        } else if self.starts_object(index, line, key, gap) {
            self.finish();
        }
        if gap > self.usual_gap {
            self.before_gap = self.keys.len();
        }
        let property = Lines {
            line: number,
            more: None,
        };
        self.keys.push(key.key);
        match &mut self.current {
            Some(block) => {
                if block.colon != Some(key.colon) {
                    block.colon = None;
                }
                block.properties.push(property);
                block.last = number;
            }
            None => {
                self.first_key.get_or_insert(key.key);
                let before = self.out.blocks.last();
                let usual = before.map_or(1, |before| before.properties.len());
                let mut properties = Vec::with_capacity(usual);
                properties.push(property);
                self.current = Some(Block {
                    properties,
                    colon: Some(key.colon),
                    indent: line.indent,
                    first: number,
                    last: number,
                });
            }
        }
    }

    /// Whether a property stands in the current block before its wide gap, so
    /// that two objects stand in the block: one on each side of the gap.
    fn goes_back(&self, key: &KeyLine<'a>, gap: usize) -> bool {
        let (head, tail) = self.keys.split_at(self.before_gap.min(self.keys.len()));
        let same = |known: &&str| known.eq_ignore_ascii_case(key.key);
        // A name written anew begins an object, wherever gaps stand.
        gap <= self.usual_gap
            && !tail.is_empty()
            && !is_name(key.key)
            // So does what stands above the first name, and has none.
            && (head.iter().any(|key| is_name(key)) || !tail.iter().any(|key| is_name(key)))
            && head.iter().any(same)
            && !tail.iter().any(same)
    }

    /// Whether a property begins another object than the current one.
    fn starts_object(&self, index: usize, line: &Line<'a>, key: &KeyLine<'a>, gap: usize) -> bool {
        let Some(block) = &self.current else {
            return false;
        };
        if block.properties.len() >= MAX_PROPERTIES {
            return true;
        }
        let same = |known: &&str| known.eq_ignore_ascii_case(key.key);
        if self.keys.iter().any(same) {
            // Exchange prints some properties twice in a row.
            let again = block.properties.len() > 1
                && gap <= self.usual_gap
                && (self.keys.last().is_some_and(same) || self.is_asked_again(index, key));
            return !again;
        }
        // All objects of one cmdlet begin with the same property; so do the
        // others in remote sessions. Behind text in the middle of an object the
        // rest of it has no property of the next one, yet.
        let first = self.first_key.is_some_and(|first| same(&first));
        let remote = key.key == "RunspaceId";
        if first && (remote || self.one_cmdlet && self.is_rest(block)) {
            return true;
        }
        if line.indent != block.indent && block.colon.is_some() && block.colon != Some(key.colon) {
            return true;
        }
        let moved = block.properties.len() >= 3
            && block.colon.is_some_and(|colon| colon != key.colon)
            && (gap > self.usual_gap || self.next_colon(index) == Some(key.colon));
        if (moved || self.realigned(block, index, key)) && !self.returns(block, index) {
            return true;
        }
        if gap <= self.usual_gap {
            return false;
        }
        if is_name(key.key) && !self.keys.iter().any(|known| is_name(known)) {
            return true;
        }
        // All objects of one cmdlet begin with the same property; a blank line
        // before another one stands inside an object.
        let other = self.first_key.is_some_and(|first| !same(&first));
        !(self.one_cmdlet && block.colon == Some(key.colon) && other)
    }

    /// Whether the command lists a property more often than the object has shown
    /// it: `| fl Server,*serv*` prints it twice. Where a page took the stars from
    /// the list, what follows must be new to the object.
    fn is_asked_again(&self, index: usize, key: &KeyLine<'a>) -> bool {
        let Some((command, _)) = &self.out.command else {
            return false;
        };
        let same = |known: &&&str| known.eq_ignore_ascii_case(key.key);
        let shown = self.keys.iter().filter(same).count();
        let (listed, starless) = listed(command.text, key.key);
        let is_new = |next: KeyLine<'_>| {
            let mut keys = self.keys.iter();
            !keys.any(|known| known.eq_ignore_ascii_case(next.key))
        };
        shown < listed
            || shown < listed.saturating_add(starless) && self.next_key(index).is_some_and(is_new)
    }

    /// Whether a block has none of the properties of the one before it: what
    /// text between them may have cut off from it.
    fn is_rest(&self, block: &Block<'a>) -> bool {
        let whole = |property: &Lines<'a>| property.whole(self.lines).key;
        let Some(before) = self.out.blocks.last() else {
            return false;
        };
        let between = block.first.saturating_sub(before.last);
        // Nothing but the text stands between them.
        let near = self.out.loose.last().is_some_and(|line| {
            let line = number(*line);
            before.last < line && line < block.first
        });
        near && between < NEAR
            && !before
                .properties
                .iter()
                .map(whole)
                .any(|known| self.keys.iter().any(|key| key.eq_ignore_ascii_case(known)))
    }

    /// Whether two or more properties filled up to one column stand above, and
    /// properties filled up to another one begin here: Format-List fills the
    /// names of an object up to the longest of them.
    fn realigned(&self, block: &Block<'a>, index: usize, key: &KeyLine<'a>) -> bool {
        let filled = |name: &str, colon: u32| {
            let name = u32::try_from(name.len()).unwrap_or(u32::MAX);
            let ends = block.indent.saturating_add(name);
            ends.saturating_add(1) < colon
        };
        let Some(colon) = block.colon.filter(|colon| *colon != key.colon) else {
            return false;
        };
        let next = self.next_key(index);
        let again = next.filter(|next| next.colon == key.colon);
        self.keys.len() >= 2
            && self.keys.iter().any(|name| filled(name, colon))
            && again.is_some_and(|next| filled(key.key, key.colon) || filled(next.key, key.colon))
    }

    /// Whether the properties go on in the column of the block below some lines
    /// that stand in another one: somebody wrote those anew.
    fn returns(&self, block: &Block<'a>, index: usize) -> bool {
        const NEAR: usize = 16;
        let mut gap = 0_usize;
        let mut written: Vec<&str> = Vec::new();
        // Who it is, written anew, is somebody else.
        let other = |key: &str| is_name(key) || key.eq_ignore_ascii_case("Server");
        for line in self.lines.iter().skip(index).take(NEAR) {
            match &line.kind {
                LineKind::Blank => gap = gap.saturating_add(1),
                LineKind::Key(key) if gap <= self.usual_gap => {
                    gap = 0;
                    if block.colon != Some(key.colon) && other(key.key) {
                        return false;
                    }
                    let mut known = self.keys.iter().chain(&written);
                    if known.any(|known| known.eq_ignore_ascii_case(key.key)) {
                        return false;
                    }
                    if block.colon == Some(key.colon) {
                        return true;
                    }
                    written.push(key.key);
                }
                _ => return false,
            }
        }
        false
    }

    fn next_colon(&self, index: usize) -> Option<u32> {
        self.next_key(index).map(|key| key.colon)
    }

    fn next_key(&self, index: usize) -> Option<KeyLine<'a>> {
        let next = self.lines.get(index.saturating_add(1)..)?;
        match next.iter().find(|line| line.kind != LineKind::Blank)?.kind {
            LineKind::Key(key) => Some(key),
            _ => None,
        }
    }

    fn other(&mut self, index: usize, line: &Line<'a>, gap: usize) {
        // What stands below a name without a value may be its items (YAML), or a note.
        let text = line.text.trim();
        let is_bare = |last: Whole<'_, '_>| last.first.text.is_empty() && last.more.is_empty();
        if gap == 0 && text.starts_with("- ") && self.last().is_some_and(is_bare) {
            self.append(Part {
                text,
                line: number(index),
                width: line.width,
                doubtful: true,
            });
            return;
        }
        if let Some(block) = &self.current
            && gap <= self.usual_gap
            && let Some(last) = self.last()
            && !(line.indent < last.value_column && is_frame(line.text))
            && (!last.is_doubtful() || self.goes_on_behind(index, block))
        {
            let indented = line.indent > block.indent
                && (line.indent >= last.value_column || last.is_open() || block.colon.is_none());
            // Where a paste lost the indentation, only a line that must go on does.
            let part = last.last();
            let full = self.full == Some(part.width)
                && !ends_by_itself(&last, line.text)
                && (gap == 0 || self.key_behind(index).map(|key| key.colon) == block.colon);
            let of_path = || {
                let cut = part.text.contains("...") || line.text.contains("...");
                last.is_part_of_a_path() && line.text.contains(['=', ',']) && !cut
            };
            let goes_on =
                indented || full || last.is_open() || of_path() || part.text.ends_with(',');
            let rest = if last.is_doubtful() {
                Some(true)
            } else if goes_on {
                Some(false)
            } else {
                self.rest(index, line, &last, gap)
            };
            if let Some(doubtful) = rest {
                let (text, width) = if line.indent >= last.value_column {
                    (from_column(line.text, last.value_column), line.width)
                } else {
                    let lost = last.value_column.saturating_sub(line.indent);
                    (line.text.trim(), line.width.saturating_add(lost))
                };
                self.append(Part {
                    text,
                    line: number(index),
                    width,
                    doubtful,
                });
                // The title of another object, perhaps.
                let named = |key: KeyLine<'_>| is_name(key.key);
                if doubtful
                    && self.key_behind(index).is_some_and(named)
                    && self.keys.iter().any(|key| is_name(key))
                {
                    self.finish();
                }
                return;
            }
        }
        self.loose(index, gap);
    }

    /// Whether a line in the middle of an object may be the rest of the value
    /// above it, which a console broke and a paste moved to the margin, and
    /// whether that is in doubt.
    fn rest(
        &self,
        index: usize,
        line: &Line<'a>,
        last: &Whole<'a, '_>,
        gap: usize,
    ) -> Option<bool> {
        // A value is broken where it does not fit beside the names.
        const LONG: usize = 30;
        const MIDDLE: usize = 5;
        const BEGUN: usize = 3;
        let text = line.text.trim();
        let before = last.last();
        let same = |key: &KeyLine<'a>| self.keys.iter().any(|k| k.eq_ignore_ascii_case(key.key));
        let between = self.key_behind(index).is_some_and(|key| !same(&key));
        let long = before.text.len() >= LONG;
        // A class and a path prove themselves, at the end of a paste as well.
        let proves = ["ObjectCategory", "DistinguishedName"];
        let proves = proves.iter().any(|key| last.key.eq_ignore_ascii_case(key));
        if (between || proves) && long && completes(last, text) {
            return Some(false);
        }
        // A comment, or the end of one.
        if text.starts_with('#') {
            return None;
        }
        if gap == 0 && before.width >= FULL_LINE {
            return Some(true);
        }
        let whole = last.first.text;
        let is_path = whole.contains(":\\") || whole.starts_with("CN=") || whole.starts_with("/o=");
        let like_a_rest = !text.ends_with([':', '.', '?', '!'])
            && (is_path || !text.contains(' ') && !text.contains("://"));
        let are_names = |text: &str| {
            let mut words = text.trim_end_matches(',').split(", ");
            words.all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric()))
        };
        let names = whole.contains(", ") && are_names(whole) && are_names(text);
        let middle = self.keys.len() >= if is_path { BEGUN } else { MIDDLE };
        (between && long && (names || middle && like_a_rest)).then_some(true)
    }

    /// Whether the object goes on behind a line.
    fn goes_on_behind(&self, index: usize, block: &Block<'a>) -> bool {
        self.key_behind(index).is_some_and(|key| {
            let same = |known: &&str| known.eq_ignore_ascii_case(key.key);
            block.colon.is_none_or(|colon| colon == key.colon) && !self.keys.iter().any(same)
        })
    }

    /// The next property, behind some lines of other text.
    fn key_behind(&self, index: usize) -> Option<KeyLine<'a>> {
        const MOST: usize = 24;
        let next = self.lines.get(index.saturating_add(1)..)?;
        let mut next = next.iter().take(MOST).map(|line| &line.kind);
        match next.find(|kind| !matches!(kind, LineKind::Blank | LineKind::Other))? {
            LineKind::Key(key) => Some(*key),
            _ => None,
        }
    }

    /// The table whose dashes stand at `index`.
    fn grid(&self, index: usize, range: &std::ops::Range<usize>) -> Option<Grid> {
        let head = index.checked_sub(1).filter(|head| *head >= range.start)?;
        if self.lines.get(head)?.kind != LineKind::Other {
            return None;
        }
        let first_row = index.saturating_add(1);
        let rows = self.lines.get(first_row..range.end)?;
        let indent = self.lines.get(index)?.indent;
        let count = rows
            .iter()
            .position(|line| {
                let text = line.text.trim_start();
                matches!(line.kind, LineKind::Blank | LineKind::Message)
                    // What follows a table in the comments of a script.
                    || line.indent < indent && begins_a_command(text)
                    || text.starts_with("```")
                    || text.starts_with("#>")
            })
            .unwrap_or(rows.len());
        Some(Grid {
            head,
            dashes: index,
            rows: first_row..first_row.saturating_add(count),
        })
    }
}

/// Whether a property names its object.
fn is_name(key: &str) -> bool {
    let names = ["Identity", "Name", "Thumbprint"];
    names.iter().any(|name| key.eq_ignore_ascii_case(name))
}

/// The number of a line; files of more lines are cut off before.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The text from a column on; what stands before it is blank.
fn from_column(text: &str, column: u32) -> &str {
    let mut chars = text.char_indices();
    match chars.nth(column as usize) {
        Some((at, _)) => text.get(at..).unwrap_or_default(),
        None => "",
    }
}
