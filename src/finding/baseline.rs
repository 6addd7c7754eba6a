//! Baselines: findings that were there before, by fingerprint.
//!
//! A baseline is what `exlint baseline write` makes, or an ordinary report of
//! `check --format json`.

use std::collections::HashSet;

use serde::Deserialize;

use super::{Finding, Suppressed, Suppression, SuppressionKind};

/// The version of baselines that this program writes.
pub const SCHEMA: &str = "exlint/baseline/1";

/// Kinds of files that are baselines, and the newest version of each.
const KINDS: &[(&str, u32)] = &[("exlint/baseline/", 1), ("exlint/findings/", 1)];

/// A baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Its file, as shown.
    pub name: String,
    /// What it knows, in its order.
    pub entries: Vec<Entry>,
}

/// A finding that a baseline knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Identity of the finding.
    pub fingerprint: String,
    /// Id of its rule.
    pub rule: String,
    /// What it is about.
    pub subject: String,
    /// The file that it was in.
    pub file: String,
    /// What was found.
    pub message: String,
    /// How bad it was.
    pub severity: String,
}

/// Why a file is no baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// It is JSON of another kind.
    #[error("neither a baseline nor a report of `check --format json`")]
    OtherKind,
    /// A newer exlint wrote it.
    #[error("its schema `{0}` is newer than this exlint knows")]
    Newer(String),
    /// An entry has no fingerprint, or none of this form.
    #[error("entry {0} has no fingerprint of 32 hexadecimal digits")]
    Fingerprint(usize),
}

/// The file as written, of either kind.
#[derive(Deserialize)]
struct Written {
    #[serde(default)]
    findings: Vec<WrittenFinding>,
    /// A report lists what exceptions hid apart.
    #[serde(default)]
    suppressed: Vec<WrittenFinding>,
}

#[derive(Deserialize)]
struct WrittenFinding {
    #[serde(default)]
    fingerprint: String,
    rule: WrittenRule,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    primary: Option<WrittenPlace>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    severity: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenRule {
    Id(String),
    Object { id: String },
}

#[derive(Deserialize)]
struct WrittenPlace {
    file: String,
}

#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

impl Baseline {
    /// Reads a baseline or a report.
    ///
    /// # Errors
    /// When it is neither, or newer than this program.
    pub fn read(name: &str, text: &str) -> Result<Self, BaselineError> {
        let text = text.trim_start_matches('\u{feff}');
        let not_json = |error: serde_json::Error| BaselineError::NotJson(error.to_string());
        let head: Head = match serde_json::from_str(text) {
            Ok(head) => head,
            // Valid JSON that is no object.
            Err(error) if error.is_data() => return Err(BaselineError::OtherKind),
            Err(error) => return Err(not_json(error)),
        };
        let schema = head.schema.ok_or(BaselineError::OtherKind)?;
        let (version, newest) = KINDS
            .iter()
            .find_map(|(kind, newest)| Some((schema.strip_prefix(kind)?, *newest)))
            .ok_or(BaselineError::OtherKind)?;
        match version.parse::<u32>() {
            Ok(version) if version <= newest => {}
            Ok(_) => return Err(BaselineError::Newer(schema)),
            Err(_) => return Err(BaselineError::OtherKind),
        }
        let written: Written = serde_json::from_str(text).map_err(not_json)?;
        let all = written.findings.into_iter().chain(written.suppressed);
        let entries = all.enumerate();
        let entries = entries.map(|(index, finding)| {
            entry(finding).ok_or(BaselineError::Fingerprint(index.saturating_add(1)))
        });
        Ok(Self {
            name: name.to_owned(),
            entries: entries.collect::<Result<_, _>>()?,
        })
    }

    /// Takes out what the baseline knows.
    #[must_use]
    pub fn apply(&self, findings: Vec<Finding>) -> (Vec<Finding>, Vec<Suppressed>) {
        let known: HashSet<&str> = self.entries.iter().map(|e| &*e.fingerprint).collect();
        let (hidden, left): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| known.contains(&*finding.fingerprint));
        let hidden = hidden.into_iter().map(|finding| Suppressed {
            finding,
            by: Suppression {
                kind: SuppressionKind::Baseline,
                reason: self.name.clone(),
                until: None,
                place: None,
            },
        });
        (left, hidden.collect())
    }

    /// Entries that match no finding although their rule was evaluated: what
    /// they were about is cured, or has changed.
    pub fn stale<'b>(
        &'b self,
        fingerprints: &HashSet<&str>,
        evaluated: &HashSet<&str>,
    ) -> Vec<&'b Entry> {
        let gone = |entry: &&Entry| {
            evaluated.contains(&*entry.rule) && !fingerprints.contains(&*entry.fingerprint)
        };
        self.entries.iter().filter(gone).collect()
    }
}

fn entry(finding: WrittenFinding) -> Option<Entry> {
    let hexadecimal = finding.fingerprint.bytes().all(|b| b.is_ascii_hexdigit());
    if finding.fingerprint.len() != 32 || !hexadecimal {
        return None;
    }
    Some(Entry {
        fingerprint: finding.fingerprint.to_ascii_lowercase(),
        rule: match finding.rule {
            WrittenRule::Id(id) | WrittenRule::Object { id } => id,
        },
        subject: finding.subject,
        file: finding.primary.map_or(finding.file, |place| place.file),
        message: finding.message,
        severity: finding.severity,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINT: &str = "0123456789abcdef0123456789abcdef";

    fn read(text: &str) -> Result<Vec<(String, String)>, BaselineError> {
        let baseline = Baseline::read("b.json", text)?;
        let entries = baseline.entries.into_iter();
        Ok(entries.map(|entry| (entry.rule, entry.file)).collect())
    }

    #[test]
    fn a_baseline_and_a_report_are_both_read() {
        let own = format!(
            r#"{{"schema":"exlint/baseline/1","findings":[{{"fingerprint":"{PRINT}","rule":"FU005","file":"a.cfg"}}]}}"#
        );
        let report = format!(
            r#"{{"schema":"exlint/findings/1","findings":[],"suppressed":[{{"fingerprint":"{PRINT}","rule":{{"id":"FU005"}},"primary":{{"file":"a.cfg"}}}}]}}"#
        );
        let expected = Ok(vec![("FU005".to_owned(), "a.cfg".to_owned())]);
        assert_eq!(read(&own), expected);
        assert_eq!(read(&report), expected);
    }

    #[test]
    fn another_kind_a_newer_schema_and_a_bad_entry_are_told_apart() {
        assert!(matches!(read("{"), Err(BaselineError::NotJson(_))));
        for other in ["[]", "3", "{}", r#"{"schema":"exlint/paths/1"}"#] {
            assert_eq!(read(other), Err(BaselineError::OtherKind), "{other}");
        }
        for newer in ["exlint/baseline/2", "exlint/findings/17"] {
            let text = format!(r#"{{"schema":"{newer}","findings":17}}"#);
            assert_eq!(read(&text), Err(BaselineError::Newer(newer.to_owned())));
        }
        let bad =
            r#"{"schema":"exlint/baseline/1","findings":[{"fingerprint":"x","rule":"FU005"}]}"#;
        assert_eq!(read(bad), Err(BaselineError::Fingerprint(1)));
    }
}
