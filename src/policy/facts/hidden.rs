//! `hidden_rules`: rules that earlier rules keep from taking effect, and the
//! flows that they were meant for.

use super::asked::{Asked, End, server};
use super::flows::{Asker, name};
use super::types::{HiddenRuleFact, HidingRuleFact, Ref};
use super::verdicts::Words;
use crate::estate::FirewallId;
use crate::flow::{Engine, HiddenRule, HidingKind, IpSet, RuleRef};
use crate::model::firewall::{Action, Rule};
use crate::model::path::Need;

/// One fact for each hidden rule, by place.
pub fn build(words: Words<'_>, asker: &Asker<'_, '_>, asked: &[Asked<'_>]) -> Vec<HiddenRuleFact> {
    let mut facts = Vec::new();
    let network = asker.network();
    for id in (0u32..).map(FirewallId).take(words.estate.firewalls.len()) {
        let Some(engine) = network.engine(id) else {
            continue;
        };
        for hidden in engine.hidden_rules().rules {
            facts.extend(fact(words, asker, asked, id, engine, &hidden));
        }
    }
    facts.sort_by(|a, b| (a.at, &a.filter, a.kind).cmp(&(b.at, &b.filter, b.kind)));
    facts.dedup();
    facts
}

fn fact(
    words: Words<'_>,
    asker: &Asker<'_, '_>,
    asked: &[Asked<'_>],
    firewall: FirewallId,
    engine: &Engine<'_>,
    hidden: &HiddenRule,
) -> Option<HiddenRuleFact> {
    let rule = engine.rule(hidden.rule)?;
    let action = action(rule.action)?;
    let hidden_by = hidden
        .by
        .iter()
        .filter_map(|place| hiding(words, engine, *place))
        .collect();
    let flows = if action == "permit" && hidden.kind == HidingKind::Shadowed {
        meant(words, asker, asked, firewall, engine, hidden.rule)
    } else {
        Vec::new()
    };
    Some(HiddenRuleFact {
        firewall: words.firewall(firewall),
        filter: engine.filter(hidden.rule.filter)?.name.clone(),
        rule: text(words, rule),
        action,
        kind: hidden.kind.name(),
        hidden_by,
        flows,
        at: Ref(rule.span),
    })
}

fn hiding(words: Words<'_>, engine: &Engine<'_>, place: RuleRef) -> Option<HidingRuleFact> {
    let rule = engine.rule(place)?;
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

/// Ids of required flows that a rule by itself would permit: its filter is on
/// their way, and it matches their ends and service without doubt.
fn meant(
    words: Words<'_>,
    asker: &Asker<'_, '_>,
    asked: &[Asked<'_>],
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
    let mut ids = Vec::new();
    for asked in asked {
        let required = matches!(asked.need, Some(Need::Required | Need::Alternative));
        let service = crate::flow::service(asked.service.protocol, asked.service.ports);
        if !required || !services.includes(&service) {
            continue;
        }
        let answer = asker.ask(asked.source, asked.destination, asked.service);
        let by = answer.decided_by();
        let passes = by
            .iter()
            .any(|by| by.firewall == firewall && by.filter == Some(place.filter));
        if !passes {
            continue;
        }
        // The addresses as the ends write them; translated ones as the source
        // knows them.
        let known = answer
            .parts
            .iter()
            .flat_map(|part| part.packets.cubes())
            .fold(IpSet::EMPTY, |all, cube| all.union(&cube.destination));
        let to = addresses(asked.destination, asker, words).union(&known);
        let from = addresses(asked.source, asker, words);
        let from_all = match asked.source {
            // A rule that speaks of IPv4 alone is meant for the Internet too.
            End::Internet => !from.v4.is_empty() && source.v4.includes(&from.v4),
            End::Server(_) | End::Zone(_) => source.overlaps(&from),
        };
        if from_all && destination.overlaps(&to) {
            let (from, to) = (
                name(asked.source, words.estate),
                name(asked.destination, words.estate),
            );
            ids.push(format!("{}/{from}/{to}/{}", asked.path.id, asked.service));
        }
    }
    ids.sort();
    ids.dedup();
    ids
}

/// The addresses of an end, those under which NAT publishes it included.
fn addresses(end: End, asker: &Asker<'_, '_>, words: Words<'_>) -> IpSet {
    match end {
        End::Internet => asker.network().internet().clone(),
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
