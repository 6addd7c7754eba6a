//! Interface stanzas.
//!
//! Sources: Cisco IOS IP Addressing Services Command Reference, "ip address";
//! Cisco IOS Security Command Reference, "ip access-group", "ip inspect (interface)",
//! "zone-member security"; Cisco IOS IPv6 Command Reference, "ipv6
//! traffic-filter"; Cisco Nexus 7000 Series NX-OS Security Command Reference,
//! "ip access-group", "ip port access-group".

use crate::model::firewall::{FilterId, Interface, InterfaceAddress, InterfaceId};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::Dialect;
use super::address::{prefix4, quad};
use super::command_table::short;
use super::commands::table;
use super::device::{Device, Family, index, interface_key};
use super::outcome::Outcome;
use super::words::{Words, ipv6_prefix, mask_length};

/// A list bound to an interface.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The list.
    pub list: FilterId,
    /// Its family.
    pub family: Family,
    /// `in`, else `out`.
    pub inbound: bool,
    /// On a port: for frames that are switched.
    pub port: bool,
    /// The statement.
    pub span: Span,
}

/// A stanza while it is read, and after.
#[derive(Debug, Clone)]
pub struct Stanza {
    /// Name as written, without blanks.
    pub name: Spanned<String>,
    /// The whole stanza.
    pub span: Span,
    /// Addresses.
    pub addresses: Vec<InterfaceAddress>,
    /// DHCP, PPP.
    pub dynamic: Option<Span>,
    /// `ip unnumbered IF`.
    pub unnumbered: Option<(String, Span)>,
    /// `shutdown`.
    pub shutdown: Option<Span>,
    /// `switchport` in any form but `no switchport`.
    pub switchport: bool,
    /// `switchport access vlan N`.
    pub vlan: Option<u32>,
    /// Whether it has IPv6.
    pub ipv6: bool,
    /// `zone-member security Z`.
    pub zone: Option<Spanned<String>>,
    /// VRF.
    pub vrf: Option<Spanned<String>>,
    /// Lists.
    pub lists: Vec<Binding>,
    /// `ip nat inside` (true) or `outside`.
    pub nat: Option<(bool, Span)>,
    /// `ip inspect NAME in` (true) or `out`.
    pub inspect: Vec<(String, bool, Span)>,
    /// `ip policy route-map NAME`.
    pub policy: Option<(String, Span)>,
    /// `crypto map NAME`.
    pub crypto: Option<(String, Span)>,
    /// `service-policy {input|output} NAME`.
    pub service_policies: Vec<(String, bool, Span)>,
    /// Statements that may stop any packet here.
    pub doubts: Vec<(String, Span)>,
    /// Its place in the model, once it has one.
    pub id: Option<InterfaceId>,
}

impl Stanza {
    /// An interface of which only the name is known.
    pub fn new(name: Spanned<String>, span: Span) -> Self {
        Self {
            name,
            span,
            addresses: Vec::new(),
            dynamic: None,
            unnumbered: None,
            shutdown: None,
            switchport: false,
            vlan: None,
            ipv6: false,
            zone: None,
            vrf: None,
            lists: Vec::new(),
            nat: None,
            inspect: Vec::new(),
            policy: None,
            crypto: None,
            service_policies: Vec::new(),
            doubts: Vec::new(),
            id: None,
        }
    }

    /// Whether packets are routed through it.
    pub fn routes(&self) -> bool {
        let bound = self.lists.iter().any(|binding| !binding.port);
        let addressed = !self.addresses.is_empty()
            || self.dynamic.is_some()
            || self.unnumbered.is_some()
            || self.ipv6;
        addressed
            || (!self.switchport
                && (bound
                    || self.zone.is_some()
                    || self.nat.is_some()
                    || !self.inspect.is_empty()
                    || self.crypto.is_some()))
    }

    /// The list of a family and direction, the last statement first: the
    /// device keeps one.
    pub fn list(&self, family: Family, inbound: bool) -> Option<Binding> {
        let fits = |binding: &&Binding| {
            binding.family == family && binding.inbound == inbound && !binding.port
        };
        self.lists.iter().rev().find(fits).copied()
    }
}

