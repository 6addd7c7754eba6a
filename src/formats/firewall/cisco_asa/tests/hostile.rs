//! Inputs that are broken or meant to break the reader.

use super::*;

const SMALL: &str = "fw# show run\r\nASA Version 8.4(4)\r\nhostname fw\r\nname 10.1.0.4 exch\r\ninterface Vlan1\r\n nameif inside\r\n ip address 10.1.0.1 255.255.0.0\r\n\
    <--- More --->\r              \robject network a\r\n host 10.1.0.9\r\n nat (inside,outside) static 192.0.2.9 service tcp smtp 2525\r\nobject-group service s tcp\r\n port-object range 1 2\r\n\
    access-list a extended permit tcp object a host exch object-group s log 3 interval 9 time-range t inactive\r\ntime-range t\r\n absolute start 08:00 01 January 2009\r\n\
    static (inside,outside) tcp interface www 10.1.0.9 www netmask 255.255.255.255\r\nnat (inside,outside) source static a a destination static a a service s s\r\n\
    conduit permit tcp host 192.0.2.1 eq 25 any\r\ncrypto map m 10 match address a\r\nfixup protocol h323 ras 1718-1719\r\nroute inside 10.0.0.0 255.0.0.0 10.1.0.254 1 track 1\r\n\
    S* 0.0.0.0 0.0.0.0 [1/0] via 192.0.2.254, outside\r\npolicy-map type inspect esmtp m\r\n parameters\r\n  allow-tls\r\naccess-list a line 1 extended permit ip any any (hitcnt=1) 0x1\r\n";

#[test]
fn a_file_cut_at_any_byte_is_read() {
    for end in 0..=SMALL.len() {
        let Some(text) = SMALL.get(..end) else {
            continue;
        };
        let document = read(text);
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
fn noise_is_not_an_asa_and_not_a_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut noise = String::new();
    for _ in 0..20_000 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.push(char::from_u32(u32::try_from(state % 0x500).unwrap_or(0)).unwrap_or('?'));
    }
    assert!((FORMAT.detect)(&file(&noise)).is_none());
    let _ = read(&noise);
    assert!((FORMAT.detect)(&file("")).is_none());
    assert!(read("").content.is_empty());
}

#[test]
fn groups_64_deep_and_cyclic_are_read() {
    let mut text = String::new();
    for level in 0..64 {
        text.push_str(&format!(
            "object-group network g{level}\n group-object g{}\n",
            (level + 1) % 64
        ));
    }
    text.push_str("access-list a permit ip object-group g0 any\n");
    let firewall = firewall(&text);
    let cut = firewall
        .address_objects
        .iter()
        .flat_map(|o| &o.members)
        .filter(|m| matches!(m.value, AddressTerm::Unknown(_)))
        .count();
    assert_eq!(cut, 1);
}

#[test]
fn a_hundred_thousand_levels_of_groups_do_not_overflow_the_stack() {
    let mut text = String::new();
    for level in 0..100_000 {
        text.push_str(&format!(
            "object-group network g{level}\n group-object g{}\n",
            level + 1
        ));
    }
    assert_eq!(firewall(&text).address_objects.len(), 100_001);
}

#[test]
fn thousands_of_interfaces_do_not_multiply() {
    let mut text = String::new();
    for n in 0..3_000 {
        text.push_str(&format!("interface Vlan{n}\n nameif if{n}\n security-level 50\naccess-group a in interface if{n}\nservice-policy p interface if{n}\ncrypto map m interface if{n}\n"));
    }
    let firewall = firewall(&text);
    assert_eq!(firewall.interfaces.len(), 3_000);
    let rules: usize = firewall
        .filters
        .iter()
        .map(|filter| filter.rules.len())
        .sum();
    assert!(rules < 20_000, "{rules}");
}

#[test]
fn look_alikes_are_left_to_their_readers() {
    for text in [
        "version 12.4\nhostname r1\nip access-list extended OUT\n permit tcp any any eq smtp\nline vty 0 4\n",
        "access-list 101 permit tcp any host 192.0.2.10 eq smtp\naccess-list 101 deny ip 10.0.0.0 0.255.255.255 any\ninterface Serial0\n ip access-group 101 in\n",
        "{\"network-object\": 1}\n",
        "<config>\naccess-list out extended permit ip any any\n</config>\n",
        "set security policies from-zone trust to-zone untrust policy mail match application junos-smtp\n",
    ] {
        assert_eq!((FORMAT.detect)(&file(text)), None, "{text}");
    }
}

#[test]
fn detection_cites_what_it_saw() {
    for (text, what) in [
        (": Saved\n:\nASA Version 9.8(2)\n", "`ASA Version 9.8(2)`"),
        ("PIX Version 6.3(5)\n", "`PIX Version 6.3(5)`"),
        (
            "access-list a extended permit tcp any any eq 25\n",
            "`access-list a extended permit tcp any any eq 25`",
        ),
        (
            "access-group a in interface outside\n",
            "`access-group a in interface outside`",
        ),
    ] {
        let evidence = (FORMAT.detect)(&file(text)).expect("an ASA");
        assert_eq!(evidence.what, what);
        assert_eq!(format!("`{}`", cited(text, evidence.span)), what);
    }
}
