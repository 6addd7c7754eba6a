//! The vendor-neutral firewall: what every platform compiles to.
//!
//! A packet that crosses a firewall must be accepted by every [`Stage`] whose
//! condition it meets, in order. A stage runs a [`Filter`]: an ordered
//! first-match list of [`Rule`]s whose default is itself a citable
//! pseudo-rule. What a file says and this model cannot express stands in the
//! rule as a [`Condition`] or in the firewall as a [`NotModelled`], and makes
//! the verdicts that it could change inconclusive.

use super::asks::Asks;
use super::net::{IpRange, PortRange, Protocol};
use super::references::References;
use crate::source::{Span, Spanned};

/// Index of an [`Interface`] in [`Firewall::interfaces`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InterfaceId(pub u32);

/// Index of an [`AddressObject`] in [`Firewall::address_objects`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AddressObjectId(pub u32);

/// Index of a [`ServiceObject`] in [`Firewall::service_objects`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceObjectId(pub u32);

/// Index of a [`Filter`] in [`Firewall::filters`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FilterId(pub u32);

/// Index of a [`NotModelled`] in [`Firewall::not_modelled`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReasonId(pub u32);

/// One firewall (one context of a multi-context device).
#[derive(Debug, Clone, PartialEq)]
pub struct Firewall {
    /// Host name as configured, or the file's stem at the file's first byte.
    pub name: Spanned<String>,
    /// Platform id, the same as the format id (`cisco-asa`).
    pub platform: &'static str,
    /// Software version text (`8.2(5)`), where the file states it.
    pub software: Option<Spanned<String>>,
    /// Whether interfaces are bridged: one subnet on both sides.
    pub transparent: Option<Span>,
    /// Whether replies of a permitted connection pass without a rule.
    pub stateful: bool,
    /// Interfaces in file order.
    pub interfaces: Vec<Interface>,
    /// Static and default routes, and the routes of a captured table.
    pub routes: Vec<Route>,
    /// Statements that bring in routes the file does not show (OSPF, BGP …).
    pub dynamic_routing: Vec<Span>,
    /// Interfaces behind which a policy may send packets another way than the
    /// routes: a stage of theirs leaves open which.
    pub policy_routing: Vec<InterfaceId>,
    /// Named and anonymous address objects and groups.
    pub address_objects: Vec<AddressObject>,
    /// Named and anonymous service objects and groups.
    pub service_objects: Vec<ServiceObject>,
    /// All access lists, policies or chains.
    pub filters: Vec<Filter>,
    /// What a crossing packet must pass, in order.
    pub stages: Vec<Stage>,
    /// Address translation.
    pub nat: Nat,
    /// Application inspections (ASA `inspect`, PIX `fixup`, ALGs).
    pub inspections: Vec<Inspection>,
    /// Encrypted tunnels by the packets that enter them.
    pub tunnels: Vec<Tunnel>,
    /// Everything known but not modelled, referred to by [`ReasonId`].
    pub not_modelled: Vec<NotModelled>,
    /// Where names are defined and used.
    pub references: References,
}

/// A logical interface.
#[derive(Debug, Clone, PartialEq)]
pub struct Interface {
    /// The name that policies use (ASA `nameif`, Junos unit, zone member).
    pub name: Spanned<String>,
    /// Hardware name (`GigabitEthernet0/1.20`).
    pub hardware: Option<Spanned<String>>,
    /// Zone, where the platform has zones.
    pub zone: Option<Spanned<String>>,
    /// Addresses with their network, in file order.
    pub addresses: Vec<InterfaceAddress>,
    /// Security level 0–100 (ASA and PIX).
    pub security_level: Option<Spanned<u8>>,
    /// `shutdown`: carries no traffic.
    pub shutdown: Option<Span>,
    /// An address the file does not show (DHCP, PPPoE).
    pub dynamic_address: Option<Span>,
    /// The routing table of packets that come in here: 0 is the main one, others
    /// are those of VRFs and routing instances, in file order.
    pub table: u32,
    /// The whole stanza.
    pub span: Span,
}

