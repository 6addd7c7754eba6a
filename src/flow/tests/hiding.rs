//! Hidden rules against what a packet-by-packet run of the rules shows.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::build::*;
use super::cases::{cases, shown};
use super::generate::any_firewall;
use super::naive::{World, host};
use crate::flow::*;
use crate::model::firewall::*;
use crate::model::net::Protocol;

/// Packets at both sides of every bound that the generators use.
fn packets() -> Vec<Packet> {
    let mut packets = Vec::new();
    let v6 = |number: u16| std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number).into();
    let mut ends: Vec<_> = (0..9u32)
        .flat_map(|a| (0..9u32).map(move |b| (host(a), host(b))))
        .collect();
    ends.extend((0..5).flat_map(|a| (0..5).map(move |b| (v6(a), v6(b)))));
    for (source, destination) in ends {
        let mut add = |protocol, source_port, destination_port| {
            packets.push(Packet {
                source,
                destination,
                protocol,
                source_port,
                destination_port,
            });
        };
        for protocol in [Protocol::TCP, Protocol::UDP] {
            for port in 19..=33 {
                add(protocol, 1000, port);
                add(protocol, 40_000, port);
            }
        }
        for (protocol, kind) in [
            (Protocol::ICMP, 8 << 8),
            (Protocol::ICMP, 0),
            (Protocol::ICMP, 3 << 8),
            (Protocol::ICMP, 3 << 8 | 1),
            (Protocol::ICMP, 3 << 8 | 2),
            (Protocol::ICMP6, 128 << 8),
            (Protocol::ICMP6, 0),
            (Protocol(47), 0),
        ] {
            add(protocol, 0, kind);
        }
        add(Protocol(50), 0, 0);
    }
    packets
}

/// Rules that a packet meets, in order, and whether it is permitted.
struct Met(Vec<(u32, usize)>, Option<bool>);

/// Runs the rules by hand; `skip` leaves one out.
fn run(world: &World<'_>, id: u32, packet: &Packet, skip: Option<(u32, usize)>, met: &mut Met) {
    let filter = &world.firewall.filters[id as usize];
    for (index, rule) in filter.rules.iter().enumerate() {
        if skip == Some((id, index)) || !world.matches(rule, packet) {
            continue;
        }
        met.0.push((id, index));
        match rule.action {
            Action::Permit | Action::Deny => {
                met.1 = Some(rule.action == Action::Permit);
                return;
            }
            Action::Return => return,
            Action::Continue => {}
            Action::Jump(next) => {
                run(world, next.0, packet, skip, met);
                if met.1.is_some() {
                    return;
                }
            }
            Action::Goto(next) => return run(world, next.0, packet, skip, met),
        }
    }
    match filter.default.action {
        Action::Permit => met.1 = Some(true),
        Action::Deny => met.1 = Some(false),
        _ => {}
    }
}

fn verdict(world: &World<'_>, packet: &Packet, skip: Option<(u32, usize)>) -> (Met, bool) {
    let mut met = Met(Vec::new(), None);
    run(world, 0, packet, skip, &mut met);
    let default = world.firewall.filters[0].default.action == Action::Permit;
    let permitted = met.1.unwrap_or(default);
    (met, permitted)
}

fn plain(firewall: &mut Firewall, calls: bool) {
    for filter in &mut firewall.filters {
        for rule in &mut filter.rules {
            rule.conditions = Box::new([]);
            rule.ingress = InterfaceMatch::Any;
            rule.egress = InterfaceMatch::Any;
            rule.state = StateMatch::Any;
            if !calls && !matches!(rule.action, Action::Permit | Action::Deny) {
                rule.action = Action::Deny;
            }
        }
    }
    firewall.not_modelled.clear();
    firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
}

