//! Juniper Junos: security policies of SRX firewalls, and stateless firewall
//! filters of every Junos device.
//!
//! [`reader`] turns both syntaxes (curly braces and `set` commands) into one
//! tree of words, [`groups`] applies configuration groups to it, and
//! [`convert`] compiles the tree: one module per part of the configuration
//! reads its statements and marks them. A statement that cannot be read spoils
//! the rule it stands in and nothing else. It refuses nothing; what it does not
//! model it names.

mod addresses;
mod alg;
mod applications;
mod convert;
mod cycles;
mod detect;
mod device;
mod document;
mod filters;
mod groups;
mod host;
mod interfaces;
mod json;
mod markup;
mod nat;
mod other_zones;
mod policies;
mod prefixes;
mod reader;
mod schedules;
mod secrets;
mod tables;
mod terms;
mod text;
mod words;

#[cfg(test)]
mod tests;

pub use secrets::secret_spans;

use crate::formats::Format;
use crate::formats::firewall::shared::unfilled::left_open;

/// Id of the format and of the platform.
pub const ID: &str = "junos";

/// Juniper Junos.
pub const FORMAT: Format = Format {
    id: ID,
    title: "Juniper Junos (SRX policies, firewall filters)",
    detect: detect::detect,
    parse: |file| left_open(file, document::read(file)),
};
