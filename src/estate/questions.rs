//! What is not known, and what would settle it (rule IN001).

use std::collections::{HashMap, HashSet};

use crate::model::net::IpRange;

use super::place::{ZonePlacement, ZoneTable};
use super::types::{Estate, EstateFirewall, Question, Server, Zone, ZoneId};
use super::zones::label;

/// Adds the questions that the joined estate leaves open.
pub(super) fn ask(estate: &mut Estate) {
    let mut questions = Vec::new();
    let table = ZoneTable::new(estate);
    for server in &estate.servers {
        roles(server, &mut questions);
        if server.addresses.is_empty() {
            address(server, &mut questions);
        } else {
            zone(estate, server, &table, &mut questions);
        }
    }
    classes(estate, &mut questions);
    devices(estate, &mut questions);
    let key = |question: &Question| {
        (
            question.kind,
            question.subject.clone(),
            question.text.clone(),
        )
    };
    let mut known: HashSet<_> = estate.questions.iter().map(key).collect();
    questions.retain(|question| known.insert(key(question)));
    estate.questions.append(&mut questions);
}

/// Lines for `exlint.toml` that give a machine its addresses.
fn machine_lines(server: &Server, address: &str) -> String {
    let header = if server.exchange { "server" } else { "host" };
    let roles: Vec<String> = server
        .roles
        .iter()
        .map(|role| format!("\"{}\"", role.value))
        .collect();
    let roles = if roles.is_empty() {
        String::new()
    } else {
        format!("\nroles = [{}]", roles.join(", "))
    };
    format!(
        "[[{header}]]\nname = \"{}\"{roles}\naddresses = [\"{address}\"]",
        server.name
    )
}

fn roles(server: &Server, questions: &mut Vec<Question>) {
    if server.exchange && server.roles.is_empty() {
        questions.push(Question {
            kind: "server-roles",
            subject: server.name.clone(),
            text: format!("The roles of {} are not known", server.name),
            settle: format!(
                "Get-ExchangeServer {} | fl Name,Fqdn,ServerRole,Site,AdminDisplayVersion",
                server.name.to_uppercase()
            ),
            span: server.span,
        });
    }
}

fn address(server: &Server, questions: &mut Vec<Question>) {
    let name = &server.name;
    let (kind, text, settle) = if !server.nodes.is_empty() {
        let nodes: Vec<&str> = server
            .nodes
            .iter()
            .map(|node| node.value.as_str())
            .collect();
        (
            "server-address",
            format!(
                "No address of the clustered mailbox server {name} is known (its nodes are {})",
                nodes.join(", ")
            ),
            format!(
                "Get-NetworkConnectionInfo {} | fl *\n\
                 # or, with the address that `cluster.exe res /priv` shows, in exlint.toml:\n{}",
                nodes.first().copied().unwrap_or(name),
                machine_lines(server, "<its address>")
            ),
        )
    } else if server.exchange {
        (
            "server-address",
            format!("No address of {name} is known"),
            format!(
                "Get-NetworkConnectionInfo {} | fl *\n# or in exlint.toml:\n{}",
                name.to_uppercase(),
                machine_lines(server, "<its address>")
            ),
        )
    } else {
        let full = server
            .fqdn
            .as_ref()
            .map_or(name.as_str(), |fqdn| fqdn.value.as_str());
        (
            "host-address",
            format!("No address of {name} is known"),
            format!(
                "nslookup {full}\n# then in exlint.toml:\n{}",
                machine_lines(server, "<its address>")
            ),
        )
    };
    questions.push(Question {
        kind,
        subject: name.clone(),
        text,
        settle,
        span: server.span,
    });
}

