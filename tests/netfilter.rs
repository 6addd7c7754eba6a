//! What exlint says about rulesets of iptables and nftables, in the terms of
//! the kernel's documentation. The kernel itself is asked by
//! `tests/kernel/rulesets.py`.

#[path = "netfilter/crossing.rs"]
mod crossing;
mod fixes;
#[path = "netfilter/foreign.rs"]
mod foreign;
#[path = "netfilter/golden.rs"]
mod golden;
#[path = "netfilter/headers.rs"]
mod headers;
#[path = "netfilter/listing.rs"]
mod listing;
#[path = "netfilter/marked.rs"]
mod marked;
#[path = "netfilter/translated.rs"]
mod translated;

use exlint::flow::{ConnectionState, Context, Cube, Engine, Packet, PacketSet, PartVerdict};
use exlint::formats::{Content, Document, FORMATS, LineState};
use exlint::model::firewall::{Firewall, InterfaceId, Passage};
use exlint::model::net::Protocol;
use exlint::source::{FileId, SourceFile};

const NEW: ConnectionState = ConnectionState::New;
const KNOWN: ConnectionState = ConnectionState::Established;

fn document(text: &str) -> Document {
    let file = SourceFile::from_text(FileId(0), "exports/gw.txt", text);
    let best = FORMATS
        .iter()
        .filter_map(|format| Some((format, (format.detect)(&file)?.strength)))
        .max_by_key(|(_, strength)| *strength);
    let (format, _) = best.expect("a format claims it");
    (format.parse)(&file)
}

fn firewall(text: &str) -> Firewall {
    let mut all = document(text)
        .content
        .into_iter()
        .filter_map(|content| match content {
            Content::Firewall(firewall) => Some(*firewall),
            _ => None,
        });
    let one = all.next().expect("a firewall");
    assert!(all.next().is_none(), "one firewall");
    one
}

fn packet(source: &str, destination: &str, protocol: u8, port: u16) -> Packet {
    Packet {
        source: source.parse().expect("an address"),
        destination: destination.parse().expect("an address"),
        protocol: Protocol(protocol),
        source_port: 40_000,
        destination_port: port,
    }
}

/// `P`, `D` or `I`: what all stages of a passage do with a packet.
fn on(
    firewall: &Firewall,
    passage: Passage,
    (ingress, egress): (&str, &str),
    packet: &Packet,
    state: ConnectionState,
) -> char {
    let id = |name: &str| {
        let all = (0u32..).zip(&firewall.interfaces);
        all.filter(|(_, interface)| interface.name.value == name || interface.name.value == "*")
            .map(|(id, interface)| (interface.name.value == name, InterfaceId(id)))
            .max()
            .map(|(_, id)| id)
    };
    let context = Context {
        ingress: id(ingress),
        egress: id(egress),
        state,
        new_destination: None,
    };
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let mut sum = 'P';
    for stage in firewall
        .stages
        .iter()
        .filter(|stage| stage.passage == passage)
    {
        let parts =
            engine.evaluate_filter(stage.filter, &PacketSet::from(Cube::of(packet)), &context);
        for part in parts {
            match (sum, part.outcome.verdict) {
                (_, PartVerdict::Deny) => return 'D',
                (_, PartVerdict::Inconclusive) => sum = 'I',
                _ => {}
            }
        }
    }
    sum
}

/// A crossing packet of a new connection, from eth0 to eth1.
fn crosses(text: &str, source: &str, destination: &str, protocol: u8, port: u16) -> char {
    let packet = packet(source, destination, protocol, port);
    on(
        &firewall(text),
        Passage::Transit,
        ("eth0", "eth1"),
        &packet,
        NEW,
    )
}

fn filter(policy: &str, rules: &str) -> String {
    format!(
        "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD {policy} [0:0]\n:OUTPUT ACCEPT [0:0]\n:USER - [0:0]\n{rules}\nCOMMIT\n"
    )
}

