//! One device while it is converted: its statements, the model under
//! construction, and the names that lead into it.

use std::collections::HashSet;

use crate::formats::firewall::shared::reasons::record;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::rules::{add_condition, pseudo_rule, undecided};
use crate::formats::firewall::shared::tables::Map;
use crate::formats::firewall::shared::templates::is_placeholder;
use crate::formats::firewall::shared::word_tree::{NodeId, WordTree};
use crate::formats::firewall::shared::words::trimmed_of;
use crate::formats::{LineState, Problem};
use crate::model::firewall::{
    Action, AddressMatch, AddressObjectId, AddressTerm, Condition, Filter, FilterDefault, FilterId,
    Firewall, Interface, InterfaceId, InterfaceMatch, Nat, NotModelled, ReasonId, Rule,
    ServiceMatch, ServiceObjectId, ServiceTerm,
};
use crate::source::{Span, Spanned};

use super::layout::Context;
use super::text::Text;

/// Most entries that all dynamic groups together are looked for among.
const MAX_TAGGED: usize = 20_000_000;
/// Most interfaces that the zones of all rules together stand for.
const MAX_SIDES: usize = 5_000_000;
/// How far a tag of XML may be from its name.
const MAX_TAG: usize = 512;

/// A zone.
#[derive(Debug, Clone, Default)]
pub struct Zone {
    /// Member interfaces.
    pub members: Vec<InterfaceId>,
    /// Whether the zone is defined and not only used.
    pub defined: bool,
}

/// The device.
pub struct Device<'a, 't> {
    /// The text that the statements come from.
    pub text: &'t Text<'t>,
    /// The statements.
    pub tree: &'a mut WordTree<'t>,
    /// Where the statements of this device stand.
    pub context: Context<'t>,
    /// The model under construction.
    pub firewall: Firewall,
    /// Interfaces by name.
    pub interfaces: Map<&'t str, InterfaceId>,
    /// Zones by name.
    pub zones: Map<&'t str, Zone>,
    /// Zone names in the order of their first mention.
    pub zone_order: Vec<&'t str>,
    /// Address objects and groups by their entry.
    pub addresses: Map<NodeId, AddressObjectId>,
    /// Services and service groups by their entry.
    pub services: Map<NodeId, ServiceObjectId>,
    /// Address entries whose members are still to be read.
    pub pending_addresses: Vec<NodeId>,
    /// Service entries whose members are still to be read.
    pub pending_services: Vec<NodeId>,
    /// How many entries may still be looked at for tags.
    pub tag_budget: usize,
    /// How many interfaces of zones may still be written into rules.
    pub side_budget: usize,
    /// What leaves every packet that crosses the device undecided.
    pub doubts: Vec<(ReasonId, Span)>,
    /// The statement that the end of the file may have cut.
    pub cut: Option<NodeId>,
    /// Rules and objects whose words a template decides.
    pub open: HashSet<NodeId>,
    /// What the user should know.
    pub problems: Vec<Problem>,
}

impl<'a, 't> Device<'a, 't> {
    /// An empty device.
    pub fn new(text: &'t Text<'t>, tree: &'a mut WordTree<'t>, context: Context<'t>) -> Self {
        let file = text.file();
        let stem = file.name().rsplit('/').next().unwrap_or_default();
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        let start = Span::of(file.id(), 0..0);
        Self {
            text,
            tree,
            context,
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
            services: Map::default(),
            pending_addresses: Vec::new(),
            pending_services: Vec::new(),
            tag_budget: MAX_TAGGED,
            side_budget: MAX_SIDES,
            doubts: Vec::new(),
            cut: None,
            open: HashSet::new(),
            problems: Vec::new(),
        }
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

    /// The first of the networks' statements at a path.
    pub fn network(&self, path: &[&str]) -> Option<NodeId> {
        self.context
            .networks
            .iter()
            .find_map(|place| self.tree.at(*place, path))
    }

    /// The networks' statements at a path, the ones that win first.
    pub fn networks(&self, path: &[&str]) -> Vec<NodeId> {
        self.context
            .networks
            .iter()
            .filter_map(|place| self.tree.at(*place, path))
            .collect()
    }

    /// The word of a node.
    pub fn word(&self, node: NodeId) -> &'t str {
        self.tree.word(node)
    }

