//! Any bytes read as what `adsutil.vbs ENUM` prints, and as a listing of IIS.
#![no_main]

use exlint::formats::iis::{ADSUTIL, LISTING};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    exlint_fuzz::read(&ADSUTIL, bytes);
    exlint_fuzz::read(&LISTING, bytes);
});
