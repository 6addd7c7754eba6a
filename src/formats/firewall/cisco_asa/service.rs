//! Ports, protocols and ICMP types wherever a line may hold them.

use crate::model::firewall::{IcmpMatch, PortMatch, ProtocolMatch, ServiceTerm};
use crate::model::net::{PortRange, Protocol};

use super::address::quoted;
use super::device::Device;
use super::tables;
use super::words::{Words, number};

/// A protocol position with a protocol in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolWord {
    /// `ip`.
    Any,
    /// One protocol.
    One(Protocol),
    /// `tcp-udp`.
    TcpUdp,
}

/// Reads a protocol name or number.
pub fn protocol_word(word: &str) -> Option<ProtocolWord> {
    match word {
        "ip" | "0" => Some(ProtocolWord::Any),
        "tcp-udp" => Some(ProtocolWord::TcpUdp),
        _ => tables::protocol(word).map(ProtocolWord::One),
    }
}

/// Whether a word starts a port condition.
pub fn is_operator(word: &str) -> bool {
    matches!(word, "eq" | "neq" | "lt" | "gt" | "range")
}

impl<'c> Device<'c> {
    /// `eq P`, `neq P`, `lt P`, `gt P`, `range P Q`, after the operator was
    /// seen with `peek`. `None` when a port is missing.
    pub fn port_match(&mut self, words: &mut Words<'c>) -> Option<PortMatch> {
        let operator = words.next()?;
        let word = words.next()?;
        let range = if operator == "range" {
            let high = words.next()?;
            tables::port(word)
                .zip(tables::port(high))
                .and_then(|(low, high)| PortRange::new(low, high))
        } else {
            tables::port(word).map(PortRange::one)
        };
        let Some(range) = range else {
            return Some(self.unknown_port(word));
        };
        Some(match operator {
            "neq" => PortMatch::Not(range),
            // `lt 1` and `gt 65535` are refused by the device; they match nothing.
            "lt" => match range.low.checked_sub(1) {
                Some(high) => PortMatch::Range(PortRange { low: 0, high }),
                None => PortMatch::Not(PortRange::ANY),
            },
            "gt" => match range.low.checked_add(1) {
                Some(low) => PortMatch::Range(PortRange {
                    low,
                    high: u16::MAX,
                }),
                None => PortMatch::Not(PortRange::ANY),
            },
            _ => PortMatch::Range(range),
        })
    }

    /// A word in the place of a port that is in no table.
    pub fn unknown_port(&mut self, word: &str) -> PortMatch {
        let text = format!("{} is not a port name of the ASA", quoted(word));
        let span = self.span(word);
        PortMatch::Unknown(self.reason(text, span))
    }

    /// A port condition that ends before its operand: it may be any port.
    pub fn cut_port(&mut self, operator: &str) -> PortMatch {
        let text = format!("the line ends before the port of {}", quoted(operator));
        let span = self.span(operator);
        PortMatch::Unknown(self.reason(text, span))
    }

    /// The rest of `icmp [type [code]]`; takes only words that fit.
    pub fn icmp_match(&mut self, protocol: Protocol, words: &mut Words<'c>) -> IcmpMatch {
        let kind = words
            .peek()
            .and_then(|word| tables::icmp_type(protocol, word));
        if kind.is_some() {
            words.next();
        }
        let code = kind.and_then(|_| words.peek()).and_then(number::<u8>);
        if code.is_some() {
            words.next();
        }
        IcmpMatch {
            protocol,
            kind,
            code,
        }
    }

    /// A whole service as `service`, `service-object` and objects write it:
    /// a protocol, then `[source] OP` and `[destination] OP`, or an ICMP type.
    /// A port without a direction is the destination's.
    ///
    /// Source: Cisco ASA Series Command Reference, "service (object service)",
    /// "service-object".
    pub fn whole_service(&mut self, words: &mut Words<'c>) -> Option<Vec<ServiceTerm>> {
        let word = words.next()?;
        let Some(protocol) = protocol_word(word) else {
            let text = format!("{} is not a protocol name of the ASA", quoted(word));
            let span = self.span(word);
            return Some(vec![ServiceTerm::Unknown(self.reason(text, span))]);
        };
        if let ProtocolWord::One(protocol @ (Protocol::ICMP | Protocol::ICMP6)) = protocol {
            let icmp = self.icmp_match(protocol, words);
            return Some(vec![ServiceTerm::Icmp(icmp)]);
        }
        let (mut source, mut destination) = (PortMatch::Any, PortMatch::Any);
        while let Some(next) = words.peek() {
            match next {
                "source" => {
                    words.next();
                    source = self.port_match(words)?;
                }
                "destination" => {
                    words.next();
                    destination = self.port_match(words)?;
                }
                next if is_operator(next) => destination = self.port_match(words)?,
                _ => break,
            }
        }
        let term = |protocol| ServiceTerm::Inline {
            protocol,
            source,
            destination,
        };
        Some(match protocol {
            ProtocolWord::Any => vec![term(ProtocolMatch::Any)],
            ProtocolWord::One(number) => vec![term(ProtocolMatch::One(number))],
            ProtocolWord::TcpUdp => vec![
                term(ProtocolMatch::One(Protocol::TCP)),
                term(ProtocolMatch::One(Protocol::UDP)),
            ],
        })
    }
}
