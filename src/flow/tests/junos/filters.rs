//! Stateless firewall filters.

use super::*;

/// A router with two interfaces, and a filter F on the way in.
const ROUTER: &str = "\
set version 12.3R4.6
set system host-name mx1
set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/16
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet filter input F
";

fn asks(terms: &str, question: Question<'_>, state: ConnectionState) -> char {
    let terms = terms.replace("TERM", "set firewall family inet filter F term");
    let firewall = firewall(&format!("{ROUTER}{terms}"));
    passes(&firewall, "ge-0/0/1.0", "ge-0/0/0.0", question, state)
}

fn ask(terms: &str, question: Question<'_>) -> char {
    asks(terms, question, ConnectionState::New)
}

fn to(port: u16) -> Question<'static> {
    tcp("203.0.113.5", "10.1.0.9", port)
}

#[test]
fn a_router_without_filters_forwards() {
    assert!(!firewall(ROUTER).stateful);
    let text = ROUTER.replace(
        "set interfaces ge-0/0/1 unit 0 family inet filter input F\n",
        "",
    );
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", to(25)), 'P');
}

#[test]
fn the_first_matching_term_decides_and_the_rest_is_discarded() {
    let terms = "\
TERM a from protocol tcp
TERM a from destination-port [ smtp 587 ]
TERM a then accept
TERM b from destination-port 587
TERM b then discard
";
    assert_eq!(ask(terms, to(25)), 'P');
    assert_eq!(ask(terms, to(587)), 'P');
    assert_eq!(ask(terms, to(80)), 'D');
}

#[test]
fn a_term_without_a_terminating_action_accepts() {
    assert_eq!(ask("TERM a from destination-port 25\n", to(25)), 'P');
    assert_eq!(
        ask(
            "TERM a from destination-port 25\nTERM a then count c\n",
            to(25)
        ),
        'P'
    );
    assert_eq!(
        ask(
            "TERM a from destination-port 25\nTERM a then policer slow\n",
            to(25)
        ),
        'P'
    );
}

#[test]
fn next_term_goes_on() {
    let terms = "TERM a from destination-port 25\nTERM a then count c\nTERM a then next term\nTERM b then reject\n";
    assert_eq!(ask(terms, to(25)), 'D');
}

#[test]
fn excepted_prefixes_are_the_longest_match() {
    let terms = "\
TERM a from source-address 0.0.0.0/0
TERM a from source-address 203.0.113.0/24 except
TERM a from source-address 203.0.113.5/32
TERM a then accept
";
    assert_eq!(ask(terms, to(25)), 'P');
    assert_eq!(ask(terms, tcp("203.0.113.6", "10.1.0.9", 25)), 'D');
    assert_eq!(ask(terms, tcp("198.51.100.6", "10.1.0.9", 25)), 'P');
}

#[test]
fn prefix_lists_and_apply_path_are_followed() {
    let terms = "\
set policy-options prefix-list mail 203.0.113.0/29
set policy-options prefix-list own apply-path \"interfaces <ge-*> unit <*> family inet address <*>\"
TERM a from source-prefix-list mail
TERM a from destination-prefix-list own
TERM a then accept
";
    assert_eq!(ask(terms, to(25)), 'P');
    assert_eq!(ask(terms, tcp("203.0.113.5", "10.2.0.9", 25)), 'D');
    assert_eq!(ask(terms, tcp("203.0.113.9", "10.1.0.9", 25)), 'D');
    assert_eq!(
        ask(
            "TERM a from source-prefix-list gone\nTERM a then accept\n",
            to(25)
        ),
        'I'
    );
}

#[test]
fn address_and_port_are_for_either_end() {
    let terms = "TERM a from address 203.0.113.0/24\nTERM a from protocol tcp\nTERM a from port 25\nTERM a then accept\n";
    assert_eq!(ask(terms, to(25)), 'P');
    assert_eq!(ask(terms, tcp("10.7.0.1", "203.0.113.7", 25)), 'P');
    assert_eq!(ask(terms, tcp("10.7.0.1", "10.1.0.9", 25)), 'D');
    assert_eq!(ask(&terms.replace("port 25", "port 40000"), to(80)), 'P');
}

