//! Inputs that are broken or meant to break the readers, and captures.

use super::*;
use crate::formats::{Content, LineState};

const SMALL: &str = "r1#show run\r\nBuilding configuration...\r\nCurrent configuration : 9 bytes\r\nversion 15.1\r\nhostname r1\r\nbanner motd ^C\r\nnameif inside is of an ASA\r\n^C\r\n\
    object-group network g\r\n host 10.1.0.9\r\n group-object g\r\nobject-group service s\r\n tcp source range 1 2 eq 25\r\nobject-group ip port p\r\n 10 eq 25\r\n\
    ip access-list extended a\r\n --More-- \u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}         \u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8} 10 permit tcp any 10.0.0.0 0.255.0.255 eq www 443 log-input\r\n evaluate r\r\n 5 permit tcp any any match-all +syn -ack time-range t reflect r timeout 3\r\n\
    access-list 10 permit 10.0.0.1\r\nipv6 access-list six\r\n permit icmp any any nd-ns sequence 20\r\ntime-range t\r\n absolute start 08:00 01 January 2009\r\n\
    class-map type inspect match-all c\r\n match not protocol smtp\r\n match access-group name a\r\n match class-map c\r\npolicy-map type inspect p\r\n class type inspect c\r\n  inspect\r\n class class-default\r\n  pass\r\n\
    zone security A\r\nzone security B\r\nzone-pair security ab source A destination B\r\n service-policy type inspect p\r\ninterface GigabitEthernet0/0\r\n ip address 192.0.2.1 255.255.255.0 secondary\r\n zone-member security A\r\n ip access-group a in\r\n ip nat outside\r\n ip inspect fw out\r\n ip policy route-map m\r\n vrf forwarding red\r\n\
    interface Vlan10\r\n ip address 10.1.0.1 255.255.0.0\r\n ip nat inside\r\n zone-member security B\r\nvlan access-map v 10\r\n match ip address a\r\n action drop\r\nvlan filter v vlan-list 1-10\r\nip inspect name fw esmtp\r\nip nat pool n 192.0.2.9 192.0.2.10 prefix-length 24\r\nip nat inside source list a pool n overload\r\n\
    ip nat inside source static tcp 10.1.0.25 25 interface GigabitEthernet0/0 25\r\nroute-map m permit 10\r\n match ip address a\r\n set ip next-hop 10.1.0.2\r\nip route vrf red 0.0.0.0 0.0.0.0 192.0.2.254 200 track 1\r\ncrypto map k 10 ipsec-isakmp\r\n match address a\r\nline vty 0 4\r\n access-class 10 in\r\nend\r\nr1#show access-lists\r\nExtended IP access list b\r\n    10 permit ip any any (4 matches)\r\n";

#[test]
fn a_file_cut_at_any_byte_is_read() {
    for end in 0..=SMALL.len() {
        let Some(text) = SMALL.get(..end) else {
            continue;
        };
        let document = if end % 2 == 0 {
            read(text)
        } else {
            read_nexus(text)
        };
        assert_eq!(document.ledger.totals().total, file(text).line_count());
    }
}

#[test]
fn a_file_that_starts_at_any_byte_is_read() {
    for start in 0..=SMALL.len() {
        let Some(text) = SMALL.get(start..) else {
            continue;
        };
        let _ = (FORMAT.detect)(&file(text));
        assert_eq!(read(text).ledger.totals().total, file(text).line_count());
    }
}

#[test]
fn every_line_of_a_capture_is_accounted_for_and_its_host_is_known() {
    assert!((FORMAT.detect)(&file(SMALL)).is_some());
    assert!((FORMAT_NXOS.detect)(&file(SMALL)).is_none());
    let document = read(SMALL);
    let states = document.ledger.states();
    assert!(
        states.iter().all(|state| *state != LineState::Unrecognised),
        "{states:?}"
    );
    let [Content::Firewall(firewall)] = document.content.as_slice() else {
        panic!("one router");
    };
    assert_eq!(firewall.name.value, "r1");
    let list = firewall.filters.iter().find(|filter| filter.name == "a");
    let first = list.and_then(|list| list.rules.first());
    assert_eq!(
        first
            .map(|rule| file(SMALL).slice(rule.span).to_owned())
            .as_deref(),
        Some("5 permit tcp any any match-all +syn -ack time-range t reflect r timeout 3")
    );
}

#[test]
fn noise_is_neither_ios_nor_nexus() {
    for text in [
        "",
        "ASA Version 9.1(2)\nhostname fw\ninterface GigabitEthernet0/0\n nameif outside\n",
        "set system host-name srx\nset security zones security-zone trust\n",
        "*filter\n:INPUT DROP [0:0]\nCOMMIT\n",
        "config system global\nend\n",
        "hello\nworld\n",
    ] {
        assert_eq!((FORMAT.detect)(&file(text)), None, "{text}");
        assert_eq!((FORMAT_NXOS.detect)(&file(text)), None, "{text}");
    }
    // A comment that mentions the other product decides nothing.
    let text = "! nameif outside was the old firewall, ASA Version 8.2\nversion 15.1\nhostname r1\n\
        ip access-list extended a\n permit ip any any\nline vty 0 4\n";
    assert!((FORMAT.detect)(&file(text)).is_some());
}

#[test]
fn many_zones_and_nested_classes_stay_bounded() {
    let mut text = String::from("hostname r1\n");
    for n in 0..60 {
        text.push_str(&format!(
            "zone security z{n}\ninterface Vlan{n}\n ip address 10.0.{n}.1 255.255.255.0\n zone-member security z{n}\n"
        ));
    }
    text.push_str(
        "class-map type inspect match-any c0\n match class-map c1\n match class-map c1\n",
    );
    for n in 1..40 {
        text.push_str(&format!(
            "class-map type inspect match-any c{n}\n match class-map c{}\n match class-map c{}\n",
            n + 1,
            n + 1
        ));
    }
    text.push_str("policy-map type inspect p\n class type inspect c0\n  inspect\nzone-pair security a source z0 destination z1\n service-policy type inspect p\n");
    let document = read(&text);
    assert_eq!(document.content.len(), 1);
}
