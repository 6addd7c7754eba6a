//! Which connections a policy of zones inspects, by protocol.
//!
//! Sources: as [`super::super::zones`].

use std::collections::{HashMap, HashSet};

use crate::model::firewall::{
    Action, Condition, Inspection, InspectionEffect, InterfaceId, InterfaceMatch, Rule,
    ServiceMatch,
};
use crate::source::Span;

use super::super::device::Device;
use super::super::rules::blank_rule;
use super::super::zones::{Class, Match, Pair, Treatment};
use super::{Hit, MAX_CLASS_RULES, MAX_DEPTH};

/// The inspections that a policy brings for the model, each for the packets whose
/// first match it is.
///
/// Source: Cisco IOS Zone-Based Policy Firewall Configuration Guide, "Class Maps":
/// in a class of `match-any` the first statement that matches decides which
/// protocol is inspected.
pub fn finish(device: &mut Device<'_>, pair: &Pair<'_>, from: &[InterfaceId], to: &[InterfaceId]) {
    let Some(map) = pair
        .policy
        .and_then(|policy| device.zones.policies.get(policy.value).cloned())
    else {
        return;
    };
    for (index, class) in map.classes.iter().enumerate() {
        if class.treatment.map(|t| t.value) != Some(Treatment::Inspect) {
            continue;
        }
        let mut leaves = Vec::new();
        let mut walk = Walk::default();
        nested(device, class.name.value, 0, &mut walk, &mut leaves);
        left_open(device, walk, &mut leaves);
        for leaf in leaves {
            let (word, span) = (leaf.word, &leaf.span);
            let meaning = device.inspected(word, *span);
            let earlier = map.classes.get(..index).unwrap_or_default();
            let rules = first_match(device, earlier, class, &leaf);
            let label = "another class or statement comes first".to_owned();
            let inner = device.add_pseudo(
                format!("inspection of {word} in {}", class.name.value),
                rules,
                (Action::Deny, label),
                *span,
            );
            let mut rule = blank_rule(Action::Jump(inner), *span);
            rule.implicit = Some(format!("through zone-pair {}", pair.name).into());
            rule.ingress = InterfaceMatch::any_of(from.iter().copied());
            if pair.destination != "self" {
                rule.egress = InterfaceMatch::any_of(to.iter().copied());
            }
            let label = format!("not through zone-pair {}", pair.name);
            let filter = device.add_pseudo(
                format!("inspection of {word} by zone-pair {}", pair.name),
                vec![rule],
                (Action::Deny, label),
                *span,
            );
            for id in from {
                device.firewall.inspections.push(Inspection {
                    protocol: word.to_ascii_lowercase(),
                    effect: meaning.effect,
                    interface: Some(*id),
                    filter: Some(filter),
                    ports: meaning.ports.clone(),
                    default: false,
                    span: *span,
                    related: class
                        .treatment
                        .iter()
                        .map(|t| t.span)
                        .chain([pair.span])
                        .collect(),
                });
            }
        }
    }
}

/// A protocol that a class inspects, by itself or by a class map in it.
struct Leaf<'c> {
    word: &'c str,
    span: Span,
    /// Statements that take packets before it.
    before: Vec<(Match<'c>, bool, Span)>,
    /// The statement whose packets it inspects; `None` for all of the class.
    of: Option<(Match<'c>, bool, Span)>,
    /// Class maps around that statement which match as well, the innermost first.
    within: Vec<(&'c str, Span)>,
    /// Why it is not known which packets of the class it inspects.
    open: Option<&'static str>,
}

/// How far the class maps of a class were followed.
#[derive(Default)]
struct Walk<'c> {
    /// How often each class map was entered.
    visits: HashMap<&'c str, usize>,
    /// Class maps that were not followed once more, and why.
    cut: Vec<(&'c str, &'static str)>,
    /// The names of these.
    noted: HashSet<&'c str>,
}

/// Adds the protocols of the class maps that were not followed to their end: they
/// are inspected for some packets of the class, for which is not known.
fn left_open<'c>(device: &Device<'c>, walk: Walk<'c>, leaves: &mut Vec<Leaf<'c>>) {
    let (mut left, mut seen) = (walk.cut, walk.noted);
    while let Some((name, why)) = left.pop() {
        let Some(found) = device.zones.classes.get(name) else {
            continue;
        };
        for (one, not, span) in &found.matches {
            match one {
                _ if *not => {}
                Match::Protocol(word)
                    if device.inspected(word, *span).effect != InspectionEffect::Other =>
                {
                    leaves.push(Leaf {
                        word,
                        span: *span,
                        before: Vec::new(),
                        of: None,
                        within: Vec::new(),
                        open: Some(why),
                    });
                }
                Match::Class(name) => {
                    left.extend(seen.insert(name).then_some((*name, why)));
                }
                _ => {}
            }
        }
    }
}

