//! One device while it is read: the model under construction, and the names
//! that lead into it.
//!
//! A name may be used before it is defined, or never be defined at all. Both
//! get an entry at once; [`super::finish`] gives the entries that stayed empty
//! a reason.

use crate::formats::firewall::shared::reasons::record;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::tables::Map;
use crate::formats::{Problem, ProblemLevel};
use crate::model::firewall::{
    Action, AddressObject, AddressObjectId, AddressTerm, Filter, FilterDefault, FilterId, Firewall,
    Nat, NotModelled, ReasonId, Rule, ServiceObject, ServiceObjectId,
};
use crate::source::{Span, Spanned};

use super::capture::Clean;
use super::cbac::Inspections;
use super::crypto::CryptoMaps;
use super::interfaces::Stanza;
use super::lines::Line;
use super::nat::NatStatements;
use super::policy_routes::RouteMap;
use super::routes::RouteStatement;
use super::vlan_maps::VlanMaps;
use super::zones::Zones;
use super::{Dialect, IOS, NXOS};

/// Most notes about masks kept per device.
const MAX_NOTES: usize = 50;

/// What kind of list a filter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ListKind {
    /// Looks at the source only.
    Standard,
    /// IPv4.
    Extended,
    /// IPv6.
    Ipv6,
    /// Made of pseudo-rules.
    Pseudo,
}

/// What is known of a filter beyond the model.
#[derive(Debug, Clone)]
pub struct ListInfo {
    /// Kind.
    pub kind: ListKind,
    /// Whether its head or an entry was read, and not only a use.
    pub defined: bool,
    /// Whether entries came from a configuration.
    pub configured: bool,
    /// Whether entries came from `show access-lists`.
    pub shown: bool,
    /// Number of each rule, beside [`Filter::rules`].
    pub numbers: Vec<u32>,
    /// Highest number so far.
    pub last: u32,
    /// Whether the numbers are not in order yet.
    pub unsorted: bool,
}

/// The address families of lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// What kind of service object an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// Only used so far.
    Unknown,
    /// Whole services.
    Services,
    /// Ports only (`object-group ip port`).
    Ports,
    /// Protocols only.
    Protocols,
}

/// A `time-range`.
#[derive(Debug, Clone)]
pub struct TimeRange {
    /// `absolute start`.
    pub start: Option<String>,
    /// `absolute end`.
    pub end: Option<String>,
    /// `periodic`, or a line that could not be read.
    pub periodic: bool,
    /// The definition.
    pub span: Span,
}

