//! Stateless firewall filters: where they are bound, and what order they run in.
//!
//! Source: Juniper, "Routing Policies, Firewall Filters, and Traffic Policers
//! User Guide": "Guidelines for Applying Standard Firewall Filters" (input,
//! output and lists of filters, which run as one), "How Standard Firewall
//! Filters Evaluate Packets" (first matching term; an implicit discard at the
//! end), "Understanding Multiple Firewall Filters in a Nested Configuration". A
//! filter on lo0 is for packets of the device itself. On an SRX it is asked for
//! every packet, before a session is looked up on the way in and after it on
//! the way out ("Flow-Based Sessions").

use crate::formats::firewall::shared::rules::{pseudo_rule, undecided};
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, AddressView, FilterId, InterfaceId, InterfaceMatch, Passage,
    Rule, Stage,
};
use crate::source::Span;

use super::device::Device;
use super::{interfaces, terms};

/// Address family of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// `family inet`, and filters without a family.
    Inet,
    /// `family inet6`.
    Inet6,
    /// `family any`.
    Any,
}

impl Family {
    /// The addresses of the family; `None` for both.
    pub fn any(self) -> Option<AddressTerm> {
        match self {
            Self::Inet => Some(AddressTerm::Any4),
            Self::Inet6 => Some(AddressTerm::Any6),
            Self::Any => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Inet => "inet",
            Self::Inet6 => "inet6",
            Self::Any => "any",
        }
    }
}

/// What a filter is bound to, in the order in which packets come in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Interface(InterfaceId),
    /// The forwarding table of a routing instance, or of the device.
    Table(Option<String>),
}

/// Filters bound to one interface in one direction for one family.
#[derive(Debug, Clone)]
pub struct Binding {
    place: Place,
    outward: bool,
    family: Family,
    names: Vec<NodeId>,
    span: Span,
}

/// Where filters are bound.
#[derive(Debug, Default)]
pub struct Bindings {
    all: Vec<Binding>,
    /// Units with a filter for frames.
    frames: Vec<Span>,
    /// VLANs with a filter for frames, by the interface that routes for them:
    /// whether it is for what leaves, and the statement.
    vlans: Vec<(InterfaceId, bool, Span)>,
}

/// Whether a filter is bound to an interface.
pub fn any_bound(device: &Device<'_, '_>) -> bool {
    !device.bindings.all.is_empty()
}

/// Notes the filters of a unit.
pub fn bound(device: &mut Device<'_, '_>, id: InterfaceId, unit: NodeId) {
    for (family, path) in [
        (Family::Any, &["filter"][..]),
        (Family::Inet, &["family", "inet", "filter"]),
        (Family::Inet6, &["family", "inet6", "filter"]),
        (Family::Any, &["family", "any", "filter"]),
    ] {
        if let Some(node) = device.tree.at(unit, path) {
            note(device, &Place::Interface(id), family, node);
        }
    }
    for family in ["ethernet-switching", "bridge"] {
        let Some(node) = device.tree.at(unit, &["family", family, "filter"]) else {
            continue;
        };
        let why = "a filter for frames may drop packets that pass this port";
        device.not_modelled(node, why);
        let span = device.statement(node);
        device.bindings.frames.push(span);
    }
}

fn note(device: &mut Device<'_, '_>, place: &Place, family: Family, node: NodeId) {
    device.modelled(node);
    for direction in device.children(node) {
        let word = device.word(direction);
        let outward = word.starts_with("output");
        let names = device.children(direction);
        match word {
            "input" | "output" | "input-list" | "output-list" => {}
            "group" => {
                device.irrelevant(direction);
                continue;
            }
            _ => {
                let why = format!("`{word}` of a filter binding is not known to exlint");
                device.not_modelled(direction, why.clone());
                let span = device.statement(direction);
                device.doubt(why, span);
                continue;
            }
        }
        // `input { filter-name F; precedence 5; }` beside `input F`.
        let mut filters = Vec::new();
        for name in names {
            device.modelled_all(name);
            match device.word(name) {
                "filter-name" => filters.extend(device.children(name)),
                "precedence" | "shared-name" => {}
                _ => filters.push(name),
            }
        }
        let span = filters.first().map_or_else(
            || device.statement(direction),
            |name| device.statement(*name),
        );
        for name in &filters {
            let (word, at) = (device.word(*name), device.span(*name));
            device.refer("firewall filter", word, false, at);
        }
        if !filters.is_empty() {
            device.bindings.all.push(Binding {
                place: place.clone(),
                outward,
                family,
                names: filters,
                span,
            });
        }
    }
}

/// The definition of a filter.
pub fn definition(device: &Device<'_, '_>, family: Family, name: &str) -> Option<NodeId> {
    let families: &[&[&str]] = match family {
        Family::Inet => &[
            &["firewall", "family", "inet", "filter"],
            &["firewall", "filter"],
        ],
        Family::Inet6 => &[&["firewall", "family", "inet6", "filter"]],
        Family::Any => &[&["firewall", "family", "any", "filter"]],
    };
    families.iter().find_map(|path| {
        let top = device.at(path)?;
        device.tree.get(top, name)
    })
}

