//! Format-Table: objects in rows under a line of dashes.
//!
//! A table is read only when every row keeps to the columns that the dashes
//! draw. A paste that lost its blanks is refused, never half read.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::list::line::without_remark;
use super::value::{Raw, is_short_form};

/// How a shell counts the places of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// As a console shows it: characters of East Asian scripts take two places.
    Width,
    /// As Windows PowerShell writes it to a file: one place for each character.
    Characters,
}

impl Measure {
    /// Both; they agree on a line of narrow characters.
    pub const ALL: [Self; 2] = [Self::Width, Self::Characters];

    fn of(self, c: char) -> usize {
        match self {
            Self::Width => c.width().unwrap_or(0),
            Self::Characters => 1,
        }
    }

    /// The places that a text takes.
    #[must_use]
    pub fn places(self, text: &str) -> usize {
        text.chars().map(|c| self.of(c)).sum()
    }

    /// The bytes of a row that each column covers, in one pass over the row;
    /// `None` where a character stands on both sides of a border.
    fn bytes(self, row: &str, columns: &[Column<'_>]) -> Option<Vec<Range<usize>>> {
        let mut borders: Vec<Range<usize>> = Vec::with_capacity(columns.len());
        if row.is_ascii() {
            borders.extend(columns.iter().map(|column| {
                let end = column.range.end.min(row.len());
                column.range.start.min(end)..end
            }));
            return Some(borders);
        }
        let mut characters = row.char_indices();
        let (mut at, mut place) = (0_usize, 0_usize);
        let mut next = characters.next();
        // Where the first character begins that does not stand before a place.
        let mut byte_of = |wanted: usize| {
            while let Some((_, c)) = next.filter(|_| place < wanted) {
                place = place.saturating_add(self.of(c));
                next = characters.next();
                at = next.map_or(row.len(), |(at, _)| at);
            }
            (next.is_none() || place == wanted).then_some(at)
        };
        for column in columns {
            let start = byte_of(column.range.start)?;
            borders.push(start..byte_of(column.range.end)?);
        }
        Some(borders)
    }
}

/// A column: its heading and the places it covers in every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column<'a> {
    /// The heading: a property's name.
    pub name: &'a str,
    /// Places of a row; the last column reaches to the end.
    pub range: Range<usize>,
}

/// Columns of a table that are read; a console has room for fewer, and the work
/// grows with columns times rows.
pub const MOST_COLUMNS: usize = 128;

/// Headings of default tables that are not the name of the property.
const LABELS: &[(&str, &str)] = &[("Member Servers", "Servers")];

/// The columns that the dashes draw under the headings; `None` where a
/// heading does not stand over its dashes, or where there are too many.
#[must_use]
pub fn columns<'a>(head: &'a str, dashes: &str) -> Option<Vec<Column<'a>>> {
    // Tabs of a paste stand in no column.
    if !head.is_ascii() || dashes.contains('\t') {
        return None;
    }
    if let Some(columns) = columns_of_headings(head, dashes) {
        return Some(columns);
    }
    let mut columns: Vec<Column<'a>> = Vec::new();
    let mut lengths = Vec::new();
    let mut at = 0_usize;
    for group in dashes.split(' ') {
        if !group.is_empty() {
            if columns.len() >= MOST_COLUMNS {
                return None;
            }
            lengths.push(group.len());
            if let Some(last) = columns.last_mut() {
                last.range.end = at;
            }
            columns.push(Column {
                name: "",
                range: at..usize::MAX,
            });
        }
        at = at.saturating_add(group.len()).saturating_add(1);
    }
    for (column, dashes) in columns.iter_mut().zip(lengths) {
        let end = column.range.end.min(head.len());
        let name = head.get(column.range.start..end)?.trim_end();
        let starts_before = column.range.start > 0
            && head.as_bytes().get(column.range.start.saturating_sub(1)) != Some(&b' ');
        // A heading of several words stands over as many dashes; others lost
        // the blanks between two of them.
        let two = name.contains(' ') && name.len() != dashes;
        if name.is_empty() || starts_before || two {
            return None;
        }
        let label = LABELS.iter().find(|(label, _)| *label == name);
        column.name = label.map_or(name, |(_, property)| property);
    }
    (!columns.is_empty()).then_some(columns)
}

