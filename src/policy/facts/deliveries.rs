//! `deliveries`: the way of mail from the source servers of Send connectors to
//! their smart hosts, on the port that the connector has.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;

use super::asked::{End, Service};
use super::denials::{Denials, Most};
use super::flows::{Asker, Spelling};
use super::servers::is_called;
use super::types::{PlaceFact, Ref, RemedyFact, VerdictFact};
use super::verdicts::Words;
use super::works;
use crate::estate::{Estate, Server, ServerId};
use crate::model::exchange::{Lookup, Record, Value};
use crate::model::path::Transport;

/// The way from a source server of a connector to one of its smart hosts.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeliveryFact {
    /// The connector, as its `at.self`.
    pub connector: Ref,
    /// Server that sends.
    pub source: Arc<str>,
    /// The smart host, in lower case and without brackets.
    pub host: Arc<str>,
    /// The server that it is, else its address.
    pub destination: Arc<str>,
    /// Service (`tcp/587`).
    pub service: Arc<str>,
    /// Where it is denied: the permit that comes closest, the group that lacks
    /// an end, translations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<PlaceFact>,
    /// For the same: what would let it through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Box<RemedyFact>>,
    /// Whether it works: `yes`, `no` (or not wholly) or `unknown`.
    pub works: &'static str,
    /// Verdict.
    #[serde(flatten)]
    pub verdict: Arc<VerdictFact>,
}

/// A way of mail to ask about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    connector: Ref,
    host: Arc<str>,
    source: End,
    destination: End,
    service: Service,
}

impl Delivery {
    /// The question as ends and service.
    #[must_use]
    pub fn question(&self) -> (End, End, Service) {
        (self.source, self.destination, self.service)
    }
}

const CMDLET: &str = "Get-SendConnector";

/// The port of a connector whose export leaves it out (`New-SendConnector`,
/// `Port`).
const SMTP: u16 = 25;

/// At most so many ways are asked about.
const MOST: usize = 2_000;

/// How many denials are told about.
const MOST_DENIALS: Most = Most {
    explained: 32,
    cured: MOST,
};

/// Every way of every connector that is not switched off. None where no
/// firewall is known.
pub fn questions(estate: &Estate) -> Vec<Delivery> {
    let mut asked = Vec::new();
    if estate.firewalls.is_empty() {
        return asked;
    }
    let connectors = estate.objects.iter().filter(|known| known.cmdlet == CMDLET);
    for connector in connectors {
        let record = &*connector.record;
        if matches!(record.get("Enabled"), Lookup::Known(Value::Bool(false), _)) {
            continue;
        }
        let Some(service) = port(record).map(|port| Service::one(Transport::Tcp, port)) else {
            continue;
        };
        let hosts = smart_hosts(record);
        for source in sources(record, estate) {
            for host in &hosts {
                let Some(destination) = destination(host, estate) else {
                    continue;
                };
                if asked.len() >= MOST {
                    return asked;
                }
                asked.push(Delivery {
                    connector: Ref(record.span),
                    host: host.as_str().into(),
                    source,
                    destination,
                    service,
                });
            }
        }
    }
    asked
}

/// The port, where it is one.
fn port(record: &Record) -> Option<u16> {
    match record.get("Port") {
        Lookup::Known(Value::Integer(port), _) => u16::try_from(*port).ok(),
        Lookup::Known(Value::Text(port), _) => port.parse().ok(),
        Lookup::Absent => Some(SMTP),
        Lookup::Known(..) | Lookup::Null(_) | Lookup::Unknown(..) => None,
    }
}

/// The smart hosts: `--` stands for the subscribed servers, and a table or a
/// CSV file keeps only the list as one text.
fn smart_hosts(record: &Record) -> BTreeSet<String> {
    let named = record.names("SmartHosts").map(|(names, _)| names);
    let texts: Vec<&str> = match named {
        Some(names) => names,
        None => record
            .text("SmartHostsString")
            .map_or_else(Vec::new, |(text, _)| text.split(',').collect()),
    };
    let hosts = texts.into_iter().map(|text| {
        let host = text.trim().to_lowercase();
        host.trim_matches(['[', ']']).to_owned()
    });
    hosts
        .filter(|host| host != "--" && !host.is_empty())
        .collect()
}

/// The servers that send.
fn sources(record: &Record, estate: &Estate) -> Vec<End> {
    let names = record.names("SourceTransportServers");
    let names: BTreeSet<&str> = names.into_iter().flat_map(|(names, _)| names).collect();
    let found = names.into_iter().filter_map(|name| named(name, estate));
    let found: BTreeSet<ServerId> = found.map(|(id, _)| id).collect();
    found.into_iter().map(End::Server).collect()
}

fn named<'e>(name: &str, estate: &'e Estate) -> Option<(ServerId, &'e Server)> {
    let mut servers = (0u32..).map(ServerId).zip(&estate.servers);
    servers.find(|(_, server)| is_called(server, name))
}

/// Where a smart host is: the server that it names, the machine that has its
/// address alone, else the address. `None` for a name that nothing resolves.
fn destination(host: &str, estate: &Estate) -> Option<End> {
    let Ok(ip) = host.parse::<IpAddr>() else {
        let (id, server) = named(host, estate)?;
        return (!server.addresses.is_empty()).then_some(End::Server(id));
    };
    let mut servers = (0u32..).map(ServerId).zip(&estate.servers);
    let only = servers.find(|(_, server)| match server.addresses.as_slice() {
        [only] => only.ip == ip,
        _ => false,
    });
    Some(only.map_or(End::Host(ip), |(id, _)| End::Server(id)))
}

/// One fact for each way, by connector and ends.
pub fn build(words: Words<'_>, asker: &Asker<'_, '_>, questions: &[Delivery]) -> Vec<DeliveryFact> {
    let estate = words.estate;
    let mut spelling = Spelling::default();
    let mut denials = Denials::new(words, asker.network(), MOST_DENIALS);
    let mut facts: Vec<DeliveryFact> = Vec::with_capacity(questions.len());
    for asked in questions {
        let (from, to, service) = asked.question();
        let answer = asker.ask(from, to, service);
        let [source, destination] = [from, to].map(|end| spelling.end(end, estate));
        let names = [&*source, &*destination];
        let question = works::Question {
            source: from,
            destination: to,
            service,
            senders: None,
        };
        let judged = works::of(&answer, question, estate);
        let explained = denials.explain(facts.len(), &answer, &judged, [from, to], names);
        let verdict = words.verdict(&answer, &[from, to]);
        facts.push(DeliveryFact {
            connector: asked.connector,
            source,
            host: Arc::clone(&asked.host),
            destination,
            service: spelling.service(service),
            explained,
            remedy: None,
            works: judged.word(),
            verdict: works::shown(verdict, judged, &answer, from, words),
        });
    }
    denials.cure(&mut facts, |fact| &mut fact.remedy);
    facts.sort_by(|a, b| {
        let key = |fact: &DeliveryFact| (fact.connector, fact.source.clone(), fact.host.clone());
        key(a).cmp(&key(b))
    });
    facts
}
