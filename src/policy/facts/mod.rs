//! From estate and flow to `input`, the facts that rules see.
//!
//! One file for each section. Lists are sorted, so that equal inputs give
//! equal bytes.

mod asked;
mod bound;
mod client_access;
mod comparison;
mod cover;
mod declared;
mod deliveries;
mod denials;
mod doubts;
mod effects;
mod egress;
mod evidence;
mod exceptions;
mod exposures;
mod firewalls;
mod flows;
mod hidden;
mod logging;
mod lost;
mod meanings;
mod names;
mod negotiated;
mod objects;
mod pairs;
mod permits;
mod placements;
mod pools;
mod question;
mod remedy;
mod remedy_panos;
mod servers;
mod sources;
mod types;
mod unused;
mod verdicts;
mod works;
mod zones;

pub use client_access::ClientAccessFact;
pub use comparison::{
    ChangedFlowFact, ComparisonFact, FormerDecisionFact, KIND as COMPARISON, compare,
};
pub use declared::AllowedFlowFact;
pub use deliveries::DeliveryFact;
pub use effects::EffectFact;
pub use egress::EgressFact;
pub use exceptions::{ExceptionFact, ExceptionState};
pub(super) use objects::Selected;
pub use permits::{AddressesFact, PermitFact, ServicesFact};
pub use question::reach;
pub use sources::SourcesFact;
pub use types::*;
pub use unused::UnusedObjectFact;

use std::collections::{BTreeMap, BTreeSet};

use crate::estate::Estate;
use crate::flow::Network;
use crate::model::path::Catalogue;
use crate::source::Sources;

/// The section that takes longest for a large firewall.
pub const HIDDEN_RULES: &str = "hidden_rules";

/// Builds the facts of an estate.
#[must_use]
pub fn build(
    sources: &Sources,
    estate: &Estate,
    network: &Network<'_>,
    catalogue: &Catalogue,
) -> Facts {
    build_asked(sources, estate, network, catalogue, true)
}

/// The same with [`HIDDEN_RULES`] only where they are wanted.
#[must_use]
pub fn build_asked(
    sources: &Sources,
    estate: &Estate,
    network: &Network<'_>,
    catalogue: &Catalogue,
    with_hidden_rules: bool,
) -> Facts {
    let limits = asked::LIMITS;
    build_within(
        sources,
        estate,
        network,
        catalogue,
        with_hidden_rules,
        limits,
    )
}

/// The same with other bounds on what is asked.
fn build_within(
    sources: &Sources,
    estate: &Estate,
    network: &Network<'_>,
    catalogue: &Catalogue,
    with_hidden_rules: bool,
    limits: asked::Limits,
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
    let asked = asked::paths(
        estate,
        catalogue,
        || network.classes(),
        |asked| flows::answers(network, estate, asked),
        limits,
    );
    let exposed = exposures::questions(estate, || network.classes());
    let leaving = egress::questions(estate, || network.classes());
    let clients = client_access::questions(estate, || network.classes());
    let mail = deliveries::questions(estate);
    let mut asker = flows::Asker::new(network);
    let paths = flows::questions(&asked);
    let services = exposed
        .iter()
        .filter(|exposed| !exposed.left_open)
        .map(|e| (e.source, e.destination, e.known.service));
    // Without a firewall every answer is the same doubt: not worth remembering.
    if !estate.firewalls.is_empty() {
        let leaving = leaving.iter().map(egress::Leaving::question);
        let others = leaving.chain(clients.iter().copied());
        let others = others.chain(mail.iter().map(deliveries::Delivery::question));
        asker.prepare(paths.chain(services).chain(others).collect());
    }
    let asker = &asker;
    // The large sections, on all cores.
    let ((flows, exposures), (placements, (hidden_rules, permits))) = rayon::join(
        || {
            rayon::join(
                || flows::build(words, asker, &asked),
                || exposures::build(exposed_words, asker, &exposed),
            )
        },
        || {
            rayon::join(
                || placements::build(words, network),
                || {
                    rayon::join(
                        || match with_hidden_rules {
                            true => hidden::build(words, asker, &asked),
                            false => Vec::new(),
                        },
                        || permits::build(words, network),
                    )
                },
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
        permits,
        egress: egress::build(words, asker, &leaving),
        client_access: client_access::build(words, asker, &clients),
        deliveries: deliveries::build(words, asker, &mail),
        allowed_flows: declared::build(estate),
        unused_objects: unused::build(words, network),
        objects: objects::build(estate),
        runs: objects::runs(estate),
        contradictions: doubts::contradictions(estate),
        questions: doubts::questions(estate),
        lost: lost::build(sources, estate),
        comparison: None,
        parameters: BTreeMap::new(),
        exceptions: Vec::new(),
    }
}

/// Kinds of input that are there; a cmdlet counts when it ran.
#[must_use]
pub fn kinds(estate: &Estate) -> Vec<String> {
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
