//! The `# METADATA` block of a rule: who it is, what it needs, what it says.
//!
//! regorus has no `rego.metadata.*`, so the block is read and checked here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::block::block;
use super::error::PolicyError;
use super::facts::COMPARISON;
use super::template;
use crate::formats::inventory::Parameter;
use crate::model::path::{Catalogue, Localised};
use crate::model::severity::Severity;

/// A rule as its METADATA describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleMeta {
    /// Id: two capital letters and three digits (`FU005`).
    pub id: String,
    /// Name: words in lower case joined by hyphens.
    pub name: String,
    /// Folder above the rule's own (`firewall`), `user` for a user's rule.
    pub area: String,
    /// The highest severity that its findings have.
    pub severity: Severity,
    /// Title.
    pub title: Localised,
    /// Data paths of the catalogue that it concerns.
    pub paths: Arc<[String]>,
    /// Statements of the source that it rests on (`S57`).
    pub statements: Vec<String>,
    /// Kinds of input without which it is not evaluated; of the kinds in one
    /// entry any suffices.
    pub needs: Vec<Vec<String>>,
    /// Exchange versions (`8.1`) that it is for; empty for all.
    pub versions: Vec<String>,
    /// Ids of rules whose findings on the same flow or thing its own replace.
    pub supersedes: Vec<String>,
    /// Whether exceptions may hide its findings.
    pub suppressible: bool,
    /// Values that the user may change.
    pub parameters: Vec<RuleParameter>,
    /// What a finding says, as templates.
    pub texts: Texts,
    /// Other texts for findings that name a `variant`.
    pub variants: BTreeMap<String, Texts>,
    /// What an undecided case says; `None` for the general text.
    pub undecided: Option<Localised>,
    /// When the rule applies, for a rule with `applies`.
    pub applies: Option<Localised>,
    /// Texts of evidence labels, by key.
    pub labels: BTreeMap<String, Localised>,
    /// Where to read more.
    pub references: Vec<String>,
}

/// A value of a rule that the user may change: Rego reads it as
/// `input.parameters.RULE.NAME` and has its default.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleParameter {
    /// Name: words in lower case joined by underscores.
    pub name: String,
    /// The value that the rule has by itself.
    pub default: Value,
    /// What it is, with its unit.
    pub text: Localised,
}

impl RuleParameter {
    /// Whether a value has the form of the default; a number is not negative.
    #[must_use]
    pub fn takes(&self, value: &Parameter) -> bool {
        match value {
            Parameter::Number(number) => self.default.is_u64() && *number >= 0,
            Parameter::Text(_) => self.default.is_string(),
            Parameter::Flag(_) => self.default.is_boolean(),
            Parameter::Texts(_) => self.default.is_array(),
        }
    }

    /// The form in words.
    #[must_use]
    pub fn form(&self) -> &'static str {
        match &self.default {
            Value::Number(_) => "a whole number",
            Value::Bool(_) => "true or false",
            Value::Array(_) => "a list of texts",
            _ => "a text",
        }
    }
}

/// A parameter as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changeable {
    default: Value,
    text: Localised,
}

impl RuleMeta {
    /// Whether it judges a change, and says nothing of one estate alone.
    #[must_use]
    pub fn judges_change(&self) -> bool {
        let mut needs = self.needs.iter();
        needs.any(|any_of| *any_of == [COMPARISON])
    }

    /// What it needs and these kinds of input are not; each any of several.
    pub(super) fn missing(&self, there: &[String]) -> impl Iterator<Item = &Vec<String>> {
        let needs = self.needs.iter();
        needs.filter(move |any_of| !any_of.iter().any(|kind| there.contains(kind)))
    }
}

/// Templates of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// What was found.
    pub message: Localised,
    /// What to do.
    pub fix: Localised,
}

/// Holes that need no key in `args`: fields of the finding itself.
pub const FIELD_HOLES: [&str; 4] = ["subject", "expected", "actual", "weak"];

