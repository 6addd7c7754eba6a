use std::fs;

use crate::estate::Estate;

#[test]
fn init_shows_what_is_missing_in_both_languages() {
    let estate = Estate::small();
    insta::assert_snapshot!("init", estate.run(&["init", "exports"]).out);
    let japanese = estate.run(&["init", "--lang", "ja", "exports"]).out;
    insta::assert_snapshot!("init_ja", japanese);
}

#[test]
fn a_folder_without_any_export_is_where_everybody_begins() {
    let estate = Estate::empty();
    let outcome = estate.run(&["init"]);
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    for wanted in [
        "No export yet",
        "Get-ReceiveConnector",
        "export-exlint.ps1",
        "RC001",
    ] {
        assert!(outcome.out.contains(wanted), "{wanted}: {}", outcome.out);
    }
    // Exchange 2007 has no such cmdlet.
    assert!(!outcome.out.contains("Get-EcpVirtualDirectory"));
}

#[test]
fn init_writes_nothing() {
    let estate = Estate::small();
    let files = || {
        let mut found: Vec<_> = walkdir::WalkDir::new(estate.path())
            .into_iter()
            .map(|entry| entry.expect("readable").path().to_owned())
            .collect();
        found.sort();
        found
    };
    let before = files();
    assert_eq!(estate.run(&["init", "exports"]).code, 0);
    assert_eq!(files(), before);
}

#[test]
fn a_server_that_lacks_an_export_of_the_others_is_named() {
    let estate = Estate::empty();
    let server = |name: &str| {
        format!(
            "Name                : {name}\nFqdn                : {name}.contoso.com\nServerRole          : HubTransport\n\
             AdminDisplayVersion : Version 8.3 (Build 83.6)\nSite                : contoso.com/Configuration/Sites/Tokyo\n\n"
        )
    };
    let servers = format!(
        "[PS] C:\\>Get-ExchangeServer | fl\n\n{}{}",
        server("HUB1"),
        server("HUB2")
    );
    fs::write(estate.path().join("servers.txt"), servers).expect("written");
    let connector = "Result from: Get-ReceiveConnector -server 'HUB1'\n\nName          : Default HUB1\n\
        AuthMechanism : Tls\nServer        : HUB1\nIdentity      : HUB1\\Default HUB1\n";
    fs::write(
        estate.path().join("HUB1_ReceiveConnector_FL.TXT"),
        connector,
    )
    .expect("written");
    let out = estate.run(&["init", "--format", "json"]).out;
    let plan: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    let missing = plan["missing"].as_array().expect("a list");
    let connectors = missing
        .iter()
        .find(|one| one["kind"] == "Get-ReceiveConnector");
    assert_eq!(
        connectors.expect("missing")["servers"],
        serde_json::json!(["hub2"])
    );
}

#[test]
fn a_drafted_inventory_is_read_without_a_complaint_and_never_replaced() {
    let estate = Estate::small();
    std::fs::remove_file(estate.path().join("exlint.toml"))
        .or_else(|error| {
            // The small estate keeps it among its exports.
            if error.kind() == std::io::ErrorKind::NotFound {
                std::fs::remove_file(estate.path().join("exports/exlint.toml"))
            } else {
                Err(error)
            }
        })
        .expect("an inventory");
    let made = estate.run(&["init", "--write", "exports"]);
    assert_eq!(made.code, 0, "{made:?}");
    let file = estate.path().join("exports/exlint.toml");
    let text = std::fs::read_to_string(&file).expect("the draft");
    insta::assert_snapshot!("init_draft", text);
    let checked = estate.run(&["coverage", "exports"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(!checked.err.contains("exlint.toml"), "{}", checked.err);
    let again = estate.run(&["init", "--write", "exports"]);
    assert_eq!(again.code, 2, "{again:?}");
    assert_eq!(std::fs::read_to_string(&file).expect("the draft"), text);
}

#[test]
fn a_draft_changes_no_finding() {
    let exports = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/fabrikam");
    let estate = Estate::empty();
    let copy = estate.path().join("fabrikam");
    for entry in walkdir::WalkDir::new(&exports) {
        let entry = entry.expect("an entry");
        let target = copy.join(entry.path().strip_prefix(&exports).expect("below"));
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(target).expect("a folder");
        } else if entry.file_name() != "exlint.toml" {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
    let findings = || {
        let out = estate.run(&["--format", "json", "fabrikam"]).out;
        let report: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let findings = report["findings"].as_array().expect("a list").iter();
        let told = findings.map(|finding| {
            let told = ["rule", "subject", "severity", "confidence", "message"];
            told.map(|key| finding[key].to_string())
        });
        told.collect::<Vec<_>>()
    };
    let before = findings();
    assert!(before.len() > 25, "{before:?}");
    assert_eq!(estate.run(&["init", "--write", "fabrikam"]).code, 0);
    assert_eq!(findings(), before);
}
