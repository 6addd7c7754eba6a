//! Whether what a filter does differently can be seen from one end of the
//! network to the other, or stays hidden behind another firewall.

use crate::estate::FirewallId;
use crate::flow::{
    Answer, Cube, Endpoint, Network, Packet, PacketSet, Part, PartVerdict, Piece, Query,
    ServiceCube, ServiceSet, Turn,
};
use crate::model::firewall::{AddressMatch, Firewall, InterfaceId, NatKind, Stage};

/// What becomes of a change on the way from end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndToEnd {
    /// Packets of a set that is permitted now pass, and did not; of one that is
    /// denied now, they are stopped, and were not.
    Changes {
        /// One of them, as its source sends it.
        witness: Option<Packet>,
    },
    /// The change of the filter has no such effect: something else decides.
    Hidden,
    /// Not known.
    Unknown,
}

impl EndToEnd {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Changes { .. } => "changes",
            Self::Hidden => "hidden",
            Self::Unknown => "unknown",
        }
    }
}

/// Where a filter stands on one side.
pub(super) struct Stand<'f> {
    /// The firewall.
    pub(super) id: FirewallId,
    /// The same.
    pub(super) firewall: &'f Firewall,
    /// Where packets meet the filter there; nowhere when empty.
    pub(super) stages: Vec<&'f Stage>,
}

impl Stand<'_> {
    /// Whether packets on their way may meet the filter where a piece says.
    fn meets(&self, part: &Part, piece: &Piece) -> bool {
        part.seen.iter().any(|seen| {
            let mut stages = self.stages.iter();
            seen.firewall == self.id
                && self.at(seen.ingress, &piece.ingress)
                && self.at(seen.egress, &piece.egress)
                && stages.any(|stage| {
                    stage.passage == seen.passage
                        && seen.ingress.is_none_or(|id| stage.ingress.contains(id))
                        && seen.egress.is_none_or(|id| stage.egress.contains(id))
                })
        })
    }

    /// Whether an interface may be one of those named.
    fn at(&self, interface: Option<InterfaceId>, names: &Option<Vec<String>>) -> bool {
        let (Some(id), Some(names)) = (interface, names) else {
            return true;
        };
        let known = self.firewall.interfaces.get(id.0 as usize);
        known.is_none_or(|known| names.contains(&known.name.value))
    }
}

/// Follows packets whose verdict turns at a filter through both networks.
pub(super) fn follow(
    networks: &[Network<'_>; 2],
    stands: &[Stand<'_>; 2],
    piece: &Piece,
) -> EndToEnd {
    let packets = &piece.packets;
    let service = ServiceCube {
        protocols: packets.protocols,
        source: packets.source_ports.clone(),
        destination: packets.destination_ports.clone(),
    };
    let query = Query::new(
        Endpoint::Addresses(packets.source.clone()),
        Endpoint::Addresses(packets.destination.clone()),
        ServiceSet::of(vec![service]),
    );
    let [base, head] = networks;
    // With the addresses in the packets' headers, and with those under which
    // the source knows the destination.
    let between = |base: &Answer, head: &Answer| between([base, head], networks, stands, piece);
    let literal = between(&base.trace(&query), &head.trace(&query));
    if matches!(literal, EndToEnd::Changes { .. }) {
        return literal;
    }
    match between(&base.reach(&query), &head.reach(&query)) {
        EndToEnd::Hidden if literal == EndToEnd::Hidden && !masked(networks, packets) => {
            EndToEnd::Hidden
        }
        changes @ EndToEnd::Changes { .. } => changes,
        _ => EndToEnd::Unknown,
    }
}

/// Whether senders that are none of the packets' sources may be seen under one
/// of them, because a firewall translates them.
fn masked(networks: &[Network<'_>; 2], packets: &Cube) -> bool {
    networks.iter().any(|network| {
        (0u32..)
            .map_while(|id| network.engine(FirewallId(id)))
            .any(|engine| {
                let objects = engine.objects();
                let set = |position| objects.addresses(position).possibly;
                let rules = engine.firewall.nat.rules.iter();
                let mut rules = rules.filter(|rule| rule.enabled && rule.kind != NatKind::Exempt);
                rules.any(|rule| {
                    rule.mapped_source != AddressMatch::Any
                        && set(&rule.mapped_source).overlaps(&packets.source)
                        && !packets.source.includes(&set(&rule.real_source))
                })
            })
    })
}

/// What is different, in the direction of a turn, between two answers to one
/// question.
fn between(
    [base, head]: [&Answer; 2],
    networks: &[Network<'_>; 2],
    stands: &[Stand<'_>; 2],
    piece: &Piece,
) -> EndToEnd {
    let wanted = match piece.turn {
        Turn::Permitted => [PartVerdict::Deny, PartVerdict::Permit],
        _ => [PartVerdict::Permit, PartVerdict::Deny],
    };
    let ([old, new], [_, head_network]) = (stands, networks);
    let mut unknown = base.parts.is_empty() && head.parts.is_empty();
    for before in &base.parts {
        for after in &head.parts {
            if before.verdict == after.verdict && before.verdict != PartVerdict::Inconclusive {
                continue;
            }
            let common = before.packets.intersect(&after.packets);
            if common.is_empty() {
                continue;
            }
            if [before.verdict, after.verdict].contains(&PartVerdict::Inconclusive) {
                unknown = true;
                continue;
            }
            // Another filter may turn the verdict on the same packets, in the
            // other direction or where they come in at another interface.
            let here = old.meets(before, piece)
                || new.meets(after, piece)
                || (before.seen.is_empty() && after.seen.is_empty());
            if [before.verdict, after.verdict] != wanted || !here {
                continue;
            }
            return EndToEnd::Changes {
                witness: common.witness(head_network.hints()),
            };
        }
    }
    // Packets that only one answer speaks of: there is a way on one side only.
    let told = |answer: &Answer| {
        answer
            .parts
            .iter()
            .fold(PacketSet::EMPTY, |all, part| all.union(&part.packets))
    };
    if unknown || !told(base).same(&told(head)) {
        return EndToEnd::Unknown;
    }
    EndToEnd::Hidden
}
