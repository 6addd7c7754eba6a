//! What is there in a folder of exports, what is missing, and what the missing
//! exports would enable: for people and programs alike.

use std::collections::BTreeMap;

use crate::estate::{Estate, Server};
use crate::finding::Run;
use crate::formats::exchange::cmdlets::{Cmdlet, table};
use crate::model::server::Role;
use crate::policy::{Policies, RuleMeta, settle};

/// Kinds of input that each server of some roles exports for itself: kind, and
/// the roles.
const OF_SERVERS: &str = include_str!("init.tsv");

/// Servers that are named for one kind.
const MOST_SERVERS: usize = 200;

/// A kind of input that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// `firewall`, or a cmdlet.
    pub kind: String,
    /// Firewalls or objects; 0 for a cmdlet that returned nothing.
    pub count: usize,
}

/// A kind of input that is missing, wholly or of some servers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// `firewall`, or a cmdlet.
    pub kind: String,
    /// The command that gives it, in both languages.
    pub command: crate::model::path::Localised,
    /// The servers that lack it; empty where nothing of the kind is there.
    pub servers: Vec<String>,
    /// Rules that ask for it.
    pub rules: Vec<String>,
    /// Data paths that it helps to decide.
    pub paths: Vec<&'static str>,
}

impl Missing {
    /// Whether a rule asks for it, or some servers gave it and others did not.
    #[must_use]
    pub fn is_asked_for(&self) -> bool {
        !self.rules.is_empty() || !self.servers.is_empty()
    }
}

/// What is there and what is not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// What is there, by kind.
    pub present: Vec<Present>,
    /// What is missing; what most rules ask for comes first.
    pub missing: Vec<Missing>,
}

impl Plan {
    /// Compares what a run read with what the rules ask for.
    #[must_use]
    pub fn new(run: &Run, policies: &Policies) -> Self {
        let present = present(run);
        let known = |kind: &str| present.iter().any(|p| p.kind == kind);
        let asked = asked(policies, known("inventory"));
        let mut missing: Vec<Missing> = Vec::new();
        for (kind, rules) in &asked {
            if kind != "inventory" && !known(kind) && exists(kind, &run.estate) {
                missing.push(of(kind, Vec::new(), rules.clone()));
            }
        }
        for cmdlet in &table().cmdlets {
            let wanted = !cmdlet.paths.is_empty() && exists(cmdlet.name, &run.estate);
            let counted = missing.iter().any(|m| m.kind == cmdlet.name);
            if wanted && !counted && !known(cmdlet.name) {
                missing.push(of(cmdlet.name, Vec::new(), Vec::new()));
            }
        }
        for (kind, roles) in of_servers() {
            let servers = lacking(kind, &roles, &run.estate);
            if known(kind) && !servers.is_empty() {
                let rules = asked.get(kind).cloned().unwrap_or_default();
                missing.push(of(kind, servers, rules));
            }
        }
        missing.sort_by_key(|one| {
            let weight = (one.rules.len(), one.paths.len());
            (std::cmp::Reverse(weight), one.kind.clone())
        });
        Self { present, missing }
    }
}

/// Kinds that are there, with their numbers.
fn present(run: &Run) -> Vec<Present> {
    let count = |kind: &str| match kind {
        "firewall" => run.estate.firewalls.len(),
        "inventory" => usize::from(run.estate.inventory.is_some()),
        _ => {
            let objects = run.estate.objects.iter();
            objects.filter(|object| object.cmdlet == kind).count()
        }
    };
    run.facts
        .kinds
        .iter()
        .map(|kind| Present {
            kind: kind.clone(),
            count: count(kind),
        })
        .collect()
}

