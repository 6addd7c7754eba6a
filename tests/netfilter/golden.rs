//! What a tool with a machine-checked semantics of iptables says about a real
//! ruleset (`fffuu` of Iptables_Semantics, its recorded output in the corpus).
//!
//! The tool looks at the chain `FORWARD` alone and at first packets, and where
//! it cannot follow a match it lets the rule match when it accepts: its answers
//! are an upper closure. What it drops must never be permitted here.

use std::collections::HashMap;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use exlint::flow::{Context, Cube, Engine, PacketSet, PartVerdict, Single};
use exlint::model::firewall::{FilterId, Firewall, InterfaceId};

use super::{NEW, firewall, packet};

const DUMP: &str =
    "Iptables_Semantics/TUM_Net_Firewall__iptables-save-2015-05-15_15-23-41_cheating";
const GOLDEN: &str = "Iptables_Semantics_golden/i8_iptables-save-2015-05-15_15-23-41_cheating";

/// Both texts, when the corpus lies beside the repository.
fn texts() -> Option<(String, String)> {
    let folder: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall/iptables_save");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let both = read(DUMP).zip(read(GOLDEN));
    if both.is_none() {
        println!("skipped: ../shared/corpus is not there");
    }
    both
}

/// An inclusive range of addresses.
type Range = (u32, u32);

#[derive(Debug, Clone, Copy)]
struct Probe<'n> {
    ingress: &'n str,
    egress: &'n str,
    source: u32,
    destination: u32,
    protocol: u8,
    port: u16,
}

/// The ruleset as exlint reads it.
struct Exlint {
    firewall: Firewall,
    forward: FilterId,
}

impl Exlint {
    fn read(dump: &str) -> Self {
        // The tool does not look at the table raw.
        let (before, rest) = dump.split_once("*raw\n").expect("a table raw");
        let (_, after) = rest.split_once("COMMIT\n").expect("its end");
        let firewall = firewall(&format!("{before}{after}"));
        let forward = firewall
            .filters
            .iter()
            .position(|filter| filter.name == "filter/FORWARD")
            .expect("the chain");
        Self {
            forward: FilterId(u32::try_from(forward).expect("few")),
            firewall,
        }
    }

    fn interface(&self, name: &str) -> InterfaceId {
        let all = (0u32..).zip(&self.firewall.interfaces);
        all.filter(|(_, known)| known.name.value == name || known.name.value == "*")
            .max_by_key(|(_, known)| known.name.value == name)
            .map(|(id, _)| InterfaceId(id))
            .expect("an interface")
    }

    fn verdict(
        &self,
        engine: &Engine<'_>,
        single: &Single<'_, '_>,
        probe: Probe<'_>,
    ) -> PartVerdict {
        let address = |number: u32| Ipv4Addr::from_bits(number).to_string();
        let (from, to) = (address(probe.source), address(probe.destination));
        let cube = Cube::of(&packet(&from, &to, probe.protocol, probe.port));
        let context = Context {
            ingress: Some(self.interface(probe.ingress)),
            egress: Some(self.interface(probe.egress)),
            state: NEW,
            new_destination: None,
        };
        if let Some(decided) = single.decide(self.forward, &cube, &context) {
            return decided.verdict;
        }
        let parts = engine.evaluate_filter(self.forward, &PacketSet::from(cube), &context);
        match parts.as_slice() {
            [part] => part.outcome.verdict,
            _ => panic!("one packet, one part"),
        }
    }
}

/// One line of the tool's unfolded chain: conditions that must all hold.
struct Line<'g> {
    words: Vec<&'g str>,
    accepts: bool,
}

impl<'g> Line<'g> {
    fn read(text: &'g str) -> Self {
        let inside = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'));
        let (conditions, action) = inside
            .and_then(|text| text.rsplit_once(", -j "))
            .unwrap_or_else(|| panic!("no rule: {text}"));
        Self {
            words: conditions.split_whitespace().collect(),
            accepts: match action {
                "ACCEPT" => true,
                "DROP" => false,
                other => panic!("no action: {other}"),
            },
        }
    }

