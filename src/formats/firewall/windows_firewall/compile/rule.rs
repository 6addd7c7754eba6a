//! One rule of the model.

use super::sheet::Listed;
use super::{ALL_RULES, Builder, index};
use crate::formats::firewall::shared::rules::blank_rule;
use crate::formats::firewall::windows_firewall::facts::{
    Addresses, Binding, Direction, IcmpFact, Ports, ProtocolFact, RuleAction, RuleFacts, Term, Told,
};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, IcmpMatch, PortMatch, ProtocolMatch, ReasonId,
    Rule, ServiceMatch, ServiceObject, ServiceObjectId, ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::{Span, Spanned};

/// More combinations of local and remote ports than this become a group.
const MAX_TERMS: usize = 64;

impl Builder {
    /// Appends a rule of the file; twice where the export does not tell what
    /// it does. One of other profiles is switched off, and says so.
    pub(super) fn rule(
        &mut self,
        facts: &RuleFacts,
        direction: Direction,
        listed: &Listed,
        rules: &mut Vec<Rule>,
    ) {
        let mut reasons: Vec<ReasonId> = Vec::new();
        for why in &listed.doubts {
            reasons.push(self.reason(why, None));
        }
        for doubt in &facts.doubts {
            let id = self.doubt(doubt);
            if doubt.span == facts.span {
                self.alone(id);
            }
            reasons.push(id);
        }
        let direct = self.unclear(&facts.direction, "the direction");
        let action = self.unclear(&facts.action, "the action");
        let enabled = self.unclear(&facts.enabled, "whether the rule is in force");
        reasons.extend(direct.into_iter().chain(action).chain(enabled));
        for (bindings, what) in [
            (Binding::Program, "the program"),
            (Binding::Service, "the service"),
            (Binding::InterfaceType, "the kinds of interfaces"),
            (Binding::Security, "the authentication that it asks for"),
        ] {
            if !facts.told(bindings) {
                let why = format!("{what} of each rule is not in the export; {ALL_RULES}");
                reasons.push(self.reason(&why, None));
            }
        }
        let bypass = facts.action == Told::Known(RuleAction::Bypass);
        if bypass {
            let why = "the rule is for authenticated peers only";
            reasons.push(self.reason(why, Some(facts.span)));
        }
        reasons.dedup();
        let (local, remote) = (
            self.addresses(&facts.local_addresses),
            self.addresses(&facts.remote_addresses),
        );
        let (source, destination) = match direction {
            Direction::In => (remote, local),
            Direction::Out => (local, remote),
        };
        let mut conditions: Vec<Condition> = reasons.into_iter().map(Condition::Unknown).collect();
        if let (true, Some(profiles)) = (listed.elsewhere, facts.profiles.known()) {
            conditions.push(Condition::Profiles(Box::new(
                profiles.map(|profiles| profiles.names()),
            )));
        }
        let mut rule = Rule {
            enabled: facts.enabled != Told::Known(false) && !listed.elsewhere,
            source,
            destination,
            service: self.service(facts, direction),
            conditions: conditions.into(),
            ..blank_rule(Action::Permit, facts.span)
        };
        match facts.action.known() {
            Some(RuleAction::Block) => rule.action = Action::Deny,
            Some(RuleAction::Allow | RuleAction::Bypass) => {}
            None => rules.push(Rule {
                action: Action::Deny,
                ..rule.clone()
            }),
        }
        rules.push(rule);
    }

    /// The reason why a fact is not known; `None` when it is.
    fn unclear<T>(&mut self, told: &Told<T>, what: &str) -> Option<ReasonId> {
        match told {
            Told::Known(_) => None,
            Told::Absent => {
                let why = format!("{what} of each rule is not in the export; {ALL_RULES}");
                Some(self.reason(&why, None))
            }
            Told::Unclear(doubt) => Some(self.doubt(doubt)),
        }
    }

    fn addresses(&mut self, told: &Told<Addresses>) -> AddressMatch {
        let list = match told {
            Told::Known(list) => list,
            Told::Absent | Told::Unclear(_) => {
                let why = self.unclear(told, "the addresses");
                return why.map_or(AddressMatch::Any, |id| {
                    AddressMatch::One(AddressTerm::Unknown(id))
                });
            }
        };
        let mut terms: Vec<AddressTerm> = Vec::with_capacity(list.len());
        for term in list {
            terms.push(match term {
                Term::Exact(range) => AddressTerm::from(*range),
                Term::Open(doubt) => AddressTerm::Unknown(self.doubt(doubt)),
            });
        }
        match terms.len() {
            0 => AddressMatch::Any,
            1 => terms.pop().map_or(AddressMatch::Any, AddressMatch::One),
            _ => AddressMatch::AnyOf(terms.into()),
        }
    }

