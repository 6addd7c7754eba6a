//! Names in the inventory that must mean something in this run.

use std::collections::HashSet;

use crate::formats::inventory::{Inventory, MachineEntry, nearest};
use crate::formats::{Problem, ProblemLevel};
use crate::model::net::IpRange;
use crate::source::Spanned;

use super::names::MachineName;
use super::place::size;
use super::servers::MOST_ADDRESSES;
use super::types::Estate;
use super::zones::find_firewall;

/// Complains of zones, firewalls and machines that nothing defines.
pub(super) fn check(estate: &Estate, inventory: &Inventory) -> Vec<Problem> {
    let names = Names::new(estate, inventory);
    let mut problems = Vec::new();
    for path in &inventory.paths {
        for zone in [&path.from, &path.to] {
            names.zone(zone, ProblemLevel::Error, &mut problems);
        }
        for firewall in &path.via {
            names.firewall(estate, firewall, &mut problems);
        }
    }
    for link in &inventory.encrypted_links {
        for zone in &link.between {
            names.zone(zone, ProblemLevel::Warning, &mut problems);
        }
    }
    for flow in &inventory.allowed_flows {
        for end in [&flow.from, &flow.to] {
            names.end(end, &mut problems);
        }
    }
    for machine in &inventory.machines {
        if let Some(target) = &machine.forwards_to {
            names.machine(target, &mut problems);
        }
        large_ranges(machine, &mut problems);
    }
    problems
}

/// Everything that a name may mean.
struct Names<'e> {
    zones: Vec<&'e str>,
    firewalls: Vec<&'e str>,
    machines: Vec<&'e str>,
    /// Names and FQDNs of machines.
    known_machines: HashSet<&'e str>,
}

impl<'e> Names<'e> {
    fn new(estate: &'e Estate, inventory: &'e Inventory) -> Self {
        let mut firewalls: Vec<&str> = estate.firewalls.iter().map(|f| f.name.as_str()).collect();
        firewalls.extend(
            inventory
                .firewalls
                .iter()
                .map(|entry| entry.name.value.as_str()),
        );
        Self {
            zones: estate.zones.iter().map(|zone| zone.name.as_str()).collect(),
            firewalls,
            machines: estate.servers.iter().map(|s| s.name.as_str()).collect(),
            known_machines: estate
                .servers
                .iter()
                .flat_map(|s| std::iter::once(&s.name).chain(s.fqdn.as_ref().map(|f| &f.value)))
                .map(String::as_str)
                .collect(),
        }
    }

    fn has_zone(&self, name: &str) -> bool {
        self.zones
            .iter()
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    fn has_machine(&self, name: &str) -> bool {
        let Some(parsed) = MachineName::parse(name) else {
            return false;
        };
        let whole = parsed.fqdn.as_deref().unwrap_or(&parsed.label);
        self.known_machines.contains(whole) || self.known_machines.contains(parsed.label.as_str())
    }

    fn zone(&self, name: &Spanned<String>, level: ProblemLevel, problems: &mut Vec<Problem>) {
        if !self.has_zone(&name.value) {
            problems.push(unknown("zone", name, level, &self.zones, "[[zone]]"));
        }
    }

    fn firewall(&self, estate: &Estate, name: &Spanned<String>, problems: &mut Vec<Problem>) {
        let known = find_firewall(estate, &name.value).is_some()
            || self
                .firewalls
                .iter()
                .any(|known| known.eq_ignore_ascii_case(&name.value));
        if !known {
            problems.push(unknown(
                "firewall",
                name,
                ProblemLevel::Error,
                &self.firewalls,
                "[[firewall]]",
            ));
        }
    }

    fn machine(&self, name: &Spanned<String>, problems: &mut Vec<Problem>) {
        if !self.has_machine(&name.value) {
            problems.push(unknown(
                "server",
                name,
                ProblemLevel::Warning,
                &self.machines,
                "[[server]]",
            ));
        }
    }

    /// An end of a flow: a machine, a zone or addresses.
    fn end(&self, name: &Spanned<String>, problems: &mut Vec<Problem>) {
        let text = name.value.trim();
        let is_address = text
            .split(['/', '-'])
            .next()
            .is_some_and(|first| first.trim().parse::<std::net::IpAddr>().is_ok());
        if is_address || text == "any" || self.has_zone(text) || self.has_machine(text) {
            return;
        }
        let known: Vec<&str> = self.machines.iter().chain(&self.zones).copied().collect();
        // A misspelt name is an error. One that is not like any may be of a server
        // whose exports this run was not given, as is one that differs from
        // others in its number only.
        let near = nearest(text, known.iter().copied());
        let level = match near {
            Some(near) if letters(near) != letters(text) => ProblemLevel::Error,
            _ => ProblemLevel::Warning,
        };
        problems.push(unknown("machine or zone", name, level, &known, "[[host]]"));
    }
}

/// A name without its numbers.
fn letters(name: &str) -> String {
    name.chars()
        .filter(|c| !c.is_ascii_digit())
        .flat_map(char::to_lowercase)
        .collect()
}

fn unknown(
    kind: &str,
    name: &Spanned<String>,
    level: ProblemLevel,
    known: &[&str],
    header: &str,
) -> Problem {
    let hint = match nearest(&name.value, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("declare it under {header}, or correct the name"),
    };
    Problem {
        level,
        message: format!("no {kind} is called `{}`", name.value),
        hint: Some(hint),
        span: name.span,
    }
}

/// Ranges that are too large for the addresses of one machine.
fn large_ranges(machine: &MachineEntry, problems: &mut Vec<Problem>) {
    for range in &machine.addresses {
        if size(range.value) >= MOST_ADDRESSES as u128 {
            problems.push(too_large(machine, range));
        }
    }
}

fn too_large(machine: &MachineEntry, range: &Spanned<IpRange>) -> Problem {
    Problem {
        level: ProblemLevel::Warning,
        message: format!(
            "{} has more than {MOST_ADDRESSES} addresses in {}; only the first \
             {MOST_ADDRESSES} are looked at",
            machine.name.value, range.value
        ),
        hint: Some("write the machine's own addresses; networks belong under [[zone]]".to_owned()),
        span: range.span,
    }
}
