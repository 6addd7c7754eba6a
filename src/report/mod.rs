//! What a run found, as a person or a program reads it: one file per output.
//!
//! Everything that comes from an input passes [`text`] before it is written.

pub mod comparison;
pub mod coverage;
pub mod excerpt;
pub mod human;
pub mod init;
pub mod json;
pub mod messages;
mod phrases;
mod secrets;
pub mod style;
pub mod text;
pub mod trace;
pub mod wrap;

pub use messages::Messages;
pub use style::{ColorChoice, ColorEnvironment, Ink, Paint};

/// Columns that human output keeps to.
pub const COLUMNS: usize = 80;
