//! What an export tells of a Windows firewall, whatever its form.
//!
//! A reader fills these facts in; [`super::compile`] makes the model of them.
//! A fact that an export does not show is [`Told::Absent`]: never a default,
//! unless the form itself means one.

use std::borrow::Cow;

use crate::model::net::{IpRange, PortRange, Protocol};
use crate::source::{Span, Spanned};

/// A fact of an export.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Told<T> {
    /// The export does not show it.
    #[default]
    Absent,
    /// The export shows it.
    Known(T),
    /// The export shows something that does not decide it.
    Unclear(Box<Doubt>),
}

impl<T> Told<T> {
    /// The known value.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unclear(_) => None,
        }
    }

    /// Something that does not decide, for this reason.
    pub fn unclear(reason: impl Into<Cow<'static, str>>, span: Span) -> Self {
        Self::Unclear(Box::new(Doubt::new(reason, span)))
    }

    /// Whether the export says nothing.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Fills in what the form means where it says nothing.
    pub fn or_means(&mut self, value: T) {
        if self.is_absent() {
            *self = Self::Known(value);
        }
    }
}

/// Something that is known and not modelled, with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// Ready to follow "because".
    pub reason: Cow<'static, str>,
    /// The construct.
    pub span: Span,
}

impl Doubt {
    /// A doubt about a place.
    pub fn new(reason: impl Into<Cow<'static, str>>, span: Span) -> Self {
        Self {
            reason: reason.into(),
            span,
        }
    }
}

/// A term of a list of addresses or ports.
#[derive(Debug, Clone, PartialEq)]
pub enum Term<T> {
    /// Exactly this range.
    Exact(T),
    /// A keyword or a word that the file does not resolve.
    Open(Box<Doubt>),
}

impl<T> Term<T> {
    /// One that is not exact, for this reason.
    pub fn open(reason: impl Into<Cow<'static, str>>, span: Span) -> Self {
        Self::Open(Box::new(Doubt::new(reason, span)))
    }
}

/// Addresses; none means any.
pub type Addresses = Vec<Term<IpRange>>;
/// Ports; none means any.
pub type Ports = Vec<Term<PortRange>>;

/// Which way the connections of a rule are opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// To the host.
    In,
    /// From the host.
    Out,
}

impl Direction {
    /// Both, in the order of the model.
    pub const BOTH: [Self; 2] = [Self::In, Self::Out];

    /// The name of its filter.
    pub fn filter(self) -> &'static str {
        match self {
            Self::In => "inbound",
            Self::Out => "outbound",
        }
    }
}

/// What a rule does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleAction {
    /// Lets pass what no block rule matches.
    Allow,
    /// Drops, whatever allow rules say.
    Block,
    /// Lets authenticated peers pass in spite of block rules.
    Bypass,
}

/// A network profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Profile {
    /// The network has a domain controller of the computer's domain.
    Domain,
    /// Chosen by an administrator.
    Private,
    /// Any other.
    Public,
}

impl Profile {
    /// All, in the order in which Windows prints them.
    pub const ALL: [Self; 3] = [Self::Domain, Self::Private, Self::Public];

    /// Index in a list of all.
    pub fn index(self) -> usize {
        match self {
            Self::Domain => 0,
            Self::Private => 1,
            Self::Public => 2,
        }
    }

    /// Its English name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Domain => "Domain",
            Self::Private => "Private",
            Self::Public => "Public",
        }
    }
}

/// A set of profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Profiles(u8);

impl Profiles {
    /// All three.
    pub const ALL: Self = Self(7);

    /// This one alone.
    pub fn one(profile: Profile) -> Self {
        match profile {
            Profile::Domain => Self(1),
            Profile::Private => Self(2),
            Profile::Public => Self(4),
        }
    }

