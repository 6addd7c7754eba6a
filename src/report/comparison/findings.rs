//! Findings that are not told any more, each with the reason why that is no
//! cure, or without one where it is.

use crate::finding::comparison::{Comparison, Doubt, Loss, NotDecided};
use crate::finding::{Finding, Place, Positions};
use crate::policy::{Severity, Status};
use crate::report::text::{printable, prose};
use crate::report::{Messages, told};

/// Findings that share a fate.
#[derive(Debug)]
pub struct FindingSection {
    /// The key of its title.
    pub title: &'static str,
    /// The severity with which it counts; `None` where it does not.
    pub counts: Option<Severity>,
    /// The findings.
    pub findings: Vec<FindingStory>,
}

/// A finding in words.
#[derive(Debug)]
pub struct FindingStory {
    /// How bad it is.
    pub severity: Severity,
    /// `FU005`.
    pub rule: String,
    /// `fw/inner.cfg:57`, in the files of the side that has it.
    pub place: String,
    /// What was found.
    pub message: String,
    /// Why it is not told.
    pub why: Option<String>,
    /// What shows that, in the files of the head.
    pub now: Option<Place>,
}

impl FindingStory {
    /// A finding that is told on its side.
    pub(super) fn new(finding: &Finding, words: &Messages) -> Self {
        let place = &finding.primary.place;
        Self {
            severity: finding.severity,
            rule: printable(&finding.rule.id).into_owned(),
            place: format!("{}:{}", printable(&place.file), place.line),
            message: prose(&words.quoting(&finding.message)),
            why: None,
            now: None,
        }
    }
}

/// The findings that are not told any more; what has to be looked at first.
/// Sections without findings are left out.
pub(super) fn sections(comparison: &Comparison<'_>, words: &Messages) -> Vec<FindingSection> {
    let changes = &comparison.findings;
    let not_decided = changes.not_decided.iter().map(|item| {
        let (why, now) = doubt(comparison, item, words);
        FindingStory {
            why: Some(why),
            now,
            ..FindingStory::new(item.finding, words)
        }
    });
    let hidden = changes.hidden.iter().map(|item| FindingStory {
        why: Some(told::suppression(&item.by, words)),
        now: Some(item.finding.primary.place.clone()),
        ..FindingStory::new(&item.finding, words)
    });
    let unasked = changes.unasked.iter().map(|finding| FindingStory {
        why: Some(unasked(comparison, finding, words)),
        ..FindingStory::new(finding, words)
    });
    let cured = changes.cured.iter();
    let cured = cured.map(|finding| FindingStory::new(finding, words));
    let section = |title, counts, findings| FindingSection {
        title,
        counts,
        findings,
    };
    let mut all = vec![
        section(
            "diff.section-not-decided",
            Some(Severity::Warning),
            not_decided.collect(),
        ),
        section("diff.section-hidden", None, hidden.collect()),
        section("diff.section-unasked", None, unasked.collect()),
        section("diff.section-cured", None, cured.collect()),
    ];
    all.retain(|section: &FindingSection| !section.findings.is_empty());
    all
}

/// Why it is not known whether a finding still holds, and what of the head
/// shows that.
pub fn doubt(
    comparison: &Comparison<'_>,
    item: &NotDecided<'_>,
    words: &Messages,
) -> (String, Option<Place>) {
    let head = &comparison.head.sources;
    let shown = |place: &Option<Place>| {
        place.as_ref().map_or_else(String::new, |place| {
            format!("{}:{}", printable(&place.file), place.line)
        })
    };
    let rule = printable(&item.finding.rule.id);
    match &item.why {
        Doubt::Rule(result) => {
            let text = match &result.status {
                Status::LacksData { settle, .. } => {
                    let japanese = words.language().is_japanese();
                    let settle: Vec<String> = settle
                        .iter()
                        .map(|text| prose(text.get(japanese)))
                        .collect();
                    let settle = settle.join(words.get("diff.semicolon"));
                    words.fill(
                        "diff.doubt-lacks-data",
                        &[("rule", &rule), ("settle", &settle)],
                    )
                }
                _ => words.fill("diff.doubt-failed", &[("rule", &rule)]),
            };
            (text, None)
        }
        Doubt::Question(question) => {
            let place = question.labels.first().map(|label| label.place.clone());
            let question = prose(&words.quoting(&question.message));
            let text = words.fill("diff.doubt-question", &[("question", &question)]);
            (text, place)
        }
        Doubt::Flow(flow) => {
            let (from, to) = (printable(&flow.source), printable(&flow.destination));
            let text = match &flow.service {
                Some(service) => {
                    let service = printable(service);
                    let holes: [(&str, &dyn std::fmt::Display); 3] =
                        [("from", &from), ("to", &to), ("service", &service)];
                    words.fill("diff.doubt-flow", &holes)
                }
                None => words.fill("diff.doubt-flows", &[("from", &from), ("to", &to)]),
            };
            (text, None)
        }
        Doubt::Lost(Loss::Missing { at }) => {
            let text = if *at == item.finding.primary.span {
                words.get("diff.doubt-missing-it").to_owned()
            } else {
                let place = Positions::new(&comparison.base.sources).place(*at);
                words.fill("diff.doubt-missing", &[("place", &shown(&place))])
            };
            (text, None)
        }
        Doubt::Lost(Loss::BreaksOff { at }) => {
            let place = Positions::new(head).place(*at);
            let text = words.fill("diff.doubt-breaks-off", &[("place", &shown(&place))]);
            (text, place)
        }
        Doubt::Lost(Loss::Value { property, at }) => {
            let place = Positions::new(head).place(*at);
            let holes: [(&str, &dyn std::fmt::Display); 2] = [
                ("property", &printable(property)),
                ("place", &shown(&place)),
            ];
            (words.fill("diff.doubt-value", &holes), place)
        }
    }
}

/// Why nobody asks after a finding any more.
pub fn unasked(comparison: &Comparison<'_>, finding: &Finding, words: &Messages) -> String {
    let mut results = comparison.head.results.iter();
    let result = results.find(|result| result.rule.id == finding.rule.id);
    match result.map(|result| &result.status) {
        Some(Status::Off(why)) => prose(why.get(words.language().is_japanese())),
        Some(_) => words.get("diff.less-sure").to_owned(),
        None => words.get("diff.no-such-rule").to_owned(),
    }
}
