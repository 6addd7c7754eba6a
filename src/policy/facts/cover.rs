//! Which of very many pairs of ends are asked about.
//!
//! Servers of twenty sites behind twenty firewalls make hundreds of pairs that
//! no firewall treats quite alike, and yet the same few entries decide them all:
//! those of the site that is left and those of the site that is entered. So
//! every pair is looked at, and the facts tell of as many as it takes to show
//! everything that is the case: every statement that decides a service between
//! ends of a kind, every doubt and every effect, and for each end every outcome
//! that it meets. What the other pairs would tell is then told already, and
//! they are counted with a pair that does.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};

use super::asked::{Asked, End, server};
use super::pairs::Pair;
use super::servers::zone_of;
use crate::estate::{Estate, Role, ZoneClass};
use crate::flow::{Answer, PartVerdict, Verdict};

/// Pairs that are looked at together; their answers take memory.
const CHUNK: usize = 512;

/// What a pair shows.
type Key = u64;

/// Chooses pairs of a path, at most `most` and one more that stands for what
/// would need more of them. `ask` makes the questions about a pair, and
/// `answers` answers them.
pub fn choose<'a>(
    pairs: Vec<Pair>,
    most: usize,
    estate: &Estate,
    ask: impl Fn(Pair, &mut Vec<Asked<'a>>),
    answers: impl Fn(&[Asked<'a>]) -> Vec<Answer>,
) -> Vec<Pair> {
    // No file can be written so that what it shows looks like something else.
    let hasher = RandomState::new();
    let mut chosen = Chosen::new(&pairs, most);
    for (chunk, first) in pairs.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
        if chosen.is_full() {
            break;
        }
        let mut asked = Vec::new();
        let mut counts = Vec::with_capacity(chunk.len());
        for pair in chunk {
            let before = asked.len();
            if !pair.left_open {
                ask(*pair, &mut asked);
            }
            counts.push(asked.len().saturating_sub(before));
        }
        let mut told = answers(&asked).into_iter();
        for ((at, pair), count) in (first..).zip(chunk).zip(counts) {
            let answers: Vec<Answer> = told.by_ref().take(count).collect();
            if !pair.left_open && !chosen.is_full() {
                chosen.look(at, &shown(*pair, &answers, estate, &hasher));
            }
        }
    }
    chosen.finish(pairs)
}

/// The choice so far.
struct Chosen {
    most: usize,
    /// The pair that shows something first.
    by: HashMap<Key, usize>,
    /// For every pair that with which it is counted: itself when it is chosen,
    /// `None` when it stays open.
    with: Vec<Option<usize>>,
    count: usize,
    open: Option<Pair>,
}

impl Chosen {
    fn new(pairs: &[Pair], most: usize) -> Self {
        Self {
            most,
            by: HashMap::default(),
            with: vec![None; pairs.len()],
            count: 0,
            open: None,
        }
    }

    /// Whether no more pairs can be chosen: then those behind stay open.
    fn is_full(&self) -> bool {
        self.count >= self.most
    }

    /// Looks at the pair at a place, and at what it shows: what says most of it
    /// first.
    fn look(&mut self, at: usize, shown: &[Key]) {
        let news = shown.iter().any(|key| !self.by.contains_key(key));
        let known = shown.iter().find_map(|key| self.by.get(key).copied());
        for key in shown {
            self.by.entry(*key).or_insert(at);
        }
        let with = if news { at } else { known.unwrap_or(at) };
        self.count = self.count.saturating_add(usize::from(with == at));
        if let Some(slot) = self.with.get_mut(at) {
            *slot = Some(with);
        }
    }

    /// Adds to what stays open.
    fn open(&mut self, pair: Pair) {
        let open = self.open.get_or_insert(Pair {
            stands_for: 0,
            left_open: true,
            ..pair
        });
        open.stands_for = open.stands_for.saturating_add(pair.stands_for);
    }

    /// The chosen pairs in their order, each with the count of those that are
    /// like it. A chosen pair brings the opposite one along: what holds for both
    /// directions is then told of the same ends.
    fn finish(mut self, pairs: Vec<Pair>) -> Vec<Pair> {
        let ends = pairs.iter().map(|pair| (pair.source, pair.destination));
        let places: HashMap<_, _> = ends.zip(0usize..).collect();
        for (at, pair) in pairs.iter().enumerate() {
            let chosen = self.with.get(at).copied().flatten() == Some(at);
            let opposite = places.get(&(pair.destination, pair.source)).copied();
            if let (true, Some(opposite)) = (chosen, opposite)
                && let Some(slot) = self.with.get_mut(opposite)
                && slot.is_some()
            {
                *slot = Some(opposite);
            }
        }
        let mut all = pairs.clone();
        for (at, pair) in pairs.iter().enumerate() {
            match self.with.get(at).copied().flatten() {
                Some(with) if with == at => {}
                Some(with) => {
                    if let Some(known) = all.get_mut(with) {
                        known.stands_for = known.stands_for.saturating_add(pair.stands_for);
                    }
                }
                None => self.open(*pair),
            }
        }
        let chosen = |at: &usize| self.with.get(*at).copied().flatten() == Some(*at);
        let kept = all.into_iter().enumerate().filter(|(at, _)| chosen(at));
        kept.map(|(_, pair)| pair).chain(self.open).collect()
    }
}

/// What the rules can tell apart of an end.
#[derive(Hash)]
enum Kind {
    Internet,
    Zone(End),
    Server {
        exchange: bool,
        roles: Vec<Role>,
        classes: Vec<Option<ZoneClass>>,
        state: Option<String>,
        version: Option<(u16, u16)>,
        has_nodes: bool,
    },
}

fn kind(end: End, estate: &Estate) -> Kind {
    let Some(server) = server(end, estate) else {
        return match end {
            End::Internet => Kind::Internet,
            other => Kind::Zone(other),
        };
    };
    let mut roles: Vec<_> = server.roles.iter().map(|role| role.value).collect();
    let zone = |zone| zone_of(zone, estate).and_then(|zone| zone.class);
    let addresses = server.addresses.iter();
    let mut classes: Vec<_> = addresses
        .map(|address| address.zone.and_then(zone))
        .collect();
    roles.sort_unstable();
    roles.dedup();
    classes.sort_unstable();
    classes.dedup();
    let version = server.version.as_ref();
    Kind::Server {
        exchange: server.exchange,
        roles,
        classes,
        state: server.state.as_ref().map(|state| state.value.clone()),
        version: version.map(|version| (version.value.major, version.value.minor)),
        has_nodes: !server.nodes.is_empty(),
    }
}

/// What a pair shows with the answers about it.
fn shown(pair: Pair, answers: &[Answer], estate: &Estate, hasher: &RandomState) -> Vec<Key> {
    let verdicts: Vec<Verdict> = answers.iter().map(|answer| answer.verdict).collect();
    let [source, destination] = [pair.source, pair.destination];
    let kinds = [source, destination].map(|end| kind(end, estate));
    let near = [source, destination].map(|end| {
        let site = server(end, estate)?.site.as_ref()?;
        Some(site.value.to_ascii_lowercase())
    });
    let near = near[0] == near[1];
    let alike = hasher.hash_one((&kinds, near, &verdicts));
    let key = |what: &dyn Fn() -> u64| hasher.hash_one((alike, what()));
    let mut keys = Vec::new();
    // What does not pass first: the pair is counted with what stops it.
    let mut order: Vec<_> = answers.iter().enumerate().collect();
    order.sort_by_key(|(_, answer)| answer.verdict == Verdict::Permit);
    for (at, answer) in order {
        for decider in answer.decided_by() {
            keys.push(key(&|| hasher.hash_one((at, decider))));
        }
        let undecided = answer.parts.iter();
        let undecided = undecided.filter(|part| part.verdict == PartVerdict::Inconclusive);
        let reasons = undecided.flat_map(|part| &part.reasons);
        for reason in answer.why.iter().chain(reasons).chain(&answer.weak) {
            keys.push(key(&|| hasher.hash_one((at, &reason.text, reason.span))));
        }
        for effect in &answer.effects {
            let what = (effect.kind, effect.firewall, effect.certain, effect.span);
            keys.push(key(&|| hasher.hash_one((at, what))));
        }
        keys.push(key(&|| hasher.hash_one((at, "alone"))));
    }
    for (at, end) in [source, destination].into_iter().enumerate() {
        keys.push(hasher.hash_one(("end", at, end, &verdicts)));
    }
    keys
}

#[cfg(test)]
#[path = "cover_tests.rs"]
mod tests;
