//! From class maps and policy maps to rules: what crosses from zone to zone,
//! and what a list selects.
//!
//! Sources: as [`super::zones`].

mod inspections;

use crate::model::firewall::{
    Action, AddressView, Condition, FilterId, InterfaceId, InterfaceMatch, Passage, Rule,
    ServiceMatch, ServiceTerm, Stage, StateMatch,
};
use crate::model::net::Protocol;
use crate::source::Span;

use super::cbac::services;
use super::device::{Device, Family};
use super::rules::{add_condition, blank_rule, pseudo_rule};
use super::service::whole;
use super::zones::{Match, Pair, Treatment};

/// Most class maps in class maps that are followed.
const MAX_DEPTH: usize = 8;
/// Most rules that all policies of a device may become.
const MAX_RULES: usize = 200_000;
/// Rules after which class maps are not followed any further.
const MAX_CLASS_RULES: usize = 50_000;

/// A selection under construction: what happens to packets that match.
#[derive(Debug, Clone)]
struct Hit {
    action: Action,
    /// Only for TCP, UDP and ICMP surely: what `inspect` knows.
    inspected: bool,
    mirrored: bool,
    conditions: Vec<Condition>,
    /// Citable words, for rules that stand in no list.
    label: String,
    span: Span,
}

impl Device<'_> {
    /// Rules that apply `hit` to the packets that one `match` selects.
    fn match_rules(&mut self, one: &Match<'_>, span: Span, hit: &Hit, depth: usize) -> Vec<Rule> {
        match one {
            Match::Any => self.hit_rules(ServiceMatch::Any, span, hit),
            Match::Protocol(word) => {
                let meaning = self.inspected(word, span);
                let mut hit = hit.clone();
                let service = if meaning.ports.is_empty() {
                    ServiceMatch::Any
                } else {
                    Self::services(services(&meaning.ports))
                };
                if let Some((text, at)) = meaning.doubt {
                    hit.conditions
                        .push(Condition::Unknown(self.reason(text, at)));
                }
                hit.label = format!("{}: match protocol {word}", hit.label);
                self.hit_rules(service, span, &hit)
            }
            Match::List(list) => {
                let filter = self.select(self.selecting(*list), hit);
                vec![blank_jump(filter, span)]
            }
            Match::Class(name) => self.class_rules(name, span, hit, depth.saturating_add(1)),
            Match::Unknown(text) => {
                let mut hit = hit.clone();
                let reason = self.reason(text.clone(), span);
                hit.conditions.push(Condition::Unknown(reason));
                self.hit_rules(ServiceMatch::Any, span, &hit)
            }
        }
    }

    /// Rules of a service, with what `inspect` can follow set apart.
    fn hit_rules(&mut self, service: ServiceMatch, span: Span, hit: &Hit) -> Vec<Rule> {
        let mut rule = pseudo_rule(hit.action, hit.label.clone(), span);
        rule.service = service;
        self.apply(rule, hit)
    }

    /// Turns a rule that selects into the rules that act.
    fn apply(&mut self, rule: Rule, hit: &Hit) -> Vec<Rule> {
        self.zones.rules = self.zones.rules.saturating_add(1);
        let mut rule = rule;
        rule.action = hit.action;
        if hit.mirrored {
            rule = self.mirror(&rule);
        }
        for condition in &hit.conditions {
            add_condition(&mut rule, condition.clone());
        }
        let open = matches!(rule.service, ServiceMatch::Any);
        if !(hit.inspected && open && hit.action == Action::Permit) {
            return vec![rule];
        }
        // Other protocols have no sessions that could be followed.
        let terms: Vec<ServiceTerm> = [
            Protocol::TCP,
            Protocol::UDP,
            Protocol::ICMP,
            Protocol::ICMP6,
        ]
        .into_iter()
        .map(whole)
        .collect();
        let mut other = rule.clone();
        rule.service = ServiceMatch::AnyOf(terms.into());
        let text =
            "inspection follows TCP, UDP and ICMP; what it does to other protocols is not known";
        let reason = self.reason(text, hit.span);
        add_condition(&mut other, Condition::Unknown(reason));
        vec![rule, other]
    }

    /// The list that a class map means by a name: `match access-group name`
    /// takes lists of both families, and no two of them share a name.
    ///
    /// Source: Cisco IOS Zone-Based Policy Firewall Configuration Guide, "IPv6
    /// Zone-Based Firewall Support over VASI Interfaces" (a class map of type
    /// `inspect` with an IPv6 access list).
    pub fn selecting(&self, list: FilterId) -> FilterId {
        if self.info(list).is_some_and(|info| info.defined) {
            return list;
        }
        let name = self.filter(list).map(|filter| filter.name.as_str());
        let twin = name.and_then(|name| self.filters.get(&(Family::V6, name)).copied());
        twin.filter(|twin| self.info(*twin).is_some_and(|info| info.defined))
            .unwrap_or(list)
    }

    /// A filter that applies `hit` to what a list permits and returns for the
    /// rest.
    fn select(&mut self, list: FilterId, hit: &Hit) -> FilterId {
        let name = self.list_name(list);
        let (defined, empty, span) = match (self.info(list), self.filter(list)) {
            (Some(info), Some(filter)) => (info.defined, filter.rules.is_empty(), filter.span),
            _ => (false, true, hit.span),
        };
        let mut rules = Vec::new();
        if !defined || empty || self.zones.rules > MAX_RULES {
            let text = if defined && empty {
                format!("access list {name} has no entry: what it selects is not known")
            } else if defined {
                "the policies of the file are too many to follow".to_owned()
            } else {
                format!("access list {name} is not defined in this file")
            };
            let mut hit = hit.clone();
            let reason = self.reason(text, span);
            hit.conditions.push(Condition::Unknown(reason));
            rules = self.hit_rules(ServiceMatch::Any, span, &hit);
        } else {
            let entries = self
                .filter(list)
                .map(|f| f.rules.clone())
                .unwrap_or_default();
            for entry in entries {
                match entry.action {
                    Action::Permit => rules.extend(self.apply(entry, hit)),
                    Action::Deny => {
                        let mut rule = entry;
                        if hit.mirrored {
                            rule = self.mirror(&rule);
                        }
                        rule.action = Action::Return;
                        rules.push(rule);
                    }
                    _ => {
                        let mut hit = hit.clone();
                        let text = "the list selects replies, which no policy can tell";
                        let reason = self.reason(text, entry.span);
                        hit.conditions.push(Condition::Unknown(reason));
                        rules.extend(self.hit_rules(ServiceMatch::Any, entry.span, &hit));
                    }
                }
            }
        }
        let label = format!("end of access list {name}: it selects nothing else");
        self.add_pseudo(
            format!("{name} as selector"),
            rules,
            (Action::Return, label),
            span,
        )
    }

    /// Rules that apply `hit` to the packets of a class.
    fn class_rules(&mut self, name: &str, at: Span, hit: &Hit, depth: usize) -> Vec<Rule> {
        if name.eq_ignore_ascii_case("class-default") {
            return self.hit_rules(ServiceMatch::Any, at, hit);
        }
        let class = self.zones.classes.get(name).cloned();
        let problem = match &class {
            None => Some(format!("class map {name} is not defined in this file")),
            Some(_) if depth > MAX_DEPTH || (depth > 0 && self.zones.rules > MAX_CLASS_RULES) => {
                Some("class maps are nested too deep".to_owned())
            }
            Some(class) if class.matches.is_empty() => {
                Some(format!("class map {name} has no match in this file"))
            }
            Some(_) => None,
        };
        let (Some(class), None) = (class, &problem) else {
            let mut hit = hit.clone();
            let reason = self.reason(problem.unwrap_or_default(), at);
            hit.conditions.push(Condition::Unknown(reason));
            return self.hit_rules(ServiceMatch::Any, at, &hit);
        };
        if !class.all {
            let mut rules = Vec::new();
            for (one, not, span) in &class.matches {
                rules.extend(self.statement_rules(one, *not, *span, hit, depth));
            }
            return rules;
        }
        // All must match: each leads to the next, the last one acts. A list
        // stands before a protocol, so that the deciding rule is the entry.
        let mut ordered = class.matches.clone();
        ordered.sort_by_key(|(one, not, _)| *not || matches!(one, Match::List(_)));
        let mut rules: Vec<Rule> = Vec::new();
        for (one, not, span) in ordered.iter().rev() {
            if rules.is_empty() {
                rules = self.statement_rules(one, *not, *span, hit, depth);
                continue;
            }
            let label = format!("class map {name} goes on");
            let rest = self.add_pseudo(
                format!("class map {name}"),
                std::mem::take(&mut rules),
                (Action::Return, label.clone()),
                class.span,
            );
            let inner = Hit {
                action: Action::Jump(rest),
                inspected: false,
                mirrored: hit.mirrored,
                conditions: Vec::new(),
                label,
                span: *span,
            };
            rules = self.statement_rules(one, *not, *span, &inner, depth);
        }
        rules
    }

    /// Rules of one statement of a class map, negated or not.
    fn statement_rules(
        &mut self,
        one: &Match<'_>,
        not: bool,
        span: Span,
        hit: &Hit,
        depth: usize,
    ) -> Vec<Rule> {
        if !not {
            return self.match_rules(one, span, hit, depth);
        }
        let out = Hit {
            action: Action::Return,
            inspected: false,
            mirrored: hit.mirrored,
            conditions: Vec::new(),
            label: "match not".to_owned(),
            span,
        };
        // In a filter of its own: a match leaves it, the rest is hit. A list
        // would return from its own filter only, so that it stands inline.
        let mut rules = match one {
            Match::List(list) => {
                let entries = self
                    .filter(self.selecting(*list))
                    .map(|f| f.rules.clone())
                    .unwrap_or_default();
                let mut rules = Vec::new();
                for entry in entries {
                    if entry.action == Action::Deny {
                        rules.extend(self.apply(entry, hit));
                    } else {
                        rules.extend(self.apply(entry, &out));
                    }
                }
                rules
            }
            Match::Class(_) => {
                let text = "a negated class map is not modelled";
                let reason = self.reason(text, span);
                let mut hit = hit.clone();
                hit.conditions.push(Condition::Unknown(reason));
                return self.hit_rules(ServiceMatch::Any, span, &hit);
            }
            other => self.match_rules(other, span, &out, depth),
        };
        rules.extend(self.hit_rules(ServiceMatch::Any, span, hit));
        let filter = self.add_pseudo(
            "match not".to_owned(),
            rules,
            (Action::Return, "match not".to_owned()),
            span,
        );
        vec![blank_jump(filter, span)]
    }

    /// A filter that applies an action to what a list permits, for policies
    /// outside the zone-based firewall.
    pub fn selector(
        &mut self,
        list: FilterId,
        action: Action,
        conditions: Vec<Condition>,
        label: String,
        span: Span,
    ) -> FilterId {
        let hit = Hit {
            action,
            inspected: false,
            mirrored: false,
            conditions,
            label,
            span,
        };
        self.select(list, &hit)
    }
}

