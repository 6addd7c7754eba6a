//! When a condition that is not modelled is the same on both sides.
//!
//! A rule that matches only possibly has one key for all that it depends on: its
//! conditions, and what is not known of its positions. Names, places and
//! comments are no part of it, so that a renamed group still asks the same; what
//! the condition speaks of is, so that one that asks something else does not.

use std::collections::{BTreeSet, HashMap};

use super::Compared;
use crate::flow::evaluate::{Decision, Engine};
use crate::formats::firewall::definitions::Definitions;
use crate::model::asks::digest;
use crate::model::firewall::{
    AddressMatch, AddressObjectId, AddressTerm, Condition, FilterId, PortMatch, ProtocolMatch,
    ReasonId, Rule, ServiceMatch, ServiceObjectId, ServiceTerm,
};
use crate::source::Span;

/// Of a group with more members that are not known only a digest is kept.
const MAX_MEMBERS: usize = 64;
/// So many statements of a condition are told.
const MAX_STATEMENTS: usize = 512;
/// Objects nest at most this deep.
const MAX_DEPTH: usize = 64;

/// The conditions of one side.
pub(super) struct Conditions<'w, 'a> {
    engine: &'w Engine<'a>,
    definitions: &'w Definitions<'a>,
    /// What is known of rules: a chain may be called more than once.
    keys: HashMap<(FilterId, usize), Known>,
    /// The statements of what is being asked.
    told: Vec<Span>,
    /// How often rules asked the same, each for itself.
    alone: HashMap<String, usize>,
    addresses: HashMap<AddressObjectId, Object>,
    services: HashMap<ServiceObjectId, Object>,
}

/// What a rule depends on.
#[derive(Debug, Clone)]
pub(super) struct Known {
    /// Equal where the same is asked.
    pub(super) key: String,
    /// The statements that decide whether it holds.
    pub(super) on: Vec<Span>,
}

/// What is not known of an object, and where that stands.
type Object = (BTreeSet<String>, Vec<Span>);

impl<'w, 'a> Conditions<'w, 'a> {
    pub(super) fn new(side: Compared<'w, 'a>) -> Self {
        Self {
            engine: side.engine,
            definitions: side.definitions,
            keys: HashMap::new(),
            told: Vec::new(),
            alone: HashMap::new(),
            addresses: HashMap::new(),
            services: HashMap::new(),
        }
    }

    /// What tells the condition of a rule from others.
    pub(super) fn known(&mut self, at: (FilterId, usize), rule: &Rule) -> Known {
        if let Some(known) = self.keys.get(&at) {
            return known.clone();
        }
        self.told.clear();
        let mut asked = BTreeSet::new();
        let mut alone = false;
        for condition in &rule.conditions {
            if matches!(self.engine.decide(condition), Decision::Unknown(_)) {
                let (words, own) = self.condition(condition);
                asked.insert(words);
                alone |= own;
            }
        }
        let mut key: Vec<String> = asked.into_iter().collect();
        let objects = self.engine.objects();
        for (place, position) in [("from", &rule.source), ("to", &rule.destination)] {
            let known = objects.addresses(position);
            if !known.is_exact() {
                let (form, terms) = match position {
                    AddressMatch::Any => ("any", &[][..]),
                    AddressMatch::One(term) => ("of", std::slice::from_ref(term)),
                    AddressMatch::AnyOf(terms) => ("of", &**terms),
                    AddressMatch::NoneOf(terms) => ("none of", &**terms),
                };
                let unknown = self.address_terms(terms.iter(), 0);
                let (surely, possibly) = (&known.surely, &known.possibly);
                key.push(format!(
                    "{place} {form} {surely:?} {possibly:?} {unknown:?}"
                ));
            }
        }
        let known = objects.services(&rule.service);
        if !known.is_exact() {
            let (form, terms) = match &rule.service {
                ServiceMatch::Any => ("any", &[][..]),
                ServiceMatch::One(term) => ("of", std::slice::from_ref(term)),
                ServiceMatch::AnyOf(terms) => ("of", &**terms),
                ServiceMatch::NoneOf(terms) => ("none of", &**terms),
            };
            let unknown = self.service_terms(terms.iter(), 0);
            let (surely, possibly) = (&known.surely, &known.possibly);
            key.push(format!(
                "service {form} {surely:?} {possibly:?} {unknown:?}"
            ));
        }
        let mut key = key.join("\u{1}");
        if alone {
            // It counts the packets of this rule: those of a rule for other
            // packets are not the same ones.
            let own = (
                objects.addresses(&rule.source),
                objects.addresses(&rule.destination),
                objects.services(&rule.service),
            );
            let packets = format!(
                "{:?} {:?} {:?} {:?}",
                own.0.possibly, own.1.possibly, own.2.possibly, rule.state
            );
            key.push_str(&digest(&packets));
            let before = self.alone.entry(key.clone()).or_default();
            *before = before.saturating_add(1);
            key.push_str(&format!(" {before}"));
        }
        let known = Known {
            key,
            on: std::mem::take(&mut self.told),
        };
        self.keys.insert(at, known.clone());
        known
    }

