//! From the values that a rule yields to findings and undecided cases.
//!
//! A value that does not keep the contract is an error of the rule: a finding
//! is never dropped in silence.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use regorus::Rc;
use serde_json::Value;

use super::facts::Ref;
use super::metadata::{FIELD_HOLES, RuleMeta};
use super::result::{FlowKey, RawFinding, RawUndecided};
use super::template::{self, Args};
use crate::model::path::Localised;
use crate::model::severity::{Confidence, Severity};
use crate::source::{FileId, Span};

/// Labels that every rule may use.
const LABELS: &str = include_str!("labels.tsv");

/// Keys that a finding may have.
const FINDING_KEYS: [&str; 15] = [
    "at",
    "args",
    "subject",
    "severity",
    "expected",
    "actual",
    "witness",
    "confidence",
    "weak",
    "labels",
    "variant",
    "fix",
    "paths",
    "flows",
    "extent",
];

/// Keys that an undecided case may have.
const UNDECIDED_KEYS: [&str; 6] = ["at", "why", "needs", "args", "subject", "flows"];

/// Reads the value of `findings`.
///
/// # Errors
/// When it is not a set of findings; the text says why.
pub fn findings(
    rule: &Arc<RuleMeta>,
    value: regorus::Value,
    files: usize,
) -> Result<Vec<RawFinding>, String> {
    let mut findings = items(value, "findings", |item| {
        finding(rule, item, files).map_err(|what| format!("a finding: {what}"))
    })?;
    findings.sort_by(|a, b| (&a.at, &a.subject).cmp(&(&b.at, &b.subject)));
    Ok(findings)
}

/// Reads the value of `undecided`.
///
/// # Errors
/// When it is not a set of undecided cases; the text says why.
pub fn undecided(
    rule: &Arc<RuleMeta>,
    value: regorus::Value,
    files: usize,
) -> Result<Vec<RawUndecided>, String> {
    let mut cases = items(value, "undecided", |item| {
        case(rule, item, files).map_err(|what| format!("an undecided case: {what}"))
    })?;
    cases.sort_by(|a, b| (&a.at, &a.subject, &a.needs).cmp(&(&b.at, &b.subject, &b.needs)));
    Ok(cases)
}

/// Reads the elements of a set, or of an array that stands for one. Each is
/// JSON only while it is read, and gone afterwards: all of them would take
/// several times the memory of what is made of them.
fn items<T>(
    value: regorus::Value,
    what: &str,
    read: impl Fn(serde_json::Map<String, Value>) -> Result<T, String>,
) -> Result<Vec<T>, String> {
    let one = |item: regorus::Value| match serde_json::to_value(&item) {
        Ok(Value::Object(map)) => read(map),
        Ok(other) => Err(format!("`{what}` has {other}, which is not an object")),
        Err(error) => Err(error.to_string()),
    };
    match value {
        regorus::Value::Set(items) => {
            let items = Rc::try_unwrap(items).unwrap_or_else(|items| (*items).clone());
            items.into_iter().map(one).collect()
        }
        regorus::Value::Array(items) => items.iter().cloned().map(one).collect(),
        _ => Err(format!("`{what}` is not a set")),
    }
}

