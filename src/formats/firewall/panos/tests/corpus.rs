//! The reader over the collected PAN-OS files, when they are there.

use crate::formats::firewall::shared::survey::Survey;

use super::super::FORMAT;

const SURVEY: Survey = Survey {
    folder: "paloalto_panos",
    format: &FORMAT,
    is_configuration: |_, _| true,
    is_policy: |file, line| {
        let text = file.line(line).unwrap_or_default();
        POLICY.iter().any(|part| text.contains(part))
    },
    most_unread: 0.01,
};

/// Parts of statements that carry policy.
const POLICY: [&str; 7] = [
    "rulebase",
    "address",
    "service",
    "zone",
    "<source>",
    "<destination>",
    "<action>",
];

#[test]
fn the_corpus_is_recognised_and_read_almost_completely() {
    SURVEY.is_recognised_and_read();
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    SURVEY.is_read_however_it_is_cut();
}
