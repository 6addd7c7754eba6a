//! The reader over the collected FortiOS files, when they are there.

use crate::formats::firewall::shared::survey::Survey;
use crate::source::SourceFile;

use super::super::FORMAT;

const SURVEY: Survey = Survey {
    folder: "fortios",
    format: &FORMAT,
    // Not a parser's answer, or a manager's configuration.
    is_configuration: |name, _| !(name.ends_with(".yaml") || name.contains("FMG-")),
    is_policy,
    most_unread: 0.01,
};

/// Whether the section that a line stands in carries policy.
fn is_policy(file: &SourceFile, line: usize) -> bool {
    const SECTIONS: [&str; 3] = [
        "config firewall",
        "config router static",
        "config system zone",
    ];
    let mut above = (0..=line).rev().filter_map(|line| file.line(line));
    let section = above.find(|text| text.trim_start().starts_with("config "));
    section.is_some_and(|text| {
        SECTIONS
            .iter()
            .any(|start| text.trim_start().starts_with(start))
    })
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
fn configurations_of_other_systems_are_not_taken_for_fortios() {
    SURVEY.takes_nothing_else(&["fortios"]);
}
