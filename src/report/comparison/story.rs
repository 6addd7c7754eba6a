//! What a change does, told once for all outputs. Every text in it is safe to
//! print.

use std::collections::HashSet;

use super::People;
use super::findings::{self, FindingSection};
use crate::finding::comparison::{
    Bearing, Comparison, Decided, DeviceFate, EndToEnd, FilterChange, Kinship, PathChange,
    PathTurn, PieceChange, ServiceChange,
};
use crate::finding::{PathState, Place, Positions};
use crate::flow::{ConnectionState, Turn};
use crate::model::firewall::Interface;
use crate::policy::facts::DecisionFact;
use crate::report::Messages;
use crate::report::text::{printable, prose};
use crate::source::Sources;

/// How a thing is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// For the better.
    Good,
    /// Neither.
    Neutral,
    /// Not known.
    Open,
    /// For the worse.
    Bad,
}

/// The whole change.
#[derive(Debug)]
pub struct Story {
    /// Data paths.
    pub paths: Vec<PathStory>,
    /// Firewalls that came, went or changed their name.
    pub devices: Vec<String>,
    /// Filters.
    pub filters: Vec<FilterStory>,
    /// Findings that are not told any more, by what became of them.
    pub gone: Vec<FindingSection>,
}

/// A change of a data path at places that fare alike.
#[derive(Debug)]
pub struct PathStory {
    /// For better or worse.
    pub mark: Mark,
    /// How it changes.
    pub turn: PathTurn,
    /// `This change blocks …`.
    pub sentence: String,
    /// `hub1 -> edge1`, one each.
    pub ends: Vec<String>,
    /// `safe -> blocked`.
    pub states: String,
    /// Services whose verdict changes.
    pub services: Vec<ServiceStory>,
    /// Where it is decided now, in the files of the head.
    pub place: Option<Place>,
}

/// A change of a service's verdict.
#[derive(Debug, PartialEq, Eq)]
pub struct ServiceStory {
    /// `tcp/25: permit -> deny`.
    pub text: String,
    /// What decided before.
    pub before: Vec<Citation>,
    /// What decides now.
    pub after: Vec<Citation>,
}

/// A rule with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// `fw/inner.cfg:57`.
    pub place: String,
    /// Its text.
    pub rule: String,
}

/// A change of a filter.
#[derive(Debug)]
pub struct FilterStory {
    /// `inner: inside_in (access-group inside_in in interface inside)`.
    pub title: String,
    /// What there is to know of the pairing; may be empty.
    pub remark: Option<String>,
    /// The sets, each with a title and its pieces.
    pub sets: Vec<SetStory>,
    /// Rules that only one side has, where not all could be told.
    pub differing: Vec<Citation>,
}

/// Packets of one turn.
#[derive(Debug)]
pub struct SetStory {
    /// How.
    pub turn: Turn,
    /// `newly permitted (3)`.
    pub title: String,
    /// The pieces that are shown.
    pub pieces: Vec<PieceStory>,
    /// How many are not shown.
    pub more: usize,
}

/// A piece.
#[derive(Debug)]
pub struct PieceStory {
    /// The packets in words.
    pub text: String,
    /// `This change opens …`, where that can be seen from end to end.
    pub sentence: Option<String>,
    /// One of them.
    pub witness: Option<String>,
    /// What decides it before.
    pub before: Vec<Citation>,
    /// What decides it after.
    pub after: Vec<Citation>,
    /// What can be seen of it from end to end.
    pub end_to_end: Option<String>,
    /// Why it is undecided.
    pub reasons: Vec<String>,
    /// Where it is decided now.
    pub place: Option<Place>,
}

/// Tells a comparison.
struct Teller<'c, 'r> {
    comparison: &'c Comparison<'r>,
    words: &'static Messages,
    people: People<'r>,
    /// So many pieces of a set are told.
    shown: usize,
}

