//! What was read, as JSON: for `check` in short, for `coverage` with samples.

use serde::Serialize;

use crate::finding::{FileKind, Run};
use crate::formats::{Totals, Unit};
use crate::report::Messages;
use crate::report::text::{printable, prose};

/// A file of a run.
#[derive(Debug, Serialize)]
pub struct JsonInput {
    file: String,
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    encodings: Vec<String>,
    unit: &'static str,
    lines: JsonTotals,
}

/// Totals of a ledger.
#[derive(Debug, Serialize)]
pub struct JsonTotals {
    total: usize,
    modelled: usize,
    irrelevant: usize,
    not_modelled: usize,
    unrecognised: usize,
}

impl From<Totals> for JsonTotals {
    fn from(totals: Totals) -> Self {
        Self {
            total: totals.total,
            modelled: totals.modelled,
            irrelevant: totals.irrelevant,
            not_modelled: totals.not_modelled,
            unrecognised: totals.unrecognised,
        }
    }
}

/// The word for a unit.
#[must_use]
pub fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Lines => "lines",
        Unit::Elements => "elements",
        Unit::Records => "records",
    }
}

/// All files of a run, then what was not read.
#[must_use]
pub fn inputs(run: &Run) -> Vec<JsonInput> {
    let words = Messages::of(run.language);
    let mut out: Vec<JsonInput> = run
        .files
        .iter()
        .map(|file| {
            let source = run.sources.get(file.id);
            let (format, evidence, reason) = match &file.kind {
                FileKind::Recognised { format, evidence } => (
                    Some(format.id),
                    Some(prose(&words.phrase(&evidence.what))),
                    None,
                ),
                FileKind::NotRecognised { reason, .. } => {
                    (None, None, Some(prose(&words.phrase(reason))))
                }
            };
            JsonInput {
                file: printable(source.map_or("", |source| source.name())).into_owned(),
                format,
                evidence,
                reason,
                encodings: source
                    .map(|source| source.encodings())
                    .unwrap_or_default()
                    .into_iter()
                    .map(|encoding| encoding.to_string())
                    .collect(),
                unit: unit(file.unit()),
                lines: file.totals().into(),
            }
        })
        .collect();
    out.extend(run.skipped.iter().map(|skipped| JsonInput {
        file: printable(&skipped.name).into_owned(),
        format: None,
        evidence: None,
        reason: Some(prose(&words.phrase(&skipped.reason.to_string()))),
        encodings: Vec::new(),
        unit: "lines",
        lines: Totals::default().into(),
    }));
    out
}
