//! Any bytes read as output of dsquery, dsget, nltest or cluster.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::directory::CONSOLE, bytes));
