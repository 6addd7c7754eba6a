//! How many random cases a property gets, and what a failing one shows.

use proptest::prelude::*;

use crate::model::firewall::Firewall;

/// The usual number of cases of a property, or `EXLINT_CASES`.
pub fn cases(usual: u32) -> ProptestConfig {
    let wanted = std::env::var("EXLINT_CASES").ok();
    ProptestConfig {
        cases: wanted
            .and_then(|text| text.parse().ok())
            .unwrap_or(usual)
            .max(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// Adds the firewalls to a failure, as text to paste into a file.
pub fn shown(
    firewalls: &[&Firewall],
    result: Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let Err(TestCaseError::Fail(reason)) = result else {
        return result;
    };
    let texts: Vec<String> = firewalls.iter().map(|f| super::render::asa(f)).collect();
    Err(TestCaseError::fail(format!(
        "{reason}\n{}",
        texts.join("\n")
    )))
}