fn blank_jump(filter: FilterId, span: Span) -> Rule {
    let mut rule = blank_rule(Action::Jump(filter), span);
    rule.implicit = Some("what the list selects".into());
    rule
}

/// The rules of a pair's policy; with `replies`, the rules for the replies to
/// what it lets through, where that filter decides about the replies to
/// packets that it passed without a session.
fn pair_rules(device: &mut Device<'_>, pair: &Pair<'_>, replies: Option<FilterId>) -> Vec<Rule> {
    let mirrored = replies.is_some();
    let Some(policy) = pair.policy else {
        return Vec::new();
    };
    let Some(map) = device.zones.policies.get(policy.value).cloned() else {
        if mirrored {
            return Vec::new();
        }
        let text = format!("policy map {} is not defined in this file", policy.value);
        let reason = device.reason(text.clone(), policy.span);
        let mut rule = pseudo_rule(Action::Permit, text, policy.span);
        add_condition(&mut rule, Condition::Unknown(reason));
        return vec![rule];
    };
    let mut rules = Vec::new();
    for class in &map.classes {
        let treatment = class.treatment.map_or(Treatment::Drop, |t| t.value);
        let at = class.treatment.map_or(class.name.span, |t| t.span);
        let (action, word) = match treatment {
            Treatment::Inspect => (Action::Permit, "inspect"),
            Treatment::Pass => (Action::Permit, "pass"),
            Treatment::Drop => (Action::Deny, "drop"),
        };
        // Replies pass where their connection was inspected; earlier classes
        // that pass or drop it take it away from later ones.
        let action = match (replies, treatment) {
            (Some(_), Treatment::Inspect) => Action::Permit,
            (Some(own), _) => Action::Jump(own),
            (None, _) => action,
        };
        let mut conditions = Vec::new();
        for (text, span) in &class.doubts {
            conditions.push(Condition::Unknown(device.reason(text.clone(), *span)));
        }
        let reply = if mirrored { ": replies" } else { "" };
        let hit = Hit {
            action,
            inspected: treatment == Treatment::Inspect,
            mirrored,
            conditions,
            label: format!(
                "class {} of {}: {word}{reply}",
                class.name.value, policy.value
            ),
            span: at,
        };
        let made = device.class_rules(class.name.value, class.name.span, &hit, 0);
        rules.extend(made);
    }
    rules
}