impl Interface {
    /// The name that Cisco gives to the interface that swallows packets.
    pub const NULL: &'static str = "Null0";
    /// Its name where the device has none: one that no device gives.
    pub const NOWHERE: &'static str = "(discard)";

    /// An interface of which only the name is known yet.
    #[must_use]
    pub fn new(name: String, span: Span) -> Self {
        Self {
            name: Spanned::new(name, span),
            hardware: None,
            zone: None,
            addresses: Vec::new(),
            security_level: None,
            shutdown: None,
            dynamic_address: None,
            table: 0,
            span,
        }
    }

    /// An interface that swallows packets, for static routes that lead there.
    #[must_use]
    pub fn nowhere(name: &'static str, span: Span) -> Self {
        Self::new(name.to_owned(), span)
    }

    /// Whether what is routed there is dropped: nothing lies behind it.
    #[must_use]
    pub fn discards(&self) -> bool {
        [Self::NULL, Self::NOWHERE].contains(&&*self.name.value)
    }
}

/// An address of an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InterfaceAddress {
    /// The interface's own address (host range).
    pub address: IpRange,
    /// The connected network.
    pub network: IpRange,
    /// The statement.
    pub span: Span,
}

/// A route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// Outgoing interface.
    pub interface: InterfaceId,
    /// Destination network.
    pub network: IpRange,
    /// Next hop (host range), where given.
    pub next_hop: Option<IpRange>,
    /// Administrative distance or metric; lower wins.
    pub metric: u32,
    /// The routing table that has it, as [`Interface::table`] counts.
    pub table: u32,
    /// The statement.
    pub span: Span,
}

/// Which interfaces a rule or a stage is for. Small, because every rule has
/// two.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum InterfaceMatch {
    /// Every interface.
    #[default]
    Any,
    /// One interface.
    One(InterfaceId),
    /// Several interfaces (the members of zones), or all but some.
    Set(Box<InterfaceSet>),
}

/// Several interfaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InterfaceSet {
    /// Whether the interfaces in `ids` are those that do *not* match
    /// (`! -i eth0`).
    pub except: bool,
    /// The interfaces, sorted; with none, nothing matches (or, with `except`,
    /// everything).
    pub ids: Box<[InterfaceId]>,
}

impl InterfaceMatch {
    /// Any of these interfaces; an empty list matches nothing.
    #[must_use]
    pub fn any_of(ids: impl IntoIterator<Item = InterfaceId>) -> Self {
        Self::set(false, ids)
    }

    /// Every interface but these.
    #[must_use]
    pub fn none_of(ids: impl IntoIterator<Item = InterfaceId>) -> Self {
        Self::set(true, ids)
    }

    fn set(except: bool, ids: impl IntoIterator<Item = InterfaceId>) -> Self {
        let mut ids: Vec<InterfaceId> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        match (except, ids.as_slice()) {
            (true, []) => Self::Any,
            (false, [id]) => Self::One(*id),
            _ => Self::Set(Box::new(InterfaceSet {
                except,
                ids: ids.into(),
            })),
        }
    }

    /// Whether every interface matches.
    #[must_use]
    pub fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }

    /// The one interface that it names.
    #[must_use]
    pub fn one(&self) -> Option<InterfaceId> {
        match self {
            Self::One(id) => Some(*id),
            Self::Any | Self::Set(_) => None,
        }
    }

    /// Whether an interface matches.
    #[must_use]
    pub fn contains(&self, id: InterfaceId) -> bool {
        match self {
            Self::Any => true,
            Self::One(one) => *one == id,
            Self::Set(set) => set.ids.binary_search(&id).is_ok() != set.except,
        }
    }

    /// Whether an interface that may not be known matches; `None` when that
    /// depends on the interface.
    #[must_use]
    pub fn admits(&self, id: Option<InterfaceId>) -> Option<bool> {
        match (self, id) {
            (_, Some(id)) => Some(self.contains(id)),
            (Self::Any, None) => Some(true),
            (Self::Set(set), None) if set.ids.is_empty() && !set.except => Some(false),
            (Self::One(_) | Self::Set(_), None) => None,
        }
    }

    /// Whether every interface that matches `other` matches this one too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) => true,
            (_, Self::One(id)) => self.contains(*id),
            (Self::Set(set), Self::Set(wanted)) if set.except && wanted.except => {
                set.ids.iter().all(|id| wanted.ids.contains(id))
            }
            (_, Self::Set(wanted)) if !wanted.except => {
                wanted.ids.iter().all(|id| self.contains(*id))
            }
            _ => false,
        }
    }
}

