//! Chains of the table `nat` become translations in the order in which a
//! packet meets them.
//!
//! At the hook `prerouting` destinations change before the filters, at
//! `postrouting` sources after them. Each translation carries the way to it
//! through the chains as a filter of its own: every condition of the jumps,
//! and the packets that returned or were accepted before.

use super::build::Builder;
use super::emit::Verdict;
use super::matching::{Family, Match};
use super::words::port;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, NatKind, NatRule, NatService,
};
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::Span;

/// Chains nest at most this deep.
const MAX_DEPTH: usize = 32;
/// At most so many translations are made of one ruleset.
const MAX_RULES: usize = 20_000;
/// At most so many rules are written to say which packets come to them: every
/// translation names all packets that left its chain before.
const MAX_WRITTEN: usize = 2_000_000;

/// Kinds of translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Translation {
    /// New destination.
    Destination,
    /// To the firewall itself.
    Redirect,
    /// Network to network.
    Network,
    /// New source.
    Source,
    /// The address of the outgoing interface as source.
    Masquerade,
}

/// A chain that may translate.
#[derive(Debug, Default)]
pub struct NatChain {
    /// Its name, for messages.
    pub name: String,
    /// Its rules in order.
    pub rules: Vec<Entry>,
    /// Whether the file does not tell what it does.
    pub unknown: bool,
}

impl NatChain {
    /// Appends a rule, or inserts it at a place counted from 1.
    pub fn add(&mut self, entry: Entry, insert: Option<usize>) {
        let place = insert.map_or(self.rules.len(), |place| place.saturating_sub(1));
        self.rules.insert(place.min(self.rules.len()), entry);
    }
}

impl NatChain {
    /// Whether a rule may have ended the chain for some of these packets.
    #[must_use]
    pub fn may_end(&self, matched: &Match) -> bool {
        self.may(matched, |does| does != Does::Nothing)
    }

    /// Whether a rule that calls a chain, or does what is not known, may have
    /// ended the chain for some of these packets.
    #[must_use]
    pub fn may_end_elsewhere(&self, matched: &Match) -> bool {
        let plain = |does| matches!(does, Does::Nothing | Does::Accept | Does::Return);
        self.may(matched, |does| !plain(does))
    }

    fn may(&self, matched: &Match, end: impl Fn(Does) -> bool) -> bool {
        let ends = self.rules.iter().filter(|entry| end(entry.does));
        ends.flat_map(|entry| &entry.matches)
            .any(|ended| ended.and(matched).is_possible())
    }
}

/// What a rule of such a chain does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    /// Ends the chain, nothing changes.
    Accept,
    /// Returns to the caller.
    Return,
    /// Goes on.
    Nothing,
    /// Calls the chain of that index.
    Jump(usize),
    /// Goes over to the chain of that index.
    Goto(usize),
    /// Translates.
    Translate(Translation),
    /// Something that is not modelled.
    Unknown,
}

/// A rule.
#[derive(Debug)]
pub struct Entry {
    /// Alternatives of what it looks for.
    pub matches: Vec<Match>,
    /// What it does.
    pub does: Does,
    /// New addresses and ports.
    pub to: Vec<String>,
    /// The statement.
    pub span: Span,
}

/// A level on the way to a translation: rules that ended it before, and the
/// rule that leads on.
struct Level<'t> {
    ended: Vec<&'t Entry>,
    on: &'t Entry,
}

/// Compiles the chains that are called from one base chain.
pub fn compile(
    builder: &mut Builder<'_>,
    chains: &[NatChain],
    start: usize,
    kind: NatKind,
    family: Family,
) {
    let mut walk = Walk {
        builder,
        chains,
        family,
        kind,
        written: 0,
    };
    walk.chain(start, &mut Vec::new());
}

struct Walk<'w, 'b, 't> {
    builder: &'w mut Builder<'b>,
    chains: &'t [NatChain],
    family: Family,
    kind: NatKind,
    /// Rules of policies so far.
    written: usize,
}

