//! Why a rule matches a packet: which members of which objects hold it.

use super::describe;
use super::evaluate::{Engine, RuleRef};
use super::packets::Cube;
use super::resolve::Objects;
use super::sets::{IpSet, PortSet, ProtocolSet};
use crate::model::firewall::{
    AddressMatch, AddressTerm, Firewall, PortMatch, ProtocolMatch, ServiceMatch, ServiceObjectId,
    ServiceTerm,
};
use crate::source::Span;

/// Objects in objects are followed at most so deep.
const MAX_DEPTH: usize = 64;

/// A position of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Position {
    /// Source address.
    Source,
    /// Destination address.
    Destination,
    /// Protocol, ports, ICMP type.
    Service,
}

/// A member of an object on the way from a rule to what it matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Link {
    /// The object's name; empty for an anonymous one.
    pub object: String,
    /// Where the object is defined.
    pub definition: Span,
    /// The line of the member that holds the packet.
    pub member: Span,
}

/// Why a position of a rule matches.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Because {
    /// Which position.
    pub position: Position,
    /// The innermost member that holds the packet, in words
    /// (`10.20.10.0/24`, `tcp 25`, `any`).
    pub member: String,
    /// The objects from the rule inwards; empty when the rule says it itself.
    pub chain: Vec<Link>,
}

impl Engine<'_> {
    /// Which members make a rule match packets, position by position. Where
    /// several members do, the first in the file is told; a position that
    /// does not match them is left out.
    #[must_use]
    pub fn because(&self, place: RuleRef, packets: &Cube) -> Vec<Because> {
        let Some(rule) = self.rule(place) else {
            return Vec::new();
        };
        let look = Look {
            firewall: self.firewall,
            objects: &self.objects,
        };
        let mut found = Vec::new();
        for (position, addresses, wanted) in [
            (Position::Source, &rule.source, &packets.source),
            (
                Position::Destination,
                &rule.destination,
                &packets.destination,
            ),
        ] {
            found.extend(
                look.addresses(addresses, wanted)
                    .map(|(member, chain)| Because {
                        position,
                        member,
                        chain,
                    }),
            );
        }
        found.extend(
            look.services(&rule.service, packets)
                .map(|(member, chain)| Because {
                    position: Position::Service,
                    member,
                    chain,
                }),
        );
        found
    }
}

/// What to look into.
struct Look<'e> {
    firewall: &'e Firewall,
    objects: &'e Objects,
}

type Found = Option<(String, Vec<Link>)>;

