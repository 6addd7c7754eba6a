//! From what was said to what counts.

use super::{
    Choices, Configuration, Honour, Level, Names, Origin, Profile, RuleSetting, Setting, Unknown,
};
use crate::formats::inventory::Gate;
use crate::formats::{Problem, ProblemLevel};
use crate::policy::{Confidence, Severity};
use crate::source::{Span, Spanned};

/// What counts, and what was said wrong.
#[derive(Debug, Default)]
pub struct Resolved {
    /// What counts.
    pub configuration: Configuration,
    /// What is wrong in the file.
    pub problems: Vec<Problem>,
    /// Names on the command line that no rule has, each with its option.
    pub unknown: Vec<(&'static str, Unknown)>,
}

/// Puts together what the command line and the file say.
#[must_use]
pub fn resolve(choices: &Choices, gate: Option<&Gate>, names: Names<'_>) -> Resolved {
    let none = Gate::default();
    let gate = gate.unwrap_or(&none);
    let mut resolved = Resolved::default();
    let profile = choices
        .profile
        .clone()
        .or_else(|| word(gate.profile.as_ref(), Profile::from_word))
        .unwrap_or_default();
    let of = profile.value;
    // A value of the default profile is a default.
    let origin = match profile.origin {
        Origin::Default => Origin::Default,
        _ => Origin::Profile(of),
    };
    resolved.configuration = Configuration {
        fail_on: choices
            .fail_on
            .clone()
            .or_else(|| word(gate.fail_on.as_ref(), Severity::from_word))
            .unwrap_or(Setting::new(of.fail_on(), origin)),
        min_confidence: choices
            .min_confidence
            .clone()
            .or_else(|| word(gate.min_confidence.as_ref(), Confidence::from_word))
            .unwrap_or(Setting::new(of.min_confidence(), origin)),
        exceptions: match &choices.no_suppressions {
            Some(Setting {
                value: true,
                origin,
            }) => Setting::new(Honour::Nothing, *origin),
            _ => Setting::new(of.exceptions(), origin),
        },
        show_suppressed: choices
            .show_suppressed
            .clone()
            .filter(|show| show.value)
            .unwrap_or(Setting::new(of.show_suppressed(), origin)),
        require_coverage: Setting::new(of.require_coverage(), origin),
        profile,
        rules: Default::default(),
    };
    rules_of_file(gate, names, &mut resolved);
    selection(choices, gate, names, &mut resolved);
    levels(choices, names, &mut resolved);
    let rules = &mut resolved.configuration.rules;
    rules.retain(|_, setting| *setting != RuleSetting::default());
    resolved
}

/// A word of the file as what it stands for.
fn word<T>(said: Option<&Spanned<String>>, read: fn(&str) -> Option<T>) -> Option<Setting<T>> {
    let said = said?;
    Some(Setting::new(read(&said.value)?, Origin::File(said.span)))
}

impl Resolved {
    fn wrong(&mut self, unknown: &Unknown, span: Span) {
        self.problems.push(Problem {
            level: ProblemLevel::Error,
            message: unknown.message(),
            hint: Some(unknown.hint()),
            span,
        });
    }

