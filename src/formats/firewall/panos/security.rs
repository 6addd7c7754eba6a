//! Security rules, and the default rules behind them.
//!
//! Sources: Palo Alto Networks, "PAN-OS Administrator's Guide", "Security Policy"
//! (top down, the first match decides; universal, intrazone and interzone rules;
//! `intrazone-default` allows, `interzone-default` denies unless overridden);
//! "PAN-OS Networking Administrator's Guide", "NAT Policy Overview" (addresses
//! before, the destination zone after translation).

use crate::formats::firewall::shared::discards;
use crate::formats::firewall::shared::rules::{add_condition, blank_rule, pseudo_rule, quoted};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressView, Condition, FilterId, InterfaceId, InterfaceMatch, Passage, ReasonId, Rule,
    Stage,
};
use crate::source::Span;

use super::device::{Device, doubtful, may_stop, side};
use super::matching::{self, Needs};
use super::routes::Router;
use crate::formats::firewall::shared::rules::undecided;

/// Most rules of the model before rules for pairs of zones are no longer
/// written out.
const MAX_EXPANDED: usize = 200_000;

/// Compiles the rules into a stage.
pub fn compile(device: &mut Device<'_, '_>, routers: &[Router]) {
    let mut rules = Vec::new();
    for base in device.context.rulebases.clone() {
        let Some(top) = device.tree.at(base.node, &["security", "rules"]) else {
            continue;
        };
        device.modelled(top);
        let entries: Vec<NodeId> = device.tree.all(top).collect();
        rules.reserve(entries.len());
        for entry in entries {
            read_rule(device, entry, &mut rules);
        }
    }
    let span = place(device);
    let end = end(device).unwrap_or(span);
    let (intrazone, interzone) = (
        default_rule(device, "intrazone-default", Action::Permit, end),
        default_rule(device, "interzone-default", Action::Deny, end),
    );
    let mut all = prelude(device, routers, span);
    if all.is_empty() {
        all = rules;
    } else {
        all.append(&mut rules);
    }
    for (_, members) in device.all_zones() {
        let mut rule = pseudo_rule(intrazone.action, intrazone.label.clone(), intrazone.span);
        rule.ingress = side(&members);
        rule.egress = side(&members);
        match intrazone.unknown {
            Some(reason) => all.extend(undecided(&rule, reason)),
            None => all.push(rule),
        }
    }
    if let Some(reason) = interzone.unknown {
        let rule = pseudo_rule(Action::Permit, interzone.label.clone(), interzone.span);
        all.extend(undecided(&rule, reason));
    }
    let default = (interzone.action, interzone.label, interzone.span);
    let filter = device.add_filter("security policy".to_owned(), all, default, span);
    device
        .firewall
        .stages
        .push(stage(filter, Passage::Transit, span));
}

/// What to cite for the policy as a whole: the list of the local rules, or of
/// pushed ones.
fn place(device: &Device<'_, '_>) -> Span {
    let bases = &device.context.rulebases;
    let lists = |local: bool| {
        bases
            .iter()
            .filter(move |base| (device.word(base.node) == "rulebase") == local)
            .find_map(|base| device.tree.at(base.node, &["security", "rules"]))
    };
    lists(true)
        .or_else(|| lists(false))
        .map_or(device.firewall.name.span, |list| device.statement(list))
}

/// The last rule, where a list of commands has no statement for the whole list:
/// its first command tells of one rule only.
fn end(device: &Device<'_, '_>) -> Option<Span> {
    let mut lists = device.context.rulebases.iter().filter_map(|base| {
        let list = device.tree.at(base.node, &["security", "rules"])?;
        let last = device.tree.all(list).last()?;
        let first = device.tree.all(list).next()?;
        (device.statement(list) == device.statement(first)).then(|| device.statement(last))
    });
    lists.next_back()
}

/// The stage of the security rules, or of rules that see the same packets.
pub fn stage(filter: FilterId, passage: Passage, span: Span) -> Stage {
    Stage {
        label: "security policy".to_owned(),
        passage,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        // The packet as it came in; the way out is that of the translated one.
        view: AddressView::Mapped,
        span,
    }
}

/// What decides before any rule.
fn prelude(device: &mut Device<'_, '_>, routers: &[Router], span: Span) -> Vec<Rule> {
    let mut rules = doubtful(&device.doubts);
    rules.extend(discards::open(&mut device.firewall));
    let mut zoned: Vec<InterfaceId> = Vec::new();
    for zone in device.zones.values() {
        zoned.extend(&zone.members);
    }
    zoned.sort_unstable();
    zoned.dedup();
    if !zoned.is_empty() {
        for inward in [true, false] {
            let way = if inward { "in" } else { "out" };
            let label = format!("the interface that packets come {way} by is in no zone");
            let mut rule = pseudo_rule(Action::Deny, label, span);
            let outside = InterfaceMatch::none_of(zoned.iter().copied());
            if inward {
                rule.ingress = outside;
            } else {
                rule.egress = outside;
            }
            rules.push(rule);
        }
    }
    // Another router's interfaces are reached only by a route into it.
    if routers.len() > 1 && !routers.iter().any(|router| router.hands_on) {
        for router in routers {
            let at = device.statement(router.node);
            let name = quoted(device.word(router.node));
            let text = format!("router {name} has a routing table of its own");
            let reason = device.reason(text.clone(), at);
            let mut rule = pseudo_rule(Action::Deny, text, at);
            rule.ingress = side(&router.members);
            rule.egress = InterfaceMatch::none_of(router.members.iter().copied());
            rules.push(may_stop(&rule, reason));
        }
    }
    rules
}

