//! What a term asks for.

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{InterfaceId, ReasonId, StateMatch};
use crate::model::net::{PortRange, Protocol};

use crate::formats::firewall::junos::device::{Device, Keys};
use crate::formats::firewall::junos::filters::Family;
use crate::formats::firewall::junos::prefixes::{self, Entry};
use crate::formats::firewall::junos::{interfaces, tables};

/// Values and exceptions of one condition.
#[derive(Debug, Clone, Default)]
pub(super) struct Ports {
    pub(super) values: Vec<PortRange>,
    pub(super) except: Vec<PortRange>,
}

impl Ports {
    pub(super) fn is_empty(&self) -> bool {
        self.values.is_empty() && self.except.is_empty()
    }
}

/// What a term asks for.
#[derive(Debug, Default)]
pub(super) struct From {
    pub(super) source: Vec<Entry>,
    pub(super) destination: Vec<Entry>,
    pub(super) either: Vec<Entry>,
    pub(super) source_ports: Ports,
    pub(super) destination_ports: Ports,
    pub(super) either_ports: Ports,
    pub(super) protocols: Vec<Protocol>,
    pub(super) protocols_except: Vec<Protocol>,
    pub(super) types: Vec<u8>,
    pub(super) codes: Vec<u8>,
    pub(super) icmp: bool,
    pub(super) tcp: bool,
    pub(super) state: StateMatch,
    pub(super) ingress: Vec<InterfaceId>,
    /// Fragments or packets with options only.
    pub(super) never: bool,
    pub(super) unknown: Vec<ReasonId>,
}

/// Conditions of a term, as far as several may stand on one line.
pub(super) const FROM: Keys = Keys {
    valued: &[
        "source-address",
        "destination-address",
        "address",
        "source-prefix-list",
        "destination-prefix-list",
        "prefix-list",
        "protocol",
        "protocol-except",
        "next-header",
        "source-port",
        "source-port-except",
        "destination-port",
        "destination-port-except",
        "port",
        "port-except",
        "icmp-type",
        "icmp-code",
        "tcp-flags",
    ],
    flags: &[
        "tcp-established",
        "tcp-initial",
        "is-fragment",
        "first-fragment",
    ],
};

/// Reads one condition.
pub(super) fn read(device: &mut Device<'_, '_>, family: Family, node: NodeId, from: &mut From) {
    let word = device.word(node);
    let values = device.children(node);
    device.modelled(node);
    let (key, except) = match word.strip_suffix("-except") {
        Some(key) => (key, true),
        None => (word, false),
    };
    let mut unknown = |device: &mut Device<'_, '_>, node: NodeId, why: String| {
        let reason = device.not_modelled(node, why);
        from.unknown.push(reason);
    };
    match key {
        "address"
        | "source-address"
        | "destination-address"
        | "prefix-list"
        | "source-prefix-list"
        | "destination-prefix-list"
            if !except =>
        {
            let list = match key {
                "address" | "prefix-list" => &mut from.either,
                "source-address" | "source-prefix-list" => &mut from.source,
                _ => &mut from.destination,
            };
            for value in values {
                let except = device.tree.get(value, "except").is_some();
                if key.ends_with("prefix-list") {
                    prefixes::list(device, value, except, list);
                } else {
                    prefixes::one(device, value, except, list);
                }
            }
        }
        "port" | "source-port" | "destination-port" => {
            for value in values {
                let Some(range) = tables::port_range(device.word(value)) else {
                    if device.word(value) != "optimize" {
                        unknown(
                            device,
                            value,
                            format!("the port `{}` is not known", device.word(value)),
                        );
                    }
                    continue;
                };
                device.modelled(value);
                let ports = match key {
                    "port" => &mut from.either_ports,
                    "source-port" => &mut from.source_ports,
                    _ => &mut from.destination_ports,
                };
                if except {
                    ports.except.push(range)
                } else {
                    ports.values.push(range)
                }
            }
        }
        "protocol" | "next-header" | "payload-protocol" => {
            for value in values {
                match tables::protocol(device.word(value)) {
                    Some(protocol) => {
                        device.modelled(value);
                        if except {
                            from.protocols_except.push(protocol)
                        } else {
                            from.protocols.push(protocol)
                        }
                    }
                    None => unknown(
                        device,
                        value,
                        format!("the protocol `{}` is not known", device.word(value)),
                    ),
                }
            }
        }
        "icmp-type" | "icmp-code" if !except => {
            from.icmp = true;
            let protocol = if family == Family::Inet6 {
                Protocol::ICMP6
            } else {
                Protocol::ICMP
            };
            for value in values {
                match tables::icmp(protocol, key == "icmp-code", device.word(value)) {
                    Some(number) => {
                        device.modelled(value);
                        if key == "icmp-code" {
                            from.codes.push(number)
                        } else {
                            from.types.push(number)
                        }
                    }
                    None => unknown(
                        device,
                        value,
                        format!(
                            "the ICMP type or code `{}` is not known",
                            device.word(value)
                        ),
                    ),
                }
            }
        }
        "tcp-established" => (from.tcp, from.state) = (true, StateMatch::Established),
        "tcp-initial" => (from.tcp, from.state) = (true, StateMatch::New),
        "tcp-flags" if !except => {
            from.tcp = true;
            for value in values {
                match flags(device.word(value)) {
                    Some(state) => {
                        device.modelled(value);
                        from.state = state;
                    }
                    None => unknown(
                        device,
                        value,
                        "which packets of a connection have these TCP flags is not modelled"
                            .to_owned(),
                    ),
                }
            }
        }
        "is-fragment" | "first-fragment" | "ip-options" if !except => {
            from.never = true;
            device.modelled_all(node);
        }
        "is-fragment" | "ip-options" => device.modelled_all(node),
        "fragment-offset" => {
            for value in values {
                device.modelled(value);
                let whole = device.word(value).split('-').next() == Some("0");
                from.never |= whole == except;
            }
        }
        "fragment-flags" => {
            for value in values {
                let text = device.word(value).replace(['(', ')', ' '], "");
                match text.as_str() {
                    "more-fragments" | "0x2000" => {
                        device.modelled(value);
                        from.never |= !except;
                    }
                    _ => unknown(device, value, "fragment flags are not modelled".to_owned()),
                }
            }
        }
        "interface" if !except => {
            for value in values {
                device.modelled(value);
                let id = interfaces::find_or_add(device, value);
                from.ingress.push(id);
            }
        }
        "source-port-range-optimize"
        | "destination-port-range-optimize"
        | "apply-groups"
        | "apply-macro" => device.irrelevant(node),
        _ => unknown(
            device,
            node,
            format!("the match condition `{word}` is not modelled"),
        ),
    }
}

/// The packets of a connection that a flag expression means.
fn flags(text: &str) -> Option<StateMatch> {
    let plain: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '(' | ')' | '"'))
        .collect();
    match plain.as_str() {
        "syn&!ack" | "!ack&syn" | "syn&!ack&!fin&!rst" | "tcp-initial" => Some(StateMatch::New),
        "ack|rst" | "rst|ack" | "ack" | "tcp-established" => Some(StateMatch::Established),
        _ => None,
    }
}
