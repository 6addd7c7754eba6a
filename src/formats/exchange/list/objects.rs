//! From assembled lines to records, with the state of every line.

mod named;
mod wrapped;

use std::borrow::Cow;
use std::sync::Arc;

use super::block::{Block, Grid, Section, Whole};
use super::command::{CERTUTIL, Place, Stated, holds_output};
use super::hidden;
use super::join::{Wrap, join, wrap_of};
use super::line::{Line, LineKind};
use super::squeezed::{self, Heading, Squeezed};
use crate::formats::exchange::cmdlets::{Cmdlet, Kind, table};
use crate::formats::exchange::date::DateOrder;
use crate::formats::exchange::infer::{by_class, by_place, infer, is_one_word};
use crate::formats::exchange::note_unknown_values;
use crate::formats::exchange::record::{
    MAX_OBJECTS, Origin, RawProperty, build, host_of_file, too_many,
};
use crate::formats::exchange::table::{Column, Measure, align_right, cells, columns, raw};
use crate::formats::exchange::typing::Typing;
use crate::formats::exchange::value::{Raw, trim};
use crate::formats::{CmdletRun, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::model::exchange::{Record, Value};
use crate::source::{SourceFile, Span};

/// Reads sections of one file.
pub struct Reader<'f, 'l> {
    file: &'f SourceFile,
    lines: &'l [Line<'l>],
    ledger: Ledger,
    problems: Vec<Problem>,
    typing: Typing<'l>,
    /// The last command line that told a cmdlet, as evidence.
    command: Option<(usize, Arc<str>)>,
    dates: DateOrder,
    file_wrap: Option<Wrap>,
    /// The server that the shell said it is connected to, where it is one.
    connected_to: Option<Arc<str>>,
    errors: Vec<Span>,
    nameless: Option<Span>,
    /// Objects read so far.
    read: usize,
    /// The first object that was one too many.
    unread: Option<Span>,
    /// Places of secrets.
    secrets: Vec<Span>,
    /// The command for one object that stands above the last one has no output.
    shows_nothing: bool,
}

