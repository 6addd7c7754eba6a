//! One line for each finding: `file:line:column: error[FU005] message`, the
//! form that editors, `grep` and problem matchers read.

use std::io::{self, Write};

use super::Context;
use super::told::{Told, ToldQuestion, suppression};

/// Writes the findings, then what is hidden where that is asked for, then the
/// open questions.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let Context { run, words, .. } = *context;
    for finding in &run.findings {
        let told = Told::new(finding, run, words);
        let (place, tag) = (told.place.address(), told.tag());
        writeln!(out, "{place}: {tag} {}", told.message)?;
    }
    if context.show_suppressed {
        for suppressed in &run.suppressed {
            let told = Told::new(&suppressed.finding, run, words);
            let (place, why) = (told.place.address(), suppression(&suppressed.by, words));
            let (rule, message) = (&told.rule, &told.message);
            writeln!(out, "{place}: suppressed[{rule}] {message} ({why})")?;
        }
    }
    if context.quiet {
        return Ok(());
    }
    for item in &run.undecided {
        let told = ToldQuestion::new(item, run, words);
        let place = match told.places.first() {
            Some(place) => place.address(),
            None => "-".to_owned(),
        };
        writeln!(out, "{place}: undecided[{}] {}", told.rule, told.message)?;
    }
    Ok(())
}
