//! What a packet must pass.

use super::*;
use crate::model::firewall::{
    Action, AddressView, Condition, FilterId, InterfaceId, InterfaceMatch, Stage,
};

fn interface(firewall: &Firewall, name: &str) -> InterfaceId {
    let at = firewall
        .interfaces
        .iter()
        .position(|i| i.name.value == name)
        .expect("the interface is there");
    InterfaceId(u32::try_from(at).expect("small"))
}

fn entering<'f>(firewall: &'f Firewall, name: &str) -> Vec<&'f Stage> {
    let id = InterfaceMatch::One(interface(firewall, name));
    firewall
        .stages
        .iter()
        .filter(|stage| stage.ingress == id)
        .collect()
}

fn run(firewall: &Firewall, id: FilterId) -> &Filter {
    &firewall.filters[id.0 as usize]
}

/// Action and label of the pseudo-rule for packets that leave through `name`.
fn towards(firewall: &Firewall, stage: &Stage, name: &str) -> Vec<(Action, String)> {
    let id = InterfaceMatch::One(interface(firewall, name));
    let rules = run(firewall, stage.filter)
        .rules
        .iter()
        .filter(|rule| rule.egress == id);
    rules
        .map(|rule| {
            (
                rule.action,
                rule.implicit.as_deref().unwrap_or_default().to_owned(),
            )
        })
        .collect()
}

#[test]
fn interfaces_have_names_levels_addresses_and_hardware() {
    let firewall = firewall(INTERFACES);
    let inside = &firewall.interfaces[1];
    assert_eq!(inside.name.value, "inside");
    assert_eq!(
        inside.hardware.as_ref().map(|h| h.value.as_str()),
        Some("GigabitEthernet0/1")
    );
    assert_eq!(inside.security_level.map(|l| l.value), Some(100));
    assert_eq!(inside.addresses[0].network.to_string(), "10.1.0.0/16");
    assert_eq!(inside.addresses[0].address.to_string(), "10.1.0.1");
    assert!(cited(INTERFACES, inside.span).starts_with("interface GigabitEthernet0/1"));
}

#[test]
fn a_subinterface_counts_and_one_without_a_name_does_not() {
    let text = "interface GigabitEthernet0/1\n no nameif\n no security-level\n no ip address\n!\n\
        interface GigabitEthernet0/1.20\n vlan 20\n nameif servers\n security-level 80\n ip address 10.9.0.1 255.255.255.0 standby 10.9.0.2\n!\n\
        interface GigabitEthernet0/2\n shutdown\n nameif old\n security-level 10\n ip address dhcp setroute\n";
    let firewall = firewall(text);
    assert_eq!(firewall.interfaces.len(), 2);
    assert!(
        firewall.interfaces[1].shutdown.is_some()
            && firewall.interfaces[1].dynamic_address.is_some()
    );
    assert_eq!(
        firewall.routes.len(),
        1,
        "setroute brings the default route"
    );
}

#[test]
fn without_a_level_inside_is_100_and_any_other_interface_0() {
    let text = "interface Vlan1\n nameif inside\ninterface Vlan2\n nameif servers\n";
    let levels: Vec<_> = firewall(text)
        .interfaces
        .iter()
        .map(|i| i.security_level.map(|l| l.value))
        .collect();
    assert_eq!(levels, [Some(100), Some(0)]);
}

#[test]
fn a_bound_list_is_the_stage_of_its_interface() {
    let text = format!(
        "ASA Version 9.1(2)\n{INTERFACES}access-list out extended permit tcp any any eq 25\naccess-group out in interface outside\n"
    );
    let firewall = firewall(&text);
    let stages = entering(&firewall, "outside");
    assert_eq!(run(&firewall, stages[0].filter).name, "out");
    assert!(run(&firewall, stages[0].filter).filters_traffic);
    assert_eq!(
        cited(&text, stages[0].span),
        "access-group out in interface outside"
    );
}

#[test]
fn without_a_list_security_levels_decide_and_are_cited() {
    let firewall = firewall(INTERFACES);
    let [stage] = entering(&firewall, "dmz")[..] else {
        panic!("one stage")
    };
    let (permit, label) = towards(&firewall, stage, "outside").remove(0);
    assert_eq!(permit, Action::Permit);
    assert!(
        label.contains("dmz (50)") && label.contains("outside (0)"),
        "{label}"
    );
    assert_eq!(towards(&firewall, stage, "inside")[0].0, Action::Deny);
    assert_eq!(
        towards(&firewall, stage, "dmz")[0].0,
        Action::Deny,
        "hairpin"
    );
    let rule = &run(&firewall, stage.filter).rules[0];
    assert_eq!(cited(INTERFACES, rule.span), "security-level 50");
}

