//! Policies of FortiOS.

use super::permit::{Denied, Net, Permit};

/// A policy with its addresses and its service (FortiOS CLI Reference, `config
/// firewall address`, `service custom`, `policy`; `move … before`).
pub fn policy(denied: Denied<'_>) -> Option<Vec<String>> {
    if *denied.decider.filter_name != *"firewall policy" {
        return None;
    }
    // A published address needs its virtual IP in the policy.
    let permit = denied.untranslated()?;
    let port = |id| {
        let interface = denied.interface(id)?;
        let zone = interface.zone.as_ref();
        Some(zone.unwrap_or(&interface.name).value.as_str())
    };
    let (from, to) = (port(denied.seen.ingress)?, port(denied.seen.egress)?);
    let id =
        |text: &str| -> Option<u32> { text.strip_prefix("edit ")?.split(' ').next()?.parse().ok() };
    let rules = &denied.filter()?.rules;
    let used = rules
        .iter()
        .filter_map(|rule| id(&denied.words.rule(rule.span)));
    let own = used.max().unwrap_or(0).checked_add(number(&permit))?;
    let (first, last) = permit.ports;
    let ports = if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    };
    let service = format!("{}_{ports}", permit.protocol.to_uppercase());
    let mut lines = definitions(&permit, &service, &ports);
    lines.push("config firewall policy".to_owned());
    lines.push(format!("    edit {own}"));
    lines.push(format!("        set srcintf \"{from}\""));
    lines.push(format!("        set dstintf \"{to}\""));
    lines.push(format!("        set srcaddr {}", names(&permit.from)));
    lines.push(format!("        set dstaddr {}", names(&permit.to)));
    lines.push("        set action accept".to_owned());
    lines.push("        set schedule \"always\"".to_owned());
    lines.push(format!("        set service \"{service}\""));
    lines.push("    next".to_owned());
    if denied.decider.label.is_none() {
        let before = id(&denied.words.rule(denied.decider.span))?;
        lines.push(format!("    move {own} before {before}"));
    }
    lines.push("end".to_owned());
    Some(inside_domain(denied, lines))
}

/// A number for a policy, so that those for several flows do not overwrite each
/// other.
fn number(permit: &Permit) -> u32 {
    let ends = permit.from.iter().chain(&permit.to);
    let words = ends.map(|net| net.base.to_bits());
    let words = words.chain([
        u32::from(permit.ports.0),
        u32::from(permit.protocol == "udp"),
    ]);
    let mixed = words.fold(17u32, |sum, word| sum.wrapping_mul(31).wrapping_add(word));
    (mixed % 9_000).saturating_add(1)
}

fn definitions(permit: &Permit, service: &str, ports: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut nets: Vec<Net> = permit.from.iter().chain(&permit.to).copied().collect();
    nets.dedup();
    if !nets.is_empty() {
        lines.push("config firewall address".to_owned());
        for net in nets {
            lines.push(format!("    edit \"{}\"", name(net)));
            lines.push(format!(
                "        set subnet {} {}",
                net.base,
                net.mask(false)
            ));
            lines.push("    next".to_owned());
        }
        lines.push("end".to_owned());
    }
    lines.extend([
        "config firewall service custom".to_owned(),
        format!("    edit \"{service}\""),
        format!("        set {}-portrange {ports}", permit.protocol),
        "    next".to_owned(),
        "end".to_owned(),
    ]);
    lines
}

fn name(net: Net) -> String {
    format!("net_{}", net.prefix().replace('/', "_"))
}

fn names(nets: &[Net]) -> String {
    if nets.is_empty() {
        return "\"all\"".to_owned();
    }
    let all: Vec<String> = nets
        .iter()
        .map(|net| format!("\"{}\"", name(*net)))
        .collect();
    all.join(" ")
}

/// With virtual domains the lines are typed inside of one (`hostname/domain`).
fn inside_domain(denied: Denied<'_>, lines: Vec<String>) -> Vec<String> {
    let Some((_, domain)) = denied.firewall.name.value.rsplit_once('/') else {
        return lines;
    };
    let mut all = vec!["config vdom".to_owned(), format!("edit {domain}")];
    all.extend(lines);
    all.push("end".to_owned());
    all
}
