//! One virtual domain while it is converted.

use std::borrow::Cow;

use crate::formats::LineState;
use crate::formats::firewall::shared::capture::Clean;
use crate::formats::firewall::shared::reasons::record;
use crate::formats::firewall::shared::room::Progress;

use crate::formats::firewall::shared::tables::Map;
use crate::model::asks::Asks;
use crate::model::firewall::{
    Action, AddressMatch, AddressObject, AddressObjectId, AddressTerm, Filter, FilterDefault,
    FilterId, Firewall, Interface, InterfaceId, Nat, NotModelled, ReasonId, Rule, ServiceObject,
    ServiceObjectId,
};
use crate::source::{Span, Spanned};

use super::reader::Read;
use super::services::Service;
use super::tree::{NodeId, Tree, Value};
use super::vips::Vip;

/// An address name.
#[derive(Debug, Clone)]
pub enum Address {
    /// An object or a group.
    Object(AddressObjectId),
    /// A virtual IP, by index.
    Vip(usize),
    /// A group of virtual IPs.
    Vips(Vec<usize>),
}

/// A zone: its members.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Member interfaces.
    pub members: Vec<InterfaceId>,
    /// Whether packets between members need no policy.
    pub intrazone: Option<Span>,
}

/// The device.
pub struct Device<'a, 't> {
    /// The text that the statements come from.
    pub clean: &'a Clean<'a>,
    /// What was read.
    pub read: &'a mut Read<'t>,
    /// Where the sections of this domain stand.
    pub root: NodeId,
    /// Where the sections of the whole device stand.
    pub global: NodeId,
    /// The model under construction.
    pub firewall: Firewall,
    /// Interfaces by name.
    pub interfaces: Map<String, InterfaceId>,
    /// Zones by name.
    pub zones: Map<String, Zone>,
    /// Addresses of IPv4 by name.
    addresses: Map<String, Address>,
    /// Addresses of IPv6 by name.
    addresses6: Map<String, Address>,
    /// Virtual IPs.
    pub vips: Vec<Vip>,
    /// Services by name.
    pub services: Map<String, ServiceObjectId>,
    /// What services mean, flat; `None` for what the file does not tell.
    pub meanings: Map<ServiceObjectId, Option<Vec<Service>>>,
    /// What leaves every packet that no policy decided before it undecided.
    pub doubts: Vec<(ReasonId, Span)>,
    /// Whether translation has tables of its own.
    pub central_nat: bool,
    /// Whether the file says that some addresses lie in other countries.
    pub countries_moved: Option<bool>,
    /// Major, minor and patch version.
    pub version: Option<(u16, u16, u16)>,
}

impl<'a, 't> Device<'a, 't> {
    /// An empty device.
    pub fn new(
        clean: &'a Clean<'a>,
        read: &'a mut Read<'t>,
        root: NodeId,
        global: NodeId,
        name: Spanned<String>,
    ) -> Self {
        Self {
            clean,
            read,
            root,
            global,
            firewall: Firewall {
                name,
                platform: super::ID,
                software: None,
                transparent: None,
                stateful: true,
                interfaces: Vec::new(),
                routes: Vec::new(),
                dynamic_routing: Vec::new(),
                policy_routing: Vec::new(),
                address_objects: Vec::new(),
                service_objects: Vec::new(),
                filters: Vec::new(),
                stages: Vec::new(),
                nat: Nat::default(),
                inspections: Vec::new(),
                tunnels: Vec::new(),
                not_modelled: Vec::new(),
                references: Default::default(),
            },
            interfaces: Map::default(),
            zones: Map::default(),
            addresses: Map::default(),
            addresses6: Map::default(),
            vips: Vec::new(),
            services: Map::default(),
            meanings: Map::default(),
            doubts: Vec::new(),
            central_nat: false,
            countries_moved: None,
            version: None,
        }
    }

