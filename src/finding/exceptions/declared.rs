//! Exceptions in `exlint.toml`.

use globset::GlobBuilder;

use super::flows::Within;
use super::{Exception, Exceptions, Object, Scope};
use crate::estate::Estate;
use crate::finding::SuppressionKind;
use crate::finding::configuration::Names;
use crate::formats::{Problem, ProblemLevel};
use crate::source::{Sources, Spanned};

/// Reads `[[exception]]` and `[[allowed_flow]]`.
pub(super) fn find(sources: &Sources, estate: &Estate, names: Names<'_>, found: &mut Exceptions) {
    let Some(inventory) = &estate.inventory else {
        return;
    };
    let file = inventory.span.and_then(|span| sources.get(span.file));
    let name = file.map_or("", |file| file.name());
    let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
    for entry in &inventory.gate.exceptions {
        let rules = ids(&entry.rules, names, found);
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
        let rules = ids(&entry.rules, names, found);
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

/// The ids of the rules; a name that no rule has is a problem.
fn ids(rules: &[Spanned<String>], names: Names<'_>, found: &mut Exceptions) -> Vec<String> {
    let mut ids = Vec::new();
    for rule in rules {
        match names.rule(&rule.value) {
            Ok(known) => ids.push(known.id.clone()),
            Err(unknown) => found.problems.push(Problem {
                level: ProblemLevel::Error,
                message: unknown.message(),
                hint: Some(unknown.hint()),
                span: rule.span,
            }),
        }
    }
    ids
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
