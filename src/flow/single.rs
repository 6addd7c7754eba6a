//! Single packets against one filter, fast.
//!
//! The rules of a filter are compiled once: what each matches, and for every
//! piece of the address space and every port which rules may match there, as
//! bits. A packet picks four rows of bits; the first common bit whose rule
//! really matches decides. What cannot be decided so (a rule that matches only
//! possibly, a range of ports that a rule cuts, a call in a circle) is left to
//! the set engine, so that both always give the same answer.

use std::sync::OnceLock;

use super::evaluate::{ConnectionState, Context, Engine, PartVerdict, RuleRef};
use super::packets::Cube;
use super::sets::PortSet;
use crate::model::firewall::{Action, FilterId, InterfaceMatch, StateMatch};
use crate::model::net::Protocol;

/// Chains nest at most this deep.
const MAX_DEPTH: usize = 64;
/// The rows of one dimension hold at most so many words.
const MAX_WORDS: usize = 4_000_000;

/// The filters of one firewall, compiled on first use.
#[derive(Debug)]
pub struct Single<'e, 'a> {
    engine: &'e Engine<'a>,
    filters: Vec<OnceLock<Compiled>>,
}

/// What decides a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decided {
    /// `Permit` or `Deny`.
    pub verdict: PartVerdict,
    /// By which rule or default.
    pub by: RuleRef,
}

/// How a filter ends for a packet.
enum Ends {
    Decided(Decided),
    Returned,
    /// The set engine must be asked.
    Unclear,
}

impl<'e, 'a> Single<'e, 'a> {
    /// Prepares the filters of an engine; nothing is compiled yet.
    #[must_use]
    pub fn new(engine: &'e Engine<'a>) -> Self {
        Self {
            engine,
            filters: std::iter::repeat_with(OnceLock::new)
                .take(engine.firewall.filters.len())
                .collect(),
        }
    }

    /// What a filter alone does with packets between two single addresses, of
    /// one protocol: the same as [`Engine::evaluate_filter`]. `None` when that
    /// must be asked.
    #[must_use]
    pub fn decide(&self, filter: FilterId, packets: &Cube, context: &Context) -> Option<Decided> {
        let packet = Probe::of(packets)?;
        match self.run(filter, &packet, context, 0) {
            Ends::Decided(decided) => Some(decided),
            Ends::Returned => Some(Decided {
                // A return that nothing called leads to the filter's default.
                verdict: match self.engine.filter(filter)?.default.action {
                    Action::Permit => PartVerdict::Permit,
                    _ => PartVerdict::Deny,
                },
                by: RuleRef { filter, rule: None },
            }),
            Ends::Unclear => None,
        }
    }

    fn run(&self, id: FilterId, packet: &Probe<'_>, context: &Context, depth: usize) -> Ends {
        let slot = self.filters.get(id.0 as usize);
        let (Some(slot), Some(filter)) = (slot, self.engine.filter(id)) else {
            return Ends::Unclear;
        };
        if depth >= MAX_DEPTH {
            return Ends::Unclear;
        }
        let compiled = slot.get_or_init(|| Compiled::new(self.engine, id));
        let rows = compiled.rows(packet);
        for word in 0..compiled.words {
            let mut bits = rows.iter().fold(u64::MAX, |bits, row| {
                bits & row.get(word).copied().unwrap_or(0)
            });
            while bits != 0 {
                let bit = bits.trailing_zeros() as usize;
                bits &= bits.wrapping_sub(1);
                let index = word.saturating_mul(64).saturating_add(bit);
                let Some(rule) = compiled.rules.get(index) else {
                    continue;
                };
                match rule.meets(packet, context) {
                    Some(true) => {}
                    Some(false) => continue,
                    None => return Ends::Unclear,
                }
                let by = RuleRef {
                    filter: id,
                    rule: u32::try_from(index).ok(),
                };
                match self.act(rule.action, by, packet, context, depth) {
                    Some(ends) => return ends,
                    None => continue,
                }
            }
        }
        let default = RuleRef {
            filter: id,
            rule: None,
        };
        match filter.default.action {
            Action::Return | Action::Continue => Ends::Returned,
            action => match self.act(action, default, packet, context, depth) {
                Some(ends) => ends,
                None => Ends::Returned,
            },
        }
    }

    /// `None` when the evaluation goes on with the next rule.
    fn act(
        &self,
        action: Action,
        by: RuleRef,
        packet: &Probe<'_>,
        context: &Context,
        depth: usize,
    ) -> Option<Ends> {
        let decided = |verdict| Some(Ends::Decided(Decided { verdict, by }));
        match action {
            Action::Permit => decided(PartVerdict::Permit),
            Action::Deny => decided(PartVerdict::Deny),
            Action::Return => Some(Ends::Returned),
            Action::Continue => None,
            Action::Goto(next) => Some(self.run(next, packet, context, depth.saturating_add(1))),
            Action::Jump(next) => match self.run(next, packet, context, depth.saturating_add(1)) {
                Ends::Returned => None,
                ends => Some(ends),
            },
        }
    }
}

