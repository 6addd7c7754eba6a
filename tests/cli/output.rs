use std::io::Read;
use std::process::Stdio;

use unicode_width::UnicodeWidthStr;

use crate::estate::Estate;

#[test]
fn a_human_report_shows_each_finding_with_its_evidence() {
    insta::assert_snapshot!("check_human", Estate::small().run(&["exports"]).shown());
}

#[test]
fn a_japanese_report_is_japanese_throughout() {
    let outcome = Estate::small().run(&["--lang", "ja", "exports"]);
    insta::assert_snapshot!("check_human_ja", outcome.shown());
    let by_locale = Estate::small()
        .exlint()
        .env("LANG", "ja_JP.UTF-8")
        .arg("exports")
        .output();
    assert_eq!(
        String::from_utf8(by_locale.expect("runs").stdout).expect("UTF-8"),
        outcome.out
    );
}

#[test]
fn paths_are_grouped_by_the_tables_of_the_source() {
    insta::assert_snapshot!(
        "paths_human",
        Estate::small().run(&["paths", "exports"]).shown()
    );
}

#[test]
fn coverage_lists_files_and_rules_with_what_would_settle_them() {
    insta::assert_snapshot!(
        "coverage_human",
        Estate::small().run(&["coverage", "exports"]).shown()
    );
}

/// All lines but the last of `check` and `coverage` and source text that is
/// shown as it stands.
#[test]
fn human_output_keeps_to_80_columns() {
    let estate = Estate::small();
    for lang in ["en", "ja"] {
        for args in [
            &["exports"][..],
            &["paths", "exports"],
            &["coverage", "exports"],
            &["rules"],
            &["explain", "FU005"],
            &["--help"],
            &["check", "--help"],
        ] {
            let mut all = vec!["--lang", lang];
            all.extend(args);
            let outcome = estate.run(&all);
            let wide: Vec<_> = outcome
                .out
                .lines()
                .filter(|line| line.width() > 80 && !line.contains(" · "))
                .collect();
            assert!(wide.is_empty(), "{all:?}: {wide:#?}");
        }
    }
}

#[test]
fn colours_follow_the_option_then_no_color_then_force_color() {
    let estate = Estate::small();
    let coloured = |args: &[&str], variables: &[(&str, &str)]| {
        let output = estate
            .exlint()
            .args(args)
            .arg("exports")
            .envs(variables.iter().copied())
            .output()
            .expect("runs");
        String::from_utf8_lossy(&output.stdout).contains('\u{1b}')
    };
    assert!(!coloured(&[], &[]), "a pipe has no colours");
    assert!(coloured(&["--color", "always"], &[]));
    assert!(coloured(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(coloured(&[], &[("FORCE_COLOR", "1")]));
    assert!(coloured(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!coloured(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!coloured(&["--color", "never"], &[("FORCE_COLOR", "1")]));
}

#[test]
fn colours_change_nothing_but_colours() {
    let estate = Estate::small();
    let plain = estate.run(&["exports"]);
    let coloured = estate.run(&["--color", "always", "exports"]);
    let mut stripped = String::new();
    let mut rest = coloured.out.as_str();
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        stripped.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    stripped.push_str(rest);
    let lines = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_end().to_owned())
            .collect()
    };
    assert_eq!(lines(&stripped), lines(&plain.out));
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly_with_the_same_verdict() {
    let estate = Estate::small();
    for args in [
        &["exports"][..],
        &["--format", "json", "exports"],
        &["facts", "exports"],
        &["paths", "--format", "json", "exports"],
        &["--help"],
        &["man"],
    ] {
        let mut child = estate
            .std()
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        drop(child.stdout.take());
        let mut err = String::new();
        let mut pipe = child.stderr.take().expect("piped");
        pipe.read_to_string(&mut err).expect("UTF-8");
        let code = child.wait().expect("ends").code();
        assert!(!err.contains("panicked"), "{args:?}: {err}");
        assert!(!err.contains("error: "), "{args:?}: {err}");
        let expected = i32::from(matches!(args, ["exports"] | ["--format", ..]));
        assert_eq!(code, Some(expected), "{args:?}: {err}");
    }
}

#[test]
fn several_formats_go_to_their_own_files() {
    let estate = Estate::small();
    let outcome = estate.run(&[
        "--format",
        "human",
        "--format",
        "json",
        "--output",
        "findings.json",
        "exports",
    ]);
    assert!(outcome.out.contains("error[FU005]"), "{}", outcome.out);
    let file = std::fs::read_to_string(estate.path().join("findings.json")).expect("written");
    let alone = estate.run(&["--format", "json", "exports"]);
    assert_eq!(file, alone.out);
    // The summary of a machine format goes to standard error.
    assert!(alone.err.contains(" rules evaluated, "), "{}", alone.err);
    assert_eq!(estate.run(&["-q", "--format", "json", "exports"]).err, "");
}

#[test]
fn two_runs_print_the_same() {
    let estate = Estate::small();
    let first = estate.run(&["exports"]).out;
    for threads in ["1", "4"] {
        assert_eq!(estate.run(&["--threads", threads, "exports"]).out, first);
    }
}

#[test]
fn the_last_line_has_its_documented_form() {
    let form = regex::Regex::new(
        r"^\d+ findings? \(\d+ errors?, \d+ warnings?, \d+ notes?\), \d+ suppressed · \d+ of \d+ rules evaluated, \d+ not applicable, \d+ lacked data · \d+ files?, \d+ not recognised, [\d,]+ lines?, [\d,]+ not understood$",
    )
    .expect("a valid pattern");
    let outcome = Estate::small().run(&["exports"]);
    let last = outcome.out.lines().last().unwrap_or_default();
    assert!(form.is_match(last), "{last}");
}

#[test]
fn timing_names_the_ten_rules_that_took_longest() {
    let done = Estate::small().run(&["check", "--timing", "exports"]);
    let told: Vec<&str> = done
        .err
        .lines()
        .filter(|line| line.contains(" ms  "))
        .collect();
    assert_eq!(told.len(), 10, "{}", done.err);
    let times: Vec<f64> = told
        .iter()
        .map(|line| {
            line.split_whitespace()
                .next()
                .and_then(|time| time.parse().ok())
        })
        .collect::<Option<_>>()
        .expect("a time in front of each rule");
    assert!(times.is_sorted_by(|a, b| a >= b), "{}", done.err);
    assert!(!done.out.contains(" ms  "), "{}", done.out);
}
