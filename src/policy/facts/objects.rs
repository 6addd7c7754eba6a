//! `objects` and `runs`: what Exchange cmdlets returned.
//!
//! Null, empty, absent, truncated and unusable stay apart: null is `null`,
//! empty is `[]`, absent has no key, and the last two have their key in
//! `unknown` with the reason instead of in `properties`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::types::{ObjectFact, Ref, RunFact};
use crate::estate::{Estate, Object};
use crate::model::exchange::{Property, Value};

/// Objects by cmdlet, each list by identity.
pub fn build(estate: &Estate) -> BTreeMap<&'static str, Vec<ObjectFact>> {
    let mut objects: BTreeMap<&'static str, Vec<ObjectFact>> = BTreeMap::new();
    for known in &estate.objects {
        let list = objects.entry(known.cmdlet).or_default();
        list.push(object(known, estate));
    }
    for list in objects.values_mut() {
        list.sort_by(|a, b| (&a.identity, a.at.get("self")).cmp(&(&b.identity, b.at.get("self"))));
    }
    objects
}

fn object(known: &Object, estate: &Estate) -> ObjectFact {
    let server = known
        .server
        .and_then(|id| estate.servers.get(usize::try_from(id.0).ok()?));
    let mut fact = ObjectFact {
        identity: known.identity.clone(),
        server: server.map(|server| server.name.clone()),
        properties: BTreeMap::new(),
        unknown: BTreeMap::new(),
        at: BTreeMap::from([("self".to_owned(), Ref(known.record.span))]),
    };
    for property in known.record.properties.values() {
        let Property { name, value, span } = property;
        match json(value) {
            Ok(value) => {
                fact.properties.insert(name.clone(), value);
            }
            Err(why) => {
                fact.unknown.insert(name.clone(), why.to_owned());
            }
        }
        fact.at.insert(name.clone(), Ref(*span));
    }
    fact
}

/// The value as JSON, or why it cannot be used. A list with one unusable
/// element is unusable: what is cut off may be what a rule looks for.
fn json(value: &Value) -> Result<Json, &str> {
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::from(*value),
        Value::Integer(value) => Json::from(*value),
        Value::Text(text) => Json::from(text.as_str()),
        Value::List(items) => Json::Array(items.iter().map(json).collect::<Result<_, _>>()?),
        Value::Flags(names) => Json::from(names.as_slice()),
        Value::Secret(_) => return Err("the value is a secret"),
        Value::Truncated(_) => return Err("the export cut this value off"),
        Value::Unusable(why) => return Err(why),
    })
}

/// Cmdlet runs, by cmdlet and host.
pub fn runs(estate: &Estate) -> Vec<RunFact> {
    let mut runs: Vec<_> = estate
        .runs
        .iter()
        .map(|run| RunFact {
            cmdlet: run.cmdlet,
            host: run.host.clone(),
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

    #[test]
    fn a_list_with_a_cut_element_is_unknown_as_a_whole() {
        let list = Value::List(vec![
            Value::Text("10.0.0.1".to_owned()),
            Value::Truncated("10.0".to_owned()),
        ]);
        assert_eq!(json(&list), Err("the export cut this value off"));
    }

    #[test]
    fn null_and_empty_are_different() {
        assert_eq!(json(&Value::Null), Ok(Json::Null));
        assert_eq!(json(&Value::List(Vec::new())), Ok(serde_json::json!([])));
    }
}
