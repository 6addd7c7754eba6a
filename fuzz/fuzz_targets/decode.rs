//! Any bytes decode, and every line and offset of the result can be asked for.
#![no_main]

use exlint::source::{FileId, SourceFile};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = SourceFile::decode(FileId(0), "input", bytes.to_vec());
    for (span, text) in file.lines() {
        assert_eq!(file.slice(span), text);
        let position = file.position(span.start);
        assert!(position.line >= 1 && position.column == 1);
    }
    let end = u32::try_from(file.text().len()).expect("small input");
    if file.malformed() == 0 && !file.text().is_empty() {
        assert!(file.original_offset(end) <= bytes.len() as u64);
    }
});
