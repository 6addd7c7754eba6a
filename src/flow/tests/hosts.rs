//! The firewalls of hosts: first hop of what a server sends, last hop of what
//! it gets, and never between two machines.

use super::build::*;
use crate::estate::{Estate, FirewallId, Role, ServerId};
use crate::flow::*;
use crate::model::firewall::*;
use crate::model::net::{PortRange, Protocol};

fn host_stage(passage: Passage, filter: u32) -> Stage {
    Stage {
        passage,
        ..stage(None, None, filter, AddressView::Real)
    }
}

/// The firewall of `edge1`: what it takes in, and what it sends.
fn edge(inbound: Vec<Rule>, outbound: Vec<Rule>) -> Firewall {
    let mut firewall = firewall(
        "EDGE1",
        vec![
            filter("inbound", inbound, Action::Deny),
            filter("outbound", outbound, Action::Permit),
        ],
    );
    firewall.stages = vec![
        host_stage(Passage::ToHost, 0),
        host_stage(Passage::FromHost, 1),
    ];
    firewall
}

/// A network firewall that lets everything pass between three networks.
fn open_router() -> Firewall {
    let pass = rule(Action::Permit, "any", "any", ServiceMatch::Any);
    let mut firewall = firewall("outer", vec![filter("all", vec![pass], Action::Deny)]);
    firewall.interfaces = vec![
        interface("outside", "203.0.113.1", "203.0.113.0/24", 0),
        interface("dmz", "192.0.2.1", "192.0.2.0/24", 50),
        interface("inside", "10.0.0.1", "10.0.0.0/24", 100),
    ];
    firewall.routes = vec![route(0, "0.0.0.0/0", "203.0.113.254")];
    firewall.stages = vec![stage(None, None, 0, AddressView::Real)];
    firewall
}

fn of(firewalls: Vec<Firewall>) -> Estate {
    let servers = vec![
        server("edge1", Role::Edge, "192.0.2.10"),
        server("edge2", Role::Edge, "192.0.2.11"),
        server("hub1", Role::Hub, "10.0.0.25"),
    ];
    estate(firewalls, servers, Vec::new())
}

fn host(index: u32) -> Endpoint {
    Endpoint::Server(ServerId(index))
}

fn smtp() -> Rule {
    rule(Action::Permit, "any", "any", tcp(25, 25))
}

fn ask(estate: &Estate, from: Endpoint, to: Endpoint, port: u16) -> Answer {
    Network::new(estate).reach(&Query::new(from, to, to_port(port)))
}

#[test]
fn the_firewall_of_the_destination_is_the_last_hop() {
    let estate = of(vec![open_router(), edge(vec![smtp()], Vec::new())]);
    let mail = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(mail.verdict, Verdict::Permit);
    assert_eq!(mail.firewalls, [FirewallId(0), FirewallId(1)]);
    let ldap = ask(&estate, host(2), host(0), 50636);
    assert_eq!(ldap.verdict, Verdict::Deny);
    let by = &ldap.parts[0].by;
    assert_eq!((by.len(), by[0].firewall), (1, FirewallId(1)));
    assert_eq!(ldap.parts[0].seen.last().unwrap().passage, Passage::ToHost);
}

#[test]
fn the_firewall_of_the_source_is_the_first_hop() {
    let no_mail = rule(Action::Deny, "any", "any", tcp(25, 25));
    let estate = of(vec![open_router(), edge(Vec::new(), vec![no_mail])]);
    let out = ask(&estate, host(0), Endpoint::Internet, 25);
    assert_eq!(out.verdict, Verdict::Deny);
    assert_eq!(out.firewalls, [FirewallId(1)]);
    let other = ask(&estate, host(0), Endpoint::Internet, 53);
    assert_eq!(other.verdict, Verdict::Permit);
    assert_eq!(other.firewalls, [FirewallId(1), FirewallId(0)]);
}

#[test]
fn a_server_whose_firewall_is_not_given_has_no_such_hop_and_no_doubt() {
    let estate = of(vec![open_router(), edge(Vec::new(), Vec::new())]);
    let answer = ask(&estate, host(2), host(1), 25);
    assert_eq!(answer.verdict, Verdict::Permit);
    assert_eq!(answer.firewalls, [FirewallId(0)]);
}

#[test]
fn the_firewall_of_a_host_is_never_between() {
    let mut own = edge(vec![smtp()], Vec::new());
    own.interfaces = vec![interface("eth0", "192.0.2.10", "192.0.2.0/24", 0)];
    own.routes = vec![route(0, "0.0.0.0/0", "192.0.2.1")];
    let estate = of(vec![open_router(), own]);
    let network = Network::new(&estate);
    assert!(
        network
            .placements()
            .iter()
            .all(|p| p.firewall == FirewallId(0))
    );
    assert_eq!(network.host_of(FirewallId(1)), Some(ServerId(0)));
    // Two servers of one network: only the host's own firewall is asked.
    let answer = ask(&estate, host(1), host(0), 25);
    assert_eq!(
        (answer.verdict, answer.relation),
        (Verdict::Permit, Relation::NoneBetween)
    );
    assert_eq!(ask(&estate, host(1), host(0), 445).verdict, Verdict::Deny);
}

