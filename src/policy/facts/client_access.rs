//! `client_access`: the way of clients to what publishes web services to them,
//! and from reverse proxies on to the server behind.

use std::sync::Arc;

use serde::Serialize;

use super::asked::{End, Service, server};
use super::denials::{Denials, Most};
use super::flows::{Asker, Spelling};
use super::types::{PlaceFact, RemedyFact, VerdictFact};
use super::verdicts::Words;
use super::works;
use crate::estate::{Estate, Role, ServerId, Zone, ZoneClass, ZoneId};
use crate::flow::Classes;
use crate::model::path::Transport;

/// A way of clients, or a part of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClientAccessFact {
    /// Zone, `internet`, or the reverse proxy that forwards.
    pub source: Arc<str>,
    /// Client Access server or reverse proxy.
    pub destination: Arc<str>,
    /// Service (`tcp/443`).
    pub service: Arc<str>,
    /// What the inventory says that the zone uses.
    pub uses: Vec<String>,
    /// Where it is denied: the permit that comes closest, the group that lacks
    /// an end, translations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<PlaceFact>,
    /// For the same: what would let it through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Box<RemedyFact>>,
    /// Whether it works for those who use it: `yes`, `no` (or not for all of
    /// them) or `unknown`.
    pub works: &'static str,
    /// Verdict.
    #[serde(flatten)]
    pub verdict: Arc<VerdictFact>,
}

/// HTTPS, which all of the web services use.
const HTTPS: u16 = 443;

/// With more Client Access servers, one is asked about for all that are alike.
const ALL: usize = 64;

/// At most so many ways are asked about.
const MOST: usize = 4_000;

/// How many denials are told about.
const MOST_DENIALS: Most = Most {
    explained: 32,
    cured: 1_024,
};

/// Every way: from the Internet and from zones that use something to Client
/// Access servers and reverse proxies, and from those to what they forward to.
/// None where no firewall is known.
pub fn questions<'c>(estate: &Estate, alike: impl Fn() -> &'c Classes) -> Vec<(End, End, Service)> {
    if estate.firewalls.is_empty() {
        return Vec::new();
    }
    let https = Service::one(Transport::Tcp, HTTPS);
    let mut servers = with_role(estate, Role::ClientAccess);
    if servers.len() > ALL {
        let classes = alike();
        let first = |id: &ServerId| {
            let members = classes
                .of(*id)
                .map_or(&[][..], |class| classes.members(class));
            members.first().is_none_or(|first| first == id)
        };
        servers.retain(first);
    }
    let proxies = with_role(estate, Role::ReverseProxy);
    let mut sources = vec![End::Internet];
    let zones = (0u32..).map(ZoneId).zip(&estate.zones);
    sources.extend(
        zones
            .filter(|(_, zone)| zone.class != Some(ZoneClass::Internet))
            .filter(|(_, zone)| !uses(zone, estate).is_empty())
            .map(|(id, _)| End::Zone(id)),
    );
    let mut asked = Vec::new();
    for source in sources {
        let ends = servers.iter().chain(&proxies);
        asked.extend(ends.map(|id| (source, End::Server(*id), https)));
    }
    for proxy in proxies {
        let end = End::Server(proxy);
        let (behind, port) = forwards(end, estate);
        for id in behind.map_or_else(|| servers.clone(), |id| vec![id]) {
            if id != proxy {
                let service = Service::one(Transport::Tcp, port.unwrap_or(HTTPS));
                asked.push((end, End::Server(id), service));
            }
        }
    }
    asked.truncate(MOST);
    asked
}

fn with_role(estate: &Estate, role: Role) -> Vec<ServerId> {
    (0u32..)
        .map(ServerId)
        .zip(&estate.servers)
        .filter(|(_, server)| server.roles.iter().any(|known| known.value == role))
        .map(|(id, _)| id)
        .collect()
}

/// What the inventory says that users of a zone use.
pub fn uses(zone: &Zone, estate: &Estate) -> Vec<String> {
    let entries = estate.inventory.iter().flat_map(|known| &known.zones);
    let mut uses: Vec<String> = entries
        .filter(|entry| entry.name.value == zone.name)
        .flat_map(|entry| &entry.uses)
        .map(|word| word.value.clone())
        .collect();
    uses.sort();
    uses.dedup();
    uses
}

/// The server and the port that a proxy forwards to, as far as the inventory
/// names them.
fn forwards(proxy: End, estate: &Estate) -> (Option<ServerId>, Option<u16>) {
    let entry = server(proxy, estate).and_then(|known| super::servers::entry(known, estate));
    let Some(entry) = entry else {
        return (None, None);
    };
    let named = |wanted: &str| {
        let mut servers = (0u32..).map(ServerId).zip(&estate.servers);
        servers.find(|(_, server)| super::servers::is_called(server, wanted))
    };
    let behind = entry.forwards_to.as_ref().and_then(|to| named(&to.value));
    (
        behind.map(|(id, _)| id),
        entry.forward_port.as_ref().map(|port| port.value),
    )
}

/// One fact for each way, by its ends.
pub fn build(
    words: Words<'_>,
    asker: &Asker<'_, '_>,
    questions: &[(End, End, Service)],
) -> Vec<ClientAccessFact> {
    let estate = words.estate;
    let mut spelling = Spelling::default();
    let mut denials = Denials::new(words, asker.network(), MOST_DENIALS);
    let mut facts: Vec<ClientAccessFact> = Vec::with_capacity(questions.len());
    for (from, to, service) in questions {
        let answer = asker.ask(*from, *to, *service);
        let [source, destination] = [*from, *to].map(|end| spelling.end(end, estate));
        let names = [&*source, &*destination];
        let question = works::Question {
            source: *from,
            destination: *to,
            service: *service,
            senders: None,
        };
        let judged = works::of(&answer, question, estate);
        let explained = denials.explain(facts.len(), &answer, &judged, [*from, *to], names);
        let verdict = words.verdict(&answer, &[*from, *to]);
        let zone = match from {
            End::Zone(id) => super::servers::zone_of(*id, estate),
            End::Server(_) | End::Internet | End::Host(_) => None,
        };
        facts.push(ClientAccessFact {
            source,
            destination,
            service: spelling.service(*service),
            uses: zone.map_or_else(Vec::new, |zone| uses(zone, estate)),
            explained,
            remedy: None,
            works: judged.word(),
            verdict: works::shown(verdict, judged, &answer, *from, words),
        });
    }
    denials.cure(&mut facts, |fact| &mut fact.remedy);
    let key = |fact: &ClientAccessFact| {
        let names = [&fact.source, &fact.destination, &fact.service];
        names.map(Arc::clone)
    };
    facts.sort_by_cached_key(key);
    facts
}
