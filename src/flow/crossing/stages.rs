//! The stages that packets pass inside a firewall: every one must accept.

use super::inside::{Inside, View};
use super::{Arrival, Crossed};
use crate::flow::evaluate::{ConnectionState, Context, Engine, FilterPart, Outcome, PartVerdict};
use crate::flow::packets::{Cube, PacketSet};
use crate::flow::place::Placement;
use crate::flow::resolve::{Reason, add_reasons};
use crate::model::firewall::{AddressView, Passage, Stage};

impl Engine<'_> {
    /// Runs all stages that apply; all must accept.
    pub(super) fn stages(
        &self,
        at: &Arrival<'_>,
        egress: &Placement,
        start: Inside,
        out: &mut Vec<Crossed>,
    ) {
        let context = Context {
            ingress: Some(at.ingress),
            egress: Some(egress.interface),
            state: at.state,
            new_destination: None,
        };
        if self.firewall.stateful && at.state == ConnectionState::Established {
            self.known_connection(at, egress, &context, start, out);
            return;
        }
        let applies = |stage: &&Stage| {
            stage.passage == Passage::Transit
                && stage.ingress.contains(at.ingress)
                && stage.egress.contains(egress.interface)
        };
        let mut pieces = self.by_tunnel(at, start);
        let mut any = false;
        for stage in self.firewall.stages.iter().filter(applies) {
            any = true;
            let mut next = Vec::new();
            for piece in pieces {
                self.stage(at, egress, stage, &context, piece, &mut next, out);
            }
            pieces = next;
        }
        for mut piece in pieces {
            if let Some(decider) = piece.dropped.take() {
                piece.by = vec![decider];
                out.push(piece.end(PartVerdict::Deny, Some(egress.clone())));
                continue;
            }
            if !any {
                piece.doubt(&[Reason::new(
                    format!(
                        "the policy of {} for these interfaces is not known",
                        self.firewall.name.value
                    ),
                    Some(self.firewall.name.span),
                )]);
            }
            self.tunnels(at, egress, &mut piece);
            self.inspections(at.firewall, &context, &mut piece);
            let verdict = if piece.doubtful {
                PartVerdict::Inconclusive
            } else {
                PartVerdict::Permit
            };
            out.push(piece.end(verdict, Some(egress.clone())));
        }
    }

    /// Packets of a connection that the firewall knows pass without a rule.
    fn known_connection(
        &self,
        at: &Arrival<'_>,
        egress: &Placement,
        context: &Context,
        mut piece: Inside,
        out: &mut Vec<Crossed>,
    ) {
        piece.by.push(self.connection(at.firewall));
        self.tunnels(at, egress, &mut piece);
        self.inspections(at.firewall, context, &mut piece);
        let verdict = if piece.doubtful {
            PartVerdict::Inconclusive
        } else {
            PartVerdict::Permit
        };
        out.push(piece.end(verdict, Some(egress.clone())));
    }

    #[allow(clippy::too_many_arguments)]
    fn stage(
        &self,
        at: &Arrival<'_>,
        egress: &Placement,
        stage: &Stage,
        context: &Context,
        piece: Inside,
        next: &mut Vec<Inside>,
        out: &mut Vec<Crossed>,
    ) {
        let leaves = stage.ingress.is_any() && !stage.egress.is_any();
        let mapped = if leaves { View::Left } else { View::Arrived };
        let views: &[View] = match stage.view {
            AddressView::Real => &[View::Real],
            AddressView::Mapped => &[mapped],
            AddressView::Unknown if piece.cube(mapped) == &piece.real => &[mapped],
            AddressView::Unknown => &[View::Real, mapped],
        };
        // Translations change nothing of packets as they arrive.
        let by_real = leaves || stage.view != AddressView::Mapped;
        let decrypted = piece.decrypted.clone();
        for (piece, outcome) in self.in_views(stage, context, &piece, views) {
            let mut piece = piece;
            let deciders = outcome
                .by
                .iter()
                .filter_map(|place| self.decider(at.firewall, stage, *place))
                .collect::<Vec<_>>();
            match outcome.verdict {
                PartVerdict::Permit => {
                    piece.by.extend(deciders);
                    next.push(piece);
                }
                PartVerdict::Inconclusive => {
                    piece.by.extend(deciders);
                    piece.doubt(&outcome.reasons);
                    next.push(piece);
                }
                PartVerdict::Deny => match &decrypted {
                    Some(reason) if !leaves => {
                        piece.by.extend(deciders);
                        piece.doubt(std::slice::from_ref(reason));
                        next.push(piece);
                    }
                    // On another way out another stage or rule may decide, and
                    // with other real addresses.
                    _ if (piece.uncertain && (by_real || self.asks_egress(stage)))
                        || (egress.doubt.is_some() && self.asks_egress(stage)) =>
                    {
                        piece.by.extend(deciders);
                        next.push(piece);
                    }
                    _ => {
                        piece.by = deciders;
                        out.push(piece.end(PartVerdict::Deny, Some(egress.clone())));
                    }
                },
            }
        }
    }

    /// Evaluates a stage on every view that it may mean; where views disagree
    /// the packets are inconclusive.
    pub(in crate::flow) fn in_views(
        &self,
        stage: &Stage,
        context: &Context,
        piece: &Inside,
        views: &[View],
    ) -> Vec<(Inside, Outcome)> {
        let Some((view, others)) = views.split_first() else {
            return Vec::new();
        };
        // Packets as they arrive have met no translation, and later packets of a
        // connection are translated like its first.
        let seen = |view: View| Context {
            new_destination: piece
                .new_destination
                .filter(|_| view != View::Arrived && context.state == ConnectionState::New),
            ..*context
        };
        let parts = self.evaluate_stage(stage.filter, piece.cube(*view), &seen(*view));
        let mut pieces = piece.split(*view, parts);
        for view in others {
            let mut agreed = Vec::new();
            for (piece, first) in pieces {
                let parts = self.evaluate_stage(stage.filter, piece.cube(*view), &seen(*view));
                for (piece, second) in piece.split(*view, parts) {
                    let outcome = if first.verdict == second.verdict {
                        first.clone()
                    } else {
                        let mut by = first.by.clone();
                        by.extend(second.by);
                        let mut reasons = vec![Reason::new(
                            "the software version is not known, so the list may speak of real or \
                             of translated addresses",
                            Some(self.firewall.name.span),
                        )];
                        add_reasons(&mut reasons, &first.reasons);
                        add_reasons(&mut reasons, &second.reasons);
                        Outcome {
                            verdict: PartVerdict::Inconclusive,
                            by,
                            reasons,
                        }
                    };
                    agreed.push((piece, outcome));
                }
            }
            pieces = agreed;
        }
        pieces
    }

    /// Sets packets apart that may come out of a tunnel here: for those,
    /// interface lists may not be asked.
    fn by_tunnel(&self, at: &Arrival<'_>, piece: Inside) -> Vec<Inside> {
        let mut plain = vec![piece];
        let mut done = Vec::new();
        for tunnel in &self.firewall.tunnels {
            if tunnel.interface.is_some_and(|id| id != at.ingress) {
                continue;
            }
            // What comes out of it meets the lists like everything else.
            if tunnel.filtered.is_some() {
                continue;
            }
            let Some(filter) = tunnel.filter else {
                continue;
            };
            let mut rest = Vec::new();
            for piece in plain {
                let back = PacketSet::from(piece.arrived.reversed());
                let parts = self
                    .evaluate_filter(filter, &back, &Context::default())
                    .into_iter()
                    .map(|part| FilterPart {
                        packets: PacketSet::of_disjoint(
                            part.packets.cubes().iter().map(Cube::reversed).collect(),
                        ),
                        outcome: part.outcome,
                    })
                    .collect();
                for (mut piece, outcome) in piece.split(View::Arrived, parts) {
                    if outcome.verdict == PartVerdict::Deny {
                        rest.push(piece);
                        continue;
                    }
                    piece.decrypted = Some(Reason::new(
                        format!(
                            "tunnel {} may carry these packets past the interface lists",
                            tunnel.name
                        ),
                        Some(tunnel.span),
                    ));
                    done.push(piece);
                }
            }
            plain = rest;
        }
        done.extend(plain);
        done
    }
}
