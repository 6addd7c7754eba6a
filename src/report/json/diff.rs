//! `diff --format json`: `exlint/diff/1`.

use serde::Serialize;

use super::check::{JsonFinding, JsonSuppressed, finding, suppressed};
use super::decision::{JsonDecision, decided};
use crate::finding::comparison::{
    Comparison, Decided, DeviceChange, DeviceFate, EndToEnd, FilterChange, FilterSide, Kinship,
    PathChange, PieceChange, ServiceChange,
};
use crate::finding::{Finding, Place, Run};
use crate::flow::{ConnectionState, Cube, IpSet, Packet, PortSet, Turn};
use crate::model::net::PortRange;
use crate::model::path::Localised;
use crate::policy::facts::DecisionFact;
use crate::report::Messages;
use crate::report::comparison::{People, doubt, unasked};
use crate::report::text::{printable, prose};

/// The whole object.
#[derive(Debug, Serialize)]
pub struct DiffJson<'a> {
    schema: &'static str,
    tool: Tool,
    base: JsonSide,
    head: JsonSide,
    summary: Summary,
    paths: Vec<JsonPath<'a>>,
    devices: Vec<JsonDevice>,
    filters: Vec<JsonFilter>,
    findings: JsonFindings,
}

#[derive(Debug, Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
    language: &'static str,
    reference_date: String,
}

/// One side of the comparison.
#[derive(Debug, Serialize)]
struct JsonSide {
    name: String,
    files: usize,
    firewalls: usize,
    incomplete: bool,
}

#[derive(Debug, Serialize)]
struct Summary {
    paths: usize,
    filters: usize,
    filters_undecided: usize,
    introduced: usize,
    hidden: usize,
    not_decided: usize,
    unasked: usize,
    cured: usize,
    worst: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct JsonPath<'a> {
    id: &'a str,
    titles: &'a Localised,
    source: Option<String>,
    destination: Option<String>,
    change: &'static str,
    severity: Option<&'static str>,
    before: &'static str,
    after: &'static str,
    services: Vec<JsonService>,
    rules_before: Vec<String>,
    rules_after: Vec<String>,
}

#[derive(Debug, Serialize)]
struct JsonService {
    service: String,
    before: Option<JsonVerdict>,
    after: Option<JsonVerdict>,
}

#[derive(Debug, Serialize)]
struct JsonVerdict {
    verdict: String,
    decided_by: Vec<JsonDecision>,
}

