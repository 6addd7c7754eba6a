//! What Junos configurations mean, asked of the engine.

mod filters;
mod forms;
mod host;
mod hostile;
mod other_zones;
mod policies;
mod translation;

use crate::flow::{ConnectionState, Context, Cube, Engine, Packet, PacketSet, PartVerdict};
use crate::formats::{Content, Document, LineState};
use crate::model::firewall::{AddressObject, Firewall, Passage};
use crate::model::net::Protocol;
use crate::source::{FileId, SourceFile};

use crate::formats::firewall::junos::FORMAT;

fn file(text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "exports/srx.conf", text)
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

fn states(text: &str) -> Vec<LineState> {
    read(text).ledger.states().to_vec()
}

/// A question: from, to, protocol, destination port.
type Question<'q> = (&'q str, &'q str, Protocol, u16);

fn tcp<'q>(from: &'q str, to: &'q str, port: u16) -> Question<'q> {
    (from, to, Protocol::TCP, port)
}

/// What all stages for crossing packets say, between two interfaces.
fn between(text: &str, ingress: &str, egress: &str, question: Question<'_>) -> char {
    passes(
        &firewall(text),
        ingress,
        egress,
        question,
        ConnectionState::New,
    )
}

fn passes(
    firewall: &Firewall,
    ingress: &str,
    egress: &str,
    question: Question<'_>,
    state: ConnectionState,
) -> char {
    let id = |name: &str| {
        let found = firewall
            .interfaces
            .iter()
            .position(|interface| interface.name.value == name);
        crate::model::firewall::InterfaceId(
            u32::try_from(found.expect("the interface is there")).expect("few"),
        )
    };
    let (from, to) = (id(ingress), id(egress));
    let engine = Engine::new(firewall, "2009-11-02", &[]);
    let context = Context {
        ingress: Some(from),
        egress: Some(to),
        state,
        new_destination: None,
    };
    let packet = Packet {
        source: question.0.parse().expect("an address"),
        destination: question.1.parse().expect("an address"),
        protocol: question.2,
        source_port: 40000,
        destination_port: question.3,
    };
    let mut verdict = 'P';
    for stage in &firewall.stages {
        if stage.passage != Passage::Transit
            || !stage.ingress.contains(from)
            || !stage.egress.contains(to)
        {
            continue;
        }
        let parts =
            engine.evaluate_filter(stage.filter, &PacketSet::from(Cube::of(&packet)), &context);
        assert_eq!(parts.len(), 1, "one packet has one verdict");
        match parts[0].outcome.verdict {
            PartVerdict::Deny => return 'D',
            PartVerdict::Inconclusive => verdict = 'I',
            PartVerdict::Permit => {}
        }
    }
    verdict
}

/// Zones `trust` (ge-0/0/0) and `untrust` (ge-0/0/1), as most tests need them.
const ZONES: &str = "\
set version 12.1X44-D10.4
set system host-name srx1
set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/16
set interfaces ge-0/0/1 unit 0 family inet address 192.0.2.1/24
set security zones security-zone trust interfaces ge-0/0/0.0
set security zones security-zone untrust interfaces ge-0/0/1.0
set security forwarding-options family inet6 mode flow-based
";

/// What passes from untrust to trust under policies of that pair.
fn inward(policies: &str, question: Question<'_>) -> char {
    let text = format!(
        "{ZONES}{}",
        policies.replace(
            "PAIR",
            "set security policies from-zone untrust to-zone trust"
        )
    );
    between(&text, "ge-0/0/1.0", "ge-0/0/0.0", question)
}
