//! Where the ends of a flow lie.

use std::net::IpAddr;

use super::place::Placement;
use super::reach::{Endpoint, Network};
use super::resolve::Reason;
use super::sets::IpSet;
use crate::estate::{FirewallId, Strength, ZoneClass, ZoneId};
use crate::model::firewall::InterfaceId;
use crate::source::Span;

/// Addresses that lie in one place of every firewall.
#[derive(Debug, Clone)]
pub(super) struct Location {
    pub(super) addresses: IpSet,
    pub(super) zone: Option<ZoneId>,
    /// The zone of the machine, also where the addresses are translated ones.
    pub(super) home: Option<ZoneId>,
    pub(super) internet: bool,
    pub(super) strength: Strength,
    pub(super) span: Option<Span>,
}

impl Network<'_> {
    /// The places of an end.
    pub(super) fn locate(&self, end: &Endpoint) -> Result<Vec<Location>, Reason> {
        match end {
            Endpoint::Server(id) => {
                let server = self
                    .server(*id)
                    .ok_or_else(|| Reason::new("the server is not in the estate", None))?;
                if server.addresses.is_empty() {
                    return Err(Reason::new(
                        format!("the address of {} is not known", server.name),
                        Some(server.span),
                    ));
                }
                Ok(server
                    .addresses
                    .iter()
                    .map(|address| Location {
                        addresses: IpSet::host(address.ip),
                        zone: address.zone,
                        home: address.zone,
                        internet: false,
                        strength: address.strength,
                        span: Some(address.span),
                    })
                    .collect())
            }
            Endpoint::Internet => Ok(vec![self.internet_location(None)]),
            Endpoint::Zone(id) => {
                let zone = self
                    .zone(*id)
                    .ok_or_else(|| Reason::new("the zone is not in the estate", None))?;
                if zone.class == Some(ZoneClass::Internet) {
                    return Ok(vec![self.internet_location(Some(*id))]);
                }
                let mut addresses = IpSet::of(zone.networks.iter().map(|n| n.value));
                if addresses.is_empty() {
                    addresses = IpSet::of(zone.attachments.iter().flat_map(|(firewall, at)| {
                        self.node(*firewall)
                            .and_then(|n| n.engine.firewall.interfaces.get(at.0 as usize))
                            .into_iter()
                            .flat_map(|interface| interface.addresses.iter().map(|a| a.network))
                    }));
                }
                if addresses.is_empty() {
                    return Err(Reason::new(
                        format!("the networks of zone {} are not known", zone.name),
                        Some(zone.span),
                    ));
                }
                Ok(vec![Location {
                    addresses,
                    zone: Some(*id),
                    home: Some(*id),
                    internet: false,
                    strength: zone.strength,
                    span: Some(zone.span),
                }])
            }
            Endpoint::Addresses(set) => {
                let outside = set.intersect(&self.internet);
                let mut places = self.divide(&set.subtract(&outside));
                if !outside.is_empty() {
                    places.push(Location {
                        addresses: outside,
                        ..self.internet_location(None)
                    });
                }
                Ok(places)
            }
        }
    }

    pub(super) fn internet_location(&self, zone: Option<ZoneId>) -> Location {
        let zone = zone.or_else(|| {
            (0u32..)
                .map(ZoneId)
                .zip(&self.estate.zones)
                .find(|(_, zone)| zone.class == Some(ZoneClass::Internet))
                .map(|(id, _)| id)
        });
        Location {
            addresses: self.internet.clone(),
            zone,
            home: zone,
            internet: true,
            strength: Strength::Declared,
            span: None,
        }
    }

    /// Divides addresses so that each piece has one place on every firewall.
    pub(super) fn divide(&self, set: &IpSet) -> Vec<Location> {
        let mut pieces = vec![set.clone()];
        for (_, node) in self.nodes() {
            let mut next = Vec::new();
            for piece in pieces {
                let (ways, lost) = node.routing.divide(&piece);
                next.extend(ways.into_iter().map(|(set, _)| set));
                if !lost.is_empty() {
                    next.push(lost);
                }
            }
            pieces = next;
        }
        pieces
            .into_iter()
            .map(|addresses| Location {
                addresses,
                zone: None,
                home: None,
                internet: false,
                strength: Strength::Declared,
                span: None,
            })
            .collect()
    }

    /// The interface of a firewall behind which an address lies, as its networks
    /// and routes tell.
    #[must_use]
    pub fn interface_towards(&self, id: FirewallId, address: IpAddr) -> Option<InterfaceId> {
        let placement = self.node(id)?.routing.locate(address)?;
        Some(placement.interface)
    }

    /// The interface of a firewall behind which a location lies.
    pub(super) fn place(&self, id: FirewallId, location: &Location) -> Option<Placement> {
        let node = self.node(id)?;
        let zone = location.zone.and_then(|zone| self.zone(zone));
        if let Some(zone) = zone
            && (zone.strength == Strength::Declared || location.internet)
        {
            let attached = zone.attachments.iter().find(|(at, _)| *at == id);
            if let Some((_, interface)) = attached {
                return Some(Placement {
                    interface: *interface,
                    strength: Strength::Declared,
                    next_hop: None,
                    span: zone.span,
                    doubt: None,
                });
            }
        }
        if location.internet {
            let default = node
                .routing
                .default_route(true)
                .or_else(|| node.routing.default_route(false));
            if let Some(default) = default {
                return Some(default.clone());
            }
        }
        let (ways, lost) = node.routing.divide(&location.addresses);
        match ways.as_slice() {
            [(_, placement)] if lost.is_empty() => Some((*placement).clone()),
            _ => None,
        }
    }
}
