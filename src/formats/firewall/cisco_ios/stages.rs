//! What a packet must pass, as stages.
//!
//! Order: the list bound `in` (with the way back of inspected connections
//! before it), VLAN maps and port lists, policy routing, VRFs, zones, then on
//! the way out VLAN maps and the list bound `out`. Without a list everything
//! passes. A list of one family says nothing about the other one.
//!
//! Sources: Cisco, "NAT Order of Operation" (document 6209: the inbound list
//! comes before translation, the outbound list after it); Cisco Nexus 7000
//! Series NX-OS Security Configuration Guide, "Order of ACL Application".

use crate::formats::firewall::shared::discards;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, FilterId, Interface, InterfaceId,
    InterfaceMatch, Passage, Rule, Stage,
};
use crate::source::Span;

use super::cbac::{self, ReturnPath};
use super::device::{Device, Family};
use super::interfaces::Binding;
use super::policy_routes::{self, Redirects};
use super::rules::{add_condition, pseudo_rule};
use super::{lines, vlan_maps, zone_policies, zones};

/// An interface as the stages see it.
struct Port {
    id: InterfaceId,
    name: String,
    span: Span,
    lists: [Option<Binding>; 4],
}

impl Port {
    fn list(&self, family: Family, inbound: bool) -> Option<Binding> {
        let at = usize::from(family == Family::V6) * 2 + usize::from(!inbound);
        self.lists.get(at).copied().flatten()
    }
}

/// Adds all stages.
pub fn finish(device: &mut Device<'_>) {
    let paths = cbac::finish(device);
    let redirects = policy_routes::finish(device);
    let ports: Vec<Port> = device
        .stanzas
        .iter()
        .filter_map(|stanza| {
            Some(Port {
                id: stanza.id?,
                name: stanza.name.value.clone(),
                span: stanza.name.span,
                lists: [
                    stanza.list(Family::V4, true),
                    stanza.list(Family::V4, false),
                    stanza.list(Family::V6, true),
                    stanza.list(Family::V6, false),
                ],
            })
        })
        .collect();
    let mut stages = Vec::new();
    for port in &ports {
        inbound(device, port, &paths, &mut stages);
    }
    vlan_maps::ports(device, &mut stages);
    vlan_maps::finish(device, true, &mut stages);
    doubts(device, &mut stages);
    redirected(&redirects, &mut stages);
    virtual_routers(device, &mut stages);
    zone_policies::finish(device, &redirects.escapes, &mut stages);
    vlan_maps::finish(device, false, &mut stages);
    for port in &ports {
        outbound(device, port, &paths, &redirects.escapes, &mut stages);
    }
    swallowed(device, &mut stages);
    own_lists(device, &ports, &mut stages);
    device.firewall.stages = stages;
}

/// A stage of packets that cross the device.
pub fn stage(
    label: String,
    ingress: InterfaceMatch,
    egress: InterfaceMatch,
    filter: FilterId,
    span: Span,
) -> Stage {
    Stage {
        label,
        passage: Passage::Transit,
        ingress,
        egress,
        filter,
        view: AddressView::Mapped,
        span,
    }
}

fn binding_label(device: &Device<'_>, binding: Binding, name: &str) -> String {
    let way = if binding.inbound { "in" } else { "out" };
    let command = match binding.family {
        Family::V4 => "ip access-group",
        Family::V6 => "ipv6 traffic-filter",
    };
    format!(
        "{command} {} {way} on {name}",
        device.list_name(binding.list)
    )
}

/// A filter of the lists of both families, with rules before them.
fn both(
    device: &mut Device<'_>,
    name: &str,
    lists: (Option<Binding>, Option<Binding>),
    before: Vec<Rule>,
    span: Span,
) -> FilterId {
    let mut rules = before;
    for (binding, any, family) in [
        (lists.0, AddressTerm::Any4, "IPv4"),
        (lists.1, AddressTerm::Any6, "IPv6"),
    ] {
        let mut rule = match binding {
            Some(binding) => {
                let label = binding_label(device, binding, name);
                pseudo_rule(Action::Jump(binding.list), label, binding.span)
            }
            None => pseudo_rule(
                Action::Permit,
                format!("no {family} access list is bound here on {name}"),
                span,
            ),
        };
        rule.source = AddressMatch::One(any);
        rules.push(rule);
    }
    let way = match lists {
        (Some(binding), _) | (_, Some(binding)) if !binding.inbound => "outbound",
        _ => "inbound",
    };
    device.add_pseudo(
        format!("{way} on {name}"),
        rules,
        (
            Action::Deny,
            format!("packets of neither family do not pass {name}"),
        ),
        span,
    )
}

