//! Access list entries: every form of `access-list` and `ipv6 access-list`,
//! as configured and as `show access-list` prints them.
//!
//! Sources: Cisco ASA Series Command Reference, "access-list extended",
//! "access-list standard", "access-list ethertype", "access-list webtype",
//! "ipv6 access-list", "show access-list"; PIX Command Reference 6.3,
//! "access-list". This is the hot path: no entry allocates unless it holds
//! something unusual.

use crate::formats::LineState;
use crate::formats::firewall::shared::room::Progress;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, PortMatch, ProtocolMatch, Rule,
    ServiceMatch, ServiceTerm,
};
use crate::model::net::Protocol;
use crate::source::Span;

pub use super::rules::{add_condition, blank_rule};

use super::address::quoted;
use super::commands::abbreviates;
use super::device::{Device, ListKind, ServiceKind, ShownLine, stamp};
use super::insertion;
use super::outcome::Outcome;
use super::rules::narrow;
use super::service::{ProtocolWord, is_operator, protocol_word};
use super::words::{Words, ipv4, ipv6, number};

/// The entry, and what else must be recorded about it.
pub(super) struct Entry<'c> {
    pub(super) rule: Rule,
    pub(super) time_range: Option<&'c str>,
    pub(super) why: Option<String>,
}

/// Reads a line after `access-list` or `ipv6 access-list`.
pub fn access_list<'c>(
    device: &mut Device<'c>,
    statement: &'c str,
    words: &mut Words<'c>,
    ipv6_list: bool,
) -> Outcome {
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let mut kind = if ipv6_list {
        ListKind::Ipv6
    } else {
        ListKind::Extended
    };
    if let Some(name) = name.strip_suffix(';') {
        device.filter(name, kind);
        return Outcome::irrelevant("heading of an access list in `show access-list`");
    }
    let mut shown = None;
    if words.peek() == Some("line")
        && words
            .peek_second()
            .is_some_and(|n| number::<u32>(n).is_some())
    {
        words.next();
        shown = words.next().and_then(number::<u32>);
    }
    let mut advanced = false;
    let mut inspected = true;
    match words.peek() {
        Some("remark") => {
            let id = device.filter(name, kind);
            let rules = device.filter_mut(id).map_or(0, |filter| filter.rules.len());
            if let Some(info) = device.list_info_mut(id) {
                info.defined = true;
                insertion::remark(info, rules, shown);
            }
            return Outcome::IRRELEVANT;
        }
        Some("extended" | "ext" | "exte" | "exten" | "extend" | "extende") => {
            words.next();
        }
        Some("advanced") => {
            words.next();
            advanced = true;
            device.threat_defense = true;
        }
        Some("standard") => {
            words.next();
            kind = ListKind::Standard;
        }
        Some("ethertype") => {
            define(device, name, ListKind::EtherType);
            return Outcome::irrelevant("an ethertype list filters frames that are not IP");
        }
        Some("webtype") => {
            define(device, name, ListKind::WebType);
            return Outcome::irrelevant("a webtype list filters URLs of the clientless VPN");
        }
        _ => {}
    }
    let action = match words.next() {
        Some("permit") => Action::Permit,
        // Passed without Snort (a prefilter's fastpath, a trusted rule).
        Some("trust") => {
            inspected = false;
            Action::Permit
        }
        Some("deny") => Action::Deny,
        Some(word) if abbreviates(word, "permit") => Action::Permit,
        Some(word) if abbreviates(word, "deny") => Action::Deny,
        _ => {
            let outcome = other(statement);
            if outcome.state != LineState::Unrecognised {
                return outcome;
            }
            return lost(device, name, kind, statement);
        }
    };
    device.has_entries = true;
    let id = define(device, name, kind);
    let counted = shown.is_some() && is_counted(words.rest());
    let configured = device.list_info_mut(id).is_some_and(|info| info.configured);
    if let Some(line) = shown {
        if counted && configured {
            return Outcome::irrelevant(insertion::REPEATS);
        }
        if counted && let Some(outcome) = expansion(device, id, line) {
            return outcome;
        }
    } else if let Some(info) = device.list_info_mut(id) {
        info.configured = true;
    }
    let first_rule = device.filter_mut(id).map_or(0, |filter| filter.rules.len());
    let before = device.firewall.not_modelled.len();
    let entry = if kind == ListKind::Standard {
        standard(device, words, statement, action)
    } else {
        extended(device, words, statement, action, id)
    };
    let mut entry = entry.unwrap_or_else(|| unreadable(device, statement, action));
    if advanced && inspected && action == Action::Permit {
        let span = device.span(statement);
        let reason = device.reason(super::threat_defense::SNORT, span);
        add_condition(&mut entry.rule, Condition::Unknown(reason));
    }
    if kind == ListKind::Ipv6 {
        narrow(&mut entry.rule, &AddressTerm::Any6);
    } else if device.separate_any && device.has_separate_families() {
        narrow(&mut entry.rule, &AddressTerm::Any4);
    }
    if let Some(line) = shown.filter(|_| !counted)
        && let Some(outcome) = insertion::insert(device, id, line, &mut entry)
    {
        return outcome;
    }
    if let Some(name) = entry.time_range {
        device.timed.push((id, first_rule, name, device.span(name)));
    }
    let complete = shown.is_none() || is_defined(device, &entry.rule);
    let rule_span = entry.rule.span;
    let progress = Progress::behind(rule_span, device.clean.text().len());
    if let Some(filter) = device.filter_mut(id) {
        if filter.rules.is_empty() && first_rule == 0 {
            filter.span = rule_span;
        }
        filter.default.span = rule_span;
        progress.make_room(&mut filter.rules);
        filter.rules.push(entry.rule);
    }
    if let (Some(line), Some(info)) = (shown.filter(|_| !configured), device.list_info_mut(id)) {
        let same = info.shown.filter(|old| old.line == line && old.replaced);
        info.shown = same.or(Some(ShownLine {
            line,
            rule: first_rule,
            replaced: false,
            complete,
        }));
    }
    let doubt = device.firewall.not_modelled.get(before);
    match (entry.why, doubt) {
        (Some(why), _) => Outcome::not_modelled(why),
        (None, Some(doubt)) => Outcome::not_modelled(doubt.reason.clone()),
        (None, None) => Outcome::MODELLED,
    }
}

