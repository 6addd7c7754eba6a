//! Which permits come closest to packets that are denied, and what they lack.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::describe;
use super::evaluate::{ConnectionState, Context, Decision, Engine, RuleRef};
use super::packets::Cube;
use super::sets::{IpSet, PortSet, ProtocolSet};
use crate::model::firewall::{Action, Condition, FilterId, Rule, StateMatch};
use crate::source::Span;

/// What a rule lacks to match a packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lack {
    /// It would match, but this rule before it decides.
    Order(RuleRef),
    /// It would match in another view: it names the other side of a
    /// translation.
    View,
    /// It is switched off.
    Disabled,
    /// It is valid at other times only: the time range's statement.
    Schedule(Span),
    /// It is in force in other network profiles of the host only.
    Profiles {
        /// Which.
        profiles: String,
        /// Where the file says so.
        at: Span,
        /// Whether it would let the packet through there, whatever else it
        /// asks for.
        surely: bool,
    },
    /// It is for packets of another state of the connection.
    State,
    /// It is for other interfaces.
    Interface,
    /// It has other sources: those it has.
    Source(String),
    /// It has other source ports: those it has.
    SourcePort(String),
    /// It has other destination ports (or ICMP types): those it has.
    DestinationPort(String),
    /// It has other destinations: those it has.
    Destination(String),
    /// It has other protocols: those it has.
    Protocol(String),
}

impl Lack {
    /// How far it is from a match; smaller is nearer.
    fn weight(&self) -> u32 {
        match self {
            // No other change is as small; to put a rule in force is the next.
            Self::Profiles { surely: true, .. } => 0,
            Self::Order(_)
            | Self::View
            | Self::Disabled
            | Self::Schedule(_)
            | Self::Profiles { .. } => 2,
            Self::State | Self::Interface => 3,
            Self::Source(_) | Self::SourcePort(_) => 4,
            Self::DestinationPort(_) => 5,
            Self::Destination(_) => 6,
            Self::Protocol(_) => 7,
        }
    }

    /// Whether the rule matches as it is written, but is not in force.
    #[must_use]
    pub fn is_out_of_force(&self) -> bool {
        matches!(self, Self::Disabled | Self::Schedule(_))
    }
}

/// A permit that does not let a packet through, with what it lacks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NearPermit {
    /// The rule.
    pub place: RuleRef,
    /// The statement.
    pub span: Span,
    /// What it lacks; never empty.
    pub lacks: Vec<Lack>,
    /// Whether a rule that leads to it lacks some of that: a jump to its chain,
    /// the zones that its policies are for.
    pub led_elsewhere: bool,
}

impl NearPermit {
    /// Whether it would decide if it were in force: nothing has to move.
    #[must_use]
    pub fn is_out_of_force(&self) -> bool {
        only_out_of_force(&self.lacks)
    }
}

/// Whether all that a rule lacks is to be in force.
fn only_out_of_force(lacks: &[Lack]) -> bool {
    matches!(lacks, [lack] if lack.is_out_of_force())
}

/// Rules that lack more than this are not near.
const MAX_LACKS: usize = 2;

/// What is asked: the packet, how it comes, and what denies it.
struct Asked<'a> {
    packet: &'a Cube,
    context: &'a Context,
    denied_by: RuleRef,
}

/// How a packet comes to a filter that other rules lead to.
#[derive(Debug, Clone, Default)]
struct Way {
    /// How many things those rules lack.
    lacks: usize,
    /// Those that lack something.
    by: Vec<RuleRef>,
}

