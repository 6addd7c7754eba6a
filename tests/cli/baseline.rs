//! `exlint baseline`, and what is no baseline.

use crate::estate::{Estate, Outcome};

const DIGITS: &str = "0123456789abcdef0123456789abcdef";

fn entry(fingerprint: &str) -> String {
    format!(
        r#"{{"schema":"exlint/baseline/1","findings":[{{"rule":"FU005","subject":"x","file":"a.cfg","severity":"error","message":"x","fingerprint":"{fingerprint}"}}]}}"#
    )
}

#[test]
fn what_is_written_down_is_hidden_and_pruned_when_it_is_gone() {
    let estate = Estate::small();
    let written = estate.run(&["baseline", "write", "--output", "b.json", "exports"]);
    assert_eq!(written.code, 0, "{written:?}");
    let checked = estate.run(&["check", "--baseline", "b.json", "exports"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    let report = estate.run(&["--format", "json", "--output", "r.json", "exports"]);
    assert_eq!(report.code, 1);
    let checked = estate.run(&["check", "--baseline", "r.json", "exports"]);
    assert_eq!(checked.code, 0, "{checked:?}");
    // Nothing is gone, so nothing changes.
    let read = || std::fs::read(estate.path().join("b.json")).expect("it is there");
    let before = read();
    let pruned = estate.run(&["baseline", "prune", "--baseline", "b.json", "exports"]);
    assert_eq!(pruned.code, 0, "{pruned:?}");
    assert_eq!(read(), before);
}

fn refused(estate: &Estate, file: &str) -> Outcome {
    for args in [
        &["check", "--baseline", file, "exports"][..],
        &[
            "check",
            "--baseline",
            file,
            "--baseline-optional",
            "exports",
        ],
        &[
            "baseline",
            "prune",
            "--baseline",
            file,
            "--output",
            "new.json",
            "exports",
        ],
        &["baseline", "show", file],
    ] {
        let outcome = estate.run(args);
        assert_eq!(
            (outcome.code, &*outcome.out),
            (2, ""),
            "{args:?}: {outcome:?}"
        );
    }
    assert!(!estate.path().join("new.json").exists());
    let before = std::fs::read(estate.path().join(file)).ok();
    let pruned = estate.run(&["baseline", "prune", "--baseline", file, "exports"]);
    assert_eq!(pruned.code, 2);
    assert_eq!(std::fs::read(estate.path().join(file)).ok(), before);
    pruned
}

#[test]
fn a_file_that_is_no_baseline_is_an_error_and_stays_as_it_is() {
    for (content, told) in [
        (
            "{\"schema\":\"exlint/baseline/1\"}".to_owned(),
            "the form of its schema",
        ),
        (
            "{\"schema\":\"exlint/baseline/1\",\"findings\":\"password Zq81xT\"}".to_owned(),
            "the form of its schema",
        ),
        ("{\"findings\":[]}".to_owned(), "neither a baseline"),
        (
            "{\"schema\":\"exlint/baseline/2\",\"findings\":[]}".to_owned(),
            "is newer than",
        ),
        ("exlint".to_owned(), "not JSON"),
        (entry(DIGITS), "an older version"),
        (entry(&format!("4-{DIGITS}")), "a newer version"),
        (entry("2-0"), "no fingerprint"),
    ] {
        let estate = Estate::small().with("b.json", &content);
        let outcome = refused(&estate, "b.json");
        let words: Vec<&str> = outcome.err.split_whitespace().collect();
        assert!(words.join(" ").contains(told), "{content}: {}", outcome.err);
        assert!(!outcome.err.contains("Zq81xT"), "{}", outcome.err);
        let japanese = estate.run(&["--lang", "ja", "check", "--baseline", "b.json", "exports"]);
        assert!(!japanese.err.contains(told), "{}", japanese.err);
    }
}

#[cfg(unix)]
#[test]
fn a_device_and_a_pipe_are_refused_before_they_are_read() {
    let estate = Estate::small();
    let pipe = estate.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo runs").success());
    for file in ["/dev/zero", "pipe", "exports"] {
        for args in [
            &["check", "--baseline", file, "exports"][..],
            &["baseline", "show", file],
        ] {
            let outcome = estate.run(args);
            assert_eq!(outcome.code, 2, "{args:?}");
            assert!(
                outcome.err.contains("not a regular file"),
                "{}",
                outcome.err
            );
        }
    }
}

#[test]
fn show_prints_nothing_that_a_terminal_obeys() {
    let text = entry(&format!("2-{DIGITS}")).replace(
        "\"message\":\"x\"",
        "\"message\":\"enable password Zq81xT \\u001b[31mred\\nFU006\\u202e\"",
    );
    let estate = Estate::small().with("b.json", text);
    let outcome = estate.run(&["baseline", "show", "b.json"]);
    assert_eq!(outcome.code, 0, "{outcome:?}");
    assert!(
        !outcome.out.contains(['\u{1b}', '\u{202e}']),
        "{}",
        outcome.out
    );
    assert!(!outcome.out.contains("Zq81xT"), "{}", outcome.out);
    assert!(
        !outcome
            .out
            .lines()
            .any(|line| line.trim().starts_with("FU006"))
    );
}
