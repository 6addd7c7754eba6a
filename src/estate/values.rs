//! Whether two exports of one object say the same.

use crate::model::exchange::{Property, Value};
use crate::source::MASK;

/// Properties that differ between two correct exports of an unchanged object.
const VOLATILE: &[&str] = &[
    "runspaceid",
    "pscomputername",
    "psshowcomputername",
    "originatingserver",
    "serializationdata",
    "objectstate",
    "whenchanged",
    "whenchangedutc",
    "exchangeversion",
    "ismemberofcluster",
    "currentdomaincontrollers",
    "currentglobalcatalogs",
    "currentconfigdomaincontroller",
];

/// How two copies of a property relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// They say the same, or cannot be compared.
    Same,
    /// The second says more: the first is cut off or unusable.
    SecondIsBetter,
    /// They contradict each other.
    Different,
}

/// Compares two copies of a property.
pub(super) fn compare(first: &Property, second: &Property) -> Comparison {
    let key = first.name.to_ascii_lowercase();
    if VOLATILE.contains(&key.as_str()) {
        return Comparison::Same;
    }
    let unusable = |value: &Value| matches!(value, Value::Truncated(_) | Value::Unusable(_));
    match (&first.value, &second.value) {
        (a, b) if unusable(a) && !unusable(b) => Comparison::SecondIsBetter,
        (a, b) if unusable(a) || unusable(b) => Comparison::Same,
        (Value::Secret, _) | (_, Value::Secret) => Comparison::Same,
        // A setting that one store leaves to another.
        (a, b) if is_left_open(a) && !is_left_open(b) => Comparison::SecondIsBetter,
        (_, b) if is_left_open(b) => Comparison::Same,
        (a, b) if canonical(a) == canonical(b) => Comparison::Same,
        // A date in the words of some locale cannot be compared with another.
        (Value::Text(a), Value::Text(b)) if is_local_date(a) != is_local_date(b) => {
            if is_local_date(a) && is_iso_date(b) {
                Comparison::SecondIsBetter
            } else if is_local_date(b) && is_iso_date(a) {
                Comparison::Same
            } else {
                Comparison::Different
            }
        }
        (Value::Text(a), Value::Text(b)) if is_local_date(a) && is_local_date(b) => {
            Comparison::Same
        }
        (Value::Text(a), Value::Text(b)) if is_one_moment(a, b) => {
            // UTC says more than a local time without its zone.
            if b.ends_with('Z') && !a.ends_with('Z') {
                Comparison::SecondIsBetter
            } else {
                Comparison::Same
            }
        }
        _ => Comparison::Different,
    }
}

fn is_left_open(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.as_ref() == "NotConfigured")
}

/// A value without regard to its form: case, order in a list, a list of one
/// against a single value, flags against their text.
fn canonical(value: &Value) -> Vec<String> {
    let mut items = match value {
        Value::Null => Vec::new(),
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Integer(number) => vec![number.to_string()],
        Value::Text(text) => text
            .split(", ")
            .map(|part| part.trim().to_lowercase())
            .filter(|part| !part.is_empty())
            .collect(),
        Value::List(items) => items.iter().flat_map(canonical).collect(),
        Value::Flags(names) => names.iter().map(|name| name.to_lowercase()).collect(),
        Value::Secret | Value::Truncated(_) | Value::Unusable(_) => Vec::new(),
    };
    items.sort();
    items
}

fn is_iso_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let number = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| {
            part.get(..length)
                .is_some_and(|head| head.bytes().all(|b| b.is_ascii_digit()))
        })
    };
    number(parts.next(), 4) && number(parts.next(), 2) && number(parts.next(), 2)
}

/// Whether two times are one moment in different time zones: Format-List prints
/// local time without its zone, CLIXML holds UTC. Offsets are multiples of 15
/// minutes, of 14 hours at most.
fn is_one_moment(a: &str, b: &str) -> bool {
    const QUARTER: i64 = 15 * 60;
    const FARTHEST: i64 = 14 * 3600;
    let time = |text: &str| {
        let text = text.trim().trim_end_matches(['Z', 'z']);
        let date_time: jiff::civil::DateTime = text.parse().ok()?;
        text.contains(':').then_some(date_time)
    };
    let (Some(a), Some(b)) = (time(a), time(b)) else {
        return false;
    };
    let seconds = a.duration_since(b).as_secs();
    seconds.checked_rem(QUARTER) == Some(0) && seconds.saturating_abs() <= FARTHEST
}

