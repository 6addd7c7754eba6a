//! What FortiOS configurations mean, asked of the engine.

mod forms;
mod interfaces;
mod management;
mod policies;
mod templates;
mod tls_inspection;
mod translation;

use crate::flow::{ConnectionState, Context, Cube, Engine, Packet, PacketSet, PartVerdict};
use crate::formats::firewall::fortios::FORMAT;
use crate::formats::{Content, Document};
use crate::model::firewall::{Firewall, InterfaceId, Passage};
use crate::model::net::Protocol;
use crate::source::{FileId, SourceFile};

fn file(text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), "exports/fgt.conf", text)
}

fn read(text: &str) -> Document {
    (FORMAT.parse)(&file(text))
}

fn firewalls(text: &str) -> Vec<Firewall> {
    read(text)
        .content
        .into_iter()
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

/// What the stages for crossing packets say of the packet as it arrives: `P`, `D`
/// or `I`.
fn between(text: &str, from: &str, to: &str, question: (&str, &str, Protocol, u16)) -> char {
    passes(&firewall(text), from, to, question)
}

fn passes(
    firewall: &Firewall,
    from: &str,
    to: &str,
    question: (&str, &str, Protocol, u16),
) -> char {
    let id = |name: &str| {
        let found = firewall
            .interfaces
            .iter()
            .position(|i| i.name.value == name);
        InterfaceId(u32::try_from(found.expect("the interface is there")).expect("few"))
    };
    let context = Context {
        ingress: Some(id(from)),
        egress: Some(id(to)),
        state: ConnectionState::New,
        new_destination: None,
    };
    judged(firewall, Passage::Transit, context, question)
}

/// What all stages of a passage say: `P`, `D` or `I`.
fn judged(
    firewall: &Firewall,
    passage: Passage,
    context: Context,
    question: (&str, &str, Protocol, u16),
) -> char {
    let engine = Engine::new(firewall, "2013-06-03", &[]);
    let packet = Packet {
        source: question.0.parse().expect("an address"),
        destination: question.1.parse().expect("an address"),
        protocol: question.2,
        source_port: 40000,
        destination_port: question.3,
    };
    let mut verdict = 'P';
    for stage in &firewall.stages {
        if stage.passage != passage {
            continue;
        }
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

fn tcp<'q>(from: &'q str, to: &'q str, port: u16) -> (&'q str, &'q str, Protocol, u16) {
    (from, to, Protocol::TCP, port)
}

/// Header, interfaces `port1` to `port3`, two addresses, before the policies.
const BASE: &str = "\
#config-version=FGT60F-7.0.14-FW-build0601-240206:opmode=0:vdom=0:user=admin
config system global
    set hostname \"fgt1\"
end
config system interface
    edit \"port1\"
        set vdom \"root\"
        set ip 10.1.0.1 255.255.0.0
    next
    edit \"port2\"
        set vdom \"root\"
        set ip 192.0.2.1 255.255.255.0
    next
    edit \"port3\"
        set vdom \"root\"
        set ip 10.3.0.1 255.255.0.0
    next
end
config firewall address
    edit \"hub\"
        set subnet 10.1.0.5 255.255.255.255
    next
    edit \"edge\"
        set subnet 192.0.2.9/32
    next
    edit \"named\"
        set type fqdn
        set fqdn \"mail.contoso.com\"
    next
end
";

/// One policy from port1 to port2 with further lines, after [`BASE`].
fn one(lines: &str) -> String {
    format!(
        "{BASE}config firewall policy\n    edit 1\n        set srcintf \"port1\"\n        set dstintf \"port2\"\n        set srcaddr \"hub\"\n        set dstaddr \"edge\"\n        set action accept\n        set schedule \"always\"\n        set service \"SMTP\"\n{lines}    next\nend\n"
    )
}

#[test]
fn a_file_cut_at_any_byte_is_read() {
    let text =
        one("        set comments \"two\nlines \\\"quoted\\\"\"\n        set groups \"x\"\n");
    for end in 0..=text.len() {
        if let Some(part) = text.get(..end) {
            let source = file(part);
            let document = (FORMAT.parse)(&source);
            assert_eq!(document.ledger.totals().total, source.line_count());
        }
    }
}

#[test]
fn a_hundred_thousand_levels_do_not_overflow_the_stack() {
    let text = "config firewall policy\nedit 1\n".repeat(100_000);
    let _ = read(&text);
    let text = format!(
        "config system interface\nedit a\n{}",
        "config ipv6\n".repeat(100_000)
    );
    let _ = read(&text);
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let text = one("");
    let crlf = text.replace('\n', "\r\n");
    let (unix, windows) = (firewall(&text), firewall(&crlf));
    let question = tcp("10.1.0.5", "192.0.2.9", 25);
    assert_eq!(passes(&unix, "port1", "port2", question), 'P');
    assert_eq!(passes(&windows, "port1", "port2", question), 'P');
    assert_eq!(unix.references.len(), windows.references.len());
}

#[test]
fn an_encrypted_backup_names_the_export_that_works() {
    let document = read("#FGBK|3|FGT60F|7|00|1234\nxxxx\n");
    assert!(document.content.is_empty());
    let hint = document.problems[0].hint.clone().expect("a hint");
    assert!(hint.contains("show full-configuration"), "{hint}");
}

#[test]
fn every_virtual_domain_is_a_firewall_of_its_own() {
    let text = "#config-version=FGT60F-7.0.14-FW-build0601-240206:opmode=0:vdom=1:user=admin\n\
        config vdom\nedit root\nnext\nedit web\nnext\nend\n\
        config global\nconfig system global\n set hostname f\nend\n\
        config system interface\nedit a\nset vdom root\nnext\nedit b\nset vdom web\nnext\nend\nend\n\
        config vdom\nedit root\nconfig firewall policy\nend\nend\n\
        config vdom\nedit web\nconfig firewall policy\nend\nend\n";
    let all = firewalls(text);
    let names: Vec<&str> = all.iter().map(|f| f.name.value.as_str()).collect();
    assert_eq!(names, ["f/root", "f/web"]);
    assert_eq!(all[1].interfaces.len(), 1);
    assert_eq!(all[1].interfaces[0].name.value, "b");
}

#[test]
fn secrets_are_found_over_several_lines() {
    let text = "config vpn certificate local\n edit a\n  set password ENC abc==\n  set private-key \"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIE\n-----END ENCRYPTED PRIVATE KEY-----\"\n  set comment \"plain\"\n next\nend\n";
    let source = file(text);
    let found: Vec<&str> = crate::formats::firewall::fortios::secret_spans(&source)
        .into_iter()
        .map(|span| source.slice(span))
        .collect();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], "ENC abc==");
    assert!(found[1].contains("MIIE") && !found[1].contains("plain"));
}

