//! What happens to packets besides passing, as rules see it.

use serde::Serialize;

use super::types::Ref;

/// What happens to packets on their way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EffectFact {
    /// Kind.
    pub kind: &'static str,
    /// Firewall; empty for a link that the inventory declares as encrypted.
    pub firewall: String,
    /// The statement.
    pub at: Ref,
    /// Further statements that shape it.
    pub related: Vec<Ref>,
    /// For a translation, the end whose address it changes: `source` or
    /// `destination`, and `destination` where it changes both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<&'static str>,
    /// For a translation that hides sources, the addresses that they take.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub source_becomes: Vec<String>,
}
