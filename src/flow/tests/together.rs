//! Services that are followed together against the same services asked alone.

use std::collections::BTreeSet;
use std::path::Path;

use proptest::prelude::*;

use super::build::*;
use super::cases::{cases, shown};
use super::composition::row;
use super::translation::translating;
use crate::estate::{Estate, ServerId, ZoneId};
use crate::flow::*;
use crate::model::firewall::*;
use crate::model::net::{IpRange, PortRange, Protocol};

/// Everything that an answer says; the statements that lead along the way in
/// no order.
fn said(answer: &Answer) -> String {
    let at: BTreeSet<_> = answer.at.iter().map(|span| format!("{span:?}")).collect();
    let Answer {
        verdict,
        relation,
        parts,
        effects,
        firewalls,
        why,
        weak,
        ..
    } = answer;
    format!("{verdict:?} {relation:?} {effects:?} {firewalls:?} {why:?} {weak:?} {at:?} {parts:#?}")
}

fn services() -> Vec<ServiceSet> {
    let tcp = [21, 22, 24, 25, 26, 27, 135, 389, 443, 445, 2525, 50_636];
    let mut services: Vec<ServiceSet> = tcp
        .iter()
        .map(|port| service(Protocol::TCP, PortRange::one(*port)))
        .collect();
    services.extend([25, 53, 389].map(|port| service(Protocol::UDP, PortRange::one(port))));
    let range = PortRange::new(1025, 65_535).unwrap();
    services.push(service(Protocol::TCP, range));
    services.push(service(Protocol::ICMP, PortRange::ANY));
    services.push(ServiceSet::all());
    services
}

/// Every service from one end to the other, both ways of asking.
fn check(network: &Network<'_>, from: &Endpoint, to: &Endpoint) -> Result<(), TestCaseError> {
    let services = services();
    let query = |services: &ServiceSet| Query::new(from.clone(), to.clone(), services.clone());
    let queries: Vec<Query> = services.iter().map(query).collect();
    let together = network.reach_all(&queries);
    prop_assert_eq!(together.len(), queries.len());
    for (query, together) in queries.iter().zip(&together) {
        let alone = network.reach(query);
        prop_assert!(
            said(together) == said(&alone),
            "{query:?}\ntogether: {}\nalone: {}",
            said(together),
            said(&alone)
        );
    }
    Ok(())
}

/// What a group of servers on one network may be asked about.
fn group(base: u32) -> Endpoint {
    Endpoint::Addresses(IpSet::of([IpRange::V4(base, base + 7)]))
}

fn everywhere(firewalls: Vec<Firewall>) -> Result<(), TestCaseError> {
    let estate = estate(firewalls, Vec::new(), Vec::new());
    let network = Network::new(&estate);
    let ends = [0xC633_6408, 0x0A00_0008, 0x0A00_0108, 0xC000_0208].map(group);
    for from in &ends {
        for to in &ends {
            check(&network, from, to)?;
        }
    }
    Ok(())
}

fn inspection(effect: InspectionEffect, port: u16, filter: Option<u32>) -> Inspection {
    Inspection {
        protocol: "esmtp".to_owned(),
        effect,
        interface: None,
        filter: filter.map(FilterId),
        ports: vec![(Protocol::TCP, PortRange::one(port))],
        default: false,
        span: span(900),
        related: Vec::new(),
    }
}

fn tunnel(filter: u32) -> Tunnel {
    Tunnel {
        name: "outside_map 20".to_owned(),
        interface: Some(InterfaceId(0)),
        filter: Some(FilterId(filter)),
        peers: Vec::new(),
        filtered: None,
        span: span(901),
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn two_firewalls_answer_alike((outer, inner) in row()) {
        shown(&[&outer, &inner], everywhere(vec![outer.clone(), inner.clone()]))?;
    }

    #[test]
    fn a_firewall_that_translates_inspects_and_encrypts_answers_alike(
        mut firewall in translating(),
        inspected in proptest::option::of((any::<bool>(), proptest::option::of(0..3u32))),
        encrypted in proptest::option::of(0..5u32),
        stateful in proptest::bool::weighted(0.8),
    ) {
        if let Some((strips, filter)) = inspected {
            let (effect, port) = match strips {
                true => (InspectionEffect::StripsStarttls, 25),
                false => (InspectionEffect::OpensRpc, 135),
            };
            firewall.inspections.push(inspection(effect, port, filter));
        }
        firewall.tunnels.extend(encrypted.map(tunnel));
        firewall.stateful = stateful;
        shown(&[&firewall], everywhere(vec![firewall.clone()]))?;
    }
}

/// Every pair of ends of an estate.
fn pairs(estate: &Estate) -> Vec<(Endpoint, Endpoint)> {
    let servers = (0u32..).zip(&estate.servers);
    let servers = servers.map(|(id, _)| Endpoint::Server(ServerId(id)));
    let zones = (0u32..).zip(&estate.zones);
    let zones = zones.map(|(id, _)| Endpoint::Zone(ZoneId(id)));
    let ends: Vec<Endpoint> = servers.chain(zones).chain([Endpoint::Internet]).collect();
    let pair = |from: &Endpoint| {
        let from = from.clone();
        ends.iter().map(move |to| (from.clone(), to.clone()))
    };
    ends.iter().flat_map(pair).collect()
}

#[test]
fn the_fixtures_answer_alike() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let platforms = ["srx", "windows"];
    let mut folders = vec![fixtures.join("contoso"), fixtures.join("tailspin")];
    folders.extend(platforms.map(|name| fixtures.join("platforms").join(name)));
    let mut asked = 0usize;
    for folder in folders {
        let (estate, _) = super::contoso::load_from(&folder);
        let network = Network::new(&estate);
        for (from, to) in pairs(&estate) {
            check(&network, &from, &to).unwrap();
            asked += 1;
        }
    }
    assert!(asked > 500, "{asked} pairs");
}
