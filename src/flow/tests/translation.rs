//! Translation and composition against the naive evaluator, packet by packet.

use std::net::IpAddr;

use proptest::prelude::*;

use super::build::*;
use super::cases::{cases, shown};
use super::naive_nat::{Crossing, cross};
use crate::estate::FirewallId;
use crate::flow::crossing::{Arrival, Crossed};
use crate::flow::place::Routing;
use crate::flow::*;
use crate::model::firewall::*;
use crate::model::net::{PortRange, Protocol};

const OUTSIDE: InterfaceId = InterfaceId(0);
const INSIDE: InterfaceId = InterfaceId(1);
const DMZ: InterfaceId = InterfaceId(2);

/// First addresses of the groups; each has eight.
const PEERS: u32 = 0xCB00_7108;
const HOSTS: u32 = 0x0A00_0008;
const SERVERS: u32 = 0x0A00_0108;
/// What inside addresses look like outside.
const MAPPED: u32 = 0xC000_0208;
/// What peers look like inside.
const ALIASES: u32 = 0xC633_6408;
/// A range of addresses in a group, of one of three sizes.
fn group(base: u32) -> impl Strategy<Value = (u32, u32)> {
    (0..3u32, 0..8u32).prop_map(move |(size, first)| {
        let count = 1 << size;
        let first = first.min(8 - count);
        (base + first, base + first + count - 1)
    })
}

fn one(range: (u32, u32)) -> AddressMatch {
    AddressMatch::One(AddressTerm::V4(range.0, range.1))
}

fn sized(base: u32, like: (u32, u32), shift: u32) -> AddressMatch {
    let count = like.1 - like.0 + 1;
    let first = base + shift.min(8 - count);
    one((first, first + count - 1))
}

fn nat_rule() -> impl Strategy<Value = NatRule> {
    let kind = prop_oneof![
        4 => Just(NatKind::Static),
        2 => Just(NatKind::Dynamic),
        2 => Just(NatKind::Exempt),
    ];
    let real = prop_oneof![
        group(HOSTS).prop_map(|range| (INSIDE, range)),
        group(SERVERS).prop_map(|range| (DMZ, range)),
    ];
    let ends = (
        proptest::bool::weighted(0.8),
        proptest::bool::weighted(0.8),
        0..8u32,
        proptest::option::weighted(0.25, (group(PEERS), any::<bool>(), 0..8u32)),
        proptest::option::weighted(0.25, 0..2u16),
        proptest::option::weighted(0.2, Just(FilterId(4))),
        proptest::bool::weighted(0.15),
        proptest::bool::weighted(0.9),
        proptest::bool::weighted(0.15),
    );
    (kind, real, ends).prop_map(
        |(
            kind,
            (real_interface, real),
            (bound, mapped_bound, shift, twice, service, policy, one_way, enabled, nothing),
        )| {
            let mut rule = nat(kind, ("any", 0), ("any", 0));
            rule.real_interface = bound.then_some(real_interface);
            rule.mapped_interface = mapped_bound.then_some(OUTSIDE);
            rule.real_source = one(real);
            rule.mapped_source = match kind {
                NatKind::Static => sized(MAPPED, real, shift),
                NatKind::Exempt => one(real),
                NatKind::Dynamic if nothing => AddressMatch::AnyOf(Box::new([])),
                NatKind::Destination | NatKind::Source => AddressMatch::Any,
                NatKind::Dynamic => one((MAPPED + shift, MAPPED + (shift + 1).min(7))),
            };
            if let Some((peers, alias, shift)) = twice {
                rule.real_destination = one(peers);
                rule.mapped_destination = if alias {
                    sized(ALIASES, peers, shift)
                } else {
                    one(peers)
                };
            }
            rule.service = service.filter(|_| kind == NatKind::Static).map(|more| {
                Box::new(NatService {
                    protocol: Protocol::TCP,
                    real: PortRange::new(25, 25 + more).unwrap(),
                    mapped: PortRange::new(2525, 2525 + more).unwrap(),
                })
            });
            rule.policy = policy;
            rule.unidirectional = one_way && kind == NatKind::Static;
            rule.enabled = enabled;
            rule
        },
    )
}