    /// The tree.
    pub fn tree(&self) -> &Tree<'t> {
        &self.read.tree
    }

    /// The lines of the file that hold some words, of sections that are not read, too.
    pub fn lines_with<'w>(
        &self,
        words: &'w str,
    ) -> impl Iterator<Item = &'a str> + use<'a, 'w, 't> {
        let text = self.clean.text();
        memchr::memmem::find_iter(text.as_bytes(), words.as_bytes())
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|at| {
                let start = text
                    .get(..at)?
                    .rfind('\n')
                    .map_or(0, |at| at.saturating_add(1));
                text.get(start..)?.lines().next().map(str::trim)
            })
    }

    /// The entries of a section of this domain.
    pub fn entries(&self, section: &str) -> Vec<NodeId> {
        self.tree().entries(self.root, section)
    }

    /// A section of this domain.
    pub fn section(&self, section: &str) -> Option<NodeId> {
        self.tree().find(self.root, false, section)
    }

    /// The name of an entry.
    pub fn name(&self, node: NodeId) -> String {
        self.tree().name(node).to_owned()
    }

    /// The place of a part of the text.
    pub fn span_of(&self, part: &str) -> Span {
        self.clean.span_of(part)
    }

    /// The line that opens an entry or section.
    pub fn line(&self, node: NodeId) -> Span {
        self.span_of(self.tree().raw(node))
    }

    /// An entry from its first line to its last.
    pub fn span(&self, node: NodeId) -> Span {
        let Some(held) = self.tree().node(node) else {
            return self.firewall.name.span;
        };
        let (start, end) = (self.span_of(held.raw), self.span_of(held.end));
        if end.start < start.start {
            return start;
        }
        start.to(end)
    }

    /// The keys of a node, marked as read.
    pub fn values(&mut self, node: NodeId) -> Vec<Value<'t>> {
        self.read.tree.values(node)
    }

    /// A key stands in the model.
    pub fn modelled(&mut self, node: NodeId, key: &str) {
        self.read.tree.mark(node, key, LineState::Modelled);
    }

    /// A key decides nothing.
    pub fn irrelevant(&mut self, node: NodeId, key: &str) {
        self.read.tree.mark(node, key, LineState::Irrelevant);
    }

    /// All keys of a node and of what nests in it have a state.
    pub fn cover(&mut self, node: NodeId, state: LineState) {
        self.read.tree.cover(node, state);
    }

    /// Records a reason why something is not modelled.
    pub fn reason(&mut self, reason: impl Into<String>, span: Span) -> ReasonId {
        let reason = NotModelled {
            reason: reason.into(),
            span,
            asks: Default::default(),
        };
        record(&mut self.firewall.not_modelled, reason)
    }

    /// Tells what a reason asks: what some keys say.
    pub fn ask<'v>(&mut self, reason: ReasonId, values: impl Iterator<Item = &'v Value<'t>>)
    where
        't: 'v,
    {
        let mut lines: Vec<String> = values
            .map(|value| {
                let mut words: Vec<String> = value
                    .words
                    .iter()
                    .map(|word| format!("\"{}\"", word.text))
                    .collect();
                words.sort_unstable();
                format!("{} {}", value.key, words.join(" "))
            })
            .collect();
        lines.sort_unstable();
        self.ask_text(reason, &lines.join("\n"));
    }

    /// Tells what a reason asks: what a text says.
    pub fn ask_text(&mut self, reason: ReasonId, text: &str) {
        if let Some(known) = self.firewall.not_modelled.get_mut(reason.0 as usize) {
            known.asks = Asks::of(text);
        }
    }

    /// What a section says with all that nests in it.
    pub fn says(&mut self, node: NodeId) -> String {
        let mut out = String::new();
        let mut open = vec![node];
        while let Some(at) = open.pop() {
            out.push_str(&format!("\"{}\"\n", self.name(at)));
            for value in self.values(at) {
                out.push_str(value.key);
                for word in value.words.iter() {
                    out.push_str(&format!(" \"{}\"", word.text));
                }
                out.push('\n');
            }
            open.extend(self.tree().children(at));
        }
        out
    }

    /// Marks a key as not modelled and gives the reason.
    pub fn not_modelled(
        &mut self,
        node: NodeId,
        value: &Value<'t>,
        reason: impl Into<String>,
    ) -> ReasonId {
        let reason = reason.into();
        self.read.tree.mark(node, value.key, LineState::NotModelled);
        self.read
            .notes
            .push((LineState::NotModelled, reason.clone().into(), value.raw));
        let span = self.span_of(value.raw);
        self.reason(reason, span)
    }

    /// Notes what a key does without a reason for any verdict.
    pub fn noted(&mut self, node: NodeId, value: &Value<'t>, why: &'static str) {
        self.read.tree.mark(node, value.key, LineState::NotModelled);
        self.read
            .notes
            .push((LineState::NotModelled, why.into(), value.raw));
    }

    /// Notes that a key inspects content.
    pub fn noted_key(&mut self, node: NodeId, key: &str, raw: &'t str) {
        let why = "content inspection may end a connection for what it carries; ports and addresses decide here";
        self.read.tree.mark(node, key, LineState::NotModelled);
        self.read
            .notes
            .push((LineState::NotModelled, why.into(), raw));
    }

    /// Marks a key as not modelled, with a remark.
    pub fn explain(&mut self, node: NodeId, key: &str, raw: &'t str, why: &str) {
        self.read.tree.mark(node, key, LineState::NotModelled);
        self.read
            .notes
            .push((LineState::NotModelled, why.to_owned().into(), raw));
    }

    /// Whether the file defines interfaces or zones of the very names of a value.
    pub fn defines_interfaces(&self, value: &Value<'_>) -> bool {
        value.words.iter().all(|word| {
            let sections = [
                (self.global, "system interface"),
                (self.root, "system interface"),
                (self.root, "system zone"),
                (self.root, "vpn ipsec phase1-interface"),
            ];
            sections.into_iter().any(|(root, section)| {
                let section = self.tree().find(root, false, section);
                section.is_some_and(|section| self.tree().find(section, true, &word.text).is_some())
            })
        })
    }

    /// Why an entry is not understood as a whole.
    pub fn spoiled(&mut self, node: NodeId) -> Option<ReasonId> {
        let (why, at) = *self.read.spoiled.get(&node)?;
        let span = self.span_of(at);
        Some(self.reason(why, span))
    }

    /// Leaves every packet that crosses the domain undecided.
    pub fn doubt(&mut self, reason: impl Into<String>, span: Span) {
        let reason = self.reason(reason, span);
        if self.doubts.len() < 64 {
            self.doubts.push((reason, span));
        }
    }

    /// Records that a name is defined or used.
    pub fn refer(&mut self, kind: &'static str, name: &str, definition: bool, span: Span) {
        Progress::behind(span, self.clean.text().len())
            .make_room_among(&mut self.firewall.references);
        self.firewall.references.push(kind, name, definition, span);
    }

    /// The name that an entry has in the end, for a use at some place.
    pub fn current<'n>(&self, sections: &[&str], name: &'n str, order: u32) -> Cow<'n, str> {
        let mut name = Cow::Borrowed(name);
        let mut order = order;
        for rename in &self.read.tree.renames {
            if rename.order > order
                && rename.from == name
                && sections.contains(&self.tree().name(rename.section))
            {
                name = Cow::Owned(rename.to.clone());
                order = rename.order;
            }
        }
        name
    }

    /// What an address name of a family stands for.
    pub fn address(&self, v6: bool, name: &str) -> Option<&Address> {
        let names = if v6 {
            &self.addresses6
        } else {
            &self.addresses
        };
        names.get(name)
    }

    /// Gives an address a name in a family.
    pub fn name_address(&mut self, v6: bool, name: String, address: Address) {
        let names = if v6 {
            &mut self.addresses6
        } else {
            &mut self.addresses
        };
        names.insert(name, address);
    }

    /// Adds an interface.
    pub fn add_interface(&mut self, name: &str, span: Span) -> InterfaceId {
        let id = InterfaceId(index(self.firewall.interfaces.len()));
        let interface = Interface::new(name.to_owned(), span);
        self.firewall.interfaces.push(interface);
        self.interfaces.insert(name.to_owned(), id);
        id
    }

    /// An interface by name, made when the file does not define it.
    pub fn interface(&mut self, name: &str, span: Span) -> InterfaceId {
        match self.interfaces.get(name) {
            Some(id) => *id,
            None => self.add_interface(name, span),
        }
    }

    /// Adds an address object.
    pub fn add_address(
        &mut self,
        name: &str,
        members: Vec<Spanned<AddressTerm>>,
        excluded: Vec<Spanned<AddressTerm>>,
        span: Span,
    ) -> AddressObjectId {
        let id = AddressObjectId(index(self.firewall.address_objects.len()));
        Progress::behind(span, self.clean.text().len())
            .make_room(&mut self.firewall.address_objects);
        self.firewall.address_objects.push(AddressObject {
            name: name.to_owned(),
            members,
            excluded,
            span,
        });
        id
    }

    /// Adds a service object.
    pub fn add_service(&mut self, name: &str, span: Span) -> ServiceObjectId {
        let id = ServiceObjectId(index(self.firewall.service_objects.len()));
        self.firewall.service_objects.push(ServiceObject {
            name: name.to_owned(),
            services: Vec::new(),
            ports: Vec::new(),
            span,
        });
        id
    }

    /// Adds a filter.
    pub fn add_filter(
        &mut self,
        name: &str,
        rules: Vec<Rule>,
        default: (Action, &str),
        span: Span,
    ) -> FilterId {
        let id = FilterId(index(self.firewall.filters.len()));
        self.firewall.filters.push(Filter {
            name: name.to_owned(),
            rules,
            default: FilterDefault {
                action: default.0,
                label: default.1.to_owned(),
                span,
            },
            span,
            filters_traffic: true,
        });
        id
    }
}

/// Several terms as a position of a rule holds them.
pub fn any_of(mut terms: Vec<AddressTerm>) -> AddressMatch {
    if terms.len() == 1
        && let Some(term) = terms.pop()
    {
        return AddressMatch::One(term);
    }
    AddressMatch::AnyOf(terms.into())
}

/// An index as the model's ids store it.
pub fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// Whether a file says anything in a section that is not read.
pub fn has_statements(text: &str, section: &str) -> bool {
    let head = format!("config {section}");
    let mut places = memchr::memmem::find_iter(text.as_bytes(), head.as_bytes());
    places.any(|at| {
        let mut lines = text.get(at..).unwrap_or_default().lines();
        let whole = lines.next().is_some_and(|line| line.trim() == head);
        let next = lines.map(str::trim).find(|line| !line.is_empty());
        whole && next != Some("end")
    })
}