/// Addresses in no known network. A server with one placed address is not
/// asked about: others may be heartbeat networks that no firewall touches.
fn zone(estate: &Estate, server: &Server, table: &ZoneTable, questions: &mut Vec<Question>) {
    let any_network = !estate.firewalls.is_empty() || !estate.zones.is_empty();
    if !any_network
        || server
            .addresses
            .iter()
            .any(|address| address.zone.is_some())
    {
        return;
    }
    let Some(address) = server.addresses.first() else {
        return;
    };
    let ip = address.ip;
    let prefix = if ip.is_ipv4() { 24 } else { 64 };
    let network = IpRange::network(ip, prefix).map_or_else(String::new, |n| n.to_string());
    let (kind, text) = match table.find(ip) {
        ZonePlacement::Several(zones) => {
            let names: Vec<&str> = zones
                .iter()
                .filter_map(|id| estate.zones.get(id.0 as usize))
                .map(|zone| zone.name.as_str())
                .collect();
            (
                "server-zone",
                format!(
                    "{ip} of {} lies in several networks with equal claim: {}",
                    server.name,
                    names.join(", ")
                ),
            )
        }
        ZonePlacement::In { zone, .. } => {
            let name = estate
                .zones
                .get(zone.0 as usize)
                .map_or("", |z| z.name.as_str());
            (
                "server-zone",
                format!(
                    "{ip} of {} lies in no known network; only the default route of {name} leads \
                     there",
                    server.name
                ),
            )
        }
        ZonePlacement::Nowhere => (
            "server-zone",
            format!("{ip} of {} lies in no known network", server.name),
        ),
    };
    let at = estate
        .firewalls
        .first()
        .and_then(|known| {
            let interface = known.firewall.interfaces.first()?;
            Some(format!("{}:{}", known.name, interface.name.value))
        })
        .unwrap_or_else(|| "firewall:interface".to_owned());
    questions.push(Question {
        kind,
        subject: server.name.clone(),
        text,
        settle: format!(
            "show route\n# on the firewalls, or in exlint.toml, with the right class and \
             interface:\n[[zone]]\nname = \"servers\"\nclass = \"internal\"\nat = [\"{at}\"]\n\
             networks = [\"{network}\"]"
        ),
        span: address.span,
    });
}

/// Zones that hold machines and whose class is not known.
fn classes(estate: &Estate, questions: &mut Vec<Question>) {
    let mut by_zone: HashMap<ZoneId, Vec<&str>> = HashMap::new();
    for server in &estate.servers {
        for zone in server.addresses.iter().filter_map(|address| address.zone) {
            let machines = by_zone.entry(zone).or_default();
            if machines.last() != Some(&server.name.as_str()) {
                machines.push(&server.name);
            }
        }
    }
    for (position, zone) in estate.zones.iter().enumerate() {
        if zone.class.is_some() {
            continue;
        }
        let id = ZoneId(u32::try_from(position).unwrap_or(u32::MAX));
        let machines = by_zone.get(&id).map_or(&[][..], Vec::as_slice);
        let Some((first, rest)) = machines.split_first() else {
            continue;
        };
        let others = match rest.len() {
            0 => String::new(),
            1 => " and 1 other machine".to_owned(),
            n => format!(" and {n} other machines"),
        };
        questions.push(Question {
            kind: "zone-class",
            subject: zone.name.clone(),
            text: format!(
                "It is not known whether the network {} ({first}{others}) is a perimeter, an \
                 internal or another network{}",
                zone.name,
                evidence(zone)
            ),
            settle: zone_lines(estate, zone),
            span: zone.span,
        });
    }
}

fn evidence(zone: &Zone) -> String {
    if zone.signals.is_empty() {
        return String::new();
    }
    let signals: Vec<String> = zone
        .signals
        .iter()
        .map(|signal| format!("{} ({} {:+})", signal.what, signal.class, signal.weight))
        .collect();
    format!("; signs: {}", signals.join("; "))
}

fn zone_lines(estate: &Estate, zone: &Zone) -> String {
    let at: Vec<String> = zone
        .attachments
        .iter()
        .filter_map(|attachment| label(estate, *attachment))
        .map(|label| format!("\"{label}\""))
        .collect();
    let name = zone.name.rsplit(':').next().unwrap_or(&zone.name);
    let at = if at.is_empty() {
        String::new()
    } else {
        format!("\nat = [{}]", at.join(", "))
    };
    let networks: Vec<String> = zone
        .networks
        .iter()
        .take(8)
        .map(|network| format!("\"{}\"", network.value))
        .collect();
    let networks = if networks.is_empty() {
        String::new()
    } else {
        format!("\nnetworks = [{}]", networks.join(", "))
    };
    format!(
        "# in exlint.toml, with the right class:\n[[zone]]\nname = \"{name}\"\nclass = \
         \"perimeter\"{at}{networks}"
    )
}

