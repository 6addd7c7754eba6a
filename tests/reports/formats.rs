//! What each report says about contoso.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use exlint::finding::Run;
use exlint::policy::Severity;
use exlint::report::{
    Context, checkstyle, concise, csv as table, github, gitlab, html, json, junit, markdown, sarif,
};
use exlint::source::{self, ReadOptions, SkipReason};
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::Value;

use crate::shared::{Writer, contoso, report, schema};

fn object(out: &mut dyn Write, context: &Context<'_>) -> std::io::Result<()> {
    let shown = context.show_suppressed;
    json::write(out, &json::check::CheckJson::new(context.run, shown))
}

/// Every format that is not for a terminal.
pub const ALL: &[(&str, Writer)] = &[
    ("concise", concise::write),
    ("json", object),
    ("jsonl", json::lines::write),
    ("sarif", sarif::write),
    ("junit", junit::write),
    ("github", github::write),
    ("github-summary", markdown::write_summary),
    ("gitlab", gitlab::write),
    ("checkstyle", checkstyle::write),
    ("csv", table::write),
    ("markdown", markdown::write),
    ("html", html::write),
];

fn by_severity(run: &Run, severity: Severity) -> usize {
    let of = |finding: &&exlint::finding::Finding| finding.severity == severity;
    run.findings.iter().filter(of).count()
}

#[test]
fn two_reports_of_one_run_have_equal_bytes() {
    for (name, write) in ALL {
        let first = report(contoso(), *write, true);
        assert_eq!(first, report(contoso(), *write, true), "{name}");
    }
}

/// What lies in a folder of exports is read again by the next run.
#[test]
fn every_report_is_known_as_one_and_no_input() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, write) in ALL {
        let file = folder.path().join(format!("report.{name}"));
        std::fs::write(file, report(contoso(), *write, true)).expect("written");
    }
    let read = source::read(&[folder.path().to_owned()], &ReadOptions::default()).expect("read");
    assert_eq!(read.sources.files().len(), 0);
    let skipped = read.skipped.iter();
    let ours = skipped.filter(|skipped| matches!(skipped.reason, SkipReason::Ours));
    assert_eq!(ours.count(), ALL.len());
}

#[test]
fn a_hidden_finding_is_shown_only_when_asked_for() {
    let run = contoso();
    let hidden = &run.suppressed.first().expect("hidden").finding;
    for (name, write) in ALL.iter().filter(|(name, _)| !matches!(*name, "html")) {
        // These have no place for it.
        let shows = !matches!(*name, "github" | "github-summary" | "gitlab" | "checkstyle");
        let subject = &hidden.message;
        let parts = |text: &str| text.contains("CN=EDGE1") && text.contains("2013-04-17");
        assert!(parts(subject), "{subject}");
        let told =
            |shown: bool| report(run, *write, shown).contains("is valid only until 2013-04-17");
        assert!(!told(false), "{name}");
        assert_eq!(told(true), shows, "{name}");
    }
}

#[test]
fn concise_has_one_line_for_each_finding_and_question() {
    let run = contoso();
    let text = report(run, concise::write, false);
    let form = regex::Regex::new(
        r"^(\S+:\d+:\d+|-): (error|warning|note|undecided)\[[A-Z]{2}\d{3}\] \S.*$",
    )
    .expect("a pattern");
    for line in text.lines() {
        assert!(form.is_match(line), "{line}");
    }
    let lines = text.lines().count();
    assert_eq!(lines, run.findings.len() + run.undecided.len());
}

