//! Which ways of a data path a finding touches: those between the machines that
//! it names, and only from where the thing that it is about can be reached.

use super::Finding;
use crate::model::exchange::{Lookup, Value};
use crate::model::net::IpRange;
use crate::policy::facts::{Facts, ObjectFact};
use crate::policy::parse_range;

/// The cmdlet of the objects that limit who may connect.
const CONNECTORS: &str = "Get-ReceiveConnector";

/// Whether a finding speaks of the way between two ends.
#[must_use]
pub fn touches(finding: &Finding, source: &str, destination: &str, facts: &Facts) -> bool {
    if !finding.flows.is_empty() {
        return finding
            .flows
            .iter()
            .filter(|flow| flow.destination == destination)
            .any(|flow| flow.source == source || lies_in(source, &flow.source, facts));
    }
    let subject = finding.subject.as_str();
    if let Some(connector) = connector(subject, facts) {
        let here = connector.server.as_deref().map_or_else(
            || names(subject).any(|name| name == destination),
            |own| own == destination,
        );
        return here && admits(connector, source, facts);
    }
    // From a zone to servers.
    if let Some((zone, servers)) = subject.split_once(": ")
        && (zone == "internet" || facts.zones.iter().any(|known| known.name == zone))
    {
        return names(servers).any(|name| name == destination) && lies_in(source, zone, facts);
    }
    // A pair concerns the way between the two only.
    if subject.contains(" - ") || subject.contains(" -> ") {
        return [source, destination]
            .iter()
            .all(|end| names(subject).any(|name| name == *end));
    }
    names(subject).any(|name| name == source || name == destination)
}

/// Leaves a finding about something that limits who may connect only the
/// paths on which somebody may.
pub fn narrow(finding: &mut Finding, facts: &Facts) {
    if connector(&finding.subject, facts).is_none() {
        return;
    }
    let touched: Vec<String> = finding
        .paths
        .iter()
        .filter(|path| {
            facts.flows.iter().any(|flow| {
                *flow.path.0 == ***path && touches(finding, &flow.source, &flow.destination, facts)
            })
        })
        .cloned()
        .collect();
    // Without flows nothing tells who sends.
    if !touched.is_empty() {
        finding.paths = touched.into();
    }
}

/// Words of a subject, in lower case.
fn names(subject: &str) -> impl Iterator<Item = String> + '_ {
    subject
        .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
        .map(str::to_lowercase)
}

fn connector<'f>(subject: &str, facts: &'f Facts) -> Option<&'f ObjectFact> {
    facts
        .objects
        .get(CONNECTORS)?
        .iter()
        .find(|object| object.identity == subject)
}

/// Whether a connector lets an end connect; what is not known may.
pub fn admits(connector: &ObjectFact, source: &str, facts: &Facts) -> bool {
    let Lookup::Known(Value::List(listed), _) = connector.record.get("remoteipranges") else {
        return true;
    };
    let ranges: Option<Vec<IpRange>> = listed
        .iter()
        .map(|range| match range {
            Value::Text(text) => parse_range(text),
            _ => None,
        })
        .collect();
    let Some(ranges) = ranges else {
        return true;
    };
    if source == "internet" {
        return !ranges.iter().all(|range| is_private(*range));
    }
    let Some(ends) = addresses(source, facts) else {
        return true;
    };
    ranges
        .iter()
        .any(|range| ends.iter().any(|end| overlap(*range, *end)))
}

/// Addresses of a server or a zone; `None` when they are not known.
fn addresses(end: &str, facts: &Facts) -> Option<Vec<IpRange>> {
    let server = facts.servers.iter().find(|server| server.name == end);
    let texts: Vec<&str> = match server {
        Some(server) => server.addresses.iter().map(|a| a.ip.as_str()).collect(),
        None => {
            let zone = facts.zones.iter().find(|zone| zone.name == end)?;
            zone.networks.iter().map(String::as_str).collect()
        }
    };
    let ranges: Option<Vec<IpRange>> = texts.into_iter().map(parse_range).collect();
    ranges.filter(|ranges| !ranges.is_empty())
}

/// Whether a range holds addresses of private networks only (RFC 1918, RFC
/// 4193) or of the host itself.
fn is_private(range: IpRange) -> bool {
    [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "127.0.0.0/8",
        "fc00::/7",
        "::1",
    ]
    .into_iter()
    .filter_map(parse_range)
    .any(|private| private.contains(range.first()) && private.contains(range.last()))
}

fn overlap(a: IpRange, b: IpRange) -> bool {
    a.contains(b.first()) || b.contains(a.first())
}

fn lies_in(end: &str, zone: &str, facts: &Facts) -> bool {
    end == zone
        || facts
            .servers
            .iter()
            .filter(|server| server.name == end)
            .flat_map(|server| &server.addresses)
            .any(|address| address.zone.as_deref() == Some(zone))
}
