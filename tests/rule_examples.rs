//! The examples on the rules' pages hold: every one of every built-in rule.

use assert_cmd::Command;

#[test]
fn every_example_of_every_rule_page_gives_what_the_page_says() {
    let output = Command::cargo_bin("exlint")
        .expect("the binary")
        .args(["test", "--lang", "en", "--color", "never"])
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(!text.contains("FAILED"), "{text}");
}
