//! Random small firewalls.

use proptest::prelude::*;

use super::build::*;
use crate::model::firewall::*;
use crate::model::net::{PortRange, Protocol};

const BASE: u32 = 0x0A00_0000;
/// 2001:db8::, with four hosts.
pub const BASE6: u128 = 0x2001_0db8 << 96;
/// Address objects that every generated firewall has.
pub const OBJECTS: u32 = 4;

fn term() -> impl Strategy<Value = AddressTerm> {
    prop_oneof![
        6 => (0..8u32, 0..4u32).prop_map(|(a, n)| AddressTerm::V4(BASE + a, BASE + (a + n).min(7))),
        1 => Just(AddressTerm::Any4),
        1 => Just(AddressTerm::Any6),
        2 => (0..4u128, 0..4u128).prop_map(|(a, n)| {
            AddressTerm::V6(Box::new((BASE6 + a, BASE6 + (a + n).min(3))))
        }),
        1 => (0..8u32, 0..8u32).prop_map(|(value, care)| AddressTerm::Masked(Box::new((
            BASE | value,
            0xFFFF_FFF8 | care
        )))),
        2 => (0..OBJECTS).prop_map(|id| AddressTerm::Object(AddressObjectId(id))),
    ]
}

fn address() -> impl Strategy<Value = AddressMatch> {
    prop_oneof![
        3 => Just(AddressMatch::Any),
        5 => term().prop_map(AddressMatch::One),
        2 => proptest::collection::vec(term(), 0..3).prop_map(|t| AddressMatch::AnyOf(t.into())),
        2 => proptest::collection::vec(term(), 1..3).prop_map(|t| AddressMatch::NoneOf(t.into())),
    ]
}

fn port() -> impl Strategy<Value = PortMatch> {
    prop_oneof![
        2 => Just(PortMatch::Any),
        3 => (20..28u16, 0..5u16)
            .prop_map(|(a, n)| PortMatch::Range(PortRange::new(a, a + n).unwrap())),
        1 => (20..28u16).prop_map(|a| PortMatch::Not(PortRange::one(a))),
    ]
}

fn source_port() -> impl Strategy<Value = PortMatch> {
    prop_oneof![
        6 => Just(PortMatch::Any),
        1 => Just(PortMatch::Range(PortRange::new(1024, 65535).unwrap())),
    ]
}

fn service_term() -> impl Strategy<Value = ServiceTerm> {
    let protocol = prop_oneof![
        1 => Just(ProtocolMatch::Any),
        4 => Just(ProtocolMatch::One(Protocol::TCP)),
        1 => Just(ProtocolMatch::One(Protocol::UDP)),
        1 => Just(ProtocolMatch::One(Protocol(47))),
    ];
    prop_oneof![
        5 => (protocol, source_port(), port()).prop_map(|(protocol, source, destination)| {
            ServiceTerm::Inline { protocol, source, destination }
        }),
        1 => (any::<bool>(), proptest::option::of(0..2u8)).prop_map(|(echo, code)| {
            ServiceTerm::Icmp(IcmpMatch {
                protocol: Protocol::ICMP,
                kind: echo.then_some(8).or(code.map(|_| 3)),
                code: code.filter(|_| !echo),
            })
        }),
        1 => proptest::option::of(Just(128u8)).prop_map(|kind| ServiceTerm::Icmp(IcmpMatch {
            protocol: Protocol::ICMP6,
            kind,
            code: None,
        })),
        1 => (0..2u32).prop_map(|id| ServiceTerm::Object(ServiceObjectId(id))),
    ]
}

fn service() -> impl Strategy<Value = ServiceMatch> {
    prop_oneof![
        3 => Just(ServiceMatch::Any),
        4 => service_term().prop_map(ServiceMatch::One),
        2 => proptest::collection::vec(service_term(), 0..3)
            .prop_map(|t| ServiceMatch::AnyOf(t.into())),
        1 => proptest::collection::vec(service_term(), 1..3)
            .prop_map(|t| ServiceMatch::NoneOf(t.into())),
    ]
}

/// Interfaces: any, one, some of three, or all but some.
fn interfaces() -> impl Strategy<Value = InterfaceMatch> {
    let ids = || proptest::collection::vec((0..3u32).prop_map(InterfaceId), 0..3);
    prop_oneof![
        12 => Just(InterfaceMatch::Any),
        1 => (0..2u32).prop_map(|id| InterfaceMatch::One(InterfaceId(id))),
        1 => ids().prop_map(InterfaceMatch::any_of),
        1 => ids().prop_map(InterfaceMatch::none_of),
    ]
}