#[test]
fn a_denial_of_the_host_is_certain_whatever_the_network_does() {
    // No network firewall was given at all.
    let estate = of(vec![edge(vec![smtp()], Vec::new())]);
    assert_eq!(ask(&estate, host(2), host(0), 445).verdict, Verdict::Deny);
    let mail = ask(&estate, host(2), host(0), 25);
    assert_eq!(mail.verdict, Verdict::Inconclusive);
    assert!(!mail.why.is_empty());
}

#[test]
fn the_fqdn_of_a_server_names_its_firewall_too() {
    let mut own = edge(vec![smtp()], Vec::new());
    own.name.value = "edge1.contoso.com".to_owned();
    let mut estate = of(vec![open_router(), own]);
    estate.servers[0].fqdn = Some(spanned("EDGE1.contoso.com".to_owned()));
    assert_eq!(ask(&estate, host(2), host(0), 445).verdict, Verdict::Deny);
}

#[test]
fn a_host_without_connections_must_let_its_replies_out() {
    let replies_from = |outbound: Vec<Rule>| {
        let mut own = edge(vec![smtp()], outbound);
        own.stateful = false;
        let estate = of(vec![open_router(), own]);
        ask(&estate, Endpoint::Internet, host(0), 25)
    };
    assert_eq!(replies_from(Vec::new()).verdict, Verdict::Permit);
    let none = rule(Action::Deny, "any", "any", ServiceMatch::Any);
    let answer = replies_from(vec![none]);
    assert_eq!(answer.verdict, Verdict::Deny);
    assert!(answer.parts[0].replies_denied);
    assert!(answer.why[0].text.contains("drops the replies"));
}

#[test]
fn a_router_filters_packets_for_itself_with_its_own_rules() {
    let mut router = open_router();
    router.filters.push(filter(
        "INPUT",
        vec![rule(Action::Permit, "10.0.0.0/24", "any", tcp(22, 22))],
        Action::Deny,
    ));
    router.stages.push(host_stage(Passage::ToHost, 1));
    let estate = of(vec![router]);
    let own = Endpoint::Addresses(IpSet::from(net("192.0.2.1")));
    assert_eq!(
        ask(&estate, host(2), own.clone(), 22).verdict,
        Verdict::Permit
    );
    assert_eq!(ask(&estate, host(2), own, 25).verdict, Verdict::Deny);
    // Nor is it another's packet for the address that it comes in by.
    let network = Network::new(&estate);
    let at = Crossing {
        firewall: FirewallId(0),
        ingress: Some(InterfaceId(1)),
        egress: None,
    };
    let packets = |port| {
        [Cube::of(&Packet {
            source: "192.0.2.10".parse().expect("an address"),
            destination: "192.0.2.1".parse().expect("an address"),
            protocol: Protocol::TCP,
            source_port: 40000,
            destination_port: port,
        })]
    };
    let answer = network.connect(&at, &packets(25));
    assert_eq!(answer.verdict, Verdict::Deny);
    assert_eq!(answer.relation, Relation::Crosses);
    // What crosses it is another matter.
    assert_eq!(ask(&estate, host(2), host(0), 25).verdict, Verdict::Permit);
}

/// iptables `INPUT` comes after `nat PREROUTING`, `host-inbound-traffic` of an
/// SRX after destination NAT: the rules of the host see the new port.
#[test]
fn a_router_filters_packets_for_itself_after_translation() {
    let mut router = open_router();
    let allowed = rule(Action::Permit, "any", "any", tcp(22, 22));
    router
        .filters
        .push(filter("INPUT", vec![allowed], Action::Deny));
    router.stages.push(host_stage(Passage::ToHost, 1));
    let redirect = |to: &str| NatRule {
        real_interface: None,
        mapped_interface: None,
        service: Some(Box::new(NatService {
            protocol: Protocol::TCP,
            real: PortRange::one(22),
            mapped: PortRange::one(2222),
        })),
        ..nat(NatKind::Destination, (to, 0), ("203.0.113.1", 0))
    };
    for to in ["203.0.113.1", "192.0.2.1"] {
        router.nat.rules = vec![redirect(to)];
        let estate = of(vec![router.clone()]);
        let own = || Endpoint::Addresses(IpSet::from(net("203.0.113.1")));
        let from = || Endpoint::Addresses(IpSet::from(net("198.51.100.7")));
        let verdict = |port| ask(&estate, from(), own(), port).verdict;
        assert_eq!(verdict(2222), Verdict::Permit, "{to}");
        assert_eq!(verdict(22), Verdict::Permit, "{to}");
        assert_eq!(verdict(2223), Verdict::Deny, "{to}");
    }
}

