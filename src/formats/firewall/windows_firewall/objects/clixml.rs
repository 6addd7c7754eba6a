//! Export-Clixml: objects as XML, read with the reader of Exchange's exports.

use std::borrow::Cow;

use super::interpret::Interpreter;
use super::{Property, Record, key};
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
        let record = Record {
            properties,
            span: found.span,
            units: found.elements,
        };
        interpreter.take(&record, ledger);
    });
    for problem in reading.problems {
        interpreter.problem(problem);
    }
    interpreter.finish(reading.ledger)
}

fn texts(raw: Raw<'_>) -> Vec<Cow<'_, str>> {
    match raw {
        Raw::Text(text) | Raw::Cut(text) if !text.trim().is_empty() => vec![text],
        Raw::List(items) => items.iter().cloned().collect(),
        Raw::Text(_) | Raw::Cut(_) | Raw::Null | Raw::Secret | Raw::Opaque(_) => Vec::new(),
    }
}