    /// The word below a node at a path.
    pub fn value(&self, node: NodeId, path: &[&str]) -> Option<&'t str> {
        let node = self.tree.at(node, path)?;
        self.tree.children(node).next().map(|node| self.word(node))
    }

    /// Whether a switch below a node says `yes`.
    pub fn says_yes(&self, node: NodeId, key: &str) -> bool {
        self.value(node, &[key]) == Some("yes")
    }

    /// The place of a node's word.
    pub fn span(&self, node: NodeId) -> Span {
        self.text.span_of(self.tree.word(node))
    }

    /// The statement that a node's word first stands in: a `set` line, or a tag.
    pub fn statement(&self, node: NodeId) -> Span {
        let own = self.span(node);
        let file = self.text.file();
        let whole = file.text();
        let range = own.range();
        // Only asked where the line does not tell.
        let tag = || {
            let from = range.start.saturating_sub(MAX_TAG);
            let before = whole.as_bytes().get(from..range.start)?;
            memchr::memrchr(b'<', before).map(|at| from.saturating_add(at))
        };
        // In a file of lines, a node knows its own.
        let near = self.tree.line(node) as usize;
        let line = file.line(file.line_near(near, own.start));
        let line = line.map_or("", |line| trimmed_of(line, char::is_whitespace));
        if line.starts_with('<') || !line.contains(' ') && tag().is_some() {
            let start = tag().unwrap_or(range.start);
            let most = range.end.saturating_add(MAX_TAG).min(whole.len());
            let tail = whole.as_bytes().get(range.end..most).unwrap_or_default();
            let end = memchr::memchr(b'>', tail).map_or(range.end, |more| {
                range.end.saturating_add(more).saturating_add(1)
            });
            return Span::of(file.id(), start..end);
        }
        if line.len() > 2_000 || line.is_empty() {
            return own;
        }
        self.text.span_of(line)
    }

    /// A statement stands in the model.
    pub fn modelled(&mut self, node: NodeId) {
        if !self.tree.is_marked(node) {
            self.tree.mark(node, LineState::Modelled);
        }
    }

    /// A statement and all below it stand in the model.
    pub fn modelled_all(&mut self, node: NodeId) {
        if !self.tree.is_marked(node) {
            self.tree.cover(node, LineState::Modelled);
        }
    }

    /// A statement cannot change a verdict.
    pub fn irrelevant(&mut self, node: NodeId) {
        if !self.tree.is_marked(node) {
            self.tree.cover(node, LineState::Irrelevant);
        }
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

    /// Marks a statement as not modelled and gives the reason.
    pub fn not_modelled(&mut self, node: NodeId, reason: impl Into<String>) -> ReasonId {
        let reason = reason.into();
        self.note(node, reason.clone());
        let span = self.statement(node);
        let asks = self.tree.asks(node, |leaf| self.span(leaf));
        let reason = NotModelled { reason, span, asks };
        record(&mut self.firewall.not_modelled, reason)
    }

    /// Marks a statement as not modelled without an effect on verdicts.
    pub fn note(&mut self, node: NodeId, reason: impl Into<String>) {
        if !self.tree.is_marked(node) {
            self.tree
                .explain(node, LineState::NotModelled, reason.into());
        }
    }

    /// Leaves every packet that crosses the device undecided.
    pub fn doubt(&mut self, reason: impl Into<String>, span: Span) {
        let reason = self.reason(reason, span);
        if self.doubts.len() < 64 {
            self.doubts.push((reason, span));
        }
    }

    /// Records that a name is defined or used.
    pub fn refer(&mut self, kind: &'static str, name: &str, definition: bool, span: Span) {
        Progress::behind(span, self.text.file().text().len())
            .make_room_among(&mut self.firewall.references);
        self.firewall.references.push(kind, name, definition, span);
    }

    /// An entry of that name among the objects, in the innermost scope that has
    /// one.
    pub fn object(&self, kind: &str, name: &str) -> Option<NodeId> {
        self.context
            .scopes
            .iter()
            .find_map(|scope| self.tree.at(*scope, &[kind, name]))
    }

    /// The scopes that no other device of the file uses.
    pub fn own_scopes(&self) -> Vec<NodeId> {
        let context = &self.context;
        let count = match (
            context.owns_objects,
            context.shares_network || context.managed,
        ) {
            (false, _) => 0,
            (true, true) => 1,
            (true, false) => context.scopes.len(),
        };
        context.scopes.iter().take(count).copied().collect()
    }

    /// A name with its scope, where that is not the innermost one.
    pub fn qualified(&self, entry: NodeId) -> String {
        let name = self.word(entry);
        let scope = self
            .tree
            .parent(entry)
            .and_then(|list| self.tree.parent(list));
        match scope {
            Some(scope) if Some(&scope) != self.context.scopes.first() => {
                format!("{}/{name}", self.word(scope))
            }
            _ => name.to_owned(),
        }
    }

    /// Adds an interface.
    pub fn add_interface(&mut self, name: &'t str, span: Span) -> InterfaceId {
        let id = InterfaceId(index(self.firewall.interfaces.len()));
        let interface = Interface::new(name.to_owned(), span);
        self.firewall.interfaces.push(interface);
        self.interfaces.insert(name, id);
        id
    }

    /// An interface.
    pub fn interface_mut(&mut self, id: InterfaceId) -> Option<&mut Interface> {
        self.firewall.interfaces.get_mut(id.0 as usize)
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

    /// Adds a filter that only chooses packets.
    pub fn add_chooser(&mut self, name: String, rules: Vec<Rule>, span: Span) -> FilterId {
        let label = "what the rule does not ask for".to_owned();
        let id = self.add_filter(name, rules, (Action::Deny, label, span), span);
        if let Some(filter) = self.firewall.filters.get_mut(id.0 as usize) {
            filter.filters_traffic = false;
        }
        id
    }

    /// Why a value does not tell what it will be on the device.
    pub fn placeholder(&mut self, node: NodeId) -> Option<ReasonId> {
        let word = self.word(node);
        if !is_placeholder(word) {
            return None;
        }
        let text = "a template leaves this value to be filled in";
        Some(self.not_modelled(node, text))
    }

    /// Whether the end of the file may have cut a statement below a node.
    pub fn is_cut(&self, node: NodeId) -> bool {
        self.cut.is_some_and(|cut| self.tree.is_within(cut, node))
    }

    /// Why a template leaves a rule or an object open, where it does.
    pub fn left_open(&mut self, node: NodeId) -> Option<ReasonId> {
        if !self.open.contains(&node) {
            return None;
        }
        let text = "a template decides which words this command has";
        Some(self.not_modelled(node, text))
    }

    /// The interfaces of a zone.
    pub fn members(&self, zone: &str) -> &[InterfaceId] {
        self.zones
            .get(zone)
            .map_or(&[], |zone| zone.members.as_slice())
    }

    /// All zones with their members, in order.
    pub fn all_zones(&self) -> Vec<(&'t str, Vec<InterfaceId>)> {
        self.zone_order
            .iter()
            .map(|name| (*name, self.members(name).to_vec()))
            .collect()
    }

    /// Notes a zone's name.
    pub fn declare_zone(&mut self, name: &'t str) -> &mut Zone {
        if !self.zones.contains_key(name) {
            self.zone_order.push(name);
        }
        self.zones.entry(name).or_default()
    }
}

/// A rule that may stop what it matches.
pub fn may_stop(rule: &Rule, reason: ReasonId) -> Rule {
    let mut rule = rule.clone();
    rule.action = Action::Deny;
    add_condition(&mut rule, Condition::Unknown(reason));
    rule
}

/// What leaves all packets undecided.
pub fn doubtful(doubts: &[(ReasonId, Span)]) -> Vec<Rule> {
    doubts
        .iter()
        .flat_map(|(reason, span)| {
            let label = "statements that are not modelled";
            undecided(&pseudo_rule(Action::Permit, label, *span), *reason)
        })
        .collect()
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

/// Several services as a position of a rule holds them.
pub fn services_of(mut terms: Vec<ServiceTerm>) -> ServiceMatch {
    if terms.len() == 1
        && let Some(term) = terms.pop()
    {
        return ServiceMatch::One(term);
    }
    ServiceMatch::AnyOf(terms.into())
}

/// The interfaces of several zones.
pub fn side(members: &[InterfaceId]) -> InterfaceMatch {
    InterfaceMatch::any_of(members.iter().copied())
}

/// An index as the model's ids store it.
pub fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
