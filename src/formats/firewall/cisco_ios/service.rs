//! Ports, protocols and ICMP messages wherever a line may hold them.

use crate::model::firewall::{IcmpMatch, PortMatch, ProtocolMatch, ServiceMatch, ServiceTerm};
use crate::model::net::{PortRange, Protocol};
use crate::source::Spanned;

use super::device::{Device, ServiceKind};
use super::rules::quoted;
use super::tables;
use super::words::{Words, number};

/// Most ports that one operator may list.
const MAX_PORTS: usize = 64;

/// A service of a protocol with ports in place.
pub fn inline(protocol: Protocol, source: PortMatch, destination: PortMatch) -> ServiceTerm {
    ServiceTerm::Inline {
        protocol: ProtocolMatch::One(protocol),
        source,
        destination,
    }
}

/// Everything of one protocol.
pub fn whole(protocol: Protocol) -> ServiceTerm {
    inline(protocol, PortMatch::Any, PortMatch::Any)
}

/// Whether a word starts a port condition.
pub fn is_operator(word: &str) -> bool {
    matches!(word, "eq" | "neq" | "lt" | "gt" | "range")
        || (word.len() <= 5
            && ["eq", "neq", "lt", "gt", "range"]
                .iter()
                .any(|operator| word.eq_ignore_ascii_case(operator)))
}

impl<'c> Device<'c> {
    /// A port condition, if there is one: `eq P…`, `neq P…`, `lt P`, `gt P`,
    /// `range P Q`, `portgroup N`. `eq` and `neq` may list several ports.
    ///
    /// Source: Cisco IOS Security Configuration Guide: Access Control Lists,
    /// "Named ACL Support for Noncontiguous Ports on an Access Control Entry".
    pub fn port_position(&mut self, words: &mut Words<'c>) -> PortMatch {
        match words.peek() {
            Some(word) if is_operator(word) => {
                words.next();
                self.ports(word, words)
            }
            Some(word @ ("portgroup" | "port-group")) => {
                words.next();
                match words.next() {
                    Some(name) => PortMatch::Object(self.service_group(name)),
                    None => self.cut_port(word),
                }
            }
            _ => PortMatch::Any,
        }
    }

    /// What follows an operator.
    pub fn ports(&mut self, operator: &'c str, words: &mut Words<'c>) -> PortMatch {
        let Some(first) = words.next() else {
            return self.cut_port(operator);
        };
        if operator.eq_ignore_ascii_case("range") {
            let Some(last) = words.next() else {
                return self.cut_port(operator);
            };
            let ends = tables::port(first).zip(tables::port(last));
            // The devices swap reversed ends.
            let range = ends.and_then(|(a, b)| PortRange::new(a.min(b), a.max(b)));
            return match range {
                Some(range) => PortMatch::Range(range),
                None => self.unknown_port(first),
            };
        }
        let Some(port) = tables::port(first) else {
            return self.unknown_port(first);
        };
        let operator = operator.to_ascii_lowercase();
        match operator.as_str() {
            // `lt 0` and `gt 65535` are refused by the device; they match nothing.
            "lt" => match port.checked_sub(1) {
                Some(high) => PortMatch::Range(PortRange { low: 0, high }),
                None => PortMatch::Not(PortRange::ANY),
            },
            "gt" => match port.checked_add(1) {
                Some(low) => PortMatch::Range(PortRange {
                    low,
                    high: u16::MAX,
                }),
                None => PortMatch::Not(PortRange::ANY),
            },
            _ => self.listed(operator == "neq", port, first, words),
        }
    }

    /// Further ports after `eq` or `neq`.
    fn listed(&mut self, not: bool, first: u16, word: &str, words: &mut Words<'c>) -> PortMatch {
        let mut ports = vec![first];
        while let Some(next) = words.peek().and_then(tables::port) {
            if ports.len() >= MAX_PORTS {
                break;
            }
            ports.push(next);
            words.next();
        }
        if ports.len() == 1 {
            let range = PortRange::one(first);
            return if not {
                PortMatch::Not(range)
            } else {
                PortMatch::Range(range)
            };
        }
        let span = self.span(word);
        ports.sort_unstable();
        let ranges: Vec<PortRange> = if not {
            gaps(&ports)
        } else {
            ports.into_iter().map(PortRange::one).collect()
        };
        let id = self.add_service_object("", span, ServiceKind::Ports);
        if let Some(object) = self.service_mut(id) {
            object.ports = ranges
                .into_iter()
                .map(|range| Spanned::new(PortMatch::Range(range), span))
                .collect();
        }
        PortMatch::Object(id)
    }

