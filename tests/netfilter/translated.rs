//! Rules that ask whether a connection has a translated destination, which only a
//! translation of the ruleset gives it.

use super::{KNOWN, Passage, crosses, firewall, on, packet};

const A: &str = "192.0.2.25";
const HUB: &str = "10.1.3.4";
const OTHER: &str = "10.1.3.5";

/// A router in the manner of firewalld: what is translated passes, all else is
/// rejected.
fn iptables(asked: &str, nat: &str) -> String {
    format!(
        "*nat\n:PREROUTING ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n{nat}COMMIT\n\
         *filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n\
         -A INPUT -m conntrack {asked} -j ACCEPT\n-A INPUT -j DROP\n\
         -A FORWARD -m conntrack {asked} -j ACCEPT\nCOMMIT\n"
    )
}

const ASKED: &str = "--ctstate RELATED,ESTABLISHED,DNAT";
const HUB_25: &str =
    "-A PREROUTING -i eth0 -p tcp -m tcp --dport 2525 -j DNAT --to-destination 10.1.3.4:25\n";

#[test]
fn without_a_translation_no_connection_is_translated() {
    let text = iptables(ASKED, "");
    assert_eq!(crosses(&text, A, HUB, 6, 25), 'D');
    let (gateway, mail) = (firewall(&text), packet(A, HUB, 6, 25));
    let to_host = on(&gateway, Passage::ToHost, ("eth0", ""), &mail, super::NEW);
    assert_eq!(to_host, 'D');
    let reply = on(&gateway, Passage::Transit, ("eth0", "eth1"), &mail, KNOWN);
    assert_eq!(reply, 'P');
    // What is not translated is all there is.
    let not = iptables("! --ctstate DNAT", "");
    assert_eq!(crosses(&not, A, HUB, 6, 25), 'P');
}

#[test]
fn a_translation_leaves_open_the_packets_for_its_new_destination_alone() {
    let text = iptables(ASKED, HUB_25);
    assert_eq!(crosses(&text, A, HUB, 6, 25), 'I');
    assert_eq!(crosses(&text, A, HUB, 6, 80), 'D');
    assert_eq!(crosses(&text, A, OTHER, 6, 25), 'D');
    assert_eq!(
        crosses(&iptables("! --ctstate DNAT", HUB_25), A, OTHER, 6, 25),
        'I'
    );
}

#[test]
fn a_translation_that_is_not_followed_leaves_all_open() {
    for nat in [
        "-A PREROUTING -p tcp -m tcp --dport 26 -j REDIRECT --to-ports 25\n",
        "-A PREROUTING -j FROBNICATE\n",
        "-A PREROUTING -d 192.0.2.1/32 -j DNAT --to-destination 10.1.3.4 --to-destination 10.1.3.5\n",
    ] {
        let text = iptables(ASKED, nat);
        assert_eq!(crosses(&text, A, OTHER, 6, 25), 'I', "{nat}");
    }
}

#[test]
fn what_the_host_translates_of_its_own_leaves_its_own_packets_open() {
    let nat = "-A OUTPUT -p tcp -m tcp --dport 2525 -j DNAT --to-destination 10.1.3.4:25\n";
    let text = iptables(ASKED, nat).replace(
        "-A FORWARD",
        "-A OUTPUT -m conntrack --ctstate DNAT -j DROP\n-A FORWARD",
    );
    let mail = packet(A, HUB, 6, 25);
    let sent = |text: &str| {
        let host = firewall(text);
        on(&host, Passage::FromHost, ("", "eth1"), &mail, super::NEW)
    };
    assert_eq!(sent(&text), 'I');
    assert_eq!(sent(&text.replace(nat, "")), 'P');
    assert_eq!(crosses(&text, A, HUB, 6, 25), 'D');
}

fn nft(asked: &str, nat: &str) -> String {
    format!(
        "define HUB = 10.1.3.4\ntable inet fw {{\n chain forward {{\n  type filter hook forward priority filter; policy drop;\n  {asked} accept\n }}\n \
         chain dstnat {{\n  type nat hook prerouting priority dstnat; policy accept;\n  {nat}\n }}\n}}\n"
    )
}

#[test]
fn nft_asks_the_same_of_a_connection() {
    assert_eq!(crosses(&nft("ct status dnat", ""), A, HUB, 6, 25), 'D');
    let to_hub = "tcp dport 2525 dnat ip to $HUB:25";
    let text = nft("ct status dnat", to_hub);
    assert_eq!(crosses(&text, A, HUB, 6, 25), 'I');
    assert_eq!(crosses(&text, A, HUB, 6, 80), 'D');
    assert_eq!(crosses(&text, A, OTHER, 6, 25), 'D');
    // Other states of a connection are not told by the table nat.
    for asked in ["ct status dnat,snat", "ct status assured"] {
        assert_eq!(crosses(&nft(asked, ""), A, HUB, 6, 25), 'I', "{asked}");
    }
}

#[test]
fn a_variable_may_stand_before_a_port() {
    let gateway = firewall(&nft("ct state new", "tcp dport 2525 dnat ip to $HUB:25"));
    let [rule] = gateway.nat.rules.as_slice() else {
        panic!("{:?}", gateway.nat.rules);
    };
    assert!(rule.conditions.is_empty());
    let service = rule.service.as_deref().expect("a port");
    assert_eq!((service.mapped.low, service.real.low), (2525, 25));
}
