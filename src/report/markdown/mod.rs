//! Markdown: the whole result for a file or a pull request, and a summary of
//! one job for GitHub.

pub(super) mod escape;
mod full;
mod summary;

use std::io::{self, Write};

use super::Context;
use crate::finding::{Filter, PathReport, PathState, path_reports};
use crate::model::path::Table;
use escape::text;

pub(super) use full::summary_line;
pub use full::write;
pub use summary::write as write_summary;

/// The tables of the source, with the keys of their names.
pub(super) const TABLES: [(Table, &str); 5] = [
    (Table::Transport, "paths.transport"),
    (Table::Mailbox, "paths.mailbox"),
    (Table::ClientAccess, "paths.client-access"),
    (Table::UnifiedMessaging, "paths.unified-messaging"),
    (Table::Notes, "paths.note"),
];

/// The key of the word for a state.
pub(super) fn state_key(state: PathState) -> &'static str {
    match state {
        PathState::Safe => "state.safe",
        PathState::Unsafe => "state.unsafe",
        PathState::Blocked => "state.blocked",
        PathState::BlockedAsIntended => "state.blocked-as-intended",
        PathState::Undecided => "state.undecided",
        PathState::Absent => "state.absent",
    }
}

/// The state of every data path.
pub(super) fn reports<'a>(context: &Context<'a>) -> Vec<PathReport<'a>> {
    path_reports(context.catalogue, context.run, &Filter::default())
}

/// Writes a table: the tables of the source by state.
fn states(
    out: &mut dyn Write,
    context: &Context<'_>,
    reports: &[PathReport<'_>],
) -> io::Result<()> {
    let words = context.words;
    write!(out, "| {} |", text(words.get("report.table")))?;
    for state in PathState::ALL {
        write!(out, " {} |", text(words.get(state_key(state))))?;
    }
    write!(out, "\n| --- |")?;
    for _ in PathState::ALL {
        write!(out, " ---: |")?;
    }
    writeln!(out)?;
    for (table, key) in TABLES {
        write!(out, "| {} |", text(words.get(key)))?;
        for state in PathState::ALL {
            let of = |report: &&PathReport<'_>| report.path.table == table && report.state == state;
            write!(out, " {} |", reports.iter().filter(of).count())?;
        }
        writeln!(out)?;
    }
    Ok(())
}
