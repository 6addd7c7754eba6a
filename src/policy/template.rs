//! Messages and fixes: text with `{key}` holes, filled from a finding's `args`.
//!
//! `{{` and `}}` stand for the braces themselves. A list is joined in the
//! manner of the language; an object `{en, ja}` shows the text of the language.
//! A hole without a value is an error of the rule.

use serde_json::{Map, Value};

/// The values for the holes of a template.
pub type Args = Map<String, Value>;

/// A part of a template.
#[derive(Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    Hole(&'a str),
}

/// Splits a template; `Err` names what is wrong with its braces.
fn parts(template: &str) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(at);
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        rest = if let Some(after) = from.strip_prefix("{{") {
            parts.push(Part::Text("{"));
            after
        } else if let Some(after) = from.strip_prefix("}}") {
            parts.push(Part::Text("}"));
            after
        } else if let Some(after) = from.strip_prefix('{') {
            let (hole, after) = after
                .split_once('}')
                .ok_or_else(|| "a `{` is not closed".to_owned())?;
            let named = !hole.is_empty()
                && hole
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b));
            if !named {
                return Err(format!("`{{{hole}}}` is not a key of args"));
            }
            parts.push(Part::Hole(hole));
            after
        } else {
            return Err("a `}` without `{` (write `}}` for the character)".to_owned());
        };
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}

/// The names of a template's holes, in order.
///
/// # Errors
/// When its braces are wrong.
pub fn holes(template: &str) -> Result<Vec<&str>, String> {
    Ok(parts(template)?
        .into_iter()
        .filter_map(|part| match part {
            Part::Hole(hole) => Some(hole),
            Part::Text(_) => None,
        })
        .collect())
}

/// Fills a template.
///
/// # Errors
/// When its braces are wrong, or a hole has no value in `args`.
pub fn render(template: &str, args: &Args, japanese: bool) -> Result<String, String> {
    let mut text = String::with_capacity(template.len());
    for part in parts(template)? {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Hole(hole) => {
                let value = args
                    .get(hole)
                    .ok_or_else(|| format!("args has no `{hole}`"))?;
                text.push_str(&show(value, japanese));
            }
        }
    }
    Ok(text.trim_end().to_owned())
}

/// A value as a person reads it.
#[must_use]
pub fn show(value: &Value, japanese: bool) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => if japanese { "なし" } else { "none" }.to_owned(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| show(item, japanese)).collect();
            items.join(if japanese { "、" } else { ", " })
        }
        Value::Object(words) => {
            let text = words.get(if japanese { "ja" } else { "en" });
            text.and_then(Value::as_str)
                .map_or_else(|| value.to_string(), str::to_owned)
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn args(value: Value) -> Args {
        match value {
            Value::Object(map) => map,
            _ => Args::new(),
        }
    }

    #[test]
    fn holes_are_filled_and_lists_are_joined_as_the_language_does() {
        let args = args(json!({"edge": "edge1", "ports": [25, 587]}));
        let text = "{edge} listens on {ports}";
        assert_eq!(
            render(text, &args, false).as_deref(),
            Ok("edge1 listens on 25, 587")
        );
        assert_eq!(
            render(text, &args, true).as_deref(),
            Ok("edge1 listens on 25、587")
        );
    }

    #[test]
    fn doubled_braces_are_characters() {
        assert_eq!(
            render("@{{Tls}}", &Args::new(), false).as_deref(),
            Ok("@{Tls}")
        );
    }

    #[test]
    fn a_hole_without_a_value_is_an_error() {
        assert!(render("{edge}", &Args::new(), false).is_err());
    }

    #[test]
    fn wrong_braces_are_errors() {
        for template in ["{open", "close}", "{Not A Key}", "{}"] {
            assert!(holes(template).is_err(), "{template}");
        }
    }
}
