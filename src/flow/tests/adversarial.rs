//! Rule sets that are made to blow up: an answer or an honest doubt, in
//! bounded time and memory.

use super::build::*;
use crate::estate::Role;
use crate::flow::*;
use crate::model::firewall::*;
use crate::model::net::{IpRange, PortRange, Protocol};

/// Rules whose ranges cross in every dimension; numbers from a fixed sequence.
fn crossing(count: usize) -> Vec<Rule> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |limit: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % u64::from(limit)) as u32
    };
    (0..count)
        .map(|index| {
            let mut range = |base: u32| {
                let (low, more) = (below(60_000), below(5_000));
                AddressMatch::One(AddressTerm::V4(base + low, base + low + more))
            };
            let (source, destination) = (range(0x0A00_0000), range(0xC000_0200));
            let low = 1 + below(60_000) as u16;
            let action = if index % 2 == 0 {
                Action::Permit
            } else {
                Action::Deny
            };
            Rule {
                source,
                destination,
                ..rule(action, "any", "any", tcp(low, low + below(4_000) as u16))
            }
        })
        .collect()
}

#[test]
fn every_packet_through_100_000_crossing_rules_is_an_honest_doubt() {
    let firewall = firewall(
        "crossing",
        vec![filter("list", crossing(100_000), Action::Deny)],
    );
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let parts = engine.evaluate_filter(FilterId(0), &PacketSet::all(), &Context::default());
    let doubt = parts
        .iter()
        .find(|part| part.outcome.verdict == PartVerdict::Inconclusive)
        .expect("an inconclusive part");
    let reason = &doubt.outcome.reasons[0];
    assert!(reason.text.contains("too many pieces"), "{}", reason.text);
    let cubes: usize = parts.iter().map(|part| part.packets.cubes().len()).sum();
    assert!(cubes < 200_000, "{cubes} cubes");
}

#[test]
fn one_service_between_two_hosts_is_decided_among_100_000_crossing_rules() {
    let rules = crossing(100_000);
    let mut inner = firewall(
        "crossing",
        vec![filter("list", rules.clone(), Action::Deny)],
    );
    inner.interfaces = vec![
        interface("inside", "10.255.0.1", "10.0.0.0/8", 100),
        interface("outside", "192.1.0.1", "192.0.0.0/8", 0),
    ];
    inner.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    let servers = vec![
        server("hub1", Role::Hub, "10.0.117.48"),
        server("edge1", Role::Edge, "192.0.119.59"),
    ];
    let estate = estate(vec![inner], servers, Vec::new());
    let network = Network::new(&estate);
    let ends = [0, 1].map(|id| Endpoint::Server(crate::estate::ServerId(id)));
    for port in [25, 587, 5_000, 30_000, 50_636] {
        let [from, to] = ends.clone();
        let answer = network.reach(&Query::new(from, to, to_port(port)));
        let holds = |position: &AddressMatch, text: &str| match position {
            AddressMatch::One(AddressTerm::V4(low, high)) => {
                let IpRange::V4(host, _) = net(text) else {
                    return false;
                };
                (*low..=*high).contains(&host)
            }
            _ => false,
        };
        let hits = |service: &ServiceMatch| match service {
            ServiceMatch::One(ServiceTerm::Inline {
                destination: PortMatch::Range(PortRange { low, high }),
                ..
            }) => (*low..=*high).contains(&port),
            _ => false,
        };
        let first = rules.iter().find(|rule| {
            holds(&rule.source, "10.0.117.48")
                && holds(&rule.destination, "192.0.119.59")
                && hits(&rule.service)
        });
        let expected = match first.map(|rule| rule.action) {
            Some(Action::Permit) => Verdict::Permit,
            _ => Verdict::Deny,
        };
        assert_eq!(answer.verdict, expected, "port {port}");
    }
}

#[test]
fn a_whole_network_against_100_000_crossing_rules_ends() {
    let mut inner = firewall(
        "crossing",
        vec![filter("list", crossing(100_000), Action::Deny)],
    );
    inner.interfaces = vec![
        interface("inside", "10.255.0.1", "10.0.0.0/8", 100),
        interface("outside", "192.1.0.1", "192.0.0.0/8", 0),
    ];
    inner.stages = vec![stage(Some(0), None, 0, AddressView::Real)];
    let estate = estate(vec![inner], Vec::new(), Vec::new());
    let network = Network::new(&estate);
    let [from, to] =
        ["10.0.0.0/16", "192.0.0.0/16"].map(|text| Endpoint::Addresses(IpSet::from(net(text))));
    let all = service(Protocol::TCP, PortRange::ANY);
    let answer = network.reach(&Query::new(from, to, all));
    assert!(matches!(
        answer.verdict,
        Verdict::Partial | Verdict::Inconclusive
    ));
    assert!(
        answer
            .parts
            .iter()
            .any(|part| { part.verdict == PartVerdict::Inconclusive && !part.reasons.is_empty() })
    );
}

/// Groups in a chain of `depth`, the last of them with one host, or leading
/// back to the first.
fn nested(depth: u32, circle: bool) -> Firewall {
    let list = vec![Rule {
        source: AddressMatch::One(AddressTerm::Object(AddressObjectId(0))),
        ..rule(Action::Permit, "any", "any", tcp(25, 25))
    }];
    let mut firewall = firewall("nested", vec![filter("list", list, Action::Deny)]);
    firewall.address_objects = (0..depth)
        .map(|level| {
            let next = level + 1;
            let below = if next < depth {
                AddressTerm::Object(AddressObjectId(next))
            } else if circle {
                AddressTerm::Object(AddressObjectId(0))
            } else {
                AddressTerm::from(net("10.1.0.9"))
            };
            AddressObject {
                name: format!("group{level}"),
                // Twice: expanded one by one this doubles at every level.
                members: vec![spanned(below.clone()), spanned(below)],
                excluded: Vec::new(),
                span: span(level),
            }
        })
        .collect();
    firewall
}

fn from_host(firewall: &Firewall, host: &str) -> Outcome {
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let cube = Cube {
        source: IpSet::from(net(host)),
        protocols: ProtocolSet::one(Protocol::TCP),
        destination_ports: PortSet::one(25),
        ..Cube::ALL
    };
    let set = PacketSet::from(cube);
    let mut parts = engine.evaluate_filter(FilterId(0), &set, &Context::default());
    assert_eq!(parts.len(), 1);
    parts.remove(0).outcome
}

#[test]
fn groups_nested_64_deep_are_resolved() {
    for depth in [64, 10_000] {
        let firewall = nested(depth, false);
        assert_eq!(
            from_host(&firewall, "10.1.0.9").verdict,
            PartVerdict::Permit
        );
        assert_eq!(from_host(&firewall, "10.1.0.8").verdict, PartVerdict::Deny);
    }
}

#[test]
fn groups_in_a_circle_of_64_are_a_doubt_that_names_one() {
    let outcome = from_host(&nested(64, true), "10.1.0.9");
    assert_eq!(outcome.verdict, PartVerdict::Inconclusive);
    let text = &outcome.reasons[0].text;
    assert!(
        text.starts_with("object group group") && text.contains("contains itself"),
        "{text}"
    );
}
