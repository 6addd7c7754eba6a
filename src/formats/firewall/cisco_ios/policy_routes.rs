//! Route maps: policy routing, and the selectors of translations.
//!
//! Source: Cisco IOS IP Routing: Protocol-Independent Command Reference,
//! "route-map", "match ip address", "set ip next-hop", "ip policy route-map".

use std::net::IpAddr;

use crate::model::firewall::{Action, Condition, FilterId, InterfaceId, InterfaceMatch, Rule};
use crate::source::Span;

use super::device::{Device, Family};
use super::outcome::Outcome;
use super::rules::{add_condition, pseudo_rule};
use super::words::{Words, number};

/// One entry of a route map.
#[derive(Debug, Clone)]
pub struct RouteMapEntry {
    number: u32,
    permit: bool,
    lists: Vec<FilterId>,
    /// Outgoing interfaces that are matched, as written.
    interfaces: Vec<String>,
    /// Something else is matched, too.
    other_match: bool,
    /// It changes where packets go.
    redirects: bool,
    /// Next routers, where it names nothing else; `None` for other ways.
    hops: Option<Vec<IpAddr>>,
    span: Span,
}

/// A route map.
#[derive(Debug, Clone, Default)]
pub struct RouteMap<'c> {
    entries: Vec<RouteMapEntry>,
    name: &'c str,
}

/// `route-map N [permit|deny] [SEQ]`.
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<&'c str> {
    let name = words.next()?;
    let mut permit = true;
    let mut at = 10;
    while let Some(word) = words.next() {
        match word {
            "permit" => permit = true,
            "deny" => permit = false,
            _ => at = number(word).unwrap_or(at),
        }
    }
    let span = device.span(statement);
    let known = device.route_maps.contains_key(name);
    if !known {
        let place = device.span(name);
        device.refer("route-map", name, true, place);
    }
    let map = device.route_maps.entry(name).or_default();
    map.name = name;
    map.entries.push(RouteMapEntry {
        number: at,
        permit,
        lists: Vec::new(),
        interfaces: Vec::new(),
        other_match: false,
        redirects: false,
        hops: Some(Vec::new()),
        span,
    });
    Some(name)
}

/// A line of a route map.
pub fn line<'c>(device: &mut Device<'c>, name: &'c str, words: &mut Words<'c>) -> Outcome {
    let word = words.next().unwrap_or_default();
    let (first, second) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    if word == "match"
        && first == "ip"
        && second == "address"
        && words.peek() != Some("prefix-list")
    {
        let mut lists = Vec::new();
        while let Some(list) = words.next() {
            let at = device.span(list);
            device.refer("access-list", list, false, at);
            lists.push(device.list(list, Family::V4));
        }
        if let Some(entry) = entry(device, name) {
            entry.lists.extend(lists);
        }
        return Outcome::MODELLED;
    }
    let Some(entry) = entry(device, name) else {
        return Outcome::IRRELEVANT;
    };
    match (word, first) {
        ("match", "interface") => {
            entry.interfaces.push(second.to_owned());
            while let Some(more) = words.next() {
                entry.interfaces.push(more.to_owned());
            }
        }
        ("match", _) => entry.other_match = true,
        ("set", "ip") if second == "next-hop" => {
            entry.redirects = true;
            while let Some(word) = words.next() {
                match (word.parse(), &mut entry.hops) {
                    (Ok(hop), Some(hops)) => hops.push(hop),
                    // Tracked, recursive, by a protocol.
                    _ => entry.hops = None,
                }
            }
        }
        ("set", "ip" | "ipv6") if !matches!(second, "precedence" | "tos" | "df" | "dscp") => {
            entry.redirects = true;
            entry.hops = None;
        }
        ("set", "interface" | "default" | "vrf" | "global") => {
            entry.redirects = true;
            entry.hops = None;
        }
        _ => {}
    }
    Outcome::IRRELEVANT
}

fn entry<'d>(device: &'d mut Device<'_>, name: &str) -> Option<&'d mut RouteMapEntry> {
    device.route_maps.get_mut(name)?.entries.last_mut()
}

