//! Reads a baseline, or a report that serves as one. What is not understood is
//! an error: a baseline that is read in part hides less than was agreed, and
//! one that is misread hides more.

use serde::Deserialize;

use super::{Baseline, Entry};
use crate::finding::{FINGERPRINT_VERSION, OLDEST_FINGERPRINT, Scope};
use crate::policy::Severity;

/// Kinds of files that are baselines, and the newest version of each.
const KINDS: &[(&str, u32)] = &[("exlint/baseline/", 1), ("exlint/findings/", 1)];

/// Why a file is no baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It is no file but a device, a pipe or a folder.
    #[error("it is not a regular file")]
    NoFile,
    /// It is larger than any baseline.
    #[error("it is larger than {0} MiB")]
    TooLarge(u64),
    /// It is no JSON.
    #[error("not JSON (line {0}, column {1})")]
    NotJson(usize, usize),
    /// It is JSON of another kind.
    #[error("neither a baseline nor a report of `check --format json`")]
    OtherKind,
    /// A newer exlint wrote it.
    #[error("its schema `{0}` is newer than this exlint knows")]
    Newer(String),
    /// It has the schema of a kind, and not its form.
    #[error("it does not have the form of its schema (line {0}, column {1})")]
    Form(usize, usize),
    /// An entry has no fingerprint, or none of this form.
    #[error("entry {0} has no fingerprint")]
    Fingerprint(usize),
    /// The fingerprint of an entry is from an exlint that made them of less.
    #[error("entry {0} has a fingerprint of an older version, which told less of a finding")]
    OlderFingerprint(usize),
    /// The fingerprint of an entry is from an exlint that makes them of more.
    #[error("entry {0} has a fingerprint of a newer version than this exlint knows")]
    NewerFingerprint(usize),
    /// An entry tells in another form how much it is about.
    #[error("entry {0} has a scope of another form")]
    Scope(usize),
    /// An entry does not say how bad it is.
    #[error("entry {0} has no severity")]
    Severity(usize),
}

/// What tells the kind.
#[derive(Deserialize)]
struct Head {
    schema: Option<String>,
}

/// The file as written, of either kind.
#[derive(Deserialize)]
struct Written {
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
    #[serde(default)]
    scope: Option<WrittenScope>,
}