/// Opens `interface NAME`: its index in [`Device::stanzas`].
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<usize> {
    words.peek()?;
    let at = words.rest();
    let mut name = String::new();
    while let Some(word) = words.next() {
        // `interface Serial0/0.1 point-to-point`,
        // `interface Virtual-Template1 type tunnel`
        if matches!(
            word,
            "point-to-point" | "multipoint" | "l2transport" | "module-type" | "type"
        ) {
            break;
        }
        name.push_str(word);
    }
    Some(stanza(device, name, at, statement))
}

/// The stanza of a name, made where there is none: its index.
pub fn stanza<'c>(
    device: &mut Device<'c>,
    name: String,
    written: &'c str,
    statement: &'c str,
) -> usize {
    let key = name.to_ascii_lowercase();
    if let Some(at) = device.by_name.get(&key) {
        return *at;
    }
    let place = device.stanzas.len();
    device.by_name.insert(key, place);
    device.by_name.entry(interface_key(&name)).or_insert(place);
    let name = Spanned::new(name, device.span(written));
    let span = device.span(statement);
    device.stanzas.push(Stanza::new(name, span));
    place
}

/// The index of the stanza of a name, in full or short.
pub fn known(device: &Device<'_>, name: &str) -> Option<usize> {
    let exact = device.by_name.get(&name.to_ascii_lowercase());
    exact
        .or_else(|| device.by_name.get(&interface_key(name)))
        .copied()
}

impl Device<'_> {
    /// The stanza of an interface name, in full or short.
    pub fn stanza(&self, name: &str) -> Option<&Stanza> {
        self.stanzas.get(known(self, name)?)
    }

    /// The interface of a name.
    pub fn interface_id(&self, name: &str) -> Option<InterfaceId> {
        self.stanza(name)?.id
    }
}

/// A line inside an interface stanza. `None` when it belongs to none.
pub fn line<'c>(
    device: &mut Device<'c>,
    place: usize,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Outcome> {
    let span = device.span(statement);
    let word = words.next()?;
    let stanza = device.stanzas.get_mut(place)?;
    stanza.span = stanza.span.to(span);
    let lower = word.to_ascii_lowercase();
    let word = lower.as_str();
    let word = table().full_interface_word(word);
    Some(match word {
        "no" => return Some(negated(stanza, words)),
        "shutdown" => {
            stanza.shutdown = Some(span);
            Outcome::MODELLED
        }
        // `utd enable` of IOS-XE.
        "utd" => {
            let text = "a threat inspection container may drop packets";
            stanza.doubts.push((text.to_owned(), span));
            Outcome::not_modelled(text)
        }
        "ip" => return ip(device, place, words, statement),
        "ipv6" => return ipv6(device, place, words, statement),
        "zone-member" => {
            words.next();
            let Some(zone) = words.next() else {
                stanza
                    .doubts
                    .push(("the zone of the interface is cut off".to_owned(), span));
                return Some(Outcome::not_modelled(
                    "the zone of the interface is cut off",
                ));
            };
            let at = device.span(zone);
            device.refer("zone", zone, false, at);
            if let Some(stanza) = device.stanzas.get_mut(place) {
                stanza.zone = Some(Spanned::new(zone.to_owned(), at));
            }
            Outcome::MODELLED
        }
        "vrf" => {
            words.next();
            vrf(device, place, words)
        }
        "crypto" if words.eat("map") => {
            if let Some(name) = words.next() {
                stanza.crypto = Some((name.to_owned(), span));
                let at = device.span(name);
                device.refer("crypto map", name, false, at);
            }
            Outcome::MODELLED
        }
        "switchport" => {
            stanza.switchport = true;
            if words.eat("access") && words.eat("vlan") {
                stanza.vlan = words.next().and_then(super::words::number);
            }
            Outcome::MODELLED
        }
        "service-policy" => {
            let direction = words.next().unwrap_or_default();
            if direction == "type" {
                words.next();
                words.next();
            }
            if let Some(name) = words.next() {
                let inbound = direction.starts_with("in");
                stanza
                    .service_policies
                    .push((name.to_owned(), inbound, span));
            }
            Outcome::IRRELEVANT
        }
        _ if table().mode("interface").is_some_and(|mode| mode.has(word)) => Outcome::IRRELEVANT,
        _ => return None,
    })
}

