//! Route maps: policy routing, and the selectors of translations.
//!
//! Source: Cisco IOS IP Routing: Protocol-Independent Command Reference,
//! "route-map", "match ip address", "set ip next-hop", "ip policy route-map".

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, InterfaceId, InterfaceMatch, Rule,
};
use crate::model::net::IpRange;
use crate::source::Span;

use super::device::{Device, Family};
use super::outcome::Outcome;
use super::rules::{add_condition, pseudo_rule};
use super::words::{Words, number};

/// Most rules that route maps copy from lists and entries.
const MAX_RULES: usize = 200_000;
/// Most networks of an interface for which a next hop is compared.
const MAX_NETWORKS: usize = 8;

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
    /// The entries behind it are asked, too.
    continues: bool,
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
    /// What it selects for a translation: by the interface of the way out where an
    /// entry asks for one. `None` where that would be too many rules.
    selected: HashMap<Option<InterfaceId>, Option<FilterId>>,
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
        continues: false,
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
        ("continue", _) => entry.continues = true,
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
    ///
    /// `None` where the route maps of the file are too many to follow.
    pub fn route_map_filter(&mut self, name: &str, egress: InterfaceId) -> Option<FilterId> {
        let map = self.route_maps.get(name)?;
        let asks = map.entries.iter().any(|entry| !entry.interfaces.is_empty());
        let key = asks.then_some(egress);
        if let Some(known) = map.selected.get(&key) {
            return *known;
        }
        let made = if self.zones.rules > MAX_RULES {
            None
        } else {
            self.build_route_map(name, egress)
        };
        if let Some(map) = self.route_maps.get_mut(name) {
            map.selected.insert(key, made);
        }
        made
    }

    fn build_route_map(&mut self, name: &str, egress: InterfaceId) -> Option<FilterId> {
        let map = self.route_maps.get(name)?;
        let steps = map.entries.iter().map(|entry| {
            let words = entry.interfaces.len().saturating_add(entry.lists.len());
            words.saturating_add(1)
        });
        self.zones.rules = self.zones.rules.saturating_add(steps.sum());
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

/// What a policy may redirect: a filter for the way in, which possibly drops the
/// packets here, and rules for the way out, which possibly pass them by it.
#[derive(Debug, Default)]
pub struct Redirects {
    /// Interfaces, filter, first statement.
    pub inbound: Vec<(InterfaceMatch, FilterId, Span)>,
    /// Rules in front of every stage of the way out: one at most.
    pub escapes: Vec<Rule>,
}

/// The interfaces in whose networks next routers are.
#[derive(Debug, Default)]
struct Neighbours {
    /// Each network with its interface; `None` where several have it.
    networks: HashMap<IpRange, Option<InterfaceId>>,
    /// The lengths of the prefixes of these networks.
    lengths: BTreeSet<u8>,
    /// The one next router of all routes out of an interface; `None` where they
    /// lead to several, or to none that is told.
    routers: HashMap<InterfaceId, Option<IpAddr>>,
    /// Whether routes are told that the file does not hold, or destinations are
    /// translated, so that the routes of the file do not tell the usual way.
    unsure: bool,
}

impl Neighbours {
    fn new(device: &Device<'_>) -> Self {
        let mut all = Self {
            unsure: !device.firewall.dynamic_routing.is_empty()
                || device.nat.translates_destinations(),
            ..Self::default()
        };
        for (id, interface) in (0u32..).zip(&device.firewall.interfaces) {
            for address in &interface.addresses {
                let IpRange::V4(first, last) = address.network else {
                    continue;
                };
                let ones = (first ^ last).leading_zeros();
                all.lengths.insert(u8::try_from(ones).unwrap_or(32));
                all.networks
                    .entry(address.network)
                    .and_modify(|known| *known = known.filter(|known| *known == InterfaceId(id)))
                    .or_insert(Some(InterfaceId(id)));
            }
        }
        for route in &device.firewall.routes {
            let hop = route.next_hop.filter(|hop| hop.first() == hop.last());
            let hop = hop.map(IpRange::first);
            all.routers
                .entry(route.interface)
                .and_modify(|known| *known = known.filter(|known| Some(*known) == hop))
                .or_insert(hop);
        }
        all
    }

    /// The interface by which packets leave to the only next router of an entry,
    /// if all routes out of that interface lead to the same router.
    fn usual(&self, hops: Option<&[IpAddr]>) -> Option<InterfaceId> {
        let (hop, others) = hops?.split_first()?;
        if self.unsure || others.iter().any(|other| other != hop) {
            return None;
        }
        let networks = self.lengths.iter();
        let mut near = networks
            .filter_map(|length| IpRange::network(*hop, *length))
            .filter_map(|network| self.networks.get(&network).copied());
        let there = near.next()??;
        if near.any(|other| other != Some(there)) {
            return None;
        }
        (self.routers.get(&there) == Some(&Some(*hop))).then_some(there)
    }
}

/// Reads the policies of all interfaces, each route map once.
///
/// Source: Cisco IOS IP Routing: Protocol-Independent Configuration Guide,
/// "Policy-Based Routing": the first entry that matches decides; packets that a
/// `deny` entry matches, or one that sets no way, take the way of the routing
/// table.
pub fn finish(device: &mut Device<'_>) -> Redirects {
    let mut redirects = Redirects::default();
    let mut uses: Vec<(String, Vec<(InterfaceId, Span)>)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for stanza in &device.stanzas {
        let (Some((name, span)), Some(id)) = (stanza.policy.clone(), stanza.id) else {
            continue;
        };
        // A route map that does not exist routes nothing by policy.
        if !device.route_maps.contains_key(name.as_str()) {
            continue;
        }
        let place = *known.entry(name.clone()).or_insert_with(|| {
            uses.push((name, Vec::new()));
            uses.len().saturating_sub(1)
        });
        if let Some((_, ports)) = uses.get_mut(place) {
            ports.push((id, span));
        }
    }
    if uses.is_empty() {
        return redirects;
    }
    let neighbours = Neighbours::new(device);
    let mut all = Vec::new();
    for (name, ports) in uses {
        let (inbound, outbound) = followed(device, &name, &neighbours);
        let (Some((_, span)), false) = (ports.first().copied(), inbound.is_empty()) else {
            continue;
        };
        let text = "no route map sends these packets another way".to_owned();
        let title = "policy routing".to_owned();
        let default = (Action::Permit, text.clone());
        let filter = device.add_pseudo(title.clone(), inbound, default, span);
        let ingress = InterfaceMatch::any_of(ports.iter().map(|(id, _)| *id));
        redirects.inbound.push((ingress.clone(), filter, span));
        let routed = ports.iter().map(|(id, _)| *id);
        device.firewall.policy_routing.extend(routed);
        let escape = device.add_pseudo(title, outbound, (Action::Return, text), span);
        let label = format!("route map {name} may send packets another way");
        let mut rule = pseudo_rule(Action::Jump(escape), label, span);
        rule.ingress = ingress;
        all.push(rule);
    }
    let Some(span) = all.first().map(|rule| rule.span) else {
        return redirects;
    };
    let text = "no route map sends these packets another way".to_owned();
    let title = "policy routing".to_owned();
    let default = (Action::Return, text.clone());
    let filter = device.add_pseudo(title, all, default, span);
    redirects.escapes = vec![pseudo_rule(Action::Jump(filter), text, span)];
    redirects
}

/// The rules of a route map for the way in and for the way out; none where no
/// entry sends packets another way.
fn followed(
    device: &mut Device<'_>,
    name: &str,
    neighbours: &Neighbours,
) -> (Vec<Rule>, Vec<Rule>) {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    let Some(map) = device.route_maps.get(name) else {
        return (inbound, outbound);
    };
    let mut entries = map.entries.clone();
    entries.sort_by_key(|entry| entry.number);
    let redirects = |entry: &RouteMapEntry| entry.permit && entry.redirects;
    // What no entry behind it redirects needs no decision.
    let last = entries.iter().rposition(redirects);
    entries.truncate(last.map_or(0, |last| last.saturating_add(1)));
    for entry in &entries {
        if redirects(entry) {
            let rules = redirected(device, name, entry, neighbours);
            inbound.extend(rules.0);
            outbound.extend(rules.1);
        }
        if entry.other_match || !entry.interfaces.is_empty() || entry.continues {
            continue;
        }
        let text = format!("route map {name} leaves the way to the routing table");
        if entry.lists.is_empty() {
            // It matches all packets: no other entry is asked.
            inbound.push(pseudo_rule(Action::Permit, text.clone(), entry.span));
            outbound.push(pseudo_rule(Action::Return, text, entry.span));
            break;
        }
        for list in &entry.lists {
            let permit = Action::Permit;
            let filter = device.selector(*list, permit, Vec::new(), text.clone(), entry.span);
            inbound.push(pseudo_rule(Action::Jump(filter), text.clone(), entry.span));
            outbound.extend(left_alone(device, *list));
        }
    }
    (inbound, outbound)
}

/// The rules for what an entry may send another way: for the way in, and for the
/// way out.
fn redirected(
    device: &mut Device<'_>,
    name: &str,
    entry: &RouteMapEntry,
    neighbours: &Neighbours,
) -> (Vec<Rule>, Vec<Rule>) {
    let text = format!("route map {name} may send packets another way");
    let condition = Condition::Unknown(device.reason(text.clone(), entry.span));
    // Where the routing table sends packets to the same router, the policy
    // changes nothing, but for hosts of the network there: the router lies
    // between.
    let near = |there: InterfaceId| {
        let interface = device.firewall.interfaces.get(there.0 as usize)?;
        let networks = interface.addresses.iter().map(|address| address.network);
        let terms: Box<[AddressTerm]> = networks.map(AddressTerm::from).collect();
        (terms.len() <= MAX_NETWORKS).then_some((there, AddressMatch::AnyOf(terms)))
    };
    let usual = neighbours.usual(entry.hops.as_deref()).and_then(near);
    let ways: Vec<(InterfaceMatch, AddressMatch)> = match usual {
        Some((there, hosts)) => vec![
            (InterfaceMatch::none_of([there]), AddressMatch::Any),
            (InterfaceMatch::One(there), hosts),
        ],
        None => vec![(InterfaceMatch::Any, AddressMatch::Any)],
    };
    let mut made = |action: Action| {
        let mut rules = Vec::new();
        if entry.lists.is_empty() {
            let mut rule = pseudo_rule(action, text.clone(), entry.span);
            add_condition(&mut rule, condition.clone());
            rule.source = AddressMatch::One(AddressTerm::Any4);
            rules.push(rule);
        }
        for list in &entry.lists {
            let conditions = vec![condition.clone()];
            let filter = device.selector(*list, action, conditions, text.clone(), entry.span);
            rules.push(pseudo_rule(Action::Jump(filter), text.clone(), entry.span));
        }
        let rules = rules.into_iter().flat_map(|rule| {
            ways.iter().map(move |(egress, destination)| Rule {
                egress: egress.clone(),
                destination: destination.clone(),
                ..rule.clone()
            })
        });
        rules.collect::<Vec<Rule>>()
    };
    (made(Action::Deny), made(Action::Permit))
}

/// Rules that let packets for the routing table go on to the filter on the way
/// out: what stands before the first `deny` of a list. Behind a translation they
/// have other addresses than the list was asked for.
fn left_alone(device: &mut Device<'_>, list: FilterId) -> Vec<Rule> {
    if !device.nat.is_empty() || device.zones.rules > MAX_RULES {
        return Vec::new();
    }
    let entries = device.filter(list).map(|filter| filter.rules.as_slice());
    let rules: Vec<Rule> = entries
        .unwrap_or_default()
        .iter()
        .take_while(|rule| rule.action == Action::Permit)
        .map(|rule| Rule {
            action: Action::Return,
            ..rule.clone()
        })
        .collect();
    device.zones.rules = device.zones.rules.saturating_add(rules.len());
    rules
}
