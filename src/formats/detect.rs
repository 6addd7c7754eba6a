//! Tells the format of a file by its content, and says on what evidence.
//!
//! Every reader looks at the text and returns how sure it is; the surest wins,
//! and the first that is certain.
//! A file that nobody claims is listed with the best reason that its content
//! gives, never dropped.

use globset::{Glob, GlobMatcher};

use super::{CERTAIN, Evidence, Format};
use crate::source::{SourceFile, Span};

/// How many lines of a file the reasons for non-recognition look at.
const REASON_LINES: usize = 400;

/// Kinds of files that exlint knows by sight and does not read, one per line:
/// `kind <TAB> start of a line`, most telling first.
const LOOK_ALIKES: &str = include_str!("look_alikes.tsv");

/// What a file is.
#[derive(Debug, Clone)]
pub enum Detection {
    /// A format claims it.
    Recognised {
        /// The format.
        format: &'static Format,
        /// Why.
        evidence: Evidence,
    },
    /// Nobody claims it.
    NotRecognised {
        /// Why, ready to follow "not recognised: ".
        reason: String,
        /// What shows it, where something does.
        span: Option<Span>,
    },
}

/// `--format-of GLOB=FORMAT`.
#[derive(Debug, Clone)]
pub struct Override {
    glob: GlobMatcher,
    format: &'static Format,
    text: String,
}

/// Why an override cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// No `=`.
    #[error("`{0}` is not of the form GLOB=FORMAT")]
    Form(String),
    /// The glob does not parse.
    #[error("`{glob}` is not a glob: {why}")]
    Glob {
        /// As given.
        glob: String,
        /// From the glob reader.
        why: String,
    },
    /// No such format.
    #[error("no format `{name}`; there are {known}")]
    Format {
        /// As given.
        name: String,
        /// All ids, comma separated, the nearest first.
        known: String,
    },
}

impl Override {
    /// Reads `GLOB=FORMAT`.
    ///
    /// # Errors
    /// [`OverrideError`] says what is wrong with it.
    pub fn parse(text: &str, formats: &'static [Format]) -> Result<Self, OverrideError> {
        let (glob, name) = text
            .rsplit_once('=')
            .ok_or_else(|| OverrideError::Form(text.to_owned()))?;
        let format = formats.iter().find(|f| f.id == name).ok_or_else(|| {
            let mut known: Vec<_> = formats.iter().map(|f| f.id).collect();
            known.sort_by(|a, b| {
                strsim::jaro_winkler(b, name).total_cmp(&strsim::jaro_winkler(a, name))
            });
            OverrideError::Format {
                name: name.to_owned(),
                known: known.join(", "),
            }
        })?;
        let matcher = Glob::new(glob).map_err(|error| OverrideError::Glob {
            glob: glob.to_owned(),
            why: error.kind().to_string(),
        })?;
        Ok(Self {
            glob: matcher.compile_matcher(),
            format,
            text: text.to_owned(),
        })
    }

    /// Matches the whole shown name or its last part.
    fn matches(&self, name: &str) -> bool {
        let base = name.rsplit('/').next().unwrap_or(name);
        self.glob.is_match(name) || self.glob.is_match(base)
    }
}

