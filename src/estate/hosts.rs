//! Firewalls of hosts: of which server an export is.
//!
//! A listing of Windows Firewall seldom names its computer. Then the names of
//! its file and folders are asked, and what stays open is said: a firewall of
//! no known host is on no packet's way.

use crate::formats::firewall::windows_firewall::{self, Part, Profile, Profiles};
use crate::formats::inventory::{Inventory, MachineEntry};
use crate::formats::{Problem, ProblemLevel};
use crate::model::firewall::Firewall;
use crate::source::{FileId, Sources, Spanned};

use super::firewalls::ends_with_path;
use super::types::{Contradiction, Estate, EstateFirewall, Server};

/// Firewalls of hosts from what all files tell of them. Which network profile
/// is in force the export tells, else the inventory.
pub(super) fn assemble(
    parts: Vec<(FileId, Part)>,
    inventory: Option<&Inventory>,
    sources: &Sources,
    contradictions: &mut Vec<Contradiction>,
) -> Vec<(FileId, Firewall)> {
    let path = |file: FileId| sources.get(file).map_or("", |file| file.name());
    let folder = |file: FileId| {
        let (folder, _) = path(file).rsplit_once(['/', '\\']).unwrap_or_default();
        folder.to_owned()
    };
    let declared = |host: &str, file: FileId, told: Option<Spanned<Profiles>>| {
        let machine = declared_machine(inventory?, host, path(file))?;
        let stated = machine.network_profile.as_ref()?;
        let known = Profile::ALL
            .into_iter()
            .find(|profile| profile.name().eq_ignore_ascii_case(&stated.value))?;
        let declared = Spanned::new(Profiles::one(known), stated.span);
        if let Some(told) = told.filter(|told| told.value != declared.value) {
            contradictions.push(Contradiction {
                subject: machine.name.value.clone(),
                property: "network profile".to_owned(),
                values: vec![declared.map(Profiles::names), told.map(Profiles::names)],
                inventory: true,
            });
        }
        Some(declared)
    };
    windows_firewall::assemble(parts, folder, declared)
}

/// The machine of the inventory that a listing is of: by the name that it has
/// or that the inventory gives to its file, else by its path.
fn declared_machine<'i>(
    inventory: &'i Inventory,
    host: &str,
    path: &str,
) -> Option<&'i MachineEntry> {
    let mut entries = inventory.firewalls.iter();
    let entry = entries.find(|entry| {
        let config = entry.config.as_ref();
        config.is_some_and(|config| ends_with_path(path, &config.value))
    });
    let host = entry.map_or(host, |entry| entry.name.value.as_str());
    let machines = &inventory.machines;
    let named = |word: &str, machine: &MachineEntry| is_name(word, &machine.name.value, None);
    let by_name = machines.iter().find(|machine| named(host, machine));
    by_name.or_else(|| by_path(path, machines, named, |machine| &machine.name.value))
}

/// Gives firewalls of hosts the names of their servers.
pub(super) fn attach(estate: &mut Estate, sources: &Sources) {
    if estate.servers.is_empty() {
        return;
    }
    for position in 0..estate.firewalls.len() {
        let Some(firewall) = estate.firewalls.get(position) else {
            continue;
        };
        if firewall.firewall.platform != windows_firewall::ID
            || is_of_server(firewall, &estate.servers)
        {
            continue;
        }
        let span = firewall.firewall.name.span;
        let path = sources.get(span.file).map_or("", |file| file.name());
        let found = by_path(path, &estate.servers, is_server, |server| &server.name);
        let found = found.map(|server| server.name.clone());
        let taken = |name: &str| {
            let mut all = estate.firewalls.iter();
            all.any(|known| known.name.eq_ignore_ascii_case(name))
        };
        match found {
            Some(name) if !taken(&name) => {
                if let Some(firewall) = estate.firewalls.get_mut(position) {
                    firewall.name = name;
                }
            }
            _ => estate.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: format!(
                    "{path} does not tell which server's firewall it shows; it decides about no flow"
                ),
                hint: Some(format!(
                    "name it in exlint.toml: [[firewall]] name = \"<server>\" config = \"{path}\""
                )),
                span,
            }),
        }
    }
}

fn is_of_server(firewall: &EstateFirewall, servers: &[Server]) -> bool {
    let names = [&firewall.name, &firewall.firewall.name.value];
    servers
        .iter()
        .any(|server| names.iter().any(|name| is_server(name, server)))
}

fn is_server(name: &str, server: &Server) -> bool {
    let whole = server.fqdn.as_ref().map(|fqdn| fqdn.value.as_str());
    is_name(name, &server.name, whole)
}

/// Whether a name is that of a machine with this name and this FQDN.
fn is_name(name: &str, machine: &str, whole: Option<&str>) -> bool {
    let label = |name: &str| {
        name.split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    name.eq_ignore_ascii_case(machine)
        || whole.is_some_and(|fqdn| fqdn.eq_ignore_ascii_case(name))
        || (label(name) == label(machine) && (!name.contains('.') || whole.is_none()))
}

/// The machine that a file's path names: the words of its own name first, then
/// its folders from the inside out. Two names at one place name none.
fn by_path<'s, T>(
    path: &str,
    machines: &'s [T],
    is_name: impl Fn(&str, &T) -> bool,
    name: impl Fn(&T) -> &str,
) -> Option<&'s T> {
    for part in path.rsplit(['/', '\\']) {
        let words: Vec<&str> = part
            .split(['_', ' ', '.', '(', ')'])
            .chain([part])
            .collect();
        let named = |machine: &&T| words.iter().any(|word| is_name(word, machine));
        let mut found: Vec<&T> = machines.iter().filter(named).collect();
        found.sort_by(|a, b| name(a).cmp(name(b)));
        found.dedup_by(|a, b| name(a) == name(b));
        match found.as_slice() {
            [] => {}
            [only] => return Some(only),
            _ => return None,
        }
    }
    None
}