const A: &str = "192.0.2.25";
const B: &str = "10.1.3.4";

// --- What peers get wrong: each with the kernel's answer ------------------------

#[test]
fn a_multiport_accept_opens_all_of_its_ports() {
    let text = filter(
        "DROP",
        "-A FORWARD -p tcp -m multiport --dports 25,443,8000:8080 -j ACCEPT",
    );
    for (port, wanted) in [
        (25, 'P'),
        (443, 'P'),
        (8000, 'P'),
        (8080, 'P'),
        (8081, 'D'),
        (26, 'D'),
    ] {
        assert_eq!(crosses(&text, A, B, 6, port), wanted, "port {port}");
    }
}

#[test]
fn a_rule_for_the_loopback_interface_lets_nothing_else_in() {
    let rules = "-A INPUT -i lo -j ACCEPT\n-A INPUT -p tcp --dport 23 -j REJECT";
    let firewall = firewall(&filter("DROP", rules));
    let telnet = packet(A, B, 6, 23);
    assert_eq!(
        on(&firewall, Passage::ToHost, ("wan0", "*"), &telnet, NEW),
        'D'
    );
    assert_eq!(
        on(&firewall, Passage::ToHost, ("lo", "*"), &telnet, NEW),
        'P'
    );
}

#[test]
fn user_chains_return_and_reject_as_the_kernel_does() {
    let text = filter(
        "DROP",
        "-A FORWARD -j USER\n-A FORWARD -p udp -j ACCEPT\n-A USER -s 192.0.2.25/32 -j RETURN\n\
         -A USER -p tcp -j REJECT --reject-with tcp-reset\n-A USER -j ACCEPT",
    );
    assert_eq!(crosses(&text, A, B, 6, 80), 'D');
    assert_eq!(crosses(&text, A, B, 17, 53), 'P');
    assert_eq!(crosses(&text, "198.51.100.9", B, 6, 80), 'D');
    assert_eq!(crosses(&text, "198.51.100.9", B, 47, 0), 'P');
}

#[test]
fn a_chain_that_is_gone_to_returns_to_the_caller_of_its_caller() {
    let text = filter(
        "DROP",
        "-A FORWARD -g USER\n-A FORWARD -j ACCEPT\n-A USER -p udp -j ACCEPT",
    );
    assert_eq!(crosses(&text, A, B, 6, 80), 'D');
    assert_eq!(crosses(&text, A, B, 17, 53), 'P');
}

#[test]
fn both_forms_of_negation_turn_a_condition_and_keep_the_rule() {
    for form in ["! -s 10.0.0.0/8", "-s ! 10.0.0.0/8"] {
        let text = filter(
            "ACCEPT",
            &format!("-A FORWARD {form} -d 10.1.0.0/16 -j DROP"),
        );
        assert_eq!(crosses(&text, A, B, 6, 25), 'D', "{form}");
        assert_eq!(crosses(&text, "10.9.9.9", B, 6, 25), 'P', "{form}");
    }
}

#[test]
fn states_tell_first_packets_from_later_ones() {
    for words in [
        "-m state --state RELATED,ESTABLISHED",
        "-m conntrack --ctstate ESTABLISHED",
    ] {
        let firewall = firewall(&filter("DROP", &format!("-A FORWARD {words} -j ACCEPT")));
        let smtp = packet(A, B, 6, 25);
        let asked = |state| on(&firewall, Passage::Transit, ("eth0", "eth1"), &smtp, state);
        assert_eq!((asked(NEW), asked(KNOWN)), ('D', 'P'), "{words}");
    }
}

// --- What is not known leaves bounds, and no rule vanishes ------------------------

