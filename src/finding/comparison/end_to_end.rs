//! Whether what a filter does differently can be seen from one end of the
//! network to the other, or stays hidden behind another firewall.

use crate::estate::FirewallId;
use crate::flow::{
    Answer, Cube, Endpoint, Network, Packet, PartVerdict, Query, ServiceCube, ServiceSet,
};
use crate::model::firewall::{AddressMatch, NatKind};

/// What becomes of a change on the way from end to end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndToEnd {
    /// Packets pass that did not, or are stopped that were not.
    Changes {
        /// One of them, as its source sends it.
        witness: Option<Packet>,
    },
    /// Nothing changes: something else decides.
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

/// Follows packets through both networks.
pub(super) fn follow(networks: &[Network<'_>; 2], packets: &Cube) -> EndToEnd {
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
    let literal = between(&base.trace(&query), &head.trace(&query), head);
    if matches!(literal, EndToEnd::Changes { .. }) {
        return literal;
    }
    match between(&base.reach(&query), &head.reach(&query), head) {
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

/// What is different between two answers to one question.
fn between(base: &Answer, head: &Answer, network: &Network<'_>) -> EndToEnd {
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
            return EndToEnd::Changes {
                witness: common.witness(network.hints()),
            };
        }
    }
    // Packets that only one answer speaks of: there is a way on one side only.
    let told = |answer: &Answer| {
        answer
            .parts
            .iter()
            .fold(crate::flow::PacketSet::EMPTY, |all, part| {
                all.union(&part.packets)
            })
    };
    if unknown || !told(base).same(&told(head)) {
        return EndToEnd::Unknown;
    }
    EndToEnd::Hidden
}
