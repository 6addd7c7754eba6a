//! From a [`Match`] to rules of the model.

use super::build::Builder;
use super::matching::{Addresses, Family, Match, states};
use super::ranges::Ranges;
use super::untracked::Kept;
use crate::formats::firewall::shared::rules::add_condition;
use crate::model::asks::Asks;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, IcmpMatch, PortMatch, ProtocolMatch,
    ReasonId, Rule, ServiceMatch, ServiceObject, ServiceObjectId, ServiceTerm, StateMatch,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::{Span, Spanned};

/// More pairs of port ranges than this become an object.
const MAX_PORT_PAIRS: usize = 64;
/// The bits of [`Match::flags`] that stand for later packets.
const LATER: u8 = 0b1_1110;

/// A rule to make.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// What happens.
    pub action: Action,
    /// Whether a match is logged.
    pub logs: bool,
    /// The statement.
    pub span: Span,
}

impl Builder<'_> {
    /// Appends what a match and a verdict say to a filter: usually one rule,
    /// two where new and later packets of a connection fare differently.
    pub fn push(&mut self, filter: FilterId, matched: &Match, verdict: Verdict) {
        let first = self.rule_count(filter);
        self.emit(filter, matched, verdict);
        if self.keeps && matched.states != states::ALL {
            self.kept.push(Kept {
                filter,
                first,
                count: self.rule_count(filter).saturating_sub(first),
                matched: matched.clone(),
                verdict,
            });
        }
    }

    fn emit(&mut self, filter: FilterId, matched: &Match, verdict: Verdict) {
        let later = if matched.states & states::ESTABLISHED == 0 {
            0
        } else {
            matched.flags & LATER
        };
        let opens = matched.states & states::NEW != 0 && matched.flags & 1 != 0;
        let mut rule = self.rule(matched, verdict);
        match (opens, later) {
            (true, LATER) => {}
            (true, _) => rule.state = StateMatch::New,
            (false, 0) => rule.enabled = false,
            (false, _) => rule.state = StateMatch::Established,
        }
        if later != 0 && later != LATER {
            let reason = self.reason(
                "whether later packets of a connection match depends on their TCP flags",
                verdict.span,
            );
            let known = self.reasons().saturating_sub(1);
            self.asked(known, &Asks::of(format!("flags {:05b}", matched.flags)));
            let mut later = Rule {
                state: StateMatch::Established,
                ..rule.clone()
            };
            add_condition(&mut later, Condition::Unknown(reason));
            if opens {
                self.append(filter, rule);
            }
            self.append(filter, later);
            return;
        }
        self.append(filter, rule);
    }

    fn rule(&mut self, matched: &Match, verdict: Verdict) -> Rule {
        let service = self.service(matched, verdict.span);
        let source = addresses(&matched.source, matched.family);
        let destination = addresses(&matched.destination, matched.family);
        let impossible = matched.never || source.is_none() || destination.is_none();
        let mut conditions: Vec<Condition> = matched
            .unknown
            .iter()
            .map(|id| Condition::Unknown(*id))
            .collect();
        for end in [&matched.source, &matched.destination] {
            if end.masked.is_some() && end.v4.is_some() {
                let reason = "two address conditions are joined, one with a mask that has holes";
                conditions.push(Condition::Unknown(self.reason(reason, verdict.span)));
            }
        }
        let source = match source.unwrap_or(AddressMatch::Any) {
            // The family of a rule is told by its source.
            AddressMatch::Any => match matched.family {
                Family::V4 => AddressMatch::One(AddressTerm::Any4),
                Family::V6 => AddressMatch::One(AddressTerm::Any6),
                Family::Both => AddressMatch::Any,
            },
            told => told,
        };
        Rule {
            action: verdict.action,
            enabled: !impossible && service.is_some(),
            logs: verdict.logs,
            ingress: matched.ingress.clone(),
            egress: matched.egress.clone(),
            source,
            destination: destination.unwrap_or(AddressMatch::Any),
            service: service.unwrap_or(ServiceMatch::Any),
            state: StateMatch::Any,
            conditions: conditions.into(),
            implicit: None,
            span: verdict.span,
        }
    }

    /// The services of a match; `None` when there are none.
    fn service(&mut self, matched: &Match, span: Span) -> Option<ServiceMatch> {
        let Match {
            protocols,
            source_ports,
            destination_ports,
            either_ports,
            icmp,
            ..
        } = matched;
        let ported =
            source_ports.is_some() || destination_ports.is_some() || either_ports.is_some();
        if !ported && icmp.is_none() {
            return without_ports(protocols.as_ref());
        }
        if let Some(term) = one_term(matched) {
            return Some(ServiceMatch::One(term));
        }
        let mut terms = Vec::new();
        let wanted = protocols.clone().unwrap_or_else(|| Ranges::one(0, u8::MAX));
        for number in wanted.ranges().iter().flat_map(|(low, high)| *low..=*high) {
            let protocol = Protocol(number);
            match icmp {
                Some(_) if ported => {}
                Some(kinds) if matches!(protocol, Protocol::ICMP | Protocol::ICMP6) => {
                    terms.extend(icmp_terms(protocol, kinds));
                }
                Some(_) => {}
                None if !protocol.has_ports() => {}
                None => {
                    let mut add = |source: Option<Ranges<u16>>, destination| {
                        self.port_terms(protocol, source, destination, span, &mut terms);
                    };
                    match either_ports {
                        None => add(source_ports.clone(), destination_ports.clone()),
                        Some(either) => {
                            add(common(source_ports, either), destination_ports.clone());
                            add(source_ports.clone(), common(destination_ports, either));
                        }
                    }
                }
            }
        }
        match terms.len() {
            0 => None,
            1 => terms.pop().map(ServiceMatch::One),
            _ => Some(ServiceMatch::AnyOf(terms.into())),
        }
    }

    fn port_terms(
        &mut self,
        protocol: Protocol,
        source: Option<Ranges<u16>>,
        destination: Option<Ranges<u16>>,
        span: Span,
        terms: &mut Vec<ServiceTerm>,
    ) {
        let count = |ports: &Option<Ranges<u16>>| ports.as_ref().map_or(1, |p| p.ranges().len());
        let many = count(&source).saturating_mul(count(&destination)) > MAX_PORT_PAIRS;
        let sources = self.port_matches(source, many, span);
        let destinations = self.port_matches(destination, many, span);
        for source in &sources {
            for destination in &destinations {
                terms.push(ServiceTerm::Inline {
                    protocol: ProtocolMatch::One(protocol),
                    source: *source,
                    destination: *destination,
                });
            }
        }
    }

    fn port_matches(
        &mut self,
        ports: Option<Ranges<u16>>,
        many: bool,
        span: Span,
    ) -> Vec<PortMatch> {
        let Some(ports) = ports else {
            return vec![PortMatch::Any];
        };
        if ports.is_all() {
            return vec![PortMatch::Any];
        }
        let ranges = ports
            .ranges()
            .iter()
            .filter_map(|(low, high)| PortRange::new(*low, *high))
            .map(PortMatch::Range);
        if !many || ports.ranges().len() < 2 {
            return ranges.collect();
        }
        let objects = &mut self.firewall.service_objects;
        let id = ServiceObjectId(u32::try_from(objects.len()).unwrap_or(u32::MAX));
        objects.push(ServiceObject {
            name: String::new(),
            services: Vec::new(),
            ports: ranges.map(|range| Spanned::new(range, span)).collect(),
            span,
        });
        vec![PortMatch::Object(id)]
    }

    /// A condition that only adds a doubt.
    pub fn doubt(&mut self, matched: &mut Match, why: impl Into<String>, span: Span) -> ReasonId {
        let id = self.reason(why, span);
        matched.unknown.push(id);
        id
    }
}

