//! IOS and NX-OS configurations with what the device does: what is easy to
//! get wrong, and what other tools were seen to get wrong. The configurations
//! are ours.

mod scripts;
mod sign_ins;
mod ways;

use super::build::{self, net, to_port};
use crate::flow::*;
use crate::model::firewall::{FilterId, Firewall, StateMatch};
use crate::model::net::Protocol;

fn read_as(id: &str, text: &str) -> Firewall {
    build::read(id, text).remove(0)
}

fn ios(text: &str) -> Firewall {
    read_as("cisco-ios", text)
}

fn nexus(text: &str) -> Firewall {
    read_as("cisco-nxos", text)
}

/// What a list says about a TCP packet.
fn listed(
    firewall: &Firewall,
    name: &str,
    (source, source_port): (&str, u16),
    (destination, port): (&str, u16),
    state: ConnectionState,
) -> PartVerdict {
    let list = firewall.filters.iter().position(|f| f.name == name);
    let packet = Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol: Protocol::TCP,
        source_port,
        destination_port: port,
    };
    let context = Context {
        state,
        ..Context::default()
    };
    let parts = Engine::new(firewall, "2009-11-02", &[]).evaluate_filter(
        FilterId(list.unwrap() as u32),
        &PacketSet::from(Cube::of(&packet)),
        &context,
    );
    assert_eq!(parts.len(), 1);
    parts[0].outcome.verdict
}

/// What list `a` says about the first packet of a connection.
fn tcp(firewall: &Firewall, source: &str, destination: &str, port: u16) -> PartVerdict {
    let (from, to) = ((source, 40_000), (destination, port));
    listed(firewall, "a", from, to, ConnectionState::New)
}

