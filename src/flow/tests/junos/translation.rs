//! NAT: what becomes of packets, asked of the rules themselves.

use super::*;
use crate::model::firewall::{AddressMatch, AddressTerm, NatKind};

fn v4(text: &str) -> AddressTerm {
    let address = text
        .parse::<std::net::Ipv4Addr>()
        .expect("an address")
        .to_bits();
    AddressTerm::V4(address, address)
}

fn rules(text: &str) -> Vec<crate::model::firewall::NatRule> {
    firewall(&format!("{ZONES}{text}")).nat.rules
}

#[test]
fn static_nat_works_both_ways_and_comes_first() {
    let rules = rules(
        "\
set security nat source rule-set out from zone trust
set security nat source rule-set out to zone untrust
set security nat source rule-set out rule all match source-address 0.0.0.0/0
set security nat source rule-set out rule all then source-nat interface
set security nat static rule-set in from zone untrust
set security nat static rule-set in rule edge match destination-address 192.0.2.25/32
set security nat static rule-set in rule edge then static-nat prefix 10.1.0.25/32
",
    );
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].kind, NatKind::Static);
    assert!(!rules[0].unidirectional);
    assert_eq!(rules[0].mapped_source, AddressMatch::One(v4("192.0.2.25")));
    assert_eq!(rules[0].real_source, AddressMatch::One(v4("10.1.0.25")));
    assert_eq!(rules[1].kind, NatKind::Dynamic);
    assert!(matches!(
        rules[1].mapped_source,
        AddressMatch::One(AddressTerm::Interface(_))
    ));
}

#[test]
fn destination_nat_has_a_pool_and_a_port() {
    let rules = rules(
        "\
set security nat destination pool mail address 10.1.0.25/32
set security nat destination pool mail address port 2525
set security nat destination rule-set in from zone untrust
set security nat destination rule-set in rule edge match destination-address 192.0.2.25/32
set security nat destination rule-set in rule edge match destination-port 25
set security nat destination rule-set in rule edge match protocol tcp
set security nat destination rule-set in rule edge then destination-nat pool mail
",
    );
    assert_eq!(rules.len(), 1);
    assert_eq!(
        rules[0].mapped_destination,
        AddressMatch::One(v4("192.0.2.25"))
    );
    assert_eq!(
        rules[0].real_destination,
        AddressMatch::One(v4("10.1.0.25"))
    );
    let service = rules[0].destination_service.as_ref().expect("ports");
    assert_eq!(
        (service.mapped.low, service.real.low, service.protocol),
        (25, 2525, Protocol::TCP)
    );
}

#[test]
fn the_most_specific_context_comes_first() {
    let rules = rules(
        "\
set security nat source rule-set zones from zone trust
set security nat source rule-set zones to zone untrust
set security nat source rule-set zones rule a match source-address 10.1.0.0/16
set security nat source rule-set zones rule a then source-nat interface
set security nat source rule-set ports from interface ge-0/0/0.0
set security nat source rule-set ports to interface ge-0/0/1.0
set security nat source rule-set ports rule b match source-address 10.1.0.5/32
set security nat source rule-set ports rule b then source-nat off
",
    );
    assert_eq!(
        rules.iter().map(|rule| rule.kind).collect::<Vec<_>>(),
        [NatKind::Exempt, NatKind::Dynamic]
    );
}

#[test]
fn an_undefined_pool_is_unknown() {
    let rules = rules(
        "\
set security nat source rule-set zones from zone trust
set security nat source rule-set zones to zone untrust
set security nat source rule-set zones rule a match source-address 10.1.0.0/16
set security nat source rule-set zones rule a then source-nat pool gone
",
    );
    assert!(matches!(
        rules[0].mapped_source,
        AddressMatch::One(AddressTerm::Unknown(_))
    ));
}

/// Source: Juniper, "Protocol-Independent Routing Properties User Guide", "static":
/// `discard` and `reject` routes drop packets.
#[test]
fn a_discard_route_drops_what_it_matches_and_nothing_else() {
    use crate::flow::tests::build::{self, net, to_port};
    use crate::flow::{Endpoint, IpSet, Network, Query, Verdict};
    for word in ["discard", "reject"] {
        let routes = format!(
            "set routing-options static route 0.0.0.0/0 next-hop 192.0.2.254\nset routing-options static route 10.0.0.0/8 {word}\n"
        );
        let policy = "set security policies global policy p match source-address any\nset security policies global policy p match destination-address any\nset security policies global policy p match application any\nset security policies global policy p then permit\n";
        for (rest, router) in [(policy, false), ("", true)] {
            let zones = if router {
                "set system host-name mx1\nset interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/16\nset interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24\n"
            } else {
                ZONES
            };
            let text = format!("{zones}{routes}{rest}");
            let ask = |from: &str, to: &str| {
                let estate = build::estate(vec![firewall(&text)], Vec::new(), Vec::new());
                let [from, to] = [from, to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
                Network::new(&estate)
                    .reach(&Query::new(from, to, to_port(25)))
                    .verdict
            };
            assert_eq!(
                ask("10.1.0.5", "198.51.100.9"),
                Verdict::Permit,
                "{word} {router}"
            );
            assert_eq!(
                ask("10.1.0.5", "10.66.0.1"),
                Verdict::Deny,
                "{word} {router}"
            );
            assert_ne!(
                ask("10.66.0.1", "198.51.100.9"),
                Verdict::Permit,
                "{word} {router}"
            );
        }
    }
}