/// Hashes, each of 16 hexadecimal digits.
#[derive(Deserialize)]
struct WrittenScope {
    kin: String,
    about: Vec<String>,
    said: Vec<String>,
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

impl Baseline {
    /// Reads a baseline or a report.
    ///
    /// # Errors
    /// When it is neither, or newer than this program.
    pub fn read(name: &str, bytes: &[u8]) -> Result<Self, BaselineError> {
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let ends = before.iter().filter(|byte| **byte == b'\n').count();
            let last = before.rsplit(|byte| *byte == b'\n').next();
            let column = last.map_or(0, <[u8]>::len);
            BaselineError::NotJson(ends.saturating_add(1), column.saturating_add(1))
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let head: Head = match serde_json::from_str(text) {
            Ok(head) => head,
            // Valid JSON that is no object.
            Err(error) if error.is_data() => return Err(BaselineError::OtherKind),
            Err(error) => return Err(BaselineError::NotJson(error.line(), error.column())),
        };
        check_schema(head.schema.as_deref().unwrap_or_default())?;
        let written: Written = serde_json::from_str(text)
            .map_err(|error| BaselineError::Form(error.line(), error.column()))?;
        let all = written.findings.into_iter().chain(written.suppressed);
        let entries = all.zip(1..).map(|(finding, number)| entry(finding, number));
        Ok(Self {
            name: name.to_owned(),
            entries: entries.collect::<Result<_, _>>()?,
        })
    }
}

/// Whether a schema is one of those that are read.
fn check_schema(schema: &str) -> Result<(), BaselineError> {
    let (version, newest) = KINDS
        .iter()
        .find_map(|(kind, newest)| Some((schema.strip_prefix(kind)?, *newest)))
        .ok_or(BaselineError::OtherKind)?;
    match order(version, newest) {
        Some(std::cmp::Ordering::Greater) => Err(BaselineError::Newer(schema.to_owned())),
        Some(_) => Ok(()),
        None => Err(BaselineError::OtherKind),
    }
}

/// How a version compares with one that is known; `None` for what is none.
fn order(version: &str, known: u32) -> Option<std::cmp::Ordering> {
    let digits = version.bytes().all(|byte| byte.is_ascii_digit());
    if version.is_empty() || !digits || version.starts_with('0') {
        return None;
    }
    // More digits than a number holds are a later version, too.
    Some(version.parse().unwrap_or(u32::MAX).cmp(&known))
}

fn entry(finding: WrittenFinding, number: usize) -> Result<Entry, BaselineError> {
    Ok(Entry {
        fingerprint: fingerprint(&finding.fingerprint, number)?,
        severity: Severity::from_word(&finding.severity).ok_or(BaselineError::Severity(number))?,
        rule: match finding.rule {
            WrittenRule::Id(id) | WrittenRule::Object { id } => id,
        },
        subject: finding.subject,
        file: finding.primary.map_or(finding.file, |place| place.file),
        message: finding.message,
        scope: match finding.scope {
            Some(written) => Some(scope(&written).ok_or(BaselineError::Scope(number))?),
            None => None,
        },
    })
}

/// A scope; `None` for what has not its form.
fn scope(written: &WrittenScope) -> Option<Scope> {
    let list = |written: &[String]| {
        let mut list: Vec<u64> = written
            .iter()
            .map(|text| hash(text))
            .collect::<Option<_>>()?;
        list.sort_unstable();
        list.dedup();
        Some(list)
    };
    Some(Scope {
        kin: hash(&written.kin)?,
        about: list(&written.about)?,
        said: list(&written.said)?,
    })
}

fn hash(text: &str) -> Option<u64> {
    let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

/// A fingerprint of a version that this program makes: its number, `-` and 32
/// digits. The first version had the digits alone.
fn fingerprint(text: &str, number: usize) -> Result<String, BaselineError> {
    use std::cmp::Ordering;

    let text = text.to_ascii_lowercase();
    let (version, digits) = text.split_once('-').unwrap_or(("1", &text));
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let known = |known| order(version, known).filter(|_| hexadecimal);
    match (known(OLDEST_FINGERPRINT), known(FINGERPRINT_VERSION)) {
        (_, Some(Ordering::Greater)) => Err(BaselineError::NewerFingerprint(number)),
        (Some(Ordering::Less), _) if digits.len() == 32 => {
            Err(BaselineError::OlderFingerprint(number))
        }
        (Some(_), Some(_)) if digits.len() == 32 => Ok(text),
        _ => Err(BaselineError::Fingerprint(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINT: &str = "2-0123456789abcdef0123456789abcdef";

    fn read(text: &str) -> Result<Vec<(String, String)>, BaselineError> {
        let baseline = Baseline::read("b.json", text.as_bytes())?;
        let entries = baseline.entries.into_iter();
        Ok(entries.map(|entry| (entry.rule, entry.file)).collect())
    }

    fn with_print(print: &str, severity: &str) -> Result<Vec<(String, String)>, BaselineError> {
        read(&format!(
            r#"{{"schema":"exlint/baseline/1","findings":[{{"fingerprint":"{print}","rule":"FU005","file":"a.cfg"{severity}}}]}}"#
        ))
    }

    #[test]
    fn a_baseline_and_a_report_are_both_read() {
        let report = format!(
            r#"{{"schema":"exlint/findings/1","findings":[],"suppressed":[{{"fingerprint":"{PRINT}","rule":{{"id":"FU005"}},"primary":{{"file":"a.cfg"}},"severity":"note"}}]}}"#
        );
        let expected = Ok(vec![("FU005".to_owned(), "a.cfg".to_owned())]);
        assert_eq!(with_print(PRINT, r#","severity":"note""#), expected);
        assert_eq!(read(&report), expected);
        assert_eq!(read(&format!("\u{feff}{report}")), expected);
    }

    #[test]
    fn another_kind_and_a_newer_schema_are_told_apart() {
        assert_eq!(read("{"), Err(BaselineError::NotJson(1, 1)));
        for other in [
            "[]",
            "3",
            "{}",
            r#"{"schema":"exlint/paths/1"}"#,
            r#"{"schema":"exlint/baseline/0","findings":[]}"#,
            r#"{"schema":"exlint/baseline/+1","findings":[]}"#,
            r#"{"schema":"exlint/baseline/01","findings":[]}"#,
            r#"{"schema":"exlint/baseline/","findings":[]}"#,
            r#"{"schema":"exlint/findings-lines/1","findings":[]}"#,
            r#"{"schema":"exlint/baseline/1","schema":"exlint/baseline/1","findings":[]}"#,
        ] {
            assert_eq!(read(other), Err(BaselineError::OtherKind), "{other}");
        }
        for newer in [
            "exlint/baseline/2",
            "exlint/findings/17",
            "exlint/findings/99999999999999999999",
        ] {
            let text = format!(r#"{{"schema":"{newer}","findings":17}}"#);
            assert_eq!(read(&text), Err(BaselineError::Newer(newer.to_owned())));
        }
    }

    #[test]
    fn json_without_the_form_of_a_report_is_an_error_that_quotes_nothing() {
        for (text, column) in [
            (r#"{"schema":"exlint/baseline/1"}"#, 30),
            (r#"{"schema":"exlint/baseline/1","findings":null}"#, 45),
            (r#"{"schema":"exlint/findings/1","findings":"x"}"#, 44),
            (r#"{"schema":"exlint/findings/1","findings":[{}]}"#, 44),
        ] {
            assert_eq!(read(text), Err(BaselineError::Form(1, column)), "{text}");
        }
        let invalid = Baseline::read("b.json", b"{\n \xff}");
        assert_eq!(invalid, Err(BaselineError::NotJson(2, 2)));
    }

    #[test]
    fn fingerprints_of_other_versions_are_told_apart() {
        let of = |print: &str| with_print(print, r#","severity":"error""#).err();
        let digits = "0123456789abcdef0123456789abcdef";
        for (print, error) in [
            ("x".to_owned(), BaselineError::Fingerprint(1)),
            (String::new(), BaselineError::Fingerprint(1)),
            (format!("2-{digits}0"), BaselineError::Fingerprint(1)),
            (format!("two-{digits}"), BaselineError::Fingerprint(1)),
            (digits.to_owned(), BaselineError::OlderFingerprint(1)),
            (format!("4-{digits}"), BaselineError::NewerFingerprint(1)),
        ] {
            assert_eq!(of(&print), Some(error), "{print}");
        }
    }

    #[test]
    fn the_scope_of_an_entry_is_three_kinds_of_hashes() {
        let of = |scope: &str| with_print(PRINT, &format!(r#","severity":"note","scope":{scope}"#));
        let hash = "0123456789abcdef";
        let whole = format!(r#"{{"kin":"{hash}","about":["{hash}"],"said":[]}}"#);
        assert!(of(&whole).is_ok());
        assert!(of("null").is_ok());
        for wrong in [
            whole.replace(r#""kin":"0"#, r#""kin":""#),
            whole.replace(r#"["0"#, r#"["+"#),
            whole.replace(r#""said":[]"#, r#""said":["x"]"#),
        ] {
            assert_eq!(of(&wrong), Err(BaselineError::Scope(1)), "{wrong}");
        }
        let missing = of(r#"{"about":[]}"#);
        assert!(matches!(missing, Err(BaselineError::Form(1, _))));
    }

    #[test]
    fn an_entry_says_how_bad_it_is() {
        for severity in ["", r#","severity":"bad""#, r#","severity":"""#] {
            assert_eq!(with_print(PRINT, severity), Err(BaselineError::Severity(1)));
        }
    }
}
