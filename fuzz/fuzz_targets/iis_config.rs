//! Any bytes read as a configuration of IIS 7, and as a metabase of IIS 6.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    exlint_fuzz::read(&exlint::formats::iis::CONFIG, bytes);
    exlint_fuzz::read(&exlint::formats::iis::METABASE, bytes);
});
