//! The order of findings: what a person should do first comes first.

use super::{Finding, Undecided};

/// Sorts by severity, certainty, exposure, rule, and place. The order is total,
/// so equal inputs give equal outputs.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        b.severity
            .cmp(&a.severity)
            .then_with(|| a.confidence.cmp(&b.confidence))
            .then_with(|| a.exposure.cmp(&b.exposure))
            .then_with(|| a.rule.id.cmp(&b.rule.id))
            .then_with(|| place(a).cmp(&place(b)))
            .then_with(|| a.subject.cmp(&b.subject))
            .then_with(|| a.fingerprint.cmp(&b.fingerprint))
    });
}

fn place(finding: &Finding) -> (&str, u32, u32) {
    let place = &finding.primary.place;
    (&place.file, place.line, place.column)
}

/// Sorts undecided items by rule, subject and place.
pub fn undecided_key(item: &Undecided) -> (&str, &str, Option<(&str, u32, u32)>, &str) {
    let place = item
        .labels
        .first()
        .map(|label| (&*label.place.file, label.place.line, label.place.column));
    (&item.rule.id, &item.subject, place, &item.message)
}
