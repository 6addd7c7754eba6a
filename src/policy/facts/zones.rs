//! `zones`: network areas with their class and what it rests on.

use super::types::{Certainty, Ref, ZoneAt, ZoneFact};
use crate::estate::{Estate, Strength, Zone, ZoneClass};

/// One fact for each zone, by name.
pub fn build(estate: &Estate) -> Vec<ZoneFact> {
    let mut zones: Vec<_> = estate
        .zones
        .iter()
        .map(|known| ZoneFact {
            uses: super::client_access::uses(known, estate),
            ..zone(known)
        })
        .collect();
    zones.sort_by(|a, b| a.name.cmp(&b.name));
    zones
}

fn zone(zone: &Zone) -> ZoneFact {
    let mut class: Vec<_> = zone
        .signals
        .iter()
        .filter(|signal| zone.class == Some(signal.class) && signal.weight > 0)
        .map(|signal| Ref(signal.span))
        .collect();
    class.sort_unstable();
    class.dedup();
    if class.is_empty() && zone.class.is_some() {
        class.push(Ref(zone.span));
    }
    let mut networks: Vec<_> = zone.networks.iter().map(|network| network.value).collect();
    networks.sort_unstable();
    networks.dedup();
    ZoneFact {
        name: zone.name.clone(),
        class: zone.class.map(ZoneClass::id),
        certainty: if zone.strength == Strength::Declared {
            Certainty::Declared
        } else {
            Certainty::Derived
        },
        networks: networks.iter().map(ToString::to_string).collect(),
        uses: Vec::new(),
        signals: zone
            .signals
            .iter()
            .map(|signal| signal.what.clone())
            .collect(),
        at: ZoneAt {
            this: Ref(zone.span),
            class,
        },
    }
}
