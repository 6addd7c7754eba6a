//! Any bytes read as a configuration of IOS.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(
    &exlint::formats::firewall::cisco_ios::FORMAT,
    bytes
));