    fn service(&mut self, facts: &RuleFacts, direction: Direction) -> ServiceMatch {
        let protocol = match facts.protocol.known() {
            Some(ProtocolFact::Any) => return ServiceMatch::Any,
            Some(ProtocolFact::One(protocol)) => *protocol,
            None => {
                let why = self.unclear(&facts.protocol, "the protocol and the ports");
                return why.map_or(ServiceMatch::Any, |id| {
                    ServiceMatch::One(ServiceTerm::Unknown(id))
                });
            }
        };
        if matches!(protocol, Protocol::ICMP | Protocol::ICMP6) {
            return self.icmp(facts, protocol);
        }
        let ends = match direction {
            Direction::In => [&facts.remote_ports, &facts.local_ports],
            Direction::Out => [&facts.local_ports, &facts.remote_ports],
        };
        let [source, destination] = ends.map(|ports| self.ports(ports));
        let terms = combine(protocol, &source, &destination);
        if terms.len() <= MAX_TERMS {
            return of_terms(terms);
        }
        let [source, destination] =
            [source, destination].map(|ports| self.group(ports, facts.span));
        ServiceMatch::One(ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source,
            destination,
        })
    }

    fn icmp(&mut self, facts: &RuleFacts, protocol: Protocol) -> ServiceMatch {
        let any = [None];
        let types = match &facts.icmp {
            Told::Known(types) => types,
            Told::Absent | Told::Unclear(_) => {
                let why = self.unclear(&facts.icmp, "the ICMP types");
                return why.map_or(ServiceMatch::Any, |id| {
                    ServiceMatch::One(ServiceTerm::Unknown(id))
                });
            }
        };
        let listed: Vec<Option<&IcmpFact>> = types.iter().map(Some).collect();
        let all: &[Option<_>] = if listed.is_empty() { &any } else { &listed };
        of_terms(
            all.iter()
                .map(|fact| {
                    ServiceTerm::Icmp(IcmpMatch {
                        protocol,
                        kind: fact.and_then(|fact| fact.kind),
                        code: fact.and_then(|fact| fact.code),
                    })
                })
                .collect(),
        )
    }

    fn ports(&mut self, told: &Told<Ports>) -> Vec<PortMatch> {
        match told {
            Told::Known(list) if list.is_empty() => vec![PortMatch::Any],
            Told::Known(list) => list
                .iter()
                .map(|term| match term {
                    Term::Exact(range) if *range == PortRange::ANY => PortMatch::Any,
                    Term::Exact(range) => PortMatch::Range(*range),
                    Term::Open(doubt) => PortMatch::Unknown(self.doubt(doubt)),
                })
                .collect(),
            Told::Absent | Told::Unclear(_) => {
                let why = self.unclear(told, "the protocol and the ports");
                vec![why.map_or(PortMatch::Any, PortMatch::Unknown)]
            }
        }
    }

    /// One match of several: a group without a name.
    fn group(&mut self, ports: Vec<PortMatch>, span: Span) -> PortMatch {
        if let [only] = ports.as_slice() {
            return *only;
        }
        let id = ServiceObjectId(index(self.firewall.service_objects.len()));
        self.firewall.service_objects.push(ServiceObject {
            name: String::new(),
            services: Vec::new(),
            ports: ports
                .into_iter()
                .map(|port| Spanned::new(port, span))
                .collect(),
            span,
        });
        PortMatch::Object(id)
    }
}

fn combine(
    protocol: Protocol,
    source: &[PortMatch],
    destination: &[PortMatch],
) -> Vec<ServiceTerm> {
    let mut terms = Vec::new();
    for source in source {
        for destination in destination {
            if terms.len() > MAX_TERMS {
                return terms;
            }
            terms.push(ServiceTerm::Inline {
                protocol: ProtocolMatch::One(protocol),
                source: *source,
                destination: *destination,
            });
        }
    }
    terms
}

fn of_terms(mut terms: Vec<ServiceTerm>) -> ServiceMatch {
    match terms.len() {
        0 => ServiceMatch::Any,
        1 => terms.pop().map_or(ServiceMatch::Any, ServiceMatch::One),
        _ => ServiceMatch::AnyOf(terms.into()),
    }
}
