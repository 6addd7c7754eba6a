//! Session helpers.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config system session-helper": the
//! helper `dcerpc` on port 135 opens the ports that the endpoint mapper tells,
//! `sip` those of the media; both are there unless they are deleted. "config
//! system settings", `default-voip-alg-mode`: with `proxy-based` (the default)
//! the SIP gateway works even where the helper is deleted.

use crate::formats::LineState;
use crate::model::firewall::{Inspection, InspectionEffect};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::device::Device;
use super::tree::Value;

/// Reads `system session-helper`, or takes the factory's helpers.
pub fn read(device: &mut Device<'_, '_>) {
    let section = "system session-helper";
    let node = device
        .section(section)
        .or_else(|| device.tree().find(device.global, false, section));
    let mut found: Vec<(String, Protocol, u16, Option<Span>)> = Vec::new();
    match node {
        None => {
            found.push(("dcerpc".to_owned(), Protocol::TCP, 135, None));
            found.push(("dcerpc".to_owned(), Protocol::UDP, 135, None));
            found.push(("sip".to_owned(), Protocol::UDP, 5060, None));
        }
        Some(node) => {
            for entry in device.tree().children(node) {
                let values = device.values(entry);
                let get = |key: &str| {
                    values
                        .iter()
                        .find(|v| v.key == key)
                        .map_or("", Value::first)
                };
                let (protocol, port) = (get("protocol").parse(), get("port").parse());
                if let (Ok(protocol), Ok(port)) = (protocol, port) {
                    let name = get("name").to_owned();
                    found.push((name, Protocol(protocol), port, Some(device.span(entry))));
                }
            }
            device.cover(node, LineState::Modelled);
        }
    }
    if voip_proxy(device) && !found.iter().any(|(name, ..)| name == "sip") {
        found.push(("sip".to_owned(), Protocol::UDP, 5060, None));
    }
    let start = device.firewall.name.span;
    for (name, protocol, port, span) in found {
        let effect = match name.as_str() {
            "dcerpc" => InspectionEffect::OpensRpc,
            "sip" => InspectionEffect::OpensMedia,
            _ => InspectionEffect::Other,
        };
        device.firewall.inspections.push(Inspection {
            protocol: name,
            effect,
            interface: None,
            filter: None,
            ports: vec![(protocol, PortRange::one(port))],
            default: span.is_none(),
            span: span.unwrap_or(start),
            related: Vec::new(),
        });
    }
}

/// Whether the SIP gateway is on by default.
fn voip_proxy(device: &Device<'_, '_>) -> bool {
    let Some(node) = device.section("system settings") else {
        return true;
    };
    !device
        .tree()
        .values(node)
        .iter()
        .any(|value| value.key == "default-voip-alg-mode" && value.first() == "kernel-helper-based")
}
