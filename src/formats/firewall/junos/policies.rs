//! Security policies: between zones, global, and the default.
//!
//! Sources: Juniper, "Security Policies User Guide": "Security Policies
//! Overview" (policies of the zone pair in order, then global policies, then
//! `default-policy`, which denies unless it says `permit-all`; traffic inside a
//! zone needs a policy, too), "Global Security Policies" (only names of the
//! global address book), "Configuring Policies Using … Negated Source Address".
//! Source and destination are looked up with real addresses: destination and
//! static NAT come before the policy, source NAT after ("NAT User Guide").

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, FilterId, InterfaceId,
    InterfaceMatch, Passage, Rule, ServiceMatch, Stage, StateMatch,
};
use crate::source::Span;

use super::device::{Device, Keys, add_condition, any_of, blank_rule, pseudo_rule, undecided};
use super::{addresses, applications, interfaces, schedules};

/// The name of the device itself among the zones.
const HOST: &str = "junos-host";

/// Policies of one pair of zones, compiled.
struct Pair<'t> {
    from: &'t str,
    to: &'t str,
    filter: FilterId,
    span: Span,
}

/// Whether the device decides by zones and policies at all.
pub fn has_policies(device: &Device<'_, '_>) -> bool {
    device.at(&["security", "policies"]).is_some()
        || device.at(&["security", "zones", "security-zone"]).is_some()
}

/// Compiles all policies into stages.
pub fn compile(device: &mut Device<'_, '_>) {
    let top = device.at(&["security", "policies"]);
    let pairs = top.map(|top| read_pairs(device, top)).unwrap_or_default();
    let global = top
        .and_then(|top| device.tree.get(top, "global"))
        .and_then(|node| read_global(device, node));
    let (default, label, span) = default_policy(device, top);
    unknown_zones(device);

    let mut rules = prelude(device, span);
    for pair in &pairs {
        if pair.from == HOST || pair.to == HOST {
            continue;
        }
        let mut rule = pseudo_rule(
            Action::Jump(pair.filter),
            format!("policies from zone {} to zone {}", pair.from, pair.to),
            pair.span,
        );
        rule.ingress = members(device, pair.from);
        rule.egress = members(device, pair.to);
        rules.push(rule);
    }
    if let Some((filter, at)) = global {
        rules.push(pseudo_rule(Action::Jump(filter), "global policies", at));
    }
    let filter = device.add_filter(
        "security policies".to_owned(),
        rules,
        (default, label, span),
        span,
    );
    device.firewall.stages.push(Stage {
        label: "security policies".to_owned(),
        passage: Passage::Transit,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Real,
        span,
    });
    host_policies(device, &pairs);
}

