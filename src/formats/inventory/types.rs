//! What an `exlint.toml` says, each statement with its place.

use super::gate::Gate;
use crate::model::net::{IpRange, PortRange, Protocol};
use crate::model::server::{Role, Version};
use crate::model::zone::ZoneClass;
use crate::source::{Span, Spanned};

/// A read inventory file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {
    /// The file's first line; `None` for an inventory that is not from a file.
    pub span: Option<Span>,
    /// `[exchange]`: the organisation as a whole.
    pub exchange: ExchangeSection,
    /// `[[firewall]]`.
    pub firewalls: Vec<FirewallEntry>,
    /// `[[zone]]`.
    pub zones: Vec<ZoneEntry>,
    /// `[[server]]`, then `[[host]]`, each in file order.
    pub machines: Vec<MachineEntry>,
    /// `[rpc]`: the dynamic ports of RPC services.
    pub rpc: Option<RpcSection>,
    /// `[[path]]`: which firewalls stand between two zones, in order.
    pub paths: Vec<PathEntry>,
    /// `[[encrypted_link]]`: pairs of zones with encryption underneath.
    pub encrypted_links: Vec<EncryptedLink>,
    /// `[[allowed_flow]]`: justified exceptions.
    pub allowed_flows: Vec<AllowedFlow>,
    /// What it says of rules, exceptions and what fails a run.
    pub gate: Gate,
}

/// `[exchange]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ExchangeSection {
    /// Version to assume for servers without `AdminDisplayVersion`.
    pub version: Option<Spanned<Version>>,
    /// Patterns of export files, relative to the inventory.
    pub exports: Vec<Spanned<String>>,
    /// The day for which dates are judged, `YYYY-MM-DD`.
    pub reference_date: Option<Spanned<String>>,
    /// The only hosts that send mail from the Internet (cloud filters).
    pub smtp_sources: Vec<Spanned<IpRange>>,
}

/// `[[firewall]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct FirewallEntry {
    /// Name by which zones and paths refer to it.
    pub name: Spanned<String>,
    /// Format id of its configuration.
    pub format: Option<Spanned<String>>,
    /// Its configuration file, relative to the inventory.
    pub config: Option<Spanned<String>>,
    /// Software version, for a configuration without a version line.
    pub software: Option<Spanned<String>>,
    /// A captured routing table, relative to the inventory.
    pub routes: Option<Spanned<String>>,
    /// The entry.
    pub span: Span,
}

/// `[[zone]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct ZoneEntry {
    /// Name.
    pub name: Spanned<String>,
    /// Class.
    pub class: Option<Spanned<ZoneClass>>,
    /// Interfaces that touch it, `firewall:interface`.
    pub at: Vec<Spanned<String>>,
    /// Its networks.
    pub networks: Vec<Spanned<IpRange>>,
    /// What its users use (`owa`, `outlook-mapi` …).
    pub uses: Vec<Spanned<String>>,
    /// The entry.
    pub span: Span,
}

/// `[[server]]` or `[[host]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct MachineEntry {
    /// `true` for `[[server]]`, an Exchange server.
    pub exchange: bool,
    /// NetBIOS name or FQDN.
    pub name: Spanned<String>,
    /// Roles.
    pub roles: Vec<Spanned<Role>>,
    /// AD site.
    pub site: Option<Spanned<String>>,
    /// Addresses that it answers on.
    pub addresses: Vec<Spanned<IpRange>>,
    /// Addresses under which NAT publishes it.
    pub published: Vec<Spanned<IpRange>>,
    /// LDAP port of the Edge's ADAM, where it is not 50389.
    pub adam_ldap_port: Option<Spanned<u16>>,
    /// LDAPS port of the Edge's ADAM, where it is not 50636.
    pub adam_ssl_port: Option<Spanned<u16>>,
    /// `domain`, `private` or `public`: the network profile that Windows has
    /// in force on it.
    pub network_profile: Option<Spanned<String>>,
    /// `building`, `active` or `retired`.
    pub state: Option<Spanned<String>>,
    /// What a reverse proxy publishes (`owa`, `activesync` …).
    pub publishes: Vec<Spanned<String>>,
    /// Whether TLS ends at the proxy.
    pub terminates_tls: Option<Spanned<bool>>,
    /// How the proxy authenticates users before it forwards.
    pub preauth: Option<Spanned<String>>,
    /// The server that the proxy forwards to.
    pub forwards_to: Option<Spanned<String>>,
    /// The port that the proxy forwards to.
    pub forward_port: Option<Spanned<u16>>,
    /// The entry.
    pub span: Span,
}

/// `[rpc]`.
#[derive(Debug, Clone, PartialEq)]
pub struct RpcSection {
    /// `ws2003`, `ws2008`, `restricted` or `static`.
    pub profile: Option<Spanned<String>>,
    /// The ports of a restricted or static profile.
    pub range: Option<Spanned<PortRange>>,
    /// The section.
    pub span: Span,
}

/// `[[path]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct PathEntry {
    /// Zone at one end.
    pub from: Spanned<String>,
    /// Zone at the other end.
    pub to: Spanned<String>,
    /// Firewalls on the way, in order from `from` to `to`.
    pub via: Vec<Spanned<String>>,
    /// The entry.
    pub span: Span,
}

/// `[[encrypted_link]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct EncryptedLink {
    /// The two zones.
    pub between: [Spanned<String>; 2],
    /// `ipsec`, `vpn` …
    pub by: Option<Spanned<String>>,
    /// The entry.
    pub span: Span,
}

/// `[[allowed_flow]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct AllowedFlow {
    /// Server, host, zone or network.
    pub from: Spanned<String>,
    /// Server, host, zone or network.
    pub to: Spanned<String>,
    /// Protocol and ports.
    pub service: Option<Spanned<Service>>,
    /// Why it is right.
    pub reason: Spanned<String>,
    /// Last day of validity, `YYYY-MM-DD`.
    pub until: Option<Spanned<String>>,
    /// Ids or names of the rules that it is for; all when empty.
    pub rules: Vec<Spanned<String>>,
    /// The entry.
    pub span: Span,
}

/// A service as the inventory writes it: `tcp/25`, `udp/5000-5100`, `icmp`, `any`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Service {
    /// Protocol; `None` for any.
    pub protocol: Option<Protocol>,
    /// Destination ports; all where the service names none.
    pub ports: PortRange,
}
