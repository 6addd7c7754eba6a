//! A summary of a job of GitHub Actions: what goes to `$GITHUB_STEP_SUMMARY`.
//!
//! GitHub refuses a summary of more than 1 MiB for a step, so it is cut well
//! before that, between two rows, and says what is missing.

use std::io::{self, Write};

use super::escape::{cell_code, code, text};
use super::full::summary_line;
use super::{reports, states};
use crate::report::Context;
use crate::report::told::{Told, ToldQuestion};

/// Bytes of rows, of the 1,048,576 that GitHub takes.
const MAX_ROWS: usize = 900_000;

/// Writes the summary.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let Context { run, words, .. } = *context;
    writeln!(out, "## {}\n", text(words.get("report.title")))?;
    writeln!(out, "{}\n", text(&summary_line(context, words)))?;
    states(out, context, &reports(context))?;
    let mut left = MAX_ROWS;
    if !run.findings.is_empty() {
        writeln!(out, "\n### {}\n", text(words.get("report.findings")))?;
        writeln!(
            out,
            "| {} | {} | {} |\n| --- | --- | --- |",
            text(words.get("report.rule")),
            text(words.get("report.message")),
            text(words.get("report.place"))
        )?;
        let rows = run.findings.iter().map(|finding| {
            let told = Told::new(finding, run, words);
            format!(
                "| {} | {} | {} |\n",
                cell_code(&told.tag()),
                text(&told.message),
                cell_code(&told.place.address())
            )
        });
        whole(out, rows, run.findings.len(), &mut left, context)?;
    }
    if !run.undecided.is_empty() && !context.quiet {
        let title = words.count("check.undecided-title", run.undecided.len());
        writeln!(out, "\n<details><summary>{}</summary>\n", text(&title))?;
        let rows = run.undecided.iter().map(|item| {
            let told = ToldQuestion::new(item, run, words);
            let settle: Vec<String> = told
                .settle
                .iter()
                .map(|step| code(step.lines().next().unwrap_or_default()))
                .collect();
            let (rule, message) = (code(&told.rule), text(&told.message));
            format!("- {rule} {message}: {}\n", settle.join(", "))
        });
        whole(out, rows, run.undecided.len(), &mut left, context)?;
        writeln!(out, "\n</details>")?;
    }
    Ok(())
}

/// Writes as many rows as there is room for, each whole.
fn whole(
    out: &mut dyn Write,
    rows: impl Iterator<Item = String>,
    total: usize,
    left: &mut usize,
    context: &Context<'_>,
) -> io::Result<()> {
    let mut written = 0usize;
    for row in rows {
        if row.len() > *left {
            let more = total.saturating_sub(written);
            let more = context.words.count("report.more", more);
            *left = 0;
            return writeln!(out, "\n{}", text(&more));
        }
        *left = left.saturating_sub(row.len());
        written = written.saturating_add(1);
        write!(out, "{row}")?;
    }
    Ok(())
}
