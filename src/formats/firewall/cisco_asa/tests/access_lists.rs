//! Entries in all their forms.

use super::*;
use crate::model::firewall::{Action, Condition, IcmpMatch};

#[test]
fn an_entry_without_the_word_extended_is_extended() {
    let rule = rule("access-list out permit tcp any host 192.0.2.10 eq smtp\n");
    assert_eq!(rule.action, Action::Permit);
    assert_eq!(rule.source, AddressMatch::Any);
    assert_eq!(rule.destination, host([192, 0, 2, 10]));
    assert_eq!(rule.service, to_port(Protocol::TCP, 25));
    assert!(rule.enabled && !rule.logs && rule.conditions.is_empty());
}

#[test]
fn a_line_number_does_not_change_the_entry() {
    let rule = rule("access-list out line 7 extended deny ip any any\n");
    assert_eq!(
        (rule.action, rule.service),
        (Action::Deny, ServiceMatch::Any)
    );
}

#[test]
fn port_names_are_ciscos_and_not_ianas() {
    for (name, port) in [
        ("kerberos", 750),
        ("cifs", 3020),
        ("citrix-ica", 1494),
        ("sqlnet", 1521),
    ] {
        let text = format!("access-list a extended permit tcp any any eq {name}\n");
        assert_eq!(rule(&text).service, to_port(Protocol::TCP, port), "{name}");
    }
    let rule = rule("access-list a extended permit udp any any eq radius\n");
    assert_eq!(rule.service, to_port(Protocol::UDP, 1645));
}

#[test]
fn every_operator_stands_on_both_sides() {
    let range = |low, high| PortRange::new(low, high).expect("in order");
    for (text, source, destination) in [
        (
            "any gt 1023 any lt 1024",
            PortMatch::Range(range(1024, 65535)),
            PortMatch::Range(range(0, 1023)),
        ),
        (
            "any eq 25 any neq 25",
            PortMatch::Range(range(25, 25)),
            PortMatch::Not(range(25, 25)),
        ),
        (
            "any range 20 ftp any range www 443",
            PortMatch::Range(range(20, 21)),
            PortMatch::Range(range(80, 443)),
        ),
    ] {
        let rule = rule(&format!("access-list a extended permit tcp {text}\n"));
        assert_eq!(
            rule.service,
            ports(Protocol::TCP, source, destination),
            "{text}"
        );
    }
}

#[test]
fn addresses_take_every_form() {
    for (text, expected) in [
        ("any4", AddressMatch::One(AddressTerm::Any4)),
        ("any6", AddressMatch::One(AddressTerm::Any6)),
        (
            "10.1.2.3 255.255.255.0",
            AddressMatch::One(v4([10, 1, 2, 0], [10, 1, 2, 255])),
        ),
        (
            "0.0.0.0 0.0.0.0",
            AddressMatch::One(v4([0, 0, 0, 0], [255, 255, 255, 255])),
        ),
        (
            "10.0.0.5 255.0.0.255",
            AddressMatch::One(AddressTerm::Masked(Box::new((0x0A00_0005, 0xFF00_00FF)))),
        ),
        ("host 10.1.2.3", host([10, 1, 2, 3])),
        (
            "2001:db8:1::/48",
            AddressMatch::One(AddressTerm::V6(Box::new((
                0x2001_0db8_0001_0000_0000_0000_0000_0000,
                0x2001_0db8_0001_ffff_ffff_ffff_ffff_ffff,
            )))),
        ),
    ] {
        let rule = rule(&format!("access-list a extended permit ip {text} any\n"));
        assert_eq!(rule.source, expected, "{text}");
    }
}

#[test]
fn names_stand_wherever_an_address_may() {
    let text = "name 10.1.0.9 exch01\nname 10.2.0.0 branch description a site\n\
        access-list a extended permit tcp branch 255.255.0.0 host exch01 eq smtp\n";
    let rule = rule(text);
    assert_eq!(
        rule.source,
        AddressMatch::One(v4([10, 2, 0, 0], [10, 2, 255, 255]))
    );
    assert_eq!(rule.destination, host([10, 1, 0, 9]));
}

