//! Which flows to ask for: every row of the catalogue at every pair of ends.

use indexmap::IndexMap;
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
    /// Answers many questions, in their order. What holds for two ends is
    /// looked up once, and nothing is asked twice.
    #[must_use]
    pub fn reach_all(&self, queries: &[Query]) -> Vec<Answer> {
        let mut pairs: IndexMap<_, IndexMap<&ServiceSet, Vec<usize>>> = IndexMap::new();
        for (index, query) in queries.iter().enumerate() {
            let pair = pairs.entry((&query.from, &query.to, query.state));
            let asked = pair.or_default().entry(&query.services);
            asked.or_default().push(index);
        }
        let pairs: Vec<_> = pairs.into_values().collect();
        let answers: Vec<Vec<(usize, Answer)>> = pairs
            .par_iter()
            .map(|asked| self.answers(queries, asked))
            .collect();
        let mut answers: Vec<(usize, Answer)> = answers.into_iter().flatten().collect();
        answers.sort_unstable_by_key(|(index, _)| *index);
        answers.into_iter().map(|(_, answer)| answer).collect()
    }

    /// Answers the questions about two ends, each with its index.
    fn answers(
        &self,
        queries: &[Query],
        asked: &IndexMap<&ServiceSet, Vec<usize>>,
    ) -> Vec<(usize, Answer)> {
        let first = asked.values().flatten().next();
        let Some(query) = first.and_then(|index| queries.get(*index)) else {
            return Vec::new();
        };
        let services: Vec<ServiceSet> = asked.keys().copied().cloned().collect();
        let mut answers = Vec::new();
        for (answer, indices) in self
            .reach_each(query, &services)
            .into_iter()
            .zip(asked.values())
        {
            let mut indices = indices.iter();
            let last = indices.next_back();
            answers.extend(indices.map(|index| (*index, answer.clone())));
            answers.extend(last.map(|index| (*index, answer)));
        }
        answers
    }
}