/// Stages of packets to and from the device itself. Without a policy of their
/// own they pass here; `host-inbound-traffic` decides apart.
fn host_policies(device: &mut Device<'_, '_>, pairs: &[Pair<'_>]) {
    for pair in pairs {
        let (passage, ingress, egress) = if pair.to == HOST {
            (
                Passage::ToHost,
                members(device, pair.from),
                InterfaceMatch::Any,
            )
        } else if pair.from == HOST {
            (
                Passage::FromHost,
                InterfaceMatch::Any,
                members(device, pair.to),
            )
        } else {
            continue;
        };
        if let Some(filter) = device.firewall.filters.get_mut(pair.filter.0 as usize) {
            filter.default.action = Action::Permit;
            filter.default.label = "no policy for packets of the device itself matches".to_owned();
        }
        device.firewall.stages.push(Stage {
            label: format!("policies from zone {} to zone {}", pair.from, pair.to),
            passage,
            ingress,
            egress,
            filter: pair.filter,
            view: AddressView::Real,
            span: pair.span,
        });
    }
}

/// The members of a zone.
pub fn members(device: &Device<'_, '_>, zone: &str) -> InterfaceMatch {
    if zone == "any" {
        return InterfaceMatch::Any;
    }
    let known = device.zones.get(zone);
    InterfaceMatch::any_of(known.map(|zone| zone.members.clone()).unwrap_or_default())
}

/// A file without zone definitions still says what passes between zones: each
/// zone gets an interface of its name.
fn unknown_zones(device: &mut Device<'_, '_>) {
    if device.at(&["security", "zones", "security-zone"]).is_some() {
        return;
    }
    for name in device.zone_order.clone() {
        let named = device
            .zones
            .get(name)
            .is_some_and(|zone| !zone.members.is_empty());
        if name == HOST || name == "any" || named {
            continue;
        }
        let span = device.text.span_of(name);
        let id = device.add_interface(name, span);
        if let Some(interface) = device.interface_mut(id) {
            interface.zone = Some(crate::source::Spanned::new(name.to_owned(), span));
        }
        if let Some(zone) = device.zones.get_mut(name) {
            zone.members.push(id);
        }
    }
}

/// What decides before any policy.
fn prelude(device: &mut Device<'_, '_>, span: Span) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut zoned: Vec<InterfaceId> = Vec::new();
    for zone in device.zones.values() {
        zoned.extend(&zone.members);
    }
    zoned.sort_unstable();
    zoned.dedup();
    for doubt in device.doubts.clone() {
        rules.extend(undecided(
            &pseudo_rule(
                Action::Permit,
                "statements that are not modelled",
                doubt.span,
            ),
            doubt.reason,
        ));
    }
    packet_mode(device, &mut rules);
    if !device.firewall.stateful {
        let mut rule = pseudo_rule(
            Action::Permit,
            "packets of a session are not looked up again",
            span,
        );
        rule.state = StateMatch::Established;
        rules.push(rule);
    }
    if device.at(&["security", "zones", "security-zone"]).is_some() {
        for (way, at) in [("in", 0), ("out", 1)] {
            let mut rule = pseudo_rule(
                Action::Deny,
                format!("the interface that packets come {way} by is in no zone"),
                span,
            );
            let outside = InterfaceMatch::none_of(zoned.iter().copied());
            if zoned.is_empty() {
                continue;
            }
            if at == 0 {
                rule.ingress = outside;
            } else {
                rule.implicit = Some("the interface that packets go out by is in no zone".into());
                rule.egress = outside;
            }
            rules.push(rule);
        }
    }
    let instances = interfaces::instances(device);
    for (name, members, node) in instances {
        let at = device.statement(node);
        let text = format!("routing instance {name} has a routing table of its own");
        let reason = device.reason(text.clone(), at);
        for inward in [true, false] {
            let mut rule = pseudo_rule(Action::Permit, text.clone(), at);
            let inside = InterfaceMatch::any_of(members.iter().copied());
            let outside = InterfaceMatch::none_of(members.iter().copied());
            (rule.ingress, rule.egress) = if inward {
                (outside, inside)
            } else {
                (inside, outside)
            };
            rules.extend(undecided(&rule, reason));
        }
    }
    rules
}

