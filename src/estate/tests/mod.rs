//! Joining, rule by rule.

mod directory;
mod order;
mod placement;
mod servers;
mod zones;

use super::testing::{Lab, firewall, range, server};
use super::*;

/// Contradictions as `subject property: value / value`.
fn contradictions(estate: &Estate) -> Vec<String> {
    estate
        .contradictions
        .iter()
        .map(|contradiction| {
            let values: Vec<&str> = contradiction
                .values
                .iter()
                .map(|value| value.value.as_str())
                .collect();
            format!(
                "{}{} {}: {}",
                if contradiction.inventory {
                    "IN004 "
                } else {
                    ""
                },
                contradiction.subject,
                contradiction.property,
                values.join(" / ")
            )
        })
        .collect()
}

fn find<'e>(estate: &'e Estate, name: &str) -> &'e Server {
    estate
        .servers
        .get(server(estate, name).0 as usize)
        .expect("a server")
}

fn roles(estate: &Estate, name: &str) -> Vec<Role> {
    find(estate, name)
        .roles
        .iter()
        .map(|role| role.value)
        .collect()
}

fn ips(estate: &Estate, name: &str) -> Vec<String> {
    find(estate, name)
        .addresses
        .iter()
        .map(|address| address.ip.to_string())
        .collect()
}

fn zone<'e>(estate: &'e Estate, name: &str) -> &'e Zone {
    estate
        .zones
        .iter()
        .find(|zone| zone.name == name)
        .unwrap_or_else(|| {
            let names: Vec<&str> = estate.zones.iter().map(|z| z.name.as_str()).collect();
            panic!("no zone {name} in {names:?}")
        })
}

fn problems(estate: &Estate) -> Vec<String> {
    estate
        .problems
        .iter()
        .map(|problem| match &problem.hint {
            Some(hint) => format!("{} ({hint})", problem.message),
            None => problem.message.clone(),
        })
        .collect()
}

fn asks(estate: &Estate, kind: &str, subject: &str) -> bool {
    questions::asks_for(estate, kind, subject)
}
