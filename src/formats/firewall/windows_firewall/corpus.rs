//! The collected files, when they are there.

use crate::formats::firewall::shared::survey::Survey;

use super::FORMAT;

const SURVEY: Survey = Survey {
    folder: "windows_firewall",
    format: &FORMAT,
    is_configuration: |_, _| true,
    is_policy: |_, _| true,
    most_unread: 0.01,
};

#[test]
fn every_collected_file_is_recognised_and_nearly_every_line_understood() {
    SURVEY.is_recognised_and_read();
}

#[test]
fn every_collected_file_is_read_however_it_is_cut() {
    SURVEY.is_read_however_it_is_cut();
}
