//! Destinations that a firewall publishes, as hosts behind it see them.

use super::build::*;
use crate::estate::{Estate, Role, ServerId};
use crate::flow::{Answer, Endpoint, IpSet, Network, Query, Verdict};
use crate::model::firewall::{Action, AddressMatch, AddressView, Firewall, NatKind, NatRule};

/// A new destination for all packets to an address, wherever they come in.
fn new_destination(real: &str, mapped: &str) -> NatRule {
    NatRule {
        real_interface: None,
        mapped_interface: None,
        ..nat(NatKind::Destination, (real, 1), (mapped, 0))
    }
}

/// Outside, the network of the Edge server, and the one of the hub; a filter
/// for packets from each that looks at them as they arrive.
fn gateway(from_edge: Action, from_hub: (&str, &str), rules: Vec<NatRule>) -> Firewall {
    let any = permit_tcp("any", "any", 25);
    let edge = if from_edge == Action::Permit {
        vec![any]
    } else {
        Vec::new()
    };
    let hub = vec![permit_tcp(from_hub.0, from_hub.1, 25)];
    let mut firewall = firewall(
        "gw",
        vec![
            filter("edge", edge, Action::Deny),
            filter("hub", hub, Action::Deny),
        ],
    );
    firewall.interfaces = vec![
        interface("outside", "198.51.100.2", "198.51.100.0/24", 0),
        interface("dmz", "10.1.0.1", "10.1.0.0/24", 50),
        interface("inside", "10.2.0.1", "10.2.0.0/24", 100),
    ];
    firewall.routes = vec![route(0, "0.0.0.0/0", "198.51.100.1")];
    firewall.stages = vec![
        stage(Some(1), None, 0, AddressView::Mapped),
        stage(Some(2), None, 1, AddressView::Mapped),
    ];
    firewall.nat.rules = rules;
    firewall
}

fn permit_tcp(from: &str, to: &str, port: u16) -> crate::model::firewall::Rule {
    rule(Action::Permit, from, to, tcp(port, port))
}

fn asked(firewall: Firewall, from: u32, to: Endpoint) -> Answer {
    let servers = vec![
        server("edge1", Role::Edge, "10.1.0.11"),
        server("hub1", Role::Hub, "10.2.0.11"),
        server("edge2", Role::Edge, "10.1.0.12"),
    ];
    let estate: Estate = estate(vec![firewall], servers, Vec::new());
    let from = Endpoint::Server(ServerId(from));
    Network::new(&estate).reach(&Query::new(from, to, to_port(25)))
}

const EDGE: Endpoint = Endpoint::Server(ServerId(0));

#[test]
fn a_host_within_reaches_a_published_one_under_its_own_address() {
    let published = || vec![new_destination("10.1.0.11", "203.0.113.11")];
    for named in ["10.1.0.11", "203.0.113.11"] {
        let gateway = gateway(Action::Deny, ("10.2.0.11", named), published());
        let answer = asked(gateway, 1, EDGE);
        assert_eq!(answer.verdict, Verdict::Permit, "{named}");
        let witness = answer.witness().expect("a packet");
        assert_eq!(witness.destination.to_string(), named);
    }
    let neither = gateway(Action::Deny, ("10.2.0.99", "any"), published());
    assert_eq!(asked(neither, 1, EDGE).verdict, Verdict::Deny);
}

#[test]
fn a_published_address_leaves_the_rest_of_the_internet_decided() {
    let published = || vec![new_destination("10.1.0.11", "203.0.113.11")];
    let hub = ("10.2.0.11", "any");
    for (action, verdict) in [
        (Action::Permit, Verdict::Permit),
        (Action::Deny, Verdict::Deny),
    ] {
        let answer = asked(gateway(action, hub, published()), 0, Endpoint::Internet);
        assert_eq!(answer.verdict, verdict);
    }
    // The neighbour may get its packets, and may answer past the firewall.
    let other = vec![new_destination("10.1.0.12", "203.0.113.12")];
    let answer = asked(gateway(Action::Permit, hub, other), 0, Endpoint::Internet);
    assert_eq!(answer.verdict, Verdict::Partial);
    let open: Vec<_> = answer
        .parts
        .iter()
        .filter(|p| !p.reasons.is_empty())
        .collect();
    assert_eq!(open.len(), 1);
    let witness = open[0].witness.expect("a packet");
    assert_eq!(witness.destination.to_string(), "203.0.113.12");
}

#[test]
fn a_redirect_into_the_own_network_is_named_as_such() {
    let mut redirect = new_destination("10.1.0.20", "203.0.113.11");
    redirect.mapped_source = AddressMatch::Any;
    redirect.span = span(501);
    let rules = vec![redirect, new_destination("10.1.0.11", "203.0.113.11")];
    let hub = ("10.2.0.11", "any");
    let answer = asked(gateway(Action::Permit, hub, rules), 0, Endpoint::Internet);
    assert_eq!(answer.verdict, Verdict::Inconclusive);
    let [reason] = answer.why.as_slice() else {
        panic!("one reason: {:?}", answer.why);
    };
    assert_eq!(reason.span, Some(span(501)));
}

#[test]
fn a_published_part_of_a_network_leaves_its_other_hosts_direct() {
    let rules = vec![nat(NatKind::Static, ("10.2.0.11", 2), ("10.1.0.50", 0))];
    let gateway = gateway(Action::Deny, ("any", "any"), rules);
    let range = IpSet::of([net("10.1.0.50"), net("10.1.0.51")]);
    let answer = asked(gateway, 0, Endpoint::Addresses(range));
    assert_eq!(answer.verdict, Verdict::Partial);
    let reasons: Vec<_> = answer.why.iter().map(|why| &*why.text).collect();
    assert!(
        reasons.contains(
            &"gw answers for 10.1.0.50 because of a translation, and none fits these packets"
        ),
        "{reasons:?}"
    );
}