    /// Both sets together.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a profile is in the set.
    pub fn contains(self, profile: Profile) -> bool {
        self.0 & Self::one(profile).0 != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Their English names, in the order in which Windows prints them.
    pub fn names(self) -> String {
        let all = Profile::ALL.into_iter();
        let names: Vec<&str> = all
            .filter(|profile| self.contains(*profile))
            .map(Profile::name)
            .collect();
        names.join(", ")
    }

    /// The bits of `NET_FW_PROFILE_TYPE2`: 1 domain, 2 private, 4 public.
    /// 0 and 0x7fffffff mean all.
    pub fn of_bits(bits: u32) -> Self {
        let low = u8::try_from(bits & 7).unwrap_or(7);
        if low == 0 { Self::ALL } else { Self(low) }
    }
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSource {
    /// The computer's own store.
    Local,
    /// A group policy.
    GroupPolicy,
    /// The system itself.
    System,
}

/// Which protocol a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtocolFact {
    /// Any.
    Any,
    /// One number.
    One(Protocol),
}

/// An ICMP type with its code; `None` for any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IcmpFact {
    /// Type.
    pub kind: Option<u8>,
    /// Code.
    pub code: Option<u8>,
}

/// What else may bind a rule: to a program, a service, an interface …
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Binding {
    /// Executable.
    Program = 1,
    /// Windows service.
    Service = 2,
    /// Kinds of interfaces.
    InterfaceType = 4,
    /// Named interfaces.
    Interface = 8,
    /// Authentication, computers, users.
    Security = 16,
    /// App package.
    Package = 32,
}

/// A rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleFacts {
    /// `InstanceID` or name in the store, by which filters are joined.
    pub id: Option<Box<str>>,
    /// See [`Direction`].
    pub direction: Told<Direction>,
    /// See [`RuleAction`].
    pub action: Told<RuleAction>,
    /// Whether it is in force.
    pub enabled: Told<bool>,
    /// Profiles in which it is in force.
    pub profiles: Told<Spanned<Profiles>>,
    /// Protocol.
    pub protocol: Told<ProtocolFact>,
    /// ICMP types; none means any.
    pub icmp: Told<Vec<IcmpFact>>,
    /// Addresses of the host.
    pub local_addresses: Told<Addresses>,
    /// Addresses of the other end.
    pub remote_addresses: Told<Addresses>,
    /// Ports of the host.
    pub local_ports: Told<Ports>,
    /// Ports of the other end.
    pub remote_ports: Told<Ports>,
    /// Store that it comes from.
    pub source: Told<RuleSource>,
    /// The bindings of which the export says something ([`Binding`] bits).
    pub bindings: u8,
    /// What it is bound to, and whatever else makes it conditional.
    pub doubts: Vec<Doubt>,
    /// What to cite: the place of its name.
    pub span: Span,
}

impl RuleFacts {
    /// A rule of which nothing is known yet.
    pub fn new(span: Span) -> Self {
        Self {
            id: None,
            direction: Told::Absent,
            action: Told::Absent,
            enabled: Told::Absent,
            profiles: Told::Absent,
            protocol: Told::Absent,
            icmp: Told::Absent,
            local_addresses: Told::Absent,
            remote_addresses: Told::Absent,
            local_ports: Told::Absent,
            remote_ports: Told::Absent,
            source: Told::Absent,
            bindings: 0,
            doubts: Vec::new(),
            span,
        }
    }

    /// Notes that the export tells whether a binding holds.
    pub fn tells(&mut self, binding: Binding) {
        self.bindings |= binding as u8;
    }

    /// Whether the export tells of a binding.
    pub fn told(&self, binding: Binding) -> bool {
        self.bindings & binding as u8 != 0
    }

    /// What a form means that leaves out everything unrestricted.
    pub fn rest_is_any(&mut self) {
        self.profiles
            .or_means(Spanned::new(Profiles::ALL, self.span));
        self.protocol.or_means(ProtocolFact::Any);
        self.icmp.or_means(Vec::new());
        self.local_addresses.or_means(Vec::new());
        self.remote_addresses.or_means(Vec::new());
        self.local_ports.or_means(Vec::new());
        self.remote_ports.or_means(Vec::new());
        self.bindings = u8::MAX;
    }

