//! `schedule`: when a rule is in force.
//!
//! Source: Palo Alto Networks, "PAN-OS Web Interface Help", "Objects >
//! Schedules": recurring daily or weekly, or non-recurring from one date and
//! time to another (`2012/07/01@08:00-2012/07/31@18:00`).

use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{Condition, Schedule};

use super::device::Device;

/// The condition that a schedule's name in a rule stands for.
pub fn condition(device: &mut Device<'_, '_>, node: NodeId) -> Condition {
    let word = device.word(node);
    let at = device.span(node);
    device.refer("schedule", word, false, at);
    let Some(entry) = device.object("schedule", word) else {
        let text = format!("schedule {} is not defined in this file", quoted(word));
        let reason = device.not_modelled(node, text);
        return Condition::Unknown(reason);
    };
    device.modelled(node);
    let mut schedule = Schedule {
        name: word.to_owned(),
        start: None,
        end: None,
        periodic: false,
        span: device.statement(entry),
        asks: Default::default(),
    };
    let kind = device.tree.get(entry, "schedule-type").unwrap_or(entry);
    let ranges = device.below(kind, &["non-recurring"]);
    match ranges.as_slice() {
        [one] => {
            let dates = device.word(*one).split_once('-');
            let (start, end) = dates.map_or((None, None), |(start, end)| (date(start), date(end)));
            schedule.periodic = start.is_none() || end.is_none();
            schedule.start = start;
            schedule.end = end;
        }
        [] => schedule.periodic = true,
        _ => {
            // In force in any of several ranges.
            let ends: Option<Vec<(String, String)>> = ranges
                .iter()
                .map(|range| {
                    let (start, end) = device.word(*range).split_once('-')?;
                    Some((date(start)?, date(end)?))
                })
                .collect();
            if let Some(ends) = ends {
                schedule.start = ends.iter().map(|(start, _)| start.clone()).min();
                schedule.end = ends.iter().map(|(_, end)| end.clone()).max();
            }
            schedule.periodic = true;
        }
    }
    Condition::Schedule(Box::new(schedule))
}

/// Records the schedules of the device's own scopes.
pub fn define(device: &mut Device<'_, '_>) {
    let Some(scope) = device.own_scopes().first().copied() else {
        return;
    };
    for entry in device.below(scope, &["schedule"]) {
        let (word, span) = (device.word(entry), device.span(entry));
        device.refer("schedule", word, true, span);
    }
}

/// `2012/07/01@08:00` as `2012-07-01T08:00`.
fn date(word: &str) -> Option<String> {
    let (day, time) = word.split_once('@')?;
    let mut parts = day.split('/');
    let year: u16 = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day: u8 = parts.next()?.parse().ok()?;
    let mut clock = time.split(':');
    let hour: u8 = clock.next()?.parse().ok()?;
    let minute: u8 = clock.next()?.parse().ok()?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    valid.then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"))
}
