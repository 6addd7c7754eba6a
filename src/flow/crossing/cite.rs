//! The statements that decide, ready to cite.

use super::{Decider, DeciderKind};
use crate::estate::FirewallId;
use crate::flow::evaluate::{Engine, RuleRef};
use crate::model::firewall::{Action, Stage};

impl Engine<'_> {
    /// What lets packets of a known connection pass.
    pub(in crate::flow) fn connection(&self, firewall: FirewallId) -> Decider {
        Decider {
            firewall,
            filter: None,
            filter_name: "".into(),
            rule: None,
            kind: DeciderKind::Connection,
            permits: true,
            label: Some("packets of a known connection pass without a rule".into()),
            stage: None,
            span: self.firewall.name.span,
        }
    }

    pub(in crate::flow) fn decider(
        &self,
        firewall: FirewallId,
        stage: &Stage,
        place: RuleRef,
    ) -> Option<Decider> {
        let mut decider = self.cite(firewall, place)?;
        decider.stage = Some(stage.label.as_str().into());
        Some(decider)
    }

    /// A rule or default, ready to cite.
    #[must_use]
    pub fn cite(&self, firewall: FirewallId, place: RuleRef) -> Option<Decider> {
        let filter = self.filter(place.filter)?;
        let rule = self.rule(place);
        let (kind, action, label, span) = match rule {
            Some(rule) => (
                DeciderKind::Rule,
                rule.action,
                rule.implicit.as_deref().map(Into::into),
                rule.span,
            ),
            None => (
                DeciderKind::Default,
                filter.default.action,
                self.default_label(place.filter),
                filter.default.span,
            ),
        };
        Some(Decider {
            firewall,
            filter: Some(place.filter),
            filter_name: self.filter_name(place.filter),
            rule: place.rule,
            kind,
            permits: action == Action::Permit,
            label,
            stage: None,
            span,
        })
    }
}
