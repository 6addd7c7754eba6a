use crate::estate::{Estate, FIREWALL, INVENTORY};

#[test]
fn findings_at_the_threshold_are_1_below_it_0() {
    let estate = Estate::small();
    assert_eq!(estate.run(&["exports"]).code, 1);
    assert_eq!(estate.run(&["check", "exports"]).code, 1);
    let clean = Estate::empty().with("exlint.toml", INVENTORY);
    let outcome = clean.run(&["--config", "exlint.toml", "."]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

#[test]
fn fail_on_moves_the_threshold() {
    // The inspection is an error, the connector a warning or an error: with a
    // file that has warnings alone, `--fail-on error` passes.
    let estate = Estate::empty().with("servers.txt", crate::estate::CONNECTORS);
    let json = estate.run(&["--format", "json", "."]);
    let errors = json.out.contains("\"severity\": \"error\"");
    let any = json.out.contains("\"severity\": ");
    assert_eq!(
        estate.run(&["--fail-on", "error", "."]).code,
        i32::from(errors)
    );
    assert_eq!(estate.run(&["--fail-on", "note", "."]).code, i32::from(any));
}

#[test]
fn the_format_never_changes_the_code() {
    let estate = Estate::small();
    for args in [
        &["exports"][..],
        &["--format", "json", "exports"],
        &["--format", "json", "--output", "f.json", "exports"],
        &["--lang", "ja", "-q", "exports"],
    ] {
        assert_eq!(estate.run(args).code, 1, "{args:?}");
    }
}

#[test]
fn wrong_usage_is_2_with_help() {
    let estate = Estate::small();
    for args in [
        &["--no-such-option"][..],
        &["--format", "xml", "exports"],
        &["explain", "XX999"],
        &["no-such-path"],
        &["--reference-date", "2009-13-40", "exports"],
        &["--format-of", "*.cfg=cisco-asaa", "exports"],
        &["--config", "none.toml", "exports"],
        &["--stdin-filename", "a.cfg", "exports"],
        &["--output", "a", "--output", "b", "exports"],
        &["--format", "json", "--format", "human", "exports"],
        &["--policy", "no-such-folder", "exports"],
        &["exports", "paths", "exports"],
    ] {
        let outcome = estate.run(args);
        assert_eq!(outcome.code, 2, "{args:?}: {outcome:?}");
        assert_eq!(outcome.out, "", "{args:?}");
        assert!(
            outcome.err.starts_with("error: "),
            "{args:?}: {}",
            outcome.err
        );
        let hints = outcome.err.matches("help: ").count();
        assert!((1..=3).contains(&hints), "{args:?}: {}", outcome.err);
        let last = outcome
            .err
            .trim_end()
            .rsplit("help: ")
            .next()
            .unwrap_or_default();
        assert!(!last.contains("error: "), "{args:?}: {}", outcome.err);
    }
}

#[test]
fn nothing_recognised_is_3_and_says_what_was_seen() {
    let estate = Estate::empty()
        .with("notes.txt", "just a note\n")
        .with("x.bin", [0u8; 64]);
    let outcome = estate.run(&["."]);
    assert_eq!(outcome.code, 3);
    insta::assert_snapshot!("nothing_recognised", outcome.shown());
    assert_eq!(estate.run(&["coverage", "."]).code, 3);
    assert_eq!(Estate::empty().run(&["."]).code, 3);
}

#[test]
fn an_unknown_key_of_the_inventory_is_2_with_the_nearest_key() {
    let estate = Estate::small().with(
        "exports/exlint.toml",
        INVENTORY.replace("addresses", "adresses"),
    );
    let outcome = estate.run(&["exports"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(outcome.err.contains("adresses") && outcome.err.contains("addresses"));
    assert!(
        outcome.err.contains("exports/exlint.toml:"),
        "{}",
        outcome.err
    );
}

#[test]
fn an_error_in_a_rule_of_the_user_is_2_with_its_place() {
    let estate = Estate::small().with("rules/mine/rule.rego", "package exlint.rules.mine\nx := \n");
    let outcome = estate.run(&["--policy", "rules", "exports"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(
        outcome.err.contains("rules/mine/rule.rego"),
        "{}",
        outcome.err
    );
}

#[test]
fn a_rule_of_the_user_that_fills_the_memory_is_2_and_writes_no_report() {
    let rego = "\
# METADATA
# title: Greedy
# custom:
#   id: ZZ001
#   name: greedy
#   severity: error
#   paths: [hub-to-edge-smtp]
#   title.ja: 貪欲
#   message:
#     en: Greedy
#     ja: 貪欲
#   fix:
#     en: Take less.
#     ja: 減らす。
package exlint.rules.greedy

import rego.v1

numbers_of_all := numbers.range(1, 300000000)

findings contains {\"at\": [], \"args\": {}, \"subject\": \"x\"} if count(numbers_of_all) < 0
";
    let estate = Estate::small().with("rules/greedy/rule.rego", rego);
    let args = ["--policy", "rules", "exports", "--format", "json"];
    let outcome = estate.run(&args);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert_eq!(outcome.out, "");
    for part in ["rules/greedy/rule.rego", "more than 1 GiB of"] {
        assert!(outcome.err.contains(part), "{}", outcome.err);
    }
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_in_a_folder_is_2_and_the_rest_is_reported() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    let estate = Estate::small().with("exports/secret.cfg", FIREWALL);
    let path = estate.path().join("exports/secret.cfg");
    fs::set_permissions(&path, Permissions::from_mode(0o000)).expect("permissions");
    if fs::read(&path).is_ok() {
        eprintln!("skipped: this user reads every file");
        return;
    }
    let outcome = estate.run(&["exports"]);
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.err.contains("exports/secret.cfg was not read"),
        "{}",
        outcome.err
    );
    assert!(outcome.out.contains("FU005"), "{}", outcome.out);
}

#[test]
fn help_version_and_lists_are_0() {
    let estate = Estate::empty();
    for args in [
        &["--help"][..],
        &["-h"],
        &["check", "--help"],
        &["--lang", "ja", "--help"],
        &["--version"],
        &["rules"],
        &["explain", "fu005"],
        &["explain", "adam-cleartext-port-exposed"],
        &["completions", "bash"],
        &["man"],
    ] {
        let outcome = estate.run(args);
        assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{args:?}");
        assert!(!outcome.out.is_empty(), "{args:?}");
    }
}

#[test]
fn a_file_named_as_inventory_is_one_however_broken() {
    for text in [
        "zoone = [\n",
        "[[sever]]\nname = \"edge1\"\n",
        "hello world\n",
    ] {
        let estate = Estate::empty()
            .with("exlint.toml", text)
            .with("other.toml", text);
        for args in [
            &["."][..],
            &["--format", "json", "."],
            &["--config", "other.toml", "."],
        ] {
            let outcome = estate.run(args);
            assert_eq!(outcome.code, 2, "{text:?} {args:?}: {outcome:?}");
            assert!(outcome.err.contains(".toml:1:"), "{outcome:?}");
        }
        let json = estate.run(&["--format", "json", "."]).out;
        let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["problems"][0]["level"], "error", "{json}");
        assert_eq!(json["problems"][0]["file"], "exlint.toml");
    }
}

#[test]
fn a_file_that_the_inventory_names_and_nobody_gave_is_a_visible_warning() {
    let entry = "\n[[firewall]]\nname = \"other\"\nconfig = \"innner.cfg\"\n";
    let estate = Estate::empty()
        .with("exlint.toml", format!("{INVENTORY}{entry}"))
        .with("inner.cfg", FIREWALL);
    let outcome = estate.run(&["."]);
    assert!(outcome.err.contains("innner.cfg"), "{outcome:?}");
    assert!(
        outcome.err.contains("did you mean `inner.cfg`?"),
        "{outcome:?}"
    );
    let json = estate.run(&["--format", "json", "."]).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["problems"][0]["level"], "warning", "{json}");
}

#[test]
fn an_environment_variable_that_is_empty_counts_as_unset() {
    let estate = Estate::small();
    let run = |name: &str, value: &str| {
        let mut command = estate.std();
        let output = command.env(name, value).args(["check", "exports"]).output();
        let output = output.expect("the binary runs");
        let err = String::from_utf8(output.stderr).expect("UTF-8");
        (output.status.code(), err)
    };
    for name in [
        "EXLINT_SELECT",
        "EXLINT_IGNORE",
        "EXLINT_SEVERITY",
        "EXLINT_MIN_CONFIDENCE",
        "EXLINT_PROFILE",
        "EXLINT_NO_SUPPRESSIONS",
        "EXLINT_SHOW_SUPPRESSED",
        "EXLINT_BASELINE",
        "EXLINT_CONFIG",
        "EXLINT_REFERENCE_DATE",
        "EXLINT_LANG",
        "EXLINT_COLOR",
        "EXLINT_FAIL_ON",
    ] {
        let (code, err) = run(name, "");
        assert_eq!(code, Some(1), "{name}: {err}");
    }
    for value in ["1", "0", "yes", "no", "true", "off"] {
        let (code, err) = run("EXLINT_NO_SUPPRESSIONS", value);
        assert_eq!(code, Some(1), "{value}: {err}");
    }
    for (name, value) in [
        ("EXLINT_PROFILE", "severe"),
        ("EXLINT_FAIL_ON", "severe"),
        ("EXLINT_NO_SUPPRESSIONS", "perhaps"),
    ] {
        let (code, err) = run(name, value);
        assert_eq!(code, Some(2), "{name}: {err}");
        let expected = format!("error: `{value}` is no value for `{name}`");
        assert!(err.starts_with(&expected), "{err}");
    }
}

#[test]
fn an_output_never_replaces_what_was_read() {
    let estate = Estate::small()
        .with("rules/note.rego", "package exlint.lib.note\n\nx := 1\n")
        .with("after/inner.cfg", FIREWALL);
    let inputs = [
        (&["check", "--output"][..], "exports/inner.cfg"),
        (&["check", "--output"], "exports/../exports/exlint.toml"),
        (
            &["check", "--policy", "rules", "--output"],
            "rules/note.rego",
        ),
        (&["baseline", "write", "--output"], "exports/connectors.txt"),
    ];
    let whole = |name: &str| std::fs::read(estate.path().join(name)).expect("the file");
    for (args, output) in inputs {
        let before = whole(output);
        let outcome = estate.run(&[args, &[output, "exports"]].concat());
        assert_eq!(outcome.code, 2, "{args:?} {output}: {outcome:?}");
        assert!(outcome.err.contains("is an input"), "{outcome:?}");
        assert_eq!(whole(output), before, "{output}");
    }
    let args = ["diff", "exports/inner.cfg", "after/inner.cfg", "--output"];
    let outcome = estate.run(&[&args[..], &["after/inner.cfg"]].concat());
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert_eq!(whole("after/inner.cfg"), FIREWALL.as_bytes());
}

#[test]
fn a_declared_firewall_whose_file_is_no_configuration_leaves_what_it_may_decide_open() {
    let entry = "\n[[firewall]]\nname = \"other\"\nconfig = \"other.cfg\"\n";
    for (file, content) in [
        ("other.cfg", "\u{1}\u{2}\0 nothing\n"),
        ("elsewhere.cfg", ""),
    ] {
        let estate = Estate::empty()
            .with("exlint.toml", format!("{INVENTORY}{entry}"))
            .with("inner.cfg", FIREWALL)
            .with(file, content);
        let args = [
            "trace",
            "--from",
            "edge1",
            "--to",
            "hub1",
            "--service",
            "tcp/25",
            ".",
        ];
        let outcome = estate.run(&args);
        assert!(outcome.out.contains("inconclusive"), "{file}: {outcome:?}");
        let reason = "firewall other is declared";
        assert!(outcome.out.contains(reason), "{file}: {outcome:?}");
    }
}