/// `exlint diff` tells conditions apart by their reasons.
#[test]
fn the_reason_of_an_address_that_nobody_knows_says_what_defines_it() {
    let reasons = |lines: &str| {
        let text = one("").replace(
            "        set type fqdn\n        set fqdn \"mail.contoso.com\"\n",
            lines,
        );
        let text = text.replace("set dstaddr \"edge\"", "set dstaddr \"named\"");
        let reasons = firewall(&text).not_modelled.into_iter();
        reasons
            .map(|known| known.reason)
            .collect::<Vec<_>>()
            .join("; ")
    };
    for (one, other) in [
        (
            "set type fqdn\nset fqdn \"mail.contoso.com\"\n",
            "set type fqdn\nset fqdn \"mail.fabrikam.com\"\n",
        ),
        (
            "set type geography\nset country \"JP\"\n",
            "set type geography\nset country \"DE\"\n",
        ),
        (
            "set type mac\nset macaddr \"00:00:5e:00:53:01\"\n",
            "set type mac\nset macaddr \"00:00:5e:00:53:02\"\n",
        ),
        (
            "set type dynamic\nset sdn \"fabric1\"\n",
            "set type dynamic\nset sdn \"fabric2\"\n",
        ),
    ] {
        let (one, other) = (reasons(one), reasons(other));
        assert!(one.contains("named") && one != other, "{one}");
    }
}
