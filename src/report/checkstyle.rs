//! The XML of Checkstyle, which many build servers and editors read: a `file`
//! for each file, an `error` for each finding, with `line`, `column`,
//! `severity` (`error`, `warning`, `info`), `message` and `source`
//! (`XMLLogger` of Checkstyle).

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::Context;
use super::told::Told;
use super::xml::Xml;
use crate::finding::Finding;
use crate::policy::Severity;

/// The version of Checkstyle whose form this is; readers check that there is
/// one.
const VERSION: &str = "10.0";

/// Writes the document.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let Context { run, words, .. } = *context;
    let mut files: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in &run.findings {
        let file = &*finding.primary.place.file;
        files.entry(file).or_default().push(finding);
    }
    let mut xml = Xml::new(out)?;
    xml.start("checkstyle", &[("version", VERSION)])?;
    for findings in files.values_mut() {
        findings.sort_by_key(|finding| (finding.primary.place.line, finding.primary.place.column));
        let mut open = false;
        for finding in findings {
            let told = Told::new(finding, run, words);
            if !std::mem::replace(&mut open, true) {
                xml.start("file", &[("name", &told.place.file)])?;
            }
            let severity = match told.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "info",
            };
            xml.empty(
                "error",
                &[
                    ("line", &told.place.line.to_string()),
                    ("column", &told.place.column.to_string()),
                    ("severity", severity),
                    ("message", &told.message),
                    ("source", &format!("exlint.{}.{}", told.rule, told.name)),
                ],
            )?;
        }
        xml.end("file")?;
    }
    xml.end("checkstyle")?;
    xml.finish()
}