fn finding(
    rule: &Arc<RuleMeta>,
    mut map: serde_json::Map<String, Value>,
    files: usize,
) -> Result<RawFinding, String> {
    only(&map, &FINDING_KEYS)?;
    let at = spans(map.remove("at"), files)?;
    if at.is_empty() {
        return Err("`at` is empty, but a finding needs evidence".to_owned());
    }
    let labels = labels(rule, map.remove("labels"), at.len())?;
    let (at, labels) = without_repeats(at, labels);
    let severity = match text(&mut map, "severity")? {
        None => rule.severity,
        Some(word) => {
            let severity = Severity::from_word(&word)
                .ok_or_else(|| format!("severity `{word}` is not error, warning or note"))?;
            if severity > rule.severity {
                return Err(format!(
                    "severity `{word}` is above the rule's own, `{}`",
                    rule.severity
                ));
            }
            severity
        }
    };
    let confidence = match text(&mut map, "confidence")? {
        None => Confidence::Certain,
        Some(word) => Confidence::from_word(&word)
            .ok_or_else(|| format!("confidence `{word}` is not certain or derived"))?,
    };
    let weak = text(&mut map, "weak")?.filter(|weak| !weak.is_empty());
    let subject = text(&mut map, "subject")?.ok_or("`subject` is missing")?;
    let variant = text(&mut map, "variant")?;
    let fix = map.remove("fix").map(|fix| label(rule, fix, "fix"));
    let fix = fix.transpose()?;
    let flows = flows(map.remove("flows"))?;
    let extent = match map.remove("extent") {
        None => Vec::new(),
        Some(value) => strings(value).ok_or("`extent` is not an array of strings")?,
    };
    let texts = match &variant {
        None => &rule.texts,
        Some(name) => rule
            .variants
            .get(name)
            .ok_or_else(|| format!("METADATA has no variant `{name}`"))?,
    };
    let expected = map.remove("expected");
    let actual = map.remove("actual");
    let paths = match map.remove("paths") {
        None => Arc::clone(&rule.paths),
        Some(value) => strings(value)
            .ok_or("`paths` is not an array of strings")?
            .into(),
    };
    if let Some(path) = paths.iter().find(|path| !rule.paths.contains(path)) {
        return Err(format!("METADATA does not name the path `{path}`"));
    }
    let mut args = worded(rule, args(map.remove("args"))?)?;
    let fields = [
        Some(Value::from(subject.as_str())),
        expected.clone(),
        actual.clone(),
        weak.clone().map(Value::from),
    ];
    for (hole, value) in FIELD_HOLES.iter().zip(fields) {
        if let Some(value) = value {
            args.entry(*hole).or_insert(value);
        }
    }
    for template in [
        &texts.message.en,
        &texts.message.ja,
        &texts.fix.en,
        &texts.fix.ja,
    ] {
        template::render(template, &args, false)?;
    }
    Ok(RawFinding {
        paths,
        rule: Arc::clone(rule),
        severity: match confidence {
            Confidence::Certain => severity,
            Confidence::Derived => severity.lowered(),
        },
        confidence,
        weak,
        at,
        labels,
        args,
        subject,
        expected,
        actual,
        witness: map.remove("witness"),
        variant,
        fix,
        flows,
        extent,
        allowed: None,
    })
}

fn case(
    rule: &Arc<RuleMeta>,
    mut map: serde_json::Map<String, Value>,
    files: usize,
) -> Result<RawUndecided, String> {
    only(&map, &UNDECIDED_KEYS)?;
    let at = match map.remove("at") {
        None => Vec::new(),
        at => spans(at, files)?,
    };
    let needs = match map.remove("needs") {
        Some(Value::String(text)) => vec![text],
        Some(value) => strings(value).ok_or("`needs` is not an array of strings")?,
        None => Vec::new(),
    };
    if needs.is_empty() || needs.iter().any(|step| step.trim().is_empty()) {
        return Err("`needs` does not say what would settle it".to_owned());
    }
    let why = match map.remove("why") {
        None => Vec::new(),
        Some(Value::Array(items)) => items
            .into_iter()
            .map(|item| label(rule, item, "why"))
            .collect::<Result<Vec<_>, String>>()?,
        Some(_) => return Err("`why` is not an array".to_owned()),
    };
    let subject = text(&mut map, "subject")?.unwrap_or_default();
    let flows = flows(map.remove("flows"))?;
    let mut args = worded(rule, args(map.remove("args"))?)?;
    args.entry("subject")
        .or_insert_with(|| Value::from(subject.as_str()));
    if let Some(template) = &rule.undecided {
        template::render(&template.en, &args, false)?;
        template::render(&template.ja, &args, true)?;
    }
    Ok(RawUndecided {
        rule: Arc::clone(rule),
        at,
        why,
        needs,
        args,
        subject,
        flows,
    })
}

