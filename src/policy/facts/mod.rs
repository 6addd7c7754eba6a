//! From estate and flow to `input`, the facts that rules see.
//!
//! One file for each section. Lists are sorted, so that equal inputs give
//! equal bytes.

mod asked;
mod doubts;
mod evidence;
mod exposures;
mod firewalls;
mod flows;
mod hidden;
mod lost;
mod meanings;
mod names;
mod negotiated;
mod objects;
mod pairs;
mod placements;
mod question;
mod remedy;
mod remedy_panos;
mod servers;
mod types;
mod verdicts;
mod zones;

pub(super) use objects::Selected;
pub use question::reach;
pub use types::*;

use std::collections::BTreeSet;

use crate::estate::Estate;
use crate::flow::Network;
use crate::model::path::Catalogue;
use crate::source::Sources;

/// Builds the facts of an estate.
#[must_use]
pub fn build(
    sources: &Sources,
    estate: &Estate,
    network: &Network<'_>,
    catalogue: &Catalogue,
) -> Facts {
    let meanings = meanings::Meanings::new(estate);
    let words = verdicts::Words {
        sources,
        estate,
        meanings: &meanings,
        recent: &verdicts::Recent::default(),
    };
    // Exposures are put into words beside flows, and share verdicts among themselves.
    let exposed_words = verdicts::Words {
        recent: &verdicts::Recent::default(),
        ..words
    };
    let asked = asked::paths(estate, catalogue, || network.classes());
    let exposed = exposures::questions(estate, || network.classes());
    let mut asker = flows::Asker::new(network);
    let paths = flows::questions(&asked);
    let services = exposed
        .iter()
        .filter(|exposed| !exposed.left_open)
        .map(|e| (e.source, e.destination, e.known.service));
    // Without a firewall every answer is the same doubt: not worth remembering.
    if !estate.firewalls.is_empty() {
        asker.prepare(paths.chain(services).collect());
    }
    let asker = &asker;
    // The four large sections, on all cores.
    let ((flows, exposures), (placements, hidden_rules)) = rayon::join(
        || {
            rayon::join(
                || flows::build(words, asker, &asked),
                || exposures::build(exposed_words, asker, &exposed),
            )
        },
        || {
            rayon::join(
                || placements::build(words, network),
                || hidden::build(words, asker, &asked),
            )
        },
    );
    Facts {
        schema: SCHEMA,
        reference_date: estate.reference_date.clone(),
        files: sources
            .files()
            .iter()
            .map(|file| file.name().to_owned())
            .collect(),
        kinds: kinds(estate),
        servers: servers::build(estate),
        zones: zones::build(estate),
        firewalls: firewalls::build(estate),
        placements,
        flows,
        exposures,
        hidden_rules,
        objects: objects::build(estate),
        runs: objects::runs(estate),
        contradictions: doubts::contradictions(estate),
        questions: doubts::questions(estate),
        lost: lost::build(sources, estate),
    }
}

/// Kinds of input that are there; a cmdlet counts when it ran.
fn kinds(estate: &Estate) -> Vec<String> {
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    if !estate.firewalls.is_empty() {
        kinds.insert("firewall");
    }
    if estate.inventory.is_some() {
        kinds.insert("inventory");
    }
    kinds.extend(estate.runs.iter().map(|run| run.cmdlet));
    kinds.extend(estate.objects.iter().map(|object| object.cmdlet));
    kinds.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