#[test]
fn a_condition_that_nobody_can_tell_leaves_only_its_own_packets_open() {
    for words in [
        "-m limit --limit 3/min",
        "-m recent --update --name x",
        "-m set --match-set evil src",
        "-m time --timestart 09:00",
        "-m string --string x --algo bm",
        "-m mac --mac-source 00:11:22:33:44:55",
    ] {
        let text = filter(
            "DROP",
            &format!(
                "-A FORWARD -p tcp --dport 25 {words} -j ACCEPT\n-A FORWARD -p tcp --dport 80 -j ACCEPT"
            ),
        );
        assert_eq!(crosses(&text, A, B, 6, 25), 'I', "{words}");
        assert_eq!(crosses(&text, A, B, 6, 80), 'P', "{words}");
        assert_eq!(crosses(&text, A, B, 6, 81), 'D', "{words}");
        let states = document(&text).ledger.states().to_vec();
        assert_eq!(states.get(5), Some(&LineState::NotModelled), "{words}");
    }
}

#[test]
fn a_limit_before_a_log_changes_nothing() {
    let text = filter(
        "DROP",
        "-A FORWARD -m limit --limit 3/min -j LOG\n-A FORWARD -p tcp -j ACCEPT",
    );
    assert_eq!(crosses(&text, A, B, 6, 25), 'P');
}

#[test]
fn an_option_that_is_not_understood_spoils_its_rule_alone() {
    let text = filter(
        "DROP",
        "-A FORWARD -p tcp --dport 25 --frobnicate 3 -j ACCEPT\n-A FORWARD -p tcp --dport 80 -j ACCEPT",
    );
    assert_eq!(crosses(&text, A, B, 6, 25), 'I');
    assert_eq!(crosses(&text, A, B, 6, 80), 'P');
    assert_eq!(document(&text).ledger.totals().unrecognised, 1);
}

#[test]
fn a_chain_that_is_emptied_before_its_first_rule_is_as_it_was() {
    let rules = "-A FORWARD -p tcp --dport 25 -j ACCEPT\n";
    let emptied = format!("-F FORWARD\n-X\n{rules}");
    for text in [filter("DROP", rules), filter("DROP", &emptied)] {
        assert_eq!(crosses(&text, "192.0.2.9", "10.1.3.4", 6, 25), 'P');
        assert_eq!(crosses(&text, "192.0.2.9", "10.1.3.4", 6, 80), 'D');
    }
    // What stood before is gone, or not: nothing tells how much of it counts.
    let late = filter("DROP", &format!("{rules}-F FORWARD\n"));
    assert_eq!(crosses(&late, "192.0.2.9", "10.1.3.4", 6, 25), 'I');
}

#[test]
fn a_target_that_is_no_chain_of_the_file_may_do_anything() {
    let text = filter("ACCEPT", "-A FORWARD -p tcp --dport 25 -j MISSING");
    assert_eq!(crosses(&text, A, B, 6, 25), 'I');
    assert_eq!(crosses(&text, A, B, 6, 26), 'P');
    assert!(
        firewall(&text)
            .references
            .iter()
            .any(|r| r.name == "filter/MISSING" && !r.definition)
    );
}

// --- Tables, families, forms of dumps --------------------------------------------

#[test]
fn every_table_at_a_hook_must_accept() {
    let mangle = "*mangle\n:PREROUTING ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n-A FORWARD -p tcp --dport 25 -j DROP\nCOMMIT\n";
    let text = format!(
        "{mangle}{}",
        filter("ACCEPT", "-A FORWARD -p tcp --dport 25 -j ACCEPT")
    );
    assert_eq!(crosses(&text, A, B, 6, 25), 'D');
    assert_eq!(crosses(&text, A, B, 6, 80), 'P');
}

