//! Order, defaults, negations, objects, what is not told.

use super::*;

const SMTP: (&str, &str, Protocol, u16) = ("10.1.0.5", "192.0.2.9", Protocol::TCP, 25);

fn answer(lines: &str) -> char {
    between(&one(lines), "port1", "port2", SMTP)
}

#[test]
fn a_policy_permits_what_it_names_and_policy_0_drops_the_rest() {
    assert_eq!(answer(""), 'P');
    for other in [
        tcp("10.1.0.6", "192.0.2.9", 25),
        tcp("10.1.0.5", "192.0.2.8", 25),
        tcp("10.1.0.5", "192.0.2.9", 26),
    ] {
        assert_eq!(between(&one(""), "port1", "port2", other), 'D');
    }
    assert_eq!(between(&one(""), "port3", "port2", SMTP), 'D');
}

#[test]
fn a_policy_without_an_action_denies() {
    assert_eq!(answer("        unset action\n"), 'D');
}

#[test]
fn a_disabled_policy_and_one_that_is_never_in_force_do_nothing() {
    assert_eq!(answer("        set status disable\n"), 'D');
    assert_eq!(answer("        set schedule \"none\"\n"), 'D');
}

#[test]
fn negations_turn_the_answer() {
    assert_eq!(answer("        set srcaddr-negate enable\n"), 'D');
    assert_eq!(answer("        set dstaddr-negate enable\n"), 'D');
    assert_eq!(answer("        set service-negate enable\n"), 'D');
    let text = one("        set srcaddr-negate enable\n");
    let other = tcp("10.1.0.6", "192.0.2.9", 25);
    assert_eq!(between(&text, "port1", "port2", other), 'P');
}

#[test]
fn users_names_and_internet_services_leave_a_permit_open() {
    assert_eq!(answer("        set groups \"staff\"\n"), 'I');
    assert_eq!(answer("        set srcaddr \"named\"\n"), 'I');
    assert_eq!(
        answer("        set internet-service enable\n        set internet-service-name \"x\"\n"),
        'I'
    );
    assert_eq!(answer("        set invented-word yes\n"), 'I');
}

#[test]
fn a_name_in_a_deny_leaves_what_follows_open() {
    let text = format!(
        "{BASE}config firewall policy\nedit 9\nset srcintf any\nset dstintf any\nset srcaddr all\nset dstaddr named\nset service ALL\nnext\nedit 2\nset srcintf any\nset dstintf any\nset srcaddr all\nset dstaddr all\nset action accept\nset service ALL\nnext\nend\n"
    );
    assert_eq!(between(&text, "port1", "port2", SMTP), 'I');
}

#[test]
fn the_order_is_that_of_the_file_and_move_changes_it() {
    let rules = "config firewall policy\nedit 9\nset srcintf any\nset dstintf any\nset srcaddr all\nset dstaddr all\nset action accept\nset service ALL\nnext\nedit 2\nset srcintf any\nset dstintf any\nset srcaddr all\nset dstaddr all\nset service ALL\nnext\n";
    assert_eq!(
        between(&format!("{BASE}{rules}end\n"), "port1", "port2", SMTP),
        'P'
    );
    let moved = format!("{BASE}{rules}move 9 after 2\nend\n");
    assert_eq!(between(&moved, "port1", "port2", SMTP), 'D');
    let deleted = format!("{BASE}{rules}delete 9\nend\n");
    assert_eq!(between(&deleted, "port1", "port2", SMTP), 'D');
}

#[test]
fn excluded_members_are_not_in_the_group() {
    let text = one("        set dstaddr \"g\"\n").replace(
        "config firewall policy",
        "config firewall addrgrp\nedit g\nset member edge\nset exclude enable\nset exclude-member edge\nnext\nend\nconfig firewall policy",
    );
    assert_eq!(between(&text, "port1", "port2", SMTP), 'D');
}

#[test]
fn a_zone_is_its_members_and_passes_nothing_inside_unless_it_says_so() {
    let zone =
        "config system zone\nedit z\nset interface port1 port3\nnext\nend\nconfig firewall policy";
    let text = one("        set srcintf \"z\"\n").replace("config firewall policy", zone);
    assert_eq!(between(&text, "port3", "port2", SMTP), 'P');
    let inside = tcp("10.1.0.5", "10.3.0.5", 25);
    assert_eq!(between(&text, "port1", "port3", inside), 'D');
    let open = text.replace(
        "set interface port1",
        "set intrazone allow\nset interface port1",
    );
    assert_eq!(between(&open, "port1", "port3", inside), 'P');
}

