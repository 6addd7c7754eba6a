//! What `netsh advfirewall` prints: rules and profile settings, in the words
//! of the machine's language.
//!
//! Source: outputs of `show rule name=all [verbose]`, `show allprofiles`,
//! `show currentprofile`, and "Netsh AdvFirewall" on learn.microsoft.com. The
//! lines of a rule always come in one order, the description first; what a
//! description itself says over several lines is never taken for a setting.

mod profiles;
pub mod prompt;
mod rules;

use super::facts::{Doubt, Part};
use super::host;
use super::words;
use crate::formats::firewall::shared::outcome::Outcome;
use crate::formats::windows_host::objects::Objects;
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};
use profiles::Settings;
use rules::OpenRule;

/// The column at which values begin; a continuation line begins with blanks.
pub(super) const VALUE_COLUMN: usize = 20;

/// What is being read.
enum Open<'f> {
    Nothing,
    Rule(Box<OpenRule<'f>>),
    Profile(Settings<'f>),
    /// Settings that are not of a profile (`Global Settings:`).
    Global,
}

struct Reader<'f> {
    file: &'f SourceFile,
    part: Part,
    finished: Vec<Part>,
    open: Open<'f>,
    /// Whether the next profile sections show what is in force.
    current: bool,
    /// Whether the names of rules stand over no dashes: a copy that lost them.
    /// Where some do, a name without dashes is part of a description.
    bare: bool,
    problems: Vec<Problem>,
    /// The profiles as records.
    objects: Objects,
}

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut reader = Reader {
        file,
        part: Part::new(host::stem(file)),
        finished: Vec::new(),
        open: Open::Nothing,
        current: host::base(file)
            .to_ascii_lowercase()
            .contains("currentprofile"),
        bare: is_bare(file),
        problems: Vec::new(),
        objects: Objects::default(),
    };
    reader.part.host = host::of_bundle(file);
    for index in 0..file.line_count() {
        let line = file.line(index).unwrap_or_default();
        let next = file.line(index.saturating_add(1)).unwrap_or_default();
        let outcome = reader.line(line, next);
        ledger.set(index, outcome.state);
        if let Some(why) = outcome.why {
            ledger.note(outcome.state, why, reader.span(line.trim()));
        } else if outcome.state == LineState::Unrecognised {
            let why = "no line of netsh advfirewall reads like this";
            ledger.note(outcome.state, why, reader.span(line.trim()));
        }
    }
    reader.end();
    let Reader {
        part,
        mut finished,
        mut problems,
        mut objects,
        ..
    } = reader;
    finished.push(part);
    problems.append(&mut objects.problems);
    Document {
        content: finished
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(|part| Content::HostFirewall(Box::new(part)))
            .chain(objects.finish())
            .collect(),
        ledger,
        problems,
    }
}

impl<'f> Reader<'f> {
    fn span(&self, part: &str) -> Span {
        let start = Span::of(self.file.id(), 0..0);
        self.file.span_of(part).unwrap_or(start)
    }

    /// Ends the file: netsh says `Ok.` when it has printed everything.
    fn end(&mut self) {
        if matches!(self.open, Open::Rule(_) | Open::Profile(_)) {
            let end = self.file.text().len();
            self.problems.push(Problem {
                level: ProblemLevel::Error,
                message: "the output of netsh breaks off before its `Ok.`".to_owned(),
                hint: Some("save the whole output, with its last line".to_owned()),
                span: Span::of(self.file.id(), end..end),
            });
        }
        self.close();
    }

