//! What `iptables -L` prints means what `iptables-save` prints.

use std::path::Path;

use exlint::model::firewall::{Action, Firewall};

use super::{A, B, crosses, document, filter, firewall};

/// A listing of the table filter with one row in `FORWARD`.
fn listing(row: &str) -> String {
    let head = " pkts bytes target     prot opt in     out     source               destination";
    format!(
        "Chain INPUT (policy ACCEPT 0 packets, 0 bytes)\n{head}\n\n\
         Chain FORWARD (policy DROP 12 packets, 1K bytes)\n{head}\n{row}\n\n\
         Chain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n{head}\n\n\
         Chain USER (1 references)\n{head}\n"
    )
}

/// Rows of `iptables -L -n -v` with the rule that each stands for.
const ROWS: [(&str, &str); 13] = [
    (
        "   12  720 ACCEPT     tcp  --  eth0   *       0.0.0.0/0            10.1.3.4             tcp dpt:25",
        "-i eth0 -d 10.1.3.4/32 -p tcp -m tcp --dport 25 -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     6    --  *      !eth2   !10.0.0.0/8          0.0.0.0/0            multiport dports  !80,443 /* all -j DROP */",
        "! -o eth2 ! -s 10.0.0.0/8 -p tcp -m multiport ! --dports 80,443 -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp spts:1024:65535 dpts:20:25 flags:0x17/0x02",
        "-p tcp --sport 1024:65535 --dport 20:25 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:25flags: 0x17/0x02",
        "-p tcp --dport 25 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            state NEW tcpflags: 0x17/0x02 multiport dports 25,80",
        "-p tcp -m state --state NEW --tcp-flags FIN,SYN,RST,ACK SYN -m multiport --dports 25,80 -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:25flags: !0x17/0x02",
        "-p tcp --dport 25 ! --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            state RELATED,ESTABLISHED",
        "-m state --state RELATED,ESTABLISHED -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            ! ctstate INVALID source IP range 192.0.2.9-192.0.2.30",
        "-m conntrack ! --ctstate INVALID -m iprange --src-range 192.0.2.9-192.0.2.30 -j ACCEPT",
    ),
    (
        "    0     0            all  --  *      *       0.0.0.0/0            0.0.0.0/0",
        "",
    ),
    (
        " 999K  10G LOG        all  --  *      *       0.0.0.0/0            0.0.0.0/0            LOG flags 0 level 4 prefix \"-j ACCEPT \"",
        "-j LOG --log-prefix \"-j ACCEPT \"",
    ),
    (
        "    0     0 ACCEPT     udp  --  *      *       anywhere             anywhere             udp dpt:domain",
        "-p udp --dport domain -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:25 limit: avg 3/min burst 5",
        "-p tcp --dport 25 -m limit --limit 3/min -j ACCEPT",
    ),
    (
        "    0     0 ACCEPT     tcp  --  *      *       0.0.0.0/0            0.0.0.0/0            tcp dpt:25 somenewmatch x y",
        "-p tcp --dport 25 -m somenewmatch -j ACCEPT",
    ),
];

#[test]
fn each_row_of_a_listing_means_the_rule_that_it_shows() {
    for (row, rule) in ROWS {
        let listed = listing(row);
        let saved = filter("DROP", &format!("-A FORWARD {rule}"));
        for (source, protocol, port) in [
            (A, 6, 25),
            (A, 6, 80),
            (A, 17, 53),
            ("10.9.9.9", 6, 25),
            ("192.0.2.8", 6, 443),
            (A, 47, 0),
        ] {
            assert_eq!(
                crosses(&listed, source, B, protocol, port),
                crosses(&saved, source, B, protocol, port),
                "{source} {protocol}/{port}: {row}"
            );
        }
    }
}

