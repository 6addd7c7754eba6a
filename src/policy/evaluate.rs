//! Evaluates rules one by one, side by side, and keeps their errors apart.
//!
//! Each [lane](super::compile) has a thread, and an engine for its rules. Where
//! a file of the lane cannot be compiled, every rule of it gets an engine of its
//! own, so that the error stays in the rule that has it. Built-in functions are
//! strict: a bad value is an error of the rule, never *undefined* (which would
//! turn `not f(bad)` into true).

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use regorus::{Engine, Value};

use super::compile::{APPLIES, ENTRIES, FINDINGS, side_by_side};
use super::error::PolicyError;
use super::facts::{self, Facts};
use super::host::{Policies, Rule};
use super::memory::{Running, watched};
use super::metadata::RuleMeta;
use super::natives::{self, Question, Reach};
use super::projection::Names;
use super::result::{RuleResult, Status};
use super::together::{self, Yielded};
use super::{collect, input, kinds, versions};
use crate::model::path::Localised;

/// The sets that a rule exports, as JSON arrays.
#[derive(Debug, Clone, PartialEq)]
pub struct Sets {
    /// `findings`.
    pub findings: serde_json::Value,
    /// `undecided`.
    pub undecided: serde_json::Value,
}

/// Why the user does not want a rule; `None` for one that counts.
pub type Unwanted<'a> = dyn Fn(&RuleMeta) -> Option<Localised> + 'a;

/// What the evaluation of a rule came to.
enum Yield {
    /// Its `findings` and `undecided`.
    Sets([Value; 2]),
    /// Neither, and why.
    Nothing(Status),
}

impl Yield {
    fn failed(error: PolicyError) -> Self {
        Self::Nothing(Status::Failed(Box::new(error)))
    }
}

impl Policies {
    /// Whether a rule that these kinds of input suffice for can ask for a section
    /// of `input`.
    #[must_use]
    pub fn ask_for(&self, section: &str, kinds: &[String]) -> bool {
        let apply = |rule: &&Rule| rule.meta.judges_change() || rule.suffice(kinds);
        let rules = self.rules.iter().filter(apply).map(|rule| &rule.module);
        Names::any_reads(self.with_imports(rules).into_iter(), section)
    }

