//! Findings to the terminal, with evidence in a large file.

mod common;

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use exlint::finding::{Identities, Language, findings};
use exlint::model::path::Localised;
use exlint::policy::{Confidence, Policies, RawFinding};
use exlint::report::human::Human;
use exlint::report::{COLUMNS, Messages, Paint};
use exlint::source::{SourceFile, Sources, Span};

/// One finding with two places for each of `count` lines, spread evenly.
fn raw(policies: &Policies, sources: &Sources, count: usize) -> Vec<RawFinding> {
    let file = &sources.files()[0];
    let rule = &policies.find("FH004").expect("a built-in rule").meta;
    let step = file.line_count() / (count + 1);
    let none = || Localised {
        en: "the entry above".to_owned(),
        ja: "上の行".to_owned(),
    };
    let line = |index: usize| {
        let range = file.line_range(index).unwrap_or_default();
        Span::of(file.id(), range)
    };
    (1..=count)
        .map(|index| RawFinding {
            flows: Vec::new(),
            extent: Vec::new(),
            allowed: None,
            rule: Arc::clone(rule),
            severity: rule.severity,
            paths: Vec::new().into(),
            confidence: Confidence::Certain,
            weak: None,
            at: vec![line(index * step), line(index * step - 1)],
            labels: vec![none(), none()],
            args: serde_json::Map::new(),
            subject: format!("entry {index}"),
            expected: None,
            actual: None,
            witness: None,
            variant: None,
            fix: None,
        })
        .collect()
}

fn render(c: &mut Criterion) {
    let catalogue = exlint::model::path::exchange_2007().expect("the embedded catalogue");
    let policies = Policies::built_in(catalogue);
    let mut group = c.benchmark_group("render");
    group.sample_size(10);
    for (name, rules, count) in [
        ("1000-findings-in-761-kB", 7_950, 1_000),
        ("10000-findings-in-50-MB", 522_000, 10_000),
    ] {
        let mut sources = Sources::default();
        sources.add(|id| SourceFile::from_text(id, "fw.cfg", common::asa(rules)));
        let raw = raw(&policies, &sources, count);
        let named = Identities::default();
        group.bench_function(name, |b| {
            b.iter(|| {
                let findings = findings(raw.clone(), &sources, &named, Language::English, |_| None);
                let mut out = Vec::new();
                Human {
                    out: &mut out,
                    words: Messages::of(Language::English),
                    paint: Paint::default(),
                    columns: COLUMNS,
                    verbose: false,
                    quiet: false,
                }
                .findings(&findings, &sources)
                .expect("memory takes everything");
                black_box(out)
            });
        });
    }
    group.finish();
}

criterion_group!(benches, render);
criterion_main!(benches);