    fn value(&self, option: &str) -> Option<&'g str> {
        let at = self.words.iter().position(|word| *word == option)?;
        self.words.get(at + 1).copied()
    }

    fn range(&self, option: &str) -> Range {
        self.value(option).map_or((0, u32::MAX), network)
    }

    fn ports(&self) -> Vec<(u16, u16)> {
        let Some(text) = self.value("--dpts") else {
            return vec![(0, u16::MAX)];
        };
        let inside = text.trim_start_matches('[').trim_end_matches(']');
        let number = |text: &str| text.parse().expect("a port");
        inside
            .split(',')
            .map(|part| match part.split_once(':') {
                Some((low, high)) => (number(low), number(high)),
                None => (number(part), number(part)),
            })
            .collect()
    }

    fn protocol(&self) -> Option<u8> {
        self.value("-p").map(|name| match name {
            "tcp" => 6,
            "udp" => 17,
            "icmp" => 1,
            "esp" => 50,
            "ah" => 51,
            "gre" => 47,
            other => other.parse().expect("a protocol"),
        })
    }

    /// Whether it matches the first packet of a connection.
    fn matches(&self, probe: Probe<'_>) -> bool {
        let within = |option: &str, address: u32| {
            let (first, last) = self.range(option);
            (first..=last).contains(&address)
        };
        let ported = self.value("--dpts").is_none()
            || self
                .ports()
                .iter()
                .any(|(low, high)| (*low..=*high).contains(&probe.port));
        self.value("-i").is_none_or(|name| name == probe.ingress)
            && self.value("-o").is_none_or(|name| name == probe.egress)
            && within("-s", probe.source)
            && within("-d", probe.destination)
            && self
                .protocol()
                .is_none_or(|wanted| wanted == probe.protocol)
            && ported
            && self
                .value("--state")
                .is_none_or(|states| states.split(',').any(|state| state == "NEW"))
    }
}

/// `131.159.14.0/25`, or one address; host bits do not count.
fn network(text: &str) -> Range {
    let (base, length) = text.split_once('/').unwrap_or((text, "32"));
    let base: Ipv4Addr = base.parse().expect("an address");
    let length: u32 = length.parse().expect("a length");
    let wild = u32::MAX.checked_shr(length).unwrap_or(0);
    (base.to_bits() & !wild, base.to_bits() | wild)
}

/// The lines between two headings.
fn section<'g>(golden: &'g str, from: &str, to: &str) -> impl Iterator<Item = &'g str> {
    let (_, rest) = golden.split_once(from).expect("the heading");
    let end = rest.find(to).unwrap_or(rest.len());
    rest[..end].lines().skip(1).filter(|line| !line.is_empty())
}

/// Numbers that depend on nothing but the seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % count
    }

    /// An end of a range, one beside it, or one inside.
    fn near(&mut self, (first, last): Range) -> u32 {
        let inside = u64::from(last - first) + 1;
        let any = self.0 % inside;
        match self.below(5) {
            0 => first,
            1 => last,
            2 => first.wrapping_sub(1),
            3 => last.wrapping_add(1),
            _ => first + u32::try_from(any).expect("inside"),
        }
    }

    fn one<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len())]
    }
}

