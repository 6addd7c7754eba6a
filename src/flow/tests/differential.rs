//! The engine against the naive evaluator, packet by packet.

use proptest::prelude::*;

use super::build::*;
use super::cases::{cases, shown};
use super::generate::any_firewall;
use super::naive::{Fate, World, universe};
use crate::flow::*;
use crate::model::firewall::*;

fn context(established: bool) -> Context {
    Context {
        ingress: Some(InterfaceId(0)),
        egress: Some(InterfaceId(1)),
        state: if established {
            ConnectionState::Established
        } else {
            ConnectionState::New
        },
        new_destination: None,
    }
}

/// The verdicts of all worlds: every condition true or false by itself.
fn worlds(firewall: &Firewall, packet: &Packet, established: bool) -> (bool, bool) {
    let count = firewall.not_modelled.len().min(6);
    let (mut permitted, mut denied) = (false, false);
    for world in 0..1u32 << count {
        let world = World {
            firewall,
            holds: &|reason: ReasonId| world >> reason.0.min(5) & 1 == 1,
            established,
            ingress: Some(InterfaceId(0)),
            egress: Some(InterfaceId(1)),
        };
        match world.verdict(FilterId(0), packet) {
            Fate::Permit(..) => permitted = true,
            Fate::Deny(..) | Fate::Return => denied = true,
        }
    }
    (permitted, denied)
}

