//! The XML files beside a group policy: they name it, and where its settings
//! are.

use crate::formats::{Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

/// Reads a backup's index (`Backup.xml`, `bkupInfo.xml`) or its report
/// (`gpreport.xml`).
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let report = file.text().contains("WindowsFirewallSettings");
    let place = |mark: &str| {
        let at = file.text().find(mark)?;
        file.span_of(file.text().get(at..at.saturating_add(mark.len()))?)
    };
    let span = place("WindowsFirewallSettings")
        .or_else(|| place("registry.pol"))
        .unwrap_or(Span::of(file.id(), 0..0));
    for index in 0..file.line_count() {
        ledger.set(index, LineState::Irrelevant);
    }
    let line = file.line_of(span.start);
    let why = if report {
        "the firewall settings of a policy's report are not read; its registry.pol is"
    } else {
        "the settings of the policy are in its registry.pol"
    };
    ledger.set(line, LineState::NotModelled);
    ledger.note(LineState::NotModelled, why, span);
    let problems = vec![Problem {
        level: ProblemLevel::Note,
        message: why.to_owned(),
        hint: Some(
            "give DomainSysvol\\GPO\\Machine\\registry.pol of the backup, or the rules of a server: \
             `netsh advfirewall firewall show rule name=all verbose`"
                .to_owned(),
        ),
        span,
    }];
    Document {
        content: Vec::new(),
        ledger,
        problems,
    }
}
