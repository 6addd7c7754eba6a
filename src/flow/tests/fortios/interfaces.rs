//! Local-in policies and interface policies: the examples of Fortinet's
//! administration guide.

use super::*;

const SMTP: (&str, &str, Protocol, u16) = ("10.1.0.5", "192.0.2.9", Protocol::TCP, 25);

/// "Interface policies": sensors on the interface that `lines` choose.
fn inspected(lines: &str) -> String {
    one("")
        + &format!(
            "config firewall interface-policy\n    edit 1\n        set status enable\n        \
             set logtraffic utm\n        set interface \"port2\"\n        set srcaddr \"all\"\n        \
             set dstaddr \"all\"\n        set service \"ALL\"\n        set application-list-status disable\n        \
             set ips-sensor-status disable\n        set dsri disable\n        set av-profile-status disable\n        \
             set webfilter-profile-status disable\n{lines}    next\nend\n"
        )
}

fn answer(lines: &str) -> char {
    between(&inspected(lines), "port1", "port2", SMTP)
}

#[test]
fn an_interface_policy_without_a_sensor_decides_nothing() {
    assert_eq!(answer(""), 'P');
}

#[test]
fn a_sensor_leaves_what_it_looks_at_open_and_nothing_else() {
    let on = "        set ips-sensor-status enable\n        set ips-sensor \"default\"\n";
    assert_eq!(answer(on), 'I');
    assert_eq!(
        answer(&format!("{on}        set interface \"port3\"\n")),
        'P'
    );
    assert_eq!(answer(&format!("{on}        set service \"HTTPS\"\n")), 'P');
    assert_eq!(answer(&format!("{on}        set srcaddr \"edge\"\n")), 'P');
    assert_eq!(answer(&format!("{on}        set status disable\n")), 'P');
    // What no policy lets pass stays dropped.
    let other = tcp("10.1.0.6", "192.0.2.9", 25);
    assert_eq!(between(&inspected(on), "port1", "port2", other), 'D');
}

#[test]
fn a_sensor_looks_at_what_enters_and_at_what_leaves() {
    let on = "        set application-list-status enable\n        set interface \"port1\"\n";
    assert_eq!(answer(on), 'I');
}

#[test]
fn no_statement_of_an_interface_policy_is_unknown() {
    let totals = read(&inspected("")).ledger.totals();
    assert_eq!(totals.unrecognised, 0);
}

/// "Local-in policy": what arrives at an interface for the device itself.
fn for_the_device(lines: &str, interface: u32, from: &str, port: u16) -> char {
    let text = format!(
        "{BASE}config firewall local-in-policy\n    edit 7\n        set intf \"port1\"\n        \
         set srcaddr \"hub\"\n        set dstaddr \"all\"\n        set service \"SSH\"\n        \
         set schedule \"always\"\n{lines}    next\nend\n"
    );
    let context = Context {
        ingress: Some(InterfaceId(interface)),
        egress: None,
        state: ConnectionState::New,
        new_destination: None,
    };
    judged(
        &firewall(&text),
        Passage::ToHost,
        context,
        tcp(from, "10.1.0.1", port),
    )
}

#[test]
fn a_local_in_policy_denies_unless_it_says_otherwise() {
    assert_eq!(for_the_device("", 0, "10.1.0.5", 22), 'D');
    assert_eq!(
        for_the_device("        set action accept\n", 0, "10.1.0.5", 22),
        'P'
    );
    // Whatever it does not match is up to the services of the device: an interface
    // without `allowaccess` answers no administration.
    for (interface, from, port, answer) in [
        (1, "10.1.0.5", 22, 'I'),
        (0, "10.1.0.6", 22, 'D'),
        (0, "10.1.0.5", 443, 'D'),
        (0, "10.1.0.5", 500, 'I'),
    ] {
        assert_eq!(for_the_device("", interface, from, port), answer);
    }
    assert_eq!(
        for_the_device("        set intf \"any\"\n", 1, "10.1.0.5", 22),
        'D'
    );
    assert_eq!(
        for_the_device("        set status disable\n", 0, "10.1.0.5", 500),
        'I'
    );
}

