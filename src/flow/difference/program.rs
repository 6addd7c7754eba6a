//! A filter as one list of entries that can be compared with another filter's.
//!
//! Every rule becomes an entry for each product of sets that it matches. Calls
//! are written out: the entries of the called filter follow the call, and a
//! packet that does not match the call skips them. Interfaces are numbered by
//! name, conditions by what they say, so that equal numbers on both sides mean
//! the same.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use super::conditions::Conditions;
use super::{Compared, Standing};
use crate::flow::evaluate::{Engine, RuleRef};
use crate::flow::packets::Cube;
use crate::flow::ranges::{Bound, RangeSet};
use crate::flow::resolve::{Reason, add_reasons};
use crate::flow::sets::ProtocolSet;
use crate::model::firewall::{Action, FilterId, InterfaceMatch, Rule, StateMatch};
use crate::source::Span;

/// The dimensions of a packet, in the order in which they are cut: first those
/// that tell rules apart best.
pub(super) const INGRESS: usize = 0;
pub(super) const EGRESS: usize = 1;
pub(super) const STATE: usize = 2;
pub(super) const DESTINATION: usize = 3;
pub(super) const SOURCE: usize = 4;
pub(super) const PROTOCOL: usize = 5;
pub(super) const DESTINATION_PORT: usize = 6;
pub(super) const SOURCE_PORT: usize = 7;
/// How many dimensions there are.
pub(super) const DIMENSIONS: usize = 8;

/// Values of one dimension: sorted, disjoint, not adjacent.
pub(super) type Values = Arc<[(u128, u128)]>;

/// Calls nest at most this deep.
const MAX_DEPTH: usize = 64;
/// Of so many rules it is known that they depend on a condition.
const MAX_RULES: usize = 8;
/// A program has at most so many entries.
const MAX_ENTRIES: usize = 400_000;

/// Addresses of one family, and packets between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// What an entry does with a packet that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Act {
    Permit,
    Deny,
    /// Goes on with the entries inside.
    Enter,
    /// Goes on after the entries of the same call.
    Return,
}

/// One entry.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// For each dimension the number of its values.
    pub(super) values: [u32; DIMENSIONS],
    pub(super) act: Act,
    /// The condition under which it matches; always when `None`.
    pub(super) condition: Option<u32>,
    /// One past the entries inside.
    pub(super) end: u32,
    /// The call that it is inside.
    pub(super) parent: Option<u32>,
}

/// A filter written out. The last entry matches all packets.
#[derive(Debug, Clone, Default)]
pub(super) struct Program {
    pub(super) entries: Vec<Entry>,
    /// Whether it has calls or returns.
    pub(super) calls: bool,
}

/// A condition that may hold or not.
#[derive(Debug, Clone)]
pub(super) struct Doubt {
    pub(super) reasons: Vec<Reason>,
    /// For each side the rules that depend on it.
    pub(super) rules: [Vec<RuleRef>; 2],
    /// For each side the statements that decide whether it holds.
    pub(super) on: [Vec<Span>; 2],
}

/// What the programs of both sides have in common.
#[derive(Debug)]
pub(super) struct Shared {
    family: Family,
    interfaces: HashMap<String, u128>,
    pub(super) names: Vec<String>,
    pub(super) values: Vec<Values>,
    numbers: HashMap<Values, u32, RandomState>,
    pub(super) doubts: Vec<Doubt>,
    doubt_numbers: HashMap<String, u32>,
    /// The numbers of whole dimensions.
    whole: [u32; DIMENSIONS],
}

/// The highest value of a dimension.
fn highest(family: Family, interfaces: usize, dimension: usize) -> u128 {
    match dimension {
        // One more stands for interfaces that no file names.
        INGRESS | EGRESS => interfaces as u128,
        STATE => 1,
        DESTINATION | SOURCE => match family {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        },
        PROTOCOL => u128::from(u8::MAX),
        _ => u128::from(u16::MAX),
    }
}