#[test]
fn equal_levels_need_same_security_traffic_even_with_a_list() {
    let equal = INTERFACES.replace("security-level 50", "security-level 100");
    let bound = format!(
        "{equal}access-list in extended permit ip any any\naccess-group in in interface inside\n"
    );
    let firewall = super::firewall(&bound);
    let stages = entering(&firewall, "inside");
    assert_eq!(
        stages.len(),
        2,
        "the list, and the levels that it does not overrule"
    );
    assert_eq!(towards(&firewall, stages[1], "dmz")[0].0, Action::Deny);
    assert_eq!(
        run(&firewall, stages[1].filter).default.action,
        Action::Permit
    );

    let open = format!("same-security-traffic permit inter-interface\n{equal}");
    let firewall = super::firewall(&open);
    let [stage] = entering(&firewall, "inside")[..] else {
        panic!("one stage")
    };
    assert_eq!(towards(&firewall, stage, "dmz")[0].0, Action::Permit);
    assert_eq!(
        towards(&firewall, stage, "inside")[0].0,
        Action::Deny,
        "inter is not intra"
    );

    let hairpin = format!("same-security-traffic permit intra-interface\n{equal}");
    let firewall = super::firewall(&hairpin);
    let [stage] = entering(&firewall, "inside")[..] else {
        panic!("one stage")
    };
    assert_eq!(towards(&firewall, stage, "inside")[0].0, Action::Permit);
    assert_eq!(towards(&firewall, stage, "dmz")[0].0, Action::Deny);
}

#[test]
fn the_global_list_follows_the_interface_list_and_replaces_the_levels() {
    let text = format!(
        "ASA Version 8.4(4)\n{INTERFACES}access-list in extended permit tcp any any eq 25\naccess-list everywhere extended permit tcp any any eq 443\n\
        access-group in in interface inside\naccess-group everywhere global\n"
    );
    let firewall = firewall(&text);
    let stage = entering(&firewall, "inside")[0];
    let jumps: Vec<_> = run(&firewall, stage.filter)
        .rules
        .iter()
        .map(|rule| match rule.action {
            Action::Jump(id) => run(&firewall, id).name.as_str(),
            other => panic!("a jump, not {other:?}"),
        })
        .collect();
    assert_eq!(jumps, ["in", "everywhere"]);
    assert_eq!(filter(&firewall, "in").default.action, Action::Return);
    assert_eq!(filter(&firewall, "everywhere").default.action, Action::Deny);
    let other = entering(&firewall, "dmz")[0];
    assert_eq!(
        run(&firewall, other.filter).rules.len(),
        1,
        "only the global list, no levels"
    );
}

#[test]
fn an_outgoing_list_is_a_second_stage() {
    let text = format!(
        "{INTERFACES}access-list leave extended deny tcp any any eq 25\naccess-group leave out interface outside\n"
    );
    let firewall = firewall(&text);
    let leaving: Vec<_> = firewall
        .stages
        .iter()
        .filter(|stage| !stage.egress.is_any())
        .collect();
    assert_eq!(leaving.len(), 1);
    assert_eq!(
        leaving[0].egress,
        InterfaceMatch::One(interface(&firewall, "outside"))
    );
    assert_eq!(run(&firewall, leaving[0].filter).name, "leave");
}

#[test]
fn a_bound_list_that_is_not_defined_decides_nothing() {
    let text = format!("{INTERFACES}access-group gone in interface outside\n");
    let firewall = firewall(&text);
    let stage = entering(&firewall, "outside")[0];
    let list = run(&firewall, stage.filter);
    assert_eq!(list.default.action, Action::Deny);
    assert!(matches!(*list.rules[0].conditions, [Condition::Unknown(_)]));
    assert_eq!(list.rules[0].action, Action::Permit);
}

#[test]
fn a_control_plane_list_does_not_filter_packets_that_pass_through() {
    let text = format!(
        "{INTERFACES}access-list box extended deny ip any any\naccess-group box in interface outside control-plane\n"
    );
    let firewall = firewall(&text);
    let stage = entering(&firewall, "outside")[0];
    assert!(
        run(&firewall, stage.filter)
            .name
            .starts_with("security levels")
    );
    assert!(!filter(&firewall, "box").filters_traffic);
}

#[test]
fn a_later_binding_replaces_an_earlier_one() {
    let text = format!(
        "{INTERFACES}access-list tmp permit ip any any\naccess-group tmp in interface outside\nclear access-list tmp\n\
        access-list out deny ip any any\naccess-group out in interface outside\n"
    );
    let firewall = firewall(&text);
    let stage = entering(&firewall, "outside")[0];
    assert_eq!(run(&firewall, stage.filter).name, "out");
}

