//! Ports that servers listen on, as their registry and netsh tell.
//!
//! Which ports RPC hands out: KB 154596. `Ports` are those for the Internet
//! where `PortsInternetAvailable` is `Y`, and all others where it is `N`;
//! `UseInternetPorts` says from which of the two a server without a wish of its
//! own gets its ports. Only where both are alike do `Ports` name them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::formats::registry;
use crate::model::exchange::{Lookup, Record, Value};
use crate::model::net::PortRange;
use crate::source::{Span, Spanned};

use super::types::{Contradiction, Estate, Object, ServerId};

/// What is known of the ports that one server listens on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostPorts {
    /// The ports that RPC hands out, where the registry names them.
    pub rpc: Vec<Spanned<PortRange>>,
    /// The ports that the system hands out, where netsh shows them; RPC hands
    /// out of these unless the registry names others.
    pub dynamic: Option<Spanned<PortRange>>,
    /// Ports that the registry fixes, by what listens on them (`store`).
    pub fixed: BTreeMap<&'static str, Spanned<u16>>,
}

/// A row of the table of fixed ports.
struct FixedPort {
    key: &'static str,
    value: &'static str,
    listener: &'static str,
}

fn table() -> &'static [FixedPort] {
    static TABLE: OnceLock<Vec<FixedPort>> = OnceLock::new();
    TABLE.get_or_init(|| {
        include_str!("fixed_ports.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut cells = line.split('\t');
                Some(FixedPort {
                    key: cells.next()?,
                    value: cells.next()?,
                    listener: cells.next()?,
                })
            })
            .collect()
    })
}

/// Everything that the objects of an estate tell of the ports of its servers.
pub(super) fn collect(estate: &mut Estate) {
    let mut hosts: BTreeMap<ServerId, HostPorts> = BTreeMap::new();
    let mut contradictions = Contradictions::default();
    for object in &estate.objects {
        let Some(server) = object.server else {
            continue;
        };
        let name = |id: ServerId| {
            let known = usize::try_from(id.0).ok();
            let server = known.and_then(|at| estate.servers.get(at));
            server.map_or_else(String::new, |server| server.name.clone())
        };
        match object.cmdlet {
            "Get-ItemProperty" => {
                let host = hosts.entry(server).or_default();
                for (listener, stated) in of_key(object, host) {
                    match host.fixed.get(listener) {
                        Some(known) if known.value != stated.value => {
                            contradictions.add(name(server), listener, *known, stated);
                        }
                        Some(_) => {}
                        None => {
                            host.fixed.insert(listener, stated);
                        }
                    }
                }
            }
            "Get-NetTCPSetting" => {
                let host = hosts.entry(server).or_default();
                if let Some(range) = dynamic(&object.record) {
                    host.dynamic = Some(match host.dynamic {
                        // IPv4 and IPv6 may differ: the bounds of both.
                        Some(known) => known.map(|known| bounds(known, range.value)),
                        None => range,
                    });
                }
            }
            _ => {}
        }
    }
    for ((server, listener), _) in &contradictions.0 {
        let id = estate
            .servers
            .iter()
            .position(|known| known.name == *server);
        let id = id.and_then(|at| u32::try_from(at).ok()).map(ServerId);
        if let Some(host) = id.and_then(|id| hosts.get_mut(&id)) {
            host.fixed.remove(listener);
        }
    }
    hosts.retain(|_, host| *host != HostPorts::default());
    estate.host_ports = hosts;
    estate.contradictions.extend(contradictions.finish());
}

/// Different values of one port.
#[derive(Default)]
struct Contradictions(BTreeMap<(String, &'static str), Vec<Spanned<u16>>>);

impl Contradictions {
    fn add(
        &mut self,
        server: String,
        listener: &'static str,
        known: Spanned<u16>,
        other: Spanned<u16>,
    ) {
        let values = self
            .0
            .entry((server, listener))
            .or_insert_with(|| vec![known]);
        if !values.iter().any(|value| value.value == other.value) {
            values.push(other);
        }
    }

    fn finish(self) -> impl Iterator<Item = Contradiction> {
        self.0
            .into_iter()
            .map(|((subject, listener), values)| Contradiction {
                subject,
                property: format!("{listener} port"),
                values: values
                    .into_iter()
                    .map(|value| value.map(|port| port.to_string()))
                    .collect(),
                inventory: false,
            })
    }
}

fn bounds(a: PortRange, b: PortRange) -> PortRange {
    PortRange {
        low: a.low.min(b.low),
        high: a.high.max(b.high),
    }
}

/// The fixed ports of a key; the range of RPC goes to the host at once.
fn of_key(object: &Object, host: &mut HostPorts) -> Vec<(&'static str, Spanned<u16>)> {
    let record = &object.record;
    let Some(key) = record
        .text("PSPath")
        .and_then(|(path, _)| registry::key_of_path(path))
    else {
        return Vec::new();
    };
    if key == RPC {
        host.rpc = rpc_range(record);
        return Vec::new();
    }
    let rows = table().iter().filter(|row| row.key == key);
    rows.filter_map(|row| Some((row.listener, port(record, row.value)?)))
        .collect()
}

const RPC: &str = "hkey_local_machine\\software\\microsoft\\rpc\\internet";

fn rpc_range(record: &Record) -> Vec<Spanned<PortRange>> {
    let flag = |name: &str| {
        let (text, _) = record.text(name)?;
        match text.trim().to_ascii_lowercase().as_str() {
            "y" => Some(true),
            "n" => Some(false),
            _ => None,
        }
    };
    let (Some(available), Some(used)) = (flag("PortsInternetAvailable"), flag("UseInternetPorts"))
    else {
        return Vec::new();
    };
    let Some((texts, span)) = record.names("Ports").filter(|_| available == used) else {
        return Vec::new();
    };
    let ranges: Option<Vec<_>> = texts
        .iter()
        .map(|text| Some(Spanned::new(registry::range(text)?, span)))
        .collect();
    ranges.unwrap_or_default()
}

/// A port that is set: 0 leaves it to RPC.
fn port(record: &Record, name: &str) -> Option<Spanned<u16>> {
    let (number, span) = integer(record, name)?;
    let port = u16::try_from(number).ok().filter(|port| *port > 0)?;
    Some(Spanned::new(port, span))
}

fn integer(record: &Record, name: &str) -> Option<(i64, Span)> {
    match record.get(name) {
        Lookup::Known(Value::Integer(number), span) => Some((*number, span)),
        _ => None,
    }
}

/// The ports of `netsh int ipv4 show dynamicport tcp`.
fn dynamic(record: &Record) -> Option<Spanned<PortRange>> {
    let (start, span) = integer(record, "DynamicPortRangeStartPort")?;
    let (count, _) = integer(record, "DynamicPortRangeNumberOfPorts")?;
    let low = u16::try_from(start).ok().filter(|port| *port > 0)?;
    let high = u16::try_from(start.checked_add(count)?.checked_sub(1)?).ok()?;
    Some(Spanned::new(PortRange::new(low, high)?, span))
}