/// `security forwarding-options`: packets that sessions are not made for.
///
/// Source: Juniper, CLI Reference, "mode (Security Forwarding Options)": IPv6
/// is dropped unless `mode flow-based` is set, on releases that changed the
/// default it is not; `family mpls mode packet-based` takes the whole device
/// out of flow mode.
fn packet_mode(device: &mut Device<'_, '_>, rules: &mut Vec<Rule>) {
    let top = device.at(&["security", "forwarding-options"]);
    let mode = |device: &Device<'_, '_>, family: &str| {
        let node = device.tree.at(top?, &["family", family])?;
        device.tree.value(node, "mode")
    };
    if let Some(node) = mode(device, "mpls") {
        if device.word(node) == "packet-based" {
            let reason = device.not_modelled(
                node,
                "the device forwards packet by packet: whether policies apply is not modelled",
            );
            let span = device.statement(node);
            rules.extend(undecided(
                &pseudo_rule(Action::Permit, "packet-based forwarding", span),
                reason,
            ));
        } else {
            device.modelled(node);
        }
    }
    let six = |mut rule: Rule| {
        rule.source = AddressMatch::One(AddressTerm::Any6);
        rule
    };
    match mode(device, "inet6") {
        Some(node) => {
            let span = device.statement(node);
            match device.word(node) {
                "flow-based" => device.modelled(node),
                "drop" => {
                    device.modelled(node);
                    rules.push(six(pseudo_rule(
                        Action::Deny,
                        "IPv6 packets are dropped",
                        span,
                    )));
                }
                _ => {
                    let reason = device.not_modelled(node, "IPv6 is forwarded packet by packet: whether policies apply is not modelled");
                    rules.extend(undecided(
                        &six(pseudo_rule(
                            Action::Permit,
                            "packet-based forwarding of IPv6",
                            span,
                        )),
                        reason,
                    ));
                }
            }
        }
        None => {
            let span = device.firewall.name.span;
            let text = "whether the device forwards IPv6 depends on its release: `security forwarding-options family inet6 mode` is not in this file";
            let reason = device.reason(text, span);
            let mut rule = six(pseudo_rule(
                Action::Deny,
                "IPv6 is dropped unless flow mode is on for it",
                span,
            ));
            add_condition(&mut rule, Condition::Unknown(reason));
            rules.push(rule);
        }
    }
}

fn default_policy(device: &mut Device<'_, '_>, top: Option<NodeId>) -> (Action, String, Span) {
    let stated = top.and_then(|top| device.tree.value(top, "default-policy"));
    if let Some(node) = stated {
        let span = device.statement(node);
        return match device.word(node) {
            "permit-all" => {
                device.modelled_all(node);
                (Action::Permit, "default-policy permit-all".to_owned(), span)
            }
            _ => {
                device.modelled_all(node);
                (Action::Deny, "default-policy deny-all".to_owned(), span)
            }
        };
    }
    let place = top
        .or_else(|| device.at(&["security", "zones"]))
        .unwrap_or(device.root);
    let span = if place == device.root {
        device.firewall.name.span
    } else {
        device.statement(place)
    };
    (
        Action::Deny,
        "the default policy denies what no policy matches".to_owned(),
        span,
    )
}

fn read_pairs<'t>(device: &mut Device<'_, 't>, top: NodeId) -> Vec<Pair<'t>> {
    let mut pairs = Vec::new();
    for from in device.below(top, &["from-zone"]) {
        for to in device.below(from, &["to-zone"]) {
            let names = [device.word(from), device.word(to)];
            for (name, node) in names.into_iter().zip([from, to]) {
                if name != HOST {
                    let span = device.span(node);
                    device.refer("security-zone", name, false, span);
                    interfaces::declare(device, name);
                }
            }
            let [from_name, to_name] = names;
            let span = device.statement(to);
            device.modelled(to);
            let mut rules = Vec::new();
            for statement in device.children(to) {
                if device.word(statement) != "policy" {
                    if !device.tree.is_marked(statement) {
                        let why = "this statement between zones is not known to exlint";
                        let reason = device.not_modelled(statement, why);
                        rules.extend(undecided(&pseudo_rule(Action::Permit, why, span), reason));
                    }
                    continue;
                }
                let all: Vec<NodeId> = device.tree.all(statement).collect();
                for policy in all {
                    read_policy(device, policy, (Some(from_name), Some(to_name)), &mut rules);
                }
            }
            let label = format!("no policy from zone {from_name} to zone {to_name} matches");
            let name = format!("from-zone {from_name} to-zone {to_name}");
            let filter = device.add_filter(name, rules, (Action::Return, label, span), span);
            pairs.push(Pair {
                from: from_name,
                to: to_name,
                filter,
                span,
            });
        }
    }
    pairs
}