impl Story {
    /// Tells a comparison with at most so many pieces for each set.
    #[must_use]
    pub fn new(comparison: &Comparison<'_>, shown: usize) -> Self {
        let words = Messages::of(comparison.head.language);
        let teller = Teller {
            comparison,
            words,
            people: People::new(&comparison.head.estate, words),
            shown,
        };
        Self {
            paths: teller.paths(),
            devices: teller.devices(),
            filters: comparison
                .filters
                .iter()
                .map(|change| teller.filter(change))
                .collect(),
            gone: findings::sections(comparison, words),
        }
    }
}

impl<'r> Teller<'_, 'r> {
    fn paths(&self) -> Vec<PathStory> {
        let mut out: Vec<PathStory> = Vec::new();
        for change in &self.comparison.paths {
            let told = self.path(change);
            let same = out.iter_mut().find(|known| {
                known.turn == told.turn
                    && known.sentence == told.sentence
                    && known.states == told.states
                    && known.services == told.services
            });
            match same {
                Some(known) => known.ends.extend(told.ends),
                None => out.push(told),
            }
        }
        for told in &mut out {
            // Two paths of one name may run between the same ends.
            let mut seen = HashSet::new();
            told.ends.retain(|ends| seen.insert(ends.clone()));
        }
        out.sort_by_key(|told| std::cmp::Reverse(told.mark));
        out
    }

    fn path(&self, change: &PathChange<'r>) -> PathStory {
        let words = self.words;
        let japanese = words.language().is_japanese();
        let title = change.path.title.get(japanese);
        let key = match (change.turn, change.bearing()) {
            (PathTurn::Opened, Bearing::Bad) => "diff.path-opened-unsafe",
            (PathTurn::Closed, Bearing::Bad) => "diff.path-blocked",
            (turn, _) => match turn {
                PathTurn::Opened => "diff.path-opened",
                PathTurn::Closed => "diff.path-closed",
                PathTurn::NewlyUnsafe => "diff.path-newly-unsafe",
                PathTurn::Cured => "diff.path-cured",
                PathTurn::NotDecided => "diff.path-not-decided",
                PathTurn::Undecided => "diff.path-undecided",
                PathTurn::Added => "diff.path-added",
                PathTurn::Removed => "diff.path-removed",
                PathTurn::Changed => "diff.path-changed",
            },
        };
        let state = |state: PathState| words.get(state_key(state)).to_owned();
        let mut states = words.fill(
            "diff.from-to",
            &[
                ("from", &state(change.before)),
                ("to", &state(change.after)),
            ],
        );
        if !change.rules_after.is_empty() {
            let rules = change.rules_after.join(", ");
            states = words.fill("diff.by-rules", &[("states", &states), ("rules", &rules)]);
        }
        let ends = change.source.zip(change.destination).map(|(from, to)| {
            let (from, to) = (printable(from), printable(to));
            format!("{from} -> {to}")
        });
        let decided = change.services.iter().find_map(|service| service.after);
        let place = decided.and_then(|(_, by)| by.last()).and_then(|decision| {
            Positions::new(&self.comparison.head.sources).place(decision.at.0)
        });
        PathStory {
            mark: match change.bearing() {
                Bearing::Bad if change.excepted => Mark::Neutral,
                Bearing::Bad => Mark::Bad,
                Bearing::Open => Mark::Open,
                Bearing::Fine => match change.turn {
                    PathTurn::Opened | PathTurn::Cured => Mark::Good,
                    _ => Mark::Neutral,
                },
            },
            turn: change.turn,
            sentence: words.fill(key, &[("path", &title)]),
            ends: ends.into_iter().collect(),
            states,
            services: change.services.iter().map(|s| self.service(s)).collect(),
            place,
        }
    }

    fn service(&self, change: &ServiceChange<'r>) -> ServiceStory {
        let words = self.words;
        let verdict = |told: Option<(&str, &[DecisionFact])>| match told {
            Some((verdict, _)) => words.get(verdict_key(verdict)).to_owned(),
            None => words.get("diff.verdict-none").to_owned(),
        };
        let cited = |told: Option<(&str, &[DecisionFact])>, sources: &Sources| {
            let by = told.map_or(&[][..], |told| told.1);
            by.iter().map(|d| decision(d, sources)).collect()
        };
        let turn = words.fill(
            "diff.from-to",
            &[
                ("from", &verdict(change.before)),
                ("to", &verdict(change.after)),
            ],
        );
        ServiceStory {
            text: format!("{}: {turn}", printable(change.service)),
            before: cited(change.before, &self.comparison.base.sources),
            after: cited(change.after, &self.comparison.head.sources),
        }
    }

    fn devices(&self) -> Vec<String> {
        let changes = self.comparison.devices.iter();
        changes
            .map(|change| {
                let name = |name: Option<&str>| printable(name.unwrap_or_default()).into_owned();
                let (before, after) = (name(change.before), name(change.after));
                match change.fate {
                    DeviceFate::Added => self.words.fill("diff.device-added", &[("name", &after)]),
                    DeviceFate::Removed => {
                        self.words.fill("diff.device-removed", &[("name", &before)])
                    }
                    DeviceFate::Missing => {
                        self.words.fill("diff.device-missing", &[("name", &before)])
                    }
                    DeviceFate::Renamed => self.words.fill(
                        "diff.device-renamed",
                        &[("before", &before), ("after", &after)],
                    ),
                }
            })
            .collect()
    }

    fn filter(&self, change: &FilterChange) -> FilterStory {
        let words = self.words;
        let side = change.side();
        let (device, filter) = side.map_or(("", ""), |side| (&side.device, &side.filter));
        let mut title = format!("{}: {}", printable(device), printable(filter));
        let places: Vec<String> = change
            .places
            .iter()
            .take(4)
            .map(|label| printable(label).into_owned())
            .collect();
        if !places.is_empty() {
            title = format!("{title} ({})", places.join(", "));
        }
        let before = change.before.as_ref().map_or("", |side| &side.filter);
        let before = printable(before);
        let remark = match change.kinship {
            _ if change.places.is_empty() => Some(words.get("diff.bound-nowhere").to_owned()),
            Kinship::Same => None,
            Kinship::Renamed => Some(words.fill("diff.renamed", &[("before", &before)])),
            Kinship::Rebound => Some(words.get("diff.rebound").to_owned()),
            Kinship::Added => Some(words.get("diff.filter-added").to_owned()),
            Kinship::Removed => Some(words.get("diff.filter-removed").to_owned()),
        };
        let turns = [
            (Turn::Permitted, "diff.newly-permitted"),
            (Turn::Denied, "diff.newly-denied"),
            (Turn::Undecided, "diff.undecided"),
            (Turn::Unexplored, "diff.unexplored"),
        ];
        let sets = turns
            .into_iter()
            .filter(|(turn, _)| change.count(*turn) > 0)
            .map(|(turn, key)| {
                let pieces: Vec<PieceStory> = change
                    .of(turn)
                    .take(self.shown)
                    .map(|piece| self.piece(piece, device))
                    .collect();
                SetStory {
                    turn,
                    title: words.count(key, change.count(turn)),
                    more: change.count(turn).saturating_sub(pieces.len()),
                    pieces,
                }
            })
            .collect();
        FilterStory {
            title,
            remark,
            sets,
            differing: change.differing.iter().map(cited).collect(),
        }
    }

    /// Interfaces by name; all of a zone by the zone's.
    fn interfaces(&self, device: &str, names: &[String]) -> String {
        let mut firewalls = self.comparison.head.estate.firewalls.iter();
        let known = firewalls.find(|known| known.name == device);
        let interfaces = known.map_or(&[][..], |known| &known.firewall.interfaces);
        let zone_of = |name: &String| {
            let interface = interfaces.iter().find(|i| i.name.value == *name)?;
            interface.zone.as_ref().map(|zone| zone.value.as_str())
        };
        let members = |zone: &str| {
            let in_zone = |i: &&Interface| i.zone.as_ref().is_some_and(|own| own.value == zone);
            interfaces.iter().filter(in_zone).count()
        };
        let mut left: Vec<&String> = names.iter().collect();
        let mut out: Vec<String> = Vec::new();
        while let Some(name) = left.first().copied() {
            let zone = zone_of(name).filter(|zone| {
                let here = left.iter().filter(|other| zone_of(other) == Some(*zone));
                here.count() == members(zone)
            });
            match zone {
                Some(zone) => {
                    out.push(printable(zone).into_owned());
                    left.retain(|other| zone_of(other) != Some(zone));
                }
                None => {
                    out.push(printable(name).into_owned());
                    left.remove(0);
                }
            }
        }
        out.join(", ")
    }

    fn piece(&self, change: &PieceChange, device: &str) -> PieceStory {
        let words = self.words;
        let piece = &change.piece;
        let mut text = self.people.packets(&piece.packets);
        for (key, side) in [
            ("diff.in-at", &piece.ingress),
            ("diff.out-at", &piece.egress),
        ] {
            if let Some(interfaces) = side {
                let interfaces = match interfaces.as_slice() {
                    [] => words.get("diff.other-interfaces").to_owned(),
                    some => self.interfaces(device, some),
                };
                text = words.fill(key, &[("text", &text), ("names", &interfaces)]);
            }
        }
        match piece.state {
            Some(ConnectionState::New) => {
                text = words.fill("diff.only-new", &[("text", &text)]);
            }
            Some(ConnectionState::Established) => {
                text = words.fill("diff.only-established", &[("text", &text)]);
            }
            None => {}
        }
        let end_to_end = change.end_to_end.as_ref().map(|seen| match seen {
            EndToEnd::Changes { .. } if piece.turn == Turn::Permitted => {
                words.get("diff.end-to-end-opens").to_owned()
            }
            EndToEnd::Changes { .. } => words.get("diff.end-to-end-blocks").to_owned(),
            EndToEnd::Hidden => words.get("diff.end-to-end-hidden").to_owned(),
            EndToEnd::Unknown => words.get("diff.end-to-end-unknown").to_owned(),
        });
        let key = match piece.turn {
            Turn::Permitted => "diff.opens",
            _ => "diff.blocks",
        };
        let seen = matches!(change.end_to_end, Some(EndToEnd::Changes { .. }));
        let witness = match change.end_to_end {
            Some(EndToEnd::Changes { witness: Some(own) }) => Some(own),
            _ => change.witness,
        };
        let sentence = seen.then(|| words.fill(key, &[("packets", &text)]));
        let mut reasons: Vec<String> = Vec::new();
        for reason in &piece.reasons {
            let reason = prose(&words.phrase(&reason.text));
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        PieceStory {
            text,
            sentence,
            witness: witness.map(|packet| self.people.packet(&packet)),
            before: change.before.iter().map(cited).collect(),
            after: change.after.iter().map(cited).collect(),
            end_to_end,
            reasons,
            place: change.after.last().and_then(|by| by.place.clone()),
        }
    }
}

fn decision(decision: &DecisionFact, sources: &Sources) -> Citation {
    let place = sources.locate(decision.at.0);
    Citation {
        place: place.map_or_else(String::new, |(file, at)| {
            format!("{}:{}", printable(file), at.line)
        }),
        rule: printable(&decision.rule).into_owned(),
    }
}

fn cited(by: &Decided) -> Citation {
    Citation {
        place: by.place.as_ref().map_or_else(String::new, |place| {
            format!("{}:{}", printable(&place.file), place.line)
        }),
        rule: printable(&by.rule).into_owned(),
    }
}

fn state_key(state: PathState) -> &'static str {
    match state {
        PathState::Absent => "diff.state-absent",
        PathState::BlockedAsIntended => "diff.state-blocked-as-intended",
        PathState::Safe => "diff.state-safe",
        PathState::Undecided => "diff.state-undecided",
        PathState::Blocked => "diff.state-blocked",
        PathState::Unsafe => "diff.state-unsafe",
    }
}

fn verdict_key(verdict: &str) -> &'static str {
    match verdict {
        "permit" => "diff.verdict-permit",
        "deny" => "diff.verdict-deny",
        "partial" => "diff.verdict-partial",
        _ => "diff.verdict-inconclusive",
    }
}
