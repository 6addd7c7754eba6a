//! Evaluates the built-in rules of an engine at one go.
//!
//! The engine forgets everything between two questions, and most rules rest on
//! the same rules of the libraries: asked at one go, they evaluate those once.
//! An error, or too long a time, gives nothing: then each rule is asked alone,
//! so that the error stays in the rule that has it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::anyhow;
use regorus::{Engine, Value};

use super::compile::{ENTRIES, timer};
use super::host::Rule;

/// The set of pairs of an entry's name and what it gives.
const TOGETHER: &str = "together";

/// The function that tells whether a rule is asked.
const ASKED: &str = "exlint.asked";

/// Longest time for all: many times what a large estate takes, and less than
/// one rule may take.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// What the entries of rules give, and how long each took: what several rest on
/// is evaluated in the time of the first.
pub(super) type Yielded = BTreeMap<usize, (Value, Duration)>;

/// A line of Rego for the rule with this entry.
pub(super) fn clause(entry: &str) -> String {
    format!("{TOGETHER} contains [\"{entry}\", {entry}] if {ASKED}(\"{entry}\")\n")
}

/// What those of the rules yield, by their places, that are built in and apply;
/// nothing where it cannot be had at one go.
pub(super) fn evaluate(engine: &Engine, rules: &[(usize, &Rule)]) -> Yielded {
    let built_in = rules
        .iter()
        .filter(|(_, rule)| rule.module.built_in.is_some());
    let asked: BTreeMap<_, _> = built_in
        .map(|(at, rule)| (rule.entry_name(), *at))
        .collect();
    try_evaluate(engine.clone(), asked).unwrap_or_default()
}

fn try_evaluate(mut engine: Engine, asked: BTreeMap<String, usize>) -> anyhow::Result<Yielded> {
    let started = Starts::default();
    let (asks, starts) = (Arc::new(asked), started.clone());
    let asked = Arc::clone(&asks);
    let answer = move |args: Vec<Value>| {
        let name = args.first().and_then(|name| name.as_string().ok());
        let place = name.and_then(|name| asked.get(name.as_ref()));
        if let Some(place) = place {
            starts.add(*place);
        }
        Ok(Value::from(place.is_some()))
    };
    engine.add_extension(ASKED.to_owned(), 1, Box::new(answer))?;
    engine.set_execution_timer_config(timer(TIME_LIMIT));
    let together = engine.eval_rule(format!("{ENTRIES}.{TOGETHER}"))?;
    let took = started.until(Instant::now());
    let yielded = together.as_set()?.iter().map(|pair| {
        let [name, sets] = pair.as_array()?.as_slice() else {
            return Err(anyhow!("no pair"));
        };
        let place = asks.get(name.as_string()?.as_ref());
        let place = *place.ok_or_else(|| anyhow!("a rule that was not asked"))?;
        let took = took.get(&place).copied().unwrap_or_default();
        Ok((place, (sets.clone(), took)))
    });
    yielded.collect()
}

/// When the evaluation of rules began, in this order.
#[derive(Debug, Clone, Default)]
struct Starts(Arc<Mutex<Vec<(usize, Instant)>>>);

impl Starts {
    fn add(&self, place: usize) {
        let mut starts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        starts.push((place, Instant::now()));
    }

    /// How long each took: until the next began.
    fn until(&self, end: Instant) -> BTreeMap<usize, Duration> {
        let starts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ends = starts.iter().skip(1).map(|(_, start)| *start);
        let spans = starts.iter().zip(ends.chain([end]));
        spans
            .map(|((place, start), end)| (*place, end.saturating_duration_since(*start)))
            .collect()
    }
}

#[cfg(test)]
#[path = "together_tests.rs"]
mod tests;