/// The columns by their headings, where one row of dashes under all of them draws
/// none, as people write it. Two blanks at least part two headings.
fn columns_of_headings<'a>(head: &'a str, dashes: &str) -> Option<Vec<Column<'a>>> {
    let drawn = dashes.trim_end();
    if drawn.contains(' ') || head.starts_with(' ') || drawn.len() < head.trim_end().len() {
        return None;
    }
    let mut columns: Vec<Column<'a>> = Vec::new();
    let mut at = 0_usize;
    for part in head.split("  ") {
        let name = part.trim();
        // An odd blank belongs to the gap before the heading.
        let start = at.saturating_add(part.len().saturating_sub(part.trim_start().len()));
        at = at.saturating_add(part.len()).saturating_add(2);
        if name.is_empty() {
            continue;
        }
        if name.contains(' ') || columns.len() >= MOST_COLUMNS {
            return None;
        }
        if let Some(last) = columns.last_mut() {
            last.range.end = start;
        }
        columns.push(Column {
            name,
            range: start..usize::MAX,
        });
    }
    (columns.len() > 1).then_some(columns)
}

/// Moves the left border of columns of numbers and truth values to where their
/// longest cell begins: the shell aligns them and their headings to the right,
/// so that `False` begins before the dashes under `Deny`.
pub fn align_right<'a>(columns: &mut [Column<'_>], rows: impl Iterator<Item = &'a str> + Clone) {
    // Bytes are places only there.
    if !rows.clone().all(str::is_ascii) {
        return;
    }
    for at in (1..columns.len()).rev() {
        let Some([before, column]) = columns.get_mut(at.saturating_sub(1)..=at) else {
            return;
        };
        let start = column.range.start;
        let begins = |row: &str| {
            let cell = row.get(start..).is_some_and(|cell| !cell.starts_with(' '));
            let left = row.get(..start).filter(|left| cell && !left.is_empty())?;
            (!left.ends_with(' ')).then(|| left.rfind(' ').map_or(0, |at| at.saturating_add(1)))
        };
        let Some(first) = rows.clone().filter_map(begins).min() else {
            continue;
        };
        let end = column.range.end;
        let right = start.saturating_add(column.name.len());
        let fits = |row: &str| {
            let blank = row.get(..first).is_none_or(|left| left.ends_with(' '));
            let cell = row.get(first..end.min(row.len())).unwrap_or_default();
            let cell = cell.trim_end();
            let aligned = cell.is_empty() || first.saturating_add(cell.len()) == right;
            blank && aligned && is_right_aligned(cell.trim_start())
        };
        let heading = before.range.start.saturating_add(before.name.len());
        if first > heading && rows.clone().all(fits) {
            before.range.end = first;
            column.range.start = first;
        }
    }
}

fn is_right_aligned(cell: &str) -> bool {
    matches!(cell, "" | "True" | "False") || cell.bytes().all(|byte| byte.is_ascii_digit())
}

/// The cells of a row; `None` where the row does not keep to the columns.
#[must_use]
pub fn cells<'a>(
    row: &'a str,
    columns: &[Column<'_>],
    measure: Measure,
) -> Option<Vec<(&'a str, Raw<'a>)>> {
    let cells = pieces(row, columns, measure)?;
    // A row without its first cell continues the one above (-Wrap).
    let first = cells.first().is_some_and(|cell| !cell.is_empty());
    let named = columns.iter().zip(cells);
    first.then(|| {
        let cells = named.map(|(column, cell)| (cell, raw(column.name, cell)));
        cells.collect()
    })
}

