//! Any bytes read as keys and values of the registry.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::registry::FORMAT, bytes));
