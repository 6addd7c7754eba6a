//! `hidden_rules`: rules that earlier rules keep from taking effect, and the
//! flows that they were meant for.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::asked::{Asked, End, server};
use super::flows::{Asker, name};
use super::types::{HiddenRuleFact, HidingRuleFact, Ref};
use super::verdicts::Words;
use crate::estate::{Estate, FirewallId, Role};
use crate::flow::{Engine, HiddenRule, HidingKind, IpSet, RuleRef, ServiceSet};
use crate::model::firewall::{Action, FilterId, Rule};
use crate::model::path::Need;

/// At most so many rules of a firewall that no required flow misses are
/// named; the others are counted.
const MAX_NAMED: usize = 10_000;

/// One fact for each hidden rule, by place; see [`MAX_NAMED`].
pub fn build(words: Words<'_>, asker: &Asker<'_, '_>, asked: &[Asked<'_>]) -> Vec<HiddenRuleFact> {
    let mut facts = Vec::new();
    let network = asker.network();
    let required = required(words, asker, asked);
    let addressed = Addressed::new(words.estate);
    for id in (0u32..).map(FirewallId).take(words.estate.firewalls.len()) {
        let Some(engine) = network.engine(id) else {
            continue;
        };
        let hiding = engine.hidden_rules();
        let mut named = 0_usize;
        let mut others: Option<(&HiddenRule, usize)> = None;
        // Nobody wrote what the device adds, and nobody can move it.
        let written = |hidden: &&HiddenRule| {
            let rule = engine.rule(hidden.rule);
            rule.is_none_or(|rule| rule.implicit.is_none())
        };
        for hidden in hiding.rules.iter().filter(written) {
            let flows = missed(&required, id, engine, hidden);
            if flows.is_empty() {
                if named >= MAX_NAMED {
                    let (_, count) = others.get_or_insert((hidden, 0));
                    *count = count.saturating_add(1);
                    continue;
                }
                named = named.saturating_add(1);
            }
            facts.extend(fact(words, id, engine, &addressed, (hidden, flows)));
        }
        facts.extend(others.and_then(|(first, count)| {
            Some(HiddenRuleFact {
                kind: "more",
                hidden_by: Vec::new(),
                left_out: Some(count),
                ..fact(words, id, engine, &addressed, (first, Vec::new()))?
            })
        }));
        facts.extend(open(words, id, engine, &hiding.open));
    }
    facts.sort_by(|a, b| (a.at, &a.filter, a.kind).cmp(&(b.at, &b.filter, b.kind)));
    facts.dedup();
    facts
}

/// One fact for each filter with rules that are cut into too many pieces to
/// tell whether others hide them; it stands at the first.
fn open(
    words: Words<'_>,
    firewall: FirewallId,
    engine: &Engine<'_>,
    places: &[RuleRef],
) -> Vec<HiddenRuleFact> {
    let mut filters = BTreeSet::new();
    let first = places.iter().filter(|place| filters.insert(place.filter));
    first
        .filter_map(|place| {
            let rule = engine.rule(*place)?;
            Some(HiddenRuleFact {
                firewall: words.firewall(firewall),
                filter: engine.filter(place.filter)?.name.clone(),
                rule: text(words, rule),
                action: action(rule.action)?,
                kind: "open",
                hidden_by: Vec::new(),
                flows: Vec::new(),
                servers: None,
                left_out: None,
                at: Ref(rule.span),
            })
        })
        .collect()
}

/// Ids of required flows that a hidden permit alone would let through.
fn missed(
    required: &[Meant],
    firewall: FirewallId,
    engine: &Engine<'_>,
    hidden: &HiddenRule,
) -> Vec<String> {
    let rule = engine.rule(hidden.rule);
    let permits = rule.is_some_and(|rule| rule.action == Action::Permit);
    if permits && hidden.kind == HidingKind::Shadowed {
        meant(required, firewall, engine, hidden.rule)
    } else {
        Vec::new()
    }
}

fn fact(
    words: Words<'_>,
    firewall: FirewallId,
    engine: &Engine<'_>,
    addressed: &Addressed<'_>,
    (hidden, flows): (&HiddenRule, Vec<String>),
) -> Option<HiddenRuleFact> {
    let rule = engine.rule(hidden.rule)?;
    let action = action(rule.action)?;
    let hidden_by = hidden
        .by
        .iter()
        .filter_map(|place| hiding(words, engine, *place))
        .collect();
    Some(HiddenRuleFact {
        firewall: words.firewall(firewall),
        filter: engine.filter(hidden.rule.filter)?.name.clone(),
        rule: text(words, rule),
        action,
        kind: hidden.kind.name(),
        hidden_by,
        flows,
        servers: addressed.named(engine, rule),
        left_out: None,
        at: Ref(rule.span),
    })
}

/// Exchange servers and domain controllers by their addresses, in order.
struct Addressed<'e>(Vec<(IpAddr, &'e str)>);

/// Widest range of addresses that is taken for a few hosts, and not for a network.
const FEW: u128 = 32;

impl<'e> Addressed<'e> {
    fn new(estate: &'e Estate) -> Self {
        let mut known = Vec::new();
        for server in &estate.servers {
            let mut roles = server.roles.iter();
            if server.exchange || roles.any(|role| role.value == Role::ActiveDirectory) {
                let addresses = server.addresses.iter();
                known.extend(addresses.map(|address| (address.ip, server.name.as_str())));
            }
        }
        known.sort_unstable();
        Self(known)
    }

