//! What people paste, black out, and what attackers left.

use serde_json::json;

use crate::support::{BLACKED_OUT, Facts, run};

#[test]
fn a_forum_page_with_blank_lines_everywhere_is_read() {
    let facts = Facts::of("forum-paste");
    // Pasted twice, and one object.
    assert_eq!(facts.objects("Get-OwaVirtualDirectory").len(), 1);
    assert_eq!(facts.objects("Get-ReceiveConnector").len(), 2);
    facts.has(
        "Get-OwaVirtualDirectory",
        r"AEX1\owa (Default Web Site)",
        &[
            ("BasicAuthentication", json!(true)),
            ("FormsAuthentication", json!(false)),
            ("InternalAuthenticationMethods", json!(["Basic"])),
            ("ExternalUrl", json!("https://mail.adatum.example/owa")),
        ],
    );
    facts.has(
        "Get-ReceiveConnector",
        r"AEX1\From the Internet",
        &[
            ("AuthMechanism", json!(["Tls", "BasicAuth"])),
            (
                "RemoteIPRanges",
                json!(["0.0.0.0-9.255.255.255", "11.0.0.0-255.255.255.255"]),
            ),
            ("RequireTLS", json!(false)),
        ],
    );
    // Not selected, so neither true nor false.
    let connector = facts.object("Get-ReceiveConnector", r"AEX1\Default AEX1");
    assert!(connector["properties"].get("DomainSecureEnabled").is_none());
    assert!(connector["unknown"].get("DomainSecureEnabled").is_none());
    assert_eq!(facts.0["contradictions"], json!([]));
}

#[test]
fn a_blacked_out_value_is_no_value_and_a_blacked_out_name_no_server() {
    let facts = Facts::of("redacted");
    facts.has(
        "Get-OwaVirtualDirectory",
        r"_____\owa (Default Web Site)",
        &[
            ("BasicAuthentication", json!(true)),
            ("WindowsAuthentication", json!(false)),
        ],
    );
    facts.unknown(
        "Get-ReceiveConnector",
        r"XXXXXX\Default XXXXXX",
        &["Bindings", "RemoteIPRanges", "Fqdn", "Server"],
        BLACKED_OUT,
    );
    assert_eq!(facts.0["servers"], json!([]));
}

#[test]
fn script_in_a_url_is_text_and_its_scheme_is_what_counts() {
    let facts = Facts::of("script-in-url");
    let script = r#"http://f/<script language="JScript" runat="server">function Page_Load(){/* removed */}</script>"#;
    facts.has(
        "Get-OabVirtualDirectory",
        r"AEX1\OAB (Default Web Site)",
        &[("ExternalUrl", json!(script))],
    );
    // It is http, and that is what there is to say.
    let report = run("check", "script-in-url");
    let findings = report["findings"].as_array().expect("a list");
    let rules: Vec<&str> = findings
        .iter()
        .filter_map(|finding| finding["rule"]["id"].as_str())
        .filter(|rule| *rule == "CA003")
        .collect();
    assert_eq!(rules, ["CA003"]);
}
