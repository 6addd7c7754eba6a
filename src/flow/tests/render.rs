//! A firewall as text that looks like an ASA configuration, for failures.
//! What ASA cannot say (calls, three-valued conditions) stands in a comment
//! behind its line.

use std::fmt::Write;

use crate::model::firewall::*;
use crate::model::net::{IpRange, PortRange, Protocol};

/// The configuration.
pub fn asa(firewall: &Firewall) -> String {
    let mut out = format!("hostname {}\n", firewall.name.value);
    for interface in &firewall.interfaces {
        let _ = writeln!(out, "interface {0}\n nameif {0}", interface.name.value);
        if let Some(level) = interface.security_level {
            let _ = writeln!(out, " security-level {}", level.value);
        }
        for address in &interface.addresses {
            let (own, IpRange::V4(a, b)) = (address.address.first(), address.network) else {
                continue;
            };
            let _ = writeln!(out, " ip address {own} {}", dotted(!(a ^ b)));
        }
    }
    let name = |id: Option<InterfaceId>| {
        id.map_or("any", |id| {
            firewall.interfaces[id.0 as usize].name.value.as_str()
        })
    };
    for route in &firewall.routes {
        let hop = route
            .next_hop
            .map_or(String::new(), |hop| hop.first().to_string());
        let network = one(route.network).trim_start_matches("host ").to_owned();
        let _ = writeln!(out, "route {} {network} {hop}", name(Some(route.interface)));
    }
    for (index, object) in firewall.address_objects.iter().enumerate() {
        let _ = writeln!(out, "object-group network object{index}");
        for member in &object.members {
            let _ = writeln!(out, " network-object {}", term(&member.value));
        }
        for member in &object.excluded {
            let _ = writeln!(out, " ! but not {}", term(&member.value));
        }
    }
    for (index, object) in firewall.service_objects.iter().enumerate() {
        let _ = writeln!(out, "object-group service service{index}");
        for service in &object.services {
            let (protocol, source, destination) = service_words(&service.value);
            let _ = writeln!(
                out,
                " service-object {protocol}{source}{}",
                if destination.is_empty() {
                    String::new()
                } else {
                    format!(" destination{destination}")
                }
            );
        }
    }
    for filter in &firewall.filters {
        for entry in &filter.rules {
            for line in rule(firewall, filter, entry) {
                let _ = writeln!(out, "{line}");
            }
        }
        let _ = writeln!(out, "! end of {}: {:?}", filter.name, filter.default.action);
    }
    for rule in &firewall.nat.rules {
        let _ = writeln!(
            out,
            "nat ({},{}) source {} {} {}{}{}{}{}{}",
            name(rule.real_interface),
            name(rule.mapped_interface),
            match rule.kind {
                NatKind::Static | NatKind::Exempt => "static",
                NatKind::Dynamic => "dynamic",
                NatKind::Destination => "destination",
                NatKind::Source => "source",
            },
            position(&rule.real_source),
            if rule.kind == NatKind::Exempt {
                position(&rule.real_source)
            } else {
                position(&rule.mapped_source)
            },
            if rule.mapped_destination == AddressMatch::Any {
                String::new()
            } else {
                format!(
                    " destination static {} {}",
                    position(&rule.mapped_destination),
                    position(&rule.real_destination)
                )
            },
            rule.service
                .as_ref()
                .map_or(String::new(), |service| format!(
                    " service {} real {} mapped {}",
                    service.protocol, service.real, service.mapped
                )),
            if rule.unidirectional {
                " unidirectional"
            } else {
                ""
            },
            if rule.enabled { "" } else { " inactive" },
            rule.policy.map_or(String::new(), |id| format!(
                " ! only what {} permits",
                firewall.filters[id.0 as usize].name
            )),
        );
    }
    if firewall.nat.control.is_some() {
        out.push_str("nat-control\n");
    }
    for stage in &firewall.stages {
        let (way, at) = match stage.ingress.one() {
            Some(id) => ("in", Some(id)),
            None => ("out", stage.egress.one()),
        };
        let _ = writeln!(
            out,
            "access-group {} {way} interface {} ! addresses: {:?}",
            firewall.filters[stage.filter.0 as usize].name,
            name(at),
            stage.view
        );
    }
    out
}

/// One line for each pair of a source and a destination term.
fn rule(firewall: &Firewall, filter: &Filter, rule: &Rule) -> Vec<String> {
    let mut notes = String::new();
    let action = match rule.action {
        Action::Permit => "permit".to_owned(),
        Action::Deny => "deny".to_owned(),
        other => {
            let called = match other {
                Action::Jump(id) | Action::Goto(id) => {
                    firewall.filters[id.0 as usize].name.as_str()
                }
                _ => "",
            };
            let _ = write!(notes, " {other:?} {called}");
            "permit".to_owned()
        }
    };
    for condition in &rule.conditions {
        let _ = write!(notes, " {condition:?}");
    }
    if rule.state != StateMatch::Any {
        let _ = write!(notes, " {:?}", rule.state);
    }
    for (word, interface) in [("from", &rule.ingress), ("to", &rule.egress)] {
        if let Some(id) = interface.one() {
            let _ = write!(notes, " {word} interface {}", id.0);
        } else if !interface.is_any() {
            let _ = write!(notes, " {word} {interface:?}");
        }
    }
    let services = match &rule.service {
        ServiceMatch::Any => vec![("ip".to_owned(), String::new(), String::new())],
        ServiceMatch::One(term) => vec![service_words(term)],
        ServiceMatch::AnyOf(terms) => terms.iter().map(service_words).collect(),
        ServiceMatch::NoneOf(terms) => {
            let _ = write!(notes, " every service but these");
            terms.iter().map(service_words).collect()
        }
    };
    let mut lines = Vec::new();
    for (protocol, source_port, destination_port) in services {
        lines.push(format!(
            "access-list {} extended {action} {protocol} {}{source_port} {}{destination_port}{}{}",
            filter.name,
            position(&rule.source),
            position(&rule.destination),
            if rule.enabled { "" } else { " inactive" },
            if notes.is_empty() {
                String::new()
            } else {
                format!(" !{notes}")
            },
        ));
    }
    lines
}