    /// Evaluates every rule on the facts; one result for each rule, by id.
    ///
    /// `reach` answers `exlint.reach`; without it a rule that calls the
    /// function fails.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts, reach: Option<&Reach<'_>>) -> Vec<RuleResult> {
        self.evaluate_wanted(facts, reach, &|_| None)
    }

    /// Evaluates every rule for which `unwanted` gives no reason against it;
    /// the others are [`Status::Off`] for that reason.
    #[must_use]
    pub fn evaluate_wanted(
        &self,
        facts: &Facts,
        reach: Option<&Reach<'_>>,
        unwanted: &Unwanted<'_>,
    ) -> Vec<RuleResult> {
        let asks = || {
            let rules = self.rules.iter().map(|rule| &rule.module);
            let mut modules = rules.chain(&self.libraries);
            modules.any(|module| module.text.contains("exlint.reach"))
        };
        let Some(reach) = reach.filter(|_| asks()) else {
            return self.evaluate_asking(facts, None, unwanted);
        };
        std::thread::scope(|scope| {
            let (questions, asked) = channel::<Question>();
            scope.spawn(move || {
                for question in asked {
                    question.answer(reach);
                }
            });
            self.evaluate_asking(facts, Some(questions), unwanted)
        })
    }

    fn evaluate_asking(
        &self,
        facts: &Facts,
        questions: Option<Sender<Question>>,
        unwanted: &Unwanted<'_>,
    ) -> Vec<RuleResult> {
        let unmet: Vec<_> = self
            .rules
            .iter()
            .map(|rule| match unwanted(&rule.meta) {
                Some(why) => Some(Status::Off(why)),
                None => unmet(&rule.meta, facts),
            })
            .collect();
        let wanted = self.rules.iter().zip(&unmet);
        let wanted = wanted.filter_map(|(rule, unmet)| unmet.is_none().then_some(&rule.module));
        let Ok(input) = input::of(facts, &Names::of(self.with_imports(wanted).into_iter())) else {
            // Without `input` every rule would find nothing.
            let failed = |rule: &Rule| {
                let what = "the facts cannot be handed over to the rules";
                Status::Failed(Box::new(PolicyError::new(&rule.module.file, what)))
            };
            return self
                .rules
                .iter()
                .map(|rule| rule.result(failed(rule)))
                .collect();
        };
        let running = Running::default();
        let work = || self.yields(&input, questions, &unmet, &running);
        let yields = match self.of_users() {
            true => watched(&running, work),
            false => work(),
        };
        // Thousands of findings take their memory when the facts in Rego's form
        // have given theirs back.
        drop(input);
        let files = facts.files.len();
        let collected = yields.into_par_iter().map(|(index, rule, yielded, took)| {
            let result = rule.collected(yielded, files);
            (index, RuleResult { took, ..result })
        });
        let mut results: Vec<_> = collected.collect();
        results.sort_by_key(|(index, _)| *index);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// What each rule yields, with its place among all and the time that it took.
    fn yields<'p>(
        &'p self,
        input: &Value,
        questions: Option<Sender<Question>>,
        unmet: &[Option<Status>],
        running: &Running,
    ) -> Vec<(usize, &'p Rule, Yield, Duration)> {
        let asked = |(at, unmet): (usize, &Option<Status>)| unmet.is_none().then_some(at);
        let asked = unmet.iter().enumerate().filter_map(asked).collect();
        let lanes = self.lanes_of(asked);
        let lanes = lanes.lanes();
        let evaluate = |lane: usize| {
            let lane = lanes.get(lane);
            let mut engine = lane
                .and_then(|lane| lane.engine.clone())
                .and_then(|mut engine| {
                    engine.set_input(input.clone());
                    natives::register(&mut engine, questions.clone()).ok()?;
                    Some(engine)
                });
            let rules = lane.into_iter().flat_map(|lane| &lane.rules);
            let asked = rules.filter(|at| matches!(unmet.get(**at), Some(None)));
            let asked = asked.filter_map(|at| Some((*at, self.rules.get(*at)?)));
            let asked: Vec<_> = asked.collect();
            let mut together = match &engine {
                Some(engine) => together::evaluate(engine, &asked),
                None => Yielded::default(),
            };
            asked
                .into_iter()
                .map(|(at, rule)| {
                    if let Some((sets, took)) = together.remove(&at) {
                        if let Some(sets) = pair(&sets) {
                            return (at, rule, Yield::Sets(sets), took);
                        }
                        if sets == Value::Null {
                            return (at, rule, rule.needless(), took);
                        }
                    }
                    let started = Instant::now();
                    let yielded = running.during(&rule.module, || match &mut engine {
                        Some(engine) => rule.evaluate(engine),
                        // A rule that cannot share an engine tells the reason alone.
                        None => self.alone(rule, input, questions.clone()),
                    });
                    (at, rule, yielded, started.elapsed())
                })
                .collect::<Vec<_>>()
        };
        let yields = side_by_side(lanes.len(), evaluate).into_iter().flatten();
        let others = self.rules.iter().zip(unmet).enumerate();
        let others = others.filter_map(|(at, (rule, unmet))| {
            let status = unmet.clone()?;
            Some((at, rule, Yield::Nothing(status), Duration::ZERO))
        });
        yields.chain(others).collect()
    }

    /// Whether a file is of a user.
    fn of_users(&self) -> bool {
        let rules = self.rules.iter().map(|rule| &rule.module);
        let mut modules = rules.chain(&self.libraries);
        modules.any(|module| module.built_in.is_none())
    }

    /// Evaluates a rule in an engine of its own.
    fn alone(&self, rule: &Rule, input: &Value, questions: Option<Sender<Question>>) -> Yield {
        let engine = self.engine(&[rule]).and_then(|mut engine| {
            engine.set_input(input.clone());
            natives::register(&mut engine, questions).map_err(|error| rule.error(&error))?;
            Ok(engine)
        });
        match engine {
            Ok(mut engine) => rule.evaluate(&mut engine),
            Err(error) => Yield::failed(error),
        }
    }

    /// What every rule yields on an `input`, as Rego returns it and whatever it
    /// needs: for comparison with another engine.
    #[must_use]
    pub fn sets(&self, input: serde_json::Value) -> Vec<(&Rule, Result<Sets, PolicyError>)> {
        let input = Value::from(input);
        let mut sets: Vec<_> = Vec::new();
        for lane in self.lanes() {
            let rules = lane.rules.iter();
            let rules: Vec<_> = rules
                .filter_map(|at| Some((*at, self.rules.get(*at)?)))
                .collect();
            let engine = lane.engine.as_ref().map(|engine| {
                let mut engine = engine.clone();
                engine.set_input(input.clone());
                natives::register(&mut engine, None).map(|()| engine)
            });
            let mut together = match &engine {
                Some(Ok(engine)) => together::evaluate(engine, &rules),
                _ => Yielded::default(),
            };
            for (at, rule) in rules {
                let yielded = match (together.remove(&at), &engine) {
                    (Some((both, _)), _) => rule.sets_of(pair(&both)),
                    (None, Some(Ok(engine))) => rule.sets_on(engine.clone()),
                    (None, Some(Err(error))) => Err(rule.error(error)),
                    (None, None) => self.engine(&[rule]).and_then(|mut engine| {
                        engine.set_input(input.clone());
                        natives::register(&mut engine, None).map_err(|error| rule.error(&error))?;
                        rule.sets_on(engine)
                    }),
                };
                sets.push((at, (rule, yielded)));
            }
        }
        sets.sort_by_key(|(at, _)| *at);
        sets.into_iter().map(|(_, yielded)| yielded).collect()
    }
}

