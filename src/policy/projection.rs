//! Which properties of Exchange objects the rules can ask for.
//!
//! An object has some dozens of properties and the built-in rules name a few of
//! them. What none of them names is left out of their `input`, which would
//! otherwise hold the whole export once more, with a reference for each value.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde::{Serialize, Serializer};

use super::facts::{ObjectFact, Selected};
use super::host::Policies;

/// The names that a set of rules can ask for.
#[derive(Debug)]
pub(super) enum Names<'p> {
    /// Rules of the user may ask for a name that they compute.
    All,
    /// The words in the text of the built-in rules, which name what they read.
    Of(HashSet<&'p str>),
}

impl Policies {
    /// The names that the rules can ask for.
    pub(super) fn names(&self) -> Names<'_> {
        let mut words = HashSet::new();
        let rules = self.rules.iter().map(|rule| &rule.module);
        for module in rules.chain(&self.libraries) {
            let Cow::Borrowed(text) = module.text else {
                return Names::All;
            };
            words.extend(text.split(|c| !part_of_name(c)));
        }
        Names::Of(words)
    }
}

/// Whether a name that is a whole word can hold a character; `-` is in the
/// names of cmdlets.
fn part_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

impl Names<'_> {
    /// Whether a rule can ask for a name. One that is no word in Rego's text
    /// may be written in parts.
    fn may_ask(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Of(words) => words.contains(name) || !name.chars().all(part_of_name),
        }
    }

    /// The objects with what the rules can ask for, ready to be made a value.
    pub(super) fn of<'a>(
        &'a self,
        objects: &'a BTreeMap<&'static str, Vec<ObjectFact>>,
    ) -> impl Serialize + 'a {
        Asked {
            names: self,
            objects,
        }
    }
}

/// Objects by cmdlet, of which only what rules can ask for is serialised.
struct Asked<'a> {
    names: &'a Names<'a>,
    objects: &'a BTreeMap<&'static str, Vec<ObjectFact>>,
}

impl Serialize for Asked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keep = |name: &str| self.names.may_ask(name);
        let asked = self.objects.iter().filter(|(cmdlet, _)| keep(cmdlet));
        serializer.collect_map(asked.map(|(cmdlet, list)| (*cmdlet, Listed(list, keep))))
    }
}

/// The objects of a cmdlet.
struct Listed<'a, K>(&'a [ObjectFact], K);

impl<K: Fn(&str) -> bool + Copy> Serialize for Listed<'_, K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let keep = self.1;
        serializer.collect_seq(self.0.iter().map(|object| Selected { object, keep }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::path::exchange_2007;

    #[test]
    fn built_in_rules_get_what_their_texts_name() {
        let catalogue = exchange_2007().expect("the catalogue");
        let policies = Policies::built_in(catalogue);
        let names = policies.names();
        for name in ["AuthMechanism", "NotAfter", "Get-ReceiveConnector", "a.b"] {
            assert!(names.may_ask(name), "{name}");
        }
        for name in ["ExchangeLegacyDN", "Mechanism", "Get-Nothing"] {
            assert!(!names.may_ask(name), "{name}");
        }
    }

    #[test]
    fn rules_of_a_user_get_everything() {
        let catalogue = exchange_2007().expect("the catalogue");
        let mut policies = Policies::built_in(catalogue);
        let text = "package lib\n\nimport rego.v1\n\nx := 1\n".to_owned();
        policies.add_file("lib.rego".to_owned(), text, None, catalogue);
        assert!(policies.names().may_ask("ExchangeLegacyDN"));
    }
}
