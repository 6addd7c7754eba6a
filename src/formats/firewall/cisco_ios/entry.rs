//! One access list entry: what follows `permit` or `deny`.
//!
//! Sources: Cisco IOS Security Command Reference, "access-list (IP standard)",
//! "access-list (IP extended)", "permit (IP)", "evaluate", "permit
//! (reflexive)"; Cisco IOS IPv6 Command Reference, "permit (IPv6)"; Cisco Nexus
//! 7000 Series NX-OS Security Command Reference, "permit (IPv4)". An option
//! that is not known makes the entry uncertain; it never removes it.

use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, PortMatch, ProtocolMatch, Rule, ServiceMatch,
    ServiceTerm, StateMatch,
};
use crate::model::net::Protocol;

use super::Dialect;
use super::address::{looks_inverted, prefix4, quad, with_wildcard};
use super::command_table::abbreviates;
use super::device::{Device, Family, ServiceKind};
use super::rules::{add_condition, blank_rule, quoted};
use super::service::{inline, is_operator};
use super::tables;
use super::words::{Words, number};

/// An entry, and what else must be recorded about it.
pub struct Entry<'c> {
    /// The rules that it becomes; TCP flags may divide it.
    pub rules: Vec<Rule>,
    /// `time-range`.
    pub time_range: Option<&'c str>,
    /// `reflect`.
    pub reflect: Option<&'c str>,
    /// `sequence N` of IPv6 lists.
    pub number: Option<u32>,
    /// Why it is uncertain.
    pub why: Option<String>,
    /// A remark for a line that is modelled.
    pub note: Option<&'static str>,
}

/// `permit` or `deny`, in full or short.
pub fn action(word: &str) -> Option<Action> {
    match word {
        "permit" => Some(Action::Permit),
        "deny" => Some(Action::Deny),
        _ if word.len() < 3 => None,
        _ if abbreviates(word, "permit") => Some(Action::Permit),
        _ if abbreviates(word, "deny") => Some(Action::Deny),
        _ => None,
    }
}

/// An entry whose match could not be read: it may match anything of its family.
pub fn unreadable<'c>(device: &mut Device<'c>, statement: &str, action: Action) -> Entry<'c> {
    let span = device.span(statement);
    let text = "this access list entry could not be read";
    let reason = device.reason(text, span);
    let mut rule = blank_rule(action, span);
    add_condition(&mut rule, Condition::Unknown(reason));
    Entry {
        rules: vec![rule],
        time_range: None,
        reflect: None,
        number: None,
        why: Some(text.to_owned()),
        note: None,
    }
}

/// `permit A [W]`, `permit host A`, `permit any`, and `permit A, wildcard bits
/// W` as `show access-lists` prints it. The address is a source; without a
/// wildcard it is one host.
pub fn standard<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
    action: Action,
) -> Option<Entry<'c>> {
    let mut reader = Reader::new(device, statement, action, Family::V4);
    let word = words.next()?;
    let term = match word {
        "any" | "ANY" => AddressTerm::Any4,
        "host" => reader.device.host_term(words.next()?),
        "object-group" => AddressTerm::Object(reader.device.network_group(words.next()?)),
        _ => {
            let bare = word.trim_end_matches(',');
            if bare != word && words.eat("wildcard") {
                words.eat("bits");
            }
            if let Some((low, high)) = prefix4(bare) {
                AddressTerm::V4(low, high)
            } else {
                let address = quad(bare)?;
                match words.peek().and_then(quad) {
                    Some(wildcard) => {
                        words.next();
                        if looks_inverted(wildcard) {
                            reader.device.inverted_mask(statement);
                        }
                        with_wildcard(address, wildcard)
                    }
                    None => AddressTerm::V4(address, address),
                }
            }
        }
    };
    reader.rule.source = AddressMatch::One(term);
    reader.rule.destination = AddressMatch::One(AddressTerm::Any4);
    reader.options(words, None);
    Some(reader.finish())
}

