use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::policy::Texts;
use crate::source::SourceFile;

fn both(text: &str) -> Localised {
    Localised {
        en: text.to_owned(),
        ja: format!("{text} (ja)"),
    }
}

fn rule(id: &str) -> Arc<RuleMeta> {
    Arc::new(RuleMeta {
        id: id.to_owned(),
        name: "some-rule".to_owned(),
        area: "firewall".to_owned(),
        severity: Severity::Error,
        title: both("title"),
        paths: Vec::new().into(),
        statements: Vec::new(),
        needs: Vec::new(),
        versions: Vec::new(),
        supersedes: Vec::new(),
        suppressible: true,
        parameters: Vec::new(),
        texts: Texts {
            message: both("{subject} is open"),
            fix: both("close it"),
        },
        variants: BTreeMap::new(),
        undecided: None,
        applies: None,
        labels: BTreeMap::new(),
        references: Default::default(),
    })
}

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add(|id| SourceFile::from_text(id, "a.cfg", text.to_owned()));
    sources
}

/// A finding of rule `id` at each place where `part` stands in the first file.
fn raw(sources: &Sources, id: &str, part: &str, severity: Severity) -> Vec<RawFinding> {
    let file = sources.files().first().expect("a file");
    file.text()
        .match_indices(part)
        .map(|(at, part)| RawFinding {
            rule: rule(id),
            severity,
            confidence: Confidence::Certain,
            weak: None,
            at: vec![Span::of(file.id(), at..at + part.len())],
            labels: vec![both("here")],
            args: [("subject".to_owned(), Value::from("edge1"))]
                .into_iter()
                .collect(),
            subject: "edge1".to_owned(),
            expected: None,
            actual: None,
            witness: None,
            paths: Vec::new().into(),
            variant: None,
            fix: None,
            flows: Vec::new(),
            extent: Vec::new(),
            allowed: None,
        })
        .collect()
}

fn made(raw: &[RawFinding], sources: &Sources) -> Vec<Finding> {
    findings(
        raw.to_vec(),
        sources,
        &Identities::default(),
        Language::English,
        |_| None,
    )
}

#[test]
fn errors_come_first_then_certain_ones_then_by_rule_and_place() {
    let sources = sources("one\ntwo\none\n");
    let mut all = raw(&sources, "FU005", "one", Severity::Warning);
    all.extend(raw(&sources, "FR001", "two", Severity::Error));
    let mut derived = raw(&sources, "FA001", "two", Severity::Warning);
    for finding in &mut derived {
        finding.confidence = Confidence::Derived;
    }
    all.extend(derived);
    all.reverse();
    let order: Vec<_> = made(&all, &sources)
        .into_iter()
        .map(|finding| (finding.rule.id.clone(), finding.primary.place.line))
        .collect();
    let expected = [("FR001", 2), ("FU005", 1), ("FU005", 3), ("FA001", 2)];
    assert_eq!(order, expected.map(|(id, line)| (id.to_owned(), line)));
}

#[test]
fn the_message_is_in_the_language_of_the_run() {
    let sources = sources("one\n");
    let all = raw(&sources, "FU005", "one", Severity::Error);
    let japanese = findings(
        all,
        &sources,
        &Identities::default(),
        Language::Japanese,
        |_| Some("w".to_owned()),
    );
    let first = japanese.first().expect("a finding");
    assert_eq!(first.message, "edge1 is open (ja)");
    assert_eq!(first.primary.text, "here (ja)");
    assert_eq!(first.why.as_deref(), Some("w"));
}

#[test]
fn a_fingerprint_ignores_where_the_text_stands_and_how_it_is_spaced() {
    let here = sources("permit  tcp any\n");
    let there = sources("! moved\n\npermit tcp any\n");
    let one = raw(&here, "FU005", "permit  tcp any", Severity::Error);
    let other = raw(&there, "FU005", "permit tcp any", Severity::Error);
    let identity = |raw: &[RawFinding], sources: &Sources| {
        made(raw, sources).first().map(|f| f.fingerprint.clone())
    };
    assert_eq!(identity(&one, &here), identity(&other, &there));
}

#[test]
fn a_fingerprint_tells_rules_subjects_texts_and_occurrences_apart() {
    let sources = sources("permit tcp\npermit tcp\npermit udp\n");
    let mut all = raw(&sources, "FU005", "permit tcp", Severity::Error);
    all.extend(raw(&sources, "FU005", "permit udp", Severity::Error));
    all.extend(raw(&sources, "FU002", "permit tcp", Severity::Error));
    let mut other = raw(&sources, "FU005", "permit tcp", Severity::Error);
    for finding in &mut other {
        finding.subject = "edge2".to_owned();
    }
    all.extend(other);
    let mut seen: Vec<String> = made(&all, &sources)
        .into_iter()
        .map(|finding| finding.fingerprint)
        .collect();
    let total = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((total, seen.len()), (7, 7));
}

/// Occurrences are counted in the order of the file, whatever the order of the
/// rules' answers.
#[test]
fn a_fingerprint_does_not_depend_on_the_order_of_findings() {
    let sources = sources("permit tcp\npermit tcp\n");
    let mut all = raw(&sources, "FU005", "permit tcp", Severity::Error);
    let before = made(&all, &sources);
    all.reverse();
    assert_eq!(made(&all, &sources), before);
}