/// The service of the usual rule: one protocol, and at most one range of ports
/// at each end.
fn one_term(matched: &Match) -> Option<ServiceTerm> {
    if matched.either_ports.is_some() || matched.icmp.is_some() {
        return None;
    }
    let protocol = matched.one_protocol().filter(|one| one.has_ports())?;
    Some(ServiceTerm::Inline {
        protocol: ProtocolMatch::One(protocol),
        source: one_port(matched.source_ports.as_ref())?,
        destination: one_port(matched.destination_ports.as_ref())?,
    })
}

/// Ports that are one range; `None` for several, and for none at all.
fn one_port(ports: Option<&Ranges<u16>>) -> Option<PortMatch> {
    match ports.filter(|ports| !ports.is_all()) {
        None => Some(PortMatch::Any),
        Some(ports) => match ports.ranges() {
            [(low, high)] => PortRange::new(*low, *high).map(PortMatch::Range),
            _ => None,
        },
    }
}

fn common(held: &Option<Ranges<u16>>, by: &Ranges<u16>) -> Option<Ranges<u16>> {
    Some(
        held.as_ref()
            .map_or_else(|| by.clone(), |held| held.intersect(by)),
    )
}

fn without_ports(protocols: Option<&Ranges<u8>>) -> Option<ServiceMatch> {
    let Some(protocols) = protocols else {
        return Some(ServiceMatch::Any);
    };
    let term = |number: u8| ServiceTerm::Inline {
        protocol: ProtocolMatch::One(Protocol(number)),
        source: PortMatch::Any,
        destination: PortMatch::Any,
    };
    let all = |set: &Ranges<u8>| -> Vec<ServiceTerm> {
        set.ranges()
            .iter()
            .flat_map(|(low, high)| *low..=*high)
            .map(term)
            .collect()
    };
    if protocols.is_all() {
        return Some(ServiceMatch::Any);
    }
    if let [(one, last)] = protocols.ranges()
        && one == last
    {
        return Some(ServiceMatch::One(term(*one)));
    }
    let terms = all(protocols);
    match terms.len() {
        0 => None,
        1..=128 => Some(ServiceMatch::AnyOf(terms.into())),
        _ => Some(ServiceMatch::NoneOf(all(&protocols.complement()).into())),
    }
}

