//! Exchange objects as records of spanned values.
//!
//! Five things that look alike are kept apart, because a rule may conclude
//! only from the first two: a value that is *null*, a list that is *empty*, a
//! property that is *absent* (not selected), a value that was *truncated* by
//! the export, and one that is *unusable* (a .NET type name, mojibake …).

use indexmap::IndexMap;

use crate::source::{Redacted, Span};

/// One object as a cmdlet printed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Canonical cmdlet (`Get-ReceiveConnector`), as stated or inferred.
    pub cmdlet: Option<&'static str>,
    /// How the cmdlet is known, ready for a person to read.
    pub cmdlet_evidence: Option<(String, Span)>,
    /// The host that the export was taken on, where file or prompt tell.
    pub host: Option<String>,
    /// Properties by lower-case name, in file order.
    pub properties: IndexMap<String, Property>,
    /// The whole object.
    pub span: Span,
}

/// One property of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Canonical spelling where the property is known, else as printed.
    pub name: String,
    /// Value.
    pub value: Value,
    /// Where the value stands (the name where the value is empty).
    pub span: Span,
}

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Printed empty, or `$null`.
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A scalar: text, URL, version, date (ISO 8601 where it is certain).
    Text(String),
    /// `{a, b}`; possibly empty.
    List(Vec<Value>),
    /// A flags enum: the names that are set, canonical spelling; `None` is the
    /// empty set.
    Flags(Vec<String>),
    /// A secret: never printed.
    Secret(Redacted<String>),
    /// Cut off by the export; what is left of it.
    Truncated(String),
    /// Present, but says nothing; why.
    Unusable(String),
}

/// What a lookup of a property yields.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lookup<'a> {
    /// The property is there with a usable value (never `Null`).
    Known(&'a Value, Span),
    /// The property is there and empty.
    Null(Span),
    /// The property was not exported.
    Absent,
    /// The property is there, but its value cannot be used; why.
    Unknown(&'a str, Span),
}

impl Record {
    /// Looks a property up by name, without regard to case.
    #[must_use]
    pub fn get(&self, name: &str) -> Lookup<'_> {
        match self.properties.get(name.to_ascii_lowercase().as_str()) {
            None => Lookup::Absent,
            Some(p) => match &p.value {
                Value::Null => Lookup::Null(p.span),
                Value::Truncated(_) => Lookup::Unknown("the export cut this value off", p.span),
                Value::Unusable(why) => Lookup::Unknown(why, p.span),
                Value::Secret(_) => Lookup::Unknown("the value is a secret", p.span),
                value => Lookup::Known(value, p.span),
            },
        }
    }

    /// A text property that is known; `None` otherwise.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<(&str, Span)> {
        match self.get(name) {
            Lookup::Known(Value::Text(text), span) => Some((text, span)),
            _ => None,
        }
    }

    /// The names in a flags property, or the texts of a list; `None` unless known.
    #[must_use]
    pub fn names(&self, name: &str) -> Option<(Vec<&str>, Span)> {
        match self.get(name) {
            Lookup::Known(Value::Flags(names), span) => {
                Some((names.iter().map(String::as_str).collect(), span))
            }
            Lookup::Known(Value::List(items), span) => Some((
                items
                    .iter()
                    .filter_map(|item| match item {
                        Value::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect(),
                span,
            )),
            Lookup::Known(Value::Text(text), span) => Some((vec![text], span)),
            _ => None,
        }
    }
}
