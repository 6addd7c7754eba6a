//! Nodes of clusters, from `Get-ClusterNode` or `cluster.exe`.
//!
//! Setup of Exchange 2007 makes a group with the name of the clustered mailbox
//! server; where a cluster lists such a group, its nodes can run that server.

use std::collections::HashMap;

use crate::source::{FileId, Spanned};

use super::draft::Drafts;
use super::exports::Exported;
use super::names::MachineName;

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
