//! Whether a flow works for those who use it: what a `partial` verdict means.
//!
//! The packets of a question differ by address (servers with several, the
//! networks of a zone, the Internet) and by port. Where what is denied is one
//! of several networks, or ports that are needed, the flow fails for somebody;
//! a block list stops nobody who is meant; and where it depends on what no file
//! tells, it is not known.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::asked::{End, Service, server};
use super::flows::name;
use super::servers::zone_of;
use super::types::{LabelFact, Ref, VerdictFact};
use super::verdicts::{Words, witness};
use crate::estate::Estate;
use crate::flow::{Answer, Cube, IpSet, Part, PartVerdict, PortSet, Verdict};
use crate::model::net::{IpRange, PortRange};
use crate::source::Spanned;

/// Source ports of clients on Windows: of 2003 and before, and of 2008 and
/// later (Microsoft KB 929851).
const CLIENT_PORTS: [PortRange; 2] = [
    PortRange {
        low: 1025,
        high: 5000,
    },
    PortRange {
        low: 49_152,
        high: u16::MAX,
    },
];

const SMTP: u16 = 25;

/// Label of a permit for a part of the ports.
const BY_PORTS: &str = "permits-ports";

/// Label of a permit for a part of the ports that clients use.
const BY_SOURCE_PORTS: &str = "permits-source-ports";

/// At most so many members are written out.
const SHOWN: usize = 6;

/// Whether a flow works: for all who use it, for some not, or not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Works {
    /// For all who are meant to use it.
    Yes,
    /// Not, or not for all; with what passes, where that is only a part.
    No(Option<LabelFact>),
    /// Not known; with the reason and what settles it, beside those of the answer.
    Unknown(Option<Doubt>),
}

/// Why it is not known, and what would settle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    why: String,
    settle: Vec<String>,
}

impl Works {
    /// The word in facts.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No(_) => "no",
            Self::Unknown(_) => "unknown",
        }
    }
}

/// A question as far as its packets may differ.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Who sends.
    pub source: End,
    /// Who receives.
    pub destination: End,
    /// Over what.
    pub service: Service,
    /// The only senders that are meant, where the inventory names them.
    pub senders: Option<&'a IpSet>,
}

/// Whether the flow of an answer works.
pub fn of(answer: &Answer, question: Question<'_>, estate: &Estate) -> Works {
    match answer.verdict {
        Verdict::Permit => Works::Yes,
        Verdict::Deny => Works::No(None),
        Verdict::Inconclusive => Works::Unknown(None),
        Verdict::Partial => in_part(answer, question, estate),
    }
}

/// Whether a part of the ports is what is denied.
pub fn by_ports(answer: &Answer, question: Question<'_>, estate: &Estate) -> bool {
    let by_ports = |label: &LabelFact| label.key == BY_PORTS;
    answer.verdict == Verdict::Partial
        && matches!(in_part(answer, question, estate), Works::No(Some(label)) if by_ports(&label))
}

/// The verdict with what its part means: a flow that fails for some is shown by
/// a packet that is denied.
pub fn shown(
    verdict: Arc<VerdictFact>,
    works: Works,
    answer: &Answer,
    source: End,
    words: Words<'_>,
) -> Arc<VerdictFact> {
    match works {
        Works::No(Some(passes)) => {
            let mut verdict = VerdictFact::clone(&verdict);
            if passes.key == BY_SOURCE_PORTS
                && let Some(own) = own_ports(source, words.estate)
            {
                let sender = name(source, words.estate);
                let label = LabelFact::new("ports-of", [("server", &*sender)]);
                verdict.at.push(Ref(own.span));
                verdict.labels.push(label);
            }
            let denied = denied(answer);
            if let Some(packet) = denied.and_then(|part| part.witness) {
                verdict.witness = Some(Box::new(witness(packet)));
            }
            let permits = verdict
                .decided_by
                .iter_mut()
                .filter(|d| d.action == "permit");
            for decision in permits.filter(|decision| decision.label.key == "permits") {
                decision.label = passes.clone();
            }
            words.recent.share(verdict)
        }
        Works::Unknown(Some(doubt)) => {
            let mut verdict = VerdictFact::clone(&verdict);
            verdict.why.push(doubt.why.into());
            verdict
                .settle
                .extend(doubt.settle.into_iter().map(Arc::from));
            words.recent.share(verdict)
        }
        Works::Yes | Works::No(None) | Works::Unknown(None) => verdict,
    }
}

