//! `exposures`: sensitive services that a zone can reach through a firewall.

use super::asked::{self, End};
use super::flows::{Asker, name};
use super::types::{Certainty, ExposureFact};
use super::verdicts::Words;
use crate::estate::{ServerId, Strength, Zone, ZoneClass, ZoneId};
use crate::flow::{Relation, Verdict};

/// One fact for each sensitive service that a zone reaches or may reach, by
/// id. A zone that no given firewall parts from the server is left out:
/// nothing is known about what stands between.
pub fn build(words: Words<'_>, asker: &mut Asker<'_, '_>) -> Vec<ExposureFact> {
    let estate = words.estate;
    let mut exposures = Vec::new();
    let sources = sources(&estate.zones);
    for id in (0u32..).map(ServerId).take(estate.servers.len()) {
        let destination = End::Server(id);
        for known in asked::sensitive(id, estate) {
            for (source, zone) in &sources {
                let answer = asker.ask(*source, destination, known.service);
                let passes = match answer.verdict {
                    Verdict::Deny => false,
                    Verdict::Permit | Verdict::Partial => answer.relation == Relation::Crosses,
                    Verdict::Inconclusive => true,
                };
                if !passes {
                    continue;
                }
                let from = name(*source, estate);
                let server = name(destination, estate);
                let service = known.service.to_string();
                exposures.push(ExposureFact {
                    id: format!("{from}/{server}/{service}"),
                    from,
                    class: match zone {
                        None => Some(ZoneClass::Internet.id()),
                        Some(zone) => zone.class.map(ZoneClass::id),
                    },
                    class_certainty: match zone {
                        Some(zone) if zone.strength > Strength::Declared => Certainty::Derived,
                        _ => Certainty::Declared,
                    },
                    destination: server,
                    service,
                    application: known.application,
                    verdict: words.exposure(answer, &[*source, destination]),
                });
            }
        }
    }
    exposures.sort_by(|a, b| a.id.cmp(&b.id));
    exposures
}

/// The Internet once, then every zone that is not of its class.
fn sources(zones: &[Zone]) -> Vec<(End, Option<&Zone>)> {
    let others = (0u32..)
        .zip(zones)
        .filter(|(_, zone)| zone.class != Some(ZoneClass::Internet))
        .map(|(index, zone)| (End::Zone(ZoneId(index)), Some(zone)));
    std::iter::once((End::Internet, None))
        .chain(others)
        .collect()
}