/// The block as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Annotation {
    title: String,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    #[serde(default, rename = "scope")]
    _scope: Option<String>,
    #[serde(default)]
    related_resources: Vec<Resource>,
    custom: Custom,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Resource {
    Address(String),
    Described {
        #[serde(rename = "ref")]
        address: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Custom {
    id: String,
    name: String,
    severity: Severity,
    #[serde(default)]
    paths: Vec<String>,
    #[serde(default)]
    statements: Vec<String>,
    #[serde(default)]
    needs: Vec<Need>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    supersedes: Vec<String>,
    #[serde(default = "suppressible")]
    suppressible: bool,
    #[serde(default)]
    parameters: BTreeMap<String, Changeable>,
    #[serde(rename = "title.ja")]
    title_ja: String,
    message: Localised,
    fix: Localised,
    #[serde(default)]
    variants: BTreeMap<String, Texts>,
    #[serde(default)]
    undecided: Option<Localised>,
    #[serde(default)]
    applies: Option<Localised>,
    #[serde(default)]
    labels: BTreeMap<String, Localised>,
    #[serde(default)]
    references: Vec<String>,
}

/// Exceptions may hide what a rule finds, unless it says otherwise.
fn suppressible() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Need {
    One(String),
    AnyOf(Vec<String>),
}

/// Reads and checks the METADATA of a rule file. `libraries` holds the texts
/// that the rule may import: they may fill holes of its templates.
///
/// # Errors
/// When the block is absent, is not YAML of this shape, or names something
/// that does not exist.
pub fn read(
    file: &str,
    area: &str,
    rego: &str,
    libraries: &[&str],
    catalogue: &Catalogue,
) -> Result<RuleMeta, PolicyError> {
    let (line, yaml) = block(rego).ok_or_else(|| {
        PolicyError::new(file, "the rule has no `# METADATA` block")
            .hint("put the block right above the package line; `exlint new rule` writes one")
    })?;
    let annotation: Annotation = serde_norway::from_str(&yaml).map_err(|error| {
        let at = error.location();
        let row = at.as_ref().map_or(1, |at| at.line().max(1));
        let column = at.as_ref().map_or(1, |at| at.column());
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        PolicyError::new(file, format!("METADATA: {error}")).at(
            clamp(line.saturating_add(row)),
            clamp(column.saturating_add(2)),
            rego,
        )
    })?;
    let meta = RuleMeta::of(annotation, area);
    let texts = Rego {
        rule: rego,
        libraries,
    };
    check(&meta, texts, catalogue).map_err(|(key, what)| {
        let error = PolicyError::new(file, format!("METADATA: {what}"));
        match find(rego, line, &key) {
            Some((row, column)) => error.at(row, column, rego),
            None => error,
        }
    })?;
    Ok(meta)
}

/// The METADATA of the built-in rules by folder, which tests check as
/// [`read`] does those of a user.
///
/// # Errors
/// When the JSON is not of this shape.
pub fn built_in() -> Result<BTreeMap<&'static str, Annotation>, serde_json::Error> {
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/metadata.json")))
}

impl RuleMeta {
    /// A rule as its block describes it.
    pub fn of(annotation: Annotation, area: &str) -> Self {
        let custom = annotation.custom;
        let mut references = custom.references;
        references.extend(annotation.related_resources.into_iter().map(|r| match r {
            Resource::Address(address) | Resource::Described { address } => address,
        }));
        Self {
            id: custom.id,
            name: custom.name,
            area: area.to_owned(),
            severity: custom.severity,
            title: Localised {
                en: annotation.title,
                ja: custom.title_ja,
            },
            paths: custom.paths.into(),
            statements: custom.statements,
            needs: custom
                .needs
                .into_iter()
                .map(|need| match need {
                    Need::One(kind) => vec![kind],
                    Need::AnyOf(kinds) => kinds,
                })
                .collect(),
            versions: custom.versions,
            supersedes: custom.supersedes,
            suppressible: custom.suppressible,
            parameters: custom
                .parameters
                .into_iter()
                .map(|(name, known)| RuleParameter {
                    name,
                    default: known.default,
                    text: known.text,
                })
                .collect(),
            texts: Texts {
                message: custom.message,
                fix: custom.fix,
            },
            variants: custom.variants,
            undecided: custom.undecided,
            applies: custom.applies,
            labels: custom.labels,
            references,
        }
    }
}

/// Where a word stands after the block's first line.
fn find(rego: &str, line: usize, word: &str) -> Option<(u32, u32)> {
    let (row, text) = rego
        .lines()
        .enumerate()
        .skip(line)
        .find(|(_, text)| text.contains(word))?;
    let before = text.get(..text.find(word)?)?;
    Some((
        u32::try_from(row.saturating_add(1)).ok()?,
        u32::try_from(before.chars().count().saturating_add(1)).ok()?,
    ))
}

/// What is wrong with a block: the word to point at, and a sentence.
type Wrong = (String, String);

/// The Rego text of a rule and of what it imports.
#[derive(Clone, Copy)]
struct Rego<'a> {
    rule: &'a str,
    libraries: &'a [&'a str],
}

