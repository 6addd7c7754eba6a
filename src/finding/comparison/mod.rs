//! An estate before and after a change: what the change opens, closes, makes
//! unsafe and cures.

mod asked;
mod devices;
mod end_to_end;
mod evidence;
mod filters;
mod findings;
mod paths;
mod places;

pub use devices::{DeviceChange, DeviceFate};
pub use end_to_end::EndToEnd;
pub use evidence::Loss;
pub use filters::{Decided, Deed, FilterChange, FilterSide, Kinship, PieceChange};
pub use findings::{Doubt, FindingChanges, NotDecided};
pub use paths::{Bearing, PathChange, PathTurn, ServiceChange};

use super::Run;
use crate::flow::Network;
use crate::model::path::Catalogue;
use crate::policy::Severity;
use evidence::Evidence;

/// What is different between two estates.
#[derive(Debug)]
pub struct Comparison<'r> {
    /// The estate before the change.
    pub base: &'r Run,
    /// The estate after it.
    pub head: &'r Run,
    /// Data paths whose state or verdicts change, in the order of the catalogue.
    pub paths: Vec<PathChange<'r>>,
    /// Firewalls that only one side has, or that have another name there.
    pub devices: Vec<DeviceChange<'r>>,
    /// Filters that treat packets differently, in the order of the firewalls.
    pub filters: Vec<FilterChange>,
    /// What became of findings.
    pub findings: FindingChanges<'r>,
}

impl<'r> Comparison<'r> {
    /// Whether something of either side should have been read or evaluated and
    /// was not: what changed there is not known.
    #[must_use]
    pub fn incomplete(&self) -> bool {
        self.base.incomplete() || self.head.incomplete()
    }

    /// Compares two runs.
    #[must_use]
    pub fn new(base: &'r Run, head: &'r Run, catalogue: &'r Catalogue) -> Self {
        let networks = [base, head].map(|run| Network::new(&run.estate));
        let pairs = devices::pairs(base, head);
        let evidence = Evidence::new(base, head, &pairs);
        let findings = findings::changes(base, head, &evidence);
        Self {
            base,
            head,
            paths: paths::changes([base, head], catalogue, &findings, &evidence),
            filters: filters::changes([base, head], &networks, &pairs),
            devices: devices::changes(base, head, &pairs, &evidence),
            findings,
        }
    }

    /// Whether the change has no effect that can be seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
            && self.devices.is_empty()
            && self.filters.is_empty()
            && self.findings.is_empty()
    }

    /// The highest severity of what the change brings in: of a finding, or of
    /// a data path that it closes or makes unsafe. What is not decided any more
    /// is a warning.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        let findings = self.findings.introduced.iter();
        let findings = findings.map(|finding| finding.severity);
        let open = self.findings.not_decided.iter().map(|_| Severity::Warning);
        let paths = self.paths.iter().filter_map(PathChange::severity);
        findings.chain(open).chain(paths).max()
    }
}
