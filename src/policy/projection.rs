//! Which facts the rules can ask for.
//!
//! An object has some dozens of properties and the built-in rules name a few of
//! them. What no rule names that will be evaluated is left out of their
//! `input`, which would otherwise hold the whole export once more, with a
//! reference for each value.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use serde::{Serialize, Serializer};

use super::facts::{ObjectFact, Selected};
use super::host::Module;

/// The names that a set of rules can ask for.
#[derive(Debug)]
pub(super) enum Names<'p> {
    /// Rules of the user may ask for a name that they compute.
    All,
    /// The built-in rules name what they read.
    Of {
        /// The words in their texts.
        words: HashSet<&'p str>,
        /// The sections of `input`; `None` where one of them may read any.
        sections: Option<HashSet<&'p str>>,
    },
}

impl<'p> Names<'p> {
    /// The names that some rules, with the files that they import, can ask for.
    pub(super) fn of(modules: impl Iterator<Item = &'p Module>) -> Self {
        let mut words = HashSet::new();
        let mut sections = Some(HashSet::new());
        for module in modules {
            let Cow::Borrowed(text) = module.text else {
                return Self::All;
            };
            for line in statements(text) {
                words.extend(line.split(|c| !part_of_name(c)));
                sections = sections.and_then(|known| with_sections(known, line));
            }
        }
        Self::Of { words, sections }
    }

    /// Whether some rules, with the files that they import, can ask for a section
    /// of `input`: the answer of [`Names::may_read`], without the names.
    pub(super) fn any_reads(mut modules: impl Iterator<Item = &'p Module>, section: &str) -> bool {
        modules.any(|module| {
            let Cow::Borrowed(text) = module.text else {
                return true;
            };
            let reads = |line: &str| {
                let read = with_sections(HashSet::new(), line);
                read.is_none_or(|sections| sections.contains(section))
            };
            statements(text).any(reads)
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

/// The lines of a text that are no remarks.
fn statements(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.trim_start().starts_with('#'))
}

/// The sections that a line reads as `input.SECTION`, added to others; `None`
/// where it uses `input` in any other way.
fn with_sections<'p>(mut known: HashSet<&'p str>, text: &'p str) -> Option<HashSet<&'p str>> {
    const INPUT: &str = "input";
    for (at, _) in text.match_indices(INPUT) {
        let (before, from) = text.split_at(at);
        let after = from.strip_prefix(INPUT)?;
        if before.ends_with(part_of_name) || after.starts_with(part_of_name) {
            continue;
        }
        let path = after.strip_prefix('.')?;
        known.insert(path.split(|c| !part_of_name(c)).next()?);
    }
    Some(known)
}

/// Whether a name that is a whole word can hold a character; `-` is in the
/// names of cmdlets.
fn part_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
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
    use crate::policy::Policies;

    fn names(policies: &Policies) -> Names<'_> {
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
    fn a_section_is_read_whichever_way_one_asks() {
        let catalogue = exchange_2007().expect("the catalogue");
        let policies = Policies::built_in(catalogue);
        for rule in &policies.rules {
            let modules = policies.with_imports(std::iter::once(&rule.module));
            let names = Names::of(modules.iter().copied());
            for section in ["flows", "hidden_rules", "permits", "objects", "files"] {
                let reads = Names::any_reads(modules.iter().copied(), section);
                assert_eq!(reads, names.may_read(section), "{} {section}", rule.meta.id);
            }
        }
    }

    #[test]
    fn who_knows_no_server_is_not_asked_which_rules_are_hidden() {
        let catalogue = exchange_2007().expect("the catalogue");
        let mut policies = Policies::built_in(catalogue);
        let ask = |policies: &Policies, kinds: &[&str]| {
            let kinds: Vec<_> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
            policies.ask_for("hidden_rules", &kinds)
        };
        assert!(!ask(&policies, &["firewall"]));
        assert!(ask(&policies, &["firewall", "inventory"]));
        assert!(ask(&policies, &["Get-ExchangeServer", "firewall"]));
        let text = "package lib\n\nimport rego.v1\n\nx := 1\n".to_owned();
        policies.add_file("lib.rego".to_owned(), text, None, catalogue);
        assert!(ask(&policies, &["firewall"]), "rules of a user may ask");
    }

    #[test]
    fn a_rule_that_hands_the_whole_input_on_reads_every_section() {
        for text in [
            "f(input)",
            "x := input[name]",
            "object.get(input, \"flows\", [])",
        ] {
            assert_eq!(with_sections(HashSet::new(), text), None, "{text}");
        }
        let text = "some flow in input.flows # an input of the inputs";
        assert_eq!(with_sections(HashSet::new(), text), None);
        let text = "some flow in input.flows; input_of(flow)";
        let sections = with_sections(HashSet::new(), text);
        assert_eq!(sections, Some(HashSet::from(["flows"])));
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
