//! Application inspection: class maps, policy maps, service policies, and
//! PIX's `fixup protocol`.
//!
//! Sources: Cisco ASA Firewall CLI Configuration Guide, "Service Policy",
//! "Getting Started with Application Layer Protocol Inspection", "Inspection
//! of Basic Internet Protocols" (Defaults for ESMTP Inspection: the hidden map
//! `_default_esmtp_map` has `no allow-tls`, so STARTTLS is removed from the
//! session, up to the releases that [`strips_by_default`] names); PIX Command
//! Reference 6.3, "fixup protocol". An interface policy
//! overrides the global one for the inspections that it has.

use std::collections::{BTreeMap, HashMap};

use crate::model::firewall::{
    Action, Condition, FilterId, Inspection, InspectionEffect, InterfaceId,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::access_list::{add_condition, blank_rule};
use super::device::{Device, ListKind};
use super::outcome::Outcome;
use super::tables::{self, Engine};
use super::words::{Words, number};

/// Most inspections made per device.
const MAX_INSPECTIONS: usize = 20_000;
/// Most interfaces for which an overridden global policy is told apart.
const MAX_COMPARED: usize = 256;

/// Everything read so far.
#[derive(Debug, Default)]
pub struct Policies<'c> {
    classes: HashMap<&'c str, ClassMap>,
    policies: HashMap<&'c str, PolicyMap<'c>>,
    inspect_maps: HashMap<&'c str, InspectMap>,
    /// One policy for each interface, and one for all.
    services: BTreeMap<Option<InterfaceId>, (&'c str, Span)>,
    fixups: BTreeMap<(&'static str, u16, u16), Fixup>,
}

#[derive(Debug, Clone, Default)]
struct ClassMap {
    default_traffic: bool,
    ports: Vec<(Protocol, PortRange)>,
    list: Option<FilterId>,
    anything: bool,
    /// A match that is not modelled (tunnel group, DSCP, RTP …).
    other: bool,
    span: Option<Span>,
}

#[derive(Debug, Clone, Default)]
struct PolicyMap<'c> {
    inspects: Vec<Inspect<'c>>,
    span: Option<Span>,
}

#[derive(Debug, Clone, Copy)]
struct Inspect<'c> {
    class: &'c str,
    engine: &'static Engine,
    map: Option<&'c str>,
    span: Span,
}

#[derive(Debug, Clone, Copy)]
struct InspectMap {
    allow_tls: Option<bool>,
    tls_span: Option<Span>,
    span: Span,
}

#[derive(Debug)]
struct Fixup {
    engine: &'static Engine,
    ports: Vec<(Protocol, PortRange)>,
    span: Span,
}

impl Policies<'_> {
    /// Whether nothing was read.
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.policies.is_empty() && self.fixups.is_empty()
    }
}

/// Where a line inside a policy map belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyMode<'c> {
    /// `policy-map NAME`, with the class that is open.
    Policy(&'c str, Option<&'c str>),
    /// `policy-map type inspect PROTOCOL NAME`.
    Inspect(&'c str),
}

/// Opens `class-map [match-any|match-all] NAME`.
pub fn open_class<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<&'c str> {
    let mut name = words.next()?;
    if matches!(name, "match-any" | "match-all") {
        name = words.next()?;
    }
    let span = device.span(statement);
    device
        .policies
        .classes
        .entry(name)
        .or_default()
        .span
        .get_or_insert(span);
    let at = device.span(name);
    device.refer("class-map", name, true, at);
    Some(name)
}

/// A line of a class map.
pub fn class_line<'c>(device: &mut Device<'c>, name: &'c str, words: &mut Words<'c>) -> Outcome {
    match words.next() {
        Some("description") => return Outcome::IRRELEVANT,
        Some("match") => {}
        _ => return Outcome::UNRECOGNISED,
    }
    let mut found = ClassMap::default();
    match words.next() {
        Some("default-inspection-traffic") => found.default_traffic = true,
        Some("any") => found.anything = true,
        Some("access-list") => {
            let Some(list) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let at = device.span(list);
            device.refer("access-list", list, false, at);
            found.list = Some(device.filter(list, ListKind::Extended));
        }
        Some("port") => {
            let protocol = words.next().and_then(tables::protocol);
            let range = match words.next() {
                Some("eq") => words.next().and_then(tables::port).map(PortRange::one),
                Some("range") => {
                    let low = words.next().and_then(tables::port);
                    let high = words.next().and_then(tables::port);
                    low.zip(high)
                        .and_then(|(low, high)| PortRange::new(low, high))
                }
                _ => None,
            };
            match protocol.zip(range) {
                Some(port) => found.ports.push(port),
                None => found.other = true,
            }
        }
        _ => found.other = true,
    }
    let other = found.other;
    let class = device.policies.classes.entry(name).or_default();
    class.default_traffic |= found.default_traffic;
    class.anything |= found.anything;
    class.other |= other;
    class.ports.extend(found.ports);
    class.list = found.list.or(class.list);
    if other {
        Outcome::IRRELEVANT
    } else {
        Outcome::MODELLED
    }
}

