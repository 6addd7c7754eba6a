//! Exchange objects: joined to their server, equal copies merged, different
//! copies reported.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use siphasher::sip::SipHasher13;

use crate::model::exchange::{Record, Value};
use crate::source::Spanned;

use super::attribution::{
    FileOwners, Owner, Ownership, names_servers, node, owner, ownership, stated_server,
};
use super::draft::Drafts;
use super::exports::Exported;
use super::host_objects;
use super::types::{Contradiction, Object, ServerId};
use super::values::{Comparison, compare, show};

/// Cmdlets that return one object for a whole organisation or server.
const SINGLETONS: &[&str] = &[
    "Get-TransportConfig",
    "Get-OrganizationConfig",
    "Get-SenderReputationConfig",
    "Get-RecipientFilterConfig",
    "Get-SmbServerConfiguration",
    "Get-DnsClientGlobalSetting",
];

/// Different values that a contradiction shows.
const MOST_VALUES: usize = 16;

/// What two exports of one object have in common.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Key {
    cmdlet: &'static str,
    scope: Scope,
    name: String,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Scope {
    Organisation,
    Machine(usize),
    /// A server that is not known, by what the export calls it.
    Text(String),
    /// A server that nothing tells: only a copy that says the same is the same
    /// object, because each server has one of that name.
    Nowhere(u64),
}

/// Joins all objects to their machines. Properties that copies contradict each
/// other about become unusable: never the last, never the first wins.
pub(super) fn join(
    exported: Vec<Exported>,
    drafts: &Drafts,
    files: &FileOwners,
    contradictions: &mut Vec<Contradiction>,
) -> Vec<(Object, Option<usize>)> {
    let is_edge = |machine: usize| super::addresses::is_edge(drafts, machine);
    let mut objects: Vec<(Object, Option<usize>)> = Vec::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    let mut merges: Vec<Merge> = Vec::new();
    for item in exported {
        let owner = owner(&item, &drafts.directory, files, is_edge);
        let machine = owner.map(|owner| owner.machine);
        let key = key(&item, owner);
        if let Some(at) = key.as_ref().and_then(|key| known.get(key).copied()) {
            if let (Some((object, _)), Some(merge)) = (objects.get_mut(at), merges.get_mut(at)) {
                merge.add(object, item.record);
            }
            continue;
        }
        if let Some(key) = key {
            known.insert(key, objects.len());
        }
        merges.push(Merge::default());
        objects.push((
            Object {
                cmdlet: item.cmdlet,
                server: None,
                identity: identity(&item, machine, drafts),
                record: Arc::new(item.record),
                copies: Vec::new(),
            },
            machine,
        ));
    }
    for ((object, _), merge) in objects.iter_mut().zip(merges) {
        merge.finish(object, contradictions);
    }
    objects
}

/// `None` for an object without a name, which is like no other.
fn key(item: &Exported, owner: Option<Owner>) -> Option<Key> {
    let scope = match (owner, ownership(item.cmdlet)) {
        (Some(owner), _) => Scope::Machine(owner.machine),
        (None, Ownership::OfOrganisation) => Scope::Organisation,
        (None, _) => {
            match stated_server(&item.record).or_else(|| item.host.as_deref().map(str::to_owned)) {
                Some(text) => Scope::Text(text.to_lowercase()),
                None if of_some_machine(item.cmdlet) => Scope::Nowhere(fingerprint(&item.record)),
                None => Scope::Organisation,
            }
        }
    };
    // Nodes of one cluster each tell of themselves, and the copies of one
    // storage group each have a state.
    let of_node = owner.is_some_and(|owner| owner.by_node)
        && matches!(ownership(item.cmdlet), Ownership::OfHost);
    let part = match &item.copy_on {
        Some(machine) => Some(machine.to_string()),
        None if of_node => node(item),
        None => None,
    };
    let name = own_key(item)?;
    Some(Key {
        cmdlet: item.cmdlet,
        scope,
        name: match part {
            Some(part) => format!("{part}\\{name}").to_lowercase(),
            None => name.to_lowercase(),
        },
    })
}

