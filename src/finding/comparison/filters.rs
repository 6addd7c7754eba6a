//! Filters that treat packets differently after a change.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::asked;
use super::devices::Pair;
use super::end_to_end::{self, EndToEnd, Stand};
use super::places::{Held, Match, matches};
use crate::estate::FirewallId;
use crate::finding::{Place, Positions, Run};
use crate::flow::{
    Compared, ConnectionState, Context, Cube, Difference, Engine, Network, Packet, PacketSet,
    PartVerdict, Piece, RuleRef, Standing, Turn, difference,
};
use crate::formats::firewall::definitions::Definitions;
use crate::model::firewall::{Action, FilterId, Firewall, InterfaceId, InterfaceMatch};
use crate::source::{Sources, Span};

pub use super::places::Kinship;

/// Of so many pieces of a filter it is told which rules decide.
const EXPLAINED: usize = 256;
/// So many pieces of a filter are followed from end to end.
const FOLLOWED: usize = 64;
/// So many rules are named where the packets are too many to tell.
const NAMED_RULES: usize = 20;
/// Characters of a rule that are told.
const LONGEST_RULE: usize = 200;

/// A filter that treats packets differently.
#[derive(Debug, Clone)]
pub struct FilterChange {
    /// How the filters of both sides belong together.
    pub kinship: Kinship,
    /// The filter before.
    pub before: Option<FilterSide>,
    /// The filter after.
    pub after: Option<FilterSide>,
    /// Where it is bound; empty for one that is bound nowhere.
    pub places: Vec<String>,
    /// How many pieces there are of each turn, in the order of [`Turn`].
    pub counts: [usize; 4],
    /// The pieces, those of known hosts first; some may be left out.
    pub pieces: Vec<PieceChange>,
    /// Where not all packets could be told: rules that only one side has.
    pub differing: Vec<Decided>,
}

/// A filter of one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilterSide {
    /// The firewall.
    pub device: String,
    /// The filter.
    pub filter: String,
    /// Where it begins.
    pub place: Option<Place>,
}

/// Packets that are treated differently.
#[derive(Debug, Clone)]
pub struct PieceChange {
    /// The packets.
    pub piece: Piece,
    /// One of them.
    pub witness: Option<Packet>,
    /// What decides it before.
    pub before: Vec<Decided>,
    /// What decides it after.
    pub after: Vec<Decided>,
    /// What becomes of it from end to end; `None` where that was not asked.
    pub end_to_end: Option<EndToEnd>,
}

/// What a statement does to packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// It permits them.
    Permits,
    /// It denies them.
    Denies,
    /// A condition of a rule holds or not by it.
    Matters,
}

impl Deed {
    fn of(permits: bool) -> Self {
        if permits { Self::Permits } else { Self::Denies }
    }

    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permits => "permit",
            Self::Denies => "deny",
            Self::Matters => "condition",
        }
    }
}

/// A rule that decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Its text on one line, or what to cite of a default.
    pub rule: String,
    /// What it does.
    pub deed: Deed,
    /// Where it stands.
    pub place: Option<Place>,
    /// The statement, in the files of its side.
    pub span: Span,
}

impl FilterChange {
    /// How many pieces there are of a turn.
    #[must_use]
    pub fn count(&self, turn: Turn) -> usize {
        self.counts.get(turn as usize).copied().unwrap_or(0)
    }

    /// The pieces of a turn that are there.
    pub fn of(&self, turn: Turn) -> impl Iterator<Item = &PieceChange> {
        self.pieces
            .iter()
            .filter(move |known| known.piece.turn == turn)
    }

    /// Whether it is certain that some packets are treated differently; else it
    /// depends on something that is not modelled.
    #[must_use]
    pub fn certain(&self) -> bool {
        let undecided = Turn::Undecided as usize;
        let mut others = self.counts.iter().enumerate();
        others.any(|(turn, count)| turn != undecided && *count > 0)
            || self.counts.iter().all(|count| *count == 0)
    }

    /// The filter that there is: after the change, else before it.
    #[must_use]
    pub fn side(&self) -> Option<&FilterSide> {
        self.after.as_ref().or(self.before.as_ref())
    }
}