/// Digits, separators and a time of day: `1/26/2009 2:14:47 PM`.
fn is_local_date(text: &str) -> bool {
    let date_like = |c: char| c.is_ascii_digit() || matches!(c, '/' | '.');
    let Some((day, time)) = text.split_once(' ') else {
        return false;
    };
    let separators = day.matches(['/', '.']).count();
    separators == 2 && day.chars().all(date_like) && time.contains(':')
}

/// A value for people, without secrets and not over-long.
pub(super) fn show(value: &Value) -> String {
    const LONGEST: usize = 200;
    let text = match value {
        Value::Null => "(empty)".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) | Value::Truncated(text) => text.to_string(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().take(16).map(show).collect();
            format!("{{{}}}", items.join(", "))
        }
        Value::Flags(names) => names.join(", "),
        Value::Secret => MASK.to_owned(),
        Value::Unusable(why) => format!("(not usable: {why})"),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn relation(name: &str, first: Value, second: Value) -> Comparison {
        let property = |value| Property {
            name: name.into(),
            value,
            span: Span::new(FileId(0), 0, 0),
        };
        compare(&property(first), &property(second))
    }

    fn text(value: &str) -> Value {
        Value::Text(value.into())
    }

    #[test]
    fn the_form_of_a_value_does_not_matter() {
        let list = |items: &[&str]| Value::List(items.iter().map(|item| text(item)).collect());
        let flags = |items: &[&str]| Value::Flags(items.iter().map(|i| (*i).into()).collect());
        for (first, second) in [
            (text("HUB1"), text("hub1")),
            (list(&["a", "b"]), list(&["B", "A"])),
            (list(&["a"]), text("a")),
            (flags(&["Tls", "BasicAuth"]), text("BasicAuth, Tls")),
            (Value::Null, list(&[])),
        ] {
            assert_eq!(relation("X", first, second), Comparison::Same);
        }
    }

    #[test]
    fn different_values_contradict_unless_they_are_volatile() {
        assert_eq!(
            relation("AuthMechanism", text("Tls"), text("None")),
            Comparison::Different
        );
        assert_eq!(
            relation("Enabled", Value::Bool(true), Value::Null),
            Comparison::Different
        );
        assert_eq!(
            relation("WhenChanged", text("2009-01-01"), text("2009-02-02")),
            Comparison::Same
        );
    }

    #[test]
    fn a_whole_value_is_better_than_a_cut_one() {
        let cut = || Value::Truncated("{a".into());
        assert_eq!(relation("X", cut(), text("a")), Comparison::SecondIsBetter);
        assert_eq!(relation("X", text("a"), cut()), Comparison::Same);
    }

    #[test]
    fn one_moment_in_two_time_zones_is_no_contradiction() {
        let differ = |first: &str, second: &str| {
            relation("WhenCreated", text(first), text(second)) == Comparison::Different
        };
        assert!(!differ("2009-02-14T10:31:44Z", "2009-02-14T01:31:44Z"));
        assert!(!differ("2009-02-14T10:31:44", "2009-02-14T05:01:44Z"));
        assert!(differ("2009-02-14T10:31:44Z", "2009-02-14T10:31:45Z"));
        assert!(differ("2009-02-14T10:31:44Z", "2009-02-16T10:31:44Z"));
        assert!(differ("2009-02-14", "2009-02-15"));
        assert_eq!(
            relation(
                "NotAfter",
                text("2013-06-21T08:59:59"),
                text("2013-06-20T23:59:59Z")
            ),
            Comparison::SecondIsBetter,
            "UTC says more"
        );
    }

    #[test]
    fn dates_of_a_locale_are_not_compared() {
        assert_eq!(
            relation(
                "NotAfter",
                text("1/26/2009 2:14:47 PM"),
                text("2009-01-26T14:14:47Z")
            ),
            Comparison::SecondIsBetter
        );
    }
}
