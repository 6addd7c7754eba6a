//! `exlint.reach`: one question from a rule, answered like a flow.

use serde_json::{Value, json};

use super::asked::End;
use super::meanings::Meanings;
use super::verdicts::{self, Words};
use crate::estate::{Estate, ServerId, ZoneId};
use crate::flow::{Answer, Endpoint, IpSet, Network, Query, ServiceSet};
use crate::formats::inventory::Service;
use crate::model::net::{PortRange, Protocol};
use crate::policy::natives::parse_range;
use crate::source::Sources;

/// Answers a question about two ends and a service, as an object like an entry
/// of `flows`. Ends are names of servers or zones, `internet`, addresses or
/// networks; a service is `tcp/25`, `udp/5000-5100`, `icmp` or `any`. What it
/// does not know has the verdict `inconclusive` with the reason in `why`.
#[must_use]
pub fn reach(
    sources: &Sources,
    estate: &Estate,
    network: &Network<'_>,
    question: [&str; 3],
) -> Value {
    let meanings = Meanings::new(estate);
    let words = Words {
        sources,
        estate,
        meanings: &meanings,
        recent: &verdicts::Recent::default(),
    };
    let [from, to, service] = question;
    let unknown = |why: String| {
        json!({
            "source": from, "destination": to, "service": service,
            "verdict": "inconclusive", "firewalls": [], "decided_by": [], "effects": [],
            "why": [why], "certainty": "certain", "at": [], "labels": [],
        })
    };
    let (Some(source), Some(destination)) = (end(from, estate), end(to, estate)) else {
        let name = if end(from, estate).is_none() {
            from
        } else {
            to
        };
        return unknown(format!("`{name}` is not a server, a zone or an address"));
    };
    let Some(services) = services(service) else {
        return unknown(format!("`{service}` is not a service"));
    };
    let answer = network.reach(&Query::new(source.1, destination.1, services));
    fact(words, &answer, question, [source.0, destination.0])
        .unwrap_or_else(|| unknown("the answer cannot be handed over".to_owned()))
}

fn fact(
    words: Words<'_>,
    answer: &Answer,
    [from, to, service]: [&str; 3],
    ends: [Option<End>; 2],
) -> Option<Value> {
    let known: Vec<End> = ends.into_iter().flatten().collect();
    let Value::Object(mut map) = serde_json::to_value(words.verdict(answer, &known)).ok()? else {
        return None;
    };
    for (key, value) in [("source", from), ("destination", to), ("service", service)] {
        map.insert(key.to_owned(), Value::from(value));
    }
    Some(Value::Object(map))
}

/// The end that a word means.
fn end(word: &str, estate: &Estate) -> Option<(Option<End>, Endpoint)> {
    if word.eq_ignore_ascii_case("internet") {
        return Some((Some(End::Internet), Endpoint::Internet));
    }
    let is_server = |server: &crate::estate::Server| {
        server.name.eq_ignore_ascii_case(word)
            || server
                .fqdn
                .as_ref()
                .is_some_and(|fqdn| fqdn.value.eq_ignore_ascii_case(word))
    };
    if let Some((index, _)) = (0u32..).zip(&estate.servers).find(|(_, s)| is_server(s)) {
        let id = ServerId(index);
        return Some((Some(End::Server(id)), Endpoint::Server(id)));
    }
    let mut zones = (0u32..).zip(&estate.zones);
    if let Some((index, _)) = zones.find(|(_, zone)| zone.name == word) {
        let id = ZoneId(index);
        return Some((Some(End::Zone(id)), Endpoint::Zone(id)));
    }
    let range = parse_range(word)?;
    Some((None, Endpoint::Addresses(IpSet::of([range]))))
}

/// The packets that a word means.
fn services(word: &str) -> Option<ServiceSet> {
    let service = service(word)?;
    Some(match service.protocol {
        None => ServiceSet::all(),
        Some(protocol) => crate::flow::service(protocol, service.ports),
    })
}

fn service(word: &str) -> Option<Service> {
    let (protocol, ports) = match word.split_once('/') {
        Some((protocol, ports)) => (protocol, Some(ports)),
        None => (word, None),
    };
    let protocol = match protocol {
        "any" if ports.is_none() => None,
        "tcp" => Some(Protocol::TCP),
        "udp" => Some(Protocol::UDP),
        "icmp" if ports.is_none() => Some(Protocol::ICMP),
        "icmp6" if ports.is_none() => Some(Protocol::ICMP6),
        number if ports.is_none() => Some(Protocol(number.parse().ok()?)),
        _ => return None,
    };
    let ports = match ports {
        None => PortRange::ANY,
        Some(ports) => match ports.split_once('-') {
            Some((low, high)) => PortRange::new(low.parse().ok()?, high.parse().ok()?)?,
            None => PortRange::one(ports.parse().ok()?),
        },
    };
    Some(Service { protocol, ports })
}