impl<'t> Walk<'_, '_, 't> {
    fn chain(&mut self, index: usize, way: &mut Vec<Level<'t>>) {
        let Some(chain) = self.chains.get(index) else {
            return;
        };
        if chain.unknown || way.len() >= MAX_DEPTH {
            let span = way.last().map(|level| level.on.span);
            let span = span.unwrap_or(self.builder.firewall.name.span);
            let why = format!("what chain {} translates is not known", chain.name);
            self.translation(way, span, Some(why), None);
            return;
        }
        let mut ended: Vec<&'t Entry> = Vec::new();
        for entry in &chain.rules {
            if self.builder.firewall.nat.rules.len() >= MAX_RULES || self.written >= MAX_WRITTEN {
                let why = "the table nat is too large".to_owned();
                self.translation(&[], entry.span, Some(why), None);
                return;
            }
            way.push(Level { ended, on: entry });
            match entry.does {
                Does::Nothing | Does::Return => {}
                Does::Jump(next) | Does::Goto(next) => self.chain(next, way),
                Does::Accept => self.translation(way, entry.span, None, None),
                Does::Unknown => {
                    let why = "the target of this rule is not modelled".to_owned();
                    self.translation(way, entry.span, Some(why), None);
                }
                Does::Translate(how) => self.translate(way, entry, how),
            }
            ended = way.pop().map_or_else(Vec::new, |level| level.ended);
            if matches!(entry.does, Does::Return | Does::Goto(_)) {
                ended.push(entry);
            }
        }
    }