/// The packets asked for, taken apart.
struct Probe<'c> {
    source: u128,
    destination: u128,
    v4: bool,
    protocol: Protocol,
    cube: &'c Cube,
    /// The ends of the destination ports.
    ports: (u16, u16),
}

impl<'c> Probe<'c> {
    fn of(cube: &'c Cube) -> Option<Self> {
        let protocol = cube.protocols.single()?;
        let (source, destination, v4) = match (
            cube.source.v4.single(),
            cube.destination.v4.single(),
            cube.source.v6.single(),
            cube.destination.v6.single(),
        ) {
            (Some(a), Some(b), None, None)
                if cube.source.v6.is_empty() && cube.destination.v6.is_empty() =>
            {
                (u128::from(a), u128::from(b), true)
            }
            (None, None, Some(a), Some(b))
                if cube.source.v4.is_empty() && cube.destination.v4.is_empty() =>
            {
                (a, b, false)
            }
            _ => return None,
        };
        Some(Self {
            source,
            destination,
            v4,
            protocol,
            cube,
            ports: (
                cube.destination_ports.first()?,
                cube.destination_ports.last()?,
            ),
        })
    }
}

/// One rule, as far as single packets need it.
#[derive(Debug)]
struct CompiledRule {
    action: Action,
    ingress: InterfaceMatch,
    egress: InterfaceMatch,
    state: StateMatch,
    /// What it matches without doubt; `None` when the bounds differ.
    surely: Vec<Cube>,
    possibly: Option<Vec<Cube>>,
}

impl CompiledRule {
    /// Whether all packets meet the rule (`true`) or none does; `None` when
    /// that is not known or differs.
    fn meets(&self, packet: &Probe<'_>, context: &Context) -> Option<bool> {
        let state = match self.state {
            StateMatch::Any => true,
            StateMatch::New => context.state == ConnectionState::New,
            StateMatch::Established => context.state == ConnectionState::Established,
        };
        if !state {
            return Some(false);
        }
        let mut unknown = false;
        for (wanted, given) in [
            (&self.ingress, context.ingress),
            (&self.egress, context.egress),
        ] {
            match wanted.admits(given) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => unknown = true,
            }
        }
        let touched = match &self.possibly {
            Some(possibly) => touches(possibly, packet),
            None => touches(&self.surely, packet),
        };
        match touched {
            Some(false) => Some(false),
            _ if unknown || self.possibly.is_some() => None,
            other => other,
        }
    }
}

/// Whether cubes hold all of the packets, or none; `None` for a part, or when
/// several cubes hold parts.
fn touches(cubes: &[Cube], packet: &Probe<'_>) -> Option<bool> {
    let mut part = false;
    for cube in cubes {
        let addresses = if packet.v4 {
            let source = u32::try_from(packet.source).unwrap_or(0);
            let destination = u32::try_from(packet.destination).unwrap_or(0);
            cube.source.v4.contains(source) && cube.destination.v4.contains(destination)
        } else {
            cube.source.v6.contains(packet.source)
                && cube.destination.v6.contains(packet.destination)
        };
        if !addresses || !cube.protocols.contains(packet.protocol) {
            continue;
        }
        let ports = [
            (&cube.destination_ports, &packet.cube.destination_ports),
            (&cube.source_ports, &packet.cube.source_ports),
        ];
        if ports.iter().all(|(has, asked)| has.includes(asked)) {
            return Some(true);
        }
        part |= ports.iter().all(|(has, asked)| has.overlaps(asked));
    }
    if part { None } else { Some(false) }
}

/// Bits of rules for every piece of one dimension.
#[derive(Debug, Default)]
struct Rows {
    /// First values of the pieces, ascending; the first is the least value.
    cuts: Vec<u128>,
    bits: Vec<u64>,
    words: usize,
}

impl Rows {
    fn new(mut cuts: Vec<u128>, words: usize) -> Self {
        cuts.push(0);
        cuts.sort_unstable();
        cuts.dedup();
        let most = MAX_WORDS.checked_div(words.max(1)).unwrap_or(1).max(1);
        if cuts.len() > most {
            let step = cuts.len().div_ceil(most);
            cuts = cuts.into_iter().step_by(step).collect();
        }
        let bits = vec![0; cuts.len().saturating_mul(words)];
        Self { cuts, bits, words }
    }

    fn piece(&self, value: u128) -> usize {
        self.cuts
            .partition_point(|cut| *cut <= value)
            .saturating_sub(1)
    }

    fn insert(&mut self, rule: usize, low: u128, high: u128) {
        for piece in self.piece(low)..=self.piece(high) {
            let at = piece.saturating_mul(self.words).saturating_add(rule / 64);
            if let Some(word) = self.bits.get_mut(at) {
                *word |= 1 << (rule % 64);
            }
        }
    }

    fn row(&self, piece: usize) -> &[u64] {
        let start = piece.saturating_mul(self.words);
        self.bits
            .get(start..start.saturating_add(self.words))
            .unwrap_or_default()
    }

