//! Deals rules to lanes and compiles them.
//!
//! Compilation takes longer than a small file takes to be read, and no longer
//! than a large estate does. So all rules are compiled while files are read;
//! where these turn out to concern few rules, that work is given up and every
//! evaluation compiles the rules that it asks.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::OnceLock;
use std::time::Duration;

use regorus::Engine;
use regorus::utils::limits::ExecutionTimerConfig;

use super::error::PolicyError;
use super::host::{Module, Policies, Rule};
use super::{shape, together};

/// Lanes that rules are dealt to. More gain little: every lane compiles the
/// libraries, and all share one input, whose counters every thread touches.
const MAX_LANES: usize = 4;

/// Rules that are worth a lane, which has to compile the libraries.
const WORTH_A_LANE: usize = 16;

/// Rules are few when all are at least so many times as many.
const MANY: usize = 3;

/// Longest time that one rule may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What rules are made of.
pub(super) const FINDINGS: &str = "findings";
const UNDECIDED: &str = "undecided";
pub(super) const APPLIES: &str = "applies";

/// The package with an [entry](Rule::entry) for each rule.
pub(super) const ENTRIES: &str = "data.exlint.entries";

/// Rules that are evaluated after one another on one thread.
#[derive(Debug, Clone)]
pub(super) struct Lane {
    /// Their places among all rules.
    pub rules: Vec<usize>,
    /// The engine that they share; `None` where one of them, or a file that
    /// rules import, cannot be compiled.
    pub engine: Option<Engine>,
}

/// What is compiled of a set of rules.
#[derive(Debug, Clone, Default)]
pub(super) struct Compiled {
    /// All rules on their lanes.
    all: OnceLock<Vec<Lane>>,
    /// Set once it is known that few of them are asked.
    few: OnceLock<()>,
}

impl Compiled {
    /// All rules on their lanes, where they are compiled.
    pub(super) fn all(&self) -> Option<&[Lane]> {
        self.all.get().map(Vec::as_slice)
    }
}

/// The lanes of an evaluation.
pub(super) enum Lanes<'p> {
    /// Those of all rules.
    All(&'p [Lane]),
    /// Those of the rules that are asked.
    Few(Vec<Lane>),
}

impl Lanes<'_> {
    pub(super) fn lanes(&self) -> &[Lane] {
        match self {
            Self::All(lanes) => lanes,
            Self::Few(lanes) => lanes,
        }
    }
}

impl Policies {
    /// Compiles the rules, so that [`Policies::evaluate`] need not: work for a
    /// thread that has nothing else to do meanwhile. Ends early when
    /// [`Policies::expect`] finds that few are asked.
    pub fn prepare(&self) {
        let wanted = || self.compiled.few.get().is_none();
        let lanes = self.deal((0..self.rules.len()).collect(), &wanted);
        if wanted() {
            // Who evaluates meanwhile compiles the same.
            let _ = self.compiled.all.set(lanes);
        }
    }

    /// Tells which kinds of input there are, and so which rules can be asked.
    pub fn expect(&self, kinds: &[String]) {
        let asked = self.rules.iter().filter(|rule| rule.suffice(kinds)).count();
        if asked.saturating_mul(MANY) <= self.rules.len() {
            // It may be set before.
            let _ = self.compiled.few.set(());
        }
    }

    /// All rules, dealt to as many lanes as the machine has threads for.
    pub(super) fn lanes(&self) -> &[Lane] {
        let deal = || self.deal((0..self.rules.len()).collect(), &|| true);
        self.compiled.all.get_or_init(deal)
    }

