//! What a run knows about servers, networks and firewalls, each with evidence.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::formats::Problem;
use crate::formats::inventory::Inventory;
use crate::model::exchange::Record;
use crate::model::firewall::{Firewall, InterfaceId};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::host_ports::HostPorts;

pub use crate::model::server::{Role, Version};
pub use crate::model::zone::ZoneClass;

/// Index of a firewall in [`Estate::firewalls`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FirewallId(pub u32);

/// Index of a server or host in [`Estate::servers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServerId(pub u32);

/// Index of a zone in [`Estate::zones`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ZoneId(pub u32);

/// All documents of a run, joined.
#[derive(Debug, Clone, Default)]
pub struct Estate {
    /// Firewalls in order of their files.
    pub firewalls: Vec<EstateFirewall>,
    /// Firewalls that the inventory declares and of which no configuration was
    /// read.
    pub unread_firewalls: Vec<Spanned<String>>,
    /// Exchange servers, then other hosts; each machine once.
    pub servers: Vec<Server>,
    /// Zones: one for each network area that a firewall or the inventory tells.
    pub zones: Vec<Zone>,
    /// Exchange objects in file order, joined to their server.
    pub objects: Vec<Object>,
    /// Ports that servers listen on, where their own files tell.
    pub host_ports: BTreeMap<ServerId, HostPorts>,
    /// Which cmdlets ran, with what is known of the run; a run without records
    /// is a fact too.
    pub runs: Vec<Run>,
    /// The inventory, if there is one.
    pub inventory: Option<Inventory>,
    /// Statements that cannot both be true.
    pub contradictions: Vec<Contradiction>,
    /// What is not known, with the command that would settle it.
    pub questions: Vec<Question>,
    /// What is wrong with the inputs as a whole: references to names that
    /// nothing defines, firewalls without a file …
    pub problems: Vec<Problem>,
    /// The day for which dates are judged, `YYYY-MM-DD`.
    pub reference_date: String,
}

/// A firewall and the name that the run knows it by.
#[derive(Debug, Clone)]
pub struct EstateFirewall {
    /// Name from the inventory, else the host name; unique in the run.
    pub name: String,
    /// The configuration.
    pub firewall: Firewall,
}

/// How a fact is known, strongest first (`Ord`: smaller is stronger).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// Written in the inventory.
    Declared,
    /// Stated by an export, or an address in a connected network.
    Connected,
    /// A static route longer than /0 leads there.
    Routed,
    /// Only mentioned as a source in an access list of that interface.
    RuleMention,
    /// Only the default route matches.
    DefaultRoute,
    /// Only a name suggests it.
    Name,
}

/// One machine (or clustered mailbox server).
#[derive(Debug, Clone)]
pub struct Server {
    /// Display name: NetBIOS name or inventory name, lower case; unique.
    pub name: String,
    /// FQDN where known, lower case.
    pub fqdn: Option<Spanned<String>>,
    /// `true` for an Exchange server, `false` for any other host.
    pub exchange: bool,
    /// Roles with their evidence.
    pub roles: Vec<Spanned<Role>>,
    /// AD site; for an Edge the subscribed site.
    pub site: Option<Spanned<String>>,
    /// Version, for example 8.3.
    pub version: Option<Spanned<Version>>,
    /// Addresses that it answers on.
    pub addresses: Vec<Address>,
    /// Addresses under which NAT publishes it, as declared.
    pub published: Vec<Spanned<IpRange>>,
    /// A clustered mailbox server: a virtual name with nodes.
    pub nodes: Vec<Spanned<String>>,
    /// Lifecycle as declared: `building`, `active` (default), `retired`.
    pub state: Option<Spanned<String>>,
    /// The statement that makes it known.
    pub span: Span,
}

/// An address of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// How it is known.
    pub strength: Strength,
    /// The statement.
    pub span: Span,
    /// The zone it lies in.
    pub zone: Option<ZoneId>,
}

/// A network area.
#[derive(Debug, Clone)]
pub struct Zone {
    /// Name from the inventory, else `firewall:interface`.
    pub name: String,
    /// Class, once declared or decided by at least two signals.
    pub class: Option<ZoneClass>,
    /// How the class is known; `Declared` or weaker.
    pub strength: Strength,
    /// What speaks for or against the class.
    pub signals: Vec<Signal>,
    /// Where firewalls touch it.
    pub attachments: Vec<(FirewallId, InterfaceId)>,
    /// Where its networks lie further on, past the zone at the interface: a site
    /// at the other end of a tunnel, a network behind a router.
    pub beyond: Vec<(FirewallId, InterfaceId)>,
    /// Its networks.
    pub networks: Vec<Spanned<IpRange>>,
    /// The statement that makes it known.
    pub span: Span,
}

/// Kinds of evidence for a class: one row each of `topology.md` §4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SignalKind {
    /// Declared in the inventory.
    Declared,
    /// Security levels of a device's interfaces.
    SecurityLevel,
    /// The zone or interface is literally called a perimeter.
    Label,
    /// Published to the Internet and apart from the domain controllers.
    Published,
    /// The addresses of the network are public, or private.
    AddressRange,
    /// An Edge server is there: says nothing about that Edge itself.
    HoldsEdge,
    /// A declared reverse proxy is there.
    HoldsReverseProxy,
    /// A domain controller is there.
    HoldsDomainController,
    /// The default route leads there.
    DefaultRoute,
}

/// One piece of evidence for a class (`topology.md` §4).
#[derive(Debug, Clone)]
pub struct Signal {
    /// What kind of evidence it is; a class needs two different kinds.
    pub kind: SignalKind,
    /// The class that it speaks for.
    pub class: ZoneClass,
    /// Weight; negative speaks against.
    pub weight: i8,
    /// In words.
    pub what: String,
    /// Where.
    pub span: Span,
}

/// An Exchange object joined to its server.
#[derive(Debug, Clone)]
pub struct Object {
    /// Canonical cmdlet.
    pub cmdlet: &'static str,
    /// The server that it belongs to, where it belongs to one and that is known.
    pub server: Option<ServerId>,
    /// Its identity for people (`HUB1\Default HUB1`).
    pub identity: String,
    /// Its properties, shared with the facts.
    pub record: Arc<Record>,
    /// Further copies with equal values (other exports of the same object).
    pub copies: Vec<Span>,
}

/// A cmdlet run.
#[derive(Debug, Clone)]
pub struct Run {
    /// Canonical cmdlet.
    pub cmdlet: &'static str,
    /// Host, where known.
    pub host: Option<Arc<str>>,
    /// Number of objects.
    pub count: usize,
    /// The output.
    pub span: Span,
}

/// Two statements that cannot both be true.
#[derive(Debug, Clone)]
pub struct Contradiction {
    /// What they speak of (`edge1`).
    pub subject: String,
    /// Property (`site`, `roles`, `address`, or an Exchange property).
    pub property: String,
    /// The values with their places; at least two.
    pub values: Vec<Spanned<String>>,
    /// Whether one of them is the inventory (rule IN004).
    pub inventory: bool,
}

/// Something that is not known.
#[derive(Debug, Clone)]
pub struct Question {
    /// Stable key: `server-address`, `server-zone`, `zone-class`, `device-mode` …
    pub kind: &'static str,
    /// What it is about (`mbx1`).
    pub subject: String,
    /// In words, English.
    pub text: String,
    /// The command or inventory lines that would settle it.
    pub settle: String,
    /// What raises it.
    pub span: Span,
}
