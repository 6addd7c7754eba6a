//! First-match evaluation of one filter over sets of packets.
//!
//! A rule whose match is only possible does not end the evaluation: it leaves
//! its decision behind as an alternative. A packet is inconclusive only when
//! its alternatives and its final decision differ, so an unknown condition in
//! a permit and one in a deny are both treated right.

mod run;

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use super::index::{Cuts, FilterIndex, Quick};
use super::packets::{Cube, PacketSet};
use super::resolve::{Objects, Reason, add_reasons};
use super::schedule::decide_schedule;
use super::sets::IpSet;
use super::translations::Translation;

pub(super) use self::run::split;
use self::run::{End, Fragment, Run, group};
pub(super) use super::schedule::Decision;
use crate::model::firewall::{Action, Condition, Filter, FilterId, Firewall, InterfaceId, Rule};

/// Filters with fewer rules are scanned without slices.
const SLICED_FROM: usize = 48;
/// Filters of at most so many rules are kept resolved.
const KEPT: usize = 16_384;

/// Whether a packet opens a connection or belongs to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ConnectionState {
    /// The first packet of a connection.
    #[default]
    New,
    /// A later packet, or a reply.
    Established,
}

/// What is known of a packet besides its headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Context {
    /// Where it comes in; `None` when not told.
    pub ingress: Option<InterfaceId>,
    /// Where it goes out; `None` when not told.
    pub egress: Option<InterfaceId>,
    /// State of its connection.
    pub state: ConnectionState,
    /// Whether a translation changed its destination before the filter; `None`
    /// when not told.
    pub new_destination: Option<bool>,
}

/// What a filter, a firewall or a network does with a part of the packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartVerdict {
    /// All are let through.
    Permit,
    /// None is let through.
    Deny,
    /// Not known.
    Inconclusive,
}

/// A rule, or a filter's default (`rule` is `None`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleRef {
    /// The filter.
    pub filter: FilterId,
    /// Index in [`Filter::rules`].
    pub rule: Option<u32>,
}

/// What happens to a part of the packets, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Outcome {
    /// Verdict.
    pub verdict: PartVerdict,
    /// The rule that decides; for `Inconclusive` all that may, in order.
    pub by: Vec<RuleRef>,
    /// Why it is not known; empty unless inconclusive.
    pub reasons: Vec<Reason>,
}

/// A part of the packets asked for, with one outcome.
#[derive(Debug, Clone)]
pub struct FilterPart {
    /// The packets.
    pub packets: PacketSet,
    /// What happens to them.
    pub outcome: Outcome,
}

/// What a rule matches.
#[derive(Debug)]
pub(super) struct RuleMatch {
    /// Packets that it matches without doubt; the cubes may overlap.
    pub(super) surely: Vec<Cube>,
    /// Packets that it may match; `None` when it is the same.
    pub(super) possibly: Option<Vec<Cube>>,
    /// Why the two differ.
    pub(super) reasons: Vec<Reason>,
}

impl RuleMatch {
    pub(super) fn possibly(&self) -> &[Cube] {
        self.possibly.as_deref().unwrap_or(&self.surely)
    }
}

/// What a rule matches, kept by the engine or made for one look.
pub(super) enum Matched<'e> {
    Kept(&'e RuleMatch),
    Made(RuleMatch),
}

impl Deref for Matched<'_> {
    type Target = RuleMatch;

    fn deref(&self) -> &RuleMatch {
        match self {
            Self::Kept(kept) => kept,
            Self::Made(made) => made,
        }
    }
}

/// One firewall, prepared for questions.
#[derive(Debug)]
pub struct Engine<'a> {
    /// The configuration.
    pub firewall: &'a Firewall,
    pub(super) objects: Objects,
    pub(super) matches: Vec<Vec<OnceLock<Box<RuleMatch>>>>,
    indexes: Vec<OnceLock<Option<FilterIndex>>>,
    pub(super) translations: OnceLock<Vec<Translation>>,
    /// For every filter whether a rule of it, or of one that it calls, asks
    /// where packets go out.
    pub(super) by_egress: OnceLock<Vec<bool>>,
    cuts: Arc<Cuts>,
    reference_date: String,
    /// What to cite of every filter: its name and its default.
    cited: Vec<[Arc<str>; 2]>,
}

