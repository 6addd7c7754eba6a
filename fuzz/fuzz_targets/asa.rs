//! Any bytes read as an ASA configuration.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(
    &exlint::formats::firewall::cisco_asa::FORMAT,
    bytes
));