#[test]
fn a_management_only_interface_forwards_nothing() {
    let text = format!(
        "{INTERFACES}interface Management0/0\n nameif management\n security-level 100\n ip address 10.99.0.1 255.255.255.0\n management-only\n"
    );
    let firewall = firewall(&text);
    let id = InterfaceMatch::One(interface(&firewall, "management"));
    for stage in [
        firewall.stages.iter().find(|stage| stage.ingress == id),
        firewall.stages.iter().find(|stage| stage.egress == id),
    ] {
        let stage = stage.expect("a stage");
        assert_eq!(run(&firewall, stage.filter).rules[0].action, Action::Deny);
        assert_eq!(cited(&text, stage.span), "management-only");
    }
}

#[test]
fn an_fwsm_passes_nothing_without_a_list() {
    let text = format!("FWSM Version 3.1(1) <context>\n{INTERFACES}");
    let firewall = firewall(&text);
    let stage = entering(&firewall, "inside")[0];
    assert_eq!(towards(&firewall, stage, "outside")[0].0, Action::Deny);
}

#[test]
fn the_release_tells_whose_addresses_a_list_means() {
    let view = |head: &str| {
        let text = format!(
            "{head}{INTERFACES}access-list out permit ip any any\naccess-group out in interface outside\n"
        );
        entering(&firewall(&text), "outside")[0].view
    };
    assert_eq!(view("ASA Version 8.3(1)\n"), AddressView::Real);
    assert_eq!(view("ASA Version 9.12(4)\n"), AddressView::Real);
    assert_eq!(view("ASA Version 8.2(5)\n"), AddressView::Mapped);
    assert_eq!(view("PIX Version 6.3(5)\n"), AddressView::Mapped);
    assert_eq!(view("FWSM Version 4.1(4)\n"), AddressView::Mapped);
    assert_eq!(view(""), AddressView::Unknown);
    assert_eq!(
        view("nat (inside,outside) source dynamic any interface\n"),
        AddressView::Real
    );
    assert_eq!(view("global (outside) 1 interface\n"), AddressView::Mapped);
}

#[test]
fn before_9_0_ipv4_and_ipv6_have_lists_of_their_own() {
    let text = format!(
        "ASA Version 8.4(4)\n{INTERFACES}access-list four extended permit ip any any\nipv6 access-list six permit tcp any any eq smtp\n\
        access-group four in interface outside\naccess-group six in interface outside\n"
    );
    let firewall = firewall(&text);
    let stage = entering(&firewall, "outside")[0];
    let rules = &run(&firewall, stage.filter).rules;
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].source, AddressMatch::One(AddressTerm::Any4));
    assert_eq!(rules[1].source, AddressMatch::One(AddressTerm::Any6));
}

#[test]
fn conduits_open_the_way_to_a_higher_level_and_name_the_destination_first() {
    let text = "PIX Version 6.1(1)\nnameif ethernet0 outside security0\nnameif ethernet1 inside security100\n\
        ip address outside 192.0.2.1 255.255.255.0\nip address inside 10.1.0.1 255.255.0.0\n\
        conduit permit tcp host 192.0.2.10 eq smtp any\nconduit deny icmp any any echo\n";
    let firewall = firewall(text);
    let conduit = filter(&firewall, "conduit");
    assert_eq!(conduit.rules[0].destination, host([192, 0, 2, 10]));
    assert_eq!(conduit.rules[0].source, AddressMatch::Any);
    assert_eq!(conduit.rules[0].service, to_port(Protocol::TCP, 25));
    assert_eq!(conduit.default.action, Action::Return);
    let stage = entering(&firewall, "outside")[0];
    let way = towards(&firewall, stage, "inside");
    assert!(matches!(way[0].0, Action::Jump(_)));
    assert_eq!(way[1].0, Action::Deny);
    let stage = entering(&firewall, "inside")[0];
    assert_eq!(towards(&firewall, stage, "outside")[0].0, Action::Permit);
}

#[test]
fn an_access_group_overrules_the_conduits() {
    let text = "PIX Version 6.3(5)\nnameif ethernet0 outside security0\nnameif ethernet1 inside security100\n\
        conduit permit tcp host 192.0.2.10 eq smtp any\naccess-list out permit tcp any any eq 443\naccess-group out in interface outside\n";
    let firewall = firewall(text);
    assert_eq!(
        run(&firewall, entering(&firewall, "outside")[0].filter).name,
        "out"
    );
}

