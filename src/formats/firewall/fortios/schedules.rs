//! `firewall schedule`: when a policy is in force.
//!
//! Source: Fortinet, FortiOS CLI Reference, "config firewall schedule recurring"
//! (no day is set by default: such a schedule, as the predefined `none`, is never
//! in force), "onetime" (`hh:mm yyyy/mm/dd`), "group".

use crate::formats::LineState;
use crate::formats::firewall::shared::rules::quoted;
use crate::model::firewall::{Condition, Schedule};
use crate::source::Span;

use super::device::Device;
use super::tree::{NodeId, Value};

const SECTIONS: [&str; 3] = [
    "firewall schedule onetime",
    "firewall schedule recurring",
    "firewall schedule group",
];

/// What a schedule means for a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Force {
    /// At all times.
    Always,
    /// At no time.
    Never,
    /// As the condition says.
    When(Condition),
}

/// Marks all schedules as read.
pub fn define(device: &mut Device<'_, '_>) {
    for section in SECTIONS {
        for entry in device.entries(section) {
            let (name, line) = (device.name(entry), device.line(entry));
            device.refer("schedule", &name, true, line);
            device.cover(entry, LineState::Modelled);
        }
    }
}

/// What the schedule of a policy means.
pub fn force(device: &mut Device<'_, '_>, name: &str, at: Span, order: u32) -> Force {
    device.refer("schedule", name, false, at);
    let name = device.current(&SECTIONS, name, order);
    resolve(device, &name, at, 0)
}

fn resolve(device: &mut Device<'_, '_>, name: &str, at: Span, depth: usize) -> Force {
    let find = |device: &Device<'_, '_>, section: &str| {
        device
            .section(section)
            .and_then(|section| device.tree().find(section, true, name))
    };
    let spoiled = SECTIONS.iter().find_map(|section| {
        let entry = find(device, section)?;
        device.spoiled(entry)
    });
    if let Some(reason) = spoiled {
        return Force::When(Condition::Unknown(reason));
    }
    if let Some(entry) = find(device, SECTIONS[1]) {
        return recurring(device, name, entry);
    }
    if let Some(entry) = find(device, SECTIONS[0]) {
        return onetime(device, name, entry);
    }
    if let Some(entry) = find(device, SECTIONS[2])
        && depth < 8
    {
        let span = device.span(entry);
        let mut all_never = true;
        for value in device.values(entry) {
            if value.key != "member" {
                continue;
            }
            for word in value.words.iter() {
                match resolve(device, &word.text, at, depth.saturating_add(1)) {
                    Force::Always => return Force::Always,
                    Force::Never => {}
                    Force::When(_) => all_never = false,
                }
            }
        }
        if all_never {
            return Force::Never;
        }
        return periodic(name, span);
    }
    match name {
        "always" => Force::Always,
        "none" => Force::Never,
        _ => {
            let why = format!("schedule {} is not defined in this file", quoted(name));
            Force::When(Condition::Unknown(device.reason(why, at)))
        }
    }
}

fn periodic(name: &str, span: Span) -> Force {
    Force::When(Condition::Schedule(Box::new(Schedule {
        name: name.to_owned(),
        start: None,
        end: None,
        periodic: true,
        span,
        asks: Default::default(),
    })))
}

fn recurring(device: &mut Device<'_, '_>, name: &str, entry: NodeId) -> Force {
    let span = device.span(entry);
    let values = device.values(entry);
    let find = |key: &str| values.iter().find(|value| value.key == key);
    let days = find("day").map(|value| &*value.words).unwrap_or_default();
    let clock = |key: &str| find(key).map_or("00:00", Value::first).to_owned();
    if days.is_empty() || days.iter().all(|day| day.text == "none") {
        return Force::Never;
    }
    let (start, end) = (clock("start"), clock("end"));
    let whole = start == end || start == "00:00" && end == "24:00";
    let mut all: Vec<&str> = days.iter().map(|day| &*day.text).collect();
    all.sort_unstable();
    all.dedup();
    if whole && all.len() == 7 {
        return Force::Always;
    }
    periodic(name, span)
}

fn onetime(device: &mut Device<'_, '_>, name: &str, entry: NodeId) -> Force {
    let span = device.span(entry);
    let values = device.values(entry);
    let moment = |key: &str| {
        let value = values.iter().find(|value| value.key == key)?;
        date(
            value.first(),
            value.words.get(1).map_or("", |word| &word.text),
        )
    };
    let (start, end) = (moment("start"), moment("end"));
    Force::When(Condition::Schedule(Box::new(Schedule {
        name: name.to_owned(),
        periodic: start.is_none() || end.is_none(),
        start,
        end,
        span,
        asks: Default::default(),
    })))
}

/// `08:00 2012/01/31` as `2012-01-31T08:00`.
fn date(time: &str, day: &str) -> Option<String> {
    let mut clock = time.split(':');
    let hour: u8 = clock.next()?.parse().ok()?;
    let minute: u8 = clock.next()?.parse().ok()?;
    let mut parts = day.split('/');
    let year: u16 = parts.next()?.parse().ok()?;
    let month: u8 = parts.next()?.parse().ok()?;
    let day: u8 = parts.next()?.parse().ok()?;
    let valid = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    valid.then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"))
}