/// The filter of a name, compiled once for each use: as a whole, or as a part
/// of a list or of another filter, where its end decides nothing.
pub fn filter(
    device: &mut Device<'_, '_>,
    family: Family,
    name: &str,
    part: bool,
) -> Option<FilterId> {
    let key = (family, part, name.to_owned());
    if let Some(id) = device.filters.get(&key) {
        return Some(*id);
    }
    let node = definition(device, family, name)?;
    let span = device.statement(node);
    let default = if part {
        (Action::Return, format!("no term of filter {name} matches"))
    } else {
        (
            Action::Deny,
            format!("implicit discard at the end of filter {name}"),
        )
    };
    let end = last_term(device, node).unwrap_or(span);
    let id = device.add_filter(
        name.to_owned(),
        Vec::new(),
        (default.0, default.1, end),
        span,
    );
    device.filters.insert(key, id);
    let rules = terms::rules(device, family, node);
    if let Some(filter) = device.firewall.filters.get_mut(id.0 as usize) {
        filter.rules = rules;
    }
    Some(id)
}

fn last_term(device: &Device<'_, '_>, filter: NodeId) -> Option<Span> {
    let terms = device.tree.get(filter, "term")?;
    let last = device.tree.children(terms).last()?;
    Some(device.statement(last))
}

/// Reads all definitions, and the filters of the forwarding table.
pub fn read(device: &mut Device<'_, '_>) {
    tables(device);
    vlans(device);
    for (family, path) in [
        (Family::Inet, &["firewall", "filter"][..]),
        (Family::Inet, &["firewall", "family", "inet", "filter"]),
        (Family::Inet6, &["firewall", "family", "inet6", "filter"]),
        (Family::Any, &["firewall", "family", "any", "filter"]),
    ] {
        let Some(top) = device.at(path) else {
            continue;
        };
        for node in device.children(top) {
            let (name, span) = (device.word(node), device.span(node));
            device.refer("firewall filter", name, true, span);
            device.modelled(node);
            filter(device, family, name, false);
        }
    }
    for word in ["ethernet-switching", "bridge"] {
        if let Some(node) = device.at(&["firewall", "family", word]) {
            device.irrelevant(node);
        }
    }
    for node in device
        .at(&["policy-options", "prefix-list"])
        .map(|top| device.children(top))
        .unwrap_or_default()
    {
        let (name, span) = (device.word(node), device.span(node));
        device.refer("prefix-list", name, true, span);
        device.modelled_all(node);
    }
    for span in std::mem::take(&mut device.bindings.frames) {
        device.doubt(
            "a filter for frames may drop packets that pass a port",
            span,
        );
    }
}

/// Reads the filters of forwarding tables.
fn tables(device: &mut Device<'_, '_>) {
    let mut owners = vec![(Place::Table(None), device.root)];
    if let Some(top) = device.at(&["routing-instances"]) {
        for instance in device.children(top) {
            let name = device.word(instance).to_owned();
            owners.push((Place::Table(Some(name)), instance));
        }
    }
    for (place, owner) in owners {
        for (family, word) in [(Family::Inet, "inet"), (Family::Inet6, "inet6")] {
            let path = ["forwarding-options", "family", word, "filter"];
            if let Some(node) = device.tree.at(owner, &path) {
                note(device, &place, family, node);
            }
        }
    }
}

/// Notes the filters of VLANs: packets that a device routes into a VLAN or out
/// of it pass them as frames.
///
/// Source: Juniper, Ethernet Switching User Guide, "Configuring Firewall Filters
/// (EX Series)": a VLAN filter is for all frames that enter or leave the VLAN.
fn vlans(device: &mut Device<'_, '_>) {
    for kind in ["vlans", "bridge-domains"] {
        let Some(top) = device.at(&[kind]) else {
            continue;
        };
        for vlan in device.children(top) {
            let mut routed = Vec::new();
            for key in ["l3-interface", "routing-interface"] {
                let names = device.below(vlan, &[key]);
                routed.extend(names.into_iter().filter_map(|name| {
                    let name = interfaces::unit_name(device.word(name));
                    device.interfaces.get(&name).copied()
                }));
            }
            for path in [&["filter"][..], &["forwarding-options", "filter"]] {
                let Some(node) = device.tree.at(vlan, path) else {
                    continue;
                };
                for direction in device.children(node) {
                    let outward = device.word(direction).starts_with("output");
                    device.not_modelled(direction, FRAMES);
                    let span = device.statement(direction);
                    let all = routed.iter().map(|id| (*id, outward, span));
                    device.bindings.vlans.extend(all);
                }
            }
        }
    }
}

const FRAMES: &str = "a filter for frames may drop packets of this VLAN";

