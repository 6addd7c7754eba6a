//! From facts to the value that rules see as `input`, without a detour over
//! JSON.

mod maker;
mod sharing;

use std::collections::BTreeMap;

use regorus::Value;
use serde::Serialize;

use super::facts::Facts;
use super::projection::Names;
use maker::{Maker, Unfit};

/// The value of the facts: the sections and properties that rules can ask for.
/// The largest sections are made side by side.
///
/// # Errors
/// When a fact has no form in Rego.
pub(super) fn of(facts: &Facts, names: &Names) -> Result<Value, Unfit> {
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
        permits,
        egress,
        client_access,
        deliveries,
        allowed_flows,
        unused_objects,
        objects,
        runs,
        contradictions,
        questions,
        lost,
        comparison,
        parameters,
        exceptions,
    } = facts;
    let (exposures, others) = rayon::join(
        || Ok(Sections::new(names).with("exposures", exposures)?.made),
        || {
            let all = Sections::new(names)
                .with("schema", schema)?
                .with("reference_date", reference_date)?
                .with("files", files)?
                .with("kinds", kinds)?
                .with("servers", servers)?
                .with("zones", zones)?
                .with("firewalls", firewalls)?
                .with("placements", placements)?
                .with("flows", flows)?
                .with("hidden_rules", hidden_rules)?
                .with("permits", permits)?
                .with("egress", egress)?
                .with("client_access", client_access)?
                .with("deliveries", deliveries)?
                .with("allowed_flows", allowed_flows)?
                .with("unused_objects", unused_objects)?
                .with("objects", &names.asked(objects))?
                .with("runs", runs)?
                .with("contradictions", contradictions)?
                .with("questions", questions)?
                .with("lost", lost)?;
            let all = match comparison {
                Some(comparison) => all.with("comparison", comparison)?,
                None => all,
            };
            // As in JSON, where they are absent when there are none.
            let all = match exceptions.is_empty() {
                true => all,
                false => all.with("exceptions", exceptions)?,
            };
            let all = match parameters.is_empty() {
                true => all,
                false => all.with("parameters", parameters)?,
            };
            Ok(all.made)
        },
    );
    let mut sections: BTreeMap<Value, Value> = others?;
    sections.extend(exposures?);
    Ok(Value::from(sections))
}

/// Sections of `input` that rules can ask for.
struct Sections<'n> {
    names: &'n Names,
    maker: Maker,
    made: BTreeMap<Value, Value>,
}

impl<'n> Sections<'n> {
    fn new(names: &'n Names) -> Self {
        Self {
            names,
            maker: Maker::default(),
            made: BTreeMap::new(),
        }
    }

    /// Adds a section, unless no rule can ask for it.
    fn with(mut self, name: &'static str, section: &impl Serialize) -> Result<Self, Unfit> {
        if self.names.may_read(name) {
            let section = section.serialize(&mut self.maker)?;
            self.made.insert(Value::from(name), section);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use regorus::Rc;
    use serde_json::json;

    use super::*;

    fn value(of: &impl Serialize) -> Result<Value, Unfit> {
        of.serialize(&mut Maker::default())
    }

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
