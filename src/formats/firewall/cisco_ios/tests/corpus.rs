//! The readers over the collected IOS and NX-OS files, when they are there.

use crate::formats::firewall::shared::survey::{Survey, begins_with};
use crate::source::SourceFile;

use super::super::{FORMAT, FORMAT_NXOS};

const IOS: Survey = Survey {
    folder: "cisco_ios",
    format: &FORMAT,
    is_configuration,
    is_policy,
    most_unread: 0.01,
};
const NEXUS: Survey = Survey {
    folder: "cisco_nxos",
    format: &FORMAT_NXOS,
    is_configuration,
    is_policy,
    most_unread: 0.01,
};

/// Not a test suite, a parsed form or a log that quotes some. Two of the lab's
/// files are of its Arista routers, two of Batfish's tests are written in an
/// `access-list NAME extended` that IOS does not have, and one file of two lines
/// is cut out of its context.
fn is_configuration(name: &str, _: &str) -> bool {
    const OTHERS: [&str; 6] = [
        "testconfigs_aclIos",
        "testconfigs_ios-acl",
        "nxos_merge_typo.conf",
        ".yml",
        ".yaml",
        ".t",
    ];
    !name.starts_with("eos_") && !OTHERS.iter().any(|end| name.ends_with(end))
}

/// Lines of sections that carry policy.
fn is_policy(file: &SourceFile, line: usize) -> bool {
    const WORDS: &[&str] = &[
        "access-list",
        "access-group",
        "permit",
        "deny",
        "evaluate",
        "object-group",
        "zone",
        "zone-pair",
        "zone-member",
        "class-map",
        "policy-map",
        "interface",
        "match",
    ];
    const IP: [&str; 6] = [
        "access-list",
        "access-group",
        "nat",
        "address",
        "route",
        "inspect",
    ];
    let mut words = file.line(line).unwrap_or_default().split_whitespace();
    let ip = words.next() == Some("ip") && words.next().is_some_and(|word| IP.contains(&word));
    ip || begins_with(file, line, WORDS)
}

#[test]
fn the_ios_corpus_is_recognised_and_read_almost_completely() {
    IOS.is_recognised_and_read();
}

#[test]
fn the_nexus_corpus_is_recognised_and_read_almost_completely() {
    NEXUS.is_recognised_and_read();
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    IOS.is_read_however_it_is_cut();
    NEXUS.is_read_however_it_is_cut();
}

#[test]
fn configurations_of_other_systems_are_not_taken_for_ios_or_nexus() {
    // The Check Point labs hold the configurations of their Cisco neighbours.
    let own = ["cisco_ios", "cisco_nxos", "check_point/lab_validation"];
    IOS.takes_nothing_else(&own);
    NEXUS.takes_nothing_else(&own);
}