/// An answer on the packets alone that are denied, for what explains and cures.
pub fn denials(answer: &Answer) -> Answer {
    let parts = answer.parts.iter();
    let parts = parts.filter(|part| part.verdict == PartVerdict::Deny);
    Answer {
        verdict: Verdict::Deny,
        parts: parts.cloned().collect(),
        ..answer.clone()
    }
}

fn denied(answer: &Answer) -> Option<&Part> {
    let mut parts = answer.parts.iter();
    parts.find(|part| part.verdict == PartVerdict::Deny)
}

/// What may be used of an end: an address of a server, a network of a zone, a
/// declared sender, a family of the Internet.
type Choice = IpRange;

/// One side of a pair of choices.
type Side = fn(&(Choice, Choice)) -> Choice;

/// The packets between two choices, by their fate.
#[derive(Default)]
struct Between {
    all: [IpSet; 2],
    passing: [IpSet; 2],
    source_ports: PortSet,
    ports: PortSet,
    permits: bool,
    denies: bool,
    doubtful: bool,
}

/// How it is between two choices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// Most addresses of an end are shut out.
    FewPass,
    /// Some destination ports are closed.
    PortsClosed,
    /// No usual set of source ports is let through.
    SourcePorts,
    /// One usual set is, another is not.
    SomeClients,
    Closed,
    Doubtful,
}

impl Between {
    fn state(&self, question: Question<'_>, clients: &[PortRange]) -> State {
        match (self.permits, self.denies, self.doubtful) {
            (false, true, false) => return State::Closed,
            (false, ..) | (true, false, true) => return State::Doubtful,
            (true, false, false) => return State::Open,
            (true, true, _) => {}
        }
        for (passing, all) in self.passing.iter().zip(&self.all) {
            if passing.size() < all.size().div_ceil(2) {
                return State::FewPass;
            }
        }
        let asked = question.service.ports;
        if !self.ports.covers(asked.low, asked.high) {
            return State::PortsClosed;
        }
        let passes = |ports: &&PortRange| self.source_ports.covers(ports.low, ports.high);
        match clients.iter().filter(passes).count() {
            0 => State::SourcePorts,
            count if count == clients.len() => State::Open,
            _ => State::SomeClients,
        }
    }
}

fn in_part(answer: &Answer, question: Question<'_>, estate: &Estate) -> Works {
    if denied(answer).is_none() {
        return Works::Unknown(None);
    }
    let choices =
        |end: End, set: &IpSet, senders: Option<&IpSet>| choices(end, set, senders, estate);
    let mut all: BTreeMap<(Choice, Choice), Between> = BTreeMap::new();
    for part in &answer.parts {
        for cube in part.packets.cubes() {
            let destinations = choices(question.destination, &cube.destination, None);
            for (from, source) in choices(question.source, &cube.source, question.senders) {
                for (to, destination) in &destinations {
                    if from.first().is_ipv4() != to.first().is_ipv4() {
                        continue;
                    }
                    let between = all.entry((from, *to)).or_default();
                    let [sources, destinations] = &mut between.all;
                    *sources = sources.union(&source);
                    *destinations = destinations.union(destination);
                    match part.verdict {
                        PartVerdict::Permit => {
                            let [sources, destinations] = &mut between.passing;
                            *sources = sources.union(&source);
                            *destinations = destinations.union(destination);
                            between.source_ports = between.source_ports.union(&cube.source_ports);
                            between.ports = between.ports.union(&cube.destination_ports);
                            between.permits = true;
                        }
                        PartVerdict::Deny => between.denies = true,
                        PartVerdict::Inconclusive => between.doubtful = true,
                    }
                }
            }
        }
    }
    let clients = match own_ports(question.source, estate) {
        Some(own) => vec![own.value],
        None => CLIENT_PORTS.to_vec(),
    };
    let states: Vec<((Choice, Choice), State)> = all
        .iter()
        .map(|(choice, between)| (*choice, between.state(question, &clients)))
        .collect();
    judged(&states, answer, question, estate)
}

