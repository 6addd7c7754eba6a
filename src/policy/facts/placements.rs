//! `placements`: which firewalls stand between which servers, and what they
//! restrict.

use std::collections::HashMap;
use std::sync::Arc;

use super::servers::server_of;
use super::types::{Answer, PlacedPairFact, PlacementFact, Ref, Sureness};
use super::verdicts::Words;
use crate::estate::{FirewallId, Server};
use crate::flow::{Network, PairPlacement, Tri};
use crate::model::firewall::InterfaceId;
use crate::source::Span;

/// One fact for each firewall and the rules with which it restricts, by name of
/// the firewall and of the first pair.
pub fn build(words: Words<'_>, network: &Network<'_>) -> Vec<PlacementFact> {
    let mut groups: Vec<PlacementFact> = Vec::new();
    let mut places: HashMap<Cause, usize> = HashMap::new();
    for known in network.placements() {
        let cause = Cause::of(&known);
        let Some((firewall, pair)) = pair(words, known) else {
            continue;
        };
        let place = *places.entry(cause).or_insert_with_key(|cause| {
            groups.push(PlacementFact {
                firewall: firewall.to_owned(),
                between: answer(cause.between),
                restricts: answer(cause.restricts),
                rules: cause.rules.iter().copied().map(Ref).collect(),
                pairs: Vec::new(),
            });
            groups.len().saturating_sub(1)
        });
        if let Some(group) = groups.get_mut(place) {
            group.pairs.push(pair);
        }
    }
    for group in &mut groups {
        group.pairs.sort_by(|x, y| (&x.a, &x.b).cmp(&(&y.a, &y.b)));
    }
    let first = |group: &PlacementFact| group.pairs.first().map(|x| (x.a.clone(), x.b.clone()));
    groups.sort_by_cached_key(|group| (group.firewall.clone(), first(group)));
    groups
}

/// What pairs of servers have in common that stand in one fact.
#[derive(PartialEq, Eq, Hash)]
struct Cause {
    firewall: FirewallId,
    between: Tri,
    restricts: Tri,
    rules: Vec<Span>,
}

impl Cause {
    fn of(known: &PairPlacement) -> Self {
        let mut rules = Vec::new();
        for decider in &known.decided_by {
            if !rules.contains(&decider.span) {
                rules.push(decider.span);
            }
        }
        Self {
            firewall: known.firewall,
            between: known.between,
            restricts: known.restricts,
            rules,
        }
    }
}

/// One end of a pair.
struct Side<'e> {
    server: &'e Server,
    interface: Option<InterfaceId>,
    /// What places it on the firewall.
    placed: Option<Span>,
    /// Its address.
    address: Span,
}

/// A pair of servers, with the name of the firewall.
fn pair(words: Words<'_>, known: PairPlacement) -> Option<(&str, PlacedPairFact)> {
    let side = |id, interface, placed, ip| {
        let server = server_of(id, words.estate)?;
        let address = server
            .addresses
            .iter()
            .find(|address| Some(address.ip) == ip);
        Some(Side {
            server,
            interface,
            placed,
            address: address.map_or(server.span, |address| address.span),
        })
    };
    let (a_ip, b_ip) = known.addresses.unzip();
    let mut a = side(known.a, known.a_interface, known.a_at, a_ip)?;
    let mut b = side(known.b, known.b_interface, known.b_at, b_ip)?;
    if a.server.name > b.server.name {
        std::mem::swap(&mut a, &mut b);
    }
    let index = usize::try_from(known.firewall.0).ok()?;
    let firewall = words.estate.firewalls.get(index)?;
    let interface = |side: &Side<'_>| {
        let id = usize::try_from(side.interface?.0).ok()?;
        firewall.firewall.interfaces.get(id)
    };
    // The stanza of the interface, or the route where the server is behind it
    // by a route only.
    let seen = |side: &Side<'_>| {
        let stanza = interface(side).map(|known| known.span);
        match (stanza, side.placed) {
            (Some(stanza), Some(placed)) if !holds(stanza, placed) => placed,
            (Some(span), _) | (None, Some(span)) => span,
            (None, None) => side.server.span,
        }
    };
    let at = [Ref(seen(&a)), Ref(seen(&b))];
    let why: Vec<_> = known.why.iter().map(|why| Arc::clone(&why.text)).collect();
    let pair = PlacedPairFact {
        a_interface: interface(&a).map(|known| known.name.value.clone()),
        b_interface: interface(&b).map(|known| known.name.value.clone()),
        a_at: Ref(a.address),
        b_at: Ref(b.address),
        a: a.server.name.clone(),
        b: b.server.name.clone(),
        certainty: if known.certain {
            Sureness::Certain
        } else {
            Sureness::Derived
        },
        weak: (!known.certain).then(|| weak(&why, &a, &b)),
        why,
        at,
        stands_for: known.stands_for,
    };
    Some((firewall.name.as_str(), pair))
}

/// Whether a span lies within another.
fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

fn weak(why: &[Arc<str>], a: &Side<'_>, b: &Side<'_>) -> String {
    if why.is_empty() {
        format!(
            "where {} and {} are is concluded, not stated",
            a.server.name, b.server.name
        )
    } else {
        let why: Vec<&str> = why.iter().map(|why| &**why).collect();
        why.join("; ")
    }
}

fn answer(tri: Tri) -> Answer {
    match tri {
        Tri::Yes => Answer::Yes,
        Tri::No => Answer::No,
        Tri::Unknown => Answer::Unknown,
    }
}
