//! Rules for the packets that answer: both sides swapped, for packets of an
//! established connection only. Reflexive lists, inspection and zones let
//! replies back without a rule of the file.

use crate::model::firewall::{
    IcmpMatch, Rule, ServiceMatch, ServiceObjectId, ServiceTerm, StateMatch,
};
use crate::source::Spanned;

use super::device::{Device, ServiceKind};

/// Most groups in groups that are followed.
const MAX_DEPTH: usize = 64;

impl Device<'_> {
    /// The rule for replies to the packets of a rule.
    pub fn mirror(&mut self, rule: &Rule) -> Rule {
        let mut mirrored = rule.clone();
        std::mem::swap(&mut mirrored.source, &mut mirrored.destination);
        std::mem::swap(&mut mirrored.ingress, &mut mirrored.egress);
        mirrored.service = self.mirror_service(&rule.service);
        mirrored.state = StateMatch::Established;
        mirrored
    }

    /// A service with source and destination ports swapped.
    pub fn mirror_service(&mut self, service: &ServiceMatch) -> ServiceMatch {
        match service {
            ServiceMatch::Any => ServiceMatch::Any,
            ServiceMatch::One(term) => ServiceMatch::One(self.mirror_term(term, 0)),
            ServiceMatch::AnyOf(terms) => {
                ServiceMatch::AnyOf(terms.iter().map(|term| self.mirror_term(term, 0)).collect())
            }
            ServiceMatch::NoneOf(terms) => {
                ServiceMatch::NoneOf(terms.iter().map(|term| self.mirror_term(term, 0)).collect())
            }
        }
    }

    fn mirror_term(&mut self, term: &ServiceTerm, depth: usize) -> ServiceTerm {
        match term {
            ServiceTerm::Inline {
                protocol,
                source,
                destination,
            } => ServiceTerm::Inline {
                protocol: *protocol,
                source: *destination,
                destination: *source,
            },
            // Which message answers which is the engine's business.
            ServiceTerm::Icmp(icmp) => ServiceTerm::Icmp(IcmpMatch {
                protocol: icmp.protocol,
                kind: None,
                code: None,
            }),
            ServiceTerm::Object(id) => ServiceTerm::Object(self.mirror_object(*id, depth)),
            ServiceTerm::Unknown(reason) => ServiceTerm::Unknown(*reason),
        }
    }

    fn mirror_object(&mut self, id: ServiceObjectId, depth: usize) -> ServiceObjectId {
        if let Some(known) = self.mirrored.get(&id) {
            return *known;
        }
        let Some(object) = self.firewall.service_objects.get(id.0 as usize).cloned() else {
            return id;
        };
        let copy = self.add_service_object(&object.name, object.span, ServiceKind::Services);
        self.mirrored.insert(id, copy);
        if depth >= MAX_DEPTH {
            let reason = self.reason("the object groups are nested too deep", object.span);
            if let Some(slot) = self.service_mut(copy) {
                let unknown = ServiceTerm::Unknown(reason);
                slot.services.push(Spanned::new(unknown, object.span));
            }
            return copy;
        }
        let services: Vec<_> = object
            .services
            .iter()
            .map(|service| {
                let term = self.mirror_term(&service.value, depth.saturating_add(1));
                Spanned::new(term, service.span)
            })
            .collect();
        if let Some(slot) = self.service_mut(copy) {
            slot.services = services;
            slot.ports = object.ports;
        }
        copy
    }
}
