//! A comparison for a terminal.

use std::io;

use super::{Human, severity_ink};
use crate::finding::Finding;
use crate::finding::comparison::Comparison;
use crate::flow::Turn;
use crate::report::comparison::{Citation, FindingStory, Mark, PathStory, SetStory, Story};
use crate::report::messages::thousands;
use crate::report::style::Ink;
use crate::report::wrap;

/// So many pieces of a set are shown without `-v`.
const SHOWN: usize = 6;
/// So many pairs of ends are shown without `-v`.
const SHOWN_ENDS: usize = 6;

impl Human<'_> {
    /// Writes what a change does.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn comparison(&mut self, comparison: &Comparison<'_>) -> io::Result<()> {
        let shown = if self.verbose { usize::MAX } else { SHOWN };
        let story = Story::new(comparison, shown);
        if !story.paths.is_empty() {
            self.section("diff.section-paths")?;
            for path in &story.paths {
                self.path_change(path)?;
            }
        }
        if !story.devices.is_empty() || !story.filters.is_empty() {
            self.section("diff.section-filters")?;
        }
        for device in &story.devices {
            self.text(0, device)?;
            writeln!(self.out)?;
        }
        for filter in &story.filters {
            writeln!(self.out, "{}", self.paint.ink(Ink::Bold, &filter.title))?;
            if let Some(remark) = &filter.remark {
                self.text(2, remark)?;
            }
            for set in &filter.sets {
                self.set_of_packets(set)?;
            }
            for citation in &filter.differing {
                self.citation("diff.only-one-side", citation)?;
            }
            writeln!(self.out)?;
        }
        let introduced = &comparison.findings.introduced;
        if !introduced.is_empty() {
            self.section("diff.section-introduced")?;
            let introduced: Vec<Finding> = introduced.iter().copied().cloned().collect();
            self.findings(&introduced, &comparison.head.sources)?;
        }
        for section in &story.gone {
            self.section(section.title)?;
            for finding in &section.findings {
                self.gone(finding)?;
            }
            writeln!(self.out)?;
        }
        let summary = self.comparison_summary(comparison);
        writeln!(self.out, "{summary}")
    }

    /// The last line.
    #[must_use]
    pub fn comparison_summary(&self, comparison: &Comparison<'_>) -> String {
        let words = self.words;
        let key = match comparison.incomplete() {
            true => "diff.no-effect-seen",
            false => "diff.no-effect",
        };
        if comparison.is_empty() {
            return words.get(key).to_owned();
        }
        let bad = comparison.paths.iter().filter(|p| p.severity().is_some());
        let (bad, all) = (bad.count(), comparison.paths.len());
        let findings = &comparison.findings;
        let certain = comparison.filters.iter().filter(|filter| filter.certain());
        let certain = certain.count();
        let undecided = comparison.filters.len().saturating_sub(certain);
        let mut line = words.fill(
            "diff.summary",
            &[
                ("paths", &words.count("diff.summary-paths", all)),
                ("bad", &thousands(bad)),
                ("filters", &words.count("diff.summary-filters", certain)),
                (
                    "introduced",
                    &words.count("summary.findings", findings.introduced.len()),
                ),
                ("cured", &thousands(findings.cured.len())),
            ],
        );
        if undecided > 0 {
            line.push_str(&words.count("diff.summary-undecided", undecided));
        }
        for (key, count) in [
            ("diff.summary-not-decided", findings.not_decided.len()),
            ("diff.summary-hidden", findings.hidden.len()),
            ("diff.summary-unasked", findings.unasked.len()),
        ] {
            if count > 0 {
                line.push_str(&words.fill(key, &[("n", &thousands(count))]));
            }
        }
        if comparison.incomplete() {
            line.push_str(words.get("diff.summary-incomplete"));
        }
        line
    }

    fn section(&mut self, key: &str) -> io::Result<()> {
        writeln!(
            self.out,
            "{}\n",
            self.paint.ink(Ink::Bold, self.words.get(key))
        )
    }

    fn path_change(&mut self, path: &PathStory) -> io::Result<()> {
        let (mark, ink) = match path.mark {
            Mark::Bad => ("✗ ", Ink::Red),
            Mark::Open => ("? ", Ink::Yellow),
            Mark::Good => ("✓ ", Ink::Green),
            Mark::Neutral => ("· ", Ink::Dim),
        };
        let block = wrap::hanging(mark, &path.sentence, self.columns);
        let rest = block.get(mark.len()..).unwrap_or_default();
        writeln!(self.out, "{} {rest}", self.paint.ink(ink, mark.trim_end()))?;
        let shown = if self.verbose { usize::MAX } else { SHOWN_ENDS };
        let mut ends: Vec<String> = path.ends.iter().take(shown).cloned().collect();
        let more = path.ends.len().saturating_sub(ends.len());
        if more > 0 {
            ends.push(self.words.count("diff.more-places", more));
        }
        let ends = ends.join(", ");
        if !ends.is_empty() {
            self.text(4, &ends)?;
        }
        self.text(4, &path.states)?;
        for service in &path.services {
            self.text(4, &service.text)?;
            for citation in &service.before {
                self.citation("diff.before", citation)?;
            }
            for citation in &service.after {
                self.citation("diff.after", citation)?;
            }
        }
        writeln!(self.out)
    }

    fn citation(&mut self, key: &str, citation: &Citation) -> io::Result<()> {
        let lead = format!("      {}", self.words.get(key));
        let text = format!("{}  {}", citation.place, citation.rule);
        let block = wrap::hanging(&lead, &text, self.columns);
        let rest = block.get(lead.trim_end().len()..).unwrap_or_default();
        let painted = self.paint.ink(Ink::Dim, lead.trim());
        writeln!(self.out, "      {painted}{rest}")
    }

    fn set_of_packets(&mut self, set: &SetStory) -> io::Result<()> {
        let (mark, ink) = match set.turn {
            Turn::Permitted => ("+ ", Ink::Green),
            Turn::Denied => ("- ", Ink::Red),
            Turn::Undecided | Turn::Unexplored => ("? ", Ink::Yellow),
        };
        writeln!(self.out, "  {}", self.paint.ink(ink, &set.title))?;
        for piece in &set.pieces {
            let lead = format!("  {mark}");
            let text = piece.sentence.as_ref().unwrap_or(&piece.text);
            let block = wrap::hanging(&lead, text, self.columns);
            let rest = block.get(lead.len()..).unwrap_or_default();
            writeln!(
                self.out,
                "  {} {rest}",
                self.paint.ink(ink, mark.trim_end())
            )?;
            if let Some(witness) = &piece.witness {
                let lead = format!("      {}", self.words.get("check.packet"));
                let block = wrap::hanging(&lead, witness, self.columns);
                writeln!(self.out, "{block}")?;
            }
            for citation in &piece.before {
                self.citation("diff.before", citation)?;
            }
            for citation in &piece.after {
                self.citation("diff.after", citation)?;
            }
            if let Some(seen) = &piece.end_to_end {
                self.text(6, seen)?;
            }
            for reason in &piece.reasons {
                let text = self.words.fill("diff.because", &[("reason", reason)]);
                self.text(6, &text)?;
            }
        }
        if set.more > 0 {
            let more = self.words.count("diff.more-pieces", set.more);
            self.text(4, &more)?;
        }
        Ok(())
    }

    /// A finding that is not told any more, on a few lines.
    fn gone(&mut self, finding: &FindingStory) -> io::Result<()> {
        let ink = severity_ink(finding.severity);
        let word = self.severity_word(finding.severity);
        let tag = format!("{word}[{}]", finding.rule);
        let tag = self.paint.ink(ink, &tag);
        writeln!(self.out, "{tag} {}", finding.place)?;
        self.text(2, &finding.message)?;
        if let Some(why) = &finding.why {
            let why = self.words.fill("diff.because", &[("reason", why)]);
            self.text(4, &why)?;
        }
        Ok(())
    }
}
