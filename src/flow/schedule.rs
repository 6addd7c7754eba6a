//! Whether conditions of rules hold: time ranges on the reference date.

use super::resolve::Reason;
use crate::model::firewall::Schedule;

/// What is known of a condition.
pub(super) enum Decision {
    Holds,
    Fails,
    Unknown(Reason),
}

/// Whether a time range holds on the reference date.
pub(super) fn decide_schedule(schedule: &Schedule, reference_date: &str) -> Decision {
    let day = |moment: &str| moment.get(..10).unwrap_or(moment).to_owned();
    let unsure = |what: &str| {
        Decision::Unknown(Reason::new(
            format!("time range {} {what}", schedule.name),
            Some(schedule.span),
        ))
    };
    let (start, end) = (
        schedule.start.as_deref().map(day),
        schedule.end.as_deref().map(day),
    );
    if end.as_deref().is_some_and(|end| end < reference_date)
        || start.as_deref().is_some_and(|start| start > reference_date)
    {
        return Decision::Fails;
    }
    if schedule.periodic {
        return unsure("recurs, so it holds only at times");
    }
    if end.as_deref() == Some(reference_date) || start.as_deref() == Some(reference_date) {
        return unsure("starts or ends on the reference date");
    }
    if start.is_none() && end.is_none() {
        return unsure("does not tell its times");
    }
    Decision::Holds
}
