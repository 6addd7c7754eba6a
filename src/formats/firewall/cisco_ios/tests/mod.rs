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
