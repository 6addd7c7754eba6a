//! Zones, policies, address books, applications.

use super::*;
use crate::flow::{Lack, RuleRef};

const ANY: &str = "match source-address any destination-address any application any";

#[test]
fn policies_of_the_pair_come_before_global_ones_and_the_default() {
    let text = "\
PAIR policy web match source-address any destination-address any application junos-https
PAIR policy web then deny
set security policies global policy all match source-address any
set security policies global policy all match destination-address any
set security policies global policy all match application [ junos-https junos-smtp ]
set security policies global policy all then permit
";
    assert_eq!(inward(text, tcp("203.0.113.5", "10.1.0.9", 443)), 'D');
    assert_eq!(inward(text, tcp("203.0.113.5", "10.1.0.9", 25)), 'P');
    assert_eq!(inward(text, tcp("203.0.113.5", "10.1.0.9", 80)), 'D');
    let open = format!("{text}set security policies default-policy permit-all\n");
    assert_eq!(inward(&open, tcp("203.0.113.5", "10.1.0.9", 80)), 'P');
}

#[test]
fn traffic_inside_a_zone_needs_a_policy() {
    let text = format!(
        "{ZONES}set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/16\nset security zones security-zone trust interfaces ge-0/0/2.0\n"
    );
    let question = tcp("10.1.0.5", "10.2.0.5", 25);
    assert_eq!(between(&text, "ge-0/0/0.0", "ge-0/0/2.0", question), 'D');
    let text = format!(
        "{text}set security policies from-zone trust to-zone trust policy p match source-address any destination-address any application any\nset security policies from-zone trust to-zone trust policy p then permit\n"
    );
    assert_eq!(between(&text, "ge-0/0/0.0", "ge-0/0/2.0", question), 'P');
}

#[test]
fn an_interface_in_no_zone_passes_nothing_even_with_permit_all() {
    let text = format!(
        "{ZONES}set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/16\nset security policies default-policy permit-all\n"
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/0.0",
            "ge-0/0/2.0",
            tcp("10.1.0.5", "10.2.0.5", 25)
        ),
        'D'
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/2.0",
            "ge-0/0/0.0",
            tcp("10.2.0.5", "10.1.0.5", 25)
        ),
        'D'
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/0.0",
            "ge-0/0/1.0",
            tcp("10.1.0.5", "192.0.2.5", 25)
        ),
        'P'
    );
}

#[test]
fn a_member_without_a_unit_is_its_unit_0() {
    let text = ZONES.replace("trust interfaces ge-0/0/0.0", "trust interfaces ge-0/0/0");
    let firewall = firewall(&text);
    let zoned = firewall
        .interfaces
        .iter()
        .find(|interface| interface.name.value == "ge-0/0/0.0")
        .and_then(|interface| interface.zone.as_ref());
    assert_eq!(zoned.map(|zone| zone.value.as_str()), Some("trust"));
    assert_eq!(firewall.interfaces.len(), 2);
}

#[test]
fn excluded_addresses_negate_the_whole_list() {
    let text = "\
set security address-book global address dns 8.8.4.4/32
set security address-book global address inside 10.0.0.0/8
PAIR policy p match source-address [ dns inside ]
PAIR policy p match source-address-excluded
PAIR policy p match destination-address any application junos-smtp
PAIR policy p then permit
";
    // The row of the reference: 8.8.8.8 to tcp/25 is permitted.
    assert_eq!(inward(text, tcp("8.8.8.8", "10.1.0.9", 25)), 'P');
    assert_eq!(inward(text, tcp("8.8.4.4", "10.1.0.9", 25)), 'D');
    assert_eq!(inward(text, tcp("10.9.0.1", "10.1.0.9", 25)), 'D');
}

#[test]
fn a_scheduler_decides_by_the_reference_date() {
    let with = |dates: &str| {
        format!(
            "PAIR policy p {ANY}\nPAIR policy p then permit\nPAIR policy p scheduler-name s\nset schedulers scheduler s {dates}\n"
        )
    };
    let question = tcp("203.0.113.5", "10.1.0.9", 25);
    assert_eq!(
        inward(
            &with("start-date 2009-10-01.08:00 stop-date 2010-03-31.18:00"),
            question
        ),
        'P'
    );
    assert_eq!(
        inward(
            &with("start-date 2008-10-01.08:00 stop-date 2009-03-31.18:00"),
            question
        ),
        'D'
    );
    assert_eq!(
        inward(
            &with("daily start-time 08:00:00 stop-time 18:00:00"),
            question
        ),
        'I'
    );
    let undefined = format!(
        "PAIR policy p {ANY}\nPAIR policy p then permit\nPAIR policy p scheduler-name gone\n"
    );
    assert_eq!(inward(&undefined, question), 'I');
}

