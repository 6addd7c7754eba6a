use crate::estate::Estate;

#[test]
fn help_shows_the_commands_options_and_examples() {
    insta::assert_snapshot!("help", Estate::empty().run(&["--help"]).out);
    insta::assert_snapshot!(
        "help_ja",
        Estate::empty().run(&["--lang", "ja", "--help"]).out
    );
}

#[test]
fn every_command_has_an_example_in_its_help() {
    let estate = Estate::empty();
    for command in [
        "check",
        "paths",
        "coverage",
        "facts",
        "init",
        "rules",
        "explain",
        "test",
        "completions",
    ] {
        let english = estate.run(&[command, "--help"]).out;
        assert!(english.contains("Example"), "{command}: {english}");
        assert!(english.contains(&format!("exlint {command}")), "{command}");
        let japanese = estate.run(&[command, "--help", "--lang", "ja"]).out;
        assert!(japanese.contains("例:"), "{command}: {japanese}");
    }
}

#[test]
fn a_misspelt_word_is_answered_with_the_nearest_one() {
    let estate = Estate::small();
    for (args, near) in [
        (&["--fromat", "json"][..], "`--format`"),
        (&["--format", "jsn"], "`json`"),
        (&["chek"], "`exlint check`"),
        (&["explain", "FU0005"], "`FU005`"),
        (
            &["explain", "adam-clear-port-exposed"],
            "`adam-cleartext-port-exposed`",
        ),
    ] {
        let outcome = estate.run(args);
        assert_eq!(outcome.code, 2, "{args:?}");
        assert!(outcome.err.contains(near), "{args:?}: {}", outcome.err);
    }
}

#[test]
fn usage_errors_are_japanese_on_request() {
    let outcome = Estate::empty().run(&["--lang", "ja", "--fromat"]);
    insta::assert_snapshot!("usage_error_ja", outcome.shown());
}

#[test]
fn explain_shows_the_page_of_a_rule() {
    insta::assert_snapshot!("explain", Estate::empty().run(&["explain", "FU005"]).out);
}

#[test]
fn the_manual_page_names_every_command() {
    let page = Estate::empty().run(&["man"]).out;
    for command in [
        "CHECK", "PATHS", "COVERAGE", "FACTS", "RULES", "EXPLAIN", "TEST",
    ] {
        assert!(page.contains(&format!("EXLINT {command}")), "{command}");
    }
}