#[test]
fn outbound_lists_may_deny() {
    let text = "PIX Version 6.1(1)\nnameif ethernet0 outside security0\nnameif ethernet1 inside security100\n\
        outbound 1 deny 10.1.0.0 255.255.0.0 25 tcp\noutbound 1 permit 10.1.0.9 255.255.255.255 25 tcp\napply (inside) 1 outgoing_src\n";
    let firewall = firewall(text);
    let stages = entering(&firewall, "inside");
    let list = run(&firewall, stages.last().expect("a stage").filter);
    assert_eq!(list.rules.len(), 1);
    assert_eq!(list.rules[0].service, to_port(Protocol::TCP, 25));
    assert!(matches!(*list.rules[0].conditions, [Condition::Unknown(_)]));
    assert_eq!(list.default.action, Action::Permit);
}

#[test]
fn authentication_of_traffic_may_stop_it() {
    let text = format!(
        "{INTERFACES}access-list web extended permit tcp any any eq www\naaa authentication match web inside LOCAL\n"
    );
    let firewall = firewall(&text);
    let stage = entering(&firewall, "inside")[0];
    let first = &run(&firewall, stage.filter).rules[0];
    assert_eq!(
        (first.action, &first.service),
        (Action::Deny, &to_port(Protocol::TCP, 80))
    );
    assert!(matches!(*first.conditions, [Condition::Unknown(_)]));
}

