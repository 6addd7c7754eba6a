//! Japanese Windows, and files of two encodings.

use serde_json::json;

use crate::support::{Facts, addresses, assert_every_line_is_understood};

#[test]
fn a_japanese_console_is_read_in_its_code_page() {
    let facts = Facts::of("japanese-windows");
    // Lines of one ideographic space stand between two objects.
    assert_eq!(facts.objects("Get-ReceiveConnector").len(), 2);
    facts.has(
        "Get-ReceiveConnector",
        r"WTHUB1\Default WTHUB1",
        &[("Comment", json!("既定の受信コネクタ"))],
    );
    // A warning is no object.
    assert!(facts.objects("Get-OwaVirtualDirectory").is_empty());
    let firewalls = facts.0["firewalls"].as_array().expect("a list");
    assert_eq!(firewalls.len(), 1);
    assert_eq!(firewalls[0]["name"], "wthub1");
    for name in ["WTHUB1_advfirewall.txt", "WTHUB1_ipconfig.txt"] {
        assert_every_line_is_understood("japanese-windows", name);
    }
    assert_eq!(addresses(&facts, "wthub1"), ["10.60.1.11"]);
}

#[test]
fn a_file_of_two_encodings_is_decoded_part_by_part() {
    for name in [
        "WTMBX1_Firewall_netsh_advfirewall-firewall-rules.TXT",
        "WTMBX1_IPsec_netsh_static.TXT",
    ] {
        assert_every_line_is_understood("mixed-encodings", name);
    }
    let facts = Facts::of("mixed-encodings");
    let rules = facts.objects("Get-NetIPsecRule");
    assert_eq!(rules.len(), 1);
    let rule = &rules[0]["properties"];
    assert_eq!(rule["RemoteAddress"], json!(["10.60.1.32"]));
    assert_eq!(rule["RemotePort"], json!(["445"]));
    assert_eq!(rule["PolicyAssigned"], true);
}
