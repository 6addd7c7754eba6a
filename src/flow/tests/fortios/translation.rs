//! Virtual IPs: they stand for what they publish, and nothing else does.

use super::*;

/// A virtual IP for port 25 of the hub, and policies from port2 to port1.
fn published(version: &str, policies: &str) -> String {
    format!(
        "{BASE}config firewall vip\nedit v\nset extip 192.0.2.50\nset mappedip \"10.1.0.5\"\nset extintf \"port2\"\nset portforward enable\nset extport 2525\nset mappedport 25\nnext\nend\nconfig firewall policy\n{policies}end\n"
    )
    .replace("7.0.14", version)
}

const DENY: &str = "edit 1\nset srcintf port2\nset dstintf port1\nset srcaddr all\nset dstaddr all\nset service ALL\nnext\n";
const ALLOW: &str = "edit 2\nset srcintf port2\nset dstintf port1\nset srcaddr all\nset dstaddr v\nset action accept\nset service SMTP\nnext\n";

fn ask(text: &str, port: u16) -> char {
    between(
        text,
        "port2",
        "port1",
        tcp("198.51.100.7", "192.0.2.50", port),
    )
}

#[test]
fn a_policy_that_names_the_virtual_ip_lets_the_published_port_pass() {
    let text = published("7.0.14", ALLOW);
    assert_eq!(ask(&text, 2525), 'P');
    assert_eq!(ask(&text, 25), 'D');
    let direct = tcp("198.51.100.7", "10.1.0.5", 25);
    assert_eq!(between(&text, "port2", "port1", direct), 'D');
}

/// FortiOS Administration Guide, "Configuring VIPs": with an external interface
/// that is not `any`, 0.0.0.0 is the address of that interface; `show` leaves out
/// what has its default.
#[test]
fn a_virtual_ip_without_an_address_has_that_of_its_interface() {
    let text = published("7.0.14", ALLOW);
    let own = |text: &str, port| {
        let question = tcp("198.51.100.7", "192.0.2.1", port);
        between(text, "port2", "port1", question)
    };
    assert_eq!(own(&text, 2525), 'D');
    for address in ["set extip 0.0.0.0\n", ""] {
        let text = text.replace("set extip 192.0.2.50\n", address);
        assert_eq!(own(&text, 2525), 'P', "{address}");
        assert_eq!(own(&text, 2526), 'D', "{address}");
    }
    let anywhere = text
        .replace("set extip 192.0.2.50\n", "")
        .replace("set extintf \"port2\"\n", "");
    assert_eq!(own(&anywhere, 2525), 'I');
}

#[test]
fn a_deny_for_all_matches_published_addresses_as_the_version_says() {
    let both = format!("{DENY}{ALLOW}");
    assert_eq!(ask(&published("7.0.14", &both), 2525), 'P');
    assert_eq!(ask(&published("7.2.3", &both), 2525), 'I');
    assert_eq!(ask(&published("7.4.1", &both), 2525), 'D');
    let stated = both.replacen(
        "set service ALL",
        "set match-vip enable\nset service ALL",
        1,
    );
    assert_eq!(ask(&published("7.0.14", &stated), 2525), 'D');
}

/// CLI Reference, "config firewall policy": `match-vip-only` is for packets alone
/// whose destination a virtual IP changed. `show full-configuration` states both.
#[test]
fn the_two_settings_for_published_addresses_are_two() {
    let both = format!(
        "{DENY}{ALLOW}edit 3\nset srcintf port2\nset dstintf port1\nset srcaddr all\nset dstaddr all\nset action accept\nset service ALL\nnext\n"
    );
    for (settings, published_one, other) in [
        (
            "set match-vip enable\nset match-vip-only disable\n",
            'D',
            'D',
        ),
        (
            "set match-vip disable\nset match-vip-only disable\n",
            'P',
            'D',
        ),
        (
            "set match-vip enable\nset match-vip-only enable\n",
            'D',
            'P',
        ),
        ("set match-vip-only enable\n", 'D', 'P'),
    ] {
        let with = format!("{settings}set service ALL");
        let text = published("7.4.1", &both.replacen("set service ALL", &with, 1));
        assert_eq!(ask(&text, 2525), published_one, "{settings}");
        let direct = tcp("198.51.100.7", "10.1.0.9", 25);
        assert_eq!(
            between(&text, "port2", "port1", direct),
            other,
            "{settings}"
        );
    }
}

