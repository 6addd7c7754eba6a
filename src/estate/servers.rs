//! Machines from Get-ExchangeServer, other cmdlets and the inventory.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use crate::formats::inventory::Inventory;
use crate::model::exchange::{Lookup, Record, Value};
use crate::source::{Span, Spanned};

use super::attribution::{own_name, stated_computer, stated_server};
use super::draft::{Draft, Drafts, Stated, state};
use super::exports::Exported;
use super::names::{MachineName, leaf};
use super::types::{Role, Strength, Version};

/// Names in `ServerRole` (`reference/exchange-exports.md` §5.1); `None` for
/// names that stand for no role of a data path.
const SERVER_ROLES: &[(&str, Option<Role>)] = &[
    ("Mailbox", Some(Role::Mailbox)),
    ("ClientAccess", Some(Role::ClientAccess)),
    ("Cafe", Some(Role::ClientAccess)),
    ("HubTransport", Some(Role::Hub)),
    ("UnifiedMessaging", Some(Role::UnifiedMessaging)),
    ("Edge", Some(Role::Edge)),
    ("FrontendTransport", None),
    ("ProvisionedServer", None),
    ("None", None),
];

/// Booleans that tell a role where `ServerRole` does not.
const ROLE_FLAGS: &[(&str, Role)] = &[
    ("IsMailboxServer", Role::Mailbox),
    ("IsClientAccessServer", Role::ClientAccess),
    ("IsHubTransportServer", Role::Hub),
    ("IsUnifiedMessagingServer", Role::UnifiedMessaging),
    ("IsEdgeServer", Role::Edge),
];

/// Cmdlets that list only servers of one role.
const ROLE_CMDLETS: &[(&str, Role)] = &[
    ("Get-MailboxServer", Role::Mailbox),
    ("Get-ClientAccessServer", Role::ClientAccess),
    ("Get-ClientAccessService", Role::ClientAccess),
    ("Get-UMServer", Role::UnifiedMessaging),
    ("Get-EdgeSubscription", Role::Edge),
];

/// Properties of `Get-ExchangeServer -Status` that name domain controllers.
const DOMAIN_CONTROLLERS: &[&str] = &[
    "CurrentDomainControllers",
    "CurrentGlobalCatalogs",
    "CurrentConfigDomainController",
    "StaticDomainControllers",
    "StaticGlobalCatalogs",
    "StaticConfigDomainController",
];

/// Collects every machine that exports and inventory speak of.
pub(super) fn collect(exported: &[Exported], inventory: Option<&Inventory>) -> Drafts {
    let mut drafts = Drafts::default();
    let of = |cmdlet: &'static str| {
        exported
            .iter()
            .filter(move |item| item.cmdlet.eq_ignore_ascii_case(cmdlet))
    };
    // Records with an FQDN first: they tell machines of one NetBIOS name apart.
    let has_fqdn = |item: &&Exported| item.record.text("fqdn").is_some();
    for item in of("Get-ExchangeServer").filter(has_fqdn) {
        exchange_server(&item.record, &mut drafts);
    }
    for item in of("Get-ExchangeServer").filter(|item| !has_fqdn(item)) {
        exchange_server(&item.record, &mut drafts);
    }
    if let Some(inventory) = inventory {
        declared_machines(inventory, &mut drafts);
    }
    for item in of("Get-MailboxServer") {
        cluster(&item.record, &mut drafts);
    }
    for item in of("Get-ClusteredMailboxServerStatus") {
        cluster_status(&item.record, &mut drafts);
    }
    for (cmdlet, role) in ROLE_CMDLETS {
        for item in of(cmdlet) {
            role_cmdlet(&item.record, *role, &mut drafts);
        }
    }
    for item in exported {
        mentioned_server(item, &mut drafts);
    }
    for item in of("Get-ExchangeServer") {
        domain_controllers(&item.record, &mut drafts);
    }
    super::directory::domain_controllers(exported, &mut drafts);
    super::clusters::join(exported, &mut drafts);
    super::clusters::join_addresses(exported, &mut drafts);
    let mut by_address = None;
    for item in of("Get-UMIPGateway") {
        let by_address = by_address.get_or_insert_with(|| machines_by_address(&drafts));
        gateway(&item.record, &mut drafts, by_address);
    }
    drafts
}

