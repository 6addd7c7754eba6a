//! Any bytes read as ConvertTo-Xml or the log of the Hybrid Configuration Wizard.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| exlint_fuzz::read(&exlint::formats::exchange::OBJECT_XML, bytes));
