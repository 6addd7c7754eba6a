//! Names and values that an export repeats: read once, shared from then on.
//!
//! An organisation's exports hold the same hundred names and mostly the same
//! values in every object. Typing them once makes reading fast, and sharing
//! them keeps a million objects small.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::cmdlets::{Cmdlet, Kind};
use super::date::DateOrder;
use super::value::{Raw, is_secret_name, typed};
use crate::model::exchange::Value;

/// Values that are remembered at a time. An object has some dozens; what is
/// unique (names, dates) must not crowd out the rest for good, so the memory
/// starts anew when it is full.
const MOST_VALUES: usize = 8192;

/// Names that are remembered at a time.
const MOST_NAMES: usize = 8192;

/// Longer texts hardly ever come twice.
const LONGEST: usize = 256;

/// A property's name and how to read its value.
#[derive(Debug, Clone)]
pub struct Named {
    /// Canonical spelling where the property is known, else as printed.
    pub name: Arc<str>,
    /// `None` for a property that the table does not know.
    pub kind: Option<Kind>,
    /// Whether it is one of the cmdlet's own properties, not one of those that
    /// nearly every object has.
    pub own: bool,
    /// A property that the table does not know and that sounds like a secret.
    secret: bool,
}

/// What a file has shown so far.
#[derive(Debug, Default)]
pub struct Typing<'a> {
    /// Names by cmdlet and printed form.
    names: HashMap<(&'static str, &'a str), Named>,
    /// The names of the object before, in order: mostly those of the next one.
    order: Vec<(&'static str, &'a str, Named)>,
    /// Values of texts, and of lists of one item.
    values: HashMap<(Option<Kind>, bool, &'a str), Value>,
    /// The order of day and month that `values` were read with.
    dates: DateOrder,
}

impl<'a> Typing<'a> {
    /// The name of a property and how to read it.
    pub fn name(&mut self, cmdlet: Option<&'static Cmdlet>, printed: &'a str) -> Named {
        let key = (cmdlet.map_or("", |cmdlet| cmdlet.name), printed);
        if let Some(known) = self.names.get(&key) {
            return known.clone();
        }
        let lower = printed.to_ascii_lowercase();
        let known = cmdlet.and_then(|cmdlet| cmdlet.property(&lower));
        let named = Named {
            name: known.map_or(printed, |known| known.name).into(),
            kind: known.map(|known| known.kind),
            own: cmdlet.is_some_and(|cmdlet| cmdlet.properties.contains_key(&lower)),
            secret: known.is_none() && is_secret_name(printed),
        };
        if self.names.len() >= MOST_NAMES {
            self.names.clear();
        }
        self.names.insert(key, named.clone());
        named
    }

    /// The same for the property at `index` of an object.
    pub fn name_at(
        &mut self,
        index: usize,
        cmdlet: Option<&'static Cmdlet>,
        printed: &'a str,
    ) -> Named {
        let of = cmdlet.map_or("", |cmdlet| cmdlet.name);
        if let Some((known_of, known, named)) = self.order.get(index)
            && *known == printed
            && *known_of == of
        {
            return named.clone();
        }
        let named = self.name(cmdlet, printed);
        let entry = (of, printed, named.clone());
        if self.order.len() == index {
            self.order.push(entry);
        } else if let Some(slot) = self.order.get_mut(index) {
            *slot = entry;
        }
        named
    }

    /// The value of a property.
    pub fn value(&mut self, named: &Named, raw: &Raw<'a>, dates: DateOrder) -> Value {
        let value = self.text_or_list(named.kind, raw, dates);
        let shows = !matches!(value, Value::Null | Value::Bool(_));
        if shows && (named.secret || named.kind == Some(Kind::Secret)) {
            return Value::Secret;
        }
        value
    }

    fn text_or_list(&mut self, kind: Option<Kind>, raw: &Raw<'a>, dates: DateOrder) -> Value {
        let (list, text) = match raw {
            Raw::Text(Cow::Borrowed(text)) => (false, *text),
            Raw::List(items) => match items.as_ref() {
                [Cow::Borrowed(one)] => (true, *one),
                _ => return typed(kind, raw, dates),
            },
            _ => return typed(kind, raw, dates),
        };
        if text.len() > LONGEST {
            return typed(kind, raw, dates);
        }
        if self.dates != dates {
            self.dates = dates;
            self.values.clear();
        }
        let key = (kind, list, text);
        if let Some(known) = self.values.get(&key) {
            return known.clone();
        }
        let value = typed(kind, raw, dates);
        if self.values.len() >= MOST_VALUES {
            self.values.clear();
        }
        self.values.insert(key, value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::cmdlets::table;

    #[test]
    fn equal_texts_are_read_by_the_kind_of_their_property() {
        let cmdlet = table().cmdlet("Get-ReceiveConnector");
        let mut typing = Typing::default();
        let mut value = |name, raw: Raw<'static>| {
            let named = typing.name(cmdlet, name);
            typing.value(&named, &raw, DateOrder::Unknown)
        };
        let text = |text: &'static str| Raw::Text(text.into());
        for _ in 0..2 {
            assert_eq!(value("Enabled", text("True")), Value::Bool(true));
            assert_eq!(value("Fqdn", text("True")), Value::Text("True".into()));
            assert_eq!(
                value("Bindings", text("0.0.0.0:25, 0.0.0.0:587")),
                Value::List(
                    vec![
                        Value::Text("0.0.0.0:25".into()),
                        Value::Text("0.0.0.0:587".into())
                    ]
                    .into()
                )
            );
            let one = Raw::List([Cow::Borrowed("0.0.0.0:25, 0.0.0.0:587")].into());
            assert_eq!(
                value("Bindings", one),
                Value::List(vec![Value::Text("0.0.0.0:25, 0.0.0.0:587".into())].into())
            );
        }
    }

    #[test]
    fn a_value_is_remembered_as_no_secret_of_another_property() {
        let mut typing = Typing::default();
        let mut value = |name| {
            let named = typing.name(None, name);
            typing.value(&named, &Raw::Text("hunter2".into()), DateOrder::Unknown)
        };
        assert_eq!(value("Comment"), Value::Text("hunter2".into()));
        assert_eq!(value("RelayPassword"), Value::Secret);
        assert_eq!(value("Comment"), Value::Text("hunter2".into()));
    }

    #[test]
    fn repeated_values_are_shared() {
        let mut typing = Typing::default();
        let named = typing.name(None, "Server");
        let mut pointer =
            || match typing.value(&named, &Raw::Text("HUB1".into()), DateOrder::Unknown) {
                Value::Text(text) => text,
                other => panic!("{other:?}"),
            };
        assert!(Arc::ptr_eq(&pointer(), &pointer()));
    }

    #[test]
    fn more_different_values_than_are_remembered_are_read_all_the_same() {
        let texts: Vec<String> = (0..3 * MOST_VALUES).map(|n| format!("v{n}")).collect();
        let mut typing = Typing::default();
        let named = typing.name(None, "Comment");
        for text in &texts {
            let value = typing.value(&named, &Raw::Text(text.as_str().into()), DateOrder::Unknown);
            assert_eq!(value, Value::Text(text.as_str().into()));
        }
        assert!(typing.values.len() <= MOST_VALUES);
    }
}