impl Shared {
    /// `names` are those of all interfaces of both sides, sorted.
    pub(super) fn new(family: Family, names: &[&str]) -> Self {
        let mut shared = Self {
            family,
            interfaces: (0u128..)
                .zip(names)
                .map(|(number, name)| ((*name).to_owned(), number))
                .collect(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            values: Vec::new(),
            numbers: HashMap::default(),
            doubts: Vec::new(),
            doubt_numbers: HashMap::new(),
            whole: [0; DIMENSIONS],
        };
        shared.whole = std::array::from_fn(|dimension| {
            let highest = shared.highest(dimension);
            shared.number(vec![(0, highest)])
        });
        shared
    }

    pub(super) fn highest(&self, dimension: usize) -> u128 {
        highest(self.family, self.names.len(), dimension)
    }

    pub(super) fn family(&self) -> Family {
        self.family
    }

    /// The values behind a number.
    pub(super) fn values(&self, number: u32) -> &[(u128, u128)] {
        self.values
            .get(number as usize)
            .map_or(&[], |values| values)
    }

    /// Whether a number stands for all values of a dimension.
    pub(super) fn whole(&self, number: u32, dimension: usize) -> bool {
        self.whole.get(dimension) == Some(&number)
    }

    fn number(&mut self, values: Vec<(u128, u128)>) -> u32 {
        let values: Values = values.into();
        if let Some(number) = self.numbers.get(&values) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(Arc::clone(&values));
        self.numbers.insert(values, number);
        number
    }

    /// The interfaces at which both sides are bound.
    pub(super) fn bound(
        &mut self,
        base: &Compared<'_, '_>,
        head: &Compared<'_, '_>,
        ingress: bool,
    ) -> Vec<(u128, u128)> {
        let of = |shared: &Self, side: &Compared<'_, '_>| {
            let position = if ingress { side.ingress } else { side.egress };
            match side.standing {
                Standing::Filter(_) => shared.interfaces(side.engine, position),
                Standing::Open | Standing::Closed => vec![(0, shared.highest(INGRESS))],
            }
        };
        let (base, head) = (of(self, base), of(self, head));
        let common = RangeSet::of(base).intersect(&RangeSet::of(head));
        common.ranges().to_vec()
    }

    fn interfaces(&self, engine: &Engine<'_>, position: &InterfaceMatch) -> Vec<(u128, u128)> {
        let highest = self.highest(INGRESS);
        let numbers = |ids: &[crate::model::firewall::InterfaceId]| -> Vec<(u128, u128)> {
            ids.iter()
                .filter_map(|id| engine.firewall.interfaces.get(id.0 as usize))
                .filter_map(|interface| self.interfaces.get(&interface.name.value))
                .map(|number| (*number, *number))
                .collect()
        };
        match position {
            InterfaceMatch::Any => vec![(0, highest)],
            InterfaceMatch::One(id) => numbers(&[*id]),
            InterfaceMatch::Set(set) => {
                let named = RangeSet::of(numbers(&set.ids));
                let chosen = if set.except {
                    RangeSet::range(0, highest).subtract(&named)
                } else {
                    named
                };
                chosen.ranges().to_vec()
            }
        }
    }

    /// Writes a side out.
    pub(super) fn compile(&mut self, number: usize, side: &Compared<'_, '_>) -> Program {
        let mut program = Program::default();
        let action = match side.standing {
            Standing::Open => Act::Permit,
            Standing::Closed => Act::Deny,
            Standing::Filter(filter) => {
                let mut writer = Writer {
                    side: number,
                    shared: self,
                    engine: side.engine,
                    conditions: Conditions::new(*side),
                    program: &mut program,
                    stack: Vec::new(),
                };
                writer.filter(filter, None);
                match side.engine.filter(filter).map(|f| f.default.action) {
                    Some(Action::Permit) => Act::Permit,
                    _ => Act::Deny,
                }
            }
        };
        let end = u32::try_from(program.entries.len()).unwrap_or(u32::MAX);
        program.entries.push(Entry {
            values: self.whole,
            act: action,
            condition: None,
            end: end.saturating_add(1),
            parent: None,
        });
        program
    }

    fn doubt(&mut self, key: String, reasons: &[Reason]) -> u32 {
        if let Some(number) = self.doubt_numbers.get(&key) {
            let known = self.doubts.get_mut(*number as usize);
            if let Some(known) = known {
                add_reasons(&mut known.reasons, reasons);
            }
            return *number;
        }
        let number = u32::try_from(self.doubts.len()).unwrap_or(u32::MAX);
        self.doubts.push(Doubt {
            reasons: reasons.to_vec(),
            rules: Default::default(),
            on: Default::default(),
        });
        self.doubt_numbers.insert(key, number);
        number
    }
}

/// Writes the filters of one side out.
struct Writer<'w, 'a> {
    /// Which side it is.
    side: usize,
    shared: &'w mut Shared,
    engine: &'w Engine<'a>,
    conditions: Conditions<'w, 'a>,
    program: &'w mut Program,
    stack: Vec<FilterId>,
}

impl Writer<'_, '_> {
    /// Writes the entries of a filter; of a called one the default, too.
    fn filter(&mut self, id: FilterId, parent: Option<u32>) {
        let Some(filter) = self.engine.filter(id) else {
            return self.unknown(parent, Reason::new("a filter is missing", None));
        };
        if self.stack.contains(&id)
            || self.stack.len() >= MAX_DEPTH
            || self.program.entries.len() > MAX_ENTRIES
        {
            let text = format!(
                "the calls that lead to {} are too many to follow",
                filter.name
            );
            return self.unknown(parent, Reason::new(text, Some(filter.span)));
        }
        self.stack.push(id);
        for (index, rule) in filter.rules.iter().enumerate() {
            if rule.enabled && rule.action != Action::Continue {
                self.rule(id, index, rule, parent);
            }
        }
        let all = self.shared.whole;
        match filter.default.action {
            Action::Permit if parent.is_some() => self.entry(all, Act::Permit, None, parent),
            Action::Deny if parent.is_some() => self.entry(all, Act::Deny, None, parent),
            Action::Jump(next) | Action::Goto(next) => self.call(all, None, next, parent),
            _ => {}
        }
        self.stack.pop();
    }

