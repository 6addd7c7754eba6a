//! Cisco IOS, IOS-XE and NX-OS: running configurations, terminal captures,
//! pasted fragments, and the output of `show access-lists`.
//!
//! The two platforms share one grammar with two dialects: IOS writes wildcard
//! masks and `ip access-list extended`, NX-OS prefixes and `ip access-list`.
//! The reader is line-oriented: [`reader`] dispatches each logical line by its
//! stanza and first words, one module per construct reads it, and [`finish`]
//! compiles what was read into stages. A line that cannot be read spoils the
//! rule it stands in and nothing else.

mod address;
mod cbac;
mod commands;
mod crypto;
mod detect;
mod device;
mod entry;
mod finish;
mod groups;
mod interface_ranges;
mod interfaces;
mod lines;
mod lists;
mod mirror;
mod nat;
mod policy_routes;
mod reader;
mod routes;
mod service;
mod stages;
mod tables;
mod time_ranges;
mod vlan_maps;
mod zone_policies;
mod zones;

#[cfg(test)]
mod tests;

use super::shared::{
    capture, commands as command_table, graph, outcome, rules, tables as table_rows, words,
};
use crate::formats::Format;
use crate::formats::firewall::shared::unfilled::left_open;

/// Id of the format and of the platform for IOS and IOS-XE.
pub const IOS: &str = "cisco-ios";
/// Id of the format and of the platform for NX-OS.
pub const NXOS: &str = "cisco-nxos";

/// Cisco IOS and IOS-XE.
pub const FORMAT: Format = Format {
    id: IOS,
    title: "Cisco IOS / IOS-XE",
    detect: detect::ios,
    parse: |file| left_open(file, reader::read_ios(file)),
};

/// Cisco NX-OS.
pub const FORMAT_NXOS: Format = Format {
    id: NXOS,
    title: "Cisco NX-OS",
    detect: detect::nxos,
    parse: |file| left_open(file, reader::read_nxos(file)),
};

/// The dialect that a file is read in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// IOS and IOS-XE.
    Ios,
    /// NX-OS.
    Nxos,
}
