//! Allow rules for the ports that the RPC runtime has opened (`LocalPort=RPC`).
//!
//! MS-FASP 2.2.14 (`FW_PORT_KEYWORD_DYNAMIC_RPC_PORTS`): such a rule lets in
//! connections to whatever ports RPC servers of the host listen on, the same
//! that the endpoint mapper names to clients. So whoever it lets in reaches
//! the negotiated ports, as behind a firewall that inspects RPC.

use super::{Builder, Direction, Plan, Sheet};
use crate::formats::firewall::windows_firewall::facts::{RuleAction, RuleFacts, Term, Told};
use crate::formats::firewall::windows_firewall::words;
use crate::model::firewall::{
    Action, Condition, Filter, FilterDefault, Inspection, InspectionEffect,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

/// The port of the endpoint mapper.
const ENDPOINT_MAPPER: u16 = 135;

impl Builder {
    /// Adds what opens negotiated ports, where a rule does.
    pub(super) fn opens_rpc(&mut self, sheet: &Sheet, plans: &[Plan]) {
        let mut rules = Vec::new();
        let mut words: Vec<Span> = Vec::new();
        for (index, facts) in sheet.rules.iter().enumerate() {
            let Some(word) = rpc_word(facts) else {
                continue;
            };
            let of = plans.iter().map(|plan| {
                let mut rules = plan.rules.iter();
                rules.find(|known| known.index == index && !known.elsewhere)
            });
            let found: Vec<_> = of.flatten().collect();
            let Some(listed) = found.first() else {
                continue;
            };
            let about = rules.len();
            let mut at_the_mapper = facts.clone();
            let mapper = Term::Exact(PortRange::one(ENDPOINT_MAPPER));
            at_the_mapper.local_ports = Told::Known(vec![mapper]);
            self.rule(&at_the_mapper, Direction::In, listed, &mut rules);
            if found.len() < plans.len() {
                let why = "the rule is not in force in every profile that may be";
                let id = self.reason(why, Some(facts.span));
                for rule in rules.iter_mut().skip(about) {
                    let conditions = rule.conditions.iter().cloned();
                    rule.conditions = conditions.chain([Condition::Unknown(id)]).collect();
                }
            }
            words.push(word);
        }
        let Some(span) = rules.first().map(|rule| rule.span) else {
            return;
        };
        let filter = self.push(Filter {
            name: "inbound rules for RPC".to_owned(),
            rules,
            default: FilterDefault {
                action: Action::Deny,
                label: "no rule for the ports of RPC matches".to_owned(),
                span,
            },
            span,
            filters_traffic: false,
        });
        self.firewall.inspections.push(Inspection {
            protocol: "rpc".to_owned(),
            effect: InspectionEffect::OpensRpc,
            interface: None,
            filter: Some(filter),
            ports: vec![(Protocol::TCP, PortRange::one(ENDPOINT_MAPPER))],
            default: false,
            span,
            related: words,
        });
    }
}

/// The place of the word for the ports of RPC in an allow rule that counts.
fn rpc_word(facts: &RuleFacts) -> Option<Span> {
    let counts = facts.action == Told::Known(RuleAction::Allow)
        && facts.direction == Told::Known(Direction::In)
        && facts.enabled != Told::Known(false);
    let ports = facts.local_ports.known().filter(|_| counts)?;
    ports.iter().find_map(|term| match term {
        Term::Open(doubt) if words::stands_for_rpc(&doubt.reason) => Some(doubt.span),
        Term::Open(_) | Term::Exact(_) => None,
    })
}