    /// Ends what is open.
    fn close(&mut self) {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Rule(rule) => {
                self.part.lists_rules = true;
                self.part.rules.push(rule.finish());
            }
            Open::Profile(settings) => {
                settings.finish(&mut self.part, self.current, &mut self.objects);
            }
            Open::Nothing | Open::Global => {}
        }
    }

    fn line(&mut self, raw: &'f str, next: &str) -> Outcome {
        let line = raw.trim_matches([' ', '\t', '\u{feff}', '\0', '\u{a0}']);
        if line.is_empty() || is_rule_off(line) {
            return Outcome::IRRELEVANT;
        }
        if let Some(prompt) = prompt::read(line) {
            self.close();
            self.command(&prompt, line);
            return Outcome::IRRELEVANT;
        }
        let (label, value) = split(line);
        let key = label.and_then(words::label);
        if key == Some("name") && (is_rule_off(next.trim()) || self.bare && begins_a_rule(next)) {
            self.close();
            let span = self.span(line);
            self.open = Open::Rule(Box::new(OpenRule::new(self.file, span)));
            return Outcome::MODELLED;
        }
        let starts_section =
            value.is_empty() && (is_rule_off(next.trim()) || next.trim_start().len() < next.len());
        if key.is_none() && (starts_section || line.ends_with([':', '：'])) {
            if let Some(profile) = words::heading(line) {
                self.close();
                self.open = Open::Profile(Settings::new(profile, self.span(line)));
                return Outcome::MODELLED;
            }
            if is_rule_off(next.trim()) && !matches!(self.open, Open::Rule(_)) {
                self.close();
                self.open = Open::Global;
                return Outcome::IRRELEVANT;
            }
        }
        if label.is_none() && words::is_ok(line) {
            self.close();
            return Outcome::IRRELEVANT;
        }
        match &mut self.open {
            Open::Rule(rule) => rule.line(raw, line, label, key, value),
            Open::Profile(settings) => settings.line(self.file, line),
            Open::Global => Outcome::IRRELEVANT,
            Open::Nothing if words::is_no_rule(line) => {
                self.part.lists_rules = true;
                Outcome::MODELLED
            }
            Open::Nothing if prompt::is_noise(line) => Outcome::IRRELEVANT,
            Open::Nothing => Outcome::UNRECOGNISED,
        }
    }

    /// A command that was typed: where, and what it left out.
    fn command(&mut self, prompt: &prompt::Prompt<'f>, line: &'f str) {
        if let Some(host) = prompt.host {
            let other = self
                .part
                .host
                .as_ref()
                .is_some_and(|known| !known.value.eq_ignore_ascii_case(host));
            if other {
                let fresh = Part::new(host::stem(self.file));
                self.finished.push(std::mem::replace(&mut self.part, fresh));
            }
            let span = self.span(host);
            self.part.host = Some(crate::source::Spanned::new(host.to_owned(), span));
        }
        self.current = prompt.current_profile;
        if let Some(why) = prompt.leaves_out {
            let span = self.span(line);
            self.part.unread = Some(Doubt::new(why, span));
            self.problems.push(Problem {
                level: ProblemLevel::Warning,
                message: "the listing does not show all rules".to_owned(),
                hint: Some(
                    "take `netsh advfirewall firewall show rule name=all verbose`".to_owned(),
                ),
                span,
            });
        }
    }
}

/// `Label:   value`, with the colons of all languages. A line of settings of
/// a profile has no colon.
fn split(line: &str) -> (Option<&str>, &str) {
    let at = line.find([':', '：']);
    let Some((label, value)) = at.and_then(|at| line.split_at_checked(at)) else {
        return (None, "");
    };
    let value = value.trim_start_matches([':', '：']);
    (Some(label.trim_end()), value.trim())
}

/// Whether a line is the first below the name of a rule: copies of a listing
/// often lack the line of dashes between them.
pub(super) fn begins_a_rule(line: &str) -> bool {
    let (label, _) = split(line.trim());
    matches!(
        label.and_then(words::label),
        Some("enabled" | "description")
    )
}

/// Whether no name of a rule stands over dashes.
fn is_bare(file: &SourceFile) -> bool {
    let is_name = |line: &str| split(line).0.and_then(words::label) == Some("name");
    !(1..file.line_count()).any(|index| {
        let line = |index| file.line(index).unwrap_or_default().trim();
        is_rule_off(line(index)) && is_name(line(index.saturating_sub(1)))
    })
}

/// A line of dashes under a name or a heading.
fn is_rule_off(line: &str) -> bool {
    line.len() >= 5 && line.bytes().all(|b| b == b'-')
}
