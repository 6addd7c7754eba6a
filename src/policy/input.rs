//! From facts to the value that rules see as `input`, without a detour over
//! JSON.

mod maker;
mod sharing;

use std::collections::BTreeMap;

use regorus::Value;
use serde::Serialize;

use super::facts::Facts;
use super::projection::Names;
pub(super) use maker::Unfit;
use maker::{Maker, value};

/// The value of the facts, with the properties that rules can ask for; the
/// largest sections are made side by side.
///
/// # Errors
/// When a fact has no form in Rego.
pub(super) fn of(facts: &Facts, names: &Names<'_>) -> Result<Value, Unfit> {
    let Facts {
        schema,
        reference_date,
        files,
        kinds,
        servers,
        zones,
        firewalls,
        placements,
        flows,
        exposures,
        hidden_rules,
        objects,
        runs,
        contradictions,
        questions,
    } = facts;
    let (exposures, others) = rayon::join(
        || value(exposures),
        || {
            let mut maker = Maker::default();
            Ok(BTreeMap::from([
                ("schema", schema.serialize(&mut maker)?),
                ("reference_date", reference_date.serialize(&mut maker)?),
                ("files", files.serialize(&mut maker)?),
                ("kinds", kinds.serialize(&mut maker)?),
                ("servers", servers.serialize(&mut maker)?),
                ("zones", zones.serialize(&mut maker)?),
                ("firewalls", firewalls.serialize(&mut maker)?),
                ("placements", placements.serialize(&mut maker)?),
                ("flows", flows.serialize(&mut maker)?),
                ("hidden_rules", hidden_rules.serialize(&mut maker)?),
                ("objects", names.of(objects).serialize(&mut maker)?),
                ("runs", runs.serialize(&mut maker)?),
                ("contradictions", contradictions.serialize(&mut maker)?),
                ("questions", questions.serialize(&mut maker)?),
            ]))
        },
    );
    let mut sections = others?;
    sections.insert("exposures", exposures?);
    let named = sections
        .into_iter()
        .map(|(name, section)| (Value::from(name), section));
    Ok(Value::from(named.collect::<BTreeMap<_, _>>()))
}

#[cfg(test)]
mod tests {
    use regorus::Rc;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_what_its_json_would_be() {
        let json = json!({
            "text": "x", "none": null, "yes": true, "list": [1, -2, 3.5, "x", []],
            "big": u64::MAX, "small": i64::MIN, "nested": {"b": {"a": 1}, "": "x"},
        });
        assert_eq!(value(&json), Ok(Value::from(json)));
    }

    #[test]
    fn facts_are_what_their_json_would_be() {
        let facts = Facts {
            schema: "exlint/facts/1",
            files: vec!["a".to_owned()],
            kinds: vec!["firewall".to_owned()],
            ..Facts::default()
        };
        let json = serde_json::to_value(&facts).expect("facts are JSON");
        assert_eq!(of(&facts, &Names::All), Ok(Value::from(json)));
    }

    #[test]
    fn equal_strings_share_their_memory() {
        let made = value(&["x", "y", "x"]).expect("strings");
        let texts = made.as_array().expect("array").as_slice();
        let text = |index: usize| texts[index].as_string().expect("string");
        assert!(Rc::ptr_eq(text(0), text(2)));
        assert!(!Rc::ptr_eq(text(0), text(1)));
    }

    #[test]
    fn what_json_cannot_show_is_an_error() {
        assert!(value(&BTreeMap::from([(1, 2)])).is_err());
    }
}