#[test]
fn dumps_of_both_families_are_one_firewall() {
    let v6 = "# Generated by ip6tables-save v1.8.9 on Mon Nov  2 09:00:00 2009\n*filter\n:FORWARD DROP [0:0]\n-A FORWARD -p ipv6-icmp -j ACCEPT\nCOMMIT\n# Completed on Mon Nov  2\n";
    let text = format!(
        "# Generated by iptables-save v1.8.9 on Mon\n{}{v6}",
        filter("ACCEPT", "")
    );
    assert_eq!(crosses(&text, A, B, 6, 25), 'P');
    assert_eq!(crosses(&text, "2001:db8::1", "2001:db8:1::1", 6, 25), 'D');
    assert_eq!(
        crosses(&text, "2001:db8::1", "2001:db8:1::1", 58, 128 << 8),
        'P'
    );
    // One family alone says nothing about the other.
    let alone = filter("ACCEPT", "");
    assert_eq!(crosses(&alone, "2001:db8::1", "2001:db8:1::1", 6, 25), 'I');
}

#[test]
fn counters_crlf_and_a_script_around_a_dump_change_nothing() {
    let plain = filter("DROP", "-A FORWARD -p tcp -m tcp --dport 25 -j ACCEPT");
    let counted = plain.replace("-A FORWARD", "[12:720] -A FORWARD");
    let script = format!(
        "#!/bin/sh\nPATH=/sbin:/bin\niptables-restore <<'EOF'\n{plain}EOF\nsysctl -w net.ipv4.ip_forward=1\n"
    );
    for text in [counted.replace('\n', "\r\n"), counted, script] {
        assert_eq!(crosses(&text, A, B, 6, 25), 'P');
        assert_eq!(crosses(&text, A, B, 6, 26), 'D');
        assert_eq!(document(&text).ledger.totals().unrecognised, 0);
    }
}

#[test]
fn what_iptables_lists_as_commands_reads_like_a_dump() {
    let text = "-P INPUT ACCEPT\n-P FORWARD DROP\n-P OUTPUT ACCEPT\n-N mail\n-A FORWARD -j mail\n-A mail -p tcp -m tcp --dport 25 -j ACCEPT\n";
    assert_eq!(crosses(text, A, B, 6, 25), 'P');
    assert_eq!(crosses(text, A, B, 6, 26), 'D');
}

#[test]
fn packets_taken_out_of_connection_tracking_have_no_state() {
    let raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.25/32 -j NOTRACK\nCOMMIT\n";
    let rules = "-A FORWARD -m state --state NEW -j ACCEPT\n-A FORWARD -p udp -m state --state UNTRACKED -j ACCEPT";
    let text = format!("{raw}{}", filter("DROP", rules));
    assert_eq!(crosses(&text, A, B, 6, 25), 'D');
    assert_eq!(crosses(&text, A, B, 17, 53), 'P');
    assert_eq!(crosses(&text, "192.0.2.26", B, 6, 25), 'P');
}

#[test]
fn packets_that_leave_the_table_raw_before_keep_their_state() {
    let raw = "*raw\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.25/32 -p tcp -j ACCEPT\n-A PREROUTING -s 192.0.2.0/24 -j NOTRACK\nCOMMIT\n";
    let new = "-A FORWARD -m state --state NEW -j ACCEPT";
    let text = format!("{raw}{}", filter("DROP", new));
    assert_eq!(crosses(&text, A, B, 6, 25), 'P');
    assert_eq!(crosses(&text, A, B, 17, 53), 'D');
    assert_eq!(crosses(&text, "192.0.2.26", B, 6, 25), 'D');
    assert_eq!(crosses(&text, "198.51.100.1", B, 6, 25), 'P');
    let untracked = "-A FORWARD -p tcp -m state --state UNTRACKED -j ACCEPT";
    let text = format!("{raw}{}", filter("DROP", untracked));
    assert_eq!(crosses(&text, A, B, 6, 25), 'D');
    assert_eq!(crosses(&text, "192.0.2.26", B, 6, 25), 'P');
    assert_eq!(crosses(&text, "192.0.2.26", B, 17, 53), 'D');
    assert_eq!(crosses(&text, "198.51.100.1", B, 6, 25), 'D');
}

