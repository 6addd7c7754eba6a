//! The addresses that translated sources take.

use std::collections::HashMap;

use crate::model::firewall::{AddressMatch, AddressTerm, Firewall, NatKind};
use crate::model::net::IpRange;
use crate::source::Span;

/// Groups in groups are followed at most so deep.
const DEEPEST: usize = 16;

/// So many ranges of a pool are told.
const MOST: usize = 8;

/// For every translation that hides sources, what they become. One whose
/// addresses the file does not tell is left out.
#[must_use]
pub fn of_firewall(firewall: &Firewall) -> HashMap<Span, Box<[IpRange]>> {
    let mut pools = HashMap::new();
    for rule in &firewall.nat.rules {
        if !rule.enabled || !matches!(rule.kind, NatKind::Dynamic | NatKind::Source) {
            continue;
        }
        let terms = match &rule.mapped_source {
            AddressMatch::One(term) => std::slice::from_ref(term),
            AddressMatch::AnyOf(terms) => terms,
            AddressMatch::Any | AddressMatch::NoneOf(_) => continue,
        };
        let mut ranges = Vec::new();
        let told = terms
            .iter()
            .all(|term| add(firewall, term, 0, &mut ranges).is_some());
        if told && !ranges.is_empty() {
            ranges.sort_unstable();
            ranges.dedup();
            pools.entry(rule.span).or_insert_with(|| ranges.into());
        }
    }
    pools
}

/// Adds the addresses of a term; `None` where they are not told.
fn add(
    firewall: &Firewall,
    term: &AddressTerm,
    depth: usize,
    ranges: &mut Vec<IpRange>,
) -> Option<()> {
    if depth > DEEPEST || ranges.len() >= MOST {
        return None;
    }
    match term {
        AddressTerm::V4(low, high) => ranges.push(IpRange::V4(*low, *high)),
        AddressTerm::V6(range) => ranges.push(IpRange::V6(range.0, range.1)),
        AddressTerm::Interface(id) => {
            let interface = firewall.interfaces.get(id.0 as usize)?;
            ranges.extend(interface.addresses.iter().map(|known| known.address));
        }
        AddressTerm::Object(id) => {
            let object = firewall.address_objects.get(id.0 as usize)?;
            for member in &object.members {
                add(firewall, &member.value, depth.saturating_add(1), ranges)?;
            }
        }
        AddressTerm::Any4
        | AddressTerm::Any6
        | AddressTerm::Masked(_)
        | AddressTerm::Unknown(_) => return None,
    }
    Some(())
}
