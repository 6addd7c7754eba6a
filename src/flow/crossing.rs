//! What one firewall does with packets that come in at one interface.

use super::answer::{Decider, DeciderKind, Effect, EffectKind};
use super::evaluate::{ConnectionState, Context, Engine, FilterPart, PartVerdict, RuleRef};
use super::nat::{Side, Untranslated, project};
use super::packets::{Cube, PacketSet};
use super::place::{Placement, Routing};
use super::resolve::{Reason, add_reasons};
use super::sets::IpSet;
use super::walk::Flight;
use crate::estate::FirewallId;
use crate::model::firewall::{AddressView, InterfaceId, NatKind, Passage, Stage};

/// Packets after one firewall.
#[derive(Debug, Clone)]
pub(super) struct Crossed {
    /// As their source sent them.
    pub(super) sent: Cube,
    /// As they came in.
    pub(super) arrived: Cube,
    /// With real addresses.
    pub(super) real: Cube,
    /// As they leave.
    pub(super) left: Cube,
    /// Whether a pool hides which packet became which, up to here.
    pub(super) pooled: bool,
    /// What the firewall does with them.
    pub(super) verdict: PartVerdict,
    /// The statements that decide.
    pub(super) by: Vec<Decider>,
    /// Why it is not known.
    pub(super) reasons: Vec<Reason>,
    /// What happens to them.
    pub(super) effects: Vec<Effect>,
    /// Where they go out, if there is a way.
    pub(super) egress: Option<Placement>,
    /// Whether they are for the firewall itself and go no further.
    pub(super) home: bool,
}

/// Packets inside a firewall, in all views that its statements speak of.
#[derive(Debug, Clone)]
pub(super) struct Inside {
    pub(super) sent: Cube,
    pub(super) arrived: Cube,
    pub(super) real: Cube,
    pub(super) left: Cube,
    /// `sent` to `arrived` went through a pool.
    pub(super) pooled_before: bool,
    /// `real` to `left` goes through a pool.
    pub(super) pooled: bool,
    /// Why interface lists may not be asked for them.
    pub(super) decrypted: Option<Reason>,
    /// A translation that drops them, after the filters had their say.
    pub(super) dropped: Option<Decider>,
    pub(super) doubtful: bool,
    /// Whether it is uncertain which packets the firewall sees, so that not
    /// even a denial is certain.
    pub(super) uncertain: bool,
    pub(super) by: Vec<Decider>,
    pub(super) reasons: Vec<Reason>,
    pub(super) effects: Vec<Effect>,
}

/// How packets come to a firewall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival<'c> {
    pub(super) firewall: FirewallId,
    pub(super) ingress: InterfaceId,
    pub(super) sent: &'c Cube,
    pub(super) arrived: &'c Cube,
    pub(super) pooled: bool,
    pub(super) state: ConnectionState,
}

/// Packets with their way out, before any filter looked at them.
#[derive(Debug, Clone)]
pub(super) struct Routed {
    pub(super) by: Untranslated,
    pub(super) egress: Option<Placement>,
}

