//! `allowed_flows`: exceptions that the inventory justifies.

use serde::Serialize;

use super::types::Ref;
use crate::estate::Estate;
use crate::formats::inventory::Service;

/// A flow that is meant to pass although a rule may speak against it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AllowedFlowFact {
    /// Server, host, zone or network.
    pub from: String,
    /// Server, host, zone or network.
    pub to: String,
    /// `tcp/25`, `udp/5000-5100`, `any` …; absent for every service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Why it is right.
    pub reason: String,
    /// Last day of validity, `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The entry.
    pub at: Ref,
}

/// One fact for each entry, in its order.
pub fn build(estate: &Estate) -> Vec<AllowedFlowFact> {
    let entries = estate
        .inventory
        .iter()
        .flat_map(|known| &known.allowed_flows);
    entries
        .map(|entry| AllowedFlowFact {
            from: entry.from.value.clone(),
            to: entry.to.value.clone(),
            service: entry
                .service
                .as_ref()
                .and_then(|known| spelled(known.value)),
            reason: entry.reason.value.clone(),
            until: entry.until.as_ref().map(|day| day.value.clone()),
            at: Ref(entry.span),
        })
        .collect()
}

/// A service as the inventory writes it; `None` for every one.
fn spelled(service: Service) -> Option<String> {
    let protocol = service.protocol?;
    Some(if service.ports == crate::model::net::PortRange::ANY {
        protocol.to_string()
    } else {
        format!("{protocol}/{}", service.ports)
    })
}