impl From<Option<InterfaceId>> for InterfaceMatch {
    fn from(id: Option<InterfaceId>) -> Self {
        id.map_or(Self::Any, Self::One)
    }
}

/// Which packets a [`Stage`] is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Passage {
    /// Packets that cross the device.
    #[default]
    Transit,
    /// Packets for the device itself (iptables `INPUT`, Windows inbound rules).
    ToHost,
    /// Packets that the device itself sends (iptables `OUTPUT`, Windows
    /// outbound rules).
    FromHost,
}

/// What a position for an address may hold. Small, because every rule has two.
#[derive(Debug, Clone, PartialEq)]
pub enum AddressMatch {
    /// Any address of any family.
    Any,
    /// One term.
    One(AddressTerm),
    /// Any of several terms.
    AnyOf(Box<[AddressTerm]>),
    /// Everything but these terms (`negate-source`, `! -s`).
    NoneOf(Box<[AddressTerm]>),
}

/// One address term.
#[derive(Debug, Clone, PartialEq)]
pub enum AddressTerm {
    /// Every IPv4 address (`any4`).
    Any4,
    /// Every IPv6 address (`any6`).
    Any6,
    /// A range of IPv4 addresses.
    V4(u32, u32),
    /// A range of IPv6 addresses.
    V6(Box<(u128, u128)>),
    /// IPv4 addresses that equal `.0` in the bits set in `.1` (non-contiguous
    /// wildcard masks).
    Masked(Box<(u32, u32)>),
    /// A named or anonymous object.
    Object(AddressObjectId),
    /// The addresses of an interface (`interface outside`).
    Interface(InterfaceId),
    /// Addresses that the file does not tell (FQDN, missing object).
    Unknown(ReasonId),
}

impl From<IpRange> for AddressTerm {
    fn from(range: IpRange) -> Self {
        match range {
            IpRange::V4(a, b) => Self::V4(a, b),
            IpRange::V6(a, b) => Self::V6(Box::new((a, b))),
        }
    }
}

/// A named address object or group.
#[derive(Debug, Clone, PartialEq)]
pub struct AddressObject {
    /// Name; empty for an anonymous one.
    pub name: String,
    /// Members, each with its line.
    pub members: Vec<Spanned<AddressTerm>>,
    /// Members taken away again (FortiOS `exclude-member`).
    pub excluded: Vec<Spanned<AddressTerm>>,
    /// The definition.
    pub span: Span,
}

/// What a position for a service may hold.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceMatch {
    /// Any protocol, any port.
    Any,
    /// One term.
    One(ServiceTerm),
    /// Any of several terms.
    AnyOf(Box<[ServiceTerm]>),
    /// Everything but these terms.
    NoneOf(Box<[ServiceTerm]>),
}

/// One service term: a protocol with ports, or a service object.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceTerm {
    /// Protocol and ports in place.
    Inline {
        /// Which protocols.
        protocol: ProtocolMatch,
        /// Source ports; only for protocols with ports.
        source: PortMatch,
        /// Destination ports; for ICMP, type and code as in [`IcmpMatch`].
        destination: PortMatch,
    },
    /// ICMP (v4 or v6 by protocol) with type and code.
    Icmp(IcmpMatch),
    /// A named or anonymous service object with whole services.
    Object(ServiceObjectId),
    /// Services that the file does not tell (App-ID, missing object).
    Unknown(ReasonId),
}

/// ICMP type and code; `None` means any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IcmpMatch {
    /// `Protocol::ICMP` or `Protocol::ICMP6`.
    pub protocol: Protocol,
    /// Type.
    pub kind: Option<u8>,
    /// Code.
    pub code: Option<u8>,
}

