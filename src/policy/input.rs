//! From facts to the value that rules see as `input`, without a detour over
//! JSON.
//!
//! Facts repeat themselves: the same refs, names and sentences stand in
//! hundreds of flows. Equal strings share one allocation.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::{self, Display, Write as _};
use std::hash::{BuildHasherDefault, Hasher};

use regorus::{Rc, Value};
use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct};

use super::facts::Facts;
use super::projection::Names;

/// The value of the facts, with the properties that rules can ask for; the
/// largest sections are made side by side.
///
/// # Errors
/// When a fact has no form in Rego.
pub(super) fn of(facts: &Facts, names: &Names<'_>) -> Result<Value, Unfit> {
    let Facts {
        schema,
        reference_date,
        files,
        kinds,
        servers,
        zones,
        firewalls,
        placements,
        flows,
        exposures,
        hidden_rules,
        objects,
        runs,
        contradictions,
        questions,
    } = facts;
    let (exposures, others) = rayon::join(
        || value(exposures),
        || {
            let mut maker = Maker::default();
            Ok(BTreeMap::from([
                ("schema", schema.serialize(&mut maker)?),
                ("reference_date", reference_date.serialize(&mut maker)?),
                ("files", files.serialize(&mut maker)?),
                ("kinds", kinds.serialize(&mut maker)?),
                ("servers", servers.serialize(&mut maker)?),
                ("zones", zones.serialize(&mut maker)?),
                ("firewalls", firewalls.serialize(&mut maker)?),
                ("placements", placements.serialize(&mut maker)?),
                ("flows", flows.serialize(&mut maker)?),
                ("hidden_rules", hidden_rules.serialize(&mut maker)?),
                ("objects", names.of(objects).serialize(&mut maker)?),
                ("runs", runs.serialize(&mut maker)?),
                ("contradictions", contradictions.serialize(&mut maker)?),
                ("questions", questions.serialize(&mut maker)?),
            ]))
        },
    );
    let mut sections = others?;
    sections.insert("exposures", exposures?);
    let named = sections
        .into_iter()
        .map(|(name, section)| (Value::from(name), section));
    Ok(Value::from(named.collect::<BTreeMap<_, _>>()))
}

/// The value of anything that JSON can show.
///
/// # Errors
/// When JSON could not show it either: bytes, or a key that is no string.
fn value(of: &impl Serialize) -> Result<Value, Unfit> {
    of.serialize(&mut Maker::default())
}

/// Something has no form as a Rego value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Unfit(String);

impl ser::Error for Unfit {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Makes values and remembers its strings.
#[derive(Default)]
struct Maker {
    strings: HashSet<Rc<str>>,
    /// Names of fields by the address of their text.
    fields: HashMap<*const u8, Value, BuildHasherDefault<ByAddress>>,
    buffer: String,
}

/// Hashes an address: the program's own, so that no input can make collisions.
#[derive(Default)]
struct ByAddress(u64);

impl Hasher for ByAddress {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_usize(&mut self, address: usize) {
        // Fibonacci hashing: the top bits of the product tell addresses apart.
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.0 ^ u64::try_from(address).unwrap_or_default()).wrapping_mul(GOLDEN);
        self.0 = mixed ^ mixed.rotate_left(32);
    }
}

impl Maker {
    fn string(&mut self, text: &str) -> Value {
        if let Some(known) = self.strings.get(text) {
            return Value::String(Rc::clone(known));
        }
        let shared: Rc<str> = text.into();
        self.strings.insert(Rc::clone(&shared));
        Value::String(shared)
    }

    /// The name of a field. Two texts at one address are one the prefix of the
    /// other, so the length is compared too.
    fn field(&mut self, name: &'static str) -> Value {
        match self.fields.get(&name.as_ptr()) {
            Some(Value::String(known)) if known.len() == name.len() => {
                Value::String(Rc::clone(known))
            }
            _ => {
                let made = self.string(name);
                self.fields.insert(name.as_ptr(), made.clone());
                made
            }
        }
    }

    fn displayed(&mut self, of: impl Display) -> Result<Value, Unfit> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let written = write!(buffer, "{of}").map_err(|fmt::Error| unfit("a text that fails"));
        let value = written.map(|()| self.string(&buffer));
        self.buffer = buffer;
        value
    }
}

fn unfit(what: &str) -> Unfit {
    Unfit(format!("{what} has no form in Rego"))
}

/// An array in the making.
struct Items<'m> {
    maker: &'m mut Maker,
    items: Vec<Value>,
}

/// An object in the making.
struct Entries<'m> {
    maker: &'m mut Maker,
    entries: Vec<(Value, Value)>,
    key: Option<Value>,
}

impl<'m> ser::Serializer for &'m mut Maker {
    type Ok = Value;
    type Error = Unfit;
    type SerializeSeq = Items<'m>;
    type SerializeTuple = Items<'m>;
    type SerializeTupleStruct = Items<'m>;
    type SerializeTupleVariant = Impossible<Value, Unfit>;
    type SerializeMap = Entries<'m>;
    type SerializeStruct = Entries<'m>;
    type SerializeStructVariant = Impossible<Value, Unfit>;

    fn serialize_bool(self, v: bool) -> Result<Value, Unfit> {
        Ok(Value::Bool(v))
    }

    fn serialize_i8(self, v: i8) -> Result<Value, Unfit> {
        self.serialize_i64(v.into())
    }

