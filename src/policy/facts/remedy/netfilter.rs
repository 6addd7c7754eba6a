//! Rules for iptables and nftables.

use super::ended_chain;
use super::permit::{Denied, Permit};
use crate::flow::Decider;

/// Commands for a chain of iptables (iptables(8), `-A` and `-I CHAIN NUMBER`).
pub fn iptables(denied: Denied<'_>) -> Option<Vec<String>> {
    let name = chain(denied.decider);
    let (tool, name) = match name.strip_prefix("ip6 ") {
        Some(name) => ("ip6tables", name),
        None => ("iptables", name),
    };
    let chain = name.strip_prefix("filter/")?;
    let permit = Permit::of(&denied.seen.real, denied.ends)?;
    let ports = match permit.ports {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}:{last}"),
    };
    // Each line pushes the deciding rule down by one: all have one number.
    let place = match denied.decider.label {
        Some(_) => format!("-A {chain}"),
        None => format!("-I {chain} {}", denied.before()?.checked_add(1)?),
    };
    let lines = permit.pairs().map(|(from, to)| {
        let from = from.map_or(String::new(), |net| format!(" -s {}", net.short()));
        let to = to.map_or(String::new(), |net| format!(" -d {}", net.short()));
        format!(
            "{tool} {place}{from}{to} -p {} --dport {ports} -j ACCEPT",
            permit.protocol
        )
    });
    Some(lines.collect())
}

/// Commands for a chain of nftables (nft(8), `add rule`, `insert rule … index`:
/// in front of the rule with that index, which counts from 0).
pub fn nftables(denied: Denied<'_>) -> Option<Vec<String>> {
    let chain = chain(denied.decider);
    let permit = Permit::of(&denied.seen.real, denied.ends)?;
    let ports = match permit.ports {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}-{last}"),
    };
    let place = match denied.decider.label {
        Some(_) => format!("add rule {chain}"),
        None => format!("insert rule {chain} index {}", denied.before()?),
    };
    let lines = permit.pairs().map(|(from, to)| {
        let from = from.map_or(String::new(), |net| format!(" ip saddr {}", net.short()));
        let to = to.map_or(String::new(), |net| format!(" ip daddr {}", net.short()));
        format!(
            "nft {place}{from}{to} {} dport {ports} accept",
            permit.protocol
        )
    });
    Some(lines.collect())
}

fn chain(decider: &Decider) -> &str {
    ended_chain(decider).unwrap_or(&decider.filter_name)
}
