//! `check --format jsonl`: one JSON object a line, so that a program can read
//! a large result piece by piece. `kind` tells what a line is; the last one is
//! the summary, and without it the output is not whole.

use std::io::{self, Write};

use serde::Serialize;

use super::check::{
    JsonError, JsonFinding, JsonProblem, JsonSuppressed, JsonUndecided, Tool, errors, finding,
    problems, suppressed, tool, undecided,
};
use crate::finding::Summary;
use crate::report::Context;

/// A line.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Line<'a> {
    Finding(Box<JsonFinding>),
    Suppressed(Box<JsonSuppressed>),
    Undecided(JsonUndecided),
    Error(JsonError),
    Problem(JsonProblem),
    Summary {
        schema: &'static str,
        tool: Tool,
        summary: &'a Summary,
    },
}

/// Writes the lines.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let run = context.run;
    for item in &run.findings {
        line(out, &Line::Finding(Box::new(finding(item, run))))?;
    }
    if context.show_suppressed {
        for item in &run.suppressed {
            line(out, &Line::Suppressed(Box::new(suppressed(item, run))))?;
        }
    }
    for item in &run.undecided {
        line(out, &Line::Undecided(undecided(item, run)))?;
    }
    for error in errors(run) {
        line(out, &Line::Error(error))?;
    }
    for problem in problems(run) {
        line(out, &Line::Problem(problem))?;
    }
    let summary = Line::Summary {
        schema: "exlint/findings-lines/1",
        tool: tool(run),
        summary: &run.summary,
    };
    line(out, &summary)
}

fn line(out: &mut dyn Write, line: &Line<'_>) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line).map_err(io::Error::from)?;
    writeln!(out)
}
