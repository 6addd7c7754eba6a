//! Tables of Markdown, as people paste them into tickets and wikis: an object
//! in each row under the names of its properties, or a property in each row.
//!
//! A table is a row of names over a row of dashes (GitHub Flavored Markdown,
//! 4.10). What stands around it may be captures, which go to the reader of
//! lists.

use std::collections::HashSet;

use super::collect::{Collector, Stated, is_known, is_telling, may_matter};
use super::html::plain;
use super::list::LIST;
use super::record::{MAX_PROPERTIES, RawProperty};
use super::value::Raw;
use crate::formats::{Document, Evidence, Format, Ledger, LineState, Unit};
use crate::source::{SourceFile, Span, is_markup};

/// Exchange objects as tables of Markdown.
pub const MARKDOWN: Format = Format {
    id: "exchange-markdown",
    title: "Exchange objects (tables of Markdown)",
    detect,
    parse,
};

/// Lines that detection looks at.
const DETECT_LINES: usize = 4000;
/// Headings longer than this are prose.
const LONGEST_HEADING: usize = 200;
/// What stands over the second column of a table that explains properties.
const EXPLANATIONS: [&str; 8] = [
    "Description",
    "Meaning",
    "Explanation",
    "Beschreibung",
    "説明",
    "意味",
    "说明",
    "描述",
];
const WHOLE_LISTS: &str = "export again with Export-Clixml";

/// A table: lines of the file.
#[derive(Debug)]
struct Table<'a> {
    names: Vec<&'a str>,
    /// The line with the names.
    head: usize,
    /// Behind the last row.
    end: usize,
    /// The last heading above.
    heading: Option<&'a str>,
}

fn detect(file: &SourceFile) -> Option<Evidence> {
    let head = file.text().trim_start_matches('\u{feff}').trim_start();
    if is_markup(head) || head.starts_with(['{', '"']) {
        return None;
    }
    let mut collector = Collector::new(file, WHOLE_LISTS);
    for table in tables(file, DETECT_LINES) {
        for (properties, span) in objects(file, &table).0 {
            let stated = Stated::by_heading(file, table.heading);
            if let Some((_, (what, _))) = collector.cmdlet_of(stated.as_ref(), &properties) {
                return Some(Evidence {
                    // Above captures with a prompt, which are read here as well.
                    strength: 93,
                    what: what.to_string(),
                    span,
                });
            }
        }
    }
    None
}

fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, WHOLE_LISTS);
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut of_tables = vec![false; file.line_count()];
    for table in tables(file, file.line_count()) {
        let (all, refused) = objects(file, &table);
        let matters = all.iter().any(|(properties, _)| may_matter(properties));
        let stated = Stated::by_heading(file, table.heading);
        if !matters && stated.is_none() {
            // Any table of the document: other readers say what it is.
            continue;
        }
        for line in table.head..table.end {
            ledger.set(line, LineState::Modelled);
            if let Some(slot) = of_tables.get_mut(line) {
                *slot = true;
            }
        }
        for (properties, span) in all {
            if !collector.add(stated.as_ref(), &properties, span) {
                collector.leave_out(&properties, span);
            }
            let state = collector.ledger.states().last().copied();
            for line in file.line_of(span.start)..=file.line_of(span.end.saturating_sub(1)) {
                ledger.set(line, state.unwrap_or(LineState::Modelled));
            }
        }
        for (why, span) in refused {
            collector.refuse(why, span);
            ledger.set(file.line_of(span.start), LineState::NotModelled);
        }
    }
    let tables = collector.finish();
    for note in tables.ledger.notes() {
        ledger.note(note.state, note.why.clone(), note.span);
    }
    let mut content = tables.content;
    let mut problems = tables.problems;
    let rest = without(file, &of_tables);
    let captures = (LIST.detect)(&rest).is_some().then(|| (LIST.parse)(&rest));
    for (line, of_table) in of_tables.iter().enumerate() {
        if !of_table {
            let state = captures.as_ref().and_then(|read| read.ledger.state(line));
            // Prose and other tables: nothing that a cmdlet printed.
            ledger.set(line, state.unwrap_or(LineState::Irrelevant));
        }
    }
    if let Some(captures) = captures {
        for note in captures.ledger.notes() {
            ledger.note(note.state, note.why.clone(), note.span);
        }
        content.extend(captures.content);
        problems.extend(captures.problems);
    }
    Document {
        content,
        ledger,
        problems,
    }
}

