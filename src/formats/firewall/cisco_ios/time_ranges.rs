//! `time-range`: when an entry is in force.
//!
//! Source: Cisco IOS Basic System Management Command Reference, "time-range",
//! "absolute", "periodic".

use crate::model::firewall::{Condition, Schedule};

use super::device::{Device, TimeRange};
use super::outcome::Outcome;
use super::rules::add_condition;
use super::words::{Words, number};

/// Opens `time-range NAME`.
pub fn open<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<&'c str> {
    let name = words.next()?;
    let span = device.span(statement);
    let range = TimeRange {
        start: None,
        end: None,
        periodic: false,
        span,
    };
    device.time_ranges.entry(name).or_insert(range);
    let at = device.span(name);
    device.refer("time-range", name, true, at);
    Some(name)
}

/// `absolute [start TIME DATE] [end TIME DATE]` or `periodic …`, numbered on
/// NX-OS.
pub fn line<'c>(
    device: &mut Device<'c>,
    name: &'c str,
    statement: &'c str,
    words: &mut Words<'c>,
) -> Outcome {
    let span = device.span(statement);
    let Some(range) = device.time_ranges.get_mut(name) else {
        return Outcome::UNRECOGNISED;
    };
    range.span = range.span.to(span);
    if words.peek().and_then(number::<u32>).is_some() {
        words.next();
    }
    match words.next() {
        Some("periodic") => {
            range.periodic = true;
            Outcome::MODELLED
        }
        Some("absolute") => {
            while let Some(word) = words.next() {
                let moment = moment(words);
                let readable = moment.is_some();
                match word {
                    "start" => range.start = moment,
                    "end" => range.end = moment,
                    _ => {}
                }
                if !readable {
                    // Unknown limits: the range applies possibly at any time.
                    range.periodic = true;
                    return Outcome::not_modelled("the limits of the time range could not be read");
                }
            }
            Outcome::MODELLED
        }
        _ => Outcome::UNRECOGNISED,
    }
}

/// `08:00 01 January 2010` → `2010-01-01T08:00`.
fn moment(words: &mut Words<'_>) -> Option<String> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let mut time = words.next()?.splitn(3, ':');
    let (hour, minute): (u8, u8) = (number(time.next()?)?, number(time.next()?)?);
    let day: u8 = number(words.next()?)?;
    let name = words.next()?.to_ascii_lowercase();
    let month = MONTHS
        .iter()
        .position(|month| name.starts_with(month))?
        .saturating_add(1);
    let year: u16 = number(words.next()?)?;
    (hour < 24 && minute < 60 && (1..=31).contains(&day))
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}"))
}

/// Gives every rule that names a time range its condition.
pub fn finish(device: &mut Device<'_>) {
    for (list, at, name, span) in std::mem::take(&mut device.timed) {
        device.refer("time-range", name, false, span);
        let condition = match device.time_ranges.get(name) {
            Some(range) => Condition::Schedule(Box::new(Schedule {
                name: name.to_owned(),
                start: range.start.clone(),
                end: range.end.clone(),
                periodic: range.periodic,
                span: range.span,
                asks: Default::default(),
            })),
            None => {
                let text = format!("time-range {name} is not defined in this file");
                Condition::Unknown(device.reason(text, span))
            }
        };
        let Some(filter) = device.filter_mut(list) else {
            continue;
        };
        // An entry may have become several rules.
        let first = filter
            .rules
            .partition_point(|rule| rule.span.start < at.start);
        for rule in filter.rules.iter_mut().skip(first) {
            if rule.span != at {
                break;
            }
            add_condition(rule, condition.clone());
        }
    }
}
