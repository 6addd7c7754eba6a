//! What the rules of every rule base ask for alike: zones, addresses, services,
//! and things that the model has not.

use crate::formats::firewall::shared::rules::{add_condition, blank_rule, quoted};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, Condition, InterfaceMatch, ReasonId, Rule, ServiceMatch,
};
use crate::source::Span;

use super::applications::{self, Alternative};
use super::device::{Device, side};
use super::{addresses, schedules, tables};

/// The zones of one side of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Zones<'t> {
    /// All.
    Any,
    /// Those of these names.
    Named(Vec<&'t str>),
}

impl Zones<'_> {
    /// Their interfaces.
    pub fn interfaces(&self, device: &Device<'_, '_>) -> InterfaceMatch {
        match self {
            Self::Any => InterfaceMatch::Any,
            Self::Named(names) => {
                let all = names.iter().flat_map(|name| device.members(name));
                InterfaceMatch::any_of(all.copied())
            }
        }
    }

    /// How many interfaces they have.
    fn width(&self, device: &Device<'_, '_>) -> usize {
        match self {
            Self::Any => 0,
            Self::Named(names) => names.iter().map(|name| device.members(name).len()).sum(),
        }
    }

    /// Whether a zone is among them.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Named(names) => names.contains(&name),
        }
    }
}

/// What a rule asks for.
#[derive(Debug)]
pub struct Asked<'t> {
    /// Name of the rule.
    pub name: &'t str,
    /// The rule.
    pub span: Span,
    /// Zones on both sides.
    pub from: Zones<'t>,
    /// See `from`.
    pub to: Zones<'t>,
    /// Addresses.
    pub source: AddressMatch,
    /// Addresses.
    pub destination: AddressMatch,
    /// Services and applications.
    pub services: Vec<Alternative>,
    /// What else must hold.
    pub conditions: Vec<Condition>,
    /// Whether it is switched on.
    pub enabled: bool,
}

/// Which parts a rule base's rules must have.
#[derive(Debug, Clone, Copy)]
pub struct Needs {
    /// An application and a service.
    pub application: bool,
}

/// Reads what a rule asks for. Marks what it reads; other words of the rule are
/// left for `rest`.
pub fn read<'t>(device: &mut Device<'_, 't>, rule: NodeId, needs: Needs) -> Asked<'t> {
    let span = device.statement(rule);
    device.modelled(rule);
    let mut asked = Asked {
        name: device.word(rule),
        span,
        from: Zones::Any,
        to: Zones::Any,
        source: AddressMatch::Any,
        destination: AddressMatch::Any,
        services: Vec::new(),
        conditions: Vec::new(),
        enabled: !device.says_yes(rule, "disabled"),
    };
    asked.from = zones(device, rule, "from", &mut asked.conditions);
    asked.to = zones(device, rule, "to", &mut asked.conditions);
    for (key, negate) in [
        ("source", "negate-source"),
        ("destination", "negate-destination"),
    ] {
        let Some(node) = device.tree.get(rule, key) else {
            missing(device, &mut asked, key);
            continue;
        };
        device.modelled(node);
        let values = device.children(node);
        let negated = device.says_yes(rule, negate);
        let found = addresses::position(device, &values, negated);
        if values.is_empty() {
            missing(device, &mut asked, key);
        } else if key == "source" {
            asked.source = found;
        } else {
            asked.destination = found;
        }
    }
    let list = |device: &mut Device<'_, 't>, key: &str| {
        let node = device.tree.get(rule, key)?;
        device.modelled(node);
        Some(device.children(node)).filter(|values| !values.is_empty())
    };
    let applications = list(device, "application");
    let services = list(device, "service");
    if needs.application && applications.is_none() {
        missing(device, &mut asked, "application");
    }
    if needs.application && services.is_none() {
        missing(device, &mut asked, "service");
    }
    asked.services = applications::alternatives(
        device,
        asked.name,
        &applications.unwrap_or_default(),
        &services.unwrap_or_default(),
    );
    conditions(device, rule, &mut asked);
    if let Some(reason) = device.left_open(rule) {
        asked.from = Zones::Any;
        asked.to = Zones::Any;
        asked.source = AddressMatch::Any;
        asked.destination = AddressMatch::Any;
        asked.services = applications::alternatives(device, asked.name, &[], &[]);
        asked.conditions = vec![Condition::Unknown(reason)];
        asked.enabled = true;
    }
    if device.is_cut(rule) {
        let text = "the file ends inside this rule's line: it may be cut off";
        let reason = device.reason(text, span);
        asked.conditions.push(Condition::Unknown(reason));
    }
    asked
}