impl Rego<'_> {
    /// Whether the text has a string.
    fn has(self, text: &str) -> bool {
        let quoted = format!("\"{text}\"");
        std::iter::once(&self.rule)
            .chain(self.libraries)
            .any(|rego| rego.contains(&quoted))
    }
}

/// Checks what the types do not.
fn check(meta: &RuleMeta, rego: Rego<'_>, catalogue: &Catalogue) -> Result<(), Wrong> {
    let wrong = |word: &str, what: String| Err((word.to_owned(), what));
    if !is_id(&meta.id) {
        let what = format!(
            "id `{}` is not two capital letters and three digits",
            meta.id
        );
        return wrong(&meta.id, what);
    }
    if !is_name(&meta.name) {
        let what = format!("name `{}` is not lower-case words with hyphens", meta.name);
        return wrong(&meta.name, what);
    }
    for path in meta.paths.iter() {
        if catalogue.get(path).is_none() {
            let what = format!(
                "path `{path}` is not in the catalogue{}",
                near(path, catalogue)
            );
            return wrong(path, what);
        }
    }
    for statement in &meta.statements {
        if !is_statement(statement) {
            let what = format!("statement `{statement}` is not one of S01 to S64");
            return wrong(statement, what);
        }
    }
    for kind in meta.needs.iter().flatten() {
        if !is_kind(kind) {
            let what = format!(
                "`{kind}` is not a kind of input (`firewall`, `inventory`, `comparison`, or a cmdlet)"
            );
            return wrong(kind, what);
        }
    }
    if meta.needs.iter().any(Vec::is_empty) {
        return wrong("needs", "an entry of `needs` has no kind".to_owned());
    }
    for version in &meta.versions {
        if super::versions::parse(version).is_none() {
            let what = format!("version `{version}` is not MAJOR or MAJOR.MINOR");
            return wrong(version, what);
        }
    }
    for id in &meta.supersedes {
        if !is_id(id) || *id == meta.id {
            let what = format!("`supersedes` names `{id}`, which is not the id of another rule");
            return wrong(id, what);
        }
    }
    let all = std::iter::once(("message", &meta.texts)).chain(
        meta.variants
            .iter()
            .map(|(name, texts)| (name.as_str(), texts)),
    );
    for (key, texts) in all {
        for text in [
            &texts.message.en,
            &texts.message.ja,
            &texts.fix.en,
            &texts.fix.ja,
        ] {
            check_text(key, text, rego)?;
        }
    }
    if let Some(text) = &meta.undecided {
        check_text("undecided", &text.en, rego)?;
        check_text("undecided", &text.ja, rego)?;
    }
    for variant in meta.variants.keys() {
        if !rego.has(variant) {
            let what = format!("no finding has the variant `{variant}`");
            return wrong(variant, what);
        }
    }
    Ok(())
}

/// Checks that a template is well formed and that the rule speaks of its holes.
fn check_text(key: &str, text: &str, rego: Rego<'_>) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        return Err((key.to_owned(), format!("`{key}` is empty")));
    }
    let holes = template::holes(text).map_err(|what| (key.to_owned(), what))?;
    for hole in holes {
        let known = FIELD_HOLES.contains(&hole) || rego.has(hole);
        if !known {
            let what = format!("no finding has the key `{hole}` in its args");
            return Err((format!("{{{hole}}}"), what));
        }
    }
    Ok(())
}

/// " (did you mean …?)" for a path id that does not exist.
fn near(path: &str, catalogue: &Catalogue) -> String {
    catalogue
        .paths
        .iter()
        .map(|known| (strsim::damerau_levenshtein(path, &known.id.0), &known.id))
        .min()
        .filter(|(distance, _)| *distance <= 4)
        .map_or_else(String::new, |(_, id)| format!(" (did you mean `{id}`?)"))
}

/// Whether a text is the id of a rule: two capital letters and three digits.
#[must_use]
pub fn is_id(id: &str) -> bool {
    let (letters, digits) = id.split_at_checked(2).unwrap_or_default();
    letters.len() == 2
        && letters.bytes().all(|b| b.is_ascii_uppercase())
        && digits.len() == 3
        && digits.bytes().all(|b| b.is_ascii_digit())
}

