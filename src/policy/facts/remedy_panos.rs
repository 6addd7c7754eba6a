//! Commands that add a security rule to a PAN-OS firewall, in its configuration
//! mode (Palo Alto Networks, "PAN-OS CLI Quick Start": `set`, `move … before`).

use super::asked::End;
use super::verdicts::Words;
use crate::flow::{Decider, IpSet, Part};
use crate::model::firewall::{Firewall, InterfaceId};
use crate::model::net::Protocol;

/// Addresses of one end for which a rule is written; a longer list is the
/// business of an address group.
const MOST_ADDRESSES: usize = 8;

/// The commands; `None` where the rule would stand among those that a Panorama
/// pushes.
pub fn lines(
    words: Words<'_>,
    firewall: &Firewall,
    decider: &Decider,
    part: &Part,
    ends: [End; 2],
) -> Option<Vec<String>> {
    let text = words.sources.get(decider.span.file)?.text();
    if text.contains("pre-rulebase") || text.contains("post-rulebase") {
        return None;
    }
    let seen = part
        .seen
        .iter()
        .find(|seen| seen.firewall == decider.firewall)?;
    let cube = &seen.arrived;
    let protocol = match cube.protocols.single()? {
        Protocol::TCP => "tcp",
        Protocol::UDP => "udp",
        _ => return None,
    };
    let port = match cube.destination_ports.ranges() {
        [(first, last)] if first == last => first.to_string(),
        [(first, last)] => format!("{first}-{last}"),
        _ => return None,
    };
    let zone = |id: Option<InterfaceId>| {
        let interface = firewall.interfaces.get(id?.0 as usize)?;
        Some(quoted(&interface.zone.as_ref()?.value))
    };
    let (from, to) = (zone(seen.ingress)?, zone(seen.egress)?);
    let source = addresses(ends[0], &cube.source)?;
    let destination = addresses(ends[1], &cube.destination)?;
    let system = match firewall.name.value.rsplit_once('/') {
        Some((_, system)) => format!("vsys {system} "),
        None => String::new(),
    };
    let service = format!("{protocol}-{port}");
    // A name of its own: `set` widens a rule that is there already.
    let number = number(&[&from, &to, &source, &destination]);
    let rule = format!("{system}rulebase security rules permit-{service}-{number}");
    let mut lines = vec![
        format!("set {system}service {service} protocol {protocol} port {port}"),
        format!(
            "set {rule} from {from} to {to} source {source} destination {destination} application any service {service} action allow"
        ),
    ];
    if decider.label.is_none() {
        let name = rule_name(words.rule(decider.span).as_ref())?;
        lines.push(format!("move {rule} before {}", quoted(&name)));
    }
    Some(lines)
}

/// A number that tells rules for one service apart; names have 31 characters.
fn number(ends: &[&str]) -> u32 {
    let bytes = ends.iter().flat_map(|text| text.bytes().chain([b' ']));
    let mixed = bytes.fold(17u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(u32::from(byte))
    });
    (mixed % 9_000).saturating_add(1_000)
}

fn addresses(end: End, set: &IpSet) -> Option<String> {
    let all: Vec<String> = match end {
        End::Internet => return Some("any".to_owned()),
        End::Server(_) | End::Zone(_) | End::Host(_) => {
            set.ranges().map(|range| range.to_string()).collect()
        }
    };
    match all.as_slice() {
        [one] => Some(one.clone()),
        [] => None,
        some if some.len() <= MOST_ADDRESSES => Some(format!("[ {} ]", some.join(" "))),
        _ => None,
    }
}

/// A name as the command line takes it.
fn quoted(name: &str) -> String {
    if name.contains(' ') {
        format!("\"{name}\"")
    } else {
        name.to_owned()
    }
}

/// The name of a rule by its tag or its `set` command.
fn rule_name(rule: &str) -> Option<String> {
    if let Some((_, rest)) = rule.split_once("<entry name=\"") {
        let name = rest.split('"').next()?;
        return (!name.contains('&')).then(|| name.to_owned());
    }
    let (_, rest) = rule.split_once(" rules ")?;
    let name = match rest.strip_prefix('"') {
        Some(rest) => rest.split('"').next()?,
        None => rest.split(' ').next()?,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::rule_name;

    #[test]
    fn the_name_of_a_rule_is_found_in_every_form() {
        for rule in [
            "<entry name=\"mail out\" uuid=\"1\">",
            "set rulebase security rules \"mail out\" from inside",
            "set vsys vsys2 rulebase security rules \"mail out\" to any",
        ] {
            assert_eq!(rule_name(rule).as_deref(), Some("mail out"), "{rule}");
        }
        assert_eq!(
            rule_name("set rulebase security rules a from b").as_deref(),
            Some("a")
        );
        assert_eq!(rule_name("<entry name=\"a &amp; b\">"), None);
    }
}
