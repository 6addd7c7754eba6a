//! Hides what exceptions are for, and tells what became of each.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Exception, Object, Scope, flows};
use crate::estate::Estate;
use crate::finding::configuration::{Configuration, Honour, Names};
use crate::finding::{Finding, Positions, Suppressed, Suppression};
use crate::policy::RuleMeta;
use crate::policy::facts::{ExceptionFact, ExceptionState, Ref};
use crate::source::{FileId, Sources, Span};

/// Under which circumstances exceptions are judged.
#[derive(Clone, Copy)]
pub struct Circumstances<'r> {
    /// What counts.
    pub configuration: &'r Configuration,
    /// All rules.
    pub names: Names<'r>,
    /// Ids of the rules that were evaluated.
    pub evaluated: &'r HashSet<&'r str>,
    /// What was read.
    pub estate: &'r Estate,
    /// The files.
    pub sources: &'r Sources,
    /// Allowed flows that rules heeded by themselves.
    pub heeded: &'r BTreeSet<Span>,
    /// Allowed flows past their end that rules would have heeded.
    pub over: &'r BTreeSet<Span>,
}

/// What exceptions leave, what they hide, and what became of them.
#[derive(Debug, Default)]
pub struct Applied {
    /// Findings that no exception hides, in their order.
    pub findings: Vec<Finding>,
    /// Those that one hides, in their order.
    pub suppressed: Vec<Suppressed>,
    /// What became of each exception, rule by rule.
    pub facts: Vec<ExceptionFact>,
}

/// Hides what exceptions are for.
#[must_use]
pub fn apply(
    findings: Vec<Finding>,
    exceptions: &[Exception],
    circumstances: Circumstances<'_>,
) -> Applied {
    // Those in comments by their file, too: there may be many.
    let mut by_rule: HashMap<(&str, Option<FileId>), Vec<usize>> = HashMap::new();
    let mut of_all: Vec<usize> = Vec::new();
    for (index, exception) in exceptions.iter().enumerate() {
        if exception.rules.is_empty() {
            of_all.push(index);
        }
        let file = match &exception.scope {
            Scope::Part(part) => Some(part.file),
            Scope::File(file) => Some(*file),
            Scope::Object(_) | Scope::Flow(_) => None,
        };
        for rule in &exception.rules {
            by_rule.entry((rule, file)).or_default().push(index);
        }
    }
    let mut positions = Positions::new(circumstances.sources);
    let mut matched: HashSet<(usize, String)> = HashSet::new();
    let mut applied = Applied::default();
    for finding in findings {
        let places = [Some(finding.primary.span.file), None];
        let named = places.map(|file| by_rule.get(&(&*finding.rule.id, file)));
        let named = named.into_iter().flatten().flatten();
        let mut by = None;
        for index in named.chain(&of_all) {
            let Some(exception) = exceptions.get(*index) else {
                continue;
            };
            let heeded = finding.allowed == Some(exception.span);
            if !heeded && !circumstances.covers(&exception.scope, &finding) {
                continue;
            }
            matched.insert((*index, finding.rule.id.clone()));
            let refused = circumstances.refusal(exception, &finding.rule);
            if refused.is_none() && by.is_none() {
                by = Some(exception);
            }
        }
        match by {
            None => applied.findings.push(finding),
            Some(exception) => applied.suppressed.push(Suppressed {
                by: Suppression {
                    kind: exception.kind,
                    reason: exception.reason.clone(),
                    until: exception.until.clone(),
                    place: positions.place(exception.span),
                },
                finding,
            }),
        }
    }
    for (index, exception) in exceptions.iter().enumerate() {
        circumstances.tell(index, exception, &matched, &mut applied.facts);
    }
    applied
}

