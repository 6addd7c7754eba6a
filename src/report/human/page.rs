//! `check --summary`: one page for whoever decides what is done.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::{Human, severity_ink};
use crate::finding::{Exposure, Filter, Finding, PathState, Run, by_about, path_reports};
use crate::model::path::Catalogue;
use crate::policy::{Severity, Status};
use crate::report::style::Ink;
use crate::report::text::{printable, prose};
use crate::report::wrap;

/// Findings that are named.
const WORST: usize = 5;

/// Devices, questions and commands that are named.
const SHOWN: usize = 5;

impl Human<'_> {
    /// Writes the page.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn page(&mut self, run: &Run, catalogue: &Catalogue) -> io::Result<()> {
        let words = self.words;
        self.page_heading("page.title")?;
        for severity in [Severity::Error, Severity::Warning, Severity::Note] {
            let of = run.findings.iter().filter(|f| f.severity == severity);
            let of: Vec<&Finding> = of.collect();
            let key = match severity {
                Severity::Error => "summary.errors",
                Severity::Warning => "summary.warnings",
                Severity::Note => "summary.notes",
            };
            let at = |exposure| of.iter().filter(|f| f.exposure == exposure).count();
            let text = words.fill(
                "page.severity",
                &[
                    ("count", &words.count(key, of.len())),
                    ("internet", &at(Exposure::Internet)),
                    ("perimeter", &at(Exposure::Perimeter)),
                    ("inside", &at(Exposure::Inside)),
                ],
            );
            self.text(2, &text)?;
        }
        self.page_paths(run, catalogue)?;
        self.page_worst(run)?;
        self.page_devices(run)?;
        self.page_undecided(run)?;
        writeln!(self.out)?;
        let summary = self.summary(&run.summary);
        writeln!(self.out, "{summary}")
    }

    fn page_heading(&mut self, key: &str) -> io::Result<()> {
        let text = self.words.get(key);
        writeln!(self.out, "{}", self.paint.ink(Ink::Bold, text))
    }

    /// Data paths by state.
    fn page_paths(&mut self, run: &Run, catalogue: &Catalogue) -> io::Result<()> {
        let reports = path_reports(catalogue, run, &Filter::default());
        writeln!(self.out)?;
        self.page_heading("page.paths")?;
        let counted = PathState::ALL.iter().map(|state| {
            let count = reports.iter().filter(|report| report.state == *state);
            format!("{} {}", self.state_word(*state), count.count())
        });
        let counted: Vec<String> = counted.collect();
        self.text(2, &counted.join(self.words.get("summary.comma")))
    }

    /// The worst findings, one of each rule.
    fn page_worst(&mut self, run: &Run) -> io::Result<()> {
        if run.findings.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        self.page_heading("page.worst")?;
        let mut told: BTreeSet<&str> = BTreeSet::new();
        let worst = run.findings.iter();
        let worst: Vec<&Finding> = worst
            .filter(|finding| told.insert(&finding.rule.id))
            .take(WORST)
            .collect();
        for (index, finding) in worst.into_iter().enumerate() {
            let word = self.severity_word(finding.severity);
            let tag = format!("{word}[{}]", printable(&finding.rule.id));
            let lead = format!("  {}. ", index.saturating_add(1));
            let place = &finding.primary.place;
            let others = run.findings.iter().filter(|f| f.rule.id == finding.rule.id);
            let others = others.count().saturating_sub(1);
            writeln!(
                self.out,
                "{lead}{} {}:{}",
                self.paint.ink(severity_ink(finding.severity), &tag),
                printable(&place.file),
                place.line
            )?;
            let mut text = prose(&self.words.quoting(&finding.message));
            if others > 0 {
                text.push(' ');
                text.push_str(&self.words.count("page.others", others));
            }
            self.text(5, &text)?;
        }
        Ok(())
    }

    /// The devices and servers with the most to do.
    fn page_devices(&mut self, run: &Run) -> io::Result<()> {
        let mut groups = by_about(&run.findings);
        if groups.len() < 2 {
            return Ok(());
        }
        writeln!(self.out)?;
        self.page_heading("page.devices")?;
        let errors = |group: &[&Finding]| {
            let errors = group.iter().filter(|f| f.severity == Severity::Error);
            errors.count()
        };
        groups.sort_by_key(|(_, group)| std::cmp::Reverse((errors(group), group.len())));
        for (about, group) in groups.iter().take(SHOWN) {
            let heading = self.heading(about, group.len());
            let errors = self.words.count("summary.errors", errors(group));
            self.text(2, &format!("{heading} ({errors})"))?;
        }
        self.page_more(groups.len())
    }

    /// What could not be decided, and what would settle most of it.
    fn page_undecided(&mut self, run: &Run) -> io::Result<()> {
        let words = self.words;
        let japanese = words.language().is_japanese();
        let lacking: Vec<_> = run
            .results
            .iter()
            .filter_map(|result| match &result.status {
                Status::LacksData { settle, .. } => Some((result, settle)),
                _ => None,
            })
            .collect();
        if run.undecided.is_empty() && lacking.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        self.page_heading("page.undecided")?;
        let mut by_rule: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for item in &run.undecided {
            let rule = (&*item.rule.id, item.rule.title.get(japanese));
            let count = by_rule.entry(rule).or_default();
            *count = count.saturating_add(1);
        }
        let mut by_rule: Vec<_> = by_rule.into_iter().collect();
        by_rule.sort_by_key(|(rule, count)| (std::cmp::Reverse(*count), *rule));
        for ((id, title), count) in by_rule.iter().take(SHOWN) {
            let open = words.count("paths.open", *count);
            let lead = format!("  {} ", printable(id));
            let text = format!("{} · {open}", prose(title));
            writeln!(self.out, "{}", wrap::hanging(&lead, &text, self.columns))?;
        }
        self.page_more(by_rule.len())?;
        let mut steps: BTreeMap<String, usize> = BTreeMap::new();
        let own = run.undecided.iter().flat_map(|item| item.settle.iter());
        let of_rules = lacking.iter().flat_map(|(_, settle)| settle.iter());
        let of_rules = of_rules.map(|step| step.get(japanese).to_owned());
        for step in own.cloned().chain(of_rules) {
            // Lines for the inventory are told by `check`.
            let commands = step.lines().take_while(|line| !line.starts_with('#'));
            let step = commands.collect::<Vec<_>>().join("; ");
            let count = steps.entry(step).or_default();
            *count = count.saturating_add(1);
        }
        let mut steps: Vec<(String, usize)> = steps.into_iter().collect();
        steps.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        writeln!(self.out)?;
        self.page_heading("page.settle")?;
        for (step, count) in steps.iter().take(SHOWN) {
            let step = prose(&words.phrase(step));
            let settles = words.count("page.settles", *count);
            writeln!(
                self.out,
                "{}",
                wrap::hanging("  ", &format!("{step} · {settles}"), self.columns)
            )?;
        }
        self.page_more(steps.len())
    }

    fn page_more(&mut self, all: usize) -> io::Result<()> {
        match all.saturating_sub(SHOWN) {
            0 => Ok(()),
            more => {
                let more = self.words.count("page.more", more);
                self.text(2, &more)
            }
        }
    }
}
