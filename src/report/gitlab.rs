//! The Code Quality report of GitLab: a JSON array, one object for each
//! finding, with the fields that its merge request widget reads
//! (docs.gitlab.com, "Code Quality", "Code Quality report format"):
//! `description`, `check_name`, `fingerprint`, `severity`, `location.path` and
//! `location.lines.begin`. GitLab drops objects with a fingerprint that it has
//! seen; ours differ for equal texts.

use std::io::{self, Write};

use serde::Serialize;

use super::Context;
use super::json::{self, Each};
use super::told::Told;
use crate::finding::{Finding, Run};
use crate::policy::Severity;
use crate::report::Messages;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

/// Writes the array.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    json::write(out, &Each::new(&context.run.findings, context.run, issue))
}

fn issue(finding: &Finding, run: &Run) -> Issue {
    let told = Told::new(finding, run, Messages::of(run.language));
    let path = told.place.file.as_str();
    Issue {
        description: format!("{}: {}", told.rule, told.message),
        check_name: format!("exlint/{}", told.name),
        fingerprint: finding.fingerprint.clone(),
        severity: match told.severity {
            Severity::Error => "critical",
            Severity::Warning => "major",
            Severity::Note => "minor",
        },
        location: Location {
            path: path.strip_prefix("./").unwrap_or(path).to_owned(),
            lines: Lines {
                begin: told.place.line,
                end: told.place.end_line,
            },
        },
    }
}