impl Device<'_> {
    /// The one interface in whose networks all next routers are.
    fn toward(&self, hops: Option<&[IpAddr]>) -> Option<InterfaceId> {
        let mut there = None;
        for hop in hops? {
            let mut found = (0u32..).zip(&self.firewall.interfaces).filter(|(_, one)| {
                let mut networks = one.addresses.iter().map(|address| address.network);
                networks.any(|network| network.contains(*hop))
            });
            let (id, _) = found.next()?;
            if found.next().is_some() || there.is_some_and(|old| old != InterfaceId(id)) {
                return None;
            }
            there = Some(InterfaceId(id));
        }
        there
    }

    /// The one list that a route map selects by, if it selects by nothing else.
    pub fn route_map_list(&self, name: &str) -> Option<FilterId> {
        let map = self.route_maps.get(name)?;
        let [entry] = map.entries.as_slice() else {
            return None;
        };
        let [list] = entry.lists.as_slice() else {
            return None;
        };
        let only = !entry.other_match && entry.interfaces.is_empty();
        (entry.permit && only).then_some(*list)
    }

    /// A filter that permits what a route map selects of the packets that leave by
    /// an interface: the first entry that matches decides, and what a `deny` entry
    /// matches is not selected.
    ///
    /// Source: Cisco IOS IP Addressing: NAT Configuration Guide, "Using Route Maps
    /// for Address Translation Decisions"; Command Reference, "match interface
    /// (IP)": the interface by which the packets leave.
    pub fn route_map_filter(&mut self, name: &str, egress: InterfaceId) -> Option<FilterId> {
        let map = self.route_maps.get(name)?;
        let mut entries = map.entries.clone();
        let span = entries.first()?.span;
        entries.sort_by_key(|entry| entry.number);
        let mut rules = Vec::new();
        for entry in entries {
            let named = entry.interfaces.iter();
            let ids: Vec<Option<InterfaceId>> = named.map(|name| self.interface_id(name)).collect();
            if !ids.is_empty() && ids.iter().all(|id| id.is_some_and(|id| id != egress)) {
                continue;
            }
            let mut conditions = Vec::new();
            let here = ids.is_empty() || ids.contains(&Some(egress));
            if entry.other_match || !here {
                let text = format!("route map {name} also matches something else");
                conditions.push(Condition::Unknown(self.reason(text, entry.span)));
            }
            let action = if entry.permit {
                Action::Permit
            } else {
                Action::Deny
            };
            let label = format!("route map {name}");
            if entry.lists.is_empty() {
                let mut rule = pseudo_rule(action, label.clone(), entry.span);
                for condition in &conditions {
                    add_condition(&mut rule, condition.clone());
                }
                rules.push(rule);
            }
            for list in entry.lists {
                let conditions = conditions.clone();
                let filter = self.selector(list, action, conditions, label.clone(), entry.span);
                rules.push(pseudo_rule(Action::Jump(filter), label.clone(), entry.span));
            }
        }
        let label = format!("route map {name} selects nothing else");
        Some(self.add_pseudo(
            format!("route map {name}"),
            rules,
            (Action::Deny, label),
            span,
        ))
    }
}

/// What a policy may redirect: rules for the way in, which possibly drop the
/// packets here, and rules for the way out, which possibly pass them by it.
#[derive(Debug, Default)]
pub struct Redirects {
    /// Interface, rules, statement.
    pub inbound: Vec<(InterfaceId, Vec<Rule>, Span)>,
    /// Rules in front of every stage of the way out.
    pub escapes: Vec<Rule>,
}

/// Reads the policies of all interfaces.
pub fn finish(device: &mut Device<'_>) -> Redirects {
    let mut redirects = Redirects::default();
    let uses: Vec<(InterfaceId, String, Span)> = device
        .stanzas
        .iter()
        .filter_map(|stanza| {
            let (name, span) = stanza.policy.clone()?;
            Some((stanza.id?, name, span))
        })
        .collect();
    for (id, name, span) in uses {
        let mut entries = match device.route_maps.get(name.as_str()) {
            Some(map) => map.entries.clone(),
            // A route map that does not exist routes nothing by policy.
            None => continue,
        };
        entries.sort_by_key(|entry| entry.number);
        let (mut inbound, mut escapes) = (Vec::new(), Vec::new());
        for entry in entries.iter().filter(|e| e.permit && e.redirects) {
            // What leaves there leaves there with the policy and without it.
            let elsewhere = match device.toward(entry.hops.as_deref()) {
                Some(there) => InterfaceMatch::none_of([there]),
                None => InterfaceMatch::Any,
            };
            let text = format!("route map {name} may send packets another way");
            let reason = device.reason(text.clone(), entry.span);
            let condition = Condition::Unknown(reason);
            for (action, rules) in [(Action::Deny, &mut inbound), (Action::Permit, &mut escapes)] {
                if entry.lists.is_empty() {
                    let mut rule = pseudo_rule(action, text.clone(), entry.span);
                    add_condition(&mut rule, condition.clone());
                    rule.egress = elsewhere.clone();
                    rules.push(rule);
                }
                for list in &entry.lists {
                    let filter = device.selector(
                        *list,
                        action,
                        vec![condition.clone()],
                        text.clone(),
                        entry.span,
                    );
                    let mut rule = pseudo_rule(Action::Jump(filter), text.clone(), entry.span);
                    rule.egress = elsewhere.clone();
                    rules.push(rule);
                }
            }
        }
        for rule in &mut escapes {
            rule.ingress = InterfaceMatch::One(id);
        }
        if !inbound.is_empty() {
            redirects.inbound.push((id, inbound, span));
        }
        redirects.escapes.extend(escapes);
    }
    redirects
}
