//! Two firewalls in a row against the naive evaluator in all worlds.

use proptest::prelude::*;

use super::build::*;
use super::cases::{cases, shown};
use super::naive_nat::{Crossing, cross};
use crate::flow::*;
use crate::model::firewall::*;
use crate::model::net::{IpRange, Protocol};

const PEERS: u32 = 0xC633_6408;
const HOSTS: u32 = 0x0A00_0008;
const PUBLIC: u32 = 0xC000_0208;

fn addresses(bases: &'static [u32]) -> impl Strategy<Value = AddressMatch> {
    prop_oneof![
        2 => Just(AddressMatch::Any),
        3 => (0..bases.len(), 0..4u32, 0..4u32).prop_map(|(base, first, more)| {
            let first = bases[base] + first;
            AddressMatch::One(AddressTerm::V4(first, (first + more).min(bases[base] + 3)))
        }),
    ]
}

fn list() -> impl Strategy<Value = Vec<(Rule, bool)>> {
    let action = prop_oneof![Just(Action::Permit), Just(Action::Deny)];
    let service = prop_oneof![
        1 => Just(ServiceMatch::Any),
        1 => (23..27u16, 0..3u16).prop_map(|(low, more)| tcp(low, low + more)),
    ];
    let rule = (
        action,
        addresses(&[PEERS]),
        addresses(&[HOSTS, PUBLIC]),
        service,
        proptest::bool::weighted(0.25),
    )
        .prop_map(|(action, source, destination, service, conditional)| {
            let rule = Rule {
                source,
                destination,
                ..rule(action, "any", "any", service)
            };
            (rule, conditional)
        });
    proptest::collection::vec(rule, 0..5)
}

/// A firewall with a list on its way in; conditions have reasons of their own.
fn device(
    name: &str,
    rules: Vec<(Rule, bool)>,
    permit: bool,
    interfaces: Vec<Interface>,
    routes: Vec<Route>,
) -> Firewall {
    let mut reasons = 0;
    let rules = rules
        .into_iter()
        .map(|(mut rule, conditional)| {
            if conditional {
                rule.conditions = Box::new([Condition::Unknown(ReasonId(reasons))]);
                reasons += 1;
            }
            rule
        })
        .collect();
    let default = if permit { Action::Permit } else { Action::Deny };
    let mut firewall = firewall(name, vec![filter("in", rules, default)]);
    firewall.not_modelled = (0..reasons)
        .map(|index| NotModelled {
            reason: format!("condition {index} of {name}"),
            span: span(index),
            asks: Default::default(),
        })
        .collect();
    firewall.interfaces = interfaces;
    firewall.routes = routes;
    firewall.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    firewall
}

/// Outside, a first firewall, a network between, a second one, inside.
pub(super) fn row() -> impl Strategy<Value = (Firewall, Firewall)> {
    let published = proptest::option::of((0..4u32, 0..4u32, any::<bool>()));
    (
        list(),
        any::<bool>(),
        list(),
        any::<bool>(),
        published,
        any::<bool>(),
    )
        .prop_map(
            |(outer_list, outer_permits, inner_list, inner_permits, published, first)| {
                let mut outer = device(
                    "outer",
                    outer_list,
                    outer_permits,
                    vec![
                        interface("outside", "203.0.113.1", "203.0.113.0/24", 0),
                        interface("between", "10.9.0.1", "10.9.0.0/24", 50),
                    ],
                    vec![
                        route(0, "0.0.0.0/0", "203.0.113.254"),
                        route(1, "10.0.0.0/24", "10.9.0.2"),
                        route(1, "192.0.2.0/24", "10.9.0.2"),
                    ],
                );
                let mut inner = device(
                    "inner",
                    inner_list,
                    inner_permits,
                    vec![
                        interface("between", "10.9.0.2", "10.9.0.0/24", 0),
                        interface("inside", "10.0.0.1", "10.0.0.0/24", 100),
                    ],
                    vec![route(0, "0.0.0.0/0", "10.9.0.1")],
                );
                if let Some((real, mapped, mapped_view)) = published {
                    let translator = if first { &mut outer } else { &mut inner };
                    let mut rule = nat(NatKind::Static, ("any", 1), ("any", 0));
                    let host = |base: u32| AddressMatch::One(AddressTerm::V4(base, base));
                    rule.real_source = host(HOSTS + real);
                    rule.mapped_source = host(PUBLIC + mapped);
                    translator.nat.rules = vec![rule];
                    if mapped_view {
                        translator.stages[0].view = AddressView::Mapped;
                    }
                }
                (outer, inner)
            },
        )
}