/// Marks a list as defined and returns it.
fn define<'c>(device: &mut Device<'c>, name: &'c str, kind: ListKind) -> FilterId {
    let id = device.filter(name, kind);
    let fresh = match device.list_info_mut(id) {
        Some(info) if !info.defined => {
            info.defined = true;
            info.kind = kind;
            true
        }
        _ => false,
    };
    if fresh {
        let span = device.span(name);
        device.refer("access-list", name, true, span);
    }
    id
}

/// An entry of which not even the action could be read.
fn lost<'c>(device: &mut Device<'c>, name: &'c str, kind: ListKind, statement: &'c str) -> Outcome {
    let id = define(device, name, kind);
    for action in [Action::Permit, Action::Deny] {
        let entry = unreadable(device, statement, action);
        if let Some(filter) = device.filter_mut(id) {
            filter.default.span = entry.rule.span;
            filter.rules.push(entry.rule);
        }
    }
    Outcome::not_modelled("this access list entry could not be read")
}

/// Lines that are about lists, not entries (`access-list mode auto-commit`).
fn other(statement: &str) -> Outcome {
    match super::commands::find(statement) {
        Some(command) if command.effect == super::commands::Effect::Irrelevant => {
            Outcome::IRRELEVANT
        }
        _ if statement.contains(" compiled") => Outcome::IRRELEVANT,
        _ if statement.contains(" elements") => Outcome::IRRELEVANT,
        _ => Outcome::UNRECOGNISED,
    }
}

/// Whether an entry carries what only `show access-list` prints: hit counts
/// or a hash.
fn is_counted(rest: &str) -> bool {
    let hash = rest.split([' ', '\t']).next_back();
    rest.contains("(hitcnt=") || hash.is_some_and(|word| word.starts_with("0x"))
}

/// Decides about a line of `show access-list` that has the number of the line
/// before: it expands the object groups of that entry. `None` to read it.
fn expansion(device: &mut Device<'_>, id: FilterId, line: u32) -> Option<Outcome> {
    let shown = device
        .list_info_mut(id)?
        .shown
        .filter(|shown| shown.line == line)?;
    if shown.complete {
        return Some(Outcome::irrelevant(
            "the device's expansion of the entry above",
        ));
    }
    if !shown.replaced {
        device.filter_mut(id)?.rules.truncate(shown.rule);
        let info = device.list_info_mut(id)?;
        info.expanded = true;
        if let Some(shown) = info.shown.as_mut() {
            shown.replaced = true;
        }
    }
    None
}

