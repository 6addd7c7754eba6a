//! Cisco ASA, PIX and FWSM: running configurations, terminal captures, and
//! the output of `show access-list` and `show route`.
//!
//! A file becomes one [`crate::model::firewall::Firewall`] per device or
//! context. The reader is line-oriented: [`lex`] makes logical lines,
//! [`reader`] dispatches each by its first word, one module per construct
//! reads it, and [`finish`] compiles what was read into stages. A line that
//! cannot be read spoils the rule it stands in and nothing else. It refuses
//! nothing; what it does not model it names.

mod access_list;
mod address;
mod bindings;
mod bridge;
mod commands;
mod conduit;
mod crypto;
mod detect;
mod device;
mod diversion;
mod finish;
mod groups;
mod insertion;
mod inspect;
mod interfaces;
mod nat;
mod nat_legacy;
mod objects;
mod reader;
mod routes;
mod secrets;
mod service;
mod stages;
mod tables;
mod threat_defense;
mod time_ranges;
mod virtual_routers;

#[cfg(test)]
mod tests;

pub use secrets::secret_spans;

use super::shared::{capture as lex, graph, outcome, rules, words};
use crate::formats::Format;
use crate::formats::firewall::shared::unfilled::left_open;

/// Id of the format and of the platform.
pub const ID: &str = "cisco-asa";

/// Cisco ASA, PIX and FWSM.
pub const FORMAT: Format = Format {
    id: ID,
    title: "Cisco ASA / PIX / FWSM",
    detect: detect::detect,
    parse: |file| left_open(file, reader::read(file)),
};
