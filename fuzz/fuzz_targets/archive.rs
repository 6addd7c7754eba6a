//! Any bytes read as a zip archive: what comes out lies below the archive, and
//! is no more than its bounds allow.
#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use exlint::source::{ReadOptions, read};
use libfuzzer_sys::fuzz_target;

/// A file of this process; the reader takes paths.
static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("exlint-fuzz-{}.zip", std::process::id())));

/// Largest file of this run, so that a bomb would show itself.
const LARGEST: u64 = 8 * 1024 * 1024;

fuzz_target!(|bytes: &[u8]| {
    std::fs::write(&*FILE, bytes).expect("a temporary file");
    let options = ReadOptions {
        max_file_bytes: LARGEST,
        ..ReadOptions::default()
    };
    let inputs = read(std::slice::from_ref(&*FILE), &options).expect("the file exists");
    for file in inputs.sources.files() {
        assert!(file.text().len() as u64 <= LARGEST.saturating_mul(3));
        let name = file.name();
        assert!(!name.split(['/', '\\']).any(|part| part == ".."), "{name}");
    }
});