/// Everything after the action of an extended or IPv6 entry.
pub fn extended<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
    action: Action,
    family: Family,
) -> Option<Entry<'c>> {
    let mut reader = Reader::new(device, statement, action, family);
    let position = reader.protocol(words)?;
    reader.rule.source = reader.device.address_match(words, family, statement)?;
    let ports = position.may_have_ports();
    let source = if ports {
        reader.device.port_position(words)
    } else {
        PortMatch::Any
    };
    reader.rule.destination = reader.device.address_match(words, family, statement)?;
    reader.rule.service = match position {
        Position::Any => ServiceMatch::Any,
        Position::One(protocol @ (Protocol::ICMP | Protocol::ICMP6)) => {
            // In an IPv6 list `icmp` is ICMPv6.
            let protocol = if family == Family::V6 {
                Protocol::ICMP6
            } else {
                protocol
            };
            let icmp = reader.device.icmp_match(protocol, words);
            ServiceMatch::One(ServiceTerm::Icmp(icmp))
        }
        Position::One(protocol) => {
            let destination = if ports {
                reader.device.port_position(words)
            } else {
                PortMatch::Any
            };
            if protocol == Protocol(2) {
                reader.igmp(words);
            }
            ServiceMatch::One(inline(protocol, source, destination))
        }
        Position::TcpUdp => {
            let destination = reader.device.port_position(words);
            let terms = [Protocol::TCP, Protocol::UDP].map(|p| inline(p, source, destination));
            ServiceMatch::AnyOf(Box::new(terms))
        }
        Position::Group(id) => {
            let with_ports = words.peek().is_some_and(|word| {
                is_operator(word) || word == "portgroup" || word == "port-group"
            });
            if with_ports || source != PortMatch::Any {
                let destination = reader.device.port_position(words);
                ServiceMatch::One(ServiceTerm::Inline {
                    protocol: ProtocolMatch::Object(id),
                    source,
                    destination,
                })
            } else {
                ServiceMatch::One(ServiceTerm::Object(id))
            }
        }
        Position::Unknown(reason) => {
            // Its ports, if it has any, are part of what is not known.
            while words.peek().is_some_and(is_operator) {
                reader.device.port_position(words);
            }
            ServiceMatch::One(ServiceTerm::Unknown(reason))
        }
    };
    let protocol = match position {
        Position::One(protocol) => Some(protocol),
        _ => None,
    };
    reader.options(words, protocol);
    Some(reader.finish())
}

/// What stands in the position of the protocol.
#[derive(Debug, Clone, Copy)]
enum Position {
    Any,
    One(Protocol),
    TcpUdp,
    Group(crate::model::firewall::ServiceObjectId),
    Unknown(crate::model::firewall::ReasonId),
}

impl Position {
    fn may_have_ports(self) -> bool {
        match self {
            Self::One(protocol) => protocol.has_ports(),
            Self::TcpUdp | Self::Group(_) | Self::Unknown(_) => true,
            Self::Any => false,
        }
    }
}

/// An entry under construction.
struct Reader<'d, 'c> {
    device: &'d mut Device<'c>,
    rule: Rule,
    /// The rule for packets of known connections, where TCP flags set it apart.
    known: Option<Rule>,
    entry: Entry<'c>,
}

impl<'d, 'c> Reader<'d, 'c> {
    fn new(
        device: &'d mut Device<'c>,
        statement: &'c str,
        action: Action,
        _family: Family,
    ) -> Self {
        let rule = blank_rule(action, device.span(statement));
        Self {
            device,
            rule,
            known: None,
            entry: Entry {
                rules: Vec::new(),
                time_range: None,
                reflect: None,
                number: None,
                why: None,
                note: None,
            },
        }
    }