/// A rule about single groups. `pool`: it may not tell mapped addresses
/// apart, because a pool does not say which of them a packet gets.
fn list_rule(pool: bool) -> impl Strategy<Value = Rule> {
    let source = move || {
        prop_oneof![
            3 => Just(AddressMatch::Any),
            1 => group(PEERS).prop_map(one),
            1 => group(HOSTS).prop_map(one),
            1 => group(SERVERS).prop_map(one),
            1 => group(MAPPED).prop_map(move |range| if pool {
                one((MAPPED, MAPPED + 7))
            } else {
                one(range)
            }),
            1 => group(ALIASES).prop_map(one),
        ]
    };
    let service = prop_oneof![
        3 => Just(ServiceMatch::Any),
        1 => Just(tcp(25, 26)),
        1 => Just(tcp(2525, 2525)),
    ];
    let action = prop_oneof![3 => Just(Action::Permit), 2 => Just(Action::Deny)];
    (action, source(), source(), service).prop_map(|(action, source, destination, service)| Rule {
        source,
        destination,
        ..rule(action, "any", "any", service)
    })
}

/// Three interfaces, a list for each way in and one for the way out, and
/// some translations.
pub(super) fn translating() -> impl Strategy<Value = Firewall> {
    let lists = (
        proptest::collection::vec(proptest::collection::vec(list_rule(false), 0..4), 3),
        proptest::collection::vec(list_rule(true), 0..3),
        proptest::collection::vec(list_rule(false), 0..3),
        proptest::collection::vec(any::<bool>(), 5),
    );
    let rules = proptest::collection::vec(nat_rule(), 0..5);
    (
        lists,
        rules,
        any::<bool>(),
        proptest::bool::weighted(0.25),
        any::<bool>(),
    )
        .prop_map(
            |((ways_in, way_out, policy, permits), rules, real, control, leaves)| {
                let default = |index: usize| match permits[index] {
                    true => Action::Permit,
                    false => Action::Deny,
                };
                let mut filters = Vec::new();
                for (index, rules) in ways_in.into_iter().enumerate() {
                    filters.push(filter(&format!("in{index}"), rules, default(index)));
                }
                filters.push(filter("out0", way_out, default(3)));
                filters.push(filter("policy", policy, default(4)));
                let mut firewall = firewall("random", filters);
                firewall.interfaces = vec![
                    interface("outside", "203.0.113.1", "203.0.113.0/24", 0),
                    interface("inside", "10.0.0.1", "10.0.0.0/24", 100),
                    interface("dmz", "10.0.1.1", "10.0.1.0/24", 50),
                ];
                firewall.routes = vec![route(0, "0.0.0.0/0", "203.0.113.254")];
                let view = if real {
                    AddressView::Real
                } else {
                    AddressView::Mapped
                };
                firewall.stages = (0..3).map(|n| stage(Some(n), None, n, view)).collect();
                if leaves {
                    firewall.stages.push(stage(None, Some(0), 3, view));
                }
                firewall.nat.rules = rules;
                firewall.nat.control = control.then(|| span(600));
                firewall
            },
        )
}

fn address(base: u32, number: u32) -> IpAddr {
    IpAddr::V4((base + number).into())
}

/// Where packets of a group come in.
fn groups() -> [(u32, InterfaceId); 3] {
    [(PEERS, OUTSIDE), (HOSTS, INSIDE), (SERVERS, DMZ)]
}

fn packets() -> impl Strategy<Value = Vec<(InterfaceId, Packet)>> {
    let destination = prop_oneof![
        Just(PEERS),
        Just(HOSTS),
        Just(SERVERS),
        Just(MAPPED),
        Just(MAPPED),
        Just(ALIASES)
    ];
    let service = prop_oneof![
        4 => (prop_oneof![Just(40_000u16), Just(25), Just(26)], prop_oneof![
            Just(25u16), Just(26), Just(27), Just(2525), Just(2526)
        ]).prop_map(|(from, to)| (Protocol::TCP, from, to)),
        1 => Just((Protocol::UDP, 40_000, 25)),
        1 => Just((Protocol(47), 0, 0)),
    ];
    let packet = (0..3usize, 0..8u32, destination, 0..8u32, service).prop_map(
        |(from, source, base, number, (protocol, source_port, destination_port))| {
            let (group, ingress) = groups()[from];
            let packet = Packet {
                source: address(group, source),
                destination: address(base, number),
                protocol,
                source_port,
                destination_port,
            };
            (ingress, packet)
        },
    );
    proptest::collection::vec(packet, 1..16)
}

fn through(
    engine: &Engine<'_>,
    routing: &Routing,
    ingress: InterfaceId,
    cube: &Cube,
) -> Vec<Crossed> {
    engine.cross(
        routing,
        &Arrival {
            firewall: FirewallId(0),
            ingress,
            sent: cube,
            arrived: cube,
            pooled: false,
            state: ConnectionState::New,
        },
    )
}

