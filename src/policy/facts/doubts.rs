//! `contradictions` and `questions`: what does not fit, and what is missing.

use super::types::{ContradictionFact, QuestionFact, Ref, ValueFact};
use crate::estate::Estate;

/// Contradictions, by subject and property.
pub fn contradictions(estate: &Estate) -> Vec<ContradictionFact> {
    let mut facts: Vec<_> = estate
        .contradictions
        .iter()
        .map(|known| ContradictionFact {
            subject: known.subject.clone(),
            property: known.property.clone(),
            inventory: known.inventory,
            values: known
                .values
                .iter()
                .map(|value| ValueFact {
                    value: value.value.clone(),
                    at: Ref(value.span),
                })
                .collect(),
        })
        .collect();
    facts.sort_by(|a, b| (&a.subject, &a.property).cmp(&(&b.subject, &b.property)));
    facts
}

/// Questions, by kind and subject.
pub fn questions(estate: &Estate) -> Vec<QuestionFact> {
    let mut facts: Vec<_> = estate
        .questions
        .iter()
        .map(|known| QuestionFact {
            kind: known.kind,
            subject: known.subject.clone(),
            text: known.text.clone(),
            settle: known.settle.clone(),
            at: Ref(known.span),
        })
        .collect();
    facts.sort_by(|a, b| (a.kind, &a.subject, a.at).cmp(&(b.kind, &b.subject, b.at)));
    facts
}