/// Whether objects of a cmdlet belong to a machine each, and machines have
/// objects of the same name. Certificates and adapters are told apart by names
/// that no other has.
fn of_some_machine(cmdlet: &str) -> bool {
    const UNIQUE: &[&str] = &[
        "Get-ExchangeCertificate",
        "Get-PfxCertificate",
        "Get-NetworkConnectionInfo",
    ];
    names_servers(cmdlet)
        || cmdlet == "Get-WebApplication"
        || (ownership(cmdlet) == Ownership::OfHost && !UNIQUE.contains(&cmdlet))
}

/// The same for objects with the same values.
fn fingerprint(record: &Record) -> u64 {
    let mut hasher = SipHasher13::new();
    for property in &record.properties {
        property.name.to_lowercase().hash(&mut hasher);
        show(&property.value).hash(&mut hasher);
    }
    hasher.finish()
}

/// What tells an object from its siblings on the same server.
fn own_key(item: &Exported) -> Option<String> {
    let record = &item.record;
    let text = |key: &str| record.text(key).map(|(text, _)| text.to_owned());
    if SINGLETONS.contains(&item.cmdlet) {
        return Some(String::new());
    }
    if let Some(key) = host_objects::key(item.cmdlet, record) {
        return Some(key);
    }
    match item.cmdlet {
        "Get-ExchangeCertificate" => return text("thumbprint"),
        "Get-PfxCertificate" => return text("thumbprint"),
        "Get-ADDomainController" => return text("hostname").or_else(|| text("name")),
        // Many entries of one object.
        "Get-ADPermission" | "Get-ADGroupMember" | "Get-NetIPsecRule" | "Resolve-DnsName" => {
            return None;
        }
        "Get-WebApplication" => return super::iis::own_name(record),
        "Get-NetworkConnectionInfo" => {
            return text("adapterguid")
                .or_else(|| text("macaddress"))
                .or_else(|| text("name"));
        }
        _ => {}
    }
    if ownership(item.cmdlet) == Ownership::IsServer {
        // The server is the scope; only one that is not known needs a name.
        return text("fqdn")
            .or_else(|| text("name"))
            .or_else(|| text("identity"))
            .map(|name| name.split('.').next().unwrap_or_default().to_owned());
    }
    let identity = text("identity").map(|identity| match identity.split_once('\\') {
        Some((_, own)) if ownership(item.cmdlet) == Ownership::OfServer => own.to_owned(),
        // The organisation itself holds it (`\Default Offline Address Book`).
        Some(("", own)) => own.to_owned(),
        _ => identity,
    });
    identity.or_else(|| name_of(record))
}

/// The name of an object, which scripts that list connectors call what it is.
fn name_of(record: &Record) -> Option<String> {
    let name = record
        .text("name")
        .or_else(|| record.text("connectorname"))?;
    Some(name.0.to_owned())
}

/// The identity for people.
fn identity(item: &Exported, machine: Option<usize>, drafts: &Drafts) -> String {
    let record = &item.record;
    let text = |key: &str| record.text(key).map(|(text, _)| text.to_owned());
    let server = machine
        .and_then(|machine| drafts.machines.get(machine))
        .map(|draft| draft.label.to_uppercase());
    match item.cmdlet {
        "Get-ExchangeCertificate" | "Get-PfxCertificate" | "Get-NetworkConnectionInfo" => {
            let own = text("thumbprint").or_else(|| text("name"));
            return match (server, own) {
                (Some(server), Some(own)) => format!("{server}\\{own}"),
                (_, Some(own)) => own,
                (Some(server), None) => server,
                (None, None) => "(unnamed)".to_owned(),
            };
        }
        "Get-WebApplication" => {
            let own = super::iis::own_name(record);
            return match (server, own) {
                (Some(server), Some(own)) => format!("{server}\\{own}"),
                (server, own) => own.or(server).unwrap_or_else(|| "(unnamed)".to_owned()),
            };
        }
        _ => {}
    }
    if let Some(own) = host_objects::name(item.cmdlet, record) {
        return match server {
            Some(server) => format!("{server}\\{own}"),
            None => own,
        };
    }
    if ownership(item.cmdlet) == Ownership::IsServer
        && let Some(name) = super::attribution::own_name(record)
    {
        return name;
    }
    if let Some(identity) = text("identity") {
        return identity;
    }
    match (server, name_of(record)) {
        (Some(server), Some(name)) if ownership(item.cmdlet) == Ownership::OfServer => {
            format!("{server}\\{name}")
        }
        (_, Some(name)) => name,
        (server, None) => {
            let noun = SINGLETONS
                .contains(&item.cmdlet)
                .then(|| item.cmdlet.trim_start_matches("Get-"));
            match (server, noun) {
                (Some(server), Some(noun)) => format!("{server}\\{noun}"),
                (Some(server), None) => server,
                (None, noun) => noun.unwrap_or("(unnamed)").to_owned(),
            }
        }
    }
}

