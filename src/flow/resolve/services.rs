//! Services and ports as sets.

use super::order::post_order;
use super::{Bounds, MAX_RANGES, Objects, Reason, add_reasons};
use crate::flow::sets::{PortSet, ProtocolSet, ServiceCube, ServiceSet};
use crate::model::firewall::{
    Firewall, IcmpMatch, PortMatch, ProtocolMatch, ServiceMatch, ServiceObjectId, ServiceTerm,
};
use crate::model::net::Protocol;

impl Objects {
    pub(super) fn resolve_services(&mut self, firewall: &Firewall) {
        let count = firewall.service_objects.len();
        self.services = vec![Bounds::default(); count];
        self.ports = vec![Bounds::default(); count];
        let children = |index: usize| {
            let object = firewall.service_objects.get(index);
            object.into_iter().flat_map(|object| {
                let services = object.services.iter().flat_map(|term| match &term.value {
                    ServiceTerm::Object(id) => vec![id.0 as usize],
                    ServiceTerm::Inline {
                        protocol,
                        source,
                        destination,
                    } => {
                        let mut ids = Vec::new();
                        if let ProtocolMatch::Object(id) = protocol {
                            ids.push(id.0 as usize);
                        }
                        for port in [source, destination] {
                            if let PortMatch::Object(id) = port {
                                ids.push(id.0 as usize);
                            }
                        }
                        ids
                    }
                    _ => Vec::new(),
                });
                let ports = object.ports.iter().filter_map(|port| match port.value {
                    PortMatch::Object(id) => Some(id.0 as usize),
                    _ => None,
                });
                services.chain(ports)
            })
        };
        let mut cubes = 0usize;
        for step in post_order(count, children) {
            let Some(object) = firewall.service_objects.get(step.index) else {
                continue;
            };
            let doubt = if step.cyclic {
                Some(format!("service group {} contains itself", object.name))
            } else if cubes > MAX_RANGES {
                Some(format!(
                    "service group {} is too large to expand",
                    object.name
                ))
            } else {
                None
            };
            let (services, ports) = match doubt {
                Some(text) => {
                    let reason = Reason::new(text, Some(object.span));
                    (unknown_services(reason.clone()), unknown_ports(reason))
                }
                None => {
                    let ports = self.port_terms(object.ports.iter().map(|p| &p.value));
                    let mut services = self.service_terms(object.services.iter().map(|s| &s.value));
                    let bare = object.services.is_empty() && !object.ports.is_empty();
                    // Ports that a rule lists itself are no service for another.
                    if bare && !object.name.is_empty() {
                        let text =
                            format!("service group {} does not tell its protocol", object.name);
                        services = bare_ports(&ports, Reason::new(text, Some(object.span)));
                    }
                    (services, ports)
                }
            };
            cubes = cubes.saturating_add(
                services
                    .possibly
                    .cubes()
                    .iter()
                    .map(|cube| {
                        cube.source
                            .ranges()
                            .len()
                            .saturating_add(cube.destination.ranges().len())
                    })
                    .sum(),
            );
            if let Some(slot) = self.services.get_mut(step.index) {
                *slot = services;
            }
            if let Some(slot) = self.ports.get_mut(step.index) {
                *slot = ports;
            }
        }
    }

