//! What a run found, as a person or a program reads it: one file per output.
//!
//! Everything that comes from an input passes [`text`] before it is written.

pub mod checkstyle;
pub mod comparison;
pub mod concise;
pub mod context;
pub mod coverage;
pub mod csv;
pub mod excerpt;
pub mod github;
pub mod gitlab;
pub mod html;
pub mod human;
pub mod init;
pub mod inventory_draft;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod messages;
mod phrases;
pub mod quote;
pub mod sarif;
mod secrets;
pub mod style;
pub mod text;
pub mod told;
pub mod trace;
pub mod wrap;
mod xml;

pub use context::Context;
pub use messages::Messages;
pub use style::{ColorChoice, ColorEnvironment, Ink, Paint};

/// Columns that human output keeps to.
pub const COLUMNS: usize = 80;
