//! What stands behind a verdict: the members that made a rule match, and the
//! permits that would let a denied flow through but for one thing.

use super::types::{DecisionFact, LabelFact, MemberFact, PlaceFact, Ref};
use super::verdicts::{Words, shown_part};
use crate::flow::{
    Answer, Asked, Because, Cube, Decider, EffectKind, Engine, Lack, NearPermit, Network, Part,
    Position, RuleRef, Step,
};
use crate::model::firewall::{
    AddressMatch, AddressTerm, PortMatch, Rule, ServiceMatch, ServiceTerm,
};
use crate::source::Span;

/// Adds to each decision the object and group lines through which its rule
/// matches the packet that shows the answer.
pub fn add_members(
    words: Words<'_>,
    network: &Network<'_>,
    part: &Part,
    decisions: &mut [DecisionFact],
) {
    for decider in part.by.iter().filter(|decider| decider.rule.is_some()) {
        let wanted = |known: &&mut DecisionFact| {
            known.at == Ref(decider.span) && known.firewall == words.firewall(decider.firewall)
        };
        if let (Some(decision), Some(engine)) = (
            decisions.iter_mut().find(wanted),
            network.engine(decider.firewall),
        ) {
            decision.members = members(engine, decider, part);
        }
    }
}

fn members(engine: &Engine<'_>, decider: &Decider, part: &Part) -> Vec<MemberFact> {
    let (Some(filter), rule) = (decider.filter, decider.rule) else {
        return Vec::new();
    };
    let place = RuleRef { filter, rule };
    let witness = part.witness.as_ref().map(Cube::of);
    let seen = part
        .seen
        .iter()
        .filter(|seen| seen.firewall == decider.firewall)
        .flat_map(|seen| [&*seen.real, &*seen.arrived]);
    let mut best: Vec<Because> = Vec::new();
    for view in witness.iter().chain(seen) {
        let found = engine.because(place, view);
        if found.len() > best.len() {
            best = found;
        }
    }
    // What the device knows by itself no line defines.
    let built_in = Ref(engine.firewall.name.span);
    let links = best.into_iter().flat_map(links);
    links.filter(|link| link.definition != built_in).collect()
}

fn links(because: Because) -> Vec<MemberFact> {
    let position = match because.position {
        Position::Source => "source",
        Position::Destination => "destination",
        Position::Service => "service",
    };
    let named = because.chain.into_iter().filter(|l| !l.object.is_empty());
    named
        .map(|link| MemberFact {
            position,
            at: Ref(link.member),
            label: LabelFact::new(
                "member",
                [
                    ("object", link.object.as_str()),
                    ("member", &because.member),
                ],
            ),
            definition: Ref(link.definition),
            definition_label: LabelFact::new("object", [("object", &link.object)]),
        })
        .collect()
}

/// What explains a denial: the permit that comes closest with what it lacks,
/// the group that an end is missing from, and translations on the way.
pub fn explain(
    words: Words<'_>,
    network: &Network<'_>,
    answer: &Answer,
    ends: [&str; 2],
) -> Vec<PlaceFact> {
    let Some(part) = shown_part(answer, &answer.decided_by()) else {
        return Vec::new();
    };
    let steps = network.steps(part, &Asked::default());
    let Some(step) = steps.last() else {
        return Vec::new();
    };
    let Some(engine) = network.engine(step.firewall) else {
        return Vec::new();
    };
    let name = words.firewall(step.firewall);
    closest(words, engine, step, &name, ends)
}

fn push(places: &mut Vec<PlaceFact>, span: Span, label: LabelFact) {
    places.push(PlaceFact {
        at: Ref(span),
        label,
    });
}

