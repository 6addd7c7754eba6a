//! One device (or context) while it is read: the model under construction,
//! and the names that lead into it.
//!
//! A name may be used before it is defined, or never be defined at all. Both
//! get an entry at once, so that a rule is compact and complete when it is
//! read; [`super::finish`] gives the entries that stayed empty a reason.

use std::net::IpAddr;

use crate::formats::Problem;
use crate::formats::firewall::shared::reasons::record;
use crate::formats::firewall::shared::room::Progress;
use crate::formats::firewall::shared::tables::Map;
use crate::model::firewall::{
    Action, AddressObject, AddressObjectId, AddressTerm, Filter, FilterDefault, FilterId, Firewall,
    Interface, InterfaceId, Nat, NotModelled, ReasonId, Route, ServiceObject, ServiceObjectId,
};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::crypto::Vpn;
use super::inspect::Policies;
use super::lex::Clean;
use super::nat::NatTable;
use super::nat_legacy::LegacyNat;

/// Most doubts kept per device.
const MAX_DOUBTS: usize = 256;

/// What an access list, conduit or `outbound` list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// `access-list … extended`, the IPv4 (and from 9.0 unified) list.
    Extended,
    /// `ipv6 access-list`.
    Ipv6,
    /// `standard`: a selector for routing and split tunnels.
    Standard,
    /// `ethertype`: frames that are not IP.
    EtherType,
    /// `webtype`: URLs of clientless VPN.
    WebType,
}

/// What is known of a filter beyond the model.
#[derive(Debug, Clone)]
pub struct ListInfo {
    /// Kind; of the first entry.
    pub kind: ListKind,
    /// Whether an entry was read (and not only a use).
    pub defined: bool,
    /// Whether entries came from `show access-list`.
    pub shown: Option<ShownLine>,
    /// Whether entries came from a configuration.
    pub configured: bool,
    /// Whether `show access-list` replaced an entry by what it expands to, so
    /// that line numbers are not the numbers of rules.
    pub expanded: bool,
    /// For every remark, how many rules stand before it: remarks have line
    /// numbers, too.
    pub remarks: Vec<usize>,
    /// How often an entry was inserted or looked for.
    pub insertions: u16,
}

/// The entry of `show access-list` that children expand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownLine {
    /// `line N`.
    pub line: u32,
    /// Index of the first rule made from it.
    pub rule: usize,
    /// Whether the children replaced it.
    pub replaced: bool,
    /// Whether the entry itself tells all that the children tell.
    pub complete: bool,
}

/// What is known of an interface beyond the model.
#[derive(Debug, Clone, Default)]
pub struct InterfaceInfo {
    /// Whether its definition was read.
    pub defined: bool,
    /// `management-only`.
    pub management_only: Option<Span>,
    /// `bridge-group N`.
    pub bridge_group: Option<u32>,
    /// Whether it has an IPv6 address.
    pub ipv6: bool,
}

/// What kind of service object an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceKind {
    /// Only used so far.
    Unknown,
    /// `object service`.
    Object,
    /// `object-group service` without a protocol.
    Services,
    /// `object-group service … tcp|udp|tcp-udp`.
    Ports(PortFamily),
    /// `object-group protocol`.
    Protocols,
    /// `object-group icmp-type`.
    IcmpTypes,
}

/// The protocol of a port group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortFamily {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Both.
    TcpUdp,
}

/// A binding of an access list.
#[derive(Debug, Clone, Copy)]
pub struct Binding {
    /// The list.
    pub filter: FilterId,
    /// Where it is bound.
    pub place: Place,
    /// The statement.
    pub span: Span,
}

/// Where an access list is bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// `in interface`.
    In(InterfaceId),
    /// `out interface`.
    Out(InterfaceId),
    /// `global`.
    Global,
}

