//! Security policies of SRX, as `set` commands.

use super::permit::{Denied, Net, Permit};

/// A policy for the zones of both interfaces (Juniper Security Policies User
/// Guide; CLI User Guide, `insert`). Policies of a pair of zones come before the
/// global ones.
pub fn policy(denied: Denied<'_>) -> Option<Vec<String>> {
    let name = &*denied.decider.filter_name;
    let pair = name
        .strip_prefix("from-zone ")
        .and_then(|rest| rest.split_once(" to-zone "));
    if pair.is_none() && name != "global policies" && denied.decider.label.is_none() {
        // A stateless filter.
        return None;
    }
    // Names like those of logical systems would need a level more.
    let zone = |id| Some(denied.interface(id)?.zone.as_ref()?.value.as_str());
    let (from, to) = (zone(denied.seen.ingress)?, zone(denied.seen.egress)?);
    // Policies speak of real addresses.
    let permit = Permit::of(&denied.seen.real, denied.ends)?;
    let (first, last) = permit.ports;
    let ports = if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    };
    let service = format!("{}-{ports}", permit.protocol);
    let mut lines = Vec::new();
    let from_names = addresses(denied, &permit.from, from, &mut lines)?;
    let to_names = addresses(denied, &permit.to, to, &mut lines)?;
    lines.push(format!(
        "set applications application {service} protocol {} destination-port {ports}",
        permit.protocol
    ));
    let between = format!("security policies from-zone {from} to-zone {to}");
    // A name of its own: a policy that is there already would become wider.
    let end = |nets: &[Net]| nets.first().map_or("any".to_owned(), |net| word(*net));
    let (sender, receiver) = (end(&permit.from), end(&permit.to));
    let policy = format!("{between} policy permit-{sender}-{receiver}-{service}");
    lines.push(format!("set {policy} match source-address {from_names}"));
    lines.push(format!("set {policy} match destination-address {to_names}"));
    lines.push(format!("set {policy} match application {service}"));
    lines.push(format!("set {policy} then permit"));
    if pair.is_some() && denied.decider.label.is_none() {
        let text = denied.words.rule(denied.decider.span);
        let place = text.split_once("policy ")?.1.split(' ').next()?;
        lines.push(format!("insert {policy} before policy {place}"));
    }
    Some(lines)
}

/// Names for networks in the address book that the device uses.
fn addresses(
    denied: Denied<'_>,
    nets: &[Net],
    zone: &str,
    lines: &mut Vec<String>,
) -> Option<String> {
    if nets.is_empty() {
        return Some("any".to_owned());
    }
    let file = denied.words.sources.get(denied.firewall.name.span.file)?;
    // A device has books in its zones or beside them, never both.
    let in_zones = file
        .text()
        .lines()
        .any(|line| line.contains("security-zone ") && line.contains(" address-book "))
        || !file.text().contains("global {") && book_in_zone(file.text());
    let book = if in_zones {
        format!("set security zones security-zone {zone} address-book")
    } else {
        "set security address-book global".to_owned()
    };
    let names = nets.iter().map(|net| {
        let name = format!("net-{}", word(*net));
        let line = format!("{book} address {name} {}", net.prefix());
        if !lines.contains(&line) {
            lines.push(line);
        }
        name
    });
    let names: Vec<String> = names.collect();
    Some(match names.as_slice() {
        [one] => one.clone(),
        several => format!("[ {} ]", several.join(" ")),
    })
}

/// A network in letters that names may have.
fn word(net: Net) -> String {
    net.prefix().replace('.', "_").replace('/', "-")
}

/// Whether a zone in curly braces has a book of its own: `address-book {`.
fn book_in_zone(text: &str) -> bool {
    let mut zone = false;
    text.lines().map(str::trim).any(|line| {
        zone |= line.starts_with("security-zone ");
        zone && line == "address-book {"
    })
}