#[test]
fn interfaces_by_their_start_hold_all_that_begin_alike() {
    let text = filter(
        "DROP",
        "-A FORWARD -i eth+ -o eth1 -j ACCEPT\n-A FORWARD ! -i eth+ -p udp -j ACCEPT",
    );
    assert_eq!(
        crosses(&text, A, B, 6, 25),
        'D',
        "eth0 is not named: it is like any other"
    );
    let named = format!("{text}# eth0\n").replace(
        "-A FORWARD ! -i",
        "-A FORWARD -i eth0 -p sctp -j DROP\n-A FORWARD ! -i",
    );
    assert_eq!(crosses(&named, A, B, 6, 25), 'P');
    assert_eq!(crosses(&named, A, B, 17, 53), 'P');
    assert_eq!(crosses(&named, A, B, 132, 53), 'P');
}

// --- nftables ------------------------------------------------------------------

const PAIR: &str = include_str!("netfilter/pair.nft");
const PAIR_JSON: &str = include_str!("netfilter/pair.json");

#[test]
fn accept_ends_one_base_chain_and_drop_is_final() {
    let text = "table inet one {\n chain f {\n  type filter hook forward priority filter; policy accept;\n  tcp dport 25 accept\n  udp dport 53 drop\n }\n}\n\
                table ip two {\n chain f {\n  type filter hook forward priority filter + 10; policy accept;\n  tcp dport 25 drop\n  udp dport 53 accept\n }\n}\n";
    assert_eq!(crosses(text, A, B, 6, 25), 'D');
    assert_eq!(crosses(text, A, B, 17, 53), 'D');
    assert_eq!(crosses(text, A, B, 6, 80), 'P');
    // Table two is for IPv4 only.
    assert_eq!(crosses(text, "2001:db8::1", "2001:db8::2", 6, 25), 'P');
}

#[test]
fn maps_of_verdicts_decide_by_their_elements() {
    let text = "table ip t {\n map m { type inet_service : verdict; elements = { 25 : accept, 80-90 : jump u, 443 : drop }; }\n chain u { return; }\n\
                chain f {\n type filter hook forward priority 0; policy drop;\n ct state vmap { established : accept, invalid : drop }\n tcp dport vmap @m\n udp dport 53 accept\n }\n}\n";
    for (protocol, port, wanted) in [
        (6, 25, 'P'),
        (6, 85, 'D'),
        (6, 443, 'D'),
        (17, 53, 'P'),
        (17, 25, 'D'),
    ] {
        assert_eq!(
            crosses(text, A, B, protocol, port),
            wanted,
            "{protocol}/{port}"
        );
    }
    let smtp = packet(A, B, 6, 443);
    assert_eq!(
        on(
            &firewall(text),
            Passage::Transit,
            ("eth0", "eth1"),
            &smtp,
            KNOWN
        ),
        'P'
    );
}

#[test]
fn concatenations_hold_for_pairs_and_not_for_products() {
    let text = "table ip t {\n chain f {\n type filter hook forward priority 0; policy drop;\n ip daddr . tcp dport { 10.1.3.4 . 25, 10.1.3.5 . 80 } accept\n }\n}\n";
    assert_eq!(crosses(text, A, "10.1.3.4", 6, 25), 'P');
    assert_eq!(crosses(text, A, "10.1.3.4", 6, 80), 'D');
    assert_eq!(crosses(text, A, "10.1.3.5", 6, 80), 'P');
}

#[test]
fn a_set_that_changes_while_it_is_used_leaves_its_packets_open() {
    let text = "table ip t {\n set bad { type ipv4_addr; flags dynamic,timeout; timeout 1h; elements = { 192.0.2.25 }; }\n\
                chain f {\n type filter hook forward priority 0; policy accept;\n ip saddr @bad tcp dport 25 drop\n }\n}\n";
    assert_eq!(crosses(text, A, B, 6, 25), 'I');
    assert_eq!(crosses(text, A, B, 6, 80), 'P');
}