    fn finish(mut self) -> Entry<'c> {
        if let Some(known) = self.known.take() {
            let mut other = self.rule.clone();
            other.state = known.state;
            let mut all = other.conditions.to_vec();
            all.extend(known.conditions);
            other.conditions = all.into_boxed_slice();
            self.entry.rules = vec![self.rule, other];
        } else {
            self.entry.rules = vec![self.rule];
        }
        self.entry
    }

    /// A protocol, `object-group N`, or the bare name of a service group as
    /// `show access-lists` prints it. `None` when the line ends.
    fn protocol(&mut self, words: &mut Words<'c>) -> Option<Position> {
        let word = words.next()?;
        if matches!(word, "object-group" | "service-group") {
            return Some(Position::Group(self.device.service_group(words.next()?)));
        }
        if let Some(protocol) = tables::protocol(word) {
            return Some(Position::One(protocol));
        }
        if word.eq_ignore_ascii_case("ip") || word.eq_ignore_ascii_case("ipv6") {
            return Some(Position::Any);
        }
        if word == "tcp-udp" || word == "tcpudp" {
            return Some(Position::TcpUdp);
        }
        if matches!(words.peek(), Some("object-group")) || self.is_service_group(word) {
            return Some(Position::Group(self.device.service_group(word)));
        }
        let text = format!("{} is no protocol name of IOS or NX-OS", quoted(word));
        let span = self.device.span(word);
        Some(Position::Unknown(self.device.reason(text, span)))
    }

    fn is_service_group(&self, word: &str) -> bool {
        self.device.service_groups.get(word).is_some_and(|id| {
            let kind = self.device.service_kinds.get(id.0 as usize);
            kind.is_some_and(|kind| *kind != ServiceKind::Unknown)
        })
    }

    /// Message types of IGMP, which no data path here uses.
    fn igmp(&mut self, words: &mut Words<'c>) {
        const TYPES: [&str; 10] = [
            "dvmrp",
            "host-query",
            "host-report",
            "pim",
            "trace",
            "query",
            "report",
            "v2-report",
            "v3-report",
            "leave",
        ];
        if words
            .peek()
            .is_some_and(|word| TYPES.contains(&word) || number::<u8>(word).is_some())
        {
            let word = words.next().unwrap_or_default();
            self.uncertain(word, "the entry is for some IGMP messages only".to_owned());
        }
    }

    fn uncertain(&mut self, word: &str, text: String) {
        self.uncertain_to(word, None, text);
    }

    fn uncertain_to(&mut self, word: &str, value: Option<&str>, text: String) {
        let mut span = self.device.span(word);
        if let Some(value) = value {
            span.end = self.device.span(value).end;
        }
        let reason = self.device.reason(text.clone(), span);
        add_condition(&mut self.rule, Condition::Unknown(reason));
        self.entry.why = Some(text);
    }

    /// Everything after the match.
    fn options(&mut self, words: &mut Words<'c>, protocol: Option<Protocol>) {
        while let Some(word) = words.next() {
            match word {
                "log" | "log-input" => self.log(words),
                // Packets of a connection that has begun carry ACK or RST.
                "established" | "est" => self.rule.state = StateMatch::Established,
                "match-any" | "match-all" => self.flags(word, words),
                "ack" | "rst" | "fin" | "psh" | "urg" | "syn"
                    if protocol == Some(Protocol::TCP) =>
                {
                    self.flag_words(word, words);
                }
                "fragments" | "fragment" => {
                    self.rule.enabled = false;
                    self.entry.note = Some(
                        "only for fragments after the first: no whole packet and no first \
                         fragment matches",
                    );
                }
                "option" => {
                    words.next();
                    self.rule.enabled = false;
                    self.entry.note =
                        Some("only for packets with IP options, which no data path here carries");
                }
                "routing"
                | "hbh"
                | "dest-option"
                | "mobility"
                | "dest-option-type"
                | "routing-type"
                | "mobility-type"
                | "auth"
                | "undetermined-transport" => {
                    if words.peek().and_then(number::<u8>).is_some() {
                        words.next();
                    }
                    self.rule.enabled = false;
                    self.entry.note = Some(
                        "only for packets with IPv6 extension headers, which no data path here \
                         carries",
                    );
                }
                "dscp" | "precedence" | "tos" | "flow-label" | "cos" => {
                    let value = words.next();
                    let text = format!("the entry is for some {word} values only");
                    self.uncertain_to(word, value, text);
                }
                "ttl" | "packet-length" => {
                    let operator = words.next();
                    let mut value = words.next();
                    if operator == Some("range") {
                        value = words.next();
                    }
                    let text = format!("the entry is for some {word} values only");
                    self.uncertain_to(word, value, text);
                }
                "vlan" | "inner-vlan" | "http-method" | "udf" | "redirect" | "nve" => {
                    let value = words.next();
                    let text = format!("the entry is for some {word} values only");
                    self.uncertain_to(word, value, text);
                }
                "capture" => {
                    words.next();
                    words.next();
                }
                "time-range" => {
                    self.entry.time_range = words.next();
                    if self.entry.time_range.is_none() {
                        let text = "the entry ends before the name of its time range";
                        self.uncertain(word, text.to_owned());
                    }
                }
                "reflect" => {
                    self.entry.reflect = words.next();
                    if words.eat("timeout") {
                        words.next();
                    }
                }
                "sequence" => self.entry.number = words.next().and_then(number),
                "(active)" | "(inactive)" | "smartlog" | "statistics" => {}
                // A comment behind an entry, in files that a person wrote: the parser of IOS ends a
                // command there.
                _ if word.starts_with('!') => return,
                // Counters of `show access-lists`.
                _ if word.starts_with('(') || word.starts_with('[') || word.starts_with("<cnt") => {
                    return;
                }
                _ => {
                    let text = format!("the option {} of the entry is not known", quoted(word));
                    self.uncertain(word, text);
                    return;
                }
            }
        }
    }

    /// `log [COOKIE]`: a last word that is no option is the user's own tag.
    fn log(&mut self, words: &mut Words<'c>) {
        self.rule.logs = true;
        if let Some(tag) = words.peek()
            && words.peek_second().is_none_or(|next| next.starts_with('('))
            && !is_option(tag)
        {
            words.next();
        }
    }

    /// `match-any +ack +rst`, `match-all +syn -ack`. The first packet of a
    /// connection has SYN and not ACK, FIN or RST; later ones have ACK (or
    /// RST), the rest of their flags is not known.
    ///
    /// Source: Cisco IOS Security Configuration Guide: Access Control Lists,
    /// "Creating an IP Access List to Filter IP Options, TCP Flags …".
    fn flags(&mut self, mode: &str, words: &mut Words<'c>) {
        let mut flags = Vec::new();
        while let Some(word) = words.peek() {
            let set = word.starts_with('+');
            let Some(name) = word.strip_prefix(['+', '-']) else {
                break;
            };
            words.next();
            flags.push((set, name));
        }
        let first = flags.iter().map(|(set, name)| (*name == "syn") == *set);
        let (new, known) = if mode == "match-all" {
            (first.clone().all(|matches| matches), None)
        } else {
            let ack = flags.contains(&(true, "ack"));
            (first.clone().any(|matches| matches), ack.then_some(true))
        };
        self.by_state(mode, new, known);
    }

    /// `ack`, `syn rst`: entries written before `match-any` match any of them.
    fn flag_words(&mut self, word: &str, words: &mut Words<'c>) {
        let mut all = vec![word];
        while let Some(next) = words
            .peek()
            .filter(|next| matches!(*next, "ack" | "rst" | "fin" | "psh" | "urg" | "syn"))
        {
            all.push(next);
            words.next();
        }
        // Beside `established` they say no more than it does.
        if self.rule.state == StateMatch::Established {
            return self.by_state(word, false, None);
        }
        let ack = all.contains(&"ack") && self.device.dialect == Dialect::Ios;
        self.by_state(word, all.contains(&"syn"), ack.then_some(true));
    }

    /// Divides the rule by connection state: whether it matches a first
    /// packet, and a later one (`None`: not known).
    fn by_state(&mut self, word: &str, new: bool, known: Option<bool>) {
        let (later, doubtful) = (known.unwrap_or(true), known.is_none());
        match (new, later, doubtful) {
            (true, true, false) => {}
            (true, true, true) => {
                let mut other = blank_rule(self.rule.action, self.rule.span);
                other.state = StateMatch::Established;
                let span = self.device.span(word);
                let text = "the entry is for some TCP flags only";
                let reason = self.device.reason(text, span);
                add_condition(&mut other, Condition::Unknown(reason));
                self.rule.state = StateMatch::New;
                self.known = Some(other);
            }
            (false, true, false) => self.rule.state = StateMatch::Established,
            (false, true, true) => {
                self.rule.state = StateMatch::Established;
                self.uncertain(word, "the entry is for some TCP flags only".to_owned());
            }
            (true, false, _) => self.rule.state = StateMatch::New,
            (false, false, _) => self.rule.enabled = false,
        }
    }
}

/// Whether a word after `log` is an option of the entry.
fn is_option(word: &str) -> bool {
    const OPTIONS: [&str; 13] = [
        "time-range",
        "reflect",
        "established",
        "fragments",
        "tos",
        "dscp",
        "precedence",
        "ttl",
        "option",
        "log",
        "log-input",
        "sequence",
        "match-any",
    ];
    OPTIONS.contains(&word) || word.starts_with(['(', '['])
}
