//! `host-inbound-traffic`: what a device accepts for itself.

use super::policies::{query_itself, to_itself};
use super::*;

/// Zones `trust` and `untrust`, and what `untrust` lets in.
fn device(lets_in: &[&str]) -> String {
    let untrust = "set security zones security-zone untrust host-inbound-traffic";
    let lines = lets_in.iter().map(|words| format!("{untrust} {words}\n"));
    format!("{ZONES}{}", lines.collect::<String>())
}

/// What the device says to connections to TCP ports of the address of `untrust`.
fn ports<const N: usize>(text: &str, ports: [u16; N]) -> String {
    let verdicts = ports.map(|port| to_itself(text, "ge-0/0/1.0", "192.0.2.1", port));
    verdicts.iter().collect()
}

fn packet(text: &str, protocol: u8, port: u16) -> char {
    let question = ("192.0.2.9", "192.0.2.1", Protocol(protocol), port);
    query_itself(text, "ge-0/0/1.0", question)
}

#[test]
fn a_protocol_is_let_in_by_what_carries_it() {
    let text = device(&["protocols bgp", "protocols ospf", "protocols rip"]);
    assert_eq!(ports(&text, [179, 639, 646, 25]), "PDDD");
    assert_eq!(packet(&text, 89, 0), 'P');
    assert_eq!(packet(&text, 103, 0), 'D');
    assert_eq!(packet(&text, 17, 520), 'P');
    assert_eq!(packet(&text, 17, 3784), 'D');
    let text = device(&["protocols all", "protocols ldp except"]);
    assert_eq!(ports(&text, [179, 639, 646, 25, 22]), "PPDDD");
    assert_eq!(packet(&text, 17, 3784), 'P');
    for protocol in [2, 54, 89, 103, 112, 113] {
        assert_eq!(packet(&text, protocol, 0), 'P', "protocol {protocol}");
    }
    assert_eq!(packet(&text, 47, 0), 'D');
}

#[test]
fn a_protocol_that_is_not_known_leaves_packets_undecided() {
    let text = device(&["protocols nonesuch", "system-services ssh"]);
    assert_eq!(ports(&text, [22, 25]), "PI");
    assert!(states(&text).contains(&LineState::NotModelled));
}

#[test]
fn all_services_are_those_that_junos_names() {
    let text = device(&["system-services all", "system-services telnet except"]);
    assert_eq!(ports(&text, [22, 443, 23]), "PPD");
    // A release may define more; the whole range is `any-service`.
    assert_eq!(ports(&text, [25]), "I");
    let text = device(&["system-services any-service"]);
    assert_eq!(ports(&text, [22, 25, 60000]), "PPP");
}

#[test]
fn a_service_is_let_in_at_its_own_port() {
    let moved = "set system services web-management https port 8443\n\
                 set system services ssh port 2222\n";
    let services = ["system-services https", "system-services ssh"];
    assert_eq!(ports(&device(&services), [443, 8443, 22, 2222]), "PDPD");
    let text = format!("{}{moved}", device(&services));
    assert_eq!(ports(&text, [443, 8443, 22, 2222]), "DPDP");
    let text = format!("{}{moved}", device(&["system-services all"]));
    assert_eq!(ports(&text, [8443, 2222]), "PP");
}

#[test]
fn the_management_zone_says_what_it_lets_in() {
    let zone = "set security zones functional-zone management";
    let text = format!(
        "{}set interfaces ge-0/0/2 unit 0 family inet address 198.51.100.1/24\n\
         set interfaces ge-0/0/3 unit 0 family inet address 203.0.113.1/24\n\
         {zone} host-inbound-traffic system-services ssh\n\
         {zone} interfaces ge-0/0/2.0\n\
         {zone} interfaces ge-0/0/3.0 host-inbound-traffic protocols bgp\n",
        device(&["system-services ssh"])
    );
    assert!(!states(&text).contains(&LineState::Unrecognised));
    let own = |port| to_itself(&text, "ge-0/0/2.0", "198.51.100.1", port);
    assert_eq!([own(22), own(25)], ['P', 'D']);
    let own = |port| to_itself(&text, "ge-0/0/3.0", "203.0.113.1", port);
    assert_eq!([own(179), own(22)], ['P', 'D']);
    // What becomes of packets for the address of another zone, no manual says.
    assert_eq!(to_itself(&text, "ge-0/0/2.0", "192.0.2.1", 22), 'I');
    assert_eq!(to_itself(&text, "ge-0/0/1.0", "198.51.100.1", 22), 'I');
    let only = "set interfaces ge-0/0/2 unit 0 family inet address 198.51.100.1/24\n\
                set security policies default-policy permit-all\n\
                set security zones functional-zone management interfaces all\n";
    assert_eq!(to_itself(only, "ge-0/0/2.0", "198.51.100.1", 22), 'D');
}

#[test]
fn an_interface_in_no_zone_accepts_nothing() {
    let text = format!(
        "{}set interfaces ge-0/0/2 unit 0 family inet address 198.51.100.1/24\n\
         set interfaces fxp0 unit 0 family inet address 203.0.113.1/24\n",
        device(&["system-services ssh"])
    );
    assert_eq!(to_itself(&text, "ge-0/0/2.0", "198.51.100.1", 22), 'D');
    // The port of the routing engine is in no zone and needs none.
    assert_eq!(to_itself(&text, "fxp0.0", "203.0.113.1", 22), 'P');
}

/// Juniper CLI Reference, "protocols (Security Zones Host Inbound Traffic)": `ndp`.
#[test]
fn neighbour_discovery_is_open_where_nothing_names_it() {
    let address = "set interfaces ge-0/0/1 unit 0 family inet6 address 2001:db8::1/64\n";
    let ask = |lets_in: &[&str], kind: u16| {
        let text = format!("{}{address}", device(lets_in));
        let question = ("2001:db8::9", "2001:db8::1", Protocol::ICMP6, kind << 8);
        query_itself(&text, "ge-0/0/1.0", question)
    };
    assert_eq!(ask(&["protocols ndp"], 135), 'P');
    assert_eq!(ask(&["protocols bgp"], 135), 'I');
    assert_eq!(ask(&["protocols bgp"], 128), 'D');
    assert_eq!(ask(&["system-services ping"], 128), 'P');
}