/// `findings` and `undecided` of what an entry gives.
fn pair(entry: &Value) -> Option<[Value; 2]> {
    match entry.as_array().ok()?.as_slice() {
        [findings, undecided] => Some([findings.clone(), undecided.clone()]),
        _ => None,
    }
}

/// Why a rule is not evaluated on these facts; `None` when it is.
fn unmet(meta: &RuleMeta, facts: &Facts) -> Option<Status> {
    let missing: Vec<_> = meta.missing(&facts.kinds).cloned().collect();
    // One estate alone says nothing about a change.
    if facts.comparison.is_none() && meta.judges_change() {
        return Some(Status::NotApplicable(kinds::settle(facts::COMPARISON)));
    }
    if !missing.is_empty() {
        let settle = missing.iter().map(|any_of| alternatives(any_of)).collect();
        return Some(Status::LacksData { missing, settle });
    }
    if !versions::concern(&meta.versions, facts) {
        let versions = meta.versions.join(", ");
        return Some(Status::NotApplicable(Localised {
            en: format!("no server runs Exchange {versions}"),
            ja: format!("Exchange {versions} のサーバーがありません"),
        }));
    }
    None
}

/// "a, or b" in both languages.
fn alternatives(kinds: &[String]) -> Localised {
    let texts: Vec<_> = kinds.iter().map(|kind| kinds::settle(kind)).collect();
    let join = |get: fn(&Localised) -> &str, or: &str| {
        let texts: Vec<_> = texts.iter().map(get).collect();
        texts.join(or)
    };
    Localised {
        en: join(|text| &text.en, ", or "),
        ja: join(|text| &text.ja, "、または "),
    }
}

