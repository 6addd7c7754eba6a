//! One device while it is converted: its statements, the model under
//! construction, and the names that lead into it.

use std::net::{IpAddr, Ipv4Addr};

use crate::formats::firewall::shared::addresses::ip;
use crate::formats::firewall::shared::reasons::record;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::rules::{pseudo_rule, undecided};
use crate::formats::firewall::shared::tables::Map;
use crate::formats::firewall::shared::word_tree::{NodeId, WordTree};
use crate::formats::firewall::shared::words::{split_at_byte, trimmed_of};
use crate::formats::{LineState, Problem};
use crate::model::asks::Asks;
use crate::model::firewall::{
    Action, AddressMatch, AddressObject, AddressObjectId, AddressTerm, Filter, FilterDefault,
    FilterId, Firewall, Interface, InterfaceId, InterfaceMatch, Nat, NotModelled, ReasonId, Rule,
    ServiceObject, ServiceObjectId,
};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::filters::{Bindings, Family};
use super::text::Text;

/// A security zone.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    /// Member interfaces.
    pub members: Vec<InterfaceId>,
    /// Whether the zone is defined and not only used.
    pub defined: bool,
}

/// Interfaces that several zones take with `all`.
#[derive(Debug, Clone)]
pub struct Contested {
    /// The interfaces.
    pub interfaces: Vec<InterfaceId>,
    /// Why their zone is not known.
    pub reason: ReasonId,
    /// The statement of the second zone.
    pub span: Span,
}

impl Contested {
    /// Rules that leave what comes in or goes out by these interfaces undecided.
    pub fn open(&self, outward: bool) -> [Rule; 2] {
        let text = "several zones take the interface";
        let mut rule = pseudo_rule(Action::Permit, text, self.span);
        let members = InterfaceMatch::any_of(self.interfaces.iter().copied());
        if outward {
            rule.egress = members;
        } else {
            rule.ingress = members;
        }
        undecided(&rule, self.reason)
    }
}

/// Something that leaves what a device does open.
#[derive(Debug, Clone, Copy)]
pub struct Doubt {
    /// Why.
    pub reason: ReasonId,
    /// The statement.
    pub span: Span,
}

/// Words that start a statement of some block.
#[derive(Debug)]
pub struct Keys {
    /// Those that take a value.
    pub valued: &'static [&'static str],
    /// Those that take none.
    pub flags: &'static [&'static str],
}

impl Keys {
    fn has(&self, word: &str) -> bool {
        self.valued.contains(&word) || self.flags.contains(&word)
    }
}

/// The device.
pub struct Device<'a, 't> {
    /// The text that the statements come from.
    pub text: &'a Text<'t>,
    /// The statements.
    pub tree: &'a mut WordTree<'t>,
    /// Where the device's statements hang.
    pub root: NodeId,
    /// The model under construction.
    pub firewall: Firewall,
    /// Units by name (`ge-0/0/0.0`).
    pub interfaces: Map<String, InterfaceId>,
    /// Zones by name.
    pub zones: Map<&'t str, Zone>,
    /// Zone names in the order of their first mention.
    pub zone_order: Vec<&'t str>,
    /// Address book entries: book, name. The book is empty for the global one.
    pub addresses: Map<(String, &'t str), AddressObjectId>,
    /// Address books of a zone.
    pub books: Map<&'t str, Vec<String>>,
    /// Applications and application sets.
    pub applications: Map<&'t str, ServiceObjectId>,
    /// Where stateless filters are bound.
    pub bindings: Bindings,
    /// Stateless filters compiled so far: family, whether as a part, name.
    pub filters: Map<(Family, bool, String), FilterId>,
    /// What leaves every packet that crosses the device undecided.
    pub doubts: Vec<Doubt>,
    /// Interfaces whose zone is not known.
    pub contested: Option<Contested>,
    /// The statement that the end of the file may have cut.
    pub cut: Option<NodeId>,
    /// What the user should know.
    pub problems: Vec<Problem>,
}

impl<'a, 't> Device<'a, 't> {
    /// An empty device.
    pub fn new(text: &'a Text<'t>, tree: &'a mut WordTree<'t>, root: NodeId, start: Span) -> Self {
        let stem = text.file().name().rsplit('/').next().unwrap_or_default();
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        Self {
            text,
            tree,
            root,
            firewall: Firewall {
                name: Spanned::new(stem.to_owned(), start),
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
            zone_order: Vec::new(),
            addresses: Map::default(),
            books: Map::default(),
            applications: Map::default(),
            bindings: Bindings::default(),
            filters: Map::default(),
            doubts: Vec::new(),
            contested: None,
            cut: None,
            problems: Vec::new(),
        }
    }

    /// The statement at a path from the top of the device.
    pub fn at(&self, path: &[&str]) -> Option<NodeId> {
        self.tree.at(self.root, path)
    }

    /// The children of a node that count.
    pub fn children(&self, node: NodeId) -> Vec<NodeId> {
        self.tree.list(node)
    }

    /// The children of the node at a path.
    pub fn below(&self, node: NodeId, path: &[&str]) -> Vec<NodeId> {
        self.tree
            .at(node, path)
            .map(|node| self.children(node))
            .unwrap_or_default()
    }

    /// The statements of a block. Several may stand behind each other on one
    /// `set` line: a word that is a key behind a value, or behind a key that
    /// takes none, starts the next one.
    pub fn chained(&self, node: NodeId, keys: &Keys) -> Vec<NodeId> {
        let mut found = Vec::new();
        let mut work = self.children(node);
        work.reverse();
        while let Some(key) = work.pop() {
            found.push(key);
            let flag = keys.flags.contains(&self.word(key));
            for value in self.tree.children(key) {
                if flag {
                    work.extend(keys.has(self.word(value)).then_some(value));
                } else {
                    let inner = self.tree.children(value);
                    work.extend(inner.filter(|inner| keys.has(self.word(*inner))));
                }
            }
        }
        found
    }

    /// The word of a node.
    pub fn word(&self, node: NodeId) -> &'t str {
        self.tree.word(node)
    }

