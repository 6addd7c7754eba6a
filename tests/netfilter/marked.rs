//! Conditions on marks that the rules of the same dump set, or never set.

use exlint::model::firewall::Passage;

use super::{A, B, KNOWN, NEW, crosses, firewall, on, packet};

/// A node of Kubernetes: the chain that marks packets to be dropped, what calls
/// it, and further lines of `mangle`.
fn node(mangle: &str, calls: &str) -> String {
    let built_in = |names: &[&str]| {
        let lines = names.iter().map(|name| format!(":{name} ACCEPT [0:0]\n"));
        lines.collect::<String>()
    };
    let all = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
    format!(
        "*mangle\n{}{mangle}COMMIT\n\
         *nat\n{}:KUBE-MARK-DROP - [0:0]\n:KUBE-MARK-MASQ - [0:0]\n:KUBE-SERVICES - [0:0]\n\
         -A PREROUTING -j KUBE-SERVICES\n{calls}\
         -A KUBE-SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 25 -j KUBE-MARK-MASQ\n\
         -A KUBE-MARK-DROP -j MARK --set-xmark 0x8000/0x8000\n\
         -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000\nCOMMIT\n\
         *filter\n{}:KUBE-FIREWALL - [0:0]\n-A FORWARD -j KUBE-FIREWALL\n\
         -A KUBE-FIREWALL -m mark --mark 0x8000/0x8000 -j DROP\nCOMMIT\n",
        built_in(&all),
        built_in(&["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
        built_in(&["INPUT", "FORWARD", "OUTPUT"]),
    )
}

/// iptables-extensions(8), "mark" and "MARK": the mark of a packet is 0 until a rule
/// sets bits of it, and a chain that nothing calls is never met.
#[test]
fn a_mark_that_only_an_unused_chain_sets_is_never_there() {
    assert_eq!(crosses(&node("", ""), A, B, 6, 25), 'P');
    let other = node("", "").replace("-m mark --mark", "-m mark ! --mark");
    assert_eq!(crosses(&other, A, B, 6, 25), 'D');
    let zero = node("", "").replace("--mark 0x8000/0x8000", "--mark 0x0/0x8000");
    assert_eq!(crosses(&zero, A, B, 6, 25), 'D');
}

#[test]
fn a_mark_stays_open_where_a_rule_may_set_it() {
    let called = "-A KUBE-SERVICES -d 10.96.0.8/32 -j KUBE-MARK-DROP\n";
    assert_eq!(crosses(&node("", called), A, "10.96.0.8", 6, 25), 'I');
    assert_eq!(crosses(&node("", called), A, B, 6, 25), 'P');
    for set in [
        "-A PREROUTING -j MARK --set-xmark 0xc000/0xffffffff\n",
        "-A PREROUTING -j CONNMARK --restore-mark --nfmask 0xffffffff --ctmask 0xffffffff\n",
        "-A PREROUTING -p tcp -j TPROXY --on-port 1 --tproxy-mark 0x1/0x1\n",
        "-A PREROUTING -j IPMARK --addr src --and-mark 0xffff --or-mark 0x0\n",
        "-A PREROUTING -m socket --restore-skmark -j ACCEPT\n",
    ] {
        assert_eq!(crosses(&node(set, ""), A, B, 6, 25), 'I', "{set}");
    }
    let saved = "-A PREROUTING -j CONNMARK --save-mark --nfmask 0xffffffff --ctmask 0xffffffff\n";
    assert_eq!(crosses(&node(saved, ""), A, B, 6, 25), 'P');
}

/// Another program may set a bit that no rule of the dump sets, and a table that is
/// not there may set any.
#[test]
fn a_mark_of_others_stays_open() {
    let text = node("", "").replace("--mark 0x8000/0x8000", "--mark 0x10/0x10");
    assert_eq!(crosses(&text, A, B, 6, 25), 'I');
    let text = node("", "");
    let part = text.find("*nat").and_then(|at| text.get(at..));
    assert_eq!(crosses(part.expect("the table is there"), A, B, 6, 25), 'I');
}

/// Tailscale marks what comes through its interface, and lets the marked pass. Of
/// other packets, only those of known connections may have the mark again.
#[test]
fn a_mark_that_the_rule_above_sets_is_surely_there() {
    let text = "*mangle\n:PREROUTING ACCEPT [0:0]\n\
         -A PREROUTING -m conntrack --ctstate RELATED,ESTABLISHED -j CONNMARK --restore-mark --nfmask 0xff0000 --ctmask 0xff0000\n\
         COMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n\
         *filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:ts-forward - [0:0]\n\
         -A FORWARD -j ts-forward\n\
         -A ts-forward -i tailscale0 -j MARK --set-xmark 0x40000/0xff0000\n\
         -A ts-forward -m mark --mark 0x40000/0xff0000 -j ACCEPT\nCOMMIT\n";
    let gateway = firewall(text);
    let mail = packet(A, B, 6, 25);
    let ask = |from, state| on(&gateway, Passage::Transit, (from, "eth1"), &mail, state);
    assert_eq!(ask("tailscale0", NEW), 'P');
    assert_eq!(ask("tailscale0", KNOWN), 'P');
    assert_eq!(ask("eth0", NEW), 'D');
    assert_eq!(ask("eth0", KNOWN), 'I');
    // Other bits, or not all of them.
    let other = text.replace(
        "--set-xmark 0x40000/0xff0000",
        "--set-xmark 0x40000/0x40000",
    );
    let gateway = firewall(&other);
    let ask = |from, state| on(&gateway, Passage::Transit, (from, "eth1"), &mail, state);
    assert_eq!(ask("tailscale0", NEW), 'I');
    assert_eq!(ask("eth0", NEW), 'D');
}

/// kube-proxy marks packets for its services before it translates their
/// destinations, and lets the marked pass.
#[test]
fn a_mark_narrows_to_the_ways_that_set_it() {
    let text = "*mangle\n:PREROUTING ACCEPT [0:0]\nCOMMIT\n\
         *nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n:MASQ - [0:0]\n:PORTS - [0:0]\n:SEP - [0:0]\n:SERVICES - [0:0]\n:SVC - [0:0]\n\
         -A PREROUTING -j SERVICES\n-A OUTPUT -j SERVICES\n\
         -A SERVICES -d 10.96.0.9/32 -p tcp -m tcp --dport 25 -j SVC\n\
         -A SERVICES -m addrtype --dst-type LOCAL -j PORTS\n\
         -A PORTS -p tcp -m tcp --dport 30025 -j SVC\n\
         -A SVC ! -s 10.244.0.0/16 -j MASQ\n-A SVC -j SEP\n\
         -A SEP -p tcp -m tcp -j DNAT --to-destination 10.244.1.4:2525\n\
         -A MASQ -j MARK --set-xmark 0x4000/0x4000\n\
         -A POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN\n\
         -A POSTROUTING -j MARK --set-xmark 0x4000/0x0\n\
         -A POSTROUTING -j MASQUERADE\nCOMMIT\n\
         *filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:KUBE - [0:0]\n\
         -A FORWARD -j KUBE\n-A KUBE -m mark --mark 0x4000/0x4000 -j ACCEPT\nCOMMIT\n";
    // No service, no port of one.
    assert_eq!(crosses(text, A, B, 6, 25), 'D');
    assert_eq!(crosses(text, A, B, 17, 30_025), 'D');
    // Behind the translation, before it, and the port of the node.
    assert_eq!(crosses(text, A, "10.244.1.4", 6, 2525), 'I');
    assert_eq!(crosses(text, A, "10.96.0.9", 6, 25), 'I');
    assert_eq!(crosses(text, A, B, 6, 30_025), 'I');
    // Pods are not marked.
    assert_eq!(crosses(text, "10.244.7.7", "10.244.1.4", 6, 2525), 'D');
    // Another rule may mark anything.
    let more = text.replace(
        ":PREROUTING ACCEPT [0:0]\nCOMMIT",
        ":PREROUTING ACCEPT [0:0]\n-A PREROUTING -s 192.0.2.0/24 -j MARK --set-xmark 0x4000/0x4000\nCOMMIT",
    );
    assert_eq!(crosses(&more, A, B, 6, 25), 'I');
    assert_eq!(crosses(&more, "198.51.100.7", B, 6, 25), 'D');
}
