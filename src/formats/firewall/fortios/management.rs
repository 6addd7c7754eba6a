//! Services of administration that the interfaces answer: `allowaccess`.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config system interface": `allowaccess`
//! names the services, and none by default; "config system global": their ports;
//! "config system admin": with `trusthost`, only some addresses get an answer.
//! FortiOS Administration Guide, "Local-in policy": the device makes local-in
//! policies of them, behind those of the administrator. What else listens (VPN,
//! proxies, routing) stays open.

use crate::formats::firewall::shared::rules::{pseudo_rule, undecided};
use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, IcmpMatch, InterfaceId, InterfaceMatch, PortMatch,
    ProtocolMatch, Rule, ServiceMatch, ServiceTerm,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::addresses::pair;
use super::device::{Device, has_statements};

/// A service: its word, its protocol, its port, and the setting of another port.
struct Service {
    word: &'static str,
    protocol: Protocol,
    port: u16,
    setting: &'static str,
}

const SERVICES: [Service; 7] = [
    service("ping", Protocol::ICMP, 8, ""),
    service("ssh", Protocol::TCP, 22, "admin-ssh-port"),
    service("telnet", Protocol::TCP, 23, "admin-telnet-port"),
    service("http", Protocol::TCP, 80, "admin-port"),
    service("https", Protocol::TCP, 443, "admin-sport"),
    service("snmp", Protocol::UDP, 161, ""),
    service("fgfm", Protocol::TCP, 541, ""),
];

const fn service(
    word: &'static str,
    protocol: Protocol,
    port: u16,
    setting: &'static str,
) -> Service {
    Service {
        word,
        protocol,
        port,
        setting,
    }
}

/// The rules for packets to the addresses of the interfaces.
pub fn rules(device: &mut Device<'_, '_>) -> Vec<Rule> {
    // A part of a configuration tells neither the ports nor who is trusted.
    if device.version.is_none() {
        return Vec::new();
    }
    let hosts = trusted_hosts(device);
    let proxies = has_proxies(device);
    let mut services = Vec::new();
    for service in &SERVICES {
        let port = port(device, service);
        services.push((
            service,
            port,
            proxies || others_listen(device, service, port),
        ));
    }
    let redirects = device
        .lines_with("set admin-https-redirect disable")
        .next()
        .is_none();
    let (mut answered, mut refused) = (Vec::new(), Vec::new());
    let mut roots = vec![device.global];
    if device.root != device.global {
        roots.push(device.root);
    }
    for root in roots {
        for entry in device.tree().entries(root, "system interface") {
            let name = device.name(entry);
            let Some(id) = device.interfaces.get(&name).copied() else {
                continue;
            };
            let values = device.values(entry);
            let find = |key: &str| values.iter().find(|value| value.key == key);
            let own = find("ip").and_then(|value| pair(&value.words));
            let limited = values.iter().any(|value| {
                value.is_open()
                    || value.key.starts_with("trust-ip") && !value.is_off()
                    || value.key == "dedicated-to" && value.first() == "management"
                    || value.key == "mode" && value.first() != "static"
            });
            let access = find("allowaccess");
            let (Some((address, _)), false) = (own, limited) else {
                continue;
            };
            if address == 0 {
                continue;
            }
            let span = match access {
                Some(value) => device.span_of(value.raw),
                None => device.line(entry),
            };
            device.modelled(entry, "allowaccess");
            let lists = |wanted: &str| {
                let mut words = access.iter().flat_map(|value| value.words.iter());
                words.any(|word| word.text.as_ref() == wanted)
            };
            for (service, port, shared) in &services {
                let listed = lists(service.word);
                // Where HTTPS is answered, HTTP may be, to lead there.
                let leads = service.word == "http" && redirects && lists("https");
                let made = |action| rule(action, service, *port, (id, address), span);
                if listed && let Some(at) = hosts {
                    let why = "trusted hosts of administrators decide who gets an answer";
                    let reason = device.reason(why, at);
                    answered.extend(undecided(&made(Action::Permit), reason));
                } else if listed {
                    answered.push(made(Action::Permit));
                } else if !*shared && !leads {
                    refused.push(made(Action::Deny));
                }
            }
        }
    }
    // What is answered comes first: two services may have one port.
    answered.extend(refused);
    answered
}

fn rule(
    action: Action,
    service: &Service,
    port: u16,
    (id, address): (InterfaceId, u32),
    span: Span,
) -> Rule {
    let label = match action {
        Action::Permit => format!("allowaccess {}", service.word),
        _ => format!("allowaccess without {}", service.word),
    };
    let mut rule = pseudo_rule(action, label, span);
    rule.ingress = InterfaceMatch::One(id);
    rule.destination = AddressMatch::One(AddressTerm::V4(address, address));
    rule.service = ServiceMatch::One(match service.protocol {
        Protocol::ICMP => ServiceTerm::Icmp(IcmpMatch {
            protocol: Protocol::ICMP,
            kind: u8::try_from(port).ok(),
            code: None,
        }),
        protocol => ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source: PortMatch::Any,
            destination: PortMatch::Range(PortRange::one(port)),
        },
    });
    rule
}

/// The port of a service.
fn port(device: &mut Device<'_, '_>, service: &Service) -> u16 {
    let node = device.tree().find(device.global, false, "system global");
    let values = node.map_or_else(Vec::new, |node| device.values(node));
    let set = values
        .iter()
        .find(|value| !service.setting.is_empty() && value.key == service.setting);
    set.and_then(|value| value.first().parse().ok())
        .unwrap_or(service.port)
}

/// Where an administrator has trusted hosts.
fn trusted_hosts(device: &Device<'_, '_>) -> Option<Span> {
    let line = device.lines_with("trusthost").find(|line| {
        let mut words = line.split_whitespace().skip(2);
        !matches!(words.next(), None | Some("0.0.0.0" | "::/0" | "0.0.0.0/0"))
    })?;
    Some(device.span_of(line))
}

/// Whether a virtual IP of the domain is a proxy, which may share an address with an
/// interface.
fn has_proxies(device: &mut Device<'_, '_>) -> bool {
    let sections = ["firewall vip", "firewall vip6"];
    let entries: Vec<_> = sections
        .into_iter()
        .flat_map(|section| device.entries(section))
        .collect();
    entries.into_iter().any(|entry| {
        let values = device.values(entry);
        let kind = values.iter().find(|value| value.key == "type");
        kind.is_some_and(|value| value.first() != "static-nat")
    })
}

/// Whether another part of the device may listen on a port.
fn others_listen(device: &Device<'_, '_>, service: &Service, port: u16) -> bool {
    let proxied = device.lines_with("incoming-port").any(|line| {
        line.split([' ', '\t', '"']).any(|word| {
            let (low, high) = word.split_once('-').unwrap_or((word, word));
            let bounds = (low.parse::<u16>(), high.parse::<u16>());
            matches!(bounds, (Ok(low), Ok(high)) if (low..=high).contains(&port))
        })
    });
    proxied
        || match service.word {
            // The port of the VPN is in the file only where it is not the default, and
            // IKE may run over TCP.
            "https" => {
                has_statements(device.clean.text(), "vpn ssl settings")
                    || device.lines_with("set transport ").next().is_some()
            }
            "http" => has_statements(device.clean.text(), "system acme"),
            _ => false,
        }
}