/// What stands in the columns of a row, which may go on with the one above;
/// `None` where it does not keep to the columns.
#[must_use]
pub fn pieces<'a>(row: &'a str, columns: &[Column<'_>], measure: Measure) -> Option<Vec<&'a str>> {
    let mut pieces = Vec::with_capacity(columns.len());
    for bytes in measure.bytes(row, columns)? {
        let before = row.get(..bytes.start)?;
        if !before.is_empty() && !before.ends_with([' ', '\u{3000}']) && !bytes.is_empty() {
            return None;
        }
        pieces.push(without_remark(row.get(bytes)?.trim()));
    }
    Some(pieces)
}

/// What a cell says of the property that its heading names.
#[must_use]
pub fn raw<'a>(name: &str, cell: &'a str) -> Raw<'a> {
    let cut = cell.ends_with("...") || cell.ends_with('…');
    if cell.is_empty() {
        Raw::Null
    } else if cut && !(name.eq_ignore_ascii_case(SERVICES) && is_short_form(SERVICES, cell)) {
        Raw::Cut(cell.into())
    } else {
        Raw::Text(cell.into())
    }
}

/// What a certificate is for; the shell shows it as letters and dots.
const SERVICES: &str = "Services";

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "Identity            Bindings      Enabled";
    const DASHES: &str = "--------            --------      -------";

    #[test]
    fn one_row_of_dashes_leaves_the_columns_to_the_headings() {
        let head = "Name      Edition     ServerRole";
        let dashes = "-".repeat(40);
        let columns = columns(head, &dashes).expect("columns of the headings");
        let found: Vec<_> = columns.iter().map(|c| (c.name, c.range.start)).collect();
        assert_eq!(found, [("Name", 0), ("Edition", 10), ("ServerRole", 22)]);
        let row = "HUB1      Enterprise  Mailbox, ClientAccess";
        let row: Vec<_> = cells(row, &columns, Measure::Width)
            .expect("in columns")
            .into_iter()
            .map(|(cell, _)| cell)
            .collect();
        assert_eq!(row, ["HUB1", "Enterprise", "Mailbox, ClientAccess"]);
        // A cell that reaches over a border belongs to no column.
        let long = "HUB1-LONDON Enterprise Mailbox";
        assert!(cells(long, &columns, Measure::Width).is_none());
        // Nothing tells where one blank parts headings from a heading of two words.
        assert!(super::columns("Name Edition ServerRole", &dashes).is_none());
    }

    #[test]
    fn cells_follow_the_dashes() {
        let columns = columns(HEAD, DASHES).expect("aligned");
        let row = "HUB1\\Default HUB1   {0.0.0.0:25}  True";
        let cells: Vec<_> = cells(row, &columns, Measure::Width)
            .expect("aligned")
            .into_iter()
            .map(|c| c.0)
            .collect();
        assert_eq!(cells, ["HUB1\\Default HUB1", "{0.0.0.0:25}", "True"]);
    }

    #[test]
    fn a_remark_behind_a_row_is_no_part_of_it() {
        let columns = columns("Enabled Subject   ", "------- -------   ").expect("aligned");
        let row = "True    CN=mail.contoso.example <== this one";
        let cells = cells(row, &columns, Measure::Width).expect("aligned");
        assert_eq!(cells.last().map(|c| c.0), Some("CN=mail.contoso.example"));
    }

    #[test]
    fn a_cut_cell_is_cut() {
        let columns = columns(HEAD, DASHES).expect("aligned");
        let cells = cells(
            "HUB1\\Default Rec... {0.0.0.0:2... True",
            &columns,
            Measure::Width,
        )
        .expect("aligned");
        assert!(
            cells
                .iter()
                .take(2)
                .all(|(_, raw)| matches!(raw, Raw::Cut(_)))
        );
    }

    #[test]
    fn dots_for_services_that_are_not_set_cut_nothing_off() {
        for (cell, cut) in [
            (".......", false),
            ("...W...", false),
            ("IP.....", false),
            (".....", false),
            ("IIS...", true),
            ("SMTP...", true),
            ("IMAP, POP...", true),
        ] {
            assert_eq!(matches!(raw("Services", cell), Raw::Cut(_)), cut, "{cell}");
            assert!(cell.len() < 6 || matches!(raw("Subject", cell), Raw::Cut(_)));
        }
    }

    #[test]
    fn a_heading_of_two_words_stands_over_its_dashes() {
        let head = "Name  Member Servers  Role of it";
        let found = columns(head, "----  --------------  ----------").expect("aligned");
        let names: Vec<_> = found.iter().map(|column| column.name).collect();
        assert_eq!(names, ["Name", "Servers", "Role of it"]);
        assert_eq!(columns(head, "----  -------         ----------"), None);
        assert_eq!(columns("Name Server  Site", "----         ----"), None);
    }

    #[test]
    fn truth_values_begin_before_a_short_heading() {
        let head = "User       ExtendedRights         Deny";
        let dashes = "----       --------------         ----";
        let rows = [
            "CONTOSO\\A  {ms-Exch-SMTP-Submit} False",
            "CONTOSO\\B                         True",
        ];
        let mut found = columns(head, dashes).expect("aligned");
        align_right(&mut found, rows.into_iter());
        let row = |row| {
            let cells = cells(row, &found, Measure::Width)?;
            Some(cells.into_iter().map(|(cell, _)| cell).collect::<Vec<_>>())
        };
        assert_eq!(
            rows.map(row),
            [
                Some(vec!["CONTOSO\\A", "{ms-Exch-SMTP-Submit}", "False"]),
                Some(vec!["CONTOSO\\B", "", "True"]),
            ]
        );
        // Words, and values that end elsewhere, have left their column.
        for moved in [
            "CONTOSO\\A  {ms-Exch-SMTP-Submit} Other",
            "CONTOSO\\A  {ms-Exch-SMTP-Submit} 2016",
        ] {
            let mut found = columns(head, dashes).expect("aligned");
            align_right(&mut found, [moved].into_iter());
            assert!(cells(moved, &found, Measure::Width).is_none(), "{moved}");
        }
    }

    #[test]
    fn a_table_of_too_many_columns_is_refused() {
        let of =
            |count: usize| super::columns(&"ab ".repeat(count), &"-- ".repeat(count)).is_some();
        assert!(of(MOST_COLUMNS));
        assert!(!of(MOST_COLUMNS + 1));
        assert!(!of(100_000));
    }

    #[test]
    fn one_pass_over_a_row_finds_every_border() {
        let columns = columns("A  B  C  D", "-- -- -- --").expect("aligned");
        for (row, measure, expected) in [
            (
                "é  b  cc d",
                Measure::Width,
                Some(vec!["é", "b", "cc", "d"]),
            ),
            ("既 b", Measure::Width, Some(vec!["既", "b", "", ""])),
            ("既 b  c", Measure::Characters, None),
            ("既既b  c", Measure::Width, None),
            ("é", Measure::Characters, Some(vec!["é", "", "", ""])),
        ] {
            let found = cells(row, &columns, measure);
            let found: Option<Vec<_>> = found.map(|cells| cells.into_iter().map(|c| c.0).collect());
            assert_eq!(found, expected, "{row}");
        }
    }

    #[test]
    fn rows_that_leave_the_columns_are_refused() {
        let columns = columns(HEAD, DASHES).expect("aligned");
        for row in [
            "HUB1\\Default HUB1 {0.0.0.0:25} True",
            "                    {[::]:25}",
        ] {
            assert_eq!(cells(row, &columns, Measure::Width), None, "{row}");
        }
        assert!(super::columns("Identity Bindings", "-------- ---- --------").is_none());
    }

    #[test]
    fn wide_characters_take_one_place_or_two() {
        let columns = columns(HEAD, DASHES).expect("aligned");
        let shown = |row: &'static str, measure| {
            let cells = cells(row, &columns, measure)?;
            Some(cells.into_iter().map(|c| c.0).collect::<Vec<_>>())
        };
        let expected = Some(vec!["HUB1\\既定 HUB1", "{0.0.0.0:25}", "True"]);
        let console = "HUB1\\既定 HUB1      {0.0.0.0:25}  True";
        assert_eq!(shown(console, Measure::Width), expected);
        assert_eq!(shown(console, Measure::Characters), None);
        let file = "HUB1\\既定 HUB1        {0.0.0.0:25}  True";
        assert_eq!(shown(file, Measure::Characters), expected);
        assert_eq!(shown(file, Measure::Width), None);
    }
}
