//! The difference of two filters against all packets of a small universe.

use proptest::prelude::*;

use super::build::*;
use super::cases::{cases, shown};
use super::generate::any_firewall;
use super::naive::{Fate, World, universe};
use crate::flow::*;
use crate::formats::firewall::definitions::Definitions;
use crate::model::firewall::*;
use crate::model::net::{PortRange, Protocol};

const BASE: u32 = 0x0A00_0000;

/// Addresses inside the rules' ranges and one for all outside of them.
const ADDRESSES: [u32; 5] = [BASE, BASE + 1, BASE + 2, BASE + 3, 0x0B00_0000];
const PORTS: [u16; 5] = [20, 21, 22, 23, 4000];

fn compare(base: &Firewall, head: &Firewall) -> Difference {
    let definitions = Definitions::new("none", None);
    let engines = [base, head].map(|firewall| Engine::new(firewall, "2009-11-02", &[]));
    let side = |engine| Compared {
        engine,
        definitions: &definitions,
        standing: Standing::Filter(FilterId(0)),
        ingress: &InterfaceMatch::Any,
        egress: &InterfaceMatch::Any,
    };
    difference(side(&engines[0]), side(&engines[1]))
}

fn turn_of(
    difference: &Difference,
    packet: &Packet,
    context: &Context,
    names: [&str; 2],
) -> Vec<Turn> {
    let at = |names: &Option<Vec<String>>, name: &str| {
        names
            .as_ref()
            .is_none_or(|names| names.iter().any(|known| known == name))
    };
    difference
        .pieces
        .iter()
        .filter(|piece| {
            at(&piece.ingress, names[0])
                && at(&piece.egress, names[1])
                && piece.state.is_none_or(|state| state == context.state)
                && piece.packets.contains(packet)
        })
        .map(|piece| piece.turn)
        .collect()
}

fn small_address() -> impl Strategy<Value = AddressMatch> {
    prop_oneof![
        2 => Just(AddressMatch::Any),
        4 => (0..4u32, 0..4u32)
            .prop_map(|(a, n)| AddressMatch::One(AddressTerm::V4(BASE + a, BASE + (a + n).min(3)))),
        1 => (0..4u32, 0..4u32).prop_map(|(a, b)| AddressMatch::AnyOf(Box::new([
            AddressTerm::V4(BASE + a, BASE + a),
            AddressTerm::V4(BASE + b, BASE + b),
        ]))),
        1 => (0..4u32)
            .prop_map(|a| AddressMatch::NoneOf(Box::new([AddressTerm::V4(BASE + a, BASE + a)]))),
    ]
}

fn small_service() -> impl Strategy<Value = ServiceMatch> {
    let port = prop_oneof![
        2 => Just(PortMatch::Any),
        4 => (20..24u16, 0..3u16)
            .prop_map(|(a, n)| PortMatch::Range(PortRange::new(a, (a + n).min(23)).unwrap())),
    ];
    let source = prop_oneof![
        5 => Just(PortMatch::Any),
        1 => Just(PortMatch::Range(PortRange::new(1024, 65535).unwrap())),
    ];
    let protocol = prop_oneof![4 => Just(Protocol::TCP), 2 => Just(Protocol::UDP)];
    prop_oneof![
        2 => Just(ServiceMatch::Any),
        6 => (protocol, source, port).prop_map(|(protocol, source, destination)| {
            ServiceMatch::One(ServiceTerm::Inline {
                protocol: ProtocolMatch::One(protocol),
                source,
                destination,
            })
        }),
    ]
}

fn small_rule() -> impl Strategy<Value = Rule> {
    let action = prop_oneof![Just(Action::Permit), Just(Action::Deny)];
    let state = prop_oneof![9 => Just(StateMatch::Any), 1 => Just(StateMatch::Established)];
    (
        action,
        small_address(),
        small_address(),
        small_service(),
        state,
    )
        .prop_map(|(action, source, destination, service, state)| Rule {
            source,
            destination,
            state,
            ..rule(action, "any", "any", service)
        })
}

/// What may happen to a list: nothing, rules that go, come, move or change
/// their action; or another list.
fn edited(rules: Vec<Rule>) -> impl Strategy<Value = Vec<Rule>> {
    let count = rules.len().max(1);
    let edit = (0..6u8, 0..count, 0..count, small_rule());
    let list = rules.clone();
    let edits = proptest::collection::vec(edit, 0..4).prop_map(move |edits| {
        let mut rules = list.clone();
        for (kind, at, to, fresh) in edits {
            if rules.is_empty() {
                rules.push(fresh);
                continue;
            }
            let at = at.min(rules.len() - 1);
            match kind {
                0 => drop(rules.remove(at)),
                1 => rules.insert(at, fresh),
                2 => {
                    let rule = rules.remove(at);
                    rules.insert(to.min(rules.len()), rule);
                }
                3 => {
                    let rule = &mut rules[at];
                    rule.action = match rule.action {
                        Action::Permit => Action::Deny,
                        _ => Action::Permit,
                    };
                }
                4 => rules[at] = fresh,
                _ => {
                    let twin = rules[at].clone();
                    rules.insert(at, twin);
                }
            }
        }
        rules
    });
    prop_oneof![4 => edits, 1 => proptest::collection::vec(small_rule(), 0..8)]
}