fn packets() -> Vec<Packet> {
    let mut packets = Vec::new();
    for source in 0..4 {
        for destination in (0..4).flat_map(|n| [HOSTS + n, PUBLIC + n]) {
            for port in [22, 25, 26] {
                packets.push(Packet {
                    source: std::net::IpAddr::V4((PEERS + source).into()),
                    destination: std::net::IpAddr::V4(destination.into()),
                    protocol: Protocol::TCP,
                    source_port: 40_000,
                    destination_port: port,
                });
            }
        }
    }
    packets
}

/// Whether the packet passes both in some world, and is dropped in some.
fn worlds(outer: &Firewall, inner: &Firewall, packet: &Packet) -> (bool, bool) {
    let (mut passes, mut dropped) = (false, false);
    let first = outer.not_modelled.len();
    for world in 0..1u32 << (first + inner.not_modelled.len()) {
        let holds = |reason: ReasonId| world >> reason.0 & 1 == 1;
        let later = |reason: ReasonId| world >> (first + reason.0 as usize) & 1 == 1;
        let way = cross(outer, InterfaceId(0), packet, None, &holds);
        let Crossing::Passes(egress, left) = way else {
            dropped = true;
            continue;
        };
        assert_eq!(egress, InterfaceId(1));
        match cross(inner, InterfaceId(0), &left[0], None, &later) {
            Crossing::Passes(..) => passes = true,
            Crossing::Dropped => dropped = true,
        }
    }
    (passes, dropped)
}

fn check(outer: &Firewall, inner: &Firewall) -> Result<(), TestCaseError> {
    let estate = estate(vec![outer.clone(), inner.clone()], Vec::new(), Vec::new());
    let network = Network::new(&estate);
    // Every real host, and every public address that is a host's name.
    let names = [outer, inner].map(|firewall| firewall.nat.rules.first());
    let group = |low: u32, high: u32| Endpoint::Addresses(IpSet::of([IpRange::V4(low, high)]));
    let mut targets = vec![(HOSTS, HOSTS + 3)];
    for rule in names.into_iter().flatten() {
        let AddressMatch::One(AddressTerm::V4(low, high)) = rule.mapped_source else {
            continue;
        };
        targets.push((low, high));
    }
    for (low, high) in targets {
        let query = Query::new(
            group(PEERS, PEERS + 3),
            group(low, high),
            service(Protocol::TCP, crate::model::net::PortRange::ANY),
        );
        let answer = network.reach(&query);
        for packet in packets() {
            let parts: Vec<&Part> = answer
                .parts
                .iter()
                .filter(|part| part.packets.contains(&packet))
                .collect();
            let std::net::IpAddr::V4(destination) = packet.destination else {
                continue;
            };
            if !(low..=high).contains(&destination.to_bits()) {
                continue;
            }
            let (passes, dropped) = worlds(outer, inner, &packet);
            let expected = match (passes, dropped) {
                (true, false) => PartVerdict::Permit,
                (false, true) => PartVerdict::Deny,
                _ => PartVerdict::Inconclusive,
            };
            let verdicts: Vec<PartVerdict> = parts.iter().map(|part| part.verdict).collect();
            prop_assert!(
                verdicts == [expected],
                "{packet}: {expected:?}, not {verdicts:?}"
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn two_firewalls_in_a_row_let_through_what_both_let_through((outer, inner) in row()) {
        shown(&[&outer, &inner], check(&outer, &inner))?;
    }
}
