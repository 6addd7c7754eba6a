//! `objects` and `runs`: what Exchange cmdlets returned.
//!
//! Null, empty, absent, truncated and unusable stay apart: null is `null`,
//! empty is `[]`, absent has no key, and the last two have their key in
//! `unknown` with the reason instead of in `properties`.

use std::collections::BTreeMap;

use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::types::{ObjectFact, Ref, RunFact};
use crate::estate::{Estate, Object};
use crate::model::exchange::{Property, Value};
use crate::source::Span;

/// Objects by cmdlet, each list by identity.
pub fn build(estate: &Estate) -> BTreeMap<&'static str, Vec<ObjectFact>> {
    let mut objects: BTreeMap<&'static str, Vec<ObjectFact>> = BTreeMap::new();
    for known in &estate.objects {
        let list = objects.entry(known.cmdlet).or_default();
        list.push(object(known, estate));
    }
    for list in objects.values_mut() {
        list.sort_by(|a, b| (&a.identity, a.record.span).cmp(&(&b.identity, b.record.span)));
    }
    objects
}

fn object(known: &Object, estate: &Estate) -> ObjectFact {
    let server = known
        .server
        .and_then(|id| estate.servers.get(usize::try_from(id.0).ok()?));
    ObjectFact {
        identity: known.identity.clone(),
        server: server.map(|server| server.name.clone()),
        record: Arc::clone(&known.record),
    }
}

/// An object with the properties of some names.
///
/// Facts and estate share one record: a copy of each in JSON would be several
/// times the size of the export.
pub struct Selected<'a, K> {
    /// The object.
    pub object: &'a ObjectFact,
    /// Whether a property of a name is wanted.
    pub keep: K,
}

impl<K: Fn(&str) -> bool> Serialize for Selected<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ObjectFact {
            identity,
            server,
            record,
        } = self.object;
        let kept = record.properties.iter().filter(|p| (self.keep)(&p.name));
        let mut properties: Vec<&Property> = kept.collect();
        properties.sort_by(|a, b| a.name.cmp(&b.name));
        let fields = if server.is_some() { 5 } else { 4 };
        let mut object = serializer.serialize_struct("ObjectFact", fields)?;
        object.serialize_field("identity", identity)?;
        match server {
            Some(server) => object.serialize_field("server", server)?,
            None => object.skip_field("server")?,
        }
        object.serialize_field("properties", &Known(&properties))?;
        object.serialize_field("unknown", &Unknown(&properties))?;
        object.serialize_field("at", &Places(&properties, record.span))?;
        object.end()
    }
}

impl Serialize for ObjectFact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (object, keep) = (self, |_: &str| true);
        Selected { object, keep }.serialize(serializer)
    }
}

/// Known properties, by canonical name.
struct Known<'a>(&'a [&'a Property]);

impl Serialize for Known<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = self.0.iter().filter(|p| unknown(&p.value).is_none());
        serializer.collect_map(known.map(|p| (&*p.name, Shown(&p.value))))
    }
}

/// Properties whose value is unusable, with the reason.
struct Unknown<'a>(&'a [&'a Property]);

impl Serialize for Unknown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let why = self
            .0
            .iter()
            .filter_map(|p| Some((&*p.name, unknown(&p.value)?)));
        serializer.collect_map(why)
    }
}

/// Evidence: `self` and one for each property.
struct Places<'a>(&'a [&'a Property], Span);

impl<'a> Serialize for Places<'a> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const SELF: &str = "self";
        let before = self.0.partition_point(|p| *p.name < *SELF);
        let (first, rest) = self.0.split_at(before);
        let own = rest.first().is_none_or(|p| *p.name != *SELF);
        let own = own.then_some((SELF, Ref(self.1)));
        let place = |p: &'a &Property| (&*p.name, Ref(p.span));
        let places = first.iter().map(place).chain(own);
        serializer.collect_map(places.chain(rest.iter().map(place)))
    }
}

