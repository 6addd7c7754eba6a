//! A limit of the memory that rules of a user may take.
//!
//! The engine counts no memory, so a thread looks at the process while such
//! rules are evaluated. It cannot stop the engine: who is told ends the process.

use std::collections::BTreeSet;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use super::error::PolicyError;
use super::host::Module;

/// Bytes by which the process may grow while rules of a user are evaluated:
/// several times what the built-in rules take of the largest estates.
const LIMIT: usize = 1 << 30;

/// Between two looks. A rule cannot fill much more than a tenth of the limit
/// in this time.
const PAUSE: Duration = Duration::from_millis(10);

type Told = Box<dyn Fn(Vec<PolicyError>) + Send + Sync>;

static EXCEEDED: OnceLock<Told> = OnceLock::new();

/// Limits the memory that rules of a user may take from now on, in this whole
/// process. `exceeded` is called, on another thread, with an error for each of
/// the rules that were evaluated when the limit was passed, and should not
/// return. Only the first call counts.
pub fn limit_memory(exceeded: impl Fn(Vec<PolicyError>) + Send + Sync + 'static) {
    // The one that came first stays.
    let _ = EXCEEDED.set(Box::new(exceeded));
}

/// The rules of a user that are evaluated now, by their files.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<BTreeSet<String>>);

impl Running {
    /// Evaluates a rule while it is known to run, where it is a user's.
    pub(super) fn during<T>(&self, rule: &Module, evaluate: impl FnOnce() -> T) -> T {
        if rule.built_in.is_some() {
            return evaluate();
        }
        self.files().insert(rule.file.clone());
        let evaluated = evaluate();
        self.files().remove(&rule.file);
        evaluated
    }

    fn files(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn errors(&self) -> Vec<PolicyError> {
        let error = |file: &String| {
            let what = "the evaluation of the rule takes more than 1 GiB of memory";
            let hint = "loops within loops multiply: look up by key, or filter in the outer one";
            PolicyError::new(file, what).hint(hint)
        };
        self.files().iter().map(error).collect()
    }
}

/// Works with a thread that looks at the memory of the process.
pub(super) fn watched<T>(running: &Running, work: impl FnOnce() -> T) -> T {
    let (Some(exceeded), Some(before)) = (EXCEEDED.get(), resident()) else {
        return work();
    };
    std::thread::scope(|scope| {
        let (working, ended) = channel::<()>();
        scope.spawn(move || {
            while ended.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                let grown = resident().unwrap_or_default().saturating_sub(before);
                if grown > LIMIT {
                    return exceeded(running.errors());
                }
            }
        });
        let made = work();
        drop(working);
        made
    })
}

/// Bytes of memory that the process holds; `None` where the system does not
/// tell.
fn resident() -> Option<usize> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_being_evaluated_is_blamed() {
        let running = Running::default();
        let rule = |file: &str| Module::of_user(file.to_owned(), String::new());
        let files = running.during(&rule("a.rego"), || {
            running.during(&rule("b.rego"), || ());
            running.errors().into_iter().map(|error| error.file)
        });
        assert_eq!(files.collect::<Vec<_>>(), ["a.rego"]);
        assert!(running.errors().is_empty());
    }

    #[test]
    fn the_system_tells_the_memory_of_this_process() {
        let before = resident().expect("a system that tells it");
        let held = vec![1_u8; 64 << 20];
        let after = resident().expect("a system that tells it");
        assert!(after.saturating_sub(before) > 32 << 20, "{before} {after}");
        assert_eq!(held.last(), Some(&1));
    }
}
