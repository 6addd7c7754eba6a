//! Modules and targets by name, from `data/*.tsv`.

use std::sync::OnceLock;

use crate::formats::firewall::shared::netfilter::nat::Translation;
use crate::formats::firewall::shared::netfilter::words::rows;
use crate::formats::firewall::shared::tables::Map;

/// How a match module is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Module {
    /// Option by option.
    Code,
    /// Always matches.
    True,
    /// Not modelled, for this reason.
    Unknown(&'static str),
}

/// What a target does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// Accepts in this table.
    Accept,
    /// Drops.
    Drop,
    /// Returns to the caller.
    Return,
    /// Goes on with the next rule.
    Continue,
    /// Switches connection tracking off.
    NoTrack,
    /// Translates; only in the table `nat`.
    Nat(Translation),
    /// Decides by something that is not in the file.
    Unknown(&'static str),
}

/// A match module; `None` when it is not known.
pub fn module(name: &str) -> Option<Module> {
    static TABLE: OnceLock<Map<&'static str, Module>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/matches.tsv"))
            .filter_map(|row| {
                let module = match *row.get(1)? {
                    "code" => Module::Code,
                    "true" => Module::True,
                    _ => Module::Unknown(row.get(2)?),
                };
                Some((*row.first()?, module))
            })
            .collect()
    });
    table.get(name).copied()
}

/// A target that is not a chain; `None` when it is not known.
pub fn target(name: &str) -> Option<Target> {
    static TABLE: OnceLock<Map<&'static str, Target>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/targets.tsv"))
            .filter_map(|row| {
                let target = match *row.get(1)? {
                    "accept" => Target::Accept,
                    "drop" => Target::Drop,
                    "return" => Target::Return,
                    "continue" => Target::Continue,
                    "notrack" => Target::NoTrack,
                    "dnat" => Target::Nat(Translation::Destination),
                    "redirect" => Target::Nat(Translation::Redirect),
                    "netmap" => Target::Nat(Translation::Network),
                    "snat" => Target::Nat(Translation::Source),
                    "masquerade" => Target::Nat(Translation::Masquerade),
                    _ => Target::Unknown(row.get(2)?),
                };
                Some((*row.first()?, target))
            })
            .collect()
    });
    table.get(name).copied()
}

/// Tables of the kernel.
pub const TABLES: [&str; 5] = ["raw", "mangle", "nat", "filter", "security"];

/// Whether a chain is built in: only those have a policy.
pub fn is_built_in(chain: &str) -> bool {
    matches!(
        chain,
        "INPUT" | "FORWARD" | "OUTPUT" | "PREROUTING" | "POSTROUTING"
    )
}