/// The stage of packets that enter at an interface.
fn inbound(device: &mut Device<'_>, port: &Port, paths: &[ReturnPath], stages: &mut Vec<Stage>) {
    let lists = (port.list(Family::V4, true), port.list(Family::V6, true));
    let before = cbac::at(paths, port.id, true);
    let ingress = InterfaceMatch::One(port.id);
    let Some(first) = lists.0.or(lists.1) else {
        // One stage for each: an interface without a list is a fact to cite.
        let label = format!("no access list in on {}", port.name);
        let default = (
            Action::Permit,
            format!("no access list filters what enters at {}", port.name),
        );
        let filter = device.add_pseudo(label.clone(), Vec::new(), default, port.span);
        stages.push(stage(
            label,
            ingress,
            InterfaceMatch::Any,
            filter,
            port.span,
        ));
        return;
    };
    let label = binding_label(device, first, &port.name);
    let filter = bound(device, port, lists, before, first);
    stages.push(stage(
        label,
        ingress,
        InterfaceMatch::Any,
        filter,
        first.span,
    ));
}

/// The filter of the lists that are bound one way at an interface, of which
/// `first` is one.
fn bound(
    device: &mut Device<'_>,
    port: &Port,
    lists: (Option<Binding>, Option<Binding>),
    before: Vec<Rule>,
    first: Binding,
) -> FilterId {
    if before.is_empty() && lists.1.is_none() && !device.ipv6 {
        first.list
    } else {
        both(device, &port.name, lists, before, first.span)
    }
}

/// The stage of packets that leave at an interface.
fn outbound(
    device: &mut Device<'_>,
    port: &Port,
    paths: &[ReturnPath],
    escapes: &[Rule],
    stages: &mut Vec<Stage>,
) {
    let lists = (port.list(Family::V4, false), port.list(Family::V6, false));
    let Some(first) = lists.0.or(lists.1) else {
        return;
    };
    let mut before = escapes.to_vec();
    before.extend(cbac::at(paths, port.id, false));
    let label = binding_label(device, first, &port.name);
    let filter = bound(device, port, lists, before, first);
    let egress = InterfaceMatch::One(port.id);
    stages.push(stage(
        label,
        InterfaceMatch::Any,
        egress,
        filter,
        first.span,
    ));
}

/// What may stop any packet, on the whole device or at an interface.
fn doubts(device: &mut Device<'_>, stages: &mut Vec<Stage>) {
    let mut all: Vec<(InterfaceMatch, String, Span)> = Vec::new();
    for (reason, span) in device.doubts.clone() {
        let known = device.firewall.not_modelled.get(reason.0 as usize);
        let text = known.map(|known| known.reason.clone()).unwrap_or_default();
        all.push((InterfaceMatch::Any, text, span));
    }
    let mut own = Vec::new();
    for stanza in &device.stanzas {
        let Some(id) = stanza.id else { continue };
        for (text, span) in &stanza.doubts {
            own.push((id, text.clone(), *span));
        }
        for (name, _, span) in &stanza.service_policies {
            let drops = device.zones.policies.get(name.as_str()).is_some_and(|map| {
                let dropped = |class: &zones::Class<'_>| {
                    class.treatment.map(|t| t.value) == Some(zones::Treatment::Drop)
                };
                !map.inspect && map.classes.iter().any(dropped)
            });
            if drops {
                own.push((id, format!("policy map {name} drops some classes"), *span));
            }
        }
    }
    all.extend(
        own.into_iter()
            .map(|(id, text, span)| (InterfaceMatch::One(id), text, span)),
    );
    for (ingress, text, span) in all {
        let reason = device.reason(text.clone(), span);
        let mut rule = pseudo_rule(Action::Deny, text.clone(), span);
        add_condition(&mut rule, Condition::Unknown(reason));
        let filter = device.add_pseudo(
            "statements that are not modelled".to_owned(),
            vec![rule],
            (Action::Permit, "nothing else is in doubt here".to_owned()),
            span,
        );
        if ingress.is_any() {
            stages.push(stage(text, ingress, InterfaceMatch::Any, filter, span));
        } else {
            stages.push(stage(
                text.clone(),
                ingress.clone(),
                InterfaceMatch::Any,
                filter,
                span,
            ));
            stages.push(stage(text, InterfaceMatch::Any, ingress, filter, span));
        }
    }
}