/// Whether all objects of a rule are defined in the file.
fn is_defined(device: &Device<'_>, rule: &Rule) -> bool {
    let address = |m: &AddressMatch| match m {
        AddressMatch::One(AddressTerm::Object(id)) => device
            .address_defined
            .get(id.0 as usize)
            .copied()
            .unwrap_or(false),
        AddressMatch::One(AddressTerm::Interface(id)) => device
            .interface_info
            .get(id.0 as usize)
            .is_some_and(|info| info.defined),
        _ => true,
    };
    let known = |id| device.service_kind(id) != ServiceKind::Unknown;
    let port = |m: PortMatch| match m {
        PortMatch::Object(id) => known(id),
        _ => true,
    };
    let service = match &rule.service {
        ServiceMatch::One(ServiceTerm::Object(id)) => known(*id),
        ServiceMatch::One(ServiceTerm::Inline {
            protocol,
            source,
            destination,
        }) => {
            port(*source)
                && port(*destination)
                && match protocol {
                    ProtocolMatch::Object(id) => known(*id),
                    _ => true,
                }
        }
        _ => true,
    };
    address(&rule.source) && address(&rule.destination) && service
}

/// Makes the last entry of a list one that may match anything: what follows
/// it in the file may be its end, so that its words do not tell what it says.
pub fn doubt_last_entry(device: &mut Device<'_>, id: FilterId, text: &str, span: Span) {
    let reason = device.reason(text, span);
    let rule = device
        .filter_mut(id)
        .and_then(|filter| filter.rules.last_mut());
    if let Some(rule) = rule {
        let (action, at) = (rule.action, rule.span);
        *rule = blank_rule(action, at);
        add_condition(rule, Condition::Unknown(reason));
    }
}

/// An entry whose match could not be read: it may match anything.
fn unreadable<'c>(device: &mut Device<'c>, statement: &'c str, action: Action) -> Entry<'c> {
    let span = device.span(statement);
    let text = "this access list entry could not be read";
    let reason = device.reason(text, span);
    let mut rule = blank_rule(action, span);
    add_condition(&mut rule, Condition::Unknown(reason));
    Entry {
        rule,
        time_range: None,
        why: Some(text.to_owned()),
    }
}

/// `standard {permit|deny} {any | host A | A M}`: the address is a
/// destination, as the Command Reference says.
fn standard<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
    action: Action,
) -> Option<Entry<'c>> {
    let mut rule = blank_rule(action, device.span(statement));
    rule.destination = device.address_match(words)?;
    let mut entry = Entry {
        rule,
        time_range: None,
        why: None,
    };
    options(device, words, &mut entry);
    Some(entry)
}

/// Everything after `permit` or `deny` of an extended entry.
fn extended<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
    action: Action,
    list: FilterId,
) -> Option<Entry<'c>> {
    let mut entry = Entry {
        rule: blank_rule(action, device.span(statement)),
        time_range: None,
        why: None,
    };
    device.list_line = entry.rule.span;
    let protocol = protocol_position(device, words, list)?;
    identities(device, words, &mut entry);
    if words.eat("ifc") {
        entry.rule.ingress = words.next().map(|name| device.interface(name)).into();
    }
    let source = device.address_match(words)?;
    refer_address(device, &source, list);
    let source_port = if protocol.may_have_ports() {
        port_position(device, words, true, list)
    } else {
        PortMatch::Any
    };
    identities(device, words, &mut entry);
    if words.eat("ifc") {
        entry.rule.egress = words.next().map(|name| device.interface(name)).into();
    }
    let destination = device.address_match(words)?;
    refer_address(device, &destination, list);
    entry.rule.source = source;
    entry.rule.destination = destination;
    entry.rule.service = service_position(device, words, protocol, source_port, list);
    options(device, words, &mut entry);
    Some(entry)
}