/// Reads flows: arrays of source, destination and perhaps service.
fn flows(value: Option<Value>) -> Result<Vec<FlowKey>, String> {
    const SHAPE: &str = "`flows` is not an array of [source, destination, service]";
    let items = match value {
        None => return Ok(Vec::new()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err(SHAPE.to_owned()),
    };
    let flow = |item: Value| {
        let mut words = strings(item).ok_or(SHAPE)?.into_iter();
        let (source, destination) = words.next().zip(words.next()).ok_or(SHAPE)?;
        let service = words.next();
        if words.next().is_some() {
            return Err(SHAPE.to_owned());
        }
        Ok(FlowKey {
            source,
            destination,
            service,
        })
    };
    items.into_iter().map(flow).collect()
}

fn only(map: &serde_json::Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match map.keys().find(|key| !known.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(format!("unknown key `{key}`")),
    }
}

fn text(map: &mut serde_json::Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match map.remove(key) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{key}` is not a string")),
    }
}

fn strings(value: Value) -> Option<Vec<String>> {
    let Value::Array(items) = value else {
        return None;
    };
    items
        .into_iter()
        .map(|item| match item {
            Value::String(text) => Some(text),
            _ => None,
        })
        .collect()
}

/// Puts values that name a label, `{key, args}`, alone or in a list, into the
/// words of both languages.
fn worded(rule: &RuleMeta, mut args: Args) -> Result<Args, String> {
    for value in args.values_mut() {
        match value {
            Value::Array(items) => {
                for item in items {
                    put_into_words(rule, item)?;
                }
            }
            other => put_into_words(rule, other)?,
        }
    }
    Ok(args)
}

fn put_into_words(rule: &RuleMeta, value: &mut Value) -> Result<(), String> {
    if matches!(value, Value::Object(map) if map.contains_key("key")) {
        let words = label(rule, value.take(), "args")?;
        *value = serde_json::json!({"en": words.en, "ja": words.ja});
    }
    Ok(())
}

fn args(value: Option<Value>) -> Result<Args, String> {
    match value {
        None => Ok(Args::new()),
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err("`args` is not an object".to_owned()),
    }
}

/// Reads refs; one that points outside the files of the run is an error.
fn spans(value: Option<Value>, files: usize) -> Result<Vec<Span>, String> {
    let Some(Value::Array(items)) = value else {
        return Err("`at` is not an array of refs".to_owned());
    };
    items
        .into_iter()
        .map(|item| {
            let span = item
                .as_str()
                .and_then(|text| text.parse::<Ref>().ok())
                .map(|reference| reference.0)
                .ok_or_else(|| format!("`at` has {item}, which is not a ref"))?;
            let FileId(file) = span.file;
            if usize::try_from(file).is_ok_and(|file| file < files) {
                Ok(span)
            } else {
                Err(format!("`at` has {item}, and there is no file {file}"))
            }
        })
        .collect()
}

/// Reads labels.
fn labels(rule: &RuleMeta, value: Option<Value>, places: usize) -> Result<Vec<Localised>, String> {
    let given = match value {
        None => Vec::new(),
        Some(Value::Array(items)) => items,
        Some(_) => return Err("`labels` is not an array".to_owned()),
    };
    let mut labels = given
        .into_iter()
        .map(|item| label(rule, item, "labels"))
        .collect::<Result<Vec<_>, String>>()?;
    labels.resize_with(places, no_label);
    Ok(labels)
}

/// Looks a label up: in the rule's own, then in the shared ones. A text that is
/// no key stands for itself; an object `{key, args}` fills the holes of a label.
fn label(rule: &RuleMeta, value: Value, of: &str) -> Result<Localised, String> {
    let find = |key: &str| rule.labels.get(key).cloned().or_else(|| shared_label(key));
    match value {
        Value::String(key) => Ok(find(&key).unwrap_or_else(|| Localised {
            en: key.clone(),
            ja: key,
        })),
        Value::Null => Ok(no_label()),
        Value::Object(mut label) => {
            let key = text(&mut label, "key")?.ok_or("a label has no `key`")?;
            let known = find(&key).ok_or_else(|| format!("there is no label `{key}`"))?;
            let args = args(label.remove("args"))?;
            Ok(Localised {
                en: template::render(&known.en, &args, false)?,
                ja: template::render(&known.ja, &args, true)?,
            })
        }
        other => Err(format!("`{of}` has {other}, which is not a label")),
    }
}

fn no_label() -> Localised {
    Localised {
        en: String::new(),
        ja: String::new(),
    }
}

/// Whether every rule may use a label.
#[cfg(test)]
pub(super) fn has_label(key: &str) -> bool {
    shared_label(key).is_some()
}

fn shared_label(key: &str) -> Option<Localised> {
    static BY_KEY: LazyLock<HashMap<&str, [&str; 2]>> = LazyLock::new(|| {
        let lines = LABELS.lines().filter(|line| !line.starts_with('#'));
        let cells = lines.filter_map(|line| {
            let mut cells = line.split('\t');
            Some((cells.next()?, [cells.next()?, cells.next()?]))
        });
        cells.collect()
    });
    BY_KEY.get(key).map(|[en, ja]| Localised {
        en: (*en).to_owned(),
        ja: (*ja).to_owned(),
    })
}

/// Keeps the first of equal places.
fn without_repeats(at: Vec<Span>, labels: Vec<Localised>) -> (Vec<Span>, Vec<Localised>) {
    let mut kept: (Vec<Span>, Vec<Localised>) = (Vec::new(), Vec::new());
    for (span, label) in at.into_iter().zip(labels) {
        if !kept.0.contains(&span) {
            kept.0.push(span);
            kept.1.push(label);
        }
    }
    kept
}
