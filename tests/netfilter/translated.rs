//! Conditions that the rest of a ruleset answers: whether a connection was
//! translated, and what kind of destination is left.

use exlint::flow::ConnectionState;
use exlint::model::firewall::Passage;

use super::{A, B, NEW, crosses, filter, firewall, on, packet};

/// nft(8), "CONNTRACK EXPRESSIONS"; iptables-extensions(8), "conntrack": `dnat` is a
/// connection whose destination a rule changed, so that its first packet has an
/// address that the rule wrote.
#[test]
fn a_rule_for_translated_connections_matches_nothing_else() {
    let nft = |nat: &str| {
        format!(
            "table inet firewalld {{\n{nat}\tchain filter_FORWARD {{\n\t\ttype filter hook forward priority filter + 10; policy accept;\n\
             \t\tct state {{ established, related }} accept\n\t\tct status dnat accept\n\
             \t\ttcp dport 25 accept\n\t\treject with icmpx admin-prohibited\n\t}}\n}}\n"
        )
    };
    let save = |nat: &str| {
        let rules = "-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED,DNAT -j ACCEPT\n-A FORWARD -p tcp --dport 25 -j ACCEPT\n\
                     -A FORWARD -j REJECT --reject-with icmp-host-prohibited";
        format!("{nat}{}", filter("ACCEPT", rules))
    };
    let chain = |rules: &str| {
        format!(
            "\tchain nat_PREROUTING {{\n\t\ttype nat hook prerouting priority dstnat + 10; policy accept;\n{rules}\t}}\n"
        )
    };
    let table = |rules: &str| {
        format!(
            "*nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{rules}COMMIT\n"
        )
    };
    let none = [nft(&chain("")), save(&table(""))];
    for text in &none {
        assert_eq!(crosses(text, A, B, 6, 80), 'D');
        assert_eq!(crosses(text, A, B, 6, 25), 'P');
    }
    let some = [
        nft(&chain(
            "\t\tmeta nfproto ipv4 tcp dport 8080 dnat ip to 10.1.3.4:80\n",
        )),
        save(&table(
            "-A PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 10.1.3.4:80\n",
        )),
    ];
    for text in &some {
        assert_eq!(crosses(text, A, B, 6, 80), 'I');
        assert_eq!(crosses(text, A, "10.1.3.5", 6, 80), 'D');
        assert_eq!(crosses(text, A, "10.1.3.5", 6, 25), 'P');
        // Replies come from there.
        let reply = packet(B, A, 6, 80);
        let later = on(
            &firewall(text),
            Passage::Transit,
            ("eth1", "eth0"),
            &reply,
            ConnectionState::Established,
        );
        assert_eq!(later, 'P');
    }
    // The file does not tell what is translated: it has no such table, or the
    // rule keeps the address or takes that of an interface.
    for text in [
        nft(""),
        save(""),
        nft(&chain("\t\ttcp dport 8080 redirect to :80\n")),
        save(&table(
            "-A PREROUTING -p tcp -m tcp --dport 8080 -j REDIRECT --to-ports 80\n",
        )),
        save(&table(
            "-A PREROUTING -p tcp -m tcp --dport 8080 -j HOUSEMADE\n",
        )),
    ] {
        assert_eq!(crosses(&text, A, B, 6, 80), 'I', "{text}");
        assert_eq!(crosses(&text, A, B, 6, 25), 'P', "{text}");
    }
    // Sources are something else, and so is what was not translated.
    for text in [
        save(&table("")).replace("ESTABLISHED,DNAT", "ESTABLISHED,SNAT"),
        nft(&chain("")).replace("status dnat", "status snat"),
        nft(&chain("")).replace("status dnat", "status != dnat"),
    ] {
        assert_eq!(crosses(&text, A, B, 6, 80), 'I', "{text}");
    }
}

/// ip(7), and `ufw-not-local` of ufw's before.rules: packets for `INPUT` are for a
/// local address, a broadcast or a multicast.
#[test]
fn nothing_is_left_over_behind_all_kinds_of_delivered_packets() {
    let host = |rules: &str, text: &str| {
        let dump = format!(
            "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:not-local - [0:0]\n{text}{rules}-A not-local -j DROP\n-A INPUT -p tcp -m tcp --dport 25 -j ACCEPT\nCOMMIT\n"
        );
        let found = on(
            &firewall(&dump),
            Passage::ToHost,
            ("eth0", ""),
            &packet(A, B, 6, 25),
            NEW,
        );
        (found, crosses(&dump, A, B, 6, 25))
    };
    let jump = "-A INPUT -j not-local\n";
    let kinds = |names: &[&str], more: &str| -> String {
        names
            .iter()
            .map(|name| format!("-A not-local {more}-m addrtype --dst-type {name} -j RETURN\n"))
            .collect()
    };
    let all = ["LOCAL", "MULTICAST", "BROADCAST"];
    assert_eq!(host(&kinds(&all, ""), jump).0, 'P');
    assert_eq!(
        host(&kinds(&["BROADCAST", "LOCAL", "MULTICAST"], ""), jump).0,
        'P'
    );
    for rules in [
        kinds(&["LOCAL", "MULTICAST"], ""),
        kinds(&["LOCAL", "BROADCAST", "BROADCAST"], ""),
        kinds(&["LOCAL", "MULTICAST", "UNICAST"], ""),
        kinds(&all, "-d 10.0.0.0/8 "),
        kinds(&all, "-i eth0 "),
        kinds(&all, "").replace("LOCAL -j", "LOCAL --limit-iface-in -j"),
        kinds(&all, "").replace("BROADCAST -j RETURN", "BROADCAST -j DROP"),
        kinds(&all, "").replace("--dst-type BROADCAST", "--src-type BROADCAST"),
    ] {
        assert_eq!(host(&rules, jump).0, 'I', "{rules}");
    }
    // nft about the same chain of ufw.
    let listed = |family: &str, kinds: &[&str], hook: &str| {
        let kinds: String = kinds
            .iter()
            .map(|kind| format!("\t\tfib daddr type {kind} counter packets 3 bytes 180 return\n"))
            .collect();
        let text = format!(
            "table {family} filter {{\n\tchain not-local {{\n{kinds}\t\tcounter packets 0 bytes 0 drop\n\t}}\n\
             \tchain first {{\n\t\ttype filter hook {hook} priority filter; policy drop;\n\
             \t\tcounter packets 0 bytes 0 jump not-local\n\t\ttcp dport 25 accept\n\t}}\n}}\n"
        );
        let passage = match hook {
            "input" => Passage::ToHost,
            _ => Passage::Transit,
        };
        let ways = ("eth0", "");
        on(&firewall(&text), passage, ways, &packet(A, B, 6, 25), NEW)
    };
    let all = ["local", "multicast", "broadcast"];
    assert_eq!(listed("ip", &all, "input"), 'P');
    for (family, kinds, hook) in [
        ("ip", &all[..2], "input"),
        ("ip", &["local", "multicast", "unicast"], "input"),
        ("inet", &all, "input"),
        ("ip", &all, "forward"),
    ] {
        assert_eq!(
            listed(family, kinds, hook),
            'I',
            "{family} {kinds:?} {hook}"
        );
    }
    let all = ["LOCAL", "MULTICAST", "BROADCAST"];
    // A chain that packets on their way through meet too says nothing of them.
    let both = "-A INPUT -j not-local\n-A FORWARD -j not-local\n-A FORWARD -p tcp -m tcp --dport 25 -j ACCEPT\n";
    assert_eq!(host(&kinds(&all, ""), both), ('I', 'I'));
}
