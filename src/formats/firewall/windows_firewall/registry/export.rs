//! Settings of the firewall in a registry export, or in the output of
//! `reg query`, as [`crate::formats::registry`] reads them.

use super::settings::{self, Key, Value};
use crate::formats::LineState;
use crate::formats::firewall::shared::outcome::Outcome;
use crate::formats::firewall::windows_firewall::facts::{Part, Store};
use crate::formats::firewall::windows_firewall::host;
use crate::formats::registry::{self, Data, Kind};
use crate::source::{SourceFile, Span};

/// What an export tells of the firewall.
#[derive(Debug)]
pub struct Export<'f> {
    file: &'f SourceFile,
    part: Part,
    key: Key,
}

impl<'f> Export<'f> {
    /// Of a file of which nothing was read yet.
    pub fn new(file: &'f SourceFile) -> Self {
        let mut part = Part::new(host::stem(file));
        part.host = host::of_bundle(file);
        part.store = Store::GroupPolicy;
        Self {
            file,
            part,
            key: Key::Foreign,
        }
    }

    /// Begins a key; `false` for one that is not of the firewall.
    pub fn key(&mut self, path: &str) -> bool {
        self.key = settings::key(path);
        settings::open(&mut self.part, self.key);
        self.key != Key::Foreign
    }

    /// Takes a value of the key.
    pub fn value(&mut self, value: &registry::Value<'f>, span: Span) -> Outcome {
        let text = match (value.kind, &value.data) {
            (Kind::Text | Kind::ExpandText, Data::Text(text)) => Some(&**text),
            _ => None,
        };
        let number = match (value.kind, &value.data) {
            (Kind::Number, Data::Number(number)) => u32::try_from(*number).ok(),
            _ => None,
        };
        let value = Value {
            name: &value.name,
            text,
            number,
            span,
        };
        settings::take(&mut self.part, self.key, value, self.file)
    }

    /// What a line means that is no value.
    pub fn unknown(&self) -> LineState {
        match self.key {
            Key::Foreign | Key::Other => LineState::Irrelevant,
            _ => LineState::Unrecognised,
        }
    }

    /// The part, where the export tells anything of the firewall.
    pub fn finish(self) -> Option<Part> {
        (!self.part.is_empty()).then_some(self.part)
    }
}