/// Opens a policy map.
pub fn open_policy<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<PolicyMode<'c>> {
    let span = device.span(statement);
    let mut name = words.next()?;
    if name == "type" {
        words.next();
        words.next();
        name = words.next()?;
        let fresh = InspectMap {
            allow_tls: None,
            tls_span: None,
            span,
        };
        device.policies.inspect_maps.entry(name).or_insert(fresh);
        let at = device.span(name);
        device.refer("policy-map type inspect", name, true, at);
        return Some(PolicyMode::Inspect(name));
    }
    device
        .policies
        .policies
        .entry(name)
        .or_default()
        .span
        .get_or_insert(span);
    let at = device.span(name);
    device.refer("policy-map", name, true, at);
    Some(PolicyMode::Policy(name, None))
}

/// A line of a policy map. `None` when the policy map does not know it.
pub fn policy_line<'c>(
    device: &mut Device<'c>,
    mode: &mut PolicyMode<'c>,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Option<Outcome> {
    let span = device.span(statement);
    match mode {
        PolicyMode::Inspect(name) => {
            let (allows, word) = match words.next()? {
                "no" => (false, words.next()?),
                word => (true, word),
            };
            if word != "allow-tls" {
                return Some(Outcome::IRRELEVANT);
            }
            let map = device.policies.inspect_maps.get_mut(name)?;
            map.allow_tls = Some(allows);
            map.tls_span = Some(span);
            Some(Outcome::MODELLED)
        }
        PolicyMode::Policy(name, class) => match words.next()? {
            "class" => {
                *class = Some(words.next()?);
                let found = class.unwrap_or_default();
                let at = device.span(found);
                device.refer("class-map", found, false, at);
                Some(Outcome::MODELLED)
            }
            "inspect" => {
                let word = words.next()?;
                let Some(engine) = tables::engine(word) else {
                    return Some(Outcome::irrelevant(
                        "an inspection without effect on these data paths",
                    ));
                };
                let map = inspect_map(word, words);
                if let Some(map) = map {
                    let at = device.span(map);
                    device.refer("policy-map type inspect", map, false, at);
                }
                let inspect = Inspect {
                    class: class.unwrap_or("class-default"),
                    engine,
                    map,
                    span,
                };
                device
                    .policies
                    .policies
                    .entry(name)
                    .or_default()
                    .inspects
                    .push(inspect);
                Some(Outcome::MODELLED)
            }
            "ips" | "csc" | "cxsc" | "sfr" => Some(Outcome::irrelevant(
                "a security module inspects contents; which packets it drops is not in the file",
            )),
            "no" if words.eat("inspect") => {
                let engine = words.next().and_then(tables::engine)?;
                let policy = device.policies.policies.entry(name).or_default();
                policy
                    .inspects
                    .retain(|old| old.engine.name != engine.name || Some(old.class) != *class);
                Some(Outcome::MODELLED)
            }
            word => {
                let known = super::commands::mode("policy-map").is_some_and(|mode| mode.has(word));
                known.then_some(Outcome::IRRELEVANT)
            }
        },
    }
}

/// The map that an `inspect` names, if it names one.
fn inspect_map<'c>(engine: &str, words: &mut Words<'c>) -> Option<&'c str> {
    let mut word = words.next()?;
    if engine == "h323" && matches!(word, "h225" | "ras") {
        word = words.next()?;
    }
    let option = matches!(
        word,
        "maximum-length"
            | "strict"
            | "tls-proxy"
            | "phone-proxy"
            | "error"
            | "uc-ime"
            | "dynamic-filter-snoop"
    );
    if word == "strict" {
        return words.next();
    }
    (!option).then_some(word)
}

/// `service-policy NAME {global | interface IF} [fail-close]`.
pub fn service_policy<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let interface = match words.next() {
        Some("global") => None,
        Some("interface") => match words.next() {
            Some(interface) => Some(device.interface(interface)),
            None => return Outcome::UNRECOGNISED,
        },
        _ => return Outcome::UNRECOGNISED,
    };
    let at = device.span(name);
    device.refer("policy-map", name, false, at);
    device.policies.services.insert(interface, (name, span));
    Outcome::MODELLED
}

