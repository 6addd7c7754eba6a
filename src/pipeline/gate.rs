//! The last stage before the reports: which findings count, and how much.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use super::{Settings, why};
use crate::estate::Estate;
use crate::finding::baseline::Entry;
use crate::finding::configuration::{Configuration, Honour, Names, Resolved, resolve};
use crate::finding::exceptions::{AREA, Circumstances, Exceptions, apply};
use crate::finding::{self, Finding, Identities, ReadFile, Suppressed, Translations};
use crate::formats::Problem;
use crate::model::path::Localised;
use crate::policy::facts::{ExceptionState, Facts};
use crate::policy::{Policies, RuleMeta, RuleResult, evaluated};
use crate::source::{Sources, Span};

/// What counts of a run.
#[derive(Debug, Default)]
pub(super) struct Passed {
    /// Findings that count, sorted.
    pub findings: Vec<Finding>,
    /// Those that are hidden, sorted.
    pub suppressed: Vec<Suppressed>,
    /// Findings that are less sure than wanted.
    pub left_out: usize,
    /// Entries of the baseline that match nothing any more.
    pub stale: Vec<Entry>,
}

/// Puts together how to judge.
pub(super) fn configuration(settings: &Settings, estate: &Estate, policies: &Policies) -> Resolved {
    let rules = metas(policies);
    let gate = estate.inventory.as_ref().map(|inventory| &inventory.gate);
    resolve(&settings.choices, gate, Names::new(&rules))
}

/// The METADATA of all rules.
fn metas(policies: &Policies) -> Vec<Arc<RuleMeta>> {
    let rules = policies.rules().iter();
    rules.map(|rule| Arc::clone(&rule.meta)).collect()
}

/// Adds problems to the files that they are in.
pub(super) fn report(problems: Vec<Problem>, files: &mut [ReadFile]) {
    for problem in problems {
        let mut files = files.iter_mut();
        if let Some(file) = files.find(|file| file.id == problem.span.file) {
            file.problems.push(problem);
        }
    }
}

/// What the stage looks at and changes.
pub(super) struct Gate<'r> {
    pub settings: &'r Settings,
    pub configuration: &'r Configuration,
    pub heeded: &'r BTreeSet<Span>,
    pub over: &'r BTreeSet<Span>,
    pub policies: &'r Policies,
    pub sources: &'r Sources,
    pub estate: &'r Estate,
    pub files: &'r mut [ReadFile],
    pub facts: &'r mut Facts,
    pub results: &'r mut [RuleResult],
    pub translations: Option<&'r mut Translations>,
}

impl Gate<'_> {
    /// Decides which findings count.
    pub fn pass(mut self, findings: Vec<Finding>) -> Passed {
        let mut passed = Passed {
            findings: self.placed(findings),
            ..Passed::default()
        };
        self.except(&mut passed);
        self.compare(&mut passed);
        let wanted = self.configuration.min_confidence.value;
        let before = passed.findings.len();
        // `Certain` is the lesser one: it comes first.
        passed
            .findings
            .retain(|finding| finding.confidence <= wanted);
        passed.left_out = before.saturating_sub(passed.findings.len());
        passed
    }

    /// Findings with the severity that is wanted, and with what they are about.
    fn placed(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        for finding in &mut findings {
            let own = finding.severity;
            let rule = &finding.rule.id;
            finding.severity = self.configuration.severity(rule, finding.confidence, own);
            finding::narrow(finding, self.facts);
        }
        finding::place(&mut findings, self.facts);
        findings
    }

    /// Hides what exceptions are for, and judges the exceptions themselves.
    fn except(&mut self, passed: &mut Passed) {
        if self.configuration.exceptions.value == Honour::Nothing {
            return;
        }
        let rules = metas(self.policies);
        let names = Names::new(&rules);
        let found = Exceptions::find(self.sources, self.files, self.estate, names);
        report(found.problems, self.files);
        if found.all.is_empty() {
            return;
        }
        let evaluated = evaluated(self.results);
        let circumstances = Circumstances {
            configuration: self.configuration,
            names,
            evaluated: &evaluated,
            estate: self.estate,
            sources: self.sources,
            heeded: self.heeded,
            over: self.over,
        };
        let applied = apply(
            std::mem::take(&mut passed.findings),
            &found.all,
            circumstances,
        );
        passed.findings = applied.findings;
        passed.suppressed = applied.suppressed;
        self.facts.exceptions = applied.facts;
        let judged = self.judge_exceptions();
        passed.findings.extend(self.placed(judged));
        finding::place(&mut passed.findings, self.facts);
    }

    /// What the rules about exceptions find, now that it is known what became
    /// of these.
    fn judge_exceptions(&mut self) -> Vec<Finding> {
        let unwanted = |rule: &RuleMeta| match rule.area == AREA {
            true => self.configuration.unwanted(rule),
            false => Some(Localised {
                en: String::new(),
                ja: String::new(),
            }),
        };
        let results = self.policies.evaluate_wanted(self.facts, None, &unwanted);
        let mut raw = Vec::new();
        for mut result in results {
            if result.rule.area != AREA {
                continue;
            }
            raw.append(&mut result.findings);
            let mut held = self.results.iter_mut();
            if let Some(held) = held.find(|held| held.rule.id == result.rule.id) {
                *held = result;
            }
        }
        let language = self.settings.language;
        // What they are about is text: comments and entries of `exlint.toml`.
        let text = Identities::default();
        if let Some(translations) = self.translations.as_deref_mut() {
            let why = |rule: &RuleMeta, to| why(self.policies, rule, to);
            let raw = raw.clone();
            let more = Translations::new(raw, &[], self.sources, &text, language, why);
            translations.findings.extend(more.findings);
        }
        finding::findings(raw, self.sources, &text, language, |rule| {
            why(self.policies, rule, language)
        })
    }

    /// Takes out what the baseline knows.
    fn compare(&self, passed: &mut Passed) {
        let Some(baseline) = &self.settings.baseline else {
            return;
        };
        let hidden = passed.suppressed.iter().map(|hidden| &hidden.finding);
        let comparison = baseline.compare(passed.findings.iter().chain(hidden));
        let stale = baseline.stale(&comparison, &evaluated(self.results));
        passed.stale = stale.into_iter().cloned().collect();
        let (left, hidden) = baseline.apply(&comparison, std::mem::take(&mut passed.findings));
        passed.findings = left;
        passed.suppressed.extend(hidden);
    }
}

/// How many exceptions are past their end.
pub(super) fn expired(facts: &Facts) -> usize {
    let over = [ExceptionState::Expired, ExceptionState::ExpiredIdle];
    let facts = facts.exceptions.iter();
    let places: HashSet<_> = facts
        .filter(|fact| over.contains(&fact.state))
        .map(|fact| fact.at)
        .collect();
    places.len()
}