#[test]
fn a_listing_without_interfaces_decides_nothing_and_names_the_export_that_does() {
    let head = "target     prot opt source               destination";
    let text = format!(
        "Chain INPUT (policy ACCEPT)\n{head}\n\nChain FORWARD (policy DROP)\n{head}\n\
         ACCEPT     all  --  0.0.0.0/0            0.0.0.0/0\n\
         DROP       tcp  --  0.0.0.0/0            0.0.0.0/0            tcp dpt:25\n\n\
         Chain OUTPUT (policy ACCEPT)\n{head}\n"
    );
    assert_eq!(crosses(&text, A, B, 17, 53), 'I');
    let problems = document(&text).problems;
    let hints: Vec<&str> = problems
        .iter()
        .filter_map(|one| one.hint.as_deref())
        .collect();
    assert!(
        hints.iter().any(|hint| hint.contains("iptables-save")),
        "{problems:?}"
    );
}

#[test]
fn a_listing_of_several_tables_says_which_packets_have_no_state() {
    let head = " pkts bytes target     prot opt in     out     source               destination";
    let raw = format!(
        "root@gw:~# iptables -t raw -L -n -v\nChain PREROUTING (policy ACCEPT 0 packets, 0 bytes)\n{head}\n    0     0 CT         tcp  --  *      *       192.0.2.25           0.0.0.0/0            CT notrack\n\nChain OUTPUT (policy ACCEPT 0 packets, 0 bytes)\n{head}\nroot@gw:~# iptables -L -n -v\n"
    );
    let row = "    0     0 ACCEPT     all  --  *      *       0.0.0.0/0            0.0.0.0/0            state NEW";
    for raw in [raw.clone(), raw.replace("CT notrack", "NOTRACK")] {
        let text = format!("{raw}{}", listing(row));
        assert_eq!(crosses(&text, A, B, 6, 25), 'D');
        assert_eq!(crosses(&text, A, B, 17, 53), 'P');
        assert_eq!(firewall(&text).name.value, "gw");
    }
}

#[test]
fn a_row_that_cannot_be_read_leaves_its_chain_open() {
    let row = "    0     0 ACCEPT";
    assert_eq!(crosses(&listing(row), A, B, 6, 25), 'I');
}

/// What the rules of the table filter are, without where they stand.
fn rules(firewall: &Firewall) -> Vec<String> {
    let name = |action: Action| match action {
        Action::Jump(id) | Action::Goto(id) => firewall.filters[id.0 as usize].name.clone(),
        other => format!("{other:?}"),
    };
    let mut all = Vec::new();
    for filter in firewall
        .filters
        .iter()
        .filter(|filter| filter.name.starts_with("filter/"))
    {
        for rule in &filter.rules {
            all.push(format!(
                "{} {} {:?} {:?} {:?} {:?} {}",
                filter.name,
                name(rule.action),
                rule.source,
                rule.destination,
                rule.service,
                rule.state,
                rule.conditions.len(),
            ));
        }
    }
    all.sort();
    all
}

#[test]
fn both_exports_of_one_device_hold_the_same_rules() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall/iptables_save");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    for (listed, saved) in [
        (
            "net-network/configs_synology_diskstation_ds414__iptables_Lnv_jun_2015_cleanup",
            "Iptables_Semantics/Synology_Diskstation_DS414__iptables-save_jun_2015_cleanup",
        ),
        (
            "net-network/configs_synology_diskstation_ds414__iptables_Lnv_jun_2015_legacyifacerules",
            "Iptables_Semantics/IPPartEval__configs_synology_diskstation_ds414__iptables-save_jun_2015_legacyifacerules",
        ),
        (
            "net-network/config_networking.ringofsaturn.com__iptables_Lnv",
            "Iptables_Semantics/Ringofsaturn_com__iptables-save",
        ),
    ] {
        let Some((listed, saved)) = read(listed).zip(read(saved)) else {
            println!("skipped: ../shared/corpus is not there");
            return;
        };
        let all = rules(&firewall(&saved));
        assert!(all.len() > 5, "{all:?}");
        assert_eq!(rules(&firewall(&listed)), all);
    }
}