    fn rule(&mut self, id: FilterId, index: usize, rule: &Rule, parent: Option<u32>) {
        let Some(matched) = self.engine.matched(id, index) else {
            return;
        };
        for cube in &matched.surely {
            self.cube(cube, rule, None, parent);
        }
        if let Some(possibly) = &matched.possibly {
            let known = self.conditions.known((id, index), rule);
            let condition = self.shared.doubt(known.key, &matched.reasons);
            let rule_ref = RuleRef {
                filter: id,
                rule: u32::try_from(index).ok(),
            };
            if let Some(doubt) = self.shared.doubts.get_mut(condition as usize)
                && let Some(rules) = doubt.rules.get_mut(self.side)
                && let Some(on) = doubt.on.get_mut(self.side)
                && rules.len() < MAX_RULES
                && !rules.contains(&rule_ref)
            {
                rules.push(rule_ref);
                on.extend(known.on);
            }
            for cube in possibly {
                self.cube(cube, rule, Some(condition), parent);
            }
        }
    }

    fn cube(&mut self, cube: &Cube, rule: &Rule, condition: Option<u32>, parent: Option<u32>) {
        let Some(values) = self.values(cube, rule) else {
            return;
        };
        match rule.action {
            Action::Permit => self.entry(values, Act::Permit, condition, parent),
            Action::Deny => self.entry(values, Act::Deny, condition, parent),
            Action::Return => self.entry(values, Act::Return, condition, parent),
            Action::Jump(next) => self.call(values, condition, next, parent),
            Action::Goto(next) => {
                self.call(values, condition, next, parent);
                // What comes back returns from here, too.
                self.entry(values, Act::Return, condition, parent);
            }
            Action::Continue => {}
        }
    }

    /// The values of a product; `None` when it has no packet of the family.
    fn values(&mut self, cube: &Cube, rule: &Rule) -> Option<[u32; DIMENSIONS]> {
        let (source, destination) = match self.shared.family {
            Family::V4 => (wide(&cube.source.v4), wide(&cube.destination.v4)),
            Family::V6 => (wide(&cube.source.v6), wide(&cube.destination.v6)),
        };
        let state = match rule.state {
            StateMatch::Any => (0, 1),
            StateMatch::New => (0, 0),
            StateMatch::Established => (1, 1),
        };
        let values = [
            self.shared.interfaces(self.engine, &rule.ingress),
            self.shared.interfaces(self.engine, &rule.egress),
            vec![state],
            destination,
            source,
            protocols(cube.protocols),
            wide(&cube.destination_ports),
            wide(&cube.source_ports),
        ];
        if values.iter().any(Vec::is_empty) {
            return None;
        }
        Some(values.map(|values| self.shared.number(values)))
    }

    fn entry(
        &mut self,
        values: [u32; DIMENSIONS],
        act: Act,
        condition: Option<u32>,
        parent: Option<u32>,
    ) {
        self.program.calls |= matches!(act, Act::Enter | Act::Return);
        let next = self.program.entries.len().saturating_add(1);
        self.program.entries.push(Entry {
            values,
            act,
            condition,
            end: u32::try_from(next).unwrap_or(u32::MAX),
            parent,
        });
    }

    fn call(
        &mut self,
        values: [u32; DIMENSIONS],
        condition: Option<u32>,
        next: FilterId,
        parent: Option<u32>,
    ) {
        let own = self.program.entries.len();
        self.entry(values, Act::Enter, condition, parent);
        self.filter(next, u32::try_from(own).ok());
        let end = u32::try_from(self.program.entries.len()).unwrap_or(u32::MAX);
        if let Some(entry) = self.program.entries.get_mut(own) {
            entry.end = end;
        }
    }

    /// Entries that may decide anything.
    fn unknown(&mut self, parent: Option<u32>, reason: Reason) {
        let all = self.shared.whole;
        let condition = self.shared.doubt(reason.text.to_string(), &[reason]);
        self.entry(all, Act::Permit, Some(condition), parent);
        self.entry(all, Act::Deny, None, parent);
    }
}

fn wide<T: Bound + Into<u128>>(set: &RangeSet<T>) -> Vec<(u128, u128)> {
    set.ranges()
        .iter()
        .map(|(low, high)| ((*low).into(), (*high).into()))
        .collect()
}

fn protocols(set: ProtocolSet) -> Vec<(u128, u128)> {
    if set.is_all() {
        return vec![(0, u128::from(u8::MAX))];
    }
    if let Some(only) = set.single() {
        return vec![(u128::from(only.0), u128::from(only.0))];
    }
    let numbers = set.iter().map(|protocol| u128::from(protocol.0));
    RangeSet::of(numbers.map(|number| (number, number)).collect())
        .ranges()
        .to_vec()
}