impl<'a> Engine<'a> {
    /// Prepares a firewall. `reference_date` (`YYYY-MM-DD`) decides time
    /// ranges; `interesting` are the addresses that will be asked for (it
    /// only makes questions about them faster).
    #[must_use]
    pub fn new(firewall: &'a Firewall, reference_date: &str, interesting: &[IpSet]) -> Self {
        Self {
            firewall,
            objects: Objects::new(firewall),
            matches: firewall
                .filters
                .iter()
                .map(|filter| {
                    std::iter::repeat_with(OnceLock::new)
                        .take(filter.rules.len())
                        .collect()
                })
                .collect(),
            indexes: std::iter::repeat_with(OnceLock::new)
                .take(firewall.filters.len())
                .collect(),
            translations: OnceLock::new(),
            by_egress: OnceLock::new(),
            cuts: Arc::new(Cuts::new(interesting.iter())),
            reference_date: reference_date.to_owned(),
            cited: firewall
                .filters
                .iter()
                .map(|filter| {
                    [&filter.name, &filter.default.label].map(|text| text.as_str().into())
                })
                .collect(),
        }
    }

    /// The name of a filter, shared by all that cite it.
    pub(super) fn filter_name(&self, id: FilterId) -> Arc<str> {
        let cited = self.cited.get(id.0 as usize);
        cited.map_or_else(|| Arc::from(""), |[name, _]| Arc::clone(name))
    }

    /// What to cite of a filter's default.
    pub(super) fn default_label(&self, id: FilterId) -> Option<Arc<str>> {
        let [_, label] = self.cited.get(id.0 as usize)?;
        Some(Arc::clone(label))
    }

    /// Slices the rules to addresses, before anything was asked.
    pub(super) fn slice_to(&mut self, cuts: &Arc<Cuts>) {
        self.cuts = Arc::clone(cuts);
    }

