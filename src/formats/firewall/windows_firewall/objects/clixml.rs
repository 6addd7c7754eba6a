//! Export-Clixml: objects as XML, read with the reader of Exchange's exports.

use super::interpret::Interpreter;
use super::{Property, Record, Values, key};
use crate::formats::Document;
use crate::formats::exchange::clixml::reader;
use crate::formats::exchange::value::Raw;
use crate::source::SourceFile;

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut interpreter = Interpreter::new(file);
    let reading = reader::read(file, &mut |found, ledger, _| {
        let properties = found
            .properties
            .into_iter()
            .map(|(property, element)| Property {
                key: key(property.name),
                values: texts(property.raw),
                span: property.span,
                units: element..element.saturating_add(1),
            })
            .collect();
        let record = Record::new(properties, found.span, found.elements);
        interpreter.take(&record, ledger);
    });
    for problem in reading.problems {
        interpreter.problem(problem);
    }
    interpreter.finish(reading.ledger)
}

fn texts(raw: Raw<'_>) -> Values<'_> {
    match raw {
        Raw::Text(text) | Raw::Cut(text) if !text.trim().is_empty() => Values::One(text),
        Raw::List(items) => Values::Many(items.iter().cloned().collect()),
        Raw::Text(_) | Raw::Cut(_) | Raw::Null | Raw::Secret | Raw::Opaque(_) => Values::None,
    }
}
