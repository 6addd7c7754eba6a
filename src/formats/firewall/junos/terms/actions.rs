//! What a term does with the packets that it matches.

use crate::formats::LineState;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{Action, ReasonId, Rule};

use crate::formats::firewall::junos::device::{Device, Keys};

/// What a term does.
#[derive(Debug, Default)]
pub(super) struct Then {
    pub(super) ends: Option<Action>,
    pub(super) next: bool,
    pub(super) jump: Option<Action>,
    pub(super) unknown: Option<ReasonId>,
}

impl Then {
    /// The action; `None` for `next term` and nothing else.
    pub(super) fn action(&self) -> Option<Action> {
        if self.unknown.is_some() {
            return Some(Action::Permit);
        }
        if let Some(action) = self.jump.or(self.ends) {
            return Some(action);
        }
        // Without a terminating action a term accepts.
        (!self.next).then_some(Action::Permit)
    }
}

/// Actions of a term, as far as several may stand on one line.
pub(super) const THEN: Keys = Keys {
    valued: &[
        "count",
        "policer",
        "forwarding-class",
        "loss-priority",
        "next",
    ],
    flags: &["accept", "discard", "reject", "log", "syslog", "sample"],
};

/// Reads one action.
pub(super) fn read(device: &mut Device<'_, '_>, action: NodeId, then: &mut Then, rule: &mut Rule) {
    match device.word(action) {
        "accept" => {
            then.ends = Some(Action::Permit);
            device.modelled_all(action);
        }
        "discard" | "reject" => {
            then.ends = Some(Action::Deny);
            device.modelled_all(action);
        }
        "next" => {
            then.next = true;
            device.modelled_all(action);
        }
        "log" | "syslog" => {
            rule.logs = true;
            device.modelled_all(action);
        }
        "count"
        | "sample"
        | "port-mirror"
        | "port-mirror-instance"
        | "forwarding-class"
        | "loss-priority"
        | "dscp"
        | "traffic-class"
        | "accounting"
        | "exclude-accounting"
        | "prefix-action"
        | "service-accounting"
        | "service-accounting-deferred"
        | "topology"
        | "policy-map"
        | "force-premium"
        | "dont-fragment"
        | "no-decrement-ttl"
        | "analyzer"
        | "interface-group"
        | "l2-mirror"
        | "load-balance" => {
            device.irrelevant(action);
        }
        "policer" | "three-color-policer" | "hierarchical-policer" | "two-color-policer" => {
            device.tree.explain(
                action,
                LineState::Irrelevant,
                "a policer drops only what exceeds a rate",
            );
        }
        "routing-instance" | "next-interface" | "next-ip" | "next-ip6" | "logical-system"
        | "ipsec-sa" | "decapsulate" | "encapsulate" | "lsp" => {
            then.unknown = Some(device.not_modelled(
                action,
                "the term sends packets another way than the routing table, which is not modelled",
            ));
        }
        "packet-mode" => {
            let why = "the term lets packets pass the security policies by (packet mode)";
            device.not_modelled(action, why);
            let span = device.statement(action);
            device.doubt(why, span);
        }
        other => {
            let why = format!("the action `{other}` is not known to exlint");
            then.unknown = Some(device.not_modelled(action, why));
        }
    }
}