/// Which protocols a term matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolMatch {
    /// Any (`ip`).
    Any,
    /// One number.
    One(Protocol),
    /// A protocol group: an object whose members are services without ports.
    Object(ServiceObjectId),
    /// Not told by the file.
    Unknown(ReasonId),
}

/// Which ports a term matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortMatch {
    /// Any port.
    Any,
    /// An inclusive range.
    Range(PortRange),
    /// Every port but this range (`neq`).
    Not(PortRange),
    /// A port group: an object whose members are [`PortMember`]s.
    Object(ServiceObjectId),
    /// Not told by the file.
    Unknown(ReasonId),
}

/// A named service object or group.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceObject {
    /// Name; empty for an anonymous one.
    pub name: String,
    /// Whole services (protocol, source and destination ports, ICMP, nested).
    pub services: Vec<Spanned<ServiceTerm>>,
    /// Bare ports, for groups that stand where a port stands.
    pub ports: Vec<Spanned<PortMatch>>,
    /// The definition.
    pub span: Span,
}

/// An access list, policy or chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// Name as the platform shows it.
    pub name: String,
    /// Rules in evaluation order.
    pub rules: Vec<Rule>,
    /// What happens to packets that no rule matches.
    pub default: FilterDefault,
    /// Where the filter is defined (its first line).
    pub span: Span,
    /// Whether it is a packet filter at all: `false` for a list that only
    /// serves as a selector (split tunnel, NAT, class map).
    pub filters_traffic: bool,
}

/// The pseudo-rule at a filter's end.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterDefault {
    /// `Permit`, `Deny` or `Return` (fall through to the caller).
    pub action: Action,
    /// What to cite, in words ("implicit deny at the end of access list x").
    pub label: String,
    /// The line that brings it about: the last rule, the binding, the policy.
    pub span: Span,
}

/// What a rule does with a packet that it matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Accept in this stage.
    Permit,
    /// Drop or reject.
    Deny,
    /// Evaluate another filter; when it returns, go on with the next rule.
    Jump(FilterId),
    /// Evaluate another filter; when it returns, return from this one too.
    Goto(FilterId),
    /// Go back to the calling filter.
    Return,
    /// Only logs or counts.
    Continue,
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What happens on a match.
    pub action: Action,
    /// `false` for `inactive` or `disabled` rules: they never match.
    pub enabled: bool,
    /// Whether a match is logged.
    pub logs: bool,
    /// Incoming interfaces, where the rule itself names them.
    pub ingress: InterfaceMatch,
    /// Outgoing interfaces, where the rule itself names them.
    pub egress: InterfaceMatch,
    /// Source addresses.
    pub source: AddressMatch,
    /// Destination addresses.
    pub destination: AddressMatch,
    /// Services.
    pub service: ServiceMatch,
    /// Only for packets of an established connection (`established`, state).
    pub state: StateMatch,
    /// What else must hold, not modelled: the rule matches *possibly*.
    pub conditions: Box<[Condition]>,
    /// For a pseudo-rule: what to cite. `None` for a rule of the file.
    pub implicit: Option<Box<str>>,
    /// The whole statement.
    pub span: Span,
}

/// Which connection states a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StateMatch {
    /// Any packet.
    #[default]
    Any,
    /// First packets of a connection only.
    New,
    /// Packets of known connections only (`established`, `ESTABLISHED,RELATED`).
    Established,
}

/// A condition that the model cannot decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Known, not modelled: see [`Firewall::not_modelled`].
    Unknown(ReasonId),
    /// Only packets whose destination a translation of this firewall changed
    /// before the filter. Where the question does not tell, it is unknown for
    /// this reason.
    NewDestination(ReasonId),
    /// Only inside a time range; decided with the reference date.
    Schedule(Box<Schedule>),
    /// Only in other network profiles of a host than those that the filter is
    /// for: their names, and where the file states them. It never holds; a rule
    /// that has it is not enabled.
    Profiles(Box<Spanned<String>>),
}