fn vrf<'c>(device: &mut Device<'c>, place: usize, words: &mut Words<'c>) -> Outcome {
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let at = device.span(name);
    device.refer("vrf", name, false, at);
    if let Some(stanza) = device.stanzas.get_mut(place) {
        stanza.vrf = Some(Spanned::new(name.to_owned(), at));
    }
    Outcome::MODELLED
}

/// `no …` inside an interface.
fn negated(stanza: &mut Stanza, words: &mut Words<'_>) -> Outcome {
    match words.next().unwrap_or_default() {
        word if short(word, "shutdown", 4) => stanza.shutdown = None,
        "switchport" if words.is_empty() => stanza.switchport = false,
        "ip" => match words.next().unwrap_or_default() {
            word if short(word, "address", 3) => stanza.addresses.clear(),
            word if short(word, "access-group", 6) => {
                let name_then_way = words.rest().ends_with("in");
                stanza
                    .lists
                    .retain(|binding| binding.inbound != name_then_way);
            }
            _ => return Outcome::IRRELEVANT,
        },
        _ => return Outcome::IRRELEVANT,
    }
    Outcome::MODELLED
}

/// `in`, `out`, or the NX-OS words.
fn direction(words: &mut Words<'_>) -> Option<bool> {
    match words.next()? {
        "in" | "input" | "ingress" => Some(true),
        "out" | "output" | "egress" => Some(false),
        _ => None,
    }
}

fn ip<'c>(
    device: &mut Device<'c>,
    place: usize,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Outcome> {
    let span = device.span(statement);
    let word = words.next()?;
    match word {
        _ if short(word, "address", 3) => return Some(address(device, place, words, span)),
        _ if short(word, "access-group", 6) => {
            return Some(access_group(device, place, words, Family::V4, false, span));
        }
        "port" => {
            words.next();
            return Some(access_group(device, place, words, Family::V4, true, span));
        }
        "nat" => {
            let stanza = device.stanzas.get_mut(place)?;
            match words.next() {
                Some("inside") => stanza.nat = Some((true, span)),
                Some("outside") => stanza.nat = Some((false, span)),
                Some("enable") => {
                    device.nat.virtual_interface = Some(span);
                    return Some(Outcome::MODELLED);
                }
                _ => return Some(Outcome::IRRELEVANT),
            }
            return Some(Outcome::MODELLED);
        }
        "inspect" => {
            let (name, way) = (words.next()?, direction(words));
            let at = device.span(name);
            device.refer("ip inspect", name, false, at);
            let stanza = device.stanzas.get_mut(place)?;
            let Some(way) = way else {
                stanza.doubts.push((
                    "the direction of the inspection is cut off".to_owned(),
                    span,
                ));
                return Some(Outcome::not_modelled(
                    "the direction of the inspection is cut off",
                ));
            };
            stanza.inspect.push((name.to_owned(), way, span));
            return Some(Outcome::MODELLED);
        }
        "policy" if words.eat("route-map") => {
            let name = words.next()?;
            let at = device.span(name);
            device.refer("route-map", name, false, at);
            let stanza = device.stanzas.get_mut(place)?;
            stanza.policy = Some((name.to_owned(), span));
            return Some(Outcome::MODELLED);
        }
        "vrf" if matches!(words.peek(), Some("forwarding" | "sitemap" | "member")) => {
            words.next();
            return Some(vrf(device, place, words));
        }
        "vrf" => {
            let stanza = device.stanzas.get_mut(place)?;
            let text = "which VRF a packet belongs to is selected by its source";
            stanza.doubts.push((text.to_owned(), span));
            return Some(Outcome::not_modelled(text));
        }
        "unnumbered" => {
            let name = words.rest().replace(' ', "");
            let stanza = device.stanzas.get_mut(place)?;
            stanza.unnumbered = Some((name, span));
            return Some(Outcome::MODELLED);
        }
        "ips" | "admission" | "auth-proxy" | "urlfilter" | "trigger-authentication" => {
            let text = match word {
                "ips" => "an intrusion prevention system may drop packets here",
                _ => "admission control may let hosts in or keep them out here",
            };
            let stanza = device.stanzas.get_mut(place)?;
            stanza.doubts.push((text.to_owned(), span));
            return Some(Outcome::not_modelled(text));
        }
        _ => {}
    }
    // `ip 10.1.0.1` inside an HSRP group of NX-OS.
    let known = quad(word).is_some() || table().mode("interface-ip")?.has(word);
    Some(if known {
        Outcome::IRRELEVANT
    } else {
        Outcome::UNRECOGNISED
    })
}

