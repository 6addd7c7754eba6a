//! One answer out of several.

use super::answer::{Answer, Effect, Part, Relation, Verdict};
use super::evaluate::PartVerdict;
use super::resolve::{Reason, add_reasons};

/// The answer over parts.
pub(super) fn summarise(parts: Vec<Part>, relation: Relation) -> Answer {
    let verdict = Verdict::of(parts.iter().map(|part| part.verdict));
    let mut effects: Vec<Effect> = Vec::new();
    let mut firewalls = Vec::new();
    let mut why = Vec::new();
    for part in &parts {
        if part.verdict != PartVerdict::Deny {
            for effect in &part.effects {
                if !effects.contains(effect) {
                    effects.push(effect.clone());
                }
            }
        }
        for id in &part.firewalls {
            if !firewalls.contains(id) {
                firewalls.push(*id);
            }
        }
        if part.verdict == PartVerdict::Inconclusive || part.replies_denied {
            add_reasons(&mut why, &part.reasons);
        }
    }
    Answer {
        verdict,
        relation,
        parts,
        effects,
        firewalls,
        why,
        weak: None,
        at: Vec::new(),
    }
}

/// Of the answers for packets to the names of a destination and for those to its
/// own address, the one by which more pass; the first of two alike.
pub(super) fn better(names: Answer, own: Answer) -> Answer {
    let rank = |answer: &Answer| match answer.verdict {
        Verdict::Permit => 0,
        Verdict::Partial => 1,
        Verdict::Inconclusive => 2,
        Verdict::Deny => 3,
    };
    if rank(&own) < rank(&names) {
        own
    } else {
        names
    }
}

/// Joins the answers for several pairs of addresses.
pub(super) fn combine(answers: Vec<Answer>) -> Answer {
    let mut answers = answers;
    match answers.len() {
        0 => {
            return Answer::without_parts(
                Verdict::Inconclusive,
                Relation::Unknown,
                vec![Reason::new("the ends have no address of one family", None)],
            );
        }
        1 => {
            if let Some(only) = answers.pop() {
                return only;
            }
        }
        _ => {}
    }
    let verdict = {
        let flat = answers.iter().flat_map(|answer| match answer.verdict {
            Verdict::Permit => vec![PartVerdict::Permit],
            Verdict::Deny => vec![PartVerdict::Deny],
            Verdict::Inconclusive => vec![PartVerdict::Inconclusive],
            Verdict::Partial => vec![PartVerdict::Permit, PartVerdict::Deny],
        });
        Verdict::of(flat)
    };
    let relation = answers
        .iter()
        .map(|answer| answer.relation)
        .max()
        .unwrap_or(Relation::Unknown);
    let mut why = Vec::new();
    let mut weak = None;
    let mut at = Vec::new();
    let mut parts = Vec::new();
    for answer in answers {
        add_reasons(&mut why, &answer.why);
        weak = weak.or(answer.weak);
        at.extend(answer.at);
        parts.extend(answer.parts);
    }
    let mut joint = summarise(parts, relation);
    joint.verdict = verdict;
    joint.why = why;
    joint.weak = weak;
    joint.at = at;
    joint
}