/// Records the use of an object in an address position.
fn refer_address(device: &mut Device<'_>, address: &AddressMatch, list: FilterId) {
    if let AddressMatch::One(AddressTerm::Object(id)) = address
        && stamp(&mut device.use_stamp, id.0, list)
    {
        let span = device.list_line;
        let object = device.firewall.address_objects.get(id.0 as usize);
        let name = object.map(|object| object.name.clone()).unwrap_or_default();
        let group = device.network_groups.get(name.as_str()) == Some(id);
        let kind = if group {
            "object-group network"
        } else {
            "object network"
        };
        device.refer(kind, &name, false, span);
    }
}

/// What stands in the position of the protocol.
#[derive(Debug, Clone, Copy)]
enum Position {
    Word(ProtocolWord),
    Group(crate::model::firewall::ServiceObjectId, ServiceKind),
}

impl Position {
    fn may_have_ports(self) -> bool {
        match self {
            Self::Word(ProtocolWord::One(protocol)) => protocol.has_ports(),
            Self::Word(ProtocolWord::TcpUdp) => true,
            Self::Word(ProtocolWord::Any) => false,
            Self::Group(_, kind) => matches!(kind, ServiceKind::Protocols | ServiceKind::Unknown),
        }
    }
}

/// A protocol, an `object` or an `object-group`. `None` for anything else.
fn protocol_position<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    list: FilterId,
) -> Option<Position> {
    let word = words.next()?;
    match word {
        "object-group" => {
            let name = words.next()?;
            let id = device.service_group(name);
            device.refer_once("object-group service", name, id, list);
            Some(Position::Group(id, device.service_kind(id)))
        }
        "object" => {
            let name = words.next()?;
            let id = device.service_object(name);
            device.refer_once("object service", name, id, list);
            Some(Position::Group(id, ServiceKind::Object))
        }
        _ => protocol_word(word).map(Position::Word),
    }
}

/// `user`, `user-group`, `security-group` and their object groups: known, not
/// modelled, so the entry matches possibly.
fn identities<'c>(device: &mut Device<'c>, words: &mut Words<'c>, entry: &mut Entry<'c>) {
    while let Some(word) = words.peek() {
        let count = match word {
            "user" | "user-group" | "object-group-user" | "object-group-security" => 2,
            "security-group" => 3,
            _ => return,
        };
        let mut span = device.span(word);
        for _ in 0..count {
            if let Some(word) = words.next() {
                span.end = device.span(word).end;
            }
        }
        let text = "the entry is for some users or security groups only";
        let reason = device.reason(text, span);
        add_condition(&mut entry.rule, Condition::Unknown(reason));
        entry.why = Some(text.to_owned());
    }
}

/// A port condition, if there is one.
fn port_position<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    before_destination: bool,
    list: FilterId,
) -> PortMatch {
    match words.peek() {
        Some("range") if before_destination && words.peek_second().is_some_and(is_address) => {
            PortMatch::Any
        }
        Some(word) if is_operator(word) => match device.port_match(words) {
            Some(port) => port,
            None => device.cut_port(word),
        },
        Some(word @ "object-group") if !before_destination || is_port_group(device, *words) => {
            words.next();
            let Some(name) = words.next() else {
                return device.cut_port(word);
            };
            let id = device.service_group(name);
            device.refer_once("object-group service", name, id, list);
            PortMatch::Object(id)
        }
        _ => PortMatch::Any,
    }
}

fn is_address(word: &str) -> bool {
    word.contains(['.', ':']) && (ipv4(word).is_some() || ipv6(word).is_some())
}

/// Whether `object-group G` between the addresses is a group of ports and not
/// the destination. The definitions tell; without them, what follows does.
fn is_port_group(device: &Device<'_>, mut words: Words<'_>) -> bool {
    words.next();
    let Some(name) = words.next() else {
        return false;
    };
    let network = device.network_groups.get(name).is_some_and(|id| {
        device
            .address_defined
            .get(id.0 as usize)
            .copied()
            .unwrap_or(false)
    });
    let ports = device.service_groups.get(name).is_some_and(|id| {
        matches!(
            device.service_kind(*id),
            ServiceKind::Ports(_) | ServiceKind::Services
        )
    });
    if network != ports {
        return ports;
    }
    match words.next() {
        Some("any" | "any4" | "any6" | "host" | "object" | "interface" | "security-group") => true,
        Some("object-group") => {
            words.next();
            words
                .next()
                .is_some_and(|word| is_operator(word) || word == "object-group")
        }
        Some(word) => is_address(word) || word.contains('/'),
        None => false,
    }
}

