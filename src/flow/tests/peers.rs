//! ASA and PIX configurations that other tools were seen to get wrong, each
//! with what the device does. The configurations are ours.

use super::build::{self, to_port};
use crate::estate::Role;
use crate::flow::*;
use crate::model::firewall::{FilterId, Firewall, InterfaceId, InterfaceMatch};
use crate::model::net::Protocol;
use PartVerdict::{Deny, Inconclusive, Permit};

fn read(text: &str) -> Firewall {
    build::read("cisco-asa", text).remove(0)
}

/// What list `a` says about a TCP packet.
fn tcp(text: &str, source: &str, destination: &str, port: u16) -> PartVerdict {
    let firewall = read(text);
    let list = firewall.filters.iter().position(|f| f.name == "a").unwrap();
    let packet = Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol: Protocol::TCP,
        source_port: 40_000,
        destination_port: port,
    };
    let parts = Engine::new(&firewall, "2009-11-02", &[]).evaluate_filter(
        FilterId(list as u32),
        &PacketSet::from(Cube::of(&packet)),
        &Context::default(),
    );
    assert_eq!(parts.len(), 1);
    parts[0].outcome.verdict
}

const PEER: &str = "198.51.100.7";

#[test]
fn a_host_that_is_given_by_a_name_is_matched() {
    let text = "names\nname 192.0.2.25 exch01\n\
        access-list a extended permit tcp any host exch01 eq smtp\n";
    assert_eq!(tcp(text, PEER, "192.0.2.25", 25), Permit);
    assert_eq!(tcp(text, PEER, "192.0.2.26", 25), Deny);
}

#[test]
fn a_group_keeps_members_that_are_given_by_a_name() {
    let text = "names\nname 192.0.2.25 exch01\nobject-group network mail\n \
        network-object host exch01\n network-object host 192.0.2.27\n\
        access-list a extended deny tcp any object-group mail eq smtp\n\
        access-list a extended permit ip any any\n";
    assert_eq!(tcp(text, PEER, "192.0.2.25", 25), Deny);
    assert_eq!(tcp(text, PEER, "192.0.2.27", 25), Deny);
    assert_eq!(tcp(text, PEER, "192.0.2.26", 25), Permit);
}

#[test]
fn an_inactive_entry_does_nothing() {
    let text = "access-list a extended deny tcp any any eq 25 inactive\n\
        access-list a extended permit tcp any any eq 25\n\
        access-list a extended permit tcp any any eq 26 inactive\n";
    assert_eq!(tcp(text, PEER, "192.0.2.25", 25), Permit);
    assert_eq!(tcp(text, PEER, "192.0.2.25", 26), Deny);
}

#[test]
fn an_entry_counts_inside_its_time_range_only() {
    let text = "time-range over\n absolute start 08:00 01 January 2009 end 18:30 31 March 2009\n\
        time-range now\n absolute start 08:00 01 October 2009 end 18:30 31 December 2009\n\
        time-range nights\n periodic daily 20:00 to 23:59\n\
        access-list a extended permit tcp any any eq 25 time-range over\n\
        access-list a extended permit tcp any any eq 26 time-range now\n\
        access-list a extended permit tcp any any eq 27 time-range nights\n";
    assert_eq!(tcp(text, PEER, "192.0.2.25", 25), Deny);
    assert_eq!(tcp(text, PEER, "192.0.2.25", 26), Permit);
    // At some hours it is permitted, at others denied.
    assert_eq!(tcp(text, PEER, "192.0.2.25", 27), Inconclusive);
}

#[test]
fn an_entry_for_users_is_undecided_and_not_lost() {
    let text = "access-list a extended permit tcp user CONTOSO\\operator any any eq 25\n\
        access-list a extended deny ip any any\n";
    assert_eq!(tcp(text, PEER, "192.0.2.25", 25), Inconclusive);
    assert_eq!(tcp(text, PEER, "192.0.2.25", 26), Deny);
}

