//! An evaluator for one packet, as simple as possible, that shares no code
//! with the engine: it walks the model and asks every term about the packet.

use std::net::IpAddr;

use crate::flow::Packet;
use crate::model::firewall::*;
use crate::model::net::Protocol;

/// What a packet meets in one assumed world.
pub struct World<'f> {
    pub firewall: &'f Firewall,
    /// Whether the condition with this reason holds, by reason id; reasons in
    /// address and service positions are looked up the same way.
    pub holds: &'f dyn Fn(ReasonId) -> bool,
    pub established: bool,
    pub ingress: Option<InterfaceId>,
    pub egress: Option<InterfaceId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Permit(FilterId, Option<usize>),
    Deny(FilterId, Option<usize>),
    Return,
}

impl World<'_> {
    /// A filter that nothing calls: who returns from it gets its default.
    pub fn verdict(&self, id: FilterId, packet: &Packet) -> Fate {
        match self.run(id, packet) {
            Fate::Return => match self.firewall.filters[id.0 as usize].default.action {
                Action::Permit => Fate::Permit(id, None),
                Action::Deny => Fate::Deny(id, None),
                _ => Fate::Return,
            },
            fate => fate,
        }
    }

    fn run(&self, id: FilterId, packet: &Packet) -> Fate {
        let filter = &self.firewall.filters[id.0 as usize];
        for (index, rule) in filter.rules.iter().enumerate() {
            if !self.matches(rule, packet) {
                continue;
            }
            match rule.action {
                Action::Permit => return Fate::Permit(id, Some(index)),
                Action::Deny => return Fate::Deny(id, Some(index)),
                Action::Return => return Fate::Return,
                Action::Continue => {}
                Action::Jump(next) => match self.run(next, packet) {
                    Fate::Return => {}
                    fate => return fate,
                },
                Action::Goto(next) => return self.run(next, packet),
            }
        }
        match filter.default.action {
            Action::Permit => Fate::Permit(id, None),
            Action::Deny => Fate::Deny(id, None),
            _ => Fate::Return,
        }
    }

    pub fn matches(&self, rule: &Rule, packet: &Packet) -> bool {
        rule.enabled
            && rule.ingress.admits(self.ingress) == Some(true)
            && rule.egress.admits(self.egress) == Some(true)
            && match rule.state {
                StateMatch::Any => true,
                StateMatch::New => !self.established,
                StateMatch::Established => self.established,
            }
            && rule.conditions.iter().all(|condition| match condition {
                Condition::Unknown(reason) | Condition::NewDestination(reason) => {
                    (self.holds)(*reason)
                }
                Condition::Schedule(_) => panic!("no schedules in these tests"),
                Condition::Profiles(_) => false,
            })
            && self.address(&rule.source, packet.source)
            && self.address(&rule.destination, packet.destination)
            && self.service(&rule.service, packet)
    }

    fn address(&self, position: &AddressMatch, address: IpAddr) -> bool {
        let any = |terms: &[AddressTerm]| terms.iter().any(|t| self.address_term(t, address));
        match position {
            AddressMatch::Any => true,
            AddressMatch::One(term) => self.address_term(term, address),
            AddressMatch::AnyOf(terms) => any(terms),
            AddressMatch::NoneOf(terms) => !any(terms),
        }
    }

    fn address_term(&self, term: &AddressTerm, address: IpAddr) -> bool {
        match (term, address) {
            (AddressTerm::Any4, IpAddr::V4(_)) | (AddressTerm::Any6, IpAddr::V6(_)) => true,
            (AddressTerm::V4(a, b), IpAddr::V4(x)) => *a <= x.to_bits() && x.to_bits() <= *b,
            (AddressTerm::V6(r), IpAddr::V6(x)) => r.0 <= x.to_bits() && x.to_bits() <= r.1,
            (AddressTerm::Masked(m), IpAddr::V4(x)) => x.to_bits() & m.1 == m.0 & m.1,
            (AddressTerm::Object(id), _) => {
                let object = &self.firewall.address_objects[id.0 as usize];
                let has = |terms: &[crate::source::Spanned<AddressTerm>]| {
                    terms.iter().any(|t| self.address_term(&t.value, address))
                };
                has(&object.members) && !has(&object.excluded)
            }
            (AddressTerm::Unknown(reason), _) => (self.holds)(*reason),
            _ => false,
        }
    }

    fn service(&self, position: &ServiceMatch, packet: &Packet) -> bool {
        let any = |terms: &[ServiceTerm]| terms.iter().any(|t| self.service_term(t, packet));
        match position {
            ServiceMatch::Any => true,
            ServiceMatch::One(term) => self.service_term(term, packet),
            ServiceMatch::AnyOf(terms) => any(terms),
            ServiceMatch::NoneOf(terms) => !any(terms),
        }
    }

    fn service_term(&self, term: &ServiceTerm, packet: &Packet) -> bool {
        match term {
            ServiceTerm::Inline {
                protocol,
                source,
                destination,
            } => {
                let protocol = match protocol {
                    ProtocolMatch::Any => true,
                    ProtocolMatch::One(p) => *p == packet.protocol,
                    _ => panic!("no protocol groups in these tests"),
                };
                let free = *source == PortMatch::Any && *destination == PortMatch::Any;
                protocol
                    && (free
                        || packet.protocol.has_ports()
                            && port(source, packet.source_port)
                            && port(destination, packet.destination_port))
            }
            ServiceTerm::Icmp(icmp) => {
                icmp.protocol == packet.protocol
                    && icmp
                        .kind
                        .is_none_or(|k| u16::from(k) == packet.destination_port >> 8)
                    && icmp
                        .code
                        .is_none_or(|c| u16::from(c) == packet.destination_port & 255)
            }
            ServiceTerm::Object(id) => self.firewall.service_objects[id.0 as usize]
                .services
                .iter()
                .any(|t| self.service_term(&t.value, packet)),
            ServiceTerm::Unknown(reason) => (self.holds)(*reason),
        }
    }
}

