//! Any bytes read as rulesets in journals and captures of a Linux machine.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::linux_host::FORMAT, bytes));
