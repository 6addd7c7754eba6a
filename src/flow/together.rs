//! Several services between two places in one walk.
//!
//! Filters decide packet by packet: packets of many services can be sent
//! through them together, and the answer divided afterwards. Translations,
//! inspections and tunnels look at the packets that they are given as a whole;
//! services that one of these tells apart are followed apart. So are all where
//! a firewall keeps no connections, since the replies to packets are judged as
//! a whole, too.

use std::borrow::Cow;
use std::collections::HashMap;

use super::answer::{Part, Seen};
use super::evaluate::Engine;
use super::packets::{Cube, PacketSet};
use super::sets::{PortSet, ProtocolSet, ServiceSet};
use super::walk::{Ended, Trail, Turn};
use crate::model::firewall::{Action, FilterId, Firewall, InspectionEffect};
use crate::model::net::PortRange;

/// At most so many services are followed together.
const MOST: usize = 32;
/// Policies of translations, inspections and tunnels with more rules in all are
/// not looked through.
const MOST_RULES: usize = 1_024;
/// Nor are ports in more ranges than this.
const MOST_RANGES: usize = 1_024;

/// Which services may be followed together.
#[derive(Debug, Default)]
pub(super) struct Together {
    /// Where spans of ports begin that everything other than a filter treats
    /// alike, sorted, each with its kind: spans of one kind are treated alike,
    /// too. `None` when every service is followed alone.
    spans: Option<Vec<(u16, usize)>>,
    /// Ports that are translated, on either side.
    translated: PortSet,
}

impl Together {
    /// Looks at everything besides filters that may tell ports apart.
    pub(super) fn new<'e, 'a: 'e>(engines: impl Iterator<Item = &'e Engine<'a>>) -> Self {
        let mut ports = Ports::default();
        for engine in engines {
            if !(engine.firewall.stateful && ports.add_firewall(engine)) {
                return Self::default();
            }
        }
        ports.told_apart.sort_unstable();
        ports.told_apart.dedup();
        if ports.told_apart.len() > MOST_RANGES {
            return Self::default();
        }
        Self {
            spans: Some(spans(&ports.told_apart)),
            translated: PortSet::of(ports.translated),
        }
    }

    /// Divides services, by their index, into groups that may be followed
    /// together, in the order of their first members. Those without packets are
    /// left out.
    pub(super) fn groups(&self, services: &[Cow<'_, ServiceSet>]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut known: HashMap<(ProtocolSet, &PortSet, usize), usize> = HashMap::new();
        for (index, services) in services.iter().enumerate() {
            if services.is_empty() {
                continue;
            }
            let key = self.key(services);
            let place = key.as_ref().and_then(|key| known.get(key).copied());
            match place.and_then(|place| groups.get_mut(place)) {
                Some(group) if group.len() < MOST => group.push(index),
                _ => {
                    if let Some(key) = key {
                        known.insert(key, groups.len());
                    }
                    groups.push(vec![index]);
                }
            }
        }
        groups
    }

    /// What services have in common that may be followed together: protocol,
    /// source ports, and the kind of their destination ports.
    fn key<'s>(&self, services: &'s ServiceSet) -> Option<(ProtocolSet, &'s PortSet, usize)> {
        let spans = self.spans.as_ref()?;
        let [cube] = services.cubes() else {
            return None;
        };
        let ports = &cube.destination;
        if cube.protocols.count() != 1 || ports.overlaps(&self.translated) {
            return None;
        }
        let (first, last) = (ports.first()?, ports.last()?);
        let from = spans.partition_point(|(start, _)| *start <= first);
        let to = spans.partition_point(|(start, _)| *start <= last);
        let (_, kind) = spans.get(from.checked_sub(1)?)?;
        (from == to).then_some((cube.protocols, &cube.source, *kind))
    }
}

/// Divides all ports into spans that lie in the same of some ranges.
fn spans(ranges: &[(u16, u16)]) -> Vec<(u16, usize)> {
    let mut starts: Vec<u16> = vec![0];
    for (low, high) in ranges {
        starts.push(*low);
        starts.extend(high.checked_add(1));
    }
    starts.sort_unstable();
    starts.dedup();
    let mut kinds: HashMap<Vec<(u16, u16)>, usize> = HashMap::new();
    let mut spans = Vec::with_capacity(starts.len());
    for start in starts {
        let holds = |range: &&(u16, u16)| (range.0..=range.1).contains(&start);
        let around: Vec<(u16, u16)> = ranges.iter().filter(holds).copied().collect();
        let next = kinds.len();
        spans.push((start, *kinds.entry(around).or_insert(next)));
    }
    spans
}

/// Ports that something other than a filter looks at.
#[derive(Default)]
struct Ports {
    told_apart: Vec<(u16, u16)>,
    translated: Vec<(u16, u16)>,
    rules: usize,
}

impl Ports {
    /// `false` when there are too many rules to look through.
    fn add_firewall(&mut self, engine: &Engine<'_>) -> bool {
        let firewall = engine.firewall;
        for service in firewall
            .nat
            .rules
            .iter()
            .flat_map(|rule| [&rule.service, &rule.destination_service])
            .flatten()
        {
            for PortRange { low, high } in [service.real, service.mapped] {
                self.told_apart.push((low, high));
                self.translated.push((low, high));
            }
        }
        let inspections = firewall.inspections.iter();
        for inspection in inspections.filter(|known| known.effect != InspectionEffect::Other) {
            let ports = inspection.ports.iter().map(|(_, range)| range);
            self.told_apart.extend(ports.map(|r| (r.low, r.high)));
        }
        self.add_filters(engine, policies(firewall))
    }

