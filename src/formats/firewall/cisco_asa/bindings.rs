//! What binds access lists to interfaces, and what passes or stops packets
//! beside them.
//!
//! Sources: Cisco ASA Series Command Reference, "access-group", "aaa
//! authentication match", "established", "clear configure".

use crate::model::firewall::{Action, FilterId, InterfaceId};
use crate::source::Span;

use super::device::{Binding, Device, Doubt, ListKind, Place};
use super::outcome::Outcome;
use super::words::Words;

/// `access-group LIST {in|out} interface IF [per-user-override|control-plane]`
/// and `access-group LIST global`.
pub fn access_group<'c>(
    device: &mut Device<'c>,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let place = match words.next() {
        Some("global") => Place::Global,
        Some(direction @ ("in" | "out")) => {
            if !words.eat("interface") {
                return Outcome::UNRECOGNISED;
            }
            let Some(interface) = words.next() else {
                return Outcome::UNRECOGNISED;
            };
            let id = device.interface(interface);
            if direction == "in" {
                Place::In(id)
            } else {
                Place::Out(id)
            }
        }
        _ => return Outcome::UNRECOGNISED,
    };
    let rest = words.rest();
    let at = device.span(name);
    device.refer("access-list", name, false, at);
    if rest.split(' ').any(|word| word == "control-plane") {
        return Outcome::irrelevant("a control-plane list filters packets to the device itself");
    }
    let filter = device.filter(name, ListKind::Extended);
    let kind = device.kind_of(filter);
    let mut kept = device.bindings.remove(&place).unwrap_or_default();
    // A place holds one list of a kind; a later statement replaces it.
    kept.retain(|old| device.kind_of(old.filter) != kind);
    kept.push(Binding {
        filter,
        place,
        span,
    });
    device.bindings.insert(place, kept);
    if rest.split(' ').any(|word| word == "per-user-override") {
        return Outcome {
            why: Some(
                "for users who authenticated, a list that the file does not show may stand in \
                 its place"
                    .into(),
            ),
            ..Outcome::MODELLED
        };
    }
    Outcome::MODELLED
}

/// `aaa authentication|authorization match LIST IF SERVER`: packets that the
/// list permits pass only for authenticated users.
pub fn aaa<'c>(device: &mut Device<'c>, statement: &'c str, words: &mut Words<'c>) -> Outcome {
    let kind = words.next().unwrap_or_default();
    let form = words.next().unwrap_or_default();
    if !matches!(kind, "authentication" | "authorization") || !matches!(form, "match" | "include") {
        return Outcome::IRRELEVANT;
    }
    let first = words.next();
    let (Some(first), Some(interface)) = (first, words.next()) else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let text = "the packets pass only for users who authenticated";
    let reason = device.reason(text, span);
    let list = (form == "match").then(|| device.filter(first, ListKind::Extended));
    if list.is_some() {
        let at = device.span(first);
        device.refer("access-list", first, false, at);
    }
    let ingress = Some(device.interface(interface));
    device.doubt(Doubt {
        action: Action::Deny,
        ingress,
        list,
        reason,
        span,
    });
    Outcome::not_modelled(text)
}

/// `established …`: return connections that no access list permits.
pub fn established(device: &mut Device<'_>, statement: &str) -> Outcome {
    let span = device.span(statement);
    let text = "established lets hosts open further connections back";
    let reason = device.reason(text, span);
    device.doubt(Doubt {
        action: Action::Permit,
        ingress: None,
        list: None,
        reason,
        span,
    });
    Outcome::not_modelled(text)
}

