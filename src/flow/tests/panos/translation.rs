//! Address translation, asked of the network.
//!
//! Networking Administrator's Guide, "NAT Policy Overview": security rules see
//! the addresses before and the destination zone after translation; a NAT rule
//! sees the zone of the address before.

use super::*;
use crate::flow::tests::build::{self, net, to_port};
use crate::flow::{Endpoint, IpSet, Network, Query, Verdict};

/// Outside, inside and a perimeter, and routes.
const NETWORK: &str = "\
set deviceconfig system hostname pa1
set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16
set network interface ethernet ethernet1/2 layer3 ip 192.0.2.1/24
set network interface ethernet ethernet1/3 layer3 ip 10.20.0.1/24
set network virtual-router default interface [ ethernet1/1 ethernet1/2 ethernet1/3 ]
set network virtual-router default routing-table ip static-route default destination 0.0.0.0/0
set network virtual-router default routing-table ip static-route default nexthop ip-address 192.0.2.254
set zone inside network layer3 ethernet1/1
set zone outside network layer3 ethernet1/2
set zone dmz network layer3 ethernet1/3
set service smtp protocol tcp port 25
set service submission protocol tcp port 587
";

const PEER: &str = "198.51.100.7";

fn verdict(text: &str, from: &str, to: &str, port: u16) -> Verdict {
    let firewall = firewall(&format!("{NETWORK}{text}"));
    let estate = build::estate(vec![firewall], Vec::new(), Vec::new());
    let [from, to] = [from, to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
    let answer = Network::new(&estate).reach(&Query::new(from, to, to_port(port)));
    println!(
        "{:?} {:?} {:?}",
        answer.verdict,
        answer.why,
        answer.decided_by()
    );
    answer.verdict
}

fn nat(name: &str, words: &str) -> String {
    words
        .lines()
        .map(|line| format!("set rulebase nat rules {name} {line}\n"))
        .collect()
}

/// A published server: from outside, to the zone of the public address.
fn published(to: &str) -> String {
    nat(
        "in",
        &format!(
            "from outside\nto {to}\nsource any\ndestination 192.0.2.25\nservice any\ndestination-translation translated-address 10.20.0.25"
        ),
    )
}

fn allow(words: &str) -> String {
    rule("mail", "allow", words)
}

#[test]
fn a_security_rule_sees_the_address_before_and_the_zone_after_translation() {
    let right = allow("from outside\nto dmz\ndestination 192.0.2.25\nservice smtp");
    let text = format!("{}{right}", published("outside"));
    assert_eq!(verdict(&text, PEER, "192.0.2.25", 25), Verdict::Permit);
    assert_eq!(verdict(&text, PEER, "192.0.2.25", 26), Verdict::Deny);
    let inner_address = allow("from outside\nto dmz\ndestination 10.20.0.25\nservice smtp");
    let text = format!("{}{inner_address}", published("outside"));
    assert_eq!(verdict(&text, PEER, "192.0.2.25", 25), Verdict::Deny);
    let outer_zone = allow("from outside\nto outside\ndestination 192.0.2.25\nservice smtp");
    let text = format!(
        "{}{outer_zone}set rulebase default-security-rules rules intrazone-default action deny\n",
        published("outside")
    );
    assert_eq!(verdict(&text, PEER, "192.0.2.25", 25), Verdict::Deny);
}

#[test]
fn a_nat_rule_for_the_zone_after_translation_matches_nothing() {
    let right = allow("from outside\nto dmz\ndestination 192.0.2.25\nservice smtp");
    let text = format!("{}{right}", published("dmz"));
    assert_ne!(verdict(&text, PEER, "192.0.2.25", 25), Verdict::Permit);
}

#[test]
fn a_port_is_translated_too() {
    let text = format!(
        "{}{}",
        nat(
            "in",
            "from outside\nto outside\nsource any\ndestination 192.0.2.25\nservice smtp\ndestination-translation translated-address 10.20.0.25\ndestination-translation translated-port 2525"
        ),
        allow("from outside\nto dmz\ndestination 192.0.2.25\nservice smtp")
    );
    assert_eq!(verdict(&text, PEER, "192.0.2.25", 25), Verdict::Permit);
    assert_ne!(verdict(&text, PEER, "192.0.2.25", 26), Verdict::Permit);
}

#[test]
fn a_rule_without_translation_keeps_packets_from_those_behind_it() {
    let none = nat(
        "none",
        "from outside\nto outside\nsource 198.51.100.0/24\ndestination any\nservice any",
    );
    let right = allow("from outside\nto dmz\ndestination 192.0.2.25\nservice smtp");
    let text = format!("{none}{}{right}", published("outside"));
    assert_ne!(verdict(&text, PEER, "192.0.2.25", 25), Verdict::Permit);
    assert_eq!(
        verdict(&text, "203.0.113.7", "192.0.2.25", 25),
        Verdict::Permit
    );
}

#[test]
fn a_disabled_translation_does_nothing() {
    let right = allow("from outside\nto dmz\ndestination 192.0.2.25\nservice smtp");
    let text = format!(
        "{}set rulebase nat rules in disabled yes\n{right}",
        published("outside")
    );
    assert_ne!(verdict(&text, PEER, "192.0.2.25", 25), Verdict::Permit);
}

#[test]
fn a_static_translation_in_both_directions_publishes_its_source() {
    let both = nat(
        "both",
        "from dmz\nto outside\nsource 10.20.0.25\ndestination any\nservice any\nsource-translation static-ip translated-address 192.0.2.25\nsource-translation static-ip bi-directional yes",
    );
    let right = allow("from outside\nto dmz\ndestination 192.0.2.25\nservice smtp");
    assert_eq!(
        verdict(&format!("{both}{right}"), PEER, "192.0.2.25", 25),
        Verdict::Permit
    );
    let one_way = both.replace("bi-directional yes", "bi-directional no");
    assert_ne!(
        verdict(&format!("{one_way}{right}"), PEER, "192.0.2.25", 25),
        Verdict::Permit
    );
}

#[test]
fn source_translation_does_not_change_what_a_rule_sees() {
    let hide = nat(
        "hide",
        "from inside\nto outside\nsource any\ndestination any\nservice any\nsource-translation dynamic-ip-and-port interface-address interface ethernet1/2",
    );
    let right = allow("from inside\nto outside\nsource 10.1.0.11\nservice smtp");
    let text = format!("{hide}{right}");
    assert_eq!(verdict(&text, "10.1.0.11", PEER, 25), Verdict::Permit);
    assert_eq!(verdict(&text, "10.1.0.12", PEER, 25), Verdict::Deny);
}

#[test]
fn a_server_is_reached_by_its_own_address_too() {
    let right = allow("from inside\nto dmz\ndestination 10.20.0.25\nservice smtp");
    let text = format!("{}{right}", published("outside"));
    assert_eq!(
        verdict(&text, "10.1.0.11", "10.20.0.25", 25),
        Verdict::Permit
    );
}

#[test]
fn a_published_server_is_reached_from_inside_by_its_own_address() {
    let both = nat(
        "both",
        "from dmz\nto outside\nsource 10.20.0.25\ndestination any\nservice any\nsource-translation static-ip translated-address 192.0.2.25\nsource-translation static-ip bi-directional yes",
    );
    let right = allow("from inside\nto dmz\ndestination 10.20.0.25\nservice smtp");
    assert_eq!(
        verdict(&format!("{both}{right}"), "10.1.0.11", "10.20.0.25", 25),
        Verdict::Permit
    );
}

/// A protocol may bring in any route, and none away from the network of an
/// interface.
#[test]
fn a_routing_protocol_leaves_the_zones_of_own_networks_certain() {
    let bgp = "set network virtual-router default protocol bgp enable yes\n";
    let neighbour = "192.0.2.77";
    let own = format!(
        "{bgp}{}{}",
        published("outside"),
        allow("from outside\nto dmz")
    );
    assert_eq!(verdict(&own, neighbour, "192.0.2.25", 25), Verdict::Permit);
    let other = own.replace("destination 192.0.2.25", "destination 203.0.113.25");
    assert_eq!(
        verdict(&other, neighbour, "203.0.113.25", 25),
        Verdict::Inconclusive
    );
}

/// Source: Palo Alto Networks, "PAN-OS Networking Administrator's Guide",
/// "Configure a Static Route": next hop *Discard* drops packets for the
/// destination.
#[test]
fn a_discard_route_drops_what_it_matches_and_nothing_else() {
    let hole = "set network virtual-router default routing-table ip static-route hole destination 10.0.0.0/8\nset network virtual-router default routing-table ip static-route hole nexthop discard\n";
    let text = format!("{hole}{}", allow("from any\nto any"));
    assert_eq!(verdict(&text, "10.1.0.5", PEER, 25), Verdict::Permit);
    assert_eq!(verdict(&text, "10.1.0.5", "10.66.0.1", 25), Verdict::Deny);
    assert_eq!(verdict(&text, "10.1.0.5", "10.20.0.9", 25), Verdict::Permit);
    assert_eq!(verdict(&text, "10.66.0.1", PEER, 25), Verdict::Inconclusive);
}
