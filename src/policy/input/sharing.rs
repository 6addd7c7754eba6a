//! Values that stand in `input` once, however often facts repeat them.
//!
//! The same refs, names, sentences, labels and deciding rules stand in hundreds
//! of flows. Equal strings share one allocation, and so do small arrays and
//! objects of equal members.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use regorus::{Rc, Value};

/// Members of an array or object that is worth looking for: larger ones are
/// seldom equal.
const SMALL: usize = 8;

/// So many strings, and so many arrays and objects, are remembered. What
/// repeats does so within a few flows or objects of each other; and a large
/// export has millions that do not, of which a table would be larger than they.
const REMEMBERED: usize = 16 * 1024;

/// What was made before.
#[derive(Default)]
pub struct Shared {
    strings: HashSet<Rc<str>>,
    /// Names of fields by the address of their text.
    fields: HashMap<*const u8, Value, BuildHasherDefault<ByAddress>>,
    /// Arrays and objects by the hash of their members. Of several with one
    /// hash the first is kept, and the others are made anew.
    composites: HashMap<u64, Value, BuildHasherDefault<ByAddress>>,
}

impl Shared {
    /// The value of a text.
    pub fn string(&mut self, text: &str) -> Value {
        if let Some(known) = self.strings.get(text) {
            return Value::String(Rc::clone(known));
        }
        let made: Rc<str> = text.into();
        if self.strings.len() >= REMEMBERED {
            self.strings.clear();
        }
        self.strings.insert(Rc::clone(&made));
        Value::String(made)
    }

    /// The name of a field. Two texts at one address are one the prefix of the
    /// other, so the length is compared too.
    pub fn field(&mut self, name: &'static str) -> Value {
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

    /// The array of some items, which this made.
    pub fn array(&mut self, items: Vec<Value>) -> Value {
        if items.len() > SMALL {
            return Value::from(items);
        }
        let mut hash = ByAddress(1);
        items.iter().for_each(|item| hash.write_value(item));
        let equal = |known: &Value| {
            known.as_array().is_ok_and(|known| {
                known.len() == items.len() && known.iter().zip(&items).all(|(a, b)| same(a, b))
            })
        };
        match self.composites.get(&hash.finish()) {
            Some(known) if equal(known) => known.clone(),
            Some(_) => Value::from(items),
            None => self.remember(&hash, Value::from(items)),
        }
    }

    /// The object of some entries, which this made.
    pub fn object(&mut self, entries: Vec<(Value, Value)>) -> Value {
        let make = |entries| Value::from(BTreeMap::from_iter(entries));
        if entries.len() > SMALL {
            return make(entries);
        }
        let mut hash = ByAddress(2);
        for (key, value) in &entries {
            hash.write_value(key);
            hash.write_value(value);
        }
        let equal = |known: &Value| {
            known.as_object().is_ok_and(|known| {
                known.len() == entries.len()
                    && entries
                        .iter()
                        .all(|(key, value)| known.get(key).is_some_and(|known| same(known, value)))
            })
        };
        match self.composites.get(&hash.finish()) {
            Some(known) if equal(known) => known.clone(),
            Some(_) => make(entries),
            None => self.remember(&hash, make(entries)),
        }
    }

    fn remember(&mut self, hash: &ByAddress, made: Value) -> Value {
        if self.composites.len() >= REMEMBERED {
            self.composites.clear();
        }
        self.composites.insert(hash.finish(), made.clone());
        made
    }
}

/// Whether two values are one, or equal without members. Equal texts are one.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Rc::ptr_eq(a, b),
        (Value::Array(a), Value::Array(b)) => Rc::ptr_eq(a, b),
        (Value::Object(a), Value::Object(b)) => Rc::ptr_eq(a, b),
        (Value::Null | Value::Bool(_) | Value::Number(_), _) => a == b,
        _ => false,
    }
}

/// Hashes addresses: the program's own, so that no input can make collisions.
#[derive(Default)]
struct ByAddress(u64);

impl ByAddress {
    /// Adds a value, by where it stands when it has members or is a text.
    fn write_value(&mut self, value: &Value) {
        let address = match value {
            Value::String(text) => text.as_ptr().addr(),
            Value::Array(items) => Rc::as_ptr(items).addr(),
            Value::Object(entries) => Rc::as_ptr(entries).addr(),
            Value::Bool(value) => usize::from(*value),
            Value::Number(number) => {
                let number = number.as_u64().unwrap_or_default();
                usize::try_from(number).unwrap_or_default()
            }
            Value::Null | Value::Set(_) | Value::Undefined => 2,
        };
        self.write_usize(address);
    }
}

impl Hasher for ByAddress {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_usize(usize::from(*byte));
        }
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write_usize(&mut self, address: usize) {
        // Fibonacci hashing: the top bits of the product tell addresses apart.
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mixed = (self.0 ^ u64::try_from(address).unwrap_or_default()).wrapping_mul(GOLDEN);
        self.0 = mixed ^ mixed.rotate_left(32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(shared: &mut Shared, server: &str) -> Value {
        let [key, args, name] = ["key", "args", "server"].map(|name| shared.field(name));
        let server = shared.string(server);
        let args_of = shared.object(vec![(name, server)]);
        let of = shared.string("address-of");
        shared.object(vec![(key, of), (args, args_of)])
    }

    #[test]
    fn equal_objects_share_their_memory() {
        let mut shared = Shared::default();
        let [one, same, other] = ["hub1", "hub1", "hub2"].map(|name| label(&mut shared, name));
        let address = |value: &Value| std::ptr::from_ref(value.as_object().expect("an object"));
        assert_eq!(address(&one), address(&same));
        assert_ne!(one, other);
    }

    #[test]
    fn arrays_of_other_members_or_another_order_stay_apart() {
        let mut shared = Shared::default();
        let [a, b] = ["a", "b"].map(|text| shared.string(text));
        let lists = [
            vec![a.clone(), b.clone()],
            vec![b.clone(), a.clone()],
            vec![a.clone()],
            vec![],
            vec![Value::Null],
            vec![Value::from(2u64)],
            vec![Value::from(-1i64)],
        ];
        let made: Vec<Value> = lists.iter().map(|l| shared.array(l.clone())).collect();
        for (value, list) in made.iter().zip(lists) {
            assert_eq!(*value, Value::from(list));
        }
    }
}