    /// Lanes with at least the rules at these places.
    pub(super) fn lanes_of(&self, asked: Vec<usize>) -> Lanes<'_> {
        match self.compiled.all() {
            Some(lanes) => Lanes::All(lanes),
            None if self.compiled.few.get().is_some() => Lanes::Few(self.deal(asked, &|| true)),
            None => Lanes::All(self.lanes()),
        }
    }

    /// Deals the rules at these places to lanes; those have no engines once it
    /// is not `wanted` any more.
    fn deal(&self, places: Vec<usize>, wanted: &(impl Fn() -> bool + Sync)) -> Vec<Lane> {
        let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let lanes = threads.min(places.len().div_ceil(WORTH_A_LANE));
        side_by_side(lanes.min(MAX_LANES), |first| {
            let mine = places.iter().skip(first).step_by(lanes.max(1));
            let rules: Vec<_> = mine.copied().collect();
            let mine: Vec<_> = rules.iter().filter_map(|at| self.rules.get(*at)).collect();
            Lane {
                engine: self.engine_while(&mine, wanted).ok(),
                rules,
            }
        })
    }

    /// An engine with some rules and what they import, compiled.
    pub(super) fn engine(&self, rules: &[&Rule]) -> Result<Engine, PolicyError> {
        self.engine_while(rules, &|| true)
    }

    /// The same, or an error once it is not `wanted` any more.
    fn engine_while(
        &self,
        rules: &[&Rule],
        wanted: &impl Fn() -> bool,
    ) -> Result<Engine, PolicyError> {
        let given_up = || PolicyError::new("policy", "not compiled, because few rules are asked");
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        // `print` in a policy must not reach the terminal.
        engine.set_gather_prints(true);
        engine.set_execution_timer_config(timer(TIME_LIMIT));
        let modules: Vec<_> = rules.iter().map(|rule| &rule.module).collect();
        let imported = self.with_imports(modules.iter().copied());
        let users = imported.iter().filter(|module| module.built_in.is_none());
        shape::recursion(&users.copied().collect::<Vec<_>>())?;
        let imported = |library: &&Module| imported.iter().any(|one| std::ptr::eq(*one, *library));
        for module in self.libraries.iter().filter(imported).chain(modules) {
            if !wanted() {
                return Err(given_up());
            }
            module.add_to(&mut engine)?;
        }
        let package = ENTRIES.trim_start_matches("data.");
        let mut entries = format!("package {package}\n\nimport rego.v1\n\n");
        for rule in rules {
            if let Some(entry) = rule.entry(&engine)? {
                entries.push_str(&entry);
                entries.push_str(&together::clause(&rule.entry_name()));
            }
        }
        Module::of_user("entries".to_owned(), entries).add_to(&mut engine)?;
        if !wanted() {
            return Err(given_up());
        }
        // Compiles everything, so that an error shows here.
        if let Err(error) = engine.eval_query("true".to_owned(), false) {
            let file = rules.last().map_or("policy", |rule| &rule.module.file);
            let text = rules.last().map_or("", |rule| &rule.module.text);
            return Err(PolicyError::from_engine(file, text, &format!("{error:#}")));
        }
        Ok(engine)
    }
}

impl Rule {
    /// Whether nothing that it needs is missing from these kinds of input.
    pub(super) fn suffice(&self, kinds: &[String]) -> bool {
        self.meta.missing(kinds).next().is_none()
    }

    /// A line of Rego that asks for all that the rule yields, so that what its
    /// sets rest on is evaluated once; `null` where the rule does not apply. A
    /// query would do, but every query is compiled against all modules.
    fn entry(&self, engine: &Engine) -> Result<Option<String>, PolicyError> {
        if !self.declares(engine, FINDINGS)? {
            return Ok(None);
        }
        let (name, package) = (self.entry_name(), self.package());
        let undecided = if self.declares(engine, UNDECIDED)? {
            format!("{package}.{UNDECIDED}")
        } else {
            "set()".to_owned()
        };
        let condition = if self.declares(engine, APPLIES)? {
            format!(" if {package}.{APPLIES} == true else := null")
        } else {
            String::new()
        };
        Ok(Some(format!(
            "{name} := [{package}.{FINDINGS}, {undecided}]{condition}\n"
        )))
    }

    /// The name of the rule's entry.
    pub(super) fn entry_name(&self) -> String {
        format!("rule_{}", self.meta.name.replace('-', "_"))
    }

    pub(super) fn declares(&self, engine: &Engine, name: &str) -> Result<bool, PolicyError> {
        engine
            .has_declared_rule_rooted_at(&self.module.file, name)
            .map_err(|error| self.error(&error))
    }
}

/// A limit of the time that one question may take.
pub(super) fn timer(limit: Duration) -> ExecutionTimerConfig {
    ExecutionTimerConfig {
        limit,
        check_interval: NonZeroU32::MIN.saturating_add(1023),
    }
}

/// What work gives for 0 up to a count, each on a thread of its own, in order:
/// a rule may wait for an answer of `reach`, and must not hold a thread that
/// the answer needs.
pub(super) fn side_by_side<T: Send>(count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let Some(others) = count.checked_sub(1) else {
        return Vec::new();
    };
    let work = &work;
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..=others)
            .map(|at| scope.spawn(move || work(at)))
            .collect();
        let mut done = vec![work(0)];
        for other in others {
            match other.join() {
                Ok(one) => done.push(one),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}