fn read_global(device: &mut Device<'_, '_>, node: NodeId) -> Option<(FilterId, Span)> {
    let policies: Vec<NodeId> = device
        .tree
        .get(node, "policy")
        .map(|policies| device.tree.all(policies).collect())
        .unwrap_or_default();
    // Zones that only global policies name.
    for policy in &policies {
        for key in ["from-zone", "to-zone"] {
            for zone in device.below(*policy, &["match", key]) {
                let name = device.word(zone);
                if name != "any" && name != HOST {
                    let span = device.span(zone);
                    device.refer("security-zone", name, false, span);
                    interfaces::declare(device, name);
                }
            }
        }
    }
    unknown_zones(device);
    let mut rules = Vec::new();
    for policy in &policies {
        read_policy(device, *policy, (None, None), &mut rules);
    }
    if policies.is_empty() {
        return None;
    }
    let span = device.statement(node);
    device.modelled(node);
    let label = "no global policy matches".to_owned();
    let filter = device.add_filter(
        "global policies".to_owned(),
        rules,
        (Action::Return, label, span),
        span,
    );
    Some((filter, span))
}

/// What a policy still needs to know before it can be decided.
struct Draft {
    rule: Rule,
    /// Why its action is not known.
    action: Option<crate::model::firewall::ReasonId>,
}

fn read_policy(
    device: &mut Device<'_, '_>,
    policy: NodeId,
    zones: (Option<&str>, Option<&str>),
    rules: &mut Vec<Rule>,
) {
    let span = device.statement(policy);
    let inactive = device.tree.is_inactive(policy);
    let mut draft = Draft {
        rule: blank_rule(Action::Deny, span),
        action: None,
    };
    device.modelled(policy);
    if inactive {
        draft.rule.enabled = false;
        device.modelled_all(policy);
    }
    let mut stated = false;
    for statement in device.children(policy) {
        match device.word(statement) {
            "match" => read_match(device, policy, statement, zones, &mut draft),
            "then" => {
                stated |= read_then(device, statement, &mut draft);
            }
            "scheduler-name" => {
                for name in device.children(statement) {
                    device.modelled_all(name);
                    let condition = schedules::condition(device, name);
                    add_condition(&mut draft.rule, condition);
                }
            }
            "description" | "report" | "apply-groups" | "apply-groups-except" | "apply-macro" => {
                device.irrelevant(statement)
            }
            "initiate-tcp-rst" => device.irrelevant(statement),
            other => {
                let why = format!("`{other}` in a policy is not known to exlint");
                let reason = device.not_modelled(statement, why);
                add_condition(&mut draft.rule, Condition::Unknown(reason));
            }
        }
    }
    if device.tree.get(policy, "match").is_none() {
        missing(device, policy, "match", &mut draft);
    }
    if !stated && draft.action.is_none() {
        let name = device.word(policy);
        draft.action =
            Some(device.reason(format!("policy {name} has no action in this file"), span));
    }
    if device.is_cut(policy) {
        let reason = device.reason(
            "the file ends inside this policy's line: it may be cut off",
            span,
        );
        add_condition(&mut draft.rule, Condition::Unknown(reason));
    }
    match draft.action {
        Some(reason) if draft.rule.enabled => rules.extend(undecided(&draft.rule, reason)),
        _ => rules.push(draft.rule),
    }
}

fn missing(device: &mut Device<'_, '_>, policy: NodeId, what: &str, draft: &mut Draft) {
    let name = device.word(policy);
    let span = draft.rule.span;
    let reason = device.reason(
        format!("policy {name} has no {what} in this file; the device needs one"),
        span,
    );
    add_condition(&mut draft.rule, Condition::Unknown(reason));
}

/// Statements of a policy's `match`.
const MATCH: Keys = Keys {
    valued: &[
        "source-address",
        "destination-address",
        "application",
        "from-zone",
        "to-zone",
        "dynamic-application",
        "source-identity",
        "url-category",
        "source-end-user-profile",
    ],
    flags: &["source-address-excluded", "destination-address-excluded"],
};

