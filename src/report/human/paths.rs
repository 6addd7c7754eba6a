//! `paths` for a terminal: every data path, grouped by the tables of the
//! source.

use std::io;

use super::Human;
use crate::finding::{
    Filter, PathReport, PathState, Run, ServiceVerdict, Strength, Way, path_reports,
};
use crate::model::path::{Catalogue, Degree, Table};
use crate::report::style::Ink;
use crate::report::text::{clip, printable, prose, width};
use crate::report::wrap;

/// Groups of ways of one path that are shown without `-v`.
const SHOWN_GROUPS: usize = 4;

/// Ways of one group that are shown without `-v`.
const SHOWN_ENDS: usize = 8;

/// Rules that open a part are shown up to so many; `--row` shows all.
const SHOWN_RULES: usize = 3;

/// What is said of a way.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    /// Services by verdict.
    services: Vec<String>,
    /// The place of the rule that closes it, and its text.
    decided: Option<(String, String)>,
    /// The places of the rules that open it, or a part of it.
    opened: Vec<String>,
    /// Whether some rules open a part of it and others close the rest.
    mixed: bool,
    /// How it is protected as configured.
    here: Vec<String>,
    /// Reasons.
    why: Vec<String>,
    /// The command that explains the rules which speak against it.
    see: Option<String>,
}

impl Human<'_> {
    /// Writes every path of the catalogue that a filter lets through; rows that
    /// are named with everything about them.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn paths(&mut self, run: &Run, catalogue: &Catalogue, filter: &Filter) -> io::Result<()> {
        let words = self.words;
        let reports = path_reports(catalogue, run, filter);
        if !filter.rows.is_empty() {
            for report in &reports {
                self.path_story(report, run, catalogue)?;
            }
            return self.paths_summary(&reports);
        }
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
        self.paths_summary(&reports)
    }

    /// The last line: paths by state.
    fn paths_summary(&mut self, reports: &[PathReport<'_>]) -> io::Result<()> {
        let words = self.words;
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
        if !report.ways.is_empty() {
            let default = self.methods(&report.path.authentication.default);
            let text = words.fill(
                "paths.said",
                &[
                    ("encryption", &self.encryption_said(report.path)),
                    ("authentication", &default),
                ],
            );
            self.text(6, &text)?;
        }
        if !report.rules.is_empty() {
            let rules = report.rules.join(", ");
            let text = words.fill("paths.overruled", &[("rules", &rules)]);
            self.text(6, &text)?;
        }
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
            let by = self.words.get(by(said.mixed, "deny"));
            let lead = format!("        {by}");
            let block = wrap::hanging(&lead, place, self.columns);
            writeln!(self.out, "{block}")?;
            let room = self.columns.saturating_sub(10);
            writeln!(self.out, "          {}", clip(rule, room))?;
        }
        if !said.opened.is_empty() {
            let by = self.words.get(by(said.mixed, "permit"));
            let lead = format!("        {by}");
            let shown = if said.mixed { SHOWN_RULES } else { usize::MAX };
            let first: Vec<&str> = said.opened.iter().take(shown).map(String::as_str).collect();
            let mut text = first.join(comma);
            let more = said.opened.len().saturating_sub(shown);
            if more > 0 {
                text.push(' ');
                text.push_str(&self.words.count("paths.more-ends", more));
            }
            let block = wrap::hanging(&lead, &text, self.columns);
            writeln!(self.out, "{block}")?;
        }
        for here in &said.here {
            let lead = format!("        {}", self.words.get("paths.configured"));
            let block = wrap::hanging(&lead, here, self.columns);
            writeln!(self.out, "{block}")?;
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
        let mut closed = way.services.iter().filter(|s| s.verdict != "permit");
        let partial = closed.clone().next().filter(|s| s.verdict == "partial");
        // The last denial is the one to change: those before it are block lists.
        said.decided = closed
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
        if way.state != PathState::Absent {
            said.here = self.protection(way);
        }
        let opening: Vec<_> = match partial {
            Some(service) => service.decided_by.iter().collect(),
            None if said.decided.is_some() => Vec::new(),
            None => way.services.iter().flat_map(|s| s.decided_by).collect(),
        };
        let opening = opening.into_iter();
        let opening = opening.filter(|by| partial.is_none() || by.action == "permit");
        for decision in opening {
            let place = run.sources.locate(decision.at.0);
            let place = place.map(|(file, at)| format!(", {file}:{}", at.line));
            let place = format!("{}{}", decision.firewall, place.unwrap_or_default());
            let place = printable(&place).into_owned();
            if !said.opened.contains(&place) {
                said.opened.push(place);
            }
        }
        said.mixed = partial.is_some() && said.decided.is_some() && !said.opened.is_empty();
        if way.state == PathState::Undecided || said.decided.is_none() {
            let why = way.why.iter().take(2);
            said.why.extend(why.map(|why| prose(&words.phrase(why))));
        }
        if way.state == PathState::Unsafe {
            if way.rules.is_empty() {
                said.why.push(words.get(reason(way)).to_owned());
            } else {
                let rules = way.rules.iter().map(|rule| printable(rule));
                let rules: Vec<_> = rules.collect();
                said.see = Some(format!("exlint explain {}", rules.join(" ")));
            }
        }
        said
    }

    pub(super) fn state_word(&self, state: PathState) -> &'static str {
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

    pub(super) fn verdict_word(&self, verdict: &str) -> &'static str {
        let words = self.words;
        match verdict {
            "permit" => words.get("verdict.permit"),
            "deny" => words.get("verdict.deny"),
            "partial" => words.get("verdict.partial"),
            _ => words.get("verdict.inconclusive"),
        }
    }
}

/// What to call a deciding rule: where rules decide differently, by what it does.
pub(super) fn by(mixed: bool, action: &str) -> &'static str {
    match action {
        _ if !mixed => "paths.by",
        "deny" => "paths.closed-by",
        _ => "paths.open-by",
    }
}

/// Why a way is unsafe that no finding is about.
pub(super) fn reason(way: &Way<'_>) -> &'static str {
    let stripped = way.effects.iter().any(|e| e.kind == "strips-starttls");
    match way.configured.encryption {
        _ if stripped => "paths.stripped",
        Some(Strength::ClearPasswords) => "paths.clear-passwords",
        Some(Strength::Off) => "paths.switched-off",
        _ => "paths.unencrypted",
    }
}

/// The key of a degree.
pub(super) fn degree(degree: Degree) -> &'static str {
    match degree {
        Degree::Yes => "yes",
        Degree::YesSelfSigned => "yes-self-signed",
        Degree::Partial => "partial",
        Degree::SignallingOnly => "signalling-only",
        Degree::No => "no",
    }
}

pub(super) fn state_ink(state: PathState) -> Ink {
    match state {
        PathState::Safe | PathState::BlockedAsIntended => Ink::Green,
        PathState::Unsafe | PathState::Blocked => Ink::Red,
        PathState::Undecided => Ink::Yellow,
        PathState::Absent => Ink::Dim,
    }
}
