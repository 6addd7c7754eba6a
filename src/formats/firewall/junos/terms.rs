//! Terms of a stateless firewall filter.
//!
//! Source: Juniper, "Routing Policies, Firewall Filters, and Traffic Policers
//! User Guide": "Firewall Filter Match Conditions Based on Address Fields" (the
//! longest prefix of a list decides, `except` or not; each list ends with an
//! implicit `0/0 except`), "… for IPv4 Traffic" (values of one condition: any;
//! conditions: all; `port` is either port; a port does not imply a protocol;
//! `tcp-established` is ack or rst, `tcp-initial` syn without ack),
//! "Terminating Actions" (a term without one accepts), "Nonterminating
//! Actions" (`next term`). The model's packets are whole packets without IP
//! options: terms for fragments and options never match them.

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, Condition, IcmpMatch, InterfaceMatch, PortMatch, ProtocolMatch, ReasonId,
    Rule, ServiceMatch, ServiceTerm, StateMatch,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Spanned;

use super::device::{Device, Keys, add_condition, any_of, blank_rule, pseudo_rule, undecided};
use super::filters::{self, Family};
use super::prefixes::{self, Entry};
use super::{interfaces, tables};

/// The rules of all terms of a filter.
pub fn rules(device: &mut Device<'_, '_>, family: Family, filter: NodeId) -> Vec<Rule> {
    let mut rules = Vec::new();
    for statement in device.children(filter) {
        if device.word(statement) != "term" {
            // A filter without terms holds `from` and `then` itself.
            if matches!(device.word(statement), "from" | "then") {
                continue;
            }
            if !device.tree.is_marked(statement) {
                let why = "this statement of a filter is not known to exlint";
                let reason = device.not_modelled(statement, why);
                let span = device.statement(statement);
                rules.extend(undecided(&pseudo_rule(Action::Permit, why, span), reason));
            }
            continue;
        }
        let all: Vec<NodeId> = device.tree.all(statement).collect();
        for term in all {
            read_term(device, family, term, &mut rules);
        }
    }
    if device.tree.get(filter, "then").is_some() {
        read_term(device, family, filter, &mut rules);
    }
    rules
}

/// Values and exceptions of one condition.
#[derive(Debug, Default)]
struct Ports {
    values: Vec<PortRange>,
    except: Vec<PortRange>,
}

impl Ports {
    fn is_empty(&self) -> bool {
        self.values.is_empty() && self.except.is_empty()
    }
}

/// What a term asks for.
#[derive(Debug, Default)]
struct From {
    source: Vec<Entry>,
    destination: Vec<Entry>,
    either: Vec<Entry>,
    source_ports: Ports,
    destination_ports: Ports,
    either_ports: Ports,
    protocols: Vec<Protocol>,
    protocols_except: Vec<Protocol>,
    types: Vec<u8>,
    codes: Vec<u8>,
    icmp: bool,
    tcp: bool,
    state: StateMatch,
    ingress: Vec<crate::model::firewall::InterfaceId>,
    /// Fragments or packets with options only.
    never: bool,
    unknown: Vec<ReasonId>,
}

