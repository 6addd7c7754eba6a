//! `trace --format json` and the answer lines of a batch.

use serde::Serialize;

use crate::estate::{Estate, Strength};
use crate::flow::{
    Answer, Because, Decider, DeciderKind, Effect, Lack, NearPermit, Packet, Placement, Position,
    Relation, Step, Story,
};
use crate::model::firewall::Passage;
use crate::model::net::Protocol;
use crate::report::text::printable;
use crate::report::trace::{Trace, device, part_verdict, span_text, statement, verdict};
use crate::source::{Sources, Span};

/// The whole answer.
#[derive(Debug, Serialize)]
pub struct JsonTrace<'a> {
    schema: &'static str,
    question: JsonQuestion<'a>,
    verdict: &'static str,
    relation: &'static str,
    decided_by: Vec<JsonDecider>,
    effects: Vec<JsonEffect>,
    witness: Option<JsonPacket>,
    why: Vec<JsonReason>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weak: Option<JsonReason>,
    parts: Vec<JsonPart>,
    settle: Vec<JsonSettle<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonQuestion<'a> {
    from: &'a str,
    to: &'a str,
    service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source_port: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<&'a str>,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    ingress: Option<&'a str>,
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    egress: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<&'a str>,
}

/// A statement that decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonDecider {
    /// Name of the firewall.
    pub device: String,
    /// File; absent when the statement stands in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The statement, or the name of a pseudo-rule.
    pub rule: String,
    /// `permit` or `deny`.
    pub action: &'static str,
    /// Name of the filter, if one decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Whether the statement is a pseudo-rule, a translation …
    pub kind: &'static str,
}

/// An effect with its statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonEffect {
    kind: &'static str,
    device: String,
    certain: bool,
    #[serde(flatten)]
    site: JsonSite,
}

/// Where a statement stands, with its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonSite {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

/// A packet, with the keys of a batch line: it can be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JsonPacket {
    src: String,
    dst: String,
    protocol: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    src_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dst_port: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp_type: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    icmp_code: Option<u8>,
}

impl From<&Packet> for JsonPacket {
    fn from(packet: &Packet) -> Self {
        let ports = packet.protocol.has_ports();
        let icmp = matches!(packet.protocol, Protocol::ICMP | Protocol::ICMP6);
        let [kind, code] = packet.destination_port.to_be_bytes();
        Self {
            src: packet.source.to_string(),
            dst: packet.destination.to_string(),
            protocol: packet.protocol.to_string(),
            src_port: ports.then_some(packet.source_port),
            dst_port: ports.then_some(packet.destination_port),
            icmp_type: icmp.then_some(kind),
            icmp_code: icmp.then_some(code),
        }
    }
}

#[derive(Debug, Serialize)]
struct JsonReason {
    text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    /// The statement that brings the doubt.
    #[serde(skip_serializing_if = "Option::is_none")]
    statement: Option<String>,
}

#[derive(Debug, Serialize)]
struct JsonSettle<'a> {
    subject: &'a str,
    text: &'a str,
    settle: &'a str,
}

#[derive(Debug, Serialize)]
struct JsonPart {
    verdict: &'static str,
    /// Whether the packets themselves pass and only replies are denied.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    replies_denied: bool,
    packets: String,
    witness: Option<JsonPacket>,
    why: Vec<JsonReason>,
    steps: Vec<JsonStep>,
}

#[derive(Debug, Serialize)]
struct JsonStep {
    device: String,
    /// Whether the packets are for the host itself or from it; absent when they
    /// cross the firewall.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'static str>,
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    ingress: Option<JsonEnd>,
    #[serde(rename = "out", skip_serializing_if = "Option::is_none")]
    egress: Option<JsonEnd>,
    verdict: &'static str,
    decided_by: Vec<JsonDecision>,
    effects: Vec<JsonEffect>,
    #[serde(skip_serializing_if = "Option::is_none")]
    leaves_as: Option<JsonHeader>,
    why: Vec<JsonReason>,
    closest: Vec<JsonNear>,
}

#[derive(Debug, Serialize)]
struct JsonEnd {
    interface: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_by: Option<&'static str>,
    #[serde(flatten)]
    site: JsonSite,
}

/// Addresses and ports of a packet after translation, in words: a pool has
/// many.
#[derive(Debug, Serialize)]
struct JsonHeader {
    src: String,
    dst: String,
}

#[derive(Debug, Serialize)]
struct JsonDecision {
    #[serde(flatten)]
    decider: JsonDecider,
    because: Vec<JsonBecause>,
}

#[derive(Debug, Serialize)]
struct JsonBecause {
    position: &'static str,
    member: String,
    through: Vec<JsonLink>,
}

#[derive(Debug, Serialize)]
struct JsonLink {
    object: String,
    #[serde(flatten)]
    site: JsonSite,
}

#[derive(Debug, Serialize)]
struct JsonNear {
    #[serde(flatten)]
    site: JsonSite,
    lacks: Vec<JsonLack>,
}

