//! What every reader promises, whatever the bytes are.

use exlint::formats::{Format, Unit};
use exlint::source::{FileId, SourceFile};

/// Decodes and reads `bytes` with one format and checks its promises: a state
/// for every line, and evidence that lies inside the file.
pub fn read(format: &Format, bytes: &[u8]) {
    let file = SourceFile::decode(FileId(0), "input", bytes.to_vec());
    let length = file.text().len();
    if let Some(evidence) = (format.detect)(&file) {
        assert!(evidence.span.range().end <= length, "{evidence:?}");
    }
    let document = (format.parse)(&file);
    let ledger = &document.ledger;
    if ledger.unit == Unit::Lines {
        assert_eq!(
            ledger.states().len(),
            file.line_count(),
            "a line is unaccounted for"
        );
    }
    for note in ledger.notes() {
        assert!(file.text().get(note.span.range()).is_some(), "{note:?}");
    }
    for problem in &document.problems {
        assert!(
            file.text().get(problem.span.range()).is_some(),
            "{problem:?}"
        );
    }
    let again = (format.parse)(&file);
    assert_eq!(
        format!("{:?}", document.content),
        format!("{:?}", again.content)
    );
}
