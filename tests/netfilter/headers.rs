//! Which packets a header expression of nft is about at all.

use super::crosses;

const A: &str = "192.0.2.25";
const B: &str = "10.1.3.4";
const A6: &str = "2001:db8:1::25";
const B6: &str = "2001:db8:2::4";

/// A rule of the family `inet` in front of a policy that drops.
fn inet(rule: &str) -> String {
    format!(
        "table inet filter {{\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n\t\t{rule}\n\t}}\n}}\n"
    )
}

/// What becomes of ICMP type 0 over IPv4 and over IPv6, then of ICMPv6 type 1
/// over both.
fn over_both(rule: &str) -> String {
    let text = inet(rule);
    [(A, B, 1), (A6, B6, 1), (A, B, 58), (A6, B6, 58)]
        .into_iter()
        .map(|(source, destination, protocol)| {
            // The type stands in the upper byte.
            let kind = if protocol == 58 { 0x0100 } else { 0 };
            crosses(&text, source, destination, protocol, kind)
        })
        .collect()
}

#[test]
fn fields_of_icmp_are_asked_of_their_own_family_unless_the_rule_names_another() {
    // nft(8), "ICMP header expression": an implicit dependency on IPv4, and on
    // IPv6 for ICMPv6, where the rule has not said otherwise before.
    assert_eq!(over_both("icmp type echo-reply accept"), "PDDD");
    assert_eq!(
        over_both("icmpv6 type destination-unreachable accept"),
        "DDDP"
    );
    assert_eq!(
        over_both("meta l4proto icmp icmp type echo-reply accept"),
        "PPDD"
    );
    assert_eq!(
        over_both("meta nfproto ipv6 icmp type echo-reply accept"),
        "DPDD"
    );
    assert_eq!(
        over_both("ip protocol icmp icmp type echo-reply accept"),
        "PDDD"
    );
    assert_eq!(over_both("meta l4proto { icmp, ipv6-icmp } accept"), "PPPP");
}

#[test]
fn a_tcp_option_is_also_missing_where_there_is_no_tcp() {
    // nft asks for no protocol: `[ exthdr load tcpopt … present ]` alone.
    // With `-n` it writes 0 for `missing`.
    for rule in [
        "tcp option maxseg missing accept",
        "tcp option 23 0 accept",
        "tcp option 23 != 1 accept",
    ] {
        assert_eq!(crosses(&inet(rule), A, B, 17, 53), 'I', "{rule}");
    }
    let json = "{\"nftables\": [{\"metainfo\": {\"version\": \"1.0.6\", \"json_schema_version\": 1}}, {\"table\": {\"family\": \"inet\", \"name\": \"filter\", \"handle\": 1}}, {\"chain\": {\"family\": \"inet\", \"table\": \"filter\", \"name\": \"forward\", \"handle\": 1, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 0, \"policy\": \"drop\"}}, {\"rule\": {\"family\": \"inet\", \"table\": \"filter\", \"chain\": \"forward\", \"handle\": 2, \"expr\": [{\"match\": {\"op\": \"==\", \"left\": {\"tcp option\": {\"base\": 23, \"offset\": 0, \"len\": 8}}, \"right\": false}}, {\"accept\": null}]}}]}";
    assert_eq!(crosses(json, A, B, 17, 53), 'I');
    for rule in [
        "tcp option maxseg exists accept",
        "tcp option maxseg size 1-500 accept",
    ] {
        assert_eq!(crosses(&inet(rule), A, B, 17, 53), 'D', "{rule}");
        assert_eq!(crosses(&inet(rule), A, B, 6, 25), 'I', "{rule}");
    }
}

#[test]
fn extension_headers_and_igmp_say_nothing_about_other_packets() {
    for rule in [
        "exthdr frag exists accept",
        "frag more-fragments 1 accept",
        "rt type 0 accept",
        "mh type 1 accept",
        "hbh nexthdr tcp accept",
    ] {
        assert_eq!(crosses(&inet(rule), A, B, 6, 25), 'D', "{rule}");
        assert_eq!(crosses(&inet(rule), A6, B6, 6, 25), 'I', "{rule}");
    }
    let igmp = inet("igmp type membership-query accept");
    assert_eq!(crosses(&igmp, A, B, 6, 25), 'D');
    assert_eq!(crosses(&igmp, A, B, 2, 0), 'I');
    assert_eq!(crosses(&igmp, A6, B6, 2, 0), 'D');
}

#[test]
fn keys_of_several_words_end_where_their_value_begins() {
    // What stands behind is an exact condition: it must not be taken for a word
    // of the key, nor the key's last word for a value.
    for key in [
        "socket cgroupv2 level 2 \"system.slice/postfix.service\"",
        "ip option lsrr exists",
        "sctp chunk init exists",
        "ipsec in spnum 0 reqid 1",
        "ipsec in ip saddr 192.0.2.1",
        "osf ttl skip name \"Linux\"",
        "numgen random mod 10 offset 2 5",
        "jhash ip saddr mod 4 seed 0xbeef offset 1 2",
        "symhash mod 4 offset 1 2",
        "rt ip nexthop 192.0.2.1",
    ] {
        let text = inet(&format!("{key} ip daddr 10.1.3.0/24 accept"));
        assert_eq!(crosses(&text, A, "10.1.9.4", 132, 25), 'D', "{key}");
        assert_eq!(crosses(&text, A, B, 132, 25), 'I', "{key}");
    }
}
