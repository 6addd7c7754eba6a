//! Behaviour of the readers as a whole.

mod corpus;
mod hostile;

use crate::formats::{Document, LineState};
use crate::source::{FileId, SourceFile};

use super::{FORMAT, FORMAT_NXOS};

fn file(text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "exports/edge.cfg", text)
}

fn read(text: &str) -> Document {
    (FORMAT.parse)(&file(text))
}

fn read_nexus(text: &str) -> Document {
    (FORMAT_NXOS.parse)(&file(text))
}

#[test]
fn threat_inspection_on_an_interface_is_known_and_may_drop() {
    let text = "hostname r1\ninterface GigabitEthernet0/0/0\n ip address 192.0.2.1 255.255.255.0\n utd enable\n";
    let states = read(text).ledger.states().to_vec();
    assert_eq!(states.last(), Some(&LineState::NotModelled));
}

#[test]
fn the_prompt_of_an_indented_copy_is_one() {
    let text = "    switch1# show access-list EDGE\n\nIP access list EDGE\n        statistics per-entry \n        10 permit ip 192.0.2.0/24 any [match=0] \n";
    let states = read_nexus(text).ledger.states().to_vec();
    assert!(!states.contains(&LineState::Unrecognised), "{states:?}");
}

#[test]
fn a_word_of_a_zone_pair_that_is_not_known_is_reported() {
    let text = "zone security a\nzone-pair security z source a destination self\n description in\n service-plicy type inspect p\n";
    let states = read(text).ledger.states().to_vec();
    let expected = [LineState::Irrelevant, LineState::Unrecognised];
    assert_eq!(states.get(2..4), Some(&expected[..]));
}

/// Source: Cisco, FlexVPN and Internet Key Exchange Version 2 Configuration
/// Guide: `interface virtual-template number type tunnel`.
#[test]
fn the_type_of_a_virtual_template_is_no_part_of_its_name() {
    let text = "hostname r1\ninterface Virtual-Template1 type tunnel\n ip unnumbered Loopback0\ninterface Loopback0\n ip address 192.0.2.1 255.255.255.255\n";
    let document = read(text);
    let crate::formats::Content::Firewall(firewall) = &document.content[0] else {
        panic!("a firewall");
    };
    let names = firewall.interfaces.iter().map(|i| i.name.value.as_str());
    assert!(
        names.clone().any(|name| name == "Virtual-Template1"),
        "{names:?}"
    );
}

/// Source: Cisco IOS Zone-Based Policy Firewall Configuration Guide: class maps
/// of type `inspect` match IPv6 access lists by name.
#[test]
fn a_class_map_may_name_an_ipv6_list() {
    let text = "hostname r1\nclass-map type inspect match-any WEB\n match access-group name WEB-4\n match access-group name WEB-6\nip access-list extended WEB-4\n permit tcp any any eq www\nipv6 access-list WEB-6\n permit tcp any any eq www\npolicy-map type inspect P\n class type inspect WEB\n  inspect\nzone security a\nzone security b\nzone-pair security ab source a destination b\n service-policy type inspect P\ninterface GigabitEthernet0/0\n ip address 192.0.2.1 255.255.255.0\n zone-member security a\ninterface GigabitEthernet0/1\n ip address 198.51.100.1 255.255.255.0\n zone-member security b\n";
    let document = read(text);
    let crate::formats::Content::Firewall(firewall) = &document.content[0] else {
        panic!("a firewall");
    };
    let texts: Vec<_> = firewall
        .not_modelled
        .iter()
        .map(|one| &one.reason)
        .collect();
    assert!(
        !texts
            .iter()
            .any(|text| text.contains("WEB-6 is not defined")),
        "{texts:?}"
    );
    let missing = read(&text.replace("ipv6 access-list WEB-6", "ipv6 access-list OTHER"));
    let crate::formats::Content::Firewall(firewall) = &missing.content[0] else {
        panic!("a firewall");
    };
    let mut texts = firewall.not_modelled.iter().map(|one| &one.reason);
    assert!(texts.any(|text| text.contains("WEB-6 is not defined")));
}

