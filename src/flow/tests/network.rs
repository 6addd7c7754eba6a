//! Flows over whole firewalls: the ways of ASA and PIX, and two in a row.

use super::build::*;
use crate::estate::{Estate, Role, ServerId, ZoneClass};
use crate::flow::*;
use crate::model::firewall::*;

/// outside (0, the Internet), dmz (1), inside (2); one list per interface.
fn outer(outside_in: Vec<Rule>, dmz_in: Vec<Rule>) -> Firewall {
    let mut firewall = firewall(
        "outer",
        vec![
            filter("outside_in", outside_in, Action::Deny),
            filter("dmz_in", dmz_in, Action::Deny),
            filter(
                "levels",
                vec![rule(Action::Permit, "any", "any", ServiceMatch::Any)],
                Action::Deny,
            ),
        ],
    );
    firewall.interfaces = vec![
        interface("outside", "203.0.113.1", "203.0.113.0/24", 0),
        interface("dmz", "192.0.2.1", "192.0.2.0/24", 50),
        interface("inside", "10.0.0.1", "10.0.0.0/24", 100),
    ];
    firewall.routes = vec![route(0, "0.0.0.0/0", "203.0.113.254")];
    firewall.stages = vec![
        stage(Some(0), None, 0, AddressView::Real),
        stage(Some(1), None, 1, AddressView::Real),
        stage(Some(2), None, 2, AddressView::Real),
    ];
    firewall
}

fn ask(estate: &Estate, from: Endpoint, to: Endpoint, port: u16) -> Answer {
    Network::new(estate).reach(&Query::new(from, to, to_port(port)))
}

fn host(index: u32) -> Endpoint {
    Endpoint::Server(ServerId(index))
}

fn permit(from: &str, to: &str, port: u16) -> Rule {
    rule(Action::Permit, from, to, tcp(port, port))
}

#[test]
fn mail_from_the_internet_reaches_an_edge_that_the_outside_list_names() {
    let estate = estate(
        vec![outer(vec![permit("any", "192.0.2.10", 25)], Vec::new())],
        vec![server("edge1", Role::Edge, "192.0.2.10")],
        Vec::new(),
    );
    let answer = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(answer.verdict, Verdict::Permit);
    assert_eq!(answer.relation, Relation::Crosses);
    let by = answer.decided_by();
    assert_eq!(by.len(), 1);
    assert_eq!(
        (by[0].filter_name.as_str(), by[0].rule),
        ("outside_in", Some(0))
    );
    let witness = answer.witness().unwrap();
    assert_eq!(witness.destination.to_string(), "192.0.2.10");
    assert_eq!(
        (witness.source_port, witness.destination_port),
        (40_000, 25)
    );
    assert!(estate.firewalls.len() == 1 && answer.weak.is_none());
}

#[test]
fn the_default_of_the_list_denies_the_rest_and_is_cited() {
    let estate = estate(
        vec![outer(vec![permit("any", "192.0.2.10", 25)], Vec::new())],
        vec![server("edge1", Role::Edge, "192.0.2.10")],
        Vec::new(),
    );
    let answer = ask(&estate, Endpoint::Internet, host(0), 443);
    assert_eq!(answer.verdict, Verdict::Deny);
    let by = answer.decided_by();
    assert_eq!(by[0].kind, DeciderKind::Default);
    assert_eq!(by[0].label.as_deref(), Some("implicit end of outside_in"));
}

#[test]
fn a_blocked_part_of_the_internet_makes_the_verdict_partial_with_a_witness_for_each() {
    let estate = estate(
        vec![outer(
            vec![
                rule(Action::Deny, "198.51.100.0/24", "any", ServiceMatch::Any),
                permit("any", "192.0.2.10", 25),
            ],
            Vec::new(),
        )],
        vec![server("edge1", Role::Edge, "192.0.2.10")],
        Vec::new(),
    );
    let answer = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(answer.verdict, Verdict::Partial);
    let denied = answer
        .parts
        .iter()
        .find(|p| p.verdict == PartVerdict::Deny)
        .unwrap();
    assert_eq!(denied.witness.unwrap().source.to_string(), "198.51.100.1");
    assert!(denied.packets.describe().contains("198.51.100.0/24"));
}