/// A `time-range` and its uses.
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
    /// The model so far.
    pub firewall: Firewall,
    /// Index of the first and last line of the device's section.
    pub start: Span,
    /// Whether `hostname` was read.
    pub named: bool,
    /// Context name from `changeto context` or a prompt.
    pub context: Option<String>,
    /// `ASA Version` line: major, minor and third number.
    pub version: Option<(u16, u16, u16)>,
    /// Syntax that tells the address view when no version does.
    pub new_nat: Option<Span>,
    /// Syntax of releases before 8.3.
    pub old_nat: Option<Span>,
    /// The product is FWSM: no traffic passes without an access list.
    pub module: bool,
    /// The product is PIX or FWSM.
    pub old_product: bool,
    /// Whether a configuration (not only `show` output) was read.
    pub configured: bool,
    /// `name` definitions.
    pub names: Map<&'c str, IpAddr>,
    /// Interfaces by `nameif`, in lower case: the name is not case-sensitive
    /// (Command Reference, "nameif").
    pub interfaces: Map<String, InterfaceId>,
    /// Closed interface stanzas by hardware name in lower case.
    pub stanzas: Map<String, super::interfaces::Stanza>,
    /// Beside [`Firewall::interfaces`].
    pub interface_info: Vec<InterfaceInfo>,
    /// `object network` by name.
    pub network_objects: Map<&'c str, AddressObjectId>,
    /// `object-group network` by name.
    pub network_groups: Map<&'c str, AddressObjectId>,
    /// Beside [`Firewall::address_objects`].
    pub address_defined: Vec<bool>,
    /// `object service` by name.
    pub service_objects: Map<&'c str, ServiceObjectId>,
    /// Service, protocol and ICMP groups by name.
    pub service_groups: Map<&'c str, ServiceObjectId>,
    /// Beside [`Firewall::service_objects`].
    pub service_kinds: Vec<ServiceKind>,
    /// Access lists by name.
    pub filters: Map<&'c str, FilterId>,
    /// Beside [`Firewall::filters`].
    pub list_info: Vec<ListInfo>,
    /// The list of the last entry, to save a look-up per line.
    pub last_list: Option<(&'c str, FilterId)>,
    /// The list that last used an address object, by object.
    pub use_stamp: Vec<FilterId>,
    /// The list that last used a service object, by object.
    pub service_stamp: Vec<FilterId>,
    /// The statement that is being read.
    pub list_line: Span,
    /// Whether `any` of an IPv4 list must not mean IPv6 as well.
    pub separate_any: bool,
    /// `access-group` statements.
    pub bindings: Map<Place, Vec<Binding>>,
    /// `time-range` definitions.
    pub time_ranges: Map<&'c str, TimeRange>,
    /// Rules that name a time range: list, rule, name, where.
    pub timed: Vec<(FilterId, usize, &'c str, Span)>,
    /// Firepower Threat Defense: its own version line, or `advanced` entries.
    pub threat_defense: bool,
    /// The routing tables of virtual routers by name.
    pub tables: Map<String, u32>,
    /// `same-security-traffic permit inter-interface`.
    pub inter_interface: Option<Span>,
    /// `same-security-traffic permit intra-interface`.
    pub intra_interface: Option<Span>,
    /// NAT of 8.3 and later.
    pub nat: NatTable<'c>,
    /// NAT before 8.3.
    pub legacy: LegacyNat<'c>,
    /// Class maps, policy maps, service policies and fixups.
    pub policies: Policies<'c>,
    /// What refuses or diverts connections beside the lists.
    pub diversions: super::diversion::Diversions,
    /// Crypto maps, VPN pools, `sysopt`.
    pub vpn: Vpn<'c>,
    /// Routes that an SLA monitor may withdraw.
    pub tracked: Vec<usize>,
    /// Routes to `Null0`, with their metrics.
    pub swallowed: Vec<(IpRange, u32, Span)>,
    /// Whether access lists were read since the last `clear`.
    pub has_entries: bool,
    /// `conduit` rules.
    pub conduit: Option<FilterId>,
    /// `outbound` lists and their `apply`.
    pub outbound: super::conduit::Outbound<'c>,
    /// Packets that something not modelled may permit or deny: reason, span,
    /// access list or interface concerned.
    pub doubts: Vec<Doubt>,
    /// Addresses of bridge groups.
    pub bridge_addresses: Map<u32, crate::model::firewall::InterfaceAddress>,
    /// The address of the whole device in transparent mode before 8.4.
    pub device_address: Option<crate::model::firewall::InterfaceAddress>,
    /// Contexts defined in the system space.
    pub contexts: Vec<Spanned<String>>,
    /// Routes read from `show route`.
    pub shown_routes: Vec<(String, Route)>,
    /// What the user should know.
    pub problems: Vec<Problem>,
}

/// Something that may permit or deny packets beside the access lists.
#[derive(Debug, Clone, Copy)]
pub struct Doubt {
    /// What it may do.
    pub action: Action,
    /// Only packets that enter here.
    pub ingress: Option<InterfaceId>,
    /// Only packets that this list permits.
    pub list: Option<FilterId>,
    /// Why.
    pub reason: ReasonId,
    /// The statement.
    pub span: Span,
}

impl<'c> Device<'c> {
    /// An empty device that starts at `start`.
    pub fn new(clean: &'c Clean<'c>, start: Span) -> Self {
        let stem = clean.file().name().rsplit('/').next().unwrap_or_default();
        let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
        let firewall = Firewall {
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
        };
        Self {
            clean,
            firewall,
            start,
            named: false,
            context: None,
            version: None,
            new_nat: None,
            old_nat: None,
            module: false,
            old_product: false,
            configured: false,
            names: Map::default(),
            interfaces: Map::default(),
            stanzas: Map::default(),
            interface_info: Vec::new(),
            network_objects: Map::default(),
            network_groups: Map::default(),
            address_defined: Vec::new(),
            service_objects: Map::default(),
            service_groups: Map::default(),
            service_kinds: Vec::new(),
            filters: Map::default(),
            list_info: Vec::new(),
            last_list: None,
            use_stamp: Vec::new(),
            service_stamp: Vec::new(),
            list_line: start,
            separate_any: false,
            bindings: Map::default(),
            time_ranges: Map::default(),
            timed: Vec::new(),
            threat_defense: false,
            tables: Map::default(),
            inter_interface: None,
            intra_interface: None,
            diversions: super::diversion::Diversions::default(),
            nat: NatTable::default(),
            legacy: LegacyNat::default(),
            policies: Policies::default(),
            vpn: Vpn::default(),
            tracked: Vec::new(),
            swallowed: Vec::new(),
            has_entries: false,
            conduit: None,
            outbound: super::conduit::Outbound::default(),
            doubts: Vec::new(),
            bridge_addresses: Map::default(),
            device_address: None,
            contexts: Vec::new(),
            shown_routes: Vec::new(),
            problems: Vec::new(),
        }
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

    /// Records something that may permit or deny packets beside the lists.
    /// Beyond a bound only the first ones count: they leave nothing decided.
    pub fn doubt(&mut self, doubt: Doubt) {
        if self.doubts.len() < MAX_DOUBTS {
            self.doubts.push(doubt);
        }
    }

    /// Records that a name is defined or used.
    pub fn refer(&mut self, kind: &'static str, name: &str, definition: bool, span: Span) {
        Progress::behind(span, self.clean.text().len())
            .make_room_among(&mut self.firewall.references);
        self.firewall.references.push(kind, name, definition, span);
    }

    /// Records the first use of a service object by an access list.
    pub fn refer_once(
        &mut self,
        kind: &'static str,
        name: &'c str,
        id: ServiceObjectId,
        list: FilterId,
    ) {
        if stamp(&mut self.service_stamp, id.0, list) {
            let span = self.span(name);
            self.refer(kind, name, false, span);
        }
    }

    /// The interface of that name; made when it is not known yet.
    pub fn interface(&mut self, name: &'c str) -> InterfaceId {
        let key = name.to_ascii_lowercase();
        if let Some(id) = self.interfaces.get(&key) {
            return *id;
        }
        let span = self.span(name);
        let id = self.add_interface(name.to_owned(), span);
        self.interfaces.insert(key, id);
        id
    }

    /// Adds an interface without looking at its name.
    pub fn add_interface(&mut self, name: String, span: Span) -> InterfaceId {
        let id = InterfaceId(index(self.firewall.interfaces.len()));
        let interface = Interface::new(name, span);
        self.firewall.interfaces.push(interface);
        self.interface_info.push(InterfaceInfo::default());
        id
    }

    /// The model and the extra facts of an interface.
    pub fn interface_mut(
        &mut self,
        id: InterfaceId,
    ) -> Option<(&mut Interface, &mut InterfaceInfo)> {
        let interface = self.firewall.interfaces.get_mut(id.0 as usize)?;
        let info = self.interface_info.get_mut(id.0 as usize)?;
        Some((interface, info))
    }

    /// The object network of that name; made when it is not known yet.
    pub fn network_object(&mut self, name: &'c str) -> AddressObjectId {
        if let Some(id) = self.network_objects.get(name) {
            return *id;
        }
        let id = self.add_address_object(name, self.span(name), false);
        self.network_objects.insert(name, id);
        id
    }

    /// The object-group network of that name; made when it is not known yet.
    pub fn network_group(&mut self, name: &'c str) -> AddressObjectId {
        if let Some(id) = self.network_groups.get(name) {
            return *id;
        }
        let id = self.add_address_object(name, self.span(name), false);
        self.network_groups.insert(name, id);
        id
    }

    /// Adds an address object without looking at its name.
    pub fn add_address_object(&mut self, name: &str, span: Span, defined: bool) -> AddressObjectId {
        let id = AddressObjectId(index(self.firewall.address_objects.len()));
        self.firewall.address_objects.push(AddressObject {
            name: name.to_owned(),
            members: Vec::new(),
            excluded: Vec::new(),
            span,
        });
        self.address_defined.push(defined);
        id
    }

    /// The members of an address object.
    pub fn members_mut(&mut self, id: AddressObjectId) -> Option<&mut Vec<Spanned<AddressTerm>>> {
        let object = self.firewall.address_objects.get_mut(id.0 as usize)?;
        Some(&mut object.members)
    }

    /// The object service of that name; made when it is not known yet.
    pub fn service_object(&mut self, name: &'c str) -> ServiceObjectId {
        if let Some(id) = self.service_objects.get(name) {
            return *id;
        }
        let id = self.add_service_object(name, self.span(name), ServiceKind::Unknown);
        self.service_objects.insert(name, id);
        id
    }

    /// The service, protocol or ICMP group of that name.
    pub fn service_group(&mut self, name: &'c str) -> ServiceObjectId {
        if let Some(id) = self.service_groups.get(name) {
            return *id;
        }
        let id = self.add_service_object(name, self.span(name), ServiceKind::Unknown);
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

    /// What kind a service object is.
    pub fn service_kind(&self, id: ServiceObjectId) -> ServiceKind {
        let kind = self.service_kinds.get(id.0 as usize).copied();
        kind.unwrap_or(ServiceKind::Unknown)
    }

    /// The access list of that name; made (undefined) when not known yet.
    pub fn filter(&mut self, name: &'c str, kind: ListKind) -> FilterId {
        if let Some((last, id)) = self.last_list
            && last == name
        {
            return id;
        }
        let id = match self.filters.get(name) {
            Some(id) => *id,
            None => {
                let span = self.span(name);
                let id = self.add_filter(name.to_owned(), span, kind);
                self.filters.insert(name, id);
                id
            }
        };
        self.last_list = Some((name, id));
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
            defined: false,
            shown: None,
            configured: false,
            expanded: false,
            remarks: Vec::new(),
            insertions: 0,
        });
        id
    }

    /// A filter.
    pub fn filter_mut(&mut self, id: FilterId) -> Option<&mut Filter> {
        self.firewall.filters.get_mut(id.0 as usize)
    }

    /// What is known of a filter.
    pub fn list_info_mut(&mut self, id: FilterId) -> Option<&mut ListInfo> {
        self.list_info.get_mut(id.0 as usize)
    }

    /// What kind of list a filter is.
    pub fn kind_of(&self, id: FilterId) -> Option<ListKind> {
        self.list_info.get(id.0 as usize).map(|info| info.kind)
    }

    /// All bindings, in order of their statements.
    pub fn all_bindings(&self) -> Vec<Binding> {
        let mut all: Vec<_> = self.bindings.values().flatten().copied().collect();
        all.sort_by_key(|binding| binding.span.start);
        all
    }

    /// An address or a `name`.
    pub fn host(&self, word: &str) -> Option<IpRange> {
        if let Some(address) = super::words::ipv4(word) {
            return Some(IpRange::V4(address, address));
        }
        if let Some(address) = super::words::ipv6(word) {
            return Some(IpRange::V6(address, address));
        }
        self.names.get(word).copied().map(IpRange::host)
    }

    /// An IPv4 address or a `name` of one.
    pub fn host4(&self, word: &str) -> Option<u32> {
        match self.host(word)? {
            IpRange::V4(address, _) => Some(address),
            IpRange::V6(..) => None,
        }
    }

    /// Whether the release is 8.3 or later; `None` when the file does not say.
    pub fn has_real_addresses(&self) -> Option<bool> {
        if self.old_product {
            return Some(false);
        }
        if let Some((major, minor, _)) = self.version {
            return Some((major, minor) >= (8, 3));
        }
        match (self.new_nat, self.old_nat) {
            (Some(_), None) => Some(true),
            (None, Some(_)) => Some(false),
            _ => None,
        }
    }

    /// Whether IPv4 and IPv6 have lists of their own (before 9.0).
    pub fn has_separate_families(&self) -> bool {
        self.old_product || self.version.is_some_and(|(major, ..)| major < 9)
    }
}

/// Notes the list that uses an object; `false` when it was the last one to.
pub fn stamp(stamps: &mut Vec<FilterId>, object: u32, list: FilterId) -> bool {
    let at = object as usize;
    if stamps.len() <= at {
        stamps.resize(at.saturating_add(1), FilterId(u32::MAX));
    }
    let slot = stamps.get_mut(at);
    slot.is_some_and(|slot| std::mem::replace(slot, list) != list)
}

/// An index as the model's ids store it.
pub fn index(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