fn check(firewall: &Firewall) -> Result<(), TestCaseError> {
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let hiding = engine.hidden_rules();
    prop_assert!(hiding.open.is_empty());
    let world = World {
        firewall,
        holds: &|_| unreachable!(),
        established: false,
        ingress: Some(InterfaceId(0)),
        egress: Some(InterfaceId(1)),
    };
    let packets = packets();
    let mut met = BTreeSet::new();
    let verdicts: Vec<bool> = packets
        .iter()
        .map(|packet| {
            let (way, permitted) = verdict(&world, packet, None);
            met.extend(way.0);
            permitted
        })
        .collect();
    for (id, filter) in firewall.filters.iter().enumerate() {
        for (index, rule) in filter.rules.iter().enumerate() {
            let own = (id as u32, index);
            let place = RuleRef {
                filter: FilterId(own.0),
                rule: Some(index as u32),
            };
            let found = hiding.rules.iter().find(|hidden| hidden.rule == place);
            let kind = found.map(|hidden| hidden.kind);
            if !rule.enabled || rule.action == Action::Continue {
                prop_assert_eq!(kind, None);
                continue;
            }
            let never = matches!(
                kind,
                Some(
                    HidingKind::Shadowed
                        | HidingKind::Redundant
                        | HidingKind::NeverMatches
                        | HidingKind::NeverReached
                )
            );
            prop_assert_eq!(never, !met.contains(&own), "rule {:?} is {:?}", own, kind);
            if !matches!(rule.action, Action::Permit | Action::Deny) {
                continue;
            }
            let needless = packets
                .iter()
                .zip(&verdicts)
                .all(|(packet, permitted)| verdict(&world, packet, Some(own)).1 == *permitted);
            let told = never || kind == Some(HidingKind::RedundantBelow);
            prop_assert_eq!(told, needless, "rule {:?} is {:?}", own, kind);
            // Every packet of a hidden rule meets one of those that hide it.
            if let Some(hidden) = found
                && matches!(kind, Some(HidingKind::Shadowed | HidingKind::Redundant))
                && firewall.filters.len() == 1
            {
                for packet in packets.iter().filter(|packet| world.matches(rule, packet)) {
                    let by = |by: &RuleRef| world.matches(engine.rule(*by).unwrap(), packet);
                    prop_assert!(hidden.by.iter().any(by));
                }
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(12))]

    #[test]
    fn a_rule_of_one_list_is_hidden_when_no_packet_meets_it_and_needless_when_none_misses_it(
        mut firewall in any_firewall(7),
    ) {
        firewall.filters.truncate(1);
        plain(&mut firewall, false);
        shown(&[&firewall], check(&firewall))?;
    }

    #[test]
    fn a_rule_among_calls_is_hidden_when_no_packet_meets_it_and_needless_when_none_misses_it(
        mut firewall in any_firewall(4),
    ) {
        plain(&mut firewall, true);
        shown(&[&firewall], check(&firewall))?;
    }

    #[test]
    fn conditions_and_interfaces_never_hide_what_a_packet_can_meet(
        firewall in any_firewall(4),
        established in any::<bool>(),
    ) {
        let mut firewall = firewall;
        firewall.interfaces = vec![
            interface("a", "10.0.1.1", "10.0.1.0/24", 0),
            interface("b", "10.0.2.1", "10.0.2.0/24", 100),
        ];
        firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
        let hiding = Engine::new(&firewall, "2009-11-02", &[]).hidden_rules();
        for egress in [0, 1] {
            for holds in [false, true] {
                let world = World {
                    firewall: &firewall,
                    holds: &|reason| holds != (reason.0 % 2 == 1),
                    established,
                    ingress: Some(InterfaceId(0)),
                    egress: Some(InterfaceId(egress)),
                };
                for packet in packets() {
                    for (id, index) in verdict(&world, &packet, None).0.0 {
                        let place = RuleRef { filter: FilterId(id), rule: Some(index as u32) };
                        let found = hiding.rules.iter().find(|hidden| hidden.rule == place);
                        let kind = found.map(|hidden| hidden.kind);
                        prop_assert!(
                            matches!(
                                kind,
                                None | Some(HidingKind::PartlyHidden | HidingKind::RedundantBelow)
                            ),
                            "{packet} meets {place:?}, which is {kind:?}"
                        );
                    }
                }
            }
        }
    }
}

/// Filter and index of a rule; without an index, the default.
type Place = (u32, Option<u32>);

fn hidden(firewall: &Firewall) -> Vec<(u32, Option<u32>, HidingKind, Vec<Place>)> {
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let pair = |place: &RuleRef| (place.filter.0, place.rule);
    let rules = engine.hidden_rules().rules;
    rules
        .iter()
        .map(|hidden| {
            let by = hidden.by.iter().map(pair).collect();
            (hidden.rule.filter.0, hidden.rule.rule, hidden.kind, by)
        })
        .collect()
}

fn one_list(rules: Vec<Rule>) -> Firewall {
    let mut firewall = firewall("fw", vec![filter("list", rules, Action::Deny)]);
    firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
    firewall
}

#[test]
fn a_narrow_permit_before_a_wide_one_is_needless_unless_a_deny_stands_between() {
    let narrow = || rule(Action::Permit, "10.0.0.5", "192.0.2.25", tcp(25, 25));
    let wide = || rule(Action::Permit, "10.0.0.0/24", "192.0.2.0/24", tcp(1, 1023));
    let deny = || rule(Action::Deny, "any", "192.0.2.25", tcp(25, 25));
    assert_eq!(
        hidden(&one_list(vec![narrow(), wide()])),
        [(0, Some(0), HidingKind::RedundantBelow, vec![(0, Some(1))])]
    );
    let firewall = one_list(vec![narrow(), deny(), wide()]);
    assert!(hidden(&firewall).iter().all(|found| found.1 != Some(0)));
}

#[test]
fn a_deny_at_the_end_is_needless_only_when_nobody_reads_its_log() {
    let permit = || rule(Action::Permit, "10.0.0.5", "192.0.2.25", tcp(25, 25));
    let deny = |logs| Rule {
        logs,
        ..rule(Action::Deny, "any", "any", ServiceMatch::Any)
    };
    let silent = hidden(&one_list(vec![permit(), deny(false)]));
    assert_eq!(
        silent.iter().find(|found| found.1 == Some(1)),
        Some(&(0, Some(1), HidingKind::RedundantBelow, vec![(0, None)]))
    );
    let read = hidden(&one_list(vec![permit(), deny(true)]));
    assert!(
        read.iter()
            .all(|found| found.2 != HidingKind::RedundantBelow)
    );
}

#[test]
fn a_rule_with_an_unknown_condition_hides_nothing() {
    let narrow = rule(Action::Permit, "10.0.0.5", "192.0.2.25", tcp(25, 25));
    for action in [Action::Permit, Action::Deny] {
        let unsure = Rule {
            conditions: Box::new([Condition::Unknown(ReasonId(0))]),
            ..rule(action, "any", "any", ServiceMatch::Any)
        };
        let mut firewall = one_list(vec![unsure, narrow.clone()]);
        firewall.not_modelled.push(NotModelled {
            reason: "only for some users".to_owned(),
            span: firewall.name.span,
            asks: Default::default(),
        });
        let found = hidden(&firewall);
        assert!(found.iter().all(|found| found.1 != Some(1)), "{found:?}");
    }
}

#[test]
fn a_rule_for_one_interface_does_not_hide_those_for_all() {
    let deny = Rule {
        ingress: InterfaceMatch::One(InterfaceId(0)),
        ..rule(Action::Deny, "any", "any", ServiceMatch::Any)
    };
    let permit = rule(Action::Permit, "10.0.0.5", "192.0.2.25", tcp(25, 25));
    let mut firewall = one_list(vec![deny, permit]);
    firewall.interfaces = vec![
        interface("a", "10.0.1.1", "10.0.1.0/24", 0),
        interface("b", "10.0.2.1", "10.0.2.0/24", 100),
    ];
    assert!(hidden(&firewall).iter().all(|found| found.1 != Some(1)));
    // Bound to that interface alone, the list has no packets left for it.
    firewall.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    let found = hidden(&firewall);
    assert!(
        found
            .iter()
            .any(|found| found.1 == Some(1) && found.2 == HidingKind::Shadowed)
    );
}

#[test]
fn rules_of_a_chain_are_hidden_by_what_stands_before_its_call() {
    let jump = rule(
        Action::Jump(FilterId(1)),
        "any",
        "192.0.2.0/24",
        ServiceMatch::Any,
    );
    let deny = rule(Action::Deny, "any", "192.0.2.25", ServiceMatch::Any);
    let permit = rule(Action::Permit, "any", "192.0.2.25", tcp(25, 25));
    let elsewhere = rule(Action::Permit, "any", "198.51.100.1", tcp(25, 25));
    let mut firewall = firewall(
        "fw",
        vec![
            filter("FORWARD", vec![deny, jump], Action::Deny),
            filter("mail", vec![permit, elsewhere], Action::Return),
            filter(
                "unused",
                vec![rule(Action::Permit, "any", "any", tcp(25, 25))],
                Action::Return,
            ),
        ],
    );
    firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
    let found = hidden(&firewall);
    assert!(found.contains(&(1, Some(0), HidingKind::Shadowed, vec![(0, Some(0))])));
    assert!(found.contains(&(1, Some(1), HidingKind::NeverMatches, vec![])));
    assert!(found.contains(&(2, Some(0), HidingKind::NeverReached, vec![])));
}

#[test]
fn a_rule_behind_a_call_is_hidden_by_what_the_chain_ends() {
    let jump = rule(
        Action::Jump(FilterId(1)),
        "10.0.0.0/24",
        "any",
        ServiceMatch::Any,
    );
    let late = rule(Action::Permit, "10.0.0.7", "192.0.2.25", tcp(25, 25));
    let mut firewall = firewall(
        "fw",
        vec![
            filter("FORWARD", vec![jump, late], Action::Deny),
            filter(
                "users",
                vec![rule(Action::Deny, "any", "any", tcp(25, 25))],
                Action::Return,
            ),
        ],
    );
    firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
    assert!(hidden(&firewall).contains(&(0, Some(1), HidingKind::Shadowed, vec![(1, Some(0))])));
}

#[test]
fn chains_that_call_each_other_are_told_as_a_circle() {
    let call = |to| rule(Action::Jump(FilterId(to)), "any", "any", ServiceMatch::Any);
    let mut firewall = firewall(
        "fw",
        vec![
            filter("a", vec![call(1)], Action::Deny),
            filter("b", vec![call(0)], Action::Return),
        ],
    );
    firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
    assert!(hidden(&firewall).contains(&(1, Some(0), HidingKind::Circle, vec![])));
}

#[test]
fn a_rule_that_names_an_undefined_object_is_told_apart_from_one_that_matches_nothing() {
    let mut unknown = rule(Action::Permit, "any", "any", tcp(25, 25));
    unknown.source = AddressMatch::One(AddressTerm::Unknown(ReasonId(0)));
    let mut nothing = rule(Action::Permit, "any", "any", tcp(25, 25));
    nothing.source = AddressMatch::AnyOf(Box::new([]));
    let mut firewall = one_list(vec![unknown, nothing]);
    let name = crate::source::Span::new(crate::source::FileId(0), 40, 48);
    firewall.not_modelled = vec![NotModelled {
        reason: "object group MAIL is not defined in this file".to_owned(),
        span: name,
        asks: Default::default(),
    }];
    firewall
        .references
        .push("object-group", "MAIL", false, name);
    assert_eq!(
        hidden(&firewall),
        [
            (0, Some(0), HidingKind::UndefinedReference, vec![]),
            (0, Some(1), HidingKind::NeverMatches, vec![]),
        ]
    );
    // Defined but not understood is another matter.
    firewall.references = Default::default();
    assert_eq!(hidden(&firewall).len(), 1);
}

#[test]
fn a_rule_for_another_interface_than_its_list_is_bound_to_never_matches() {
    let mut other = rule(Action::Permit, "any", "any", tcp(25, 25));
    other.ingress = InterfaceMatch::One(InterfaceId(1));
    let mut firewall = one_list(vec![other]);
    firewall.interfaces = vec![
        interface("outside", "203.0.113.1", "203.0.113.0/24", 0),
        interface("inside", "10.0.0.1", "10.0.0.0/24", 100),
    ];
    firewall.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    assert_eq!(
        hidden(&firewall),
        [(0, Some(0), HidingKind::NeverMatches, vec![])]
    );
}

#[test]
fn crossing_ranges_end_and_what_stays_open_is_told() {
    // Each rule overlaps every other one and none holds another.
    let count = 3_000u32;
    let rules = (0..count)
        .map(|index| {
            let range = |from: u32, to: u32| AddressMatch::One(AddressTerm::V4(from, to));
            let action = if index % 2 == 0 {
                Action::Permit
            } else {
                Action::Deny
            };
            Rule {
                source: range(index, count + index),
                destination: range(count - index, 2 * count - index),
                ..rule(action, "any", "any", tcp(25, 25))
            }
        })
        .collect();
    let firewall = one_list(rules);
    let hiding = Engine::new(&firewall, "2009-11-02", &[]).hidden_rules();
    let told: BTreeSet<RuleRef> = hiding.rules.iter().map(|hidden| hidden.rule).collect();
    let open: BTreeSet<RuleRef> = hiding.open.iter().copied().collect();
    // None is wholly hidden; every one but the first is partly hidden or open.
    for hidden in &hiding.rules {
        assert_eq!(hidden.kind, HidingKind::PartlyHidden);
    }
    assert_eq!(told.union(&open).count(), count as usize - 1);
}
