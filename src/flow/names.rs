//! Under which addresses a source knows a destination.

use super::evaluate::{Context, PartVerdict};
use super::locate::Location;
use super::nat::is_twice;
use super::packets::{Cube, PacketSet};
use super::place::Placement;
use super::reach::{Endpoint, Network, Node, Query};
use super::resolve::Reason;
use super::sets::{IpSet, PortSet, ProtocolSet, ServiceCube, ServiceSet};
use crate::model::firewall::{AddressMatch, InterfaceId, NatKind, NatService};

/// An address under which a destination is known to a source.
#[derive(Debug, Clone)]
pub(super) struct Name {
    pub(super) address: IpSet,
    pub(super) service: Option<NatService>,
    /// Whether only new connections to it are translated: the destination
    /// answers under its own address, too.
    pub(super) one_way: bool,
}

/// A name that a firewall gives an address: the mapped addresses, the service
/// of a translation for one only, and whether it translates one way only.
type Published = (IpSet, Option<NatService>, bool);

impl Network<'_> {
    /// Addresses under which a source knows a destination that firewalls
    /// translate.
    pub(super) fn names(&self, from: &Location, to: &Location) -> Vec<Name> {
        let mut names = Vec::new();
        let mut open = vec![(to.addresses.clone(), None::<NatService>, true, 0usize)];
        while let Some((address, service, so_far, depth)) = open.pop() {
            if depth > 4 || names.len() > 64 {
                break;
            }
            for (id, node) in self.nodes() {
                if node.engine.firewall.nat.rules.is_empty() {
                    continue;
                }
                let Some(ingress) = self.place(id, from) else {
                    continue;
                };
                let published = self.published_by(node, &ingress, &address, &from.addresses);
                for (mapped, ports, one_way) in published {
                    let known = |name: &Name| name.address == mapped && name.service == ports;
                    if mapped == to.addresses || names.iter().any(known) {
                        continue;
                    }
                    let ports = ports.or_else(|| service.clone());
                    names.push(Name {
                        address: mapped.clone(),
                        service: ports.clone(),
                        one_way: one_way && so_far,
                    });
                    open.push((mapped, ports, one_way && so_far, depth.saturating_add(1)));
                }
            }
        }
        names
    }

    /// Mapped addresses of a real one on the side of an interface, in the
    /// order of the translations; ends at the first that takes all packets.
    pub(super) fn published_by(
        &self,
        node: &Node<'_>,
        ingress: &Placement,
        address: &IpSet,
        sources: &IpSet,
    ) -> Vec<Published> {
        let engine = &node.engine;
        let mut found = Vec::new();
        for (known, rule) in engine.nat_rules() {
            let fits = |wanted: Option<InterfaceId>| {
                wanted.is_none_or(|wanted| wanted == ingress.interface)
            };
            if is_twice(rule) && fits(rule.real_interface) {
                let (peers, real, mapped) = (&known.real, &known.real_peers, &known.mapped_peers);
                if peers.possibly.overlaps(sources)
                    && real.surely.includes(address)
                    && mapped.is_exact()
                    && let Some(moved) =
                        super::nat::shift(address, &real.possibly, &mapped.possibly)
                {
                    found.push((moved, rule.destination_service.as_deref().cloned(), false));
                }
            }
            if !fits(rule.mapped_interface) || rule.real_interface == Some(ingress.interface) {
                continue;
            }
            let real = &known.real;
            if !real.surely.includes(address) {
                continue;
            }
            let behind = node
                .routing
                .divide(address)
                .0
                .first()
                .map(|(_, placement)| placement.interface);
            if let (Some(wanted), Some(behind)) = (rule.real_interface, behind)
                && wanted != behind
            {
                continue;
            }
            if !known.real_peers.possibly.overlaps(sources) {
                continue;
            }
            if let Some(policy) = rule.policy
                && rule.kind != NatKind::Destination
            {
                let replies = PacketSet::from(Cube::new(
                    address.clone(),
                    sources.clone(),
                    &ServiceCube::ALL,
                ));
                let parts = engine.evaluate_filter(policy, &replies, &Context::default());
                if parts
                    .iter()
                    .all(|part| part.outcome.verdict == PartVerdict::Deny)
                {
                    continue;
                }
            }
            match rule.kind {
                NatKind::Exempt => return found,
                NatKind::Dynamic | NatKind::Source => continue,
                NatKind::Static if rule.unidirectional => continue,
                NatKind::Destination
                    if rule.mapped_source == AddressMatch::Any
                        || rule.real_source == AddressMatch::Any =>
                {
                    continue;
                }
                NatKind::Static | NatKind::Destination => {}
            }
            let mapped = &known.mapped;
            if !mapped.is_exact() {
                continue;
            }
            if let Some(moved) = super::nat::shift(address, &real.possibly, &mapped.possibly) {
                let service = rule.service.as_deref().cloned();
                let whole = service.is_none();
                found.push((moved, service, rule.kind == NatKind::Destination));
                if whole {
                    return found;
                }
            }
        }
        found
    }

    /// A translation that may publish a destination under an address that is
    /// not known: what is sent to its own address then says nothing certain.
    pub(super) fn unknown_name(&self, from: &Location, to: &Location) -> Option<Reason> {
        self.nodes().find_map(|(id, node)| {
            if node.engine.firewall.nat.rules.is_empty() {
                return None;
            }
            let ingress = self.place(id, from)?.interface;
            node.engine.nat_rules().find_map(|(known, rule)| {
                let fits = rule.mapped_interface.is_none_or(|wanted| wanted == ingress)
                    && rule.real_interface != Some(ingress);
                let publishes = match rule.kind {
                    NatKind::Static => true,
                    NatKind::Destination => rule.real_source != AddressMatch::Any,
                    _ => false,
                };
                if !(fits && publishes) || rule.unidirectional {
                    return None;
                }
                let (real, mapped, peers) = (&known.real, &known.mapped, &known.real_peers);
                let own = to.addresses.intersect(&real.possibly);
                let known = real.surely.includes(&own)
                    && mapped.is_exact()
                    && super::nat::shift(&own, &real.possibly, &mapped.possibly).is_some();
                let concerns = !own.is_empty() && peers.possibly.overlaps(&from.addresses);
                (concerns && !known).then(|| {
                    Reason::new(
                        "a translation may publish the destination under an address that is not known",
                        Some(rule.span),
                    )
                })
            })
        })
    }

    /// Addresses that the inventory declares as published.
    pub(super) fn declared_names(&self, query: &Query) -> Vec<Name> {
        let Endpoint::Server(id) = &query.to else {
            return Vec::new();
        };
        self.server(*id)
            .into_iter()
            .flat_map(|server| &server.published)
            .map(|published| Name {
                address: IpSet::from(published.value),
                service: None,
                one_way: false,
            })
            .collect()
    }
}

/// The services whose destination port a translation changes: as the mapped
/// side sends them (`mapped`), or as the server sees them.
pub(super) fn ported(services: &ServiceSet, nat: &NatService, mapped: bool) -> ServiceSet {
    let cubes = services
        .cubes()
        .iter()
        .filter(|cube| cube.protocols.contains(nat.protocol))
        .filter_map(|cube| {
            let real = cube.destination.intersect(&PortSet::from(nat.real));
            let destination = if mapped {
                super::nat::shift_ports(&real, nat.real, nat.mapped)?
            } else {
                real
            };
            Some(ServiceCube {
                protocols: ProtocolSet::one(nat.protocol),
                source: cube.source.clone(),
                destination,
            })
        })
        .collect();
    ServiceSet::of(cubes)
}