/// The service, with what follows the destination.
fn service_position<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    protocol: Position,
    source: PortMatch,
    list: FilterId,
) -> ServiceMatch {
    let inline = |protocol, destination| ServiceTerm::Inline {
        protocol,
        source,
        destination,
    };
    match protocol {
        Position::Word(ProtocolWord::One(protocol @ (Protocol::ICMP | Protocol::ICMP6))) => {
            if words.peek() != Some("object-group") {
                return ServiceMatch::One(ServiceTerm::Icmp(device.icmp_match(protocol, words)));
            }
            let group = words.next().unwrap_or_default();
            let Some(name) = words.next() else {
                let destination = device.cut_port(group);
                return ServiceMatch::One(inline(ProtocolMatch::One(protocol), destination));
            };
            let id = device.service_group(name);
            device.refer_once("object-group icmp-type", name, id, list);
            if protocol == Protocol::ICMP6 {
                let span = device.span(name);
                let reason = device.reason(
                    "an icmp-type group names ICMP types, the entry is for ICMPv6",
                    span,
                );
                return ServiceMatch::One(ServiceTerm::Unknown(reason));
            }
            ServiceMatch::One(ServiceTerm::Object(id))
        }
        Position::Word(ProtocolWord::Any) => ServiceMatch::Any,
        Position::Word(ProtocolWord::One(protocol)) => {
            let destination = if protocol.has_ports() {
                port_position(device, words, false, list)
            } else {
                PortMatch::Any
            };
            ServiceMatch::One(inline(ProtocolMatch::One(protocol), destination))
        }
        Position::Word(ProtocolWord::TcpUdp) => {
            let destination = port_position(device, words, false, list);
            let terms =
                [Protocol::TCP, Protocol::UDP].map(|p| inline(ProtocolMatch::One(p), destination));
            ServiceMatch::AnyOf(Box::new(terms))
        }
        Position::Group(id, kind) => {
            let has_ports = source != PortMatch::Any
                || words
                    .peek()
                    .is_some_and(|word| is_operator(word) || word == "object-group");
            if kind == ServiceKind::Protocols || (kind == ServiceKind::Unknown && has_ports) {
                let destination = port_position(device, words, false, list);
                ServiceMatch::One(inline(ProtocolMatch::Object(id), destination))
            } else {
                ServiceMatch::One(ServiceTerm::Object(id))
            }
        }
    }
}

/// Everything after the match. An option that is not known makes the entry
/// uncertain; it never removes it.
fn options<'c>(device: &mut Device<'c>, words: &mut Words<'c>, entry: &mut Entry<'c>) {
    while let Some(word) = words.next() {
        match word {
            "log" => {
                entry.rule.logs = words.peek() != Some("disable");
                if words.peek().is_some_and(is_log_word) {
                    words.next();
                }
                if words.eat("interval") {
                    words.next();
                }
            }
            "inactive" | "(inactive)" => entry.rule.enabled = false,
            "time-range" => {
                entry.time_range = words.next();
                if entry.time_range.is_none() {
                    let span = device.span(word);
                    let text = "the entry ends before the name of its time range";
                    let reason = device.reason(text, span);
                    add_condition(&mut entry.rule, Condition::Unknown(reason));
                    entry.why = Some(text.to_owned());
                }
            }
            "rule-id" | "event-log" => {
                words.next();
            }
            _ if word.starts_with("(hitcnt=") || word.starts_with("0x") => {}
            _ => {
                let span = device.span(word);
                let text = format!("the option {} of the entry is not known", quoted(word));
                let reason = device.reason(text.clone(), span);
                add_condition(&mut entry.rule, Condition::Unknown(reason));
                entry.why = Some(text);
                return;
            }
        }
    }
}

fn is_log_word(word: &str) -> bool {
    const LEVELS: [&str; 11] = [
        "emergencies",
        "alerts",
        "critical",
        "errors",
        "warnings",
        "notifications",
        "informational",
        "debugging",
        "disable",
        "default",
        "notification",
    ];
    LEVELS.contains(&word) || number::<u8>(word).is_some_and(|level| level <= 7)
}
