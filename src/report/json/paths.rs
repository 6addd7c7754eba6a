//! `paths --format json`: `exlint/paths/1`, all rows of the catalogue unless
//! the user names some.

use serde::Serialize;

use super::JsonPlace;
use crate::finding::{Label, PathReport, Positions, Run, Way, path_reports};
use crate::model::path::{Catalogue, Degree, Localised, PathId, Table};
use crate::policy::facts::{DecisionFact, Ref};
use crate::report::Messages;
use crate::report::text::{printable, prose};

/// The whole object.
#[derive(Debug, Serialize)]
pub struct PathsJson<'a> {
    schema: &'static str,
    edition: &'a str,
    paths: Vec<JsonPath<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonPath<'a> {
    id: &'a str,
    table: Table,
    row: Option<u8>,
    titles: &'a Localised,
    state: &'static str,
    places: Vec<JsonWay>,
}

#[derive(Debug, Serialize)]
struct JsonWay {
    source: String,
    destination: String,
    state: &'static str,
    services: Vec<JsonService>,
    encrypted_by_default: Degree,
    effects: Vec<JsonEffect>,
    evidence: Vec<JsonPlace>,
    rules: Vec<String>,
    why: Vec<String>,
}

#[derive(Debug, Serialize)]
struct JsonService {
    service: String,
    verdict: String,
    decided_by: Vec<JsonDecision>,
}

#[derive(Debug, Serialize)]
struct JsonDecision {
    device: String,
    filter: String,
    action: &'static str,
    rule: String,
    file: String,
    line: u32,
}

#[derive(Debug, Serialize)]
struct JsonEffect {
    kind: &'static str,
    device: String,
    place: Option<JsonPlace>,
}

impl<'a> PathsJson<'a> {
    /// Collects the object of a run.
    #[must_use]
    pub fn new(run: &'a Run, catalogue: &'a Catalogue, rows: &[PathId]) -> Self {
        let mut positions = Positions::new(&run.sources);
        Self {
            schema: "exlint/paths/1",
            edition: &catalogue.edition,
            paths: path_reports(catalogue, &run.facts, &run.findings)
                .into_iter()
                .filter(|report| rows.is_empty() || rows.contains(&report.path.id))
                .map(|report| path(&report, run, &mut positions))
                .collect(),
        }
    }
}

fn path<'a>(report: &PathReport<'a>, run: &Run, positions: &mut Positions<'_>) -> JsonPath<'a> {
    JsonPath {
        id: &report.path.id.0,
        table: report.path.table,
        row: report.path.row,
        titles: &report.path.title,
        state: report.state.as_str(),
        places: report
            .ways
            .iter()
            .map(|w| way(w, report.path.encryption.by_default, run, positions))
            .collect(),
    }
}

fn way(way: &Way<'_>, by_default: Degree, run: &Run, positions: &mut Positions<'_>) -> JsonWay {
    let mut place = |at: Ref| {
        let label = Label {
            span: at.0,
            place: positions.place(at.0)?,
            text: String::new(),
        };
        Some(JsonPlace::new(&label, &run.sources))
    };
    let words = Messages::of(run.language);
    JsonWay {
        source: printable(way.source).into_owned(),
        destination: printable(way.destination).into_owned(),
        state: way.state.as_str(),
        encrypted_by_default: by_default,
        effects: way
            .effects
            .iter()
            .map(|effect| JsonEffect {
                kind: effect.kind,
                device: printable(&effect.firewall).into_owned(),
                place: place(effect.at),
            })
            .collect(),
        evidence: way.evidence.iter().filter_map(|at| place(*at)).collect(),
        services: way
            .services
            .iter()
            .map(|service| JsonService {
                service: service.service.to_owned(),
                verdict: service.verdict.to_owned(),
                decided_by: service
                    .decided_by
                    .iter()
                    .map(|decision| decided(decision, run))
                    .collect(),
            })
            .collect(),
        rules: way.rules.iter().map(|rule| (*rule).to_owned()).collect(),
        why: way
            .why
            .iter()
            .map(|why| prose(&words.phrase(why)))
            .collect(),
    }
}

fn decided(decision: &DecisionFact, run: &Run) -> JsonDecision {
    let place = run.sources.locate(decision.at.0);
    JsonDecision {
        device: printable(&decision.firewall).into_owned(),
        filter: printable(&decision.filter).into_owned(),
        action: decision.action,
        rule: printable(&decision.rule).into_owned(),
        file: place.map_or(String::new(), |(file, _)| printable(file).into_owned()),
        line: place.map_or(0, |(_, position)| position.line),
    }
}