/// A cmdlet and how it is known.
type Known = (&'static Cmdlet, (Arc<str>, Span));

impl<'f, 'l> Reader<'f, 'l> {
    /// A reader of a file whose lines are classified.
    #[must_use]
    pub fn new(file: &'f SourceFile, lines: &'l [Line<'l>]) -> Self {
        let mut ledger = Ledger::new(Unit::Lines, file.line_count());
        for (index, line) in lines.iter().enumerate() {
            match &line.kind {
                LineKind::Command(command) if command.cmdlet().is_some() => {
                    let mixed = holds_output(command.text);
                    ledger.set(
                        index,
                        if mixed {
                            LineState::NotModelled
                        } else {
                            LineState::Modelled
                        },
                    );
                }
                LineKind::Key(_) => {}
                _ => ledger.set(index, LineState::Irrelevant),
            }
        }
        Self {
            file,
            lines,
            ledger,
            problems: Vec::new(),
            typing: Typing::default(),
            command: None,
            dates: DateOrder::Unknown,
            file_wrap: None,
            connected_to: None,
            errors: Vec::new(),
            nameless: None,
            read: 0,
            unread: None,
            secrets: Vec::new(),
            shows_nothing: false,
        }
    }

    /// Learns from the whole file how it writes dates and wraps lines.
    pub fn learn(&mut self, sections: &[Section<'l>]) {
        let blocks = || sections.iter().flat_map(|section| &section.blocks);
        self.file_wrap = wrap_of(blocks(), self.lines);
        for property in blocks().flat_map(|block| &block.properties) {
            let Whole { first, more, .. } = property.whole(self.lines);
            let text = first.text;
            if more.is_empty()
                && text.starts_with(|c: char| c.is_ascii_digit())
                && text.contains('/')
            {
                self.dates = self.dates.learn(text);
            }
        }
    }

    /// Learns the host from `VERBOSE: Connected to ex1.contoso.com.` and from
    /// the head of a transcript (`Machine: EX1 (…)`).
    pub fn learn_host(&mut self) {
        let mut hosts = self.lines.iter().filter_map(|line| {
            let host = match &line.kind {
                LineKind::Message => {
                    let (_, host) = line.text.trim().split_once("Connected to ")?;
                    host.trim_end_matches('.')
                }
                LineKind::Key(key) if key.key == "Machine" => key.value.split(' ').next()?,
                _ => return None,
            };
            let sound = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'.';
            (!host.is_empty() && host.bytes().all(sound)).then_some(host)
        });
        let Some(first) = hosts.next() else { return };
        let short = |host: &str| host.split('.').next().map(str::to_ascii_lowercase);
        if hosts.all(|other| short(other) == short(first)) {
            self.connected_to = Some(first.into());
        }
    }

    /// The objects of a section, in runs of one cmdlet.
    pub fn runs(&mut self, section: &Section<'l>) -> Vec<CmdletRun> {
        self.mark_messages(section);
        let wrap = wrap_of(section.blocks.iter(), self.lines)
            .filter(|_| section.blocks.len() > 1)
            .or(self.file_wrap)
            .or_else(|| wrap_of(section.blocks.iter(), self.lines));
        let mut runs: Vec<CmdletRun> = Vec::new();
        for block in &section.blocks {
            if self.read >= MAX_OBJECTS {
                self.set(block, LineState::NotModelled);
                let span = self.span_of_lines(block.first as usize, block.last as usize);
                self.unread.get_or_insert(span);
                continue;
            }
            match self.object(section, block, wrap) {
                Some(record) => {
                    self.keep_secrets(&record);
                    self.hide_rests(block, |name| {
                        let property = record.properties.get(name);
                        property.is_some_and(|property| property.value == Value::Secret)
                    });
                    self.read = self.read.saturating_add(1);
                    append(&mut runs, record);
                }
                None => {
                    self.hide_rests(block, hidden::names_a_secret);
                    self.leave_out(section, block);
                }
            }
        }
        for grid in &section.grids {
            for record in self.grid(section, grid) {
                append(&mut runs, record);
            }
        }
        let stated = section.command.as_ref().map(|(command, _)| command);
        if !stated.is_some_and(|command| matches!(command.stated, Stated::Other(_))) {
            let cmdlet = stated.and_then(|command| command.cmdlet());
            for (table, cmdlet) in squeezed::find(self.lines, &section.loose, cmdlet) {
                for record in self.squeezed(section, &table, cmdlet) {
                    append(&mut runs, record);
                }
            }
        }
        for line in &section.orphans {
            self.ledger.set(*line, LineState::Unrecognised);
        }
        // The output of a command that shows none may stand below the next one.
        let asks = stated.is_some_and(|command| command.object.is_some());
        let after_another = std::mem::replace(&mut self.shows_nothing, asks && section.is_empty());
        self.name_only_object(section, after_another, &mut runs);
        runs
    }

    /// Places of secrets in the objects so far.
    pub fn take_secrets(&mut self) -> Vec<Span> {
        std::mem::take(&mut self.secrets)
    }

    fn keep_secrets(&mut self, record: &Record) {
        let properties = record.properties.iter();
        let secret = properties.filter(|property| property.value == Value::Secret);
        self.secrets.extend(secret.map(|property| property.span));
    }

    /// Hides lines that may show a secret.
    fn hide(&mut self, lines: impl IntoIterator<Item = usize>) {
        for line in lines {
            let span = self.span_of_lines(line, line);
            self.secrets.push(span);
        }
    }

    /// Hides the values of secret properties and what may be their rest.
    fn hide_rests(&mut self, block: &Block<'l>, is_secret: impl Fn(&str) -> bool) {
        for property in &block.properties {
            let whole = property.whole(self.lines);
            if is_secret(whole.key) {
                let last = whole.last().line as usize;
                let value = self.span_of(whole.first.text, property.line as usize);
                self.secrets.push(value);
                self.hide(property.numbers().skip(1));
                self.hide(hidden::behind(self.lines, last));
            }
        }
    }

    /// The ledger and the problems.
    #[must_use]
    pub fn finish(mut self) -> (Ledger, Vec<Problem>) {
        if let Some(span) = self.errors.first() {
            self.problems.push(Problem {
                level: ProblemLevel::Note,
                message: format!(
                    "the capture holds {} lines of warnings or errors of the shell",
                    self.errors.len()
                ),
                hint: Some("a cmdlet that failed says nothing about its objects".to_owned()),
                span: *span,
            });
        }
        if let Some(span) = self.unread {
            self.problems.push(too_many(span));
        }
        if let Some(span) = self.nameless {
            self.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: "some objects do not tell which cmdlet printed them".to_owned(),
                hint: Some(
                    "keep the command line above the output, or select more properties: `| fl *`"
                        .to_owned(),
                ),
                span,
            });
        }
        (self.ledger, self.problems)
    }

    fn span_of_lines(&self, first: usize, last: usize) -> Span {
        let range = |index| self.file.line_range(index).unwrap_or_default();
        Span::of(self.file.id(), range(first).start..range(last).end)
    }

    /// Where a piece of a line stands; the whole line where decoration inside
    /// it was removed.
    fn span_of(&self, part: &str, line: usize) -> Span {
        self.file
            .span_of(part)
            .unwrap_or_else(|| self.span_of_lines(line, line))
    }

    fn mark_messages(&mut self, section: &Section<'l>) {
        for line in &section.messages {
            self.ledger.set(*line, LineState::Irrelevant);
            self.errors.push(self.span_of_lines(*line, *line));
        }
        for line in &section.loose {
            self.ledger.set(*line, LineState::Irrelevant);
        }
        self.hide(hidden::below_headings(self.lines, &section.loose));
    }

    /// Sets the state of the lines of properties.
    fn set(&mut self, block: &Block<'l>, state: LineState) {
        for property in &block.properties {
            self.ledger.set(property.line as usize, state);
            for part in property.more.iter().flat_map(|more| more.iter()) {
                self.ledger.set(part.line as usize, state);
            }
        }
    }

    /// A block that is no object that exlint knows.
    fn leave_out(&mut self, section: &Section<'l>, block: &Block<'l>) {
        let span = self.span_of_lines(block.first as usize, block.last as usize);
        let stated = section.command.as_ref().map(|(command, _)| command.stated);
        // Text with a colon in it is no object; what shares names with one may be.
        let telling = |lines: &super::block::Lines<'l>| {
            let name = lines.whole(self.lines).key;
            table().owners(&name.to_ascii_lowercase()) > 0 && !is_one_word(name)
        };
        let aligned = block.colon.is_some()
            && (block.properties.len() >= 3
                || block.properties.len() == 2 && block.properties.iter().any(telling))
            // A paste may have taken the blanks behind the names.
            || block.squeezed_column(self.lines).is_some()
                && block.properties.iter().filter(|lines| telling(lines)).count() >= 2;
        let state = match stated {
            Some(Stated::Other(name)) => {
                let why = format!("an object of {name}, which no rule reads");
                self.ledger.note(LineState::Irrelevant, why, span);
                LineState::Irrelevant
            }
            _ if aligned => {
                self.nameless.get_or_insert(span);
                let why = "an object of an unnamed cmdlet";
                self.ledger.note(LineState::NotModelled, why, span);
                LineState::NotModelled
            }
            _ => LineState::Irrelevant,
        };
        self.set(block, state);
    }

    fn object(
        &mut self,
        section: &Section<'l>,
        block: &Block<'l>,
        wrap: Option<Wrap>,
    ) -> Option<Record> {
        let all = self.lines;
        let column = block.squeezed_column(all);
        let whole = |property| super::block::Lines::whole(property, all).in_column(column);
        let mut properties: Vec<RawProperty<'l>> = block
            .properties
            .iter()
            .map(|p| self.property(&whole(p), None, wrap))
            .collect();
        let (cmdlet, evidence) = self.cmdlet_of(section, &properties)?;
        // How lines are put together depends on the kind of the value.
        for (lines, property) in block.properties.iter().zip(&mut properties) {
            if lines.more.is_some() {
                let kind = self.typing.name(Some(cmdlet), property.name).kind;
                *property = self.property(&whole(lines), kind, wrap);
            }
        }
        self.set(block, LineState::Modelled);
        let origin = self.origin(section, cmdlet, evidence);
        let span = self.span_of_lines(block.first as usize, block.last as usize);
        let record = build(origin, &properties, span, &mut self.typing);
        let lines_of = |key: &str| {
            let mut shown = properties.iter().zip(&block.properties);
            let (_, lines) = shown.find(|(p, _)| p.name.eq_ignore_ascii_case(key))?;
            Some(lines.numbers())
        };
        note_unknown_values(cmdlet, &record, &mut self.ledger, lines_of);
        for lines in &block.properties {
            let last = lines.more.iter().filter_map(|more| more.last());
            for part in last.filter(|part| part.doubtful) {
                self.ledger.set(part.line as usize, LineState::Unrecognised);
            }
        }
        Some(record)
    }

    fn origin(
        &self,
        section: &Section<'l>,
        cmdlet: &'static Cmdlet,
        evidence: (Arc<str>, Span),
    ) -> Origin {
        let command = section
            .command
            .as_ref()
            .map(|(command, _)| command)
            .filter(|command| {
                command
                    .cmdlet()
                    .is_none_or(|stated| stated.name == cmdlet.name)
            });
        Origin {
            cmdlet: Some(cmdlet),
            evidence: Some(evidence),
            host: command
                .and_then(|command| command.server.map(Arc::from))
                .or_else(|| host_of_file(self.file.name(), cmdlet).map(Arc::from))
                .or_else(|| self.connected_to.clone()),
            directory_only: command.is_some_and(|command| command.directory_only),
            dates: self.dates,
        }
    }

    /// The cmdlet of an object: as its class tells, as the command above it
    /// states (where the properties do not speak against it), or as its
    /// properties tell.
    fn cmdlet_of(
        &mut self,
        section: &Section<'l>,
        properties: &[RawProperty<'l>],
    ) -> Option<Known> {
        if let Some((cmdlet, what, span)) = by_class(properties) {
            return Some((cmdlet, (what.into(), span)));
        }
        if let Some((command, line)) = &section.command {
            if let Stated::Other(name) = command.stated {
                // Nothing tells where such a listing ends. Its certificates have
                // no property of this name.
                let foreign = |cmdlet: &Cmdlet| {
                    cmdlet.name != "Get-ExchangeCertificate"
                        || properties.iter().any(|p| p.name == "Thumbprint")
                };
                let found = infer(properties).filter(|(cmdlet, ..)| foreign(cmdlet));
                let (cmdlet, what, span) = found.filter(|_| name == CERTUTIL)?;
                return Some((cmdlet, (what.into(), span)));
            }
            if let Some(cmdlet) = command.cmdlet() {
                if let Some((other, what, span)) = by_place(cmdlet, properties) {
                    return Some((other, (what.into(), span)));
                }
                let (mut own, mut known) = (false, 0_usize);
                for (index, property) in properties.iter().enumerate() {
                    let named = self.typing.name_at(index, Some(cmdlet), property.name);
                    own = named.own;
                    known = known.saturating_add(usize::from(named.kind.is_some()));
                    if own {
                        break;
                    }
                }
                let enough = match command.place {
                    Place::Header | Place::Prompt => known > 0,
                    Place::Alone => own || known > 1,
                };
                // Output of another command may stand below without its own.
                if !own
                    && !selects(command.text, properties)
                    && let Some((other, what, span)) = infer(properties)
                    && other.name != cmdlet.name
                {
                    return Some((other, (what.into(), span)));
                }
                if enough {
                    let what = match &self.command {
                        Some((known, what)) if known == line => Arc::clone(what),
                        _ => {
                            let text = self.lines.get(*line);
                            let text = text.map_or(command.text, |l| l.text.trim());
                            let what: Arc<str> = clip(text).into();
                            self.command = Some((*line, Arc::clone(&what)));
                            what
                        }
                    };
                    return Some((cmdlet, (what, self.span_of(command.text, *line))));
                }
            }
        }
        let known = |p: &RawProperty<'l>| {
            p.name.eq_ignore_ascii_case("identity")
                || table().owners(&p.name.to_ascii_lowercase()) > 0
        };
        if !properties.iter().any(known) {
            return None;
        }
        let (cmdlet, what, span) = infer(properties)?;
        Some((cmdlet, (what.into(), span)))
    }

    fn property(
        &self,
        lines: &Whole<'l, '_>,
        kind: Option<Kind>,
        wrap: Option<Wrap>,
    ) -> RawProperty<'l> {
        let (first, last) = (lines.first, lines.last());
        let value: Cow<'l, str> = if lines.more.is_empty() || lines.is_doubtful() {
            Cow::Borrowed(first.text)
        } else {
            Cow::Owned(join(lines, kind, wrap))
        };
        let (raw, span) = if lines.is_doubtful() {
            let first = self.span_of(lines.key, first.line as usize);
            let span = first.to(self.span_of(last.text, last.line as usize));
            (Raw::Opaque(DOUBTFUL), span)
        } else if trim(&value).is_empty() {
            (Raw::Null, self.span_of(lines.key, first.line as usize))
        } else {
            let start = if first.text.is_empty() {
                lines.key
            } else {
                first.text
            };
            let span = self
                .span_of(start, first.line as usize)
                .to(self.span_of(last.text, last.line as usize));
            (Raw::Text(value), span)
        };
        RawProperty {
            name: lines.key,
            raw,
            span,
        }
    }

    /// The rows of a table, or a remark on why it could not be read.
    fn grid(&mut self, section: &Section<'l>, grid: &Grid) -> Vec<Record> {
        let lines = self.lines;
        let text = |line: usize| lines.get(line).map_or("", |l| l.text);
        let head = text(grid.head);
        let Some(mut found) = columns(head, text(grid.dashes)) else {
            return self.crooked_grid(section, grid, head);
        };
        if found.len().saturating_mul(grid.rows.len()) > MOST_CELLS {
            return self.refuse_grid(section, grid, head, LARGE);
        }
        align_right(&mut found, grid.rows.clone().map(text));
        let Some((measure, objects)) = self.grid_objects(section, grid, &found) else {
            return self.crooked_grid(section, grid, head);
        };
        // Again over the rows, so that the cells of a long table need not be kept.
        let mut known: Option<Known> = None;
        for lines in &objects {
            if let Some(row) = self.grid_row(&found, lines, measure, None) {
                known = self.cmdlet_of(section, &row);
            }
            if known.is_some() {
                break;
            }
        }
        let Some((cmdlet, evidence)) = known else {
            return self.refuse_grid(section, grid, head, UNNAMED);
        };
        self.ledger.set(grid.head, LineState::Modelled);
        self.ledger.set(grid.dashes, LineState::Modelled);
        let origin = self.origin(section, cmdlet, evidence);
        let room = MAX_OBJECTS.saturating_sub(self.read);
        for lines in objects.iter().skip(room) {
            for line in lines.clone() {
                self.ledger.set(line, LineState::NotModelled);
            }
            let span = self.span_of_lines(lines.start, lines.start);
            self.unread.get_or_insert(span);
        }
        let mut records = Vec::with_capacity(objects.len().min(room));
        for lines in objects.into_iter().take(room) {
            let Some(row) = self.grid_row(&found, &lines, measure, Some(cmdlet)) else {
                continue;
            };
            for line in lines.clone() {
                self.ledger.set(line, LineState::Modelled);
            }
            let span = self.span_of_lines(lines.start, lines.end.saturating_sub(1));
            let record = build(origin.clone(), &row, span, &mut self.typing);
            note_unknown_values(cmdlet, &record, &mut self.ledger, |_| Some(lines.clone()));
            self.keep_secrets(&record);
            records.push(record);
        }
        self.read = self.read.saturating_add(records.len());
        records
    }

    /// The rows of a table that lost its columns, and a remark on those that
    /// could not be split.
    fn squeezed(
        &mut self,
        section: &Section<'l>,
        table: &Squeezed<'l>,
        cmdlet: &'static Cmdlet,
    ) -> Vec<Record> {
        let lines = self.lines;
        let text = |line: usize| lines.get(line).map_or("", |l| l.text);
        let mut records = Vec::new();
        for line in table.rows.iter().copied() {
            let Some(row) = self.split(&table.headings, text(line), line) else {
                continue;
            };
            if self.read >= MAX_OBJECTS {
                self.ledger.set(line, LineState::NotModelled);
                let span = self.span_of_lines(line, line);
                self.unread.get_or_insert(span);
                continue;
            }
            let Some((_, evidence)) = self
                .cmdlet_of(section, &row)
                .filter(|(known, _)| known.name == cmdlet.name)
            else {
                continue;
            };
            self.ledger.set(table.head, LineState::Modelled);
            self.ledger.set(line, LineState::Modelled);
            let origin = self.origin(section, cmdlet, evidence);
            let span = self.span_of_lines(line, line);
            let record = build(origin, &row, span, &mut self.typing);
            note_unknown_values(cmdlet, &record, &mut self.ledger, |_| {
                Some(line..line.saturating_add(1))
            });
            self.keep_secrets(&record);
            self.read = self.read.saturating_add(1);
            records.push(record);
        }
        for line in &table.doubtful {
            self.ledger.set(*line, LineState::NotModelled);
            let span = self.span_of_lines(*line, *line);
            self.ledger.note(LineState::NotModelled, CROOKED, span);
        }
        if hidden::heads_secrets(text(table.head)) {
            self.hide(table.doubtful.iter().copied());
        }
        if let (Some(first), Some(last)) = (table.unread.first(), table.unread.last()) {
            for line in &table.unread {
                self.ledger.set(*line, LineState::NotModelled);
            }
            if hidden::heads_secrets(text(table.head)) {
                self.hide(table.unread.iter().copied());
            }
            if table.rows.is_empty() {
                self.ledger.set(table.head, LineState::NotModelled);
            }
            let span = self.span_of_lines(*first, *last);
            self.ledger.note(LineState::NotModelled, CROOKED, span);
            self.problems.push(crooked(span));
        }
        records
    }

    /// The cells of a row that lost its columns.
    fn split(
        &self,
        headings: &[Heading<'l>],
        text: &'l str,
        line: usize,
    ) -> Option<Vec<RawProperty<'l>>> {
        let cells = squeezed::cells(text, headings)?;
        let row = headings
            .iter()
            .zip(cells)
            .map(|(heading, cell)| RawProperty {
                name: heading.name,
                raw: raw(heading.name, cell),
                span: self.span_of(cell, line),
            });
        Some(row.collect())
    }

    /// The cells of a row; `None` where it does not keep to the columns.
    fn row(
        &self,
        columns: &[Column<'l>],
        text: &'l str,
        line: usize,
        measure: Measure,
    ) -> Option<Vec<RawProperty<'l>>> {
        let cells = cells(text, columns, measure)?;
        let row = columns
            .iter()
            .zip(cells)
            .map(|(column, (cell, raw))| RawProperty {
                name: column.name,
                raw,
                span: self.span_of(cell, line),
            });
        Some(row.collect())
    }

    /// A table that does not keep to its columns: rows are read whose cells tell
    /// themselves.
    fn crooked_grid(&mut self, section: &Section<'l>, grid: &Grid, head: &'l str) -> Vec<Record> {
        let stated = section.command.as_ref().map(|(command, _)| command);
        let cmdlet = match stated.map(|command| command.stated) {
            Some(Stated::Other(_)) => None,
            _ => stated
                .and_then(|command| command.cmdlet())
                .or_else(|| squeezed::by_view(head)),
        };
        let table = cmdlet.and_then(|cmdlet| {
            let headings = squeezed::headings(head, cmdlet)?;
            let text = |line: usize| self.lines.get(line).map_or("", |l| l.text);
            let splits = |line: usize| squeezed::cells(text(line), &headings).is_some();
            // What does not split may go on with the row above it.
            let (rows, unread): (Vec<usize>, Vec<usize>) = grid.rows.clone().partition(|line| {
                let next = line.saturating_add(1);
                splits(*line)
                    && !squeezed::is_sentence(text(*line))
                    && (next >= grid.rows.end || splits(next))
            });
            let table = Squeezed {
                head: grid.head,
                headings,
                rows,
                unread,
                doubtful: Vec::new(),
            };
            (!table.rows.is_empty()).then_some((table, cmdlet))
        });
        if let Some((table, cmdlet)) = table {
            let records = self.squeezed(section, &table, cmdlet);
            if records.len() == table.rows.len() {
                self.ledger.set(grid.dashes, LineState::Modelled);
                return records;
            }
        }
        self.refuse_grid(section, grid, head, CROOKED)
    }

    fn refuse_grid(
        &mut self,
        section: &Section<'l>,
        grid: &Grid,
        head: &str,
        why: &'static str,
    ) -> Vec<Record> {
        let stated = section.command.as_ref().map(|(command, _)| command.stated);
        let concerns = match stated {
            Some(Stated::Known(_)) => true,
            Some(Stated::Other(_)) => false,
            _ => head
                .split_ascii_whitespace()
                .any(|word| table().owners(&word.to_ascii_lowercase()) > 0),
        };
        let state = if concerns {
            LineState::NotModelled
        } else {
            LineState::Irrelevant
        };
        if hidden::heads_secrets(head) {
            self.hide(grid.rows.clone());
        }
        let last = grid.rows.end.saturating_sub(1).max(grid.dashes);
        for line in grid.head..=last {
            self.ledger.set(line, state);
        }
        if concerns {
            let span = self.span_of_lines(grid.head, last);
            self.ledger.note(state, why, span);
            if why == UNNAMED {
                self.nameless.get_or_insert(span);
                return Vec::new();
            }
            self.problems.push(crooked(span));
        }
        Vec::new()
    }
}

