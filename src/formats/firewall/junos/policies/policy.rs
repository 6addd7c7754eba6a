//! One policy: what it matches, and what it does.

use super::HOST;
use crate::formats::firewall::junos::device::{Device, Keys, any_of};
use crate::formats::firewall::junos::{addresses, applications, schedules};
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::rules::{add_condition, blank_rule, undecided};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{Action, AddressMatch, Condition, InterfaceMatch, Rule, ServiceMatch};

/// What a policy still needs to know before it can be decided.
struct Draft {
    rule: Rule,
    /// Why its action is not known.
    action: Option<crate::model::firewall::ReasonId>,
}

pub(super) fn read_policy(
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
        _ => {
            let whole = device.text.file().text().len();
            Progress::behind(span, whole).make_room(rules);
            rules.push(draft.rule);
        }
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
