//! Packets that cross the firewall: what translations change, the filters see
//! changed. Asked of the binary, because filters alone know no translation.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Source, destination and TCP port of a packet from `wan` or another interface.
type Question = (&'static str, &'static str, &'static str, u16);

/// `P`, `D` or `I` for every question about a ruleset, from `wan` to `lan`.
fn asked(text: &str, questions: &[Question]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("gw.txt"), text).expect("a file");
    let lines: String = questions
        .iter()
        .map(|(from, source, destination, port)| {
            let question = json!({
                "in": from, "out": "lan", "src": source, "dst": destination,
                "protocol": "tcp", "src_port": 40000, "dst_port": port,
            });
            format!("{question}\n")
        })
        .collect();
    let mut child = Command::new(env!("CARGO_BIN_EXE_exlint"))
        .current_dir(folder.path())
        .args(["trace", "gw.txt", "--batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    let answers = String::from_utf8(output.stdout).expect("UTF-8");
    let verdict = |line: &str| {
        let answer: Value = serde_json::from_str(line).expect("JSON");
        match answer["verdict"].as_str() {
            Some("permit") => 'P',
            Some("deny") => 'D',
            _ => 'I',
        }
    };
    answers.lines().map(verdict).collect()
}

const OUTSIDE: &str = "198.51.100.9";
const PUBLIC: &str = "203.0.113.1";

/// A table with translations and a filter for what they translate.
fn nft(family: &str, rules: &str) -> String {
    format!(
        "define mail = 10.1.3.4\ndefine wan = \"wan\"\n\
         table {family} gw {{\n\tmap forwards {{\n\t\ttype inet_service : ipv4_addr . inet_service\n\t\telements = {{ 25 : 10.1.3.4 . 25, 8080 : 10.1.3.5 . 80 }}\n\t}}\n\
         \tchain pre {{\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n{rules}\n\t}}\n\
         \tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n\t\tct status dnat accept\n\t}}\n}}\n"
    )
}

/// nft(8), "NAT STATEMENTS": the target may be looked up in a map; a packet that
/// no member names is not translated. Kernel, nf_nat_core.c: a connection is
/// marked as translated when the rule changed its address or port.
#[test]
fn what_is_translated_and_nothing_else_passes_a_rule_for_translated_connections() {
    let questions: &[Question] = &[
        ("wan", OUTSIDE, PUBLIC, 25),
        ("wan", OUTSIDE, PUBLIC, 8080),
        ("wan", OUTSIDE, PUBLIC, 443),
        // Straight to the server: the rule leaves them as they are, or does not
        // match.
        ("wan", OUTSIDE, "10.1.3.4", 25),
        ("wan", OUTSIDE, "10.1.3.5", 80),
        ("dmz", OUTSIDE, PUBLIC, 25),
    ];
    for rules in [
        "\t\tiifname $wan tcp dport 25 dnat to $mail:25\n\t\tiifname $wan tcp dport 8080 dnat to 10.1.3.5:80",
        "\t\tiifname $wan dnat to tcp dport map { 25 : 10.1.3.4 . 25, 8080 : 10.1.3.5 . 80 }",
        "\t\tiifname $wan dnat ip addr . port to tcp dport map @forwards",
        "\t\tiifname $wan dnat ip to tcp dport map @forwards comment \"published\"",
    ] {
        assert_eq!(asked(&nft("ip", rules), questions), "PPDDDD", "{rules}");
    }
    let save = "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
                -A PREROUTING -i wan -p tcp -m tcp --dport 25 -j DNAT --to-destination 10.1.3.4:25\n\
                -A PREROUTING -i wan -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.3.5:80\nCOMMIT\n\
                *filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:zone_wan_forward - [0:0]\n\
                -A FORWARD -i wan -j zone_wan_forward\n\
                -A zone_wan_forward -m conntrack --ctstate DNAT -m comment --comment \"!fw3: Accept port forwards\" -j ACCEPT\nCOMMIT\n";
    assert_eq!(asked(save, questions), "PPDDDD");
    // Which packets a target outside of the file translates, nobody knows.
    let unread = "\t\tiifname $wan tcp dport 25 dnat to jhash ip saddr mod 2 map { 0 : 10.1.3.4, 1 : 10.1.3.5 }";
    assert_eq!(asked(&nft("ip", unread), questions), "IDDIDD");
}

/// nft: a translation in a table `inet` is for the family of the address that
/// it writes (`dnat ip to`, or as the address says).
#[test]
fn a_translation_of_one_family_leaves_the_other_alone() {
    let questions: &[Question] = &[
        ("wan", OUTSIDE, PUBLIC, 25),
        ("wan", "2001:db8:9::9", "2001:db8:1::1", 25),
    ];
    for rules in [
        "\t\ttcp dport 25 dnat ip to 10.1.3.4",
        "\t\ttcp dport 25 dnat to 10.1.3.4:25",
        "\t\tdnat ip to tcp dport map { 25 : 10.1.3.4 }",
        "\t\tdnat to tcp dport map { 25 : 10.1.3.4 }",
    ] {
        assert_eq!(asked(&nft("inet", rules), questions), "PD", "{rules}");
    }
    let six = "\t\tdnat ip6 to tcp dport map { 25 : 2001:db8:3::4 . 2525 }";
    assert_eq!(asked(&nft("inet", six), questions), "DP");
}

#[test]
fn a_map_of_targets_is_read_in_json_too() {
    let rule = |chain: &str, words: Value| json!({"rule": {"family": "ip", "table": "gw", "chain": chain, "handle": 4, "expr": words}});
    let chain = |name: &str, kind: &str, hook: &str, policy: &str| {
        json!({"chain": {"family": "ip", "table": "gw", "name": name, "handle": 1, "type": kind,
            "hook": hook, "prio": -100, "policy": policy}})
    };
    let port = json!({"payload": {"protocol": "tcp", "field": "dport"}});
    let members =
        json!({"set": [[25, {"concat": ["10.1.3.4", 25]}], [8080, {"concat": ["10.1.3.5", 80]}]]});
    let status = json!({"match": {"op": "in", "left": {"ct": {"key": "status"}}, "right": "dnat"}});
    let text = json!({"nftables": [
        {"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
        {"table": {"family": "ip", "name": "gw", "handle": 1}},
        chain("pre", "nat", "prerouting", "accept"),
        chain("forward", "filter", "forward", "drop"),
        rule("pre", json!([{"dnat": {"family": "ip", "addr": {"map": {"key": port, "data": members}}}}])),
        rule("forward", json!([status, {"accept": null}])),
    ]});
    let questions: &[Question] = &[
        ("wan", OUTSIDE, PUBLIC, 25),
        ("wan", OUTSIDE, PUBLIC, 8080),
        ("wan", OUTSIDE, PUBLIC, 443),
    ];
    assert_eq!(asked(&text.to_string(), questions), "PPD");
}