impl Engine<'_> {
    /// Un-translates and routes packets that come in at an interface.
    pub(super) fn route(
        &self,
        routing: &Routing,
        ingress: InterfaceId,
        cube: &Cube,
    ) -> Vec<Routed> {
        let mut routed = Vec::new();
        for piece in self.untranslate(ingress, cube) {
            let (ways, lost) = routing.divide(&piece.real.destination);
            let nat_side = piece.rule.and_then(|(index, side)| {
                let rule = self.firewall.nat.rules.get(index as usize)?;
                // Identity translations follow the route; others divert.
                (rule.kind != NatKind::Exempt)
                    .then_some(match side {
                        Side::Mapped => rule.real_interface,
                        Side::Real => rule.mapped_interface,
                    })
                    .flatten()
            });
            let narrowed = |destination: &IpSet| -> Option<Untranslated> {
                let part = Cube {
                    destination: destination.clone(),
                    ..piece.real.clone()
                };
                if part.is_empty() {
                    return None;
                }
                let (arrived, _) = project(&piece.arrived, &piece.real, &part, false);
                Some(Untranslated {
                    arrived,
                    real: part,
                    ..piece.clone()
                })
            };
            for (set, placement) in ways {
                if let Some(by) = narrowed(&set) {
                    let mut placement = placement.clone();
                    if let Some(interface) = nat_side
                        && interface != placement.interface
                    {
                        placement.interface = interface;
                        placement.next_hop = None;
                        placement.doubt = None;
                    }
                    routed.push(Routed {
                        by,
                        egress: Some(placement),
                    });
                }
            }
            if let Some(by) = narrowed(&lost) {
                let egress = nat_side.map(|interface| Placement {
                    interface,
                    strength: crate::estate::Strength::Routed,
                    next_hop: None,
                    span: self.firewall.name.span,
                    doubt: None,
                });
                routed.push(Routed { by, egress });
            }
        }
        routed
    }

    /// Sends packets through the firewall.
    pub(super) fn cross(&self, routing: &Routing, at: &Arrival<'_>) -> Vec<Crossed> {
        self.cross_routed(self.route(routing, at.ingress, at.arrived), at)
    }

    /// Sends packets through the firewall whose ways are known.
    pub(super) fn cross_routed(&self, routed: Vec<Routed>, at: &Arrival<'_>) -> Vec<Crossed> {
        let mut out = Vec::new();
        for routed in routed {
            let (sent, exact) = project(at.sent, at.arrived, &routed.by.arrived, at.pooled);
            let mut start = Inside::new(&sent, &routed.by.arrived, &routed.by.real, at.pooled);
            start.uncertain = !routed.by.doubts.is_empty();
            if !exact {
                start.doubt(&[pool_reason()]);
            }
            start.doubt(&routed.by.doubts);
            let Some(egress) = routed.egress else {
                start.doubt(&[self.no_route(&start.real.destination)]);
                out.push(start.end(PartVerdict::Inconclusive, None));
                continue;
            };
            start.doubt(egress.doubt.as_slice());
            if let Some(reason) = self.to_itself(&start.real.destination) {
                let flight = Flight {
                    sent: start.sent.clone(),
                    pooled: start.pooled_before,
                    ..Flight::new(start.arrived.clone())
                };
                let home = self.at_host(
                    at.firewall,
                    Passage::ToHost,
                    Some(at.ingress),
                    &flight,
                    at.state,
                );
                if !home.is_empty() {
                    out.extend(home.into_iter().map(|crossed| Crossed {
                        egress: Some(egress.clone()),
                        home: true,
                        ..crossed
                    }));
                    continue;
                }
                start.doubt(&[reason]);
                out.push(start.end(PartVerdict::Inconclusive, Some(egress)));
                continue;
            }
            if let Some((index, _)) = routed.by.rule
                && start.arrived != start.real
            {
                self.note_translation(at.firewall, index, &mut start);
            }
            let mut inside = Vec::new();
            self.source_side(at, &egress, start, routed.by.rule, &mut inside);
            for piece in inside {
                self.stages(at, &egress, piece, &mut out);
            }
        }
        out
    }

    /// Sends the replies to packets that were translated back through the
    /// firewall. They are translated by the connection and not by the rules:
    /// `real` and `left` are the packets with real addresses and as they came,
    /// reversed.
    pub(super) fn cross_back(
        &self,
        routing: &Routing,
        at: &Arrival<'_>,
        real: &Cube,
        left: &Cube,
    ) -> Vec<Crossed> {
        let mut out = Vec::new();
        let (ways, lost) = routing.divide(&real.destination);
        let ways = ways
            .into_iter()
            .map(|(set, placement)| (set, Some(placement)));
        for (destination, egress) in ways.chain([(lost, None)]) {
            let part = Cube {
                destination,
                ..real.clone()
            };
            if part.is_empty() {
                continue;
            }
            let (arrived, exact) = project(at.arrived, real, &part, false);
            let (left, exact_left) = project(left, real, &part, false);
            let mut start = Inside::new(&arrived, &arrived, &part, false);
            start.left = left;
            if !(exact && exact_left) {
                start.doubt(&[pool_reason()]);
            }
            match egress {
                Some(egress) => {
                    start.doubt(egress.doubt.as_slice());
                    self.stages(at, egress, start, &mut out);
                }
                None => {
                    start.doubt(&[self.no_route(&start.real.destination)]);
                    out.push(start.end(PartVerdict::Inconclusive, None));
                }
            }
        }
        out
    }

    pub(super) fn no_route(&self, destination: &IpSet) -> Reason {
        Reason::new(
            format!(
                "{} has no route to {}",
                self.firewall.name.value,
                super::describe::addresses(destination)
            ),
            self.firewall.dynamic_routing.first().copied(),
        )
    }

    /// Packets to the firewall itself are not filtered like others.
    pub(super) fn to_itself(&self, destination: &IpSet) -> Option<Reason> {
        let own = self
            .firewall
            .interfaces
            .iter()
            .flat_map(|interface| &interface.addresses)
            .find(|own| destination.single() == Some(own.address.first()))?;
        Some(Reason::new(
            format!(
                "{} is the firewall's own address: traffic to the firewall itself is not filtered by these lists",
                own.address
            ),
            Some(own.span),
        ))
    }

    fn note_translation(&self, firewall: FirewallId, index: u32, piece: &mut Inside) {
        if let Some(rule) = self.firewall.nat.rules.get(index as usize) {
            let effect = Effect {
                kind: EffectKind::Translated,
                firewall: Some(firewall),
                certain: true,
                span: rule.span,
                related: Vec::new(),
            };
            if !piece.effects.contains(&effect) {
                piece.effects.push(effect);
            }
        }
    }

    fn nat_decider(&self, firewall: FirewallId, index: u32, label: &str) -> Option<Decider> {
        let rule = self.firewall.nat.rules.get(index as usize)?;
        Some(Decider {
            firewall,
            filter: None,
            filter_name: String::new(),
            rule: Some(index),
            kind: DeciderKind::Translation,
            permits: false,
            label: Some(label.to_owned()),
            stage: None,
            span: rule.span,
        })
    }

    /// Source translation, reverse path check and `nat-control`.
    fn source_side(
        &self,
        at: &Arrival<'_>,
        egress: &Placement,
        start: Inside,
        by: Option<(u32, Side)>,
        inside: &mut Vec<Inside>,
    ) {
        // Replies to a real address that another rule would translate.
        let mut checked = Vec::new();
        if by.is_some() || self.firewall.nat.rules.is_empty() || self.firewall.nat.session_replies {
            checked.push(start);
        } else {
            for (real, rule, doubts) in
                self.translates_replies(at.ingress, egress.interface, &start.real)
            {
                let mut piece = start.narrowed(Some(&real), None);
                let decider = rule.and_then(|index| {
                    self.nat_decider(
                        at.firewall,
                        index,
                        "replies would be translated (reverse path check)",
                    )
                });
                match decider {
                    Some(decider) if doubts.is_empty() => {
                        piece.dropped = Some(decider);
                        checked.push(piece);
                    }
                    Some(_) => {
                        piece.doubt(&doubts);
                        checked.push(piece);
                    }
                    None => checked.push(piece),
                }
            }
        }
        for piece in checked {
            if self.firewall.nat.rules.is_empty() && self.firewall.nat.control.is_none() {
                inside.push(piece);
                continue;
            }
            if piece.dropped.is_some() {
                inside.push(piece);
                continue;
            }
            for step in self.translate_source(at.ingress, egress.interface, &piece.real, by) {
                let mut piece = piece.narrowed(Some(&step.real), None);
                piece.doubt(&step.doubts);
                if let Some(index) = step.rule
                    && step.no_address
                {
                    let label = "no translation address on the way out";
                    piece.dropped = self.nat_decider(at.firewall, index, label);
                    inside.push(piece);
                    continue;
                }
                piece.left = step.left.clone();
                piece.pooled = step.pooled;
                if let Some(index) = step.rule
                    && piece.left != piece.real
                {
                    self.note_translation(at.firewall, index, &mut piece);
                }
                match self.controlled(at, egress, step.rule.is_some(), by.is_some()) {
                    Control::Passes => inside.push(piece),
                    Control::Drops(decider) => {
                        piece.dropped = Some(decider);
                        inside.push(piece);
                    }
                    Control::Unknown(reason) => {
                        piece.doubt(&[reason]);
                        inside.push(piece);
                    }
                }
            }
        }
    }

    /// `nat-control`: a higher level needs a source translation to reach a
    /// lower one, a lower level a destination translation to reach a higher.
    fn controlled(
        &self,
        at: &Arrival<'_>,
        egress: &Placement,
        source: bool,
        destination: bool,
    ) -> Control {
        let Some(span) = self.firewall.nat.control else {
            return Control::Passes;
        };
        let level = |id: InterfaceId| {
            let interface = self.firewall.interfaces.get(id.0 as usize)?;
            interface.security_level.map(|level| level.value)
        };
        let needed = match (level(at.ingress), level(egress.interface)) {
            (Some(from), Some(to)) if from > to => source || destination,
            (Some(from), Some(to)) if from < to => destination,
            (Some(_), Some(_)) => true,
            _ if source || destination => true,
            _ => {
                return Control::Unknown(Reason::new(
                    "nat-control is on and a security level is not known",
                    Some(span),
                ));
            }
        };
        if needed {
            return Control::Passes;
        }
        Control::Drops(Decider {
            firewall: at.firewall,
            filter: None,
            filter_name: String::new(),
            rule: None,
            kind: DeciderKind::NatControl,
            permits: false,
            label: Some("nat-control: no translation matches".to_owned()),
            stage: None,
            span,
        })
    }

    /// Runs all stages that apply; all must accept.
    fn stages(&self, at: &Arrival<'_>, egress: &Placement, start: Inside, out: &mut Vec<Crossed>) {
        let context = Context {
            ingress: Some(at.ingress),
            egress: Some(egress.interface),
            state: at.state,
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
            self.inspections(at, egress, &context, &mut piece);
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
        self.inspections(at, egress, context, &mut piece);
        let verdict = if piece.doubtful {
            PartVerdict::Inconclusive
        } else {
            PartVerdict::Permit
        };
        out.push(piece.end(verdict, Some(egress.clone())));
    }

    /// What lets packets of a known connection pass.
    pub(super) fn connection(&self, firewall: FirewallId) -> Decider {
        Decider {
            firewall,
            filter: None,
            filter_name: String::new(),
            rule: None,
            kind: DeciderKind::Connection,
            permits: true,
            label: Some("packets of a known connection pass without a rule".to_owned()),
            stage: None,
            span: self.firewall.name.span,
        }
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
                    _ if piece.uncertain => {
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
    pub(super) fn in_views(
        &self,
        stage: &Stage,
        context: &Context,
        piece: &Inside,
        views: &[View],
    ) -> Vec<(Inside, super::evaluate::Outcome)> {
        let Some((view, others)) = views.split_first() else {
            return Vec::new();
        };
        let parts = self.evaluate_stage(stage.filter, piece.cube(*view), context);
        let mut pieces = piece.split(*view, parts);
        for view in others {
            let mut agreed = Vec::new();
            for (piece, first) in pieces {
                let parts = self.evaluate_stage(stage.filter, piece.cube(*view), context);
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
                        super::evaluate::Outcome {
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

    pub(super) fn decider(
        &self,
        firewall: FirewallId,
        stage: &Stage,
        place: RuleRef,
    ) -> Option<Decider> {
        let mut decider = self.cite(firewall, place)?;
        decider.stage = Some(stage.label.clone());
        Some(decider)
    }

    /// A rule or default, ready to cite.
    #[must_use]
    pub fn cite(&self, firewall: FirewallId, place: RuleRef) -> Option<Decider> {
        use crate::model::firewall::Action;
        let filter = self.filter(place.filter)?;
        let rule = self.rule(place);
        let (kind, action, label, span) = match rule {
            Some(rule) => (
                DeciderKind::Rule,
                rule.action,
                rule.implicit.as_deref().map(str::to_owned),
                rule.span,
            ),
            None => (
                DeciderKind::Default,
                filter.default.action,
                Some(filter.default.label.clone()),
                filter.default.span,
            ),
        };
        Some(Decider {
            firewall,
            filter: Some(place.filter),
            filter_name: filter.name.clone(),
            rule: place.rule,
            kind,
            permits: action == Action::Permit,
            label,
            stage: None,
            span,
        })
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

enum Control {
    Passes,
    Drops(Decider),
    Unknown(Reason),
}

/// Which of the views a statement speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Arrived,
    Real,
    Left,
}

pub(super) fn pool_reason() -> Reason {
    Reason::new(
        "which address of a translation pool the packets get is not known",
        None,
    )
}

impl Inside {
    /// Packets that nothing has been said about yet.
    pub(super) fn new(sent: &Cube, arrived: &Cube, real: &Cube, pooled: bool) -> Self {
        Self {
            sent: sent.clone(),
            arrived: arrived.clone(),
            real: real.clone(),
            left: real.clone(),
            pooled_before: pooled,
            pooled: false,
            decrypted: None,
            dropped: None,
            doubtful: false,
            uncertain: false,
            by: Vec::new(),
            reasons: Vec::new(),
            effects: Vec::new(),
        }
    }

    fn cube(&self, view: View) -> &Cube {
        match view {
            View::Arrived => &self.arrived,
            View::Real => &self.real,
            View::Left => &self.left,
        }
    }

    pub(super) fn doubt(&mut self, reasons: &[Reason]) {
        if !reasons.is_empty() {
            self.doubtful = true;
            add_reasons(&mut self.reasons, reasons);
        }
    }

    pub(super) fn end(self, verdict: PartVerdict, egress: Option<Placement>) -> Crossed {
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
    fn narrowed(&self, real: Option<&Cube>, left: Option<&Cube>) -> Self {
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
    fn split(&self, view: View, parts: Vec<FilterPart>) -> Vec<(Self, super::evaluate::Outcome)> {
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