/// Kinds that rules ask for, with the rules. Those about the inputs themselves
/// are content with any, and an inventory may stand for an export.
fn asked(policies: &Policies, inventory: bool) -> BTreeMap<String, Vec<String>> {
    let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let rules = policies.rules().iter();
    let wanted = |meta: &RuleMeta| meta.area != "inputs" && !meta.judges_change();
    for rule in rules.filter(|rule| wanted(&rule.meta)) {
        let open = |kinds: &&Vec<String>| !inventory || !kinds.iter().any(|k| k == "inventory");
        for kind in rule.meta.needs.iter().filter(open).flatten() {
            let rules = asked.entry(kind.clone()).or_default();
            if !rules.contains(&rule.meta.id) {
                rules.push(rule.meta.id.clone());
            }
        }
    }
    for rules in asked.values_mut() {
        rules.sort();
    }
    asked
}

/// Whether the versions of the servers have a cmdlet; where none is known, the
/// one that the data paths are of counts.
fn exists(kind: &str, estate: &Estate) -> bool {
    let Some(cmdlet) = table().cmdlet(kind) else {
        return true;
    };
    // Get-Smb… has the versions of Windows Server.
    if cmdlet.name.starts_with("Get-Smb") {
        return false;
    }
    let majors = estate.servers.iter().filter_map(|server| {
        let version = server.version.as_ref()?;
        server.exchange.then_some(version.value.major)
    });
    let (oldest, newest) = majors.fold((u32::MAX, 0), |(oldest, newest), major| {
        let major = u32::from(major);
        (oldest.min(major), newest.max(major))
    });
    let (oldest, newest) = if newest == 0 {
        (8, 8)
    } else {
        (oldest, newest)
    };
    let first = major(cmdlet.versions.0);
    let last = cmdlet.versions.1.map_or(u32::MAX, major);
    first <= newest && last >= oldest
}

/// The major version of a release of Exchange.
fn major(release: &str) -> u32 {
    match release.get(..4) {
        Some("2010") => 14,
        Some("2013" | "2016" | "2019") => 15,
        _ => 8,
    }
}

fn of(kind: &str, servers: Vec<String>, rules: Vec<String>) -> Missing {
    let paths = table()
        .cmdlet(kind)
        .map(|cmdlet: &Cmdlet| cmdlet.paths.clone());
    Missing {
        kind: kind.to_owned(),
        command: settle(kind),
        servers,
        rules,
        paths: paths.unwrap_or_default(),
    }
}

/// The table of kinds that every server of some roles has for itself.
fn of_servers() -> impl Iterator<Item = (&'static str, Vec<Role>)> {
    OF_SERVERS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(kind, roles)| {
            let roles = roles.split(' ').filter_map(Role::from_id);
            (kind, roles.collect())
        })
}

/// Servers of some roles (of any role, where none is named) of which nothing
/// of a kind is there.
fn lacking(kind: &str, roles: &[Role], estate: &Estate) -> Vec<String> {
    let has = |position: usize, server: &Server| {
        let objects = estate.objects.iter().filter(|o| o.cmdlet == kind);
        let mut owners = objects.filter_map(|o| usize::try_from(o.server?.0).ok());
        let label = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
        let ran = |host: &str| label(host) == label(&server.name);
        let mut runs = estate.runs.iter().filter(|run| run.cmdlet == kind);
        owners.any(|owner| owner == position)
            || runs.any(|run| run.host.as_deref().is_some_and(ran))
            || (kind == "Get-NetworkConnectionInfo" && !server.addresses.is_empty())
    };
    let concerned = |server: &Server| {
        let gone = server.state.as_ref().is_some_and(|s| s.value != "active");
        let of_role = |role: &Role| server.roles.iter().any(|known| known.value == *role);
        server.exchange && !gone && (roles.is_empty() || roles.iter().any(of_role))
    };
    let servers = estate.servers.iter().enumerate();
    servers
        .filter(|(position, server)| concerned(server) && !has(*position, server))
        .map(|(_, server)| server.name.clone())
        .take(MOST_SERVERS)
        .collect()
}
