//! What PAN-OS configurations mean, asked of the engine.

mod applications;
mod forms;
mod hostile;
mod objects;
mod panorama;
mod rules;
mod translation;

use crate::flow::{ConnectionState, Context, Cube, Engine, Packet, PacketSet, PartVerdict};
use crate::formats::firewall::panos::FORMAT;
use crate::formats::{Content, Document};
use crate::model::firewall::{Firewall, InterfaceId, Passage};
use crate::model::net::Protocol;
use crate::source::{FileId, SourceFile};

fn file(text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "exports/pa.txt", text)
}

fn read(text: &str) -> Document {
    (FORMAT.parse)(&file(text))
}

fn firewalls(text: &str) -> Vec<Firewall> {
    let content = read(text).content.into_iter();
    content
        .filter_map(|content| match content {
            Content::Firewall(firewall) => Some(*firewall),
            _ => None,
        })
        .collect()
}

fn firewall(text: &str) -> Firewall {
    let mut all = firewalls(text);
    assert_eq!(all.len(), 1, "one firewall");
    all.remove(0)
}

type Question<'q> = (&'q str, &'q str, Protocol, u16);

fn tcp<'q>(from: &'q str, to: &'q str, port: u16) -> Question<'q> {
    (from, to, Protocol::TCP, port)
}

/// What the stages for crossing packets say of the packet as it arrives: `P`, `D`
/// or `I`.
fn passes(firewall: &Firewall, from: &str, to: &str, question: Question<'_>) -> char {
    let id = |name: &str| {
        let mut all = firewall.interfaces.iter();
        let found = all.position(|i| i.name.value == name);
        InterfaceId(u32::try_from(found.expect("the interface is there")).expect("few"))
    };
    let engine = Engine::new(firewall, "2013-06-03", &[]);
    let context = Context {
        ingress: Some(id(from)),
        egress: Some(id(to)),
        state: ConnectionState::New,
        new_destination: None,
    };
    let packet = Packet {
        source: question.0.parse().expect("an address"),
        destination: question.1.parse().expect("an address"),
        protocol: question.2,
        source_port: if question.2.has_ports() { 40000 } else { 0 },
        // The type of ICMP stands where a port stands.
        destination_port: if question.2.has_ports() {
            question.3
        } else {
            question.3 << 8
        },
    };
    let mut verdict = 'P';
    let stages = firewall.stages.iter();
    for stage in stages.filter(|stage| stage.passage == Passage::Transit) {
        let packets = PacketSet::from(Cube::of(&packet));
        let parts = engine.evaluate_filter(stage.filter, &packets, &context);
        assert_eq!(parts.len(), 1, "one packet has one verdict");
        match parts[0].outcome.verdict {
            PartVerdict::Deny => return 'D',
            PartVerdict::Inconclusive => verdict = 'I',
            PartVerdict::Permit => {}
        }
    }
    verdict
}

/// From the inside to the outside.
fn out(text: &str, question: Question<'_>) -> char {
    passes(&firewall(text), "ethernet1/1", "ethernet1/2", question)
}

/// Two zones with an interface each, a third without, and addresses.
const BASE: &str = "\
set deviceconfig system hostname pa1
set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/16
set network interface ethernet ethernet1/2 layer3 ip 192.0.2.1/24
set network interface ethernet ethernet1/3 layer3 ip 10.3.0.1/16
set network interface ethernet ethernet1/4 layer3 ip 10.4.0.1/16
set zone inside network layer3 [ ethernet1/1 ethernet1/4 ]
set zone outside network layer3 ethernet1/2
set address hub ip-netmask 10.1.0.5
set address edge ip-netmask 192.0.2.9/32
set address named fqdn mail.contoso.com
set service smtp protocol tcp port 25
";

/// A rule from inside to outside with further words, after [`BASE`].
fn one(words: &str) -> String {
    format!("{BASE}{}", rule("mail", "allow", words))
}

/// A complete rule whose words later ones replace.
fn rule(name: &str, action: &str, words: &str) -> String {
    let head = format!("set rulebase security rules \"{name}\"");
    let mut text = String::new();
    for key in [
        "from inside",
        "to outside",
        "source any",
        "destination any",
        "application any",
        "service any",
    ] {
        let word = key.split(' ').next().expect("a key");
        if !words
            .lines()
            .any(|line| line.split(' ').next() == Some(word))
        {
            text += &format!("{head} {key}\n");
        }
    }
    for line in words.lines() {
        text += &format!("{head} {line}\n");
    }
    text + &format!("{head} action {action}\n")
}