#[test]
fn a_name_in_a_denying_policy_is_unknown_and_never_vanishes() {
    let text = format!(
        "set security address-book global address bad dns-name mail.example.com\n\
         PAIR policy block match source-address bad destination-address any application any\n\
         PAIR policy block then deny\nPAIR policy all {ANY}\nPAIR policy all then permit\n"
    );
    assert_eq!(inward(&text, tcp("203.0.113.5", "10.1.0.9", 25)), 'I');
}

#[test]
fn names_come_from_the_zones_book_before_the_global_one() {
    let text = "\
set security address-book global address host 203.0.113.1/32
set security address-book outer address host 203.0.113.2/32
set security address-book outer attach zone untrust
PAIR policy p match source-address host destination-address any application any
PAIR policy p then permit
";
    assert_eq!(inward(text, tcp("203.0.113.2", "10.1.0.9", 25)), 'P');
    assert_eq!(inward(text, tcp("203.0.113.1", "10.1.0.9", 25)), 'D');
    // A global policy knows the global book only.
    let text = text.replace("PAIR", "set security policies global");
    assert_eq!(inward(&text, tcp("203.0.113.1", "10.1.0.9", 25)), 'P');
    assert_eq!(inward(&text, tcp("203.0.113.2", "10.1.0.9", 25)), 'D');
}

#[test]
fn every_kind_of_address_is_read() {
    let text = "\
set security zones security-zone untrust address-book address old 203.0.113.64/26
set security zones security-zone untrust address-book address-set inner address old
set security zones security-zone untrust address-book address-set outer address-set inner
set security address-book global address range range-address 198.51.100.5 to 198.51.100.7
set security address-book global address holes wildcard-address 203.0.113.1/255.255.0.255
PAIR policy p match source-address [ outer range holes ] destination-address any-ipv4 application any
PAIR policy p then permit
";
    for (source, expected) in [
        ("203.0.113.70", 'P'),
        ("203.0.113.60", 'D'),
        ("198.51.100.7", 'P'),
        ("198.51.100.8", 'D'),
        ("203.0.99.1", 'P'),
        ("203.0.99.2", 'D'),
    ] {
        assert_eq!(
            inward(text, tcp(source, "10.1.0.9", 25)),
            expected,
            "{source}"
        );
    }
}

#[test]
fn an_address_that_is_not_defined_leaves_the_policy_open() {
    let text = format!(
        "PAIR policy p match source-address gone destination-address any application any\nPAIR policy p then permit\nPAIR policy q {ANY}\nPAIR policy q then deny\n"
    );
    assert_eq!(inward(&text, tcp("203.0.113.5", "10.1.0.9", 25)), 'I');
}

#[test]
fn applications_have_terms_source_ports_and_sets() {
    let text = "\
set applications application ldap-gc term a protocol tcp destination-port 389
set applications application ldap-gc term b protocol tcp destination-port 3268-3269
set applications application low protocol udp
set applications application low source-port 0-1023
set applications application low destination-port 5000
set applications application-set inner application ldap-gc
set applications application-set outer application-set inner
set applications application-set outer application junos-smtp
PAIR policy p match source-address any destination-address any application [ outer low ]
PAIR policy p then permit
";
    for (port, expected) in [(389, 'P'), (3269, 'P'), (25, 'P'), (636, 'D')] {
        assert_eq!(
            inward(text, tcp("203.0.113.5", "10.1.0.9", port)),
            expected,
            "{port}"
        );
    }
    // The source port is 40000.
    assert_eq!(
        inward(text, ("203.0.113.5", "10.1.0.9", Protocol::UDP, 5000)),
        'D'
    );
}