/// Commands of the table that could change a verdict; `shun` names whom.
pub fn doubtful_command<'c>(
    device: &mut Device<'c>,
    statement: &'c str,
    word: &str,
    mut words: Words<'c>,
) {
    match word {
        "shun" => {}
        "filter" => return super::diversion::filter(device, statement, &mut words),
        "wccp" => return super::diversion::wccp(device, statement, &mut words),
        _ => return,
    }
    let Some(address) = words.next() else { return };
    let span = device.span(statement);
    let term = device.host_term(address);
    let id = device.add_filter(format!("shun {address}"), span, ListKind::Extended);
    let mut rule = super::access_list::blank_rule(Action::Permit, span);
    rule.source = crate::model::firewall::AddressMatch::One(term);
    if let Some(filter) = device.filter_mut(id) {
        filter.rules.push(rule);
    }
    if let Some(info) = device.list_info_mut(id) {
        info.defined = true;
    }
    let reason = device.reason("shun drops every packet of a host", span);
    device.doubt(Doubt {
        action: Action::Deny,
        ingress: None,
        list: Some(id),
        reason,
        span,
    });
}

/// A statement that takes something away from what the file says elsewhere.
pub fn removed(device: &mut Device<'_>, span: Span) -> Outcome {
    anything(
        device,
        "the statement removes a part of the configuration",
        span,
    )
}

/// A statement that may carry policy and cannot be read.
pub fn unreadable(device: &mut Device<'_>, span: Span) -> Outcome {
    anything(
        device,
        "the statement may carry policy and could not be read",
        span,
    )
}

/// Leaves open whether any packet is permitted or denied.
fn anything(device: &mut Device<'_>, text: &'static str, span: Span) -> Outcome {
    let reason = device.reason(text, span);
    for action in [Action::Permit, Action::Deny] {
        device.doubt(Doubt {
            action,
            ingress: None,
            list: None,
            reason,
            span,
        });
    }
    Outcome::not_modelled(text)
}

/// `clear [configure] …` in a script: forgets what came before.
pub fn clear(device: &mut Device<'_>, words: &mut Words<'_>) -> Outcome {
    if !words.eat("configure") {
        words.eat("config");
    }
    match words.next() {
        Some("access-list") => {
            let cleared: Vec<_> = match words.next() {
                Some(name) => device.filters.get(name).copied().into_iter().collect(),
                None if device.has_entries => device.filters.values().copied().collect(),
                None => Vec::new(),
            };
            for id in &cleared {
                forget(device, *id);
            }
            device.has_entries &= !device.filters.is_empty();
        }
        Some("access-group") => device.bindings.clear(),
        Some("nat" | "static" | "global") => {
            device.nat = super::nat::NatTable::default();
            let (control, off) = (device.legacy.control, device.legacy.control_off);
            device.legacy = super::nat_legacy::LegacyNat::default();
            device.legacy.control = control;
            device.legacy.control_off = off;
        }
        _ => {}
    }
    Outcome::IRRELEVANT
}

/// Empties a list and unbinds it; a later entry makes a new list.
fn forget(device: &mut Device<'_>, id: FilterId) {
    if let Some(filter) = device.filter_mut(id) {
        filter.rules = Vec::new();
        filter.name.push_str(" (cleared)");
    }
    if let Some(info) = device.list_info_mut(id) {
        info.defined = true;
    }
    device.filters.retain(|_, known| *known != id);
    device.last_list = None;
    device.timed.retain(|(list, ..)| *list != id);
    for bindings in device.bindings.values_mut() {
        bindings.retain(|binding| binding.filter != id);
    }
}

/// The bindings of a place, by family: the extended and the IPv6 list.
pub fn bound(device: &Device<'_>, place: Place) -> (Option<Binding>, Option<Binding>) {
    let mut found = (None, None);
    for binding in device.bindings.get(&place).into_iter().flatten() {
        match device.kind_of(binding.filter) {
            Some(ListKind::Ipv6) => found.1 = Some(*binding),
            Some(ListKind::EtherType | ListKind::WebType) => {}
            _ => found.0 = Some(*binding),
        }
    }
    found
}

/// All interfaces in order.
pub fn interface_ids(device: &Device<'_>) -> impl Iterator<Item = InterfaceId> + use<> {
    (0..super::device::index(device.firewall.interfaces.len())).map(InterfaceId)
}
