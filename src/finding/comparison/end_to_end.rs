//! Whether what a filter does differently can be seen from one end of the
//! network to the other, or stays hidden behind another firewall.

use crate::flow::{
    Answer, Cube, Endpoint, Network, Packet, PartVerdict, Query, ServiceCube, ServiceSet,
};
use crate::model::firewall::AddressMatch;

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
    if matches!(literal, EndToEnd::Changes { .. }) || !translates(networks) {
        return literal;
    }
    match between(&base.reach(&query), &head.reach(&query), head) {
        changes @ EndToEnd::Changes { .. } => changes,
        // The packets may be known under other addresses elsewhere.
        _ => EndToEnd::Unknown,
    }
}

/// Whether any firewall translates addresses.
fn translates(networks: &[Network<'_>; 2]) -> bool {
    networks.iter().any(|network| {
        (0u32..)
            .map_while(|id| network.engine(crate::estate::FirewallId(id)))
            .flat_map(|engine| &engine.firewall.nat.rules)
            .any(|rule| {
                rule.mapped_source != rule.real_source || rule.real_source == AddressMatch::Any
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
