//! `init --format json`: `exlint/init/1`.

use std::borrow::Cow;

use serde::Serialize;

use crate::model::path::Localised;
use crate::report::init::Plan;
use crate::report::text::printable;

/// The whole object.
#[derive(Debug, Serialize)]
pub struct InitJson<'a> {
    schema: &'static str,
    present: Vec<JsonPresent<'a>>,
    missing: Vec<JsonMissing<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonPresent<'a> {
    kind: &'a str,
    count: usize,
}

#[derive(Debug, Serialize)]
struct JsonMissing<'a> {
    kind: &'a str,
    command: &'a Localised,
    servers: Vec<Cow<'a, str>>,
    rules: &'a [String],
    paths: &'a [&'static str],
}

impl<'a> InitJson<'a> {
    /// Collects the object.
    #[must_use]
    pub fn new(plan: &'a Plan) -> Self {
        Self {
            schema: "exlint/init/1",
            present: plan
                .present
                .iter()
                .map(|known| JsonPresent {
                    kind: &known.kind,
                    count: known.count,
                })
                .collect(),
            missing: plan
                .missing
                .iter()
                .map(|one| JsonMissing {
                    kind: &one.kind,
                    command: &one.command,
                    servers: one.servers.iter().map(|name| printable(name)).collect(),
                    rules: &one.rules,
                    paths: &one.paths,
                })
                .collect(),
        }
    }
}
