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
use super::secret_names::is_secret_name;
use super::value::{Raw, typed};
use crate::model::exchange::Value;

/// Values that are remembered at a time, each in the one place that its text
/// gives it; a newer one takes the place of an older one. An object has some
/// dozens, and what is unique (names, dates) hardly ever crowds them out.
const MOST_VALUES: usize = 4096;

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

/// A property of the object before.
#[derive(Debug)]
struct Before<'a> {
    cmdlet: &'static str,
    printed: &'a str,
    named: Named,
    text: Option<(&'a str, Value)>,
    /// Whether no property before it in its object has its name.
    first: bool,
}

impl Before<'_> {
    fn is(&self, cmdlet: &'static str, printed: &str) -> bool {
        // Most names and cmdlets are the same slice of memory.
        let same = |a: &str, b: &str| std::ptr::eq(a, b) || a == b;
        same(self.cmdlet, cmdlet) && same(self.printed, printed)
    }
}

/// A text, how it was read, and its value.
#[derive(Debug, Clone)]
struct Remembered<'a> {
    kind: Option<Kind>,
    list: bool,
    text: &'a str,
    value: Value,
}

/// Where the value of a text is remembered: by its length, beginning and end.
/// Texts that share a place cost the memory of one another, no time.
fn place(kind: Option<Kind>, list: bool, text: &str) -> usize {
    let word = |bytes: Option<&[u8]>| {
        let mut word = [0_u8; 8];
        for (to, from) in word.iter_mut().zip(bytes.unwrap_or_default()) {
            *to = *from;
        }
        u64::from_le_bytes(word)
    };
    let bytes = text.as_bytes();
    let tail = bytes.len().saturating_sub(8);
    let shape = (bytes.len() as u64) << 2 | u64::from(list) << 1 | u64::from(kind.is_some());
    // Multiplication by a large odd number spreads what differs over all bits.
    let mixed = (word(bytes.get(..8).or(Some(bytes))) ^ shape.rotate_left(40))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
        ^ word(bytes.get(tail..));
    let mixed = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    usize::try_from(mixed).unwrap_or(0) % MOST_VALUES
}

/// What a file has shown so far.
#[derive(Debug, Default)]
pub struct Typing<'a> {
    /// Names by cmdlet and printed form.
    names: HashMap<(&'static str, &'a str), Named>,
    /// The names and texts of the object before, in order: mostly those of the
    /// next one.
    before: Vec<Before<'a>>,
    /// Values of texts, and of lists of one item, by [`place`].
    values: Vec<Option<Remembered<'a>>>,
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

    /// The name of the property at `index` of an object.
    pub fn name_at(
        &mut self,
        index: usize,
        cmdlet: Option<&'static Cmdlet>,
        printed: &'a str,
    ) -> Named {
        let of = cmdlet.map_or("", |cmdlet| cmdlet.name);
        let before = self.before.get(index);
        match before.filter(|before| before.is(of, printed)) {
            Some(before) => before.named.clone(),
            None => self.name(cmdlet, printed),
        }
    }

    /// Whether the property at `index` has another name than all before it, if
    /// the object before had the same names up to there.
    pub fn is_first(&self, index: usize) -> bool {
        self.before.get(index).is_some_and(|before| before.first)
    }

    /// Notes whether the property at `index` has another name than all before
    /// it.
    pub fn note_first(&mut self, index: usize, first: bool) {
        if let Some(before) = self.before.get_mut(index) {
            before.first = first;
        }
    }

    /// Forgets what [`Self::is_first`] tells of an index and of those behind it:
    /// the names before them are others now.
    pub fn forget_first(&mut self, index: usize) {
        for before in self.before.iter_mut().skip(index) {
            before.first = false;
        }
    }

    /// Name and value of the property at `index` of an object, and whether the
    /// object before had the same name there.
    pub fn property(
        &mut self,
        index: usize,
        cmdlet: Option<&'static Cmdlet>,
        printed: &'a str,
        raw: &Raw<'a>,
        dates: DateOrder,
    ) -> (Arc<str>, Value, bool) {
        let of = cmdlet.map_or("", |cmdlet| cmdlet.name);
        let text = match raw {
            Raw::Text(Cow::Borrowed(text)) if text.len() <= LONGEST && self.dates == dates => {
                Some(*text)
            }
            _ => None,
        };
        let before = self.before.get(index);
        let before = before.filter(|before| before.is(of, printed));
        if let Some(before) = before {
            if let (Some((known, value)), Some(text)) = (&before.text, text)
                && *known == text
            {
                return (Arc::clone(&before.named.name), value.clone(), true);
            }
            // The name stays where it is: only its value is another one.
            let (kind, secret) = (before.named.kind, before.named.secret);
            let name = Arc::clone(&before.named.name);
            if self.dates == dates {
                let value = self.value_of(kind, secret, raw, dates);
                if let Some(before) = self.before.get_mut(index) {
                    before.text = text.map(|text| (text, value.clone()));
                }
                return (name, value, true);
            }
        }
        let (known, first) = (before.is_some(), before.is_some_and(|before| before.first));
        let named = match before {
            Some(before) => before.named.clone(),
            None => self.name(cmdlet, printed),
        };
        let value = self.value(&named, raw, dates);
        let name = Arc::clone(&named.name);
        let now = Before {
            cmdlet: of,
            printed,
            named,
            text: text.map(|text| (text, value.clone())),
            first,
        };
        if self.before.len() == index {
            self.before.push(now);
        } else if let Some(slot) = self.before.get_mut(index) {
            *slot = now;
        }
        (name, value, known)
    }

    /// The value of a property.
    pub fn value(&mut self, named: &Named, raw: &Raw<'a>, dates: DateOrder) -> Value {
        if self.dates != dates {
            self.dates = dates;
            self.values.clear();
            self.before.clear();
        }
        self.value_of(named.kind, named.secret, raw, dates)
    }

    /// The value of a property of a kind, read with the dates of those before.
    fn value_of(
        &mut self,
        kind: Option<Kind>,
        secret: bool,
        raw: &Raw<'a>,
        dates: DateOrder,
    ) -> Value {
        let value = self.text_or_list(kind, raw, dates);
        let shows = !matches!(value, Value::Null | Value::Bool(_));
        if shows && (secret || kind == Some(Kind::Secret)) {
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
        let place = place(kind, list, text);
        if let Some(Some(known)) = self.values.get(place)
            && known.text == text
            && known.list == list
            && known.kind == kind
        {
            return known.value.clone();
        }
        let value = typed(kind, raw, dates);
        if matches!(value, Value::Null | Value::Bool(_) | Value::Integer(_)) {
            return value;
        }
        if self.values.is_empty() {
            self.values.resize(MOST_VALUES, None);
        }
        if let Some(slot) = self.values.get_mut(place) {
            *slot = Some(Remembered {
                kind,
                list,
                text,
                value: value.clone(),
            });
        }
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
