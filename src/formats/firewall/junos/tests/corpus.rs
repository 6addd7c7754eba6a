//! The reader over the collected Junos files, when they are there.

use crate::formats::firewall::shared::survey::Survey;
use crate::source::SourceFile;

use super::super::FORMAT;

const SURVEY: Survey = Survey {
    folder: "juniper_srx",
    format: &FORMAT,
    // Not a parser's answer or a message about one.
    is_configuration: |name, _| {
        !(name.contains("parsing-tests") || name.contains("testEmptyApplications"))
    },
    is_policy,
    most_unread: 0.01,
};

/// Lines that carry policy, in either syntax.
fn is_policy(file: &SourceFile, line: usize) -> bool {
    const SECTIONS: [&str; 12] = [
        "security",
        "firewall",
        "applications",
        "interfaces",
        "policy",
        "match",
        "term",
        "from",
        "then",
        "address",
        "application",
        "filter",
    ];
    let mut words = file.line(line).unwrap_or_default().split_whitespace();
    let word = words.find(|word| *word != "set");
    word.is_some_and(|word| SECTIONS.contains(&word))
}

#[test]
fn the_corpus_is_recognised_and_read_almost_completely() {
    SURVEY.is_recognised_and_read();
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    SURVEY.is_read_however_it_is_cut();
}

#[test]
fn configurations_of_other_systems_are_not_taken_for_junos() {
    SURVEY.takes_nothing_else(&["juniper_srx"]);
}
