//! Two access lists of 10,000 entries compared: the filters alone, and the
//! whole of `exlint diff` but its output.
//!
//!     cargo bench --bench diff

mod common;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use exlint::finding::comparison::Comparison;
use exlint::model::path::exchange_2007;
use exlint::source::{Inputs, SourceFile};
use exlint::{Settings, Side, policies, run_changed};

/// Entries of each list.
const ENTRIES: usize = 10_000;

fn side(text: &str) -> Side {
    let mut inputs = Inputs::default();
    inputs
        .sources
        .add(|id| SourceFile::decode(id, "fw.cfg", text.as_bytes().to_vec()));
    Side {
        inputs,
        settings: Settings {
            reference_date: Some("2009-11-02".to_owned()),
            ..Settings::default()
        },
    }
}

/// A list and what becomes of it.
fn changes() -> [(&'static str, String); 4] {
    let base = common::asa(ENTRIES);
    let lines: Vec<&str> = base.lines().collect();
    let is_entry = |line: &str| line.contains(" extended ");
    let entry = |number: usize| {
        let mut entries = lines.iter().filter(|line| is_entry(line));
        entries.nth(number).copied().unwrap_or_default()
    };
    let new = "access-list outside_in extended permit tcp any host 10.1.0.11 eq 445";
    let few = base
        .replacen(entry(5000), &format!("{new}\n{}", entry(5000)), 1)
        .replacen(entry(7000), "", 1);
    // Neighbours change places.
    let mut swapped: Vec<&str> = lines.clone();
    for at in (0..lines.len().saturating_sub(1)).step_by(2) {
        if is_entry(lines[at]) && is_entry(lines[at + 1]) {
            swapped.swap(at, at + 1);
        }
    }
    let last = "access-list outside_in extended deny ip any any\n";
    [
        ("one more and one less", few),
        ("neighbours swapped", swapped.join("\n")),
        (
            "all permitted at the end",
            base.replace(last, &last.replace("deny", "permit")),
        ),
        ("nothing", base),
    ]
}

fn compared(criterion: &mut Criterion) {
    let base = common::asa(ENTRIES);
    let catalogue = exchange_2007().expect("the catalogue");
    let mut group = criterion.benchmark_group("diff");
    group.sample_size(10);
    for (name, head) in changes() {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || (side(&base), side(&head)),
                |(before, after)| {
                    let (before, after) =
                        run_changed(before, after, || policies(&[])).expect("both run");
                    black_box(Comparison::new(&before, &after, catalogue).filters.len())
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, compared);
criterion_main!(benches);