#[test]
fn negated_ports_and_protocols() {
    let terms = "TERM a from protocol tcp\nTERM a from destination-port-except [ 25 100-200 ]\nTERM a then accept\n";
    for (port, expected) in [(24, 'P'), (25, 'D'), (26, 'P'), (150, 'D'), (201, 'P')] {
        assert_eq!(ask(terms, to(port)), expected, "{port}");
    }
    let terms = "TERM a from protocol-except [ tcp icmp ]\nTERM a then accept\n";
    assert_eq!(ask(terms, to(25)), 'D');
    assert_eq!(
        ask(terms, ("203.0.113.5", "10.1.0.9", Protocol::UDP, 53)),
        'P'
    );
}

#[test]
fn established_is_for_replies_only() {
    for condition in ["tcp-established", "tcp-flags \"(ack | rst)\""] {
        let terms =
            format!("TERM a from protocol tcp\nTERM a from {condition}\nTERM a then accept\n");
        assert_eq!(ask(&terms, to(25)), 'D', "{condition}");
        assert_eq!(
            asks(&terms, to(25), ConnectionState::Established),
            'P',
            "{condition}"
        );
    }
    let terms = "TERM a from tcp-initial\nTERM a then discard\nTERM b then accept\n";
    assert_eq!(ask(terms, to(25)), 'D');
    assert_eq!(asks(terms, to(25), ConnectionState::Established), 'P');
    assert_eq!(
        ask("TERM a from tcp-flags syn\nTERM a then accept\n", to(25)),
        'I'
    );
}

/// Source: Juniper, "Policy Framework Configuration Guide", "Overview of Protocol
/// Match Conditions": these conditions imply no protocol.
#[test]
fn flags_and_types_without_a_protocol_leave_other_packets_open() {
    let dns = ("203.0.113.5", "10.1.0.9", Protocol::UDP, 53);
    for condition in ["tcp-established", "tcp-initial", "icmp-type echo-request"] {
        let alone = format!("TERM a from {condition}\nTERM a then accept\n");
        assert_eq!(ask(&alone, dns), 'I', "{condition}");
        let protocol = if condition.starts_with("tcp") {
            "tcp"
        } else {
            "icmp"
        };
        let asked = format!("TERM a from protocol {protocol}\n{alone}");
        assert_eq!(ask(&asked, dns), 'D', "{condition}");
    }
    let ports =
        "TERM a from destination-port 53\nTERM a from tcp-established\nTERM a then accept\n";
    assert_eq!(ask(ports, dns), 'I');
    assert_eq!(
        ask(ports, ("203.0.113.5", "10.1.0.9", Protocol::UDP, 54)),
        'D'
    );
    assert_eq!(ask(ports, to(53)), 'D');
    assert_eq!(asks(ports, to(53), ConnectionState::Established), 'P');
}

#[test]
fn terms_for_fragments_and_options_leave_whole_packets_alone() {
    for condition in [
        "is-fragment",
        "first-fragment",
        "fragment-offset 1-8191",
        "ip-options any",
    ] {
        let terms = format!("TERM a from {condition}\nTERM a then discard\nTERM b then accept\n");
        assert_eq!(ask(&terms, to(25)), 'P', "{condition}");
    }
}

#[test]
fn a_condition_that_is_not_modelled_spoils_its_term_only() {
    let terms = "TERM a from dscp ef\nTERM a then discard\nTERM b from destination-port 25\nTERM b then accept\n";
    assert_eq!(ask(terms, to(25)), 'I');
    assert_eq!(ask(terms, to(80)), 'D');
}

#[test]
fn a_deactivated_term_never_matches() {
    let terms = "TERM a then discard\nTERM b then accept\ndeactivate firewall family inet filter F term a\n";
    assert_eq!(ask(terms, to(25)), 'P');
    // Deactivating the only condition widens a term.
    let terms = "TERM a from protocol tcp\nTERM a from source-address 10.0.0.0/8\nTERM a then accept\ndeactivate firewall family inet filter F term a from source-address\n";
    assert_eq!(ask(terms, to(25)), 'P');
}

