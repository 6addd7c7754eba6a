//! TLS inspection: policies with a profile that decrypts sessions.
//!
//! Source: Fortinet, FortiOS CLI Reference 6.2 and 7.4, "config firewall
//! ssl-ssh-profile": each protocol has `ports` and a `status` of `disable`,
//! `certificate-inspection` (which reads the handshake only) or
//! `deep-inspection` (which decrypts); `inspect-all` of `config ssl` is for all
//! ports. The ports of protocols that name none are those of its examples. The
//! factory's profiles `deep-inspection` and `custom-deep-inspection` decrypt; a
//! file shows them, and a part of one need not.

use crate::formats::LineState;
use crate::formats::firewall::shared::rules::{add_condition, quoted};
use crate::model::firewall::{
    Action, AddressMatch, Condition, FilterId, Inspection, InspectionEffect, Rule,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::device::Device;
use super::policies::Policy;
use super::tree::{NodeId, Value};

const SECTION: &str = "firewall ssl-ssh-profile";
/// Profiles of the factory that decrypt.
const FACTORY: [&str; 2] = ["deep-inspection", "custom-deep-inspection"];
/// Most profiles that are told apart.
const MAX_PROFILES: usize = 32;
/// Protocols with the ports that they have where a profile names none.
const PROTOCOLS: [(&str, u16); 5] = [
    ("https", 443),
    ("ftps", 990),
    ("imaps", 993),
    ("pop3s", 995),
    ("smtps", 465),
];

/// The profile that a policy names.
#[derive(Debug, Clone)]
pub struct Named {
    /// Its name.
    pub profile: String,
    /// The statement.
    pub span: Span,
    /// Whether security profiles are switched on in the policy.
    pub on: bool,
}

impl Named {
    /// The profile that the keys of a policy name.
    pub fn of(device: &Device<'_, '_>, values: &[Value<'_>]) -> Option<Self> {
        let find = |key: &str| values.iter().find(|value| value.key == key);
        let named = find("ssl-ssh-profile").filter(|value| !value.is_off())?;
        if matches!(named.first(), "no-inspection" | "certificate-inspection") {
            return None;
        }
        Some(Self {
            profile: named.first().to_owned(),
            span: device.span_of(named.raw),
            on: find("utm-status").is_some_and(Value::is_on),
        })
    }
}

/// What a profile decrypts.
struct Decrypts {
    ports: Vec<PortRange>,
    /// The profile, where the file holds it.
    span: Option<Span>,
}

/// Marks the profiles of a domain, and adds what they do to the packets of
/// policies that name them.
pub fn compile(device: &mut Device<'_, '_>, policies: &[Policy]) {
    let mut names: Vec<&str> = Vec::new();
    for named in policies.iter().filter_map(|policy| policy.tls.as_ref()) {
        if names.len() < MAX_PROFILES && !names.contains(&named.profile.as_str()) {
            names.push(&named.profile);
        }
    }
    for name in names {
        let Some(decrypts) = profile(device, name) else {
            continue;
        };
        let uses = |policy: &&Policy| {
            let named = policy.tls.as_ref();
            named.is_some_and(|named| named.profile == name) && policy.rule.enabled
        };
        let Some(first) = policies.iter().find(uses).and_then(|p| p.tls.as_ref()) else {
            continue;
        };
        let span = first.span;
        let filter = chooser(device, policies, name, decrypts.span.is_some(), span);
        let ports = decrypts.ports.into_iter();
        device.firewall.inspections.push(Inspection {
            protocol: "tls".to_owned(),
            effect: InspectionEffect::DecryptsTls,
            interface: None,
            filter: Some(filter),
            ports: ports.map(|range| (Protocol::TCP, range)).collect(),
            default: false,
            span,
            related: decrypts.span.into_iter().collect(),
        });
    }
    if let Some(section) = device.section(SECTION) {
        device.cover(section, LineState::Irrelevant);
    }
}

/// What a profile decrypts; `None` for nothing.
fn profile(device: &mut Device<'_, '_>, name: &str) -> Option<Decrypts> {
    let all = || PROTOCOLS.map(|(_, port)| PortRange::one(port)).to_vec();
    let entry = device
        .section(SECTION)
        .and_then(|section| device.tree().find(section, true, name));
    let Some(entry) = entry else {
        return FACTORY.contains(&name).then(|| Decrypts {
            ports: all(),
            span: None,
        });
    };
    let mut ports = Vec::new();
    for part in device.tree().children(entry) {
        let protocol = device.name(part);
        let usual = PROTOCOLS.iter().find(|(known, _)| *known == protocol);
        let state = word(device, part, "status");
        if protocol == "ssl" && word(device, part, "inspect-all") == "deep-inspection" {
            device.modelled(part, "inspect-all");
            ports = vec![PortRange::ANY];
            break;
        }
        let Some((_, port)) = usual.filter(|_| state == "deep-inspection") else {
            continue;
        };
        device.modelled(part, "status");
        device.modelled(part, "ports");
        device.read.tree.mark_node(part, LineState::Modelled);
        let stated = stated_ports(device, part);
        if stated.is_empty() {
            ports.push(PortRange::one(*port));
        } else {
            ports.extend(stated);
        }
    }
    if ports.is_empty() {
        return None;
    }
    device.read.tree.mark_node(entry, LineState::Modelled);
    Some(Decrypts {
        ports,
        span: Some(device.span(entry)),
    })
}

fn word(device: &mut Device<'_, '_>, node: NodeId, key: &str) -> String {
    let values = device.values(node);
    let found = values.iter().find(|value| value.key == key);
    found.map_or(String::new(), |value| value.first().to_owned())
}

fn stated_ports(device: &mut Device<'_, '_>, node: NodeId) -> Vec<PortRange> {
    let values = device.values(node);
    let words = values.iter().find(|value| value.key == "ports");
    let words = words.iter().flat_map(|value| value.words.iter());
    words
        .filter_map(|word| word.text.parse().ok().map(PortRange::one))
        .collect()
}

/// Which packets meet a policy with the profile, in the order of the policies.
fn chooser(
    device: &mut Device<'_, '_>,
    policies: &[Policy],
    name: &str,
    known: bool,
    span: Span,
) -> FilterId {
    let mut rules: Vec<Rule> = Vec::with_capacity(policies.len());
    for policy in policies {
        let mut rule = policy.rule.clone();
        let named = policy.tls.as_ref().filter(|named| named.profile == name);
        let accepts = rule.action == Action::Permit && policy.open.is_none();
        rule.action = match named {
            Some(_) if accepts => Action::Permit,
            _ => Action::Deny,
        };
        let own = rule.span;
        let mut doubt = |why: String, at: Span| {
            let reason = device.reason(why, at);
            add_condition(&mut rule, Condition::Unknown(reason));
        };
        if let Some(named) = named.filter(|_| accepts) {
            if !named.on {
                let why = "no security profiles are switched on beside the TLS inspection";
                doubt(why.to_owned(), named.span);
            }
            if !known {
                let why = format!("the profile {} is not in this file", quoted(name));
                doubt(why, named.span);
            }
        }
        if !policy.vips.is_empty() {
            let why = "the policy is for published addresses, which inspection sees translated";
            doubt(why.to_owned(), own);
            rule.destination = AddressMatch::Any;
        }
        rules.push(rule);
    }
    let label = "no policy with the TLS inspection";
    let title = format!("policies with TLS inspection {}", quoted(name));
    let filter = device.add_filter(&title, rules, (Action::Deny, label), span);
    if let Some(filter) = device.firewall.filters.get_mut(filter.0 as usize) {
        filter.filters_traffic = false;
    }
    filter
}