#[test]
fn predefined_applications_have_junipers_ports() {
    let asks = |application: &str, question: Question<'_>| {
        let text = format!(
            "PAIR policy p match source-address any destination-address any application {application}\nPAIR policy p then permit\n"
        );
        inward(&text, question)
    };
    let to = |port| tcp("203.0.113.5", "10.1.0.9", port);
    assert_eq!(asks("junos-smtp", to(25)), 'P');
    assert_eq!(asks("junos-smtps", to(587)), 'P');
    assert_eq!(asks("junos-smtps", to(465)), 'D');
    assert_eq!(asks("junos-cifs", to(445)), 'P');
    assert_eq!(asks("junos-imaps", to(993)), 'P');
    assert_eq!(
        asks(
            "junos-sip",
            ("203.0.113.5", "10.1.0.9", Protocol::UDP, 5060)
        ),
        'P'
    );
    assert_eq!(asks("junos-nothing", to(25)), 'I');
    // By UUID: the endpoint mapper itself, and ports that it tells.
    assert_eq!(asks("junos-ms-rpc-msexchange", to(135)), 'P');
    assert_eq!(asks("junos-ms-rpc-msexchange", to(1025)), 'I');
    assert_eq!(
        asks(
            "junos-ms-rpc-msexchange",
            ("203.0.113.5", "10.1.0.9", Protocol(47), 0)
        ),
        'D'
    );
    assert_eq!(asks("junos-ms-rpc-tcp", to(1025)), 'D');
}

#[test]
fn matching_more_than_packets_show_is_a_condition() {
    let question = tcp("203.0.113.5", "10.1.0.9", 25);
    for extra in [
        "PAIR policy p match dynamic-application junos:HTTP\n",
        "PAIR policy p match source-identity staff\n",
        "PAIR policy p match url-category Enhanced_Games\n",
        "PAIR policy p then permit tunnel ipsec-vpn branch\n",
        "PAIR policy p then permit firewall-authentication pass-through\n",
        "PAIR policy p then permit application-services application-firewall rule-set r\n",
        "PAIR policy p match something-new 5\n",
    ] {
        let text = format!("PAIR policy p {ANY}\nPAIR policy p then permit\n{extra}");
        assert_eq!(inward(&text, question), 'I', "{extra}");
    }
    for extra in [
        "PAIR policy p match dynamic-application any\n",
        "PAIR policy p match source-identity any\n",
        "PAIR policy p then permit application-services idp\n",
        "PAIR policy p then log session-init\n",
        "PAIR policy p then count\n",
    ] {
        let text = format!("PAIR policy p {ANY}\nPAIR policy p then permit\n{extra}");
        assert_eq!(inward(&text, question), 'P', "{extra}");
    }
}

#[test]
fn an_unknown_action_decides_nothing() {
    let text = format!("PAIR policy p {ANY}\nPAIR policy p then services-offload\n");
    assert_eq!(inward(&text, tcp("203.0.113.5", "10.1.0.9", 25)), 'I');
}

#[test]
fn a_policy_without_an_address_is_open_since_no_device_commits_it() {
    let text = "PAIR policy p match application any\nPAIR policy p then permit\n";
    assert_eq!(inward(text, tcp("203.0.113.5", "10.1.0.9", 25)), 'I');
}

#[test]
fn global_policies_may_name_zones() {
    let text = "\
set security policies global policy p match from-zone untrust
set security policies global policy p match to-zone [ trust dmz ]
set security policies global policy p match source-address any destination-address any application any
set security policies global policy p then permit
";
    assert_eq!(inward(text, tcp("203.0.113.5", "10.1.0.9", 25)), 'P');
    let text = format!("{ZONES}{text}");
    assert_eq!(
        between(
            &text,
            "ge-0/0/0.0",
            "ge-0/0/1.0",
            tcp("10.1.0.9", "203.0.113.5", 25)
        ),
        'D'
    );
}

