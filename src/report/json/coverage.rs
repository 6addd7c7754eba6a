//! `coverage --format json`: `exlint/coverage/1`.

use serde::Serialize;

use super::inputs::{JsonInput, inputs};
use super::rules::{Need, needs};
use crate::finding::Run;
use crate::policy::Status;
use crate::report::Messages;
use crate::report::coverage::{samples, state, statements, unknown_properties};
use crate::report::text::{printable, prose};

/// Samples per file.
const MAX_SAMPLES: usize = 200;

/// The whole object.
#[derive(Debug, Serialize)]
pub struct CoverageJson<'a> {
    schema: &'static str,
    files: Vec<JsonFile>,
    rules: Vec<JsonRule<'a>>,
    statements: Vec<JsonStatement>,
    unknown_properties: Vec<JsonUnknownProperty>,
}

#[derive(Debug, Serialize)]
struct JsonUnknownProperty {
    cmdlet: &'static str,
    property: String,
    objects: usize,
    file: String,
    line: u32,
}

#[derive(Debug, Serialize)]
struct JsonFile {
    #[serde(flatten)]
    input: JsonInput,
    samples: Vec<JsonSample>,
    samples_left_out: usize,
}

#[derive(Debug, Serialize)]
struct JsonSample {
    line: u32,
    state: &'static str,
    text: String,
    why: String,
}

#[derive(Debug, Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    name: &'a str,
    status: &'static str,
    needs: Vec<Need<'a>>,
    settle: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonStatement {
    id: String,
    status: &'static str,
    rules: Vec<String>,
}

impl<'a> CoverageJson<'a> {
    /// Collects the object of a run.
    #[must_use]
    pub fn new(run: &'a Run) -> Self {
        let japanese = run.language.is_japanese();
        let words = Messages::of(run.language);
        let mut all = inputs(run).into_iter();
        let mut files: Vec<JsonFile> = run
            .files
            .iter()
            .zip(all.by_ref())
            .map(|(file, input)| {
                let (samples, total) = samples(file, run, MAX_SAMPLES);
                JsonFile {
                    input,
                    samples_left_out: total.saturating_sub(samples.len()),
                    samples: samples
                        .into_iter()
                        .map(|sample| JsonSample {
                            line: sample.line,
                            state: state(sample.state),
                            text: sample.text,
                            why: words.phrase(&sample.why).into_owned(),
                        })
                        .collect(),
                }
            })
            .collect();
        files.extend(all.map(|input| JsonFile {
            input,
            samples: Vec::new(),
            samples_left_out: 0,
        }));
        Self {
            schema: "exlint/coverage/1",
            files,
            rules: run
                .results
                .iter()
                .map(|result| {
                    let (status, settle, why) = match &result.status {
                        Status::Evaluated => ("evaluated", Vec::new(), None),
                        Status::NotApplicable(why) => (
                            "not-applicable",
                            Vec::new(),
                            Some(why.get(japanese).to_owned()),
                        ),
                        Status::Off(why) => ("off", Vec::new(), Some(why.get(japanese).to_owned())),
                        Status::LacksData { settle, .. } => (
                            "lacks-data",
                            settle.iter().map(|s| s.get(japanese).to_owned()).collect(),
                            None,
                        ),
                        Status::Failed(error) => {
                            ("failed", Vec::new(), Some(prose(&error.to_string())))
                        }
                    };
                    JsonRule {
                        id: &result.rule.id,
                        name: &result.rule.name,
                        status,
                        needs: needs(&result.rule),
                        settle,
                        why,
                    }
                })
                .collect(),
            statements: statements(run)
                .into_iter()
                .map(|statement| JsonStatement {
                    id: statement.id,
                    status: statement.status,
                    rules: statement.rules,
                })
                .collect(),
            unknown_properties: unknown_properties(run)
                .into_iter()
                .map(|unknown| {
                    let place = run.sources.locate(unknown.first);
                    let (file, line) = place.map_or(("", 1), |(name, at)| (name, at.line));
                    JsonUnknownProperty {
                        cmdlet: unknown.cmdlet,
                        property: prose(&unknown.name),
                        objects: unknown.objects,
                        file: printable(file).into_owned(),
                        line,
                    }
                })
                .collect(),
        }
    }
}
