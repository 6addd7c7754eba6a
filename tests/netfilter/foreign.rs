//! What nft cannot translate, and words that stand for others.

use super::crosses;

const A: &str = "192.0.2.25";
const B: &str = "10.1.3.4";

fn forward(policy: &str, rules: &str) -> String {
    format!(
        "table ip filter {{\n\tchain user {{\n\t\tdrop\n\t}}\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy {policy};\n{rules}\n\t}}\n}}\n"
    )
}

fn ports(text: &str, ports: &[u16]) -> String {
    let each = ports.iter().map(|port| crosses(text, A, B, 6, *port));
    each.collect()
}

#[test]
fn a_rule_of_iptables_keeps_its_verdict_behind_a_match_that_nft_cannot_show() {
    // nft 1.0.6 about `iptables-nft -A FORWARD -p tcp --dport 25 -m recent
    // --rcheck -j DROP` and others; whether a packet matches nobody knows.
    let rules = "\
\t\ttcp dport 25 xt match \"recent\" counter packets 0 bytes 0 drop
\t\ttcp dport 26 xt match recent counter packets 0 bytes 0 jump user
\t\ttcp dport 27 xt match \"string\" counter packets 0 bytes 0 accept";
    assert_eq!(ports(&forward("accept", rules), &[25, 26, 27, 28]), "IIPP");
    assert_eq!(ports(&forward("drop", rules), &[25, 26, 27, 28]), "DDID");
}

#[test]
fn a_target_of_iptables_does_what_its_name_says() {
    let rules = "\
\t\ttcp dport 25 counter packets 0 bytes 0 xt target \"REJECT\"
\t\ttcp dport 26 counter packets 0 bytes 0 xt target \"LOG\"
\t\ttcp dport 27 counter packets 0 bytes 0 xt target \"NFQUEUE\"
\t\ttcp dport 28 counter packets 0 bytes 0 xt target \"FROBNICATE\"";
    assert_eq!(ports(&forward("accept", rules), &[25, 26, 27, 28]), "DPII");
}

#[test]
fn older_listings_show_a_match_of_iptables_as_a_remark_inside_the_rule() {
    // nft 0.9 about `-m recent --update` and `-m set --match-set`.
    let rules = "\
\t\tmeta l4proto tcp tcp dport 25 ct state new # recent: UPDATE seconds: 60 hit_count: 4 name: DEFAULT side: source mask: 255.255.255.255 counter packets 0 bytes 0 jump user
\t\ttcp dport 26 # match-set blocked src counter packets 0 bytes 0 drop
\t\ttcp dport 27 counter packets 0 bytes 0 accept # handle 12
\t\t# tcp dport 28 counter packets 0 bytes 0 drop
\t\ttcp dport 29 accept # once: counter packets 0 bytes 0 drop";
    let text = forward("accept", rules);
    assert_eq!(ports(&text, &[25, 26, 27, 28, 29]), "IIPPP");
}

#[test]
fn what_nft_cannot_translate_is_open_in_json_too() {
    let rule = |foreign: &str, verdict: &str| {
        format!(
            "{{\"rule\": {{\"family\": \"ip\", \"table\": \"filter\", \"chain\": \"forward\", \"handle\": 4, \"expr\": [{{\"xt\": {foreign}}}, {{\"counter\": {{\"packets\": 0, \"bytes\": 0}}}}, {verdict}]}}}}"
        )
    };
    let text = |rule: &str| {
        format!(
            "{{\"nftables\": [{{\"metainfo\": {{\"version\": \"1.0.6\", \"json_schema_version\": 1}}}}, {{\"table\": {{\"family\": \"ip\", \"name\": \"filter\", \"handle\": 1}}}}, {{\"chain\": {{\"family\": \"ip\", \"table\": \"filter\", \"name\": \"forward\", \"handle\": 1, \"type\": \"filter\", \"hook\": \"forward\", \"prio\": 0, \"policy\": \"accept\"}}}}, {rule}]}}"
        )
    };
    for foreign in ["{\"type\": \"match\", \"name\": \"recent\"}", "null"] {
        let text = text(&rule(foreign, "{\"drop\": null}"));
        assert_eq!(ports(&text, &[25]), "I", "{foreign}");
    }
}

#[test]
fn a_policy_may_stand_in_a_variable_and_is_never_guessed() {
    // nft: tests/shell/testcases/nft-f/0025policy_variable_0 and
    // 0026policy_variable_0.
    for (define, wanted) in [
        ("define default_policy = \"drop\"", "PD"),
        ("define default_policy = accept", "PP"),
        ("", "PI"),
    ] {
        let rules = forward("$default_policy", "\t\ttcp dport 25 accept");
        let text = format!("{define}\n{rules}");
        assert_eq!(ports(&text, &[25, 26]), wanted, "{define}");
    }
}