fn read_match(
    device: &mut Device<'_, '_>,
    policy: NodeId,
    node: NodeId,
    zones: (Option<&str>, Option<&str>),
    draft: &mut Draft,
) {
    let (mut sources, mut destinations, mut applications) = (Vec::new(), Vec::new(), Vec::new());
    let (mut not_source, mut not_destination) = (false, false);
    device.modelled(node);
    for statement in device.chained(node, &MATCH) {
        let word = device.word(statement);
        let values = device.children(statement);
        device.modelled(statement);
        match word {
            "source-address" | "destination-address" | "application" => {
                if values.is_empty() {
                    let text = format!("the list of `{word}` is empty");
                    let reason = device.not_modelled(statement, text);
                    add_condition(&mut draft.rule, Condition::Unknown(reason));
                }
                let list = match word {
                    "source-address" => &mut sources,
                    "destination-address" => &mut destinations,
                    _ => &mut applications,
                };
                list.extend(values);
            }
            "source-address-excluded" => not_source = true,
            "destination-address-excluded" => not_destination = true,
            "from-zone" | "to-zone" => {
                let side = zone_side(device, &values, draft);
                if word == "from-zone" {
                    draft.rule.ingress = side;
                } else {
                    draft.rule.egress = side;
                }
            }
            "dynamic-application"
            | "source-identity"
            | "url-category"
            | "source-end-user-profile"
            | "destination-identity"
            | "source-l3vpn-vrf-group"
            | "destination-l3vpn-vrf-group"
            | "source-tenant"
            | "destination-tenant" => {
                let free = values.iter().any(|value| device.word(*value) == "any")
                    || values.iter().all(|value| device.word(*value) == "none");
                if free && !values.is_empty() {
                    for value in values {
                        device.modelled(value);
                    }
                    continue;
                }
                let text = format!(
                    "policy {} also asks for a {}",
                    device.word(policy),
                    word.replace('-', " ")
                );
                let reason = device.not_modelled(statement, text);
                add_condition(&mut draft.rule, Condition::Unknown(reason));
            }
            "apply-groups" | "apply-groups-except" | "apply-macro" => device.irrelevant(statement),
            _ => {
                let text = format!("`{word}` in a policy's match is not known to exlint");
                let reason = device.not_modelled(statement, text);
                add_condition(&mut draft.rule, Condition::Unknown(reason));
            }
        }
    }
    draft.rule.source = position(device, zones.0, &sources, not_source);
    draft.rule.destination = position(device, zones.1, &destinations, not_destination);
    draft.rule.service = services(device, &applications);
    // The device needs all three; with groups they may come from elsewhere.
    for (there, what) in [
        (!sources.is_empty(), "source-address"),
        (!destinations.is_empty(), "destination-address"),
        (!applications.is_empty(), "application"),
    ] {
        if !there {
            missing(device, policy, what, draft);
        }
    }
}

fn position(
    device: &mut Device<'_, '_>,
    zone: Option<&str>,
    values: &[NodeId],
    negated: bool,
) -> AddressMatch {
    let mut terms = Vec::new();
    let mut any = values.is_empty();
    for value in values {
        device.modelled(*value);
        match addresses::term(device, zone, *value) {
            Some(term) => terms.push(term),
            None => any = true,
        }
    }
    match (any, negated) {
        (true, true) => AddressMatch::AnyOf(Box::default()),
        (true, false) => AddressMatch::Any,
        (false, true) => AddressMatch::NoneOf(terms.into()),
        (false, false) => any_of(terms),
    }
}

fn services(device: &mut Device<'_, '_>, values: &[NodeId]) -> ServiceMatch {
    let mut terms = Vec::new();
    let mut any = values.is_empty();
    for value in values {
        device.modelled(*value);
        if device.word(*value) == "any" {
            any = true;
        } else {
            terms.push(applications::named(device, *value));
        }
    }
    if any {
        return ServiceMatch::Any;
    }
    if terms.len() == 1
        && let Some(term) = terms.pop()
    {
        return ServiceMatch::One(term);
    }
    ServiceMatch::AnyOf(terms.into())
}