/// Firewalls whose place on a path files do not tell.
fn devices(estate: &Estate, questions: &mut Vec<Question>) {
    for known in &estate.firewalls {
        let firewall = &known.firewall;
        if let Some(span) = firewall.transparent {
            questions.push(Question {
                kind: "device-mode",
                subject: known.name.clone(),
                text: format!(
                    "{} is transparent: its file does not tell what lies on which side",
                    known.name
                ),
                settle: format!(
                    "# in exlint.toml, with a [[zone]] for each side:\n[[path]]\n\
                     from = \"outside-zone\"\nto = \"inside-zone\"\nvia = [\"{}\"]",
                    known.name
                ),
                span,
            });
        }
        if let Some(span) = firewall.dynamic_routing.first() {
            questions.push(Question {
                kind: "dynamic-routing",
                subject: known.name.clone(),
                text: format!("{} learns routes that its file does not show", known.name),
                settle: learned(known),
                span: *span,
            });
        }
    }
    shared_addresses(estate, questions);
}

/// What tells the routes that a firewall learns: its table, where that is read,
/// else the networks behind its interfaces.
fn learned(known: &EstateFirewall) -> String {
    let name = &known.name;
    if known.firewall.platform == "cisco-asa" {
        return format!(
            "show route\n# save what it prints as routes.txt, and in exlint.toml:\n\
             [[firewall]]\nname = \"{name}\"\nroutes = \"routes.txt\""
        );
    }
    let interface = known.firewall.interfaces.first();
    let interface = interface.map_or("interface", |interface| interface.name.value.as_str());
    format!(
        "# in exlint.toml, the networks that it learns, with the right class and interface:\n\
         [[zone]]\nname = \"learned\"\nclass = \"internal\"\nat = [\"{name}:{interface}\"]\n\
         networks = [\"10.0.0.0/8\"]"
    )
}

/// Contexts of one device whose connected networks overlap without being one:
/// each is asked about with the next context of its file that has one of its
/// addresses.
fn shared_addresses(estate: &Estate, questions: &mut Vec<Question>) {
    let addresses = |known: &EstateFirewall| {
        let interfaces = known.firewall.interfaces.clone();
        let all = interfaces.into_iter().flat_map(|i| i.addresses);
        all.map(|a| (a.network, a.address, a.span))
            .collect::<Vec<_>>()
    };
    let mut users: HashMap<_, Vec<usize>> = HashMap::new();
    for (position, known) in estate.firewalls.iter().enumerate() {
        let file = known.firewall.name.span.file;
        for (network, address, _) in addresses(known) {
            let users = users.entry((file, network, address)).or_default();
            if users.last() != Some(&position) {
                users.push(position);
            }
        }
    }
    for (position, known) in estate.firewalls.iter().enumerate() {
        let file = known.firewall.name.span.file;
        let mut asked = HashSet::new();
        for (network, address, span) in addresses(known) {
            let Some(users) = users.get(&(file, network, address)) else {
                continue;
            };
            let next = users.partition_point(|user| *user <= position);
            let Some(user) = users.get(next).filter(|user| asked.insert(**user)) else {
                continue;
            };
            let Some(other) = estate.firewalls.get(*user) else {
                continue;
            };
            questions.push(Question {
                kind: "device-contexts",
                subject: known.name.clone(),
                text: format!(
                    "The contexts {} and {} both use {network}",
                    known.name, other.name
                ),
                settle: "in exlint.toml, a [[zone]] with at and networks for each context"
                    .to_owned(),
                span,
            });
        }
    }
}

/// Whether a question is open.
#[cfg(test)]
pub(super) fn asks_for(estate: &Estate, kind: &str, subject: &str) -> bool {
    estate
        .questions
        .iter()
        .any(|question| question.kind == kind && question.subject == subject)
}