    /// The place of a node's word.
    pub fn span(&self, node: NodeId) -> Span {
        self.text.span_of(self.tree.word(node))
    }

    /// The statement that leads to a node: in a `set` command its whole line,
    /// in curly braces the words on its line.
    pub fn statement(&self, node: NodeId) -> Span {
        let line = self.tree.line(node);
        let own = self.span(node);
        if !self.text.is_mapped()
            && let Some((_, text)) = self.text.line(line as usize)
        {
            let text = trimmed_of(text, char::is_whitespace);
            if text.starts_with("set ") {
                return self.text.span_of(text);
            }
        }
        let mut first = own;
        let mut at = node;
        while let Some(parent) = self.tree.parent(at) {
            let span = self.span(parent);
            let word = self.tree.word(parent);
            if word.is_empty() {
                break;
            }
            if self.tree.line(parent) == line && span.start <= first.start {
                first = span;
            } else if let Some(span) = self.before(line, first, word) {
                // The word led to another statement before.
                first = span;
            } else {
                break;
            }
            at = parent;
        }
        first.to(own)
    }

    /// The word right before a place on a line, if it is that word.
    fn before(&self, line: u32, place: Span, word: &str) -> Option<Span> {
        if self.text.is_mapped() {
            return None;
        }
        let (_, text) = self.text.line(line as usize)?;
        let length = place.start.checked_sub(self.text.span_of(text).start)?;
        let before = text
            .get(..length as usize)?
            .trim_end_matches([' ', '\t', '"']);
        let start = before.len().checked_sub(word.len())?;
        let part = before.get(start..)?;
        (part == word).then(|| self.text.span_of(part))
    }

    /// A statement stands in the model.
    pub fn modelled(&mut self, node: NodeId) {
        self.tree.mark(node, LineState::Modelled);
    }

    /// A statement and all below it stand in the model.
    pub fn modelled_all(&mut self, node: NodeId) {
        self.tree.cover(node, LineState::Modelled);
    }