#[test]
fn a_filter_of_one_family_leaves_the_other_alone() {
    let text = format!("{ROUTER}set firewall family inet filter F term a then discard\n");
    let question = ("2001:db8::5", "2001:db8:1::9", Protocol::TCP, 25);
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", question), 'P');
    let text = format!(
        "{text}set interfaces ge-0/0/1 unit 0 family inet6 filter input SIX\nset firewall family inet6 filter SIX term a from next-header tcp\nset firewall family inet6 filter SIX term a from destination-port 25\nset firewall family inet6 filter SIX term a then accept\n"
    );
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", question), 'P');
    assert_eq!(
        between(
            &text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            ("2001:db8::5", "2001:db8:1::9", Protocol::TCP, 80)
        ),
        'D'
    );
}

#[test]
fn lists_of_filters_run_as_one() {
    let text = "\
set version 12.3R4.6
set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/16
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet filter input-list [ one two ]
set firewall family inet filter one term a from protocol udp
set firewall family inet filter one term a then discard
set firewall family inet filter two term a from destination-port 25
set firewall family inet filter two term a then accept
";
    assert_eq!(between(text, "ge-0/0/1.0", "ge-0/0/0.0", to(25)), 'P');
    assert_eq!(between(text, "ge-0/0/1.0", "ge-0/0/0.0", to(80)), 'D');
    assert_eq!(
        between(
            text,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            ("203.0.113.5", "10.1.0.9", Protocol::UDP, 25)
        ),
        'D'
    );
}

#[test]
fn a_missing_filter_leaves_its_interface_open() {
    assert_eq!(between(ROUTER, "ge-0/0/1.0", "ge-0/0/0.0", to(25)), 'I');
    assert_eq!(
        between(
            ROUTER,
            "ge-0/0/0.0",
            "ge-0/0/1.0",
            tcp("10.1.0.9", "203.0.113.5", 25)
        ),
        'P'
    );
}

#[test]
fn lo0_filters_are_for_the_device_itself() {
    let text = ROUTER.replace(
        "ge-0/0/1 unit 0 family inet filter",
        "lo0 unit 0 family inet filter",
    ) + "set firewall filter F term a then discard\n";
    assert_eq!(between(&text, "ge-0/0/1.0", "ge-0/0/0.0", to(25)), 'P');
    assert!(
        firewall(&text)
            .stages
            .iter()
            .any(|stage| stage.passage == Passage::ToHost)
    );
}

#[test]
fn replies_on_a_firewall_with_filters_need_the_filters_only() {
    let text = format!(
        "{ZONES}set security policies from-zone untrust to-zone trust policy p match source-address any destination-address any application junos-smtp\n\
         set security policies from-zone untrust to-zone trust policy p then permit\n\
         set interfaces ge-0/0/0 unit 0 family inet filter input F\n\
         set firewall family inet filter F term a from source-port 25\nset firewall family inet filter F term a then accept\n"
    );
    let firewall = firewall(&text);
    assert!(!firewall.stateful);
    assert_eq!(
        passes(
            &firewall,
            "ge-0/0/1.0",
            "ge-0/0/0.0",
            to(25),
            ConnectionState::New
        ),
        'P'
    );
    // A reply would come from port 25; this one does not.
    let reply = tcp("10.1.0.9", "203.0.113.5", 40000);
    assert_eq!(
        passes(
            &firewall,
            "ge-0/0/0.0",
            "ge-0/0/1.0",
            reply,
            ConnectionState::Established
        ),
        'D'
    );
}

