//! Any bytes below a command and the head of a table, read as Format-Table.
#![no_main]

use libfuzzer_sys::fuzz_target;

const HEAD: &[u8] = "\u{feff}[PS] C:\\>Get-ReceiveConnector | ft Identity,AuthMechanism,Fqdn

Identity            AuthMechanism     Fqdn
--------            -------------     ----
"
.as_bytes();

fuzz_target!(|bytes: &[u8]| {
    exlint_fuzz::read(&exlint::formats::exchange::LIST, &[HEAD, bytes].concat());
});
