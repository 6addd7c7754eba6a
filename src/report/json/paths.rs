//! `paths --format json`: `exlint/paths/1`, all rows of the catalogue unless
//! the user names some.

use serde::Serialize;

use super::JsonPlace;
use super::decision::{JsonDecision, decided};
use crate::finding::{Filter, Label, PathReport, PathState, Positions, Run, Way, path_reports};
use crate::model::path::{Authentication, Catalogue, DataPath, Degree, Localised, Table};
use crate::policy::facts::Ref;
use crate::policy::{self, Status};
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
    /// What the source says.
    encryption: JsonEncryption<'a>,
    authentication: JsonAuthentication<'a>,
    rules: Vec<JsonRule<'a>>,
    places: Vec<JsonWay>,
}

#[derive(Debug, Serialize)]
struct JsonEncryption<'a> {
    supported: Degree,
    mechanism: Option<&'a str>,
    by_default: Degree,
}

#[derive(Debug, Serialize)]
struct JsonAuthentication<'a> {
    default: &'a [String],
    supported: &'a [String],
}

/// A rule that names the path.
#[derive(Debug, Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    status: &'static str,
    /// Findings that name the path.
    findings: usize,
    /// Whether they make the path worse than its places.
    decides: bool,
}

#[derive(Debug, Serialize)]
struct JsonWay {
    source: String,
    destination: String,
    state: &'static str,
    services: Vec<JsonService>,
    encrypted_by_default: Degree,
    configured: JsonConfigured,
    effects: Vec<JsonEffect>,
    evidence: Vec<JsonPlace>,
    rules: Vec<String>,
    why: Vec<String>,
    settle: Vec<String>,
}

/// How a way is protected as configured.
#[derive(Debug, Serialize)]
struct JsonConfigured {
    encryption: Option<&'static str>,
    authentication: Vec<&'static str>,
    not_supported: Vec<&'static str>,
    settings: Vec<JsonSetting>,
    missing: Vec<&'static str>,
}

#[derive(Debug, Serialize)]
struct JsonSetting {
    cmdlet: &'static str,
    object: String,
    property: &'static str,
    value: String,
    place: Option<JsonPlace>,
}

#[derive(Debug, Serialize)]
struct JsonService {
    service: String,
    verdict: String,
    decided_by: Vec<JsonDecision>,
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
    pub fn new(run: &'a Run, catalogue: &'a Catalogue, filter: &Filter) -> Self {
        let mut positions = Positions::new(&run.sources);
        Self {
            schema: "exlint/paths/1",
            edition: &catalogue.edition,
            paths: path_reports(catalogue, run, filter)
                .into_iter()
                .map(|report| path(&report, run, &mut positions))
                .collect(),
        }
    }
}

fn path<'a>(report: &PathReport<'a>, run: &'a Run, positions: &mut Positions<'_>) -> JsonPath<'a> {
    JsonPath {
        id: &report.path.id.0,
        table: report.path.table,
        row: report.path.row,
        titles: &report.path.title,
        state: report.state.as_str(),
        encryption: JsonEncryption {
            supported: report.path.encryption.supported,
            mechanism: report.path.encryption.mechanism.as_deref(),
            by_default: report.path.encryption.by_default,
        },
        authentication: authentication(&report.path.authentication),
        rules: rules(report, run),
        places: report
            .ways
            .iter()
            .map(|w| way(w, report.path, run, positions))
            .collect(),
    }
}

fn authentication(said: &Authentication) -> JsonAuthentication<'_> {
    JsonAuthentication {
        default: &said.default,
        supported: &said.supported,
    }
}

fn rules<'a>(report: &PathReport<'a>, run: &'a Run) -> Vec<JsonRule<'a>> {
    let id = &*report.path.id.0;
    let of_path = run.results.iter().filter(|result| {
        let mut paths = result.rule.paths.iter();
        paths.any(|path| path == id)
    });
    of_path
        .map(|result| JsonRule {
            id: &result.rule.id,
            status: match result.status {
                Status::Evaluated => "evaluated",
                Status::NotApplicable(_) => "not-applicable",
                Status::LacksData { .. } => "lacks-data",
                Status::Off(_) => "off",
                Status::Failed(_) => "failed",
            },
            findings: run
                .findings
                .iter()
                .filter(|f| f.rule.id == result.rule.id && f.paths.iter().any(|path| path == id))
                .count(),
            decides: report.rules.contains(&result.rule.id.as_str()),
        })
        .collect()
}

fn way(way: &Way<'_>, path: &DataPath, run: &Run, positions: &mut Positions<'_>) -> JsonWay {
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
        encrypted_by_default: path.encryption.by_default,
        configured: JsonConfigured {
            encryption: way.configured.encryption.map(|strength| strength.as_str()),
            authentication: way.configured.methods.clone(),
            not_supported: way.configured.beyond.clone(),
            settings: way
                .configured
                .settings
                .iter()
                .map(|setting| JsonSetting {
                    cmdlet: setting.cmdlet,
                    object: printable(setting.identity).into_owned(),
                    property: setting.property,
                    value: printable(&setting.value).into_owned(),
                    place: place(setting.at),
                })
                .collect(),
            missing: way.configured.missing.clone(),
        },
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
        settle: settle(way, run.language.is_japanese()),
    }
}

/// What would settle a way that is undecided.
#[must_use]
pub fn settle(way: &Way<'_>, japanese: bool) -> Vec<String> {
    if way.state != PathState::Undecided {
        return Vec::new();
    }
    let missing = way.configured.missing.iter();
    let missing = missing.map(|kind| policy::settle(kind).get(japanese).to_owned());
    let steps = way.settle.iter().map(|step| (*step).to_owned());
    steps.chain(missing).map(|step| prose(&step)).collect()
}
