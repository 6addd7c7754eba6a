//! `exlint.toml`, the inventory that a user writes for what exports lack.
//!
//! Every key is known or complained of: a typing error in an inventory would
//! silently weaken checks. What a name refers to (a server of an export, an
//! interface of a firewall) is checked when all inputs are joined.

mod context;
mod duplicates;
mod gate;
mod sections;
mod types;
mod values;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use toml::de::DeTable;

use super::{Content, Document, Evidence, Format, LineState};
use crate::source::SourceFile;
use context::Context;

pub(crate) use context::{alternatives, nearest};
pub use gate::{
    CONFIDENCES, ExceptionEntry, Gate, LEVELS, OFF, PROFILES, Parameter, RuleEntry, SEVERITIES,
};
pub use types::{
    AllowedFlow, EncryptedLink, ExchangeSection, FirewallEntry, Inventory, MachineEntry, PathEntry,
    RpcSection, Service, ZoneEntry,
};

/// The name under which an inventory is found.
pub const FILE_NAME: &str = "exlint.toml";

/// The format of inventories.
pub const FORMAT: Format = Format {
    id: "exlint-inventory",
    title: "exlint inventory",
    detect,
    parse,
};

/// Headers that only an inventory has.
const HEADERS: &[&str] = &[
    "[[server]]",
    "[[host]]",
    "[[zone]]",
    "[[firewall]]",
    "[[path]]",
    "[[encrypted_link]]",
    "[[allowed_flow]]",
    "[[exception]]",
];

/// Headers that other files of the same syntax may have too, and a key that
/// must follow.
const WEAK_HEADERS: &[(&str, &[&str])] = &[
    (
        "[exchange]",
        &["version", "exports", "reference_date", "smtp_sources"],
    ),
    ("[rpc]", &["profile", "range"]),
];

/// Lines that detection looks at.
const DETECT_LINES: usize = 2_000;

/// Recognises an inventory by its section headers.
fn detect(file: &SourceFile) -> Option<Evidence> {
    let mut weak: Option<(&[&str], &str, crate::source::Span)> = None;
    for (span, line) in file.lines().take(DETECT_LINES) {
        let text = line.split('#').next().unwrap_or_default().trim();
        if HEADERS.contains(&text) {
            return Some(Evidence {
                strength: 90,
                what: format!("`{text}`"),
                span,
            });
        }
        if let Some((keys, header, span)) = weak
            && let Some((key, _)) = text.split_once('=')
            && keys.contains(&key.trim())
        {
            return Some(Evidence {
                strength: 70,
                what: format!("`{header}` with `{}`", key.trim()),
                span,
            });
        }
        if text.starts_with('[') {
            weak = WEAK_HEADERS
                .iter()
                .find(|(header, _)| *header == text)
                .map(|(header, keys)| (*keys, *header, span));
        }
    }
    None
}

/// Reads an inventory. Faults become problems with a hint; what can be read
/// besides them is read.
fn parse(file: &SourceFile) -> Document {
    let mut context = Context::new(file);
    let (root, errors) = DeTable::parse_recoverable(file.text());
    let mut inventory = Inventory {
        span: file
            .line_range(0)
            .map(|range| crate::source::Span::of(file.id(), range)),
        ..Inventory::default()
    };
    sections::read(&mut context, root.get_ref(), &mut inventory);
    duplicates::check(&mut context, &inventory);
    for error in &errors {
        let end = file.text().len();
        let span = context.span(error.span().unwrap_or(end..end));
        context.mark(span, LineState::Unrecognised);
        context.error(
            format!("not valid TOML: {}", error.message().replace('\n', ", ")),
            None,
            span,
        );
    }
    context
        .problems
        .sort_by_key(|problem| (problem.span.start, problem.span.end));
    Document {
        content: vec![Content::Inventory(Box::new(inventory))],
        ledger: context.ledger,
        problems: context.problems,
    }
}

/// The nearest inventory: in the folder of `start`, else in one above it.
#[must_use]
pub fn discover(start: &Path) -> Option<PathBuf> {
    let start = std::path::absolute(start).ok()?;
    start
        .ancestors()
        .map(|folder| folder.join(FILE_NAME))
        .find(|candidate| candidate.is_file())
}
