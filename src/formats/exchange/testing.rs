//! What the tests of all readers share.

use crate::formats::{CmdletRun, Content, Document};
use crate::model::exchange::{Record, Value};
use crate::source::{FileId, SourceFile};

/// A file of a name.
pub fn named(name: &str, text: &str) -> SourceFile {
    SourceFile::from_text(FileId(0), name, text)
}

/// The runs of a document.
pub fn runs(document: &Document) -> Vec<&CmdletRun> {
    document
        .content
        .iter()
        .filter_map(|content| match content {
            Content::Exchange(run) => Some(run),
            _ => None,
        })
        .collect()
}

/// The records of a document.
pub fn records(document: &Document) -> Vec<&Record> {
    runs(document)
        .into_iter()
        .flat_map(|run| &run.records)
        .collect()
}

/// The value of a property that must be there.
pub fn value<'a>(record: &'a Record, name: &str) -> &'a Value {
    let property = record.properties.get(name);
    &property.unwrap_or_else(|| panic!("no {name}")).value
}

/// A text as a value.
pub fn text(text: &str) -> Value {
    Value::Text(text.into())
}

/// A list of texts as a value.
pub fn list(items: &[&str]) -> Value {
    Value::List(items.iter().map(|item| text(item)).collect())
}

/// A set of flags as a value.
pub fn flags(names: &[&str]) -> Value {
    Value::Flags(names.iter().map(|name| (*name).into()).collect())
}

/// Whether a value is there but says nothing.
pub fn says_nothing(record: &Record, name: &str) -> bool {
    matches!(
        value(record, name),
        Value::Unusable(_) | Value::Truncated(_)
    )
}

/// What stands at the place of a property.
pub fn at<'f>(file: &'f SourceFile, record: &Record, name: &str) -> &'f str {
    file.slice(record.properties.get(name).expect(name).span)
}

/// Reads a sample whole, cut off at every character and with every character
/// in the place of another: nothing panics, every line has a state, and every
/// place lies inside the file.
pub fn survives_cuts(format: &crate::formats::Format, name: &str, sample: &str) {
    let check = |text: &str| {
        let file = named(name, text);
        if let Some(evidence) = (format.detect)(&file) {
            assert!(text.get(evidence.span.range()).is_some(), "{text}");
        }
        let document = (format.parse)(&file);
        assert_eq!(document.ledger.states().len(), file.line_count(), "{text}");
        let problems = document.problems.iter().map(|problem| problem.span);
        let notes = document.ledger.notes().iter().map(|note| note.span);
        let records = records(&document).into_iter();
        let places = records.flat_map(|record| record.properties.iter().map(|p| p.span));
        for span in problems.chain(notes).chain(places) {
            assert!(text.get(span.range()).is_some(), "{span:?} in {text}");
        }
    };
    check(sample);
    for (at, c) in sample.char_indices() {
        let (head, tail) = sample.split_at(at);
        check(head);
        let rest = tail.get(c.len_utf8()..).unwrap_or_default();
        for other in [
            '"', '\n', ';', '(', ' ', ':', '=', '\u{65e2}', '\0', '@', '-',
        ] {
            check(&format!("{head}{other}{rest}"));
        }
    }
}
