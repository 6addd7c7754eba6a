//! Which addresses count as the Internet.

use super::place::Routing;
use super::sets::IpSet;
use crate::estate::{Estate, Strength, ZoneClass};
use crate::model::firewall::InterfaceId;
use crate::model::net::IpRange;

/// Networks that never send from the Internet (IANA special-purpose address
/// registries, RFC 6890; documentation networks stay in, because examples
/// use them as public ones).
const RESERVED: &str = include_str!("reserved.tsv");

/// All addresses that are neither reserved nor behind an inner interface of a
/// given firewall, nor its own.
pub(super) fn addresses(estate: &Estate, routings: &[Routing]) -> IpSet {
    let mut own = reserved();
    for (index, routing) in (0u32..).zip(routings) {
        let outside: Vec<InterfaceId> = estate
            .zones
            .iter()
            .filter(|zone| zone.class == Some(ZoneClass::Internet))
            .flat_map(|zone| &zone.attachments)
            .filter(|(firewall, _)| firewall.0 == index)
            .map(|(_, interface)| *interface)
            .collect();
        let default = routing.default_route(true).map(|way| way.interface);
        match outside.first().copied().or(default) {
            Some(interface) => own = own.union(&routing.behind_others(interface)),
            None => own = own.union(&IpSet::of(routing.networks())),
        }
    }
    let servers = IpSet::of(
        estate
            .servers
            .iter()
            .flat_map(|server| server.addresses.iter().map(|a| IpRange::host(a.ip))),
    );
    let interfaces = estate
        .firewalls
        .iter()
        .flat_map(|known| &known.firewall.interfaces);
    let devices = interfaces.flat_map(|interface| &interface.addresses);
    let devices = IpSet::of(devices.map(|own| IpRange::host(own.address.first())));
    IpSet::ALL.subtract(&own.union(&servers).union(&devices))
}

/// Places the Internet behind the one interface at which the inventory says it
/// is, where the file has no route there: `iptables-save` and policies alone
/// have none. IPv4 only: a file without routes does not tell whether the device
/// speaks IPv6.
pub(super) fn place(estate: &Estate, routings: &mut [Routing]) {
    let public = || IpSet::from(IpRange::ANY4).subtract(&reserved());
    for (index, routing) in (0u32..).zip(routings) {
        let declared = estate.zones.iter().filter(|zone| {
            zone.class == Some(ZoneClass::Internet) && zone.strength == Strength::Declared
        });
        let mut at = declared.flat_map(|zone| {
            let here = zone.attachments.iter().filter(|(id, _)| id.0 == index);
            here.map(|(_, interface)| (*interface, zone.span))
        });
        let Some((interface, span)) = at.next() else {
            continue;
        };
        if routing.default_route(true).is_some() || at.any(|(other, _)| other != interface) {
            continue;
        }
        let (_, lost) = routing.divide(&public());
        for range in lost.ranges() {
            routing.declare(range, interface, span);
        }
    }
}

/// Addresses that never send from the Internet, and that nothing there sends to.
pub(super) fn reserved() -> IpSet {
    IpSet::of(RESERVED.lines().filter_map(|line| {
        let network = line.split('\t').next()?;
        let (address, length) = network.split_once('/')?;
        IpRange::network(address.parse().ok()?, length.parse().ok()?)
    }))
}