/// Conditions of a term, as far as several may stand on one line.
const FROM: Keys = Keys {
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

/// Actions of a term, as far as several may stand on one line.
const THEN: Keys = Keys {
    valued: &[
        "count",
        "policer",
        "forwarding-class",
        "loss-priority",
        "next",
    ],
    flags: &["accept", "discard", "reject", "log", "syslog", "sample"],
};

fn read_term(device: &mut Device<'_, '_>, family: Family, term: NodeId, out: &mut Vec<Rule>) {
    let span = device.statement(term);
    let mut base = blank_rule(Action::Permit, span);
    base.enabled = !device.tree.is_inactive(term);
    device.modelled(term);
    if !base.enabled {
        device.modelled_all(term);
    }
    let mut from = From::default();
    let mut then = Then::default();
    for statement in device.children(term) {
        match device.word(statement) {
            "from" => {
                for condition in device.chained(statement, &FROM) {
                    read_condition(device, family, condition, &mut from);
                }
            }
            "then" => {
                for action in device.chained(statement, &THEN) {
                    read_action(device, action, &mut then, &mut base);
                }
            }
            "filter" => {
                for name in device.children(statement) {
                    device.modelled_all(name);
                    let (word, at) = (device.word(name), device.statement(name));
                    let used = device.span(name);
                    device.refer("firewall filter", word, false, used);
                    match filters::filter(device, family, word, true) {
                        Some(id) => then.jump = Some(Action::Jump(id)),
                        None => {
                            then.unknown =
                                Some(device.reason(
                                    format!("filter {word} is not defined in this file"),
                                    at,
                                ));
                        }
                    }
                }
            }
            "term" => {}
            other => {
                if device.tree.is_marked(statement) {
                    continue;
                }
                let why = format!("`{other}` in a term is not known to exlint");
                then.unknown = Some(device.not_modelled(statement, why));
            }
        }
    }
    if device.is_cut(term) {
        from.unknown.push(device.reason(
            "the file ends inside this term's line: it may be cut off",
            span,
        ));
    }
    let Some(action) = then.action() else {
        // `next term` and nothing else.
        return;
    };
    base.action = action;
    if let Some(reason) = then.unknown
        && base.enabled
    {
        for rule in variants(device, family, &base, &from) {
            out.extend(undecided(&rule, reason));
        }
        return;
    }
    if from.never {
        return;
    }
    out.extend(variants(device, family, &base, &from));
}

/// What a term does.
#[derive(Debug, Default)]
struct Then {
    ends: Option<Action>,
    next: bool,
    jump: Option<Action>,
    unknown: Option<ReasonId>,
}

impl Then {
    fn action(&self) -> Option<Action> {
        if self.unknown.is_some() {
            return Some(Action::Permit);
        }
        if let Some(action) = self.jump.or(self.ends) {
            return Some(action);
        }
        // Without a terminating action a term accepts.
        (!self.next).then_some(Action::Permit)
    }
}

fn read_action(device: &mut Device<'_, '_>, action: NodeId, then: &mut Then, rule: &mut Rule) {
    match device.word(action) {
        "accept" => {
            then.ends = Some(Action::Permit);
            device.modelled_all(action);
        }
        "discard" | "reject" => {
            then.ends = Some(Action::Deny);
            device.modelled_all(action);
        }
        "next" => {
            then.next = true;
            device.modelled_all(action);
        }
        "log" | "syslog" => {
            rule.logs = true;
            device.modelled_all(action);
        }
        "count"
        | "sample"
        | "port-mirror"
        | "port-mirror-instance"
        | "forwarding-class"
        | "loss-priority"
        | "dscp"
        | "traffic-class"
        | "accounting"
        | "exclude-accounting"
        | "prefix-action"
        | "service-accounting"
        | "service-accounting-deferred"
        | "topology"
        | "policy-map"
        | "force-premium"
        | "dont-fragment"
        | "no-decrement-ttl"
        | "analyzer"
        | "interface-group"
        | "l2-mirror"
        | "load-balance" => {
            device.irrelevant(action);
        }
        "policer" | "three-color-policer" | "hierarchical-policer" | "two-color-policer" => {
            device.tree.explain(
                action,
                crate::formats::LineState::Irrelevant,
                "a policer drops only what exceeds a rate",
            );
        }
        "routing-instance" | "next-interface" | "next-ip" | "next-ip6" | "logical-system"
        | "ipsec-sa" | "decapsulate" | "encapsulate" | "lsp" => {
            then.unknown = Some(device.not_modelled(
                action,
                "the term sends packets another way than the routing table, which is not modelled",
            ));
        }
        "packet-mode" => {
            let why = "the term lets packets pass the security policies by (packet mode)";
            device.not_modelled(action, why);
            let span = device.statement(action);
            device.doubt(why, span);
        }
        other => {
            let why = format!("the action `{other}` is not known to exlint");
            then.unknown = Some(device.not_modelled(action, why));
        }
    }
}

fn read_condition(device: &mut Device<'_, '_>, family: Family, node: NodeId, from: &mut From) {
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

/// The rules of a term: `address` and `port` stand for either end.
fn variants(device: &mut Device<'_, '_>, family: Family, base: &Rule, from: &From) -> Vec<Rule> {
    let mut rule = base.clone();
    rule.state = from.state;
    for reason in &from.unknown {
        add_condition(&mut rule, Condition::Unknown(*reason));
    }
    if !from.ingress.is_empty() {
        rule.ingress = InterfaceMatch::any_of(from.ingress.iter().copied());
    }
    rule.source = side(device, &mut rule, &from.source);
    rule.destination = side(device, &mut rule, &from.destination);
    let either = if from.either.is_empty() {
        None
    } else {
        if from.either.iter().any(|entry| entry.except) {
            // The exception applies only where both ends lie in it.
            let reason = device.reason("`except` for either address is not modelled", base.span);
            add_condition(&mut rule, Condition::Unknown(reason));
        }
        Some(side(device, &mut rule, &from.either))
    };
    let mut ends = Vec::new();
    match either {
        None => ends.push(rule),
        Some(position) => {
            let both = !(from.source.is_empty() && from.destination.is_empty());
            if both {
                let reason = device.reason(
                    "conditions for one and for either address together are not modelled",
                    base.span,
                );
                add_condition(&mut rule, Condition::Unknown(reason));
            }
            for outward in [true, false] {
                let mut variant = rule.clone();
                if outward {
                    variant.source = position.clone()
                } else {
                    variant.destination = position.clone()
                }
                ends.push(variant);
            }
        }
    }
    for variant in &mut ends {
        if variant.source == AddressMatch::Any
            && let Some(term) = family.any()
        {
            variant.source = AddressMatch::One(term);
        }
    }
    let services = services(device, family, base, from);
    ends.into_iter()
        .flat_map(|rule| {
            services.iter().map(move |service| Rule {
                service: service.clone(),
                ..rule.clone()
            })
        })
        .collect()
}

/// One end's addresses; an exception that is not known leaves the rule open.
fn side(device: &mut Device<'_, '_>, rule: &mut Rule, entries: &[Entry]) -> AddressMatch {
    if entries.is_empty() {
        return AddressMatch::Any;
    }
    match prefixes::combine(entries) {
        Ok(terms) => any_of(terms),
        Err(why) => {
            let reason = device.reason(why, rule.span);
            add_condition(rule, Condition::Unknown(reason));
            AddressMatch::Any
        }
    }
}

fn services(
    device: &mut Device<'_, '_>,
    family: Family,
    base: &Rule,
    from: &From,
) -> Vec<ServiceMatch> {
    if from.icmp {
        let protocol = if family == Family::Inet6 {
            Protocol::ICMP6
        } else {
            Protocol::ICMP
        };
        let other = from.protocols.iter().any(|known| *known != protocol);
        let option = |values: &[u8]| -> Vec<Option<u8>> {
            if values.is_empty() {
                vec![None]
            } else {
                values.iter().copied().map(Some).collect()
            }
        };
        let mut terms = Vec::new();
        for kind in option(&from.types) {
            for code in option(&from.codes) {
                terms.push(ServiceTerm::Icmp(IcmpMatch {
                    protocol,
                    kind,
                    code,
                }));
            }
        }
        if other {
            let reason = device.reason(
                "an ICMP type for another protocol is not modelled",
                base.span,
            );
            terms.push(ServiceTerm::Unknown(reason));
        }
        return vec![match_of(terms)];
    }
    let ported = !(from.source_ports.is_empty()
        && from.destination_ports.is_empty()
        && from.either_ports.is_empty());
    if !from.protocols_except.is_empty() {
        if ported || !from.protocols.is_empty() || from.tcp {
            let reason = device.reason(
                "`protocol-except` together with ports is not modelled",
                base.span,
            );
            return vec![ServiceMatch::One(ServiceTerm::Unknown(reason))];
        }
        let terms = from.protocols_except.iter().map(|protocol| {
            inline(
                ProtocolMatch::One(*protocol),
                PortMatch::Any,
                PortMatch::Any,
            )
        });
        return vec![ServiceMatch::NoneOf(terms.collect())];
    }
    if !ported && from.protocols.is_empty() && !from.tcp {
        return vec![ServiceMatch::Any];
    }
    let protocols: Vec<ProtocolMatch> = match (from.protocols.as_slice(), from.tcp) {
        ([], true) => vec![ProtocolMatch::One(Protocol::TCP)],
        ([], false) => vec![ProtocolMatch::Any],
        (list, true) => list
            .iter()
            .filter(|known| **known == Protocol::TCP)
            .map(|known| ProtocolMatch::One(*known))
            .collect(),
        (list, false) => list
            .iter()
            .map(|known| ProtocolMatch::One(*known))
            .collect(),
    };
    let source = ports(device, base, &from.source_ports);
    let destination = ports(device, base, &from.destination_ports);
    let either = ports(device, base, &from.either_ports);
    let mut matches = Vec::new();
    let mut add = |source: PortMatch, destination: PortMatch| {
        matches.push(match_of(
            protocols
                .iter()
                .map(|protocol| inline(*protocol, source, destination))
                .collect(),
        ));
    };
    if from.either_ports.is_empty() {
        add(source, destination);
    } else {
        add(either, destination);
        add(source, either);
    }
    matches
}

fn inline(protocol: ProtocolMatch, source: PortMatch, destination: PortMatch) -> ServiceTerm {
    ServiceTerm::Inline {
        protocol,
        source,
        destination,
    }
}

fn match_of(mut terms: Vec<ServiceTerm>) -> ServiceMatch {
    if terms.len() == 1
        && let Some(term) = terms.pop()
    {
        return ServiceMatch::One(term);
    }
    ServiceMatch::AnyOf(terms.into())
}

/// Ports as one position holds them; several become an anonymous object.
fn ports(device: &mut Device<'_, '_>, base: &Rule, ports: &Ports) -> PortMatch {
    if ports.is_empty() {
        return PortMatch::Any;
    }
    let ranges = port_ranges(&ports.values, &ports.except);
    if let [range] = ranges.as_slice() {
        return PortMatch::Range(*range);
    }
    let id = device.add_service("", base.span);
    if let Some(object) = device.firewall.service_objects.get_mut(id.0 as usize) {
        object.ports = ranges
            .into_iter()
            .map(|range| Spanned::new(PortMatch::Range(range), base.span))
            .collect();
    }
    PortMatch::Object(id)
}

/// The ports of some ranges (all, when there are none) without others.
fn port_ranges(values: &[PortRange], except: &[PortRange]) -> Vec<PortRange> {
    let mut left: Vec<PortRange> = if values.is_empty() {
        vec![PortRange::ANY]
    } else {
        values.to_vec()
    };
    for gap in except {
        left = left
            .into_iter()
            .flat_map(|range| {
                let below = gap
                    .low
                    .checked_sub(1)
                    .and_then(|high| PortRange::new(range.low, high.min(range.high)));
                let above = gap
                    .high
                    .checked_add(1)
                    .and_then(|low| PortRange::new(low.max(range.low), range.high));
                [below, above].into_iter().flatten()
            })
            .collect();
    }
    left
}