/// Source: Fortinet, FortiOS Administration Guide, "Static routing", "Blackhole
/// routes": traffic that matches one is dropped, other traffic is not concerned.
#[test]
fn a_blackhole_route_drops_what_it_matches_and_nothing_else() {
    use crate::flow::tests::build::{self, net, to_port};
    use crate::flow::{Endpoint, IpSet, Network, Query, Verdict};
    let text = "config system interface\nedit port1\nset vdom root\nset ip 10.1.0.1/24\nnext\nedit port2\nset vdom root\nset ip 192.0.2.1/24\nnext\nend\nconfig firewall policy\nedit 1\nset srcintf any\nset dstintf any\nset srcaddr all\nset dstaddr all\nset action accept\nset schedule always\nset service ALL\nnext\nend\nconfig router static\nedit 1\nset gateway 192.0.2.254\nset device port2\nnext\nedit 2\nset dst 10.0.0.0 255.0.0.0\nset distance 254\nset blackhole enable\nnext\nend\n";
    let ask = |from: &str, to: &str| {
        let estate = build::estate(vec![firewall(text)], Vec::new(), Vec::new());
        let [from, to] = [from, to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
        Network::new(&estate)
            .reach(&Query::new(from, to, to_port(25)))
            .verdict
    };
    assert_eq!(ask("10.1.0.5", "198.51.100.9"), Verdict::Permit);
    assert_eq!(ask("10.1.0.5", "10.66.0.1"), Verdict::Deny);
    assert_eq!(ask("198.51.100.9", "10.1.0.5"), Verdict::Permit);
    // Where such packets come in is not told.
    assert_eq!(ask("10.66.0.1", "198.51.100.9"), Verdict::Inconclusive);
    assert_eq!(read(text).ledger.totals().not_modelled, 0);
}

/// Source: Fortinet, FortiOS Administration Guide, "Policies": a policy is for
/// the interface that the route chose; with a routing protocol a longer route
/// than those of the file may choose another one.
#[test]
fn with_learned_routes_no_policy_of_one_way_out_denies_for_all() {
    use crate::flow::tests::build::{self, net, to_port};
    use crate::flow::{Endpoint, IpSet, Network, Query, Verdict};
    let text = |protocol: &str| {
        format!(
            "config system interface\nedit port1\nset vdom root\nset ip 10.1.0.1/24\nnext\n\
             edit port2\nset vdom root\nset ip 192.0.2.1/24\nnext\n\
             edit port3\nset vdom root\nset ip 172.16.0.1/24\nnext\nend\n\
             config firewall policy\nedit 1\nset srcintf port1\nset dstintf port3\n\
             set srcaddr all\nset dstaddr all\nset action accept\nset schedule always\n\
             set service ALL\nnext\nend\n\
             config router static\nedit 1\nset gateway 192.0.2.254\nset device port2\nnext\n\
             edit 2\nset dst 10.0.0.0 255.0.0.0\nset distance 254\nset blackhole enable\nnext\nend\n{protocol}"
        )
    };
    let ask = |protocol: &str, to: &str| {
        let estate = build::estate(vec![firewall(&text(protocol))], Vec::new(), Vec::new());
        let [from, to] = ["10.1.0.5", to].map(|end| Endpoint::Addresses(IpSet::from(net(end))));
        let query = Query::new(from, to, to_port(25));
        Network::new(&estate).reach(&query).verdict
    };
    let ospf = "config router ospf\nset router-id 10.1.0.1\nconfig area\nedit 0.0.0.0\nnext\nend\n\
                config network\nedit 1\nset prefix 172.16.0.0 255.255.255.0\nnext\nend\nend\n";
    for to in ["198.51.100.9", "10.66.0.1"] {
        assert_eq!(ask("", to), Verdict::Deny, "{to}");
        assert_eq!(ask(ospf, to), Verdict::Inconclusive, "{to}");
    }
    // A connected network is where it is.
    assert_eq!(ask(ospf, "172.16.0.9"), Verdict::Permit);
    assert_eq!(ask(ospf, "192.0.2.9"), Verdict::Deny);
}

/// Technical Tip "Traffic handled by FortiGate for packets with ingress & egress as
/// same interface" (FD36468): the table of versions, and the setting that counts more.
#[test]
fn packets_that_are_sent_back_may_need_no_policy() {
    let sent_back = |version: &str, global: &str| {
        let text = format!(
            "#config-version=FGT60F-{version}-FW-build0000-260101:opmode=0:vdom=0\nconfig system global\nset hostname \"fw1\"\n{global}end\n{}",
            one("")
        );
        between(&text, "port1", "port1", tcp("10.1.0.7", "10.9.0.9", 25))
    };
    for (version, expected) in [
        ("6.4.2", 'I'),
        ("7.2.12", 'I'),
        ("7.4.9", 'I'),
        ("7.4.10", 'D'),
        ("7.6.4", 'I'),
        ("7.6.5", 'D'),
        ("8.0.0", 'D'),
    ] {
        assert_eq!(sent_back(version, ""), expected, "{version}");
        let stated = |word| sent_back(version, &format!("set allow-traffic-redirect {word}\n"));
        assert_eq!(stated("enable"), 'I', "{version}");
        assert_eq!(stated("disable"), 'D', "{version}");
    }
    // Between two interfaces, and for IPv6, the setting says nothing.
    let text = one("");
    let other = tcp("10.1.0.6", "192.0.2.9", 25);
    assert_eq!(between(&text, "port1", "port2", other), 'D');
    let six = "set ipv6-allow-traffic-redirect enable\n";
    assert_eq!(sent_back("8.0.0", six), 'D');
}

/// Source: Fortinet, FortiOS CLI Reference, "config router static": `dstaddr` names
/// an address or a group; each network of it is a destination.
#[test]
fn a_route_to_a_named_group_leads_to_each_of_its_networks() {
    let text = |members: &str| {
        format!(
            "config system interface\nedit port1\nset ip 10.1.0.1/24\nnext\nedit port2\nset ip 192.0.2.1/24\nnext\nend\nconfig firewall address\nedit a\nset allow-routing enable\nset subnet 10.8.0.0 255.255.0.0\nnext\nedit b\nset subnet 172.16.0.0/12\nnext\nedit c\nset type fqdn\nset fqdn mail.example.com\nnext\nend\nconfig firewall addrgrp\nedit inner\nset member b\nnext\nedit outer\nset member {members}\nset allow-routing enable\nnext\nend\nconfig router static\nedit 1\nset device port1\nset gateway 10.1.0.254\nset dstaddr outer\nnext\nend\n"
        )
    };
    let found = firewall(&text("a inner"));
    let mut networks: Vec<String> = found
        .routes
        .iter()
        .map(|route| route.network.to_string())
        .collect();
    networks.sort();
    assert_eq!(networks, ["10.8.0.0/16", "172.16.0.0/12"]);
    assert!(found.dynamic_routing.is_empty());
    for open in ["a c", "a missing"] {
        let found = firewall(&text(open));
        assert!(found.routes.is_empty(), "{open}");
        assert_eq!(found.dynamic_routing.len(), 1, "{open}");
    }
    let left_open = text("a inner").replace("set device port1", "set device ${inside}");
    assert!(firewall(&left_open).routes.is_empty());
}

/// Source: Fortinet, FortiOS Administration Guide, "Routing concepts": of routes of
/// one distance the one with the lowest priority is used.
#[test]
fn of_two_routes_of_one_distance_the_lower_priority_is_used() {
    let text = |header: &str, first: &str, second: &str| {
        format!(
            "{header}config system interface\nedit port1\nset ip 10.1.0.1/24\nnext\nedit port2\nset ip 192.0.2.1/24\nnext\nend\nconfig router static\nedit 1\nset dst 10.8.0.0/16\nset device port1\nset gateway 10.1.0.254\n{first}\nnext\nedit 2\nset dst 10.8.0.0/16\nset device port2\nset gateway 192.0.2.254\n{second}\nnext\nedit 3\nset dst 10.9.0.0/16\nset device port2\nset priority 50\nnext\nend\n"
        )
    };
    let used = |text: &str| -> Vec<(u32, String)> {
        let firewall = firewall(text);
        let routes = firewall.routes.iter();
        routes
            .map(|route| (route.interface.0, route.network.to_string()))
            .collect()
    };
    let new = "#config-version=FGT60F-7.4.4-FW-build2662-240514:opmode=0:vdom=0:user=admin\n";
    let old = "#config-version=FGT60F-6.4.4-FW-build1803-201209:opmode=0:vdom=0:user=admin\n";
    let last = (1, "10.9.0.0/16".to_owned());
    let first = (0, "10.8.0.0/16".to_owned());
    let second = (1, "10.8.0.0/16".to_owned());
    let both = [first.clone(), second.clone(), last.clone()];
    let (one, two) = ([first, last.clone()], [second, last]);
    assert_eq!(used(&text(new, "", "set priority 20")), one);
    assert_eq!(used(&text(new, "set priority 20", "set priority 5")), two);
    assert_eq!(used(&text(new, "", "set priority 1")), both);
    assert_eq!(used(&text(old, "", "set priority 1")), one);
    assert_eq!(used(&text("", "", "set priority 1")), both);
    assert_eq!(used(&text(new, "set distance 20", "set priority 20")), both);
    assert_eq!(
        used(&text(new, "set priority ${low}", "set priority 9")),
        both
    );
    let down =
        text(new, "", "set priority 20").replace("10.1.0.1/24", "10.1.0.1/24\nset status down");
    assert_eq!(used(&down), both);
}