/// A copy of the file with blanks for the lines of tables.
fn without(file: &SourceFile, of_tables: &[bool]) -> SourceFile {
    let mut text = String::with_capacity(file.text().len());
    for (index, of_table) in of_tables.iter().enumerate() {
        let Some(range) = file.line_range(index).filter(|_| *of_table) else {
            continue;
        };
        text.push_str(file.text().get(text.len()..range.start).unwrap_or_default());
        text.extend(std::iter::repeat_n(' ', range.len()));
    }
    text.push_str(file.text().get(text.len()..).unwrap_or_default());
    SourceFile::from_text(file.id(), file.name(), text)
}

/// The tables of the first `most` lines.
fn tables(file: &SourceFile, most: usize) -> Vec<Table<'_>> {
    let mut all = Vec::new();
    let mut heading = None;
    let mut index = 0_usize;
    let line = |index: usize| file.line(index).unwrap_or_default();
    while index < most.min(file.line_count()) {
        let below = index.saturating_add(1);
        let text = line(index);
        if let Some(named) = heading_of(text) {
            heading = Some(named);
        }
        let dashes = rule_columns(line(below));
        let names = cells(text);
        if dashes != Some(names.len()) {
            index = below;
            continue;
        }
        let mut end = below.saturating_add(1);
        while end < most.min(file.line_count()) && is_row(line(end)) {
            end = end.saturating_add(1);
        }
        all.push(Table {
            names,
            head: index,
            end,
            heading,
        });
        index = end;
    }
    all
}

/// `## Get-ReceiveConnector`, `**Get-ReceiveConnector**`.
fn heading_of(line: &str) -> Option<&str> {
    let line = line.trim();
    let marked = line.starts_with('#') || line.starts_with("**") && line.ends_with("**");
    let text = line.trim_matches(['#', '*', ' ']);
    (marked && !text.is_empty() && text.len() <= LONGEST_HEADING).then_some(text)
}

/// The columns of a row of dashes below names: `|---|:--:|`.
pub(super) fn rule_columns(line: &str) -> Option<usize> {
    let line = line.trim();
    let sound = line.contains('|') && line.contains('-');
    if !sound
        || !line
            .bytes()
            .all(|b| matches!(b, b'|' | b'-' | b':' | b' ' | b'\t'))
    {
        return None;
    }
    let cells = cells(line);
    cells
        .iter()
        .all(|cell| cell.contains('-') && !cell.contains(' '))
        .then_some(cells.len())
}

fn is_row(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty()
        && line.contains('|')
        && !line.starts_with(['#', '>'])
        && !line.starts_with("```")
}

/// The cells of a row; a bar behind a backslash is text.
fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut all = Vec::new();
    let mut start = 0_usize;
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate() {
        if byte == b'|' && !escaped {
            all.push(line.get(start..at).unwrap_or_default().trim());
            start = at.saturating_add(1);
        }
        escaped = byte == b'\\' && !escaped;
    }
    let last = line.get(start..).unwrap_or_default().trim();
    if !last.is_empty() || all.is_empty() {
        all.push(last);
    }
    all
}

