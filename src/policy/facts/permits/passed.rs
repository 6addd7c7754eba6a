//! What a rule lets through itself: of its packets those that no rule before it
//! decides, and of a chain those that its callers hand to it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::reach::{Reach, Way};
use super::width::{ServicesFact, is_wide};
use crate::flow::{Cube, Engine, IpSet, PacketSet, PartVerdict, RuleRef, ServiceCube, ServiceSet};
use crate::model::firewall::{InterfaceId, Rule};

/// The packets to servers that a rule surely lets through.
pub struct Passed {
    cubes: Vec<Cube>,
    /// Interfaces on which they come in.
    entered: BTreeSet<InterfaceId>,
}

impl Passed {
    /// Asks every filter that leads to the rule, from every interface.
    pub fn new(
        engine: &Engine<'_>,
        reach: &Reach<'_>,
        ways: &[Way<'_>],
        (place, rule): (RuleRef, &Rule),
        written: (&IpSet, &IpSet, &ServiceSet),
    ) -> Self {
        let (source, destination, services) = written;
        let mut passed = Self {
            cubes: Vec::new(),
            entered: BTreeSet::new(),
        };
        for (side, servers) in reach.named_by_side(destination) {
            let mut packets = PacketSet::default();
            for service in services.cubes() {
                packets.insert(&Cube::new(source.clone(), servers.clone(), service));
            }
            for (filter, context) in reach.asked(side, ways, rule) {
                let parts = engine.evaluate_filter(filter, &packets, &context);
                let own = parts.into_iter().filter(|part| {
                    part.outcome.verdict == PartVerdict::Permit && part.outcome.by.contains(&place)
                });
                let before = passed.cubes.len();
                passed
                    .cubes
                    .extend(own.flat_map(|part| part.packets.into_cubes()));
                if passed.cubes.len() > before {
                    passed.entered.extend(context.ingress);
                }
            }
        }
        passed
    }

    /// Places of the interfaces on which packets come in that pass.
    pub fn interfaces(&self) -> Vec<usize> {
        let places = self.entered.iter().map(|id| usize::try_from(id.0));
        places.filter_map(Result::ok).collect()
    }

    /// Whether what passes to an address is wide.
    pub fn is_wide_to(&self, address: IpAddr) -> bool {
        let cubes = || {
            self.cubes
                .iter()
                .filter(|c| c.destination.contains(address))
        };
        is_wide(&sources(cubes())) || ServicesFact::new(&services(cubes())).is_wide()
    }

    /// Sources of all that passes.
    pub fn source(&self) -> IpSet {
        sources(self.cubes.iter())
    }

    /// Services of all that passes.
    pub fn services(&self) -> ServiceSet {
        services(self.cubes.iter())
    }
}

fn sources<'c>(cubes: impl Iterator<Item = &'c Cube>) -> IpSet {
    IpSet::of(cubes.flat_map(|cube| cube.source.ranges()))
}

fn services<'c>(cubes: impl Iterator<Item = &'c Cube>) -> ServiceSet {
    ServiceSet::of(
        cubes
            .map(|cube| ServiceCube {
                protocols: cube.protocols,
                source: cube.source_ports.clone(),
                destination: cube.destination_ports.clone(),
            })
            .collect(),
    )
}