#[test]
fn an_entry_counts_whatever_level_it_logs_at() {
    for level in [
        "log",
        "log emergencies",
        "log 0 interval 600",
        "log disable",
    ] {
        let text = format!("access-list a extended permit tcp any any eq 25 {level}\n");
        assert_eq!(tcp(&text, PEER, "192.0.2.25", 25), Permit, "{level}");
        assert_eq!(tcp(&text, PEER, "192.0.2.25", 26), Deny, "{level}");
    }
}

#[test]
fn an_object_may_have_brackets_in_its_name() {
    let text = "object network EXCHANGE_SMTP(SSL)\n host 192.0.2.25\n\
        access-list a extended permit tcp any object EXCHANGE_SMTP(SSL) eq 587\n";
    assert_eq!(tcp(text, PEER, "192.0.2.25", 587), Permit);
    assert_eq!(tcp(text, PEER, "192.0.2.26", 587), Deny);
}

#[test]
fn a_port_may_be_a_group_of_ports() {
    let text = "object-group service mail tcp\n port-object eq smtp\n port-object range 587 588\n\
        access-list a extended permit tcp any host 192.0.2.25 object-group mail\n";
    for (port, verdict) in [(25, Permit), (587, Permit), (588, Permit), (589, Deny)] {
        assert_eq!(tcp(text, PEER, "192.0.2.25", port), verdict, "{port}");
    }
}

#[test]
fn a_deny_of_an_object_whose_addresses_are_not_told_stays_open() {
    let text = "object network web\n fqdn www.example.com\n\
        access-list a extended deny tcp any object web eq 443\n\
        access-list a extended permit ip any any\n";
    assert_eq!(tcp(text, PEER, "192.0.2.25", 443), Inconclusive);
    assert_eq!(tcp(text, PEER, "192.0.2.25", 25), Permit);
}

const BEFORE_8_3: &str = "ASA Version 8.2(5)\nhostname fw\n\
    interface Ethernet0/0\n nameif outside\n security-level 0\n \
    ip address 203.0.113.1 255.255.255.0\n\
    interface Ethernet0/1\n nameif inside\n security-level 100\n \
    ip address 10.0.0.1 255.255.255.0\n\
    route outside 0.0.0.0 0.0.0.0 203.0.113.254 1\n";

/// The verdict on mail from a peer to an address, and from a host inside to
/// the peer.
fn over(text: &str, to: &str) -> (Verdict, Verdict) {
    let hub = build::server("hub1", Role::Hub, "10.0.0.25");
    let estate = build::estate(vec![read(text)], vec![hub], Vec::new());
    let network = Network::new(&estate);
    let end = |ip: &str| Endpoint::Addresses(IpSet::host(ip.parse().unwrap()));
    let ask = |from: &str, to: &str| {
        let query = Query::new(end(from), end(to), to_port(25));
        network.reach(&query).verdict
    };
    (ask(PEER, to), ask("10.0.0.99", PEER))
}

#[test]
fn a_static_before_8_3_publishes_a_server_and_the_list_speaks_of_its_public_address() {
    let list = |address: &str| {
        format!(
            "{BEFORE_8_3}static (inside,outside) 203.0.113.25 10.0.0.25 netmask 255.255.255.255\n\
             access-list a extended permit tcp any host {address} eq smtp\n\
             access-group a in interface outside\n"
        )
    };
    assert_eq!(
        over(&list("203.0.113.25"), "203.0.113.25").0,
        Verdict::Permit
    );
    assert_eq!(over(&list("10.0.0.25"), "203.0.113.25").0, Verdict::Deny);
}

#[test]
fn nat_and_global_before_8_3_translate_on_the_way_out() {
    let control = format!("{BEFORE_8_3}nat-control\n");
    let pair = "nat (inside) 1 10.0.0.0 255.255.255.0\nglobal (outside) 1 interface\n";
    assert_eq!(over(&control, PEER).1, Verdict::Deny);
    assert_eq!(over(&format!("{control}{pair}"), PEER).1, Verdict::Permit);
    // The group alone gives no address.
    let half = "nat (inside) 1 10.0.0.0 255.255.255.0\n";
    assert_eq!(over(&format!("{control}{half}"), PEER).1, Verdict::Deny);
}

