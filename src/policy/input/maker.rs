//! Makes Rego values of whatever can be serialised.

use std::fmt::{self, Display, Write as _};

use regorus::Value;
use serde::ser::{self, Impossible, Serialize, SerializeMap, SerializeSeq, SerializeStruct};

use super::sharing::Shared;

/// Something has no form as a Rego value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unfit(String);

impl ser::Error for Unfit {
    fn custom<T: Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

/// Makes values and remembers the small ones.
#[derive(Default)]
pub struct Maker {
    shared: Shared,
    buffer: String,
}

impl Maker {
    fn displayed(&mut self, of: impl Display) -> Result<Value, Unfit> {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        let written = write!(buffer, "{of}").map_err(|fmt::Error| unfit("a text that fails"));
        let value = written.map(|()| self.shared.string(&buffer));
        self.buffer = buffer;
        value
    }
}

fn unfit(what: &str) -> Unfit {
    Unfit(format!("{what} has no form in Rego"))
}

/// An array in the making.
pub struct Items<'m> {
    maker: &'m mut Maker,
    items: Vec<Value>,
}

/// An object in the making.
pub struct Entries<'m> {
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
        Ok(self.shared.string(v))
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
        Ok(self.shared.string(variant))
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
        Ok(self.maker.shared.array(self.items))
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
        Ok(self.maker.shared.object(self.entries))
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
        let key = self.maker.shared.field(key);
        let value = value.serialize(&mut *self.maker)?;
        self.entries.push((key, value));
        Ok(())
    }

    fn end(self) -> Result<Value, Unfit> {
        SerializeMap::end(self)
    }
}