#[test]
fn an_interface_name_is_an_address() {
    let text = format!("{INTERFACES}access-list a extended deny ip any interface outside\n");
    let firewall = firewall(&text);
    let rule = &filter(&firewall, "a").rules[0];
    let AddressMatch::One(AddressTerm::Interface(id)) = rule.destination else {
        panic!("an interface: {:?}", rule.destination)
    };
    assert_eq!(firewall.interfaces[id.0 as usize].name.value, "outside");
}

#[test]
fn a_group_between_the_addresses_is_told_by_its_kind() {
    let groups = "object-group network servers\n network-object host 10.1.0.9\n\
        object-group service high tcp\n port-object range 1024 65535\n";
    let text = format!(
        "{groups}access-list a extended permit tcp any object-group servers object-group high\n"
    );
    let rule = rule(&text);
    assert!(matches!(
        rule.destination,
        AddressMatch::One(AddressTerm::Object(_))
    ));
    let ServiceMatch::One(ServiceTerm::Inline {
        source,
        destination,
        ..
    }) = rule.service
    else {
        panic!("inline")
    };
    assert_eq!(source, PortMatch::Any);
    assert!(matches!(destination, PortMatch::Object(_)));

    let text = format!(
        "{groups}access-list a extended permit tcp any object-group high object-group servers eq 25\n"
    );
    let rule = super::rule(&text);
    assert!(matches!(
        rule.destination,
        AddressMatch::One(AddressTerm::Object(_))
    ));
    let ServiceMatch::One(ServiceTerm::Inline {
        source,
        destination,
        ..
    }) = rule.service
    else {
        panic!("inline")
    };
    assert!(matches!(source, PortMatch::Object(_)));
    assert_eq!(destination, PortMatch::Range(PortRange::one(25)));
}

#[test]
fn groups_that_the_file_does_not_define_are_told_by_their_place() {
    let rule = rule("access-list a extended permit tcp object-group a any object-group b\n");
    assert!(matches!(
        rule.source,
        AddressMatch::One(AddressTerm::Object(_))
    ));
    assert_eq!(rule.destination, AddressMatch::Any);
    let rule = super::rule("access-list a extended permit tcp any object-group p host 10.1.0.9\n");
    assert_eq!(rule.destination, host([10, 1, 0, 9]));
}

#[test]
fn a_protocol_group_keeps_the_ports_of_the_entry() {
    let text = "object-group protocol TCPUDP\n protocol-object udp\n protocol-object tcp\n\
        access-list a extended permit object-group TCPUDP any any eq domain\n";
    let ServiceMatch::One(ServiceTerm::Inline {
        protocol,
        destination,
        ..
    }) = rule(text).service
    else {
        panic!("inline")
    };
    assert!(matches!(protocol, ProtocolMatch::Object(_)));
    assert_eq!(destination, PortMatch::Range(PortRange::one(53)));
}

#[test]
fn a_service_group_or_object_takes_the_place_of_protocol_and_ports() {
    let text = "object service smtps\n service tcp destination eq 465\n\
        object-group service mail\n service-object object smtps\n service-object tcp destination eq smtp\n\
        access-list a extended permit object-group mail any host 192.0.2.10\n\
        access-list a extended permit object smtps any host 192.0.2.10\n";
    for rule in rules(text) {
        assert!(matches!(
            rule.service,
            ServiceMatch::One(ServiceTerm::Object(_))
        ));
        assert_eq!(rule.destination, host([192, 0, 2, 10]));
    }
}

#[test]
fn icmp_has_types_codes_and_groups() {
    let icmp = |protocol, kind, code| {
        ServiceMatch::One(ServiceTerm::Icmp(IcmpMatch {
            protocol,
            kind,
            code,
        }))
    };
    for (text, expected) in [
        ("icmp any any", icmp(Protocol::ICMP, None, None)),
        ("icmp any any echo", icmp(Protocol::ICMP, Some(8), None)),
        (
            "icmp any any unreachable 4",
            icmp(Protocol::ICMP, Some(3), Some(4)),
        ),
        (
            "icmp6 any6 any6 echo",
            icmp(Protocol::ICMP6, Some(128), None),
        ),
    ] {
        let rule = rule(&format!("access-list a extended permit {text} log\n"));
        assert_eq!(rule.service, expected, "{text}");
        assert!(rule.logs && rule.conditions.is_empty(), "{text}");
    }
    let text = "object-group icmp-type pings\n icmp-object echo\n icmp-object echo-reply\n\
        access-list a extended permit icmp any any object-group pings\n";
    assert!(matches!(
        rule(text).service,
        ServiceMatch::One(ServiceTerm::Object(_))
    ));
}

