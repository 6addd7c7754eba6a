//! Exchange objects as records of spanned values.
//!
//! Five things that look alike are kept apart, because a rule may conclude
//! only from the first two: a value that is *null*, a list that is *empty*, a
//! property that is *absent* (not selected), a value that was *truncated* by
//! the export, and one that is *unusable* (a .NET type name, mojibake …).

use std::sync::Arc;

use crate::source::Span;

/// One object as a cmdlet printed it.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Canonical cmdlet (`Get-ReceiveConnector`), as stated or inferred.
    pub cmdlet: Option<&'static str>,
    /// How the cmdlet is known, ready for a person to read.
    pub cmdlet_evidence: Option<(Arc<str>, Span)>,
    /// The host that the export was taken on, where file or prompt tell.
    pub host: Option<Arc<str>>,
    /// Properties in file order.
    pub properties: Properties,
    /// The whole object.
    pub span: Span,
}

/// Properties in file order, each name once without regard to the case of
/// ASCII letters.
///
/// A plain list: objects have some dozens of properties and there may be a
/// million objects, so that the memory of an index would cost more than the
/// search.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Properties(Vec<Property>);

impl Properties {
    /// None yet, with room for some.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// The property of a name in any case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Property> {
        self.0.iter().find(|property| property.is_named(name))
    }

    /// The property of a name in any case, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Property> {
        self.0.iter_mut().find(|property| property.is_named(name))
    }

    /// Adds a property of a name that is not there yet.
    pub fn push_new(&mut self, property: Property) {
        debug_assert!(self.get(&property.name).is_none());
        self.0.push(property);
    }

    /// Adds a property, in the place of one of its name where there is one.
    pub fn insert(&mut self, property: Property) {
        match self.get_mut(&property.name) {
            Some(known) => *known = property,
            None => self.0.push(property),
        }
    }

    /// Gives back what was reserved for properties that did not come.
    pub fn shrink_to_fit(&mut self) {
        self.0.shrink_to_fit();
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All in file order.
    pub fn iter(&self) -> std::slice::Iter<'_, Property> {
        self.0.iter()
    }

    /// All in file order, to change them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Property> {
        self.0.iter_mut()
    }
}

impl FromIterator<Property> for Properties {
    fn from_iter<I: IntoIterator<Item = Property>>(properties: I) -> Self {
        let mut all = Self::default();
        for property in properties {
            all.insert(property);
        }
        all
    }
}

impl<'a> IntoIterator for &'a Properties {
    type Item = &'a Property;
    type IntoIter = std::slice::Iter<'a, Property>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl IntoIterator for Properties {
    type Item = Property;
    type IntoIter = std::vec::IntoIter<Property>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One property of a record.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Canonical spelling where the property is known, else as printed.
    pub name: Arc<str>,
    /// Value.
    pub value: Value,
    /// Where the value stands (the name where the value is empty).
    pub span: Span,
}

impl Property {
    fn is_named(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// A property's value. Texts are shared: the objects of an export repeat most
/// of their values.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Printed empty, or `$null`.
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A scalar: text, URL, version, date (ISO 8601 where it is certain).
    Text(Arc<str>),
    /// `{a, b}`; possibly empty.
    List(Arc<[Value]>),
    /// A flags enum: the names that are set, canonical spelling; `None` is the
    /// empty set.
    Flags(Arc<[Arc<str>]>),
    /// A secret: the reader drops it, and only its place is kept.
    Secret,
    /// Cut off by the export; what is left of it.
    Truncated(Arc<str>),
    /// Present, but says nothing; why.
    Unusable(Arc<str>),
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
        match self.properties.get(name) {
            None => Lookup::Absent,
            Some(p) => match &p.value {
                Value::Null => Lookup::Null(p.span),
                Value::Truncated(_) => Lookup::Unknown("the export cut this value off", p.span),
                Value::Unusable(why) => Lookup::Unknown(why, p.span),
                Value::Secret => Lookup::Unknown("the value is a secret", p.span),
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
                Some((names.iter().map(|name| &**name).collect(), span))
            }
            Lookup::Known(Value::List(items), span) => Some((
                items
                    .iter()
                    .filter_map(|item| match item {
                        Value::Text(text) => Some(&**text),
                        _ => None,
                    })
                    .collect(),
                span,
            )),
            Lookup::Known(Value::Text(text), span) => Some((vec![&**text], span)),
            _ => None,
        }
    }
}
