//! `firewalls`: devices with interfaces and inspections.

use super::names;
use super::types::{FirewallFact, InspectionFact, InterfaceFact, Ref, SelfAt};
use crate::estate::{Estate, EstateFirewall, FirewallId};
use crate::model::firewall::{Inspection, InterfaceId};

/// One fact for each firewall, by name.
pub fn build(estate: &Estate) -> Vec<FirewallFact> {
    let mut firewalls: Vec<_> = estate
        .firewalls
        .iter()
        .enumerate()
        .map(|(index, known)| firewall(index, known, estate))
        .collect();
    firewalls.sort_by(|a, b| a.name.cmp(&b.name));
    firewalls
}

fn firewall(index: usize, known: &EstateFirewall, estate: &Estate) -> FirewallFact {
    let firewall = &known.firewall;
    let interfaces = firewall
        .interfaces
        .iter()
        .enumerate()
        .map(|(interface, known)| InterfaceFact {
            name: known.name.value.clone(),
            zone: zone_at(index, interface, estate),
            security_level: known.security_level.map(|level| level.value),
            at: Ref(known.span),
        })
        .collect();
    FirewallFact {
        name: known.name.clone(),
        platform: firewall.platform,
        software: firewall.software.as_ref().map(|text| text.value.clone()),
        at: SelfAt {
            this: Ref(firewall.name.span),
        },
        interfaces,
        inspections: firewall
            .inspections
            .iter()
            .map(|known| inspection(known, &firewall.interfaces))
            .collect(),
    }
}

/// The zone that an interface touches.
fn zone_at(firewall: usize, interface: usize, estate: &Estate) -> Option<String> {
    let firewall = FirewallId(u32::try_from(firewall).ok()?);
    let interface = InterfaceId(u32::try_from(interface).ok()?);
    estate
        .zones
        .iter()
        .find(|zone| zone.attachments.contains(&(firewall, interface)))
        .map(|zone| zone.name.clone())
}

fn inspection(
    known: &Inspection,
    interfaces: &[crate::model::firewall::Interface],
) -> InspectionFact {
    InspectionFact {
        protocol: known.protocol.clone(),
        effect: names::inspection(known.effect),
        interface: known.interface.and_then(|id| {
            let interface = interfaces.get(usize::try_from(id.0).ok()?)?;
            Some(interface.name.value.clone())
        }),
        default: known.default,
        at: Ref(known.span),
        related: known.related.iter().map(|span| Ref(*span)).collect(),
    }
}
