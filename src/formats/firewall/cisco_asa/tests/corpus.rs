//! The reader over the collected ASA, PIX and FWSM files, when they are there.

use crate::formats::firewall::shared::survey::{Survey, begins_with};

use super::super::FORMAT;

const SURVEY: Survey = Survey {
    folder: "cisco_asa",
    format: &FORMAT,
    // Not a test suite, a data base or a log that quotes some.
    is_configuration: |name, _| {
        let others = [".yml", ".fwb", ".t", ".output"];
        !others.iter().any(|end| name.ends_with(end))
    },
    is_policy: |file, line| begins_with(file, line, POLICY),
    most_unread: 0.005,
};

/// Words of access lists, objects, NAT and interfaces.
const POLICY: &[&str] = &[
    "access-list",
    "access-group",
    "object",
    "object-group",
    "network-object",
    "service-object",
    "port-object",
    "protocol-object",
    "icmp-object",
    "group-object",
    "nat",
    "static",
    "global",
    "interface",
    "nameif",
    "security-level",
    "conduit",
    "host",
    "subnet",
    "range",
    "fqdn",
    "outbound",
    "apply",
    "alias",
    "service",
];

#[test]
fn the_corpus_is_recognised_and_read_almost_completely() {
    SURVEY.is_recognised_and_read();
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    SURVEY.is_read_however_it_is_cut();
}

#[test]
fn configurations_of_other_systems_are_not_taken_for_an_asa() {
    SURVEY.takes_nothing_else(&["cisco_asa"]);
}
