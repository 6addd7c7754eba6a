//! The reader over the collected rulesets, when they are there.

use std::path::{Path, PathBuf};

use crate::formats::{Content, LineState};
use crate::source::{FileId, SourceFile};

use super::super::FORMAT;

/// The corpus beside the repository.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall/nftables");
    folder.is_dir().then_some(folder)
}

/// Files that hold a ruleset, and not a test suite that quotes some, or a
/// makefile.
fn is_dump(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let name = path
        .file_name()
        .map_or_else(String::new, |n| n.to_string_lossy().into_owned());
    let quotes =
        text.contains("-- Testcase --") || name.ends_with(".at") || name.contains("Makefile");
    text.lines()
        .any(|line| line.trim_start().starts_with("table "))
        && !quotes
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn load(path: &Path) -> SourceFile {
    let bytes = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    SourceFile::from_text(FileId(0), &path.to_string_lossy(), text)
}

#[test]
fn the_corpus_is_recognised_and_read_almost_completely() {
    let Some(root) = corpus() else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort();
    let (mut all, mut found) = (0usize, 0usize);
    let (mut lines, mut unread) = (0usize, 0usize);
    let mut policy = Vec::new();
    for path in &paths {
        let file = load(path);
        let evidence = (FORMAT.detect)(&file);
        let name = path.strip_prefix(&root).unwrap_or(path).display();
        if !is_dump(path) {
            if let Some(evidence) = evidence {
                println!("NOT A DUMP, TAKEN FOR ONE: {name}: {}", evidence.what);
            } else {
                println!("no dump: {name}");
            }
            continue;
        }
        all += 1;
        match &evidence {
            Some(_) => found += 1,
            None => println!("NOT RECOGNISED: {name}"),
        }
        let document = (FORMAT.parse)(&file);
        let totals = document.ledger.totals();
        lines += totals.total;
        unread += totals.unrecognised;
        println!(
            "{:>6} {:>6} {:>6} {:>6} {:>6}  {name} [{}]",
            totals.total,
            totals.modelled,
            totals.irrelevant,
            totals.not_modelled,
            totals.unrecognised,
            document
                .content
                .iter()
                .map(|content| match content {
                    Content::Firewall(firewall) => format!(
                        "{} if={} filters={} rules={} nat={} stages={} nm={}",
                        firewall.name.value,
                        firewall.interfaces.len(),
                        firewall.filters.len(),
                        firewall
                            .filters
                            .iter()
                            .map(|f| f.rules.len())
                            .sum::<usize>(),
                        firewall.nat.rules.len(),
                        firewall.stages.len(),
                        firewall.not_modelled.len(),
                    ),
                    _ => String::new(),
                })
                .collect::<Vec<_>>()
                .join("; ")
        );
        for (index, state) in document.ledger.states().iter().enumerate() {
            if *state == LineState::Unrecognised {
                let text = file.line(index).unwrap_or_default();
                println!("        {}: {}", index + 1, text.escape_debug());
                policy.push(format!("{name}:{}: {text}", index + 1));
            }
        }
        for note in document.ledger.notes() {
            if note.state == LineState::Unrecognised {
                println!(
                    "          {}: {}",
                    file.slice(note.span).escape_debug(),
                    note.why
                );
            }
        }
    }
    let share = found as f64 / all.max(1) as f64;
    let missed = unread as f64 / lines.max(1) as f64;
    println!(
        "recognised {found} of {all} ({:.1} %), unrecognised {unread} of {lines} lines ({:.3} %)",
        share * 100.0,
        missed * 100.0
    );
    assert!(share >= 0.95, "recognised only {found} of {all}");
    assert!(
        missed <= 0.005,
        "{unread} of {lines} lines were not recognised"
    );
}
