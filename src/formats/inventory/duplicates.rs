//! Names that stand twice in one inventory.

use std::collections::HashMap;

use crate::source::{Span, Spanned};

use super::context::Context;
use super::types::Inventory;

/// Complains of firewalls, zones and machines that share a name.
pub(super) fn check(context: &mut Context<'_>, inventory: &Inventory) {
    names(
        context,
        "firewall",
        inventory.firewalls.iter().map(|f| &f.name),
    );
    names(context, "zone", inventory.zones.iter().map(|z| &z.name));
    machines(context, inventory);
}

fn names<'n>(
    context: &mut Context<'_>,
    kind: &str,
    names: impl Iterator<Item = &'n Spanned<String>>,
) {
    let mut seen: HashMap<String, Span> = HashMap::new();
    for name in names {
        if seen.insert(name.value.to_lowercase(), name.span).is_some() {
            context.error(
                format!("two {kind}s are called `{}`", name.value),
                Some("give each its own name, or make one entry of them".to_owned()),
                name.span,
            );
        }
    }
}

/// Machines are matched by NetBIOS name or FQDN, so `edge1` and
/// `edge1.contoso.com` are one machine, and two FQDNs are two.
fn machines(context: &mut Context<'_>, inventory: &Inventory) {
    let mut seen: HashMap<String, Vec<String>> = HashMap::new();
    for machine in &inventory.machines {
        let full = machine.name.value.to_lowercase();
        let is_address = full.parse::<std::net::IpAddr>().is_ok();
        let label = match full.split_once('.') {
            Some((label, _)) if !is_address => label.to_owned(),
            _ => full.clone(),
        };
        let others = seen.entry(label.clone()).or_default();
        let clash = others
            .iter()
            .any(|other| *other == full || *other == label || full == label);
        others.push(full);
        if clash {
            context.error(
                format!("two machines are called `{}`", machine.name.value),
                Some(
                    "a machine has one entry, under [[server]] or [[host]]; names are matched \
                     by NetBIOS name or FQDN"
                        .to_owned(),
                ),
                machine.name.span,
            );
        }
    }
}
