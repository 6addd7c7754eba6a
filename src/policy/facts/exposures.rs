//! `exposures`: sensitive services that a zone can reach through a firewall.

use super::asked::{self, End, Sensitive};
use super::evidence;
use super::flows::{Asker, name};
use super::servers;
use super::types::{Certainty, ExposureFact};
use super::verdicts::Words;
use crate::estate::{Estate, ServerId, Strength, Zone, ZoneClass, ZoneId};
use crate::flow::{Relation, Verdict};

/// A sensitive service of a server, and who may reach it.
#[derive(Debug, Clone, Copy)]
pub struct Exposed<'e> {
    /// Who: the Internet or a zone.
    pub source: End,
    /// The zone, unless it is the Internet.
    zone: Option<&'e Zone>,
    /// The server.
    pub destination: End,
    /// What.
    pub known: Sensitive,
}

/// Every sensitive service of every server from everywhere. Of a server
/// without an address nothing can be said from anywhere: one question about
/// each service stands for all.
pub fn questions(estate: &Estate) -> Vec<Exposed<'_>> {
    let sources = sources(&estate.zones);
    let mut questions = Vec::new();
    for id in (0u32..).map(ServerId).take(estate.servers.len()) {
        for known in asked::sensitive(id, estate) {
            let placed = servers::server_of(id, estate).is_some_and(|s| !s.addresses.is_empty());
            let asked = sources.iter().take(if placed { usize::MAX } else { 1 });
            questions.extend(asked.map(|(source, zone)| Exposed {
                source: *source,
                zone: *zone,
                destination: End::Server(id),
                known,
            }));
        }
    }
    questions
}

/// One fact for each sensitive service that a zone reaches or may reach, by
/// id. A zone that no given firewall parts from the server is left out:
/// nothing is known about what stands between.
pub fn build(
    words: Words<'_>,
    asker: &Asker<'_, '_>,
    questions: &[Exposed<'_>],
) -> Vec<ExposureFact> {
    let network = asker.network();
    let mut exposures = Vec::new();
    for exposed in questions {
        let ends = [exposed.source, exposed.destination];
        let answer = asker.ask(exposed.source, exposed.destination, exposed.known.service);
        let passes = match answer.verdict {
            Verdict::Deny => false,
            Verdict::Permit | Verdict::Partial => answer.relation == Relation::Crosses,
            Verdict::Inconclusive => true,
        };
        if !passes {
            continue;
        }
        let [from, server] = ends.map(|end| name(end, words.estate));
        let mut verdict = words.exposure(&answer, &ends);
        if let Some(part) = answer.telling_part() {
            evidence::add_members(words, network, part, &mut verdict.decided_by);
        }
        let service = exposed.known.service.to_string();
        exposures.push(ExposureFact {
            id: format!("{from}/{server}/{service}"),
            from,
            class: match exposed.zone {
                None => Some(ZoneClass::Internet.id()),
                Some(zone) => zone.class.map(ZoneClass::id),
            },
            class_certainty: match exposed.zone {
                Some(zone) if zone.strength > Strength::Declared => Certainty::Derived,
                _ => Certainty::Declared,
            },
            destination: server,
            service,
            application: exposed.known.application,
            verdict,
        });
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
