//! `--require-coverage`: what must have been evaluated.

use std::ffi::OsString;

use super::failure::{Explained, Failure};
use super::session::Session;
use crate::finding::Run;
use crate::policy::{RuleResult, Status};

const OPTION: &str = "--require-coverage";

/// What must have been evaluated.
#[derive(Debug, PartialEq)]
enum Requirement {
    /// These rules, by id or name, as written.
    Rules(Vec<String>),
    /// This share of the rules that apply, in percent.
    Share(f64),
}

impl Requirement {
    /// Reads `FU005,RC001`, `90%` or `90`.
    fn parse(text: &str) -> Option<Self> {
        let number = text.strip_suffix('%').unwrap_or(text);
        if number.starts_with(|c: char| c.is_ascii_digit()) {
            let share: f64 = number.parse().ok()?;
            return (0.0..=100.0).contains(&share).then_some(Self::Share(share));
        }
        let rules = text.split(',').map(str::trim).map(str::to_owned);
        let rules: Vec<String> = rules.collect();
        rules
            .iter()
            .all(|rule| !rule.is_empty())
            .then_some(Self::Rules(rules))
    }
}

/// Joins the option with its value where a blank stands between them: a value
/// has the form of a share or of rule ids, anything else is a path.
#[must_use]
pub fn joined(args: Vec<OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::with_capacity(args.len());
    let mut args = args.into_iter().peekable();
    while let Some(arg) = args.next() {
        let value = args
            .peek()
            .and_then(|next| next.to_str())
            .filter(|next| arg == OPTION && is_value(next))
            .map(str::to_owned);
        match value {
            Some(value) => {
                args.next();
                joined.push(format!("{OPTION}={value}").into());
            }
            None => joined.push(arg),
        }
    }
    joined
}

fn is_value(text: &str) -> bool {
    let id = |word: &str| {
        word.len() == 5
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.bytes().skip(2).all(|byte| byte.is_ascii_digit())
    };
    let number = text.strip_suffix('%').unwrap_or(text);
    let share = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let folder = std::path::Path::new(text).exists();
    !folder && (share || text.split(',').all(|word| id(word.trim())))
}

impl Session {
    /// The failure of a run that does not cover what the user requires.
    pub fn required(&self, run: &Run, required: Option<&str>) -> Option<Failure> {
        let words = self.words;
        let text = required?;
        let wrong = |message: String, help: &str| {
            Some(Failure::User(Explained::new(message, &[words.get(help)])))
        };
        let Some(requirement) = Requirement::parse(text) else {
            let message = words.fill("error.requirement", &[("text", &text)]);
            return wrong(message, "error.help-requirement");
        };
        if run.incomplete() {
            return None;
        }
        let not_met = |message: String| {
            Some(Failure::NothingRecognised(Explained::new(
                message,
                &[words.get("error.help-coverage")],
            )))
        };
        match requirement {
            Requirement::Share(share) => {
                let rules = &run.summary.rules;
                let lacking = rules.lacks_data.saturating_add(rules.failed);
                let applicable = rules.evaluated.saturating_add(lacking);
                let reached = percent(rules.evaluated, applicable);
                (reached < share).then(|| {
                    let message = words.fill(
                        "error.coverage-not-met",
                        &[
                            ("rules", &lacking),
                            ("total", &applicable),
                            ("share", &format!("{:.1}", (reached * 10.0).floor() / 10.0)),
                        ],
                    );
                    not_met(message)
                })?
            }
            Requirement::Rules(names) => {
                let mut lacking = Vec::new();
                for name in &names {
                    let Some(result) = run.results.iter().find(|result| is(result, name)) else {
                        let message = words.fill("error.unknown-rule", &[("rule", name)]);
                        return wrong(message, "error.help-rules");
                    };
                    if matches!(result.status, Status::LacksData { .. } | Status::Failed(_)) {
                        lacking.push(result.rule.id.as_str());
                    }
                }
                if lacking.is_empty() {
                    return None;
                }
                let lacking = lacking.join(", ");
                not_met(words.fill("error.coverage-rules-not-met", &[("rules", &lacking)]))
            }
        }
    }
}

/// A rule by its id or name.
fn is(result: &RuleResult, name: &str) -> bool {
    result.rule.id.eq_ignore_ascii_case(name) || result.rule.name.eq_ignore_ascii_case(name)
}

/// A share in percent; of nothing it is everything.
fn percent(part: usize, whole: usize) -> f64 {
    let number = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    match whole {
        0 => 100.0,
        whole => number(part) * 100.0 / number(whole),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn a_share_is_a_number_up_to_a_hundred_and_rules_are_words() {
        assert_eq!(Requirement::parse("90%"), Some(Requirement::Share(90.0)));
        assert_eq!(Requirement::parse("99.5"), Some(Requirement::Share(99.5)));
        assert_eq!(Requirement::parse("101%"), None);
        assert_eq!(Requirement::parse("FU005,"), None);
        let both = vec!["FU005".to_owned(), "receive-basic-auth-clear".to_owned()];
        assert_eq!(
            Requirement::parse("FU005, receive-basic-auth-clear"),
            Some(Requirement::Rules(both))
        );
    }

    #[test]
    fn a_path_after_the_option_stays_a_path() {
        let path = args(&["exlint", "--require-coverage", "exports"]);
        assert_eq!(joined(path.clone()), path);
        for value in ["90%", "100", "FU005,RC001"] {
            let given = args(&["exlint", "--require-coverage", value, "exports"]);
            let one = format!("--require-coverage={value}");
            assert_eq!(joined(given), args(&["exlint", &one, "exports"]));
        }
    }
}
