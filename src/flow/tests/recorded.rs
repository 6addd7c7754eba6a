//! Answers that others recorded for configurations of the corpus: the notebooks
//! and reference files of Batfish (`firewall/batfish_reference_answers`).

use std::path::Path;

use crate::flow::*;
use crate::formats::{Content, FORMATS};
use crate::model::firewall::{FilterId, Firewall, InterfaceId, Passage};
use crate::model::net::{IpRange, Protocol};
use crate::source::{FileId, SourceFile};

const ROUTER: &str = "cisco_ios/pybatfish_example_filters/current_configs_rtr-with-acl.cfg";
const CHANGED: &str = "cisco_ios/pybatfish_example_filters/candidate2_configs_rtr-with-acl.cfg";
const ZONES: &str = "cisco_ios/pybatfish_example_filters/current_configs_firewall.cfg";
const DEPARTMENT: &str = "cisco_ios/lab_validation/ios_example_network__as2dept1.txt";
const HOST1: &str = "iptables_save/batfish+pybatfish__example_iptables_host1.iptables";
const HOST2: &str = "iptables_save/batfish+pybatfish__example_iptables_host2.iptables";

/// A configuration with its text; `None`, with a printed line, without the corpus.
fn read(name: &str) -> Option<(Firewall, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall");
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        println!("skipped: ../shared/corpus is not there");
        return None;
    };
    let file = SourceFile::from_text(FileId(0), name, text.as_str());
    let best = FORMATS
        .iter()
        .filter_map(|format| Some((format, (format.detect)(&file)?.strength)))
        .max_by_key(|(_, strength)| *strength);
    let content = (best.expect("a format").0.parse)(&file).content;
    let firewall = content.into_iter().find_map(|content| match content {
        Content::Firewall(firewall) => Some(*firewall),
        _ => None,
    });
    Some((firewall.expect("a firewall"), text))
}

fn filter(firewall: &Firewall, name: &str) -> FilterId {
    let all = (0u32..).zip(&firewall.filters);
    let mut named = all.filter(|(_, filter)| filter.name == name);
    named.next().map(|(id, _)| FilterId(id)).expect(name)
}

fn packet(source: &str, destination: &str, protocol: Protocol, port: u16) -> Packet {
    Packet {
        source: source.parse().expect("an address"),
        destination: destination.parse().expect("an address"),
        protocol,
        source_port: 49152,
        destination_port: port,
    }
}

/// What one filter does with a packet, and the line that decides.
fn asked(name: &str, list: &str, packet: &Packet) -> Option<(PartVerdict, String)> {
    let (firewall, text) = read(name)?;
    let engine = Engine::new(&firewall, "2020-01-01", &[]);
    let id = filter(&firewall, list);
    let parts = engine.evaluate_filter(id, &PacketSet::from(Cube::of(packet)), &Context::default());
    assert_eq!(parts.len(), 1, "one packet has one verdict");
    let by = parts[0]
        .outcome
        .by
        .first()
        .and_then(|rule| engine.rule(*rule));
    let line = by.map_or(String::new(), |rule| {
        text[rule.span.range()].trim().to_owned()
    });
    Some((parts[0].outcome.verdict, line))
}

#[test]
fn test_filters_of_the_example_router() {
    for (source, verdict, line) in [
        (
            "10.10.10.1",
            PartVerdict::Permit,
            "660 permit udp 10.10.10.0/24 218.8.104.58/32 eq domain",
        ),
        (
            "10.10.10.42",
            PartVerdict::Deny,
            "460 deny udp 10.10.10.42/32 218.8.104.58/32 eq domain",
        ),
    ] {
        let packet = packet(source, "218.8.104.58", Protocol::UDP, 53);
        let Some(said) = asked(ROUTER, "acl_in", &packet) else {
            return;
        };
        assert_eq!(said, (verdict, line.to_owned()));
    }
}

/// Packets that a list permits, and those that it leaves open.
fn permitted(name: &str, packets: &PacketSet) -> Option<[PacketSet; 2]> {
    let (firewall, _) = read(name)?;
    let engine = Engine::new(&firewall, "2020-01-01", &[]);
    let id = filter(&firewall, "acl_in");
    let mut sets = [PacketSet::default(), PacketSet::default()];
    for part in engine.evaluate_filter(id, packets, &Context::default()) {
        match part.outcome.verdict {
            PartVerdict::Permit => sets[0] = sets[0].union(&part.packets),
            PartVerdict::Inconclusive => sets[1] = sets[1].union(&part.packets),
            PartVerdict::Deny => {}
        }
    }
    Some(sets)
}

/// Web traffic that the change is to open.
fn change() -> PacketSet {
    let network = |base: &str, length| {
        let range = IpRange::network(base.parse().expect("an address"), length);
        IpSet::from(range.expect("a network"))
    };
    let cubes = [80u16, 8080].map(|port| {
        PacketSet::from(Cube {
            source: network("10.10.10.0", 24),
            destination: network("18.18.18.0", 27),
            source_ports: PortSet::ALL,
            ..Cube::of(&packet("10.10.10.0", "18.18.18.0", Protocol::TCP, port))
        })
    });
    cubes[0].union(&cubes[1])
}

