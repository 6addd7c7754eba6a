//! Addresses and ports moved from one range to another, and packets followed
//! back from what they became.

use crate::flow::packets::Cube;
use crate::flow::ranges::RangeSet;
use crate::flow::sets::{IpSet, PortSet};
use crate::model::net::PortRange;

/// Moves addresses from one range to another of the same size; equal sets stay.
pub(in crate::flow) fn shift(addresses: &IpSet, from: &IpSet, to: &IpSet) -> Option<IpSet> {
    if from == to {
        return Some(addresses.clone());
    }
    if addresses == from && from.single().is_some() && to.single().is_some() {
        return Some(to.clone());
    }
    match (from.v4.ranges(), to.v4.ranges()) {
        (&[(low, high)], &[(base, top)]) if from.v6.is_empty() && to.v6.is_empty() => {
            if high.checked_sub(low)? != top.checked_sub(base)? {
                return None;
            }
            let moved: Option<Vec<(u32, u32)>> = addresses
                .v4
                .ranges()
                .iter()
                .map(|(a, b)| {
                    let at = |x: &u32| x.checked_sub(low)?.checked_add(base);
                    Some((at(a)?, at(b)?))
                })
                .collect();
            Some(IpSet {
                v4: RangeSet::of(moved?),
                v6: RangeSet::EMPTY,
            })
        }
        ([], []) => {
            let (&[(low, high)], &[(base, top)]) = (from.v6.ranges(), to.v6.ranges()) else {
                return None;
            };
            if high.checked_sub(low)? != top.checked_sub(base)? {
                return None;
            }
            let moved: Option<Vec<(u128, u128)>> = addresses
                .v6
                .ranges()
                .iter()
                .map(|(a, b)| {
                    let at = |x: &u128| x.checked_sub(low)?.checked_add(base);
                    Some((at(a)?, at(b)?))
                })
                .collect();
            Some(IpSet {
                v4: RangeSet::EMPTY,
                v6: RangeSet::of(moved?),
            })
        }
        _ => None,
    }
}

/// Moves ports from one range to another of the same size.
pub(in crate::flow) fn shift_ports(
    ports: &PortSet,
    from: PortRange,
    to: PortRange,
) -> Option<PortSet> {
    if from == to {
        return Some(ports.clone());
    }
    if from.high.checked_sub(from.low)? != to.high.checked_sub(to.low)? {
        return None;
    }
    let moved: Option<Vec<(u16, u16)>> = ports
        .ranges()
        .iter()
        .map(|(a, b)| {
            let at = |x: &u16| x.checked_sub(from.low)?.checked_add(to.low);
            Some((at(a)?, at(b)?))
        })
        .collect();
    moved.map(PortSet::of)
}

/// The part of `before` that becomes `part` of `after`, and whether that is
/// exact. `pooled`: the source of `after` is one of a pool, so any source of
/// `before` may become any of them.
pub(in crate::flow) fn project(
    before: &Cube,
    after: &Cube,
    part: &Cube,
    pooled: bool,
) -> (Cube, bool) {
    if part == after {
        return (before.clone(), true);
    }
    let addresses = |before: &IpSet, after: &IpSet, part: &IpSet, pooled: bool| {
        if part == after {
            Some(before.clone())
        } else if pooled {
            None
        } else {
            shift(part, after, before)
        }
    };
    let ports = |before: &PortSet, after: &PortSet, part: &PortSet, pooled: bool| {
        if part == after {
            Some(before.clone())
        } else if pooled {
            None
        } else if before == after {
            Some(part.clone())
        } else if let (&[(b, t)], &[(low, high)]) = (before.ranges(), after.ranges()) {
            shift_ports(part, PortRange { low, high }, PortRange { low: b, high: t })
        } else {
            None
        }
    };
    let source = addresses(&before.source, &after.source, &part.source, pooled);
    let destination = addresses(
        &before.destination,
        &after.destination,
        &part.destination,
        false,
    );
    let source_ports = ports(
        &before.source_ports,
        &after.source_ports,
        &part.source_ports,
        pooled,
    );
    let destination_ports = ports(
        &before.destination_ports,
        &after.destination_ports,
        &part.destination_ports,
        false,
    );
    let exact = source.is_some()
        && destination.is_some()
        && source_ports.is_some()
        && destination_ports.is_some();
    (
        Cube {
            source: source.unwrap_or_else(|| before.source.clone()),
            destination: destination.unwrap_or_else(|| before.destination.clone()),
            protocols: part.protocols,
            source_ports: source_ports.unwrap_or_else(|| before.source_ports.clone()),
            destination_ports: destination_ports
                .unwrap_or_else(|| before.destination_ports.clone()),
        },
        exact,
    )
}