/// Whether a connection goes through the router, and what decides.
fn reach(firewall: &Firewall, from: &str, to: &str, port: u16) -> (Verdict, Vec<String>) {
    let estate = build::estate(vec![firewall.clone()], Vec::new(), Vec::new());
    let ends = [from, to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
    let [from, to] = ends;
    let answer = Network::new(&estate).reach(&Query::new(from, to, to_port(port)));
    println!(
        "{:?} {:?} {:?}",
        answer.verdict, answer.relation, answer.why
    );
    let labels = answer
        .decided_by()
        .iter()
        .filter_map(|by| by.label.as_deref().map(str::to_owned))
        .collect();
    (answer.verdict, labels)
}

fn verdict(firewall: &Firewall, from: &str, to: &str, port: u16) -> Verdict {
    reach(firewall, from, to, port).0
}

const PEER: &str = "198.51.100.7";
const MAIL: &str = "10.1.0.25";

/// Outside, inside and a perimeter.
const ROUTER: &str = "\
hostname edge
interface GigabitEthernet0/0
 description to the provider
 ip address 192.0.2.1 255.255.255.0
 OUTSIDE
interface GigabitEthernet0/1
 ip address 10.1.0.1 255.255.0.0
 INSIDE
interface GigabitEthernet0/2
 ip address 10.2.0.1 255.255.255.0
 DMZ
ip route 0.0.0.0 0.0.0.0 192.0.2.254
";

fn router(outside: &str, inside: &str, dmz: &str, rest: &str) -> Firewall {
    let text = ROUTER
        .replace("OUTSIDE", outside)
        .replace("INSIDE", inside)
        .replace("DMZ", dmz);
    ios(&format!("{text}{rest}"))
}

#[test]
fn the_set_bits_of_a_wildcard_do_not_matter() {
    let a = ios("ip access-list extended a\n permit tcp any 10.0.25.0 0.255.0.255 eq smtp\n");
    assert_eq!(tcp(&a, PEER, "10.9.25.7", 25), PartVerdict::Permit);
    assert_eq!(tcp(&a, PEER, "10.9.26.7", 25), PartVerdict::Deny);
}

#[test]
fn a_wildcard_with_too_many_holes_leaves_open_only_what_lies_between_its_ends() {
    let a = ios("ip access-list extended a\n permit tcp any 10.0.0.25 0.255.255.0\n");
    assert_eq!(tcp(&a, PEER, "10.9.8.25", 25), PartVerdict::Inconclusive);
    assert_eq!(tcp(&a, PEER, "9.255.255.25", 25), PartVerdict::Deny);
    assert_eq!(tcp(&a, PEER, "10.255.255.26", 25), PartVerdict::Deny);
}

#[test]
fn entries_stand_in_the_order_of_their_numbers() {
    let a = ios(
        "ip access-list extended a\n 20 permit ip any any\n 10 deny tcp any host 10.1.0.25 eq smtp\n",
    );
    assert_eq!(tcp(&a, PEER, MAIL, 25), PartVerdict::Deny);
    assert_eq!(tcp(&a, PEER, MAIL, 443), PartVerdict::Permit);
    // An entry without a number follows the last one.
    let a = ios(
        "ip access-list extended a\n 10 deny tcp any any eq smtp\n permit ip any any\n 5 permit tcp any host 10.1.0.25 eq smtp\n",
    );
    assert_eq!(tcp(&a, PEER, MAIL, 25), PartVerdict::Permit);
    assert_eq!(tcp(&a, PEER, "10.1.0.26", 25), PartVerdict::Deny);
}

#[test]
fn several_ports_after_one_operator_are_all_meant() {
    let a = ios("access-list 101 permit tcp any any eq smtp www 443 log\n\
        ip access-list extended a\n permit tcp any any neq 22 telnet\n");
    let ask = |name, port| listed(&a, name, (PEER, 40_000), (MAIL, port), ConnectionState::New);
    for (port, expected) in [
        (25, PartVerdict::Permit),
        (443, PartVerdict::Permit),
        (110, PartVerdict::Deny),
    ] {
        assert_eq!(ask("101", port), expected, "{port}");
    }
    for (port, expected) in [
        (22, PartVerdict::Deny),
        (23, PartVerdict::Deny),
        (24, PartVerdict::Permit),
        (0, PartVerdict::Permit),
    ] {
        assert_eq!(ask("a", port), expected, "{port}");
    }
}

#[test]
fn established_is_no_first_packet() {
    let a = ios(
        "ip access-list extended a\n permit tcp any any established\n permit tcp any any match-any +ack +rst\n permit tcp any any eq 80 match-all +syn -ack\n",
    );
    let ask = |port, state| listed(&a, "a", (PEER, 40_000), (MAIL, port), state);
    assert_eq!(ask(25, ConnectionState::New), PartVerdict::Deny);
    assert_eq!(ask(25, ConnectionState::Established), PartVerdict::Permit);
    assert_eq!(ask(80, ConnectionState::New), PartVerdict::Permit);
}

#[test]
fn an_unknown_option_makes_an_entry_uncertain_and_never_removes_it() {
    for option in ["dscp af11", "ttl lt 5", "frobnicate", "time-range nowhere"] {
        let a = ios(&format!(
            "ip access-list extended a\n deny tcp any any eq smtp {option}\n permit ip any any\n"
        ));
        assert_eq!(
            tcp(&a, PEER, MAIL, 25),
            PartVerdict::Inconclusive,
            "{option}"
        );
        assert_eq!(tcp(&a, PEER, MAIL, 443), PartVerdict::Permit, "{option}");
    }
    // A fragment or a packet with options is no ordinary packet.
    let a = ios(
        "ip access-list extended a\n deny ip any any fragments\n deny ip any any option any-options\n permit ip any any\n",
    );
    assert_eq!(tcp(&a, PEER, MAIL, 25), PartVerdict::Permit);
}

#[test]
fn a_missing_group_or_port_name_is_unknown_and_not_empty() {
    for entry in [
        "deny tcp any object-group gone eq smtp",
        "deny object-group gone any any",
        "deny tcp any any eq ldaps",
        "deny tcp any any portgroup gone",
        "deny tcp any 10.1.0.25",
    ] {
        let a = ios(&format!(
            "ip access-list extended a\n {entry}\n permit ip any any\n"
        ));
        assert_eq!(
            tcp(&a, PEER, MAIL, 25),
            PartVerdict::Inconclusive,
            "{entry}"
        );
    }
}

#[test]
fn a_reflexive_list_lets_replies_in_and_nothing_else() {
    let firewall = router(
        "ip access-group in in\n ip access-group out out",
        "no shutdown",
        "no shutdown",
        "ip access-list extended out\n permit tcp 10.1.0.0 0.0.255.255 any eq 443 reflect web timeout 300\n\
         ip access-list extended in\n evaluate web\n deny ip any any\n",
    );
    assert_eq!(verdict(&firewall, MAIL, PEER, 443), Verdict::Permit);
    assert_eq!(verdict(&firewall, MAIL, PEER, 25), Verdict::Deny);
    assert_eq!(verdict(&firewall, PEER, MAIL, 443), Verdict::Deny);
}

#[test]
fn a_router_without_inspection_needs_a_rule_for_the_replies() {
    let blocked = router(
        "ip access-group 101 in",
        "no shutdown",
        "no shutdown",
        "access-list 101 permit tcp any host 10.1.0.25 eq smtp\n",
    );
    assert_eq!(verdict(&blocked, PEER, MAIL, 25), Verdict::Permit);
    assert_eq!(verdict(&blocked, MAIL, PEER, 443), Verdict::Deny);
    let open = router(
        "ip access-group 101 in",
        "no shutdown",
        "no shutdown",
        "access-list 101 permit tcp any any established\n",
    );
    assert_eq!(verdict(&open, MAIL, PEER, 443), Verdict::Permit);
    assert_eq!(verdict(&open, PEER, MAIL, 443), Verdict::Deny);
}

#[test]
fn replies_to_some_client_ports_let_connections_from_these_alone() {
    let router = router(
        "",
        "ip access-group 102 in",
        "no shutdown",
        "access-list 102 permit tcp any any eq 50636\naccess-list 102 deny tcp any any\n",
    );
    let estate = build::estate(vec![router], Vec::new(), Vec::new());
    let network = Network::new(&estate);
    let addresses = |text| Endpoint::Addresses(IpSet::from(net(text)));
    let query = Query::new(addresses(PEER), addresses(MAIL), to_port(25));
    let answer = network.reach(&query);
    assert_eq!(answer.verdict, Verdict::Partial);
    let ports_of = |verdict| {
        let parts = answer.parts.iter().filter(|part| part.verdict == verdict);
        let cubes = parts.flat_map(|part| part.packets.cubes());
        cubes.fold(PortSet::EMPTY, |all, cube| all.union(&cube.source_ports))
    };
    let open = PortSet::range(50_636, 50_636);
    assert_eq!(ports_of(PartVerdict::Permit), open);
    let clients = PortSet::range(1024, u16::MAX);
    assert_eq!(ports_of(PartVerdict::Deny), clients.subtract(&open));
    let denied = answer
        .parts
        .iter()
        .find(|part| part.replies_denied)
        .expect("denied replies");
    assert_eq!(
        denied.witness.map(|packet| packet.destination_port),
        Some(25)
    );
    // The device alone says the same.
    let set = |text| IpSet::from(net(text));
    let at = Crossing {
        firewall: crate::estate::FirewallId(0),
        ingress: None,
        egress: None,
    };
    let alone = network.connect(&at, &cubes(&set(PEER), &set(MAIL), &to_port(25)));
    assert_eq!(alone.verdict, Verdict::Partial);
}

#[test]
fn a_question_about_the_router_alone_asks_for_replies_too() {
    let one_way = router(
        "",
        "ip access-group 102 in",
        "",
        "access-list 102 deny ip any any\n",
    );
    let estate = build::estate(vec![one_way], Vec::new(), Vec::new());
    let network = Network::new(&estate);
    let firewall = crate::estate::FirewallId(0);
    let set = |text| IpSet::from(net(text));
    let packets = cubes(&set(PEER), &set(MAIL), &to_port(25));
    for named in [false, true] {
        let interface = |name: &str| {
            let interfaces = &estate.firewalls[0].firewall.interfaces;
            let found = interfaces.iter().position(|i| i.name.value.contains(name));
            Some(crate::model::firewall::InterfaceId(found.unwrap() as u32))
        };
        let at = Crossing {
            firewall,
            ingress: interface("0/0").filter(|_| named),
            egress: interface("0/1").filter(|_| named),
        };
        let packet = network.cross(&at, &packets, ConnectionState::New);
        assert_eq!(packet.verdict, Verdict::Permit, "named: {named}");
        let connection = network.connect(&at, &packets);
        assert_eq!(connection.verdict, Verdict::Deny, "named: {named}");
        assert!(connection.parts[0].replies_denied);
    }
}

#[test]
fn inspection_opens_the_way_back_for_what_it_inspects() {
    for (outside, inside) in [
        ("ip access-group 101 in\n ip inspect web out", "no shutdown"),
        ("ip access-group 101 in", "ip inspect web in"),
    ] {
        let firewall = router(
            outside,
            inside,
            "no shutdown",
            "ip inspect name web https\naccess-list 101 deny ip any any\n",
        );
        assert_eq!(
            verdict(&firewall, MAIL, PEER, 443),
            Verdict::Permit,
            "{outside}"
        );
        assert_eq!(
            verdict(&firewall, MAIL, PEER, 25),
            Verdict::Deny,
            "{outside}"
        );
        assert_eq!(
            verdict(&firewall, PEER, MAIL, 443),
            Verdict::Deny,
            "{outside}"
        );
    }
}

#[test]
fn a_list_that_does_not_exist_or_has_remarks_only_permits_everything() {
    for rest in [
        "",
        "ip access-list extended gone\n remark to be written\n",
        "ip access-list extended gone\n",
    ] {
        let firewall = router(
            "ip access-group gone in",
            "no shutdown",
            "no shutdown",
            rest,
        );
        let (verdict, labels) = reach(&firewall, PEER, MAIL, 445);
        assert_eq!(verdict, Verdict::Permit, "{rest}");
        assert!(
            labels
                .iter()
                .any(|label| label.contains("permits everything")),
            "{labels:?}"
        );
    }
}

#[test]
fn an_interface_without_a_list_lets_everything_in() {
    let (verdict, labels) = reach(
        &router("no shutdown", "no shutdown", "no shutdown", ""),
        PEER,
        MAIL,
        445,
    );
    assert_eq!(verdict, Verdict::Permit);
    assert!(
        labels.iter().any(|label| label.contains("no access list")),
        "{labels:?}"
    );
}

const ZONES: &str = "\
class-map type inspect match-any MAIL
 match protocol smtp
class-map type inspect match-all TO-MAIL
 match access-group name MAILHOST
 match class-map MAIL
class-map type inspect match-any ALL
 match protocol tcp
 match protocol udp
ip access-list extended MAILHOST
 permit ip any host 10.2.0.25
policy-map type inspect IN
 class type inspect TO-MAIL
  inspect
 class class-default
  drop log
policy-map type inspect OUT
 class type inspect ALL
  ACTION
 class class-default
  drop
zone security INSIDE
zone security OUTSIDE
zone security DMZ
zone-pair security o-d source OUTSIDE destination DMZ
 service-policy type inspect IN
zone-pair security i-o source INSIDE destination OUTSIDE
 service-policy type inspect OUT
";

fn zoned(action: &str) -> Firewall {
    router(
        "zone-member security OUTSIDE",
        "zone-member security INSIDE",
        "zone-member security DMZ",
        &ZONES.replace("ACTION", action),
    )
}

#[test]
fn zones_pass_what_a_class_inspects_and_its_replies() {
    let firewall = zoned("inspect");
    assert_eq!(verdict(&firewall, PEER, "10.2.0.25", 25), Verdict::Permit);
    assert_eq!(verdict(&firewall, PEER, "10.2.0.26", 25), Verdict::Deny);
    assert_eq!(verdict(&firewall, PEER, "10.2.0.25", 443), Verdict::Deny);
    assert_eq!(verdict(&firewall, MAIL, PEER, 443), Verdict::Permit);
    assert_eq!(verdict(&firewall, PEER, MAIL, 443), Verdict::Deny);
}

#[test]
fn zones_without_a_pair_do_not_talk() {
    let (verdict, labels) = reach(&zoned("inspect"), MAIL, "10.2.0.25", 25);
    assert_eq!(verdict, Verdict::Deny);
    assert!(
        labels.iter().any(|label| label.contains("no zone-pair")),
        "{labels:?}"
    );
}

#[test]
fn pass_is_one_way() {
    // Replies need a pair of their own; there is none back to the inside.
    assert_eq!(verdict(&zoned("pass"), MAIL, PEER, 443), Verdict::Deny);
    assert_eq!(verdict(&zoned("drop"), MAIL, PEER, 443), Verdict::Deny);
}

#[test]
fn a_zone_and_an_interface_in_no_zone_do_not_talk_but_one_zone_does() {
    let firewall = router(
        "zone-member security A",
        "no shutdown",
        "zone-member security A",
        "zone security A\n",
    );
    assert_eq!(verdict(&firewall, PEER, "10.2.0.25", 25), Verdict::Permit);
    for (from, to) in [(PEER, MAIL), (MAIL, PEER)] {
        let (verdict, labels) = reach(&firewall, from, to, 25);
        assert_eq!(verdict, Verdict::Deny);
        assert!(
            labels.iter().any(|label| label.contains("no zone")),
            "{labels:?}"
        );
    }
}

#[test]
fn a_published_server_is_permitted_by_its_global_address() {
    let nat = "ip nat inside source static tcp 10.1.0.25 25 192.0.2.25 25 extendable\n\
        ip nat inside source list 1 interface GigabitEthernet0/0 overload\n\
        access-list 1 permit 10.1.0.0 0.0.255.255\n";
    let outside = "ip nat outside\n ip access-group 101 in";
    let global = router(
        outside,
        "ip nat inside",
        "no shutdown",
        &format!(
            "{nat}access-list 101 permit tcp any host 192.0.2.25 eq smtp\naccess-list 101 permit tcp any any established\n"
        ),
    );
    assert_eq!(verdict(&global, PEER, "192.0.2.25", 25), Verdict::Permit);
    assert_eq!(verdict(&global, MAIL, PEER, 443), Verdict::Permit);
    // The list comes before the translation: the local address is of no use.
    let local = router(
        outside,
        "ip nat inside",
        "no shutdown",
        &format!("{nat}access-list 101 permit tcp any host 10.1.0.25 eq smtp\n"),
    );
    assert_eq!(verdict(&local, PEER, "192.0.2.25", 25), Verdict::Deny);
}

/// Cisco, "Zone-Based Policy Firewall": `exit` of a class leads back to its
/// policy map, in scripts and at prompts without any indentation.
/// Cisco, "Understand NAT Order of Operation" (6209): a packet from outside is
/// translated where a translation is there, and routed in any case.
#[test]
fn a_router_passes_what_comes_for_a_local_address() {
    let text = router(
        "ip nat outside\n ip access-group 101 in",
        "ip nat inside",
        "no shutdown",
        "ip nat inside source list 1 interface GigabitEthernet0/0 overload\n\
         access-list 1 permit 10.1.0.0 0.0.255.255\n\
         access-list 101 permit tcp any 10.1.0.0 0.0.255.255 eq smtp\n",
    );
    assert_eq!(verdict(&text, PEER, MAIL, 25), Verdict::Permit);
    assert_eq!(verdict(&text, PEER, MAIL, 443), Verdict::Deny);
}

#[test]
fn an_outbound_list_sees_translated_sources() {
    let nat = "ip nat inside source static 10.1.0.25 192.0.2.25\n";
    for (source, expected) in [
        ("192.0.2.25", Verdict::Permit),
        ("10.1.0.25", Verdict::Deny),
    ] {
        let firewall = router(
            "ip nat outside\n ip access-group 102 out",
            "ip nat inside",
            "no shutdown",
            &format!("{nat}access-list 102 permit ip host {source} any\n"),
        );
        assert_eq!(verdict(&firewall, MAIL, PEER, 443), expected, "{source}");
    }
}

#[test]
fn a_policy_route_makes_only_its_own_packets_uncertain() {
    let firewall = router(
        "ip access-group 102 out",
        "ip policy route-map web",
        "no shutdown",
        "access-list 103 permit tcp any any eq 443\naccess-list 102 deny tcp any any eq 443\naccess-list 102 permit ip any any\n\
         route-map web permit 10\n match ip address 103\n set ip next-hop 10.2.0.9\n",
    );
    assert_eq!(verdict(&firewall, MAIL, PEER, 443), Verdict::Inconclusive);
    assert_eq!(verdict(&firewall, MAIL, PEER, 25), Verdict::Permit);
}

#[test]
fn virtual_routers_talk_only_where_routes_are_leaked() {
    let firewall = router(
        "vrf forwarding red",
        "vrf forwarding red",
        "no shutdown",
        "",
    );
    assert_eq!(
        verdict(&firewall, MAIL, "10.2.0.25", 25),
        Verdict::Inconclusive
    );
    let inside = router("vrf forwarding red", "no shutdown", "no shutdown", "");
    assert_eq!(verdict(&inside, MAIL, "10.2.0.25", 25), Verdict::Permit);
}

#[test]
fn a_list_for_ipv4_says_nothing_about_ipv6() {
    let text = "hostname edge\nipv6 unicast-routing\ninterface GigabitEthernet0/0\n ip address 192.0.2.1 255.255.255.0\n ipv6 address 2001:db8:1::1/64\n ip access-group none in\n TRAFFIC\n\
        interface GigabitEthernet0/1\n ip address 10.1.0.1 255.255.0.0\n ipv6 address 2001:db8:2::1/64\n\
        ip access-list extended none\n deny ip any any\nipv6 access-list six\n permit tcp any host 2001:db8:2::25 eq smtp\n";
    let open = ios(&text.replace(" TRAFFIC\n", ""));
    assert_eq!(
        verdict(&open, "2001:db8:1::7", "2001:db8:2::25", 445),
        Verdict::Permit
    );
    assert_eq!(verdict(&open, "192.0.2.7", MAIL, 25), Verdict::Deny);
    let filtered = ios(&text.replace("TRAFFIC", "ipv6 traffic-filter six in"));
    assert_eq!(
        verdict(&filtered, "2001:db8:1::7", "2001:db8:2::25", 25),
        Verdict::Permit
    );
    assert_eq!(
        verdict(&filtered, "2001:db8:1::7", "2001:db8:2::25", 445),
        Verdict::Deny
    );
}

#[test]
fn forum_pastes_are_read_with_their_abbreviations() {
    let firewall = ios(
        "hostn edge\nint fa0/0\nip add 192.0.2.1 255.255.255.0\nip access-g 101 in\nno shut\n\
        int fa0/1\nip add 10.1.0.1 255.255.0.0\nno shut\nip route 0.0.0.0 0.0.0.0 192.0.2.254\n\
        access-list 101 perm tcp any host 10.1.0.25 eq smtp\naccess-list 101 den ip any any\n",
    );
    assert_eq!(firewall.name.value, "edge");
    assert_eq!(verdict(&firewall, PEER, MAIL, 25), Verdict::Permit);
    assert_eq!(verdict(&firewall, PEER, MAIL, 443), Verdict::Deny);
}

const NEXUS: &str = "\
!Command: show running-config
version 7.0(3)I7(6)
hostname core
feature interface-vlan
vlan 10,20
interface Vlan10
  no shutdown
  ip address 10.1.0.1/16
  VLAN10
interface Vlan20
  no shutdown
  ip address 10.2.0.1/24
interface Ethernet1/1
  no switchport
  ip address 192.0.2.1/24
interface mgmt0
  vrf member management
  ip address 10.9.0.1/24
vrf context management
  ip route 0.0.0.0/0 10.9.0.254
ip route 0.0.0.0/0 192.0.2.254
";

#[test]
fn nexus_lists_have_prefixes_and_groups() {
    let a = nexus(
        "object-group ip address mail\n  10 host 10.1.0.25\n  20 10.2.0.0/24\n  30 10.3.0.0 0.0.255.255\n\
        object-group ip port web\n  10 eq 80\n  20 range 8000 8010\n\
        ip access-list a\n  statistics per-entry\n  10 permit tcp any addrgroup mail portgroup web\n  20 permit tcp 198.51.100.0/24 host 10.1.0.25 eq smtp log\n",
    );
    for (destination, port, expected) in [
        (MAIL, 80, PartVerdict::Permit),
        ("10.2.0.9", 8010, PartVerdict::Permit),
        ("10.3.9.9", 8000, PartVerdict::Permit),
        (MAIL, 25, PartVerdict::Permit),
        (MAIL, 443, PartVerdict::Deny),
        ("10.4.0.1", 80, PartVerdict::Deny),
    ] {
        assert_eq!(
            tcp(&a, PEER, destination, port),
            expected,
            "{destination} {port}"
        );
    }
}

#[test]
fn a_nexus_list_that_does_not_exist_permits_and_an_empty_one_is_unknown() {
    let with = |rest: &str| {
        nexus(&format!(
            "{}{rest}",
            NEXUS.replace("VLAN10", "ip access-group gone in")
        ))
    };
    assert_eq!(verdict(&with(""), MAIL, "10.2.0.25", 25), Verdict::Permit);
    let empty = with("ip access-list gone\n");
    assert_eq!(
        verdict(&empty, MAIL, "10.2.0.25", 25),
        Verdict::Inconclusive
    );
}

#[test]
fn the_default_route_of_the_management_vrf_is_not_the_switchs() {
    let firewall = nexus(&NEXUS.replace("VLAN10", "no ip redirects"));
    assert_eq!(verdict(&firewall, MAIL, PEER, 25), Verdict::Permit);
}

#[test]
fn a_vlan_map_filters_what_enters_and_what_leaves_the_vlan() {
    let firewall = nexus(&format!(
        "{}ip access-list mail\n  10 permit tcp any any eq smtp\n  20 permit tcp any eq smtp any\nvlan access-map m 10\n  match ip address mail\n  action forward\nvlan filter m vlan-list 15-20\n",
        NEXUS.replace("VLAN10", "no ip redirects")
    ));
    assert_eq!(verdict(&firewall, MAIL, "10.2.0.25", 25), Verdict::Permit);
    assert_eq!(verdict(&firewall, MAIL, "10.2.0.25", 443), Verdict::Deny);
    assert_eq!(verdict(&firewall, MAIL, PEER, 443), Verdict::Permit);
}

#[test]
fn a_list_of_a_port_is_in_doubt_for_its_vlan() {
    let firewall = nexus(&format!(
        "{}interface Ethernet1/2\n  switchport access vlan 10\n  ip port access-group p in\nip access-list p\n  10 deny tcp any any eq 445\n  20 permit ip any any\n",
        NEXUS.replace("VLAN10", "no ip redirects")
    ));
    assert_eq!(
        verdict(&firewall, MAIL, "10.2.0.25", 445),
        Verdict::Inconclusive
    );
    assert_eq!(verdict(&firewall, MAIL, "10.2.0.25", 25), Verdict::Permit);
}

#[test]
fn inspection_of_smtp_hides_starttls() {
    let firewall = router(
        "ip inspect fw out",
        "no shutdown",
        "no shutdown",
        "ip inspect name fw esmtp\nip inspect name fw tcp\n",
    );
    let strips = firewall.inspections.iter().any(|inspection| {
        inspection.effect == crate::model::firewall::InspectionEffect::StripsStarttls
    });
    assert!(strips);
    let plain = router(
        "ip inspect fw out",
        "no shutdown",
        "no shutdown",
        "ip inspect name fw tcp\n",
    );
    assert!(plain.inspections.iter().all(|inspection| {
        inspection.effect == crate::model::firewall::InspectionEffect::Other
    }));
}

#[test]
fn reflected_rules_are_for_established_packets_only() {
    let firewall = ios(
        "ip access-list extended a\n evaluate r\nip access-list extended b\n permit udp any any reflect r\n",
    );
    let reflexive = firewall
        .filters
        .iter()
        .find(|f| f.name == "reflexive r")
        .unwrap();
    assert!(
        reflexive
            .rules
            .iter()
            .all(|rule| rule.state == StateMatch::Established)
    );
    assert_eq!(reflexive.rules.len(), 1);
}

#[test]
fn a_summary_route_to_nowhere_is_doubted_where_longer_ones_are_learned() {
    // Cisco IOS IP Routing: BGP Command Reference, `network`: a static route to
    // Null0 is there so that the summary is announced; what it drops is only
    // what no longer route, learned from a neighbour, leads to.
    let config = |learns: &str| {
        format!(
            "hostname edge\n!\ninterface GigabitEthernet0/0\n ip address 203.0.113.1 255.255.255.0\n!\n\
             interface GigabitEthernet0/1\n ip address 192.0.2.1 255.255.255.0\n!\n{learns}\
             ip route 10.0.0.0 255.0.0.0 Null0\n!\nend\n"
        )
    };
    let verdict = |learns: &str| reach(&ios(&config(learns)), "203.0.113.9", "10.1.2.3", 25).0;
    assert_eq!(verdict(""), Verdict::Deny);
    let ospf = "router ospf 1\n network 192.0.2.0 0.0.0.255 area 0\n!\n";
    assert_eq!(verdict(ospf), Verdict::Inconclusive);
}

#[test]
fn a_list_that_is_removed_behind_its_entries_is_left_open() {
    // Cisco IOS Security Command Reference, "access-list (IP extended)": `no`
    // removes a list. Bound and gone it permits everything; whether it is
    // written again elsewhere the file does not tell.
    let config = |before: &str, behind: &str| {
        format!(
            "hostname edge\n!\n{before}ip access-list extended a\n permit tcp any host 192.0.2.10 eq 25\n!\n\
             access-list 101 deny   ip any any\n!\n\
             interface GigabitEthernet0/0\n ip address 203.0.113.1 255.255.255.0\n ip access-group a in\n!\n\
             {behind}!\nend\n"
        )
    };
    let asked = |before: &str, behind: &str| {
        let firewall = ios(&config(before, behind));
        [25, 80].map(|port| tcp(&firewall, "198.51.100.1", "192.0.2.10", port))
    };
    let known = [PartVerdict::Permit, PartVerdict::Deny];
    let open = [PartVerdict::Inconclusive; 2];
    assert_eq!(asked("", ""), known);
    assert_eq!(asked("no ip access-list extended a\n", ""), known);
    assert_eq!(asked("", "no ip access-list extended a\n"), open);
    assert_eq!(asked("", "no access-list 101\n"), known);
    let numbered = ios(&config("", "no access-list 101\n"));
    let (from, to) = (("198.51.100.1", 40_000), ("192.0.2.10", 25));
    let verdict = listed(&numbered, "101", from, to, ConnectionState::New);
    assert_eq!(verdict, PartVerdict::Inconclusive);
}
