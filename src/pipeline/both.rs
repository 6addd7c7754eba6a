//! The pipeline on an estate before and after a change, side by side.

use std::borrow::Borrow;

use super::{Joined, Judged, Options, RunError, Settings, evaluate, join, read, settings, tell};
use crate::finding::Run;
use crate::flow::Network;
use crate::model::path::exchange_2007;
use crate::policy::Policies;
use crate::policy::facts;
use crate::source::{Inputs, ReadError};

/// One side of a comparison.
#[derive(Debug)]
pub struct Side {
    /// Its files.
    pub inputs: Inputs,
    /// How to judge them.
    pub settings: Settings,
}

/// Runs exlint on an estate before and after a change, side by side.
///
/// # Errors
/// As [`run`]; `policies` is called when everything else is ready.
pub fn run_both(
    base: Side,
    head: Side,
    policies: impl FnOnce() -> Result<Policies, RunError> + Send,
) -> Result<(Run, Run), RunError> {
    let languages = [base.settings.language, head.settings.language];
    std::thread::scope(|scope| {
        let loading = scope.spawn(|| {
            let policies = policies()?;
            policies.prepare();
            Ok::<_, RunError>(policies)
        });
        let loaded = || match loading.join() {
            Ok(policies) => policies,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let (base, head, policies) = judge_both(base, head, rayon::current_num_threads(), loaded)?;
        Ok(both(
            rayon::current_num_threads(),
            || tell(base, &policies, languages[0]),
            || tell(head, &policies, languages[1]),
        ))
    })
}

/// Evaluates the rules on an estate before and after a change.
pub(super) fn judge_both<P: Borrow<Policies>>(
    base: Side,
    head: Side,
    threads: usize,
    policies: impl FnOnce() -> Result<P, RunError>,
) -> Result<(Judged, Judged, P), RunError> {
    let catalogue = exchange_2007()?;
    let (before, after) = both(
        threads,
        || join(base.inputs, &base.settings),
        || join(head.inputs, &head.settings),
    );
    let networks = both(
        threads,
        || Network::new(&before.estate),
        || Network::new(&after.estate),
    );
    let build = |joined: &Joined, network: &Network<'_>| {
        facts::build(&joined.sources, &joined.estate, network, catalogue)
    };
    let (old, mut new) = both(
        threads,
        || build(&before, &networks.0),
        || build(&after, &networks.1),
    );
    facts::compare(&old, &before.sources, &mut new);
    let policies = policies()?;
    let known = policies.borrow();
    let results = both(
        threads,
        || evaluate(&before, &networks.0, &old, known),
        || evaluate(&after, &networks.1, &new, known),
    );
    drop(networks);
    let judged = |joined, facts, results| Judged {
        joined,
        facts,
        results,
    };
    Ok((
        judged(before, old, results.0),
        judged(after, new, results.1),
        policies,
    ))
}

/// Does two things at the same time where there are threads for it.
///
/// Not with `rayon::join`: both wait for threads of their own, and must not
/// hold a thread that those need.
fn both<A: Send, B: Send>(
    threads: usize,
    a: impl FnOnce() -> A + Send,
    b: impl FnOnce() -> B,
) -> (A, B) {
    if threads < 2 {
        return (a(), b());
    }
    std::thread::scope(|scope| {
        let other = scope.spawn(a);
        let b = b();
        match other.join() {
            Ok(a) => (a, b),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// Reads the paths of one side of a comparison.
///
/// # Errors
/// When a named path cannot be read.
pub fn side(options: &Options) -> Result<Side, ReadError> {
    Ok(Side {
        inputs: read(options)?,
        settings: settings(options),
    })
}
