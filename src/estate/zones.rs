//! Zones: network areas with the interfaces that touch them.
//!
//! The inventory declares zones; every other interface makes one of its own,
//! and interfaces of two firewalls in one connected network share theirs.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

use crate::formats::inventory::{ZoneEntry, alternatives, nearest};
use crate::formats::{Problem, ProblemLevel};
use crate::model::firewall::{Firewall, InterfaceId, Route};
use crate::model::net::IpRange;
use crate::source::Spanned;

use super::firewalls::interfaces_named;
use super::place::{interface, is_default, is_within, leads_to_firewall, own_addresses};
use super::types::{Contradiction, Estate, FirewallId, Strength, Zone, ZoneClass};

type Attachment = (FirewallId, InterfaceId);

/// Builds all zones of an estate whose firewalls are joined.
pub(super) fn build(estate: &mut Estate) {
    let nodes = active_interfaces(estate);
    let groups = shared_networks(estate, &nodes);
    let declared: Vec<ZoneEntry> = estate
        .inventory
        .as_ref()
        .map_or_else(Vec::new, |inventory| inventory.zones.clone());
    let entries = distinct(&declared);
    let mut claims: BTreeMap<Attachment, Vec<usize>> = BTreeMap::new();
    for (index, entry) in entries.iter().enumerate() {
        for attachment in declared_attachments(entry, estate) {
            let claimed = claims.entry(attachment).or_default();
            if !claimed.contains(&index) {
                claimed.push(index);
            }
        }
    }
    let mut zones: Vec<Zone> = entries.iter().map(|entry| declared_zone(entry)).collect();
    for group in &groups {
        assign(group, &claims, &entries, estate, &mut zones);
    }
    // A declared attachment to an interface that is shut down still names it.
    for (attachment, claimed) in &claims {
        for index in claimed {
            if let Some(zone) = zones.get_mut(*index)
                && !zone.attachments.contains(attachment)
                && !nodes.contains(attachment)
            {
                zone.attachments.push(*attachment);
            }
        }
    }
    networks(&mut zones, estate);
    estate.zones = zones;
    check_declared_places(estate);
}

/// Declared zones; a second entry of one name is already complained of.
fn distinct(declared: &[ZoneEntry]) -> Vec<&ZoneEntry> {
    let mut entries: Vec<&ZoneEntry> = Vec::new();
    for entry in declared {
        let known = entries
            .iter()
            .any(|known| known.name.value.eq_ignore_ascii_case(&entry.name.value));
        if !known {
            entries.push(entry);
        }
    }
    entries
}

fn declared_zone(entry: &ZoneEntry) -> Zone {
    Zone {
        name: entry.name.value.clone(),
        class: entry.class.map(|class| class.value),
        strength: Strength::Declared,
        signals: Vec::new(),
        attachments: Vec::new(),
        beyond: Vec::new(),
        networks: entry.networks.clone(),
        span: entry.name.span,
    }
}

fn active_interfaces(estate: &Estate) -> Vec<Attachment> {
    let mut nodes = Vec::new();
    for (position, known) in estate.firewalls.iter().enumerate() {
        let id = FirewallId(u32::try_from(position).unwrap_or(u32::MAX));
        for (position, interface) in known.firewall.interfaces.iter().enumerate() {
            if interface.shutdown.is_none() && !interface.discards() {
                nodes.push((id, InterfaceId(u32::try_from(position).unwrap_or(u32::MAX))));
            }
        }
    }
    nodes
}