impl Engine<'_> {
    /// The permits of a filter, and of those that it calls, which come closest
    /// to a packet that `denied_by` denies: nearest first, at most `limit`.
    /// Permits that lack two things are told only when none lacks just one.
    #[must_use]
    pub fn near_permits(
        &self,
        filter: FilterId,
        denied_by: RuleRef,
        packet: &Cube,
        context: &Context,
        limit: usize,
    ) -> Vec<NearPermit> {
        // The fewest lacks first, then the lightest, then the narrowest. A rule
        // that would decide were it in force is the cause, however wide it is:
        // one that stands too late has never let the packet through.
        let mut near: Vec<(usize, u32, u128, RuleRef)> = Vec::new();
        let asked = Asked {
            packet,
            context,
            denied_by,
        };
        let ways = self.ways(filter, &asked);
        for (id, way) in &ways {
            let rules = self.filter(*id).map_or(&[][..], |filter| &filter.rules);
            let mut look = |index: usize| {
                let place = RuleRef {
                    filter: *id,
                    rule: u32::try_from(index).ok(),
                };
                let lacks = rules
                    .get(index)
                    .and_then(|rule| self.lacking(rule, place, way, &asked, false));
                let (Some(lacks), Some(rule)) = (lacks, rules.get(index)) else {
                    return;
                };
                let weight = if only_out_of_force(&lacks) {
                    1
                } else {
                    lacks.iter().map(Lack::weight).fold(0, u32::saturating_add)
                };
                near.push((lacks.len(), weight, self.width(rule), place));
                if near.len() > limit.saturating_mul(4).saturating_add(64) {
                    near.sort_unstable();
                    near.truncate(limit);
                }
            };
            match self.beside(*id, packet) {
                Some(rules) => rules.into_iter().for_each(&mut look),
                None => (0..rules.len()).for_each(&mut look),
            }
        }
        near.sort_unstable();
        let fewest = near.first().map_or(0, |(lacks, ..)| *lacks);
        near.into_iter()
            .take_while(|(lacks, ..)| *lacks == fewest)
            .take(limit)
            .filter_map(|(.., place)| {
                let rule = self.rule(place)?;
                let way = ways.get(&place.filter)?;
                Some(NearPermit {
                    place,
                    span: rule.span,
                    lacks: self.lacking(rule, place, way, &asked, true)?,
                    led_elsewhere: !way.by.is_empty(),
                })
            })
            .collect()
    }

    /// The filters that a packet may come to from one, and what the rules that
    /// lead there lack: on the way that lacks least, and not where one of them
    /// has neither end of the packet.
    fn ways(&self, filter: FilterId, asked: &Asked<'_>) -> BTreeMap<FilterId, Way> {
        let mut ways = BTreeMap::from([(filter, Way::default())]);
        let mut open = vec![filter];
        while let Some(id) = open.pop() {
            let Some((rules, so_far)) = self.filter(id).zip(ways.get(&id).cloned()) else {
                continue;
            };
            let mut led = |next: FilterId, way: Way| match ways.entry(next) {
                Entry::Occupied(known) if known.get().lacks <= way.lacks => {}
                Entry::Occupied(mut known) => {
                    known.insert(way);
                    open.push(next);
                }
                Entry::Vacant(place) => {
                    place.insert(way);
                    open.push(next);
                }
            };
            for (index, rule) in rules.rules.iter().enumerate() {
                let (Action::Jump(next) | Action::Goto(next)) = rule.action else {
                    continue;
                };
                if !rule.enabled {
                    continue;
                }
                let Some(lacks) = self.lacks(rule, asked, false) else {
                    continue;
                };
                let mut way = so_far.clone();
                way.lacks = way.lacks.saturating_add(lacks.len());
                if !lacks.is_empty() {
                    way.by.push(RuleRef {
                        filter: id,
                        rule: u32::try_from(index).ok(),
                    });
                }
                if way.lacks <= MAX_LACKS {
                    led(next, way);
                }
            }
            if let Action::Jump(next) | Action::Goto(next) = rules.default.action {
                led(next, so_far);
            }
        }
        ways
    }

    /// What a permit lacks, in words if `tell`; `None` when it is none, or none
    /// that is near.
    fn lacking(
        &self,
        rule: &Rule,
        place: RuleRef,
        way: &Way,
        asked: &Asked<'_>,
        tell: bool,
    ) -> Option<Vec<Lack>> {
        // A pseudo-rule is no statement that someone could change.
        if rule.action != Action::Permit || rule.implicit.is_some() {
            return None;
        }
        let mut lacks = self.lacks(rule, asked, tell)?;
        for leads in &way.by {
            for lack in self.lacks(self.rule(*leads)?, asked, tell)? {
                // Two rules may be for other interfaces, which is one thing to say.
                if !lacks.contains(&lack) {
                    lacks.push(lack);
                }
            }
        }
        if lacks.is_empty() {
            if place == asked.denied_by {
                return None;
            }
            lacks.push(Lack::Order(asked.denied_by));
        } else if only_out_of_force(&lacks) && stands_after(place, asked.denied_by) {
            // To put it in force would change nothing.
            lacks.push(Lack::Order(asked.denied_by));
        }
        (lacks.len() <= MAX_LACKS).then_some(lacks)
    }

    /// How much a rule permits, roughly: a narrow rule is more telling.
    fn width(&self, rule: &Rule) -> u128 {
        let source = self.objects.possible(&rule.source).size();
        source.max(self.objects.possible(&rule.destination).size())
    }

    /// What a rule lacks; `None` when it has neither the source nor the
    /// destination.
    fn lacks(&self, rule: &Rule, asked: &Asked<'_>, tell: bool) -> Option<Vec<Lack>> {
        let Asked {
            packet,
            context,
            denied_by,
        } = *asked;
        let mut lacks = Vec::new();
        let source = self.objects.possible(&rule.source);
        let destination = self.objects.possible(&rule.destination);
        let from = source.overlaps(&packet.source);
        let to = destination.overlaps(&packet.destination);
        let words = |set: &IpSet| told(tell, || describe::addresses(set));
        match (from, to) {
            (false, false) => return None,
            (false, true) => lacks.push(Lack::Source(words(&source))),
            (true, false) => lacks.push(Lack::Destination(words(&destination))),
            (true, true) => {}
        }
        lacks.extend(self.service_lacks(rule, packet, tell));
        if let Some(lack) = self.in_profiles(rule, packet, denied_by) {
            lacks.push(lack?);
        } else if !rule.enabled {
            lacks.push(Lack::Disabled);
        }
        let wrong_state = match rule.state {
            StateMatch::Any => false,
            StateMatch::New => context.state != ConnectionState::New,
            StateMatch::Established => context.state != ConnectionState::Established,
        };
        if wrong_state {
            lacks.push(Lack::State);
        }
        let ingress = rule.ingress.admits(context.ingress);
        if ingress == Some(false) || rule.egress.admits(context.egress) == Some(false) {
            lacks.push(Lack::Interface);
        }
        for condition in &rule.conditions {
            if let (Decision::Fails, Condition::Schedule(schedule)) =
                (self.decide(condition), condition)
            {
                lacks.push(Lack::Schedule(schedule.span));
            }
        }
        Some(lacks)
    }

    /// That a rule is in force in other network profiles only. `Some(None)` when
    /// it is and only may have the packet's ends and service: hosts come with
    /// many such rules, each for the ports of some program.
    fn in_profiles(&self, rule: &Rule, packet: &Cube, denied_by: RuleRef) -> Option<Option<Lack>> {
        let profiles = rule
            .conditions
            .iter()
            .find_map(|condition| match condition {
                Condition::Profiles(profiles) => Some(profiles),
                Condition::Unknown(_) | Condition::NewDestination(_) | Condition::Schedule(_) => {
                    None
                }
            })?;
        let services = self.objects.services(&rule.service).surely;
        let has = self
            .objects
            .addresses(&rule.source)
            .surely
            .overlaps(&packet.source)
            && self
                .objects
                .addresses(&rule.destination)
                .surely
                .overlaps(&packet.destination)
            && services.cubes().iter().any(|cube| {
                cube.protocols.overlaps(packet.protocols)
                    && cube.source.overlaps(&packet.source_ports)
                    && cube.destination.overlaps(&packet.destination_ports)
            });
        Some(has.then(|| Lack::Profiles {
            profiles: profiles.value.clone(),
            at: profiles.span,
            // A rule that blocks comes before all that allow.
            surely: rule.conditions.len() == 1 && denied_by.rule.is_none(),
        }))
    }

    /// What is missing to the service that comes closest.
    fn service_lacks(&self, rule: &Rule, packet: &Cube, tell: bool) -> Vec<Lack> {
        let services = self.objects.services(&rule.service).possibly;
        let missing = |cube: &super::sets::ServiceCube| {
            let mut lacks = Vec::new();
            if !cube.protocols.overlaps(packet.protocols) {
                let all = services.cubes().iter();
                let protocols = all.fold(ProtocolSet::EMPTY, |sum, c| sum.union(c.protocols));
                lacks.push(Lack::Protocol(told(tell, || {
                    describe::service(protocols, &PortSet::ALL, &PortSet::ALL)
                })));
                // Ports of another protocol say nothing.
                if !cube.destination.overlaps(&packet.destination_ports) {
                    lacks.push(Lack::DestinationPort(told(tell, || {
                        describe::ports(&cube.destination)
                    })));
                }
                return lacks;
            }
            if !cube.source.overlaps(&packet.source_ports) {
                lacks.push(Lack::SourcePort(told(tell, || {
                    describe::ports(&cube.source)
                })));
            }
            if !cube.destination.overlaps(&packet.destination_ports) {
                let ports = services
                    .cubes()
                    .iter()
                    .filter(|c| c.protocols.overlaps(packet.protocols))
                    .fold(PortSet::EMPTY, |sum, c| sum.union(&c.destination));
                lacks.push(Lack::DestinationPort(told(tell, || {
                    let protocols = cube.protocols.intersect(packet.protocols);
                    describe::service(protocols, &PortSet::ALL, &ports)
                })));
            }
            lacks
        };
        services
            .cubes()
            .iter()
            .map(missing)
            .min_by_key(|lacks| {
                (
                    lacks.len(),
                    lacks.iter().map(Lack::weight).max().unwrap_or(0),
                )
            })
            .unwrap_or_else(|| vec![Lack::Protocol("none".to_owned())])
    }
}

/// Whether a rule of the same filter is asked after another.
fn stands_after(place: RuleRef, other: RuleRef) -> bool {
    // What is no rule is the default, after all of them.
    place.filter == other.filter && other.rule.is_some() && place.rule > other.rule
}

/// Words that are only made for what is told.
fn told(tell: bool, words: impl FnOnce() -> String) -> String {
    if tell { words() } else { String::new() }
}
