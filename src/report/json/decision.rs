//! The rule that decides a flow, as several outputs hold it.

use serde::Serialize;

use crate::finding::Run;
use crate::policy::facts::DecisionFact;
use crate::report::text::printable;

/// A deciding rule and its place.
#[derive(Debug, Serialize)]
pub(super) struct JsonDecision {
    device: String,
    filter: String,
    action: &'static str,
    rule: String,
    file: String,
    line: u32,
}

/// The form of a decision.
pub(super) fn decided(decision: &DecisionFact, run: &Run) -> JsonDecision {
    let place = run.sources.locate(decision.at.0);
    JsonDecision {
        device: printable(&decision.firewall).into_owned(),
        filter: printable(&decision.filter).into_owned(),
        action: decision.action,
        rule: printable(&decision.rule).into_owned(),
        file: place.map_or(String::new(), |(file, _)| printable(file).into_owned()),
        line: place.map_or(0, |(_, position)| position.line),
    }
}
