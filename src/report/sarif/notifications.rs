//! What happened besides results: questions that stay open, rules that could
//! not be evaluated, inputs that were not read or not understood.

use std::collections::HashMap;

use serde::Serialize;

use super::Message;
use super::place::{Location, Uris};
use crate::finding::{FileKind, Run};
use crate::policy::Status;
use crate::report::Context;
use crate::report::text::{printable, prose};
use crate::report::told::ToldQuestion;

/// A kind of notification.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationKind {
    id: &'static str,
    short_description: StaticMessage,
}

#[derive(Debug, Serialize)]
struct StaticMessage {
    text: &'static str,
}

const fn kind(id: &'static str, text: &'static str) -> NotificationKind {
    NotificationKind {
        id,
        short_description: StaticMessage { text },
    }
}

/// Places in [`NOTIFICATIONS`].
const UNDECIDED: usize = 0;
const LACKS_DATA: usize = 1;
const RULE_FAILED: usize = 2;
const NOT_READ: usize = 3;
const NOT_UNDERSTOOD: usize = 4;
const PROBLEM: usize = 5;
const LEFT_OUT: usize = 6;

/// The kinds.
pub const NOTIFICATIONS: &[NotificationKind] = &[
    kind("undecided", "A rule could not decide something."),
    kind(
        "lacks-data",
        "A rule was not evaluated: an input that it needs is not there.",
    ),
    kind("rule-failed", "A rule has an error and says nothing."),
    kind("not-read", "A file was not read, or no format claims it."),
    kind("not-understood", "Lines of a file were not understood."),
    kind("input-problem", "Something is wrong with an input."),
    kind(
        "results-left-out",
        "There are more results than may be written.",
    ),
];

/// How the run went.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: Vec<Notification>,
    tool_configuration_notifications: Vec<Notification>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    descriptor: Reference,
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<Reference>,
}

#[derive(Debug, Serialize)]
struct Reference {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<usize>,
}

impl Notification {
    fn new(kind: usize, level: &'static str, text: String) -> Self {
        let id = NOTIFICATIONS.get(kind).map_or("", |kind| kind.id);
        Self {
            descriptor: Reference {
                id: id.to_owned(),
                index: Some(kind),
            },
            level,
            message: text.into(),
            locations: Vec::new(),
            associated_rule: None,
        }
    }

    fn about(mut self, rule: &str, index: &HashMap<&str, usize>) -> Self {
        self.associated_rule = Some(Reference {
            id: rule.to_owned(),
            index: index.get(rule).copied(),
        });
        self
    }

    fn at(mut self, location: Option<Location>) -> Self {
        self.locations.extend(location);
        self
    }
}

impl Invocation {
    /// What happened in a run of which some results are left out.
    pub fn new(
        context: &Context<'_>,
        uris: &Uris,
        index: &HashMap<&str, usize>,
        left_out: usize,
    ) -> Self {
        let run = context.run;
        let mut execution = questions(context, uris, index);
        execution.extend(problems(context, uris));
        execution.extend(not_read(context, uris));
        if left_out > 0 {
            let text = context.words.count("sarif.left-out", left_out);
            execution.push(Notification::new(LEFT_OUT, "warning", text));
        }
        Self {
            execution_successful: !run.incomplete(),
            tool_execution_notifications: execution,
            tool_configuration_notifications: rules(context, index),
        }
    }
}

fn questions(
    context: &Context<'_>,
    uris: &Uris,
    index: &HashMap<&str, usize>,
) -> Vec<Notification> {
    let Context { run, words, .. } = *context;
    let notification = |item| {
        let told = ToldQuestion::new(item, run, words);
        let mut text = told.message;
        for why in &told.why {
            text.push_str(&format!("\n{}{why}", words.get("check.why")));
        }
        for step in &told.settle {
            text.push_str(&format!("\n{}{step}", words.get("check.settle")));
        }
        let place = told.places.first();
        Notification::new(UNDECIDED, "note", text)
            .about(&item.rule.id, index)
            .at(place.map(|place| Location::new(place, None, uris)))
    };
    run.undecided.iter().map(notification).collect()
}

/// Rules that failed or lack data.
fn rules(context: &Context<'_>, index: &HashMap<&str, usize>) -> Vec<Notification> {
    let Context { run, words, .. } = *context;
    let notification = |result: &crate::policy::RuleResult| {
        let id = &result.rule.id;
        let (kind, level, text) = match &result.status {
            Status::LacksData { settle, .. } => {
                let japanese = run.language.is_japanese();
                let steps: Vec<&str> = settle.iter().map(|step| step.get(japanese)).collect();
                let steps = prose(&steps.join("; "));
                let text = words.fill("sarif.lacks-data", &[("rule", id), ("settle", &steps)]);
                (LACKS_DATA, "note", text)
            }
            Status::Failed(error) => {
                let error = prose(&error.to_string());
                let text = words.fill("check.rule-error", &[("rule", id), ("error", &error)]);
                (RULE_FAILED, "error", text)
            }
            Status::Evaluated | Status::NotApplicable(_) | Status::Off(_) => return None,
        };
        Some(Notification::new(kind, level, text).about(id, index))
    };
    run.results.iter().filter_map(notification).collect()
}

fn problems(context: &Context<'_>, uris: &Uris) -> Vec<Notification> {
    let Context { run, words, .. } = *context;
    let notification = |problem: &crate::formats::Problem| {
        let (file, at) = run.sources.locate(problem.span)?;
        let level = problem.level.as_str();
        let mut text = prose(&words.phrase(&problem.message));
        if let Some(hint) = &problem.hint {
            let hint = prose(&words.phrase(hint));
            text.push_str(&format!("\n{}{hint}", words.get("error.help")));
        }
        let place = Location::point(file, at.line, at.column, uris);
        Some(Notification::new(PROBLEM, level, text).at(Some(place)))
    };
    run.problems().filter_map(notification).collect()
}

/// Files that were not read, not recognised, or not wholly understood.
fn not_read(context: &Context<'_>, uris: &Uris) -> Vec<Notification> {
    let Context { run, words, .. } = *context;
    let mut out = Vec::new();
    for file in &run.files {
        let name = name_of(run, file.id);
        let place = Some(Location::point(name, 1, 1, uris));
        let shown = printable(name);
        match &file.kind {
            FileKind::NotRecognised { reason, .. } => {
                let reason = prose(&words.phrase(reason));
                let text = words.fill("error.seen", &[("file", &shown), ("reason", &reason)]);
                out.push(Notification::new(NOT_READ, "note", text).at(place));
            }
            FileKind::Recognised { .. } => {
                let lost = file.totals().unrecognised;
                if lost > 0 {
                    let text = words.count("sarif.not-understood", lost);
                    let text = format!("{shown}: {text}");
                    out.push(Notification::new(NOT_UNDERSTOOD, "warning", text).at(place));
                }
            }
        }
    }
    out.extend(run.skipped.iter().map(|skipped| {
        let name = printable(&skipped.name);
        let reason = prose(&words.phrase(&skipped.reason.to_string()));
        let text = words.fill("error.seen", &[("file", &name), ("reason", &reason)]);
        let level = if skipped.reason.is_error() {
            "error"
        } else {
            "note"
        };
        Notification::new(NOT_READ, level, text)
    }));
    out
}

fn name_of(run: &Run, id: crate::source::FileId) -> &str {
    run.sources.get(id).map_or("", |file| file.name())
}
