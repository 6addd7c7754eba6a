//! `schedulers`: when a policy is in force.
//!
//! Source: Juniper, CLI Reference, "scheduler (Security Policies)": between
//! start and stop date, on the days and at the times listed.

use crate::formats::firewall::shared::word_tree::NodeId;
use crate::model::firewall::{Condition, Schedule};

use super::device::Device;

/// The condition that a scheduler's name in a policy stands for.
pub fn condition(device: &mut Device<'_, '_>, name: NodeId) -> Condition {
    let word = device.word(name);
    let at = device.span(name);
    device.refer("scheduler", word, false, at);
    let Some(node) = device.at(&["schedulers", "scheduler", word]) else {
        let reason = device.reason(format!("scheduler {word} is not defined in this file"), at);
        return Condition::Unknown(reason);
    };
    let mut schedule = Schedule {
        name: word.to_owned(),
        start: None,
        end: None,
        periodic: false,
        span: device.statement(node),
        asks: Default::default(),
    };
    let mut ranges = 0usize;
    for statement in device.children(node) {
        match device.word(statement) {
            "start-date" => {
                for value in device.children(statement) {
                    ranges = ranges.saturating_add(1);
                    schedule.start = date(device.word(value));
                    schedule.periodic |= schedule.start.is_none();
                    device.modelled(value);
                    if let Some(stop) = device.tree.value(value, "stop-date") {
                        schedule.end = date(device.word(stop));
                        schedule.periodic |= schedule.end.is_none();
                        device.modelled(stop);
                    }
                }
            }
            "description" => device.irrelevant(statement),
            _ => {
                schedule.periodic = true;
                device.modelled_all(statement);
            }
        }
    }
    if ranges > 1 {
        // Two ranges of dates: in force in either.
        schedule.start = None;
        schedule.end = None;
        schedule.periodic = true;
    }
    Condition::Schedule(Box::new(schedule))
}

/// Marks all schedulers as read.
pub fn define(device: &mut Device<'_, '_>) {
    let Some(top) = device.at(&["schedulers", "scheduler"]) else {
        return;
    };
    for scheduler in device.children(top) {
        let (word, span) = (device.word(scheduler), device.span(scheduler));
        device.refer("scheduler", word, true, span);
        device.modelled_all(scheduler);
    }
}

/// `2009-10-01.08:00` as `2009-10-01T08:00`.
fn date(word: &str) -> Option<String> {
    let (day, time) = word.split_once('.')?;
    let mut parts = day.split('-');
    let year: u16 = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day: u8 = parts.next()?.parse().ok()?;
    let mut clock = time.split(':');
    let hour: u8 = clock.next()?.parse().ok()?;
    let minute: u8 = clock.next()?.parse().ok()?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    valid.then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"))
}