#[test]
fn variables_stand_for_their_values_and_includes_are_not_followed() {
    let text = "#!/usr/sbin/nft -f\nflush ruleset\ndefine MAIL = { 25, 587 }\ndefine HUB = 10.1.3.4\ntable inet f {\n chain fw {\n type filter hook forward priority 0; policy drop;\n ip daddr $HUB tcp dport $MAIL accept\n }\n}\n";
    assert_eq!(crosses(text, A, B, 6, 587), 'P');
    assert_eq!(crosses(text, A, B, 6, 26), 'D');
    let more = format!("{text}include \"/etc/nftables.d/*.nft\"\n");
    assert_eq!(crosses(&more, A, B, 6, 587), 'I');
    // A chain that is written twice holds the rules of both.
    assert_eq!(crosses(&more, A, B, 6, 26), 'I');
    let inside = |place: &str| text.replacen(place, &format!("include \"x\"\n{place}"), 1);
    for place in ["table inet f", " chain fw", " type filter", " ip daddr"] {
        assert_eq!(crosses(&inside(place), A, B, 6, 26), 'I', "{place}");
    }
    // What was read before all is flushed is gone; its variables are not.
    assert_eq!(crosses(&inside("flush ruleset"), A, B, 6, 26), 'D');
    // Another table may drop what this one lets pass, and no more.
    let other = format!("{text}table inet g {{\ninclude \"x\"\n chain c {{\n }}\n}}\n");
    assert_eq!(crosses(&other, A, B, 6, 587), 'I');
    assert_eq!(crosses(&other, A, B, 6, 26), 'D');
}

#[test]
fn both_forms_of_one_ruleset_give_one_model() {
    let plain = |text: &str| {
        let mut model = format!("{:?}", firewall(text));
        // Places differ, of course.
        while let Some(at) = model.find("Span {") {
            let end = model[at..]
                .find('}')
                .map_or(model.len(), |end| at + end + 1);
            model.replace_range(at..end, "_");
        }
        // What is not modelled is told in the words of each form.
        while let Some(at) = model.find("asks: Asks {") {
            let rest = &model[at..];
            let on = rest.find(", on: [").expect("the last field");
            let end = rest[on..].find("] }").expect("its end");
            model.replace_range(at..at + on + end + "] }".len(), "");
        }
        model
    };
    assert_eq!(plain(PAIR), plain(PAIR_JSON));
}

#[test]
fn every_line_and_record_of_a_pair_is_accounted_for() {
    for text in [PAIR, PAIR_JSON] {
        let totals = document(text).ledger.totals();
        assert_eq!(totals.unrecognised, 0);
        assert!(totals.modelled > 10);
    }
}

// --- Detection ---------------------------------------------------------------------

#[test]
fn look_alikes_are_not_taken_for_rulesets() {
    let fragments = [
        // ufw keeps rules for chains of its own, without built-in chains.
        "# rules.before\n*filter\n:ufw-before-input - [0:0]\n:ufw-before-output - [0:0]\n-A ufw-before-input -i lo -j ACCEPT\nCOMMIT\n",
        "#!/bin/sh\niptables -F\niptables -A INPUT -p tcp --dport 25 -j ACCEPT\niptables -P INPUT DROP\n",
        "Table of contents\n\n* filter\n* nat\n",
        "table ip_addresses {\n  foo\n}\n",
        "{\"tables\": [{\"nftables\": []}]}",
        "*filter hook for the coffee machine\n: none\n",
        "hostname asa1\nnat (inside) 1 0 0\naccess-list x permit ip any any\n",
    ];
    for text in fragments {
        let file = SourceFile::from_text(FileId(0), "x", text);
        for format in FORMATS
            .iter()
            .filter(|format| matches!(format.id, "iptables" | "nftables"))
        {
            assert_eq!(
                (format.detect)(&file),
                None,
                "{} claims {text:?}",
                format.id
            );
        }
    }
}

