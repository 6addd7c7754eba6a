//! Tables of a page, as `ConvertTo-Html` writes them: an object in each row
//! under the names of its properties, or (`-As List`) a property in each row.
//!
//! A heading above a table that names a cmdlet tells whose objects follow.
//! Lists are names of .NET types here, as in `Export-Csv`.
//!
//! A page of a blog or a wiki shows what a console printed in `<pre>`: such
//! text is read as a capture ([`preformatted`]).

mod paragraphs;
mod preformatted;
mod tables;
mod tags;

pub(in crate::formats::exchange) use tags::{entity, plain};

use super::collect::{Collector, Stated, is_known, is_telling, may_matter};
use super::list::{LIST, one_line};
use super::record::RawProperty;
use super::value::Raw;
use crate::formats::{
    Content, Document, Evidence, Format, Ledger, LineState, Problem, ProblemLevel, Unit,
};
use crate::model::exchange::Value;
use crate::source::{SourceFile, Span, head};
use tables::{Found, Tables};

/// Exchange objects as tables of a page.
pub const HTML: Format = Format {
    id: "exchange-html",
    title: "Exchange objects (ConvertTo-Html, pages with captures)",
    detect,
    parse,
};

/// How much of a file detection looks at.
const DETECT_BYTES: usize = 256 * 1024;
/// Objects that detection looks at.
const DETECT_OBJECTS: usize = 256;

const WHOLE_LISTS: &str = "export again with Export-Clixml, or join each list: Select-Object Identity, @{n='{list}';e={$_.{list} -join ';'}}";

fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text();
    let start = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if start.starts_with("<Objs") {
        return None;
    }
    if !start.starts_with('<') {
        return of_post(file, start);
    }
    let mut collector = Collector::new(file, WHOLE_LISTS);
    let mut tables = Tables::new(file, head(text, DETECT_BYTES));
    let mut weak = None;
    let mut looked = 0_usize;
    while looked < DETECT_OBJECTS
        && let Some(found) = tables.next()
    {
        let Found::Object(properties, span) = found else {
            continue;
        };
        looked = looked.saturating_add(1);
        let stated = Stated::by_heading(file, tables.heading);
        let known = properties.iter().filter(|p| is_known(p.name)).count();
        if let Some((_, (what, at))) = collector.cmdlet_of(stated.as_ref(), &properties) {
            return Some(Evidence {
                strength: if known >= 4 { 88 } else { 80 },
                what: what.to_string(),
                span: at,
            });
        }
        if may_matter(&properties) {
            weak.get_or_insert(span);
        }
    }
    if let Some(evidence) = preformatted::of(file, DETECT_BYTES)
        .and_then(|shown| (LIST.detect)(&shown.file))
        .or_else(|| in_paragraphs(file))
    {
        return Some(evidence);
    }
    weak.map(|span| Evidence {
        strength: 50,
        what: "a table with names of Exchange properties".to_owned(),
        span,
    })
}

/// Whether the paragraphs of a page hold a capture: a prompt tells one. Manuals have
/// names of properties before a colon, too, but what follows them is no value.
fn in_paragraphs(file: &SourceFile) -> Option<Evidence> {
    const PROPERTIES: u8 = 80;
    const PROMPT: u8 = 92;
    let lines = paragraphs::of(file, DETECT_BYTES)?;
    let evidence = (LIST.detect)(&lines)?;
    let told = evidence.strength >= PROMPT
        || evidence.strength >= PROPERTIES && has_values(&(LIST.parse)(&lines));
    told.then_some(evidence)
}

/// Whether the properties of all objects have values of their kinds.
fn has_values(document: &Document) -> bool {
    let runs = document.content.iter().filter_map(|content| match content {
        Content::Exchange(run) => Some(run),
        _ => None,
    });
    let mut records = runs.flat_map(|run| &run.records);
    records.all(|record| {
        let mut properties = record.properties.iter();
        properties.all(|property| !matches!(property.value, Value::Unusable(_)))
    })
}

/// A post of a blog in Markdown, whose captures stand in elements of a page with their
/// words in colour; those in fences are read as text.
fn of_post(file: &SourceFile, start: &str) -> Option<Evidence> {
    if start.starts_with(['{', '"']) || !head(start, DETECT_BYTES).contains("<pre") {
        return None;
    }
    let shown = preformatted::of(file, DETECT_BYTES)?;
    let evidence = (LIST.detect)(&shown.file)?;
    // Rows without their tags may look like a table, but not their command.
    let as_text = (LIST.detect)(file).map_or(0, |text| text.strength);
    (evidence.strength > as_text).then_some(evidence)
}