fn exchange_server(record: &Record, drafts: &mut Drafts) {
    let fqdn = record
        .text("fqdn")
        .filter(|(text, _)| MachineName::parse(text).is_some_and(|name| name.fqdn.is_some()));
    let Some(name) = fqdn
        .map(|(text, _)| text.to_owned())
        .or_else(|| own_name(record))
    else {
        return;
    };
    let name_span = ["name", "fqdn", "identity"]
        .iter()
        .find_map(|key| record.text(key))
        .map_or(record.span, |(_, span)| span);
    let Some(machine) = drafts.ensure(&name, true, name_span) else {
        return;
    };
    let Some(draft) = drafts.get_mut(machine) else {
        return;
    };
    draft.listed = true;
    if let Some((text, span)) = fqdn {
        state(
            &mut draft.fqdns,
            Stated::by_export(text.to_lowercase(), span),
        );
    }
    if let Some((text, span)) = record.text("site") {
        state(&mut draft.sites, Stated::by_export(leaf(text), span));
    }
    let version = record
        .text("admindisplayversion")
        .and_then(|(text, span)| Some((Version::parse(text)?, span)));
    if let Some((version, span)) = version {
        state(&mut draft.versions, Stated::by_export(version, span));
    }
    roles(record, version, draft);
}

fn roles(record: &Record, version: Option<(Version, Span)>, draft: &mut Draft) {
    // Exchange 2000 and 2003 have no ServerRole; 2007 shows them as `None`.
    if let Some((version, span)) = version
        && version.major == 6
    {
        let span = record.names("serverrole").map_or(span, |(_, span)| span);
        let legacy = BTreeSet::from([Role::LegacyMailbox]);
        state(&mut draft.roles, Stated::by_export(legacy, span));
        return;
    }
    let (why, span) = match record.names("serverrole") {
        Some((names, span)) => {
            let names: Vec<&str> = names
                .iter()
                .flat_map(|names| names.split(','))
                .map(str::trim)
                .filter(|name| !name.is_empty())
                .collect();
            let known = |name: &str| {
                SERVER_ROLES
                    .iter()
                    .find(|(known, _)| known.eq_ignore_ascii_case(name))
                    .map(|(_, role)| *role)
            };
            match names.iter().find(|name| known(name).is_none()) {
                None => {
                    let roles = names.iter().filter_map(|name| known(name)?).collect();
                    state(&mut draft.roles, Stated::by_export(roles, span));
                    return;
                }
                Some(name) => (format!("ServerRole has an unknown name `{name}`"), span),
            }
        }
        None => match record.get("serverrole") {
            Lookup::Unknown(why, span) => (why.to_owned(), span),
            _ => ("ServerRole was not exported".to_owned(), record.span),
        },
    };
    let flags: Vec<(Role, bool, Span)> = ROLE_FLAGS
        .iter()
        .filter_map(|(key, role)| match record.get(key) {
            Lookup::Known(Value::Bool(set), span) => Some((*role, *set, span)),
            _ => None,
        })
        .collect();
    if flags.len() == ROLE_FLAGS.len() {
        let set: BTreeSet<Role> = flags.iter().filter(|f| f.1).map(|f| f.0).collect();
        let span = flags
            .iter()
            .find(|flag| flag.1)
            .or_else(|| flags.first())
            .map_or(span, |flag| flag.2);
        state(&mut draft.roles, Stated::by_export(set, span));
    } else {
        for (role, _, span) in flags.iter().filter(|flag| flag.1) {
            draft.imply(Spanned::new(*role, *span));
        }
        draft.roles_unknown = Some(Spanned::new(why, span));
    }
}

