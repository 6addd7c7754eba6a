//! An export whose every name wants to be markup, a command, or a formula.

use std::path::Path;
use std::sync::OnceLock;

use exlint::finding::Run;
use exlint::report::{checkstyle, csv as table, github, gitlab, html, junit, markdown, sarif};
use serde_json::Value;

use crate::formats::{ALL, rows};
use crate::shared::{hide_first, report, run, schema};

/// What a name is made of: HTML, a terminal's escape, a change of direction, a
/// workflow command, the end of a CDATA section, Markdown, quotes.
const EVIL: &str = "<script>alert(1)</script><img/src=x/onerror=alert(2)>\u{1b}[2J\u{202e}::error::x]]>[a](http://evil.example)`*\"'&amp;%0A::warning::y";

/// The same for a name in PowerShell's output, where it may hold blanks.
const CONNECTOR: &str =
    "=cmd|' /C calc'!A0 <script>alert(3)</script> ::error::z ##[error]w \u{1b}[31m @everyone ]]>";

/// A firewall that opens what it should not, with hostile names.
fn firewall() -> String {
    format!(
        "\
: Saved
ASA Version 8.2(5)
!
hostname inner{EVIL}
interface Ethernet0/0
 nameif dmz
 security-level 10
 ip address 192.0.2.254 255.255.255.0
interface Ethernet0/1
 nameif inside
 security-level 100
 ip address 10.1.0.1 255.255.255.0
object-group network HUBS{EVIL}
 network-object host 10.1.0.12
access-list in{EVIL} remark {EVIL}
access-list in{EVIL} extended permit tcp object-group HUBS{EVIL} host 192.0.2.10 eq smtp
access-list in{EVIL} extended permit tcp any host 192.0.2.10 eq 50389
access-list in{EVIL} extended permit ip any any
access-group in{EVIL} in interface inside
: end
"
    )
}

fn connector() -> String {
    format!(
        "\
[PS] C:\\>Get-ReceiveConnector | fl *

AuthMechanism             : Tls, BasicAuth
Banner                    :
Bindings                  : {{0.0.0.0:25}}
Enabled                   : True
Fqdn                      : hub1.contoso.com
PermissionGroups          : AnonymousUsers, ExchangeServers
RemoteIPRanges            : {{0.0.0.0-255.255.255.255}}
Server                    : hub1
Name                      : {CONNECTOR}
Identity                  : HUB1\\{CONNECTOR}

"
    )
}