/// Tells what a file is. Overrides win over content, the last one first.
#[must_use]
pub fn detect(file: &SourceFile, formats: &'static [Format], overrides: &[Override]) -> Detection {
    if let Some(chosen) = overrides.iter().rev().find(|o| o.matches(file.name())) {
        return Detection::Recognised {
            format: chosen.format,
            evidence: Evidence {
                strength: 100,
                what: format!("--format-of {}", chosen.text),
                span: Span::new(file.id(), 0, 0),
            },
        };
    }
    if let Some(why) = file.binary() {
        return not_recognised(format!("binary: {why}"), None);
    }
    let mut best: Option<(&'static Format, Evidence)> = None;
    for format in formats {
        let Some(evidence) = (format.detect)(file) else {
            continue;
        };
        let surer = best
            .as_ref()
            .is_none_or(|(_, held)| evidence.strength > held.strength);
        if surer {
            let certain = evidence.strength >= CERTAIN;
            best = Some((format, evidence));
            if certain {
                break;
            }
        }
    }
    match best {
        Some((format, evidence)) => Detection::Recognised { format, evidence },
        None if file.text().trim().is_empty() => {
            not_recognised("the file is empty".to_owned(), None)
        }
        None => look_alike(file),
    }
}

fn not_recognised(reason: String, span: Option<Span>) -> Detection {
    Detection::NotRecognised { reason, span }
}

/// The best reason for a file that nobody claims.
fn look_alike(file: &SourceFile) -> Detection {
    for entry in LOOK_ALIKES.lines() {
        let Some((kind, start)) = entry.split_once('\t') else {
            continue;
        };
        if kind.starts_with('#') {
            continue;
        }
        let found = file
            .lines()
            .take(REASON_LINES)
            .find(|(_, line)| line.trim_start().starts_with(start));
        if let Some((span, _)) = found {
            let reason = format!("it looks like {kind}, which exlint does not read yet");
            return not_recognised(reason, Some(span));
        }
    }
    not_recognised(
        "its content matches no format that exlint reads".to_owned(),
        None,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::{Document, Ledger};
    use crate::source::FileId;

    fn claims(file: &SourceFile, word: &str, strength: u8) -> Option<Evidence> {
        let at = file.text().find(word)?;
        Some(Evidence {
            strength,
            what: format!("`{word}`"),
            span: Span::of(file.id(), at..at.checked_add(word.len())?),
        })
    }

    fn nothing(_: &SourceFile) -> Document {
        Document {
            content: Vec::new(),
            ledger: Ledger::default(),
            problems: Vec::new(),
        }
    }

    static TWO: [Format; 2] = [
        Format {
            id: "weak",
            title: "Weak",
            detect: |f| claims(f, "interface", 20),
            parse: nothing,
        },
        Format {
            id: "sure",
            title: "Sure",
            detect: |f| claims(f, "ASA Version", 95),
            parse: nothing,
        },
    ];

    fn id_of(detection: &Detection) -> &str {
        match detection {
            Detection::Recognised { format, .. } => format.id,
            Detection::NotRecognised { reason, .. } => reason,
        }
    }

    fn file(name: &str, text: &str) -> SourceFile {
        SourceFile::from_text(FileId(0), name, text)
    }

    #[test]
    fn the_surest_format_wins_whatever_the_name_says() {
        let f = file("router.txt", "ASA Version 9.8(2)\ninterface Vlan1\n");
        assert_eq!(id_of(&detect(&f, &TWO, &[])), "sure");
    }

    #[test]
    fn an_override_wins_over_content() {
        let f = file("exports/fw/a.cfg", "ASA Version 9.8(2)\n");
        let chosen = Override::parse("*.cfg=weak", &TWO).expect("valid");
        assert_eq!(id_of(&detect(&f, &TWO, &[chosen])), "weak");
    }

    #[test]
    fn a_wrong_override_names_the_nearest_format() {
        let error = Override::parse("*.cfg=shure", &TWO).expect_err("unknown");
        assert_eq!(error.to_string(), "no format `shure`; there are sure, weak");
        assert!(matches!(
            Override::parse("cfg", &TWO),
            Err(OverrideError::Form(_))
        ));
    }

    #[test]
    fn a_file_that_nobody_claims_gets_a_reason() {
        let backup = file("a", "#FGBK|4|FGT61F|7|00|2000|\n");
        assert!(id_of(&detect(&backup, &TWO, &[])).contains("encrypted FortiOS"));
        assert!(id_of(&detect(&file("a", " \n"), &TWO, &[])).contains("empty"));
        let png = SourceFile::decode(FileId(0), "a.png", vec![0, 1, 2, 0, 0, 0, 3, 0, 0]);
        assert!(id_of(&detect(&png, &TWO, &[])).starts_with("binary"));
        assert!(id_of(&detect(&file("a", "hello\n"), &TWO, &[])).contains("no format"));
    }
}
