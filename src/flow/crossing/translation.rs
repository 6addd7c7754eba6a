//! Source translation, the reverse path check and `nat-control`.

use super::inside::Inside;
use super::{Arrival, Decider, DeciderKind, Effect, EffectKind, TranslatedEnd};
use crate::estate::FirewallId;
use crate::flow::evaluate::Engine;
use crate::flow::nat::Side;
use crate::flow::place::Placement;
use crate::flow::resolve::Reason;
use crate::model::firewall::InterfaceId;

enum Control {
    Passes,
    Drops(Decider),
    Unknown(Reason),
}

impl Engine<'_> {
    pub(super) fn note_translation(
        &self,
        firewall: FirewallId,
        index: u32,
        changes: TranslatedEnd,
        piece: &mut Inside,
    ) {
        if let Some(rule) = self.firewall.nat.rules.get(index as usize) {
            let effect = Effect {
                kind: EffectKind::Translated,
                firewall: Some(firewall),
                certain: true,
                span: rule.span,
                related: Vec::new(),
                changes: Some(changes),
            };
            // The destination is translated first.
            let known = Effect {
                changes: Some(TranslatedEnd::Destination),
                ..effect.clone()
            };
            if !piece.effects.contains(&effect) && !piece.effects.contains(&known) {
                piece.effects.push(effect);
            }
        }
    }

    fn nat_decider(&self, firewall: FirewallId, index: u32, label: &str) -> Option<Decider> {
        let rule = self.firewall.nat.rules.get(index as usize)?;
        Some(Decider {
            firewall,
            filter: None,
            filter_name: "".into(),
            rule: Some(index),
            kind: DeciderKind::Translation,
            permits: false,
            label: Some(label.into()),
            stage: None,
            span: rule.span,
        })
    }

    /// Source translation, reverse path check and `nat-control`.
    pub(super) fn source_side(
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
                    self.note_translation(at.firewall, index, TranslatedEnd::Source, &mut piece);
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
            filter_name: "".into(),
            rule: None,
            kind: DeciderKind::NatControl,
            permits: false,
            label: Some("nat-control: no translation matches".into()),
            stage: None,
            span,
        })
    }
}
