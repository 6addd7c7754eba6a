//! Behaviour of the reader as a whole. What rulesets mean is asked of the engine
//! in `tests/netfilter.rs`, and of the kernel in `tests/kernel/rulesets.py`.

mod corpus;

use crate::formats::LineState;
use crate::formats::firewall::nftables::FORMAT;
use crate::source::{FileId, SourceFile};

/// Every line of these rules is understood.
fn understood(rules: &str) {
    let text = format!(
        "table inet filter {{\n\tchain forward {{\n\t\ttype filter hook forward priority filter; policy drop;\n{rules}\n\t}}\n}}\n"
    );
    let file = SourceFile::from_text(FileId(0), "gw.nft", text.as_str());
    let document = (FORMAT.parse)(&file);
    for (index, state) in document.ledger.states().iter().enumerate() {
        let line = file.line(index).unwrap_or_default();
        assert_ne!(*state, LineState::Unrecognised, "{line}");
    }
}

#[test]
fn limits_quotas_and_counters_are_named_in_place_or_by_a_map() {
    understood(
        "limit name \"http\" accept
limit name tcp dport map { 80 : \"http\", 25 : \"mail\" } accept
limit name tcp dport map @limits accept
quota name ip saddr map @quotas drop
quota name \"daily\" drop
quota over 500 mbytes drop
quota until 10 mbytes used 3 kbytes accept
counter name ip saddr . tcp dport map { 10.0.0.1 . 25 : \"c1\" } accept
counter name \"tcp\" accept
limit rate over 10/second burst 20 packets drop
limit rate 1 mbytes/second burst 10 mbytes accept",
    );
}

#[test]
fn marks_are_set_from_marks_fields_maps_and_hashes() {
    understood(
        "meta mark set ct mark
ct mark set meta mark and 0xff
meta mark set mark and 0xffffff00 or 0x1
meta mark set ip saddr map @marks
meta mark set numgen inc mod 2 map { 0 : 0x1, 1 : 0x2 }
meta mark set jhash ip saddr mod 2 offset 1
meta mark set ip saddr . tcp dport map { 10.0.0.1 . 25 : 0x5 }
ct mark set ct mark and 0xffff or 0x10000
meta mark set ( meta mark & 0xff ) | 0x100
meta mark & 0xff == 0x1 accept
ct mark and 0xff == 1 accept
meta mark . tcp dport vmap { 0x1 . 25 : accept }
ct mark != 0 accept",
    );
}

/// Whether nothing is decided, and the problem says that a command changed the
/// rules.
fn changed(text: &str) -> bool {
    let file = SourceFile::from_text(FileId(0), "gw.nft", text);
    let document = (FORMAT.parse)(&file);
    let told = document
        .problems
        .iter()
        .any(|problem| problem.message.starts_with("this command changes rules"));
    let open = document.content.iter().all(|content| match content {
        crate::formats::Content::Firewall(firewall) => firewall
            .not_modelled
            .iter()
            .any(|reason| reason.reason == "a command behind the rules changes them"),
        _ => false,
    });
    assert_eq!(told, open, "{text}");
    told
}

#[test]
fn a_command_behind_a_listed_ruleset_that_changes_it_opens_it() {
    let rules = "table inet filter {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t\ttcp dport 25 accept comment \"# nft flush ruleset\"\n\t}\n}\n";
    let captured = format!("root@gw1:~# nft list ruleset\n{rules}");
    for command in [
        "root@gw1:~# nft flush ruleset",
        "[root@gw1 ~]# nft -f /etc/nftables.conf",
        "gw1# nft add rule inet filter forward drop",
        "root@gw1:~# systemctl stop nftables",
        "root@gw1:~# iptables -A FORWARD -j DROP",
        "# nft flush ruleset",
    ] {
        assert!(changed(&format!("{captured}{command}\n")), "{command}");
        assert!(!changed(&format!("{command}\n{captured}")), "{command}");
    }
    assert!(changed(&format!(
        "# nft list ruleset\n{rules}# nft flush ruleset\n"
    )));
    assert!(!changed(&captured));
    assert!(!changed(&format!(
        "{captured}root@gw1:~# nft list ruleset\n{rules}"
    )));
    // A script has remarks.
    for remark in ["# nft flush ruleset", "# systemctl restart nftables"] {
        assert!(!changed(&format!(
            "#!/usr/sbin/nft -f\nflush ruleset\n{rules}{remark}\n{rules}"
        )));
    }
}

#[test]
fn states_are_read_as_numbers_too() {
    understood("ct state 0x2,0x4 accept\nct state 0x1 drop\nct state { 0x8, 0x40 } accept");
}

/// Whether a rule is open because members of sets may have been left out.
fn left_out(text: &str) -> bool {
    let file = SourceFile::from_text(FileId(0), "gw.nft", text);
    assert!((FORMAT.detect)(&file).is_some(), "{text}");
    let document = (FORMAT.parse)(&file);
    document.content.iter().any(|content| match content {
        crate::formats::Content::Firewall(firewall) => firewall
            .not_modelled
            .iter()
            .any(|reason| reason.reason.starts_with("no set has members here")),
        _ => false,
    })
}

/// Source: nft(8), "Options": `-t, --terse` omits the contents of sets.
#[test]
fn sets_without_members_may_have_been_left_out() {
    let list = "table inet filter {\n\tset s {\n\t\ttype inet_service\n\t}\n\n\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n\t\ttcp dport @s accept\n\t}\n}\n";
    for command in [
        "nft -sta list ruleset",
        "% nft --terse list ruleset",
        "$ nft -a -t list table inet filter",
    ] {
        assert!(left_out(&format!("{command}\n{list}")), "{command}");
    }
    // Nothing tells how it was listed.
    assert!(left_out(list));
    for command in [
        "root@gw1:~# nft list ruleset",
        "% nft -nNSy list ruleset",
        "nft -a list ruleset",
    ] {
        assert!(!left_out(&format!("{command}\n{list}")), "{command}");
    }
    // Where another set has members, none were left out.
    let other =
        "table ip other {\n\tset t {\n\t\ttype inet_service\n\t\telements = { 25 }\n\t}\n}\n";
    assert!(!left_out(&format!("{list}{other}")));
    assert!(left_out(&format!("nft -t list ruleset\n{list}{other}")));
}
