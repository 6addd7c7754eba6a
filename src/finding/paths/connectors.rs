//! Which Receive connector answers a way: of those bound to a port of the path,
//! the one with the narrowest range that holds the sender (`RemoteIPRanges` of
//! Set-ReceiveConnector).

use crate::finding::touch::{addresses, admits, ranges};
use crate::model::exchange::{Lookup, Value};
use crate::model::net::IpRange;
use crate::model::path::DataPath;
use crate::policy::facts::{Facts, ObjectFact};

/// The cmdlet of the connectors.
pub const CMDLET: &str = "Get-ReceiveConnector";

/// The connectors of the destination that may answer the source. For a server
/// whose addresses are known the narrowest range wins; for a zone each that
/// admits a part of it may answer.
pub fn answering<'a>(
    path: &DataPath,
    source: &str,
    destination: &str,
    facts: &'a Facts,
) -> Vec<&'a ObjectFact> {
    let all = facts.objects.get(CMDLET).map_or(&[][..], Vec::as_slice);
    let candidates: Vec<&ObjectFact> = all
        .iter()
        .filter(|object| {
            let own = object.server.as_deref();
            own.is_some_and(|server| server.eq_ignore_ascii_case(destination))
                && enabled(object)
                && bound(object, path)
                && admits(object, source, facts)
        })
        .collect();
    let is_server = facts.servers.iter().any(|server| server.name == source);
    let Some(ends) = addresses(source, facts).filter(|_| is_server) else {
        return candidates;
    };
    let width = |object: &ObjectFact| narrowest(object, &ends);
    let least = candidates.iter().map(|object| width(object)).min();
    let mut candidates = candidates;
    candidates.retain(|object| Some(width(object)) == least);
    candidates
}

/// Whether a sender is a server whose addresses are not known.
pub fn unplaced(source: &str, facts: &Facts) -> bool {
    let is_server = facts.servers.iter().any(|server| server.name == source);
    is_server && addresses(source, facts).is_none()
}

/// Whether an object is not switched off.
pub fn enabled(object: &ObjectFact) -> bool {
    !matches!(
        object.record.get("Enabled"),
        Lookup::Known(Value::Bool(false), _)
    )
}

/// Whether a connector listens on a port of the path; one whose bindings are
/// not known may.
fn bound(connector: &ObjectFact, path: &DataPath) -> bool {
    let Some((bindings, _)) = connector.record.names("Bindings") else {
        return true;
    };
    let mut ports = bindings.iter().filter_map(|binding| {
        let (_, port) = binding.rsplit_once(':')?;
        port.trim().parse::<u16>().ok()
    });
    ports.any(|port| path.services.iter().any(|service| service.port == port))
}

/// The size of the narrowest range that holds an address; unknown ranges hold
/// everything.
fn narrowest(connector: &ObjectFact, ends: &[IpRange]) -> u128 {
    let number = |address: std::net::IpAddr| match address {
        std::net::IpAddr::V4(address) => u128::from(u32::from(address)),
        std::net::IpAddr::V6(address) => u128::from(address),
    };
    let Some(ranges) = ranges(connector) else {
        return u128::MAX;
    };
    ranges
        .iter()
        .filter(|range| ends.iter().any(|end| range.contains(end.first())))
        .map(|range| number(range.last()).saturating_sub(number(range.first())))
        .min()
        .unwrap_or(u128::MAX)
}
