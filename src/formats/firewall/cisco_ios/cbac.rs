//! Classic inspection: `ip inspect`.
//!
//! Inspection opens the way back for the connections that pass an interface
//! in its direction, past the lists that the replies meet.
//!
//! Sources: Cisco IOS Security Configuration Guide, "Configuring Context-Based
//! Access Control" (traffic that the lists deny is not inspected; temporary
//! openings for return traffic); "Firewall ACL Bypass" (return packets of a
//! session pass input and output lists); "Granular Protocol Inspection".

use std::collections::HashMap;

use crate::model::firewall::{
    Action, Condition, FilterId, Inspection, InspectionEffect, InterfaceId, InterfaceMatch,
    PortMatch, Rule, ServiceTerm, StateMatch,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::device::Device;
use super::outcome::Outcome;
use super::rules::{add_condition, pseudo_rule, quoted};
use super::service::inline;
use super::tables;
use super::words::{Words, number};

/// `ip inspect name N PROTOCOL …`.
#[derive(Debug, Clone)]
pub struct Inspected<'c> {
    /// The protocol's word.
    pub word: &'c str,
    /// The statement.
    pub span: Span,
}

/// All inspection rules.
#[derive(Debug, Default)]
pub struct Inspections<'c> {
    /// By name.
    pub rules: HashMap<&'c str, Vec<Inspected<'c>>>,
    /// `ip port-map NAME port [tcp|udp] N`, and whether a list limits it.
    pub port_maps: HashMap<String, Vec<(Protocol, PortRange)>>,
    /// Port maps for some hosts only.
    pub limited_maps: HashMap<String, Span>,
}

/// `ip inspect …` at the top level.
pub fn statement<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    if words.next() != Some("name") {
        return Outcome::irrelevant("limits and time-outs of inspection");
    }
    let (Some(name), Some(word)) = (words.next(), words.next()) else {
        return Outcome::not_modelled("the inspection rule is cut off");
    };
    let span = device.span(statement);
    let at = device.span(name);
    let rules = device.inspections.rules.entry(name).or_default();
    let fresh = rules.is_empty();
    rules.push(Inspected { word, span });
    if fresh {
        device.refer("ip inspect", name, true, at);
    }
    if tables::inspected(word).is_some() || device.inspections.port_maps.contains_key(word) {
        Outcome::MODELLED
    } else {
        Outcome::not_modelled(format!(
            "which ports {} inspects is not known",
            quoted(word)
        ))
    }
}

/// `ip port-map NAME port [tcp|udp] P [to Q] [list L]`.
pub fn port_map<'c>(device: &mut Device<'c>, words: &mut Words<'c>, statement: &'c str) -> Outcome {
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    words.eat("port");
    let protocols = match words.peek() {
        Some("tcp") => vec![Protocol::TCP],
        Some("udp") => vec![Protocol::UDP],
        _ => vec![Protocol::TCP, Protocol::UDP],
    };
    if protocols.len() == 1 {
        words.next();
    }
    let mut ranges = Vec::new();
    while let Some(low) = words.peek().and_then(number::<u16>) {
        words.next();
        let high = if words.eat("to") || words.eat("from") {
            words.next().and_then(number).unwrap_or(low)
        } else {
            low
        };
        ranges.extend(PortRange::new(low, high));
    }
    if words.peek() == Some("list") || ranges.is_empty() {
        device
            .inspections
            .limited_maps
            .insert(name.to_owned(), span);
        return Outcome::not_modelled("the port map holds for some hosts only");
    }
    let map = device
        .inspections
        .port_maps
        .entry(name.to_owned())
        .or_default();
    for protocol in protocols {
        map.extend(ranges.iter().map(|range| (protocol, *range)));
    }
    Outcome::MODELLED
}

/// What a protocol word of an inspection or class map stands for.
pub struct Meaning {
    /// Protocols and ports; a whole protocol has all ports.
    pub ports: Vec<(Protocol, PortRange)>,
    /// What the engine does.
    pub effect: InspectionEffect,
    /// Why that may not be all.
    pub doubt: Option<(String, Span)>,
}

impl Device<'_> {
    /// The meaning of a protocol word, with the port maps of the file.
    pub fn inspected(&self, word: &str, span: Span) -> Meaning {
        let known = tables::inspected(word);
        let mapped = self.inspections.port_maps.get(word);
        let mut ports = known.map(|known| known.ports.clone()).unwrap_or_default();
        ports.extend(mapped.into_iter().flatten().copied());
        let doubt = if ports.is_empty() {
            Some((
                format!("which ports {} stands for is not known", quoted(word)),
                span,
            ))
        } else {
            let limited = self.inspections.limited_maps.get(word);
            limited.map(|at| (format!("{word} has other ports for some hosts"), *at))
        };
        Meaning {
            ports,
            effect: known.map_or(InspectionEffect::Other, |known| known.effect),
            doubt,
        }
    }
}