    fn of(&mut self, id: &str) -> &mut RuleSetting {
        self.configuration.rules.entry(id.to_owned()).or_default()
    }
}

/// `[rules]`.
fn rules_of_file(gate: &Gate, names: Names<'_>, resolved: &mut Resolved) {
    for entry in &gate.rules {
        let rule = match names.rule(&entry.rule.value) {
            Ok(rule) => rule,
            Err(unknown) => {
                resolved.wrong(&unknown, entry.rule.span);
                continue;
            }
        };
        let setting = resolved.of(&rule.id);
        match word(entry.severity.as_ref(), Level::from_word) {
            Some(Setting {
                value: Level::Off,
                origin,
            }) => setting.off = Some(origin),
            Some(Setting {
                value: Level::On(severity),
                origin,
            }) => setting.severity = Some(Setting::new(severity, origin)),
            None => {}
        }
        if let Some(flag) = &entry.suppressible {
            setting.suppressible = Some(Setting::new(flag.value, Origin::File(flag.span)));
        }
        for (name, value) in &entry.parameters {
            let known = rule
                .parameters
                .iter()
                .find(|known| known.name == name.value);
            let problem = match known {
                None => Some((unknown_parameter(rule, &name.value), name.span)),
                Some(known) if !known.takes(&value.value) => Some((
                    (
                        format!("`{}` of {} must be {}", name.value, rule.id, known.form()),
                        Some(format!("the rule's own value is {}", known.default)),
                    ),
                    value.span,
                )),
                Some(_) => None,
            };
            if let Some(((message, hint), span)) = problem {
                resolved.problems.push(Problem {
                    level: ProblemLevel::Error,
                    message,
                    hint,
                    span,
                });
                continue;
            }
            let value = Setting::new(value.value.clone(), Origin::File(value.span));
            let setting = resolved.of(&rule.id);
            setting.parameters.insert(name.value.clone(), value);
        }
    }
}

fn unknown_parameter(rule: &crate::policy::RuleMeta, name: &str) -> (String, Option<String>) {
    let known: Vec<&str> = rule.parameters.iter().map(|known| &*known.name).collect();
    let hint = match crate::formats::inventory::nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => {
            "a rule has `severity` and `suppressible`; this one has no parameters".to_owned()
        }
        None => format!("it has {}", crate::formats::inventory::alternatives(&known)),
    };
    (format!("{} has no parameter `{name}`", rule.id), Some(hint))
}

/// `select` and `ignore`. A selection on the command line stands for that of
/// the file, and for a rule that is named by its id also for `off` in `[rules]`.
fn selection(choices: &Choices, gate: &Gate, names: Names<'_>, resolved: &mut Resolved) {
    for selector in gate.select.iter().flatten().chain(&gate.ignore) {
        if let Err(unknown) = names.selector(&selector.value) {
            resolved.wrong(&unknown, selector.span);
        }
    }
    let chosen = [("--select", &choices.select), ("--ignore", &choices.ignore)];
    for (option, said) in chosen {
        for selector in said.iter().flat_map(|said| &said.value) {
            if let Err(unknown) = names.selector(selector) {
                resolved.unknown.push((option, unknown));
            }
        }
    }
    for rule in names.rules() {
        let held = resolved.configuration.rules.get(&rule.id);
        let by_rules = held.and_then(|setting| setting.off);
        let off = off(choices, gate, rule, by_rules);
        if off != by_rules {
            resolved.of(&rule.id).off = off;
        }
    }
}

fn off(
    choices: &Choices,
    gate: &Gate,
    rule: &crate::policy::RuleMeta,
    by_rules: Option<Origin>,
) -> Option<Origin> {
    let among = |said: &Setting<Vec<String>>| said.value.iter().any(|s| Names::selects(s, rule));
    if let Some(ignore) = choices.ignore.as_ref().filter(|said| among(said)) {
        return Some(ignore.origin);
    }
    if let Some(select) = &choices.select {
        let named = |name: &String| {
            name.eq_ignore_ascii_case(&rule.id) || name.eq_ignore_ascii_case(&rule.name)
        };
        if !among(select) {
            return Some(select.origin);
        }
        return by_rules.filter(|_| !select.value.iter().any(named));
    }
    let matching = |said: &&Spanned<String>| Names::selects(&said.value, rule);
    if let Some(select) = &gate.select
        && !select.iter().any(|said| matching(&said))
    {
        return Some(
            select
                .first()
                .map_or(Origin::Default, |s| Origin::File(s.span)),
        );
    }
    let ignored = gate.ignore.iter().find(matching);
    by_rules.or(ignored.map(|said| Origin::File(said.span)))
}

/// `--severity`, which also turns a rule on.
fn levels(choices: &Choices, names: Names<'_>, resolved: &mut Resolved) {
    let Some(said) = &choices.levels else { return };
    for (name, level) in &said.value {
        let rule = match names.rule(name) {
            Ok(rule) => rule,
            Err(unknown) => {
                resolved.unknown.push(("--severity", unknown));
                continue;
            }
        };
        let setting = resolved.of(&rule.id);
        match level {
            Level::Off => setting.off = Some(said.origin),
            Level::On(severity) => {
                setting.off = None;
                setting.severity = Some(Setting::new(*severity, said.origin));
            }
        }
    }
}