#[test]
fn a_conduit_of_a_pix_opens_a_published_server() {
    let text = "PIX Version 6.3(5)\nhostname fw\n\
        nameif ethernet0 outside security0\nnameif ethernet1 inside security100\n\
        ip address outside 203.0.113.1 255.255.255.0\nip address inside 10.0.0.1 255.255.255.0\n\
        route outside 0.0.0.0 0.0.0.0 203.0.113.254 1\n\
        static (inside,outside) 203.0.113.25 10.0.0.25 netmask 255.255.255.255 0 0\n";
    let conduit = "conduit permit tcp host 203.0.113.25 eq smtp any\n";
    assert_eq!(over(text, "203.0.113.25").0, Verdict::Deny);
    assert_eq!(
        over(&format!("{text}{conduit}"), "203.0.113.25").0,
        Verdict::Permit
    );
}

#[test]
fn a_port_that_a_published_address_does_not_translate_is_not_called_open() {
    let text = format!(
        "{BEFORE_8_3}static (inside,outside) tcp 203.0.113.25 25 10.0.0.25 25 netmask \
         255.255.255.255\naccess-list a extended permit tcp any host 203.0.113.25\n\
         access-group a in interface outside\n"
    );
    let hub = build::server("hub1", Role::Hub, "10.0.0.25");
    let estate = build::estate(vec![read(&text)], vec![hub], Vec::new());
    let network = Network::new(&estate);
    let end = |ip: &str| Endpoint::Addresses(IpSet::host(ip.parse().unwrap()));
    let ask = |port| network.trace(&Query::new(end(PEER), end("203.0.113.25"), to_port(port)));
    assert_eq!(ask(25).verdict, Verdict::Permit);
    // The firewall answers for the address, and has nowhere to send this.
    let other = ask(443);
    assert_eq!(other.verdict, Verdict::Inconclusive);
    assert!(other.why[0].text.contains("translation"), "{:?}", other.why);
}

#[test]
fn decrypted_packets_meet_the_lists_only_without_sysopt() {
    let text = |sysopt: &str| {
        format!(
            "{BEFORE_8_3}access-list vpn extended permit ip 10.0.0.0 255.255.255.0 198.51.100.0 \
             255.255.255.0\naccess-list a extended deny ip any any\n\
             access-group a in interface outside\n\
             crypto map m 10 match address vpn\ncrypto map m 10 set peer 203.0.113.99\n\
             crypto map m interface outside\n{sysopt}"
        )
    };
    assert_eq!(over(&text(""), "10.0.0.25").0, Verdict::Inconclusive);
    let without = "no sysopt connection permit-vpn\n";
    assert_eq!(over(&text(without), "10.0.0.25").0, Verdict::Deny);
}

const TWO: &str = "ASA Version 9.1(2)\ninterface Ethernet0/0\n nameif outside\n security-level 0\n \
    ip address 203.0.113.1 255.255.255.0\ninterface Ethernet0/1\n nameif inside\n \
    security-level 100\n ip address 10.0.0.1 255.255.255.0\n";

/// Whether a list leaves open what happens to TCP packets that leave from
/// `inside`, and to those that come in from `outside`.
fn open_from(text: &str, port: u16) -> [bool; 2] {
    let firewall = read(text);
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let interface = |name: &str| {
        let at = firewall
            .interfaces
            .iter()
            .position(|i| i.name.value == name);
        InterfaceId(at.unwrap() as u32)
    };
    let ends = [
        ("inside", "outside", "10.0.0.9", "198.51.100.7"),
        ("outside", "inside", "198.51.100.7", "10.0.0.9"),
    ];
    ends.map(|(from, to, source, destination)| {
        let packet = Packet {
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            protocol: Protocol::TCP,
            source_port: 40_000,
            destination_port: port,
        };
        let context = Context {
            ingress: Some(interface(from)),
            egress: Some(interface(to)),
            state: ConnectionState::New,
            new_destination: None,
        };
        let entering = InterfaceMatch::One(interface(from));
        let mut stages = firewall
            .stages
            .iter()
            .filter(|stage| stage.ingress == entering);
        stages.any(|stage| {
            let packets = PacketSet::from(Cube::of(&packet));
            let parts = engine.evaluate_filter(stage.filter, &packets, &context);
            parts
                .iter()
                .any(|part| part.outcome.verdict == Inconclusive)
        })
    })
}