/// A zone's name, its interfaces, and a statement that says so.
type Members = (String, Vec<InterfaceId>, Span);

/// Members of each zone, in file order, and the interfaces of none.
fn members(device: &Device<'_>) -> (Vec<Members>, Vec<InterfaceId>) {
    let mut zones: Vec<Members> = Vec::new();
    let mut outside = Vec::new();
    let default = device.zones.zones.get("default").copied();
    for stanza in &device.stanzas {
        let Some(id) = stanza.id else { continue };
        let zone = match (&stanza.zone, default) {
            (Some(zone), _) => (zone.value.clone(), zone.span),
            (None, Some(span)) => ("default".to_owned(), span),
            (None, None) => {
                outside.push(id);
                continue;
            }
        };
        match zones.iter_mut().find(|(name, ..)| *name == zone.0) {
            Some((_, ids, _)) => ids.push(id),
            None => zones.push((zone.0, vec![id], zone.1)),
        }
    }
    (zones, outside)
}

/// Adds the stages of the zones.
pub fn finish(device: &mut Device<'_>, escapes: &[Rule], stages: &mut Vec<Stage>) {
    let (zones, outside) = members(device);
    if zones.is_empty() {
        return;
    }
    let pairs = std::mem::take(&mut device.zones.pairs);
    for (name, ids, span) in &zones {
        let mut rules: Vec<Rule> = escapes.to_vec();
        for (other, others, at) in &zones {
            let to = InterfaceMatch::any_of(others.iter().copied());
            if other == name {
                let own = pairs
                    .iter()
                    .find(|pair| pair.source == name && pair.destination == name);
                if own.is_none() {
                    let label = format!("packets within zone {name} pass");
                    let mut rule = pseudo_rule(Action::Permit, label, *span);
                    rule.egress = to;
                    rules.push(rule);
                    continue;
                }
            }
            let filter = between(device, &pairs, (name, ids), (other, others), *at);
            let mut rule = blank_rule(Action::Jump(filter), *span);
            rule.implicit = Some(format!("from zone {name} to zone {other}").into());
            rule.egress = to;
            rules.push(rule);
        }
        let default = (
            Action::Deny,
            format!("zone {name} does not talk to interfaces that are in no zone"),
        );
        let filter = device.add_pseudo(format!("zone {name}"), rules, default, *span);
        stages.push(stage(
            format!("zone {name}"),
            InterfaceMatch::any_of(ids.iter().copied()),
            filter,
            *span,
        ));
    }
    if !outside.is_empty() {
        let span = zones.first().map_or(device.start, |(_, _, span)| *span);
        let mut rules: Vec<Rule> = escapes.to_vec();
        for (name, ids, at) in &zones {
            let label = format!("interfaces that are in no zone do not talk to zone {name}");
            let mut rule = pseudo_rule(Action::Deny, label, *at);
            rule.egress = InterfaceMatch::any_of(ids.iter().copied());
            rules.push(rule);
        }
        let default = (Action::Permit, "neither interface is in a zone".to_owned());
        let filter = device.add_pseudo("outside all zones".to_owned(), rules, default, span);
        stages.push(stage(
            "outside all zones".to_owned(),
            InterfaceMatch::any_of(outside),
            filter,
            span,
        ));
    }
    own_zone(device, &pairs, &zones, stages);
    for pair in &pairs {
        let of = |zone: &str| {
            let found = zones.iter().find(|(name, ..)| name == zone);
            found.map(|(_, ids, _)| ids.clone()).unwrap_or_default()
        };
        inspections::finish(device, pair, &of(pair.source), &of(pair.destination));
    }
    device.zones.pairs = pairs;
}