#[derive(Debug, Serialize)]
struct JsonLack {
    what: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    has: Option<String>,
}

/// Makes the parts of an answer.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The files.
    pub sources: &'a Sources,
    /// What they say.
    pub estate: &'a Estate,
}

impl Maker<'_> {
    /// A deciding statement.
    #[must_use]
    pub fn decider(&self, decider: &Decider) -> JsonDecider {
        let site = self.place(decider.span);
        JsonDecider {
            device: device(self.estate, decider.firewall).to_owned(),
            file: site.as_ref().map(|(file, _)| file.clone()),
            line: site.map(|(_, line)| line),
            rule: statement(self.sources, decider),
            action: if decider.permits { "permit" } else { "deny" },
            filter: decider.filter.map(|_| decider.filter_name.to_string()),
            kind: match decider.kind {
                DeciderKind::Rule if decider.label.is_some() => "implicit",
                DeciderKind::Rule => "rule",
                DeciderKind::Default => "default",
                DeciderKind::Translation => "translation",
                DeciderKind::NatControl => "nat-control",
                DeciderKind::Connection => "connection",
            },
        }
    }

    /// An effect.
    #[must_use]
    pub fn effect(&self, effect: &Effect) -> JsonEffect {
        JsonEffect {
            kind: effect.kind.name(),
            device: effect
                .firewall
                .map_or_else(String::new, |id| device(self.estate, id).to_owned()),
            certain: effect.certain,
            site: self.site(Some(effect.span)),
        }
    }

    fn place(&self, span: Span) -> Option<(String, u32)> {
        let (file, position) = self.sources.locate(span)?;
        Some((printable(file).into_owned(), position.line))
    }

    fn site(&self, span: Option<Span>) -> JsonSite {
        let place = span.and_then(|span| self.place(span));
        JsonSite {
            text: span
                .filter(|_| place.is_some())
                .map(|span| span_text(self.sources, span)),
            file: place.as_ref().map(|(file, _)| file.clone()),
            line: place.map(|(_, line)| line),
        }
    }

    fn reason(&self, reason: &crate::flow::Reason) -> JsonReason {
        let site = self.site(reason.span);
        JsonReason {
            text: printable(&reason.text).into_owned(),
            file: site.file,
            line: site.line,
            statement: site.text,
        }
    }

    fn reasons(&self, reasons: &[crate::flow::Reason]) -> Vec<JsonReason> {
        reasons.iter().map(|reason| self.reason(reason)).collect()
    }

    fn because(&self, because: &Because) -> JsonBecause {
        JsonBecause {
            position: match because.position {
                Position::Source => "source",
                Position::Destination => "destination",
                Position::Service => "service",
            },
            member: because.member.clone(),
            through: because
                .chain
                .iter()
                .map(|link| JsonLink {
                    object: printable(&link.object).into_owned(),
                    site: self.site(Some(link.member)),
                })
                .collect(),
        }
    }

    fn near(&self, near: &NearPermit) -> JsonNear {
        JsonNear {
            site: self.site(Some(near.span)),
            lacks: near.lacks.iter().map(|lack| self.lack(lack)).collect(),
        }
    }

    fn lack(&self, lack: &Lack) -> JsonLack {
        let (what, has) = match lack {
            Lack::Order(_) => ("order", None),
            Lack::View => ("translation-side", None),
            Lack::Disabled => ("disabled", None),
            Lack::Schedule(span) => ("schedule", Some(span_text(self.sources, *span))),
            Lack::Profiles { profiles, .. } => ("network-profile", Some(profiles.clone())),
            Lack::State => ("state", None),
            Lack::Interface => ("interface", None),
            Lack::Source(has) => ("source", Some(has.clone())),
            Lack::SourcePort(has) => ("source-port", Some(has.clone())),
            Lack::DestinationPort(has) => ("destination-port", Some(has.clone())),
            Lack::Destination(has) => ("destination", Some(has.clone())),
            Lack::Protocol(has) => ("protocol", Some(has.clone())),
        };
        JsonLack { what, has }
    }

    fn end(&self, interface: String, placement: Option<&Placement>) -> JsonEnd {
        JsonEnd {
            interface,
            known_by: placement.map(|placement| match placement.strength {
                Strength::Declared => "declared",
                Strength::Connected => "connected",
                Strength::Routed => "route",
                Strength::RuleMention => "rule",
                Strength::DefaultRoute => "default-route",
                Strength::Name => "name",
            }),
            site: self.site(placement.map(|placement| placement.span)),
        }
    }
}

