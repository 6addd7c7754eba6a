//! Any bytes read as ConvertTo-Html.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::exchange::HTML, bytes));
