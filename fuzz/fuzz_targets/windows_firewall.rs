//! Any bytes read as an export of Windows Firewall, in whatever form they seem.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(
    &exlint::formats::firewall::windows_firewall::FORMAT,
    bytes
));
