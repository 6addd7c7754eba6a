//! Rules, with their pages as help.

use serde::Serialize;

use super::{Message, cut};
use crate::policy::{RuleMeta, Severity};
use crate::report::Context;
use crate::report::text::{printable, prose};

/// Characters of a name that GitHub takes.
const MAX_NAME: usize = 255;

/// Characters of a description that GitHub takes.
const MAX_DESCRIPTION: usize = 1024;

/// Tags of a rule that GitHub takes.
const MAX_TAGS: usize = 20;

/// Areas whose rules are about service that fails, not about attacks.
const AVAILABILITY: [&str; 2] = ["firewall-required", "inputs"];

/// A rule.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor<'a> {
    id: &'a str,
    name: String,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: Configuration,
    properties: Properties,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "problem.severity")]
    problem_severity: &'static str,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

impl<'a> Descriptor<'a> {
    /// A rule with the help that its page gives.
    pub fn new(rule: &'a RuleMeta, context: &Context<'_>) -> Self {
        let words = context.words;
        let title = prose(rule.title.get(words.language().is_japanese()));
        let section = |number| context.section(rule, number, words).unwrap_or_default();
        let checks = prose(section(0).split("\n\n").next().unwrap_or_default());
        let full = if checks.is_empty() {
            title.clone()
        } else {
            checks.replace('\n', " ")
        };
        Self {
            id: &rule.id,
            name: cut(&printable(&rule.name), MAX_NAME),
            short_description: cut(&title, MAX_DESCRIPTION).into(),
            full_description: cut(&full, MAX_DESCRIPTION).into(),
            help: help(rule, context, &title),
            default_configuration: Configuration {
                level: rule.severity.as_str(),
            },
            properties: properties(rule),
        }
    }
}

/// The page without its examples, which are tests.
fn help(rule: &RuleMeta, context: &Context<'_>, title: &str) -> Help {
    let markdown = context.help(rule, context.words).unwrap_or_default();
    if markdown.is_empty() {
        return Help {
            text: title.to_owned(),
            markdown: title.to_owned(),
        };
    }
    Help {
        text: markdown.replace("## ", ""),
        markdown,
    }
}

fn properties(rule: &RuleMeta) -> Properties {
    let security = !AVAILABILITY.contains(&rule.area.as_str());
    let mut tags = vec![
        if security { "security" } else { "reliability" }.to_owned(),
        printable(&rule.area).into_owned(),
    ];
    tags.extend(rule.paths.iter().map(|path| printable(path).into_owned()));
    tags.truncate(MAX_TAGS);
    Properties {
        tags,
        // A rule says nothing where it is not sure; see "How it decides".
        precision: "high",
        problem_severity: match rule.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "recommendation",
        },
        security_severity: security.then_some(match rule.severity {
            Severity::Error => "8.0",
            Severity::Warning => "5.5",
            Severity::Note => "2.0",
        }),
    }
}
