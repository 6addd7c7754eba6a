//! `exposures`: sensitive services that a zone can reach through a firewall.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::asked::{self, End, Sensitive};
use super::evidence;
use super::flows::{Asker, Spelling, left_open};
use super::servers;
use super::sources::{self, SourcesFact};
use super::types::{Certainty, ExposureFact, LabelFact};
use super::verdicts::Words;
use crate::estate::{Estate, ServerId, Strength, Zone, ZoneClass, ZoneId};
use crate::flow::{Classes, Relation, Verdict};
use crate::model::net::IpRange;

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
    /// How many servers that every firewall treats alike it stands for.
    stands_for: usize,
    /// Whether it stands for servers that are too many to ask about.
    pub left_open: bool,
}

/// Up to so many questions, every server is asked about; of more, one of those
/// that are alike, and no further ones.
const ALL: usize = 20_000;

/// The same where no firewall was given: every answer is then one doubt.
const ALL_OPEN: usize = 1_000;

/// Every sensitive service of every server from everywhere. Of a server
/// without an address nothing can be said from anywhere: one question about
/// each service stands for all. Of very many servers, one stands for those
/// that are `alike`.
pub fn questions<'e, 'c>(estate: &'e Estate, alike: impl Fn() -> &'c Classes) -> Vec<Exposed<'e>> {
    let sources = everywhere(estate);
    let servers = (0u32..).map(ServerId).take(estate.servers.len());
    let all: Vec<_> = servers
        .map(|id| (id, asked::sensitive(id, estate)))
        .collect();
    let services = all.iter().map(|(_, services)| services.len());
    let count = services.fold(0, usize::saturating_add);
    let most = if estate.firewalls.is_empty() {
        ALL_OPEN
    } else {
        ALL
    };
    let many = count.saturating_mul(sources.len()) > most;
    let mut questions: Vec<Exposed<'_>> = Vec::new();
    let mut rest = 0usize;
    for (id, services) in all {
        let mut stands_for = 1;
        let mut left_open = false;
        if many {
            let classes = alike();
            let members = classes
                .of(id)
                .map_or(&[][..], |class| classes.members(class));
            if members.first().is_some_and(|first| *first != id) {
                continue;
            }
            stands_for = members.len().max(1);
            if questions.len() >= ALL {
                left_open = rest == 0;
                rest = rest.saturating_add(stands_for);
                if !left_open {
                    continue;
                }
            }
        }
        let placed = servers::server_of(id, estate).is_some_and(|s| !s.addresses.is_empty());
        let one = !placed || left_open;
        for known in services {
            let asked = sources.iter().take(if one { 1 } else { usize::MAX });
            questions.extend(asked.map(|(source, zone)| Exposed {
                source: *source,
                zone: *zone,
                destination: End::Server(id),
                known,
                stands_for,
                left_open,
            }));
        }
    }
    for open in questions.iter_mut().filter(|asked| asked.left_open) {
        open.stands_for = rest;
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
    let mut spelling = Spelling::default();
    let machines = sources::Machines::new(words.estate);
    let mut exposures = Vec::new();
    for exposed in questions {
        let ends = [exposed.source, exposed.destination];
        let answer = if exposed.left_open {
            Cow::Owned(left_open(exposed.stands_for))
        } else {
            asker.ask(exposed.source, exposed.destination, exposed.known.service)
        };
        let passes = match answer.verdict {
            Verdict::Deny => false,
            Verdict::Permit | Verdict::Partial => answer.relation == Relation::Crosses,
            Verdict::Inconclusive => true,
        };
        if !passes {
            continue;
        }
        let [from, server] = ends.map(|end| spelling.end(end, words.estate));
        let mut verdict = words.exposure(&answer, &ends);
        // Of several addresses of the server, only those that no given firewall
        // parts from the zone are reached.
        if verdict.decided_by.is_empty() && answer.verdict != Verdict::Inconclusive {
            continue;
        }
        if let Some(part) = answer.telling_part() {
            evidence::add_members(words, network, part, &mut verdict.decided_by);
        }
        let passing = (answer.verdict == Verdict::Partial)
            .then(|| Arc::new(sources::of_answer(&answer, &machines)));
        let zone = exposed.zone.or_else(|| {
            let mut zones = words.estate.zones.iter();
            zones.find(|zone| zone.class == Some(ZoneClass::Internet))
        });
        if let Some((zone, passing)) = zone.zip(passing.as_deref()) {
            part_of_zone(zone, passing, &mut verdict.labels);
        }
        let service = spelling.service(exposed.known.service);
        exposures.push(ExposureFact {
            id: format!("{from}/{server}/{service}").into(),
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
            sources: passing,
            stands_for: exposed.stands_for,
            verdict: words.recent.share(verdict),
        });
    }
    exposures.sort_by(|a, b| a.id.cmp(&b.id));
    exposures.shrink_to_fit();
    exposures
}

/// So many senders are named in a label.
const NAMED: usize = 3;

/// Says at the zone who of it gets through, where it is not the whole zone.
fn part_of_zone(zone: &Zone, passing: &SourcesFact, labels: &mut [LabelFact]) {
    let own = passing.machines.iter().map(|name| &**name);
    let all: Vec<&str> = own
        .chain(passing.others.iter().map(String::as_str))
        .collect();
    let Some(label) = labels.iter_mut().find(|label| label.key == "from-zone") else {
        return;
    };
    let named: Vec<&str> = all.iter().copied().take(NAMED).collect();
    let more = all
        .len()
        .saturating_sub(named.len())
        .saturating_add(passing.more);
    let named = named.join(", ");
    *label = if more == 0 {
        LabelFact::new(
            "from-part-of-zone",
            [("zone", &*zone.name), ("sources", &named)],
        )
    } else {
        let more = more.to_string();
        let args = [
            ("zone", &*zone.name),
            ("sources", &*named),
            ("more", &*more),
        ];
        LabelFact::new("from-parts-of-zone", args)
    };
}

/// The Internet once, then every zone that is not of its class and holds others
/// than firewalls.
fn everywhere(estate: &Estate) -> Vec<(End, Option<&Zone>)> {
    let interfaces = estate.firewalls.iter();
    let interfaces = interfaces.flat_map(|known| &known.firewall.interfaces);
    let own: BTreeSet<IpRange> = interfaces
        .flat_map(|interface| &interface.addresses)
        .map(|address| address.address)
        .collect();
    // A loopback interface: its address is a whole network.
    let only_itself = |zone: &Zone| {
        let mut networks = zone.networks.iter();
        !zone.networks.is_empty() && networks.all(|network| own.contains(&network.value))
    };
    let others = (0u32..)
        .zip(&estate.zones)
        .filter(|(_, zone)| zone.class != Some(ZoneClass::Internet))
        .filter(|(_, zone)| !only_itself(zone))
        .map(|(index, zone)| (End::Zone(ZoneId(index)), Some(zone)));
    std::iter::once((End::Internet, None))
        .chain(others)
        .collect()
}
