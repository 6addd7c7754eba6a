//! Joins all documents of a run: servers, addresses, zones, firewalls.
//!
//! Statements are never overwritten: equal ones are merged, different ones
//! become a [`Contradiction`], and what is not known becomes a [`Question`].
//! The result does not depend on the order of the files.

mod addresses;
mod attribution;
mod between;
mod certificates;
mod class;
mod clusters;
mod directory;
mod draft;
mod exports;
mod firewalls;
mod host_objects;
mod host_ports;
mod hosts;
mod iis;
mod name_service;
mod names;
mod objects;
mod place;
mod published;
mod questions;
mod references;
mod resolve;
mod servers;
mod types;
mod values;
mod zones;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

use crate::formats::inventory::Inventory;
use crate::formats::{Content, Document, Problem, ProblemLevel};
use crate::source::{FileId, Sources};

pub use between::{Answer, Crossing, Places, Side, between, crosses};
pub use class::{class_for, is_public};
pub use host_ports::HostPorts;
pub use place::{Place, Placement, ZonePlacement, interface_of, place, zone_of};
pub use types::*;

/// How to join.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The day for which dates are judged, as the user gives it.
    pub reference_date: Option<String>,
    /// The day to take where neither user nor inventory gives one.
    pub default_date: String,
}

/// Joins documents that are needed further; see [`join_contents`].
#[must_use]
pub fn join(inputs: &[(FileId, Document)], sources: &Sources, options: &Options) -> Estate {
    let contents = inputs
        .iter()
        .flat_map(|(file, document)| document.content.iter().map(|c| (*file, c.clone())))
        .collect();
    join_contents(contents, sources, options)
}

/// Joins everything that the files of a run hold, without a copy.
#[must_use]
pub fn join_contents(
    contents: Vec<(FileId, Content)>,
    sources: &Sources,
    options: &Options,
) -> Estate {
    let mut inputs = exports::collect(contents, sources);
    let mut estate = Estate {
        runs: inputs.runs,
        ..Estate::default()
    };
    let inventory = the_inventory(inputs.inventories, &mut estate.problems);
    inputs.firewalls.extend(hosts::assemble(
        inputs.host_firewalls,
        inventory.as_ref(),
        sources,
        &mut estate.contradictions,
    ));

    estate.firewalls = firewalls::join(
        inputs.firewalls,
        inputs.tables,
        inventory.as_ref(),
        sources,
        &mut estate.contradictions,
        &mut estate.problems,
    );

    estate.unread_firewalls = inventory
        .iter()
        .flat_map(|inventory| firewalls::unread(&inventory.firewalls, &estate.firewalls))
        .collect();

    let mut drafts = servers::collect(&inputs.exported, inventory.as_ref());
    let files = attribution::FileOwners::new(&inputs.exported, &drafts.directory, sources);
    addresses::collect(
        &inputs.exported,
        &mut drafts,
        &files,
        sources,
        &mut estate.questions,
    );
    directory::own_sites(&inputs.exported, &mut drafts, &files);
    name_service::collect(
        &inputs.exported,
        &mut drafts,
        sources,
        &mut estate.contradictions,
        &mut estate.problems,
    );
    let subnets = directory::Subnets::new(&inputs.exported);
    iis::apply_web_configs(
        &inputs.configurations,
        &mut inputs.exported,
        &drafts.directory,
        sources,
        &mut estate.problems,
    );
    let mut objects = objects::join(inputs.exported, &drafts, &files, &mut estate.contradictions);
    certificates::complete(&mut objects);
    let (servers, ids) = resolve::resolve(&drafts, inventory.as_ref(), &mut estate.contradictions);
    estate.servers = servers;
    clusters::add_machines(&mut estate.servers, &drafts);
    subnets.place(&mut estate.servers, &mut estate.contradictions);
    clusters::place_nodes(&mut estate.servers);
    hosts::attach(&mut estate, sources);
    estate.objects = objects::finish(objects, &ids);
    host_ports::collect(&mut estate);
    iis::join(&mut estate, sources);

    estate.reference_date = options
        .reference_date
        .clone()
        .or_else(|| {
            let date = inventory.as_ref()?.exchange.reference_date.as_ref()?;
            Some(date.value.clone())
        })
        .unwrap_or_else(|| options.default_date.clone());
    estate.inventory = inventory;

    zones::build(&mut estate);
    class::classify(&mut estate);
    questions::ask(&mut estate);
    if let Some(inventory) = &estate.inventory {
        let problems = references::check(&estate, inventory);
        estate.problems.extend(problems);
    }
    sort(&mut estate, sources);
    estate
}

/// The run's inventory. Two would contradict each other in ways that nobody
/// meant, so the first by name counts and the others are complained of.
fn the_inventory(
    inventories: Vec<(FileId, Inventory)>,
    problems: &mut Vec<Problem>,
) -> Option<Inventory> {
    let mut inventories = inventories.into_iter();
    let first = inventories.next();
    for (file, other) in inventories {
        problems.push(Problem {
            level: ProblemLevel::Error,
            message: "a run has one inventory; this one is not used".to_owned(),
            hint: Some("merge the files, or name one with --config".to_owned()),
            span: other
                .span
                .unwrap_or_else(|| crate::source::Span::new(file, 0, 0)),
        });
    }
    first.map(|(_, inventory)| inventory)
}

/// Brings what was found along the way into an order of its own.
fn sort(estate: &mut Estate, sources: &Sources) {
    let place = |span: crate::source::Span| {
        let name = sources.get(span.file).map(|file| file.name().to_owned());
        (name, span.start, span.end)
    };
    estate.contradictions.sort_by(|a, b| {
        (&a.subject, &a.property, a.inventory).cmp(&(&b.subject, &b.property, b.inventory))
    });
    estate
        .questions
        .sort_by(|a, b| (a.kind, &a.subject, &a.text).cmp(&(b.kind, &b.subject, &b.text)));
    estate
        .problems
        .sort_by_cached_key(|p| (place(p.span), p.message.clone()));
}
