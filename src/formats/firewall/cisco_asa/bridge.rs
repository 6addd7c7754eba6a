//! Bridge groups of a device that routes: their members share the network of
//! the virtual interface, and routed packets enter and leave by that one.
//!
//! Sources: Cisco ASA General Operations CLI Configuration Guide, "About Bridge
//! Groups" (routed mode, 9.7 and later: a device routes between named virtual
//! interfaces and others); Cisco ASA Firewall CLI Configuration Guide,
//! "Controlling Network Access": inbound, the rules of the member come before
//! those of the virtual interface, outbound after them. Which security level
//! counts where the two differ, no guide says.

use crate::formats::firewall::shared::rules::pseudo_rule;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, Condition, InterfaceId, InterfaceMatch,
    NatKind, NatRule, Passage, ReasonId, Stage,
};
use crate::source::Span;

use super::access_list::add_condition;
use super::bindings::{bound, interface_ids};
use super::device::{Binding, Device, Doubt, Place};
use super::stages::{jump, pseudo_filter};

/// A named virtual interface and its members.
pub struct Group {
    virtual_interface: InterfaceId,
    members: Vec<InterfaceId>,
}

/// Finds the bridge groups of a device that routes. Their members have no
/// network of their own.
pub fn find(device: &mut Device<'_>) -> Vec<Group> {
    if device.firewall.transparent.is_some() {
        return Vec::new();
    }
    let mut groups = Vec::new();
    for id in interface_ids(device) {
        let interface = device.firewall.interfaces.get(id.0 as usize);
        let hardware = interface.and_then(|interface| interface.hardware.as_ref());
        let number = hardware.and_then(|hardware| super::interfaces::bridge(&hardware.value));
        let Some(number) = number else { continue };
        let mut members = Vec::new();
        for (at, info) in device.interface_info.iter_mut().enumerate() {
            if info.bridge_group == Some(number) {
                info.bridge_group = None;
                members.push(InterfaceId(super::device::index(at)));
            }
        }
        if !members.is_empty() {
            groups.push(Group {
                virtual_interface: id,
                members,
            });
        }
    }
    groups
}

/// Notes what is not known of packets that enter by a virtual interface.
pub fn doubts(device: &mut Device<'_>, groups: &[Group]) {
    for group in groups {
        let id = group.virtual_interface;
        let global = bound(device, Place::Global);
        let unlisted = !filters(bound(device, Place::In(id))) && !filters(global);
        let members = group.members.iter();
        let listed = members
            .clone()
            .any(|member| filters(bound(device, Place::In(*member))));
        let open = differs(device, group) || (unlisted && listed);
        if !open {
            continue;
        }
        let (reason, span) = unknown(device, id);
        // What the list of the virtual interface denies, does not pass.
        let actions: &[Action] = if unlisted {
            &[Action::Permit, Action::Deny]
        } else {
            &[Action::Deny]
        };
        for action in actions.iter().copied() {
            device.doubt(Doubt {
                action,
                ingress: Some(id),
                list: None,
                reason,
                span,
            });
        }
    }
}

/// Adds what the members' own lists say about packets that enter and leave by
/// the virtual interface.
pub fn stages(
    device: &mut Device<'_>,
    groups: &[Group],
    view: AddressView,
    stages: &mut Vec<Stage>,
) {
    for group in groups {
        let id = group.virtual_interface;
        for inbound in [true, false] {
            let lists: Vec<_> = group
                .members
                .iter()
                .map(|member| {
                    let place = if inbound { Place::In } else { Place::Out };
                    bound(device, place(*member))
                })
                .collect();
            let undecided = !inbound && differs(device, group);
            if let Some(stage) = stage(device, id, (inbound, undecided), &lists, view) {
                stages.push(stage);
            }
        }
    }
}

