//! What an edit does to the findings that a baseline knows: nothing where the
//! meaning stays, and exactly what changed where it does not.

mod edits;
mod estates;
mod forms;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use exlint::finding::Run;
use exlint::finding::baseline::{Baseline, Entry};
use exlint::finding::configuration::{Choices, Origin, Setting};
use exlint::model::path::exchange_2007;
use exlint::policy::{Policies, Severity};
use exlint::source::{Inputs, SourceFile};
use exlint::{Settings, analyse};

use edits::{EDITS, Edit};

/// The files of an estate, by name, in the order in which they are read.
type Files = Vec<(String, String)>;

fn policies() -> &'static Policies {
    static ONCE: OnceLock<Policies> = OnceLock::new();
    ONCE.get_or_init(|| Policies::built_in(exchange_2007().expect("the embedded catalogue")))
}

fn run(files: &Files, rules: &[&str], baseline: Option<Baseline>) -> Run {
    let mut inputs = Inputs::default();
    for (name, text) in files {
        inputs
            .sources
            .add(|id| SourceFile::decode(id, name, text.clone().into_bytes()));
    }
    let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    let settings = Settings {
        choices: Choices {
            select: Some(Setting::new(rules, Origin::Option("--select"))),
            ..Choices::default()
        },
        baseline: baseline.map(Arc::new),
        ..Settings::default()
    };
    let run = analyse(inputs, &settings, policies()).expect("it runs");
    let failed: Vec<String> = run
        .failed_rules()
        .map(|(rule, error)| format!("{}: {error}", rule.id))
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
    run
}

/// A baseline of all that a run found.
fn baseline(run: &Run) -> Baseline {
    Baseline {
        name: "baseline.json".to_owned(),
        entries: run.findings.iter().map(Entry::of).collect(),
    }
}

/// Runs of the estates as they are.
fn before(edit: &Edit) -> Arc<Run> {
    static HELD: OnceLock<std::sync::Mutex<BTreeMap<&'static str, Arc<Run>>>> = OnceLock::new();
    let held = HELD.get_or_init(Default::default);
    let mut held = held.lock().expect("no test holds it");
    let run = held
        .entry(edit.estate.name)
        .or_insert_with(|| Arc::new(run(&(edit.estate.files)(), edit.estate.rules, None)));
    Arc::clone(run)
}

#[test]
fn every_edit_has_the_effect_that_its_meaning_has() {
    assert!(EDITS.len() >= 50, "{} edits", EDITS.len());
    let mut wrong = Vec::new();
    for edit in EDITS {
        let before = before(edit);
        assert!(
            before.findings.len() >= 3,
            "{} finds too little",
            edit.estate.name
        );
        let mut files = (edit.estate.files)();
        let untouched = files.clone();
        (edit.change)(&mut files);
        assert_ne!(files, untouched, "{}: nothing is edited", edit.name);
        let after = run(&files, edit.estate.rules, Some(baseline(&before)));
        let mut new: Vec<String> = after
            .findings
            .iter()
            .map(|finding| format!("{} {}", finding.rule.id, finding.subject))
            .collect();
        new.sort();
        let mut gone: Vec<String> = after
            .stale
            .iter()
            .map(|entry| format!("{} {}", entry.rule, entry.subject))
            .collect();
        gone.sort();
        let told = |list: &[String]| -> Vec<String> {
            list.iter().map(|text| text[..5].to_owned()).collect()
        };
        if told(&new) != edit.new || told(&gone) != edit.gone {
            wrong.push(format!(
                "{}:\n  new  {new:?}\n       expected {:?}\n  gone {gone:?}\n       expected {:?}",
                edit.name, edit.new, edit.gone
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_finding_that_is_worse_than_it_was_is_told() {
    let estate = &EDITS[0].estate;
    let files = (estate.files)();
    let run_with = |baseline| run(&files, estate.rules, Some(baseline));
    let known = baseline(&before(&EDITS[0]));
    let all = known.entries.len();
    assert!(known.entries.iter().any(|e| e.severity > Severity::Note));
    let same = run_with(known.clone());
    assert_eq!((same.findings.len(), same.suppressed.len()), (0, all));
    let mut milder = known.clone();
    for entry in &mut milder.entries {
        entry.severity = Severity::Note;
    }
    let worse = run_with(milder);
    let notes = known
        .entries
        .iter()
        .filter(|e| e.severity == Severity::Note);
    assert_eq!(worse.suppressed.len(), notes.count());
    // It is there, so its entry is not stale.
    assert!(worse.stale.is_empty());
    let mut harsher = known;
    for entry in &mut harsher.entries {
        entry.severity = Severity::Error;
    }
    assert_eq!(run_with(harsher).findings.len(), 0);
}

fn inspected(change: fn(&mut String)) -> Files {
    let mut files = (estates::INSPECTED.files)();
    change(&mut files[0].1);
    files
}

const CLOSED: &str =
    "access-list dmz_in extended permit tcp host 192.0.2.11 host 10.1.0.11 eq smtp\n";

#[test]
fn what_is_left_of_an_entry_is_all_that_it_knows_once_it_is_pruned() {
    let whole = run(&inspected(|_| ()), &["FU018"], None);
    let fewer = run(
        &inspected(|text| *text = text.replace(CLOSED, "")),
        &["FU018"],
        None,
    );
    let known = baseline(&whole);
    let comparison = known.compare(fewer.findings.iter());
    assert_eq!(comparison.known, [Some(0)]);
    let left = Baseline {
        name: known.name.clone(),
        entries: known.pruned(&comparison, &fewer.findings, &fewer.evaluated()),
    };
    assert_eq!(left.entries.len(), 1);
    assert_eq!(left.entries[0].fingerprint, known.entries[0].fingerprint);
    assert_eq!(left.compare(fewer.findings.iter()).known, [Some(0)]);
    // The path that was closed is open again.
    assert_eq!(left.compare(whole.findings.iter()).known, [None]);
}

#[test]
fn a_baseline_of_an_earlier_version_knows_what_is_as_it_was() {
    let whole = run(&inspected(|_| ()), &["FU018"], None);
    let mut earlier = baseline(&whole);
    let former = whole.findings[0].former_fingerprint.clone();
    earlier.entries[0].fingerprint = former.expect("it has an extent");
    earlier.entries[0].scope = None;
    assert!(earlier.entries[0].fingerprint.starts_with("2-"));
    assert_eq!(earlier.compare(whole.findings.iter()).known, [Some(0)]);
    let fewer = run(
        &inspected(|text| *text = text.replace(CLOSED, "")),
        &["FU018"],
        None,
    );
    assert_eq!(earlier.compare(fewer.findings.iter()).known, [None]);
}

#[test]
fn fingerprints_in_one_run_are_unique() {
    for edit in EDITS {
        let run = before(edit);
        let mut prints: Vec<&str> = run.findings.iter().map(|f| &*f.fingerprint).collect();
        prints.sort_unstable();
        let all = prints.len();
        prints.dedup();
        assert_eq!(prints.len(), all, "{}", edit.estate.name);
    }
}
