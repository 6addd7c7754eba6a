//! Any bytes read as a ruleset of nftables.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::firewall::nftables::FORMAT, bytes));