#[test]
fn json_lines_keep_to_their_schema_and_end_with_the_summary() {
    let run = contoso();
    let schema = schema("schemas/findings-lines.schema.json");
    let text = report(run, json::lines::write, true);
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let errors: Vec<String> = schema.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
        let kind = value["kind"].as_str().expect("a kind").to_owned();
        *kinds.entry(kind).or_default() += 1;
    }
    assert_eq!(kinds["finding"], run.findings.len());
    assert_eq!(kinds["undecided"], run.undecided.len());
    assert_eq!(kinds["suppressed"], 1);
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["kind"], "summary");
    let whole: Value = serde_json::from_str(&report(run, object, true)).expect("JSON");
    let object_schema = crate::shared::schema("schemas/findings.schema.json");
    let errors: Vec<String> = object_schema
        .iter_errors(&whole)
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn sarif_is_valid_and_within_the_limits_of_github() {
    let run = contoso();
    let log: Value = serde_json::from_str(&report(run, sarif::write, false)).expect("JSON");
    let schema = schema("tests/reports/sarif-schema-2.1.0.json");
    let errors: Vec<String> = schema
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let driver = &log["runs"][0]["tool"]["driver"];
    let rules = driver["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), run.results.len());
    for rule in rules {
        let length = |field: &Value| field.as_str().expect("text").chars().count();
        assert!((1..=255).contains(&length(&rule["name"])), "{rule}");
        assert!(
            (1..=1024).contains(&length(&rule["shortDescription"]["text"])),
            "{rule}"
        );
        assert!(
            (1..=1024).contains(&length(&rule["fullDescription"]["text"])),
            "{rule}"
        );
        assert!(length(&rule["help"]["text"]) > 0, "{rule}");
        assert!(
            rule["help"]["markdown"]
                .as_str()
                .is_some_and(|help| help.contains("## ")),
            "{rule}"
        );
        assert!(
            rule["properties"]["tags"]
                .as_array()
                .is_some_and(|tags| tags.len() <= 20)
        );
    }
    let results = log["runs"][0]["results"].as_array().expect("results");
    assert_eq!(results.len(), run.findings.len());
    let mut fingerprints = BTreeSet::new();
    for (result, finding) in results.iter().zip(&run.findings) {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result.get("suppressions").is_none());
        fingerprints.insert(
            result["partialFingerprints"]["exlint/v2"]
                .as_str()
                .expect("one"),
        );
        let place = &result["locations"][0]["physicalLocation"];
        let region = &place["region"];
        assert_eq!(region["startLine"], finding.primary.place.line);
        assert_eq!(region["startColumn"], finding.primary.place.column);
        assert_eq!(region["endColumn"], finding.primary.place.end_column);
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(!uri.contains(' ') && !uri.contains('\\'), "{uri}");
        let index = place["artifactLocation"]["index"]
            .as_u64()
            .expect("an index") as usize;
        assert_eq!(log["runs"][0]["artifacts"][index]["location"]["uri"], uri);
        let related = result["relatedLocations"].as_array().map_or(0, Vec::len);
        assert_eq!(related, finding.related.len());
        for id in 1..=related {
            let link = format!("]({id})");
            assert!(
                result["message"]["text"]
                    .as_str()
                    .is_some_and(|text| text.contains(&link))
            );
        }
    }
    assert_eq!(fingerprints.len(), results.len());
    let notes = &log["runs"][0]["invocations"][0]["toolExecutionNotifications"];
    let undecided = notes.as_array().expect("notifications").iter();
    let undecided = undecided.filter(|note| note["descriptor"]["id"] == "undecided");
    assert_eq!(undecided.count(), run.undecided.len());
}

#[test]
fn sarif_with_suppressed_results_says_why() {
    let log: Value = serde_json::from_str(&report(contoso(), sarif::write, true)).expect("JSON");
    let schema = schema("tests/reports/sarif-schema-2.1.0.json");
    assert!(schema.is_valid(&log));
    let results = log["runs"][0]["results"].as_array().expect("results");
    let hidden = results.last().expect("a result");
    assert_eq!(hidden["suppressions"][0]["kind"], "external");
    let why = hidden["suppressions"][0]["justification"]
        .as_str()
        .expect("a reason");
    assert!(
        why.contains("2013-12-31") && why.contains("accepted"),
        "{why}"
    );
}

/// Elements of an XML text with their attributes.
fn elements(xml: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let mut reader = Reader::from_str(xml);
    let mut found = Vec::new();
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) | Event::Empty(start) => {
                let name = start.name().as_ref().to_owned();
                let attributes = start.attributes().map(|attribute| {
                    let attribute = attribute.expect("an attribute");
                    let key = attribute.key.as_ref().to_owned();
                    let raw = &*attribute.value;
                    let value = quick_xml::escape::unescape(raw).expect("escaped");
                    (key, value.into_owned())
                });
                found.push((name, attributes.collect()));
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn junit_counts_what_it_holds_and_fails_as_the_exit_code_does() {
    let run = contoso();
    let found = elements(&report(run, junit::write, false));
    let count = |name: &str| found.iter().filter(|(element, _)| element == name).count();
    let (root, totals) = found.first().expect("a root");
    assert_eq!(root, "testsuites");
    assert_eq!(totals["tests"], count("testcase").to_string());
    assert_eq!(totals["failures"], count("failure").to_string());
    assert_eq!(totals["skipped"], count("skipped").to_string());
    let failing = by_severity(run, Severity::Error) + by_severity(run, Severity::Warning);
    assert_eq!(count("failure"), failing);
    assert_eq!(count("system-out"), by_severity(run, Severity::Note));
    let cases = found.iter().filter(|(element, _)| element == "testcase");
    let names: Vec<&String> = cases.map(|(_, attributes)| &attributes["name"]).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(distinct.len(), names.len());
}

#[test]
fn checkstyle_has_an_error_for_each_finding_below_its_file() {
    let run = contoso();
    let found = elements(&report(run, checkstyle::write, false));
    assert_eq!(
        found.first().map(|(name, _)| name.as_str()),
        Some("checkstyle")
    );
    let errors: Vec<_> = found.iter().filter(|(name, _)| name == "error").collect();
    assert_eq!(errors.len(), run.findings.len());
    let infos = errors
        .iter()
        .filter(|(_, attributes)| attributes["severity"] == "info");
    assert_eq!(infos.count(), by_severity(run, Severity::Note));
    let files = found.iter().filter(|(name, _)| name == "file");
    let names: Vec<_> = files.map(|(_, attributes)| &attributes["name"]).collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), distinct.len());
}

