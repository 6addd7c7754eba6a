//! Any bytes read as the text report of HealthChecker.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::exchange::HEALTH_CHECKER, bytes));
