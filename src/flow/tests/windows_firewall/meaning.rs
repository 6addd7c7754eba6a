//! What rules mean together: block before allow, bypass, conditions, words.

use super::{ask, firewall, netsh_profiles, netsh_rule, reasons, tcp};

const ON: &str = "BlockInbound,AllowOutbound";

fn with(rules: &[String]) -> crate::model::firewall::Firewall {
    let text = rules.concat() + "Ok.\r\n" + &netsh_profiles("ON", ON);
    firewall(&[("hub1.txt", &text)])
}

#[test]
fn what_no_rule_matches_meets_the_default_of_the_direction() {
    let host = with(&[netsh_rule("SMTP", &[])]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'P');
    assert_eq!(tcp(&host, "10.9.0.1", 445), 'D');
    assert_eq!(ask(&host, "outbound", "10.1.0.11", "10.9.0.1", 6, 445), 'P');
}

#[test]
fn a_block_rule_wins_wherever_it_stands() {
    let allow = netsh_rule("SMTP", &[]);
    let block = netsh_rule(
        "No DMZ",
        &[
            ("Action", "Block"),
            ("RemoteIP", "192.0.2.0/24"),
            ("LocalPort", "Any"),
        ],
    );
    for rules in [[allow.clone(), block.clone()], [block, allow]] {
        let host = with(&rules);
        assert_eq!(tcp(&host, "192.0.2.9", 25), 'D');
        assert_eq!(tcp(&host, "10.9.0.1", 25), 'P');
    }
}

#[test]
fn a_rule_that_bypasses_blocks_does_so_for_authenticated_peers_only() {
    let bypass = netsh_rule(
        "Admins",
        &[("Action", "Bypass"), ("Security", "Authenticate")],
    );
    let block = netsh_rule("No SMTP", &[("Action", "Block")]);
    let host = with(&[block, bypass]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'I');
    assert_eq!(tcp(&host, "10.9.0.1", 26), 'D');
}

#[test]
fn a_rule_that_is_not_enabled_does_nothing() {
    let host = with(&[netsh_rule("SMTP", &[("Enabled", "No")])]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'D');
    assert_eq!(host.filters[0].rules.len(), 1, "it is still there to see");
}

#[test]
fn rules_of_one_name_are_several_rules() {
    let host = with(&[
        netsh_rule("Mail", &[]),
        netsh_rule("Mail", &[("LocalPort", "587")]),
    ]);
    assert_eq!(
        (tcp(&host, "10.9.0.1", 25), tcp(&host, "10.9.0.1", 587)),
        ('P', 'P')
    );
}

#[test]
fn what_a_rule_is_bound_to_makes_it_possible_only() {
    for (label, value) in [
        (
            "+Program",
            "C:\\Program Files\\Microsoft\\Exchange Server\\Bin\\EdgeTransport.exe",
        ),
        ("+Service", "MSExchangeTransport"),
        ("InterfaceTypes", "LAN"),
        ("Security", "Authenticate"),
        ("+Rmtcomputergrp", "D:(A;;CC;;;S-1-5-21-1-2-3-1104)"),
    ] {
        let host = with(&[netsh_rule("SMTP", &[(label, value)])]);
        assert_eq!(tcp(&host, "10.9.0.1", 25), 'I', "{label}");
        assert_eq!(tcp(&host, "10.9.0.1", 26), 'D', "{label} is for one port");
        let host = with(&[netsh_rule("SMTP", &[(label, value), ("Action", "Block")])]);
        assert_eq!(
            tcp(&host, "10.9.0.1", 25),
            'D',
            "a block on top of the default: {label}"
        );
    }
}

#[test]
fn a_line_that_is_not_understood_makes_its_rule_possible_only() {
    let host = with(&[netsh_rule("SMTP", &[("+Weather", "fine")])]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'I');
    assert!(reasons(&host).iter().any(|why| why.contains("Weather")));
}

#[test]
fn a_description_cannot_pose_as_settings() {
    let text = netsh_rule("SMTP", &[]).replace(
        "Enabled:  ",
        "Description:                          Opened for mail.\r\nAction:  Block\r\nRule Name: x\r\nEnabled:  ",
    );
    let host = with(&[text]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'P');
}

#[test]
fn a_listing_that_is_not_verbose_leaves_the_bindings_open() {
    let rule = netsh_rule("SMTP", &[]);
    let short: String = rule
        .split_inclusive("\r\n")
        .filter(|line| {
            !["InterfaceTypes", "Security", "Rule source"]
                .iter()
                .any(|l| line.starts_with(l))
        })
        .collect();
    let host = with(&[short]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'I');
    assert!(
        reasons(&host)
            .iter()
            .any(|why| why.contains("name=all verbose"))
    );
}

#[test]
fn words_for_ports_are_exact_only_where_nothing_else_configures_them() {
    let host = with(&[netsh_rule("Mapper", &[("LocalPort", "RPC-EPMap")])]);
    assert_eq!(
        (tcp(&host, "10.9.0.1", 135), tcp(&host, "10.9.0.1", 136)),
        ('P', 'D')
    );
    let host = with(&[netsh_rule("RPC", &[("LocalPort", "RPC")])]);
    assert_eq!(tcp(&host, "10.9.0.1", 6005), 'I');
    assert!(reasons(&host).iter().any(|why| why.contains("RPC runtime")));
}

