//! Small firewalls and estates for tests.

use std::net::IpAddr;

use crate::estate::{Address, Estate, EstateFirewall, Role, Server, Strength, Zone, ZoneClass};
use crate::flow::{Endpoint, IpSet, Network, Query, ServiceSet, Verdict, service};
use crate::formats::{Content, FORMATS};
use crate::model::firewall::*;
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::{FileId, SourceFile, Span, Spanned};

pub fn span(line: u32) -> Span {
    Span::new(FileId(0), line, line)
}

pub fn spanned<T>(value: T) -> Spanned<T> {
    Spanned::new(value, span(0))
}

pub fn net(text: &str) -> IpRange {
    let (address, length) = text.split_once('/').unwrap_or((text, ""));
    let address: IpAddr = address.parse().unwrap();
    let width = if address.is_ipv4() { 32 } else { 128 };
    let length = if length.is_empty() {
        width
    } else {
        length.parse().unwrap()
    };
    IpRange::network(address, length).unwrap()
}

pub fn at(text: &str) -> AddressMatch {
    if text == "any" {
        return AddressMatch::Any;
    }
    let mut terms: Vec<AddressTerm> = text.split(' ').map(|t| net(t).into()).collect();
    if terms.len() == 1 {
        AddressMatch::One(terms.pop().unwrap())
    } else {
        AddressMatch::AnyOf(terms.into())
    }
}

pub fn tcp(low: u16, high: u16) -> ServiceMatch {
    ServiceMatch::One(ServiceTerm::Inline {
        protocol: ProtocolMatch::One(Protocol::TCP),
        source: PortMatch::Any,
        destination: PortMatch::Range(PortRange::new(low, high).unwrap()),
    })
}

pub fn rule(action: Action, from: &str, to: &str, service: ServiceMatch) -> Rule {
    Rule {
        action,
        enabled: true,
        logs: false,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        source: at(from),
        destination: at(to),
        service,
        state: StateMatch::Any,
        conditions: Box::new([]),
        implicit: None,
        span: span(0),
    }
}

pub fn filter(name: &str, rules: Vec<Rule>, default: Action) -> Filter {
    Filter {
        name: name.to_owned(),
        rules: rules
            .into_iter()
            .enumerate()
            .map(|(index, rule)| Rule {
                span: span(index as u32 + 1),
                ..rule
            })
            .collect(),
        default: FilterDefault {
            action: default,
            label: format!("implicit end of {name}"),
            span: span(999),
        },
        span: span(0),
        filters_traffic: true,
    }
}

pub fn firewall(name: &str, filters: Vec<Filter>) -> Firewall {
    Firewall {
        name: spanned(name.to_owned()),
        platform: "test",
        software: None,
        transparent: None,
        stateful: true,
        interfaces: Vec::new(),
        routes: Vec::new(),
        dynamic_routing: Vec::new(),
        policy_routing: Vec::new(),
        address_objects: Vec::new(),
        service_objects: Vec::new(),
        filters,
        stages: Vec::new(),
        nat: Nat::default(),
        inspections: Vec::new(),
        tunnels: Vec::new(),
        not_modelled: Vec::new(),
        references: Default::default(),
    }
}

pub fn interface(name: &str, address: &str, network: &str, level: u8) -> Interface {
    Interface {
        name: spanned(name.to_owned()),
        hardware: None,
        zone: None,
        addresses: vec![InterfaceAddress {
            address: net(address),
            network: net(network),
            span: span(0),
        }],
        security_level: Some(spanned(level)),
        shutdown: None,
        dynamic_address: None,
        table: 0,
        span: span(0),
    }
}

pub fn route(interface: u32, network: &str, next_hop: &str) -> Route {
    Route {
        interface: InterfaceId(interface),
        network: net(network),
        next_hop: Some(net(next_hop)),
        metric: 1,
        table: 0,
        span: span(0),
    }
}

pub fn stage(ingress: Option<u32>, egress: Option<u32>, filter: u32, view: AddressView) -> Stage {
    Stage {
        passage: Passage::Transit,
        label: format!("stage {filter}"),
        ingress: ingress.map(InterfaceId).into(),
        egress: egress.map(InterfaceId).into(),
        filter: FilterId(filter),
        view,
        span: span(0),
    }
}

pub fn nat(kind: NatKind, real: (&str, u32), mapped: (&str, u32)) -> NatRule {
    NatRule {
        kind,
        real_interface: Some(InterfaceId(real.1)),
        mapped_interface: Some(InterfaceId(mapped.1)),
        real_source: at(real.0),
        mapped_source: at(mapped.0),
        mapped_destination: AddressMatch::Any,
        real_destination: AddressMatch::Any,
        service: None,
        destination_service: None,
        policy: None,
        unidirectional: false,
        enabled: true,
        conditions: Box::new([]),
        span: span(500),
    }
}

pub fn server(name: &str, role: Role, address: &str) -> Server {
    Server {
        name: name.to_owned(),
        fqdn: None,
        exchange: true,
        roles: vec![spanned(role)],
        site: None,
        version: None,
        addresses: vec![Address {
            ip: address.parse().unwrap(),
            strength: Strength::Declared,
            span: span(0),
            zone: None,
        }],
        published: Vec::new(),
        nodes: Vec::new(),
        state: None,
        span: span(0),
    }
}

pub fn zone(name: &str, class: ZoneClass, attachments: &[(u32, u32)]) -> Zone {
    Zone {
        name: name.to_owned(),
        class: Some(class),
        strength: Strength::Declared,
        signals: Vec::new(),
        beyond: Vec::new(),
        attachments: attachments
            .iter()
            .map(|(f, i)| (crate::estate::FirewallId(*f), InterfaceId(*i)))
            .collect(),
        networks: Vec::new(),
        span: span(0),
    }
}

pub fn estate(firewalls: Vec<Firewall>, servers: Vec<Server>, zones: Vec<Zone>) -> Estate {
    Estate {
        firewalls: firewalls
            .into_iter()
            .map(|firewall| EstateFirewall {
                name: firewall.name.value.clone(),
                firewall,
            })
            .collect(),
        servers,
        zones,
        reference_date: "2009-11-02".to_owned(),
        ..Estate::default()
    }
}

/// The firewalls in a configuration of a format.
pub fn read(id: &str, text: &str) -> Vec<Firewall> {
    let file = SourceFile::from_text(FileId(0), "edge.cfg", text);
    let format = FORMATS.iter().find(|format| format.id == id);
    let document = (format.expect("a format").parse)(&file);
    let firewalls = document.content.into_iter().filter_map(|held| match held {
        Content::Firewall(firewall) => Some(*firewall),
        _ => None,
    });
    firewalls.collect()
}

/// What firewalls alone do with TCP packets from one address to another.
pub fn tcp_verdict(firewalls: Vec<Firewall>, from: &str, to: &str, port: u16) -> Verdict {
    let estate = estate(firewalls, Vec::new(), Vec::new());
    let [from, to] = [from, to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
    let answer = Network::new(&estate).reach(&Query::new(from, to, to_port(port)));
    println!(
        "{:?} {:?} {:?}",
        answer.verdict, answer.relation, answer.why
    );
    answer.verdict
}

pub fn to_port(port: u16) -> ServiceSet {
    service(Protocol::TCP, PortRange::one(port))
}