fn missing(device: &mut Device<'_, '_>, asked: &mut Asked<'_>, key: &str) {
    let text = format!(
        "rule {} has no {key} in this file; the device needs one",
        quoted(asked.name)
    );
    let reason = device.reason(text, asked.span);
    asked.conditions.push(Condition::Unknown(reason));
}

fn zones<'t>(
    device: &mut Device<'_, 't>,
    rule: NodeId,
    key: &str,
    conditions: &mut Vec<Condition>,
) -> Zones<'t> {
    let Some(node) = device.tree.get(rule, key) else {
        let name = quoted(device.word(rule));
        let text = format!("rule {name} names no zone under `{key}`; the device needs one");
        let span = device.statement(rule);
        let reason = device.reason(text, span);
        conditions.push(Condition::Unknown(reason));
        return Zones::Any;
    };
    device.modelled(node);
    let mut values = device.children(node);
    // Forwarding rules say `from zone x` or `from interface y`.
    if let Some(inner) = device.tree.get(node, "zone") {
        device.modelled(inner);
        values = device.children(inner);
    }
    let mut names = Vec::new();
    let mut any = false;
    for value in values {
        if let Some(reason) = device.placeholder(value) {
            conditions.push(Condition::Unknown(reason));
            any = true;
            continue;
        }
        let name = device.word(value);
        device.modelled_all(value);
        if name == "any" {
            any = true;
            continue;
        }
        let at = device.span(value);
        device.refer("zone", name, false, at);
        names.push(name);
    }
    if any { Zones::Any } else { Zones::Named(names) }
}

/// What the model has not: users, host profiles, categories, targets.
fn conditions(device: &mut Device<'_, '_>, rule: NodeId, asked: &mut Asked<'_>) {
    for key in device.children(rule) {
        let word = device.word(key);
        if word == "schedule" {
            for value in device.children(key) {
                let condition = schedules::condition(device, value);
                asked.conditions.push(condition);
            }
            device.modelled(key);
        } else if word == "target" {
            if let Some(condition) = target(device, key, asked) {
                asked.conditions.push(condition);
            }
        } else if tables::is_identity(word) {
            let values = device.children(key);
            let free = values
                .iter()
                .all(|value| matches!(device.word(*value), "any" | "none"));
            if free {
                device.modelled_all(key);
                continue;
            }
            let text = format!(
                "rule {} also asks for a {}",
                quoted(asked.name),
                word.replace('-', " ")
            );
            let reason = device.not_modelled(key, text);
            asked.conditions.push(Condition::Unknown(reason));
        } else if matches!(word, "disabled" | "negate-source" | "negate-destination") {
            if let Some(reason) = device
                .children(key)
                .into_iter()
                .find_map(|value| device.placeholder(value))
            {
                asked.conditions.push(Condition::Unknown(reason));
            }
            device.modelled_all(key);
        }
    }
}