#[test]
fn words_for_addresses_leave_every_address_open() {
    let host = with(&[netsh_rule(
        "SMTP",
        &[("RemoteIP", "LocalSubnet,10.9.0.1/32")],
    )]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'P');
    assert_eq!(tcp(&host, "10.9.0.2", 25), 'I');
    assert_eq!(tcp(&host, "10.9.0.2", 26), 'D');
}

#[test]
fn icmp_types_are_lines_of_their_own() {
    let text = netsh_rule("Ping", &[("Protocol", "ICMPv4")])
        .replace("LocalPort:                            25\r\n", "                                      Type    Code\r\n                                      8       Any \r\n                                      3       4   \r\n")
        .replace("RemotePort:                           Any\r\n", "");
    let host = with(&[text]);
    let icmp = |kind: u16, code: u16| {
        ask(
            &host,
            "inbound",
            "10.9.0.1",
            "10.1.0.11",
            1,
            kind << 8 | code,
        )
    };
    assert_eq!(
        (icmp(8, 0), icmp(3, 4), icmp(3, 1), icmp(0, 0)),
        ('P', 'P', 'D', 'D')
    );
    assert_eq!(tcp(&host, "10.9.0.1", 8), 'D');
}

#[test]
fn ports_of_a_rule_without_ports_mean_nothing() {
    let host = with(&[netsh_rule(
        "Ping",
        &[("Protocol", "ICMPv4"), ("LocalPort", "RPC")],
    )]);
    assert_eq!(
        ask(&host, "inbound", "10.9.0.1", "10.1.0.11", 1, 8 << 8),
        'P'
    );
}

#[test]
fn outbound_rules_turn_the_ends_around() {
    let rule = netsh_rule(
        "No web",
        &[
            ("Direction", "Out"),
            ("Action", "Block"),
            ("LocalPort", "Any"),
            ("RemotePort", "80,443"),
            ("RemoteIP", "203.0.113.0/24"),
        ],
    );
    let host = with(&[rule]);
    let out = |to: &str, port| ask(&host, "outbound", "10.1.0.11", to, 6, port);
    assert_eq!(
        (
            out("203.0.113.9", 443),
            out("203.0.113.9", 25),
            out("192.0.2.1", 443)
        ),
        ('D', 'P', 'P')
    );
}

#[test]
fn a_rule_of_an_app_may_be_bound_to_a_package_that_netsh_does_not_show() {
    let host = with(&[netsh_rule(
        "Store",
        &[
            ("Protocol", "Any"),
            ("LocalPort", "Any"),
            ("Grouping", "Microsoft Store"),
        ],
    )]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'I');
    let host = with(&[netsh_rule(
        "All",
        &[("Protocol", "Any"), ("LocalPort", "Any")],
    )]);
    assert_eq!(tcp(&host, "10.9.0.1", 25), 'P');
}

#[test]
fn replies_need_no_rule() {
    assert!(with(&[netsh_rule("SMTP", &[])]).stateful);
}

#[test]
fn a_rule_for_the_ports_of_rpc_opens_what_the_endpoint_mapper_names() {
    use crate::model::firewall::InspectionEffect;
    let text = netsh_rule("RPC", &[("LocalPort", "RPC"), ("RemoteIP", "10.9.0.0/16")])
        + &netsh_rule("Mapper", &[("LocalPort", "RPC-EPMap")])
        + &netsh_profiles("ON", ON);
    let host = firewall(&[("hub1.txt", &text)]);
    let [rpc] = host.inspections.as_slice() else {
        panic!("{:?}", host.inspections);
    };
    assert_eq!(rpc.effect, InspectionEffect::OpensRpc);
    assert_eq!(rpc.filter, super::filter(&host, "inbound rules for RPC"));
    let at_the_mapper = |from| ask(&host, "inbound rules for RPC", from, "10.1.0.11", 6, 135);
    assert_eq!(
        (at_the_mapper("10.9.0.1"), at_the_mapper("10.8.0.1")),
        ('P', 'D')
    );
    assert_eq!(
        (tcp(&host, "10.9.0.1", 135), tcp(&host, "10.9.0.1", 49155)),
        ('P', 'I')
    );
    assert_eq!(tcp(&host, "10.8.0.1", 49155), 'D');

    let bound = text.replace(
        "InterfaceTypes:                       Any",
        "InterfaceTypes:                       LAN",
    );
    let host = firewall(&[("hub1.txt", &bound)]);
    assert_eq!(
        ask(
            &host,
            "inbound rules for RPC",
            "10.9.0.1",
            "10.1.0.11",
            6,
            135
        ),
        'I'
    );
}

#[test]
fn a_rule_that_asks_for_ipsec_leaves_open_only_what_it_is_for() {
    for security in ["Authenticate", "AuthEnc", "AuthDynEnc", "AuthNoEncap"] {
        let text = netsh_rule(
            "Secured",
            &[("Security", security), ("RemoteIP", "10.9.0.0/16")],
        ) + &netsh_profiles("ON", ON);
        let host = firewall(&[("hub1.txt", &text)]);
        assert_eq!(tcp(&host, "10.9.0.1", 25), 'I', "{security}");
        assert_eq!(
            (tcp(&host, "10.8.0.1", 25), tcp(&host, "10.9.0.1", 26)),
            ('D', 'D'),
            "{security}"
        );
    }
}
