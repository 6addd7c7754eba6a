//! Addresses, services, and where their names are looked up.

use super::*;

fn to(text: &str, address: &str) -> char {
    out(text, tcp("10.1.0.5", address, 25))
}

#[test]
fn every_kind_of_address_may_stand_in_a_rule() {
    let objects = "\
set address range ip-range 192.0.2.10-192.0.2.12
set address wild ip-wildcard 192.0.2.3/0.0.0.240
set address-group both static [ range edge ]
";
    for (word, inside, outside) in [
        ("range", "192.0.2.12", "192.0.2.13"),
        ("wild", "192.0.2.19", "192.0.2.20"),
        ("both", "192.0.2.9", "192.0.2.8"),
        ("192.0.2.40", "192.0.2.40", "192.0.2.41"),
        ("192.0.2.32/28", "192.0.2.47", "192.0.2.48"),
        ("192.0.2.50-192.0.2.52", "192.0.2.52", "192.0.2.53"),
    ] {
        let text = format!("{}{objects}", one(&format!("destination {word}")));
        assert_eq!(to(&text, inside), 'P', "{word}");
        assert_eq!(to(&text, outside), 'D', "{word}");
    }
}

/// "PAN-OS treats IPv4 addresses as a subset of IPv6 addresses": `::/0` is any.
#[test]
fn an_ipv6_prefix_of_zeros_matches_ipv4_addresses() {
    assert_eq!(to(&one("destination ::/0"), "192.0.2.9"), 'P');
    assert_eq!(to(&one("destination 2001:db8::/32"), "192.0.2.9"), 'D');
    let text = one("destination 0.0.0.0/0");
    assert_eq!(out(&text, tcp("2001:db8::1", "2001:db8::2", 25)), 'D');
}

/// Names and regions are unknown in permits and in denies: a row of "What peers
/// get wrong".
#[test]
fn a_name_a_region_or_a_list_is_unknown_in_permits_and_in_denies() {
    let list = "set external-list edl type ip url http://lists.contoso.com/x\n";
    for word in ["named", "DE", "edl", "panw-bulletproof-ip-list", "nobody"] {
        let permit = format!("{}{list}", one(&format!("destination {word}")));
        assert_eq!(to(&permit, "192.0.2.9"), 'I', "{word}");
        let deny = format!(
            "{BASE}{list}{}{}",
            rule("a", "deny", &format!("destination {word}")),
            rule("b", "allow", "")
        );
        assert_eq!(to(&deny, "192.0.2.9"), 'I', "{word}");
    }
}

/// The logs of the device show private addresses with a region of their own, such
/// as `10.0.0.0-10.255.255.255`.
#[test]
fn no_private_address_is_in_the_region_of_a_country() {
    let text = format!(
        "{BASE}{}{}",
        rule("a", "deny", "source [ RU KP ]"),
        rule("b", "allow", "")
    );
    for (from, answer) in [
        ("10.1.0.5", 'P'),
        ("172.16.0.1", 'P'),
        ("192.168.255.255", 'P'),
        ("172.15.255.255", 'I'),
        ("198.51.100.7", 'I'),
    ] {
        assert_eq!(out(&text, tcp(from, "192.0.2.9", 25)), answer, "{from}");
    }
    let permit = one("destination DE");
    assert_eq!(to(&permit, "192.168.1.1"), 'D');
}

#[test]
fn a_region_of_the_file_has_its_addresses() {
    let text = format!("{}set region DE address 192.0.2.9\n", one("destination DE"));
    assert_eq!(to(&text, "192.0.2.9"), 'P');
    assert_eq!(to(&text, "192.0.2.8"), 'D');
}

#[test]
fn a_dynamic_group_has_the_addresses_with_its_tags() {
    let tagged = "set address edge tag [ dmz mail ]\nset address hub tag mail\n";
    let group = |filter: &str| {
        format!(
            "{}{tagged}set address-group g dynamic filter \"{filter}\"\n",
            one("destination g")
        )
    };
    assert_eq!(to(&group("'dmz' and mail"), "192.0.2.9"), 'P');
    assert_eq!(to(&group("'dmz' and mail"), "10.1.0.5"), 'D');
    assert_eq!(to(&group("'web'"), "192.0.2.9"), 'I');
    let run_time = format!(
        "{}set vm-info-source vc VMware-vCenter ip-address 10.1.0.9\n",
        group("'dmz'")
    );
    assert_eq!(to(&run_time, "192.0.2.9"), 'I');
}

#[test]
fn an_object_hides_one_of_the_same_name_in_an_outer_scope() {
    let text = format!(
        "{}set shared address edge ip-netmask 192.0.2.200\nset shared address far ip-netmask 192.0.2.201\n",
        one("destination [ edge far ]")
    );
    assert_eq!(to(&text, "192.0.2.9"), 'P');
    assert_eq!(to(&text, "192.0.2.200"), 'D');
    assert_eq!(to(&text, "192.0.2.201"), 'P');
}

#[test]
fn an_object_named_like_an_address_is_the_object() {
    let text = format!(
        "{}set address 192.0.2.77 ip-netmask 192.0.2.9\n",
        one("destination 192.0.2.77")
    );
    assert_eq!(to(&text, "192.0.2.9"), 'P');
    assert_eq!(to(&text, "192.0.2.77"), 'D');
}

#[test]
fn groups_that_hold_themselves_are_unknown_and_end() {
    let text = format!(
        "{}set address-group a static [ b edge ]\nset address-group b static a\n",
        one("destination a")
    );
    assert_eq!(to(&text, "192.0.2.9"), 'P');
    assert_eq!(to(&text, "192.0.2.8"), 'I');
}

#[test]
fn services_have_lists_ranges_and_source_ports() {
    let services = "\
set service many protocol tcp port 25,587,2000-2010
set service from protocol udp port 53
set service from protocol udp source-port 1024-65535
set service-group all members [ many from service-https ]
";
    let text = format!("{}{services}", one("service all"));
    for (port, verdict) in [(25, 'P'), (587, 'P'), (2010, 'P'), (2011, 'D'), (443, 'P')] {
        assert_eq!(
            out(&text, tcp("10.1.0.5", "192.0.2.9", port)),
            verdict,
            "{port}"
        );
    }
    assert_eq!(
        out(&text, ("10.1.0.5", "192.0.2.9", Protocol::UDP, 53)),
        'P'
    );
    let low = format!(
        "{}{}",
        one("service all"),
        services.replace("1024-65535", "1-1023")
    );
    assert_eq!(out(&low, ("10.1.0.5", "192.0.2.9", Protocol::UDP, 53)), 'D');
    let missing = one("service nowhere");
    assert_eq!(out(&missing, tcp("10.1.0.5", "192.0.2.9", 25)), 'I');
}

#[test]
fn an_undefined_name_is_used_and_never_defined() {
    let firewall = firewall(&one("destination nobody"));
    let of = |definition| {
        let all = firewall.references.iter();
        all.filter(|one| one.name == "nobody" && one.definition == definition)
            .count()
    };
    assert_eq!((of(false), of(true)), (1, 0));
}
