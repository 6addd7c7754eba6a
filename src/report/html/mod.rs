//! One page.

use std::io::{self, Write};

use super::Context;

/// Writes the page.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let _ = context;
    writeln!(out)
}
