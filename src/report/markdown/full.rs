//! The whole result in Markdown.

use std::io::{self, Write};

use super::escape::{code, fence, text};
use super::{TABLES, reports, state_key, states};
use crate::finding::{Finding, PathReport, by_about};
use crate::report::Context;
use crate::report::human::Human;
use crate::report::quote::{Quote, quotes};
use crate::report::told::{self, Told, ToldQuestion, suppression};
use crate::report::{COLUMNS, Messages, Paint};

/// Writes the result.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let Context { run, words, .. } = *context;
    writeln!(out, "# {}\n", text(words.get("report.title")))?;
    writeln!(out, "{}\n", text(&summary_line(context, words)))?;
    let reports = reports(context);
    writeln!(out, "## {}\n", text(words.get("report.paths")))?;
    states(out, context, &reports)?;
    for (table, key) in TABLES {
        let rows: Vec<&PathReport<'_>> = reports
            .iter()
            .filter(|report| report.path.table == table)
            .collect();
        writeln!(out, "\n### {}\n", text(words.get(key)))?;
        for report in rows {
            path(out, context, report)?;
        }
    }
    writeln!(out, "\n## {}\n", text(words.get("report.findings")))?;
    if run.findings.is_empty() {
        writeln!(out, "{}\n", text(words.get("report.no-findings")))?;
    }
    for (about, findings) in by_about(&run.findings) {
        let name = told::about(about, words);
        writeln!(out, "### {}\n", text(&name))?;
        for item in findings {
            finding(out, context, item)?;
        }
    }
    if context.show_suppressed && !run.suppressed.is_empty() {
        writeln!(out, "## {}\n", text(words.get("report.suppressed")))?;
        for hidden in &run.suppressed {
            let told = Told::new(&hidden.finding, run, words);
            writeln!(
                out,
                "- {} {} ({}): {}",
                code(&told.tag()),
                text(&told.message),
                code(&told.place.address()),
                text(&suppression(&hidden.by, words))
            )?;
        }
        writeln!(out)?;
    }
    if !run.undecided.is_empty() && !context.quiet {
        writeln!(out, "## {}\n", text(words.get("report.undecided")))?;
        for item in &run.undecided {
            question(out, context, &ToldQuestion::new(item, run, words))?;
        }
    }
    Ok(())
}

/// The last line of human output.
pub fn summary_line(context: &Context<'_>, words: &'static Messages) -> String {
    let human = Human {
        out: &mut io::sink(),
        words,
        paint: Paint::default(),
        columns: COLUMNS,
        verbose: false,
        quiet: false,
    };
    human.summary(&context.run.summary)
}

fn path(out: &mut dyn Write, context: &Context<'_>, report: &PathReport<'_>) -> io::Result<()> {
    let words = context.words;
    let title = report.path.title.get(words.language().is_japanese());
    let state = words.get(state_key(report.state));
    let row = report
        .path
        .row
        .map_or(String::new(), |row| format!("{row} "));
    write!(out, "- **{}**: {}{}", text(state), row, text(title))?;
    writeln!(out, " ({})", code(&report.path.id.0))
}

fn finding(out: &mut dyn Write, context: &Context<'_>, finding: &Finding) -> io::Result<()> {
    let Context { run, words, .. } = *context;
    let told = Told::new(finding, run, words);
    writeln!(out, "#### {} {}\n", code(&told.tag()), text(&told.name))?;
    writeln!(out, "{}\n", text(&told.message))?;
    for quote in quotes(finding, &told, &run.sources) {
        lines(out, &quote)?;
    }
    let mut item = |key: &str, value: &str| {
        let lead = words.get(key).trim_end();
        writeln!(out, "- {} {}", text(lead), text(value))
    };
    if let Some(packet) = &told.packet {
        item("check.packet", packet)?;
    }
    if let Some(weak) = &told.weak {
        item("check.derived", weak)?;
    }
    if let Some(why) = &told.why {
        item("check.why", why)?;
    }
    item("check.fix", &told.fix)?;
    if !told.commands.is_empty() {
        fenced(out, &told.commands.join("\n"))?;
    }
    writeln!(out)
}

/// The lines of one place.
fn lines(out: &mut dyn Write, quote: &Quote) -> io::Result<()> {
    let labels: Vec<&str> = quote
        .lines
        .iter()
        .flat_map(|line| &line.marks)
        .map(|mark| mark.label.as_str())
        .filter(|label| !label.is_empty())
        .collect();
    write!(out, "{}", code(&quote.address))?;
    if !labels.is_empty() {
        write!(out, " {}", text(&labels.join("; ")))?;
    }
    writeln!(out)?;
    let shown: Vec<String> = quote
        .lines
        .iter()
        .map(|line| format!("{:>6}  {}", line.number, line.text))
        .collect();
    fenced(out, &shown.join("\n"))
}

fn fenced(out: &mut dyn Write, content: &str) -> io::Result<()> {
    let fence = fence(content);
    writeln!(out, "\n{fence}text\n{content}\n{fence}\n")
}

fn question(out: &mut dyn Write, context: &Context<'_>, told: &ToldQuestion) -> io::Result<()> {
    let words = context.words;
    write!(out, "- {} {}", code(&told.rule), text(&told.message))?;
    if let Some(place) = told.places.first() {
        write!(out, " ({})", code(&place.address()))?;
    }
    writeln!(out)?;
    for why in &told.why {
        writeln!(
            out,
            "  - {} {}",
            text(words.get("check.why").trim_end()),
            text(why)
        )?;
    }
    for step in &told.settle {
        let lead = text(words.get("check.settle").trim_end());
        match step.split_once('\n') {
            None => writeln!(out, "  - {lead} {}", code(step))?,
            Some(_) => {
                let fence = fence(step);
                writeln!(out, "  - {lead}\n\n    {fence}text")?;
                for line in step.lines() {
                    writeln!(out, "    {line}")?;
                }
                writeln!(out, "    {fence}\n")?;
            }
        }
    }
    Ok(())
}
