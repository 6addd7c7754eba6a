//! A machine of the inventory that has the address of a firewall.

use serde_json::Value;

use crate::estate::Estate;

const SRX: &str = "\
set version 21.4R3.15
set system host-name srx1
set interfaces ge-0/0/0 unit 0 family inet address 10.1.0.1/24
set interfaces ge-0/0/1 unit 0 family inet address 10.2.0.1/24
set security policies from-zone servers to-zone stores policy all match source-address any destination-address any application any
set security policies from-zone servers to-zone stores policy all then permit
set security zones security-zone servers interfaces ge-0/0/0.0
set security zones security-zone stores interfaces ge-0/0/1.0
";

const INVENTORY: &str = r#"
[[zone]]
name = "servers"
class = "internal"
at = ["srx1:servers"]
networks = ["10.1.0.0/24"]

[[zone]]
name = "stores"
class = "internal"
at = ["srx1:stores"]
networks = ["10.2.0.0/24"]

[[server]]
name = "um1"
roles = ["um"]
addresses = ["10.1.0.11"]

[[server]]
name = "mbx1"
roles = ["mailbox"]
addresses = ["10.2.0.1"]
"#;

#[test]
fn a_denial_says_that_the_firewall_itself_has_the_address() {
    let estate = Estate::empty()
        .with("srx1.set", SRX)
        .with("exlint.toml", INVENTORY);
    let outcome = estate.run(&["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&outcome.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let denied: Vec<_> = findings
        .iter()
        .filter(|finding| finding["rule"]["id"] == "FR019")
        .collect();
    assert_eq!(denied.len(), 1, "{}", outcome.out);
    for finding in denied {
        assert_eq!(
            finding["primary"]["label"],
            "srx1 itself has this address, and answers nothing else"
        );
        // No rule changes what a device answers for itself.
        let fix = finding["fix"].as_str().expect("a fix");
        assert!(fix.starts_with("No permit helps: srx1"), "{fix}");
    }
    // A neighbour of the firewall is reached through it.
    let mended = Estate::empty().with("srx1.set", SRX).with(
        "exlint.toml",
        INVENTORY.replace("10.2.0.1\"", "10.2.0.12\""),
    );
    let outcome = mended.run(&["check", "--format", "json"]);
    let report: Value = serde_json::from_str(&outcome.out).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    assert!(findings.iter().all(|f| f["rule"]["id"] != "FR019"));
}