/// A device under construction.
pub struct Device<'c> {
    /// The text that spans are taken from.
    pub clean: &'c Clean<'c>,
    /// The dialect.
    pub dialect: Dialect,
    /// The model so far.
    pub firewall: Firewall,
    /// The device's first byte.
    pub start: Span,
    /// Whether `hostname` was read.
    pub named: bool,
    /// Whether anything of a configuration was read.
    pub configured: bool,
    /// Whether the file routes IPv6.
    pub ipv6: bool,
    /// `no ip routing`: a switch or host, not a router.
    pub no_routing: bool,
    /// Closed interface stanzas by key (see [`interface_key`]).
    pub stanzas: Vec<Stanza>,
    /// Index into `stanzas`.
    pub by_name: Map<String, usize>,
    /// The further interfaces of the range that is open.
    pub others: Vec<usize>,
    /// `object-group network` and `object-group ip address` by name.
    pub network_groups: Map<&'c str, AddressObjectId>,
    /// Beside [`Firewall::address_objects`].
    pub address_defined: Vec<bool>,
    /// Service groups by name.
    pub service_groups: Map<&'c str, ServiceObjectId>,
    /// Beside [`Firewall::service_objects`].
    pub service_kinds: Vec<ServiceKind>,
    /// Service objects with both sides swapped.
    pub mirrored: Map<ServiceObjectId, ServiceObjectId>,
    /// Access lists by family and name.
    pub filters: Map<(Family, &'c str), FilterId>,
    /// Beside [`Firewall::filters`].
    pub list_info: Vec<ListInfo>,
    /// The list of the last entry, to save a look-up per line.
    pub last_list: Option<(&'c str, FilterId)>,
    /// Lists that `evaluate` runs, by name.
    pub reflexive: Map<&'c str, FilterId>,
    /// Entries that `reflect`.
    pub reflecting: Vec<(&'c str, Rule)>,
    /// `time-range` definitions.
    pub time_ranges: Map<&'c str, TimeRange>,
    /// Rules that name a time range.
    pub timed: Vec<(FilterId, Span, &'c str, Span)>,
    /// `ip inspect`.
    pub inspections: Inspections<'c>,
    /// Zones, pairs, class maps and policy maps.
    pub zones: Zones<'c>,
    /// `ip nat`.
    pub nat: NatStatements<'c>,
    /// Static routes.
    pub routes: Vec<RouteStatement>,
    /// The routing tables of VRFs by name.
    tables: Map<String, u32>,
    /// Route maps.
    pub route_maps: Map<&'c str, RouteMap<'c>>,
    /// Crypto maps.
    pub crypto: CryptoMaps<'c>,
    /// VLAN access maps and their filters.
    pub vlan_maps: VlanMaps<'c>,
    /// Lines, with their access classes.
    pub lines: Vec<Line<'c>>,
    /// The line whose statements are read.
    pub line: usize,
    /// Statements that may permit or deny any packet beside the lists.
    pub doubts: Vec<(ReasonId, Span)>,
    /// What the user should know.
    pub problems: Vec<Problem>,
    /// How many notes about masks were made.
    mask_notes: usize,
}

impl<'c> Device<'c> {
    /// An empty device that starts at `start`.
    pub fn new(clean: &'c Clean<'c>, start: Span, dialect: Dialect) -> Self {
        let stem = clean.file().name().rsplit('/').next().unwrap_or_default();
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        let platform = match dialect {
            Dialect::Ios => IOS,
            Dialect::Nxos => NXOS,
        };
        let firewall = Firewall {
            name: Spanned::new(stem.to_owned(), start),
            platform,
            software: None,
            transparent: None,
            stateful: false,
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
        };
        Self {
            clean,
            dialect,
            firewall,
            start,
            named: false,
            configured: false,
            ipv6: false,
            no_routing: false,
            stanzas: Vec::new(),
            by_name: Map::default(),
            network_groups: Map::default(),
            address_defined: Vec::new(),
            service_groups: Map::default(),
            service_kinds: Vec::new(),
            mirrored: Map::default(),
            filters: Map::default(),
            list_info: Vec::new(),
            last_list: None,
            reflexive: Map::default(),
            reflecting: Vec::new(),
            time_ranges: Map::default(),
            timed: Vec::new(),
            inspections: Inspections::default(),
            zones: Zones::default(),
            nat: NatStatements::default(),
            routes: Vec::new(),
            tables: Map::default(),
            route_maps: Map::default(),
            crypto: CryptoMaps::default(),
            vlan_maps: VlanMaps::default(),
            others: Vec::new(),
            lines: Vec::new(),
            line: 0,
            doubts: Vec::new(),
            problems: Vec::new(),
            mask_notes: 0,
        }
    }

    /// The routing table of a VRF.
    pub fn table(&mut self, vrf: Option<&str>) -> u32 {
        let Some(vrf) = vrf else {
            return 0;
        };
        if let Some(table) = self.tables.get(vrf) {
            return *table;
        }
        let table = index(self.tables.len().saturating_add(1));
        self.tables.insert(vrf.to_owned(), table);
        table
    }

    /// The place of a slice of the clean text.
    pub fn span(&self, part: &str) -> Span {
        self.clean.span_of(part)
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

    /// Records something that may permit or deny any packet. Beyond a bound
    /// only the first ones count: they leave nothing decided.
    pub fn doubt(&mut self, text: impl Into<String>, span: Span) {
        if self.doubts.len() < 16 {
            let reason = self.reason(text, span);
            self.doubts.push((reason, span));
        }
    }

    /// Records that a name is defined or used.
    pub fn refer(&mut self, kind: &'static str, name: &str, definition: bool, span: Span) {
        Progress::behind(span, self.clean.text().len())
            .make_room_among(&mut self.firewall.references);
        self.firewall.references.push(kind, name, definition, span);
    }

    /// Notes a mask that was probably typed the other way round.
    pub fn inverted_mask(&mut self, statement: &str) {
        self.mask_notes = self.mask_notes.saturating_add(1);
        if self.mask_notes > MAX_NOTES {
            return;
        }
        let span = self.span(statement);
        self.problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "the wildcard of this entry looks like a netmask: its set bits are the ones \
                      that do not matter, so the entry matches other addresses than it seems to"
                .to_owned(),
            hint: Some(
                "a wildcard is the inverted netmask: 0.0.0.255 for a network of 24 bits".to_owned(),
            ),
            span,
        });
    }

    /// The network group of that name; made when it is not known yet.
    pub fn network_group(&mut self, name: &'c str) -> AddressObjectId {
        if let Some(id) = self.network_groups.get(name) {
            return *id;
        }
        let span = self.span(name);
        let id = self.add_address_object(name, span);
        self.network_groups.insert(name, id);
        id
    }

    /// Adds an address object without looking at its name.
    pub fn add_address_object(&mut self, name: &str, span: Span) -> AddressObjectId {
        let id = AddressObjectId(index(self.firewall.address_objects.len()));
        self.firewall.address_objects.push(AddressObject {
            name: name.to_owned(),
            members: Vec::new(),
            excluded: Vec::new(),
            span,
        });
        self.address_defined.push(false);
        id
    }

    /// The members of an address object.
    pub fn members_mut(&mut self, id: AddressObjectId) -> Option<&mut Vec<Spanned<AddressTerm>>> {
        let object = self.firewall.address_objects.get_mut(id.0 as usize)?;
        Some(&mut object.members)
    }

    /// The service, port or protocol group of that name.
    pub fn service_group(&mut self, name: &'c str) -> ServiceObjectId {
        if let Some(id) = self.service_groups.get(name) {
            return *id;
        }
        let span = self.span(name);
        let id = self.add_service_object(name, span, ServiceKind::Unknown);
        self.service_groups.insert(name, id);
        id
    }

    /// Adds a service object without looking at its name.
    pub fn add_service_object(
        &mut self,
        name: &str,
        span: Span,
        kind: ServiceKind,
    ) -> ServiceObjectId {
        let id = ServiceObjectId(index(self.firewall.service_objects.len()));
        self.firewall.service_objects.push(ServiceObject {
            name: name.to_owned(),
            services: Vec::new(),
            ports: Vec::new(),
            span,
        });
        self.service_kinds.push(kind);
        id
    }

    /// A service object.
    pub fn service_mut(&mut self, id: ServiceObjectId) -> Option<&mut ServiceObject> {
        self.firewall.service_objects.get_mut(id.0 as usize)
    }

    /// The access list of that name; made (undefined) when not known yet.
    pub fn list(&mut self, name: &'c str, family: Family) -> FilterId {
        if family == Family::V4
            && let Some((last, id)) = self.last_list
            && last == name
        {
            return id;
        }
        let id = match self.filters.get(&(family, name)) {
            Some(id) => *id,
            None => {
                let kind = match family {
                    Family::V4 => ListKind::Extended,
                    Family::V6 => ListKind::Ipv6,
                };
                let span = self.span(name);
                let id = self.add_filter(name.to_owned(), span, kind);
                self.filters.insert((family, name), id);
                id
            }
        };
        if family == Family::V4 {
            self.last_list = Some((name, id));
        }
        id
    }

    /// Adds a filter without looking at its name.
    pub fn add_filter(&mut self, name: String, span: Span, kind: ListKind) -> FilterId {
        let id = FilterId(index(self.firewall.filters.len()));
        let label = format!("implicit deny at the end of access list {name}");
        self.firewall.filters.push(Filter {
            name,
            rules: Vec::new(),
            default: FilterDefault {
                action: Action::Deny,
                label,
                span,
            },
            span,
            filters_traffic: false,
        });
        self.list_info.push(ListInfo {
            kind,
            defined: kind == ListKind::Pseudo,
            configured: false,
            shown: false,
            numbers: Vec::new(),
            last: 0,
            unsorted: false,
        });
        id
    }

    /// Adds a filter of pseudo-rules.
    pub fn add_pseudo(
        &mut self,
        name: String,
        rules: Vec<Rule>,
        default: (Action, String),
        span: Span,
    ) -> FilterId {
        let id = self.add_filter(name, span, ListKind::Pseudo);
        if let Some(filter) = self.filter_mut(id) {
            filter.rules = rules;
            filter.default.action = default.0;
            filter.default.label = default.1;
        }
        id
    }

    /// A filter.
    pub fn filter(&self, id: FilterId) -> Option<&Filter> {
        self.firewall.filters.get(id.0 as usize)
    }

    /// A filter.
    pub fn filter_mut(&mut self, id: FilterId) -> Option<&mut Filter> {
        self.firewall.filters.get_mut(id.0 as usize)
    }

    /// What is known of a filter.
    pub fn info(&self, id: FilterId) -> Option<&ListInfo> {
        self.list_info.get(id.0 as usize)
    }

    /// What is known of a filter.
    pub fn info_mut(&mut self, id: FilterId) -> Option<&mut ListInfo> {
        self.list_info.get_mut(id.0 as usize)
    }

    /// The name of a filter.
    pub fn list_name(&self, id: FilterId) -> String {
        self.filter(id)
            .map(|filter| filter.name.clone())
            .unwrap_or_default()
    }

    /// Whether the file says anything about packets through this device.
    pub fn carries_policy(&self) -> bool {
        self.configured
            || self.named
            || !self.firewall.filters.is_empty()
            || !self.firewall.address_objects.is_empty()
            || !self.firewall.service_objects.is_empty()
    }
}

/// The name of an interface as a key: lower case, without blanks, its kind
/// shortened to two letters as far as the number goes
/// (`GigabitEthernet 0/1`, `Gi0/1` → `gi0/1`).
pub fn interface_key(name: &str) -> String {
    let compact: String = name
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_ascii_lowercase())
        .collect();
    let digits = compact.find(|c: char| c.is_ascii_digit());
    let (kind, number) = compact
        .split_at_checked(digits.unwrap_or(compact.len()))
        .unwrap_or((&compact, ""));
    let short: String = kind.chars().take(2).collect();
    format!("{short}{number}")
}

/// An index as the model's ids store it.
pub fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