/// One firewall before and after.
struct Both<'c, 'r> {
    runs: [&'r Run; 2],
    firewalls: [FirewallId; 2],
    networks: &'c [Network<'r>; 2],
    engines: [&'c Engine<'r>; 2],
    definitions: [Definitions<'r>; 2],
    names: [&'r str; 2],
}

/// The filters of all firewalls that treat packets differently.
pub(super) fn changes<'r>(
    runs: [&'r Run; 2],
    networks: &[Network<'r>; 2],
    pairs: &[Pair],
) -> Vec<FilterChange> {
    let mut out = Vec::new();
    for pair in pairs {
        let (Some(before), Some(after)) = *pair else {
            continue;
        };
        let [base, head] = networks;
        let (Some(old), Some(new)) = (base.engine(before), head.engine(after)) else {
            continue;
        };
        let both = Both {
            runs,
            firewalls: [before, after],
            networks,
            engines: [old, new],
            definitions: [(runs[0], old), (runs[1], new)].map(|(run, engine)| {
                let name = &engine.firewall.name;
                Definitions::new(engine.firewall.platform, run.sources.get(name.span.file))
            }),
            names: [name(runs[0], before), name(runs[1], after)],
        };
        out.append(&mut both.changes());
    }
    out
}

fn name(run: &Run, id: FirewallId) -> &str {
    let known = run.estate.firewalls.get(id.0 as usize);
    known.map_or("", |known| known.name.as_str())
}

impl<'r> Both<'_, 'r> {
    fn changes(&self) -> Vec<FilterChange> {
        let [old, new] = self.engines.map(|engine| engine.firewall);
        // The same two filters may meet at many places.
        type Key = (Option<FilterId>, Option<FilterId>, bool);
        let mut groups: BTreeMap<Key, Vec<Match<'r>>> = BTreeMap::new();
        let mut order: Vec<Key> = Vec::new();
        for found in matches(old, new) {
            let id = |held: Option<Held<'_>>| held.map(|held| held.filter);
            let bound = [found.before, found.after]
                .iter()
                .flatten()
                .any(|held| held.stage.is_some());
            let key = (id(found.before), id(found.after), bound);
            let group = groups.entry(key).or_default();
            if group.is_empty() {
                order.push(key);
            }
            group.push(found);
        }
        order
            .iter()
            .filter_map(|key| self.change(groups.get(key)?))
            .collect()
    }

    fn change(&self, group: &[Match<'r>]) -> Option<FilterChange> {
        let first = group.first()?;
        let any = InterfaceMatch::Any;
        let [old, new] = self.engines.map(|engine| engine.firewall);
        // At another place the interfaces say nothing about the filter itself.
        let one = group.len() == 1 && first.kinship != Kinship::Rebound;
        let side = |index: usize, held: Option<Held<'r>>, other: Option<Held<'r>>| {
            let engine = self.engines.get(index).copied()?;
            let stage = held.and_then(|held| held.stage).filter(|_| one);
            let standing = match held {
                Some(held) => Standing::Filter(held.filter),
                None if exists(engine.firewall, other, if index == 0 { new } else { old }) => {
                    Standing::Open
                }
                None => Standing::Closed,
            };
            Some(Compared {
                engine,
                definitions: self.definitions.get(index)?,
                standing,
                ingress: stage.map_or(&any, |stage| &stage.ingress),
                egress: stage.map_or(&any, |stage| &stage.egress),
            })
        };
        let base = side(0, first.before, first.after)?;
        let head = side(1, first.after, first.before)?;
        let difference = difference(base, head);
        // A filter that meets other packets than before is told in any case.
        if difference.is_empty() && first.kinship != Kinship::Rebound {
            return None;
        }
        let held = [first.before, first.after];
        let mut difference = difference;
        for piece in &mut difference.pieces {
            // Where the filter is bound is told once.
            for (told, bound, head) in [
                (&mut piece.ingress, base.ingress, head.ingress),
                (&mut piece.egress, base.egress, head.egress),
            ] {
                if told.is_some() && (*told == named(old, bound) || *told == named(new, head)) {
                    *told = None;
                }
            }
        }
        let differing = if difference.count(Turn::Unexplored) > 0 {
            self.differing(held)
        } else {
            Vec::new()
        };
        Some(FilterChange {
            kinship: first.kinship,
            before: self.told(0, first.before),
            after: self.told(1, first.after),
            places: {
                // A list may be bound once for packets that cross the device and
                // once for those that are for it.
                let stages = group
                    .iter()
                    .filter_map(|found| found.after.or(found.before)?.stage);
                let mut places: Vec<String> = Vec::new();
                for stage in stages {
                    if !places.contains(&stage.label) {
                        places.push(stage.label.clone());
                    }
                }
                places
            },
            counts: difference.counts,
            pieces: self.pieces(difference, group, held),
            differing,
        })
    }

    fn told(&self, index: usize, held: Option<Held<'_>>) -> Option<FilterSide> {
        let engine = self.engines.get(index)?;
        let filter = engine.filter(held?.filter)?;
        let sources = &self.runs.get(index)?.sources;
        Some(FilterSide {
            device: (*self.names.get(index)?).to_owned(),
            filter: filter.name.clone(),
            place: Positions::new(sources).place(filter.span),
        })
    }

    fn pieces(
        &self,
        difference: Difference,
        group: &[Match<'r>],
        held: [Option<Held<'_>>; 2],
    ) -> Vec<PieceChange> {
        let [_, head] = self.networks;
        let hints = head.hints();
        let mut pieces: Vec<PieceChange> = difference
            .pieces
            .into_iter()
            .map(|piece| PieceChange {
                witness: piece.packets.witness(hints),
                piece,
                before: Vec::new(),
                after: Vec::new(),
                end_to_end: None,
            })
            .collect();
        pieces.sort_by_key(|known| known.witness.map(|packet| unknown_ends(&packet, hints)));
        let bound = held.iter().flatten().any(|held| held.stage.is_some());
        let stands = self.stands(group);
        for (index, known) in pieces.iter_mut().enumerate() {
            let followed = matches!(known.piece.turn, Turn::Permitted | Turn::Denied)
                && known.piece.state != Some(ConnectionState::Established);
            if index < FOLLOWED && bound && followed {
                let seen = end_to_end::follow(self.networks, &stands, &known.piece);
                // A packet that shows it from end to end shows it at the filter, too.
                if let EndToEnd::Changes { witness: Some(own) } = seen
                    && known.piece.packets.contains(&own)
                {
                    known.witness = Some(own);
                }
                known.end_to_end = Some(seen);
            }
            if index < EXPLAINED {
                known.before = self.deciders(0, held[0], known);
                known.after = self.deciders(1, held[1], known);
                let [before, after] = asked::differing(self.runs, &known.piece.on);
                known.before.extend(unsaid(&known.before, before));
                known.after.extend(unsaid(&known.after, after));
            }
        }
        pieces
    }

    /// Where the filters of both sides stand.
    fn stands(&self, group: &[Match<'r>]) -> [Stand<'r>; 2] {
        let [before, after] = self.firewalls;
        let [old, new] = self.engines.map(|engine| engine.firewall);
        let stages = |held: fn(&Match<'r>) -> Option<Held<'r>>| {
            let held = group.iter().filter_map(held);
            held.filter_map(|held| held.stage).collect()
        };
        [
            Stand {
                id: before,
                firewall: old,
                stages: stages(|found| found.before),
            },
            Stand {
                id: after,
                firewall: new,
                stages: stages(|found| found.after),
            },
        ]
    }

    /// The rules that decide the witness of a piece.
    fn deciders(&self, index: usize, held: Option<Held<'_>>, known: &PieceChange) -> Vec<Decided> {
        let (Some(witness), Some(held), Some(engine)) =
            (known.witness, held, self.engines.get(index))
        else {
            return Vec::new();
        };
        let interface = |names: &Option<Vec<String>>| {
            let wanted = names.as_ref()?.first()?;
            let mut all = (0u32..).map(InterfaceId).zip(&engine.firewall.interfaces);
            all.find(|(_, interface)| interface.name.value == *wanted)
                .map(|(id, _)| id)
        };
        let context = Context {
            ingress: interface(&known.piece.ingress),
            egress: interface(&known.piece.egress),
            state: known.piece.state.unwrap_or_default(),
            new_destination: None,
        };
        let packets = PacketSet::from(Cube::of(&witness));
        let parts = engine.evaluate_filter(held.filter, &packets, &context);
        let Some(run) = self.runs.get(index) else {
            return Vec::new();
        };
        let mut positions = Positions::new(&run.sources);
        // First the rules whose conditions only this side has.
        let asks = known.piece.rules.get(index).into_iter().flatten();
        let asks = asks.filter_map(|by| {
            let permits = engine.rule(*by)?.action == Action::Permit;
            decided(engine, &run.sources, &mut positions, *by, permits)
        });
        let mut out: Vec<Decided> = asks.collect();
        out.dedup();
        let decide = parts
            .iter()
            .flat_map(|part| {
                let permits = part.outcome.verdict == PartVerdict::Permit;
                part.outcome.by.iter().map(move |by| (by, permits))
            })
            .filter_map(|(by, permits)| {
                decided(engine, &run.sources, &mut positions, *by, permits)
            });
        let decide: Vec<Decided> = decide.collect();
        let more = unsaid(&out, decide);
        out.extend(more);
        out
    }

    /// Rules whose text only one side has.
    fn differing(&self, held: [Option<Held<'_>>; 2]) -> Vec<Decided> {
        let mut texts: Vec<BTreeMap<String, RuleRef>> = Vec::new();
        for (index, held) in held.into_iter().enumerate() {
            let mut own = BTreeMap::new();
            if let (Some(held), Some(engine), Some(run)) =
                (held, self.engines.get(index), self.runs.get(index))
            {
                let filter = engine.filter(held.filter);
                for (number, rule) in (0u32..).zip(filter.iter().flat_map(|f| &f.rules)) {
                    let place = RuleRef {
                        filter: held.filter,
                        rule: Some(number),
                    };
                    own.insert(text(&run.sources, rule.span), place);
                }
            }
            texts.push(own);
        }
        let mut out = Vec::new();
        for (index, other) in [(0usize, 1usize), (1, 0)] {
            let (Some(own), Some(other), Some(engine), Some(run)) = (
                texts.get(index),
                texts.get(other),
                self.engines.get(index),
                self.runs.get(index),
            ) else {
                continue;
            };
            let mut positions = Positions::new(&run.sources);
            let mut alone: Vec<RuleRef> = own
                .iter()
                .filter(|(text, _)| !other.contains_key(*text))
                .map(|(_, place)| *place)
                .collect();
            alone.sort_unstable();
            out.extend(alone.into_iter().take(NAMED_RULES).filter_map(|by| {
                let permits = engine.rule(by)?.action == Action::Permit;
                decided(engine, &run.sources, &mut positions, by, permits)
            }));
        }
        out
    }
}

/// Whether a firewall has the interfaces of a place that the other one binds.
fn exists(firewall: &Firewall, held: Option<Held<'_>>, other: &Firewall) -> bool {
    let Some(stage) = held.and_then(|held| held.stage) else {
        return true;
    };
    let has = |position: &InterfaceMatch| {
        matches!(position, InterfaceMatch::Any)
            || (0u32..)
                .zip(&other.interfaces)
                .filter(|(id, _)| position.contains(InterfaceId(*id)))
                .any(|(_, wanted)| {
                    let mut own = firewall.interfaces.iter();
                    own.any(|interface| interface.name.value == wanted.name.value)
                })
    };
    has(&stage.ingress) && has(&stage.egress)
}

/// The names of interfaces; `None` for any.
fn named(firewall: &Firewall, position: &InterfaceMatch) -> Option<Vec<String>> {
    if position.is_any() {
        return None;
    }
    let mut names: Vec<String> = (0u32..)
        .zip(&firewall.interfaces)
        .filter(|(id, _)| position.contains(InterfaceId(*id)))
        .map(|(_, interface)| interface.name.value.clone())
        .collect();
    names.sort_unstable();
    Some(names)
}

fn unknown_ends(packet: &Packet, hints: &[IpAddr]) -> usize {
    [packet.source, packet.destination]
        .iter()
        .filter(|address| !hints.contains(address))
        .count()
}

fn decided(
    engine: &Engine<'_>,
    sources: &Sources,
    positions: &mut Positions<'_>,
    by: RuleRef,
    permits: bool,
) -> Option<Decided> {
    let filter = engine.filter(by.filter)?;
    let (rule, span) = match engine.rule(by) {
        Some(rule) => match &rule.implicit {
            Some(label) => (label.to_string(), rule.span),
            None => (text(sources, rule.span), rule.span),
        },
        None => (filter.default.label.clone(), filter.default.span),
    };
    Some(Decided {
        rule,
        deed: Deed::of(permits),
        place: positions.place(span),
        span,
    })
}

/// Statements that are not among others yet.
fn unsaid(said: &[Decided], more: Vec<Decided>) -> Vec<Decided> {
    let overlaps = |one: Span, other: Span| one.file == other.file && one.start == other.start;
    let mut more = more;
    more.retain(|by| !said.iter().any(|known| overlaps(known.span, by.span)));
    more
}

/// A statement on one line.
fn text(sources: &Sources, span: Span) -> String {
    let text = sources
        .get(span.file)
        .map(|file| file.joined(span))
        .unwrap_or_default();
    shortened(&text)
}

/// Words on one line.
pub(super) fn shortened(text: &str) -> String {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if line.chars().count() > LONGEST_RULE {
            line.push_str(" …");
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word.chars().take(LONGEST_RULE));
    }
    line
}
