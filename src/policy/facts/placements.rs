//! `placements`: which firewalls stand between which servers.

use std::sync::Arc;

use super::servers::server_of;
use super::types::{Answer, PlacementFact, Ref, Sureness};
use super::verdicts::Words;
use crate::estate::Server;
use crate::flow::{Network, PairPlacement, Tri};
use crate::model::firewall::InterfaceId;
use crate::source::Span;

/// One fact for each firewall and pair of servers, by their names.
pub fn build(words: Words<'_>, network: &Network<'_>) -> Vec<PlacementFact> {
    let mut placements: Vec<_> = network
        .placements()
        .into_iter()
        .filter_map(|known| placement(words, known))
        .collect();
    placements.sort_by(|x, y| (&x.firewall, &x.a, &x.b).cmp(&(&y.firewall, &y.a, &y.b)));
    placements
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

fn placement(words: Words<'_>, known: PairPlacement) -> Option<PlacementFact> {
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
    let mut at = vec![Ref(seen(&a)), Ref(seen(&b))];
    for decider in &known.decided_by {
        if !at.contains(&Ref(decider.span)) {
            at.push(Ref(decider.span));
        }
    }
    let why: Vec<_> = known.why.iter().map(|why| Arc::clone(&why.text)).collect();
    Some(PlacementFact {
        firewall: firewall.name.clone(),
        a_interface: interface(&a).map(|known| known.name.value.clone()),
        b_interface: interface(&b).map(|known| known.name.value.clone()),
        a_at: Ref(a.address),
        b_at: Ref(b.address),
        a: a.server.name.clone(),
        b: b.server.name.clone(),
        between: answer(known.between),
        restricts: answer(known.restricts),
        certainty: if known.certain {
            Sureness::Certain
        } else {
            Sureness::Derived
        },
        weak: (!known.certain).then(|| weak(&why, &a, &b)),
        why,
        at,
        stands_for: known.stands_for,
    })
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