/// A named time range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Name.
    pub name: String,
    /// First moment of validity as `YYYY-MM-DDTHH:MM`, if absolute.
    pub start: Option<String>,
    /// Last moment of validity as `YYYY-MM-DDTHH:MM`, if absolute.
    pub end: Option<String>,
    /// Whether it also recurs (daily, weekdays): then it matches *possibly*
    /// even between start and end.
    pub periodic: bool,
    /// The definition.
    pub span: Span,
    /// What it depends on.
    pub asks: Asks,
}

/// Which addresses a filter's rules speak of when NAT is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressView {
    /// Untranslated addresses (ASA 8.3 and later).
    Real,
    /// Addresses as seen on the interface (ASA before 8.3).
    Mapped,
    /// Not told by the file: evaluate both, agree or be inconclusive.
    Unknown,
}

/// A filter bound to a place on a packet's way.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// What to call it ("access-group outside_in in interface outside").
    pub label: String,
    /// Which packets it is for: those that cross the device, or those that
    /// end or begin in it.
    pub passage: Passage,
    /// Only packets that come in here.
    pub ingress: InterfaceMatch,
    /// Only packets that go out here.
    pub egress: InterfaceMatch,
    /// What is run.
    pub filter: FilterId,
    /// Real or mapped addresses.
    pub view: AddressView,
    /// The binding statement.
    pub span: Span,
}

/// Address translation, in evaluation order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Nat {
    /// Rules; the first that matches decides.
    pub rules: Vec<NatRule>,
    /// `nat-control`: packets that match no rule are dropped (PIX, ASA < 8.3).
    pub control: Option<Span>,
    /// Nobody asks what would become of replies: they go back the way their
    /// connection came (Junos, netfilter), or are translated when they come
    /// (IOS). Otherwise a packet for a real address whose replies a rule would
    /// translate is dropped (the reverse path check of the ASA).
    pub session_replies: bool,
}

/// One translation between a real and a mapped side.
#[derive(Debug, Clone, PartialEq)]
pub struct NatRule {
    /// Static, dynamic or exempt.
    pub kind: NatKind,
    /// Interface of the real source; `None` for any.
    pub real_interface: Option<InterfaceId>,
    /// Interface of the mapped source; `None` for any.
    pub mapped_interface: Option<InterfaceId>,
    /// Real source addresses.
    pub real_source: AddressMatch,
    /// Mapped source addresses; same size for `Static`, a pool for `Dynamic`.
    pub mapped_source: AddressMatch,
    /// Mapped destination as the real host addresses it (twice NAT); `Any` if
    /// the rule does not look at destinations.
    pub mapped_destination: AddressMatch,
    /// Real destination (twice NAT).
    pub real_destination: AddressMatch,
    /// Service on the real side (its *source* ports are the real port of a
    /// published server), and on the mapped side.
    pub service: Option<Box<NatService>>,
    /// Translation of the destination's port (twice NAT): `mapped` is the port
    /// that the real host asks for, `real` the one that it reaches.
    pub destination_service: Option<Box<NatService>>,
    /// Whether only packets that also meet this filter are translated (policy
    /// NAT, `nat 0 access-list`), with real addresses.
    pub policy: Option<FilterId>,
    /// Only outbound (`unidirectional`): does not open the mapped address.
    pub unidirectional: bool,
    /// `inactive`.
    pub enabled: bool,
    /// What else must hold or is not modelled.
    pub conditions: Box<[Condition]>,
    /// The statement.
    pub span: Span,
}

/// Kinds of translation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NatKind {
    /// One to one, both directions.
    Static,
    /// Pool or port translation, from the real side only.
    Dynamic,
    /// Identity or exemption: no translation, both directions.
    Exempt,
    /// Only the destination of new connections changes, before the way out is
    /// chosen (iptables `DNAT`): from `mapped_source` to `real_source`, the
    /// port as `service` says. `policy` looks at the packets as they come in.
    /// `real_source` of `Any` leaves the destination as it is.
    Destination,
    /// Only the source of new connections changes, on the way out, after all
    /// filters (iptables `SNAT`, `MASQUERADE`): to `mapped_source`; `Any` of
    /// it leaves the source as it is.
    Source,
}

