//! `paths` for a terminal: every data path, grouped by the tables of the
//! source.

use std::io;

use super::Human;
use crate::finding::{PathReport, PathState, Run, ServiceVerdict, Way, path_reports};
use crate::model::path::{Catalogue, PathId, Table};
use crate::report::style::Ink;
use crate::report::text::{clip, printable, prose, width};
use crate::report::wrap;

/// Groups of ways of one path that are shown without `-v`.
const SHOWN_GROUPS: usize = 4;

/// Ways of one group that are shown without `-v`.
const SHOWN_ENDS: usize = 8;

/// What is said of a way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    /// Services by verdict.
    services: Vec<String>,
    /// The place of the rule that closes it, and its text.
    decided: Option<(String, String)>,
    /// Reasons.
    why: Vec<String>,
    /// The command that explains the rules which speak against it.
    see: Option<String>,
}

impl Human<'_> {
    /// Writes every path of the catalogue, or those in `rows`.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn paths(&mut self, run: &Run, catalogue: &Catalogue, rows: &[PathId]) -> io::Result<()> {
        let words = self.words;
        let mut reports = path_reports(catalogue, &run.facts, &run.findings);
        reports.retain(|report| rows.is_empty() || rows.contains(&report.path.id));
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
            if !reports.iter().any(|report| report.path.table == table) {
                continue;
            }
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
        let row = report.path.row.map_or(String::new(), |row| row.to_string());
        let indent = column.saturating_add(8);
        let lines = wrap::lines(&printable(&title), self.columns.saturating_sub(indent));
        let title = lines.join(&format!("\n{}", " ".repeat(indent)));
        let ink = state_ink(report.state);
        writeln!(
            self.out,
            "  {row:>2}  {}{blanks}  {title}",
            self.paint.ink(ink, state)
        )?;
        let mut groups: Vec<(Words, Vec<String>)> = Vec::new();
        let mut ways: Vec<&Way<'_>> = report.ways.iter().collect();
        ways.sort_by_key(|way| std::cmp::Reverse(way.state));
        for way in ways {
            let ends = format!("{} → {}", printable(way.source), printable(way.destination));
            let said = self.words_of(way, run);
            match groups.iter_mut().find(|(known, _)| *known == said) {
                Some((_, all)) => all.push(ends),
                None => groups.push((said, vec![ends])),
            }
        }
        let shown = if self.verbose {
            groups.len()
        } else {
            SHOWN_GROUPS
        };
        let more: usize = groups
            .iter()
            .skip(shown)
            .map(|(_, ends)| ends.len())
            .fold(0, usize::saturating_add);
        for (said, ends) in groups.iter().take(shown) {
            self.group(said, ends)?;
        }
        if more > 0 {
            let more = words.count("paths.more", more);
            self.text(6, &more)?;
        }
        Ok(())
    }

    /// Ends of which the same is to be said, and that.
    fn group(&mut self, said: &Words, ends: &[String]) -> io::Result<()> {
        let comma = self.words.get("summary.comma");
        let shown = if self.verbose { ends.len() } else { SHOWN_ENDS };
        let mut text = ends
            .iter()
            .take(shown)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(comma);
        let more = ends.len().saturating_sub(shown);
        if more > 0 {
            text.push(' ');
            text.push_str(&self.words.count("paths.more-ends", more));
        }
        self.text(6, &text)?;
        for line in &said.services {
            let block = wrap::hanging("        ", line, self.columns);
            writeln!(self.out, "{block}")?;
        }
        if let Some((place, rule)) = &said.decided {
            let lead = format!("        {}", self.words.get("paths.by"));
            let block = wrap::hanging(&lead, place, self.columns);
            writeln!(self.out, "{block}")?;
            let room = self.columns.saturating_sub(10);
            writeln!(self.out, "          {}", clip(rule, room))?;
        }
        for why in &said.why {
            self.text(8, why)?;
        }
        if let Some(see) = &said.see {
            let lead = format!("        {}", self.words.get("check.see"));
            let block = wrap::hanging(&lead, see, self.columns);
            writeln!(self.out, "{block}")?;
        }
        Ok(())
    }

    fn words_of(&self, way: &Way<'_>, run: &Run) -> Words {
        let words = self.words;
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
        let mut said = Words {
            services: services
                .iter()
                .map(|(verdict, names)| {
                    format!("{}: {}", self.verdict_word(verdict), names.join(", "))
                })
                .collect(),
            ..Words::default()
        };
        // The last denial is the one to change: those before it are block lists.
        said.decided = way
            .services
            .iter()
            .filter(|service| service.verdict != "permit")
            .find_map(|service: &ServiceVerdict<'_>| {
                let mut by = service.decided_by.iter();
                by.rfind(|by| by.action == "deny")
                    .or(service.decided_by.first())
            })
            .map(|decision| {
                let place = run
                    .sources
                    .locate(decision.at.0)
                    .map(|(file, at)| format!(", {file}:{}", at.line))
                    .unwrap_or_default();
                let place = format!("{}{place}", decision.firewall);
                let rule = words.phrase(&decision.rule);
                (
                    printable(&place).into_owned(),
                    printable(&rule).into_owned(),
                )
            });
        if way.state == PathState::Undecided || said.decided.is_none() {
            let why = way.why.iter().take(2);
            said.why.extend(why.map(|why| prose(&words.phrase(why))));
        }
        if way.state == PathState::Unsafe {
            if way.rules.is_empty() {
                let key = match way.effects.iter().any(|e| e.kind == "strips-starttls") {
                    true => "paths.stripped",
                    false => "paths.unencrypted",
                };
                said.why.push(words.get(key).to_owned());
            } else {
                let rules = way.rules.iter().map(|rule| printable(rule));
                let rules: Vec<_> = rules.collect();
                said.see = Some(format!("exlint explain {}", rules.join(" ")));
            }
        }
        said
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
