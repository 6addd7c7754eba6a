//! `paths` for a terminal: every data path, grouped by the tables of the
//! source.

use std::io;

use super::Human;
use crate::finding::{PathReport, PathState, Run, ServiceVerdict, Way, path_reports};
use crate::model::path::{Catalogue, Table};
use crate::report::style::Ink;
use crate::report::text::{printable, prose, width};
use crate::report::wrap;

/// Ways of one path that are shown without `-v`.
const SHOWN_WAYS: usize = 6;

impl Human<'_> {
    /// Writes every path of the catalogue.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn paths(&mut self, run: &Run, catalogue: &Catalogue) -> io::Result<()> {
        let words = self.words;
        let reports = path_reports(catalogue, &run.facts, &run.findings);
        let column = PathState::ALL
            .iter()
            .map(|state| width(self.state_word(*state), 1))
            .max()
            .unwrap_or(0);
        for (table, key) in [
            (Table::Transport, "paths.transport"),
            (Table::Mailbox, "paths.mailbox"),
            (Table::ClientAccess, "paths.client-access"),
            (Table::UnifiedMessaging, "paths.unified-messaging"),
            (Table::Notes, "paths.note"),
        ] {
            writeln!(self.out, "{}", self.paint.ink(Ink::Bold, words.get(key)))?;
            for report in reports.iter().filter(|report| report.path.table == table) {
                self.path(report, run, column)?;
            }
            writeln!(self.out)?;
        }
        let count = |state| {
            reports
                .iter()
                .filter(|report| report.state == state)
                .count()
        };
        let summary = words.fill(
            "paths.summary",
            &[
                ("total", &reports.len()),
                ("safe", &count(PathState::Safe)),
                ("unsafe", &count(PathState::Unsafe)),
                ("blocked", &count(PathState::Blocked)),
                ("as_intended", &count(PathState::BlockedAsIntended)),
                ("undecided", &count(PathState::Undecided)),
                ("absent", &count(PathState::Absent)),
            ],
        );
        self.text(0, &summary)
    }

    fn path(&mut self, report: &PathReport<'_>, run: &Run, column: usize) -> io::Result<()> {
        let words = self.words;
        let japanese = words.language().is_japanese();
        let state = self.state_word(report.state);
        let blanks = " ".repeat(column.saturating_sub(width(state, 1)));
        let title = format!("{} ({})", report.path.title.get(japanese), report.path.id);
        let indent = column.saturating_add(4);
        let lines = wrap::lines(&printable(&title), self.columns.saturating_sub(indent));
        let title = lines.join(&format!("\n{}", " ".repeat(indent)));
        let ink = state_ink(report.state);
        writeln!(
            self.out,
            "  {}{blanks}  {title}",
            self.paint.ink(ink, state)
        )?;
        let shown = if self.verbose {
            report.ways.len()
        } else {
            SHOWN_WAYS
        };
        let mut ways: Vec<&Way<'_>> = report.ways.iter().collect();
        ways.sort_by_key(|way| std::cmp::Reverse(way.state));
        for way in ways.iter().take(shown) {
            self.way(way, run)?;
        }
        let more = ways.len().saturating_sub(shown);
        if more > 0 {
            let more = words.count("paths.more", more);
            self.text(6, &more)?;
        }
        Ok(())
    }

    fn way(&mut self, way: &Way<'_>, run: &Run) -> io::Result<()> {
        let words = self.words;
        let ends = format!("{} → {}", printable(way.source), printable(way.destination));
        let mut services: Vec<(&str, Vec<&str>)> = Vec::new();
        for service in &way.services {
            match services
                .iter_mut()
                .find(|(verdict, _)| *verdict == service.verdict)
            {
                Some((_, names)) => names.push(service.service),
                None => services.push((service.verdict, vec![service.service])),
            }
        }
        let parts: Vec<String> = services
            .iter()
            .map(|(verdict, names)| format!("{} {}", names.join(", "), self.verdict_word(verdict)))
            .collect();
        let line = wrap::hanging(&format!("      {ends}: "), &parts.join("; "), self.columns);
        writeln!(self.out, "{line}")?;
        let deciding = way
            .services
            .iter()
            .filter(|service| service.verdict != "permit")
            .find_map(|service: &ServiceVerdict<'_>| service.decided_by.first());
        if let Some(decision) = deciding {
            let place = run
                .sources
                .locate(decision.at.0)
                .map(|(file, at)| format!(" ({file}:{})", at.line))
                .unwrap_or_default();
            let text = format!("{}: {}{place}", decision.firewall, decision.rule);
            let lead = format!("        {}", words.get("paths.by"));
            let block = wrap::hanging(&lead, &printable(&text), self.columns);
            writeln!(self.out, "{block}")?;
        }
        if way.state == PathState::Undecided || deciding.is_none() {
            for why in way.why.iter().take(2) {
                let text = prose(&words.phrase(why));
                self.text(8, &text)?;
            }
        }
        if way.state == PathState::Unsafe {
            if !way.rules.is_empty() {
                let see = format!("        {}", words.get("check.see"));
                let rules: Vec<String> = way
                    .rules
                    .iter()
                    .map(|rule| format!("exlint explain {}", printable(rule)))
                    .collect();
                let block = wrap::hanging(&see, &rules.join(", "), self.columns);
                writeln!(self.out, "{block}")?;
            } else {
                let text = match way.effects.iter().any(|e| e.kind == "strips-starttls") {
                    true => words.get("paths.stripped"),
                    false => words.get("paths.unencrypted"),
                };
                self.text(8, text)?;
            }
        }
        Ok(())
    }

    fn state_word(&self, state: PathState) -> &'static str {
        let words = self.words;
        match state {
            PathState::Safe => words.get("state.safe"),
            PathState::Unsafe => words.get("state.unsafe"),
            PathState::Blocked => words.get("state.blocked"),
            PathState::BlockedAsIntended => words.get("state.blocked-as-intended"),
            PathState::Undecided => words.get("state.undecided"),
            PathState::Absent => words.get("state.absent"),
        }
    }

    fn verdict_word(&self, verdict: &str) -> &'static str {
        let words = self.words;
        match verdict {
            "permit" => words.get("verdict.permit"),
            "deny" => words.get("verdict.deny"),
            "partial" => words.get("verdict.partial"),
            _ => words.get("verdict.inconclusive"),
        }
    }
}

fn state_ink(state: PathState) -> Ink {
    match state {
        PathState::Safe | PathState::BlockedAsIntended => Ink::Green,
        PathState::Unsafe | PathState::Blocked => Ink::Red,
        PathState::Undecided => Ink::Yellow,
        PathState::Absent => Ink::Dim,
    }
}
