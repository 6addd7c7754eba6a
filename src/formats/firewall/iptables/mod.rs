//! iptables and ip6tables: what `iptables-save` and `ip6tables-save` print,
//! `iptables -S`, and rule files in the same form.
//!
//! A dump becomes one [`crate::model::firewall::Firewall`]; dumps of both
//! families in one file are one firewall. [`reader`] walks the lines,
//! [`rule`] reads one rule into an exact match and a target, [`stages`] binds
//! the built-in chains to the hooks of the kernel, [`nat`] compiles the table
//! `nat`. What a rule asks for and the model cannot tell stands in the rule as
//! an unknown condition: it never removes the rule.

mod detect;
mod lex;
mod listing;
mod marks;
mod nat;
mod options;
mod reader;
mod rule;
mod stages;
pub(super) mod tables;

#[cfg(test)]
mod tests;

use crate::formats::Format;
use crate::formats::firewall::shared::unfilled::left_open;

/// Id of the format and of the platform.
pub const ID: &str = "iptables";

/// iptables-save and ip6tables-save.
pub const FORMAT: Format = Format {
    id: ID,
    title: "iptables-save / ip6tables-save",
    detect: detect::detect,
    parse: |file| left_open(file, reader::read(file)),
};