#[test]
fn a_change_opens_what_it_is_meant_to_open_and_nothing_else() {
    let Some([before, _]) = permitted(ROUTER, &change()) else {
        return;
    };
    assert!(
        before.is_empty(),
        "searchFilters finds no permitted flow before"
    );
    let [after, open] = permitted(CHANGED, &change()).expect("it is there");
    assert!(open.is_empty() && change().subtract(&after).is_empty());
    let others = PacketSet::all().subtract(&change());
    let both = permitted(ROUTER, &others).zip(permitted(CHANGED, &others));
    let ([before, open], [after, still_open]) = both.expect("they are there");
    assert!(before.same(&after) && open.same(&still_open));
}

/// The lines that never match, as the text has them, and how.
fn hidden(name: &str) -> Option<Vec<(String, HidingKind)>> {
    let (firewall, text) = read(name)?;
    let engine = Engine::new(&firewall, "2020-01-01", &[]);
    let hiding = engine.hidden_rules();
    let lines = hiding.rules.iter().filter_map(|hidden| {
        let rule = engine.rule(hidden.rule)?;
        let words: Vec<&str> = text[rule.span.range()].split_whitespace().collect();
        Some((words.join(" "), hidden.kind))
    });
    Some(lines.collect())
}

#[test]
fn lines_that_never_match_are_found() {
    let Some(lines) = hidden(DEPARTMENT) else {
        return;
    };
    let kind = |lines: &[(String, HidingKind)], line: &str| {
        let found = lines.iter().find(|(text, _)| text == line);
        found.map(|(_, kind)| *kind)
    };
    let icmp = "permit icmp any any";
    assert_eq!(kind(&lines, icmp), Some(HidingKind::Shadowed));
    // Batfish also looks into lists that are bound nowhere; here this is what
    // is said of them.
    let unbound = "deny ip 1.128.0.0 0.0.255.255 2.128.0.0 0.0.255.255";
    assert_eq!(kind(&lines, unbound), Some(HidingKind::NeverReached));
    let lines = hidden(ROUTER).expect("it is there");
    let blocked = "790 deny ip 54.203.159.1/32 any";
    assert_eq!(kind(&lines, blocked), Some(HidingKind::Redundant));
    // An address without a length is no word of NX-OS (Cisco Nexus NX-OS Security
    // Command Reference, `permit`: address/length, address with a wildcard, `host`,
    // `addrgroup`, `any`). Batfish takes it for a host and calls the line
    // unreachable; here its addresses are unknown.
    let unread = "670 permit ip 166.146.58.184 any";
    assert_eq!(kind(&lines, unread), Some(HidingKind::PartlyHidden));
}

#[test]
fn hosts_of_the_example_network() {
    for (name, source) in [(HOST1, "2.128.0.101"), (HOST2, "2.128.1.101")] {
        for (chain, verdict) in [
            ("filter/INPUT", PartVerdict::Deny),
            ("filter/OUTPUT", PartVerdict::Permit),
            ("filter/FORWARD", PartVerdict::Permit),
        ] {
            let packet = packet(source, "1.1.1.1", Protocol::TCP, 80);
            let Some((said, _)) = asked(name, chain, &packet) else {
                return;
            };
            assert_eq!(said, verdict, "{name} {chain}");
        }
    }
}

/// What all stages between two interfaces do with a packet.
fn crosses(firewall: &Firewall, ends: [&str; 2], packet: &Packet) -> PartVerdict {
    let id = |name: &str| {
        let all = (0u32..).zip(&firewall.interfaces);
        let mut named = all.filter(|(_, one)| one.name.value == name);
        named.next().map(|(id, _)| InterfaceId(id)).expect(name)
    };
    let context = Context {
        ingress: Some(id(ends[0])),
        egress: Some(id(ends[1])),
        state: ConnectionState::New,
        new_destination: None,
    };
    let engine = Engine::new(firewall, "2020-01-01", &[]);
    let mut sum = PartVerdict::Permit;
    for stage in firewall
        .stages
        .iter()
        .filter(|stage| stage.passage == Passage::Transit)
    {
        if !stage.ingress.contains(id(ends[0])) || !stage.egress.contains(id(ends[1])) {
            continue;
        }
        let set = PacketSet::from(Cube::of(packet));
        for part in engine.evaluate_filter(stage.filter, &set, &context) {
            match part.outcome.verdict {
                PartVerdict::Deny => return PartVerdict::Deny,
                PartVerdict::Inconclusive => sum = PartVerdict::Inconclusive,
                PartVerdict::Permit => {}
            }
        }
    }
    sum
}

#[test]
fn zones_of_the_example_firewall_let_only_nfs_through() {
    let Some((firewall, _)) = read(ZONES) else {
        return;
    };
    let ends = ["GigabitEthernet0/0/2", "GigabitEthernet0/0/3"];
    let http = packet("10.114.64.1", "10.114.60.10", Protocol::TCP, 80);
    assert_eq!(crosses(&firewall, ends, &http), PartVerdict::Deny);
    for port in [22, 80, 443, 2048, 2050] {
        let other = packet("101.164.101.231", "101.164.9.7", Protocol::TCP, port);
        assert_eq!(
            crosses(&firewall, ends, &other),
            PartVerdict::Deny,
            "port {port}"
        );
    }
}