/// `ip address A M [secondary]`, `P/L`, `dhcp`, `negotiated`, `pool`.
fn address(device: &mut Device<'_>, place: usize, words: &mut Words<'_>, span: Span) -> Outcome {
    let word = words.next().unwrap_or_default();
    let Some(stanza) = device.stanzas.get_mut(place) else {
        return Outcome::UNRECOGNISED;
    };
    let found = if let Some((low, high)) = prefix4(word) {
        let host = word.split_once('/').and_then(|(address, _)| quad(address));
        host.map(|host| (host, low, high))
    } else {
        let mask = words.next().and_then(quad);
        match (quad(word), mask) {
            (Some(address), Some(mask)) if mask_length(mask).is_some() => {
                Some((address, address & mask, (address & mask) | !mask))
            }
            _ => None,
        }
    };
    if let Some((host, low, high)) = found {
        let known = InterfaceAddress {
            address: IpRange::V4(host, host),
            network: IpRange::V4(low, high),
            span,
        };
        let secondary = words.peek().is_some_and(|word| short(word, "secondary", 3));
        if !secondary {
            // A second primary address replaces the first one.
            let old = stanza
                .addresses
                .iter()
                .position(|a| matches!(a.address, IpRange::V4(..)));
            if let Some(old) = old {
                stanza.addresses.remove(old);
            }
            stanza.addresses.insert(0, known);
        } else {
            stanza.addresses.push(known);
        }
        return Outcome::MODELLED;
    }
    stanza.dynamic = Some(span);
    match word {
        "dhcp" | "negotiated" | "pool" | "virtual" | "easyconnect" | "dhcp-client" => {
            Outcome::MODELLED
        }
        _ => Outcome::not_modelled("the address of the interface could not be read"),
    }
}

/// `ip access-group N {in|out}`, `ipv6 traffic-filter N {in|out}`.
fn access_group<'c>(
    device: &mut Device<'c>,
    place: usize,
    words: &mut Words<'c>,
    family: Family,
    port: bool,
    span: Span,
) -> Outcome {
    let Some(name) = words.next() else {
        return cut_binding(device, place, span);
    };
    let Some(inbound) = direction(words) else {
        return cut_binding(device, place, span);
    };
    let list = device.list(name, family);
    let at = device.span(name);
    device.refer("access-list", name, false, at);
    if let Some(stanza) = device.stanzas.get_mut(place) {
        stanza.lists.push(Binding {
            list,
            family,
            inbound,
            port,
            span,
        });
    }
    Outcome::MODELLED
}

fn cut_binding(device: &mut Device<'_>, place: usize, span: Span) -> Outcome {
    let text = "the list or the direction of the binding is cut off";
    if let Some(stanza) = device.stanzas.get_mut(place) {
        stanza.doubts.push((text.to_owned(), span));
    }
    Outcome::not_modelled(text)
}

