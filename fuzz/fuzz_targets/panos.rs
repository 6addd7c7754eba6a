//! Any bytes read as a PAN-OS configuration.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::firewall::panos::FORMAT, bytes));