const INVENTORY: &str = "\
[exchange]
[[server]]
name = \"hub1\"
roles = [\"hub\"]
site = \"Tokyo\"
addresses = [\"10.1.0.12\"]

[[server]]
name = \"edge1\"
roles = [\"edge\"]
site = \"Tokyo\"
addresses = [\"192.0.2.10\"]

[[zone]]
name = \"dmz\"
class = \"perimeter\"
networks = [\"192.0.2.0/24\"]

[[zone]]
name = \"servers\"
class = \"internal\"
networks = [\"10.1.0.0/16\"]
";

/// Writes the estate into a folder.
pub fn write(folder: &Path) {
    let exports = folder.join("exports");
    std::fs::create_dir_all(&exports).expect("folder");
    std::fs::write(exports.join("exlint.toml"), INVENTORY).expect("written");
    std::fs::write(exports.join("<b>in, ner%0A&.cfg"), firewall()).expect("written");
    std::fs::write(exports.join("=cmd().txt"), connector()).expect("written");
    std::fs::write(exports.join("\u{1b}[31m\u{202e}]]>.txt"), "x\n").expect("written");
}

fn hostile() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let folder = tempfile::tempdir().expect("folder");
        write(folder.path());
        let mut run = run(folder.path());
        assert!(run.findings.len() > 3, "{:#?}", run.findings);
        let quoting = |text: &str| {
            run.findings
                .iter()
                .any(|finding| finding.message.contains(text))
        };
        assert!(quoting("<script>"), "no finding quotes the export");
        hide_first(&mut run);
        run
    })
}

#[test]
fn nothing_that_a_terminal_obeys_gets_into_any_report() {
    for (name, write) in ALL {
        let text = report(hostile(), *write, true);
        let bad = text.chars().find(|c| {
            (c.is_control() && !matches!(c, '\n' | '\r'))
                || matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(bad, None, "{name}");
    }
}

#[test]
fn no_line_of_github_output_is_a_command_of_the_export() {
    let run = hostile();
    for line in report(run, github::write, true).lines() {
        let ours = ["::error file=", "::warning file=", "::notice file="];
        let command = ours.iter().any(|start| line.starts_with(start));
        // Blanks before `::` do not help, and `##[` is a command anywhere.
        assert!(command || line.starts_with("- "), "{line}");
        assert!(command || !line.contains("##["), "{line}");
        if command {
            // What stands before the message has no colon of its own.
            let (properties, _) = line[2..].split_once("::").expect("a message");
            assert!(!properties.contains(':'), "{line}");
            assert!(properties.contains("title="), "{line}");
        }
    }
}

#[test]
fn no_cell_of_the_table_is_a_formula() {
    for row in rows(&report(hostile(), table::write, true)) {
        for (column, cell) in row {
            let first = cell.trim_start().chars().next();
            assert!(
                !matches!(first, Some('=' | '+' | '-' | '@')),
                "{column}: {cell}"
            );
        }
    }
}

#[test]
fn xml_is_well_formed_and_has_our_elements_only() {
    for write in [junit::write, checkstyle::write] {
        let text = report(hostile(), write, true);
        let mut reader = quick_xml::Reader::from_str(&text);
        loop {
            match reader.read_event().expect("well-formed XML") {
                quick_xml::events::Event::Start(start) | quick_xml::events::Event::Empty(start) => {
                    let name = start.name().as_ref().to_owned();
                    let ours = [
                        "testsuites",
                        "testsuite",
                        "testcase",
                        "failure",
                        "skipped",
                        "system-out",
                        "checkstyle",
                        "file",
                        "error",
                    ];
                    assert!(ours.contains(&name.as_str()), "{name}");
                }
                quick_xml::events::Event::Eof => break,
                _ => {}
            }
        }
    }
}

#[test]
fn markdown_holds_no_markup_of_the_export() {
    use pulldown_cmark::{Event, Options, Parser, Tag};
    for write in [markdown::write, markdown::write_summary] {
        let text = report(hostile(), write, true);
        for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
            match event {
                Event::Html(html) | Event::InlineHtml(html) => {
                    let ours = ["<!-- -->", "<details><summary>", "</summary>", "</details>"];
                    let rest = ours
                        .iter()
                        .fold(html.to_string(), |rest, own| rest.replace(own, ""));
                    assert!(!rest.contains('<'), "{html}");
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    panic!("a link to {dest_url}")
                }
                _ => {}
            }
        }
    }
}

#[test]
fn sarif_stays_valid_with_encoded_addresses() {
    let log: Value = serde_json::from_str(&report(hostile(), sarif::write, true)).expect("JSON");
    let schema = schema("tests/reports/sarif-schema-2.1.0.json");
    let errors: Vec<String> = schema.iter_errors(&log).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let text = log.to_string();
    assert!(
        text.contains("%3Cb%3Ein,%20ner%250A&.cfg"),
        "the name is not encoded"
    );
    let issues: Value =
        serde_json::from_str(&report(hostile(), gitlab::write, true)).expect("JSON");
    assert!(issues.as_array().is_some_and(|issues| !issues.is_empty()));
}

#[test]
fn the_page_has_no_element_of_the_export() {
    let text = report(hostile(), html::write, true);
    for evil in [
        "<script>alert",
        "<img/src",
        "<b>in",
        "onerror=alert(2)>\u{1b}",
    ] {
        assert!(!text.contains(evil), "{evil}");
    }
}
