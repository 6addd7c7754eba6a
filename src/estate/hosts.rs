//! Firewalls of hosts: of which server an export is.
//!
//! A listing of Windows Firewall seldom names its computer. Then the names of
//! its file and folders are asked, and what stays open is said: a firewall of
//! no known host is on no packet's way.

use crate::formats::firewall::windows_firewall;
use crate::formats::{Problem, ProblemLevel};
use crate::source::Sources;

use super::types::{Estate, EstateFirewall, Server};

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
        let found = by_path(path, &estate.servers).map(|server| server.name.clone());
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
        .any(|server| names.iter().any(|name| is_name(name, server)))
}

fn is_name(name: &str, server: &Server) -> bool {
    let label = |name: &str| {
        name.split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let whole = server.fqdn.as_ref().map(|fqdn| fqdn.value.as_str());
    name.eq_ignore_ascii_case(&server.name)
        || whole.is_some_and(|fqdn| fqdn.eq_ignore_ascii_case(name))
        || (label(name) == label(&server.name) && (!name.contains('.') || whole.is_none()))
}

/// The server that a file's path names: the words of its own name first, then
/// its folders from the inside out. Two names at one place name none.
fn by_path<'s>(path: &str, servers: &'s [Server]) -> Option<&'s Server> {
    for part in path.rsplit(['/', '\\']) {
        let words: Vec<&str> = part
            .split(['_', ' ', '.', '(', ')'])
            .chain([part])
            .collect();
        let named = |server: &&Server| words.iter().any(|word| is_name(word, server));
        let mut found: Vec<&Server> = servers.iter().filter(named).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.dedup_by(|a, b| a.name == b.name);
        match found.as_slice() {
            [] => {}
            [only] => return Some(only),
            _ => return None,
        }
    }
    None
}
