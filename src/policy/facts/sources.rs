//! Who of a zone reaches a service that not the whole zone does.

use std::net::IpAddr;
use std::sync::Arc;

use serde::Serialize;

use crate::estate::Estate;
use crate::flow::{Answer, IpSet, PartVerdict};

/// The sources of packets that pass.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourcesFact {
    /// Machines of the estate among them, sorted.
    pub machines: Vec<Arc<str>>,
    /// Addresses and networks among them that are not known machines alone.
    pub others: Vec<String>,
    /// How many further machines and networks there are.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: usize,
}

/// Whether a count is left out of the facts.
pub(super) fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// So many machines, and so many networks, are named.
const NAMED: usize = 64;

/// The machines of an estate by address.
#[derive(Debug)]
pub struct Machines(Vec<(IpAddr, Arc<str>)>);

impl Machines {
    /// Every address of every machine.
    #[must_use]
    pub fn new(estate: &Estate) -> Self {
        let mut machines = Vec::new();
        for server in &estate.servers {
            let name: Arc<str> = server.name.as_str().into();
            let addresses = server.addresses.iter();
            machines.extend(addresses.map(|address| (address.ip, Arc::clone(&name))));
        }
        machines.sort_unstable();
        Self(machines)
    }

    /// The machines with an address from one to another of one family.
    fn between(&self, low: IpAddr, high: IpAddr) -> &[(IpAddr, Arc<str>)] {
        let first = self.0.partition_point(|(address, _)| *address < low);
        let end = self.0.partition_point(|(address, _)| *address <= high);
        self.0.get(first..end).unwrap_or_default()
    }
}

/// Who sends the packets of an answer that pass without doubt.
#[must_use]
pub fn of_answer(answer: &Answer, machines: &Machines) -> SourcesFact {
    let passing = answer
        .parts
        .iter()
        .filter(|part| part.verdict == PartVerdict::Permit);
    let set = passing
        .flat_map(|part| part.packets.cubes())
        .fold(IpSet::EMPTY, |all, cube| all.union(&cube.source));
    let mut named: Vec<Arc<str>> = Vec::new();
    let mut others = Vec::new();
    let mut more = 0usize;
    for range in set.ranges() {
        let inside = machines.between(range.first(), range.last());
        for (_, name) in inside {
            if named.len() < NAMED {
                named.push(Arc::clone(name));
            } else {
                more = more.saturating_add(1);
            }
        }
        let mut addresses: Vec<IpAddr> = inside.iter().map(|(address, _)| *address).collect();
        addresses.dedup();
        let known = IpSet::of(addresses.into_iter().map(crate::model::net::IpRange::host));
        if known.includes(&IpSet::from(range)) {
            continue;
        }
        if others.len() < NAMED {
            others.push(range.to_string());
        } else {
            more = more.saturating_add(1);
        }
    }
    named.sort_unstable();
    named.dedup();
    SourcesFact {
        machines: named,
        others,
        more,
    }
}
