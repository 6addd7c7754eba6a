//! Firewalls that the inventory declares and of which no configuration was
//! read: what they let through is not known, so nothing that may cross them
//! is permitted.

use super::answer::{Answer, Relation, Verdict};
use super::evaluate::PartVerdict;
use super::locate::Location;
use super::reach::Network;
use super::resolve::{Reason, add_reasons};
use crate::estate::ZoneId;

impl Network<'_> {
    /// Leaves a permit open where such a firewall may stand between two ends.
    /// What another firewall denies stays denied.
    pub(super) fn doubt_unread(&self, from: &Location, to: &Location, answer: &mut Answer) {
        let open = matches!(answer.verdict, Verdict::Permit | Verdict::Partial);
        if !open || answer.relation == Relation::SameHost {
            return;
        }
        let Some(reason) = self.unread_between(from, to) else {
            return;
        };
        answer.verdict = Verdict::Inconclusive;
        if answer.relation == Relation::NoneBetween {
            answer.relation = Relation::Unknown;
        }
        add_reasons(&mut answer.why, std::slice::from_ref(&reason));
        for part in &mut answer.parts {
            if part.verdict == PartVerdict::Permit {
                part.verdict = PartVerdict::Inconclusive;
                add_reasons(&mut part.reasons, std::slice::from_ref(&reason));
            }
        }
    }

    /// A firewall without a configuration that may stand between two ends:
    /// unless both lie in one zone, or the zones that it touches are declared
    /// and neither end lies in one of them.
    fn unread_between(&self, from: &Location, to: &Location) -> Option<Reason> {
        let one_zone = from.home.is_some() && from.home == to.home;
        if one_zone {
            return None;
        }
        let mut unread = self.estate.unread_firewalls.iter();
        let firewall = unread.find(|firewall| {
            let zones = self.zones_at(&firewall.value);
            let touches = |end: &Location| end.home.is_none_or(|zone| zones.contains(&zone));
            zones.is_empty() || touches(from) || touches(to)
        })?;
        Some(Reason::new(
            format!(
                "firewall {} is declared, and no configuration of it was read",
                firewall.value
            ),
            Some(firewall.span),
        ))
    }

    /// The zones that the inventory puts at a firewall.
    fn zones_at(&self, firewall: &str) -> Vec<ZoneId> {
        let inventory = self.estate.inventory.iter();
        let entries = inventory.flat_map(|inventory| &inventory.zones);
        let at = entries.filter(|entry| {
            entry.at.iter().any(|place| {
                let name = place.value.split(':').next().unwrap_or_default();
                name.eq_ignore_ascii_case(firewall)
            })
        });
        at.filter_map(|entry| {
            let mut zones = (0u32..).map(ZoneId).zip(&self.estate.zones);
            let known = zones.find(|(_, zone)| zone.name == entry.name.value)?;
            Some(known.0)
        })
        .collect()
    }
}