impl Rule {
    fn result(&self, status: Status) -> RuleResult {
        RuleResult {
            rule: Arc::clone(&self.meta),
            status,
            findings: Vec::new(),
            undecided: Vec::new(),
            took: Duration::ZERO,
        }
    }

    fn evaluate(&self, engine: &mut Engine) -> Yield {
        self.try_evaluate(engine).unwrap_or_else(Yield::failed)
    }

    fn try_evaluate(&self, engine: &mut Engine) -> Result<Yield, PolicyError> {
        if !self.declares(engine, FINDINGS)? {
            let what = "the rule has no `findings`";
            return Err(PolicyError::new(&self.module.file, what)
                .hint("write `findings contains finding if { … }`"));
        }
        if let Some(sets) = self.yielded(engine)? {
            return Ok(Yield::Sets(sets));
        }
        let applies = format!("{}.{APPLIES}", self.package);
        if self.declares(engine, APPLIES)? && self.value(engine, applies)? != Value::from(true) {
            return Ok(self.needless());
        }
        let what = "`findings` or `undecided` is undefined";
        Err(PolicyError::new(&self.module.file, what).hint("let both be sets: `… contains …`"))
    }

    /// What a rule yields that does not apply.
    fn needless(&self) -> Yield {
        let why = self.meta.applies.clone().unwrap_or_else(|| Localised {
            en: "nothing in the estate that it concerns".to_owned(),
            ja: "対象となるものがありません".to_owned(),
        });
        Yield::Nothing(Status::NotApplicable(why))
    }

    /// The result of what the rule yielded.
    fn collected(&self, yielded: Yield, files: usize) -> RuleResult {
        let [findings, undecided] = match yielded {
            Yield::Sets(sets) => sets,
            Yield::Nothing(status) => return self.result(status),
        };
        let findings = collect::findings(&self.meta, findings, files);
        let undecided = collect::undecided(&self.meta, undecided, files);
        match (findings, undecided) {
            (Ok(findings), Ok(undecided)) => RuleResult {
                findings,
                undecided,
                ..self.result(Status::Evaluated)
            },
            (Err(what), _) | (_, Err(what)) => {
                let error = PolicyError::new(&self.module.file, what);
                self.result(Status::Failed(Box::new(error)))
            }
        }
    }

    /// What the rule's [entry](Self::entry) gives: `findings` and `undecided`;
    /// `None` where the rule does not apply.
    fn yielded(&self, engine: &mut Engine) -> Result<Option<[Value; 2]>, PolicyError> {
        let both = self.value(engine, format!("{ENTRIES}.{}", self.entry_name()))?;
        Ok(pair(&both))
    }

    /// What a rule yields on the input of an engine, as JSON.
    fn sets_on(&self, mut engine: Engine) -> Result<Sets, PolicyError> {
        self.sets_of(self.yielded(&mut engine)?)
    }

    /// The same of what its entry gave.
    fn sets_of(&self, both: Option<[Value; 2]>) -> Result<Sets, PolicyError> {
        let none = || [Value::new_set(), Value::new_set()];
        let [findings, undecided] = both.unwrap_or_else(none);
        Ok(Sets {
            findings: self.json(&findings)?,
            undecided: self.json(&undecided)?,
        })
    }

    fn value(&self, engine: &mut Engine, path: String) -> Result<Value, PolicyError> {
        engine.eval_rule(path).map_err(|error| self.error(&error))
    }

    fn json(&self, value: &Value) -> Result<serde_json::Value, PolicyError> {
        serde_json::to_value(value)
            .map_err(|error| PolicyError::new(&self.module.file, error.to_string()))
    }

    pub(super) fn error(&self, error: &anyhow::Error) -> PolicyError {
        PolicyError::from_engine(&self.module.file, &self.module.text, &format!("{error:#}"))
    }
}

#[cfg(test)]
#[path = "evaluate_tests.rs"]
mod tests;