/// `show full-configuration` writes two quotes for nothing.
#[test]
fn an_empty_list_of_ports_is_no_port() {
    let service = "config firewall service custom\nedit mail\nset tcp-portrange 25\nset udp-portrange ''\nset sctp-portrange \"\"\nnext\nend\nconfig firewall policy";
    let text = published("7.4.1", &ALLOW.replace("SMTP", "mail"));
    let text = text.replacen("config firewall policy", service, 1);
    assert_eq!(ask(&text, 2525), 'P');
    assert_eq!(ask(&text, 25), 'D');
}

#[test]
fn a_permit_for_all_does_not_match_published_addresses() {
    let all = DENY.replace("set service ALL", "set action accept\nset service ALL");
    let text = published("7.4.1", &format!("{all}{}", ALLOW.replace("SMTP", "HTTP")));
    assert_eq!(ask(&text, 2525), 'D');
}

#[test]
fn the_translation_stands_in_the_model() {
    let firewall = firewall(&published("7.0.14", ALLOW));
    assert_eq!(firewall.nat.rules.len(), 1);
    let service = firewall.nat.rules[0].service.as_deref().expect("ports");
    assert_eq!((service.mapped.low, service.real.low), (2525, 25));
}

/// Sources behind port1 leave through port2; `table` holds entries of the
/// central table.
fn central(table: &str) -> Firewall {
    let text = format!(
        "{BASE}config system settings\nset central-nat enable\nend\nconfig firewall ippool\nedit p\nset startip 192.0.2.77\nset endip 192.0.2.77\nnext\nend\nconfig firewall central-snat-map\n{table}end\nconfig firewall policy\nedit 1\nset srcintf port1\nset dstintf port2\nset srcaddr all\nset dstaddr all\nset action accept\nset schedule always\nset service ALL\nnext\nend\n"
    );
    firewall(&text)
}

#[test]
fn the_central_table_translates_sources_in_its_order() {
    let own = "edit 1\nset srcintf port1\nset dstintf port2\nset orig-addr hub\nset dst-addr all\nset nat disable\nnext\n";
    let all = "edit 2\nset srcintf port1\nset dstintf port2\nset orig-addr all\nset dst-addr all\nset nat-ippool p\nnext\n";
    // Whether each entry gives another source, in order.
    let changes = |table: &str| -> Vec<bool> {
        let rules = central(table).nat.rules;
        let any = crate::model::firewall::AddressMatch::Any;
        rules.iter().map(|rule| rule.mapped_source != any).collect()
    };
    assert_eq!(changes(&format!("{own}{all}")), [false, true]);
    assert_eq!(changes(&format!("{all}{own}")), [true, false]);
    assert!(changes("").is_empty());
}

#[test]
fn what_policies_between_families_may_translate_stays_open() {
    let text = format!(
        "{BASE}config firewall vip46\nedit a\nset extip 192.0.2.46\nset mappedip 2001:db8:1::46\nnext\nend\n\
         config firewall vip64\nedit b\nset extip 2001:db8::25\nset mappedip 10.1.0.25\nnext\nend\n\
         config firewall policy46\nedit 1\nset srcintf port2\nset dstintf port1\nset srcaddr all\nset dstaddr a\nset action accept\nset service ALL\nnext\nend\n\
         config firewall policy64\nedit 1\nset srcintf port2\nset dstintf port1\nset srcaddr all\nset dstaddr b\nset action accept\nset service ALL\nnext\nend\n\
         config firewall policy\n{DENY}end\n"
    );
    let asked = |text: &str, source: &str, destination: &str| {
        between(text, "port2", "port1", tcp(source, destination, 25))
    };
    assert_eq!(asked(&text, "198.51.100.7", "192.0.2.46"), 'I');
    assert_eq!(asked(&text, "198.51.100.7", "192.0.2.47"), 'D');
    assert_eq!(asked(&text, "2001:db8:f::1", "2001:db8::25"), 'I');
    assert_eq!(asked(&text, "2001:db8:f::1", "64:ff9b::a01:19"), 'I');
    assert_eq!(asked(&text, "2001:db8:f::1", "2001:db8::26"), 'D');
    let off = text.replace(
        "edit 1\nset srcintf port2\nset dstintf port1\nset srcaddr all\nset dstaddr a",
        "edit 1\nset status disable\nset dstaddr a",
    );
    assert_eq!(asked(&off, "198.51.100.7", "192.0.2.46"), 'D');
    assert_eq!(asked(&off, "2001:db8:f::1", "2001:db8::25"), 'I');
    let prefix = format!("{text}config system nat64\nset nat64-prefix 2001:db8:64::/96\nend\n");
    assert_eq!(asked(&prefix, "2001:db8:f::1", "2001:db8:64::a01:19"), 'I');
    assert_eq!(asked(&prefix, "2001:db8:f::1", "64:ff9b::a01:19"), 'D');
}