    /// Those that a rule names in its source or its destination; `None` where
    /// what one of them stands for is not known.
    fn named(&self, engine: &Engine<'_>, rule: &Rule) -> Option<Vec<String>> {
        let mut names = BTreeSet::new();
        for position in [&rule.source, &rule.destination] {
            let set = engine.objects().addresses(position);
            if set.surely != set.possibly {
                return None;
            }
            let few = set
                .surely
                .ranges()
                .filter(|range| IpSet::from(*range).size() <= FEW);
            for range in few {
                let start = self
                    .0
                    .partition_point(|(address, _)| *address < range.first());
                let held = self.0.iter().skip(start);
                names.extend(
                    held.take_while(|(address, _)| *address <= range.last())
                        .map(|(_, name)| *name),
                );
            }
        }
        Some(names.into_iter().map(str::to_owned).collect())
    }
}

fn hiding(words: Words<'_>, engine: &Engine<'_>, place: RuleRef) -> Option<HidingRuleFact> {
    let Some(rule) = engine.rule(place) else {
        let default = &engine.filter(place.filter)?.default;
        return Some(HidingRuleFact {
            rule: default.label.clone(),
            action: action(default.action)?,
            at: Ref(default.span),
        });
    };
    Some(HidingRuleFact {
        rule: text(words, rule),
        action: action(rule.action)?,
        at: Ref(rule.span),
    })
}

fn text(words: Words<'_>, rule: &Rule) -> String {
    match &rule.implicit {
        Some(label) => label.to_string(),
        None => words.rule(rule.span),
    }
}

/// The word for an action; `None` for one that only hands packets on.
fn action(action: Action) -> Option<&'static str> {
    match action {
        Action::Permit => Some("permit"),
        Action::Deny => Some("deny"),
        Action::Jump(_) | Action::Goto(_) | Action::Return | Action::Continue => None,
    }
}

/// A required flow, as far as a rule may be meant for it.
struct Meant {
    id: String,
    services: ServiceSet,
    from: IpSet,
    /// Whether a rule must match every IPv4 source: one that speaks of IPv4
    /// alone is meant for the Internet too.
    from_all: bool,
    to: IpSet,
    /// Filters that decide about it.
    filters: BTreeSet<(FirewallId, FilterId)>,
}

/// The required flows that some filter decides about.
fn required(words: Words<'_>, asker: &Asker<'_, '_>, asked: &[Asked<'_>]) -> Vec<Meant> {
    let mut meant = Vec::new();
    for asked in asked {
        if !matches!(asked.need, Some(Need::Required | Need::Alternative)) {
            continue;
        }
        let answer = asker.ask(asked.source, asked.destination, asked.service);
        let filters: BTreeSet<_> = answer
            .decided_by()
            .iter()
            .filter_map(|by| Some((by.firewall, by.filter?)))
            .collect();
        if filters.is_empty() {
            continue;
        }
        // The addresses as the ends write them; translated ones as the source
        // knows them.
        let known = answer
            .parts
            .iter()
            .flat_map(|part| part.packets.cubes())
            .fold(IpSet::EMPTY, |all, cube| all.union(&cube.destination));
        let (from, to) = (
            name(asked.source, words.estate),
            name(asked.destination, words.estate),
        );
        meant.push(Meant {
            id: format!("{}/{from}/{to}/{}", asked.path.id, asked.service),
            services: crate::flow::service(asked.service.protocol, asked.service.ports),
            from: addresses(asked.source, asker, words),
            from_all: asked.source == End::Internet,
            to: addresses(asked.destination, asker, words).union(&known),
            filters,
        });
    }
    meant
}

/// Ids of required flows that a rule by itself would permit: its filter is on
/// their way, and it matches their ends and service without doubt.
fn meant(
    meant: &[Meant],
    firewall: FirewallId,
    engine: &Engine<'_>,
    place: RuleRef,
) -> Vec<String> {
    let Some(rule) = engine.rule(place) else {
        return Vec::new();
    };
    let objects = engine.objects();
    let source = objects.addresses(&rule.source).surely;
    let destination = objects.addresses(&rule.destination).surely;
    let services = objects.services(&rule.service).surely;
    let mut ids: Vec<String> = meant
        .iter()
        .filter(|flow| {
            flow.filters.contains(&(firewall, place.filter))
                && destination.overlaps(&flow.to)
                && if flow.from_all {
                    !flow.from.v4.is_empty() && source.v4.includes(&flow.from.v4)
                } else {
                    source.overlaps(&flow.from)
                }
                && services.includes(&flow.services)
        })
        .map(|flow| flow.id.clone())
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The addresses of an end, those under which NAT publishes it included.
fn addresses(end: End, asker: &Asker<'_, '_>, words: Words<'_>) -> IpSet {
    match end {
        End::Internet => asker.network().internet().clone(),
        End::Host(ip) => IpSet::host(ip),
        End::Zone(id) => {
            let zone = super::servers::zone_of(id, words.estate);
            let networks = zone.into_iter().flat_map(|zone| &zone.networks);
            IpSet::of(networks.map(|network| network.value))
        }
        End::Server(_) => server(end, words.estate).map_or(IpSet::EMPTY, |server| {
            let own = server.addresses.iter().map(|a| IpSet::host(a.ip));
            let published = IpSet::of(server.published.iter().map(|range| range.value));
            own.fold(published, |all, address| all.union(&address))
        }),
    }
}
