//! Fortinet FortiOS: the configuration of a FortiGate, one firewall for each
//! virtual domain.
//!
//! [`lex`] splits lines into words (a quoted word may go over many lines),
//! [`reader`] builds the [`tree`] of `config`, `edit` and `set` and executes
//! what a command line does to it (`append`, `unset`, `rename`, `move` …), and
//! [`convert`] compiles it: one module per part. It refuses nothing but
//! encrypted backups; what it does not model it names.

mod addresses;
mod between_families;
mod convert;
mod detect;
mod device;
mod envelope;
mod helpers;
mod host;
mod interface_policies;
mod interfaces;
mod lex;
mod management;
mod nat;
mod numbering;
mod policies;
mod reader;
mod redirects;
mod routes;
mod schedules;
mod secrets;
mod services;
mod tables;
mod terminal;
mod tls_inspection;
mod torn;
mod tree;
mod vips;

#[cfg(test)]
mod tests;

pub use secrets::secret_spans;
pub use tables::is_secret;

use crate::formats::Format;

/// Id of the format and of the platform.
pub const ID: &str = "fortios";

/// Fortinet FortiOS.
pub const FORMAT: Format = Format {
    id: ID,
    title: "Fortinet FortiOS (FortiGate)",
    detect: detect::detect,
    parse: convert::read,
};
