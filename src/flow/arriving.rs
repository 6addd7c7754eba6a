//! Which packets that a filter lets through arrive at the host that it means:
//! those that a translation neither sends elsewhere nor drops.

use std::net::IpAddr;

use super::evaluate::Engine;
use super::packets::Cube;
use crate::model::firewall::{AddressView, InterfaceId, NatKind};

impl Engine<'_> {
    /// Of packets to an address that translations show, as they come in: those
    /// that surely go on to a real address, with the ports that they have there.
    #[must_use]
    pub fn led_on(&self, ingress: InterfaceId, cube: &Cube, real: IpAddr) -> Vec<Cube> {
        let pieces = self.untranslate(ingress, cube).into_iter();
        pieces
            .filter(|piece| piece.rule.is_some() && piece.doubts.is_empty())
            .filter(|piece| piece.real.destination.contains(real))
            .map(|piece| Cube {
                destination_ports: piece.real.destination_ports,
                ..piece.arrived
            })
            .collect()
    }

    /// Of packets to the own address of a host, as a filter sees them: those that
    /// surely arrive. Where the replies to them would be translated, they come by
    /// the address that a static translation shows, or not at all.
    #[must_use]
    pub fn arriving(
        &self,
        (ingress, egress): (InterfaceId, InterfaceId),
        cube: &Cube,
        view: AddressView,
    ) -> Vec<Cube> {
        let nat = &self.firewall.nat;
        if nat.rules.is_empty() || nat.session_replies {
            return vec![cube.clone()];
        }
        let mut arriving = Vec::new();
        for piece in self.untranslate(ingress, cube) {
            if piece.rule.is_some() {
                if piece.new_destination() == Some(false) {
                    arriving.push(piece.arrived);
                }
                continue;
            }
            for (real, rule, doubts) in self.translates_replies(ingress, egress, &piece.arrived) {
                let known = rule.and_then(|index| nat.rules.get(index as usize));
                let arrives = known
                    .is_none_or(|rule| view == AddressView::Real && rule.kind == NatKind::Static);
                if arrives && doubts.is_empty() {
                    arriving.push(real);
                }
            }
        }
        arriving
    }
}