fn stage(
    device: &mut Device<'_>,
    id: InterfaceId,
    (inbound, undecided): (bool, bool),
    lists: &[(Option<Binding>, Option<Binding>)],
    view: AddressView,
) -> Option<Stage> {
    if !undecided && !lists.iter().any(|lists| filters(*lists)) {
        return None;
    }
    let (reason, mut span) = unknown(device, id);
    let mut rules = Vec::new();
    let mut add = |mut rule: crate::model::firewall::Rule, doubtful: bool| {
        if doubtful {
            add_condition(&mut rule, Condition::Unknown(reason));
        }
        rules.push(rule);
    };
    if undecided {
        for action in [Action::Permit, Action::Deny] {
            add(pseudo_rule(action, LEVELS.to_owned(), span), true);
        }
    }
    for (at, any) in [AddressTerm::Any4, AddressTerm::Any6]
        .into_iter()
        .enumerate()
    {
        let mut kinds: Vec<Option<Binding>> = Vec::new();
        for (four, six) in lists {
            let list = if at == 0 { *four } else { six.or(*four) };
            let key = list.map(|list| list.filter);
            if !kinds
                .iter()
                .any(|known| known.map(|list| list.filter) == key)
            {
                kinds.push(list);
            }
        }
        let last = kinds.len().saturating_sub(1);
        for (place, list) in kinds.into_iter().enumerate() {
            let mut rule = match list {
                Some(list) => {
                    span = list.span;
                    jump(device, list)
                }
                None => pseudo_rule(
                    Action::Permit,
                    "no access list on the member of the bridge group".to_owned(),
                    span,
                ),
            };
            rule.source = AddressMatch::One(any.clone());
            add(rule, place < last);
        }
    }
    let label = "access lists of the members of the bridge group".to_owned();
    let default = "the rules of the virtual interface decide".to_owned();
    let filter = pseudo_filter(device, label.clone(), rules, Action::Permit, default, span);
    let here = InterfaceMatch::One(id);
    let (ingress, egress) = if inbound {
        (here, InterfaceMatch::Any)
    } else {
        (InterfaceMatch::Any, here)
    };
    Some(Stage {
        passage: Passage::Transit,
        label,
        ingress,
        egress,
        filter,
        view,
        span,
    })
}

/// Puts the translations of members at the virtual interface. A dynamic one is
/// certain where all members have it.
pub fn translations(device: &mut Device<'_>, groups: &[Group], rules: &mut [NatRule]) {
    for group in groups {
        let id = group.virtual_interface;
        let member = |at: Option<InterfaceId>| at.is_some_and(|at| group.members.contains(&at));
        let doubtful: Vec<bool> = rules
            .iter()
            .map(|rule| {
                let same = |known: &NatRule| {
                    known.kind == rule.kind
                        && known.mapped_source == rule.mapped_source
                        && known.real_destination == rule.real_destination
                        && addresses(device, &known.real_source)
                            == addresses(device, &rule.real_source)
                };
                let from = |at: &InterfaceId| {
                    rules.iter().any(|known| {
                        known.real_interface == Some(*at)
                            && known.mapped_interface == rule.mapped_interface
                            && same(known)
                    })
                };
                let to = |at: &InterfaceId| {
                    rules.iter().any(|known| {
                        known.mapped_interface == Some(*at)
                            && known.real_interface == rule.real_interface
                            && same(known)
                    })
                };
                // A static one names the member that its host is on.
                (rule.kind != NatKind::Static
                    && member(rule.real_interface)
                    && !group.members.iter().all(from))
                    || (member(rule.mapped_interface) && !group.members.iter().all(to))
            })
            .collect();
        let mut reason: Option<ReasonId> = None;
        for (rule, doubtful) in rules.iter_mut().zip(doubtful) {
            for at in [&mut rule.real_interface, &mut rule.mapped_interface] {
                if member(*at) {
                    *at = Some(id);
                }
            }
            if doubtful {
                let reason = *reason.get_or_insert_with(|| {
                    device.reason(
                        "the translation is for one member of a bridge group, and which hosts are there is not known",
                        rule.span,
                    )
                });
                let mut conditions = std::mem::take(&mut rule.conditions).into_vec();
                conditions.push(Condition::Unknown(reason));
                rule.conditions = conditions.into();
            }
        }
    }
}

/// What a real source holds, where it is an object.
fn addresses(device: &Device<'_>, matched: &AddressMatch) -> Vec<AddressTerm> {
    let AddressMatch::One(AddressTerm::Object(id)) = matched else {
        return match matched {
            AddressMatch::One(term) => vec![term.clone()],
            _ => Vec::new(),
        };
    };
    let object = device.firewall.address_objects.get(id.0 as usize);
    let members = object.into_iter().flat_map(|object| &object.members);
    members.map(|member| member.value.clone()).collect()
}

const LEVELS: &str =
    "the virtual interface and the members of a bridge group differ in lists or security levels";

fn unknown(device: &mut Device<'_>, id: InterfaceId) -> (ReasonId, Span) {
    let interface = device.firewall.interfaces.get(id.0 as usize);
    let span = interface.map_or(device.start, |interface| interface.span);
    (device.reason(LEVELS, span), span)
}

fn filters((four, six): (Option<Binding>, Option<Binding>)) -> bool {
    four.is_some() || six.is_some()
}

/// Whether a member has another security level than the virtual interface.
fn differs(device: &Device<'_>, group: &Group) -> bool {
    let level = |id: InterfaceId| {
        let interface = device.firewall.interfaces.get(id.0 as usize)?;
        interface.security_level.map(|level| level.value)
    };
    let own = level(group.virtual_interface);
    group.members.iter().any(|member| level(*member) != own)
}