#[test]
fn a_set_with_a_line_that_is_not_understood_is_not_known() {
    let set = |line: &str| {
        format!(
            "table ip filter {{\n\tset mail {{\n\t\ttype inet_service\n\t\t{line}\n\t\telements = {{ 25 }}\n\t}}\n\tchain forward {{\n\t\ttype filter hook forward priority 0; policy drop;\n\t\ttcp dport @mail accept\n\t}}\n}}\n"
        )
    };
    assert_eq!(ports(&set("size 128"), &[25, 26]), "PD");
    assert_eq!(ports(&set("limit rate 10/second"), &[25]), "I");
    assert_eq!(ports(&set("frobnicate 3"), &[25, 26]), "II");
}

#[test]
fn a_chain_at_a_hook_that_nobody_knows_leaves_everything_open() {
    let text = forward("accept", "\t\tdrop").replace("hook forward", "hook sideways");
    assert_eq!(ports(&text, &[25]), "I");
}

#[test]
fn hours_between_quotes_and_copies_to_a_device_end_where_they_end() {
    let rules = "\
\t\ttcp dport 25 meta hour \"10:00\"-\"12:00\" ip saddr 198.51.100.0/24 accept
\t\ttcp dport 26 dup to 192.0.2.99 device \"eth1\" ip saddr 192.0.2.0/24 accept
\t\ttcp dport 27 meta hour \"10:00\"-\"12:00\" accept";
    assert_eq!(ports(&forward("drop", rules), &[25, 26, 27]), "DPI");
}

#[test]
fn a_rule_that_is_taken_away_or_put_at_a_place_nobody_knows_leaves_its_chain_open() {
    let rules = "\t\ttcp dport 25 drop\n\t\ttcp dport 26 accept";
    for command in [
        "delete rule ip filter forward handle 5",
        "replace rule ip filter forward handle 5 tcp dport 25 accept",
        "add rule ip filter forward handle 4 tcp dport 26 drop",
        "insert rule ip filter forward index 2 tcp dport 26 drop",
    ] {
        let text = format!("{}{command}\n", forward("accept", rules));
        assert_eq!(ports(&text, &[25, 26]), "II", "{command}");
    }
    let text = format!(
        "{}insert rule ip filter forward tcp dport 26 drop\n",
        forward("accept", rules)
    );
    assert_eq!(ports(&text, &[25, 26, 27]), "DDP", "in front of all");
}

#[test]
fn a_rule_with_a_number_stands_before_or_behind_the_one_that_has_it() {
    // nft(8), "RULES": numbers count from 0; `insert` puts a rule before, `add`
    // behind. The verdicts are those of nftables 1.0.6 on Linux.
    let rules = "\t\ttcp dport 25 drop\n\t\ttcp dport 26 accept\n\t\ttcp dport 27 drop";
    for (commands, expected) in [
        (
            &["insert rule ip filter forward index 1 tcp dport 26 drop"][..],
            "DDD",
        ),
        (
            &["add rule ip filter forward index 0 tcp dport 26 drop"],
            "DDD",
        ),
        (
            &["add rule ip filter forward index 1 tcp dport 26 drop"],
            "DPD",
        ),
        (
            &["insert rule ip filter forward index 0 tcp dport 25 accept"],
            "PPD",
        ),
        (
            &[
                "insert rule ip filter forward tcp dport 28 accept",
                "insert rule ip filter forward index 1 tcp dport 25 accept",
                "add rule ip filter forward index 0 tcp dport 25 drop",
            ],
            "DPD",
        ),
    ] {
        let text = format!("{}{}\n", forward("accept", rules), commands.join("\n"));
        assert_eq!(ports(&text, &[25, 26, 27]), expected, "{commands:?}");
    }
}

#[test]
fn ports_that_a_packet_must_not_have_say_little_of_packets_without_ports() {
    // nft compares the bytes where ports would stand, whatever the protocol.
    let text = forward("accept", "\t\tth dport != 443 drop");
    assert_eq!(crosses(&text, A, B, 1, 0x0800), 'I');
    let text = forward(
        "accept",
        "\t\tmeta l4proto { tcp, udp } th dport != 443 drop",
    );
    assert_eq!(ports(&text, &[443, 25]), "PD");
    assert_eq!(crosses(&text, A, B, 1, 0x0800), 'P');
}
