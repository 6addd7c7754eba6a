//! Exceptions in `exlint.toml`.

use globset::GlobBuilder;

use super::flows::Within;
use super::{Exception, Exceptions, MAX_RULES, Object, Scope};
use crate::estate::Estate;
use crate::finding::SuppressionKind;
use crate::finding::configuration::Names;
use crate::formats::{Problem, ProblemLevel};
use crate::source::{Sources, Span, Spanned};

/// Reads `[[exception]]` and `[[allowed_flow]]`.
pub(super) fn find(sources: &Sources, estate: &Estate, names: Names<'_>, found: &mut Exceptions) {
    let Some(inventory) = &estate.inventory else {
        return;
    };
    let file = inventory.span.and_then(|span| sources.get(span.file));
    let name = file.map_or("", |file| file.name());
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    let first = found.problems.len();
    for entry in &inventory.gate.exceptions {
        if found.too_much(first, entry.span) {
            return;
        }
        let rules = ids(&entry.rules, entry.span, names, found);
        if rules.is_empty() {
            continue;
        }
        let text = &entry.object.value;
        found.all.push(Exception {
            kind: SuppressionKind::Configuration,
            rules,
            scope: Scope::Object(Object {
                glob: pattern(text),
                folder: folder.to_owned(),
                text: text.clone(),
            }),
            reason: entry.reason.value.clone(),
            until: entry.until.as_ref().map(|day| day.value.clone()),
            span: entry.span,
        });
    }
    for entry in &inventory.allowed_flows {
        if found.too_much(first, entry.span) {
            return;
        }
        let rules = ids(&entry.rules, entry.span, names, found);
        // All names wrong: not an exception for every rule.
        if rules.is_empty() && !entry.rules.is_empty() {
            continue;
        }
        found.all.push(Exception {
            kind: SuppressionKind::AllowedFlow,
            rules,
            scope: Scope::Flow(Within::new(entry)),
            reason: entry.reason.value.clone(),
            until: entry.until.as_ref().map(|day| day.value.clone()),
            span: entry.span,
        });
    }
}

/// The ids of the rules of an entry.
fn ids(
    rules: &[Spanned<String>],
    entry: Span,
    names: Names<'_>,
    found: &mut Exceptions,
) -> Vec<String> {
    if rules.len() > MAX_RULES {
        found.problems.push(Problem {
            level: ProblemLevel::Error,
            message: format!("the exception names more than {MAX_RULES} rules"),
            hint: Some("turn rules off under [rules] in exlint.toml".to_owned()),
            span: entry,
        });
        return Vec::new();
    }
    let rules = rules.iter().map(|rule| (&*rule.value, rule.span));
    found.ids(rules, names)
}

/// The text as a pattern; `None` when it has no sign of one.
fn pattern(text: &str) -> Option<globset::GlobMatcher> {
    if !text.contains(['*', '?']) {
        return None;
    }
    let glob = GlobBuilder::new(text)
        .case_insensitive(true)
        .backslash_escape(false)
        .build();
    glob.ok().map(|glob| glob.compile_matcher())
}
