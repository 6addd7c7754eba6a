use proptest::prelude::*;

use super::*;
use crate::flow::IpSet;
use crate::flow::sets::ProtocolSet;
use crate::model::net::Protocol;

type Box4 = (u32, u32, u32, u32);

fn cube(from: u32, to: u32, low: u32, high: u32) -> Cube {
    let set = |a: u32, b: u32| {
        let (low, high) = (a.min(b), a.max(b));
        // Wide ones of IPv4 are for both families.
        let v6 = RangeSet::range(u128::from(low), u128::from(high));
        IpSet {
            v4: RangeSet::range(low, high),
            v6: if high - low > 20 { v6 } else { RangeSet::EMPTY },
        }
    };
    Cube {
        source: set(from, to),
        destination: set(low, high),
        protocols: match low % 3 {
            0 => ProtocolSet::one(Protocol::TCP),
            1 => ProtocolSet::one(Protocol::UDP),
            _ => ProtocolSet::ALL,
        },
        destination_ports: RangeSet::range(
            (from.min(low) * 100) as u16,
            (from.max(low) * 100) as u16,
        ),
        ..Cube::ALL
    }
}

fn all(mut found: Found<'_>) -> Vec<u32> {
    let mut rules = Vec::new();
    while let Some(rule) = found.next(&mut 1_000_000).unwrap() {
        rules.push(rule);
    }
    rules
}

proptest! {
    #[test]
    fn rules_that_touch_and_those_that_hold_are_found_in_their_order(
        boxes in prop::collection::vec((0u32..40, 0u32..40, 0u32..40, 0u32..40), 0..150),
        asked in (0u32..40, 0u32..40, 0u32..40, 0u32..40),
        part in (0u32..150, 0u32..150),
    ) {
        let of = |b: &Box4| cube(b.0, b.1, b.2, b.3);
        // Every seventh rule counts for nothing.
        let rules: Vec<Option<Cube>> = boxes
            .iter()
            .enumerate()
            .map(|(index, sides)| (index % 7 != 3).then(|| of(sides)))
            .collect();
        let overlaps = Overlaps::new(rules.iter().cloned());
        let asked = of(&asked);
        let range = part.0.min(part.1)..part.0.max(part.1);
        let expected = |test: &dyn Fn(&Cube) -> bool| -> Vec<u32> {
            (0u32..)
                .zip(&rules)
                .filter(|(rule, cube)| range.contains(rule) && cube.as_ref().is_some_and(test))
                .map(|(rule, _)| rule)
                .collect()
        };
        let found = |relation| all(overlaps.find(relation, &asked, range.clone()));
        let (touching, holding) = (found(Relation::Touch), found(Relation::Hold));
        for found in [&touching, &holding] {
            prop_assert!(found.is_sorted_by(|a, b| a < b));
        }
        // More may be found, because boxes know little of protocols.
        let missing = |expected: Vec<u32>, found: &[u32]| -> Vec<u32> {
            expected.into_iter().filter(|rule| !found.contains(rule)).collect()
        };
        prop_assert_eq!(missing(expected(&|cube| cube.overlaps(&asked)), &touching), Vec::<u32>::new());
        prop_assert_eq!(missing(expected(&|cube| cube.includes(&asked)), &holding), Vec::<u32>::new());
        for rule in touching {
            let cube = rules[rule as usize].as_ref().unwrap();
            let any = |cube: &Cube| Cube { protocols: ProtocolSet::ALL, ..cube.clone() };
            let touches = any(cube).overlaps(&any(&asked));
            prop_assert!(touches);
        }
    }
}

#[test]
fn a_question_that_takes_more_than_its_steps_ends() {
    let rules = (0..1000).map(|rule| Some(cube(rule % 7, 39, rule % 5, 39)));
    let overlaps = Overlaps::new(rules);
    let mut found = overlaps.find(Relation::Touch, &cube(0, 39, 0, 39), 0..1000);
    let mut steps = 20;
    let mut last = Ok(Some(0));
    while matches!(last, Ok(Some(_))) {
        last = found.next(&mut steps);
    }
    assert!(last.is_err());
}