/// Which devices of a Panorama a rule is for.
fn target(device: &mut Device<'_, '_>, key: NodeId, asked: &mut Asked<'_>) -> Option<Condition> {
    let listed: Vec<&str> = device
        .below(key, &["devices"])
        .into_iter()
        .map(|node| device.word(node))
        .collect();
    let negated = device.says_yes(key, "negate");
    let tagged = !device.below(key, &["tags"]).is_empty();
    if tagged && device.context.managed {
        let text = format!(
            "rule {} is for devices with some tags only",
            quoted(asked.name)
        );
        return Some(Condition::Unknown(device.not_modelled(key, text)));
    }
    if listed.is_empty() || !device.context.managed {
        device.modelled_all(key);
        return None;
    }
    let serials = &device.context.serials;
    let hits = serials
        .iter()
        .filter(|serial| listed.contains(serial))
        .count();
    let (all, none) = (
        hits == serials.len() && hits > 0,
        hits == 0 && !serials.is_empty(),
    );
    if all && !negated || none && negated {
        device.modelled_all(key);
        return None;
    }
    if all || none {
        device.modelled_all(key);
        asked.enabled = false;
        return None;
    }
    let text = format!(
        "rule {} is for some of the devices of this group only",
        quoted(asked.name)
    );
    Some(Condition::Unknown(device.not_modelled(key, text)))
}

/// Gives the words of a rule that nothing read their state. A word that nobody
/// knows leaves the rule undecided.
pub fn rest(device: &mut Device<'_, '_>, rule: NodeId) -> Option<ReasonId> {
    let mut unknown = None;
    for key in device.children(rule) {
        if device.tree.is_read(key) {
            continue;
        }
        let word = device.word(key);
        if tables::is_ignored(word) {
            device.irrelevant(key);
        } else {
            device.tree.mark_unknown(key);
            let text = format!("{} in a rule is not known to exlint", quoted(word));
            unknown = Some(device.not_modelled(key, text));
        }
    }
    unknown
}

impl Asked<'_> {
    /// The rules of the model that match what this one asks for.
    pub fn rules(&self, device: &mut Device<'_, '_>, action: Action) -> Vec<Rule> {
        let mut all = Vec::new();
        let wide = [&self.from, &self.to]
            .into_iter()
            .map(|zones| zones.width(device))
            .fold(0, usize::saturating_add);
        let budget = device.side_budget.checked_sub(wide);
        device.side_budget = budget.unwrap_or(device.side_budget);
        for (service, why) in &self.services {
            let mut rule = self.bare(device, action);
            rule.service = service.clone();
            if budget.is_none() {
                rule.ingress = InterfaceMatch::Any;
                rule.egress = InterfaceMatch::Any;
                let text = "zones with more interfaces than exlint follows";
                let reason = device.reason(text, self.span);
                add_condition(&mut rule, Condition::Unknown(reason));
            }
            if let Some(why) = why {
                let reason = device.reason(why.clone(), self.span);
                add_condition(&mut rule, Condition::Unknown(reason));
            }
            all.push(rule);
        }
        all
    }

    /// The rule without services.
    fn bare(&self, device: &Device<'_, '_>, action: Action) -> Rule {
        let mut rule = blank_rule(action, self.span);
        rule.enabled = self.enabled;
        rule.ingress = self.from.interfaces(device);
        rule.egress = self.to.interfaces(device);
        rule.source = self.source.clone();
        rule.destination = self.destination.clone();
        rule.service = ServiceMatch::Any;
        rule.conditions = self.conditions.clone().into();
        rule
    }

    /// The pairs of zones that a rule of a type is for; `None` for any.
    pub fn pairs(
        &self,
        device: &Device<'_, '_>,
        kind: &str,
    ) -> Option<Vec<(InterfaceMatch, InterfaceMatch)>> {
        let zones = device.all_zones();
        let from = zones.iter().filter(|(name, _)| self.from.has(name));
        let mut pairs = Vec::new();
        match kind {
            "intrazone" => {
                pairs.extend(from.map(|(_, members)| (side(members), side(members))));
            }
            "interzone" => {
                for (name, members) in from {
                    let others: Vec<_> = zones
                        .iter()
                        .filter(|(other, _)| other != name && self.to.has(other))
                        .flat_map(|(_, members)| members.iter().copied())
                        .collect();
                    pairs.push((side(members), side(&others)));
                }
            }
            _ => return None,
        }
        Some(pairs)
    }
}
