//! Any bytes read as what `adsutil.vbs ENUM` prints.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::iis::ADSUTIL, bytes));