/// Adds the stages of VLANs with filters.
fn vlan_stages(device: &mut Device<'_, '_>, outward: bool) {
    for (id, leaving, span) in device.bindings.vlans.clone() {
        if leaving != outward {
            continue;
        }
        let reason = device.reason(FRAMES, span);
        let rules = undecided(&pseudo_rule(Action::Permit, FRAMES, span), reason);
        let default = (Action::Permit, FRAMES.to_owned(), span);
        let filter =
            device.add_filter("filter of a VLAN".to_owned(), rules.to_vec(), default, span);
        let here = InterfaceMatch::One(id);
        let (ingress, egress) = if outward {
            (InterfaceMatch::Any, here)
        } else {
            (here, InterfaceMatch::Any)
        };
        device.firewall.stages.push(Stage {
            label: "filter of a VLAN".to_owned(),
            passage: Passage::Transit,
            ingress,
            egress,
            filter,
            view: AddressView::Mapped,
            span,
        });
    }
}

/// Makes a stage for every interface and direction with filters.
pub fn stages(device: &mut Device<'_, '_>, outward: bool) {
    let all: Vec<Binding> = device
        .bindings
        .all
        .iter()
        .filter(|binding| binding.outward == outward)
        .cloned()
        .collect();
    let mut places: Vec<Place> = all.iter().map(|binding| binding.place.clone()).collect();
    places.sort_unstable();
    places.dedup();
    if outward {
        // The forwarding table is asked before the interface.
        places.sort_by_key(|place| matches!(place, Place::Interface(_)));
    } else {
        vlan_stages(device, false);
    }
    let instances = interfaces::instances(device);
    for place in places {
        let here: Vec<&Binding> = all
            .iter()
            .filter(|binding| binding.place == place)
            .collect();
        stage(device, &place, outward, &here, &instances);
    }
    if outward {
        vlan_stages(device, true);
    }
}

fn stage(
    device: &mut Device<'_, '_>,
    place: &Place,
    outward: bool,
    bindings: &[&Binding],
    instances: &[(String, Vec<InterfaceId>, NodeId)],
) {
    let name = match place {
        Place::Interface(id) => {
            let interface = device.firewall.interfaces.get(id.0 as usize);
            interface.map_or_else(String::new, |interface| interface.name.value.clone())
        }
        Place::Table(None) => "the forwarding table".to_owned(),
        Place::Table(Some(instance)) => format!("the forwarding table of {instance}"),
    };
    let way = if outward { "output" } else { "input" };
    let Some(first) = bindings.first() else {
        return;
    };
    let span = first.span;
    let mut rules = Vec::new();
    let mut names = Vec::new();
    for binding in bindings {
        names.extend(binding.names.iter().map(|name| device.word(*name)));
        rules.extend(run(device, binding));
    }
    let label = format!("filter {} {way} on {name}", names.join(", "));
    let default = (
        Action::Permit,
        format!("no {way} filter on {name} for this family"),
        span,
    );
    let filter = device.add_filter(format!("{way} on {name}"), rules, default, span);
    let own = name.starts_with("lo0.");
    let (ingress, egress) = match place {
        Place::Interface(_) if own => (InterfaceMatch::Any, InterfaceMatch::Any),
        Place::Interface(id) if outward => (InterfaceMatch::Any, InterfaceMatch::One(*id)),
        Place::Interface(id) => (InterfaceMatch::One(*id), InterfaceMatch::Any),
        // Packets are looked up in the table of the interface that they come in by.
        Place::Table(None) => {
            let others = instances.iter().flat_map(|(_, members, _)| members);
            let here = InterfaceMatch::none_of(others.copied());
            (here, InterfaceMatch::Any)
        }
        Place::Table(Some(instance)) => {
            let known = instances.iter().find(|(name, ..)| name == instance);
            let members = known.map(|(_, members, _)| members.as_slice());
            let here = InterfaceMatch::any_of(members.unwrap_or_default().iter().copied());
            (here, InterfaceMatch::Any)
        }
    };
    device.firewall.stages.push(Stage {
        label,
        passage: match (own, outward) {
            (false, _) => Passage::Transit,
            (true, false) => Passage::ToHost,
            (true, true) => Passage::FromHost,
        },
        ingress,
        egress,
        filter,
        view: AddressView::Mapped,
        span,
    });
}

/// The rules that run the filters of a binding.
fn run(device: &mut Device<'_, '_>, binding: &Binding) -> Vec<Rule> {
    let family = |mut rule: Rule| {
        if let Some(term) = binding.family.any() {
            rule.source = AddressMatch::One(term);
        }
        rule
    };
    let list = binding.names.len() > 1;
    let mut rules = Vec::new();
    for node in &binding.names {
        let name = device.word(*node);
        let at = device.statement(*node);
        match filter(device, binding.family, name, list) {
            Some(id) => rules.push(family(pseudo_rule(
                Action::Jump(id),
                format!("filter {name} is bound here"),
                at,
            ))),
            None => {
                let text = format!(
                    "filter {name} (family {}) is not defined in this file",
                    binding.family.word()
                );
                let reason = device.reason(text.clone(), at);
                rules.extend(undecided(
                    &family(pseudo_rule(Action::Permit, text, at)),
                    reason,
                ));
            }
        }
    }
    if list {
        rules.push(family(pseudo_rule(
            Action::Deny,
            "implicit discard at the end of the list of filters",
            binding.span,
        )));
    }
    rules
}
