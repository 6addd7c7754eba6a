//! Packets inside a firewall, in all views that its statements speak of.

use super::{Crossed, Decider, Effect};
use crate::flow::evaluate::{FilterPart, Outcome, PartVerdict};
use crate::flow::nat::project;
use crate::flow::packets::Cube;
use crate::flow::place::Placement;
use crate::flow::resolve::{Reason, add_reasons};

/// Packets inside a firewall, in all views that its statements speak of.
#[derive(Debug, Clone)]
pub(in crate::flow) struct Inside {
    pub(in crate::flow) sent: Cube,
    pub(in crate::flow) arrived: Cube,
    pub(in crate::flow) real: Cube,
    pub(in crate::flow) left: Cube,
    /// `sent` to `arrived` went through a pool.
    pub(in crate::flow) pooled_before: bool,
    /// `real` to `left` goes through a pool.
    pub(in crate::flow) pooled: bool,
    /// Whether a translation changed their destination on the way in; `None`
    /// when that is not certain.
    pub(in crate::flow) new_destination: Option<bool>,
    /// Why interface lists may not be asked for them.
    pub(in crate::flow) decrypted: Option<Reason>,
    /// A translation that drops them, after the filters had their say.
    pub(in crate::flow) dropped: Option<Decider>,
    pub(in crate::flow) doubtful: bool,
    /// Whether it is uncertain which packets the firewall sees, so that not
    /// even a denial is certain.
    pub(in crate::flow) uncertain: bool,
    pub(in crate::flow) by: Vec<Decider>,
    pub(in crate::flow) reasons: Vec<Reason>,
    pub(in crate::flow) effects: Vec<Effect>,
}

/// Which of the views a statement speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::flow) enum View {
    Arrived,
    Real,
    Left,
}

pub(in crate::flow) fn pool_reason() -> Reason {
    Reason::new(
        "which address of a translation pool the packets get is not known",
        None,
    )
}

impl Inside {
    /// Packets that nothing has been said about yet.
    pub(in crate::flow) fn new(sent: &Cube, arrived: &Cube, real: &Cube, pooled: bool) -> Self {
        Self {
            sent: sent.clone(),
            arrived: arrived.clone(),
            real: real.clone(),
            left: real.clone(),
            pooled_before: pooled,
            pooled: false,
            new_destination: None,
            decrypted: None,
            dropped: None,
            doubtful: false,
            uncertain: false,
            by: Vec::new(),
            reasons: Vec::new(),
            effects: Vec::new(),
        }
    }

    pub(super) fn cube(&self, view: View) -> &Cube {
        match view {
            View::Arrived => &self.arrived,
            View::Real => &self.real,
            View::Left => &self.left,
        }
    }

    pub(in crate::flow) fn doubt(&mut self, reasons: &[Reason]) {
        if !reasons.is_empty() {
            self.doubtful = true;
            add_reasons(&mut self.reasons, reasons);
        }
    }

    pub(in crate::flow) fn end(self, verdict: PartVerdict, egress: Option<Placement>) -> Crossed {
        Crossed {
            sent: self.sent,
            arrived: self.arrived,
            real: self.real,
            left: self.left,
            pooled: self.pooled || self.pooled_before,
            verdict,
            by: self.by,
            reasons: if verdict == PartVerdict::Inconclusive {
                self.reasons
            } else {
                Vec::new()
            },
            effects: self.effects,
            egress,
            home: false,
        }
    }

    /// The part of the packets that looks like `real` or `left` in that view.
    pub(super) fn narrowed(&self, real: Option<&Cube>, left: Option<&Cube>) -> Self {
        let mut part = self.clone();
        if left.is_none() && real.is_none_or(|real| *real == self.real) {
            return part;
        }
        let mut exact = true;
        if let Some(left) = left {
            let (back, sure) = project(&self.real, &self.left, left, self.pooled);
            exact &= sure;
            part.left = left.clone();
            part.real = back;
        } else if let Some(real) = real {
            part.real = real.clone();
            if part.real != self.real {
                let (forward, sure) = project(&self.left, &self.real, real, false);
                part.left = if self.pooled {
                    Cube {
                        source: self.left.source.clone(),
                        source_ports: self.left.source_ports.clone(),
                        ..forward
                    }
                } else {
                    exact &= sure;
                    forward
                };
            }
        }
        let (arrived, sure) = project(&self.arrived, &self.real, &part.real, false);
        exact &= sure;
        let (sent, sure) = project(&self.sent, &self.arrived, &arrived, self.pooled_before);
        exact &= sure;
        part.arrived = arrived;
        part.sent = sent;
        if !exact {
            part.doubt(&[pool_reason()]);
        }
        part
    }

    /// Divides the packets by what a stage says about them in one view.
    pub(super) fn split(&self, view: View, parts: Vec<FilterPart>) -> Vec<(Self, Outcome)> {
        let whole = |outcome| vec![(self.clone(), outcome)];
        if parts.len() <= 1 && parts.iter().all(|p| p.packets.cubes().len() <= 1) {
            return match parts.into_iter().next() {
                Some(part) => whole(part.outcome),
                None => Vec::new(),
            };
        }
        let mut pieces = Vec::new();
        let mut blurred = false;
        for part in &parts {
            for cube in part.packets.cubes() {
                let piece = match view {
                    View::Left => self.narrowed(None, Some(cube)),
                    View::Real => self.narrowed(Some(cube), None),
                    View::Arrived => {
                        let (real, sure) = project(&self.real, &self.arrived, cube, false);
                        blurred |= !sure;
                        self.narrowed(Some(&real), None)
                    }
                };
                blurred |= piece.reasons.len() > self.reasons.len();
                pieces.push((piece, part.outcome.clone()));
            }
        }
        // Through a pool a division cannot be followed back.
        if !blurred {
            return pieces;
        }
        let Some(first) = parts.first().map(|part| part.outcome.clone()) else {
            return Vec::new();
        };
        let mut joint = first;
        for part in parts.into_iter().skip(1) {
            if part.outcome.verdict != joint.verdict {
                joint.verdict = PartVerdict::Inconclusive;
                add_reasons(&mut joint.reasons, &[pool_reason()]);
            }
            joint.by.extend(part.outcome.by);
            add_reasons(&mut joint.reasons, &part.outcome.reasons);
        }
        whole(joint)
    }
}