    /// Takes over what another part of the export says of the same rule.
    pub fn join(&mut self, other: Self) {
        fn take<T>(slot: &mut Told<T>, other: Told<T>) {
            if slot.is_absent() {
                *slot = other;
            }
        }
        take(&mut self.direction, other.direction);
        take(&mut self.action, other.action);
        take(&mut self.enabled, other.enabled);
        take(&mut self.profiles, other.profiles);
        take(&mut self.protocol, other.protocol);
        take(&mut self.icmp, other.icmp);
        take(&mut self.local_addresses, other.local_addresses);
        take(&mut self.remote_addresses, other.remote_addresses);
        take(&mut self.local_ports, other.local_ports);
        take(&mut self.remote_ports, other.remote_ports);
        take(&mut self.source, other.source);
        self.bindings |= other.bindings;
        self.doubts.extend(other.doubts);
    }
}

/// What happens to connections that no rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProfileDefault {
    /// Let pass.
    Allow,
    /// Dropped.
    Block,
    /// Dropped even where a rule allows them ("shields up").
    BlockAlways,
}

/// The settings of one profile.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProfileFacts {
    /// Whether the firewall is on.
    pub on: Told<Spanned<bool>>,
    /// For inbound connections.
    pub inbound: Told<Spanned<ProfileDefault>>,
    /// For outbound connections.
    pub outbound: Told<Spanned<ProfileDefault>>,
    /// Whether rules of the computer's own store count beside group policy.
    pub local_rules: Told<Spanned<bool>>,
}

impl ProfileFacts {
    /// Takes over what another part of the export says.
    pub fn join(&mut self, other: Self) {
        fn take<T>(slot: &mut Told<T>, other: Told<T>) {
            if slot.is_absent() {
                *slot = other;
            }
        }
        take(&mut self.on, other.on);
        take(&mut self.inbound, other.inbound);
        take(&mut self.outbound, other.outbound);
        take(&mut self.local_rules, other.local_rules);
    }

    /// Whether nothing is told.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Which stores the rules of an export are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Store {
    /// The computer's: what it has beside group policies, or all.
    #[default]
    Computer,
    /// One group policy: what it leaves open, the computer's store decides.
    GroupPolicy,
}

/// What one file tells.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The computer, where the file tells.
    pub host: Option<Spanned<String>>,
    /// What to call the firewall otherwise: the file's stem.
    pub stem: Spanned<String>,
    /// Which store it shows.
    pub store: Store,
    /// Rules in file order.
    pub rules: Vec<RuleFacts>,
    /// Whether it is a listing of rules, even of none.
    pub lists_rules: bool,
    /// Conditions of rules that stand elsewhere, by [`RuleFacts::id`].
    pub filters: Vec<RuleFacts>,
    /// By [`Profile::index`].
    pub profiles: [ProfileFacts; 3],
    /// The profiles that are in force on some interface, where told.
    pub active: Option<Spanned<Profiles>>,
    /// What the file holds and nobody read: it may decide anything.
    pub unread: Option<Doubt>,
}

impl Part {
    /// A part of which nothing is known yet.
    pub fn new(stem: Spanned<String>) -> Self {
        Self {
            host: None,
            stem,
            store: Store::Computer,
            rules: Vec::new(),
            lists_rules: false,
            filters: Vec::new(),
            profiles: std::array::from_fn(|_| ProfileFacts::default()),
            active: None,
            unread: None,
        }
    }

    /// Whether it says nothing about a firewall.
    pub fn is_empty(&self) -> bool {
        !self.lists_rules
            && self.rules.is_empty()
            && self.filters.is_empty()
            && self.active.is_none()
            && self.unread.is_none()
            && self.profiles.iter().all(ProfileFacts::is_empty)
    }

    /// The settings of a profile.
    pub fn profile_mut(&mut self, profile: Profile) -> &mut ProfileFacts {
        let [domain, private, public] = &mut self.profiles;
        match profile {
            Profile::Domain => domain,
            Profile::Private => private,
            Profile::Public => public,
        }
    }

    /// Notes that a profile is in force.
    pub fn activate(&mut self, profile: Profile, span: Span) {
        let more = Profiles::one(profile);
        match &mut self.active {
            Some(active) => active.value = active.value.with(more),
            None => self.active = Some(Spanned::new(more, span)),
        }
    }
}