// --- Platform estates --------------------------------------------------------------

/// Rules that speak on an estate, each with what the cited line holds.
fn findings(estate: &str) -> Vec<(String, String)> {
    let output = assert_cmd::Command::cargo_bin("exlint")
        .expect("the binary is built")
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["check", "--format", "json", "--color", "never"])
        .arg(format!("fixtures/platforms/{estate}"))
        .output()
        .expect("the binary runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a report");
    let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    assert!(list("undecided").is_empty(), "{estate}");
    assert_eq!(
        fixes::read_all(&report) == 0,
        estate.ends_with("-fixed"),
        "{estate}"
    );
    let mut all: Vec<(String, String)> = list("findings")
        .iter()
        .map(|finding| {
            let text = |pointer: &str| {
                finding
                    .pointer(pointer)
                    .and_then(|v| v.as_str())
                    .unwrap_or("")
                    .to_owned()
            };
            (text("/rule/id"), text("/primary/text"))
        })
        .collect();
    // Of rules about the breadth of permits, which fire on these lists too.
    let other = [
        "FH001", "FH002", "FH003", "FH007", "FH010", "FH014", "FU016",
    ];
    all.retain(|(id, _)| !other.contains(&id.as_str()));
    all.sort();
    all
}

#[test]
fn the_planted_faults_are_found_on_both_platforms_and_their_twins_have_none() {
    let wanted: [(&str, &str, &str); 6] = [
        ("FH004", "HUB2 was forgotten", "HUB2 was forgotten"),
        (
            "FR005",
            "-A servers_in -d 10.20.10.0/24 -j log_drop",
            "ip daddr 10.20.10.0/24 goto log_drop",
        ),
        (
            "FR021",
            "-A servers_in -d 10.20.10.0/24 -j log_drop",
            "ip daddr 10.20.10.0/24 goto log_drop",
        ),
        ("FS001", "-A front_in -j log_drop", "goto log_drop"),
        ("FU002", "--dports 139,445", "tcp dport { 139, 445 }"),
        ("FU005", "--dport 50389", "tcp dport 50389"),
    ];
    for (platform, pick) in [("iptables", 1), ("nftables", 2)] {
        let found = findings(platform);
        assert_eq!(found.len(), wanted.len(), "{platform}: {found:#?}");
        for ((rule, text), (id, first, second)) in found.iter().zip(wanted) {
            let part = if pick == 1 { first } else { second };
            assert!(
                rule == id && text.contains(part),
                "{platform}: {rule} {text}"
            );
        }
        assert_eq!(findings(&format!("{platform}-fixed")), []);
    }
}