    /// Notes where something stands that decides.
    fn tell(&mut self, spans: &[Span]) {
        for span in spans {
            if self.told.len() < MAX_STATEMENTS && !self.told.contains(span) {
                self.told.push(*span);
            }
        }
    }

    fn condition(&mut self, condition: &Condition) -> (String, bool) {
        match condition {
            Condition::Unknown(id) | Condition::NewDestination(id) => self.reason(*id),
            Condition::Schedule(schedule) => {
                let times = (&schedule.start, &schedule.end, schedule.periodic);
                let named = format!("time-range {}", schedule.name);
                self.tell(&[schedule.span]);
                self.tell(
                    &self
                        .definitions
                        .places(&schedule.asks, &named, schedule.span),
                );
                let words = match self.definitions.schedule(&schedule.name) {
                    Some(meaning) => meaning,
                    None => self
                        .definitions
                        .says(&schedule.asks, &schedule.name, schedule.span),
                };
                (format!("time {times:?} {words}"), schedule.asks.alone)
            }
            Condition::Profiles(names) => (names.value.clone(), false),
        }
    }

    fn reason(&mut self, id: ReasonId) -> (String, bool) {
        let firewall = self.engine.firewall;
        let Some(known) = firewall.not_modelled.get(id.0 as usize) else {
            return Default::default();
        };
        self.tell(&[known.span]);
        self.tell(&known.asks.on);
        self.tell(
            &self
                .definitions
                .places(&known.asks, &known.reason, known.span),
        );
        let words = self
            .definitions
            .says(&known.asks, &known.reason, known.span);
        (words, known.asks.alone)
    }

