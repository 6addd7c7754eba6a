//! What facts tell of a denial beside the verdict: what explains it, and what
//! would let the packets through.

use std::borrow::Cow;

use super::asked::End;
use super::evidence;
use super::remedy::{self, Cure, Remedies};
use super::types::{PlaceFact, RemedyFact};
use super::verdicts::Words;
use super::works::{self, Works};
use crate::flow::{Answer, Network, Verdict};

/// How many denials of one section are told about.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Denials that are explained; a run with more of them has one cause for many.
    pub explained: usize,
    /// Denials for which lines to type are made: a cure that leaves some of them
    /// out is none.
    pub cured: usize,
}

/// The denials of one section, in the order of its facts.
pub struct Denials<'a> {
    words: Words<'a>,
    network: &'a Network<'a>,
    remedies: Remedies<'a>,
    most: Most,
    seen: usize,
    cures: Vec<(usize, Cure)>,
}

impl<'a> Denials<'a> {
    /// None yet.
    pub fn new(words: Words<'a>, network: &'a Network<'a>, most: Most) -> Self {
        Self {
            words,
            network,
            remedies: Remedies::new(words, network),
            most,
            seen: 0,
            cures: Vec::new(),
        }
    }

    /// Whether denials are left out from here on.
    pub fn are_left_out(&self) -> bool {
        self.seen > self.most.explained
    }

    /// What explains an answer, if the flow fails by it; what would cure it is
    /// kept for the fact at `place`.
    pub fn explain(
        &mut self,
        place: usize,
        answer: &Answer,
        works: &Works,
        ends: [End; 2],
        names: [&str; 2],
    ) -> Vec<PlaceFact> {
        let mut explained = Vec::new();
        if !matches!(works, Works::No(_)) {
            return explained;
        }
        let denied = match answer.verdict {
            Verdict::Deny => Cow::Borrowed(answer),
            _ => Cow::Owned(works::denials(answer)),
        };
        let answer = &*denied;
        if self.seen < self.most.explained {
            explained = evidence::explain(self.words, self.network, answer, names);
        }
        if self.seen < self.most.cured {
            let cure = self.remedies.of(answer, ends);
            self.cures.extend(cure.map(|cure| (place, cure)));
        }
        self.seen = self.seen.saturating_add(1);
        explained
    }

    /// Gives each fact the cure of its denial.
    pub fn cure<T>(self, facts: &mut [T], of: impl Fn(&mut T) -> &mut Option<Box<RemedyFact>>) {
        for (place, cure) in remedy::told(self.cures) {
            if let Some(fact) = facts.get_mut(place) {
                *of(fact) = Some(Box::new(cure));
            }
        }
    }
}
