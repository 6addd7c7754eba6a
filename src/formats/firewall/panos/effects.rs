//! What the device does to sessions that pass: TLS decryption, and the gateways
//! of applications.
//!
//! Sources: Palo Alto Networks, "PAN-OS Administrator's Guide", "Decryption"
//! (forward proxy, inbound inspection), "App-ID", "Disable the SIP Application-
//! level Gateway": gateways are on unless `alg-override` turns them off; the
//! decoder of `msrpc` follows what the endpoint mapper on port 135 negotiates,
//! for rules that allow the application.

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{Action, Inspection, InspectionEffect, Rule};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::device::Device;
use super::matching::{self, Needs};

/// Application, canonical name, effect, ports.
type Gateway = (
    &'static str,
    &'static str,
    InspectionEffect,
    &'static [(Protocol, u16)],
);

/// Gateways with an effect on the data paths.
const GATEWAYS: &[Gateway] = &[
    (
        "msrpc",
        "dcerpc",
        InspectionEffect::OpensRpc,
        &[(Protocol::TCP, 135), (Protocol::UDP, 135)],
    ),
    (
        "sip",
        "sip",
        InspectionEffect::OpensMedia,
        &[(Protocol::UDP, 5060), (Protocol::TCP, 5060)],
    ),
];

/// Applications of Microsoft whose sessions the decoder of RPC recognises.
const RPC: &[&str] = &[
    "msrpc",
    "msrpc-base",
    "ms-exchange",
    "active-directory",
    "any",
];

/// Reads decryption rules and gateways.
pub fn read(device: &mut Device<'_, '_>) {
    decryption(device);
    for (application, name, effect, ports) in GATEWAYS {
        let off = device.context.scopes.clone().into_iter().find_map(|scope| {
            let path = ["alg-override", "application", application];
            device.tree.at(scope, &path)
        });
        if off.is_some_and(|entry| device.says_yes(entry, "alg-disabled")) {
            continue;
        }
        let mut span = device.firewall.name.span;
        if *application == "msrpc" {
            // Only a rule that allows the application opens its ports.
            let Some(allowed) = allows_rpc(device) else {
                continue;
            };
            span = allowed;
        }
        device.firewall.inspections.push(Inspection {
            protocol: (*name).to_owned(),
            effect: *effect,
            interface: None,
            filter: None,
            ports: ports
                .iter()
                .map(|(protocol, port)| (*protocol, PortRange::one(*port)))
                .collect(),
            default: true,
            span,
            related: Vec::new(),
        });
    }
}

/// A rule that allows the applications of RPC by name.
fn allows_rpc(device: &Device<'_, '_>) -> Option<Span> {
    for base in &device.context.rulebases {
        for rule in device.below(base.node, &["security", "rules"]) {
            let named = device
                .below(rule, &["application"])
                .into_iter()
                .any(|node| {
                    let word = device.word(node);
                    word != "any" && RPC.contains(&word)
                });
            let allows = || device.value(rule, &["action"]) == Some("allow");
            if named && allows() && !device.says_yes(rule, "disabled") {
                return Some(device.statement(rule));
            }
        }
    }
    None
}

fn decryption(device: &mut Device<'_, '_>) {
    let mut rules: Vec<Rule> = Vec::new();
    let mut first: Option<Span> = None;
    for base in device.context.rulebases.clone() {
        let Some(list) = device.tree.get(base.node, "decryption") else {
            continue;
        };
        device.modelled(list);
        for entry in device.below(list, &["rules"]) {
            decryption_rule(device, entry, &mut rules, &mut first);
        }
    }
    let Some(span) = first else { return };
    let filter = device.add_chooser("decryption rules".to_owned(), rules, span);
    device.firewall.inspections.push(Inspection {
        protocol: "tls".to_owned(),
        effect: InspectionEffect::DecryptsTls,
        interface: None,
        filter: Some(filter),
        ports: vec![(Protocol::TCP, PortRange::ANY)],
        default: false,
        span,
        related: Vec::new(),
    });
}

fn decryption_rule(
    device: &mut Device<'_, '_>,
    entry: NodeId,
    rules: &mut Vec<Rule>,
    first: &mut Option<Span>,
) {
    let asked = matching::read(device, entry, Needs { application: false });
    let action = device.value(entry, &["action"]).unwrap_or("no-decrypt");
    // A proxy for SSH decrypts no TLS.
    let types = device.below(entry, &["type"]);
    let ssh = types.iter().any(|kind| device.word(*kind) == "ssh-proxy");
    let decrypts = action.starts_with("decrypt") && !ssh;
    if decrypts && asked.enabled {
        first.get_or_insert(asked.span);
    }
    let action = if decrypts {
        Action::Permit
    } else {
        Action::Deny
    };
    rules.extend(asked.rules(device, action));
    for key in device.children(entry) {
        match device.word(key) {
            "action" | "type" => device.modelled_all(key),
            _ => device.irrelevant(key),
        }
    }
}
