//! `rules --format json`: `exlint/rules/1`.

use serde::Serialize;

use crate::model::path::Localised;
use crate::policy::{Policies, RuleMeta, RuleParameter};

/// The whole object.
#[derive(Debug, Serialize)]
pub struct RulesJson<'a> {
    schema: &'static str,
    rules: Vec<JsonRule<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonRule<'a> {
    id: &'a str,
    name: &'a str,
    area: &'a str,
    severity: &'static str,
    paths: &'a [String],
    statements: &'a [String],
    needs: Vec<Need<'a>>,
    versions: &'a [String],
    supersedes: &'a [String],
    suppressible: bool,
    parameters: Vec<JsonParameter<'a>>,
    title: &'a Localised,
    references: &'a [String],
}

/// A value of a rule that the user may change.
#[derive(Debug, Serialize)]
struct JsonParameter<'a> {
    name: &'a str,
    default: &'a serde_json::Value,
    text: &'a Localised,
}

/// A kind of input, or several of which one suffices.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Need<'a> {
    /// A kind.
    Kind(&'a str),
    /// Alternatives.
    AnyOf(&'a [String]),
}

/// The needs of a rule.
#[must_use]
pub fn needs(rule: &RuleMeta) -> Vec<Need<'_>> {
    rule.needs
        .iter()
        .map(|kinds| match kinds.as_slice() {
            [kind] => Need::Kind(kind),
            kinds => Need::AnyOf(kinds),
        })
        .collect()
}

impl<'a> RulesJson<'a> {
    /// Collects the object.
    #[must_use]
    pub fn new(policies: &'a Policies) -> Self {
        Self {
            schema: "exlint/rules/1",
            rules: policies
                .rules()
                .iter()
                .map(|rule| JsonRule {
                    id: &rule.meta.id,
                    name: &rule.meta.name,
                    area: &rule.meta.area,
                    severity: rule.meta.severity.as_str(),
                    paths: &rule.meta.paths,
                    statements: &rule.meta.statements,
                    needs: needs(&rule.meta),
                    versions: &rule.meta.versions,
                    supersedes: &rule.meta.supersedes,
                    suppressible: rule.meta.suppressible,
                    parameters: rule.meta.parameters.iter().map(parameter).collect(),
                    title: &rule.meta.title,
                    references: &rule.meta.references,
                })
                .collect(),
        }
    }
}

fn parameter(known: &RuleParameter) -> JsonParameter<'_> {
    JsonParameter {
        name: &known.name,
        default: &known.default,
        text: &known.text,
    }
}
