//! Any bytes read as what a Windows machine prints of itself.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::windows_host::FORMAT, bytes));