#[test]
fn log_options_and_inactive_are_understood() {
    for (options, logs, enabled) in [
        ("log", true, true),
        ("log disable", false, true),
        ("log emergencies interval 1", true, true),
        ("log 7 interval 600 inactive", true, false),
        ("log default", true, true),
        ("inactive", false, false),
        ("log disable inactive", false, false),
    ] {
        let rule = rule(&format!(
            "access-list a extended permit tcp any any eq 8001 {options}\n"
        ));
        assert_eq!((rule.logs, rule.enabled), (logs, enabled), "{options}");
        assert!(rule.conditions.is_empty(), "{options}");
    }
}

#[test]
fn an_unknown_option_makes_the_entry_uncertain_and_never_removes_it() {
    let text = "access-list a extended permit tcp any any eq 25 established\n";
    let rule = rule(text);
    assert_eq!(rule.service, to_port(Protocol::TCP, 25));
    assert!(matches!(*rule.conditions, [Condition::Unknown(_)]));
    assert_eq!(states(text), [LineState::NotModelled]);
}

#[test]
fn an_entry_that_cannot_be_read_may_match_anything() {
    let text = "access-list a extended deny frobnicate any any\naccess-list a extended permit ip any any\n";
    let rules = rules(text);
    assert_eq!(rules.len(), 2);
    assert_eq!(
        (rules[0].action, &rules[0].source),
        (Action::Deny, &AddressMatch::Any)
    );
    assert!(matches!(*rules[0].conditions, [Condition::Unknown(_)]));
    assert_eq!(states(text)[0], LineState::NotModelled);
}

#[test]
fn users_and_security_groups_are_conditions() {
    for text in [
        "permit tcp user CONTOSO\\ann any host 10.1.0.9 eq 443",
        "permit tcp user-group CONTOSO\\\\staff any host 10.1.0.9 eq 443",
        "permit tcp security-group name web any security-group tag 7 host 10.1.0.9 eq 443",
        "permit tcp object-group-user vip any host 10.1.0.9 eq 443",
    ] {
        let rule = rule(&format!("access-list a extended {text}\n"));
        assert_eq!(rule.destination, host([10, 1, 0, 9]), "{text}");
        assert_eq!(rule.service, to_port(Protocol::TCP, 443), "{text}");
        assert!(
            rule.conditions
                .iter()
                .all(|c| matches!(c, Condition::Unknown(_)))
        );
        assert!(!rule.conditions.is_empty(), "{text}");
    }
}

#[test]
fn time_ranges_become_schedules() {
    let text = "time-range project\n absolute start 08:00 01 January 2009 end 18:30 31 March 2009\n\
        time-range nights\n periodic daily 20:00 to 23:59\n\
        access-list a extended permit tcp any any eq 25 time-range project\n\
        access-list a extended permit tcp any any eq 26 time-range nights\n\
        access-list a extended permit tcp any any eq 27 time-range nowhere\n";
    let rules = rules(text);
    let [Condition::Schedule(project)] = &*rules[0].conditions else {
        panic!("a schedule")
    };
    assert_eq!(project.start.as_deref(), Some("2009-01-01T08:00"));
    assert_eq!(project.end.as_deref(), Some("2009-03-31T18:30"));
    assert!(!project.periodic);
    let [Condition::Schedule(nights)] = &*rules[1].conditions else {
        panic!("a schedule")
    };
    assert!(nights.periodic);
    assert!(matches!(*rules[2].conditions, [Condition::Unknown(_)]));
}

#[test]
fn a_standard_list_selects_and_does_not_filter() {
    let text = "access-list split standard permit 10.1.0.0 255.255.0.0\naccess-list split standard permit host 10.2.0.9\n";
    let firewall = firewall(text);
    let split = filter(&firewall, "split");
    assert!(!split.filters_traffic);
    assert_eq!(split.rules.len(), 2);
    assert_eq!(split.rules[1].destination, host([10, 2, 0, 9]));
}