    fn at(&self, value: u128) -> &[u64] {
        self.row(self.piece(value))
    }
}

/// The dimensions of one family of addresses.
#[derive(Debug, Default)]
struct Family {
    source: Rows,
    destination: Rows,
}

/// Protocols that have rows of their own.
const OWN: [Protocol; 4] = [
    Protocol::TCP,
    Protocol::UDP,
    Protocol::ICMP,
    Protocol::ICMP6,
];

/// A filter, ready for single packets.
#[derive(Debug, Default)]
struct Compiled {
    rules: Vec<CompiledRule>,
    words: usize,
    v4: Family,
    v6: Family,
    /// One row for each of [`OWN`] and one for all other protocols.
    protocols: Vec<Vec<u64>>,
    ports: Rows,
    all: Vec<u64>,
}

impl Compiled {
    fn new(engine: &Engine<'_>, id: FilterId) -> Self {
        let rules: Vec<CompiledRule> = engine
            .filter(id)
            .map_or(&[][..], |filter| &filter.rules)
            .iter()
            .enumerate()
            .map(|(index, rule)| {
                let skipped = !rule.enabled || rule.action == Action::Continue;
                let matched = engine.rule_match(id, index).filter(|_| !skipped);
                CompiledRule {
                    action: rule.action,
                    ingress: rule.ingress.clone(),
                    egress: rule.egress.clone(),
                    state: rule.state,
                    surely: matched.map_or_else(Vec::new, |m| m.surely.clone()),
                    possibly: matched.and_then(|m| m.possibly.clone()),
                }
            })
            .collect();
        let words = rules.len().div_ceil(64);
        let cubes = |rule: &CompiledRule| -> Vec<Cube> {
            rule.possibly.as_ref().unwrap_or(&rule.surely).clone()
        };
        let mut cuts: [Vec<u128>; 5] = Default::default();
        for cube in rules.iter().flat_map(&cubes) {
            each(&cube, |dimension, low, high| {
                if let Some(cuts) = cuts.get_mut(dimension) {
                    cuts.push(low);
                    cuts.extend(high.checked_add(1));
                }
            });
        }
        let [a, b, c, d, e] = cuts.map(|cuts| Rows::new(cuts, words));
        let mut rows = [a, b, c, d, e];
        let mut protocols = vec![vec![0u64; words]; OWN.len().saturating_add(1)];
        for (index, rule) in rules.iter().enumerate() {
            for cube in cubes(rule) {
                each(&cube, |dimension, low, high| {
                    if let Some(rows) = rows.get_mut(dimension) {
                        rows.insert(index, low, high);
                    }
                });
                let mut set = |row: usize| {
                    let word = protocols.get_mut(row).and_then(|r| r.get_mut(index / 64));
                    if let Some(word) = word {
                        *word |= 1 << (index % 64);
                    }
                };
                for (row, protocol) in OWN.iter().enumerate() {
                    if cube.protocols.contains(*protocol) {
                        set(row);
                    }
                }
                if cube.protocols.iter().any(|p| !OWN.contains(&p)) {
                    set(OWN.len());
                }
            }
        }
        let [v4_source, v4_destination, v6_source, v6_destination, ports] = rows;
        Self {
            all: vec![u64::MAX; words],
            rules,
            words,
            v4: Family {
                source: v4_source,
                destination: v4_destination,
            },
            v6: Family {
                source: v6_source,
                destination: v6_destination,
            },
            protocols,
            ports,
        }
    }

    /// The rows of bits in which a rule must stand to match.
    fn rows(&self, packet: &Probe<'_>) -> [&[u64]; 4] {
        let family = if packet.v4 { &self.v4 } else { &self.v6 };
        let protocol = OWN
            .iter()
            .position(|own| *own == packet.protocol)
            .unwrap_or(OWN.len());
        let (low, high) = (
            self.ports.piece(u128::from(packet.ports.0)),
            self.ports.piece(u128::from(packet.ports.1)),
        );
        [
            family.source.at(packet.source),
            family.destination.at(packet.destination),
            self.protocols.get(protocol).map_or(&[], Vec::as_slice),
            if low == high {
                self.ports.row(low)
            } else {
                &self.all
            },
        ]
    }
}

/// Every range of a cube with the number of its dimension.
fn each(cube: &Cube, mut f: impl FnMut(usize, u128, u128)) {
    for (dimension, set) in [&cube.source.v4, &cube.destination.v4]
        .into_iter()
        .enumerate()
    {
        for (low, high) in set.ranges() {
            f(dimension, u128::from(*low), u128::from(*high));
        }
    }
    for (dimension, set) in [(2, &cube.source.v6), (3, &cube.destination.v6)] {
        for (low, high) in set.ranges() {
            f(dimension, *low, *high);
        }
    }
    let ports: &PortSet = &cube.destination_ports;
    for (low, high) in ports.ranges() {
        f(4, u128::from(*low), u128::from(*high));
    }
}

#[cfg(test)]
#[path = "single_tests.rs"]
mod tests;