fn ipv6<'c>(
    device: &mut Device<'c>,
    place: usize,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Outcome> {
    let span = device.span(statement);
    let word = words.next()?;
    match word {
        _ if short(word, "address", 3) => {
            let text = words.next().unwrap_or_default();
            let stanza = device.stanzas.get_mut(place)?;
            stanza.ipv6 = true;
            let host = text
                .split_once('/')
                .and_then(|(address, _)| super::words::ipv6(address));
            match (ipv6_prefix(text), host) {
                (Some(network), Some(host)) if words.peek() != Some("eui-64") => {
                    stanza.addresses.push(InterfaceAddress {
                        address: IpRange::V6(host, host),
                        network,
                        span,
                    });
                }
                (Some(network), _) => stanza.addresses.push(InterfaceAddress {
                    // The host part comes from the hardware.
                    address: network,
                    network,
                    span,
                }),
                _ if words.peek() == Some("link-local") || text.starts_with("fe80") => {}
                _ => stanza.dynamic = stanza.dynamic.or(Some(span)),
            }
            device.ipv6 = true;
            Some(Outcome::MODELLED)
        }
        "enable" => {
            device.ipv6 = true;
            Some(Outcome::IRRELEVANT)
        }
        "crypto" => Some(Outcome::not_modelled(
            "which IPv6 packets leave encrypted is not modelled",
        )),
        "traffic-filter" | "access-group" => {
            device.ipv6 = true;
            Some(access_group(device, place, words, Family::V6, false, span))
        }
        "port" => {
            words.next();
            Some(access_group(device, place, words, Family::V6, true, span))
        }
        "policy" => {
            let stanza = device.stanzas.get_mut(place)?;
            let text = "IPv6 packets are routed by a policy here";
            stanza.doubts.push((text.to_owned(), span));
            Some(Outcome::not_modelled(text))
        }
        _ => Some(
            if table()
                .mode("interface-ipv6")
                .is_some_and(|mode| mode.has(word))
            {
                Outcome::IRRELEVANT
            } else {
                Outcome::UNRECOGNISED
            },
        ),
    }
}

/// Puts the interfaces that route into the model.
pub fn finish(device: &mut Device<'_>) {
    shut_subinterfaces(device);
    let borrowed: Vec<Option<Vec<InterfaceAddress>>> = device
        .stanzas
        .iter()
        .map(|stanza| {
            let (lender, _) = stanza.unnumbered.as_ref()?;
            Some(device.stanza(lender)?.addresses.clone())
        })
        .collect();
    for (place, borrowed) in borrowed.into_iter().enumerate() {
        let nexus = device.dialect == Dialect::Nxos;
        let vrf = device.stanzas.get(place).and_then(|s| s.vrf.as_ref());
        let vrf = vrf.map(|vrf| vrf.value.clone());
        let table = device.table(vrf.as_deref());
        let Some(stanza) = device.stanzas.get_mut(place) else {
            continue;
        };
        if stanza.switchport && !nexus && stanza.addresses.is_empty() {
            // A list on a switched port filters what is switched, too.
            for binding in &mut stanza.lists {
                binding.port = true;
            }
        }
        if nexus && stanza.switchport {
            // Router lists wait there until the port is routed.
            stanza.lists.retain(|binding| binding.port);
        }
        if !stanza.routes() {
            continue;
        }
        let id = InterfaceId(index(device.firewall.interfaces.len()));
        stanza.id = Some(id);
        let mut addresses = stanza.addresses.clone();
        if let Some(lent) = borrowed {
            // Only the address is lent: the network lies behind the lender.
            addresses.extend(lent.into_iter().map(|lent| InterfaceAddress {
                network: lent.address,
                ..lent
            }));
        }
        device.firewall.interfaces.push(Interface {
            name: stanza.name.clone(),
            hardware: None,
            zone: stanza.zone.clone(),
            addresses,
            security_level: None,
            shutdown: stanza.shutdown,
            dynamic_address: stanza.dynamic,
            table,
            span: stanza.span,
        });
    }
}

/// A sub-interface of an interface that is shut down carries nothing.
fn shut_subinterfaces(device: &mut Device<'_>) {
    let down: Vec<(usize, Span)> = device
        .stanzas
        .iter()
        .enumerate()
        .filter_map(|(place, stanza)| {
            let (parent, _) = stanza.name.value.rsplit_once('.')?;
            let parent = device.by_name.get(&parent.to_ascii_lowercase())?;
            Some((place, device.stanzas.get(*parent)?.shutdown?))
        })
        .collect();
    for (place, span) in down {
        if let Some(stanza) = device.stanzas.get_mut(place) {
            stanza.shutdown = stanza.shutdown.or(Some(span));
        }
    }
}
