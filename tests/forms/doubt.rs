//! Exports that hold less than they seem to.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{AD_ONLY, CUT, DISAGREE, Facts};

#[test]
fn what_was_exported_from_the_directory_alone_is_no_fact_about_iis() {
    let facts = Facts::of("ad-properties-only");
    let owa = r"PWEX1\owa (Default Web Site)";
    facts.unknown(
        "Get-OwaVirtualDirectory",
        owa,
        &[
            "BasicAuthentication",
            "FormsAuthentication",
            "WindowsAuthentication",
            "DigestAuthentication",
        ],
        AD_ONLY,
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        owa,
        &[
            ("InternalAuthenticationMethods", json!(["Basic", "Fba"])),
            ("ExternalUrl", json!("https://mail.proseware.example/owa")),
        ],
    );
    facts.unknown(
        "Get-WebServicesVirtualDirectory",
        r"PWEX1\EWS (Default Web Site)",
        &["BasicAuthentication", "WindowsAuthentication"],
        AD_ONLY,
    );
}

#[test]
fn a_list_that_ends_in_dots_is_not_known() {
    let facts = Facts::of("truncated-lists");
    facts.unknown(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &["RemoteIPRanges"],
        CUT,
    );
    // Four entries are what a list may have.
    facts.has(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &[(
            "Bindings",
            json!([
                "10.4.1.11:25",
                "10.4.1.12:25",
                "10.4.1.13:25",
                "10.4.1.14:25"
            ]),
        )],
    );
    let certificates = facts.objects("Get-ExchangeCertificate");
    assert_eq!(certificates.len(), 1);
    assert_eq!(certificates[0]["unknown"]["CertificateDomains"], CUT);
    // Cells of a table.
    assert_eq!(facts.objects("Get-SendConnector").len(), 2);
    facts.has(
        "Get-SendConnector",
        "To the Internet",
        &[("AddressSpaces", json!(["SMTP:*;1"]))],
    );
    facts.unknown(
        "Get-SendConnector",
        "(unnamed)",
        &["Name", "AddressSpaces"],
        CUT,
    );
}

#[test]
fn the_same_object_with_other_values_is_a_contradiction() {
    let facts = Facts::of("conflicting-exports");
    // Five listings, three of them the same.
    assert_eq!(facts.objects("Get-ReceiveConnector").len(), 2);
    facts.unknown(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &["RemoteIPRanges"],
        DISAGREE,
    );
    facts.has(
        "Get-ReceiveConnector",
        r"PWEX1\Relay",
        &[("AuthMechanism", json!(["Tls"]))],
    );
    facts.unknown("Get-ExchangeServer", "PWEX1", &["Site"], DISAGREE);
    let contradictions = facts.0["contradictions"].as_array().expect("a list");
    let said: BTreeSet<(&str, &str)> = contradictions
        .iter()
        .filter_map(|one| Some((one["subject"].as_str()?, one["property"].as_str()?)))
        .collect();
    assert_eq!(
        said,
        BTreeSet::from([(r"PWEX1\Relay", "RemoteIPRanges"), ("pwex1", "site")])
    );
    for one in contradictions {
        assert_eq!(one["values"].as_array().map(Vec::len), Some(2), "{one}");
    }
}