/// Objects, and rows that cannot be read, each with the reason.
type Objects<'a> = (Vec<(Vec<RawProperty<'a>>, Span)>, Vec<(&'static str, Span)>);

/// The objects of a table, and the rows that cannot be read.
fn objects<'a>(file: &'a SourceFile, table: &Table<'a>) -> Objects<'a> {
    let names: Vec<&str> = table.names.iter().map(|name| bare(name)).collect();
    let rows = table.head.saturating_add(2)..table.end;
    let row = |index: usize| {
        let line = file.line(index).unwrap_or_default();
        let span = file
            .span_of(line.trim())
            .unwrap_or(Span::of(file.id(), 0..0));
        (cells(line), span)
    };
    let known = names.iter().filter(|name| is_known(name)).count();
    if let ([_, second], 0..=1) = (names.as_slice(), known) {
        let pairs: Vec<(Vec<&str>, Span)> = rows.clone().map(row).collect();
        let key = |cells: &[&'a str]| cells.first().map_or("", |name| bare(name));
        let telling = pairs.iter().filter(|(cells, _)| is_telling(key(cells)));
        if telling.count() >= 2 && pairs.iter().all(|(cells, _)| cells.len() <= 2) {
            let explained = EXPLANATIONS
                .iter()
                .any(|word| second.eq_ignore_ascii_case(word));
            return match explained {
                true => (Vec::new(), Vec::new()),
                false => vertical(file, &pairs),
            };
        }
    }
    let mut all = Vec::new();
    let mut refused = Vec::new();
    for index in rows {
        let (cells, span) = row(index);
        if let Some(why) = unfit(cells.len(), names.len()) {
            refused.push((why, span));
            continue;
        }
        let properties: Vec<RawProperty<'a>> = names
            .iter()
            .enumerate()
            .filter(|(_, name)| !name.is_empty())
            .map(|(column, name)| match cells.get(column) {
                Some(cell) => property(file, name, cell, span),
                None => RawProperty {
                    name,
                    raw: Raw::Opaque("the row ends before this column"),
                    span,
                },
            })
            .collect();
        if !properties.is_empty() {
            all.push((properties, span));
        }
    }
    (all, refused)
}

/// Why a row of so many cells cannot be read.
fn unfit(cells: usize, columns: usize) -> Option<&'static str> {
    if columns > MAX_PROPERTIES {
        return Some("the table has more columns than an object has properties");
    }
    if cells > columns {
        return Some("the row has more cells than there are columns");
    }
    // What is missing is kept for every column.
    (cells < columns / 2).then_some("the row ends before half of the columns")
}

/// Rows of name and value; a name that comes again begins an object.
fn vertical<'a>(file: &'a SourceFile, pairs: &[(Vec<&'a str>, Span)]) -> Objects<'a> {
    let mut all: Vec<(Vec<RawProperty<'a>>, Span)> = Vec::new();
    let mut refused = Vec::new();
    let mut named = HashSet::new();
    for (cells, span) in pairs {
        let name = cells.first().map_or("", |name| bare(name));
        let value = cells.get(1).copied().unwrap_or_default();
        let property = property(file, name, value, *span);
        let new = named.insert(name);
        match all.last_mut() {
            Some((open, _)) if new && open.len() >= MAX_PROPERTIES => {
                refused.push(("the object has more properties than any", *span));
            }
            Some((open, whole)) if new => {
                *whole = whole.to(*span);
                open.push(property);
            }
            _ => {
                named = HashSet::from([name]);
                all.push((vec![property], *span));
            }
        }
    }
    (all, refused)
}

/// A name or a value without the marks of code and bold.
fn bare(cell: &str) -> &str {
    for mark in ["**", "`"] {
        let inner = cell.strip_prefix(mark).and_then(|c| c.strip_suffix(mark));
        if let Some(inner) = inner.filter(|inner| !inner.contains(mark)) {
            return inner.trim();
        }
    }
    cell
}

fn property<'a>(file: &'a SourceFile, name: &'a str, cell: &'a str, row: Span) -> RawProperty<'a> {
    let value = bare(cell);
    let span = file.span_of(value).unwrap_or(row);
    let raw = match plain(value) {
        text if text.trim().is_empty() => Raw::Null,
        text if text.contains("\\|") => Raw::Text(text.replace("\\|", "|").into()),
        text => Raw::Text(text),
    };
    RawProperty { name, raw, span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::FORMATS;
    use crate::formats::detect::{Detection, detect as detect_all};
    use crate::formats::exchange::testing::{at, flags, list, named, records, text, value};

    const TABLE: &str = "# Relays\n\n\
        | Name | Bindings | `PermissionGroups` | RemoteIPRanges | Enabled |\n\
        |:-----|----------|:----------------:|---------------:|---------|\n\
        | Relay HUB1 | {0.0.0.0:25} | AnonymousUsers, ExchangeServers | {10.0.0.0/8, 192.0.2.7} | True |\n\
        | `Fax \\| Scan` | {0.0.0.0:587} | AnonymousUsers | {10.1.0.0/16} | **False** |\n\n\
        Thanks\n";

    fn format_of(file: &SourceFile) -> Option<&'static str> {
        match detect_all(file, FORMATS, &[]) {
            Detection::Recognised { format, .. } => Some(format.id),
            _ => None,
        }
    }

    #[test]
    fn rows_of_a_table_are_objects() {
        let file = named("relays.md", TABLE);
        assert_eq!(format_of(&file), Some("exchange-markdown"));
        let document = parse(&file);
        let all = records(&document);
        assert_eq!(all.len(), 2);
        assert!(all.iter().all(|r| r.cmdlet == Some("Get-ReceiveConnector")));
        assert_eq!(
            value(all[0], "RemoteIPRanges"),
            &list(&["10.0.0.0/8", "192.0.2.7"])
        );
        assert_eq!(
            value(all[0], "PermissionGroups"),
            &flags(&["AnonymousUsers", "ExchangeServers"])
        );
        assert_eq!(value(all[1], "Name"), &text("Fax | Scan"));
        assert_eq!(
            value(all[1], "Enabled"),
            &crate::model::exchange::Value::Bool(false)
        );
        assert_eq!(at(&file, all[0], "Bindings"), "{0.0.0.0:25}");
        let totals = document.ledger.totals();
        assert_eq!((totals.modelled, totals.irrelevant), (4, 4));
    }

    #[test]
    fn a_table_that_is_the_whole_file_is_not_one_of_separated_values() {
        let table = TABLE.trim_start_matches("# Relays\n\n");
        let file = named("relays.txt", table);
        assert_eq!(format_of(&file), Some("exchange-markdown"));
        assert_eq!(records(&parse(&file)).len(), 2);
        let bare = table.replace("\n| ", "\n").replace("\n|", "\n");
        let file = named("relays.txt", bare.trim_start_matches("| "));
        assert_eq!(format_of(&file), Some("exchange-markdown"), "{bare}");
        assert_eq!(records(&parse(&file)).len(), 2);
    }

    #[test]
    fn a_property_in_each_row_is_an_object_too() {
        let page = "## Get-ReceiveConnector\n\n| Property | Value |\n|---|---|\n\
            | Name | Relay |\n| Bindings | {0.0.0.0:25} |\n| AuthMechanism | Tls |\n\
            | Name | Fax |\n| Bindings | {0.0.0.0:26} |\n| AuthMechanism | None |\n";
        let document = parse(&named("x.md", page));
        let all = records(&document);
        assert_eq!(all.len(), 2);
        assert_eq!(value(all[1], "Bindings"), &list(&["0.0.0.0:26"]));
    }

    #[test]
    fn a_table_that_explains_properties_is_no_object() {
        let page = "# Get-ReceiveConnector parameters\n\n| Parameter | Description |\n|---|---|\n\
            | Name | The name of the connector |\n| Bindings | Addresses and ports |\n\
            | AuthMechanism | What it offers |\n";
        let file = named("README.md", page);
        assert!(detect(&file).is_none());
        assert!(records(&parse(&file)).is_empty());
    }

    #[test]
    fn what_does_not_fit_is_refused_and_said() {
        let short = TABLE.replace(
            "AnonymousUsers, ExchangeServers | {10.0.0.0/8, 192.0.2.7} | True |",
            "AnonymousUsers |",
        );
        let document = parse(&named("x.md", &short));
        assert_eq!(records(&document).len(), 2, "three of five cells");
        let shorter = TABLE.replace(
            "{0.0.0.0:25} | AnonymousUsers, ExchangeServers | {10.0.0.0/8, 192.0.2.7} | True |",
            "",
        );
        let document = parse(&named("x.md", &shorter));
        assert_eq!(records(&document).len(), 1, "one of five cells");
        assert_eq!(document.ledger.totals().not_modelled, 1);
        let rows: String = (0..2_000).map(|n| format!("| k{n} | x |\n")).collect();
        let page = format!(
            "## Get-ReceiveConnector\n\n| Property | Value |\n|---|---|\n\
             | PermissionGroups | AnonymousUsers |\n| AuthMechanism | Tls |\n{rows}"
        );
        let document = parse(&named("x.md", &page));
        let beyond = 2_002 - MAX_PROPERTIES;
        assert_eq!(document.ledger.totals().not_modelled, beyond);
    }

    #[test]
    fn captures_beside_a_table_are_read_as_well() {
        let page = format!(
            "{TABLE}\n```\n[PS] C:\\>Get-PopSettings | fl\n\nLoginType : PlainTextLogin\n\
             X509CertificateName : mail.contoso.com\n```\n\n| Who | When |\n|---|---|\n| me | today |\n"
        );
        let file = named("x.md", &page);
        assert_eq!(format_of(&file), Some("exchange-markdown"));
        let document = parse(&file);
        let cmdlets: Vec<_> = records(&document).iter().map(|r| r.cmdlet).collect();
        assert_eq!(
            cmdlets,
            [
                Some("Get-ReceiveConnector"),
                Some("Get-ReceiveConnector"),
                Some("Get-PopSettings")
            ]
        );
    }

    #[test]
    fn a_row_that_holds_a_bar_is_refused_and_other_tables_are_none() {
        let broken = TABLE.replace("Fax \\| Scan", "Fax | Scan");
        let document = parse(&named("x.md", &broken));
        assert_eq!(records(&document).len(), 1);
        assert_eq!(document.ledger.totals().not_modelled, 1);
        for other in [
            "| Name | Who |\n|---|---|\n| a | b |\n",
            "a | b\n",
            "|---|---|\n|---|---|\n",
            "",
        ] {
            assert!(detect(&named("x.md", other)).is_none(), "{other}");
            let _ = parse(&named("x.md", other));
        }
    }
}