#[derive(Debug, Serialize)]
struct JsonDevice {
    change: &'static str,
    before: Option<String>,
    after: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonFilter {
    device: String,
    filter: String,
    kinship: &'static str,
    before: Option<JsonFilterSide>,
    after: Option<JsonFilterSide>,
    bound: Vec<String>,
    counts: Counts,
    newly_permitted: Vec<JsonPiece>,
    newly_denied: Vec<JsonPiece>,
    undecided: Vec<JsonPiece>,
    /// Packets that are too many to tell: some of them differ.
    unexplored: Vec<JsonPiece>,
    differing_rules: Vec<JsonRule>,
}

#[derive(Debug, Serialize)]
struct JsonFilterSide {
    device: String,
    filter: String,
    file: Option<String>,
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Counts {
    newly_permitted: usize,
    newly_denied: usize,
    undecided: usize,
    unexplored: usize,
}

#[derive(Debug, Serialize)]
struct JsonPiece {
    text: String,
    packets: JsonPackets,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingress: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    egress: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
    witness: Option<JsonPacket>,
    before: Vec<JsonRule>,
    after: Vec<JsonRule>,
    end_to_end: Option<JsonEndToEnd>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    why: Vec<String>,
}

/// A product of sets; each in ranges.
#[derive(Debug, Serialize)]
struct JsonPackets {
    source: Vec<String>,
    destination: Vec<String>,
    protocols: Vec<String>,
    source_ports: Vec<String>,
    destination_ports: Vec<String>,
}

#[derive(Debug, Serialize)]
struct JsonPacket {
    source: String,
    destination: String,
    protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    destination_port: Option<u16>,
}

#[derive(Debug, Serialize)]
struct JsonEndToEnd {
    effect: &'static str,
    witness: Option<JsonPacket>,
}

#[derive(Debug, Serialize)]
struct JsonRule {
    action: &'static str,
    rule: String,
    file: Option<String>,
    line: Option<u32>,
}

#[derive(Debug, Serialize)]
struct JsonFindings {
    introduced: Vec<JsonFinding>,
    /// Of the head, with what hides them.
    hidden: Vec<JsonSuppressed>,
    not_decided: Vec<JsonGone>,
    unasked: Vec<JsonGone>,
    cured: Vec<JsonFinding>,
}

/// A finding of the base, with why the head does not tell it.
#[derive(Debug, Serialize)]
struct JsonGone {
    finding: JsonFinding,
    why: String,
}

impl<'a> DiffJson<'a> {
    /// Collects the object; `names` are those of the two sides.
    #[must_use]
    pub fn new(comparison: &'a Comparison<'_>, names: [&str; 2]) -> Self {
        let (base, head) = (comparison.base, comparison.head);
        let words = Messages::of(head.language);
        let people = People::new(&head.estate, words);
        let findings = &comparison.findings;
        let gone = |known: &Finding, why| JsonGone {
            finding: finding(known, base),
            why,
        };
        Self {
            schema: "exlint/diff/1",
            tool: Tool {
                name: "exlint",
                version: env!("CARGO_PKG_VERSION"),
                language: head.language.code(),
                reference_date: head.estate.reference_date.clone(),
            },
            base: side(base, names[0]),
            head: side(head, names[1]),
            summary: Summary {
                paths: comparison.paths.len(),
                filters: comparison.filters.len(),
                filters_undecided: comparison
                    .filters
                    .iter()
                    .filter(|filter| !filter.certain())
                    .count(),
                introduced: findings.introduced.len(),
                hidden: findings.hidden.len(),
                not_decided: findings.not_decided.len(),
                unasked: findings.unasked.len(),
                cured: findings.cured.len(),
                worst: comparison.worst().map(|severity| severity.as_str()),
            },
            paths: comparison
                .paths
                .iter()
                .map(|change| path(change, base, head))
                .collect(),
            devices: comparison.devices.iter().map(device).collect(),
            filters: comparison
                .filters
                .iter()
                .map(|change| filter(change, &people, words))
                .collect(),
            findings: JsonFindings {
                introduced: findings
                    .introduced
                    .iter()
                    .map(|introduced| finding(introduced, head))
                    .collect(),
                hidden: findings
                    .hidden
                    .iter()
                    .map(|hidden| suppressed(hidden, head))
                    .collect(),
                not_decided: findings
                    .not_decided
                    .iter()
                    .map(|item| gone(item.finding, doubt(comparison, item, words).0))
                    .collect(),
                unasked: findings
                    .unasked
                    .iter()
                    .map(|known| gone(known, unasked(comparison, known, words)))
                    .collect(),
                cured: findings
                    .cured
                    .iter()
                    .map(|cured| finding(cured, base))
                    .collect(),
            },
        }
    }
}

fn side(run: &Run, name: &str) -> JsonSide {
    JsonSide {
        name: printable(name).into_owned(),
        files: run.files.len(),
        firewalls: run.estate.firewalls.len(),
        incomplete: run.incomplete(),
    }
}

fn path<'a>(change: &PathChange<'a>, base: &Run, head: &Run) -> JsonPath<'a> {
    let text = |name: Option<&str>| name.map(|name| printable(name).into_owned());
    let rules = |rules: &[&str]| rules.iter().map(|rule| (*rule).to_owned()).collect();
    JsonPath {
        id: &change.path.id.0,
        titles: &change.path.title,
        source: text(change.source),
        destination: text(change.destination),
        change: change.turn.as_str(),
        severity: change.severity().map(|severity| severity.as_str()),
        before: change.before.as_str(),
        after: change.after.as_str(),
        services: change
            .services
            .iter()
            .map(|known| service(known, base, head))
            .collect(),
        rules_before: rules(&change.rules_before),
        rules_after: rules(&change.rules_after),
    }
}

fn service(change: &ServiceChange<'_>, base: &Run, head: &Run) -> JsonService {
    let verdict = |told: Option<(&str, &[DecisionFact])>, run: &Run| {
        told.map(|(verdict, by)| JsonVerdict {
            verdict: verdict.to_owned(),
            decided_by: by.iter().map(|by| decided(by, run)).collect(),
        })
    };
    JsonService {
        service: printable(change.service).into_owned(),
        before: verdict(change.before, base),
        after: verdict(change.after, head),
    }
}

fn device(change: &DeviceChange<'_>) -> JsonDevice {
    let text = |name: Option<&str>| name.map(|name| printable(name).into_owned());
    JsonDevice {
        change: match change.fate {
            DeviceFate::Added => "added",
            DeviceFate::Removed => "removed",
            DeviceFate::Missing => "missing",
            DeviceFate::Renamed => "renamed",
        },
        before: text(change.before),
        after: text(change.after),
    }
}

