//! `egress`: on how many ports an Exchange server may open connections to the
//! Internet.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::asked::{End, Service};
use super::flows::Asker;
use super::sources::is_zero;
use super::types::VerdictFact;
use super::verdicts::Words;
use crate::estate::{Estate, ServerId};
use crate::flow::{Answer, Classes, PartVerdict, PortSet, Verdict};
use crate::model::net::{PortRange, Protocol};

/// What a server may open to the Internet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EgressFact {
    /// The server.
    pub server: Arc<str>,
    /// How many TCP ports of a large part of the Internet it reaches.
    pub ports: u32,
    /// The ports, as `tcp/25` or `tcp/1024-65535`; the first of them.
    pub services: Vec<String>,
    /// How many further ones there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
    /// In a run with very many servers: how many servers that every firewall
    /// treats alike it stands for, this one included.
    #[serde(skip_serializing_if = "is_one")]
    pub stands_for: usize,
    /// The verdict on all TCP ports.
    #[serde(flatten)]
    pub verdict: Arc<VerdictFact>,
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

/// With more servers, one is asked about for all that are alike.
const ALL: usize = 64;

/// At most so many servers are asked about.
const MOST: usize = 1_000;

/// Addresses of the Internet that make a destination more than a few hosts: a
/// /8. What reaches fewer is a rule for named targets.
const LARGE: u128 = 1 << 24;

/// So many ranges of ports are told: rules judge each of them.
const TOLD: usize = 64;

/// Every TCP port.
const EVERY_PORT: Service = Service {
    protocol: Protocol::TCP,
    ports: PortRange::ANY,
};

/// A question about a server.
#[derive(Debug, Clone, Copy)]
pub struct Leaving {
    source: End,
    stands_for: usize,
}

impl Leaving {
    /// The question as ends and service.
    #[must_use]
    pub fn question(&self) -> (End, End, Service) {
        (self.source, End::Internet, EVERY_PORT)
    }
}

/// The servers to ask about: none where no firewall is known.
pub fn questions<'c>(estate: &Estate, alike: impl Fn() -> &'c Classes) -> Vec<Leaving> {
    if estate.firewalls.is_empty() {
        return Vec::new();
    }
    let exchange: Vec<ServerId> = (0u32..)
        .zip(&estate.servers)
        .filter(|(_, server)| server.exchange && !server.addresses.is_empty())
        .map(|(index, _)| ServerId(index))
        .collect();
    let one = |id| Leaving {
        source: End::Server(id),
        stands_for: 1,
    };
    if exchange.len() <= ALL {
        return exchange.into_iter().map(one).collect();
    }
    let classes = alike();
    let mut asked = Vec::new();
    for id in exchange {
        let members = classes
            .of(id)
            .map_or(&[][..], |class| classes.members(class));
        if members.first().is_some_and(|first| *first != id) {
            continue;
        }
        asked.push(Leaving {
            stands_for: members.len().max(1),
            ..one(id)
        });
        if asked.len() >= MOST {
            break;
        }
    }
    asked
}

/// One fact for each server that reaches something, or may, by name.
pub fn build(words: Words<'_>, asker: &Asker<'_, '_>, questions: &[Leaving]) -> Vec<EgressFact> {
    let mut facts = Vec::new();
    for leaving in questions {
        let (source, destination, service) = leaving.question();
        let answer: Cow<'_, Answer> = asker.ask(source, destination, service);
        let ports = open_ports(&answer);
        if ports.is_empty() && answer.verdict != Verdict::Inconclusive {
            continue;
        }
        let verdict = words.exposure(&answer, &[source, destination]);
        facts.push(EgressFact {
            server: super::flows::name(source, words.estate).into(),
            ports: u32::try_from(ports.size()).unwrap_or(u32::MAX),
            services: ports
                .ranges()
                .iter()
                .take(TOLD)
                .map(|(low, high)| match PortRange::new(*low, *high) {
                    Some(range) => format!("{}/{range}", Protocol::TCP),
                    None => format!("{}/{low}", Protocol::TCP),
                })
                .collect(),
            more: ports.ranges().len().saturating_sub(TOLD),
            stands_for: leaving.stands_for,
            verdict: words.recent.share(verdict),
        });
    }
    facts.sort_by(|a, b| a.server.cmp(&b.server));
    facts
}

/// Ports that pass to more than a few addresses.
fn open_ports(answer: &Answer) -> PortSet {
    let passing = answer
        .parts
        .iter()
        .filter(|part| part.verdict == PartVerdict::Permit);
    passing
        .flat_map(|part| part.packets.cubes())
        .filter(|cube| cube.destination.size() >= LARGE)
        .fold(PortSet::EMPTY, |all, cube| {
            all.union(&cube.destination_ports)
        })
}