fn alone(firewall: &Firewall, packets: &[(InterfaceId, Packet)]) -> Result<(), TestCaseError> {
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let routing = Routing::new(firewall);
    for (ingress, packet) in packets {
        let expected = cross(firewall, *ingress, packet, None, &|_| unreachable!());
        let crossed = through(&engine, &routing, *ingress, &Cube::of(packet));
        let verdicts: Vec<PartVerdict> = crossed.iter().map(|c| c.verdict).collect();
        match expected {
            Crossing::Dropped => prop_assert!(
                verdicts.iter().all(|v| *v == PartVerdict::Deny) && !verdicts.is_empty(),
                "{packet} is dropped, not {verdicts:?}"
            ),
            Crossing::Passes(egress, left) => {
                prop_assert!(
                    verdicts == [PartVerdict::Permit],
                    "{packet} passes, not {verdicts:?}"
                );
                let mut expected = left.clone();
                let out = &crossed[0];
                prop_assert_eq!(out.egress.as_ref().map(|way| way.interface), Some(egress));
                prop_assert!(
                    left.iter().all(|packet| out.left.contains(packet)),
                    "{packet} leaves as {left:?}, not as {:?}",
                    out.left
                );
                expected.sort();
                expected.dedup();
                prop_assert_eq!(out.left.source.v4.size(), expected.len() as u128);
                prop_assert_eq!(out.left.destination.v4.size(), 1);
                if left.len() == 1 && !out.pooled {
                    prop_assert_eq!(&out.left, &Cube::of(&left[0]));
                }
            }
        }
    }
    Ok(())
}

fn at_once(firewall: &Firewall, packets: &[(InterfaceId, Packet)]) -> Result<(), TestCaseError> {
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let routing = Routing::new(firewall);
    for (group, ingress) in groups() {
        let everything = Cube {
            source: IpSet::of([crate::model::net::IpRange::V4(group, group + 7)]),
            destination: IpSet::of(
                [PEERS, HOSTS, SERVERS, MAPPED, ALIASES]
                    .map(|base| crate::model::net::IpRange::V4(base, base + 7)),
            ),
            ..Cube::ALL
        };
        let crossed = through(&engine, &routing, ingress, &everything);
        for (_, packet) in packets.iter().filter(|(way, _)| *way == ingress) {
            let expected = cross(firewall, ingress, packet, None, &|_| unreachable!());
            let mut found = false;
            for part in crossed.iter().filter(|part| part.sent.contains(packet)) {
                found = true;
                let agrees = match part.verdict {
                    PartVerdict::Permit => matches!(expected, Crossing::Passes(..)),
                    PartVerdict::Deny => expected == Crossing::Dropped,
                    PartVerdict::Inconclusive => true,
                };
                prop_assert!(agrees, "{packet}: {expected:?}, not {:?}", part.verdict);
            }
            prop_assert!(found, "{packet} is in no part");
        }
    }
    Ok(())
}

