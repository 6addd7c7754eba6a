//! `facts`: what rules see, `exlint/facts/1`, with every string safe to print.

use std::collections::BTreeMap;

use serde::ser::Error;
use serde::{Serialize, Serializer};

use super::safe_value;
use crate::formats::inventory::Parameter;
use crate::policy::facts::{
    AllowedFlowFact, ClientAccessFact, ContradictionFact, DeliveryFact, EgressFact, ExceptionFact,
    ExposureFact, Facts, FirewallFact, FlowFact, HiddenRuleFact, LostFact, ObjectFact, PermitFact,
    PlacementFact, QuestionFact, RunFact, ServerFact, UnusedObjectFact, ZoneFact,
};

/// The whole object. It is the one that rules see but for control characters,
/// and every fact is made safe only when it is written.
#[derive(Serialize)]
pub struct FactsJson<'a> {
    schema: &'static str,
    reference_date: Safe<&'a String>,
    files: Safe<&'a Vec<String>>,
    kinds: Safe<&'a Vec<String>>,
    servers: List<'a, ServerFact>,
    zones: List<'a, ZoneFact>,
    firewalls: List<'a, FirewallFact>,
    placements: List<'a, PlacementFact>,
    flows: List<'a, FlowFact>,
    exposures: List<'a, ExposureFact>,
    hidden_rules: List<'a, HiddenRuleFact>,
    permits: List<'a, PermitFact>,
    egress: List<'a, EgressFact>,
    client_access: List<'a, ClientAccessFact>,
    deliveries: List<'a, DeliveryFact>,
    allowed_flows: List<'a, AllowedFlowFact>,
    unused_objects: List<'a, UnusedObjectFact>,
    objects: Objects<'a>,
    runs: List<'a, RunFact>,
    contradictions: List<'a, ContradictionFact>,
    questions: List<'a, QuestionFact>,
    lost: List<'a, LostFact>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parameters: Option<Safe<&'a BTreeMap<String, BTreeMap<String, Parameter>>>>,
    #[serde(skip_serializing_if = "List::is_empty")]
    exceptions: List<'a, ExceptionFact>,
}

impl<'a> FactsJson<'a> {
    /// The object of some facts.
    #[must_use]
    pub fn new(facts: &'a Facts) -> Self {
        Self {
            schema: facts.schema,
            reference_date: Safe(&facts.reference_date),
            files: Safe(&facts.files),
            kinds: Safe(&facts.kinds),
            servers: List(&facts.servers),
            zones: List(&facts.zones),
            firewalls: List(&facts.firewalls),
            placements: List(&facts.placements),
            flows: List(&facts.flows),
            exposures: List(&facts.exposures),
            hidden_rules: List(&facts.hidden_rules),
            permits: List(&facts.permits),
            egress: List(&facts.egress),
            client_access: List(&facts.client_access),
            deliveries: List(&facts.deliveries),
            allowed_flows: List(&facts.allowed_flows),
            unused_objects: List(&facts.unused_objects),
            objects: Objects(&facts.objects),
            runs: List(&facts.runs),
            contradictions: List(&facts.contradictions),
            questions: List(&facts.questions),
            lost: List(&facts.lost),
            parameters: (!facts.parameters.is_empty()).then_some(Safe(&facts.parameters)),
            exceptions: List(&facts.exceptions),
        }
    }
}

/// One fact.
struct Safe<T>(T);

impl<T: Serialize> Serialize for Safe<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let value = serde_json::to_value(&self.0).map_err(S::Error::custom)?;
        safe_value(&value).serialize(serializer)
    }
}

/// A section.
struct List<'a, T>(&'a [T]);

impl<T> List<'_, T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Serialize> Serialize for List<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Safe))
    }
}

/// Objects by cmdlet.
struct Objects<'a>(&'a BTreeMap<&'static str, Vec<ObjectFact>>);

impl Serialize for Objects<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(cmdlet, list)| (*cmdlet, List(list))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_those_that_rules_see_but_for_control_characters() {
        let facts = Facts {
            schema: "exlint/facts/1",
            reference_date: "2009-11-02".to_owned(),
            files: vec!["a\u{1b}[31m.cfg".to_owned()],
            objects: BTreeMap::from([("Get-ExchangeServer", Vec::new())]),
            ..Facts::default()
        };
        let seen = serde_json::to_value(&facts).expect("JSON");
        let shown = serde_json::to_value(FactsJson::new(&facts)).expect("JSON");
        assert_eq!(shown, safe_value(&seen));
        assert_ne!(shown, seen);
    }
}
