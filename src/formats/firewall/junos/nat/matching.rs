//! What a rule of a translation asks for.

use crate::formats::firewall::junos::device::{Device, any_of, prefix};
use crate::formats::firewall::junos::{addresses, applications, tables};
use crate::formats::firewall::shared::rules::blank_rule;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, FilterId, ReasonId, ServiceMatch, ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

/// What a rule asks for.
pub(super) struct Match {
    pub(super) source: AddressMatch,
    pub(super) destination: AddressMatch,
    pub(super) destination_ports: Vec<PortRange>,
    pub(super) source_ports: Vec<PortRange>,
    pub(super) protocols: Vec<Protocol>,
    pub(super) applications: Vec<ServiceTerm>,
    pub(super) unknown: Vec<ReasonId>,
}

impl Match {
    pub(super) fn is_plain(&self) -> bool {
        self.destination_ports.is_empty()
            && self.source_ports.is_empty()
            && self.protocols.is_empty()
            && self.applications.is_empty()
    }
}

pub(super) fn read_match(device: &mut Device<'_, '_>, rule: NodeId) -> Match {
    let mut found = Match {
        source: AddressMatch::Any,
        destination: AddressMatch::Any,
        destination_ports: Vec::new(),
        source_ports: Vec::new(),
        protocols: Vec::new(),
        applications: Vec::new(),
        unknown: Vec::new(),
    };
    let (mut source, mut destination) = (Vec::new(), Vec::new());
    for statement in device.below(rule, &["match"]) {
        let values = device.children(statement);
        device.modelled(statement);
        match device.word(statement) {
            key @ ("source-address"
            | "destination-address"
            | "source-address-name"
            | "destination-address-name") => {
                let list = if key.starts_with("source") {
                    &mut source
                } else {
                    &mut destination
                };
                for value in values {
                    device.modelled(value);
                    if key.ends_with("-name") {
                        if let Some(term) = addresses::term(device, None, value) {
                            list.push(term);
                        }
                        continue;
                    }
                    match prefix(device.word(value)) {
                        Some(term) => list.push(term),
                        None => {
                            let text = format!("`{}` is not a prefix", device.word(value));
                            let reason = device.not_modelled(value, text);
                            list.push(AddressTerm::Unknown(reason));
                        }
                    }
                }
            }
            key @ ("destination-port" | "source-port") => {
                for value in values {
                    let low = tables::port_range(device.word(value));
                    let high = device.tree.value(value, "to");
                    let range = match (low, high) {
                        (Some(low), Some(high)) => {
                            device.modelled(high);
                            tables::port(device.word(high))
                                .and_then(|high| PortRange::new(low.low, high))
                        }
                        (low, _) => low,
                    };
                    match range {
                        Some(range) => {
                            device.modelled(value);
                            if key.starts_with("source") {
                                found.source_ports.push(range)
                            } else {
                                found.destination_ports.push(range)
                            }
                        }
                        None => {
                            let reason = device.not_modelled(value, "this port is not known");
                            found.unknown.push(reason);
                        }
                    }
                }
            }
            "protocol" => {
                for value in values {
                    match tables::protocol(device.word(value)) {
                        Some(protocol) => {
                            device.modelled(value);
                            found.protocols.push(protocol);
                        }
                        None => {
                            let reason = device.not_modelled(value, "this protocol is not known");
                            found.unknown.push(reason);
                        }
                    }
                }
            }
            "application" => {
                for value in values {
                    device.modelled(value);
                    let term = applications::named(device, value);
                    found.applications.push(term);
                }
            }
            "description" => device.irrelevant(statement),
            other => {
                let text = format!("`{other}` in a NAT rule is not modelled");
                let reason = device.not_modelled(statement, text);
                found.unknown.push(reason);
            }
        }
    }
    if !source.is_empty() {
        found.source = any_of(source);
    }
    if !destination.is_empty() {
        found.destination = any_of(destination);
    }
    found
}

/// The filter that tells which packets a rule translates.
pub(super) fn policy(
    device: &mut Device<'_, '_>,
    name: &str,
    source: AddressMatch,
    destination: AddressMatch,
    found: &Match,
    span: Span,
) -> FilterId {
    let mut rule = blank_rule(Action::Permit, span);
    rule.source = source;
    rule.destination = destination;
    let mut services = found.applications.clone();
    if !found.protocols.is_empty()
        || !found.source_ports.is_empty()
        || !found.destination_ports.is_empty()
    {
        let any = [Protocol::TCP, Protocol::UDP];
        let protocols = if found.protocols.is_empty() {
            &any[..]
        } else {
            &found.protocols
        };
        let options = |ranges: &[PortRange]| -> Vec<Option<PortRange>> {
            if ranges.is_empty() {
                vec![None]
            } else {
                ranges.iter().copied().map(Some).collect()
            }
        };
        for protocol in protocols {
            for from in options(&found.source_ports) {
                for to in options(&found.destination_ports) {
                    services.push(applications::inline(*protocol, from, to));
                }
            }
        }
    }
    if !services.is_empty() {
        rule.service = ServiceMatch::AnyOf(services.into());
    }
    let label = "what the NAT rule does not ask for".to_owned();
    let id = device.add_filter(
        format!("NAT rule {name}"),
        vec![rule],
        (Action::Deny, label, span),
        span,
    );
    if let Some(filter) = device.firewall.filters.get_mut(id.0 as usize) {
        filter.filters_traffic = false;
    }
    id
}