fn port(term: &PortMatch, port: u16) -> bool {
    match term {
        PortMatch::Any => true,
        PortMatch::Range(range) => range.low <= port && port <= range.high,
        PortMatch::Not(range) => port < range.low || range.high < port,
        _ => panic!("no port groups in these tests"),
    }
}

/// All packets of a small universe: 8 sources, 8 destinations (of IPv6 four),
/// and services at the ends and in the middle of what the generators use.
pub fn universe() -> Vec<Packet> {
    let mut packets = Vec::new();
    for source in 0..8u32 {
        for destination in 0..8u32 {
            let mut add = |protocol, source_port, destination_port| {
                packets.push(Packet {
                    source: host(source),
                    destination: host(destination),
                    protocol,
                    source_port,
                    destination_port,
                });
            };
            for port in [20, 23, 25, 27] {
                add(Protocol::TCP, 1000, port);
                add(Protocol::TCP, 40_000, port);
            }
            add(Protocol::UDP, 1000, 25);
            add(Protocol::UDP, 40_000, 53);
            add(Protocol::ICMP, 0, 8 << 8);
            add(Protocol::ICMP, 0, 3 << 8 | 1);
            add(Protocol(47), 0, 0);
        }
    }
    for source in 0..4u128 {
        for destination in 0..4u128 {
            for (protocol, source_port, destination_port) in [
                (Protocol::TCP, 40_000, 25),
                (Protocol::TCP, 1000, 20),
                (Protocol::ICMP6, 0, 128 << 8),
            ] {
                packets.push(Packet {
                    source: host6(source),
                    destination: host6(destination),
                    protocol,
                    source_port,
                    destination_port,
                });
            }
        }
    }
    packets
}

pub fn host(number: u32) -> IpAddr {
    IpAddr::V4(std::net::Ipv4Addr::from_bits(0x0A00_0000 + number))
}

fn host6(number: u128) -> IpAddr {
    IpAddr::V6(std::net::Ipv6Addr::from_bits(
        super::generate::BASE6 + number,
    ))
}