    fn port_terms<'a>(&self, terms: impl Iterator<Item = &'a PortMatch>) -> Bounds<PortSet> {
        let (mut surely, mut possibly) = (Vec::new(), Vec::new());
        let mut reasons = Vec::new();
        for term in terms {
            let bounds = self.ports(term);
            surely.extend_from_slice(bounds.surely.ranges());
            possibly.extend_from_slice(bounds.possibly.ranges());
            add_reasons(&mut reasons, &bounds.reasons);
        }
        Bounds {
            surely: PortSet::of(surely),
            possibly: PortSet::of(possibly),
            reasons,
        }
    }

    pub(in crate::flow) fn ports(&self, term: &PortMatch) -> Bounds<PortSet> {
        match term {
            PortMatch::Any => Bounds::exact(PortSet::ALL),
            PortMatch::Range(range) => Bounds::exact(PortSet::from(*range)),
            PortMatch::Not(range) => Bounds::exact(PortSet::from(*range).complement()),
            PortMatch::Object(id) => self.port_object(*id),
            PortMatch::Unknown(id) => unknown_ports(self.reason(*id)),
        }
    }

    fn port_object(&self, id: ServiceObjectId) -> Bounds<PortSet> {
        self.ports
            .get(id.0 as usize)
            .cloned()
            .unwrap_or_else(|| unknown_ports(Reason::new("a service object is missing", None)))
    }

    fn service_object(&self, id: ServiceObjectId) -> Bounds<ServiceSet> {
        let at = id.0 as usize;
        let Some(known) = self.services.get(at) else {
            return unknown_services(Reason::new("a service object is missing", None));
        };
        match self.ports.get(at) {
            Some(ports) if known.is_exact() && known.possibly.is_empty() => {
                let why = "a list of ports does not tell its protocol";
                bare_ports(ports, Reason::new(why, None))
            }
            _ => known.clone(),
        }
    }

    fn service_terms<'a>(
        &self,
        terms: impl Iterator<Item = &'a ServiceTerm>,
    ) -> Bounds<ServiceSet> {
        let (mut surely, mut possibly) = (Vec::new(), Vec::new());
        let mut reasons = Vec::new();
        for term in terms {
            let bounds = self.service_term(term);
            surely.extend_from_slice(bounds.surely.cubes());
            possibly.extend_from_slice(bounds.possibly.cubes());
            add_reasons(&mut reasons, &bounds.reasons);
        }
        let surely = ServiceSet::of(surely);
        if reasons.is_empty() {
            return Bounds::exact(surely);
        }
        Bounds {
            surely,
            possibly: ServiceSet::of(possibly),
            reasons,
        }
    }

    fn service_term(&self, term: &ServiceTerm) -> Bounds<ServiceSet> {
        match term {
            ServiceTerm::Object(id) => self.service_object(*id),
            ServiceTerm::Unknown(id) => unknown_services(self.reason(*id)),
            ServiceTerm::Icmp(icmp) => Bounds::exact(ServiceSet::of(vec![icmp_cube(icmp)])),
            ServiceTerm::Inline {
                protocol,
                source,
                destination,
            } => {
                let protocols = self.protocols(protocol);
                let source = self.ports(source);
                let destination = self.ports(destination);
                let mut reasons = protocols.reasons;
                add_reasons(&mut reasons, &source.reasons);
                add_reasons(&mut reasons, &destination.reasons);
                Bounds {
                    surely: ServiceSet::of(with_ports(
                        protocols.surely,
                        source.surely,
                        destination.surely,
                    )),
                    possibly: ServiceSet::of(with_ports(
                        protocols.possibly,
                        source.possibly,
                        destination.possibly,
                    )),
                    reasons,
                }
            }
        }
    }

    fn protocols(&self, protocol: &ProtocolMatch) -> Bounds<ProtocolSet> {
        let of = |set: &ServiceSet| {
            set.cubes()
                .iter()
                .fold(ProtocolSet::EMPTY, |sum, cube| sum.union(cube.protocols))
        };
        match protocol {
            ProtocolMatch::Any => Bounds::exact(ProtocolSet::ALL),
            ProtocolMatch::One(protocol) => Bounds::exact(ProtocolSet::one(*protocol)),
            ProtocolMatch::Object(id) => {
                let bounds = self.service_object(*id);
                Bounds {
                    surely: of(&bounds.surely),
                    possibly: of(&bounds.possibly),
                    reasons: bounds.reasons,
                }
            }
            ProtocolMatch::Unknown(id) => Bounds {
                surely: ProtocolSet::EMPTY,
                possibly: ProtocolSet::ALL,
                reasons: vec![self.reason(*id)],
            },
        }
    }

    /// The services of a rule's position.
    #[must_use]
    pub fn services(&self, position: &ServiceMatch) -> Bounds<ServiceSet> {
        match position {
            ServiceMatch::Any => Bounds::exact(ServiceSet::all()),
            ServiceMatch::One(term) => self.service_term(term),
            ServiceMatch::AnyOf(terms) => self.service_terms(terms.iter()),
            ServiceMatch::NoneOf(terms) => {
                let bounds = self.service_terms(terms.iter());
                Bounds {
                    surely: bounds.possibly.complement(),
                    possibly: bounds.surely.complement(),
                    reasons: bounds.reasons,
                }
            }
        }
    }
}

/// A group of bare ports where a service is asked for: the protocol is not
/// told. Without ports it is nothing.
fn bare_ports(ports: &Bounds<PortSet>, why: Reason) -> Bounds<ServiceSet> {
    if ports.possibly.is_empty() {
        return Bounds::default();
    }
    Bounds {
        surely: ServiceSet::default(),
        possibly: ServiceSet::of(vec![ServiceCube {
            protocols: ProtocolSet::with_ports(),
            source: PortSet::ALL,
            destination: ports.possibly.clone(),
        }]),
        reasons: vec![why],
    }
}

/// Cubes of protocols with ports. A port condition can only hold for
/// protocols that carry ports, and only if it is one.
fn with_ports(protocols: ProtocolSet, source: PortSet, destination: PortSet) -> Vec<ServiceCube> {
    if source.is_all() && destination.is_all() {
        return vec![ServiceCube {
            protocols,
            source,
            destination,
        }];
    }
    vec![ServiceCube {
        protocols: protocols.intersect(ProtocolSet::with_ports()),
        source,
        destination,
    }]
}

fn icmp_cube(icmp: &IcmpMatch) -> ServiceCube {
    let destination = match (icmp.kind, icmp.code) {
        (None, _) => PortSet::ALL,
        (Some(kind), None) => {
            let low = u16::from(kind) << 8;
            PortSet::range(low, low | 255)
        }
        (Some(kind), Some(code)) => PortSet::one(u16::from(kind) << 8 | u16::from(code)),
    };
    ServiceCube {
        protocols: ProtocolSet::one(match icmp.protocol {
            Protocol(58) => Protocol::ICMP6,
            other => other,
        }),
        source: PortSet::ALL,
        destination,
    }
}

fn unknown_services(reason: Reason) -> Bounds<ServiceSet> {
    Bounds {
        surely: ServiceSet::EMPTY,
        possibly: ServiceSet::all(),
        reasons: vec![reason],
    }
}

fn unknown_ports(reason: Reason) -> Bounds<PortSet> {
    Bounds {
        surely: PortSet::EMPTY,
        possibly: PortSet::ALL,
        reasons: vec![reason],
    }
}
