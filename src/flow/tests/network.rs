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
    assert_eq!((&*by[0].filter_name, by[0].rule), ("outside_in", Some(0)));
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

/// What `outer` answers alone of packets between two addresses, entered where the
/// question says.
fn alone(inside_in: Vec<Rule>, ingress: Option<u32>, from: &str, to: &str) -> Answer {
    let mut device = outer(Vec::new(), Vec::new());
    device
        .filters
        .push(filter("inside_in", inside_in, Action::Deny));
    device.stages[2] = stage(Some(2), None, 3, AddressView::Real);
    device.routes.push(route(2, "10.2.0.0/16", "10.0.0.2"));
    let estate = estate(vec![device], Vec::new(), Vec::new());
    let at = Crossing {
        firewall: crate::estate::FirewallId(0),
        ingress: ingress.map(InterfaceId),
        egress: None,
    };
    let set = |text| IpSet::from(net(text));
    Network::new(&estate).connect(&at, &cubes(&set(from), &set(to), &to_port(25)))
}

#[test]
fn packets_that_were_said_to_come_in_are_judged_also_when_they_go_back_out() {
    let rules = || vec![permit("any", "10.2.0.25", 25)];
    for (from, to, expected) in [
        ("10.0.0.5", "10.2.0.25", Verdict::Permit),
        ("10.0.0.5", "10.2.0.26", Verdict::Deny),
        // Also within one network, and from where the routes do not lead.
        ("10.0.0.5", "10.0.0.6", Verdict::Deny),
        ("198.51.100.9", "10.2.0.26", Verdict::Deny),
        ("198.51.100.9", "10.2.0.25", Verdict::Permit),
    ] {
        let answer = alone(rules(), Some(2), from, to);
        assert_eq!(answer.verdict, expected, "{from} {to}");
        assert_eq!(answer.relation, Relation::Crosses, "{from} {to}");
        assert_eq!(answer.decided_by()[0].filter_name.as_ref(), "inside_in");
    }
}

