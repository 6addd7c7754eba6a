//! Pieces of the space of packets as products of sets, put together where two
//! are one.

use super::program::{
    DESTINATION, DESTINATION_PORT, DIMENSIONS, EGRESS, Family, INGRESS, PROTOCOL, SOURCE,
    SOURCE_PORT, STATE, Shared,
};
use super::{Piece, Turn};
use crate::flow::evaluate::ConnectionState;
use crate::flow::packets::Cube;
use crate::flow::ranges::RangeSet;
use crate::flow::resolve::Reason;
use crate::flow::sets::{IpSet, PortSet, ProtocolSet};
use crate::model::net::Protocol;

/// A piece of one family.
pub(super) struct Raw {
    family: Family,
    pub(super) piece: Piece,
}

impl Raw {
    /// A piece from the values of its dimensions.
    pub(super) fn new(
        shared: &Shared,
        turn: Turn,
        values: &[Vec<(u128, u128)>; DIMENSIONS],
        reasons: Vec<Reason>,
    ) -> Self {
        let of = |dimension: usize| values.get(dimension).map_or(&[][..], Vec::as_slice);
        let addresses = |dimension: usize| match shared.family() {
            Family::V4 => IpSet {
                v4: narrow(of(dimension), |value| {
                    u32::try_from(value).unwrap_or(u32::MAX)
                }),
                v6: RangeSet::EMPTY,
            },
            Family::V6 => IpSet {
                v4: RangeSet::EMPTY,
                v6: RangeSet::of(of(dimension).to_vec()),
            },
        };
        let ports = |dimension: usize| -> PortSet {
            narrow(of(dimension), |value| {
                u16::try_from(value).unwrap_or(u16::MAX)
            })
        };
        let interfaces = |dimension: usize| -> Option<Vec<String>> {
            let values = of(dimension);
            if values == [(0, shared.highest(dimension))] {
                return None;
            }
            let named = (0u128..).zip(&shared.names);
            let chosen = named
                .filter(|(number, _)| values.iter().any(|(a, b)| (a..=b).contains(&number)))
                .map(|(_, name)| name.clone());
            Some(chosen.collect())
        };
        Self {
            family: shared.family(),
            piece: Piece {
                turn,
                ingress: interfaces(INGRESS),
                egress: interfaces(EGRESS),
                state: match of(STATE) {
                    [(0, 0)] => Some(ConnectionState::New),
                    [(1, 1)] => Some(ConnectionState::Established),
                    _ => None,
                },
                packets: Cube {
                    source: addresses(SOURCE),
                    destination: addresses(DESTINATION),
                    protocols: protocols(of(PROTOCOL)),
                    source_ports: ports(SOURCE_PORT),
                    destination_ports: ports(DESTINATION_PORT),
                },
                reasons,
                rules: Default::default(),
                on: Default::default(),
            },
        }
    }

    /// Whether it is about all addresses of its family.
    fn everywhere(&self) -> bool {
        let packets = &self.piece.packets;
        match self.family {
            Family::V4 => packets.source.v4.is_all() && packets.destination.v4.is_all(),
            Family::V6 => packets.source.v6.is_all() && packets.destination.v6.is_all(),
        }
    }

    /// Whether two pieces differ in their addresses at most.
    fn alike(&self, other: &Self) -> bool {
        let (mine, theirs) = (&self.piece, &other.piece);
        mine.turn == theirs.turn
            && mine.ingress == theirs.ingress
            && mine.egress == theirs.egress
            && mine.state == theirs.state
            && mine.reasons == theirs.reasons
            && mine.packets.protocols == theirs.packets.protocols
            && mine.packets.source_ports == theirs.packets.source_ports
            && mine.packets.destination_ports == theirs.packets.destination_ports
    }
}

/// Pieces about all addresses of either family become one.
pub(super) fn joined(raw: Vec<Raw>, counts: &mut [usize; 4]) -> Vec<Piece> {
    let mut out: Vec<Raw> = Vec::with_capacity(raw.len());
    for piece in raw {
        let twin = out.iter_mut().find(|known| {
            piece.family == Family::V6
                && known.family == Family::V4
                && piece.everywhere()
                && known.everywhere()
                && known.alike(&piece)
        });
        match twin {
            Some(known) => {
                known.piece.packets.source = IpSet::ALL;
                known.piece.packets.destination = IpSet::ALL;
                if let Some(count) = counts.get_mut(piece.piece.turn as usize) {
                    *count = count.saturating_sub(1);
                }
            }
            None => out.push(piece),
        }
    }
    out.into_iter().map(|raw| raw.piece).collect()
}

fn narrow<T: crate::flow::ranges::Bound>(
    values: &[(u128, u128)],
    value: impl Fn(u128) -> T,
) -> RangeSet<T> {
    RangeSet::of(values.iter().map(|(a, b)| (value(*a), value(*b))).collect())
}

fn protocols(values: &[(u128, u128)]) -> ProtocolSet {
    (0..=u8::MAX)
        .filter(|number| {
            let number = u128::from(*number);
            values.iter().any(|(a, b)| (*a..=*b).contains(&number))
        })
        .map(Protocol)
        .collect()
}