fn filter(change: &FilterChange, people: &People<'_>, words: &Messages) -> JsonFilter {
    let known = change.side();
    let pieces = |turn: Turn| -> Vec<JsonPiece> {
        change
            .of(turn)
            .map(|known| piece(known, people, words))
            .collect()
    };
    JsonFilter {
        device: known.map_or(String::new(), |side| printable(&side.device).into_owned()),
        filter: known.map_or(String::new(), |side| printable(&side.filter).into_owned()),
        kinship: match change.kinship {
            Kinship::Same => "same",
            Kinship::Renamed => "renamed",
            Kinship::Rebound => "rebound",
            Kinship::Added => "added",
            Kinship::Removed => "removed",
        },
        before: change.before.as_ref().map(filter_side),
        after: change.after.as_ref().map(filter_side),
        bound: change
            .places
            .iter()
            .map(|place| printable(place).into_owned())
            .collect(),
        counts: Counts {
            newly_permitted: change.count(Turn::Permitted),
            newly_denied: change.count(Turn::Denied),
            undecided: change.count(Turn::Undecided),
            unexplored: change.count(Turn::Unexplored),
        },
        newly_permitted: pieces(Turn::Permitted),
        newly_denied: pieces(Turn::Denied),
        undecided: pieces(Turn::Undecided),
        unexplored: pieces(Turn::Unexplored),
        differing_rules: change.differing.iter().map(rule).collect(),
    }
}

fn filter_side(side: &FilterSide) -> JsonFilterSide {
    let (file, line) = place(side.place.as_ref());
    JsonFilterSide {
        device: printable(&side.device).into_owned(),
        filter: printable(&side.filter).into_owned(),
        file,
        line,
    }
}

fn place(place: Option<&Place>) -> (Option<String>, Option<u32>) {
    (
        place.map(|place| printable(&place.file).into_owned()),
        place.map(|place| place.line),
    )
}

fn rule(by: &Decided) -> JsonRule {
    let (file, line) = place(by.place.as_ref());
    JsonRule {
        action: by.deed.as_str(),
        rule: printable(&by.rule).into_owned(),
        file,
        line,
    }
}

fn piece(change: &PieceChange, people: &People<'_>, words: &Messages) -> JsonPiece {
    let piece = &change.piece;
    let names = |names: &Option<Vec<String>>| {
        let names = names.as_ref()?.iter();
        Some(names.map(|name| printable(name).into_owned()).collect())
    };
    let mut why: Vec<String> = Vec::new();
    for reason in &piece.reasons {
        let reason = prose(&words.phrase(&reason.text));
        if !why.contains(&reason) {
            why.push(reason);
        }
    }
    JsonPiece {
        text: people.packets(&piece.packets),
        packets: packets(&piece.packets),
        ingress: names(&piece.ingress),
        egress: names(&piece.egress),
        state: piece.state.map(|state| match state {
            ConnectionState::New => "new",
            ConnectionState::Established => "established",
        }),
        witness: change.witness.as_ref().map(packet),
        before: change.before.iter().map(rule).collect(),
        after: change.after.iter().map(rule).collect(),
        end_to_end: change.end_to_end.as_ref().map(|seen| JsonEndToEnd {
            effect: seen.as_str(),
            witness: match seen {
                EndToEnd::Changes { witness } => witness.as_ref().map(packet),
                EndToEnd::Hidden | EndToEnd::Unknown => None,
            },
        }),
        why,
    }
}

fn packets(cube: &Cube) -> JsonPackets {
    let addresses =
        |set: &IpSet| -> Vec<String> { set.ranges().map(|range| range.to_string()).collect() };
    let ports = |set: &PortSet| -> Vec<String> {
        let ranges = set.ranges().iter();
        ranges
            .map(|(low, high)| {
                let (low, high) = (*low, *high);
                PortRange { low, high }.to_string()
            })
            .collect()
    };
    JsonPackets {
        source: addresses(&cube.source),
        destination: addresses(&cube.destination),
        protocols: if cube.protocols.is_all() {
            vec!["any".to_owned()]
        } else {
            cube.protocols.iter().map(|p| p.to_string()).collect()
        },
        source_ports: ports(&cube.source_ports),
        destination_ports: ports(&cube.destination_ports),
    }
}

fn packet(packet: &Packet) -> JsonPacket {
    let ported = packet.protocol.has_ports();
    JsonPacket {
        source: packet.source.to_string(),
        destination: packet.destination.to_string(),
        protocol: packet.protocol.to_string(),
        source_port: ported.then_some(packet.source_port),
        destination_port: ported.then_some(packet.destination_port),
    }
}