#[test]
fn github_annotates_ten_findings_of_each_level_and_lists_the_others() {
    let run = contoso();
    let text = report(run, github::write, false);
    let commands = |level: &str| {
        let start = format!("::{level} file=");
        text.lines().filter(|line| line.starts_with(&start)).count()
    };
    assert_eq!(commands("error"), by_severity(run, Severity::Error).min(10));
    assert_eq!(
        commands("warning"),
        by_severity(run, Severity::Warning).min(10)
    );
    assert_eq!(commands("notice"), by_severity(run, Severity::Note).min(10));
    let others = text.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(
        others,
        run.findings.len() - commands("error") - commands("warning") - commands("notice") + 1
    );
}

#[test]
fn gitlab_gets_distinct_fingerprints_and_relative_paths() {
    let run = contoso();
    let issues: Value = serde_json::from_str(&report(run, gitlab::write, false)).expect("JSON");
    let issues = issues.as_array().expect("an array");
    assert_eq!(issues.len(), run.findings.len());
    let mut fingerprints = BTreeSet::new();
    for issue in issues {
        fingerprints.insert(issue["fingerprint"].as_str().expect("one"));
        let severity = issue["severity"].as_str().expect("one");
        assert!(["info", "minor", "major", "critical", "blocker"].contains(&severity));
        assert!(
            issue["location"]["lines"]["begin"]
                .as_u64()
                .is_some_and(|line| line > 0)
        );
        assert!(
            !issue["location"]["path"]
                .as_str()
                .expect("one")
                .starts_with("./")
        );
        assert!(issue["description"].is_string() && issue["check_name"].is_string());
    }
    assert_eq!(fingerprints.len(), issues.len());
}

/// The rows of the table, by column.
pub fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows = reader.deserialize();
    rows.map(|row| row.expect("a row")).collect()
}

#[test]
fn the_table_has_a_row_for_everything() {
    let run = contoso();
    let rows = rows(&report(run, table::write, true));
    assert_eq!(rows.len(), run.findings.len() + run.undecided.len() + 1);
    let hidden = rows
        .iter()
        .find(|row| row["state"] == "suppressed")
        .expect("one");
    assert_eq!(hidden["until"], "2013-12-31");
    assert!(hidden["reason"].starts_with("'=accepted"), "{hidden:?}");
    let first = rows.first().expect("a row");
    assert_eq!(first["message"], run.findings[0].message);
    assert_eq!(
        first["line"],
        run.findings[0].primary.place.line.to_string()
    );
}

#[test]
fn markdown_has_a_heading_for_each_finding_and_no_html() {
    use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};
    let run = contoso();
    let text = report(run, markdown::write, true);
    let mut headings = 0;
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading {
                level: HeadingLevel::H4,
                ..
            }) => headings += 1,
            Event::Html(html) | Event::InlineHtml(html) => assert_eq!(&*html, "<!-- -->"),
            Event::Start(Tag::Link { dest_url, .. }) => panic!("a link to {dest_url}"),
            _ => {}
        }
    }
    assert_eq!(headings, run.findings.len());
}

#[test]
fn a_summary_of_a_job_has_a_row_for_each_finding_and_fits() {
    let run = contoso();
    let text = report(run, markdown::write_summary, false);
    assert!(text.len() < 1_048_576);
    let rows = text.lines().filter(|line| {
        ["| `error[", "| `warning[", "| `note["]
            .iter()
            .any(|start| line.starts_with(start))
    });
    assert_eq!(rows.count(), run.findings.len());
}