/// Port translation of a [`NatRule`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatService {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// Real port of the published server.
    pub real: PortRange,
    /// Port on the mapped address.
    pub mapped: PortRange,
}

/// An application inspection.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// Canonical name: `smtp`, `esmtp`, `dcerpc`, `sip`, `h323`, `http`, `ftp` …
    pub protocol: String,
    /// What it does to packets that pass.
    pub effect: InspectionEffect,
    /// Interface, or `None` for all (global policy).
    pub interface: Option<InterfaceId>,
    /// Only packets that meet this filter; `None` for all of the ports.
    pub filter: Option<FilterId>,
    /// Destination ports that it listens on.
    pub ports: Vec<(Protocol, PortRange)>,
    /// Whether the running configuration hides it (platform default).
    pub default: bool,
    /// The statement, or what implies it.
    pub span: Span,
    /// Further statements that shape it (policy map, `allow-tls`).
    pub related: Vec<Span>,
}

/// What an inspection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum InspectionEffect {
    /// Removes STARTTLS from SMTP sessions.
    StripsStarttls,
    /// SMTP inspection that lets TLS pass.
    AllowsTls,
    /// Opens the dynamic ports that RPC endpoint mapping negotiates.
    OpensRpc,
    /// Opens media ports and rewrites addresses in SIP.
    OpensMedia,
    /// Ends TLS sessions of others and reads what they carry.
    DecryptsTls,
    /// Known, without effect on these data paths.
    Other,
}

/// An encrypted tunnel.
#[derive(Debug, Clone, PartialEq)]
pub struct Tunnel {
    /// Name and sequence (`outside_map 20`).
    pub name: String,
    /// Interface at which packets enter it.
    pub interface: Option<InterfaceId>,
    /// Packets that are encrypted.
    pub filter: Option<FilterId>,
    /// The peer (host ranges).
    pub peers: Vec<IpRange>,
    /// What makes packets that come out of it meet the interface filters
    /// (`no sysopt connection permit-vpn`); `None` when they may bypass them.
    pub filtered: Option<Span>,
    /// The statement.
    pub span: Span,
}

/// A construct that is known and not modelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotModelled {
    /// A short reason, ready to follow "because": `object web is defined by a name (fqdn www.example.com)`.
    pub reason: String,
    /// The construct.
    pub span: Span,
    /// What it depends on.
    pub asks: Asks,
}

#[cfg(test)]
mod tests {
    use super::{InterfaceId, InterfaceMatch};

    const A: InterfaceId = InterfaceId(0);
    const B: InterfaceId = InterfaceId(1);
    const C: InterfaceId = InterfaceId(2);

    #[test]
    fn a_zone_without_members_matches_no_interface() {
        let none = InterfaceMatch::any_of([]);
        assert!(!none.contains(A));
        assert_eq!(none.admits(None), Some(false));
        assert!(InterfaceMatch::none_of([]).is_any());
    }

    #[test]
    fn an_unknown_interface_leaves_a_named_one_open() {
        assert_eq!(InterfaceMatch::One(A).admits(None), None);
        assert_eq!(InterfaceMatch::none_of([A]).admits(None), None);
        assert_eq!(InterfaceMatch::Any.admits(None), Some(true));
    }

    #[test]
    fn one_match_covers_another_only_when_no_interface_is_left() {
        let sets = [
            InterfaceMatch::Any,
            InterfaceMatch::One(A),
            InterfaceMatch::any_of([]),
            InterfaceMatch::any_of([B, A]),
            InterfaceMatch::none_of([A]),
            InterfaceMatch::none_of([A, B]),
        ];
        let four = [A, B, C, InterfaceId(3)];
        for one in &sets {
            for other in &sets {
                let left = four
                    .iter()
                    .any(|id| other.contains(*id) && !one.contains(*id));
                assert_eq!(one.covers(other), !left, "{one:?} over {other:?}");
            }
        }
    }
}