/// Packets that policy routing may send another way.
fn redirected(redirects: &Redirects, stages: &mut Vec<Stage>) {
    for (ingress, filter, span) in &redirects.inbound {
        stages.push(stage(
            "policy routing".to_owned(),
            ingress.clone(),
            InterfaceMatch::Any,
            *filter,
            *span,
        ));
    }
}

/// Interfaces of different VRFs talk only where routes are leaked; those that
/// only manage the device carry nothing.
fn virtual_routers(device: &mut Device<'_>, stages: &mut Vec<Stage>) {
    let mut groups: Vec<(Option<String>, Vec<InterfaceId>, Span)> = Vec::new();
    for stanza in &device.stanzas {
        let Some(id) = stanza.id else { continue };
        let name = stanza.vrf.as_ref().map(|vrf| vrf.value.clone());
        match groups.iter_mut().find(|(vrf, ..)| *vrf == name) {
            Some((_, ids, _)) => ids.push(id),
            None => {
                let span = stanza.vrf.as_ref().map_or(stanza.name.span, |vrf| vrf.span);
                groups.push((name, vec![id], span));
            }
        }
    }
    if groups.len() < 2 {
        return;
    }
    for (name, ids, span) in groups {
        let management = name.as_deref().is_some_and(super::routes::is_management);
        let title = name.as_deref().unwrap_or("global");
        let label = if management {
            format!("VRF {title} manages the device and carries no other packets")
        } else {
            format!("packets leave VRF {title} only where routes are leaked")
        };
        let mut rule = pseudo_rule(Action::Deny, label.clone(), span);
        rule.egress = InterfaceMatch::none_of(ids.iter().copied());
        if !management {
            let reason = device.reason(label.clone(), span);
            add_condition(&mut rule, Condition::Unknown(reason));
        }
        let filter = device.add_pseudo(
            format!("VRF {title}"),
            vec![rule],
            (
                Action::Permit,
                format!("both interfaces are in VRF {title}"),
            ),
            span,
        );
        let members = InterfaceMatch::any_of(ids);
        stages.push(stage(
            format!("VRF {title}"),
            members,
            InterfaceMatch::Any,
            filter,
            span,
        ));
    }
}

/// Packets that a route sends nowhere.
fn swallowed(device: &mut Device<'_>, stages: &mut Vec<Stage>) {
    let Some((id, span)) = discards::find(&device.firewall) else {
        return;
    };
    let label = "a route to Null0 drops these packets".to_owned();
    let filter = device.add_pseudo(
        Interface::NULL.to_owned(),
        Vec::new(),
        (Action::Deny, label.clone()),
        span,
    );
    stages.push(stage(
        label,
        InterfaceMatch::Any,
        InterfaceMatch::One(id),
        filter,
        span,
    ));
}

/// Lists that packets for the device itself meet.
fn own_lists(device: &mut Device<'_>, ports: &[Port], stages: &mut Vec<Stage>) {
    for port in ports {
        let lists = (port.list(Family::V4, true), port.list(Family::V6, true));
        let Some(first) = lists.0.or(lists.1) else {
            continue;
        };
        let label = binding_label(device, first, &port.name);
        let filter = bound(device, port, lists, Vec::new(), first);
        let mut own = stage(
            label,
            InterfaceMatch::One(port.id),
            InterfaceMatch::Any,
            filter,
            first.span,
        );
        own.passage = Passage::ToHost;
        stages.push(own);
    }
    for family in [Family::V4, Family::V6] {
        stages.extend(lines::sign_ins(device, family));
    }
}
