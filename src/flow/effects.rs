//! What a firewall does to packets besides letting them pass.

use super::answer::{Effect, EffectKind};
use super::crossing::{Arrival, Inside};
use super::evaluate::{Context, Engine, PartVerdict};
use super::packets::{Cube, PacketSet};
use super::place::Placement;
use super::sets::{PortSet, ProtocolSet};
use crate::estate::FirewallId;
use crate::model::firewall::{InspectionEffect, Tunnel};

impl Engine<'_> {
    /// Whether a tunnel takes any of the packets: surely all, none, or maybe.
    fn selected(&self, tunnel: &Tunnel, packets: &PacketSet) -> Option<bool> {
        let filter = tunnel.filter?;
        let parts = self.evaluate_filter(filter, packets, &Context::default());
        let all = |verdict| parts.iter().all(|part| part.outcome.verdict == verdict);
        if all(PartVerdict::Permit) {
            Some(true)
        } else if all(PartVerdict::Deny) {
            Some(false)
        } else {
            None
        }
    }

    pub(super) fn tunnels(&self, at: &Arrival<'_>, egress: &Placement, piece: &mut Inside) {
        let packets = PacketSet::from(piece.left.clone());
        for tunnel in &self.firewall.tunnels {
            if tunnel.interface.is_some_and(|id| id != egress.interface) {
                continue;
            }
            let selected = self.selected(tunnel, &packets);
            if selected == Some(false) {
                continue;
            }
            piece.effects.push(Effect {
                kind: EffectKind::Encrypted,
                firewall: Some(at.firewall),
                certain: selected == Some(true) && !piece.pooled,
                span: tunnel.span,
                related: Vec::new(),
                changes: None,
            });
            return;
        }
    }

    /// What inspections do to packets that pass. Those of an interface are for
    /// packets that enter or leave there (`context`).
    pub(super) fn inspections(&self, firewall: FirewallId, context: &Context, piece: &mut Inside) {
        for inspection in &self.firewall.inspections {
            let kind = match inspection.effect {
                InspectionEffect::StripsStarttls => EffectKind::StripsStarttls,
                InspectionEffect::AllowsTls => EffectKind::AllowsTls,
                InspectionEffect::OpensRpc => EffectKind::OpensRpc,
                InspectionEffect::OpensMedia => EffectKind::OpensMedia,
                InspectionEffect::DecryptsTls => EffectKind::DecryptsTls,
                InspectionEffect::Other => continue,
            };
            if inspection
                .interface
                .is_some_and(|id| Some(id) != context.ingress && Some(id) != context.egress)
            {
                continue;
            }
            let shapes: Vec<Cube> = if inspection.ports.is_empty() {
                vec![Cube::ALL]
            } else {
                inspection
                    .ports
                    .iter()
                    .map(|(protocol, range)| Cube {
                        protocols: ProtocolSet::one(*protocol),
                        destination_ports: PortSet::from(*range),
                        ..Cube::ALL
                    })
                    .collect()
            };
            let (hit, _) = super::evaluate::split(&piece.real, &shapes);
            if hit.is_empty() {
                continue;
            }
            let mut certain = true;
            if let Some(filter) = inspection.filter {
                let packets = PacketSet::of_disjoint(hit);
                let parts = self.evaluate_filter(filter, &packets, context);
                let has = |verdict| parts.iter().any(|p| p.outcome.verdict == verdict);
                if !has(PartVerdict::Permit) && !has(PartVerdict::Inconclusive) {
                    continue;
                }
                certain = has(PartVerdict::Permit);
            }
            piece.effects.push(Effect {
                kind,
                firewall: Some(firewall),
                certain,
                span: inspection.span,
                related: inspection.related.clone(),
                changes: None,
            });
        }
    }
}
