//! The rules that a term becomes: its addresses, protocols and ports.

use crate::formats::firewall::shared::rules::add_condition;
use crate::model::firewall::{
    AddressMatch, Condition, IcmpMatch, InterfaceMatch, PortMatch, ProtocolMatch, ReasonId, Rule,
    ServiceMatch, ServiceTerm, StateMatch,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Spanned;

use super::conditions::{From, Ports};
use crate::formats::firewall::junos::device::{Device, any_of};
use crate::formats::firewall::junos::filters::Family;
use crate::formats::firewall::junos::prefixes::{self, Entry};

/// The rules of a term: `address` and `port` stand for either end.
pub(super) fn variants(
    device: &mut Device<'_, '_>,
    family: Family,
    base: &Rule,
    from: &From,
) -> Vec<Rule> {
    let mut rule = base.clone();
    rule.state = from.state;
    for reason in &from.unknown {
        add_condition(&mut rule, Condition::Unknown(*reason));
    }
    if !from.ingress.is_empty() {
        rule.ingress = InterfaceMatch::any_of(from.ingress.iter().copied());
    }
    rule.source = side(device, &mut rule, &from.source);
    rule.destination = side(device, &mut rule, &from.destination);
    let either = if from.either.is_empty() {
        None
    } else {
        if from.either.iter().any(|entry| entry.except) {
            // The exception applies only where both ends lie in it.
            let reason = device.reason("`except` for either address is not modelled", base.span);
            add_condition(&mut rule, Condition::Unknown(reason));
        }
        Some(side(device, &mut rule, &from.either))
    };
    let mut ends = Vec::new();
    match either {
        None => ends.push(rule),
        Some(position) => {
            let both = !(from.source.is_empty() && from.destination.is_empty());
            if both {
                let reason = device.reason(
                    "conditions for one and for either address together are not modelled",
                    base.span,
                );
                add_condition(&mut rule, Condition::Unknown(reason));
            }
            for outward in [true, false] {
                let mut variant = rule.clone();
                if outward {
                    variant.source = position.clone()
                } else {
                    variant.destination = position.clone()
                }
                ends.push(variant);
            }
        }
    }
    for variant in &mut ends {
        if variant.source == AddressMatch::Any
            && let Some(term) = family.any()
        {
            variant.source = AddressMatch::One(term);
        }
    }
    let mut all: Vec<(ServiceMatch, Option<ReasonId>)> = services(device, family, base, from)
        .into_iter()
        .map(|service| (service, None))
        .collect();
    all.extend(unasked(device, family, base, from));
    ends.into_iter()
        .flat_map(|rule| {
            all.iter().map(move |(service, doubt)| {
                let mut rule = rule.clone();
                rule.service = service.clone();
                if let Some(reason) = doubt {
                    rule.state = StateMatch::Any;
                    add_condition(&mut rule, Condition::Unknown(*reason));
                }
                rule
            })
        })
        .collect()
}

/// What a term may match beside the protocol that it speaks of and does not ask
/// for.
///
/// Source: Juniper, "Policy Framework Configuration Guide", "Overview of Protocol
/// Match Conditions": `tcp-established`, `tcp-initial`, `tcp-flags`, `icmp-type`
/// and `icmp-code` imply no protocol; the filter looks at the byte that stands
/// where the field would be.
fn unasked(
    device: &mut Device<'_, '_>,
    family: Family,
    base: &Rule,
    from: &From,
) -> Vec<(ServiceMatch, Option<ReasonId>)> {
    let asked = !from.protocols.is_empty() || !from.protocols_except.is_empty();
    if asked || !base.enabled || !(from.tcp || from.icmp) {
        return Vec::new();
    }
    let text = if from.icmp {
        "a term looks at the byte where ICMP has its type and does not ask for the protocol: what it matches in other packets is not known"
    } else {
        "a term looks at the byte where TCP has its flags and does not ask for the protocol: what it matches in other packets is not known"
    };
    let reason = device.reason(text, base.span);
    let ported = !(from.source_ports.is_empty()
        && from.destination_ports.is_empty()
        && from.either_ports.is_empty());
    let found = if from.tcp && ported {
        let others = From {
            source_ports: from.source_ports.clone(),
            destination_ports: from.destination_ports.clone(),
            either_ports: from.either_ports.clone(),
            // UDP, DCCP, SCTP and UDP-Lite have ports as well.
            protocols: [17, 33, 132, 136].map(Protocol).to_vec(),
            ..From::default()
        };
        services(device, family, base, &others)
    } else {
        let own = match (from.icmp, family) {
            (false, _) => Protocol::TCP,
            (true, Family::Inet6) => Protocol::ICMP6,
            (true, _) => Protocol::ICMP,
        };
        let own = inline(ProtocolMatch::One(own), PortMatch::Any, PortMatch::Any);
        vec![ServiceMatch::NoneOf([own].into())]
    };
    let doubtful = found.into_iter().map(|service| (service, Some(reason)));
    doubtful.collect()
}

/// One end's addresses; an exception that is not known leaves the rule open.
fn side(device: &mut Device<'_, '_>, rule: &mut Rule, entries: &[Entry]) -> AddressMatch {
    if entries.is_empty() {
        return AddressMatch::Any;
    }
    match prefixes::combine(entries) {
        Ok(terms) => any_of(terms),
        Err(why) => {
            let reason = device.reason(why, rule.span);
            add_condition(rule, Condition::Unknown(reason));
            AddressMatch::Any
        }
    }
}

fn services(
    device: &mut Device<'_, '_>,
    family: Family,
    base: &Rule,
    from: &From,
) -> Vec<ServiceMatch> {
    if from.icmp {
        let protocol = if family == Family::Inet6 {
            Protocol::ICMP6
        } else {
            Protocol::ICMP
        };
        let other = from.protocols.iter().any(|known| *known != protocol);
        let option = |values: &[u8]| -> Vec<Option<u8>> {
            if values.is_empty() {
                vec![None]
            } else {
                values.iter().copied().map(Some).collect()
            }
        };
        let mut terms = Vec::new();
        for kind in option(&from.types) {
            for code in option(&from.codes) {
                terms.push(ServiceTerm::Icmp(IcmpMatch {
                    protocol,
                    kind,
                    code,
                }));
            }
        }
        if other {
            let reason = device.reason(
                "an ICMP type for another protocol is not modelled",
                base.span,
            );
            terms.push(ServiceTerm::Unknown(reason));
        }
        return vec![match_of(terms)];
    }
    let ported = !(from.source_ports.is_empty()
        && from.destination_ports.is_empty()
        && from.either_ports.is_empty());
    if !from.protocols_except.is_empty() {
        if ported || !from.protocols.is_empty() || from.tcp {
            let reason = device.reason(
                "`protocol-except` together with ports is not modelled",
                base.span,
            );
            return vec![ServiceMatch::One(ServiceTerm::Unknown(reason))];
        }
        let terms = from.protocols_except.iter().map(|protocol| {
            inline(
                ProtocolMatch::One(*protocol),
                PortMatch::Any,
                PortMatch::Any,
            )
        });
        return vec![ServiceMatch::NoneOf(terms.collect())];
    }
    if !ported && from.protocols.is_empty() && !from.tcp {
        return vec![ServiceMatch::Any];
    }
    let protocols: Vec<ProtocolMatch> = match (from.protocols.as_slice(), from.tcp) {
        ([], true) => vec![ProtocolMatch::One(Protocol::TCP)],
        ([], false) => vec![ProtocolMatch::Any],
        (list, true) => list
            .iter()
            .filter(|known| **known == Protocol::TCP)
            .map(|known| ProtocolMatch::One(*known))
            .collect(),
        (list, false) => list
            .iter()
            .map(|known| ProtocolMatch::One(*known))
            .collect(),
    };
    let source = ports(device, base, &from.source_ports);
    let destination = ports(device, base, &from.destination_ports);
    let either = ports(device, base, &from.either_ports);
    let mut matches = Vec::new();
    let mut add = |source: PortMatch, destination: PortMatch| {
        matches.push(match_of(
            protocols
                .iter()
                .map(|protocol| inline(*protocol, source, destination))
                .collect(),
        ));
    };
    if from.either_ports.is_empty() {
        add(source, destination);
    } else {
        add(either, destination);
        add(source, either);
    }
    matches
}

fn inline(protocol: ProtocolMatch, source: PortMatch, destination: PortMatch) -> ServiceTerm {
    ServiceTerm::Inline {
        protocol,
        source,
        destination,
    }
}

fn match_of(mut terms: Vec<ServiceTerm>) -> ServiceMatch {
    if terms.len() == 1
        && let Some(term) = terms.pop()
    {
        return ServiceMatch::One(term);
    }
    ServiceMatch::AnyOf(terms.into())
}

/// Ports as one position holds them; several become an anonymous object.
fn ports(device: &mut Device<'_, '_>, base: &Rule, ports: &Ports) -> PortMatch {
    if ports.is_empty() {
        return PortMatch::Any;
    }
    let ranges = port_ranges(&ports.values, &ports.except);
    if let [range] = ranges.as_slice() {
        return PortMatch::Range(*range);
    }
    let id = device.add_service("", base.span);
    if let Some(object) = device.firewall.service_objects.get_mut(id.0 as usize) {
        object.ports = ranges
            .into_iter()
            .map(|range| Spanned::new(PortMatch::Range(range), base.span))
            .collect();
    }
    PortMatch::Object(id)
}

/// The ports of some ranges (all, when there are none) without others.
fn port_ranges(values: &[PortRange], except: &[PortRange]) -> Vec<PortRange> {
    let mut left: Vec<PortRange> = if values.is_empty() {
        vec![PortRange::ANY]
    } else {
        values.to_vec()
    };
    for gap in except {
        left = left
            .into_iter()
            .flat_map(|range| {
                let below = gap
                    .low
                    .checked_sub(1)
                    .and_then(|high| PortRange::new(range.low, high.min(range.high)));
                let above = gap
                    .high
                    .checked_add(1)
                    .and_then(|low| PortRange::new(low.max(range.low), range.high));
                [below, above].into_iter().flatten()
            })
            .collect();
    }
    left
}
