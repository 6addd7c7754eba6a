//! The reader over the collected rulesets, when they are there.

use crate::formats::firewall::shared::survey::Survey;

use super::super::FORMAT;

const SURVEY: Survey = Survey {
    folder: "nftables",
    format: &FORMAT,
    is_configuration: is_ruleset,
    is_policy: |_, _| true,
    most_unread: 0.005,
};

/// Not a test suite that quotes some, or a makefile.
fn is_ruleset(name: &str, text: &str) -> bool {
    let quotes =
        text.contains("-- Testcase --") || name.ends_with(".at") || name.contains("Makefile");
    let mut lines = text.lines();
    !quotes && lines.any(|line| line.trim_start().starts_with("table "))
}

#[test]
fn the_corpus_is_recognised_and_read_almost_completely() {
    SURVEY.is_recognised_and_read();
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    SURVEY.is_read_however_it_is_cut();
}
