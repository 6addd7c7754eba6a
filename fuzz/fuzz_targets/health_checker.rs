//! Any bytes read as the text report of HealthChecker, as its export, and as
//! the log of the Hybrid Configuration Wizard.
#![no_main]

use exlint::formats::exchange::{CLIXML, HCW_LOG, HEALTH_CHECKER};
use libfuzzer_sys::fuzz_target;

/// Makes an export of HealthChecker of what the fuzzer finds.
const EXPORT: &[u8] = b"<Objs xmlns=\"http://schemas.microsoft.com/powershell/2004/04\"><Obj N=\"HealthCheckerExchangeServer\"><MS>";

fuzz_target!(|bytes: &[u8]| {
    exlint_fuzz::read(&HEALTH_CHECKER, bytes);
    exlint_fuzz::read(&HCW_LOG, bytes);
    exlint_fuzz::read(&CLIXML, &[EXPORT, bytes].concat());
});