#[test]
fn routes_have_their_gateway_and_metric() {
    let text = format!(
        "{INTERFACES}route outside 0.0.0.0 0.0.0.0 192.0.2.254 1\nroute inside 10.0.0.0 255.0.0.0 10.1.0.254 5\nipv6 route outside ::/0 2001:db8::1\n"
    );
    let firewall = firewall(&text);
    let shown: Vec<_> = firewall
        .routes
        .iter()
        .map(|r| {
            (
                r.network.to_string(),
                r.next_hop.map(|h| h.to_string()),
                r.metric,
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("0.0.0.0/0".to_owned(), Some("192.0.2.254".to_owned()), 1),
            ("10.0.0.0/8".to_owned(), Some("10.1.0.254".to_owned()), 5),
            ("::/0".to_owned(), Some("2001:db8::1".to_owned()), 1),
        ]
    );
}

/// Cisco ASA Series Command Reference, "route": packets that match a route to `Null0` are dropped.
#[test]
fn a_route_to_null0_drops_what_it_matches_and_leaves_other_routes_certain() {
    let text = "route Null0 10.9.0.0 255.255.0.0\nroute outside 0.0.0.0 0.0.0.0 192.0.2.254 1\nipv6 route Null0 2001:db8:9::/48\n";
    assert_eq!(states(text), [LineState::Modelled; 3]);
    let firewall = firewall(&format!("{INTERFACES}{text}"));
    assert!(firewall.dynamic_routing.is_empty());
    let null = interface(&firewall, "Null0");
    let swallowed = firewall.routes.iter().filter(|r| r.interface == null);
    let networks: Vec<String> = swallowed.map(|r| r.network.to_string()).collect();
    assert_eq!(networks, ["10.9.0.0/16", "2001:db8:9::/48"]);
    let last = firewall.stages.last().expect("a stage");
    let lost = run(&firewall, last.filter)
        .rules
        .iter()
        .find(|rule| rule.egress == InterfaceMatch::One(null));
    assert_eq!(lost.map(|rule| rule.action), Some(Action::Deny));
    assert!(
        entering(&firewall, "Null0").is_empty(),
        "no access rule is asked for it"
    );
}

#[test]
fn routing_protocols_make_the_way_uncertain() {
    let text = "router ospf 1\n network 10.0.0.0 255.0.0.0 area 0\n";
    let firewall = firewall(&format!("{INTERFACES}{text}"));
    assert_eq!(firewall.dynamic_routing.len(), 1);
    assert_eq!(
        states(text),
        [LineState::NotModelled, LineState::Irrelevant]
    );
}

#[test]
fn a_bridge_group_gives_its_address_to_its_members() {
    let text = "firewall transparent\ninterface GigabitEthernet0/0\n nameif outside\n bridge-group 1\n security-level 0\n\
        interface GigabitEthernet0/1\n nameif inside\n bridge-group 1\n security-level 100\ninterface BVI1\n ip address 10.1.0.1 255.255.255.0\n";
    let firewall = firewall(text);
    assert!(firewall.transparent.is_some());
    assert_eq!(firewall.interfaces.len(), 2);
    for interface in &firewall.interfaces {
        assert_eq!(interface.addresses[0].network.to_string(), "10.1.0.0/24");
    }
}

#[test]
fn crypto_maps_are_tunnels_with_their_packets() {
    let text = format!(
        "{INTERFACES}access-list branch extended permit ip 10.1.0.0 255.255.0.0 10.8.0.0 255.255.0.0\n\
        crypto map outside_map 20 match address branch\ncrypto map outside_map 20 set peer 198.51.100.9\n\
        crypto map outside_map 20 set ikev1 transform-set AES\ncrypto map outside_map interface outside\n\
        ip local pool clients 10.7.0.10-10.7.0.20 mask 255.255.255.0\nwebvpn\n enable outside\n"
    );
    let firewall = firewall(&text);
    let tunnel = &firewall.tunnels[0];
    assert_eq!(tunnel.name, "outside_map 20");
    assert_eq!(
        run(&firewall, tunnel.filter.expect("a list")).name,
        "branch"
    );
    assert_eq!(tunnel.peers[0].to_string(), "198.51.100.9");
    let clients = &firewall.tunnels[1];
    let pool = run(&firewall, clients.filter.expect("a list"));
    assert_eq!(
        pool.rules[0].destination,
        AddressMatch::One(v4([10, 7, 0, 10], [10, 7, 0, 20]))
    );
}

#[test]
fn a_policy_route_leaves_open_what_happens_to_packets_that_enter_there() {
    let text = format!(
        "{INTERFACES}interface GigabitEthernet0/0\n policy-route route-map pbr\n\
        access-list a permit ip any any\naccess-group a in interface outside\n"
    );
    let firewall = firewall(&text);
    let stage = firewall
        .stages
        .iter()
        .find(|stage| stage.label.contains("access-group a"))
        .expect("a stage");
    let filter = &firewall.filters[stage.filter.0 as usize];
    let doubtful = filter
        .rules
        .iter()
        .filter(|rule| !rule.conditions.is_empty());
    assert_eq!(doubtful.count(), 2);
}

#[test]
fn a_stanza_that_is_opened_again_goes_on_and_the_last_statement_wins() {
    let text = format!(
        "{INTERFACES}interface gigabitethernet0/2\n security-level 70\n ip address 10.3.0.1 255.255.255.0\n"
    );
    let firewall = firewall(&text);
    let dmz = &firewall.interfaces[2];
    assert_eq!(dmz.name.value, "dmz");
    assert_eq!(dmz.security_level.map(|level| level.value), Some(70));
    assert_eq!(dmz.addresses.len(), 1);
    assert_eq!(dmz.addresses[0].network.to_string(), "10.3.0.0/24");
}

#[test]
fn a_subinterface_is_shut_with_its_parent() {
    let text = "interface GigabitEthernet0/3\n shutdown\n no nameif\ninterface GigabitEthernet0/3.20\n vlan 20\n nameif web\n\
        security-level 50\n ip address 10.4.0.1 255.255.255.0\ninterface GigabitEthernet0/4.20\n nameif app\n security-level 50\n";
    let firewall = firewall(text);
    let shut = |name: &str| {
        let mut all = firewall.interfaces.iter();
        all.find(|interface| interface.name.value == name)
            .is_some_and(|interface| interface.shutdown.is_some())
    };
    assert!(shut("web") && !shut("app"));
}

#[test]
fn interface_names_are_the_same_in_any_case() {
    let text = format!(
        "{INTERFACES}access-list a permit ip any any\naccess-group a in interface OUTSIDE\n"
    );
    let firewall = firewall(&text);
    assert_eq!(firewall.interfaces.len(), 3);
    assert!(
        firewall
            .stages
            .iter()
            .any(|stage| stage.label.contains("access-group a in interface outside"))
    );
}

#[test]
fn a_transparent_device_with_an_addressed_interface_decides_nothing() {
    let text = format!("{INTERFACES}firewall transparent\naccess-list a permit ip any any\n");
    let firewall = firewall(&text);
    let doubts = firewall
        .filters
        .iter()
        .find(|filter| filter.name == "statements that are not modelled");
    assert_eq!(doubts.map(|filter| filter.rules.len()), Some(2));
}

#[test]
fn a_list_that_users_may_override_is_bound_and_says_so() {
    let text = format!(
        "{INTERFACES}access-list users extended permit ip any any\n\
         access-group users in interface inside per-user-override\n"
    );
    let list = filter(&firewall(&text), "users").span;
    assert_eq!(
        cited(&text, list),
        "access-list users extended permit ip any any"
    );
    let states = states(&text);
    assert!(states.iter().all(|state| *state != LineState::NotModelled));
    assert_eq!(states.last(), Some(&LineState::Modelled));
}