fn position(position: &AddressMatch) -> String {
    let several = |terms: &[AddressTerm]| {
        let words: Vec<String> = terms.iter().map(term).collect();
        format!("({})", words.join(" or "))
    };
    match position {
        AddressMatch::Any => "any".to_owned(),
        AddressMatch::One(one) => term(one),
        AddressMatch::AnyOf(terms) => several(terms),
        AddressMatch::NoneOf(terms) => format!("not {}", several(terms)),
    }
}

fn term(term: &AddressTerm) -> String {
    match term {
        AddressTerm::Any4 => "any4".to_owned(),
        AddressTerm::Any6 => "any6".to_owned(),
        AddressTerm::V4(a, b) => one(IpRange::V4(*a, *b)),
        AddressTerm::V6(range) => one(IpRange::V6(range.0, range.1)),
        AddressTerm::Masked(masked) => format!("{} {}", dotted(masked.0), dotted(masked.1)),
        AddressTerm::Object(id) => format!("object-group object{}", id.0),
        AddressTerm::Interface(id) => format!("interface {}", id.0),
        AddressTerm::Unknown(_) => "object unknown".to_owned(),
    }
}

fn one(range: IpRange) -> String {
    match range {
        IpRange::V4(a, b) if a == b => format!("host {}", dotted(a)),
        IpRange::V4(a, b) if range.prefix().is_some() => {
            format!("{} {}", dotted(a), dotted(!(a ^ b)))
        }
        IpRange::V4(a, b) => format!("range {} {}", dotted(a), dotted(b)),
        IpRange::V6(..) => range.to_string(),
    }
}

fn dotted(bits: u32) -> String {
    std::net::Ipv4Addr::from_bits(bits).to_string()
}

fn service_words(term: &ServiceTerm) -> (String, String, String) {
    match term {
        ServiceTerm::Inline {
            protocol,
            source,
            destination,
        } => (
            match protocol {
                ProtocolMatch::Any => "ip".to_owned(),
                ProtocolMatch::One(Protocol(47)) => "gre".to_owned(),
                ProtocolMatch::One(protocol) => protocol.to_string(),
                other => format!("{other:?}"),
            },
            port(source),
            port(destination),
        ),
        ServiceTerm::Icmp(icmp) => (
            icmp.protocol.to_string(),
            String::new(),
            icmp.kind.map_or(String::new(), |kind| format!(" {kind}")),
        ),
        ServiceTerm::Object(id) => (
            format!("object-group service{}", id.0),
            String::new(),
            String::new(),
        ),
        ServiceTerm::Unknown(_) => ("object unknown".to_owned(), String::new(), String::new()),
    }
}

fn port(port: &PortMatch) -> String {
    let words = |range: &PortRange| {
        if range.low == range.high {
            format!(" eq {}", range.low)
        } else {
            format!(" range {} {}", range.low, range.high)
        }
    };
    match port {
        PortMatch::Any => String::new(),
        PortMatch::Range(range) => words(range),
        PortMatch::Not(range) if range.low == range.high => format!(" neq {}", range.low),
        PortMatch::Not(range) => format!(" not{}", words(range)),
        other => format!(" {other:?}"),
    }
}

#[test]
fn what_a_failure_shows_is_read_back_as_the_same_filter() {
    use super::build::*;
    let rules = vec![
        rule(Action::Deny, "10.1.0.0/16", "192.0.2.10", tcp(25, 25)),
        rule(Action::Permit, "any", "192.0.2.0/24", tcp(20, 30)),
        rule(Action::Permit, "10.0.0.7", "any", ServiceMatch::Any),
    ];
    let mut written = firewall("pasted", vec![filter("in_list", rules, Action::Deny)]);
    written.interfaces = vec![interface("inside", "10.0.0.1", "10.0.0.0/24", 100)];
    written.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    let text = asa(&written);
    let file =
        crate::source::SourceFile::from_text(crate::source::FileId(0), "pasted.cfg", text.as_str());
    let document = (crate::formats::firewall::cisco_asa::FORMAT.parse)(&file);
    let read = document
        .content
        .into_iter()
        .find_map(|content| match content {
            crate::formats::Content::Firewall(firewall) => Some(firewall),
            _ => None,
        })
        .unwrap();
    let list = read.filters.iter().find(|f| f.name == "in_list").unwrap();
    let plain = |rules: &[Rule]| -> Vec<(Action, AddressMatch, AddressMatch, ServiceMatch)> {
        let parts = |r: &Rule| {
            (
                r.action,
                r.source.clone(),
                r.destination.clone(),
                r.service.clone(),
            )
        };
        rules.iter().map(parts).collect()
    };
    let own: Vec<Rule> = list
        .rules
        .iter()
        .filter(|r| r.implicit.is_none())
        .cloned()
        .collect();
    assert_eq!(plain(&own), plain(&written.filters[0].rules), "{text}");
    assert_eq!(read.interfaces[0].addresses[0].network, net("10.0.0.0/24"));
}