#[test]
fn a_published_server_is_asked_for_under_its_public_address() {
    for (view, named) in [
        (AddressView::Real, "10.0.0.25"),
        (AddressView::Mapped, "203.0.113.25"),
    ] {
        let mut firewall = outer(vec![permit("any", named, 25)], Vec::new());
        firewall.nat.rules = vec![nat(NatKind::Static, ("10.0.0.25", 2), ("203.0.113.25", 0))];
        for stage in &mut firewall.stages {
            stage.view = view;
        }
        let estate = estate(
            vec![firewall],
            vec![server("hub1", Role::Hub, "10.0.0.25")],
            Vec::new(),
        );
        let answer = ask(&estate, Endpoint::Internet, host(0), 25);
        assert_eq!(answer.verdict, Verdict::Permit, "{view:?}");
        assert_eq!(
            answer.witness().unwrap().destination.to_string(),
            "203.0.113.25"
        );
        assert!(
            answer
                .effects
                .iter()
                .any(|e| e.kind == EffectKind::Translated)
        );
        assert_eq!(
            ask(&estate, Endpoint::Internet, host(0), 80).verdict,
            Verdict::Deny
        );
    }
}

#[test]
fn an_unknown_version_is_inconclusive_only_where_the_readings_differ() {
    let run = |rules: Vec<Rule>| {
        let mut firewall = outer(rules, Vec::new());
        firewall.nat.rules = vec![nat(NatKind::Static, ("10.0.0.25", 2), ("203.0.113.25", 0))];
        for stage in &mut firewall.stages {
            stage.view = AddressView::Unknown;
        }
        let estate = estate(
            vec![firewall],
            vec![server("hub1", Role::Hub, "10.0.0.25")],
            Vec::new(),
        );
        ask(&estate, Endpoint::Internet, host(0), 25).verdict
    };
    assert_eq!(
        run(vec![permit("any", "10.0.0.25", 25)]),
        Verdict::Inconclusive
    );
    assert_eq!(
        run(vec![permit("any", "203.0.113.25", 25)]),
        Verdict::Inconclusive
    );
    assert_eq!(run(vec![permit("any", "any", 25)]), Verdict::Permit);
    assert_eq!(run(Vec::new()), Verdict::Deny);
}

#[test]
fn a_published_port_leads_to_the_real_port_of_the_server() {
    let mut firewall = outer(vec![permit("any", "10.0.0.25", 25)], Vec::new());
    let mut published = nat(NatKind::Static, ("10.0.0.25", 2), ("203.0.113.25", 0));
    published.service = Some(Box::new(NatService {
        protocol: crate::model::net::Protocol::TCP,
        real: crate::model::net::PortRange::one(25),
        mapped: crate::model::net::PortRange::one(2525),
    }));
    firewall.nat.rules = vec![published];
    let estate = estate(
        vec![firewall],
        vec![server("hub1", Role::Hub, "10.0.0.25")],
        Vec::new(),
    );
    let answer = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(answer.verdict, Verdict::Permit);
    assert_eq!(answer.witness().unwrap().destination_port, 2525);
    // Another port is not published: the packets have no address to go to.
    assert_eq!(
        ask(&estate, Endpoint::Internet, host(0), 443).verdict,
        Verdict::Deny
    );
}

#[test]
fn packets_to_a_real_address_fail_the_reverse_path_check() {
    let mut firewall = outer(
        vec![rule(Action::Permit, "any", "any", ServiceMatch::Any)],
        Vec::new(),
    );
    firewall.nat.rules = vec![nat(
        NatKind::Dynamic,
        ("10.0.0.0/24", 2),
        ("203.0.113.1", 0),
    )];
    let estate = estate(
        vec![firewall],
        vec![server("hub1", Role::Hub, "10.0.0.25")],
        Vec::new(),
    );
    let answer = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(answer.verdict, Verdict::Deny);
    assert_eq!(answer.decided_by()[0].kind, DeciderKind::Translation);
    // Outwards the same translation lets packets pass.
    let out = ask(&estate, host(0), Endpoint::Internet, 25);
    assert_eq!(out.verdict, Verdict::Permit);
    assert!(out.effects.iter().any(|e| e.kind == EffectKind::Translated));
}

#[test]
fn nat_control_drops_what_no_translation_matches() {
    let mut firewall = outer(Vec::new(), Vec::new());
    firewall.nat.control = Some(span(7));
    let estate = estate(
        vec![firewall],
        vec![server("hub1", Role::Hub, "10.0.0.25")],
        Vec::new(),
    );
    let answer = ask(&estate, host(0), Endpoint::Internet, 25);
    assert_eq!(answer.verdict, Verdict::Deny);
    assert_eq!(answer.decided_by()[0].kind, DeciderKind::NatControl);
}

