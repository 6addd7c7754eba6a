//! What would let a denied flow through: where on the deciding firewall, and
//! the lines to type there, where the platform's syntax is known.

mod cisco;
mod fortios;
mod junos;
mod netfilter;
mod permit;
mod windows;

use permit::Denied;

use super::asked::End;
use super::types::{LabelFact, RemedyFact};
use super::verdicts::{Words, shown_part};
use crate::flow::{Answer, Decider, DeciderKind, Network};
use crate::formats::firewall::windows_firewall;

/// What to add, and where.
#[must_use]
pub fn remedy(
    words: Words<'_>,
    network: &Network<'_>,
    answer: &Answer,
    ends: [End; 2],
) -> Option<RemedyFact> {
    let part = shown_part(answer, &answer.decided_by())?;
    let decider = part.by.last().filter(|decider| !decider.permits)?;
    let engine = network.engine(decider.firewall)?;
    let hosts = engine.firewall.platform == windows_firewall::ID;
    let place = if hosts {
        windows::place(words, decider)
    } else {
        place(words, decider)
    };
    let seen = part
        .seen
        .iter()
        .find(|seen| seen.firewall == decider.firewall);
    let lines = seen.and_then(|seen| {
        lines(Denied {
            words,
            firewall: engine.firewall,
            decider,
            part,
            seen,
            ends,
        })
    });
    Some(RemedyFact {
        place,
        lines: lines.unwrap_or_default(),
    })
}

/// The lines to type, where the platform's syntax is known and a rule is what
/// is missing.
fn lines(denied: Denied<'_>) -> Option<Vec<String>> {
    let decider = denied.decider;
    // A list that is not there, or the rules of a device without one.
    let replaced = decider.label.is_some() && !list_ends(decider);
    match denied.firewall.platform {
        "fortios" if replaced && is_policy_0(decider) => fortios::policy(denied),
        "junos" if replaced && ends_globally(decider) => junos::policy(denied),
        windows_firewall::ID => windows::lines(decider, denied.part, denied.ends),
        "panos" if matches!(decider.kind, DeciderKind::Rule | DeciderKind::Default) => {
            let Denied {
                words,
                firewall,
                part,
                ends,
                ..
            } = denied;
            super::remedy_panos::lines(words, firewall, decider, part, ends)
        }
        _ if replaced || decider.kind != DeciderKind::Rule && decider.label.is_none() => None,
        "cisco-asa" => cisco::asa(denied),
        "cisco-ios" => cisco::ios(denied),
        "cisco-nxos" => cisco::nxos(denied),
        "junos" => junos::policy(denied),
        "fortios" => fortios::policy(denied),
        "iptables" => netfilter::iptables(denied),
        "nftables" => netfilter::nftables(denied),
        _ => None,
    }
}

/// The default of the policies of a FortiGate.
fn is_policy_0(decider: &Decider) -> bool {
    decider.label.as_deref() == Some("implicit deny (policy 0): no policy matches")
}

/// The default of an SRX, behind its global policies.
fn ends_globally(decider: &Decider) -> bool {
    decider.label.as_deref() == Some("no global policy matches")
}

/// The words for the place of the new rule.
fn place(words: Words<'_>, decider: &Decider) -> LabelFact {
    if matches!(
        decider.kind,
        DeciderKind::Translation | DeciderKind::NatControl
    ) {
        return LabelFact::new("needs-translation", []);
    }
    if let Some(list) = ended_list(decider) {
        return LabelFact::new("end-of-list", [("filter", list)]);
    }
    if let Some(list) = ended_chain(decider) {
        return LabelFact::new("end-of-chain", [("filter", list)]);
    }
    if let Some(level) = words.meanings.level(decider.span) {
        return LabelFact {
            key: "new-list",
            args: level.args.clone(),
        };
    }
    match &decider.label {
        None => LabelFact::new("before-rule", [("rule", &words.rule(decider.span))]),
        Some(_) => LabelFact::new("before-default", []),
    }
}

/// The list at whose end the implicit rule stands that decides.
pub fn ended_list(decider: &Decider) -> Option<&str> {
    decider
        .label
        .as_deref()?
        .strip_prefix("implicit deny at the end of access list ")
}

/// The chain or filter at whose end everything is denied.
fn ended_chain(decider: &Decider) -> Option<&str> {
    let label = decider.label.as_deref()?;
    label
        .strip_prefix("policy of chain ")
        .or_else(|| label.strip_prefix("implicit discard at the end of filter "))
}

/// Whether everything is denied because a list has come to its end.
pub fn list_ends(decider: &Decider) -> bool {
    ended_list(decider).is_some()
        || ended_chain(decider).is_some()
        || decider
            .label
            .as_deref()
            .is_some_and(|label| label.starts_with("no policy from zone "))
}
