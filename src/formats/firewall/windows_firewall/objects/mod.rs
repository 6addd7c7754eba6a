//! Objects of PowerShell's module NetSecurity: rules, the filters that hold
//! their conditions, profiles, and connection profiles.
//!
//! Four containers hold them ([`list`], [`csv`], [`json`], [`clixml`]); each
//! yields [`Record`]s, and [`interpret`] tells what they say. A rule of
//! `Get-NetFirewallRule` alone has neither ports nor addresses: they stand in
//! filter objects that name the rule by its `InstanceID`.

pub mod clixml;
pub mod csv;
pub mod interpret;
pub mod json;
pub mod list;

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::formats::firewall::shared::tables::rows;
use crate::source::Span;

/// A property of an object.
#[derive(Debug, Clone)]
pub struct Property<'a> {
    /// What it is known as; see `data/properties.tsv`.
    pub key: Option<&'static str>,
    /// Its values; none for null and for an empty list.
    pub values: Vec<Cow<'a, str>>,
    /// Where they stand.
    pub span: Span,
    /// Units of the ledger.
    pub units: Range<usize>,
}

impl<'a> Property<'a> {
    /// A property with at most one value.
    pub fn one(name: &str, value: Cow<'a, str>, span: Span, units: Range<usize>) -> Self {
        let values = if value.trim().is_empty() || value.trim() == "{}" {
            Vec::new()
        } else {
            vec![value]
        };
        Self {
            key: key(name),
            values,
            span,
            units,
        }
    }

    /// The values as texts.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|value| value.trim())
    }

    /// The first value.
    pub fn first(&self) -> Option<&str> {
        self.texts().next().filter(|text| !text.is_empty())
    }
}

/// An object.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// In file order.
    pub properties: Vec<Property<'a>>,
    /// The whole object.
    pub span: Span,
    /// Units of the ledger.
    pub units: Range<usize>,
}

impl<'a> Record<'a> {
    /// A property by key; the last one counts, as PowerShell adds its own
    /// names of values behind the raw ones.
    pub fn get(&self, key: &str) -> Option<&Property<'a>> {
        self.properties
            .iter()
            .rev()
            .find(|property| property.key == Some(key))
    }

    /// Whether a property is there, with a value or without.
    pub fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }
}

/// What a property is known as.
pub fn key(name: &str) -> Option<&'static str> {
    static KEYS: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    const LONGEST: usize = 40;
    let keys = KEYS.get_or_init(|| {
        rows(include_str!("../data/properties.tsv"))
            .filter_map(|row| Some((*row.first()?, *row.get(1)?)))
            .collect()
    });
    if name.len() > LONGEST {
        return None;
    }
    let mut lower = [0u8; LONGEST];
    let slot = lower.get_mut(..name.len())?;
    slot.copy_from_slice(name.as_bytes());
    slot.make_ascii_lowercase();
    keys.get(std::str::from_utf8(slot).ok()?).copied()
}

/// Whether names of properties are those of firewall objects.
pub fn are_known(has: impl Fn(&str) -> bool) -> bool {
    let all = |keys: &[&str]| keys.iter().all(|key| has(key));
    all(&["direction", "action", "enabled"])
        || all(&["inbound", "outbound"])
        || all(&["local-ports", "remote-ports", "icmp"])
        || all(&["id", "class", "local-ports"])
        || all(&["id", "class", "local-addresses"])
        || all(&["id", "class", "program"])
        || all(&["id", "class", "service"])
        || all(&["id", "class", "interface-type"])
        || all(&["id", "class", "interface"])
        || all(&["id", "class", "authentication"])
        || all(&["category", "interface"])
}
