//! A whole file of keys and values: those of Windows Firewall to its reader,
//! the settings of [`super::settings`] to records.

use super::lex::{Entry, Item, entries};
use super::records::{KnownKey, Use, cmdlet};
use super::settings::{self, Key};
use crate::formats::exchange::record::{MAX_OBJECTS, too_many};
use crate::formats::exchange::secret_names::is_secret_name;
use crate::formats::firewall::windows_firewall::registry::export::Export;
use crate::formats::prompt;
use crate::formats::{
    CmdletRun, Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit,
};
use crate::model::exchange::Record;
use crate::source::{SourceFile, Span};

struct Reader<'f> {
    ledger: Ledger,
    problems: Vec<Problem>,
    firewall: Export<'f>,
    of_firewall: bool,
    key: Key,
    known: Option<KnownKey<'f>>,
    records: Vec<Record>,
    secrets: Vec<Span>,
    /// The computer of the last prompt.
    host: Option<&'f str>,
}

/// Reads a whole file.
#[must_use]
pub fn read(file: &SourceFile) -> Document {
    let mut reader = Reader {
        ledger: Ledger::new(Unit::Lines, file.line_count()),
        problems: Vec::new(),
        firewall: Export::new(file),
        of_firewall: false,
        key: Key::Foreign,
        known: None,
        records: Vec::new(),
        secrets: Vec::new(),
        host: None,
    };
    for entry in entries(file) {
        let state = reader.entry(&entry);
        for line in entry.lines {
            reader.ledger.set(line, state);
        }
    }
    reader.close();
    let mut content = Vec::new();
    content.extend(runs(reader.records));
    if let Some(part) = reader.firewall.finish() {
        content.push(Content::HostFirewall(Box::new(part)));
    }
    content.extend(Content::secrets(reader.secrets));
    Document {
        content,
        ledger: reader.ledger,
        problems: reader.problems,
    }
}

/// One run for the keys of each computer.
fn runs(records: Vec<Record>) -> Vec<Content> {
    let mut runs: Vec<CmdletRun> = Vec::new();
    for record in records {
        match runs.last_mut() {
            Some(run) if run.host == record.host => {
                run.span = run.span.to(record.span);
                run.records.push(record);
            }
            _ => runs.push(CmdletRun {
                cmdlet: cmdlet().map(|cmdlet| cmdlet.name),
                host: record.host.clone(),
                span: record.span,
                records: vec![record],
            }),
        }
    }
    runs.into_iter().map(Content::Exchange).collect()
}

impl<'f> Reader<'f> {
    fn entry(&mut self, entry: &Entry<'f>) -> LineState {
        match &entry.item {
            Item::Nothing => LineState::Irrelevant,
            Item::Key {
                path,
                host,
                deleted,
            } => self.key(path, *host, *deleted, entry.span),
            Item::Value(value) => {
                if is_secret_name(&value.name) {
                    self.secrets.push(value.data_span);
                }
                if self.of_firewall {
                    let outcome = self.firewall.value(value, entry.span);
                    if let Some(why) = outcome.why {
                        self.ledger.note(outcome.state, why, entry.span);
                    }
                    return outcome.state;
                }
                self.value(value, entry.span)
            }
            Item::Deleted { name } => match settings::setting(self.key, name) {
                Some(_) => LineState::Modelled,
                None => LineState::Irrelevant,
            },
            Item::Curly => self.curly(entry.span),
            Item::Other(line) => self.other(line),
        }
    }

    fn key(
        &mut self,
        path: &'f str,
        host: Option<&'f str>,
        deleted: bool,
        span: Span,
    ) -> LineState {
        self.close();
        self.of_firewall = self.firewall.key(path);
        if self.of_firewall {
            self.key = Key::Foreign;
            return LineState::Modelled;
        }
        self.key = settings::key(path);
        match self.key {
            Key::Known(_) if deleted => {
                self.key = Key::Foreign;
                LineState::Modelled
            }
            Key::Known(_) => {
                self.known = Some(KnownKey::new(path, host.or(self.host), span));
                LineState::Modelled
            }
            Key::Stored => {
                let why = "a stored control set; the one in force is CurrentControlSet";
                self.ledger.note(LineState::Irrelevant, why, span);
                LineState::Irrelevant
            }
            Key::Foreign => LineState::Irrelevant,
        }
    }

    fn value(&mut self, value: &super::lex::Value<'f>, span: Span) -> LineState {
        let (Some(known), Some(setting)) =
            (&mut self.known, settings::setting(self.key, &value.name))
        else {
            return LineState::Irrelevant;
        };
        match known.take(setting, value, span) {
            Use::Counts => LineState::Modelled,
            Use::Ignored(problem) => {
                let why = problem.message.clone();
                self.ledger.note(LineState::NotModelled, why, span);
                self.problems.push(*problem);
                LineState::NotModelled
            }
        }
    }

    /// A line that Windows does not read for its quotation marks.
    fn curly(&mut self, span: Span) -> LineState {
        if !matches!(self.key, Key::Known(_)) && !self.of_firewall {
            return LineState::Irrelevant;
        }
        let message =
            "Windows ignores this line because its quotation marks are typographic".to_owned();
        self.ledger
            .note(LineState::NotModelled, message.clone(), span);
        self.problems.push(Problem {
            level: ProblemLevel::Warning,
            message,
            hint: Some("write \" in place of every typographic quotation mark".to_owned()),
            span,
        });
        LineState::NotModelled
    }

    fn other(&mut self, line: &'f str) -> LineState {
        if let Some(prompt) = prompt::read(line) {
            self.close();
            self.key = Key::Foreign;
            self.of_firewall = false;
            self.host = prompt.host.or(self.host);
            return LineState::Irrelevant;
        }
        if prompt::is_noise(line) {
            return LineState::Irrelevant;
        }
        if self.of_firewall {
            return self.firewall.unknown();
        }
        // What `reg query` says at its end is no value, in any language.
        let like_value = line.contains("REG_") || line.starts_with(['"', '=', '@']);
        match self.key {
            Key::Known(_) if like_value => LineState::Unrecognised,
            _ => LineState::Irrelevant,
        }
    }

    fn close(&mut self) {
        let Some(record) = self.known.take().and_then(KnownKey::record) else {
            return;
        };
        if self.records.len() == MAX_OBJECTS {
            self.problems.push(too_many(record.span));
        }
        if self.records.len() <= MAX_OBJECTS {
            self.records.push(record);
        }
    }
}