/// The property of a contradiction between two organisations (IN004).
const ORGANISATION: &str = "organisation";

/// What the copies of one object say differently, by property.
#[derive(Debug, Default)]
struct Merge {
    differences: HashMap<String, Vec<Spanned<String>>>,
}

impl Merge {
    fn add(&mut self, object: &mut Object, copy: Record) {
        object.copies.push(copy.span);
        let known = &mut Arc::make_mut(&mut object.record).properties;
        for property in copy.properties {
            let Some(kept) = known.get_mut(&property.name) else {
                known.push_new(property);
                continue;
            };
            match compare(kept, &property) {
                Comparison::Same => {}
                Comparison::SecondIsBetter => *kept = property,
                Comparison::Different => {
                    let values = self
                        .differences
                        .entry(property.name.to_ascii_lowercase())
                        .or_insert_with(|| vec![Spanned::new(show(&kept.value), kept.span)]);
                    let value = show(&property.value);
                    if values.len() < MOST_VALUES
                        && !values.iter().any(|known| known.value == value)
                    {
                        values.push(Spanned::new(value, property.span));
                    }
                }
            }
        }
    }

    fn finish(self, object: &mut Object, contradictions: &mut Vec<Contradiction>) {
        let organisations = self.organisations();
        let several = organisations.is_some();
        contradictions.extend(organisations.map(|values| Contradiction {
            subject: object.identity.clone(),
            property: ORGANISATION.to_owned(),
            values,
            inventory: false,
        }));
        for (key, values) in self.differences {
            let properties = &mut Arc::make_mut(&mut object.record).properties;
            let Some(property) = properties.get_mut(&key) else {
                continue;
            };
            property.value = Value::Unusable("two exports disagree about this value".into());
            // Site, roles and version of a server are decided with the server.
            let decided = object.cmdlet == "Get-ExchangeServer"
                && matches!(
                    key.as_str(),
                    "site" | "serverrole" | "admindisplayversion" | "fqdn"
                );
            if !decided && !several {
                contradictions.push(Contradiction {
                    subject: object.identity.clone(),
                    property: property.name.to_string(),
                    values,
                    inventory: false,
                });
            }
        }
    }
}

impl Merge {
    /// The domains that the copies lie in, where these differ: then they are
    /// objects of two organisations, and everything in them may differ.
    fn organisations(&self) -> Option<Vec<Spanned<String>>> {
        let names = self.differences.get("distinguishedname")?;
        let mut domains: Vec<Spanned<String>> = Vec::new();
        for name in names {
            let parts: Vec<&str> = name
                .value
                .split(',')
                .filter_map(|part| {
                    let part = part.trim();
                    part.strip_prefix("DC=")
                        .or_else(|| part.strip_prefix("dc="))
                })
                .collect();
            let domain = parts.join(".").to_lowercase();
            if !domain.is_empty() && !domains.iter().any(|known| known.value == domain) {
                domains.push(Spanned::new(domain, name.span));
            }
        }
        (domains.len() > 1).then_some(domains)
    }
}

/// Turns draft indices into server ids.
pub(super) fn finish(objects: Vec<(Object, Option<usize>)>, ids: &[ServerId]) -> Vec<Object> {
    objects
        .into_iter()
        .map(|(mut object, machine)| {
            object.server = machine.and_then(|machine| ids.get(machine).copied());
            object
        })
        .collect()
}
