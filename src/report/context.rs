//! What every report of `check` is made from.

use crate::finding::Run;
use crate::model::path::Catalogue;
use crate::policy::{HEADINGS, HEADINGS_JA, Policies, Rule, RuleMeta, Severity};
use crate::report::Messages;
use crate::report::text::prose;

/// What every report of `check` is made from.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The outcome.
    pub run: &'a Run,
    /// The texts in the language of the run.
    pub words: &'static Messages,
    /// The rules, with their pages.
    pub policies: &'a Policies,
    /// The data paths.
    pub catalogue: &'a Catalogue,
    /// From which severity on a finding makes a run fail.
    pub fail_on: Severity,
    /// Whether findings that an exception hides are shown too.
    pub show_suppressed: bool,
    /// Whether open questions are left out, where the format allows it.
    pub quiet: bool,
}

impl<'a> Context<'a> {
    /// The rules that spoke, whether shown, hidden or undecided, by id.
    #[must_use]
    pub fn rules_that_spoke(&self) -> Vec<&'a Rule> {
        let run = self.run;
        let mut ids: Vec<&str> = run
            .found()
            .map(|finding| finding.rule.id.as_str())
            .chain(run.undecided.iter().map(|item| item.rule.id.as_str()))
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.iter().filter_map(|id| self.policies.find(id)).collect()
    }

    /// A rule's page in Markdown, without title and examples, in the language
    /// of `words`.
    #[must_use]
    pub fn help(&self, rule: &RuleMeta, words: &Messages) -> Option<String> {
        let pages = self.policies.find(&rule.id)?.pages.as_ref()?;
        let (page, examples) = match &pages.ja {
            Some(page) if words.language().is_japanese() => (page, HEADINGS_JA.last()?),
            _ => (&pages.en, HEADINGS.last()?),
        };
        let mut help = String::new();
        for heading in page.headings().filter(|heading| heading != examples) {
            let section = page.section(heading).unwrap_or_default();
            help.push_str(&format!("## {heading}\n\n{section}\n\n"));
        }
        Some(prose(help.trim_end()))
    }

    /// A section of a rule's page by its place among [`HEADINGS`], in the
    /// language of `words`.
    #[must_use]
    pub fn section(&self, rule: &RuleMeta, number: usize, words: &Messages) -> Option<&'a str> {
        let pages = self.policies.find(&rule.id)?.pages.as_ref()?;
        match &pages.ja {
            Some(page) if words.language().is_japanese() => page.section(HEADINGS_JA.get(number)?),
            _ => pages.en.section(HEADINGS.get(number)?),
        }
    }
}