/// Which interface of a server packets use, its rules do not always tell.
#[test]
fn a_host_that_may_translate_decides_nothing_by_untranslated_packets() {
    let mut edge = edge(vec![smtp()], Vec::new());
    edge.interfaces.clear();
    edge.nat.rules = vec![NatRule {
        real_interface: None,
        mapped_interface: None,
        service: Some(Box::new(NatService {
            protocol: Protocol::TCP,
            real: PortRange::one(25),
            mapped: PortRange::one(2525),
        })),
        ..nat(NatKind::Destination, ("192.0.2.10", 0), ("192.0.2.10", 0))
    }];
    let estate = of(vec![open_router(), edge]);
    let verdict = |port| ask(&estate, host(2), host(0), port).verdict;
    assert_eq!(verdict(25), Verdict::Permit);
    assert_eq!(verdict(2525), Verdict::Inconclusive);
    assert_eq!(verdict(2526), Verdict::Deny);
}

#[test]
fn a_server_that_also_routes_is_a_hop_for_its_own_packets_once() {
    let mut router = open_router();
    router.name.value = "edge1".to_owned();
    let no_mail = rule(Action::Deny, "any", "any", tcp(25, 25));
    router
        .filters
        .push(filter("OUTPUT", vec![no_mail], Action::Permit));
    router.stages.push(host_stage(Passage::FromHost, 1));
    let mut estate = of(vec![router]);
    estate.firewalls[0].name = "edge1".to_owned();
    estate.servers[0].addresses[0].ip = "192.0.2.1".parse().unwrap();
    assert_eq!(ask(&estate, host(0), host(2), 25).verdict, Verdict::Deny);
    let other = ask(&estate, host(0), host(2), 443);
    assert_eq!(other.verdict, Verdict::Permit);
    assert_eq!(other.firewalls, [FirewallId(0)]);
}

#[test]
fn the_story_of_a_packet_has_the_host_as_a_step() {
    let estate = of(vec![open_router(), edge(vec![smtp()], Vec::new())]);
    let network = Network::new(&estate);
    let query = Query::new(host(2), host(0), to_port(445));
    let answer = network.trace(&query);
    let stories = network.stories(&answer, &Asked::default());
    let steps = &stories[0].steps;
    assert_eq!(steps.len(), 2);
    assert_eq!(steps[1].passage, Passage::ToHost);
    assert_eq!(steps[1].verdict, PartVerdict::Deny);
    assert!(!steps[1].near.is_empty());
    // The firewall of the host alone.
    let crossing = Crossing {
        firewall: FirewallId(1),
        ingress: None,
        egress: None,
    };
    let packets = |port| {
        let ip = |text| IpSet::from(net(text));
        cubes(&ip("10.0.0.25"), &ip("192.0.2.10"), &to_port(port))
    };
    let ask = |port| {
        network
            .cross(&crossing, &packets(port), ConnectionState::New)
            .verdict
    };
    assert_eq!((ask(25), ask(445)), (Verdict::Permit, Verdict::Deny));
}

#[test]
fn packets_of_a_known_connection_pass_a_stateful_firewall_without_a_rule() {
    let mut router = open_router();
    router.filters[0].rules.clear();
    let ask = |stateful: bool| {
        let mut router = router.clone();
        router.stateful = stateful;
        let estate = of(vec![router]);
        let mut query = Query::new(host(2), host(0), to_port(25));
        query.state = ConnectionState::Established;
        Network::new(&estate).reach(&query)
    };
    let answer = ask(true);
    assert_eq!(answer.verdict, Verdict::Permit);
    assert_eq!(answer.parts[0].by[0].kind, DeciderKind::Connection);
    assert_eq!(ask(false).verdict, Verdict::Deny);
}

#[test]
fn a_declared_link_encrypts_what_passes_between_its_zones() {
    use crate::estate::ZoneClass;
    let inventory = |zones: [&str; 2]| crate::formats::inventory::Inventory {
        encrypted_links: vec![crate::formats::inventory::EncryptedLink {
            between: zones.map(|zone| spanned(zone.to_owned())),
            by: None,
            span: span(80),
        }],
        ..Default::default()
    };
    let mut estate = of(vec![open_router()]);
    let named = |name: &str, network: &str, at: u32| {
        let mut zone = zone(name, ZoneClass::Internal, &[(0, at)]);
        zone.networks = vec![spanned(net(network))];
        zone
    };
    estate.zones = vec![
        named("servers", "10.0.0.0/24", 2),
        named("branch", "192.0.2.0/24", 1),
    ];
    estate.inventory = Some(inventory(["Branch", "servers"]));
    let answer = ask(&estate, host(2), host(0), 25);
    let effect = &answer.effects[0];
    assert_eq!(
        (effect.kind, effect.span),
        (EffectKind::Encrypted, span(80))
    );
    estate.inventory = Some(inventory(["branch", "elsewhere"]));
    assert!(ask(&estate, host(2), host(0), 25).effects.is_empty());
}
