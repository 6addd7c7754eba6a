//! Which facts the rules can ask for.
//!
//! An object has some dozens of properties and the built-in rules name a few of
//! them. What no rule names that will be evaluated is left out of their
//! `input`, which would otherwise hold the whole export once more, with a
//! reference for each value.

use std::collections::{BTreeMap, HashSet};

use foldhash::fast::FixedState;
use serde::{Serialize, Serializer};

use super::facts::{ObjectFact, Selected};
use super::host::Module;
use super::words::part_of_name;

/// The names that a set of rules can ask for.
#[derive(Debug)]
pub(super) enum Names {
    /// Rules of the user may ask for a name that they compute.
    All,
    /// The built-in rules name what they read.
    Of {
        /// The words in their texts.
        words: HashSet<&'static str, FixedState>,
        /// The sections of `input`; `None` where one of them may read any.
        sections: Option<HashSet<&'static str, FixedState>>,
    },
}

impl Names {
    /// The names that some rules, with the files that they import, can ask for.
    pub(super) fn of<'p>(modules: impl Iterator<Item = &'p Module>) -> Self {
        let mut words = HashSet::default();
        let mut sections = Some(HashSet::default());
        for module in modules {
            let Some(rego) = module.built_in else {
                return Self::All;
            };
            words.extend(rego.words.split(' '));
            let read = rego.sections.map(|sections| sections.split(' '));
            sections = sections.zip(read).map(|(mut known, read)| {
                known.extend(read);
                known
            });
        }
        Self::Of { words, sections }
    }

    /// Whether some rules, with the files that they import, can ask for a section
    /// of `input`: the answer of [`Names::may_read`], without the names.
    pub(super) fn any_reads<'p>(
        mut modules: impl Iterator<Item = &'p Module>,
        section: &str,
    ) -> bool {
        modules.any(|module| {
            let sections = module.built_in.and_then(|rego| rego.sections);
            sections.is_none_or(|sections| sections.split(' ').any(|read| read == section))
        })
    }

    /// Whether a rule can ask for a section of `input`.
    pub(super) fn may_read(&self, section: &str) -> bool {
        match self {
            Self::All | Self::Of { sections: None, .. } => true,
            Self::Of {
                sections: Some(sections),
                ..
            } => sections.contains(section),
        }
    }

    /// Whether a rule can ask for a name. One that is no word in Rego's text
    /// may be written in parts.
    fn may_ask(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Of { words, .. } => words.contains(name) || !name.chars().all(part_of_name),
        }
    }

    /// The objects with what the rules can ask for, ready to be made a value.
    pub(super) fn asked<'a>(
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
    names: &'a Names,
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
    use crate::policy::Policies;
    use crate::policy::words::{is_comment, sections, words};
    use std::collections::BTreeSet;

    fn names(policies: &Policies) -> Names {
        let rules = policies.rules.iter().map(|rule| &rule.module);
        Names::of(policies.with_imports(rules).into_iter())
    }

    #[test]
    fn built_in_rules_get_what_their_texts_name() {
        let catalogue = exchange_2007().expect("the catalogue");
        let policies = Policies::built_in(catalogue);
        let names = names(&policies);
        for name in ["AuthMechanism", "NotAfter", "Get-ReceiveConnector", "a.b"] {
            assert!(names.may_ask(name), "{name}");
        }
        for name in ["ExchangeLegacyDN", "Mechanism", "Get-Nothing"] {
            assert!(!names.may_ask(name), "{name}");
        }
        assert!(names.may_read("flows"));
        assert!(!names.may_read("files"));
    }

    #[test]
    fn rules_that_are_not_evaluated_ask_for_nothing() {
        let catalogue = exchange_2007().expect("the catalogue");
        let mut policies = Policies::built_in(catalogue);
        policies.retain(|rule| rule.id == "RC001");
        assert!(names(&policies).may_read("objects"));
        assert!(!names(&policies).may_read("exposures"));
    }

    #[test]
    fn what_the_build_lists_of_a_file_is_in_it_and_nothing_else() {
        let catalogue = exchange_2007().expect("the catalogue");
        let policies = Policies::built_in(catalogue);
        let rules = policies.rules.iter().map(|rule| &rule.module);
        for module in rules.chain(&policies.libraries) {
            let source = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), module.file);
            let source = std::fs::read_to_string(source).expect(&module.file);
            let rego = module.built_in.expect(&module.file);
            let of_source: BTreeSet<_> = words(&source).collect();
            assert!(of_source.contains("package"), "{}", module.file);
            assert_eq!(of_source, rego.words.split(' ').collect());
            let read = sections(&source).map(BTreeSet::from_iter);
            let listed = rego
                .sections
                .map(|all| all.split(' ').filter(|s| !s.is_empty()).collect());
            assert_eq!(read, listed, "{}", module.file);
            // Only comments are gone, and every line has its number.
            assert_eq!(source.lines().count(), rego.text.lines().count());
            for (of_source, kept) in source.lines().zip(rego.text.lines()) {
                let expected = if is_comment(of_source) { "" } else { of_source };
                assert_eq!(kept, expected, "{}", module.file);
            }
        }
    }

    #[test]
    fn a_rule_that_hands_the_whole_input_on_reads_every_section() {
        for text in [
            "f(input)",
            "x := input[name]",
            "object.get(input, \"flows\", [])",
        ] {
            assert_eq!(sections(text), None, "{text}");
        }
        let text = "some flow in input.flows # an input of the inputs";
        assert_eq!(sections(text), None);
        let text = "some flow in input.flows; input_of(flow)";
        assert_eq!(sections(text), Some(vec!["flows"]));
    }

    #[test]
    fn rules_of_a_user_get_everything() {
        let catalogue = exchange_2007().expect("the catalogue");
        let mut policies = Policies::built_in(catalogue);
        let text = "package lib\n\nimport rego.v1\n\nx := 1\n".to_owned();
        policies.add_file("lib.rego".to_owned(), text, None, catalogue);
        assert!(names(&policies).may_ask("ExchangeLegacyDN"));
        assert!(names(&policies).may_read("files"));
    }
}
