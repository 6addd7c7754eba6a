//! Behaviour of the reader as a whole.

mod access_lists;
mod captures;
mod corpus;
mod hostile;
mod inspections;
mod objects;
mod shows;
mod stages;
mod translation;

use crate::formats::{Content, Document, LineState};
use crate::model::firewall::{
    AddressMatch, AddressTerm, Filter, Firewall, PortMatch, ProtocolMatch, Rule, ServiceMatch,
    ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::{FileId, SourceFile};

use super::FORMAT;

fn file(text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "exports/inner.cfg", text)
}

fn read(text: &str) -> Document {
    (FORMAT.parse)(&file(text))
}

/// All firewalls of a text.
fn firewalls(text: &str) -> Vec<Firewall> {
    let content = read(text).content.into_iter();
    content
        .filter_map(|content| match content {
            Content::Firewall(firewall) => Some(*firewall),
            _ => None,
        })
        .collect()
}

/// The only firewall of a text.
fn firewall(text: &str) -> Firewall {
    let mut all = firewalls(text);
    assert_eq!(all.len(), 1, "one firewall");
    all.remove(0)
}

fn filter<'f>(firewall: &'f Firewall, name: &str) -> &'f Filter {
    firewall
        .filters
        .iter()
        .find(|filter| filter.name == name)
        .expect("the list is there")
}

/// The rules of a text with one access list, all lines of which are entries.
fn rules(text: &str) -> Vec<Rule> {
    let mut firewall = firewall(text);
    assert_eq!(firewall.filters.len(), 1, "one list");
    firewall.filters.remove(0).rules
}

/// The only rule of a text.
fn rule(text: &str) -> Rule {
    let mut all = rules(text);
    assert_eq!(all.len(), 1, "one rule");
    all.remove(0)
}

fn states(text: &str) -> Vec<LineState> {
    read(text).ledger.states().to_vec()
}

fn v4(low: [u8; 4], high: [u8; 4]) -> AddressTerm {
    AddressTerm::V4(u32::from_be_bytes(low), u32::from_be_bytes(high))
}

fn host(a: [u8; 4]) -> AddressMatch {
    AddressMatch::One(v4(a, a))
}

fn ports(protocol: Protocol, source: PortMatch, destination: PortMatch) -> ServiceMatch {
    ServiceMatch::One(ServiceTerm::Inline {
        protocol: ProtocolMatch::One(protocol),
        source,
        destination,
    })
}

fn to_port(protocol: Protocol, port: u16) -> ServiceMatch {
    ports(
        protocol,
        PortMatch::Any,
        PortMatch::Range(PortRange::one(port)),
    )
}

/// The text of a span of [`file`].
fn cited(text: &str, span: crate::source::Span) -> String {
    file(text).slice(span).to_owned()
}

/// Two interfaces as most tests need them.
const INTERFACES: &str = "\
interface GigabitEthernet0/0
 nameif outside
 security-level 0
 ip address 192.0.2.1 255.255.255.0
interface GigabitEthernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.0.0
interface GigabitEthernet0/2
 nameif dmz
 security-level 50
 ip address 10.2.0.1 255.255.255.0
";
