//! Routing tables of VRFs and routing instances: a packet is led by the table
//! of the interface that it came in by.

use super::build;
use crate::flow::*;

use Verdict::{Deny, Inconclusive, Permit};

fn verdict(id: &str, text: &str, from: &str, to: &str, port: u16) -> Verdict {
    build::tcp_verdict(build::read(id, text), from, to, port)
}

/// Two tenants with equal inner networks, each with its provider.
const TENANTS: &str = "\
version 15.7
hostname edge
vrf definition RED
vrf definition BLUE
interface GigabitEthernet0/0
 vrf forwarding RED
 ip address 10.1.0.1 255.255.0.0
interface GigabitEthernet0/1
 vrf forwarding RED
 ip address 192.0.2.1 255.255.255.0
 ip access-group red out
interface GigabitEthernet0/2
 vrf forwarding BLUE
 ip address 10.1.0.1 255.255.0.0
interface GigabitEthernet0/3
 vrf forwarding BLUE
 ip address 203.0.113.1 255.255.255.0
 ip access-group blue out
interface GigabitEthernet0/4
 vrf forwarding BLUE
 ip address 172.16.0.1 255.255.255.0
ip route vrf RED 0.0.0.0 0.0.0.0 192.0.2.254
ip route vrf BLUE 0.0.0.0 0.0.0.0 203.0.113.254
ip access-list extended red
 permit tcp any any eq smtp
ip access-list extended blue
 permit tcp any any eq 443
 permit tcp any any established
";

/// IOS IP Routing: Protocol-Independent Command Reference, "ip route vrf".
#[test]
fn a_vrf_of_ios_has_its_own_routes() {
    let ask = |from, to, port| verdict("cisco-ios", TENANTS, from, to, port);
    // 172.16.0.0/24 is of BLUE alone, and so is what leads on from there.
    assert_eq!(ask("172.16.0.9", "198.51.100.7", 443), Permit);
    assert_eq!(ask("172.16.0.9", "198.51.100.7", 25), Deny);
    assert_eq!(ask("172.16.0.9", "10.1.0.25", 25), Permit);
    // Only RED knows 192.0.2.0/24, only BLUE 203.0.113.0/24.
    assert_eq!(ask("10.1.0.25", "192.0.2.9", 25), Permit);
    assert_eq!(ask("10.1.0.25", "192.0.2.9", 443), Deny);
    assert_eq!(ask("10.1.0.25", "203.0.113.9", 443), Permit);
    // Which of the two networks is meant, the question does not tell.
    assert_eq!(ask("10.1.0.25", "198.51.100.7", 25), Inconclusive);
    assert_eq!(ask("10.1.0.25", "198.51.100.7", 80), Deny);
    // RED has only its default route to a network of BLUE; routes may be leaked.
    assert_eq!(ask("192.0.2.9", "172.16.0.9", 25), Inconclusive);
}

/// The replies to packets that a doubtful route may have sent elsewhere.
#[test]
fn replies_to_packets_that_may_leave_elsewhere_are_open() {
    let text = "\
version 15.7
hostname edge
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.0.0
interface GigabitEthernet0/1
 ip address 192.0.2.1 255.255.255.0
 ip access-group in in
interface GigabitEthernet0/2
 ip address 203.0.113.1 255.255.255.0
ip route 0.0.0.0 0.0.0.0 192.0.2.254
ip route 0.0.0.0 0.0.0.0 203.0.113.254
ip access-list extended in
 permit tcp any any eq smtp
";
    let ask = |text: &str| verdict("cisco-ios", text, "10.1.0.25", "198.51.100.7", 443);
    assert_eq!(ask(text), Inconclusive);
    let one = text.replace("ip route 0.0.0.0 0.0.0.0 203.0.113.254\n", "");
    assert_eq!(ask(&one), Deny);
}

/// Two virtual routers on an SRX, and a third for filters that has no interface.
const INSTANCES: &str = "\
set version 21.4R3
set system host-name srx
set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/16
set interfaces ge-0/0/2 unit 0 family inet address 203.0.113.1/24
set interfaces ge-0/0/3 unit 0 family inet address 172.16.0.1/24
set routing-options static route 0.0.0.0/0 next-hop 192.0.2.254
set routing-instances guest instance-type virtual-router
set routing-instances guest interface ge-0/0/2.0
set routing-instances guest interface ge-0/0/3.0
set routing-instances guest routing-options static route 0.0.0.0/0 next-hop 203.0.113.254
set routing-instances other instance-type forwarding
set routing-instances other routing-options static route 0.0.0.0/0 next-hop 192.0.2.77
set security zones security-zone untrust interfaces ge-0/0/0.0
set security zones security-zone trust interfaces ge-0/0/1.0
set security zones security-zone provider interfaces ge-0/0/2.0
set security zones security-zone guest interfaces ge-0/0/3.0
set security policies from-zone trust to-zone untrust policy mail match source-address any destination-address any application junos-smtp
set security policies from-zone trust to-zone untrust policy mail then permit
set security policies from-zone guest to-zone provider policy web match source-address any destination-address any application junos-https
set security policies from-zone guest to-zone provider policy web then permit
";

/// Junos Routing Protocols Library, "Virtual-Router Routing Instances".
#[test]
fn a_routing_instance_of_junos_has_its_own_routes() {
    let ask = |from, to, port| verdict("junos", INSTANCES, from, to, port);
    assert_eq!(ask("10.1.0.25", "198.51.100.7", 25), Permit);
    assert_eq!(ask("10.1.0.25", "198.51.100.7", 443), Deny);
    assert_eq!(ask("172.16.0.9", "198.51.100.7", 443), Permit);
    assert_eq!(ask("172.16.0.9", "198.51.100.7", 25), Deny);
    // Between instances routes may be leaked.
    assert_eq!(ask("172.16.0.9", "10.1.0.25", 443), Inconclusive);
}

#[test]
fn a_default_route_back_to_where_packets_come_in_is_told_as_that() {
    let text = "\
version 15.7
hostname edge
interface GigabitEthernet0/0
 ip address 10.1.0.1 255.255.0.0
interface GigabitEthernet0/1
 ip address 10.2.0.1 255.255.0.0
ip route 0.0.0.0 0.0.0.0 10.1.0.254
";
    let estate = build::estate(build::read("cisco-ios", text), Vec::new(), Vec::new());
    let [from, to] =
        ["10.1.0.5", "198.51.100.7"].map(|end| Endpoint::Addresses(IpSet::from(build::net(end))));
    let answer = Network::new(&estate).reach(&Query::new(from, to, build::to_port(25)));
    assert_eq!(answer.verdict, Inconclusive);
    let why: Vec<&str> = answer.why.iter().map(|reason| &*reason.text).collect();
    assert_eq!(
        why,
        ["only the default route of edge leads to 198.51.100.7, back to where the packets come in"]
    );
}