fn parse(file: &SourceFile) -> Document {
    let tables = tables_of(file);
    let whole = file.text().len();
    let captures = |lines: &SourceFile| one_line::whole(file, lines, (LIST.parse)(lines));
    if let Some(shown) = preformatted::of(file, whole)
        && (LIST.detect)(&shown.file).is_some()
    {
        return together(file, tables, captures(&shown.file), &shown.lines);
    }
    // What its beginning is, all of it is.
    match in_paragraphs(file).and_then(|_| paragraphs::of(file, whole)) {
        Some(lines) => {
            let mut shown = vec![false; file.line_count()];
            let filled = lines
                .lines()
                .filter(|(_, line)| paragraphs::holds_text(line));
            for (span, _) in filled {
                if let Some(slot) = shown.get_mut(file.line_of(span.start)) {
                    *slot = true;
                }
            }
            together(file, tables, captures(&lines), &shown)
        }
        None => tables,
    }
}

/// The tables and the captures of one page, line by line.
fn together(file: &SourceFile, tables: Document, captures: Document, shown: &[bool]) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    for (line, is_shown) in shown.iter().enumerate() {
        let state = match captures.ledger.state(line) {
            Some(state) if *is_shown => state,
            // Text around it, and markup.
            _ => LineState::Irrelevant,
        };
        ledger.set(line, state);
    }
    let mark = |ledger: &mut Ledger, span: Span, state| {
        let last = span.end.saturating_sub(1).max(span.start);
        for line in file.line_of(span.start)..=file.line_of(last) {
            ledger.set(line, state);
        }
    };
    for content in &tables.content {
        if let Content::Exchange(run) = content {
            for record in &run.records {
                mark(&mut ledger, record.span, LineState::Modelled);
            }
        }
    }
    for note in tables.ledger.notes() {
        if note.state != LineState::Irrelevant {
            mark(&mut ledger, note.span, note.state);
        }
    }
    for note in tables.ledger.notes().iter().chain(captures.ledger.notes()) {
        ledger.note(note.state, note.why.clone(), note.span);
    }
    let mut content = tables.content;
    content.extend(captures.content);
    let mut problems = tables.problems;
    problems.extend(captures.problems);
    Document {
        content,
        ledger,
        problems,
    }
}

fn tables_of(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, WHOLE_LISTS);
    let mut tables = Tables::new(file, file.text());
    let mut refused: Option<(Span, usize)> = None;
    while let Some(found) = tables.next() {
        match found {
            Found::Object(properties, span) => {
                let stated = Stated::by_heading(file, tables.heading);
                if !collector.add(stated.as_ref(), &properties, span) {
                    collector.leave_out(&properties, span);
                }
            }
            Found::Refused(names, span) => {
                if names.iter().any(|name| is_telling(name)) {
                    collector.refuse("the row does not have the cells of its heading", span);
                    let (_, count) = refused.get_or_insert((span, 0));
                    *count = count.saturating_add(1);
                }
            }
            Found::Empty(names, span) => {
                let stated = Stated::by_heading(file, tables.heading);
                empty(stated.as_ref(), &mut collector, &names, span);
            }
        }
    }
    if let Some(span) = tables.open {
        collector.problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the file ends inside a table".to_owned(),
            hint: Some("export it again: what follows is missing".to_owned()),
            span,
        });
    }
    if let Some((span, count)) = refused {
        collector.problems.push(Problem {
            level: ProblemLevel::Error,
            message: format!("{count} rows do not have the cells of their heading"),
            hint: Some("export again with Export-Clixml".to_owned()),
            span,
        });
    }
    collector.finish()
}

/// A heading row without objects: its cmdlet returned nothing.
fn empty<'a>(
    stated: Option<&Stated>,
    collector: &mut Collector<'a>,
    names: &[&'a str],
    span: Span,
) {
    let columns: Vec<RawProperty<'a>> = names
        .iter()
        .map(|name| RawProperty {
            name,
            raw: Raw::Null,
            span,
        })
        .collect();
    if let Some((cmdlet, _)) = collector.cmdlet_of(stated, &columns) {
        collector.empty(cmdlet, span);
    }
}

#[cfg(test)]
mod tests;
