//! The pipeline for two estates: one before a change, one after it.

use std::borrow::Borrow;
use std::path::PathBuf;

use super::{
    Asked, Joined, Judged, Options, RunError, Settings, join, own_folders, read, read_paths,
    settings, tell, with_folders,
};
use crate::finding::Run;
use crate::flow::Network;
use crate::model::path::exchange_2007;
use crate::policy::{Policies, facts};
use crate::source::{Inputs, ReadError};

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

/// Reads paths that both sides of a comparison share, and no inventory but one
/// that the user chose or that is among them.
///
/// # Errors
/// When a named path cannot be read.
pub fn shared(options: &Options) -> Result<Side, ReadError> {
    let beside = options.inventory.iter().chain(&options.paths);
    Ok(Side {
        inputs: read_paths(&beside.cloned().collect::<Vec<_>>(), options)?,
        settings: settings(options),
    })
}

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
/// As [`run`](super::run); `policies` is called while files are read.
pub fn run_changed(
    base: Side,
    head: Side,
    policies: impl FnOnce() -> Result<Policies, RunError> + Send,
) -> Result<(Run, Run), RunError> {
    std::thread::scope(|scope| {
        let loading = scope.spawn(|| {
            let policies = policies()?;
            policies.prepare();
            Ok::<_, RunError>(policies)
        });
        let loaded = |more: &[PathBuf]| match loading.join() {
            Ok(policies) => with_folders(policies?, more),
            Err(panic) => std::panic::resume_unwind(panic),
        };
        run_both(base, head, rayon::current_num_threads(), loaded)
    })
}

/// The same with so many threads; `policies` is called when everything else is
/// ready, with the folders that the inventory after the change adds.
pub(super) fn run_both<P: Borrow<Policies>>(
    base: Side,
    head: Side,
    threads: usize,
    policies: impl FnOnce(&[PathBuf]) -> Result<P, RunError>,
) -> Result<(Run, Run), RunError> {
    let catalogue = exchange_2007()?;
    let (mut before, mut after) = both(
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
    let (mut old, mut new) = both(
        threads,
        || build(&before, &networks.0),
        || build(&after, &networks.1),
    );
    facts::compare(&old, &before.sources, &mut new);
    let policies = policies(&own_folders(&after.sources, &after.estate))?;
    let policies = policies.borrow();
    let evaluated = both(
        threads,
        || {
            let asked = Asked {
                sources: &before.sources,
                estate: &before.estate,
                network: &networks.0,
                settings: &base.settings,
            };
            asked.evaluate(&mut old, &mut before.files, policies)
        },
        || {
            let asked = Asked {
                sources: &after.sources,
                estate: &after.estate,
                network: &networks.1,
                settings: &head.settings,
            };
            asked.evaluate(&mut new, &mut after.files, policies)
        },
    );
    drop(networks);
    let (first, second) = (evaluated.0?, evaluated.1?);
    let told = |joined, facts, evaluated, settings: &Settings| {
        let judged = Judged {
            joined,
            facts,
            evaluated,
        };
        tell(judged, policies, settings)
    };
    Ok(both(
        threads,
        || told(before, old, first, &base.settings),
        || told(after, new, second, &head.settings),
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