#[test]
fn ethertype_and_webtype_lists_are_irrelevant_with_a_reason() {
    let text = "access-list bridge ethertype permit bpdu\naccess-list web webtype permit url https://owa.contoso.com\n";
    let document = read(text);
    assert_eq!(document.ledger.states(), [LineState::Irrelevant; 2]);
    assert_eq!(document.ledger.notes().len(), 2);
}

#[test]
fn remarks_are_no_rules() {
    let text = "access-list a remark permit ip any any\naccess-list a extended deny ip any any\n";
    assert_eq!(rules(text).len(), 1);
    assert_eq!(states(text), [LineState::Irrelevant, LineState::Modelled]);
}

#[test]
fn an_ipv6_list_matches_ipv6_only() {
    let rule = rule("ipv6 access-list six permit tcp any host 2001:db8::10 eq smtp\n");
    assert_eq!(rule.source, AddressMatch::One(AddressTerm::Any6));
}

#[test]
fn the_default_of_a_list_is_a_citable_deny_at_its_last_line() {
    let text = "access-list a extended permit tcp any any eq 25\naccess-list a extended permit tcp any any eq 26\n";
    let firewall = firewall(text);
    let list = filter(&firewall, "a");
    assert_eq!(list.default.action, Action::Deny);
    assert!(list.default.label.contains("implicit deny"));
    assert!(cited(text, list.default.span).ends_with("eq 26"));
    assert!(
        cited(text, list.rules[0].span)
            .starts_with("access-list a extended permit tcp any any eq 25")
    );
}

#[test]
fn an_advanced_entry_of_threat_defense_is_uncertain() {
    let text = format!(
        "{INTERFACES}access-list CSM advanced permit tcp ifc outside any ifc inside host 10.1.0.9 eq https rule-id 268434432 event-log both\n"
    );
    let firewall = firewall(&text);
    let rule = &filter(&firewall, "CSM").rules[0];
    assert_eq!(rule.destination, host([10, 1, 0, 9]));
    assert!(!rule.ingress.is_any() && !rule.egress.is_any());
    assert!(matches!(*rule.conditions, [Condition::Unknown(_)]));
}

#[test]
fn a_list_that_selects_for_something_else_is_no_packet_filter() {
    let text = "access-list unused extended permit ip any any\naccess-list nonat extended permit ip any any\n\
        access-list split extended permit ip any any\naccess-list maps extended permit ip any any\n\
        nat (inside) 0 access-list nonat\ngroup-policy vpn attributes\n split-tunnel-network-list value split\n\
        route-map r permit 10\n match ip address maps\n";
    let firewall = firewall(text);
    let filters = |name| filter(&firewall, name).filters_traffic;
    assert!(
        filters("unused"),
        "nothing uses it, so it was meant to filter"
    );
    assert!(!filters("nonat") && !filters("split") && !filters("maps"));
}

#[test]
fn a_port_condition_that_is_cut_is_unknown_and_never_any_port() {
    for end in ["eq", "range 20", "range", "neq", "object-group"] {
        let text = format!("access-list a extended permit tcp any host 10.1.2.3 {end}\n");
        let rule = rule(&text);
        assert_eq!(rule.destination, host([10, 1, 2, 3]), "{end}");
        let ServiceMatch::One(ServiceTerm::Inline { destination, .. }) = rule.service else {
            panic!("{end}");
        };
        assert!(matches!(destination, PortMatch::Unknown(_)), "{end}");
        assert_eq!(
            states(&text).first(),
            Some(&LineState::NotModelled),
            "{end}"
        );
    }
}

#[test]
fn an_entry_that_the_next_line_may_complete_may_match_anything() {
    for next in [" eq https", "eq https", "3", " time-range night"] {
        let text = format!("access-list a extended permit tcp any host 10.1.2.3\n{next}\n");
        let rule = rule(&text);
        assert!(
            matches!(*rule.conditions, [Condition::Unknown(_)]),
            "{next}"
        );
        assert!(states(&text).contains(&LineState::NotModelled), "{next}");
    }
}