impl Look<'_> {
    fn addresses(&self, position: &AddressMatch, wanted: &IpSet) -> Found {
        let terms: &[AddressTerm] = match position {
            AddressMatch::Any => return Some(("any".to_owned(), Vec::new())),
            AddressMatch::One(term) => std::slice::from_ref(term),
            AddressMatch::AnyOf(terms) => terms,
            AddressMatch::NoneOf(_) => {
                let bounds = self.objects.addresses(position);
                return bounds
                    .possibly
                    .overlaps(wanted)
                    .then(|| (describe::addresses(&bounds.possibly), Vec::new()));
            }
        };
        let holds = |term: &AddressTerm| {
            let bounds = self.objects.addresses(&AddressMatch::One(term.clone()));
            bounds.possibly.overlaps(wanted).then_some(bounds.possibly)
        };
        let (mut term, mut set) = terms
            .iter()
            .find_map(|term| holds(term).map(|set| (term, set)))?;
        let mut chain: Vec<Link> = Vec::new();
        while let AddressTerm::Object(id) = term {
            let object = self.firewall.address_objects.get(id.0 as usize)?;
            let inner = object
                .members
                .iter()
                .find_map(|member| holds(&member.value).map(|set| (member, set)));
            let (Some((member, inner)), true) = (inner, chain.len() < MAX_DEPTH) else {
                break;
            };
            chain.push(Link {
                object: object.name.clone(),
                definition: object.span,
                member: member.span,
            });
            (term, set) = (&member.value, inner);
        }
        Some((describe::addresses(&set), chain))
    }

    fn services(&self, position: &ServiceMatch, packets: &Cube) -> Found {
        let terms: &[ServiceTerm] = match position {
            ServiceMatch::Any => return Some(("any".to_owned(), Vec::new())),
            ServiceMatch::One(term) => std::slice::from_ref(term),
            ServiceMatch::AnyOf(terms) => terms,
            ServiceMatch::NoneOf(_) => return Some(("all other services".to_owned(), Vec::new())),
        };
        let mut chain = Vec::new();
        let mut term = terms
            .iter()
            .find(|term| self.service_holds(term, packets))?;
        while let ServiceTerm::Object(id) = term {
            let Some(object) = self.firewall.service_objects.get(id.0 as usize) else {
                break;
            };
            let inner = object
                .services
                .iter()
                .find(|member| self.service_holds(&member.value, packets));
            let (Some(member), true) = (inner, chain.len() < MAX_DEPTH) else {
                break;
            };
            chain.push(Link {
                object: object.name.clone(),
                definition: object.span,
                member: member.span,
            });
            term = &member.value;
        }
        if let ServiceTerm::Inline {
            protocol,
            source,
            destination,
        } = term
        {
            if let ProtocolMatch::Object(id) = protocol {
                self.protocol_links(*id, packets, &mut chain);
            }
            self.port_links(source, &packets.source_ports, &mut chain);
            self.port_links(destination, &packets.destination_ports, &mut chain);
        }
        Some((self.service_words(term, packets), chain))
    }

    fn service_holds(&self, term: &ServiceTerm, packets: &Cube) -> bool {
        let bounds = self.objects.services(&ServiceMatch::One(term.clone()));
        bounds.possibly.cubes().iter().any(|cube| {
            cube.protocols.overlaps(packets.protocols)
                && cube.source.overlaps(&packets.source_ports)
                && cube.destination.overlaps(&packets.destination_ports)
        })
    }

    /// The narrowest words for the member: its own ports, not the group's.
    fn service_words(&self, term: &ServiceTerm, packets: &Cube) -> String {
        let mut cubes = self
            .objects
            .services(&ServiceMatch::One(term.clone()))
            .possibly
            .cubes()
            .to_vec();
        cubes.retain(|cube| cube.protocols.overlaps(packets.protocols));
        let Some(cube) = cubes.first() else {
            return "any".to_owned();
        };
        let destination = match term {
            ServiceTerm::Inline {
                destination: PortMatch::Object(id),
                ..
            } => self.port_member(*id, &packets.destination_ports),
            _ => cube.destination.clone(),
        };
        let protocols = match cube.protocols.intersect(packets.protocols) {
            few if cube.protocols.count() > 4 && !cube.protocols.is_all() => few,
            _ => cube.protocols,
        };
        if protocols.is_all() && destination.is_all() && cube.source.is_all() {
            return "any".to_owned();
        }
        describe::service(protocols, &cube.source, &destination)
    }

    fn protocol_links(&self, id: ServiceObjectId, packets: &Cube, chain: &mut Vec<Link>) {
        let mut id = id;
        while chain.len() < MAX_DEPTH {
            let Some(object) = self.firewall.service_objects.get(id.0 as usize) else {
                return;
            };
            let any_port = |term: &ServiceTerm| {
                let bounds = self.objects.services(&ServiceMatch::One(term.clone()));
                let all = bounds.possibly.cubes().iter();
                all.fold(ProtocolSet::EMPTY, |sum, cube| sum.union(cube.protocols))
                    .overlaps(packets.protocols)
            };
            let Some(member) = object.services.iter().find(|m| any_port(&m.value)) else {
                return;
            };
            chain.push(Link {
                object: object.name.clone(),
                definition: object.span,
                member: member.span,
            });
            match &member.value {
                ServiceTerm::Object(inner)
                | ServiceTerm::Inline {
                    protocol: ProtocolMatch::Object(inner),
                    ..
                } => id = *inner,
                _ => return,
            }
        }
    }

    fn port_links(&self, ports: &PortMatch, wanted: &PortSet, chain: &mut Vec<Link>) {
        let mut term = ports;
        while let PortMatch::Object(id) = term {
            let Some(object) = self.firewall.service_objects.get(id.0 as usize) else {
                return;
            };
            let inner = object
                .ports
                .iter()
                .find(|member| self.objects.ports(&member.value).possibly.overlaps(wanted));
            let (Some(member), true) = (inner, chain.len() < MAX_DEPTH) else {
                return;
            };
            chain.push(Link {
                object: object.name.clone(),
                definition: object.span,
                member: member.span,
            });
            term = &member.value;
        }
    }

    /// The ports of the innermost member that holds the wanted ones.
    fn port_member(&self, id: ServiceObjectId, wanted: &PortSet) -> PortSet {
        let mut id = id;
        for _ in 0..MAX_DEPTH {
            let Some(object) = self.firewall.service_objects.get(id.0 as usize) else {
                break;
            };
            let inner = object
                .ports
                .iter()
                .find(|member| self.objects.ports(&member.value).possibly.overlaps(wanted));
            match inner.map(|member| &member.value) {
                Some(PortMatch::Object(next)) => id = *next,
                Some(other) => return self.objects.ports(other).possibly,
                None => break,
            }
        }
        PortSet::ALL
    }
}