/// A value that is known.
struct Shown<'a>(&'a Value);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(value) => serializer.serialize_i64(*value),
            Value::Text(text) => serializer.serialize_str(text),
            Value::List(items) => serializer.collect_seq(items.iter().map(Shown)),
            Value::Flags(names) => serializer.collect_seq(names.iter().map(|name| &**name)),
            Value::Null | Value::Secret | Value::Truncated(_) | Value::Unusable(_) => {
                serializer.serialize_unit()
            }
        }
    }
}

/// Why a value cannot be used; `None` for one that can. A list with one
/// unusable element is unusable: what is cut off may be what a rule looks for.
fn unknown(value: &Value) -> Option<&str> {
    match value {
        Value::Secret => Some("the value is a secret"),
        Value::Truncated(_) => Some("the export cut this value off"),
        Value::Unusable(why) => Some(why),
        Value::List(items) => items.iter().find_map(unknown),
        Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Text(_) | Value::Flags(_) => None,
    }
}

/// Cmdlet runs, by cmdlet and host.
pub fn runs(estate: &Estate) -> Vec<RunFact> {
    let mut runs: Vec<_> = estate
        .runs
        .iter()
        .map(|run| RunFact {
            cmdlet: run.cmdlet,
            host: run.host.as_deref().map(str::to_owned),
            count: run.count,
            at: Ref(run.span),
        })
        .collect();
    runs.sort_by(|a, b| (a.cmdlet, &a.host, a.at).cmp(&(b.cmdlet, &b.host, b.at)));
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::{Properties, Record};
    use crate::source::FileId;

    #[test]
    fn a_list_with_a_cut_element_is_unknown_as_a_whole() {
        let list = Value::List(
            vec![
                Value::Text("10.0.0.1".into()),
                Value::Truncated("10.0".into()),
            ]
            .into(),
        );
        assert_eq!(unknown(&list), Some("the export cut this value off"));
    }

    fn fact(properties: &[(&str, Value)]) -> serde_json::Value {
        let mut record = Record {
            cmdlet: None,
            cmdlet_evidence: None,
            host: None,
            properties: Properties::default(),
            span: Span::new(FileId(1), 0, 90),
        };
        for (at, (name, value)) in (10..).step_by(10).zip(properties) {
            record.properties.insert(Property {
                name: (*name).into(),
                value: value.clone(),
                span: Span::new(FileId(1), at, at + 5),
            });
        }
        let fact = ObjectFact {
            identity: "HUB1\\Default".to_owned(),
            server: None,
            record: Arc::new(record),
        };
        serde_json::to_value(&fact).expect("JSON")
    }

    #[test]
    fn the_five_states_of_a_value_stay_apart() {
        let shown = fact(&[
            ("Name", Value::Text("Default".into())),
            ("Banner", Value::Null),
            ("Bindings", Value::List(Vec::new().into())),
            ("Fqdn", Value::Truncated("hub1.con".into())),
            ("Credential", Value::Secret),
            ("Site", Value::Unusable("why".into())),
        ]);
        assert_eq!(
            shown,
            serde_json::json!({
                "identity": "HUB1\\Default",
                "properties": {"Name": "Default", "Banner": null, "Bindings": []},
                "unknown": {
                    "Credential": "the value is a secret",
                    "Fqdn": "the export cut this value off",
                    "Site": "why",
                },
                "at": {
                    "self": "1:0:90", "Name": "1:10:15", "Banner": "1:20:25",
                    "Bindings": "1:30:35", "Fqdn": "1:40:45", "Credential": "1:50:55",
                    "Site": "1:60:65",
                },
            })
        );
    }

    #[test]
    fn keys_are_sorted_so_that_equal_inputs_give_equal_bytes() {
        let shown = fact(&[
            ("zone", Value::Null),
            ("Name", Value::Null),
            ("Fqdn", Value::Null),
        ]);
        let keys = |key: &str| -> Vec<String> {
            let map = shown.get(key).and_then(|value| value.as_object());
            map.expect("an object").keys().cloned().collect()
        };
        assert_eq!(keys("properties"), ["Fqdn", "Name", "zone"]);
        assert_eq!(keys("at"), ["Fqdn", "Name", "self", "zone"]);
    }
}