#[test]
fn ipv6_is_open_unless_the_mode_is_in_the_file() {
    let policies = format!("PAIR policy p {ANY}\nPAIR policy p then permit\n").replace(
        "PAIR",
        "set security policies from-zone untrust to-zone trust",
    );
    let question = ("2001:db8::5", "2001:db8:1::9", Protocol::TCP, 25);
    let text = format!("{ZONES}{policies}");
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", question), 'P');
    let silent = text.replace(
        "set security forwarding-options family inet6 mode flow-based\n",
        "",
    );
    assert_eq!(between(&silent, "ge-0/0/1.0", "ge-0/0/0.0", question), 'I');
    assert_eq!(
        between(
            &silent,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'P'
    );
    let drop = text.replace("mode flow-based", "mode drop");
    assert_eq!(between(&drop, "ge-0/0/1.0", "ge-0/0/0.0", question), 'D');
}

#[test]
fn the_msrpc_gateway_is_on_until_disabled() {
    let has = |text: &str| {
        firewall(text)
            .inspections
            .iter()
            .any(|inspection| inspection.protocol == "dcerpc")
    };
    assert!(has(ZONES));
    assert!(!has(&format!("{ZONES}set security alg msrpc disable\n")));
}

#[test]
fn a_policy_that_the_end_of_the_file_cuts_is_open() {
    let whole = format!("PAIR policy p {ANY}\nPAIR policy p then permit\n");
    assert_eq!(inward(&whole, tcp("203.0.113.5", "10.1.0.9", 25)), 'P');
    assert_eq!(
        inward(whole.trim_end(), tcp("203.0.113.5", "10.1.0.9", 25)),
        'I'
    );
}

#[test]
fn routing_instances_keep_packets_apart() {
    let text = format!(
        "{ZONES}set security policies default-policy permit-all\nset routing-instances guest instance-type virtual-router\nset routing-instances guest interface ge-0/0/1.0\n"
    );
    assert_eq!(
        between(
            &text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            tcp("203.0.113.5", "10.1.0.9", 25)
        ),
        'I'
    );
}

#[test]
fn definitions_and_uses_are_recorded() {
    let text = format!(
        "{ZONES}set security address-book global address a 10.0.0.1/32\nset security policies from-zone untrust to-zone trust policy p match source-address b destination-address a application junos-smtp\n"
    );
    let firewall = firewall(&text);
    let has = |kind: &str, name: &str, definition: bool| {
        firewall.references.iter().any(|reference| {
            reference.kind == kind && reference.name == name && reference.definition == definition
        })
    };
    assert!(has("address-book entry", "a", true));
    assert!(has("address-book entry", "a", false));
    assert!(has("address-book entry", "b", false));
    assert!(!has("address-book entry", "b", true));
    assert!(has("security-zone", "trust", true));
    assert!(has("application", "junos-smtp", false));
}

#[test]
fn all_interfaces_of_a_zone_are_those_that_no_zone_names() {
    let policies = "set security policies from-zone untrust to-zone trust policy p match source-address any destination-address any application junos-smtp\n\
                    set security policies from-zone untrust to-zone trust policy p then permit\n";
    let mail = tcp("192.0.2.9", "10.1.0.25", 25);
    for zones in [
        ZONES.replace("trust interfaces ge-0/0/0.0", "trust interfaces all"),
        ZONES
            .replace(
                "security-zone trust interfaces ge-0/0/0.0",
                "security-zone a",
            )
            .replace(
                "ge-0/0/1.0\n",
                "ge-0/0/1.0\nset security zones security-zone trust interfaces all\n",
            ),
    ] {
        let text = format!("{zones}{policies}");
        assert_eq!(
            between(&text, "ge-0/0/1.0", "ge-0/0/0.0", mail),
            'P',
            "{text}"
        );
        assert_eq!(between(&text, "ge-0/0/0.0", "ge-0/0/1.0", mail), 'D');
    }
}

const MAIL_IN: &str = "\
set security policies from-zone untrust to-zone trust policy p match source-address any destination-address any application junos-smtp
set security policies from-zone untrust to-zone trust policy p then permit
";

#[test]
fn all_interfaces_of_a_zone_are_not_those_of_the_routing_engine_and_the_cluster() {
    for port in ["fxp0", "em0", "me0", "fab0", "swfab1"] {
        let text = format!(
            "{}set interfaces {port} unit 0 family inet address 10.9.0.1/24\n{MAIL_IN}",
            ZONES.replace("trust interfaces ge-0/0/0.0", "trust interfaces all")
        );
        let unit = format!("{port}.0");
        let mail =
            |egress: &str, to: &str| between(&text, "ge-0/0/1.0", egress, tcp("192.0.2.9", to, 25));
        assert_eq!(mail("ge-0/0/0.0", "10.1.0.25"), 'P');
        assert_eq!(mail(&unit, "10.9.0.25"), 'D', "{port}");
        let firewall = firewall(&text);
        let mut interfaces = firewall.interfaces.iter();
        let found = interfaces.find(|interface| interface.name.value == unit);
        assert_eq!(found.expect("it is there").zone, None);
    }
}

#[test]
fn all_interfaces_of_two_zones_are_open() {
    let text = format!(
        "{}set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/16\n\
         set security zones security-zone dmz interfaces ge-0/0/2.0\n\
         set security zones security-zone other interfaces all\n{MAIL_IN}",
        ZONES.replace("trust interfaces ge-0/0/0.0", "trust interfaces all")
    );
    let mail = tcp("192.0.2.9", "10.1.0.25", 25);
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", mail), 'I');
    assert_eq!(between(&text, "ge-0/0/0.0", "ge-0/0/1.0", mail), 'I');
    // What the two cannot take is decided.
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/2.0", mail), 'D');
    assert_eq!(host(&text, "ge-0/0/0.0", 22), 'I');
    assert!(states(&text).contains(&LineState::NotModelled));
    // Nothing is left for them.
    let named = text.replace(
        "trust interfaces all",
        "trust interfaces ge-0/0/0.0\nset security zones security-zone third interfaces all",
    );
    assert_eq!(between(&named, "ge-0/0/1.0", "ge-0/0/0.0", mail), 'P');
}

/// What a device says to a connection with the address of an interface.
fn host(text: &str, ingress: &str, port: u16) -> char {
    let device = firewall(text);
    let mut interfaces = device.interfaces.iter();
    let own = interfaces.find(|interface| interface.name.value == ingress);
    let own = own.expect("the interface is there").addresses[0].address;
    to_itself(text, ingress, &own.first().to_string(), port)
}

/// What a device says to a connection with one of its addresses.
pub fn to_itself(text: &str, ingress: &str, own: &str, port: u16) -> char {
    query_itself(text, ingress, tcp("10.1.0.25", own, port))
}

/// What a device says to packets for one of its addresses.
pub fn query_itself(text: &str, ingress: &str, question: Question<'_>) -> char {
    let mut firewall = firewall(text);
    for stage in &mut firewall.stages {
        stage.passage = match stage.passage {
            Passage::ToHost => Passage::Transit,
            _ => Passage::FromHost,
        };
    }
    passes(&firewall, ingress, ingress, question, ConnectionState::New)
}

#[test]
fn traffic_to_the_device_over_all_interfaces_of_a_zone() {
    let own = |all: &str| {
        let text = format!(
            "{}set interfaces ge-0/0/2 unit 0 family inet address 10.2.0.1/16\n\
             set security zones security-zone trust interfaces ge-0/0/2.0 host-inbound-traffic system-services https\n\
             set security zones security-zone trust host-inbound-traffic system-services telnet\n",
            ZONES.replace(
                "trust interfaces ge-0/0/0.0",
                &format!("trust interfaces all{all}")
            )
        );
        ["ge-0/0/0.0", "ge-0/0/2.0"]
            .map(|interface| [22, 23, 443].map(|port| host(&text, interface, port)))
    };
    let https = ['D', 'D', 'P'];
    assert_eq!(own(""), [['D', 'P', 'D'], https]);
    assert_eq!(
        own(" host-inbound-traffic system-services ssh"),
        [['P', 'D', 'D'], https]
    );
}

#[test]
fn a_permit_between_other_zones_is_near_for_its_zones_not_for_its_place() {
    let text = format!(
        "{ZONES}\
set security policies from-zone untrust to-zone trust policy web match source-address any destination-address any application junos-http
set security policies from-zone untrust to-zone trust policy web then permit
set security policies from-zone trust to-zone trust policy inside match source-address any destination-address any application any
set security policies from-zone trust to-zone trust policy inside then permit
set security policies default-policy deny-all
"
    );
    let firewall = firewall(&text);
    let root = firewall.stages[0].filter;
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let interface = |index| Some(crate::model::firewall::InterfaceId(index));
    let context = Context {
        ingress: interface(1),
        egress: interface(0),
        ..Context::default()
    };
    let packet = Packet {
        source: "203.0.113.5".parse().expect("an address"),
        destination: "10.1.0.9".parse().expect("an address"),
        protocol: Protocol::TCP,
        source_port: 40000,
        destination_port: 25,
    };
    let denied_by = RuleRef {
        filter: root,
        rule: None,
    };
    let near = engine.near_permits(root, denied_by, &Cube::of(&packet), &context, 4);
    let told: Vec<_> = near
        .iter()
        .map(|near| {
            let name = engine.firewall.filters[near.place.filter.0 as usize]
                .name
                .clone();
            (name, near.lacks.clone(), near.led_elsewhere)
        })
        .collect();
    let pair = |from: &str| format!("from-zone {from} to-zone trust");
    assert!(
        told.contains(&(pair("trust"), vec![Lack::Interface], true)),
        "{told:?}"
    );
    let ports = Lack::DestinationPort("tcp 80".to_owned());
    assert!(
        told.contains(&(pair("untrust"), vec![ports], false)),
        "{told:?}"
    );
}