impl<'a> JsonTrace<'a> {
    /// An answer as JSON.
    #[must_use]
    pub fn new(trace: &'a Trace<'_>) -> Self {
        let maker = Maker {
            sources: trace.sources,
            estate: trace.estate,
        };
        let answer = &trace.answer;
        let asked = &trace.asked;
        Self {
            schema: "exlint/trace/1",
            question: JsonQuestion {
                from: &asked.from,
                to: &asked.to,
                service: &asked.service,
                source_port: asked.source_port.as_deref(),
                device: asked.device.as_deref(),
                ingress: asked.ingress.as_deref(),
                egress: asked.egress.as_deref(),
                filter: asked.filter.as_deref(),
            },
            verdict: verdict(answer.verdict),
            relation: match answer.relation {
                Relation::SameHost => "same-host",
                Relation::NoneBetween => "none-between",
                Relation::Crosses => "crosses",
                Relation::Unknown => "unknown",
            },
            decided_by: answer
                .decided_by()
                .into_iter()
                .map(|decider| maker.decider(decider))
                .collect(),
            effects: answer.effects.iter().map(|e| maker.effect(e)).collect(),
            witness: answer.witness().as_ref().map(JsonPacket::from),
            why: maker.reasons(&answer.why),
            weak: answer.weak.as_ref().map(|weak| maker.reason(weak)),
            parts: trace
                .stories
                .iter()
                .map(|story| part(trace, maker, story))
                .collect(),
            settle: trace
                .open()
                .into_iter()
                .map(|question| JsonSettle {
                    subject: &question.subject,
                    text: &question.text,
                    settle: &question.settle,
                })
                .collect(),
        }
    }
}

fn part(trace: &Trace<'_>, maker: Maker<'_>, story: &Story) -> JsonPart {
    JsonPart {
        verdict: part_verdict(story.verdict),
        replies_denied: story.replies_denied,
        packets: story.packets.clone(),
        witness: story.witness.as_ref().map(JsonPacket::from),
        why: maker.reasons(&story.reasons),
        steps: story
            .steps
            .iter()
            .map(|step| self::step(trace, maker, step))
            .collect(),
    }
}

fn step(trace: &Trace<'_>, maker: Maker<'_>, step: &Step) -> JsonStep {
    let name = |id| trace.network.interface_name(step.firewall, id).to_owned();
    JsonStep {
        device: trace.device(step.firewall).to_owned(),
        host: match step.passage {
            Passage::Transit => None,
            Passage::ToHost => Some("receives"),
            Passage::FromHost => Some("sends"),
        },
        ingress: step
            .ingress
            .map(|id| maker.end(name(id), step.source.as_ref())),
        egress: step
            .egress
            .as_ref()
            .map(|way| maker.end(name(way.interface), Some(way))),
        verdict: part_verdict(step.verdict),
        decided_by: step
            .by
            .iter()
            .map(|(decider, because)| JsonDecision {
                decider: maker.decider(decider),
                because: because.iter().map(|one| maker.because(one)).collect(),
            })
            .collect(),
        effects: step.effects.iter().map(|e| maker.effect(e)).collect(),
        leaves_as: (step.arrived != step.left).then(|| {
            let (src, dst) = step.left.ends();
            JsonHeader { src, dst }
        }),
        why: maker.reasons(&step.reasons),
        closest: step.near.iter().map(|near| maker.near(near)).collect(),
    }
}

/// An answer of a batch, without its id.
#[derive(Debug, Serialize)]
pub struct AnswerLine {
    verdict: &'static str,
    decided_by: Vec<JsonDecider>,
    effects: Vec<JsonEffect>,
    witness: Option<JsonPacket>,
    why: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    parts: Vec<AnswerPart>,
}

#[derive(Debug, Serialize)]
struct AnswerPart {
    verdict: &'static str,
    packets: String,
    witness: Option<JsonPacket>,
    decided_by: Vec<JsonDecider>,
    why: Vec<String>,
}

impl AnswerLine {
    /// An answer with a note about its question. Its parts stand there when
    /// there are several.
    #[must_use]
    pub fn new(maker: Maker<'_>, answer: &Answer, note: Option<&str>) -> Self {
        let texts = |reasons: &[crate::flow::Reason]| -> Vec<String> {
            reasons
                .iter()
                .map(|reason| printable(&reason.text).into_owned())
                .collect()
        };
        let mut why = texts(&answer.why);
        why.extend(note.map(str::to_owned));
        Self {
            verdict: verdict(answer.verdict),
            decided_by: answer
                .decided_by()
                .into_iter()
                .map(|decider| maker.decider(decider))
                .collect(),
            effects: answer.effects.iter().map(|e| maker.effect(e)).collect(),
            witness: answer.witness().as_ref().map(JsonPacket::from),
            why,
            parts: answer
                .parts
                .iter()
                .filter(|_| answer.parts.len() > 1)
                .map(|part| AnswerPart {
                    verdict: part_verdict(part.verdict),
                    packets: part.packets.describe(),
                    witness: part.witness.as_ref().map(JsonPacket::from),
                    decided_by: part.by.iter().map(|by| maker.decider(by)).collect(),
                    why: texts(&part.reasons),
                })
                .collect(),
        }
    }
}
