//! The reader over the collected dumps, when they are there.

use crate::formats::firewall::shared::survey::Survey;

use super::super::FORMAT;

const SURVEY: Survey = Survey {
    folder: "iptables_save",
    format: &FORMAT,
    is_configuration: is_dump,
    // Two dumps hold what no iptables prints: an invented option, and addresses
    // that somebody blotted out.
    is_policy: |file, line| {
        let text = file.line(line).unwrap_or_default();
        !text.contains("--something-else") && !text.contains("<private_ip>")
    },
    most_unread: 0.005,
};

/// Not notes, routes, a test suite, a script that calls iptables line by line,
/// or the output of a checker that quotes a dump.
fn is_dump(name: &str, text: &str) -> bool {
    const TABLES: [&str; 4] = ["*filter", "*nat", "*mangle", "*raw"];
    let framed = text.lines().any(|line| TABLES.contains(&line.trim()));
    framed && !text.contains("`ParsedMatch") && !name.ends_with(".t")
}

#[test]
fn the_corpus_is_recognised_and_read_almost_completely() {
    SURVEY.is_recognised_and_read();
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    SURVEY.is_read_however_it_is_cut();
}
