//! Which flows to ask for: every row of the catalogue at every pair of ends.

use rayon::prelude::*;

use super::answer::Answer;
use super::reach::{Endpoint, Network, Query};
use super::sets::ServiceSet;
use crate::estate::{Estate, Role, ServerId, ZoneClass, ZoneId};

/// One end of a row of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RowEnd {
    /// Every server with the role.
    Role(Role),
    /// Every Exchange server.
    ExchangeServer,
    /// The Internet, if the estate has an interface to it.
    Internet,
    /// Every zone of a class.
    Zones(ZoneClass),
}

/// A row of the catalogue, as far as flows need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathRow {
    /// Id of the data path.
    pub id: String,
    /// Who sends.
    pub sources: Vec<RowEnd>,
    /// Who receives.
    pub destinations: Vec<RowEnd>,
    /// What is sent; every service is asked for by itself.
    pub services: Vec<ServiceSet>,
}

/// A flow to ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Index of the row.
    pub row: usize,
    /// Index of the service in the row.
    pub service: usize,
    /// The question.
    pub query: Query,
}

/// Every place where a row of the catalogue runs in an estate. Both ends on
/// one machine are left out; the order is that of rows, sources, destinations.
#[must_use]
pub fn places(estate: &Estate, rows: &[PathRow]) -> Vec<Place> {
    let mut places = Vec::new();
    for (row, path) in rows.iter().enumerate() {
        let sources = ends(estate, &path.sources);
        let destinations = ends(estate, &path.destinations);
        for from in &sources {
            for to in destinations.iter().filter(|to| *to != from) {
                for (service, services) in path.services.iter().enumerate() {
                    places.push(Place {
                        row,
                        service,
                        query: Query::new(from.clone(), to.clone(), services.clone()),
                    });
                }
            }
        }
    }
    places
}

fn ends(estate: &Estate, ends: &[RowEnd]) -> Vec<Endpoint> {
    let mut found: Vec<Endpoint> = Vec::new();
    for end in ends {
        let servers = (0u32..).map(ServerId).zip(&estate.servers);
        let new: Vec<Endpoint> = match end {
            RowEnd::Role(role) => servers
                .filter(|(_, server)| server.roles.iter().any(|r| r.value == *role))
                .map(|(id, _)| Endpoint::Server(id))
                .collect(),
            RowEnd::ExchangeServer => servers
                .filter(|(_, server)| server.exchange)
                .map(|(id, _)| Endpoint::Server(id))
                .collect(),
            RowEnd::Internet => vec![Endpoint::Internet],
            RowEnd::Zones(class) => (0u32..)
                .map(ZoneId)
                .zip(&estate.zones)
                .filter(|(_, zone)| zone.class == Some(*class))
                .map(|(id, _)| Endpoint::Zone(id))
                .collect(),
        };
        for end in new {
            if !found.contains(&end) {
                found.push(end);
            }
        }
    }
    found
}

impl Network<'_> {
    /// Answers many questions, in their order; fastest when those about the
    /// same ends stand together.
    #[must_use]
    pub fn reach_all(&self, queries: &[Query]) -> Vec<Answer> {
        let pairs: Vec<&[Query]> = queries
            .chunk_by(|a, b| (&a.from, &a.to, a.state) == (&b.from, &b.to, b.state))
            .collect();
        let answers: Vec<Vec<Answer>> = pairs
            .par_iter()
            .map(|pair| {
                let services: Vec<_> = pair.iter().map(|query| query.services.clone()).collect();
                match pair.first() {
                    Some(query) => self.reach_each(query, &services),
                    None => Vec::new(),
                }
            })
            .collect();
        answers.into_iter().flatten().collect()
    }
}
