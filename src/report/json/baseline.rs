//! `baseline write`: `exlint/baseline/1`.

use serde::Serialize;

use super::JsonScope;
use crate::finding::Finding;
use crate::finding::baseline::{Entry, SCHEMA};
use crate::report::text::{printable, prose};

/// The whole object. It names no day and no version, so that equal findings
/// give equal bytes and a diff shows what changed.
#[derive(Debug, Serialize)]
pub struct BaselineJson {
    schema: &'static str,
    findings: Vec<JsonEntry>,
}

#[derive(Debug, Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct JsonEntry {
    rule: String,
    subject: String,
    file: String,
    severity: String,
    message: String,
    fingerprint: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<JsonScope>,
}

impl BaselineJson {
    /// A baseline that knows these findings.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let entries: Vec<Entry> = findings.iter().map(Entry::of).collect();
        Self::of_entries(entries.iter())
    }

    /// A baseline of entries of another.
    #[must_use]
    pub fn of_entries<'e>(entries: impl Iterator<Item = &'e Entry>) -> Self {
        Self::sorted(entries.map(|entry| JsonEntry {
            rule: printable(&entry.rule).into_owned(),
            subject: prose(&entry.subject),
            file: printable(&entry.file).into_owned(),
            severity: entry.severity.as_str().to_owned(),
            message: prose(&entry.message),
            fingerprint: entry.fingerprint.clone(),
            scope: entry.scope.as_ref().map(JsonScope::of),
        }))
    }

    fn sorted(entries: impl Iterator<Item = JsonEntry>) -> Self {
        let mut findings: Vec<JsonEntry> = entries.collect();
        findings.sort();
        Self {
            schema: SCHEMA,
            findings,
        }
    }
}
