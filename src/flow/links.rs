//! Links that the inventory declares as encrypted underneath.

use super::answer::{Answer, Effect, EffectKind};
use super::evaluate::PartVerdict;
use super::locate::Location;
use super::reach::Network;
use crate::estate::Zone;

impl Network<'_> {
    /// Adds the encryption of an `[[encrypted_link]]` between the zones of two
    /// places to what happens to the packets.
    pub(super) fn add_links(&self, from: &Location, to: &Location, answer: &mut Answer) {
        let Some(inventory) = &self.estate.inventory else {
            return;
        };
        if inventory.encrypted_links.is_empty() {
            return;
        }
        let (Some(from), Some(to)) = (self.home(from), self.home(to)) else {
            return;
        };
        let called = |zone: &Zone, name: &str| zone.name.eq_ignore_ascii_case(name);
        for link in &inventory.encrypted_links {
            let [a, b] = &link.between;
            let joins = |x: &str, y: &str| called(from, x) && called(to, y);
            if !(joins(&a.value, &b.value) || joins(&b.value, &a.value)) {
                continue;
            }
            let effect = Effect {
                kind: EffectKind::Encrypted,
                firewall: None,
                certain: true,
                span: link.span,
                related: Vec::new(),
                changes: None,
            };
            for part in &mut answer.parts {
                if part.verdict != PartVerdict::Deny && !part.effects.contains(&effect) {
                    part.effects.push(effect.clone());
                }
            }
            let passes = answer.parts.is_empty()
                || answer
                    .parts
                    .iter()
                    .any(|part| part.verdict != PartVerdict::Deny);
            if passes && !answer.effects.contains(&effect) {
                answer.effects.push(effect);
            }
        }
    }

    /// The zone of a place: its own, or the one whose networks hold it.
    fn home(&self, location: &Location) -> Option<&Zone> {
        let own = location.home.or(location.zone);
        own.and_then(|id| self.zone(id)).or_else(|| {
            let holds = |zone: &&Zone| {
                let networks = zone.networks.iter().map(|network| network.value);
                super::sets::IpSet::of(networks).includes(&location.addresses)
            };
            let size =
                |zone: &&Zone| super::sets::IpSet::of(zone.networks.iter().map(|n| n.value)).size();
            self.estate.zones.iter().filter(holds).min_by_key(size)
        })
    }
}
