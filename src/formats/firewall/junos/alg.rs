//! Application layer gateways.
//!
//! Source: Juniper, CLI Reference, "msrpc", "sip" (Security ALG): both are on
//! unless `disable` is set; high-end devices have SIP off by default, which a
//! configuration does not show. The MS-RPC ALG reads the endpoint mapper's
//! answers on port 135 and opens the ports that it tells.

use crate::model::firewall::{Inspection, InspectionEffect};
use crate::model::net::{PortRange, Protocol};

use super::device::Device;

/// Statement, canonical name, effect, ports.
type Gateway = (
    &'static str,
    &'static str,
    InspectionEffect,
    &'static [(Protocol, u16)],
);

/// ALGs with an effect on the data paths.
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

/// Reads `security alg` and adds what is on by default.
pub fn read(device: &mut Device<'_, '_>) {
    let top = device.at(&["security", "alg"]);
    for (word, name, effect, ports) in GATEWAYS {
        let node = top.and_then(|top| device.tree.get(top, word));
        if let Some(node) = node {
            device.modelled_all(node);
            if device.tree.get(node, "disable").is_some() {
                continue;
            }
        }
        let span = node.map_or(device.firewall.name.span, |node| device.statement(node));
        device.firewall.inspections.push(Inspection {
            protocol: (*name).to_owned(),
            effect: *effect,
            interface: None,
            filter: None,
            ports: ports
                .iter()
                .map(|(protocol, port)| (*protocol, PortRange::one(*port)))
                .collect(),
            default: node.is_none(),
            span,
            related: Vec::new(),
        });
    }
    if let Some(top) = top {
        for node in device.children(top) {
            if !device.tree.is_marked(node) {
                device.irrelevant(node);
            }
        }
    }
}