    /// A statement cannot change a verdict.
    pub fn irrelevant(&mut self, node: NodeId) {
        self.tree.cover(node, LineState::Irrelevant);
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

    /// A reason that is a question about the platform: the same in every file,
    /// whatever stands at its place.
    pub fn question(&mut self, reason: impl Into<String>, span: Span, asks: &str) -> ReasonId {
        let reason = NotModelled {
            reason: reason.into(),
            span,
            asks: Asks::of(asks),
        };
        record(&mut self.firewall.not_modelled, reason)
    }

    /// Marks a statement as not modelled and gives the reason.
    pub fn not_modelled(&mut self, node: NodeId, reason: impl Into<String>) -> ReasonId {
        let reason = reason.into();
        let span = self.statement(node);
        self.tree
            .explain(node, LineState::NotModelled, reason.clone());
        let asks = self.tree.asks(node, |leaf| self.span(leaf));
        let reason = NotModelled { reason, span, asks };
        record(&mut self.firewall.not_modelled, reason)
    }

    /// Leaves every packet that crosses the device undecided.
    pub fn doubt(&mut self, reason: impl Into<String>, span: Span) {
        let reason = self.reason(reason, span);
        if self.doubts.len() < 64 {
            self.doubts.push(Doubt { reason, span });
        }
    }

    /// Records that a name is defined or used.
    pub fn refer(&mut self, kind: &'static str, name: &str, definition: bool, span: Span) {
        Progress::behind(span, self.text.file().text().len())
            .make_room_among(&mut self.firewall.references);
        self.firewall.references.push(kind, name, definition, span);
    }

    /// Adds an interface.
    pub fn add_interface(&mut self, name: &str, span: Span) -> InterfaceId {
        let id = InterfaceId(index(self.firewall.interfaces.len()));
        let interface = Interface::new(name.to_owned(), span);
        self.firewall.interfaces.push(interface);
        self.interfaces.insert(name.to_owned(), id);
        id
    }

    /// An interface.
    pub fn interface_mut(&mut self, id: InterfaceId) -> Option<&mut Interface> {
        self.firewall.interfaces.get_mut(id.0 as usize)
    }

    /// Adds an address object.
    pub fn add_address(
        &mut self,
        name: &str,
        members: Vec<Spanned<AddressTerm>>,
        span: Span,
    ) -> AddressObjectId {
        let id = AddressObjectId(index(self.firewall.address_objects.len()));
        Progress::behind(span, self.text.file().text().len())
            .make_room(&mut self.firewall.address_objects);
        self.firewall.address_objects.push(AddressObject {
            name: name.to_owned(),
            members,
            excluded: Vec::new(),
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
        name: String,
        rules: Vec<Rule>,
        default: (Action, String, Span),
        span: Span,
    ) -> FilterId {
        let id = FilterId(index(self.firewall.filters.len()));
        let (action, label, at) = default;
        self.firewall.filters.push(Filter {
            name,
            rules,
            default: FilterDefault {
                action,
                label,
                span: at,
            },
            span,
            filters_traffic: true,
        });
        id
    }

    /// Whether the end of the file may have cut a statement below a node.
    pub fn is_cut(&self, node: NodeId) -> bool {
        self.cut.is_some_and(|cut| self.tree.is_within(cut, node))
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

/// An address.
pub fn address(word: &str) -> Option<IpAddr> {
    if let Some(address) = ip(word) {
        return Some(address);
    }
    // `10`, `10.1`: missing octets are zero.
    let mut octets = [0u8; 4];
    let mut slots = octets.iter_mut();
    for part in word.split('.') {
        if part.is_empty() || part.len() > 3 {
            return None;
        }
        *slots.next()? = part.parse().ok()?;
    }
    Some(IpAddr::V4(Ipv4Addr::from(octets)))
}

/// `address`, `address/length` or, for IPv4, `address/mask`.
pub fn prefix(word: &str) -> Option<AddressTerm> {
    let (head, tail) = match split_at_byte(word, b'/') {
        Some((head, tail)) => (head, Some(tail)),
        None => (word, None),
    };
    let address = address(head)?;
    let Some(tail) = tail else {
        return Some(IpRange::host(address).into());
    };
    if let Ok(length) = tail.parse::<u8>() {
        return IpRange::network(address, length).map(AddressTerm::from);
    }
    let mask = tail.parse::<Ipv4Addr>().ok()?.to_bits();
    let IpAddr::V4(address) = address else {
        return None;
    };
    Some(masked(address.to_bits(), mask))
}

/// Addresses that equal one in the bits of a mask.
pub fn masked(address: u32, mask: u32) -> AddressTerm {
    let value = address & mask;
    if mask.leading_ones().saturating_add(mask.trailing_zeros()) >= 32 {
        return AddressTerm::V4(value, value | !mask);
    }
    AddressTerm::Masked(Box::new((value, mask)))
}

/// The range of a prefix that is one network.
pub fn network(word: &str) -> Option<IpRange> {
    match prefix(word)? {
        AddressTerm::V4(low, high) => Some(IpRange::V4(low, high)),
        AddressTerm::V6(range) => Some(IpRange::V6(range.0, range.1)),
        _ => None,
    }
}
