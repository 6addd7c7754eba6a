//! Any bytes are told a format or given a reason.
#![no_main]

use exlint::formats::FORMATS;
use exlint::formats::detect::{Detection, detect};
use exlint::source::{FileId, SourceFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = SourceFile::decode(FileId(0), "input", bytes.to_vec());
    let span = match detect(&file, FORMATS, &[]) {
        Detection::Recognised { evidence, .. } => Some(evidence.span),
        Detection::NotRecognised { reason, span } => {
            assert!(!reason.is_empty());
            span
        }
    };
    if let Some(span) = span {
        assert!(file.text().get(span.range()).is_some());
    }
});