#[test]
fn ports_are_written_destination_first() {
    let custom = |ports: &str| {
        one("        set service \"s\"\n").replace(
            "config firewall policy",
            &format!("config firewall service custom\nedit s\nset tcp-portrange {ports}\nnext\nend\nconfig firewall policy"),
        )
    };
    assert_eq!(
        between(&custom("25:1024-65535"), "port1", "port2", SMTP),
        'P'
    );
    assert_eq!(
        between(&custom("1024-65535:25"), "port1", "port2", SMTP),
        'D'
    );
    assert_eq!(between(&custom("110 25"), "port1", "port2", SMTP), 'P');
}

#[test]
fn omitted_and_written_defaults_mean_the_same() {
    let full = "        set status enable\n        set srcaddr-negate disable\n        set dstaddr-negate disable\n        set service-negate disable\n        set internet-service disable\n        set utm-status disable\n        set nat disable\n        set logtraffic utm\n        unset groups\n";
    let (short, long) = (firewall(&one("")), firewall(&one(full)));
    let bare = |firewall: &Firewall| {
        let filter = firewall.stages.first().expect("a stage").filter;
        let rules = &firewall.filters[filter.0 as usize].rules;
        rules
            .iter()
            .map(|rule| {
                (
                    rule.action,
                    rule.enabled,
                    rule.source.clone(),
                    rule.service.clone(),
                    rule.conditions.clone(),
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(bare(&short), bare(&long));
}

#[test]
fn a_file_without_policies_decides_nothing() {
    assert_eq!(between(BASE, "port1", "port2", SMTP), 'I');
}

#[test]
fn a_file_that_ends_in_its_policies_leaves_the_rest_open() {
    let text = one("");
    let cut = text.trim_end().trim_end_matches("end");
    let other = tcp("10.1.0.6", "192.0.2.9", 25);
    assert_eq!(between(cut, "port1", "port2", other), 'I');
    assert_eq!(between(cut, "port1", "port2", SMTP), 'P');
}

/// A policy to an SD-WAN zone instead of port2.
fn through_sdwan(section: &str, zone: &str) -> String {
    let text = one("").replace("set dstintf \"port2\"", &format!("set dstintf \"{zone}\""));
    text.replace(
        "config firewall policy",
        &format!("{section}config firewall policy"),
    )
}

#[test]
fn a_zone_of_sdwan_is_its_members() {
    let named = "config system sdwan\nset status enable\nconfig zone\nedit \"virtual-wan-link\"\nnext\nedit \"wan-zone\"\nnext\nend\nconfig members\nedit 1\nset interface \"port2\"\nset zone \"wan-zone\"\nnext\nend\nend\n";
    let text = through_sdwan(named, "wan-zone");
    assert_eq!(between(&text, "port1", "port2", SMTP), 'P');
    assert_eq!(between(&text, "port1", "port3", SMTP), 'D');
    let other = through_sdwan(named, "virtual-wan-link");
    assert_eq!(between(&other, "port1", "port2", SMTP), 'D');
}

#[test]
fn members_without_a_zone_belong_to_the_virtual_wan_link() {
    for section in ["system sdwan", "system virtual-wan-link"] {
        let members = format!(
            "config {section}\nset status enable\nconfig members\nedit 1\nset interface \"port2\"\nnext\nend\nend\n"
        );
        let text = through_sdwan(&members, "virtual-wan-link");
        assert_eq!(between(&text, "port1", "port2", SMTP), 'P', "{section}");
        assert_eq!(between(&text, "port1", "port3", SMTP), 'D', "{section}");
    }
}

#[test]
fn a_country_in_a_deny_leaves_what_follows_open() {
    let country = "config firewall address\nedit \"abroad\"\nset type geography\nset country \"XX\"\nnext\nend\n";
    let policies = "config firewall policy\nedit 9\nset srcintf any\nset dstintf any\nset srcaddr abroad\nset dstaddr all\nset service ALL\nset schedule always\nnext\nedit 2\nset srcintf any\nset dstintf any\nset srcaddr all\nset dstaddr all\nset action accept\nset service ALL\nset schedule always\nnext\nend\n";
    let text = format!("{BASE}{country}{policies}");
    let mail = tcp("198.51.100.7", "192.0.2.9", 25);
    assert_eq!(between(&text, "port1", "port2", mail), 'I');
    let without = text.replace("set srcaddr abroad", "set srcaddr hub");
    assert_eq!(between(&without, "port1", "port2", mail), 'P');
}

/// Private addresses have the country `Reserved`, which is `ZZ`.
#[test]
fn no_private_address_is_in_a_country() {
    let country = "config firewall address\nedit \"abroad\"\nset type geography\nset country \"DE\"\nnext\nend\nconfig firewall addrgrp\nedit \"far\"\nset member \"abroad\"\nnext\nend\n";
    let policies = "config firewall policy\nedit 9\nset srcintf any\nset dstintf any\nset srcaddr far\nset dstaddr all\nset service ALL\nset schedule always\nnext\nedit 2\nset srcintf any\nset dstintf any\nset srcaddr all\nset dstaddr all\nset action accept\nset service ALL\nset schedule always\nnext\nend\n";
    let text = format!("{BASE}{country}{policies}");
    for (from, answer) in [
        ("10.1.0.5", 'P'),
        ("172.31.255.255", 'P'),
        ("192.168.1.1", 'P'),
        ("172.32.0.1", 'I'),
        ("198.51.100.7", 'I'),
    ] {
        let mail = tcp(from, "192.0.2.9", 25);
        assert_eq!(between(&text, "port1", "port2", mail), answer, "{from}");
    }
    let reserved = text.replace("country \"DE\"", "country \"ZZ\"");
    assert_eq!(between(&reserved, "port1", "port2", SMTP), 'I');
    let moved = format!(
        "{text}config system geoip-override\nedit \"lab\"\nset country-id \"DE\"\nconfig ip-range\nedit 1\nset start-ip 10.0.0.0\nset end-ip 10.255.255.255\nnext\nend\nnext\nend\n"
    );
    assert_eq!(between(&moved, "port1", "port2", SMTP), 'I');
}

#[test]
fn policies_of_ipv6_say_nothing_about_ipv4() {
    let text = format!(
        "{BASE}config firewall policy\nedit 1\nset srcintf port1\nset dstintf port2\nset srcaddr6 all\nset dstaddr6 all\nset action accept\nset schedule always\nset service SMTP\nnext\nend\n"
    );
    let six = tcp("2001:db8:1::5", "2001:db8:2::9", 25);
    assert_eq!(between(&text, "port1", "port2", six), 'P');
    assert_eq!(between(&text, "port1", "port2", SMTP), 'D');
    let older = text
        .replace("firewall policy", "firewall policy6")
        .replace("addr6", "addr");
    assert_eq!(between(&older, "port1", "port2", six), 'P');
    assert_eq!(between(&older, "port1", "port2", SMTP), 'D');
}

#[test]
fn defaults_that_a_full_configuration_writes_ask_for_nothing() {
    let defaults = [
        "set reputation-minimum 0",
        "set reputation-direction destination",
        "set reputation-minimum6 0",
        "set reputation-direction6 destination",
        "set tos 0x00",
        "set tos-mask 0x00",
        "set tos-negate disable",
        "set geoip-match physical-location",
        "set ztna-tags-match-logic or",
        "set passive-wan-health-measurement enable",
        "set dscp-match disable",
        "set dscp-value 000000",
    ];
    assert_eq!(answer(&format!("{}\n", defaults.join("\n"))), 'P');
    // A type of service is asked for where the mask says which bits count.
    assert_eq!(answer("set tos 0x10\n"), 'P');
    for asked in [
        "set tos 0x10\nset tos-mask 0xff\n",
        "set dscp-match enable\nset dscp-value 101110\n",
        "set reputation-minimum 3\nset reputation-direction source\n",
    ] {
        assert_eq!(answer(asked), 'I', "{asked}");
    }
}

/// Source: Fortinet, FortiOS CLI Reference, "config firewall policy": with `inbound
/// enable` a policy of a tunnel lets the other end start connections, too.
#[test]
fn a_policy_of_a_tunnel_may_let_the_other_end_in() {
    let text = |said: &str| {
        format!(
            "config system interface\nedit port1\nset ip 10.1.0.1/24\nnext\nedit port2\nset ip 192.0.2.1/24\nnext\nend\nconfig firewall policy\nedit 1\nset srcintf port1\nset dstintf port2\nset srcaddr all\nset dstaddr all\nset schedule always\nset service HTTP\n{said}\nnext\nend\n"
        )
    };
    let back = |said: &str, port| {
        between(
            &text(said),
            "port2",
            "port1",
            tcp("192.0.2.9", "10.1.0.5", port),
        )
    };
    let tunnel = "set action ipsec\nset vpntunnel branch";
    assert_eq!(back(tunnel, 80), 'D');
    assert_eq!(back(&format!("{tunnel}\nset inbound disable"), 80), 'D');
    assert_eq!(back(&format!("{tunnel}\nset inbound enable"), 80), 'I');
    assert_eq!(back(&format!("{tunnel}\nset inbound enable"), 25), 'D');
    assert_eq!(back("set action accept\nset inbound enable", 80), 'D');
}
