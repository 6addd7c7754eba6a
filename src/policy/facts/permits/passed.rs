//! What a rule lets through itself: of its packets those that no rule before it
//! decides, and of a chain those that its callers hand to it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::reach::{Reach, Side, Way};
use super::width::{SIDE_BY_SIDE, ServicesFact, is_wide};
use crate::flow::{
    Context, Cube, Engine, IpSet, PacketSet, PartVerdict, PortSet, RuleRef, ServiceCube, ServiceSet,
};
use crate::model::firewall::{FilterId, InterfaceId, Rule};
use crate::model::net::Protocol;

/// Half of the ports of a protocol.
const MOST_PORTS: u128 = 32_768;

/// The packets to servers that a rule surely lets through.
pub struct Passed {
    cubes: Vec<(Side, Cube)>,
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
            for asked in reach.asked(side, ways, rule) {
                let parts = engine.evaluate_filter(asked.filter, &packets, &asked.context);
                let own = parts.into_iter().filter(|part| {
                    part.outcome.verdict == PartVerdict::Permit && part.outcome.by.contains(&place)
                });
                let before = passed.cubes.len();
                let own = own.flat_map(|part| part.packets.into_cubes());
                let arriving = own.flat_map(|cube| side.arriving(engine, &asked, &cube));
                passed.cubes.extend(arriving.map(|cube| (side, cube)));
                if passed.cubes.len() > before {
                    passed.entered.extend(asked.context.ingress);
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
    pub fn is_wide_to(&self, address: IpAddr, side: Side) -> bool {
        let cubes = || self.sent_to(address, side);
        is_wide(&sources(cubes())) || ServicesFact::new(&services(cubes())).is_wide()
    }

    /// Whether most of TCP passes to an address from many sources: rules before
    /// this one may decide the rest.
    pub fn is_open_to(&self, address: IpAddr, side: Side) -> bool {
        let to = self.sent_to(address, side);
        most_of_tcp(to.filter(|cube| is_wide(&cube.source)))
    }

    /// Whether more ports of TCP or UDP than a service has pass to an address.
    pub fn leaves_ports_of(&self, address: IpAddr, side: Side) -> bool {
        [Protocol::TCP, Protocol::UDP].into_iter().any(|protocol| {
            let to = self.sent_to(address, side);
            ports_of(protocol, to).size() > u128::from(SIDE_BY_SIDE)
        })
    }

    /// Sources and services of what passes to some addresses.
    pub fn to(&self, wanted: impl Fn(IpAddr, Side) -> bool) -> (IpSet, ServiceSet) {
        let leads = |(side, cube): &&(Side, Cube)| {
            let mut ranges = cube.destination.ranges();
            ranges.any(|range| wanted(range.first(), *side) || wanted(range.last(), *side))
        };
        let cubes = || self.cubes.iter().filter(leads).map(|(_, cube)| cube);
        (sources(cubes()), services(cubes()))
    }

    /// Sources of all that passes.
    pub fn source(&self) -> IpSet {
        sources(self.all())
    }

    /// Services of all that passes.
    pub fn services(&self) -> ServiceSet {
        services(self.all())
    }

    fn all(&self) -> impl Iterator<Item = &Cube> {
        self.cubes.iter().map(|(_, cube)| cube)
    }

    /// What passes to an address that is met on a side.
    fn sent_to(&self, address: IpAddr, side: Side) -> impl Iterator<Item = &Cube> {
        let here = self.cubes.iter().filter(move |(known, _)| *known == side);
        let cubes = here.map(|(_, cube)| cube);
        cubes.filter(move |cube| cube.destination.contains(address))
    }
}

/// Whether a rule itself lets an address open most of TCP to many others.
pub fn is_open_from(
    engine: &Engine<'_>,
    place: RuleRef,
    address: IpAddr,
    (filter, context): (FilterId, &Context),
) -> bool {
    let all = ServiceSet::all();
    let mut packets = PacketSet::default();
    for service in all.cubes() {
        packets.insert(&Cube::new(IpSet::host(address), IpSet::ALL, service));
    }
    let parts = engine.evaluate_filter(filter, &packets, context);
    let own = parts.iter().filter(|part| {
        part.outcome.verdict == PartVerdict::Permit && part.outcome.by.contains(&place)
    });
    let cubes = own.flat_map(|part| part.packets.cubes());
    most_of_tcp(cubes.filter(|cube| is_wide(&cube.destination)))
}

/// Whether cubes hold more than half of the ports of TCP.
fn most_of_tcp<'c>(cubes: impl Iterator<Item = &'c Cube>) -> bool {
    ports_of(Protocol::TCP, cubes).size() > MOST_PORTS
}

/// The ports of a protocol in cubes.
fn ports_of<'c>(protocol: Protocol, cubes: impl Iterator<Item = &'c Cube>) -> PortSet {
    let own = cubes.filter(|cube| cube.protocols.contains(protocol));
    own.fold(PortSet::EMPTY, |all, cube| {
        all.union(&cube.destination_ports)
    })
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
