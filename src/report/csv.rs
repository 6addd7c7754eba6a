//! A table for a spreadsheet: RFC 4180, one row for each finding, hidden
//! finding and open question.
//!
//! Every cell is quoted. A cell that a spreadsheet would take for a formula
//! gets an apostrophe before it (OWASP, "CSV Injection"), because its text may
//! come from an input. The file begins with a byte order mark: without one
//! Excel reads UTF-8 as the code page of Windows and spoils Japanese; programs
//! read it as `utf-8-sig`.

use std::io::{self, Write};

use super::Context;
use super::json::check::suppression_kind;
use super::text::printable;
use super::told::{Told, ToldPlace, ToldQuestion};
use crate::finding::{Finding, Suppressed};

/// The columns, by name.
pub const COLUMNS: [&str; 23] = [
    "state",
    "rule",
    "name",
    "severity",
    "confidence",
    "exposure",
    "about",
    "subject",
    "message",
    "file",
    "line",
    "column",
    "end_line",
    "end_column",
    "related",
    "paths",
    "packet",
    "why",
    "fix",
    "fingerprint",
    "exception",
    "reason",
    "until",
];

/// Writes the table.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let run = context.run;
    write!(out, "\u{feff}")?;
    row(out, COLUMNS.map(str::to_owned))?;
    for finding in &run.findings {
        row(out, cells(finding, None, context))?;
    }
    if context.show_suppressed {
        for suppressed in &run.suppressed {
            row(out, cells(&suppressed.finding, Some(suppressed), context))?;
        }
    }
    if !context.quiet {
        for item in &run.undecided {
            row(out, question(&ToldQuestion::new(item, run, context.words)))?;
        }
    }
    Ok(())
}

fn cells(
    finding: &Finding,
    suppressed: Option<&Suppressed>,
    context: &Context<'_>,
) -> [String; COLUMNS.len()] {
    let told = Told::new(finding, context.run, context.words);
    let by = suppressed.map(|suppressed| &suppressed.by);
    let mut fix = told.fix.clone();
    for command in &told.commands {
        fix.push('\n');
        fix.push_str(command);
    }
    let place = &told.place;
    [
        by.map_or("finding", |_| "suppressed").to_owned(),
        told.rule.clone(),
        told.name.clone(),
        finding.severity.as_str().to_owned(),
        finding.confidence.as_str().to_owned(),
        finding.exposure.as_str().to_owned(),
        printable(finding.about.name().unwrap_or_default()).into_owned(),
        told.subject.clone(),
        told.message.clone(),
        place.file.clone(),
        place.line.to_string(),
        place.column.to_string(),
        place.end_line.to_string(),
        place.end_column.to_string(),
        told.related
            .iter()
            .map(ToldPlace::address)
            .collect::<Vec<_>>()
            .join(" "),
        finding.paths.join(" "),
        told.packet.unwrap_or_default(),
        told.why.unwrap_or_default(),
        fix,
        finding.fingerprint.clone(),
        by.map_or("", |by| suppression_kind(by.kind)).to_owned(),
        by.map_or(String::new(), |by| printable(&by.reason).into_owned()),
        by.and_then(|by| by.until.as_deref())
            .map_or(String::new(), |until| printable(until).into_owned()),
    ]
}

fn question(told: &ToldQuestion) -> [String; COLUMNS.len()] {
    let place = told.places.first();
    let number = |of: fn(&ToldPlace) -> u32| place.map_or(String::new(), |p| of(p).to_string());
    [
        "undecided".to_owned(),
        told.rule.clone(),
        told.name.clone(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        told.subject.clone(),
        told.message.clone(),
        place.map_or(String::new(), |place| place.file.clone()),
        number(|place| place.line),
        number(|place| place.column),
        number(|place| place.end_line),
        number(|place| place.end_column),
        told.places
            .iter()
            .skip(1)
            .map(ToldPlace::address)
            .collect::<Vec<_>>()
            .join(" "),
        String::new(),
        String::new(),
        told.why.join("; "),
        told.settle.join("\n"),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ]
}

fn row(out: &mut dyn Write, cells: [String; COLUMNS.len()]) -> io::Result<()> {
    for (number, cell) in cells.iter().enumerate() {
        if number > 0 {
            write!(out, ",")?;
        }
        write!(out, "\"{}\"", harmless(cell).replace('"', "\"\""))?;
    }
    write!(out, "\r\n")
}

/// A cell that no spreadsheet evaluates.
fn harmless(cell: &str) -> String {
    // Full-width forms count as well where the spreadsheet is Japanese.
    let first = cell.trim_start().chars().next();
    let formula = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠')
    );
    if formula {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_begins_as_a_formula_does() {
        for cell in ["=cmd()", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "＝1"] {
            assert!(harmless(cell).starts_with('\''), "{cell}");
        }
        assert_eq!(harmless("10.1.0.1"), "10.1.0.1");
    }
}