#[test]
fn a_dump_alone_answers_for_interfaces_that_it_does_not_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = filter(
        "DROP",
        "-A FORWARD -i wan0 -p tcp --dport 25 -j ACCEPT\n-A FORWARD ! -i wan0 -p udp -j ACCEPT",
    );
    std::fs::write(folder.path().join("gw.txt"), text).expect("written");
    let ask = |ingress: &str, service: &str| {
        let output = assert_cmd::Command::cargo_bin("exlint")
            .expect("the binary is built")
            .current_dir(folder.path())
            .args([
                "trace", ".", "--device", "gw", "--in", ingress, "--out", "lan7",
            ])
            .args([
                "--from",
                A,
                "--to",
                B,
                "--service",
                service,
                "--color",
                "never",
            ])
            .output()
            .expect("the binary runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    assert!(ask("wan0", "tcp/25").contains("permit"));
    assert!(ask("eth3", "tcp/25").contains("den"));
    assert!(ask("eth3", "udp/53").contains("permit"));
}

// --- Hostile input ---------------------------------------------------------------

#[test]
fn no_cut_of_a_ruleset_makes_the_readers_panic() {
    let dump = format!(
        "*raw\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p udp -j NOTRACK\nCOMMIT\n{}",
        filter(
            "DROP",
            "-A FORWARD -p tcp -m multiport ! --dports 1:2,smtp -m comment --comment \"a \\\" b\" -j USER\n-A USER -m state --state NEW,RELATED -g USER"
        )
    );
    for whole in [dump.as_str(), PAIR, PAIR_JSON] {
        for end in (0..=whole.len()).step_by(1 + whole.len() / 900) {
            let Some(part) = whole.get(..end) else {
                continue;
            };
            for format in FORMATS
                .iter()
                .filter(|format| matches!(format.id, "iptables" | "nftables"))
            {
                let file = SourceFile::from_text(FileId(0), "cut", part);
                let _ = (format.detect)(&file);
                let _ = (format.parse)(&file);
            }
        }
    }
}

#[test]
fn chains_that_call_each_other_end_in_an_answer() {
    let circle = filter(
        "DROP",
        "-A FORWARD -j USER\n-A USER -p tcp -j USER\n-A USER -j ACCEPT",
    );
    assert_eq!(crosses(&circle, A, B, 6, 25), 'I');
    assert_eq!(crosses(&circle, A, B, 17, 53), 'P');
    let mut deep = String::from("table ip t {\n");
    for number in 0..200 {
        deep.push_str(&format!(
            " chain c{number} {{\n tcp dport {number} drop\n jump c{}\n }}\n",
            number + 1
        ));
    }
    deep.push_str(" chain c200 { }\n chain f {\n type filter hook forward priority 0; policy accept;\n jump c0\n }\n}\n");
    assert!(matches!(crosses(&deep, A, B, 6, 5), 'D' | 'I'));
    let braces = format!("table ip t {{\n chain f {{ {}", "{".repeat(50_000));
    let _ = document(&braces);
}

/// A table that is not committed may have lost rules, and others may be
/// missing altogether; iptables-restore takes nothing of it.
#[test]
fn a_dump_without_its_last_commit_decides_nothing() {
    let dump = "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\
                -A FORWARD -p tcp --dport 25 -j ACCEPT\n";
    let whole = format!("{dump}COMMIT\n");
    for (text, expected, faults) in [(whole.as_str(), 'P', 0), (dump, 'I', 1)] {
        assert_eq!(crosses(text, A, "10.1.3.4", 6, 25), expected);
        assert_eq!(document(text).problems.len(), faults);
    }
}

/// A mark or a rate is not in the packet that is asked about.
#[test]
fn marks_and_named_limits_leave_open_what_they_could_decide() {
    let ruleset = |rules: &str| {
        format!(
            "table inet filter {{\n\tlimit mail {{\n\t\trate 10/second\n\t}}\n\tchain pre {{\n\t\ttype filter hook \
             prerouting priority mangle; policy accept;\n\t\tip saddr {A} meta mark set 0x1\n\t\tct mark set meta mark\n\t}}\n\
             \tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n{rules}\n\t}}\n}}\n"
        )
    };
    for rule in [
        "meta mark 0x1 tcp dport 25 accept",
        "ct mark and 0xff == 0x1 tcp dport 25 accept",
        "tcp dport 25 limit name \"mail\" accept",
        "tcp dport 25 limit name tcp dport map { 25 : \"mail\" } accept",
    ] {
        let text = ruleset(rule);
        assert_eq!(crosses(&text, A, B, 6, 25), 'I', "{rule}");
        assert_eq!(crosses(&text, A, B, 6, 26), 'D', "{rule}");
        let reasons = firewall(&text).not_modelled;
        let file = SourceFile::from_text(FileId(0), "gw.txt", text.as_str());
        let at = |reason: &exlint::model::firewall::NotModelled| file.slice(reason.span).to_owned();
        assert!(
            reasons.iter().any(|reason| at(reason).contains(rule)),
            "the rule is the reason: {:?}",
            reasons.iter().map(at).collect::<Vec<_>>()
        );
    }
}
