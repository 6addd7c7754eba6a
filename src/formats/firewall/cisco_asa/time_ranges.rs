//! `time-range`: when an entry is in force.
//!
//! Source: Cisco ASA Series Command Reference, "time-range", "absolute",
//! "periodic".

use crate::model::firewall::{Condition, Schedule};

use super::access_list::add_condition;
use super::device::{Device, TimeRange};
use super::outcome::Outcome;
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

/// `absolute [start TIME DATE] [end TIME DATE]` or `periodic …`.
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
    let (hour, minute) = words.next()?.split_once(':')?;
    let (hour, minute): (u8, u8) = (number(hour)?, number(minute)?);
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
    for (list, rule, name, span) in std::mem::take(&mut device.timed) {
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
        if let Some(rule) = device
            .filter_mut(list)
            .and_then(|filter| filter.rules.get_mut(rule))
        {
            add_condition(rule, condition);
        }
    }
}