/// The interfaces of the zones that a global policy names.
fn zone_side(device: &mut Device<'_, '_>, values: &[NodeId], draft: &mut Draft) -> InterfaceMatch {
    let mut ids = Vec::new();
    for value in values {
        device.modelled(*value);
        match device.word(*value) {
            "any" => return InterfaceMatch::Any,
            HOST => {
                let reason = device.not_modelled(
                    *value,
                    "a global policy for packets of the device itself is not modelled",
                );
                add_condition(&mut draft.rule, Condition::Unknown(reason));
            }
            name => ids.extend(
                device
                    .zones
                    .get(name)
                    .map(|zone| zone.members.clone())
                    .unwrap_or_default(),
            ),
        }
    }
    InterfaceMatch::any_of(ids)
}

/// Reads `then`; tells whether it has an action.
fn read_then(device: &mut Device<'_, '_>, node: NodeId, draft: &mut Draft) -> bool {
    const THEN: Keys = Keys {
        valued: &["log"],
        flags: &["permit", "deny", "reject", "count"],
    };
    let mut stated = false;
    for statement in device.chained(node, &THEN) {
        match device.word(statement) {
            "permit" => {
                stated = true;
                draft.rule.action = Action::Permit;
                device.modelled(statement);
                for option in device.children(statement) {
                    permit_option(device, option, draft);
                }
            }
            "deny" | "reject" => {
                stated = true;
                draft.rule.action = Action::Deny;
                device.modelled_all(statement);
            }
            "log" => {
                draft.rule.logs = true;
                device.modelled_all(statement);
            }
            "count" => device.irrelevant(statement),
            other => {
                let why = format!("the action `{other}` is not known to exlint");
                draft.action = Some(device.not_modelled(statement, why));
            }
        }
    }
    stated
}

/// What `permit` may be tied to.
fn permit_option(device: &mut Device<'_, '_>, option: NodeId, draft: &mut Draft) {
    let mut unless = |device: &mut Device<'_, '_>, node: NodeId, why: &str| {
        let reason = device.not_modelled(node, why);
        add_condition(&mut draft.rule, Condition::Unknown(reason));
    };
    match device.word(option) {
        "application-services" => {
            device.modelled(option);
            for service in device.children(option) {
                match device.word(service) {
                    "application-firewall"
                    | "security-intelligence-policy"
                    | "security-intelligence" => {
                        unless(
                            device,
                            service,
                            "the permit depends on a list of applications or addresses that is not in this file",
                        );
                    }
                    "idp"
                    | "idp-policy"
                    | "utm-policy"
                    | "utm"
                    | "advanced-anti-malware-policy"
                    | "ssl-proxy"
                    | "anti-virus"
                    | "icap-redirect"
                    | "web-proxy"
                    | "gprs-gtp-profile"
                    | "gprs-sctp-profile"
                    | "dns-filtering"
                    | "ftps-alg" => {
                        device.not_modelled(service, "content inspection may end a connection for what it carries; ports and addresses decide here");
                    }
                    "application-traffic-control" | "uac-policy"
                        if device.word(service) != "uac-policy" =>
                    {
                        device.irrelevant(service)
                    }
                    "redirect-wx" | "reverse-redirect-wx" | "packet-capture" => {
                        device.irrelevant(service)
                    }
                    _ => unless(
                        device,
                        service,
                        "this service of a policy is not known to exlint",
                    ),
                }
            }
        }
        "tunnel" => unless(
            device,
            option,
            "the policy sends packets into a VPN: only packets that the VPN carries pass",
        ),
        "firewall-authentication" => unless(
            device,
            option,
            "the policy lets authenticated users pass only",
        ),
        "destination-address" => unless(
            device,
            option,
            "the policy depends on whether the destination was translated",
        ),
        "tcp-options" | "services-offload" | "no-services-offload" | "log" | "count" => {
            device.irrelevant(option)
        }
        _ => unless(
            device,
            option,
            "this option of a permit is not known to exlint",
        ),
    }
}