#[test]
fn what_may_pass_a_firewall_by_is_not_denied_by_it() {
    let rules = || vec![permit("any", "10.2.0.25", 25)];
    let answer = |from, to| alone(rules(), None, from, to);
    assert_eq!(answer("10.0.0.5", "10.2.0.25").verdict, Verdict::Permit);
    let open = answer("10.0.0.5", "10.2.0.26");
    assert_eq!(open.verdict, Verdict::Inconclusive);
    let why = &open.parts[0].reasons[0].text;
    assert!(
        why.contains("both ends lie behind inside of outer"),
        "{why}"
    );
    // Neighbours reach each other without it.
    let near = answer("10.0.0.5", "10.0.0.6");
    assert_eq!(near.verdict, Verdict::Permit);
    assert_eq!(near.relation, Relation::NoneBetween);
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

#[test]
fn a_list_that_denies_is_blamed_before_the_translation() {
    let mut firewall = outer(Vec::new(), Vec::new());
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
    assert_eq!(answer.decided_by()[0].kind, DeciderKind::Default);
}

#[test]
fn a_declared_path_is_taken_in_order_and_names_what_is_missing() {
    use crate::formats::inventory::{Inventory, PathEntry};
    let open = || vec![permit("any", "10.1.0.25", 25)];
    let mut estate = two_in_a_row(open(), Vec::new());
    let mut servers = zone("servers", ZoneClass::Internal, &[(1, 1)]);
    servers.networks = vec![spanned(net("10.1.0.0/24"))];
    estate.zones.push(servers);
    estate.servers[0].addresses[0].zone = Some(crate::estate::ZoneId(1));
    let mut declare = |via: &[&str]| {
        estate.inventory = Some(Inventory {
            paths: vec![PathEntry {
                from: spanned("internet".to_owned()),
                to: spanned("servers".to_owned()),
                via: via.iter().map(|name| spanned((*name).to_owned())).collect(),
                span: span(42),
            }],
            ..Inventory::default()
        });
        ask(&estate, Endpoint::Internet, host(0), 25)
    };
    assert_eq!(declare(&["outer", "inner"]).firewalls.len(), 2);
    let outer_only = declare(&["outer"]);
    assert_eq!(
        (outer_only.verdict, outer_only.firewalls.len()),
        (Verdict::Permit, 1)
    );
    assert!(outer_only.at.contains(&span(42)));
    let missing = declare(&["outer", "core"]);
    assert_eq!(missing.verdict, Verdict::Inconclusive);
    assert!(
        missing.why[0]
            .text
            .starts_with("core is on the declared path")
    );
}

#[test]
fn packets_that_may_come_out_of_a_tunnel_are_not_called_denied() {
    let mut firewall = outer(Vec::new(), Vec::new());
    firewall.filters.push(filter(
        "crypto",
        vec![rule(
            Action::Permit,
            "10.0.0.0/24",
            "198.51.100.0/24",
            ServiceMatch::Any,
        )],
        Action::Deny,
    ));
    firewall.tunnels = vec![Tunnel {
        name: "outside_map 10".to_owned(),
        interface: Some(InterfaceId(0)),
        filter: Some(FilterId(3)),
        peers: Vec::new(),
        filtered: None,
        span: span(70),
    }];
    let estate = estate(
        vec![firewall],
        vec![server("hub1", Role::Hub, "10.0.0.25")],
        Vec::new(),
    );
    let remote = |text| Endpoint::Addresses(IpSet::from(net(text)));
    let inbound = ask(&estate, remote("198.51.100.9"), host(0), 25);
    assert_eq!(inbound.verdict, Verdict::Inconclusive);
    assert!(inbound.why[0].text.contains("outside_map 10"));
    assert_eq!(
        ask(&estate, remote("198.18.0.9"), host(0), 25).verdict,
        Verdict::Deny
    );
    // Unless what comes out of it meets the lists like everything else.
    let mut filtered = estate.clone();
    filtered.firewalls[0].firewall.tunnels[0].filtered = Some(span(71));
    let inbound = ask(&filtered, remote("198.51.100.9"), host(0), 25);
    assert_eq!(inbound.verdict, Verdict::Deny);
    let outbound = ask(&estate, host(0), remote("198.51.100.9"), 25);
    assert_eq!(outbound.verdict, Verdict::Permit);
    let effect = outbound
        .effects
        .iter()
        .find(|e| e.kind == EffectKind::Encrypted);
    assert!(effect.unwrap().certain);
}

#[test]
fn inspections_count_only_for_their_ports_and_packets() {
    let mut firewall = outer(vec![permit("any", "192.0.2.10", 25)], Vec::new());
    firewall.filters.push(filter(
        "selector",
        vec![rule(Action::Permit, "any", "192.0.2.99", ServiceMatch::Any)],
        Action::Deny,
    ));
    let inspect = |filter: Option<FilterId>| Inspection {
        protocol: "esmtp".to_owned(),
        effect: InspectionEffect::StripsStarttls,
        interface: None,
        filter,
        ports: vec![(
            crate::model::net::Protocol::TCP,
            crate::model::net::PortRange::one(25),
        )],
        default: true,
        span: span(80),
        related: vec![span(81)],
    };
    let run = |filter, port| {
        let mut firewall = firewall.clone();
        firewall.filters[0].rules[0].service = ServiceMatch::Any;
        firewall.inspections = vec![inspect(filter)];
        let estate = estate(
            vec![firewall],
            vec![server("edge1", Role::Edge, "192.0.2.10")],
            Vec::new(),
        );
        ask(&estate, Endpoint::Internet, host(0), port)
            .effects
            .len()
    };
    assert_eq!(run(None, 25), 1);
    assert_eq!(run(None, 587), 0);
    assert_eq!(run(Some(FilterId(3)), 25), 0);
}

#[test]
fn a_group_that_contains_itself_is_unknown_and_says_so() {
    let mut firewall = outer(vec![permit("any", "any", 25)], Vec::new());
    let object = |name: &str, id| AddressObject {
        name: name.to_owned(),
        members: vec![
            spanned(AddressTerm::Object(AddressObjectId(id))),
            spanned(net("192.0.2.10").into()),
        ],
        excluded: Vec::new(),
        span: span(60),
    };
    firewall.address_objects = vec![object("first", 1), object("second", 0)];
    firewall.filters[0].rules[0].destination =
        AddressMatch::One(AddressTerm::Object(AddressObjectId(0)));
    let estate = estate(
        vec![firewall],
        vec![server("edge1", Role::Edge, "192.0.2.10")],
        Vec::new(),
    );
    let answer = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(answer.verdict, Verdict::Inconclusive);
    assert!(answer.why[0].text.contains("contains itself"));
}

#[test]
fn routes_in_a_circle_end_with_a_reason() {
    let mut estate = two_in_a_row(
        vec![permit("any", "any", 25)],
        vec![permit("any", "any", 25)],
    );
    // Each sends 10.9.0.0/16 to the other.
    estate.firewalls[0]
        .firewall
        .routes
        .push(route(2, "10.9.0.0/16", "10.0.0.2"));
    estate.firewalls[1]
        .firewall
        .routes
        .push(route(0, "10.9.0.0/16", "10.0.0.1"));
    let lost = Endpoint::Addresses(IpSet::from(net("10.9.0.1")));
    let answer = ask(&estate, Endpoint::Internet, lost, 25);
    assert_eq!(answer.verdict, Verdict::Inconclusive);
    assert!(!answer.why.is_empty());
}

#[test]
fn crossing_ranges_without_end_stay_bounded() {
    // Every rule crosses the earlier ones in all dimensions.
    let rules = (0..20_000u32)
        .map(|n| {
            let mut rule = permit("any", "any", 25);
            let width = 1 << (n % 24);
            let base = n.wrapping_mul(2_654_435_761);
            rule.source = AddressMatch::One(AddressTerm::V4(
                base.saturating_sub(width),
                base.saturating_add(width),
            ));
            rule.destination = AddressMatch::One(AddressTerm::V4(
                base.rotate_left(9).saturating_sub(width),
                base.rotate_left(9).saturating_add(width),
            ));
            let low = (n % 60_000) as u16;
            rule.service = tcp(low, low.saturating_add((n % 977) as u16));
            rule
        })
        .collect();
    let firewall = firewall("wild", vec![filter("wild", rules, Action::Deny)]);
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let parts = engine.evaluate_filter(FilterId(0), &PacketSet::all(), &Context::default());
    let cubes: usize = parts.iter().map(|part| part.packets.cubes().len()).sum();
    assert!(cubes < 200_000);
    let open = parts
        .iter()
        .find(|p| p.outcome.verdict == PartVerdict::Inconclusive);
    assert!(
        open.unwrap().outcome.reasons[0]
            .text
            .contains("too many pieces")
    );
}

#[test]
fn without_connection_tracking_replies_need_a_rule_of_their_own() {
    let run = |dmz_in: Vec<Rule>| {
        let mut firewall = outer(vec![permit("any", "192.0.2.10", 25)], dmz_in);
        firewall.stateful = false;
        let estate = estate(
            vec![firewall],
            vec![server("edge1", Role::Edge, "192.0.2.10")],
            Vec::new(),
        );
        ask(&estate, Endpoint::Internet, host(0), 25).verdict
    };
    let mut established = rule(Action::Permit, "any", "any", ServiceMatch::Any);
    established.state = StateMatch::Established;
    assert_eq!(run(vec![established]), Verdict::Permit);
    assert_eq!(run(Vec::new()), Verdict::Deny);
    // Replies to some of the senders only.
    let some = rule(Action::Permit, "any", "198.51.100.0/24", ServiceMatch::Any);
    assert_eq!(run(vec![some]), Verdict::Partial);
}

#[test]
fn a_firewall_that_nobody_gave_may_stand_in_every_way_that_is_open() {
    let mut estate = estate(
        vec![outer(vec![permit("any", "192.0.2.10", 25)], Vec::new())],
        vec![
            server("edge1", Role::Edge, "192.0.2.10"),
            server("edge2", Role::Edge, "192.0.2.11"),
        ],
        Vec::new(),
    );
    estate.unread_firewalls = vec![spanned("inner".to_owned())];
    let open = ask(&estate, Endpoint::Internet, host(0), 25);
    assert_eq!(open.verdict, Verdict::Inconclusive);
    let reason = "firewall inner is declared, and no configuration of it was read";
    assert!(open.why.iter().any(|why| &*why.text == reason), "{open:?}");
    // What another firewall denies stays denied, whatever the unread one does.
    let closed = ask(&estate, Endpoint::Internet, host(0), 443);
    assert_eq!(closed.verdict, Verdict::Deny);
    assert!(closed.why.iter().all(|why| &*why.text != reason));
}
