//! CSV with the names of types, JSON that was cut.

use serde_json::json;

use crate::support::{Facts, TYPE_NAME};

#[test]
fn type_names_in_csv_cells_are_no_values() {
    let facts = Facts::of("csv-type-names");
    for connector in [r"LWEX1\Default LWEX1", r"LWEX1\Client LWEX1", r"LWEX1\???"] {
        facts.unknown(
            "Get-ReceiveConnector",
            connector,
            &["Bindings", "RemoteIPRanges"],
            TYPE_NAME,
        );
    }
    // Flags survive, and `None` is an empty set.
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\Client LWEX1",
        &[(
            "AuthMechanism",
            json!(["Tls", "Integrated", "BasicAuth", "BasicAuthRequireTLS"]),
        )],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\???",
        &[
            ("AuthMechanism", json!([])),
            ("PermissionGroups", json!(["AnonymousUsers"])),
        ],
    );
    facts.unknown(
        "Get-OwaVirtualDirectory",
        r"LWEX1\owa (Default Web Site)",
        &[
            "InternalAuthenticationMethods",
            "ExternalAuthenticationMethods",
        ],
        TYPE_NAME,
    );
    facts.has(
        "Get-OwaVirtualDirectory",
        r"LWEX1\owa (Default Web Site)",
        &[
            ("BasicAuthentication", json!(true)),
            ("ExternalUrl", json!("https://webmail.litware.example/owa")),
        ],
    );
    assert_eq!(facts.objects("Get-ExchangeServer").len(), 2);
    assert_eq!(facts.server("lwold")["roles"], json!(["legacy-mailbox"]));
    assert_eq!(facts.server("lwold")["version"]["major"], 6);
}

#[test]
fn json_that_was_cut_tells_what_is_left_and_nothing_else() {
    let facts = Facts::of("json-depth-cut");
    // Numbers of flags: 31 and 5.
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\Default LWEX1",
        &[
            (
                "AuthMechanism",
                json!([
                    "Tls",
                    "Integrated",
                    "BasicAuth",
                    "BasicAuthRequireTLS",
                    "ExchangeServer"
                ]),
            ),
            (
                "PermissionGroups",
                json!(["ExchangeUsers", "ExchangeServers", "ExchangeLegacyServers"]),
            ),
            ("Bindings", json!(["0.0.0.0:25"])),
            ("ProtocolLoggingLevel", json!("None")),
            ("WhenCreated", json!("2008-03-03T09:15:00Z")),
            ("ObjectClass", json!(["top", "msExchSmtpReceiveConnector"])),
        ],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX1\Client LWEX1",
        &[("AuthMechanism", json!(["Tls", "BasicAuth"]))],
    );
    // Addresses hold no blanks, so a list of them survives being joined.
    facts.has(
        "Get-ReceiveConnector",
        r"LWEX2\Default LWEX2",
        &[
            ("Bindings", json!(["0.0.0.0:25", "[::]:25"])),
            (
                "RemoteIPRanges",
                json!(["0.0.0.0-255.255.255.255", "192.0.2.7"]),
            ),
        ],
    );
    facts.unknown(
        "Get-ReceiveConnector",
        r"LWEX2\Default LWEX2",
        &["ObjectClass"],
        "the export joined a list with blanks; export with Export-Clixml or a greater -Depth",
    );
}
