//! One whole organisation, as text of 80 columns and as CLIXML.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{CUT, DER_ONLY, Facts};

/// Numbers of objects by cmdlet.
fn counts(facts: &Facts) -> BTreeMap<String, usize> {
    let objects = facts.0["objects"].as_object().expect("an object");
    objects
        .iter()
        .map(|(cmdlet, objects)| (cmdlet.clone(), objects.as_array().map_or(0, Vec::len)))
        .collect()
}

#[test]
fn console_output_of_80_columns_is_put_together_again() {
    let facts = Facts::of("console-80-columns");
    let expected = [
        ("Get-ExchangeServer", 4),
        ("Get-ReceiveConnector", 4),
        ("Get-SendConnector", 3),
        ("Get-AcceptedDomain", 2),
        ("Get-StorageGroup", 2),
        ("Get-TransportServer", 2),
        ("Get-ExchangeCertificate", 3),
        ("Get-OwaVirtualDirectory", 1),
        ("Get-UMDialPlan", 1),
    ];
    let found = counts(&facts);
    for (cmdlet, count) in expected {
        assert_eq!(found.get(cmdlet), Some(&count), "{cmdlet}");
    }
    // `… BasicAuthR` / `equireTLS, …`: cut in mid-word at column 79.
    facts.has(
        "Get-ReceiveConnector",
        r"NWHUB01\Default NWHUB01",
        &[(
            "AuthMechanism",
            json!([
                "Tls",
                "Integrated",
                "BasicAuth",
                "BasicAuthRequireTLS",
                "ExchangeServer"
            ]),
        )],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"NWHUB01\Application relay",
        &[
            ("AuthMechanism", json!(["Tls", "ExternalAuthoritative"])),
            ("Bindings", json!(["10.8.1.21:25"])),
            (
                "RemoteIPRanges",
                json!(["10.8.4.17", "10.8.4.18", "10.8.5.0/28"]),
            ),
            (
                "Comment",
                json!("Line-of-business applications; owner: operations, ext. 4417"),
            ),
        ],
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        r"NWHUB01\owa (Default Web Site)",
        &[
            (
                "MetabasePath",
                json!("IIS://NWHUB01.northwind.example/W3SVC/1/ROOT/owa"),
            ),
            (
                "WebReadyMimeTypes",
                json!([
                    "application/vnd.ms-powerpoint",
                    "application/x-mspowerpoint",
                    "application/vnd.ms-excel",
                    "application/x-msexcel",
                    "application/msword",
                    "application/pdf"
                ]),
            ),
        ],
    );
    facts.has(
        "Get-SendConnector",
        "Woodgrove Bank",
        &[(
            "SmartHosts",
            json!(["[198.51.100.25]", "mx2.woodgrove.example"]),
        )],
    );
    // The shell shows 16 entries of a list; the 17th was never written.
    facts.unknown(
        "Get-OwaVirtualDirectory",
        r"NWHUB01\owa (Default Web Site)",
        &["AllowedFileTypes", "BlockedFileTypes", "ForceSaveFileTypes"],
        CUT,
    );
    assert_eq!(
        facts.server("nwhub01")["roles"],
        json!(["cas", "hub"]),
        "two roles"
    );
}

/// A time without the mark of the zone, which text never has.
fn without_zone(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.len() == 20 && text.ends_with('Z') => json!(&text[..19]),
        _ => value.clone(),
    }
}

/// Known and unknown properties of all objects but certificates, by cmdlet and
/// identity; times without a zone.
fn comparable(facts: &Facts) -> BTreeMap<(String, String), (Value, Value)> {
    let mut all = BTreeMap::new();
    for (cmdlet, objects) in facts.0["objects"].as_object().expect("an object") {
        if cmdlet == "Get-ExchangeCertificate" {
            continue;
        }
        for object in objects.as_array().expect("a list") {
            let properties = object["properties"].as_object().expect("an object");
            let properties = properties
                .iter()
                .map(|(name, value)| (name.clone(), without_zone(value)))
                .collect();
            let identity = object["identity"].as_str().expect("a name").to_owned();
            let value = (Value::Object(properties), object["unknown"].clone());
            let before = all.insert((cmdlet.clone(), identity), value);
            assert!(before.is_none(), "{cmdlet}: each object once");
        }
    }
    all
}

#[test]
fn clixml_and_console_output_of_one_organisation_give_the_same_facts() {
    let console = comparable(&Facts::of("console-80-columns"));
    let mut clixml = comparable(&Facts::of("clixml"));
    assert_eq!(console.len(), 37);
    // What the console cut off, CLIXML holds.
    let owa = (
        "Get-OwaVirtualDirectory".to_owned(),
        r"NWHUB01\owa (Default Web Site)".to_owned(),
    );
    let (properties, unknown) = clixml.get_mut(&owa).expect("it is there");
    for (name, count) in [
        ("AllowedFileTypes", 20),
        ("BlockedFileTypes", 18),
        ("ForceSaveFileTypes", 20),
    ] {
        let whole = properties.as_object_mut().and_then(|all| all.remove(name));
        let whole = whole.unwrap_or_default();
        assert_eq!(whole.as_array().map(Vec::len), Some(count), "{name}");
        unknown[name] = json!(CUT);
    }
    for (key, expected) in &console {
        assert_eq!(clixml.get(key), Some(expected), "{key:?}");
    }
    assert_eq!(console.len(), clixml.len());
}

#[test]
fn a_certificate_in_clixml_says_what_its_bytes_say() {
    let console = Facts::of("console-80-columns");
    let clixml = Facts::of("clixml");
    for object in clixml.objects("Get-ExchangeCertificate") {
        let identity = object["identity"].as_str().expect("a name");
        let printed = console.object("Get-ExchangeCertificate", identity);
        for name in [
            "Subject",
            "Issuer",
            "Thumbprint",
            "SerialNumber",
            "CertificateDomains",
            "IsSelfSigned",
            "PublicKeySize",
            "NotBefore",
            "NotAfter",
        ] {
            assert_eq!(
                without_zone(&object["properties"][name]),
                printed["properties"][name],
                "{identity} {name}"
            );
        }
        assert_eq!(object["unknown"]["Services"], DER_ONLY);
        assert!(object["properties"].get("Status").is_none());
    }
    assert_eq!(clixml.objects("Get-ExchangeCertificate").len(), 3);
}

#[test]
fn a_command_without_result_is_no_command_that_did_not_run() {
    for form in ["console-80-columns", "clixml"] {
        let facts = Facts::of(form);
        assert_eq!(facts.runs("Get-ForeignConnector"), [0], "{form}");
        assert!(facts.runs("Get-RpcClientAccess").is_empty(), "{form}");
    }
}