/// Groups of interfaces in one connected network. Two interfaces with one own
/// address are not in one network: they are two copies, or two places that use
/// the same private addresses.
fn shared_networks(estate: &Estate, nodes: &[Attachment]) -> Vec<Vec<Attachment>> {
    let mut parent: Vec<usize> = (0..nodes.len()).collect();
    let mut by_network: HashMap<IpRange, Vec<(usize, IpAddr)>> = HashMap::new();
    for (node, attachment) in nodes.iter().enumerate() {
        let Some(interface) = interface_at(estate, *attachment) else {
            continue;
        };
        for address in &interface.addresses {
            by_network
                .entry(address.network)
                .or_default()
                .push((node, address.address.first()));
        }
    }
    for members in by_network.values() {
        let firewall = |node: usize| nodes.get(node).map(|(firewall, _)| *firewall);
        let neighbours =
            |a: &(usize, IpAddr), b: &(usize, IpAddr)| firewall(a.0) != firewall(b.0) && a.1 != b.1;
        let Some(first) = members.first() else {
            continue;
        };
        let Some(second) = members.iter().find(|other| neighbours(first, other)) else {
            continue;
        };
        for member in members {
            for known in [first, second] {
                if neighbours(member, known) {
                    unite(&mut parent, member.0, known.0);
                }
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<Attachment>> = BTreeMap::new();
    for (node, attachment) in nodes.iter().enumerate() {
        groups
            .entry(root(&parent, node))
            .or_default()
            .push(*attachment);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    groups.sort();
    groups
}

fn root(parent: &[usize], mut node: usize) -> usize {
    while let Some(up) = parent.get(node) {
        if *up == node {
            break;
        }
        node = *up;
    }
    node
}

fn unite(parent: &mut [usize], a: usize, b: usize) {
    let (root_a, root_b) = (root(parent, a), root(parent, b));
    let (low, high) = (root_a.min(root_b), root_a.max(root_b));
    // The nodes themselves too, so that the next walk is short.
    for node in [high, a, b] {
        if let Some(slot) = parent.get_mut(node) {
            *slot = low;
        }
    }
}

fn interface_at(
    estate: &Estate,
    (firewall, id): Attachment,
) -> Option<&crate::model::firewall::Interface> {
    interface(&estate.firewalls.get(firewall.0 as usize)?.firewall, id)
}

/// The interfaces that `at` names. Names that nothing has are complained of.
fn declared_attachments(entry: &ZoneEntry, estate: &mut Estate) -> Vec<Attachment> {
    let mut attachments = Vec::new();
    let mut problems = Vec::new();
    for at in &entry.at {
        let Some((firewall, name)) = at.value.split_once(':') else {
            continue;
        };
        let (firewall, name) = (firewall.trim(), name.trim());
        let found = find_firewall(estate, firewall);
        match found {
            Some((id, known)) => {
                let interfaces = interfaces_named(&known.firewall, name);
                if interfaces.is_empty() {
                    problems.push(unknown_interface(&known.name, &known.firewall, name, at));
                }
                attachments.extend(interfaces.into_iter().map(|interface| (id, interface)));
            }
            None => problems.extend(unknown_firewall(estate, firewall, at)),
        }
    }
    estate.problems.extend(problems);
    attachments
}

/// A firewall by the run's name or its own host name.
pub(super) fn find_firewall<'e>(
    estate: &'e Estate,
    name: &str,
) -> Option<(FirewallId, &'e super::types::EstateFirewall)> {
    let position = |test: &dyn Fn(&super::types::EstateFirewall) -> bool| {
        let position = estate.firewalls.iter().position(test)?;
        let id = FirewallId(u32::try_from(position).ok()?);
        Some((id, estate.firewalls.get(position)?))
    };
    position(&|known| known.name.eq_ignore_ascii_case(name))
        .or_else(|| position(&|known| known.firewall.name.value.eq_ignore_ascii_case(name)))
}

fn unknown_interface(
    firewall_name: &str,
    firewall: &Firewall,
    name: &str,
    at: &Spanned<String>,
) -> Problem {
    let known: Vec<&str> = firewall
        .interfaces
        .iter()
        .map(|interface| interface.name.value.as_str())
        .collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{firewall_name}:{near}`?"),
        None if known.is_empty() => format!("{firewall_name} shows no interfaces"),
        None => format!(
            "its interfaces are {}",
            alternatives(known.get(..12).unwrap_or(&known))
        ),
    };
    Problem {
        level: ProblemLevel::Error,
        message: format!("firewall `{firewall_name}` has no interface `{name}`"),
        hint: Some(hint),
        span: at.span,
    }
}

/// A firewall that `[[firewall]]` declares and whose file is missing has been
/// complained of already.
fn unknown_firewall(estate: &Estate, name: &str, at: &Spanned<String>) -> Option<Problem> {
    let declared = estate
        .inventory
        .iter()
        .flat_map(|inventory| &inventory.firewalls)
        .any(|entry| entry.name.value.eq_ignore_ascii_case(name));
    if declared {
        return None;
    }
    let known = estate.firewalls.iter().map(|known| known.name.as_str());
    Some(Problem {
        level: ProblemLevel::Error,
        message: format!("no firewall is called `{name}`"),
        hint: Some(match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let known: Vec<&str> = known.take(12).collect();
                if known.is_empty() {
                    "no firewall configuration was read".to_owned()
                } else {
                    format!("the firewalls are {}", alternatives(&known))
                }
            }
        }),
        span: at.span,
    })
}

/// Gives a group of interfaces to the declared zone that claims it, or makes a
/// zone of it.
fn assign(
    group: &[Attachment],
    claims: &BTreeMap<Attachment, Vec<usize>>,
    entries: &[&ZoneEntry],
    estate: &mut Estate,
    zones: &mut Vec<Zone>,
) {
    let mut claimed: Vec<usize> = Vec::new();
    for attachment in group {
        for index in claims.get(attachment).into_iter().flatten() {
            if !claimed.contains(index) {
                claimed.push(*index);
            }
        }
    }
    claimed.sort_unstable();
    for index in take_remote(&mut claimed, group, entries, estate) {
        let own = group.iter().filter(|attachment| {
            let claims = claims.get(attachment);
            claims.is_some_and(|claims| claims.contains(&index))
        });
        if let Some(zone) = zones.get_mut(index) {
            zone.beyond.extend(own);
        }
    }
    match claimed.as_slice() {
        [] => match containing_zone(group, claims, entries, estate) {
            Some(index) => attach(zones, index, group),
            None => zones.extend(derived_zone(group, estate)),
        },
        [index] => attach(zones, *index, group),
        several => {
            contradiction(group, several, claims, entries, estate);
            // Each interface goes where it is declared, in one zone only.
            let mut rest = Vec::new();
            for attachment in group {
                match claims.get(attachment).and_then(|claimed| claimed.first()) {
                    Some(index) => attach(zones, *index, &[*attachment]),
                    None => rest.push(*attachment),
                }
            }
            if !rest.is_empty() {
                zones.extend(derived_zone(&rest, estate));
            }
        }
    }
}

/// Of several zones that claim a group of interfaces, takes out those whose
/// networks lie further on: they are declared, and neither those at the
/// interfaces nor in another of the zones. One stays.
fn take_remote(
    claimed: &mut Vec<usize>,
    group: &[Attachment],
    entries: &[&ZoneEntry],
    estate: &Estate,
) -> Vec<usize> {
    let at_hand: Vec<IpRange> = group
        .iter()
        .filter_map(|attachment| interface_at(estate, *attachment))
        .flat_map(|interface| &interface.addresses)
        .map(|address| address.network)
        .collect();
    let networks = |index: usize| {
        let entry = entries.get(index);
        entry.map_or(&[][..], |entry| entry.networks.as_slice())
    };
    let touch = |a: IpRange, b: IpRange| a.contains(b.first()) || b.contains(a.first());
    let is_remote = |index: usize| {
        let own = networks(index);
        let apart = own.iter().all(|own| {
            let mut others = claimed.iter().filter(|other| **other != index);
            !at_hand.iter().any(|known| touch(own.value, *known))
                && !others.any(|other| {
                    let mut others = networks(*other).iter();
                    others.any(|other| !is_default(other.value) && touch(own.value, other.value))
                })
        });
        let class = entries.get(index).and_then(|entry| entry.class);
        !own.is_empty() && apart && class.map(|class| class.value) != Some(ZoneClass::Internet)
    };
    let mut remote: Vec<usize> = claimed.iter().copied().filter(|i| is_remote(*i)).collect();
    if remote.len() == claimed.len() && !remote.is_empty() {
        remote.remove(0);
    }
    claimed.retain(|index| !remote.contains(index));
    remote
}

fn attach(zones: &mut [Zone], index: usize, group: &[Attachment]) {
    if let Some(zone) = zones.get_mut(index) {
        zone.attachments.extend_from_slice(group);
    }
}

/// The declared zone whose networks hold every connected network of a group.
/// A zone that names other interfaces of the same firewall is not it: then
/// inventory and firewall disagree.
fn containing_zone(
    group: &[Attachment],
    claims: &BTreeMap<Attachment, Vec<usize>>,
    entries: &[&ZoneEntry],
    estate: &Estate,
) -> Option<usize> {
    let is_elsewhere = |index: usize| {
        claims.iter().any(|((firewall, _), claimed)| {
            claimed.contains(&index) && group.iter().any(|(known, _)| known == firewall)
        })
    };
    let connected: Vec<IpRange> = group
        .iter()
        .filter_map(|attachment| interface_at(estate, *attachment))
        .flat_map(|interface| &interface.addresses)
        .map(|address| address.network)
        .collect();
    if connected.is_empty() {
        return None;
    }
    let holds = |entry: &ZoneEntry, network: IpRange| {
        entry
            .networks
            .iter()
            .any(|declared| !is_default(declared.value) && is_within(network, declared.value))
    };
    let mut fitting = entries
        .iter()
        .enumerate()
        .filter(|(_, entry)| connected.iter().all(|network| holds(entry, *network)))
        .map(|(index, _)| index)
        .filter(|index| !is_elsewhere(*index));
    match (fitting.next(), fitting.next()) {
        (Some(index), None) => Some(index),
        _ => None,
    }
}

fn contradiction(
    group: &[Attachment],
    claimed: &[usize],
    claims: &BTreeMap<Attachment, Vec<usize>>,
    entries: &[&ZoneEntry],
    estate: &mut Estate,
) {
    let subject = group
        .iter()
        .find(|attachment| claims.contains_key(attachment))
        .and_then(|attachment| label(estate, *attachment))
        .unwrap_or_default();
    let values = claimed
        .iter()
        .filter_map(|index| entries.get(*index))
        .map(|entry| entry.name.clone())
        .collect();
    estate.contradictions.push(Contradiction {
        subject,
        property: "zone".to_owned(),
        values,
        inventory: true,
    });
}

/// `outer:dmz`.
pub(super) fn label(estate: &Estate, (firewall, id): Attachment) -> Option<String> {
    let known = estate.firewalls.get(firewall.0 as usize)?;
    let interface = interface(&known.firewall, id)?;
    Some(format!("{}:{}", known.name, interface.name.value))
}

fn derived_zone(group: &[Attachment], estate: &Estate) -> Option<Zone> {
    let first = *group.first()?;
    Some(Zone {
        name: label(estate, first)?,
        class: None,
        strength: Strength::Name,
        signals: Vec::new(),
        attachments: group.to_vec(),
        beyond: Vec::new(),
        networks: Vec::new(),
        span: interface_at(estate, first)?.span,
    })
}

/// Adds connected networks, and networks that routes show behind an interface
/// where no other firewall of the run is the next hop.
fn networks(zones: &mut [Zone], estate: &Estate) {
    let own = own_addresses(estate);
    let mut routes: HashMap<Attachment, Vec<&Route>> = HashMap::new();
    for (position, known) in estate.firewalls.iter().enumerate() {
        let id = FirewallId(u32::try_from(position).unwrap_or(u32::MAX));
        for route in &known.firewall.routes {
            routes.entry((id, route.interface)).or_default().push(route);
        }
    }
    for zone in zones {
        let mut found: Vec<Spanned<IpRange>> = Vec::new();
        for (id, interface_id) in &zone.attachments {
            let Some(known) = estate.firewalls.get(id.0 as usize) else {
                continue;
            };
            let firewall = &known.firewall;
            for address in interface(firewall, *interface_id)
                .into_iter()
                .flat_map(|interface| &interface.addresses)
            {
                found.push(Spanned::new(address.network, address.span));
            }
            for route in routes.get(&(*id, *interface_id)).into_iter().flatten() {
                if !is_default(route.network) && !leads_to_firewall(route.next_hop, *id, &own) {
                    found.push(Spanned::new(route.network, route.span));
                }
            }
        }
        let mut known: HashSet<IpRange> = zone.networks.iter().map(|n| n.value).collect();
        found.retain(|network| known.insert(network.value));
        zone.networks.append(&mut found);
        zone.attachments.sort();
        zone.attachments.dedup();
    }
}

/// A declared network that a firewall reaches through another interface than
/// the declared ones contradicts the firewall (IN004).
fn check_declared_places(estate: &mut Estate) {
    let Some(inventory) = &estate.inventory else {
        return;
    };
    let mut found = Vec::new();
    for entry in &inventory.zones {
        if entry.at.is_empty() || entry.class.map(|c| c.value) == Some(ZoneClass::Internet) {
            continue;
        }
        let Some(zone) = estate
            .zones
            .iter()
            .find(|zone| zone.name == entry.name.value)
        else {
            continue;
        };
        for network in &entry.networks {
            if is_default(network.value) {
                continue;
            }
            for (position, known) in estate.firewalls.iter().enumerate() {
                let id = FirewallId(u32::try_from(position).unwrap_or(u32::MAX));
                let declared: Vec<InterfaceId> = zone
                    .attachments
                    .iter()
                    .filter(|(at, _)| *at == id)
                    .map(|(_, interface)| *interface)
                    .collect();
                if declared.is_empty() {
                    continue;
                }
                let Some((actual, strength, span)) =
                    super::place::interface_of(&known.firewall, network.value.first())
                else {
                    continue;
                };
                if declared.contains(&actual) || strength > Strength::Routed {
                    continue;
                }
                let shown = |id: InterfaceId| {
                    label(
                        estate,
                        (FirewallId(u32::try_from(position).unwrap_or(0)), id),
                    )
                    .unwrap_or_default()
                };
                found.push(Contradiction {
                    subject: entry.name.value.clone(),
                    property: "zone".to_owned(),
                    values: vec![
                        Spanned::new(
                            format!(
                                "{} at {}",
                                network.value,
                                declared.first().map_or_else(String::new, |id| shown(*id))
                            ),
                            network.span,
                        ),
                        Spanned::new(format!("{} at {}", network.value, shown(actual)), span),
                    ],
                    inventory: true,
                });
            }
        }
    }
    estate.contradictions.extend(found);
}