    /// Adds the ports of filters and of those that they call.
    fn add_filters(&mut self, engine: &Engine<'_>, mut open: Vec<FilterId>) -> bool {
        let mut seen: Vec<FilterId> = Vec::new();
        while let Some(id) = open.pop() {
            let Some(filter) = engine.filter(id) else {
                continue;
            };
            if seen.contains(&id) {
                continue;
            }
            seen.push(id);
            self.rules = self.rules.saturating_add(filter.rules.len());
            if self.rules > MOST_RULES {
                return false;
            }
            for (index, rule) in filter.rules.iter().enumerate() {
                open.extend(called(rule.action));
                let Some(matched) = engine.matched(id, index) else {
                    continue;
                };
                for cube in matched.possibly().iter().chain(&matched.surely) {
                    // A tunnel's filter is asked for replies, too.
                    for ports in [&cube.destination_ports, &cube.source_ports] {
                        if !ports.is_all() {
                            self.told_apart.extend_from_slice(ports.ranges());
                        }
                    }
                }
            }
            open.extend(called(filter.default.action));
        }
        true
    }
}

/// The filters that translations, inspections and tunnels ask.
fn policies(firewall: &Firewall) -> Vec<FilterId> {
    let translations = firewall.nat.rules.iter().filter_map(|rule| rule.policy);
    let inspections = firewall.inspections.iter();
    let inspections = inspections
        .filter(|known| known.effect != InspectionEffect::Other)
        .filter_map(|known| known.filter);
    let tunnels = firewall.tunnels.iter().filter_map(|tunnel| tunnel.filter);
    translations.chain(inspections).chain(tunnels).collect()
}

fn called(action: Action) -> Option<FilterId> {
    match action {
        Action::Jump(next) | Action::Goto(next) => Some(next),
        Action::Permit | Action::Deny | Action::Return | Action::Continue => None,
    }
}

/// All services in one set.
pub(super) fn union<'s>(services: &[&'s ServiceSet]) -> Cow<'s, ServiceSet> {
    match services {
        [only] => Cow::Borrowed(*only),
        _ => {
            let cubes = services.iter().flat_map(|services| services.cubes());
            Cow::Owned(ServiceSet::of(cubes.cloned().collect()))
        }
    }
}

/// The share of one service in what became of several that were followed
/// together: they differ in their destination ports only.
pub(super) fn narrowed(ended: &[Ended], services: &ServiceSet) -> Vec<Ended> {
    let ports = services.cubes().iter();
    let ports = ports.fold(PortSet::EMPTY, |all, cube| all.union(&cube.destination));
    let mut shares: Vec<(usize, Ended)> = ended
        .iter()
        .filter_map(|ended| share(ended, &ports))
        .collect();
    // In the order in which packets of this service came to their ends.
    shares.sort_by_key(|(turn, _)| *turn);
    shares.into_iter().map(|(_, share)| share).collect()
}

/// What ended with one of these destination ports, and when the first did.
fn share(ended: &Ended, ports: &PortSet) -> Option<(usize, Ended)> {
    let own = |cube: &Cube| {
        let destination_ports = cube.destination_ports.intersect(ports);
        (!destination_ports.is_empty()).then(|| Cube {
            source: cube.source.clone(),
            destination: cube.destination.clone(),
            protocols: cube.protocols,
            source_ports: cube.source_ports.clone(),
            destination_ports,
        })
    };
    let part = &ended.part;
    let cubes = part.packets.cubes();
    let cubes = gathered(cubes.len(), cubes.iter().filter_map(own));
    let seen = |seen: &Seen| {
        let (arrived, real) = Seen::packets(own(&seen.arrived)?, own(&seen.real)?);
        Some(Seen {
            arrived,
            real,
            ..*seen
        })
    };
    let turns = ended.turns.iter().filter(|turn| turn.ports.overlaps(ports));
    let turns: Vec<Turn> = turns
        .map(|turn| Turn {
            number: turn.number,
            ports: ports.clone(),
            seen: gathered(turn.seen.len(), turn.seen.iter().filter_map(seen)),
        })
        .collect();
    let first = turns.first()?.number;
    let with_them = |known: &&(Trail, PortSet)| known.1.overlaps(ports);
    let share = Ended {
        part: Part {
            verdict: part.verdict,
            packets: PacketSet::of_disjoint(cubes),
            witness: None,
            by: part.by.clone(),
            reasons: part.reasons.clone(),
            replies_denied: part.replies_denied,
            effects: part.effects.clone(),
            firewalls: part.firewalls.clone(),
            seen: Vec::new(),
        },
        trails: ended.trails.iter().filter(with_them).cloned().collect(),
        turns,
    };
    Some((first, share))
}

/// At most so many items in a vector that takes no more room.
fn gathered<T>(most: usize, items: impl Iterator<Item = T>) -> Vec<T> {
    let mut gathered = Vec::with_capacity(most);
    gathered.extend(items);
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_in_no_range_are_of_one_kind_wherever_they_lie() {
        let spans = spans(&[(25, 25), (135, 139), (137, 65_535)]);
        let kind = |port: u16| {
            let after = spans.partition_point(|(start, _)| *start <= port);
            spans[after - 1].1
        };
        assert_eq!(kind(0), kind(24));
        assert_eq!(kind(24), kind(26));
        assert_eq!(kind(26), kind(134));
        assert_eq!(kind(135), kind(136));
        assert_eq!(kind(137), kind(139));
        assert_eq!(kind(140), kind(65_535));
        let kinds: std::collections::BTreeSet<usize> = [24, 25, 135, 137, 140].map(kind).into();
        assert_eq!(kinds.len(), 5, "{spans:?}");
    }
}