/// Collects the protocols of a class whose inspection has an effect, and those of
/// the class maps that it names.
///
/// A class map that is named again and again behind other ways is followed as
/// often as [`MAX_DEPTH`] says; what is not followed is noted.
fn nested<'c>(
    device: &mut Device<'c>,
    name: &'c str,
    depth: usize,
    walk: &mut Walk<'c>,
    leaves: &mut Vec<Leaf<'c>>,
) {
    let seen = walk.visits.entry(name).or_default();
    let again = *seen >= MAX_DEPTH;
    if depth > MAX_DEPTH || again {
        if walk.noted.insert(name) {
            let why = if again {
                "the policies of the file are too many to follow"
            } else {
                "class maps are nested too deep"
            };
            walk.cut.push((name, why));
        }
        return;
    }
    *seen = seen.saturating_add(1);
    let Some(found) = device.zones.classes.get(name).cloned() else {
        return;
    };
    for (place, (one, not, span)) in found.matches.iter().enumerate() {
        let mut inner = Vec::new();
        match one {
            _ if *not => continue,
            Match::Protocol(word) => {
                if device.inspected(word, *span).effect != InspectionEffect::Other {
                    inner.push(Leaf {
                        word,
                        span: *span,
                        before: Vec::new(),
                        of: Some((one.clone(), *not, *span)),
                        within: Vec::new(),
                        open: None,
                    });
                }
            }
            Match::Class(name) => {
                nested(device, name, depth.saturating_add(1), walk, &mut inner);
                for leaf in &mut inner {
                    leaf.of.get_or_insert_with(|| (one.clone(), *not, *span));
                }
            }
            _ => continue,
        }
        for mut leaf in inner {
            if found.all && matches!(one, Match::Class(_)) {
                leaf.within.push((name, *span));
            } else if found.all {
                // All statements match: what the class selects decides.
                leaf.of = None;
            } else {
                let own = found.matches.get(..place).unwrap_or_default();
                leaf.before.splice(0..0, own.iter().cloned());
            }
            leaves.push(leaf);
        }
    }
}

/// Rules that permit the packets of a class which a protocol of it is the first to
/// match, of its class and of those before it.
fn first_match(
    device: &mut Device<'_>,
    earlier: &[Class<'_>],
    class: &Class<'_>,
    leaf: &Leaf<'_>,
) -> Vec<Rule> {
    let hit = |action: Action, span: Span| Hit {
        action,
        inspected: false,
        mirrored: false,
        conditions: Vec::new(),
        label: format!("class {}", class.name.value),
        span,
    };
    let mut rules = Vec::new();
    if device.zones.rules > MAX_CLASS_RULES {
        let text = "the policies of the file are too many to follow";
        let mut open = hit(Action::Permit, class.name.span);
        let reason = device.reason(text, class.name.span);
        open.conditions.push(Condition::Unknown(reason));
        return device.hit_rules(ServiceMatch::Any, class.name.span, &open);
    }
    for other in earlier {
        let deny = hit(Action::Deny, other.name.span);
        rules.extend(device.class_rules(other.name.value, other.name.span, &deny, 0));
    }
    for (one, not, span) in &leaf.before {
        let deny = hit(Action::Deny, *span);
        rules.extend(device.statement_rules(one, *not, *span, &deny, 0));
    }
    match &leaf.of {
        None => {
            let mut permit = hit(Action::Permit, class.name.span);
            if let Some(why) = leaf.open {
                let reason = device.reason(why, leaf.span);
                permit.conditions.push(Condition::Unknown(reason));
            }
            rules.extend(device.class_rules(class.name.value, class.name.span, &permit, 0));
        }
        Some((one, not, span)) => {
            let permit = hit(Action::Permit, *span);
            let mut inner = device.statement_rules(one, *not, *span, &permit, 0);
            for (name, span) in &leaf.within {
                let label = format!("class map {name} goes on");
                let default = (Action::Return, label);
                let rest = device.add_pseudo(format!("class map {name}"), inner, default, *span);
                inner = device.class_rules(name, *span, &hit(Action::Jump(rest), *span), 0);
            }
            rules.extend(inner);
        }
    }
    rules
}
