//! `config-output-format json`: the elements of the XML form as keys and values.
//!
//! An attribute is a key with `@`, entries and members are arrays under `entry`
//! and `member`, text beside attributes stands under `#text`.

use crate::source::{SourceFile, Span};

use super::builder::Builder;
use super::markup::Refused;
use super::statements::Statements;
use super::text::{Decoded, Text};

/// Arrays and objects nest at most this deep.
const MAX_DEPTH: usize = 300;

/// A value; strings are slices of the file, between their quotes.
#[derive(Debug)]
pub enum Json<'t> {
    /// Keys in order.
    Object(Vec<(&'t str, Json<'t>)>),
    /// A list.
    Array(Vec<Json<'t>>),
    /// A string, number or truth value.
    Text(&'t str),
    /// `null`.
    Null,
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    decoded: Vec<Decoded>,
}

/// Reads the text; also the strings that hold escapes.
pub fn read(file: &SourceFile) -> Result<(Vec<Decoded>, Json<'_>), Refused> {
    let mut parser = Parser {
        text: file.text(),
        at: 0,
        decoded: Vec::new(),
    };
    parser.skip("\u{feff}".len());
    let value = parser.value(0)?;
    Ok((parser.decoded, value))
}

/// The statements that a value holds.
pub fn statements<'t>(text: &'t Text<'_>, value: &Json<'t>) -> Statements<'t> {
    let mut builder = Builder::new(text);
    if let Json::Object(keys) = value {
        for (key, value) in keys {
            element(&mut builder, key, value);
        }
    }
    let mut read = builder.finish();
    if read.units == 0 {
        let span = Span::of(text.file().id(), 0..0);
        read.spoil("the JSON holds no configuration".to_owned(), span);
    }
    read
}

fn element<'t>(builder: &mut Builder<'t>, key: &'t str, value: &Json<'t>) {
    if key.starts_with('@') {
        return;
    }
    match value {
        Json::Array(values) => {
            for value in values {
                element(builder, key, value);
            }
        }
        Json::Object(keys) => {
            let mut entry = None;
            for (name, value) in keys {
                if let (Some(attribute), Json::Text(text)) = (name.strip_prefix('@'), value) {
                    if attribute == "name" {
                        entry = Some(*text);
                    } else {
                        builder.attribute(key, attribute, text);
                    }
                }
            }
            if !builder.open(key, entry) {
                return;
            }
            for (name, value) in keys {
                match (*name, value) {
                    ("#text" | "text", Json::Text(text)) => builder.part(text),
                    _ => element(builder, name, value),
                }
            }
            builder.close();
        }
        Json::Text(text) => {
            if builder.open(key, None) {
                builder.part(text);
                builder.close();
            }
        }
        Json::Null => {
            if builder.open(key, None) {
                builder.close();
            }
        }
    }
}

impl<'t> Parser<'t> {
    fn refuse<T>(&self, why: &str) -> Result<T, Refused> {
        Err((format!("the JSON cannot be read: {why}"), self.at))
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, mark: usize) {
        if self.at == 0 && self.text.starts_with('\u{feff}') {
            self.at = mark;
        }
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn string(&mut self) -> Result<&'t str, Refused> {
        self.at = self.at.saturating_add(1);
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.peek() {
                None => return self.refuse("a string is not closed"),
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.at = self.at.saturating_add(2);
                }
                Some(_) => self.at = self.at.saturating_add(1),
            }
        }
        let Some(part) = self.text.get(start..self.at) else {
            return self.refuse("a string is cut");
        };
        if escaped {
            let quoted = self
                .text
                .get(start.saturating_sub(1)..self.at.saturating_add(1));
            let text = serde_json::from_str(quoted.unwrap_or_default());
            let Ok(text) = text else {
                return self.refuse("a string holds what is no escape");
            };
            self.decoded.push(Decoded {
                origin: start..self.at,
                text,
            });
        }
        self.at = self.at.saturating_add(1);
        Ok(part)
    }

    fn value(&mut self, depth: usize) -> Result<Json<'t>, Refused> {
        if depth > MAX_DEPTH {
            return self.refuse("it nests deeper than PAN-OS nests it");
        }
        self.skip(0);
        match self.peek() {
            Some(b'{') => {
                self.at = self.at.saturating_add(1);
                let mut keys = Vec::new();
                loop {
                    self.skip(0);
                    match self.peek() {
                        Some(b'}') => break,
                        Some(b',') => self.at = self.at.saturating_add(1),
                        Some(b'"') => {
                            let key = self.string()?;
                            self.skip(0);
                            if self.peek() != Some(b':') {
                                return self.refuse("a colon is missing");
                            }
                            self.at = self.at.saturating_add(1);
                            keys.push((key, self.value(depth.saturating_add(1))?));
                        }
                        _ => return self.refuse("a key is missing"),
                    }
                }
                self.at = self.at.saturating_add(1);
                Ok(Json::Object(keys))
            }
            Some(b'[') => {
                self.at = self.at.saturating_add(1);
                let mut values = Vec::new();
                loop {
                    self.skip(0);
                    match self.peek() {
                        Some(b']') => break,
                        Some(b',') => self.at = self.at.saturating_add(1),
                        Some(_) => values.push(self.value(depth.saturating_add(1))?),
                        None => return self.refuse("it ends inside a list"),
                    }
                }
                self.at = self.at.saturating_add(1);
                Ok(Json::Array(values))
            }
            Some(b'"') => Ok(Json::Text(self.string()?)),
            Some(_) => {
                let start = self.at;
                let within =
                    |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                while self.peek().is_some_and(within) {
                    self.at = self.at.saturating_add(1);
                }
                match self.text.get(start..self.at).unwrap_or_default() {
                    "" => self.refuse("a value is missing"),
                    "null" => Ok(Json::Null),
                    part => Ok(Json::Text(part)),
                }
            }
            None => self.refuse("it ends before a value"),
        }
    }
}