impl Circumstances<'_> {
    fn covers(&self, scope: &Scope, finding: &Finding) -> bool {
        let primary = finding.primary.span;
        match scope {
            Scope::Part(part) => {
                primary.file == part.file && part.start <= primary.start && primary.start < part.end
            }
            Scope::File(file) => primary.file == *file,
            Scope::Object(object) => self.is_about(finding, object),
            Scope::Flow(within) => {
                // What says nothing of packets may be about any, and what is
                // kept from passing is not allowed by hiding it.
                !finding.flows.is_empty()
                    && !wants_passage(finding)
                    && finding
                        .flows
                        .iter()
                        .all(|flow| within.holds(flow, self.estate))
            }
        }
    }

    fn is_about(&self, finding: &Finding, object: &Object) -> bool {
        let about = finding.about.name();
        let file = &*finding.primary.place.file;
        object.matches(&finding.subject)
            || about.is_some_and(|name| object.matches(name))
            || object.matches_file(file)
            || about.is_some_and(|name| self.same_server(name, &object.text))
    }

    fn same_server(&self, name: &str, other: &str) -> bool {
        let mut servers = self.estate.servers.iter();
        servers.any(|server| server.name == name && flows::is(server, other))
    }

    /// Why an exception does not count for a rule, whatever it matches.
    fn refusal(&self, exception: &Exception, rule: &RuleMeta) -> Option<ExceptionState> {
        if !self.configuration.suppressible(rule) {
            return Some(ExceptionState::RefusedRule);
        }
        self.refusal_by_end(exception)
    }

    /// Why an exception does not count because of its end.
    fn refusal_by_end(&self, exception: &Exception) -> Option<ExceptionState> {
        let today = self.estate.reference_date.as_str();
        let Some(until) = exception.until.as_deref() else {
            let ending = self.configuration.exceptions.value == Honour::Ending;
            return ending.then_some(ExceptionState::RefusedEndless);
        };
        if until < today {
            return Some(ExceptionState::Expired);
        }
        let ending = self.configuration.exceptions.value == Honour::Ending;
        let in_a_year = in_a_year(today);
        let long = ending && in_a_year.is_some_and(|last| *until > *last);
        long.then_some(ExceptionState::RefusedLong)
    }

    /// Says what became of an exception, rule by rule.
    fn tell(
        &self,
        index: usize,
        exception: &Exception,
        matched: &HashSet<(usize, String)>,
        facts: &mut Vec<ExceptionFact>,
    ) {
        let fact = |rule: Option<&str>, state| ExceptionFact {
            kind: exception.kind.as_str(),
            rule: rule.map(str::to_owned),
            object: match &exception.scope {
                Scope::Object(object) => Some(object.text.clone()),
                Scope::Flow(within) => Some(within.described()),
                Scope::Part(_) | Scope::File(_) => None,
            },
            reason: exception.reason.clone(),
            until: exception.until.clone(),
            state,
            at: Ref(exception.span),
        };
        let heeded = self.heeded.contains(&exception.span) || self.over.contains(&exception.span);
        if exception.rules.is_empty() {
            let hit = heeded || matched.iter().any(|(known, _)| *known == index);
            facts.push(fact(None, self.state_of_all(exception, hit)));
        }
        for id in &exception.rules {
            let Ok(rule) = self.names.rule(id) else {
                continue;
            };
            let hit = heeded || matched.contains(&(index, id.clone()));
            facts.push(fact(Some(id), self.state(exception, rule, hit)));
        }
    }

    fn state_of_all(&self, exception: &Exception, hit: bool) -> ExceptionState {
        match self.refusal_by_end(exception) {
            Some(ExceptionState::Expired) if !hit => ExceptionState::ExpiredIdle,
            Some(refused) if hit => refused,
            _ if hit => ExceptionState::Used,
            _ => ExceptionState::Unused,
        }
    }

    fn state(&self, exception: &Exception, rule: &RuleMeta, hit: bool) -> ExceptionState {
        match self.refusal(exception, rule) {
            Some(ExceptionState::RefusedRule) => ExceptionState::RefusedRule,
            Some(ExceptionState::Expired) if !hit => ExceptionState::ExpiredIdle,
            Some(refused) if hit => refused,
            _ if hit => ExceptionState::Used,
            _ if !self.evaluated.contains(&*rule.id) => ExceptionState::NotJudged,
            _ => match &exception.scope {
                Scope::Object(object) if !self.was_read(object) => ExceptionState::Foreign,
                _ => ExceptionState::Unused,
            },
        }
    }

    /// Whether the inputs hold the thing at all.
    fn was_read(&self, object: &Object) -> bool {
        let estate = self.estate;
        estate
            .servers
            .iter()
            .any(|server| object.matches(&server.name) || flows::is(server, &object.text))
            || estate
                .firewalls
                .iter()
                .any(|known| object.matches(&known.name))
            || estate.zones.iter().any(|zone| object.matches(&zone.name))
            || estate
                .objects
                .iter()
                .any(|known| object.matches(&known.identity))
            || self
                .sources
                .files()
                .iter()
                .any(|file| object.matches_file(file.name()))
    }
}

/// What rules expect where packets should pass and do not.
const PASSAGE: [&str; 2] = ["permit", "everything passes"];

/// Whether a finding is about packets that should pass and do not.
fn wants_passage(finding: &Finding) -> bool {
    let expected = finding.expected.as_ref();
    let expected = expected.and_then(serde_json::Value::as_str);
    expected.is_some_and(|expected| PASSAGE.contains(&expected))
}

impl Object {
    /// Whether a name is meant; case does not count.
    fn matches(&self, name: &str) -> bool {
        !name.is_empty()
            && (self.text.to_lowercase() == name.to_lowercase()
                || self.glob.as_ref().is_some_and(|glob| glob.is_match(name)))
    }

    /// Whether a file is meant, as shown or as seen from `exlint.toml`.
    fn matches_file(&self, file: &str) -> bool {
        let inside = match &*self.folder {
            "" => Some(file),
            folder => file
                .strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix('/')),
        };
        self.matches(file) || inside.is_some_and(|file| self.matches(file))
    }
}

/// The same day of the next year.
fn in_a_year(day: &str) -> Option<String> {
    let day: jiff::civil::Date = day.parse().ok()?;
    let next = day.checked_add(jiff::Span::new().years(1)).ok()?;
    Some(next.to_string())
}