#[test]
fn a_content_filter_leaves_requests_from_inside_open_and_nothing_else() {
    let text = format!("{TWO}filter url http 0 0 0 0 allow\nfilter java 80 0 0 0 0\n");
    assert_eq!(open_from(&text, 80), [true, false]);
    assert_eq!(open_from(&text, 25), [false, false]);
    let text = format!("{TWO}filter https 443 10.0.0.128 255.255.255.128 0.0.0.0 0.0.0.0\n");
    assert_eq!(open_from(&text, 443), [false, false]);
}

#[test]
fn a_web_cache_leaves_web_connections_of_its_interface_open() {
    let text = format!("{TWO}wccp web-cache\nwccp interface inside web-cache redirect in\n");
    assert_eq!(open_from(&text, 80), [true, false]);
    assert_eq!(open_from(&text, 25), [false, false]);
    // Without an interface nothing is redirected.
    assert_eq!(
        open_from(&format!("{TWO}wccp web-cache\n"), 80),
        [false, false]
    );
}

#[test]
fn a_traffic_zone_leaves_open_where_its_connections_come_in() {
    let with = |zones: [&str; 2]| {
        let [a, b] = zones.map(|zone| format!(" zone-member {zone}\n"));
        let text = format!("zone one\nzone two\n{TWO}")
            .replace(" nameif outside\n", &format!(" nameif outside\n{a}"))
            .replace(" nameif inside\n", &format!(" nameif inside\n{b}"));
        open_from(&text, 25)
    };
    assert_eq!(with(["one", "one"]), [true, true]);
    assert_eq!(with(["one", "two"]), [false, false]);
}

/// Cisco Community 3220235: `packet-tracer` of an ASA 8.2 from one interface to
/// another of the same level, whose packets match a `nat` without a `global`
/// there ("No matching global", drop); ASDM Configuration Guide 6.4, "Real
/// Addresses in a NAT Rule Must be Translated on All Lower or Same Security
/// Interfaces".
#[test]
fn a_nat_without_a_global_drops_towards_the_same_or_a_lower_level() {
    let text = |level: u8, more: &str| {
        format!(
            "ASA Version 8.2(5)\nhostname fw\n\
             interface Vlan1\n nameif inside\n security-level 50\n ip address 10.0.0.1 255.255.255.0\n\
             interface Vlan2\n nameif outside\n security-level 0\n ip address 203.0.113.1 255.255.255.0\n\
             interface Vlan3\n nameif media\n security-level {level}\n ip address 10.0.3.1 255.255.255.0\n\
             same-security-traffic permit inter-interface\n\
             access-list all extended permit ip any any\n\
             access-group all in interface inside\naccess-group all in interface media\n\
             route outside 0.0.0.0 0.0.0.0 203.0.113.254 1\n\
             global (outside) 10 interface\nnat (inside) 10 10.0.0.0 255.255.255.0\n{more}"
        )
    };
    for (level, more, verdict) in [
        (50, "", Verdict::Deny),
        (40, "", Verdict::Deny),
        // "NAT is not required for that group when it accesses a higher
        // security interface."
        (60, "", Verdict::Permit),
        (50, "global (media) 10 interface\n", Verdict::Permit),
        (
            50,
            "static (inside,media) 10.0.0.0 10.0.0.0 netmask 255.255.255.0\n",
            Verdict::Permit,
        ),
    ] {
        let hub = build::server("hub1", Role::Hub, "10.0.0.25");
        let estate = build::estate(vec![read(&text(level, more))], vec![hub], Vec::new());
        let network = Network::new(&estate);
        let end = |ip: &str| Endpoint::Addresses(IpSet::host(ip.parse().unwrap()));
        let ask = |to| {
            network
                .trace(&Query::new(end("10.0.0.25"), end(to), to_port(25)))
                .verdict
        };
        assert_eq!(ask("10.0.3.9"), verdict, "{level} {more}");
        assert_eq!(ask("192.0.2.9"), Verdict::Permit, "{level} {more}");
    }
}