fn check(firewall: &Firewall, established: bool) -> Result<(), TestCaseError> {
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let all = PacketSet::all();
    let parts = engine.evaluate_filter(FilterId(0), &all, &context(established));
    let independent = firewall.not_modelled.len() <= 6;
    for packet in universe() {
        let hits: Vec<&FilterPart> = parts
            .iter()
            .filter(|part| part.packets.contains(&packet))
            .collect();
        prop_assert_eq!(hits.len(), 1, "{} lies in {} parts", packet, hits.len());
        let (permitted, denied) = worlds(firewall, &packet, established);
        let outcome = &hits[0].outcome;
        match outcome.verdict {
            PartVerdict::Permit => prop_assert!(permitted && !denied, "{}", packet),
            PartVerdict::Deny => prop_assert!(denied && !permitted, "{}", packet),
            PartVerdict::Inconclusive => {
                prop_assert!(!outcome.reasons.is_empty());
                prop_assert!(!independent || permitted && denied, "{}", packet);
            }
        }
        // Without conditions the deciding rule is the one that matches first.
        if firewall.not_modelled.is_empty() {
            let world = World {
                firewall,
                holds: &|_| unreachable!(),
                established,
                ingress: Some(InterfaceId(0)),
                egress: Some(InterfaceId(1)),
            };
            let place = match world.verdict(FilterId(0), &packet) {
                Fate::Permit(id, rule) | Fate::Deny(id, rule) => (id, rule),
                Fate::Return => (FilterId(0), None),
            };
            let expected = RuleRef {
                filter: place.0,
                rule: place.1.map(|index| index as u32),
            };
            prop_assert_eq!(outcome.by.clone(), vec![expected], "{}", packet);
        }
    }
    for part in &parts {
        let witness = part.packets.witness(&[]).unwrap();
        prop_assert!(part.packets.contains(&witness));
    }
    Ok(())
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn every_packet_gets_the_verdict_of_all_possible_worlds(
        firewall in any_firewall(5),
        established in any::<bool>(),
    ) {
        shown(&[&firewall], check(&firewall, established))?;
    }

    #[test]
    fn without_conditions_nothing_is_inconclusive(mut firewall in any_firewall(6)) {
        for filter in &mut firewall.filters {
            for rule in &mut filter.rules {
                rule.conditions = Box::new([]);
            }
        }
        firewall.not_modelled.clear();
        shown(&[&firewall], check(&firewall, false))?;
    }

    #[test]
    fn an_unknown_object_never_contradicts_what_it_turns_out_to_be(
        mut firewall in any_firewall(4),
        turned_out in any::<u8>(),
    ) {
        // Object 0 holds addresses that the file does not tell. Later it
        // turns out to hold those of `turned_out`.
        for filter in &mut firewall.filters {
            for rule in &mut filter.rules {
                rule.conditions = Box::new([]);
            }
        }
        firewall.not_modelled = vec![NotModelled { reason: "a name".into(), span: span(0), asks: Default::default() }];
        let mut known = firewall.clone();
        firewall.address_objects[0].members = vec![spanned(AddressTerm::Unknown(ReasonId(0)))];
        known.address_objects[0].members = (0..8u32)
            .filter(|bit| turned_out >> bit & 1 == 1)
            .map(|bit| spanned(AddressTerm::V4(0x0A00_0000 + bit, 0x0A00_0000 + bit)))
            .collect();
        let engine = Engine::new(&firewall, "2009-11-02", &[]);
        let parts = engine.evaluate_filter(FilterId(0), &PacketSet::all(), &context(false));
        for packet in universe() {
            let part = parts.iter().find(|part| part.packets.contains(&packet)).unwrap();
            let world = World {
                firewall: &known,
                holds: &|_| unreachable!(),
                established: false,
                ingress: Some(InterfaceId(0)),
                egress: Some(InterfaceId(1)),
            };
            let permitted = matches!(world.verdict(FilterId(0), &packet), Fate::Permit(..));
            match part.outcome.verdict {
                PartVerdict::Permit => prop_assert!(permitted, "{}", packet),
                PartVerdict::Deny => prop_assert!(!permitted, "{}", packet),
                PartVerdict::Inconclusive => {}
            }
        }
    }

    #[test]
    fn slices_do_not_change_an_answer(firewall in any_firewall(5), shift in 0..8u32) {
        // The same rules forty times over make a list long enough to slice.
        let mut long = firewall.clone();
        let rules = long.filters[0].rules.clone();
        long.filters[0].rules = rules.iter().cycle().take(rules.len() * 40).cloned().collect();
        let host = super::naive::host(shift);
        let interesting = [IpSet::host(host), IpSet::host(super::naive::host(2))];
        let packets = PacketSet::from(Cube {
            source: IpSet::host(host),
            ..Cube::ALL
        });
        let sliced = Engine::new(&long, "2009-11-02", &interesting)
            .evaluate_filter(FilterId(0), &packets, &context(false));
        let plain = Engine::new(&firewall, "2009-11-02", &[])
            .evaluate_filter(FilterId(0), &packets, &context(false));
        for packet in universe().iter().filter(|packet| packet.source == host) {
            let find = |parts: &[FilterPart]| {
                parts.iter().find(|p| p.packets.contains(packet)).unwrap().outcome.verdict
            };
            if firewall.not_modelled.is_empty() {
                prop_assert_eq!(find(&sliced), find(&plain));
            }
        }
    }

    #[test]
    fn a_hidden_rule_is_never_the_one_that_decides(mut firewall in any_firewall(7)) {
        for filter in &mut firewall.filters {
            for rule in &mut filter.rules {
                rule.conditions = Box::new([]);
                rule.ingress = InterfaceMatch::Any;
                rule.egress = InterfaceMatch::Any;
                rule.state = StateMatch::Any;
            }
        }
        firewall.not_modelled.clear();
        firewall.filters.truncate(1);
        for rule in &mut firewall.filters[0].rules {
            if !matches!(rule.action, Action::Permit | Action::Deny) {
                rule.action = Action::Deny;
            }
        }
        firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
        let engine = Engine::new(&firewall, "2009-11-02", &[]);
        let hiding = engine.hidden_rules();
        let world = World {
            firewall: &firewall,
            holds: &|_| unreachable!(),
            established: false,
            ingress: None,
            egress: None,
        };
        for (index, rule) in firewall.filters[0].rules.iter().enumerate() {
            let place = RuleRef { filter: FilterId(0), rule: Some(index as u32) };
            let found = hiding.rules.iter().find(|hidden| hidden.rule == place);
            let (mut own, mut decides, mut others) = (0, 0, 0);
            for packet in universe().iter().filter(|packet| world.matches(rule, packet)) {
                own += 1;
                match world.verdict(FilterId(0), packet) {
                    Fate::Permit(_, by) | Fate::Deny(_, by) if by == Some(index) => decides += 1,
                    Fate::Permit(..) => others += usize::from(rule.action == Action::Deny),
                    Fate::Deny(..) => others += usize::from(rule.action == Action::Permit),
                    Fate::Return => {}
                }
            }
            match found.map(|hidden| hidden.kind) {
                Some(HidingKind::NeverMatches) => prop_assert_eq!(own, 0),
                Some(kind @ (HidingKind::Shadowed | HidingKind::Redundant)) => {
                    prop_assert_eq!(decides, 0);
                    let hidden = found.unwrap();
                    let other = |by: &RuleRef| engine.rule(*by).unwrap().action != rule.action;
                    prop_assert_eq!(
                        hidden.by.iter().any(other),
                        kind == HidingKind::Shadowed
                    );
                    for packet in universe().iter().filter(|p| world.matches(rule, p)) {
                        let hides = |by: &RuleRef| world.matches(engine.rule(*by).unwrap(), packet);
                        prop_assert!(hidden.by.iter().any(hides));
                    }
                }
                None if rule.enabled => {
                    prop_assert_eq!(others, 0, "rule {} is partly hidden", index);
                }
                _ => {}
            }
            // No hiding rule can be left out.
            if let Some(hidden) = found
                && matches!(hidden.kind, HidingKind::Shadowed | HidingKind::Redundant)
                && hidden.by.len() > 1
            {
                for skipped in &hidden.by {
                    let mut fewer = firewall.clone();
                    let kept: Vec<Rule> = hidden
                        .by
                        .iter()
                        .filter(|by| by != &skipped)
                        .chain(std::iter::once(&place))
                        .map(|by| fewer.filters[0].rules[by.rule.unwrap() as usize].clone())
                        .collect();
                    fewer.filters[0].rules = kept;
                    let engine = Engine::new(&fewer, "2009-11-02", &[]);
                    let last = fewer.filters[0].rules.len() as u32 - 1;
                    let still = engine.hidden_rules().rules.into_iter().any(|hidden| {
                        let others = [HidingKind::PartlyHidden, HidingKind::RedundantBelow];
                        hidden.rule.rule == Some(last) && !others.contains(&hidden.kind)
                    });
                    prop_assert!(!still);
                }
            }
        }
    }
}