/// A default rule.
struct Default {
    action: Action,
    label: String,
    span: Span,
    unknown: Option<ReasonId>,
}

/// The innermost override of a default rule, or what the device has.
fn default_rule(device: &mut Device<'_, '_>, name: &str, action: Action, place: Span) -> Default {
    let path = ["default-security-rules", "rules", name];
    let bases = device.context.rulebases.clone();
    // Local before pushed, an inner group before an outer one: the order of
    // post-rules.
    let mut found: Option<NodeId> = None;
    for base in bases
        .iter()
        .filter(|base| device.word(base.node) == "rulebase")
    {
        found = found.or_else(|| device.tree.at(base.node, &path));
    }
    for base in bases
        .iter()
        .filter(|base| device.word(base.node) != "rulebase")
    {
        let entry = device.tree.at(base.node, &path);
        if device.word(base.node) == "post-rulebase" {
            found = found.or(entry);
        }
    }
    for base in &bases {
        if let Some(entry) = device.tree.at(base.node, &path) {
            device.modelled(entry);
            for key in device.children(entry) {
                if device.word(key) == "action" {
                    device.modelled_all(key);
                } else {
                    device.irrelevant(key);
                }
            }
        }
    }
    let verb = |action| {
        if action == Action::Permit {
            "allows"
        } else {
            "denies"
        }
    };
    let mut rule = Default {
        action,
        label: format!("{name} {}", verb(action)),
        span: place,
        unknown: None,
    };
    if let Some(entry) = found {
        rule.span = device.statement(entry);
        if let Some(word) = device.value(entry, &["action"]) {
            match permits(word) {
                Some(permits) => {
                    rule.action = if permits {
                        Action::Permit
                    } else {
                        Action::Deny
                    };
                    rule.label = format!("{name} {}", verb(rule.action));
                }
                None => {
                    let text = format!("the action {} of {name} is not known", quoted(word));
                    rule.unknown = Some(device.reason(text, rule.span));
                }
            }
        }
    }
    rule
}

/// Whether an action lets packets pass.
pub fn permits(word: &str) -> Option<bool> {
    match word {
        "allow" => Some(true),
        "deny" | "drop" | "reset-client" | "reset-server" | "reset-both" => Some(false),
        _ => None,
    }
}

fn read_rule(device: &mut Device<'_, '_>, entry: NodeId, rules: &mut Vec<Rule>) {
    if let Some(reason) = device.left_open(entry) {
        let rule = blank_rule(Action::Permit, device.statement(entry));
        rules.extend(undecided(&rule, reason));
        return;
    }
    let needs = Needs { application: true };
    let mut asked = matching::read(device, entry, needs);
    let mut action = Err(format!(
        "rule {} has no action in this file",
        quoted(asked.name)
    ));
    if let Some(node) = device.tree.get(entry, "action") {
        device.modelled(node);
        for value in device.children(node) {
            let word = device.word(value);
            device.modelled_all(value);
            action = permits(word)
                .ok_or_else(|| format!("the action {} is not known to exlint", quoted(word)));
        }
    }
    // The end of a session is logged unless the rule says otherwise (PAN-OS
    // Administrator's Guide, *Security Policy Actions*: Log at Session End).
    let mut logs = device.tree.get(entry, "log-end").is_none();
    for key in ["log-start", "log-end"] {
        if let Some(node) = device.tree.get(entry, key) {
            logs |= device.says_yes(entry, key);
            device.modelled_all(node);
        }
    }
    let mut kind = "universal";
    if let Some(node) = device.tree.get(entry, "rule-type") {
        kind = device.value(entry, &["rule-type"]).unwrap_or(kind);
        device.modelled_all(node);
    }
    if let Some(node) = device.tree.get(entry, "profile-setting") {
        let why = "content inspection may end a connection for what it carries; ports and addresses decide here";
        let any = device
            .children(node)
            .into_iter()
            .any(|key| !device.tree.is_leaf(key));
        if any {
            device.note(node, why);
        } else {
            device.irrelevant(node);
        }
    }
    if let Some(reason) = matching::rest(device, entry) {
        asked.conditions.push(Condition::Unknown(reason));
    }
    let mut pairs = asked.pairs(device, kind);
    if let Some(some) = &pairs
        && rules.len().saturating_add(some.len()) > MAX_EXPANDED
    {
        let text = "more pairs of zones than exlint follows";
        let reason = device.reason(text, asked.span);
        asked.conditions.push(Condition::Unknown(reason));
        pairs = None;
    }
    let permit = match &action {
        Ok(false) => Action::Deny,
        _ => Action::Permit,
    };
    let mut found = asked.rules(device, permit);
    for rule in &mut found {
        rule.logs = logs;
    }
    if !matches!(kind, "universal" | "intrazone" | "interzone") {
        let text = format!("the rule type {} is not known to exlint", quoted(kind));
        let reason = device.reason(text, asked.span);
        for rule in &mut found {
            add_condition(rule, Condition::Unknown(reason));
        }
    }
    if let Some(pairs) = pairs {
        let plain = std::mem::take(&mut found);
        for (ingress, egress) in pairs {
            found.extend(plain.iter().map(|rule| Rule {
                ingress: ingress.clone(),
                egress: egress.clone(),
                ..rule.clone()
            }));
        }
    }
    match action {
        Err(why) if asked.enabled => {
            let reason = device.reason(why, asked.span);
            for rule in found {
                rules.extend(undecided(&rule, reason));
            }
        }
        _ => rules.append(&mut found),
    }
}