    fn serialize_i16(self, v: i16) -> Result<Value, Unfit> {
        self.serialize_i64(v.into())
    }

    fn serialize_i32(self, v: i32) -> Result<Value, Unfit> {
        self.serialize_i64(v.into())
    }

    fn serialize_i64(self, v: i64) -> Result<Value, Unfit> {
        Ok(Value::from(v))
    }

    fn serialize_u8(self, v: u8) -> Result<Value, Unfit> {
        self.serialize_u64(v.into())
    }

    fn serialize_u16(self, v: u16) -> Result<Value, Unfit> {
        self.serialize_u64(v.into())
    }

    fn serialize_u32(self, v: u32) -> Result<Value, Unfit> {
        self.serialize_u64(v.into())
    }

    fn serialize_u64(self, v: u64) -> Result<Value, Unfit> {
        Ok(Value::from(v))
    }

    fn serialize_f32(self, v: f32) -> Result<Value, Unfit> {
        self.serialize_f64(v.into())
    }

    fn serialize_f64(self, v: f64) -> Result<Value, Unfit> {
        Ok(Value::from(v))
    }

    fn serialize_char(self, v: char) -> Result<Value, Unfit> {
        self.displayed(v)
    }

    fn serialize_str(self, v: &str) -> Result<Value, Unfit> {
        Ok(self.string(v))
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<Value, Unfit> {
        Err(unfit("a list of bytes"))
    }

    fn serialize_none(self) -> Result<Value, Unfit> {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value, Unfit> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value, Unfit> {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value, Unfit> {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value, Unfit> {
        Ok(self.string(variant))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value, Unfit> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Value, Unfit> {
        Err(unfit("an enum with a value"))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Items<'m>, Unfit> {
        Ok(Items {
            maker: self,
            items: Vec::with_capacity(len.unwrap_or_default()),
        })
    }

    fn serialize_tuple(self, len: usize) -> Result<Items<'m>, Unfit> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items<'m>, Unfit> {
        self.serialize_seq(Some(len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unfit> {
        Err(unfit("an enum with values"))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Entries<'m>, Unfit> {
        Ok(Entries {
            maker: self,
            entries: Vec::with_capacity(len.unwrap_or_default()),
            key: None,
        })
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<Entries<'m>, Unfit> {
        self.serialize_map(Some(len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unfit> {
        Err(unfit("an enum with fields"))
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<Value, Unfit> {
        self.displayed(value)
    }
}

impl SerializeSeq for Items<'_> {
    type Ok = Value;
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        self.items.push(value.serialize(&mut *self.maker)?);
        Ok(())
    }

    fn end(self) -> Result<Value, Unfit> {
        Ok(Value::from(self.items))
    }
}

impl ser::SerializeTuple for Items<'_> {
    type Ok = Value;
    type Error = Unfit;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Unfit> {
        SerializeSeq::end(self)
    }
}

impl ser::SerializeTupleStruct for Items<'_> {
    type Ok = Value;
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        SerializeSeq::serialize_element(self, value)
    }

    fn end(self) -> Result<Value, Unfit> {
        SerializeSeq::end(self)
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = Value;
    type Error = Unfit;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unfit> {
        match key.serialize(&mut *self.maker)? {
            key @ Value::String(_) => self.key = Some(key),
            _ => return Err(unfit("a key that is no text")),
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unfit> {
        let key = self
            .key
            .take()
            .ok_or_else(|| unfit("a value without key"))?;
        let value = value.serialize(&mut *self.maker)?;
        self.entries.push((key, value));
        Ok(())
    }

    fn end(self) -> Result<Value, Unfit> {
        Ok(Value::from(BTreeMap::from_iter(self.entries)))
    }
}

impl SerializeStruct for Entries<'_> {
    type Ok = Value;
    type Error = Unfit;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unfit> {
        let key = self.maker.field(key);
        let value = value.serialize(&mut *self.maker)?;
        self.entries.push((key, value));
        Ok(())
    }

    fn end(self) -> Result<Value, Unfit> {
        SerializeMap::end(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_is_what_its_json_would_be() {
        let json = json!({
            "text": "x", "none": null, "yes": true, "list": [1, -2, 3.5, "x", []],
            "big": u64::MAX, "small": i64::MIN, "nested": {"b": {"a": 1}, "": "x"},
        });
        assert_eq!(value(&json), Ok(Value::from(json)));
    }

    #[test]
    fn facts_are_what_their_json_would_be() {
        let facts = Facts {
            schema: "exlint/facts/1",
            files: vec!["a".to_owned()],
            kinds: vec!["firewall".to_owned()],
            ..Facts::default()
        };
        let json = serde_json::to_value(&facts).expect("facts are JSON");
        assert_eq!(of(&facts, &Names::All), Ok(Value::from(json)));
    }

    #[test]
    fn equal_strings_share_their_memory() {
        let made = value(&["x", "y", "x"]).expect("strings");
        let texts = made.as_array().expect("array").as_slice();
        let text = |index: usize| texts[index].as_string().expect("string");
        assert!(Rc::ptr_eq(text(0), text(2)));
        assert!(!Rc::ptr_eq(text(0), text(1)));
    }

    #[test]
    fn what_json_cannot_show_is_an_error() {
        assert!(value(&BTreeMap::from([(1, 2)])).is_err());
    }
}