fn either_view(
    firewall: &Firewall,
    packets: &[(InterfaceId, Packet)],
) -> Result<(), TestCaseError> {
    let mut unknown = firewall.clone();
    for stage in &mut unknown.stages {
        stage.view = AddressView::Unknown;
    }
    let engine = Engine::new(&unknown, "2009-11-02", &[]);
    let routing = Routing::new(&unknown);
    for (ingress, packet) in packets {
        let crossed = through(&engine, &routing, *ingress, &Cube::of(packet));
        let passes = |view| {
            let crossing = cross(firewall, *ingress, packet, Some(view), &|_| unreachable!());
            crossing != Crossing::Dropped
        };
        let (real, mapped) = (passes(AddressView::Real), passes(AddressView::Mapped));
        for part in &crossed {
            let agrees = match part.verdict {
                PartVerdict::Permit => real && mapped,
                PartVerdict::Deny => !real && !mapped,
                // Each list was asked for itself, so both readings as a whole
                // may agree although single lists do not.
                PartVerdict::Inconclusive => !part.reasons.is_empty(),
            };
            prop_assert!(
                agrees,
                "{packet}: real addresses {real}, mapped {mapped}, not {:?}",
                part.verdict
            );
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn one_packet_is_translated_and_filtered_as_rule_by_rule(
        firewall in translating(),
        packets in packets(),
    ) {
        shown(&[&firewall], alone(&firewall, &packets))?;
    }

    #[test]
    fn all_packets_at_once_meet_what_each_meets_alone(
        firewall in translating(),
        packets in packets(),
    ) {
        shown(&[&firewall], at_once(&firewall, &packets))?;
    }

    #[test]
    fn an_unknown_version_never_contradicts_either_reading(
        firewall in translating(),
        packets in packets(),
    ) {
        shown(&[&firewall], either_view(&firewall, &packets))?;
    }
}

/// A firewall that permits all, with one rule for both ends.
fn for_both_ends(kind: NatKind, service: Option<NatService>) -> Firewall {
    let all = vec![rule(Action::Permit, "any", "any", ServiceMatch::Any)];
    let mut firewall = firewall("both", vec![filter("in0", all, Action::Deny)]);
    firewall.interfaces = vec![
        interface("outside", "203.0.113.1", "203.0.113.0/24", 0),
        interface("inside", "10.0.0.1", "10.0.0.0/24", 100),
        interface("dmz", "10.0.1.1", "10.0.1.0/24", 50),
    ];
    firewall.routes = vec![route(0, "0.0.0.0/0", "203.0.113.254")];
    firewall.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    let outside = if kind == NatKind::Exempt {
        HOSTS
    } else {
        MAPPED
    };
    let mut rule = nat(kind, ("any", 1), ("any", 0));
    rule.real_source = one((HOSTS, HOSTS));
    rule.mapped_source = one((outside, outside));
    rule.real_destination = one((PEERS, PEERS + 1));
    rule.mapped_destination = one((ALIASES, ALIASES + 1));
    rule.service = service.map(Box::new);
    firewall.nat.rules = vec![rule];
    firewall
}

/// How a packet of a peer leaves.
fn leaves(firewall: &Firewall, destination: u32, port: u16) -> Cube {
    let packet = Packet {
        source: address(PEERS, 1),
        destination: address(destination, 0),
        protocol: Protocol::TCP,
        source_port: 40_000,
        destination_port: port,
    };
    alone(firewall, &[(OUTSIDE, packet)]).unwrap();
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let routing = Routing::new(firewall);
    through(&engine, &routing, OUTSIDE, &Cube::of(&packet))[0]
        .left
        .clone()
}

fn arrives(port: u16) -> Cube {
    Cube::of(&Packet {
        source: address(ALIASES, 1),
        destination: address(HOSTS, 0),
        protocol: Protocol::TCP,
        source_port: 40_000,
        destination_port: port,
    })
}

#[test]
fn a_peer_keeps_its_port_when_the_port_of_the_server_is_translated() {
    let service = NatService {
        protocol: Protocol::TCP,
        real: PortRange::one(25),
        mapped: PortRange::one(2525),
    };
    let firewall = for_both_ends(NatKind::Static, Some(service));
    assert_eq!(leaves(&firewall, MAPPED, 2525), arrives(25));
}

#[test]
fn a_peer_gets_its_alias_although_the_server_keeps_its_address() {
    let firewall = for_both_ends(NatKind::Exempt, None);
    assert_eq!(leaves(&firewall, HOSTS, 25), arrives(25));
}

/// A list that looks at packets as they arrive denies them whatever a translation
/// would make of them; one that looks at real addresses may not.
#[test]
fn what_is_denied_on_arrival_is_denied_also_where_the_translation_is_not_known() {
    for (view, expected) in [
        (AddressView::Mapped, PartVerdict::Deny),
        (AddressView::Real, PartVerdict::Inconclusive),
    ] {
        let mut device = for_both_ends(NatKind::Destination, None);
        let reason = ReasonId(u32::try_from(device.not_modelled.len()).unwrap());
        device.not_modelled.push(NotModelled {
            reason: "it is random".to_owned(),
            span: device.name.span,
            asks: Default::default(),
        });
        for rule in &mut device.nat.rules {
            rule.conditions = vec![Condition::Unknown(reason)].into();
        }
        let denies = vec![rule(Action::Deny, "any", "any", ServiceMatch::Any)];
        let id = FilterId(u32::try_from(device.filters.len()).unwrap());
        device.filters.push(filter("first", denies, Action::Permit));
        device.stages.insert(0, stage(None, None, id.0, view));
        let engine = Engine::new(&device, "2009-11-02", &[]);
        let cube = Cube::of(&Packet {
            source: address(PEERS, 1),
            destination: address(MAPPED, 0),
            protocol: Protocol::TCP,
            source_port: 40_000,
            destination_port: 25,
        });
        let crossed = through(&engine, &Routing::new(&device), OUTSIDE, &cube);
        let verdicts: Vec<PartVerdict> = crossed.iter().map(|part| part.verdict).collect();
        assert!(!verdicts.is_empty());
        assert!(
            verdicts.iter().all(|verdict| *verdict == expected),
            "{view:?}: {verdicts:?}"
        );
    }
}
