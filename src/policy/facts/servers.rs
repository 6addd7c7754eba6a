//! `servers`: machines with roles, site, version and addresses.

use super::names;
use super::types::{AddressFact, Certainty, ProxyFact, Ref, ServerAt, ServerFact, VersionFact};
use crate::estate::{Address, Estate, Server, Strength, Zone, ZoneClass};
use crate::formats::inventory::MachineEntry;

/// One fact for each server, by name.
pub fn build(estate: &Estate) -> Vec<ServerFact> {
    let mut servers: Vec<_> = estate
        .servers
        .iter()
        .map(|known| server(known, estate))
        .collect();
    servers.sort_by(|a, b| a.name.cmp(&b.name));
    servers
}

fn server(server: &Server, estate: &Estate) -> ServerFact {
    let mut roles: Vec<_> = server.roles.iter().map(|role| role.id()).collect();
    roles.sort_unstable();
    roles.dedup();
    let mut addresses: Vec<_> = server
        .addresses
        .iter()
        .map(|known| address(known, estate))
        .collect();
    addresses.sort_by(|a, b| (&a.ip, a.at).cmp(&(&b.ip, b.at)));
    ServerFact {
        name: server.name.clone(),
        fqdn: server.fqdn.as_ref().map(|fqdn| fqdn.value.clone()),
        exchange: server.exchange,
        roles,
        site: server.site.as_ref().map(|site| site.value.clone()),
        version: server.version.as_ref().map(|version| VersionFact {
            major: version.major,
            minor: version.minor,
            build: version.build,
        }),
        state: server
            .state
            .as_ref()
            .map_or_else(|| "active".to_owned(), |state| state.value.clone()),
        cluster: !server.nodes.is_empty(),
        nodes: server.nodes.iter().map(|node| node.value.clone()).collect(),
        published: server.published.iter().map(|net| net.to_string()).collect(),
        proxy: entry(server, estate).and_then(proxy),
        at: ServerAt {
            this: Ref(server.span),
            roles: Ref(server.roles.first().map_or(server.span, |role| role.span)),
            site: server.site.as_ref().map(|site| Ref(site.span)),
            version: server.version.as_ref().map(|version| Ref(version.span)),
            state: server.state.as_ref().map(|state| Ref(state.span)),
            addresses: addresses.iter().map(|address| address.at).collect(),
        },
        addresses,
    }
}

/// The entry of the inventory about a server.
pub fn entry<'e>(server: &Server, estate: &'e Estate) -> Option<&'e MachineEntry> {
    let mut machines = estate.inventory.as_ref()?.machines.iter();
    machines.find(|machine| is_called(server, &machine.name.value))
}

/// Whether a name is that of a server.
pub fn is_called(server: &Server, name: &str) -> bool {
    let fqdn = server.fqdn.as_ref();
    name.eq_ignore_ascii_case(&server.name)
        || fqdn.is_some_and(|fqdn| name.eq_ignore_ascii_case(&fqdn.value))
}

/// What an entry says about a reverse proxy; `None` where it says nothing.
fn proxy(entry: &MachineEntry) -> Option<ProxyFact> {
    let known = ProxyFact {
        publishes: entry.publishes.iter().map(|p| p.value.clone()).collect(),
        terminates_tls: entry.terminates_tls.as_ref().map(|known| known.value),
        preauth: entry.preauth.as_ref().map(|known| known.value.clone()),
        forwards_to: entry.forwards_to.as_ref().map(|known| known.value.clone()),
        forward_port: entry.forward_port.as_ref().map(|known| known.value),
        at: Ref(entry.span),
    };
    let silent = known.publishes.is_empty()
        && known.terminates_tls.is_none()
        && known.preauth.is_none()
        && known.forwards_to.is_none()
        && known.forward_port.is_none();
    (!silent).then_some(known)
}

fn address(address: &Address, estate: &Estate) -> AddressFact {
    let zone = address.zone.and_then(|id| zone_of(id, estate));
    let class = zone.and_then(|zone| zone.class);
    let weak = names::weak_strength(address.strength)
        .map(|how| format!("{} is known only by {how}", address.ip))
        .or_else(|| zone.and_then(weak_class));
    AddressFact {
        ip: address.ip.to_string(),
        zone: zone.map(|zone| zone.name.clone()),
        class: class.map(ZoneClass::id),
        certainty: if weak.is_some() {
            Certainty::Derived
        } else {
            Certainty::Declared
        },
        weak,
        signals: zone.map_or_else(Vec::new, |zone| {
            let what = zone.signals.iter().map(|signal| signal.what.clone());
            what.collect()
        }),
        at: Ref(address.span),
    }
}

/// Why the class of a zone is weak; `None` when it is declared or unknown.
pub fn weak_class(zone: &Zone) -> Option<String> {
    let class = zone.class?;
    if zone.strength == Strength::Declared {
        return None;
    }
    let speaks_for = |signal: &&crate::estate::Signal| signal.class == class && signal.weight > 0;
    let signals: Vec<_> = zone
        .signals
        .iter()
        .filter(speaks_for)
        .map(|signal| signal.what.as_str())
        .collect();
    let class = class.id();
    Some(format!(
        "zone {} is taken for {class} because {}",
        zone.name,
        signals.join("; ")
    ))
}

/// The server of an id.
pub fn server_of(id: crate::estate::ServerId, estate: &Estate) -> Option<&Server> {
    estate.servers.get(usize::try_from(id.0).ok()?)
}

/// The zone of an id.
pub fn zone_of(id: crate::estate::ZoneId, estate: &Estate) -> Option<&Zone> {
    estate.zones.get(usize::try_from(id.0).ok()?)
}