/// What the states between all choices come to.
fn judged(
    states: &[((Choice, Choice), State)],
    answer: &Answer,
    question: Question<'_>,
    estate: &Estate,
) -> Works {
    if let Some(used) = neighbour(question, estate) {
        let fails = |(ends, state): &&((Choice, Choice), State)| {
            ends.0.contains(used) && *state != State::Open
        };
        if !states.iter().any(|known| fails(&known)) {
            return Works::Yes;
        }
    }
    let any = |wanted: State| states.iter().any(|(_, state)| *state == wanted);
    // Packets between other addresses that no given firewall sees.
    let unseen = !answer
        .parts
        .iter()
        .any(|part| part.verdict == PartVerdict::Permit);
    if any(State::Open) || unseen {
        if states.iter().all(|(_, state)| *state == State::Open) && !unseen {
            return Works::Yes;
        }
        return among(states, question, estate);
    }
    let only = |key, what: String| Works::No(Some(LabelFact::new(key, [("what", what.as_str())])));
    let passing = || {
        answer
            .parts
            .iter()
            .filter(|part| part.verdict == PartVerdict::Permit)
    };
    let ports = |of: fn(&Cube) -> &PortSet| {
        let cubes = passing().flat_map(|part| part.packets.cubes());
        let all = cubes.fold(PortSet::default(), |all, cube| all.union(of(cube)));
        ports_of(&all)
    };
    if any(State::Doubtful) {
        return Works::Unknown(None);
    }
    if any(State::SomeClients) {
        return Works::Unknown(Some(Doubt {
            why: format!(
                "only packets from the source ports {} pass, and which ports {} sends from is not known",
                ports(|cube| &cube.source_ports),
                name(question.source, estate)
            ),
            settle: vec![show_ports(question.source, estate)],
        }));
    }
    if any(State::PortsClosed) {
        return only(BY_PORTS, ports(|cube| &cube.destination_ports));
    }
    if any(State::SourcePorts) {
        return only(BY_SOURCE_PORTS, ports(|cube| &cube.source_ports));
    }
    // Who is let in from the Internet is a list of those who are meant, or a fault.
    if question.source == End::Internet && question.senders.is_none() {
        return Works::Unknown(Some(Doubt {
            why:
                "only a small part of the Internet is let in, and no file tells whether others are \
                  meant to get in"
                    .to_owned(),
            settle: if question.service.ports == PortRange::one(SMTP) {
                vec!["[exchange]\nsmtp_sources = [\"198.51.100.0/28\"]".to_owned()]
            } else {
                Vec::new()
            },
        }));
    }
    only("permits-some", addresses_of(&shut(passing(), question)))
}

/// The end of packets that pass by which they differ from the others.
fn shut<'p>(parts: impl Iterator<Item = &'p Part>, question: Question<'_>) -> IpSet {
    let cubes = parts.flat_map(|part| part.packets.cubes());
    let towards = matches!(question.destination, End::Internet | End::Zone(_));
    cubes.fold(IpSet::default(), |all, cube| {
        all.union(if towards {
            &cube.destination
        } else {
            &cube.source
        })
    })
}

/// Some choices are open and others are not: a network that has none fails; of
/// the addresses of a server nobody knows which is used.
fn among(states: &[((Choice, Choice), State)], question: Question<'_>, estate: &Estate) -> Works {
    let open = |choice: Choice, end: Side| {
        states
            .iter()
            .any(|(ends, state)| end(ends) == choice && *state == State::Open)
    };
    let ends: [(End, Side); 2] = [
        (question.source, |ends| ends.0),
        (question.destination, |ends| ends.1),
    ];
    for (asked, of) in ends {
        let declared = asked == End::Internet && question.senders.is_some();
        if !(declared || matches!(asked, End::Zone(_))) {
            continue;
        }
        let failing = states
            .iter()
            .filter(|(_, state)| !matches!(state, State::Doubtful | State::Open))
            .any(|(ends, _)| !open(of(ends), of));
        if failing {
            let passing = states.iter().filter(|(_, state)| *state == State::Open);
            let passing = IpSet::of(passing.map(|(ends, _)| of(ends)));
            let what = addresses_of(&passing);
            return Works::No(Some(LabelFact::new(
                "permits-some",
                [("what", what.as_str())],
            )));
        }
    }
    // The other family of the Internet is tried as well.
    if [question.source, question.destination].contains(&End::Internet) {
        return Works::Yes;
    }
    let several = |end: End| match end {
        End::Server(_) => server(end, estate).filter(|s| s.addresses.len() > 1),
        _ => None,
    };
    let servers: Vec<_> = ends.iter().filter_map(|(end, _)| several(*end)).collect();
    let names: Vec<&str> = servers.iter().map(|server| server.name.as_str()).collect();
    Works::Unknown((!names.is_empty()).then(|| {
        Doubt {
            why: format!(
                "whether packets pass depends on the address of {} that is used",
                names.join(" and ")
            ),
            settle: servers
                .iter()
                .map(|server| {
                    let addresses: Vec<String> = server
                        .addresses
                        .iter()
                        .take(8)
                        .map(|address| format!("\"{}\"", address.ip))
                        .collect();
                    format!(
                        "# in exlint.toml, with only the addresses that other servers use:\n\
                     [[server]]\nname = \"{}\"\naddresses = [{}]",
                        server.name,
                        addresses.join(", ")
                    )
                })
                .collect(),
        }
    }))
}