#[test]
fn what_the_verified_tool_drops_is_never_permitted() {
    let Some((dump, golden)) = texts() else {
        return;
    };
    let ruleset = Exlint::read(&dump);
    let engine = Engine::new(&ruleset.firewall, "2015-05-15", &[]);
    let single = Single::new(&engine);
    let lines: Vec<Line<'_>> = section(
        &golden,
        "== unfolded FORWARD chain (upper closure) ==",
        "== to simple firewall ==",
    )
    .map(Line::read)
    .collect();
    assert!(lines.len() > 3_000, "{}", lines.len());
    let mut names: Vec<&str> = lines.iter().filter_map(|line| line.value("-o")).collect();
    names.extend(lines.iter().filter_map(|line| line.value("-i")));
    names.sort_unstable();
    names.dedup();
    let mut dice = Dice(2015);
    let (mut asked, mut equal, mut wider) = (0, 0, 0);
    for line in &lines {
        for _ in 0..4 {
            let (low, high) = dice.one(&line.ports());
            let ports = [low, high, low.wrapping_sub(1), high.wrapping_add(1), 25];
            let probe = Probe {
                ingress: line.value("-i").unwrap_or_else(|| dice.one(&names)),
                egress: line.value("-o").unwrap_or_else(|| dice.one(&names)),
                source: dice.near(line.range("-s")),
                destination: dice.near(line.range("-d")),
                protocol: line.protocol().unwrap_or_else(|| dice.one(&[6, 17, 1, 47])),
                port: dice.one(&ports),
            };
            let accepts = lines
                .iter()
                .find(|line| line.matches(probe))
                .is_some_and(|line| line.accepts);
            let said = ruleset.verdict(&engine, &single, probe);
            asked += 1;
            if !accepts {
                assert_ne!(said, PartVerdict::Permit, "{probe:?}");
            }
            equal += usize::from((said == PartVerdict::Permit) == accepts);
            wider += usize::from(accepts && said != PartVerdict::Permit);
        }
    }
    println!("{asked} packets, {equal} alike, {wider} accepted by the upper closure only");
    // The closure widens what asks for hardware addresses and rates.
    assert!(wider * 4 < asked, "{wider} of {asked}");
}

/// Addresses behind each interface, as the tool was told.
fn assignment(golden: &str) -> HashMap<&str, Vec<Range>> {
    let line = golden
        .lines()
        .find(|line| line.starts_with("IpAssmt ["))
        .expect("it is there");
    let inside = line.trim_start_matches("IpAssmt [(").trim_end_matches(")]");
    inside
        .split("),(")
        .map(|entry| {
            let (name, rest) = entry.split_once(',').expect("a name");
            let (kind, list) = rest.split_once(" [").expect("a list");
            let ranges = list
                .trim_end_matches(']')
                .split(',')
                .filter(|part| !part.is_empty());
            let mut ranges: Vec<Range> = ranges.map(span).collect();
            if kind == "Neg" {
                ranges = all_but(ranges);
            }
            (name, ranges)
        })
        .collect()
}

/// `0.0.0.0-255.255.255.255`, `{1.2.3.4 .. 1.2.3.9}`, a network or an address.
fn span(text: &str) -> Range {
    let text = text.trim_matches(['{', '}', ' ']);
    let ends = text.split_once(" .. ").or_else(|| text.split_once('-'));
    match ends {
        Some((first, last)) => (network(first).0, network(last).1),
        None => network(text),
    }
}

fn all_but(mut ranges: Vec<Range>) -> Vec<Range> {
    ranges.sort_unstable();
    let mut gaps = Vec::new();
    let mut next = 0u32;
    for (first, last) in ranges {
        if first > next {
            gaps.push((next, first - 1));
        }
        next = last.saturating_add(1);
    }
    gaps.push((next, u32::MAX));
    gaps
}