fn icmp_terms(protocol: Protocol, kinds: &Ranges<u16>) -> Vec<ServiceTerm> {
    let mut terms = Vec::new();
    let mut add = |kind: Option<u8>, code: Option<u8>| {
        terms.push(ServiceTerm::Icmp(IcmpMatch {
            protocol,
            kind,
            code,
        }));
    };
    for (low, high) in kinds.ranges() {
        if (*low, *high) == (0, u16::MAX) {
            add(None, None);
            continue;
        }
        let mut at = Some(*low);
        while let Some(number) = at.filter(|number| number <= high) {
            let [kind, code] = number.to_be_bytes();
            if code == 0 && number | 255 <= *high {
                add(Some(kind), None);
                at = (number | 255).checked_add(1);
            } else {
                add(Some(kind), Some(code));
                at = number.checked_add(1);
            }
        }
    }
    terms
}

/// The addresses of one end; `None` when there are none.
fn addresses(end: &Addresses, family: Family) -> Option<AddressMatch> {
    if let (Some((value, mask, negated)), None) = (end.masked, &end.v4) {
        let masked = AddressTerm::Masked(Box::new((value, mask)));
        return Some(if negated {
            AddressMatch::NoneOf(Box::new([masked, AddressTerm::Any6]))
        } else {
            AddressMatch::One(masked)
        });
    }
    let open4 = family.v4() && end.v4.is_none();
    let open6 = family.v6() && end.v6.is_none();
    if open4 == family.v4() && open6 == family.v6() {
        return Some(AddressMatch::Any);
    }
    let v4 = end.v4.as_ref().filter(|_| family.v4());
    let v6 = end.v6.as_ref().filter(|_| family.v6());
    let v4 = v4.map_or(&[][..], Ranges::ranges);
    let v6 = v6.map_or(&[][..], Ranges::ranges);
    if let ([(low, high)], [], false) = (v4, v6, open6) {
        return Some(AddressMatch::One(AddressTerm::V4(*low, *high)));
    }
    let mut terms = open4
        .then_some(AddressTerm::Any4)
        .into_iter()
        .chain(v4.iter().map(|(a, b)| AddressTerm::V4(*a, *b)))
        .chain(open6.then_some(AddressTerm::Any6))
        .chain(v6.iter().map(|(a, b)| AddressTerm::V6(Box::new((*a, *b)))));
    // Most rules name one: only more need a list.
    let first = terms.next()?;
    Some(match terms.next() {
        None => AddressMatch::One(first),
        Some(second) => AddressMatch::AnyOf([first, second].into_iter().chain(terms).collect()),
    })
}
