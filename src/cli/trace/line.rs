//! One line of a batch: a question as JSON, read without copying.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// A question as its line says it.
#[derive(Debug, Default)]
pub struct Line<'a> {
    /// Whatever the line calls it; given back as it is.
    pub id: Value,
    /// Name of the firewall.
    pub device: Field<'a>,
    /// Where packets come in.
    pub ingress: Field<'a>,
    /// Where they go out.
    pub egress: Field<'a>,
    /// Name of the filter.
    pub filter: Field<'a>,
    /// Source addresses.
    pub src: Field<'a>,
    /// Destination addresses.
    pub dst: Field<'a>,
    /// Protocol.
    pub protocol: Field<'a>,
    /// Source ports.
    pub src_port: Field<'a>,
    /// Destination ports.
    pub dst_port: Field<'a>,
    /// ICMP type.
    pub icmp_type: Field<'a>,
    /// ICMP code.
    pub icmp_code: Field<'a>,
    /// State of the connection.
    pub state: Field<'a>,
    /// The first key that is none of these.
    pub unknown: Option<String>,
}

/// Keys of a question.
pub const KEYS: [&str; 13] = [
    "id",
    "device",
    "in",
    "out",
    "filter",
    "src",
    "dst",
    "protocol",
    "src_port",
    "dst_port",
    "icmp_type",
    "icmp_code",
    "state",
];

/// A value of a line.
#[derive(Debug, Default, PartialEq)]
pub enum Field<'a> {
    /// Not there, or `null`.
    #[default]
    Absent,
    /// A whole number.
    Number(u64),
    /// A text.
    Text(Cow<'a, str>),
    /// Something that no question holds: a list, a fraction, a truth value.
    Other,
}

/// Reads a line into `line`; what was read before an error stays there.
///
/// # Errors
/// When it is no JSON object.
pub fn read<'a>(text: &'a str, line: &mut Line<'a>) -> serde_json::Result<()> {
    let mut json = serde_json::Deserializer::from_str(text);
    Into(line).deserialize(&mut json)?;
    json.end()
}

struct Into<'l, 'a>(&'l mut Line<'a>);

impl<'de> DeserializeSeed<'de> for Into<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Into<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with src, dst and protocol")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let line = self.0;
        while let Some(key) = map.next_key_seed(Scalar)? {
            let Field::Text(key) = key else { continue };
            let slot = match key.as_ref() {
                "id" => {
                    line.id = map.next_value()?;
                    continue;
                }
                "device" => &mut line.device,
                "in" => &mut line.ingress,
                "out" => &mut line.egress,
                "filter" => &mut line.filter,
                "src" => &mut line.src,
                "dst" => &mut line.dst,
                "protocol" => &mut line.protocol,
                "src_port" => &mut line.src_port,
                "dst_port" => &mut line.dst_port,
                "icmp_type" => &mut line.icmp_type,
                "icmp_code" => &mut line.icmp_code,
                "state" => &mut line.state,
                other => {
                    if line.unknown.is_none() {
                        line.unknown = Some(other.chars().take(64).collect());
                    }
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            *slot = map.next_value_seed(Scalar)?;
        }
        Ok(())
    }
}

struct Scalar;

impl<'de> DeserializeSeed<'de> for Scalar {
    type Value = Field<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Field<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar {
    type Value = Field<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a number")
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field<'de>, E> {
        Ok(Field::Number(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Field<'de>, E> {
        Ok(Field::Other)
    }

    fn visit_unit<E>(self) -> Result<Field<'de>, E> {
        Ok(Field::Absent)
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Field<'de>, E> {
        Ok(Field::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Field<'de>, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Field<'de>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_not_copied_and_numbers_stay_numbers() {
        let mut line = Line::default();
        read(
            r#"{"id":7,"src":"10.0.0.1","dst_port":25,"out":null}"#,
            &mut line,
        )
        .expect("JSON");
        assert!(matches!(line.src, Field::Text(Cow::Borrowed("10.0.0.1"))));
        assert_eq!(line.dst_port, Field::Number(25));
        assert_eq!(line.egress, Field::Absent);
        assert_eq!(line.id, Value::from(7));
    }

    #[test]
    fn the_id_survives_an_error_behind_it() {
        let mut line = Line::default();
        assert!(read(r#"{"id":"a","src":"#, &mut line).is_err());
        assert_eq!(line.id, Value::from("a"));
    }

    #[test]
    fn what_is_no_object_is_an_error() {
        for text in ["[]", "7", "", "{} {}", "nonsense"] {
            assert!(read(text, &mut Line::default()).is_err(), "{text}");
        }
    }
}