    fn translate(&mut self, way: &[Level<'t>], entry: &'t Entry, how: Translation) {
        let span = entry.span;
        let to = entry.to.first().map_or("", String::as_str);
        let read = match how {
            Translation::Redirect => {
                let why = "the packets are redirected to the firewall itself".to_owned();
                return self.translation(way, span, Some(why), None);
            }
            Translation::Masquerade => {
                let why = "the address of the outgoing interface is not in the file";
                let reason = self.builder.reason(why, span);
                let term = AddressTerm::Unknown(reason);
                return self.translation(way, span, None, Some((AddressMatch::One(term), None)));
            }
            Translation::Network => to
                .split_once('/')
                .and_then(|(base, length)| {
                    IpRange::network(base.parse().ok()?, length.parse().ok()?)
                })
                .map(|range| (AddressMatch::One(range.into()), None)),
            Translation::Destination | Translation::Source if entry.to.len() == 1 => target(to),
            Translation::Destination | Translation::Source => None,
        };
        match read {
            Some(read) => self.translation(way, span, None, Some(read)),
            None => {
                let why = "the translation cannot be read".to_owned();
                self.translation(way, span, Some(why), None);
            }
        }
    }

    /// Adds a translation for packets that come this way: `to` new addresses
    /// and ports, or unchanged.
    fn translation(
        &mut self,
        way: &[Level<'t>],
        span: Span,
        doubt: Option<String>,
        to: Option<(AddressMatch, Option<PortRange>)>,
    ) {
        let policy = self.policy(way, span);
        let conditions: Box<[Condition]> = doubt
            .map(|why| Condition::Unknown(self.builder.reason(why, span)))
            .into_iter()
            .collect();
        let (address, port) = to.unwrap_or((AddressMatch::Any, None));
        let before = NatRule {
            kind: self.kind,
            real_interface: None,
            mapped_interface: None,
            real_source: AddressMatch::Any,
            mapped_source: AddressMatch::Any,
            mapped_destination: AddressMatch::Any,
            real_destination: AddressMatch::Any,
            service: None,
            destination_service: None,
            policy: Some(policy),
            unidirectional: false,
            enabled: true,
            conditions,
            span,
        };
        let nat = &mut self.builder.firewall.nat.rules;
        if self.kind == NatKind::Source {
            nat.push(NatRule {
                mapped_source: address,
                ..before
            });
            return;
        }
        // Where the packets come in, when one interface is named on the way.
        let before = NatRule {
            mapped_interface: way
                .iter()
                .flat_map(|level| level.on.matches.first())
                .find_map(|matched| matched.ingress.one())
                .filter(|id| !self.builder.is_wildcard(*id)),
            ..before
        };
        let nat = &mut self.builder.firewall.nat.rules;
        let matched = way.last().and_then(|level| level.on.matches.first());
        let mapped = matched.map_or(AddressMatch::Any, published);
        let services = matched.map_or_else(Vec::new, |matched| services(matched, port));
        if services.is_empty() {
            nat.push(NatRule {
                real_source: address,
                mapped_source: mapped,
                ..before
            });
            return;
        }
        nat.extend(services.into_iter().map(|service| NatRule {
            real_source: address.clone(),
            mapped_source: mapped.clone(),
            service: Some(Box::new(service)),
            ..before.clone()
        }));
    }

    /// The filter that permits packets which come this way.
    fn policy(&mut self, way: &[Level<'t>], span: Span) -> FilterId {
        let mut inner = None;
        let levels = way.len();
        for level in way.iter().rev() {
            let count = level.ended.len().saturating_add(1);
            self.written = self.written.saturating_add(count);
            let title = if levels == 1 { "nat" } else { "nat, nested" };
            let id = self.builder.filter(title.to_owned(), false, span);
            if let Some(filter) = self.builder.filter_mut(id) {
                filter.default.action = Action::Deny;
            }
            for ended in &level.ended {
                self.push(id, ended, Action::Deny);
            }
            let action = inner.map_or(Action::Permit, Action::Jump);
            self.push(id, level.on, action);
            inner = Some(id);
        }
        inner.unwrap_or_else(|| {
            let id = self.builder.filter("nat".to_owned(), false, span);
            let all = Match::all(self.family);
            let verdict = Verdict {
                action: Action::Permit,
                logs: false,
                span,
            };
            self.builder.push(id, &all, verdict);
            id
        })
    }

    fn push(&mut self, filter: FilterId, entry: &Entry, action: Action) {
        for matched in &entry.matches {
            let verdict = Verdict {
                action,
                logs: false,
                span: entry.span,
            };
            self.builder.push(filter, matched, verdict);
        }
    }
}

/// The destination that a rule looks for, where it is told by ranges.
fn published(matched: &Match) -> AddressMatch {
    let mut terms: Vec<AddressTerm> = Vec::new();
    if matched.destination.masked.is_some() {
        return AddressMatch::Any;
    }
    if let Some(v4) = &matched.destination.v4
        && matched.family.v4()
    {
        terms.extend(v4.ranges().iter().map(|(a, b)| AddressTerm::V4(*a, *b)));
    }
    if let Some(v6) = &matched.destination.v6
        && matched.family.v6()
    {
        let ranges = v6.ranges().iter();
        terms.extend(ranges.map(|(a, b)| AddressTerm::V6(Box::new((*a, *b)))));
    }
    match terms.len() {
        0 => AddressMatch::Any,
        1 => terms.pop().map_or(AddressMatch::Any, AddressMatch::One),
        _ => AddressMatch::AnyOf(terms.into()),
    }
}

/// The services that a rule looks for, each with the port that it becomes.
fn services(matched: &Match, port: Option<PortRange>) -> Vec<NatService> {
    let Some(protocol) = matched.one_protocol().filter(|p| p.has_ports()) else {
        return Vec::new();
    };
    let whole = [(0, u16::MAX)];
    let ranges = match &matched.destination_ports {
        Some(ports) => ports.ranges(),
        None if port.is_some() => &whole[..],
        None => return Vec::new(),
    };
    ranges
        .iter()
        .filter_map(|(low, high)| {
            let mapped = PortRange::new(*low, *high)?;
            Some(NatService {
                protocol: Protocol(protocol.0),
                real: port.unwrap_or(mapped),
                mapped,
            })
        })
        .collect()
}

/// The family of the addresses that a translation writes, where it names any.
#[must_use]
pub fn family_of(text: &str) -> Family {
    match target(text) {
        Some((AddressMatch::One(AddressTerm::V4(..)), _)) => Family::V4,
        Some((AddressMatch::One(AddressTerm::V6(_)), _)) => Family::V6,
        _ => Family::Both,
    }
}

/// `10.0.0.5`, `10.0.0.5:25`, `10.0.0.5-10.0.0.9:100-200`, `:2525`,
/// `[2001:db8::5]:25`.
fn target(text: &str) -> Option<(AddressMatch, Option<PortRange>)> {
    let (addresses, ports) = if let Some(rest) = text.strip_prefix('[') {
        let (addresses, rest) = rest.split_once(']')?;
        (addresses, rest.strip_prefix(':').unwrap_or_default())
    } else if text.matches(':').count() == 1 {
        text.split_once(':')?
    } else {
        (text, "")
    };
    let ports = if ports.is_empty() {
        None
    } else {
        // A shift (`100-200/1000`) is left out: the range is what counts.
        let ports = ports.split('/').next().unwrap_or_default();
        let (low, high) = ports.split_once('-').unwrap_or((ports, ports));
        Some(PortRange::new(port(low)?, port(high)?)?)
    };
    if addresses.is_empty() {
        return Some((AddressMatch::Any, ports));
    }
    let (low, high) = addresses.split_once('-').unwrap_or((addresses, addresses));
    let bare = |word: &str| word.trim_matches(['[', ']']).parse().ok();
    let range = IpRange::between(bare(low)?, bare(high)?)?;
    Some((AddressMatch::One(range.into()), ports))
}