fn stage(label: String, ingress: InterfaceMatch, filter: FilterId, span: Span) -> Stage {
    Stage {
        label,
        passage: Passage::Transit,
        ingress,
        egress: InterfaceMatch::Any,
        filter,
        // Zones look at packets with the addresses of the hosts themselves.
        view: AddressView::Real,
        span,
    }
}

/// The filter of packets from one zone to another.
fn between(
    device: &mut Device<'_>,
    pairs: &[Pair<'_>],
    (from, _): (&str, &[InterfaceId]),
    (to, _): (&str, &[InterfaceId]),
    at: Span,
) -> FilterId {
    let mut rules = Vec::new();
    let forward: Vec<&Pair<'_>> = pairs
        .iter()
        .filter(|p| p.source == from && p.destination == to)
        .collect();
    let default = match forward.as_slice() {
        [] => (
            format!("no zone-pair from zone {from} to zone {to}: packets are dropped"),
            at,
        ),
        [pair, ..] => {
            // A device has one pair for two zones; a second one is in doubt.
            for other in forward.iter().skip(1) {
                let text = format!("two zone-pairs lead from zone {from} to zone {to}");
                let reason = device.reason(text, other.span);
                for mut rule in pair_rules(device, other, None) {
                    add_condition(&mut rule, Condition::Unknown(reason));
                    rules.push(rule);
                }
            }
            rules.extend(pair_rules(device, pair, None));
            match pair.policy {
                Some(policy) => (
                    format!("policy {} drops what no class lets pass", policy.value),
                    policy.span,
                ),
                None => (
                    format!("zone-pair {} has no policy: packets are dropped", pair.name),
                    pair.span,
                ),
            }
        }
    };
    let own = device.add_pseudo(
        format!("zone {from} to zone {to}"),
        rules,
        (Action::Deny, default.0.clone()),
        default.1,
    );
    with_replies(device, pairs, (from, to), own, default)
}

/// Lets the replies to inspected connections of the other direction pass
/// before a policy is asked.
fn with_replies(
    device: &mut Device<'_>,
    pairs: &[Pair<'_>],
    (from, to): (&str, &str),
    own: FilterId,
    default: (String, Span),
) -> FilterId {
    let mut rules = Vec::new();
    let back = pairs
        .iter()
        .filter(|pair| pair.source == to && pair.destination == from);
    for pair in back {
        let replies = pair_rules(device, pair, Some(own));
        if replies.is_empty() {
            continue;
        }
        let label = format!("no inspected connection from zone {to} to zone {from}");
        let filter = device.add_pseudo(
            format!("replies of zone-pair {}", pair.name),
            replies,
            (Action::Return, label),
            pair.span,
        );
        let mut rule = blank_rule(Action::Jump(filter), pair.span);
        rule.state = StateMatch::Established;
        rule.implicit =
            Some(format!("replies of connections through zone-pair {}", pair.name).into());
        rules.push(rule);
    }
    if rules.is_empty() {
        return own;
    }
    let mut rule = blank_rule(Action::Jump(own), default.1);
    rule.implicit = Some(format!("policy from zone {from} to zone {to}").into());
    rules.push(rule);
    device.add_pseudo(
        format!("zone {from} to zone {to} with replies"),
        rules,
        (Action::Deny, default.0),
        default.1,
    )
}

/// Pairs with the zone `self`: packets for and from the device.
fn own_zone(
    device: &mut Device<'_>,
    pairs: &[Pair<'_>],
    zones: &[Members],
    stages: &mut Vec<Stage>,
) {
    for pair in pairs {
        let (zone, passage) = match (pair.source, pair.destination) {
            (zone, "self") => (zone, Passage::ToHost),
            ("self", zone) => (zone, Passage::FromHost),
            _ => continue,
        };
        let ids = zones
            .iter()
            .find(|(name, ..)| name == zone)
            .map(|(_, ids, _)| ids.clone())
            .unwrap_or_default();
        let rules = pair_rules(device, pair, None);
        let default = (
            Action::Deny,
            format!("zone-pair {} drops what no class lets pass", pair.name),
        );
        let filter = device.add_pseudo(
            format!("zone-pair {}", pair.name),
            rules,
            default,
            pair.span,
        );
        let members = InterfaceMatch::any_of(ids);
        let (ingress, egress) = if passage == Passage::ToHost {
            (members, InterfaceMatch::Any)
        } else {
            (InterfaceMatch::Any, members)
        };
        stages.push(Stage {
            label: format!("zone-pair {}", pair.name),
            passage,
            ingress,
            egress,
            filter,
            view: AddressView::Real,
            span: pair.span,
        });
    }
}