#[test]
fn interfaces_that_the_verified_tool_certifies_let_no_forged_source_through() {
    let Some((dump, golden)) = texts() else {
        return;
    };
    let ruleset = Exlint::read(&dump);
    let engine = Engine::new(&ruleset.firewall, "2015-05-15", &[]);
    let single = Single::new(&engine);
    let behind = assignment(&golden);
    let mut names: Vec<&str> = behind.keys().copied().collect();
    names.sort_unstable();
    let mut dice = Dice(7);
    let (mut certified, mut denied) = (0, 0);
    for line in section(&golden, "Spoofing certification results:", "== calculating") {
        let mut parts = line.split('"');
        let (name, verdict) = (
            parts.nth(1).expect("a name"),
            parts.nth(1).expect("a verdict"),
        );
        let strangers = all_but(behind[name].clone());
        let universal = behind[name] == [(0, u32::MAX)];
        if !verdict.starts_with("True") || universal {
            continue;
        }
        certified += 1;
        for _ in 0..150 {
            let range = dice.one(&strangers);
            let inside = |address: u32| (range.0..=range.1).contains(&address);
            let source = dice.near(range);
            let egress: &str = dice.one(&names);
            let to = behind[egress].first().copied().unwrap_or((0, u32::MAX));
            let probe = Probe {
                ingress: name,
                egress,
                source: if inside(source) { source } else { range.0 },
                destination: dice.near(to),
                protocol: dice.one(&[6, 17, 1]),
                port: dice.one(&[22, 25, 53, 80, 443, 10_000]),
            };
            let said = ruleset.verdict(&engine, &single, probe);
            assert_ne!(said, PartVerdict::Permit, "{probe:?}");
            denied += usize::from(said == PartVerdict::Deny);
        }
    }
    assert!(certified > 15 && denied > 0, "{certified} {denied}");
}

#[test]
fn what_the_verified_service_matrices_leave_out_is_never_permitted() {
    let Some((dump, golden)) = texts() else {
        return;
    };
    let ruleset = Exlint::read(&dump);
    let engine = Engine::new(&ruleset.firewall, "2015-05-15", &[]);
    let single = Single::new(&engine);
    let behind = assignment(&golden);
    let home = |address: u32| -> Vec<&str> {
        let holds = |ranges: &[Range]| ranges.iter().any(|(a, b)| (*a..=*b).contains(&address));
        let mut names: Vec<&str> = behind
            .iter()
            .filter(|(_, ranges)| holds(ranges))
            .map(|(name, _)| *name)
            .collect();
        names.sort_unstable();
        names
    };
    let mut dice = Dice(80);
    let mut asked = 0;
    for port in [22u16, 80] {
        let heading = format!("=========== TCP port 10000->{port} =========");
        let lines: Vec<&str> = section(&golden, &heading, "===========").collect();
        let classes: HashMap<&str, Vec<Range>> = lines
            .iter()
            .filter_map(|line| line.split_once(" |-> "))
            .map(|(name, set)| (name, set.split(" u ").map(span).collect()))
            .collect();
        let open: Vec<(&str, &str)> = lines
            .iter()
            .filter_map(|line| line.strip_prefix('(')?.strip_suffix(')')?.split_once(','))
            .collect();
        assert!(
            classes.len() > 5 && open.len() > 20,
            "{} {}",
            classes.len(),
            open.len()
        );
        let mut names: Vec<&str> = classes.keys().copied().collect();
        names.sort_unstable();
        for from in &names {
            for to in names.iter().filter(|to| !open.contains(&(*from, **to))) {
                for _ in 0..12 {
                    let inside = |dice: &mut Dice, class: &str| {
                        let (first, last) = dice.one(&classes[class]);
                        if dice.below(2) == 0 { first } else { last }
                    };
                    let (source, destination) = (inside(&mut dice, from), inside(&mut dice, to));
                    // Packets come in and go out where their addresses are.
                    let (ins, outs) = (home(source), home(destination));
                    let probe = Probe {
                        ingress: dice.one(&ins),
                        egress: dice.one(&outs),
                        source,
                        destination,
                        protocol: 6,
                        port,
                    };
                    let said = ruleset.verdict(&engine, &single, probe);
                    assert_ne!(said, PartVerdict::Permit, "{from} {to}: {probe:?}");
                    asked += 1;
                }
            }
        }
    }
    assert!(asked > 500, "{asked}");
}