fn declared_machines(inventory: &Inventory, drafts: &mut Drafts) {
    for entry in &inventory.machines {
        let Some(machine) = drafts.ensure(&entry.name.value, entry.exchange, entry.name.span)
        else {
            continue;
        };
        let Some(draft) = drafts.get_mut(machine) else {
            continue;
        };
        draft.listed = true;
        let name = MachineName::parse(&entry.name.value);
        if let Some(fqdn) = name.and_then(|name| name.fqdn) {
            draft
                .fqdns
                .push(Stated::by_inventory(fqdn, entry.name.span));
        }
        let (exchange, other): (Vec<Spanned<Role>>, Vec<Spanned<Role>>) = entry
            .roles
            .iter()
            .copied()
            .partition(|role| role.value.is_exchange());
        draft.implied_roles.extend(other);
        if let Some(first) = exchange.first() {
            let set = exchange.iter().map(|role| role.value).collect();
            draft.roles.push(Stated::by_inventory(set, first.span));
        }
        if let Some(site) = &entry.site {
            draft
                .sites
                .push(Stated::by_inventory(site.value.clone(), site.span));
        }
        for range in &entry.addresses {
            for ip in hosts(range.value) {
                draft.add_address(ip, range.span, Strength::Declared);
            }
        }
        draft.published.extend(entry.published.iter().copied());
        draft.state.clone_from(&entry.state);
    }
}

/// Addresses of a declared range, up to this many. A server that declares a
/// larger one is not a server; see [`super::references`].
pub(super) const MOST_ADDRESSES: usize = 256;

fn hosts(range: crate::model::net::IpRange) -> Vec<IpAddr> {
    use crate::model::net::IpRange;
    match range {
        IpRange::V4(a, b) => (a..=b)
            .take(MOST_ADDRESSES)
            .map(|bits| IpAddr::V4(bits.into()))
            .collect(),
        IpRange::V6(a, b) => (a..=b)
            .take(MOST_ADDRESSES)
            .map(|bits| IpAddr::V6(bits.into()))
            .collect(),
    }
}

/// The nodes of a clustered mailbox server: `RedundantMachines`, which on a
/// server without a cluster holds at most the server itself.
fn cluster(record: &Record, drafts: &mut Drafts) {
    let Some((names, span)) = record.names("redundantmachines") else {
        return;
    };
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    add_nodes(record, &names, span, drafts);
}

/// The nodes in `OperationalMachines` (`NODE1 <Active, Quorum Owner>`).
fn cluster_status(record: &Record, drafts: &mut Drafts) {
    let Some((names, span)) = record.names("operationalmachines") else {
        return;
    };
    // The remark in angle brackets may itself hold commas, and so be split.
    let mut in_remark = false;
    let mut nodes: Vec<String> = Vec::new();
    for item in names {
        if !in_remark && let Some(node) = item.split(['<', ' ']).next() {
            nodes.push(node.to_owned());
        }
        in_remark = match (item.rfind('<'), item.rfind('>')) {
            (Some(open), Some(close)) => open > close,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => in_remark,
        };
    }
    add_nodes(record, &nodes, span, drafts);
}

/// More nodes than any Windows cluster has (16 in Windows Server 2008).
const MOST_NODES: usize = 64;

fn add_nodes(record: &Record, names: &[String], span: Span, drafts: &mut Drafts) {
    let Some(own) = own_name(record) else {
        return;
    };
    let Some(machine) = drafts.ensure(&own, true, record.span) else {
        return;
    };
    for node in names.iter().take(MOST_NODES) {
        let Some(name) = MachineName::parse(node) else {
            continue;
        };
        if drafts.directory.own(&name) == Some(machine) {
            continue;
        }
        drafts.directory.add_alias(&name, machine);
        if let Some(draft) = drafts.get_mut(machine)
            && !draft.nodes.iter().any(|known| known.value == name.label)
        {
            draft.nodes.push(Spanned::new(name.label, span));
        }
    }
}

