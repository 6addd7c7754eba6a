//! How an export lost a value: the kinds of reasons for an unknown value that
//! another export would cure.

use crate::model::exchange::Value;

/// The table: kind, and what reasons of that kind say.
const TABLE: &str = include_str!("loss.tsv");

/// The kind of loss of a value that an export lost; `None` for a value that is
/// known, and for one that is unknown for another reason.
#[must_use]
pub fn loss(value: &Value) -> Option<&'static str> {
    match value {
        Value::Truncated(_) => Some("truncated"),
        Value::Unusable(why) => TABLE
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .find(|(_, text)| why.contains(text))
            .map(|(kind, _)| kind),
        Value::List(items) => items.iter().find_map(loss),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::cmdlets::Kind;
    use crate::formats::exchange::date::DateOrder;
    use crate::formats::exchange::value::{Raw, typed};

    #[test]
    fn values_that_an_export_lost_tell_how() {
        let of = |kind: Kind, text: &str| {
            let raw = Raw::Text(text.to_owned().into());
            loss(&typed(Some(kind), &raw, DateOrder::Unknown))
        };
        for (kind, text, wanted) in [
            (Kind::List, "{10.0.0.1, 10.0.0.2...}", Some("truncated")),
            (Kind::List, "System.Object[]", Some("type-name")),
            (Kind::List, "a b", Some("joined")),
            (Kind::Date, "01/02/2009 10:00", Some("ambiguous-date")),
            (Kind::Text, "[REDACTED]", Some("redacted")),
            (Kind::Flags("AuthMechanisms"), "33", Some("number")),
            (Kind::List, "{a, b}", None),
            (Kind::Bool, "perhaps", None),
        ] {
            assert_eq!(of(kind, text), wanted, "{text}");
        }
        let disagree = Value::Unusable("two exports disagree about this value".into());
        assert_eq!(loss(&disagree), None);
    }
}
