//! The line ledger: what became of every line of an input.

use std::borrow::Cow;

use crate::source::Span;

/// What a parser made of one line (or element, or record).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum LineState {
    /// Not understood. Where policy stands, it has the effect of `NotModelled`.
    #[default]
    Unrecognised,
    /// Stands in the model.
    Modelled,
    /// Known, and cannot change a verdict or a rule.
    Irrelevant,
    /// Known, and could change a verdict: makes those inconclusive.
    NotModelled,
}

/// What a ledger counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Unit {
    /// Lines of text.
    #[default]
    Lines,
    /// XML elements.
    Elements,
    /// Records of a table.
    Records,
}

/// A remark on one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerNote {
    /// State of the unit.
    pub state: LineState,
    /// Why, ready for a person.
    pub why: Cow<'static, str>,
    /// Where.
    pub span: Span,
}

/// States of all units of one file, in order, and remarks on some of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// What is counted.
    pub unit: Unit,
    states: Vec<LineState>,
    notes: Vec<LedgerNote>,
    dropped_notes: usize,
}

/// Remarks kept per file; more are only counted, so that a hostile file
/// cannot make the ledger grow without bound.
pub const MAX_NOTES: usize = 10_000;

/// Totals of a ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// All units.
    pub total: usize,
    /// See [`LineState::Modelled`].
    pub modelled: usize,
    /// See [`LineState::Irrelevant`].
    pub irrelevant: usize,
    /// See [`LineState::NotModelled`].
    pub not_modelled: usize,
    /// See [`LineState::Unrecognised`].
    pub unrecognised: usize,
}

impl Ledger {
    /// A ledger of `units` units, all unrecognised until the parser says more.
    #[must_use]
    pub fn new(unit: Unit, units: usize) -> Self {
        Self {
            unit,
            states: vec![LineState::Unrecognised; units],
            ..Self::default()
        }
    }

    /// Sets the state of a unit (counted from 0); out of range is ignored.
    pub fn set(&mut self, unit: usize, state: LineState) {
        if let Some(slot) = self.states.get_mut(unit) {
            *slot = state;
        }
    }

    /// Appends a unit.
    pub fn push(&mut self, state: LineState) {
        self.states.push(state);
    }

    /// The state of a unit.
    #[must_use]
    pub fn state(&self, unit: usize) -> Option<LineState> {
        self.states.get(unit).copied()
    }

    /// All states in order.
    #[must_use]
    pub fn states(&self) -> &[LineState] {
        &self.states
    }

    /// Adds a remark; beyond [`MAX_NOTES`] it is only counted.
    pub fn note(&mut self, state: LineState, why: impl Into<Cow<'static, str>>, span: Span) {
        if self.notes.len() < MAX_NOTES {
            self.notes.push(LedgerNote {
                state,
                why: why.into(),
                span,
            });
        } else {
            self.dropped_notes = self.dropped_notes.saturating_add(1);
        }
    }

    /// The remarks in order of their making.
    #[must_use]
    pub fn notes(&self) -> &[LedgerNote] {
        &self.notes
    }

    /// How many remarks were counted only.
    #[must_use]
    pub fn dropped_notes(&self) -> usize {
        self.dropped_notes
    }

    /// Counts the units by state.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let mut totals = Totals {
            total: self.states.len(),
            ..Totals::default()
        };
        for state in &self.states {
            let slot = match state {
                LineState::Modelled => &mut totals.modelled,
                LineState::Irrelevant => &mut totals.irrelevant,
                LineState::NotModelled => &mut totals.not_modelled,
                LineState::Unrecognised => &mut totals.unrecognised,
            };
            *slot = slot.saturating_add(1);
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn lines_nobody_spoke_of_count_as_unrecognised() {
        let mut ledger = Ledger::new(Unit::Lines, 3);
        ledger.set(0, LineState::Modelled);
        ledger.set(9, LineState::Modelled);
        let totals = ledger.totals();
        assert_eq!(
            (totals.total, totals.modelled, totals.unrecognised),
            (3, 1, 2)
        );
    }

    #[test]
    fn notes_are_bounded_and_counted() {
        let mut ledger = Ledger::default();
        for _ in 0..=MAX_NOTES {
            ledger.note(LineState::NotModelled, "x", Span::new(FileId(0), 0, 0));
        }
        assert_eq!(ledger.notes().len(), MAX_NOTES);
        assert_eq!(ledger.dropped_notes(), 1);
    }
}