    /// A word in the place of a port that is in no table.
    pub fn unknown_port(&mut self, word: &str) -> PortMatch {
        let text = format!("{} is no port name of IOS or NX-OS", quoted(word));
        let span = self.span(word);
        PortMatch::Unknown(self.reason(text, span))
    }

    /// A port condition that ends before its operand: it may be any port.
    pub fn cut_port(&mut self, operator: &str) -> PortMatch {
        let text = format!("the line ends before the port of {}", quoted(operator));
        let span = self.span(operator);
        PortMatch::Unknown(self.reason(text, span))
    }

    /// The rest of `icmp [type [code] | message]`; takes only words that fit.
    pub fn icmp_match(&mut self, protocol: Protocol, words: &mut Words<'c>) -> IcmpMatch {
        let any = IcmpMatch {
            protocol,
            kind: None,
            code: None,
        };
        let Some(word) = words.peek() else {
            return any;
        };
        if let Some((kind, code)) = tables::icmp(protocol, word) {
            words.next();
            return IcmpMatch {
                kind: Some(kind),
                code,
                ..any
            };
        }
        let Some(kind) = number::<u8>(word) else {
            return any;
        };
        words.next();
        let code = words.peek().and_then(number::<u8>);
        if code.is_some() {
            words.next();
        }
        IcmpMatch {
            kind: Some(kind),
            code,
            ..any
        }
    }

    /// A whole service as a service group writes it: a protocol, then
    /// `[source] OP` and `[destination] OP`, a bare port, or an ICMP message.
    ///
    /// Source: Cisco IOS Security Command Reference, "object-group service".
    pub fn whole_service(&mut self, words: &mut Words<'c>) -> Option<Vec<ServiceTerm>> {
        let word = words.next()?;
        let protocols: Vec<Protocol> = match word {
            "tcp-udp" => vec![Protocol::TCP, Protocol::UDP],
            "ip" | "ipv6" | "any" => {
                return Some(vec![ServiceTerm::Inline {
                    protocol: ProtocolMatch::Any,
                    source: PortMatch::Any,
                    destination: PortMatch::Any,
                }]);
            }
            _ => match tables::protocol(word) {
                Some(protocol) => vec![protocol],
                None => {
                    let text = format!("{} is no protocol name of IOS", quoted(word));
                    let span = self.span(word);
                    return Some(vec![ServiceTerm::Unknown(self.reason(text, span))]);
                }
            },
        };
        if let [protocol @ (Protocol::ICMP | Protocol::ICMP6)] = protocols.as_slice() {
            return Some(vec![ServiceTerm::Icmp(self.icmp_match(*protocol, words))]);
        }
        let (mut source, mut destination) = (PortMatch::Any, PortMatch::Any);
        while let Some(next) = words.peek() {
            if next == "source" {
                words.next();
                source = self.bare_or_operator(words);
            } else if next == "destination" {
                words.next();
                destination = self.bare_or_operator(words);
            } else if is_operator(next) || tables::port(next).is_some() {
                destination = self.bare_or_operator(words);
            } else {
                break;
            }
        }
        Some(
            protocols
                .into_iter()
                .map(|protocol| inline(protocol, source, destination))
                .collect(),
        )
    }

    fn bare_or_operator(&mut self, words: &mut Words<'c>) -> PortMatch {
        match words.peek() {
            Some(word) if is_operator(word) => self.port_position(words),
            Some(word) => {
                words.next();
                match tables::port(word) {
                    Some(port) => PortMatch::Range(PortRange::one(port)),
                    None => self.unknown_port(word),
                }
            }
            None => PortMatch::Any,
        }
    }

    /// One term or several.
    pub fn services(terms: Vec<ServiceTerm>) -> ServiceMatch {
        match <[ServiceTerm; 1]>::try_from(terms) {
            Ok([term]) => ServiceMatch::One(term),
            Err(terms) => ServiceMatch::AnyOf(terms.into_boxed_slice()),
        }
    }
}

/// The ports between sorted ones.
fn gaps(ports: &[u16]) -> Vec<PortRange> {
    let mut ranges = Vec::new();
    let mut low = Some(0u16);
    for port in ports {
        if let (Some(from), Some(to)) = (low, port.checked_sub(1))
            && let Some(range) = PortRange::new(from, to)
        {
            ranges.push(range);
        }
        low = port.checked_add(1);
    }
    ranges.extend(low.and_then(|low| PortRange::new(low, u16::MAX)));
    ranges
}