/// `[no] fixup protocol NAME [h225|ras] [PORT[-PORT]]`.
pub fn fixup(
    device: &mut Device<'_>,
    words: &mut Words<'_>,
    statement: &str,
    negated: bool,
) -> Outcome {
    if !words.eat("protocol") {
        return Outcome::UNRECOGNISED;
    }
    let Some(engine) = words.next().and_then(tables::engine) else {
        return Outcome::irrelevant("a fixup without effect on these data paths");
    };
    let span = device.span(statement);
    if !negated {
        device.old_nat = device.old_nat.or(Some(span));
    }
    while words
        .peek()
        .is_some_and(|word| matches!(word, "h225" | "ras" | "udp" | "strict" | "error"))
    {
        words.next();
    }
    let range = words.next().and_then(|ports| {
        let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
        PortRange::new(number(low)?, number(high)?)
    });
    let ports: Vec<_> = match range {
        Some(range) => {
            let mut protocols: Vec<_> =
                engine.ports.iter().map(|(protocol, _)| *protocol).collect();
            protocols.dedup();
            protocols
                .into_iter()
                .map(|protocol| (protocol, range))
                .collect()
        }
        None => engine.ports.clone(),
    };
    let key = range.map_or((0, 0), |range| (range.low, range.high));
    let key = (engine.name, key.0, key.1);
    if negated {
        device.policies.fixups.remove(&key);
    } else {
        let fixup = Fixup {
            engine,
            ports,
            span,
        };
        device.policies.fixups.insert(key, fixup);
    }
    Outcome::MODELLED
}

/// Everything that inspects packets.
pub fn finish(device: &mut Device<'_>) -> Vec<Inspection> {
    let policies = std::mem::take(&mut device.policies);
    let mut out = Vec::new();
    for (interface, (name, span)) in &policies.services {
        let Some(policy) = policies.policies.get(name) else {
            let span = *span;
            device.problems.push(crate::formats::Problem {
                level: crate::formats::ProblemLevel::Warning,
                message: "a service policy uses a policy map that this file does not define"
                    .to_owned(),
                hint: Some("export the whole running configuration".to_owned()),
                span,
            });
            continue;
        };
        for inspect in policy
            .inspects
            .iter()
            .take(MAX_INSPECTIONS.saturating_sub(out.len()))
        {
            let class = class_of(device, &policies, inspect);
            let mut inspection = inspection(&policies, inspect, &class);
            if inspection.default && inspection.effect == InspectionEffect::StripsStarttls {
                open_default(device, &mut inspection);
            }
            inspection.related.extend(policy.span);
            inspection.related.push(*span);
            inspection.related.extend(class.span);
            inspection.interface = *interface;
            if interface.is_some() {
                out.push(inspection);
                continue;
            }
            let overridden = overriding(&policies, inspect.engine.name);
            if overridden.is_empty() || device.firewall.interfaces.len() > MAX_COMPARED {
                out.push(inspection);
                continue;
            }
            for index in 0..device.firewall.interfaces.len() {
                let id = InterfaceId(super::device::index(index));
                if !overridden.contains(&id) {
                    out.push(Inspection {
                        interface: Some(id),
                        ..inspection.clone()
                    });
                }
            }
        }
    }
    for fixup in policies.fixups.into_values() {
        out.push(Inspection {
            protocol: fixup.engine.name.to_owned(),
            effect: fixup.engine.effect,
            interface: None,
            filter: None,
            ports: fixup.ports,
            default: false,
            span: fixup.span,
            related: Vec::new(),
        });
    }
    out
}

/// The class of an inspection. A class that the file does not define, or that
/// matches by more than addresses and ports, takes possibly any packet.
fn class_of(device: &mut Device<'_>, policies: &Policies<'_>, inspect: &Inspect<'_>) -> ClassMap {
    let name = inspect.class;
    let mut class = match policies.classes.get(name) {
        Some(class) => class.clone(),
        // Both exist on every device and may be left out of a listing.
        None => ClassMap {
            anything: name == "class-default",
            default_traffic: name == "inspection_default",
            other: !matches!(name, "class-default" | "inspection_default"),
            ..ClassMap::default()
        },
    };
    if class.other && class.list.is_none() {
        let span = class.span.unwrap_or(inspect.span);
        let text = format!("which packets class {name} takes is not known");
        let reason = device.reason(text, span);
        let id = device.add_filter(format!("class {name}"), span, ListKind::Extended);
        let mut rule = blank_rule(Action::Permit, span);
        add_condition(&mut rule, Condition::Unknown(reason));
        if let Some(filter) = device.filter_mut(id) {
            filter.rules.push(rule);
        }
        class.list = Some(id);
    }
    class
}