/// outer (above) with the inside network towards inner, which has dmz2 (0)
/// towards outer and servers (1).
fn two_in_a_row(outside_in: Vec<Rule>, inner_in: Vec<Rule>) -> Estate {
    let mut first = outer(outside_in, Vec::new());
    first.routes.push(route(2, "10.1.0.0/16", "10.0.0.2"));
    let mut second = firewall(
        "inner",
        vec![
            filter("front_in", inner_in, Action::Deny),
            filter(
                "levels",
                vec![rule(Action::Permit, "any", "any", ServiceMatch::Any)],
                Action::Deny,
            ),
        ],
    );
    second.interfaces = vec![
        interface("front", "10.0.0.2", "10.0.0.0/24", 0),
        interface("servers", "10.1.0.1", "10.1.0.0/24", 100),
    ];
    second.routes = vec![route(0, "0.0.0.0/0", "10.0.0.1")];
    second.stages = vec![
        stage(Some(0), None, 0, AddressView::Real),
        stage(Some(1), None, 1, AddressView::Real),
    ];
    estate(
        vec![first, second],
        vec![
            server("hub1", Role::Hub, "10.1.0.25"),
            server("edge1", Role::Edge, "192.0.2.10"),
            server("mid1", Role::Hub, "10.0.0.77"),
        ],
        vec![zone("internet", ZoneClass::Internet, &[(0, 0)])],
    )
}

#[test]
fn two_firewalls_in_a_row_must_both_permit() {
    let open = || vec![permit("any", "10.1.0.25", 25)];
    let run = |a: Vec<Rule>, b: Vec<Rule>| {
        let estate = two_in_a_row(a, b);
        let answer = ask(&estate, Endpoint::Internet, host(0), 25);
        let blamed = answer.decided_by().first().map(|by| by.firewall.0);
        (answer.verdict, answer.firewalls.len(), blamed)
    };
    assert_eq!(run(open(), open()), (Verdict::Permit, 2, Some(0)));
    assert_eq!(run(Vec::new(), open()), (Verdict::Deny, 1, Some(0)));
    assert_eq!(run(open(), Vec::new()), (Verdict::Deny, 2, Some(1)));
}

#[test]
fn unknown_then_deny_is_deny_and_unknown_then_permit_is_inconclusive() {
    let unknown = || {
        let mut rule = permit("any", "10.1.0.25", 25);
        rule.conditions = Box::new([Condition::Unknown(ReasonId(0))]);
        vec![rule]
    };
    let estate = two_in_a_row(unknown(), Vec::new());
    assert_eq!(
        ask(&estate, Endpoint::Internet, host(0), 25).verdict,
        Verdict::Deny
    );
    let estate = two_in_a_row(unknown(), vec![permit("any", "10.1.0.25", 25)]);
    let answer = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(answer.verdict, Verdict::Inconclusive);
    assert!(!answer.why.is_empty());
}

#[test]
fn only_the_firewall_between_two_networks_is_crossed() {
    let estate = two_in_a_row(Vec::new(), Vec::new());
    // From the network between both firewalls, only inner is on the way.
    let answer = ask(&estate, host(2), host(0), 25);
    assert_eq!(answer.firewalls, vec![crate::estate::FirewallId(1)]);
    // From the perimeter it is outer, then inner.
    let answer = ask(&estate, host(0), host(1), 25);
    assert_eq!(answer.firewalls.len(), 2);
    assert_eq!(answer.verdict, Verdict::Permit);
}

#[test]
fn hosts_behind_one_interface_have_no_given_firewall_between_them() {
    let mut estate = two_in_a_row(Vec::new(), Vec::new());
    estate
        .servers
        .push(server("mbx1", Role::Mailbox, "10.1.0.40"));
    let answer = ask(&estate, host(0), host(3), 135);
    assert_eq!(answer.relation, Relation::NoneBetween);
    assert_eq!(answer.verdict, Verdict::Permit);
    assert_eq!(
        ask(&estate, host(0), host(0), 135).relation,
        Relation::SameHost
    );
}

#[test]
fn a_server_without_address_is_a_question() {
    let mut estate = two_in_a_row(Vec::new(), Vec::new());
    estate.servers[0].addresses.clear();
    let answer = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(answer.verdict, Verdict::Inconclusive);
    assert!(
        answer.why[0]
            .text
            .contains("the address of hub1 is not known")
    );
}