/// A rule of filter `of`; calls go to later filters only.
fn any_rule(of: u32, filters: u32) -> BoxedStrategy<Rule> {
    let mut actions = vec![
        (5, Just(Action::Permit).boxed()),
        (5, Just(Action::Deny).boxed()),
        (1, Just(Action::Return).boxed()),
        (1, Just(Action::Continue).boxed()),
    ];
    if of + 1 < filters {
        let next = of + 1..filters;
        actions.push((
            2,
            next.clone()
                .prop_map(|id| Action::Jump(FilterId(id)))
                .boxed(),
        ));
        actions.push((1, next.prop_map(|id| Action::Goto(FilterId(id))).boxed()));
    }
    let state = prop_oneof![
        8 => Just(StateMatch::Any),
        1 => Just(StateMatch::New),
        1 => Just(StateMatch::Established),
    ];
    let conditional = prop_oneof![4 => Just(false), 1 => Just(true)];
    (
        proptest::strategy::Union::new_weighted(actions),
        address(),
        address(),
        service(),
        state,
        conditional,
        prop_oneof![9 => Just(true), 1 => Just(false)],
        (interfaces(), interfaces()),
    )
        .prop_map(
            |(action, source, destination, service, state, conditional, enabled, ways)| Rule {
                enabled,
                source,
                destination,
                state,
                ingress: ways.0,
                egress: ways.1,
                conditions: if conditional {
                    Box::new([Condition::Unknown(ReasonId(0))])
                } else {
                    Box::new([])
                },
                ..rule(action, "any", "any", service)
            },
        )
        .boxed()
}

/// A firewall with three filters. Every condition has a reason of its own.
pub fn any_firewall(rules: usize) -> impl Strategy<Value = Firewall> {
    let filters = 3u32;
    let lists: Vec<_> = (0..filters)
        .map(|of| proptest::collection::vec(any_rule(of, filters), 0..=rules))
        .collect();
    let members = proptest::collection::vec(
        (
            proptest::collection::vec((0..8u32, 0..3u32), 0..3),
            proptest::collection::vec((0..8u32, 0..2u32), 0..2),
        ),
        OBJECTS as usize,
    );
    let services =
        proptest::collection::vec(proptest::collection::vec((20..28u16, 0..3u16), 0..3), 2);
    (lists, members, services, any::<bool>()).prop_map(|(lists, members, services, permit)| {
        let mut firewall = firewall(
            "random",
            lists
                .into_iter()
                .enumerate()
                .map(|(index, rules)| {
                    let default = match (index, permit) {
                        (0, true) => Action::Permit,
                        (0, false) => Action::Deny,
                        _ => Action::Return,
                    };
                    filter(&format!("list{index}"), rules, default)
                })
                .collect(),
        );
        let range = |(a, n): &(u32, u32)| spanned(AddressTerm::V4(BASE + a, BASE + (a + n).min(7)));
        for (index, (inside, outside)) in members.iter().enumerate() {
            let mut object = AddressObject {
                name: format!("object{index}"),
                members: inside.iter().map(range).collect(),
                excluded: outside.iter().map(range).collect(),
                span: span(0),
            };
            if index == 2 {
                // Both families.
                let v6 = AddressTerm::V6(Box::new((BASE6 + 1, BASE6 + 2)));
                object.members.push(spanned(v6));
            }
            if index == 3 {
                // A group of groups.
                object.members = vec![
                    spanned(AddressTerm::Object(AddressObjectId(0))),
                    spanned(AddressTerm::Object(AddressObjectId(2))),
                ];
            }
            firewall.address_objects.push(object);
        }
        for (index, ports) in services.iter().enumerate() {
            firewall.service_objects.push(ServiceObject {
                name: format!("service{index}"),
                services: ports
                    .iter()
                    .map(|(a, n)| {
                        spanned(ServiceTerm::Inline {
                            protocol: ProtocolMatch::One(Protocol::TCP),
                            source: PortMatch::Any,
                            destination: PortMatch::Range(PortRange::new(*a, a + n).unwrap()),
                        })
                    })
                    .collect(),
                ports: Vec::new(),
                span: span(0),
            });
        }
        let mut reasons = 0;
        for filter in &mut firewall.filters {
            for rule in &mut filter.rules {
                for condition in rule.conditions.iter_mut() {
                    *condition = Condition::Unknown(ReasonId(reasons));
                    reasons += 1;
                }
            }
        }
        for index in 0..reasons {
            firewall.not_modelled.push(NotModelled {
                reason: format!("condition {index}"),
                span: span(0),
                asks: Default::default(),
            });
        }
        firewall
    })
}
