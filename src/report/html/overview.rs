//! The front page: numbers, and the state of the tables of the source.

use std::io;

use super::page::{Page, escape};
use super::section;
use crate::finding::{PathReport, PathState, Way};
use crate::model::path::Table;
use crate::report::markdown::{TABLES, reports, state_key, summary_line};
use crate::report::text::printable;

/// Pairs of ends of one path that are listed.
const MAX_WAYS: usize = 60;

/// Writes the section.
pub fn write(page: &mut Page<'_>) -> io::Result<()> {
    section(page, "overview", "html.overview")?;
    numbers(page)?;
    page.raw("<p class=\"summary\">")?;
    let context = page.context;
    page.both(|words| summary_line(&context, words))?;
    page.raw("</p>\n")?;
    if context.run.summary.rules.evaluated == 0 {
        page.raw("<p class=\"alarm\">")?;
        page.words("html.nothing-evaluated")?;
        page.raw("</p>\n")?;
    }
    let reports = reports(&context);
    page.raw("<h3>")?;
    page.words("html.tables")?;
    page.raw("</h3>\n<div class=\"tables\">\n")?;
    for (table, key) in TABLES {
        let rows: Vec<&PathReport<'_>> = reports
            .iter()
            .filter(|report| report.path.table == table)
            .collect();
        write_table(page, table, key, &rows)?;
    }
    page.raw("</div>\n</section>\n")
}

/// Writes the numbers that somebody looks at first.
fn numbers(page: &mut Page<'_>) -> io::Result<()> {
    let summary = &page.context.run.summary;
    page.raw("<ul class=\"numbers\">")?;
    for (class, key, number) in [
        ("error", "html.errors", summary.errors),
        ("warning", "html.warnings", summary.warnings),
        ("note", "html.notes", summary.notes),
        ("undecided", "html.open", summary.undecided),
        (
            "suppressed",
            "html.hidden",
            page.context.run.suppressed.len(),
        ),
    ] {
        write!(page.out, "<li class=\"{class}\"><strong>{number}</strong> ")?;
        page.words(key)?;
        page.raw("</li>")?;
    }
    page.raw("</ul>\n")
}

fn write_table(
    page: &mut Page<'_>,
    table: Table,
    key: &str,
    rows: &[&PathReport<'_>],
) -> io::Result<()> {
    let id = table.id();
    write!(
        page.out,
        "<section class=\"table\" aria-labelledby=\"table-{id}\"><h4 id=\"table-{id}\">"
    )?;
    page.words(key)?;
    page.raw("</h4>\n")?;
    bar(page, rows)?;
    page.raw("<ul class=\"paths\">\n")?;
    for report in rows {
        path(page, report)?;
    }
    page.raw("</ul></section>\n")
}

/// Writes how many paths are in each state, as a bar and in words.
fn bar(page: &mut Page<'_>, rows: &[&PathReport<'_>]) -> io::Result<()> {
    let count = |state| rows.iter().filter(|report| report.state == state).count();
    write!(
        page.out,
        "<svg class=\"bar\" viewBox=\"0 0 {} 1\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
        rows.len().max(1)
    )?;
    let mut at = 0usize;
    for state in PathState::ALL {
        let width = count(state);
        let class = state.as_str();
        write!(
            page.out,
            "<rect class=\"{class}\" x=\"{at}\" y=\"0\" width=\"{width}\" height=\"1\"/>"
        )?;
        at = at.saturating_add(width);
    }
    page.raw("</svg>\n<p class=\"counts\">")?;
    for state in PathState::ALL.into_iter().filter(|state| count(*state) > 0) {
        write!(page.out, "<span class=\"state {}\">", state.as_str())?;
        page.words(state_key(state))?;
        write!(page.out, " {}</span> ", count(state))?;
    }
    page.raw("</p>\n")
}

/// Writes a path, with its pairs of ends to open.
fn path(page: &mut Page<'_>, report: &PathReport<'_>) -> io::Result<()> {
    let state = report.state.as_str();
    write!(
        page.out,
        "<li id=\"path-{}\" data-path=\"{}\">",
        escape(&report.path.id.0),
        escape(&report.path.id.0)
    )?;
    let open = !report.ways.is_empty();
    page.raw(if open {
        "<details><summary>"
    } else {
        "<div class=\"leaf\">"
    })?;
    write!(page.out, "<span class=\"state {state}\">")?;
    page.words(state_key(report.state))?;
    page.raw("</span> ")?;
    if let Some(row) = report.path.row {
        write!(page.out, "<span class=\"row\">{row}</span> ")?;
    }
    page.both(|words| {
        report
            .path
            .title
            .get(words.language().is_japanese())
            .to_owned()
    })?;
    if !open {
        return page.raw("</div></li>\n");
    }
    page.raw("</summary><table><tbody>")?;
    let mut ways: Vec<&Way<'_>> = report.ways.iter().collect();
    ways.sort_by_key(|way| std::cmp::Reverse(way.state));
    for way in ways.iter().take(MAX_WAYS) {
        let services: Vec<&str> = way.services.iter().map(|service| service.service).collect();
        write!(
            page.out,
            "<tr><td><span class=\"state {}\">",
            way.state.as_str()
        )?;
        page.words(state_key(way.state))?;
        page.raw("</span></td><td>")?;
        page.text(&format!(
            "{} → {}",
            printable(way.source),
            printable(way.destination)
        ))?;
        page.raw("</td><td>")?;
        page.text(&printable(&services.join(", ")))?;
        page.raw("</td><td>")?;
        for rule in &way.rules {
            let rule = printable(rule);
            let rule = escape(&rule);
            write!(
                page.out,
                "<a class=\"rule\" href=\"#rule-{rule}\">{rule}</a> "
            )?;
        }
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody></table>")?;
    let more = ways.len().saturating_sub(MAX_WAYS);
    if more > 0 {
        page.raw("<p>")?;
        page.both(|words| words.count("paths.more", more))?;
        page.raw("</p>")?;
    }
    page.raw("</details></li>\n")
}
