//! Entries that a configuration inserts in front of others:
//! `access-list L line N …`.
//!
//! Source: Cisco ASA Series Command Reference, "access-list extended": `line`
//! gives the number at which the entry or remark is inserted; without it the
//! entry goes to the end. An entry that the list has already is refused.

use crate::formats::LineState;
use crate::model::firewall::{Action, Condition, FilterId, Rule};
use crate::source::Span;

use super::access_list::{Entry, add_condition};
use super::device::{Device, Doubt, ListInfo};
use super::outcome::Outcome;

/// What a line is that says again what the list has.
pub const REPEATS: &str = "repeats an access list that the configuration defines";
/// Most insertions per list that are looked up: each costs the list's length.
const MAX_INSERTIONS: u16 = 2_000;

/// Notes a remark, with its line number if it has one.
pub fn remark(info: &mut ListInfo, rules: usize, line: Option<u32>) {
    let Some(line) = line.filter(|_| info.configured) else {
        info.remarks.push(rules);
        return;
    };
    let line = line as usize;
    let (before, found) = remarks_before(info, line);
    if found || before >= usize::from(MAX_INSERTIONS) {
        return;
    }
    let at = line.saturating_sub(1).saturating_sub(before).min(rules);
    info.remarks.insert(before, at);
}

/// How many remarks have a lower line number, and whether one has this one.
fn remarks_before(info: &ListInfo, line: usize) -> (usize, bool) {
    let number = |(index, rules): (usize, &usize)| rules.saturating_add(index).saturating_add(1);
    let mut numbers = info.remarks.iter().enumerate().map(number);
    let mut before: usize = 0;
    loop {
        match numbers.next() {
            Some(found) if found < line => before = before.saturating_add(1),
            found => return (before, found == Some(line)),
        }
    }
}

/// Inserts an entry at its line. `None` when it belongs to the end, where the
/// caller puts it.
pub(super) fn insert<'c>(
    device: &mut Device<'c>,
    id: FilterId,
    line: u32,
    entry: &mut Entry<'c>,
) -> Option<Outcome> {
    let filter = device.firewall.filters.get(id.0 as usize)?;
    let info = device.list_info.get_mut(id.0 as usize)?;
    if info.shown.is_some_and(|shown| line > shown.line) {
        return None;
    }
    let (before, _) = remarks_before(info, line as usize);
    let at = (line as usize).saturating_sub(1).saturating_sub(before);
    if filter
        .rules
        .get(at)
        .is_some_and(|rule| is_same(rule, &entry.rule))
    {
        return Some(Outcome::irrelevant(REPEATS));
    }
    info.insertions = info.insertions.saturating_add(1);
    if info.insertions > MAX_INSERTIONS {
        return Some(unplaced(device, entry.rule.span));
    }
    if let Some(old) = filter.rules.iter().find(|rule| is_same(rule, &entry.rule)) {
        if old.enabled == entry.rule.enabled {
            return Some(Outcome::irrelevant(REPEATS));
        }
        return Some(unplaced(device, entry.rule.span));
    }
    if at >= filter.rules.len() && !info.expanded {
        return None;
    }
    let mut rule = entry.rule.clone();
    let mut place = at;
    let mut outcome = entry.why.clone().map(Outcome::not_modelled);
    if info.expanded {
        // Somewhere in the list: in front, where it matches only possibly,
        // it makes every verdict that it could change inconclusive.
        let text = "it is not known where in the list the entry is inserted";
        let reason = device.reason(text, rule.span);
        add_condition(&mut rule, Condition::Unknown(reason));
        place = 0;
        outcome = Some(Outcome::not_modelled(text));
    }
    for (list, index, ..) in &mut device.timed {
        if *list == id && *index >= place {
            *index = index.saturating_add(1);
        }
    }
    if let Some(name) = entry.time_range {
        device.timed.push((id, place, name, device.span(name)));
    }
    let info = device.list_info.get_mut(id.0 as usize)?;
    for rules in info.remarks.iter_mut().skip(before) {
        *rules = rules.saturating_add(1);
    }
    if let Some(shown) = info.shown.as_mut() {
        shown.line = shown.line.saturating_add(1);
        shown.rule = shown.rule.saturating_add(1);
    }
    device.filter_mut(id)?.rules.insert(place, rule);
    let outcome = outcome.unwrap_or(Outcome::MODELLED);
    debug_assert!(outcome.state != LineState::Irrelevant);
    Some(outcome)
}

/// An entry whose place is not looked up any more: it may decide anything.
fn unplaced(device: &mut Device<'_>, span: Span) -> Outcome {
    let text = "it is not followed which entry of the list this one changes";
    let reason = device.reason(text, span);
    for action in [Action::Permit, Action::Deny] {
        device.doubt(Doubt {
            action,
            ingress: None,
            list: None,
            reason,
            span,
        });
    }
    Outcome::not_modelled(text)
}

/// Whether two entries say the same.
fn is_same(one: &Rule, other: &Rule) -> bool {
    one.action == other.action
        && one.source == other.source
        && one.destination == other.destination
        && one.service == other.service
        && one.ingress == other.ingress
        && one.egress == other.egress
        && one.conditions == other.conditions
}
