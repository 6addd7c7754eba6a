//! Nodes of clusters, from `Get-ClusterNode` or `cluster.exe`.
//!
//! Setup of Exchange 2007 makes a group with the name of the clustered mailbox
//! server; where a cluster lists such a group, its nodes can run that server.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;

use crate::source::{FileId, Span, Spanned};

use super::draft::Drafts;
use super::exports::Exported;
use super::names::MachineName;
use super::types::{Address, Server, Strength};

/// More nodes than any Windows cluster has.
const MOST_NODES: usize = 64;

/// What tells one cluster from another: its name, else the file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Cluster {
    Named(String),
    In(FileId),
}

fn cluster(item: &Exported) -> Cluster {
    match item.record.text("cluster") {
        Some((name, _)) => Cluster::Named(name.to_lowercase()),
        None => Cluster::In(item.record.span.file),
    }
}

/// Parameters of the resources of one cluster by the resource's name.
fn addresses_of_resources(exported: &[Exported]) -> HashMap<(Cluster, String), (IpAddr, Span)> {
    let parameters = exported
        .iter()
        .filter(|item| item.cmdlet == "Get-ClusterParameter");
    parameters
        .filter_map(|item| {
            let (name, _) = item.record.text("name")?;
            let (resource, _) = item.record.text("object")?;
            let (value, span) = item.record.text("value")?;
            let ip: IpAddr = value.parse().ok()?;
            let usable = !ip.is_unspecified() && !ip.is_loopback();
            (name.eq_ignore_ascii_case("Address") && usable)
                .then(|| ((cluster(item), resource.to_lowercase()), (ip, span)))
        })
        .collect()
}

/// Gives clustered mailbox servers the addresses of the resources in the
/// groups of their names.
pub(super) fn join_addresses(exported: &[Exported], drafts: &mut Drafts) {
    let addresses = addresses_of_resources(exported);
    let resources = exported
        .iter()
        .filter(|item| item.cmdlet == "Get-ClusterResource");
    for item in resources {
        let (Some((name, _)), Some((group, _))) =
            (item.record.text("name"), item.record.text("ownergroup"))
        else {
            continue;
        };
        let Some((ip, span)) = addresses.get(&(cluster(item), name.to_lowercase())) else {
            continue;
        };
        if let Some(machine) = drafts.directory.find_text(group)
            && let Some(draft) = drafts.get_mut(machine)
        {
            draft.add_address(*ip, *span, Strength::Connected);
        }
    }
}

/// Gives clustered mailbox servers the nodes of their cluster.
pub(super) fn join(exported: &[Exported], drafts: &mut Drafts) {
    let mut nodes: HashMap<Cluster, Vec<Spanned<String>>> = HashMap::new();
    for item in exported
        .iter()
        .filter(|item| item.cmdlet == "Get-ClusterNode")
    {
        if let Some((name, span)) = item.record.text("name") {
            let known = nodes.entry(cluster(item)).or_default();
            if known.len() < MOST_NODES {
                known.push(Spanned::new(name.to_owned(), span));
            }
        }
    }
    for item in exported
        .iter()
        .filter(|item| item.cmdlet == "Get-ClusterGroup")
    {
        let (Some((group, _)), Some(nodes)) = (item.record.text("name"), nodes.get(&cluster(item)))
        else {
            continue;
        };
        let Some(machine) = drafts.directory.find_text(group) else {
            continue;
        };
        for node in nodes {
            let Some(name) = MachineName::parse(&node.value) else {
                continue;
            };
            if drafts.directory.own(&name) == Some(machine) {
                continue;
            }
            drafts.directory.add_alias(&name, machine);
            if let Some(draft) = drafts.get_mut(machine).filter(|draft| draft.exchange)
                && !draft.nodes.iter().any(|known| known.value == name.label)
            {
                draft.nodes.push(Spanned::new(name.label, node.span));
            }
        }
    }
}

/// Makes machines of the nodes that clustered servers name and no other file
/// does: the paths between them exist, wherever they run.
pub(super) fn add_machines(servers: &mut Vec<Server>, drafts: &Drafts) {
    let mut known: HashSet<String> = servers.iter().map(|server| server.name.clone()).collect();
    let named: Vec<_> = servers
        .iter()
        .flat_map(|server| server.nodes.iter().cloned())
        .collect();
    for node in named {
        if known.insert(node.value.clone()) {
            servers.push(Server {
                addresses: addresses_of_node(&node.value, drafts),
                name: node.value,
                fqdn: None,
                exchange: false,
                roles: Vec::new(),
                site: None,
                version: None,
                published: Vec::new(),
                nodes: Vec::new(),
                state: None,
                span: node.span,
            });
        }
    }
}

/// Gives nodes without a site that of their clustered server: Exchange 2007
/// demands that all nodes of one stand in one site.
pub(super) fn place_nodes(servers: &mut [Server]) {
    let mut sites: HashMap<String, Vec<Spanned<String>>> = HashMap::new();
    for server in &*servers {
        for node in &server.nodes {
            let known = sites.entry(node.value.to_lowercase()).or_default();
            known.extend(server.site.clone());
        }
    }
    for server in servers.iter_mut().filter(|server| server.site.is_none()) {
        let Some([first, others @ ..]) = sites.get(&server.name).map(Vec::as_slice) else {
            continue;
        };
        let same = |other: &Spanned<String>| other.value.eq_ignore_ascii_case(&first.value);
        if others.iter().all(same) {
            server.site = Some(first.clone());
        }
    }
}

/// The addresses of a node's own settings, without those of the clustered
/// server, which the node has while that runs on it.
fn addresses_of_node(node: &str, drafts: &Drafts) -> Vec<Address> {
    let mut addresses: Vec<Address> = Vec::new();
    for draft in &drafts.machines {
        for stated in &draft.addresses {
            let ip = stated.address.ip;
            let of_cluster = draft
                .addresses
                .iter()
                .any(|other| !other.by_node && other.address.ip == ip);
            let known = addresses.iter().any(|address| address.ip == ip);
            if stated.node.as_deref() == Some(node) && !of_cluster && !known {
                addresses.push(Address {
                    strength: Strength::Connected,
                    ..stated.address
                });
            }
        }
    }
    addresses.sort_by_key(|address| address.ip);
    addresses
}