/// Leaves open whether the default map removes STARTTLS, where the release does
/// not tell.
fn open_default(device: &mut Device<'_>, inspection: &mut Inspection) {
    let release = device.firewall.software.as_ref();
    if release.is_some_and(|release| strips_by_default(&release.value)) {
        return;
    }
    let text = match release {
        Some(release) => format!(
            "release {} lets TLS pass by default when it was installed anew, and keeps \
             `no allow-tls` when it was upgraded",
            release.value
        ),
        None => "the release is not known, and since 9.4(1) TLS passes by default".to_owned(),
    };
    let span = inspection.span;
    let reason = device.reason(text, span);
    let id = device.add_filter("default ESMTP map".to_owned(), span, ListKind::Extended);
    let action = inspection.filter.map_or(Action::Permit, Action::Jump);
    let mut rule = blank_rule(action, span);
    add_condition(&mut rule, Condition::Unknown(reason));
    if let Some(filter) = device.filter_mut(id) {
        filter.rules.push(rule);
    }
    if let Some(info) = device.list_info_mut(id) {
        info.defined = true;
    }
    inspection.filter = Some(id);
}

/// Whether the hidden ESMTP map of a release surely has `no allow-tls`. From
/// 9.4(1) on, and in later builds of the trains before it, a new device lets TLS
/// pass uninspected, and an upgraded one keeps what it had (Cisco ASA New
/// Features by Release, 9.4(1), "ESMTP inspection change in default behavior
/// for TLS sessions").
fn strips_by_default(release: &str) -> bool {
    const CHANGED: [[u16; 4]; 8] = [
        [8, 4, 7, 25],
        [8, 5, 1, 23],
        [8, 6, 1, 16],
        [8, 7, 1, 15],
        [9, 0, 4, 28],
        [9, 1, 6, 1],
        [9, 2, 3, 2],
        [9, 3, 1, 2],
    ];
    let mut parts = release
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .map_while(number::<u16>);
    let Some(major) = parts.next() else {
        return false;
    };
    let mut next = || parts.next().unwrap_or(0);
    let release = [major, next(), next(), next()];
    let train = |other: &&[u16; 4]| other.get(..2) == release.get(..2);
    match CHANGED.iter().find(train) {
        Some(changed) => release < *changed,
        None => release < [9, 4, 0, 0],
    }
}

/// Interfaces whose own policy has the inspection.
fn overriding(policies: &Policies<'_>, engine: &str) -> Vec<InterfaceId> {
    let has = |name: &str| {
        let policy = policies.policies.get(name);
        policy.is_some_and(|policy| policy.inspects.iter().any(|i| i.engine.name == engine))
    };
    let services = policies.services.iter();
    services
        .filter(|(_, (name, _))| has(name))
        .filter_map(|(interface, _)| *interface)
        .collect()
}

/// One inspection of one class.
fn inspection(policies: &Policies<'_>, inspect: &Inspect<'_>, class: &ClassMap) -> Inspection {
    let engine = inspect.engine;
    let mut related = Vec::new();
    let mut effect = engine.effect;
    let mut default = false;
    if effect == InspectionEffect::StripsStarttls && engine.name == "esmtp" {
        let map = inspect.map.and_then(|map| policies.inspect_maps.get(map));
        if let Some(map) = map {
            related.push(map.span);
            related.extend(map.tls_span);
        }
        match map.and_then(|map| map.allow_tls) {
            Some(true) => effect = InspectionEffect::AllowsTls,
            Some(false) => {}
            None => default = true,
        }
    }
    let mut protocols: Vec<_> = engine.ports.iter().map(|(protocol, _)| *protocol).collect();
    protocols.dedup();
    let ports = if class.default_traffic {
        engine.ports.clone()
    } else if !class.ports.is_empty() {
        class.ports.clone()
    } else {
        protocols
            .into_iter()
            .map(|protocol| (protocol, PortRange::ANY))
            .collect()
    };
    Inspection {
        protocol: engine.name.to_owned(),
        effect,
        interface: None,
        filter: class.list,
        ports,
        default,
        span: inspect.span,
        related,
    }
}