    /// The firewall's objects, resolved.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// A filter by its id.
    #[must_use]
    pub fn filter(&self, id: FilterId) -> Option<&'a Filter> {
        self.firewall.filters.get(id.0 as usize)
    }

    /// A rule by its place; `None` for a default.
    #[must_use]
    pub fn rule(&self, place: RuleRef) -> Option<&'a Rule> {
        self.filter(place.filter)?.rules.get(place.rule? as usize)
    }

    /// Evaluates one filter alone. Packets that return from it get its
    /// default; where that is `Return` too they count as denied by it.
    #[must_use]
    pub fn evaluate_filter(
        &self,
        filter: FilterId,
        packets: &PacketSet,
        context: &Context,
    ) -> Vec<FilterPart> {
        let mut run = Run::new(self, *context);
        let fragments = packets.cubes().iter().cloned().map(Fragment::new).collect();
        let (mut decided, returned) = run.filter(filter, 0, fragments);
        let end = self
            .end_of(filter)
            .unwrap_or(End::Deny(RuleRef { filter, rule: None }));
        decided.extend(returned.into_iter().map(|f| (f, end.clone())));
        group(decided)
    }

    /// How packets end that return from a filter which nothing called: a
    /// return there leads to the filter's default. `None` when the default
    /// does not decide either.
    fn end_of(&self, filter: FilterId) -> Option<End> {
        let default = RuleRef { filter, rule: None };
        match self.filter(filter)?.default.action {
            Action::Permit => Some(End::Permit(default)),
            Action::Deny => Some(End::Deny(default)),
            Action::Jump(_) | Action::Goto(_) | Action::Return | Action::Continue => None,
        }
    }

    /// Evaluates the filter of a stage: packets that it does not decide are
    /// inconclusive, because a stage must decide.
    pub(super) fn evaluate_stage(
        &self,
        filter: FilterId,
        cube: &Cube,
        context: &Context,
    ) -> Vec<FilterPart> {
        let mut run = Run::new(self, *context);
        let (mut decided, returned) = run.filter(filter, 0, vec![Fragment::new(cube.clone())]);
        if let Some(end) = self.end_of(filter) {
            decided.extend(returned.into_iter().map(|f| (f, end.clone())));
        } else if !returned.is_empty() {
            let (name, span) = self
                .filter(filter)
                .map_or(("?", None), |f| (f.name.as_str(), Some(f.default.span)));
            let reason = Reason::new(format!("{name} ends without a decision"), span);
            decided.extend(
                returned
                    .into_iter()
                    .map(|f| (f, End::Unknown(vec![reason.clone()]))),
            );
        }
        group(decided)
    }

    /// What a rule matches, resolved on first use.
    pub(super) fn rule_match(&self, filter: FilterId, index: usize) -> Option<&RuleMatch> {
        let rule = self.filter(filter)?.rules.get(index)?;
        let slot = self.matches.get(filter.0 as usize)?.get(index)?;
        Some(slot.get_or_init(|| Box::new(self.resolve(rule))))
    }

    /// What a rule matches; the rules of long filters are not kept resolved.
    pub(super) fn matched(&self, filter: FilterId, index: usize) -> Option<Matched<'_>> {
        let rules = &self.filter(filter)?.rules;
        if rules.len() <= KEPT {
            return self.rule_match(filter, index).map(Matched::Kept);
        }
        let slot = self.matches.get(filter.0 as usize)?.get(index)?;
        Some(match slot.get() {
            Some(known) => Matched::Kept(known),
            None => Matched::Made(self.resolve(rules.get(index)?)),
        })
    }

    /// Whether a rule may match one of some packets, as far as that can be told
    /// without resolving it.
    fn may_meet(&self, rule: &Rule, packets: &Cube) -> bool {
        self.objects.may_meet(&rule.source, &packets.source)
            && self
                .objects
                .may_meet(&rule.destination, &packets.destination)
            && Quick::new(&rule.service).touches(packets)
    }

    fn resolve(&self, rule: &Rule) -> RuleMatch {
        self.resolve_for(rule, false)
    }

    /// What a rule matches of packets whose destination was surely changed.
    fn matched_with_new_destination(&self, rule: &Rule) -> Matched<'_> {
        Matched::Made(self.resolve_for(rule, true))
    }

    fn resolve_for(&self, rule: &Rule, new_destination: bool) -> RuleMatch {
        let never = RuleMatch {
            surely: Vec::new(),
            possibly: None,
            reasons: Vec::new(),
        };
        if !rule.enabled {
            return never;
        }
        let mut reasons = Vec::new();
        for condition in &rule.conditions {
            if new_destination && matches!(condition, Condition::NewDestination(_)) {
                continue;
            }
            match self.decide(condition) {
                Decision::Holds => {}
                Decision::Fails => return never,
                Decision::Unknown(reason) => add_reasons(&mut reasons, &[reason]),
            }
        }
        let conditional = !reasons.is_empty();
        let source = self.objects.addresses(&rule.source);
        let destination = self.objects.addresses(&rule.destination);
        let service = self.objects.services(&rule.service);
        add_reasons(&mut reasons, &source.reasons);
        add_reasons(&mut reasons, &destination.reasons);
        add_reasons(&mut reasons, &service.reasons);
        let product = |source: &IpSet, destination: &IpSet, cubes: &super::sets::ServiceSet| {
            let cubes = cubes.cubes();
            let mut product = Vec::with_capacity(cubes.len());
            product.extend(
                cubes
                    .iter()
                    .map(|cube| Cube::new(source.clone(), destination.clone(), cube))
                    .filter(|cube| !cube.is_empty()),
            );
            product
        };
        let possibly = product(&source.possibly, &destination.possibly, &service.possibly);
        if reasons.is_empty() {
            return RuleMatch {
                surely: possibly,
                possibly: None,
                reasons,
            };
        }
        let surely = if conditional {
            Vec::new()
        } else {
            product(&source.surely, &destination.surely, &service.surely)
        };
        RuleMatch {
            surely,
            possibly: Some(possibly),
            reasons,
        }
    }

    pub(super) fn decide(&self, condition: &Condition) -> Decision {
        match condition {
            Condition::Unknown(id) | Condition::NewDestination(id) => {
                Decision::Unknown(self.objects.reason(*id))
            }
            Condition::Schedule(schedule) => decide_schedule(schedule, &self.reference_date),
            Condition::Profiles(_) => Decision::Fails,
        }
    }

    fn index(&self, filter: FilterId) -> Option<&FilterIndex> {
        let slot = self.indexes.get(filter.0 as usize)?;
        slot.get_or_init(|| self.slice(filter)).as_ref()
    }

    /// The rules of a filter that may match one of the fragments, in order;
    /// `None` when all must be looked at.
    fn candidates(&self, filter: FilterId, fragments: &[Fragment]) -> Option<Vec<usize>> {
        let [only] = fragments else { return None };
        Some(self.index(filter)?.candidates(&only.cube))
    }

    /// The rules of a filter that may match the source or the destination of a
    /// packet, in order, disabled ones too; `None` when any may.
    pub(super) fn beside(&self, filter: FilterId, packet: &Cube) -> Option<Vec<usize>> {
        Some(self.index(filter)?.beside(packet))
    }

    fn slice(&self, id: FilterId) -> Option<FilterIndex> {
        let filter = self.filter(id)?;
        let count = filter.rules.len();
        if count < SLICED_FROM {
            return None;
        }
        let rules = filter
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.action != Action::Continue)
            .map(|(index, rule)| {
                (
                    index,
                    self.objects.possible(&rule.source),
                    self.objects.possible(&rule.destination),
                )
            });
        let services = filter.rules.iter().map(|r| Quick::new(&r.service));
        Some(FilterIndex::new(&self.cuts, services.collect(), rules))
    }
}