/// A filter is compiled once as a whole and once as a part of a list: what nothing
/// reads counts in both.
#[test]
fn an_unknown_statement_leaves_a_filter_open_wherever_it_is_used() {
    let terms = "\
set firewall family inet filter F term a from protocol tcp
set firewall family inet filter F term a from destination-port smtp
set firewall family inet filter F term a then accept
set firewall family inet filter F term z then discard
";
    let lists = [
        ROUTER.to_owned(),
        ROUTER.replace("filter input F", "filter input-list [ F F ]"),
    ];
    for router in &lists {
        let known = format!("{router}{terms}set firewall family inet filter F apply-flags omit\n");
        assert_eq!(between(&known, "ge-0/0/1.0", "ge-0/0/0.0", to(25)), 'P');
        assert_eq!(between(&known, "ge-0/0/1.0", "ge-0/0/0.0", to(80)), 'D');
        for unknown in [
            "set firewall family inet filter F frobnicate 7\n",
            "set firewall family inet filter F term a frobnicate 7\n",
        ] {
            let text = format!("{router}{unknown}{terms}");
            assert_eq!(
                between(&text, "ge-0/0/1.0", "ge-0/0/0.0", to(25)),
                'I',
                "{text}"
            );
        }
    }
}

/// A router with a filter that discards mail, and three ports.
const TABLES: &str = "\
set system host-name mx1
set interfaces ge-0/0/0 unit 0 family inet address 192.0.2.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.1.0.1/16
set interfaces irb unit 10 family inet address 10.2.0.1/16
set firewall family inet filter no-mail term mail from protocol tcp
set firewall family inet filter no-mail term mail from destination-port smtp
set firewall family inet filter no-mail term mail then discard
set firewall family inet filter no-mail term rest then accept
";

#[test]
fn the_filter_of_a_forwarding_table_is_for_its_instance() {
    let instance = "set routing-instances blue instance-type virtual-router\n\
                    set routing-instances blue interface ge-0/0/0.0\n\
                    set routing-instances blue interface ge-0/0/1.0\n";
    let answers = |bound: &str| {
        let text = format!("{TABLES}{instance}{bound}");
        [25, 80].map(|port| {
            let packet = tcp("192.0.2.9", "10.1.0.25", port);
            between(&text, "ge-0/0/0.0", "ge-0/0/1.0", packet)
        })
    };
    let filter = "forwarding-options family inet filter input no-mail\n";
    assert_eq!(answers(""), ['P', 'P']);
    assert_eq!(
        answers(&format!("set routing-instances blue {filter}")),
        ['D', 'P']
    );
    // The table of the device is another one.
    assert_eq!(answers(&format!("set {filter}")), ['P', 'P']);
    let text = format!("{TABLES}set {filter}");
    let mail = tcp("192.0.2.9", "10.1.0.25", 25);
    assert_eq!(between(&text, "ge-0/0/0.0", "ge-0/0/1.0", mail), 'D');
}

#[test]
fn the_filter_of_a_vlan_leaves_its_packets_undecided() {
    let vlan = "set vlans users vlan-id 10\nset vlans users l3-interface irb.10\n\
                set firewall family ethernet-switching filter frames term a then discard\n";
    for (bound, inward, outward) in [
        ("vlans users filter input frames", 'I', 'P'),
        ("vlans users filter output frames", 'P', 'I'),
        (
            "vlans users forwarding-options filter input frames",
            'I',
            'P',
        ),
        ("vlans other filter input frames", 'P', 'P'),
    ] {
        let text = format!("{TABLES}{vlan}set {bound}\n");
        assert!(states(&text).contains(&LineState::NotModelled), "{bound}");
        let entering = tcp("10.2.0.9", "10.1.0.25", 25);
        assert_eq!(between(&text, "irb.10", "ge-0/0/1.0", entering), inward);
        let leaving = tcp("10.1.0.25", "10.2.0.9", 25);
        assert_eq!(between(&text, "ge-0/0/1.0", "irb.10", leaving), outward);
        let beside = tcp("192.0.2.9", "10.1.0.25", 25);
        assert_eq!(between(&text, "ge-0/0/0.0", "ge-0/0/1.0", beside), 'P');
    }
    let bridge = "set bridge-domains users routing-interface irb.10\n\
                  set bridge-domains users forwarding-options filter input frames\n";
    let text = format!("{TABLES}{bridge}");
    let entering = tcp("10.2.0.9", "10.1.0.25", 25);
    assert_eq!(between(&text, "irb.10", "ge-0/0/1.0", entering), 'I');
}