/// The permits that come closest: those that are not in force but would decide,
/// one of each kind, else one. One that names a translated address where the
/// firewall compares the real one (or the other way round) comes before others.
fn closest(
    words: Words<'_>,
    engine: &Engine<'_>,
    step: &Step,
    firewall: &str,
    ends: [&str; 2],
) -> Vec<PlaceFact> {
    let mut places = Vec::new();
    let written = |near: &&NearPermit| {
        let rule = engine.rule(near.place);
        rule.is_some_and(|rule| rule.implicit.is_none())
    };
    for is_kind in [
        |lack: &Lack| matches!(lack, Lack::Schedule(_)),
        |lack: &Lack| matches!(lack, Lack::Disabled),
    ] {
        let out_of_force = step.near.iter().filter(written).filter_map(single);
        if let Some((near, lack)) = out_of_force.into_iter().find(|(_, lack)| is_kind(lack)) {
            let rule = words.rule(near.span);
            let args = [("firewall", firewall), ("rule", &rule)];
            push(&mut places, near.span, LabelFact::new(key_of(lack), args));
        }
    }
    if !places.is_empty() {
        return places;
    }
    let confused = step
        .near
        .iter()
        .find(|near| near.lacks.as_slice() == [Lack::View]);
    if let Some(near) = confused {
        let label = LabelFact::new("names-other-address", [("firewall", firewall)]);
        push(&mut places, near.span, label);
        for effect in &step.effects {
            if effect.kind == EffectKind::Translated {
                let label = LabelFact::new("translates", [("firewall", firewall)]);
                push(&mut places, effect.span, label);
            }
        }
        return places;
    }
    let Some((near, lack)) = step.near.iter().find(written).and_then(single) else {
        return places;
    };
    if let Lack::Profiles { profiles, at, .. } = lack {
        // The line that says so is the one to change.
        let args = [("firewall", firewall), ("profiles", profiles)];
        push(&mut places, *at, LabelFact::new(key_of(lack), args));
        if *at != near.span {
            push(&mut places, near.span, LabelFact::new("the-rule", []));
        }
        return places;
    }
    let label = LabelFact::new(key_of(lack), [("firewall", firewall)]);
    push(&mut places, near.span, label);
    // What a rule that leads there lacks is not in the objects of this one.
    let own = !near.led_elsewhere;
    let Some(rule) = engine.rule(near.place).filter(|_| own) else {
        return places;
    };
    for (name, span) in lacking(engine, rule, lack) {
        let object = ("object", name);
        let label = match lack {
            Lack::Source(_) => LabelFact::new("lacks-host", [object, ("host", ends[0])]),
            Lack::Destination(_) => LabelFact::new("lacks-host", [object, ("host", ends[1])]),
            _ => LabelFact::new("lacks-service", [object]),
        };
        push(&mut places, span, label);
    }
    places
}

/// The key of what is said of a permit that lacks one thing.
fn key_of(lack: &Lack) -> &'static str {
    match lack {
        Lack::Order(_) => "permits-too-late",
        Lack::Disabled => "permits-if-enabled",
        Lack::Schedule(_) => "permits-at-other-times",
        Lack::Profiles { surely: true, .. } => "permits-in-other-profiles",
        Lack::Profiles { .. } => "may-permit-in-other-profiles",
        Lack::View => "names-other-address",
        Lack::State | Lack::Interface => "permits-elsewhere",
        Lack::Source(_) | Lack::SourcePort(_) => "permits-other-source",
        Lack::Destination(_) => "permits-other-destination",
        Lack::DestinationPort(_) | Lack::Protocol(_) => "permits-other-service",
    }
}

/// A permit that lacks one thing.
fn single(near: &NearPermit) -> Option<(&NearPermit, &Lack)> {
    match near.lacks.as_slice() {
        [lack] => Some((near, lack)),
        _ => None,
    }
}

/// The named objects of the position in which a rule does not match.
fn lacking<'e>(engine: &Engine<'e>, rule: &Rule, lack: &Lack) -> Vec<(&'e str, Span)> {
    let firewall = engine.firewall;
    let addresses = |position: &AddressMatch| -> Vec<(&'e str, Span)> {
        let terms = match position {
            AddressMatch::One(term) => std::slice::from_ref(term),
            AddressMatch::AnyOf(terms) => terms,
            AddressMatch::Any | AddressMatch::NoneOf(_) => &[],
        };
        terms
            .iter()
            .filter_map(|term| match term {
                AddressTerm::Object(id) => firewall.address_objects.get(id.0 as usize),
                _ => None,
            })
            .map(|object| (object.name.as_str(), object.span))
            .collect()
    };
    let services = || -> Vec<(&'e str, Span)> {
        let terms = match &rule.service {
            ServiceMatch::One(term) => std::slice::from_ref(term),
            ServiceMatch::AnyOf(terms) => terms,
            ServiceMatch::Any | ServiceMatch::NoneOf(_) => &[],
        };
        terms
            .iter()
            .filter_map(|term| match term {
                ServiceTerm::Object(id)
                | ServiceTerm::Inline {
                    destination: PortMatch::Object(id),
                    ..
                } => firewall.service_objects.get(id.0 as usize),
                _ => None,
            })
            .map(|object| (object.name.as_str(), object.span))
            .collect()
    };
    let found = match lack {
        Lack::Source(_) => addresses(&rule.source),
        Lack::Destination(_) => addresses(&rule.destination),
        Lack::DestinationPort(_) => services(),
        _ => Vec::new(),
    };
    found
        .into_iter()
        .filter(|(name, span)| !name.is_empty() && *span != firewall.name.span)
        .collect()
}
