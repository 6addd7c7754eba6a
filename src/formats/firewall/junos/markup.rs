//! `display xml` and `display json`: translated into the device's own words.

use crate::source::{SourceFile, Span};

use super::text::Mapped;

/// What shows that a file is a Junos configuration in markup.
pub fn recognise(_file: &SourceFile) -> Option<(&str, Span)> {
    None
}

/// The configuration in words, where the file is markup.
pub fn translate(_file: &SourceFile) -> Option<Result<Mapped, (String, Span)>> {
    None
}