fn is_name(name: &str) -> bool {
    name.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

/// Statements of the source are numbered S01 to S64.
fn is_statement(statement: &str) -> bool {
    statement
        .strip_prefix('S')
        .filter(|digits| digits.len() == 2)
        .and_then(|digits| digits.parse::<u8>().ok())
        .is_some_and(|number| (1..=64).contains(&number))
}

/// A kind of input: `firewall`, `inventory`, or a cmdlet.
#[must_use]
pub fn is_kind(kind: &str) -> bool {
    let cmdlet = |kind: &str| {
        kind.strip_prefix("Get-")
            .is_some_and(|noun| !noun.is_empty() && noun.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    matches!(kind, "firewall" | "inventory" | "comparison") || cmdlet(kind)
}

#[cfg(test)]
mod tests {
    use super::super::registry::{LIBRARIES, RULES};
    use super::*;

    const RULE: &str = "\
# METADATA
# title: Port exposed
# custom:
#   id: ZZ001
#   name: port-exposed
#   severity: error
#   paths: [hub-to-edge-smtp]
#   statements: [S04]
#   needs: [firewall, [Get-ExchangeServer, inventory]]
#   title.ja: ポートが開いている
#   message:
#     en: \"{host} is open\"
#     ja: \"{host} が開いている\"
#   fix:
#     en: Close it.
#     ja: 閉じる。
package exlint.rules.port_exposed

import rego.v1

findings contains {\"at\": [], \"args\": {\"host\": \"x\"}, \"subject\": \"x\"} if true
";

    fn read_rule(rego: &str) -> Result<RuleMeta, PolicyError> {
        let catalogue = crate::model::path::exchange_2007().expect("the embedded catalogue");
        read("zz.rego", "test", rego, &[], catalogue)
    }

    #[test]
    fn what_the_build_stores_of_the_built_in_rules_passes_every_check() {
        let catalogue = crate::model::path::exchange_2007().expect("the embedded catalogue");
        let source = |name: &str| {
            let file = format!("{}/policies/{name}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(&file).expect(name)
        };
        let library = |name: &str| source(&format!("lib/{name}"));
        let libraries: Vec<_> = LIBRARIES.iter().map(|file| library(file.name)).collect();
        let libraries: Vec<_> = libraries.iter().map(String::as_str).collect();
        let mut stored = built_in().expect("of this shape");
        for rule in RULES {
            let area = rule.folder.split('/').next().expect("a folder");
            let rego = source(&format!("{}/rule.rego", rule.folder));
            let read = read(rule.folder, area, &rego, &libraries, catalogue);
            let block = stored.remove(rule.folder).expect(rule.folder);
            assert_eq!(RuleMeta::of(block, area), read.expect(rule.folder));
        }
        assert_eq!(
            stored.into_keys().collect::<Vec<_>>(),
            [""; 0],
            "no line in the registry"
        );
    }

    #[test]
    fn a_complete_block_is_read() {
        let meta = read_rule(RULE).expect("valid");
        assert_eq!(
            (meta.id.as_str(), meta.severity),
            ("ZZ001", Severity::Error)
        );
        assert_eq!(
            meta.needs,
            [
                vec!["firewall".to_owned()],
                vec!["Get-ExchangeServer".to_owned(), "inventory".to_owned()]
            ]
        );
        assert_eq!(meta.title.ja, "ポートが開いている");
    }

    #[test]
    fn whatever_does_not_exist_is_an_error_at_its_line() {
        for (from, to, line) in [
            ("ZZ001", "zz1", 4),
            ("name: port-exposed", "name: Port_Exposed", 5),
            ("hub-to-edge-smtp", "hub-to-egde-smtp", 7),
            ("S04", "S65", 8),
            ("[firewall, ", "[firewal, ", 9),
            ("{host} is", "{hots} is", 12),
            ("severity: error", "severity: fatal", 6),
            (
                "paths: [hub",
                "supersedes: [port-closed]\n#   paths: [hub",
                7,
            ),
        ] {
            let error = read_rule(&RULE.replace(from, to)).expect_err(to);
            assert_eq!(error.place.map(|at| at.0), Some(line), "{to}: {error}");
        }
    }

    #[test]
    fn a_misspelt_path_is_answered_with_the_nearest_one() {
        let error = read_rule(&RULE.replace("hub-to-edge-smtp", "hub-to-egde-smtp"));
        let message = error.expect_err("unknown path").message;
        assert!(
            message.contains("did you mean `hub-to-edge-smtp`?"),
            "{message}"
        );
    }

    #[test]
    fn a_missing_translation_is_an_error() {
        assert!(read_rule(&RULE.replace("#     ja: 閉じる。\n", "")).is_err());
    }

    #[test]
    fn a_rule_without_metadata_is_an_error() {
        assert!(read_rule("package exlint.rules.x\n").is_err());
    }
}