fn small_pair() -> impl Strategy<Value = [Firewall; 2]> {
    let default = || prop_oneof![3 => Just(Action::Deny), 1 => Just(Action::Permit)];
    (
        proptest::collection::vec(small_rule(), 0..8),
        default(),
        default(),
    )
        .prop_flat_map(|(rules, before, after)| {
            (
                Just(rules.clone()),
                edited(rules),
                Just(before),
                Just(after),
                any::<bool>(),
            )
        })
        .prop_map(|(base, head, before, after, other)| {
            let after = if other { after } else { before };
            [
                firewall("base", vec![filter("list", base, before)]),
                firewall("head", vec![filter("list", head, after)]),
            ]
        })
}

/// Every packet of the universe that small rules can tell apart.
fn small_universe() -> Vec<Packet> {
    let mut packets = Vec::new();
    for source in ADDRESSES {
        for destination in ADDRESSES {
            let mut add = |protocol, source_port, destination_port| {
                packets.push(Packet {
                    source: std::net::Ipv4Addr::from_bits(source).into(),
                    destination: std::net::Ipv4Addr::from_bits(destination).into(),
                    protocol,
                    source_port,
                    destination_port,
                });
            };
            for port in PORTS {
                for protocol in [Protocol::TCP, Protocol::UDP] {
                    add(protocol, 1000, port);
                    add(protocol, 40_000, port);
                }
            }
            add(Protocol(47), 0, 0);
        }
    }
    packets
}

fn permits(firewall: &Firewall, packet: &Packet, established: bool, worlds: u32) -> bool {
    let world = World {
        firewall,
        holds: &|reason: ReasonId| worlds >> reason.0.min(31) & 1 == 1,
        established,
        ingress: Some(InterfaceId(0)),
        egress: Some(InterfaceId(1)),
    };
    matches!(world.verdict(FilterId(0), packet), Fate::Permit(..))
}

/// The reported sets are exactly the packets whose verdict changes.
fn exact([base, head]: &[Firewall; 2], packets: &[Packet]) -> Result<(), TestCaseError> {
    let difference = compare(base, head);
    prop_assert_eq!(difference.count(Turn::Undecided), 0);
    prop_assert_eq!(difference.count(Turn::Unexplored), 0);
    prop_assert_eq!(
        difference.counts.iter().sum::<usize>(),
        difference.pieces.len()
    );
    for established in [false, true] {
        let state = match established {
            true => ConnectionState::Established,
            false => ConnectionState::New,
        };
        let context = Context {
            state,
            ..Context::default()
        };
        for packet in packets {
            let before = permits(base, packet, established, 0);
            let after = permits(head, packet, established, 0);
            let expected: &[Turn] = match (before, after) {
                (false, true) => &[Turn::Permitted],
                (true, false) => &[Turn::Denied],
                _ => &[],
            };
            let found = turn_of(&difference, packet, &context, ["", ""]);
            prop_assert_eq!(&found[..], expected, "{} {}", packet, established);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn the_difference_of_two_lists_is_exactly_the_packets_whose_verdict_changes(
        pair in small_pair(),
    ) {
        let packets = small_universe();
        shown(&[&pair[0], &pair[1]], exact(&pair, &packets))?;
    }
}

/// A firewall with the interfaces that the rules of [`any_firewall`] name.
fn with_interfaces(mut firewall: Firewall) -> Firewall {
    for (index, name) in ["a", "b", "c"].iter().enumerate() {
        firewall.interfaces.push(interface(
            name,
            &format!("10.9.{index}.1"),
            &format!("10.9.{index}.0/24"),
            50,
        ));
    }
    // Conditions are told apart by what they say.
    for (index, known) in firewall.not_modelled.iter_mut().enumerate() {
        known.reason = format!("condition {index}");
    }
    firewall
}

proptest! {
    #![proptest_config(cases(60))]

    /// Calls, returns, interfaces, both families, and conditions that may hold
    /// or not: what is certain holds in every world.
    #[test]
    fn with_calls_and_conditions_the_difference_holds_in_every_world(
        base in any_firewall(4),
        head in any_firewall(4),
        same in any::<bool>(),
    ) {
        let base = with_interfaces(base);
        let mut head = with_interfaces(head);
        if same {
            // The same but for the first filter: most is common.
            let rules = head.filters.remove(0).rules;
            head = base.clone();
            head.filters[0].rules.extend(rules.into_iter().filter(|r| r.conditions.is_empty()));
        }
        let difference = compare(&base, &head);
        prop_assert_eq!(difference.count(Turn::Unexplored), 0);
        let count = base.not_modelled.len().max(head.not_modelled.len()).min(6);
        let few = base.not_modelled.len().max(head.not_modelled.len()) <= 6;
        for established in [false, true] {
            let state = match established {
                true => ConnectionState::Established,
                false => ConnectionState::New,
            };
            let context = Context { state, ..Context::default() };
            for packet in universe() {
                let (mut opened, mut closed, mut kept) = (false, false, false);
                for world in 0..1u32 << count {
                    match (
                        permits(&base, &packet, established, world),
                        permits(&head, &packet, established, world),
                    ) {
                        (false, true) => opened = true,
                        (true, false) => closed = true,
                        _ => kept = true,
                    }
                }
                let found = turn_of(&difference, &packet, &context, ["a", "b"]);
                match found[..] {
                    [] => prop_assert!(!few || !opened && !closed, "{}", packet),
                    [Turn::Permitted] => prop_assert!(opened && !closed && !kept, "{}", packet),
                    [Turn::Denied] => prop_assert!(closed && !opened && !kept, "{}", packet),
                    [Turn::Undecided] => prop_assert!(count > 0, "{}", packet),
                    _ => prop_assert!(false, "{} lies in {:?}", packet, found),
                }
            }
        }
    }
}
