//! nftables: what `nft list ruleset` prints as text and as JSON, and source
//! files that `nft -f` loads.
//!
//! A file becomes one [`crate::model::firewall::Firewall`]. [`ruleset`] reads
//! tables, chains and sets; [`rule`] reads one rule with [`keys`] (what is
//! looked at) and [`values`] (what is looked for); [`stages`] binds base
//! chains to their hooks by priority. [`json`] writes the JSON form in words
//! of nft and reads those, so that both forms give one model.

mod asked;
mod detect;
mod json;
mod keys;
mod lex;
mod rule;
mod ruleset;
mod stages;
mod statements;
mod values;

#[cfg(test)]
mod tests;

use crate::formats::firewall::shared::unfilled::left_open;
use crate::formats::{Document, Format};
use crate::source::SourceFile;

/// Id of the format and of the platform.
pub const ID: &str = "nftables";

/// nft list ruleset, as text or JSON.
pub const FORMAT: Format = Format {
    id: ID,
    title: "nftables",
    detect: detect::detect,
    parse: |file| left_open(file, read(file)),
};

fn read(file: &SourceFile) -> Document {
    if file
        .text()
        .trim_start_matches('\u{feff}')
        .trim_start()
        .starts_with('{')
    {
        json::read(file)
    } else {
        ruleset::read(file)
    }
}