/// The ports that a server's system hands out to clients, where an export tells.
fn own_ports(source: End, estate: &Estate) -> Option<Spanned<PortRange>> {
    match source {
        End::Server(id) => estate.host_ports.get(&id)?.dynamic,
        _ => None,
    }
}

/// The command that tells these ports, into a file that is named after its server.
fn show_ports(source: End, estate: &Estate) -> String {
    let command = "netsh int ipv4 show dynamicport tcp";
    match server(source, estate) {
        Some(server) => format!("{command} > {}_dynamicport.txt", server.name.to_uppercase()),
        None => command.to_owned(),
    }
}

/// The address of the source in the network of the destination: packets to a
/// machine on the same wire leave from the address there.
fn neighbour(question: Question<'_>, estate: &Estate) -> Option<IpAddr> {
    let source = server(question.source, estate)?;
    let destination = match question.destination {
        End::Host(ip) => ip,
        end => match server(end, estate)?.addresses.as_slice() {
            [only] => only.ip,
            _ => return None,
        },
    };
    let interfaces = estate.firewalls.iter();
    let interfaces = interfaces.flat_map(|known| &known.firewall.interfaces);
    let wires = interfaces.flat_map(|interface| &interface.addresses);
    let wire = wires.map(|address| address.network);
    let wire = wire
        .filter(|network| network.contains(destination))
        .min_by_key(|network| IpSet::from(*network).size())?;
    let mut own = source.addresses.iter().map(|address| address.ip);
    own.find(|ip| wire.contains(*ip))
}

/// The part of a set of addresses within each choice of an end.
fn choices(
    end: End,
    set: &IpSet,
    senders: Option<&IpSet>,
    estate: &Estate,
) -> Vec<(Choice, IpSet)> {
    let mut wanted: Vec<IpRange> = match end {
        End::Server(_) | End::Host(_) => set.ranges().collect(),
        End::Zone(id) => zone_of(id, estate)
            .map(|zone| zone.networks.iter().map(|network| network.value).collect())
            .unwrap_or_default(),
        End::Internet => senders.map_or_else(Vec::new, |senders| senders.ranges().collect()),
    };
    let rest = set.subtract(&IpSet::of(wanted.iter().copied()));
    if !rest.is_empty() {
        wanted.push(IpRange::V4(0, u32::MAX));
        wanted.push(IpRange::V6(0, u128::MAX));
    }
    let within = |range: IpRange| {
        let whole = matches!(range, IpRange::V4(0, u32::MAX) | IpRange::V6(0, u128::MAX));
        let part = IpSet::from(range).intersect(if whole { &rest } else { set });
        (!part.is_empty()).then_some((range, part))
    };
    wanted.into_iter().filter_map(within).collect()
}

fn ports_of(set: &PortSet) -> String {
    let ranges = set.ranges().iter();
    let ports = ranges.filter_map(|(low, high)| PortRange::new(*low, *high));
    listed(ports.map(|ports| ports.to_string()))
}

fn addresses_of(set: &IpSet) -> String {
    listed(set.ranges().map(|range| range.to_string()))
}

fn listed(words: impl Iterator<Item = String>) -> String {
    let mut words: Vec<String> = words.take(SHOWN.saturating_add(1)).collect();
    if words.len() > SHOWN {
        words.truncate(SHOWN);
        words.push("…".to_owned());
    }
    words.join(", ")
}