fn role_cmdlet(record: &Record, role: Role, drafts: &mut Drafts) {
    let Some(name) = own_name(record) else {
        return;
    };
    let span = record.text("name").map_or(record.span, |(_, span)| span);
    let Some(machine) = drafts.ensure(&name, true, span) else {
        return;
    };
    let subscribed_site = record.text("site").filter(|_| role == Role::Edge);
    let Some(draft) = drafts.get_mut(machine) else {
        return;
    };
    if !draft.has_role(role) && draft.roles.is_empty() {
        draft.implied_roles.push(Spanned::new(role, span));
    }
    if let Some((site, span)) = subscribed_site {
        state(&mut draft.sites, Stated::by_export(leaf(site), span));
    }
}

/// A server that is only known because an object says that it is its.
fn mentioned_server(item: &Exported, drafts: &mut Drafts) {
    use super::attribution::{Ownership, names_servers, ownership};
    let name = match ownership(item.cmdlet) {
        Ownership::OfServer if names_servers(item.cmdlet) => stated_server(&item.record),
        // Only servers with Exchange answer it.
        Ownership::OfHost if item.cmdlet == "Get-ExchangeCertificate" => {
            stated_computer(&item.record)
        }
        Ownership::IsServer if item.cmdlet != "Get-ExchangeServer" => own_name(&item.record),
        _ => None,
    };
    let Some(name) = name else {
        return;
    };
    // A node's objects belong to the clustered server.
    let is_known =
        MachineName::parse(&name).is_some_and(|parsed| drafts.directory.find(&parsed).is_some());
    if !is_known {
        drafts.ensure(&name, true, item.record.span);
    }
}

fn domain_controllers(record: &Record, drafts: &mut Drafts) {
    for key in DOMAIN_CONTROLLERS {
        let Some((names, span)) = record.names(key) else {
            continue;
        };
        let names: Vec<String> = names.iter().map(|name| leaf(name)).collect();
        for name in names {
            let Some(machine) = drafts.ensure(&name, false, span) else {
                continue;
            };
            let Some(draft) = drafts.get_mut(machine) else {
                continue;
            };
            if let Some(fqdn) = MachineName::parse(&name).and_then(|name| name.fqdn)
                && draft.fqdns.is_empty()
            {
                draft.fqdns.push(Stated::by_export(fqdn, span));
            }
            if !draft.has_role(Role::ActiveDirectory) {
                draft
                    .implied_roles
                    .push(Spanned::new(Role::ActiveDirectory, span));
            }
        }
    }
}

/// The first machine of each address.
fn machines_by_address(drafts: &Drafts) -> HashMap<IpAddr, usize> {
    let mut by_address = HashMap::new();
    for (machine, draft) in drafts.machines.iter().enumerate() {
        for stated in &draft.addresses {
            by_address.entry(stated.address.ip).or_insert(machine);
        }
    }
    by_address
}

fn gateway(record: &Record, drafts: &mut Drafts, by_address: &mut HashMap<IpAddr, usize>) {
    let Some((address, span)) = record.text("address") else {
        return;
    };
    let address = address.to_owned();
    let ip = address.parse::<IpAddr>().ok();
    // A gateway of the inventory with that address is the same machine.
    let known = ip.and_then(|ip| by_address.get(&ip).copied());
    let name = record.text("name").map(|(name, _)| name);
    let by_name = name.and_then(|name| drafts.directory.find_text(name));
    let Some(machine) = known
        .or(by_name)
        .or_else(|| drafts.ensure(name.filter(|_| ip.is_some())?, false, span))
        .or_else(|| drafts.ensure(&address, false, span))
    else {
        return;
    };
    let Some(draft) = drafts.get_mut(machine) else {
        return;
    };
    if !draft.has_role(Role::IpGateway) {
        draft
            .implied_roles
            .push(Spanned::new(Role::IpGateway, span));
    }
    match ip {
        Some(ip) => {
            draft.add_address(ip, span, Strength::Connected);
            let first = by_address.entry(ip).or_insert(machine);
            *first = machine.min(*first);
        }
        None => {
            if let Some(fqdn) = MachineName::parse(&address).and_then(|name| name.fqdn)
                && draft.fqdns.is_empty()
            {
                draft.fqdns.push(Stated::by_export(fqdn, span));
            }
        }
    }
}