fn crooked(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Warning,
        message: "a table of the shell could not be read".to_owned(),
        hint: Some("print the objects as a list: `| fl *`".to_owned()),
        span,
    }
}

/// Why a value is not known that text stands behind.
const DOUBTFUL: &str = "the line below may be a part of this value, or a note";

/// Cells of a table that is read: as many objects as are read of a file, each
/// with as many columns as a console has room for.
const MOST_CELLS: usize = MAX_OBJECTS * 80;

/// Why a table was not read.
const LARGE: &str = "a table of too many cells";
const CROOKED: &str = "a table whose rows do not keep to its columns";
const UNNAMED: &str = "a table of an unnamed cmdlet";

/// Adds a record to the last run, or begins another.
fn append(runs: &mut Vec<CmdletRun>, record: Record) {
    let host = record.host.clone();
    match runs.last_mut() {
        Some(run) if run.cmdlet == record.cmdlet && run.host == host => {
            run.span = run.span.to(record.span);
            run.records.push(record);
        }
        _ => runs.push(CmdletRun {
            cmdlet: record.cmdlet,
            host,
            span: record.span,
            records: vec![record],
        }),
    }
}

/// Whether a command names the properties of an object, as `| ft Name,Site` does.
fn selects(command: &str, properties: &[RawProperty<'_>]) -> bool {
    let words: Vec<&str> = command
        .split(|c: char| !c.is_ascii_alphanumeric())
        .collect();
    properties
        .iter()
        .all(|property| words.iter().any(|w| w.eq_ignore_ascii_case(property.name)))
}

/// A command for a message, short.
fn clip(text: &str) -> String {
    const LIMIT: usize = 100;
    let mut short: String = text.chars().take(LIMIT).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