    /// What is not known of addresses.
    fn address_terms<'t>(
        &mut self,
        terms: impl Iterator<Item = &'t AddressTerm>,
        depth: usize,
    ) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for term in terms {
            match term {
                AddressTerm::Unknown(id) => {
                    out.insert(self.reason(*id).0);
                }
                AddressTerm::Masked(masked) => {
                    out.insert(format!("masked {masked:?}"));
                }
                AddressTerm::Interface(id) => {
                    let interface = self.engine.firewall.interfaces.get(id.0 as usize);
                    let name = interface.map_or("", |known| known.name.value.as_str());
                    out.insert(format!("interface {name}"));
                }
                AddressTerm::Object(id) => out.extend(self.address_object(*id, depth)),
                _ => {}
            }
        }
        out
    }

    fn address_object(&mut self, id: AddressObjectId, depth: usize) -> BTreeSet<String> {
        if let Some((known, spans)) = self.addresses.get(&id).cloned() {
            self.tell(&spans);
            return known;
        }
        let firewall = self.engine.firewall;
        let Some(object) = firewall.address_objects.get(id.0 as usize) else {
            return BTreeSet::from(["missing".to_owned()]);
        };
        let resolved = self.engine.objects().address_object(id);
        if resolved.is_some_and(|bounds| bounds.is_exact()) {
            return BTreeSet::new();
        }
        if depth > MAX_DEPTH {
            return BTreeSet::from([object.name.clone()]);
        }
        // Kept before its members are asked: a group may hold itself.
        let itself = BTreeSet::from(["itself".to_owned()]);
        self.addresses.insert(id, (itself, Vec::new()));
        let before = std::mem::take(&mut self.told);
        let next = depth.saturating_add(1);
        let mut all = self.address_terms(object.members.iter().map(|term| &term.value), next);
        let excluded = self.address_terms(object.excluded.iter().map(|term| &term.value), next);
        if !excluded.is_empty() {
            all.insert(format!("without {excluded:?}"));
        }
        let all = short(all);
        let own = std::mem::replace(&mut self.told, before);
        self.tell(&own);
        self.addresses.insert(id, (all.clone(), own));
        all
    }

    /// What is not known of services.
    fn service_terms<'t>(
        &mut self,
        terms: impl Iterator<Item = &'t ServiceTerm>,
        depth: usize,
    ) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        for term in terms {
            match term {
                ServiceTerm::Unknown(id) => {
                    out.insert(self.reason(*id).0);
                }
                ServiceTerm::Object(id) => out.extend(self.service_object(*id, depth)),
                ServiceTerm::Inline {
                    protocol,
                    source,
                    destination,
                } => {
                    let of = match protocol {
                        ProtocolMatch::Unknown(id) => BTreeSet::from([self.reason(*id).0]),
                        ProtocolMatch::Object(id) => self.service_object(*id, depth),
                        ProtocolMatch::Any | ProtocolMatch::One(_) => BTreeSet::new(),
                    };
                    let source = self.port(source, depth);
                    let destination = self.port(destination, depth);
                    if [&of, &source, &destination]
                        .iter()
                        .any(|set| !set.is_empty())
                    {
                        out.insert(format!("{of:?} {source:?} {destination:?}"));
                    }
                }
                ServiceTerm::Icmp(_) => {}
            }
        }
        out
    }

    fn port(&mut self, port: &PortMatch, depth: usize) -> BTreeSet<String> {
        match port {
            PortMatch::Unknown(id) => BTreeSet::from([self.reason(*id).0]),
            PortMatch::Object(id) => self.service_object(*id, depth),
            PortMatch::Any | PortMatch::Range(_) | PortMatch::Not(_) => BTreeSet::new(),
        }
    }

    fn service_object(&mut self, id: ServiceObjectId, depth: usize) -> BTreeSet<String> {
        if let Some((known, spans)) = self.services.get(&id).cloned() {
            self.tell(&spans);
            return known;
        }
        let firewall = self.engine.firewall;
        let Some(object) = firewall.service_objects.get(id.0 as usize) else {
            return BTreeSet::from(["missing".to_owned()]);
        };
        if depth > MAX_DEPTH {
            return BTreeSet::from([object.name.clone()]);
        }
        let itself = BTreeSet::from(["itself".to_owned()]);
        self.services.insert(id, (itself, Vec::new()));
        let before = std::mem::take(&mut self.told);
        let next = depth.saturating_add(1);
        let mut all = self.service_terms(object.services.iter().map(|term| &term.value), next);
        for port in &object.ports {
            all.extend(self.port(&port.value, next));
        }
        let all = short(all);
        let own = std::mem::replace(&mut self.told, before);
        self.tell(&own);
        self.services.insert(id, (all.clone(), own));
        all
    }
}

/// Many words as one.
fn short(all: BTreeSet<String>) -> BTreeSet<String> {
    if all.len() > MAX_MEMBERS {
        return BTreeSet::from([digest(&format!("{all:?}"))]);
    }
    all
}
