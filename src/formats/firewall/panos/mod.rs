//! Palo Alto Networks PAN-OS: firewalls, and Panorama with its device groups.
//!
//! [`document`] chooses the syntax: XML, JSON ([`markup`] and [`json`] share
//! [`builder`]), `set` commands or curly braces ([`commands`]). All become one
//! tree of words ([`statements`]). [`layout`] tells which devices the tree is
//! for, and [`convert`] compiles each: one module per part of the configuration
//! reads its statements and marks them. A statement that cannot be read spoils
//! the rule that it stands in and nothing else. Refused are XML entities and
//! document types; what is not modelled is named.

mod addresses;
mod applications;
mod before_policy;
mod builder;
mod commands;
mod convert;
mod detect;
mod device;
mod document;
mod effects;
mod host;
mod interfaces;
mod json;
mod layout;
mod markup;
mod matching;
mod nat;
mod objects;
mod routes;
mod running_policy;
mod schedules;
mod secrets;
mod security;
mod services;
mod statements;
mod tables;
mod tags;
mod text;
mod values;
mod words;

#[cfg(test)]
mod tests;

pub use secrets::secret_spans;

use crate::formats::Format;

/// Id of the format and of the platform.
pub const ID: &str = "panos";

/// Palo Alto Networks PAN-OS.
pub const FORMAT: Format = Format {
    id: ID,
    title: "Palo Alto Networks PAN-OS (firewalls, Panorama)",
    detect: detect::detect,
    parse: document::read,
};
