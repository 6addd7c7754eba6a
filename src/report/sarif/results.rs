//! Results: findings, and hidden ones where they are asked for.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use super::place::{Location, Uris};
use super::{MAX_LOCATIONS, Message};
use crate::finding::{Finding, Suppressed, SuppressionKind};
use crate::report::Context;
use crate::report::told::{Told, suppression};

/// The results of a run, each made when it is written.
pub struct Results<'a> {
    context: Context<'a>,
    uris: &'a Uris,
    index: &'a HashMap<&'a str, usize>,
    most: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: Fingerprints<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suppressions: Option<[SarifSuppression; 1]>,
    properties: Properties,
}

/// Named as ours: GitHub computes its own `primaryLocationLineHash` from the
/// line's text and warns when another program has made one.
#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "exlint/v2")]
    exlint: &'a str,
}

#[derive(Serialize)]
struct SarifSuppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    confidence: &'static str,
    subject: String,
    exposure: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weak: Option<String>,
    fix: Vec<String>,
}

/// How many results a run has.
pub fn count(context: &Context<'_>) -> usize {
    let shown = context.show_suppressed;
    let hidden = context.run.suppressed.len();
    let all = context.run.findings.len();
    all.saturating_add(if shown { hidden } else { 0 })
}

impl<'a> Results<'a> {
    /// The results of a run, at most so many.
    pub fn new(
        context: &Context<'a>,
        uris: &'a Uris,
        index: &'a HashMap<&'a str, usize>,
        most: usize,
    ) -> Self {
        Self {
            context: *context,
            uris,
            index,
            most,
        }
    }

    fn result<'f>(&self, finding: &'f Finding, by: Option<&Suppressed>) -> SarifResult<'f> {
        let Context { run, words, .. } = self.context;
        let told = Told::new(finding, run, words);
        let mut message = linkless(&told.message);
        let related: Vec<Location> = told
            .related
            .iter()
            .take(MAX_LOCATIONS.saturating_sub(1))
            .zip(1..)
            .map(|(place, id)| {
                let name = match place.label.as_str() {
                    "" => place.address(),
                    label => label.to_owned(),
                };
                let lead = if id == 1 { "\n" } else { ", " };
                message.push_str(&format!("{lead}[{}]({id})", linkless(&name)));
                Location::new(place, Some(id), self.uris)
            })
            .collect();
        let mut fix = vec![told.fix];
        fix.extend(told.commands);
        SarifResult {
            rule_id: &finding.rule.id,
            rule_index: self.index.get(finding.rule.id.as_str()).copied(),
            level: finding.severity.as_str(),
            message: message.into(),
            locations: [Location::new(&told.place, None, self.uris)],
            related_locations: related,
            partial_fingerprints: Fingerprints {
                exlint: &finding.fingerprint,
            },
            suppressions: by.map(|by| {
                [SarifSuppression {
                    kind: match by.by.kind {
                        SuppressionKind::Inline => "inSource",
                        _ => "external",
                    },
                    status: "accepted",
                    justification: suppression(&by.by, words),
                }]
            }),
            properties: Properties {
                confidence: finding.confidence.as_str(),
                subject: told.subject,
                exposure: finding.exposure.as_str(),
                packet: told.packet,
                weak: told.weak,
                fix,
            },
        }
    }
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let run = self.context.run;
        let shown: &[Suppressed] = if self.context.show_suppressed {
            &run.suppressed
        } else {
            &[]
        };
        let findings = run
            .findings
            .iter()
            .map(|finding| self.result(finding, None));
        let hidden = shown
            .iter()
            .map(|hidden| self.result(&hidden.finding, Some(hidden)));
        // The findings are sorted, the worst first.
        serializer.collect_seq(findings.chain(hidden).take(self.most))
    }
}

/// A text without links of its own (SARIF 2.1.0, 3.11.6).
fn linkless(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_holds_no_link() {
        assert_eq!(linkless("[x](1)"), "\\[x\\](1)");
    }
}