/// Services of protocols and ports.
pub fn services(ports: &[(Protocol, PortRange)]) -> Vec<ServiceTerm> {
    ports
        .iter()
        .map(|(protocol, range)| {
            let destination = if *range == PortRange::ANY {
                PortMatch::Any
            } else {
                PortMatch::Range(*range)
            };
            inline(*protocol, PortMatch::Any, destination)
        })
        .collect()
}

/// A way that replies take past the lists.
#[derive(Debug, Clone)]
pub struct ReturnPath {
    /// The interface whose inspection opens it.
    pub interface: InterfaceId,
    /// Whether replies enter there (inspection `out`), or leave there.
    pub enters: bool,
    /// Rules for the replies, without interfaces.
    pub rules: Vec<Rule>,
}

/// The ways back of all inspections, and the inspections for the model.
pub fn finish(device: &mut Device<'_>) -> Vec<ReturnPath> {
    let uses: Vec<(InterfaceId, String, bool, Span)> = device
        .stanzas
        .iter()
        .filter_map(|stanza| Some((stanza.id?, stanza)))
        .flat_map(|(id, stanza)| {
            let uses = stanza.inspect.iter();
            uses.map(move |(name, inbound, span)| (id, name.clone(), *inbound, *span))
        })
        .collect();
    let mut paths = Vec::new();
    for (id, name, inbound, span) in uses {
        let inspected = device
            .inspections
            .rules
            .get(name.as_str())
            .cloned()
            .unwrap_or_default();
        let mut rules = Vec::new();
        if inspected.is_empty() {
            let text = format!("inspection rule {name} is not defined in this file");
            let reason = device.reason(text.clone(), span);
            let mut rule = pseudo_rule(Action::Permit, text, span);
            rule.state = StateMatch::Established;
            add_condition(&mut rule, Condition::Unknown(reason));
            rules.push(rule);
        }
        let filter = (!inspected.is_empty()).then(|| here(device, &name, id, inbound, span));
        for one in inspected {
            let meaning = device.inspected(one.word, one.span);
            let label = format!("ip inspect {name}: replies of {} pass", one.word);
            let mut rule = pseudo_rule(Action::Permit, label, one.span);
            if !meaning.ports.is_empty() {
                rule.service = Device::services(services(&meaning.ports));
            }
            let mut rule = device.mirror(&rule);
            if let Some((text, at)) = meaning.doubt {
                let reason = device.reason(text, at);
                add_condition(&mut rule, Condition::Unknown(reason));
            }
            rules.push(rule);
            device.firewall.inspections.push(Inspection {
                protocol: one.word.to_ascii_lowercase(),
                effect: meaning.effect,
                interface: Some(id),
                filter,
                ports: meaning.ports,
                default: false,
                span: one.span,
                related: vec![span],
            });
        }
        paths.push(ReturnPath {
            interface: id,
            enters: !inbound,
            rules,
        });
    }
    paths
}

/// A filter of the packets that an inspection looks at: those that enter at its
/// interface, or those that leave there.
fn here(
    device: &mut Device<'_>,
    name: &str,
    id: InterfaceId,
    inbound: bool,
    span: Span,
) -> FilterId {
    let label = format!("ip inspect {name} looks at it");
    let mut rule = pseudo_rule(Action::Permit, label, span);
    let side = if inbound {
        &mut rule.ingress
    } else {
        &mut rule.egress
    };
    *side = InterfaceMatch::One(id);
    let default = format!("ip inspect {name} looks the other way");
    device.add_pseudo(
        format!("ip inspect {name}"),
        vec![rule],
        (Action::Deny, default),
        span,
    )
}

/// What replies pass at one interface, in one direction, before its lists.
pub fn at(paths: &[ReturnPath], id: InterfaceId, inbound: bool) -> Vec<Rule> {
    let mut rules = Vec::new();
    for path in paths {
        let here = path.interface == id;
        let elsewhere = InterfaceMatch::One(path.interface);
        // Replies that enter at the inspected interface meet its own inbound
        // list and any outbound list; those that leave there, the reverse.
        let (fits, narrowed) = match (path.enters, inbound) {
            (true, true) | (false, false) => (here, false),
            (true, false) | (false, true) => (!here, true),
        };
        if !fits {
            continue;
        }
        for rule in &path.rules {
            let mut rule = rule.clone();
            if narrowed && path.enters {
                rule.ingress = elsewhere.clone();
            } else if narrowed {
                rule.egress = elsewhere.clone();
            }
            rules.push(rule);
        }
    }
    rules
}
