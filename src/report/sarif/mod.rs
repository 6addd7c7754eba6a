//! SARIF 2.1.0 (OASIS), for code scanning and editors.
//!
//! What GitHub takes of it, and how much, stands in its documentation, "SARIF
//! support for code scanning": at most 25,000 results of a run (it keeps the
//! 5,000 most severe), 100 locations of a result are shown, 20 tags of a rule,
//! 1,024 characters of a description, 255 of a name, 10 MB of a file after
//! gzip. GitHub shows suppressed results as open ones, so they are left out
//! unless they are asked for.
//!
//! Columns count Unicode characters (`columnKind`). There are no times and no
//! absolute paths of the run: two runs give equal bytes.

mod notifications;
mod place;
mod results;
mod rules;
mod size;

use std::collections::HashMap;
use std::io::{self, Write};

use serde::Serialize;

use super::{Context, json};
use crate::source::MASK;
use notifications::{Invocation, NOTIFICATIONS, NotificationKind};
use place::{ArtifactLocation, Uris};
use results::Results;
use rules::Descriptor;

/// Results of a run that GitHub accepts; more, and it rejects the file.
const MAX_RESULTS: usize = 25_000;

/// Locations of a result that GitHub shows.
const MAX_LOCATIONS: usize = 100;

/// Where the schema is that a file says it follows.
const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

#[derive(Serialize)]
struct Log<'a> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [SarifRun<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRun<'a> {
    tool: Tool<'a>,
    invocations: [Invocation; 1],
    language: &'static str,
    column_kind: &'static str,
    redaction_tokens: [&'static str; 1],
    original_uri_base_ids: Bases,
    artifacts: Vec<Artifact>,
    results: Results<'a>,
}

#[derive(Serialize)]
struct Tool<'a> {
    driver: Driver<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'a> {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    language: &'static str,
    rules: Vec<Descriptor<'a>>,
    notifications: &'static [NotificationKind],
}

/// What relative addresses are relative to: known to whoever reads the file,
/// and not told here.
#[derive(Serialize)]
struct Bases {
    #[serde(rename = "%SRCROOT%")]
    root: Base,
}

#[derive(Serialize)]
struct Base {
    description: Message,
}

#[derive(Serialize)]
struct Artifact {
    location: ArtifactLocation,
    roles: [&'static str; 1],
}

/// A message without formatting.
#[derive(Debug, Serialize)]
struct Message {
    text: String,
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { text }
    }
}

/// Writes the log.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let run = context.run;
    let uris = Uris::new(run);
    let rules: Vec<_> = run.results.iter().map(|result| &*result.rule).collect();
    let index: HashMap<&str, usize> = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| (rule.id.as_str(), index))
        .collect();
    let code = run.language.code();
    let log = |most: usize| Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [SarifRun {
            tool: Tool {
                driver: Driver {
                    name: "exlint",
                    version: env!("CARGO_PKG_VERSION"),
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    language: code,
                    rules: rules
                        .iter()
                        .map(|rule| Descriptor::new(rule, context))
                        .collect(),
                    notifications: NOTIFICATIONS,
                },
            },
            invocations: [Invocation::new(
                context,
                &uris,
                &index,
                results::count(context).saturating_sub(most),
            )],
            language: code,
            column_kind: "unicodeCodePoints",
            redaction_tokens: [MASK],
            original_uri_base_ids: Bases {
                root: Base {
                    description: context.words.get("sarif.root").to_owned().into(),
                },
            },
            artifacts: uris
                .all()
                .map(|location| Artifact {
                    location,
                    roles: ["analysisTarget"],
                })
                .collect(),
            results: Results::new(context, &uris, &index, most),
        }],
    };
    let all = results::count(context).min(MAX_RESULTS);
    json::write(out, &log(size::fitting(all, size::MAX_BYTES, log)?))
}

/// Cuts a text to a number of characters, as GitHub would.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain(std::iter::once('…')).collect()
}