#[test]
fn an_interface_whose_head_was_moved_in_is_another_interface() {
    let text = "hostname r1\ninterface GigabitEthernet0/0\n ip address 192.0.2.1 255.255.255.0\n!\n interface GigabitEthernet0/1\n ip address 198.51.100.1 255.255.255.0\n ip access-group 7 in\n!\naccess-list 7 permit any\n";
    let document = read(text);
    let states = document.ledger.states();
    assert!(!states.contains(&LineState::Unrecognised));
    let crate::formats::Content::Firewall(firewall) = &document.content[0] else {
        panic!("a firewall");
    };
    let names: Vec<_> = firewall
        .interfaces
        .iter()
        .map(|i| i.name.value.as_str())
        .collect();
    assert_eq!(names, ["GigabitEthernet0/0", "GigabitEthernet0/1"]);
}

/// Files that people write have comments behind commands; what a device saves has none.
#[test]
fn a_comment_behind_an_entry_changes_nothing() {
    let plain = "hostname r1\nip access-list extended IN\n permit tcp any host 192.0.2.25 eq smtp\n permit udp any any eq 53 log\n deny ip any any\naccess-list 101 permit tcp any any eq www\n";
    let commented = plain
        .replace("eq smtp", "eq smtp ! mail")
        .replace("53 log", "53 log ! names")
        .replace("deny ip any any", "deny ip any any !rest of it")
        .replace("eq www", "eq www ! web");
    let rules = |text: &str| -> Vec<String> {
        let document = read(text);
        let totals = document.ledger.totals();
        assert_eq!((totals.not_modelled, totals.unrecognised), (0, 0), "{text}");
        let crate::formats::Content::Firewall(firewall) = &document.content[0] else {
            panic!("a firewall");
        };
        let filters = firewall.filters.iter();
        filters
            .flat_map(|filter| &filter.rules)
            .map(|rule| {
                format!(
                    "{:?} {:?} {:?} {}",
                    rule.action,
                    rule.destination,
                    rule.service,
                    rule.conditions.len()
                )
            })
            .collect()
    };
    assert_eq!(rules(&commented).len(), 4);
    let without_spans =
        |rules: Vec<String>| rules.join("\n").replace(|c: char| c.is_ascii_digit(), "");
    assert_eq!(
        without_spans(rules(&commented)),
        without_spans(rules(plain))
    );
}

/// The terminal of NX-OS breaks lines anywhere: what goes on may begin with a digit.
#[test]
fn lists_and_keys_that_a_terminal_broke_are_joined_again() {
    let width = 120;
    let mut text = "hostname n9k\nfeature lacp\nip access-list IN\n  10 permit tcp any host 192.0.2.25 eq smtp\n".to_owned();
    let broken = |line: &str| format!("{}\n{}\n", &line[..width], &line[width..]);
    let vlans = "2810-2813,2815-2818,2820,2824-2828,2865,2870,2872-2873,2875,2878-2879,2884-2885,2888-2889,2903,2905";
    let key = "2b41eeed2dde536d78f68149bfc555be";
    for number in 1..=3 {
        text += &format!("interface port-channel{number}\n");
        text += &broken(&format!("  switchport trunk allowed vlan {vlans}"));
        let user = format!(
            "snmp-server user operator{number} network-operator auth md5 0x{key} priv aes-128 0x{key} localizedkey"
        );
        text += &broken(&user);
    }
    text += "interface Ethernet1/1\n  no switchport\n  ip access-group IN in\n";
    let document = read_nexus(&text);
    assert_eq!(
        document.ledger.totals().unrecognised,
        0,
        "{:?}",
        document.ledger.notes()
    );
    // An entry of a list that begins with its number is none of that.
    let entries = format!(
        "hostname n9k\nip access-list IN\n{}\n  20 permit tcp any any eq smtp\n",
        format!("{:<width$}", "  10 permit udp any any eq domain").replace("domain ", "domain"),
    );
    let document = read_nexus(&entries);
    let crate::formats::Content::Firewall(firewall) = &document.content[0] else {
        panic!("a firewall");
    };
    assert_eq!(firewall.filters[0].rules.len(), 2);
}

/// Cisco Nexus 9000 command references: none of these changes which packets pass.
#[test]
fn commands_of_nexus_switches_that_filter_nothing_are_known() {
    let text = "```\nhostname n9k\nscheduler job name BACKUP\n  copy running-config startup-config\nend-job\nicam monitor scale\nipv6 switch-packets lla\nvem 3\n  host vmware id 80c34566-7e89-b601-b4f9-001a64dc9054\n```\n";
    assert_eq!(read_nexus(text).ledger.totals().unrecognised, 0);
}