#[test]
fn the_last_entry_of_a_file_without_an_end_may_be_cut_off() {
    let text = "access-list a extended deny tcp any host 10.1.2.3";
    assert!(matches!(*rule(text).conditions, [Condition::Unknown(_)]));
    assert_eq!(read(text).problems.len(), 1);
    for whole in [format!("{text}\n"), format!(": Saved\n: end\n{text}")] {
        assert!(rule(&whole).conditions.is_empty());
    }
}

#[test]
fn an_address_without_a_mask_is_unknown_and_not_a_host() {
    for text in ["ip any 10.20.0.0", "ip any 10.20.0.0 log"] {
        let text = format!("access-list a extended deny {text}\n");
        assert!(matches!(
            rule(&text).destination,
            AddressMatch::One(AddressTerm::Unknown(_))
        ));
        assert_eq!(states(&text).first(), Some(&LineState::NotModelled));
    }
    let group = "object-group network g\n network-object 10.1.0.0\n";
    let firewall = firewall(&format!(
        "{group}access-list a deny ip any object-group g\n"
    ));
    let member = &firewall.address_objects[0].members[0];
    assert!(matches!(member.value, AddressTerm::Unknown(_)));
}

#[test]
fn an_entry_with_a_line_number_is_inserted_at_that_line() {
    let text = "\
access-list a remark mail
access-list a extended permit tcp any any eq 25
access-list a extended permit ip any any
access-list a line 3 extended deny tcp any any eq 80
access-list a line 1 extended deny tcp any any eq 443
access-list a line 99 extended deny ip any any
";
    let found: Vec<_> = rules(text)
        .iter()
        .map(|rule| cited(text, rule.span))
        .collect();
    assert_eq!(
        found,
        [
            "access-list a line 1 extended deny tcp any any eq 443",
            "access-list a extended permit tcp any any eq 25",
            "access-list a line 3 extended deny tcp any any eq 80",
            "access-list a extended permit ip any any",
            "access-list a line 99 extended deny ip any any",
        ]
    );
    assert!(
        states(text)
            .iter()
            .all(|state| !matches!(state, LineState::Unrecognised | LineState::NotModelled))
    );
}

#[test]
fn an_entry_that_the_list_has_already_is_a_repeat() {
    let text = "\
access-list a extended permit tcp any any eq 25
access-list a extended deny ip any any
access-list a line 1 extended permit tcp any any eq 25
access-list a line 1 extended deny ip any any
access-list a line 7 extended deny udp any any eq 53 (hitcnt=4) 0x1a2b3c4d
";
    assert_eq!(rules(text).len(), 2);
}

#[test]
fn a_list_of_numbered_entries_without_hit_counts_is_a_script() {
    let text = "\
access-list a line 1 extended permit ip any any
access-list a line 1 extended deny tcp any any eq 25
";
    let rules = rules(text);
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].action, Action::Deny);
}

#[test]
fn an_abbreviated_command_is_the_command() {
    let text =
        "access-l a ext deny tcp any any eq smtp\naccess-list a extended permit ip any any\n";
    let rules = rules(text);
    assert_eq!(rules.len(), 2);
    assert_eq!(rules[0].action, Action::Deny);
    assert_eq!(rules[0].service, to_port(Protocol::TCP, 25));
}

#[test]
fn a_line_that_may_carry_policy_and_cannot_be_read_leaves_everything_open() {
    for line in [
        "acces a permit ip any any",
        "object-g net x",
        "static nothing",
    ] {
        let text = format!("{INTERFACES}{line}\naccess-list a permit ip any any\n");
        let firewall = firewall(&text);
        let doubts = firewall
            .filters
            .iter()
            .find(|filter| filter.name == "statements that are not modelled");
        let rules = &doubts.expect("the doubt is there").rules;
        let actions: Vec<_> = rules.iter().map(|rule| rule.action).collect();
        assert_eq!(actions, [Action::Permit, Action::Deny], "{line}");
        assert!(!states(&text).contains(&LineState::Unrecognised), "{line}");
    }
    let rules = rules("access-list a\naccess-list a permit ip any any\n");
    assert_eq!(rules.len(), 3);
    assert!(rules[..2].iter().all(|rule| !rule.conditions.is_empty()));
}
