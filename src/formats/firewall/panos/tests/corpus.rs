//! The reader over the collected PAN-OS files, when they are there.

use std::path::{Path, PathBuf};

use crate::formats::{Content, LineState};
use crate::source::{FileId, SourceFile};

use super::super::FORMAT;

/// The corpus beside the repository.
fn corpus() -> Option<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall/paloalto_panos");
    folder.is_dir().then_some(folder)
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
    println!(
        "{:>6} {:>6} {:>6} {:>6} {:>6}  file",
        "lines", "model", "irrel", "notmod", "unrec"
    );
    for path in &paths {
        let file = load(path);
        let evidence = (FORMAT.detect)(&file);
        let name = path.strip_prefix(&root).unwrap_or(path).display();
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
                        "{} if={} rules={} nat={} stages={} nm={}",
                        firewall.name.value,
                        firewall.interfaces.len(),
                        firewall
                            .filters
                            .iter()
                            .map(|f| f.rules.len())
                            .sum::<usize>(),
                        firewall.nat.rules.len(),
                        firewall.stages.len(),
                        firewall.not_modelled.len(),
                    ),
                    Content::Routes { routes, .. } => format!("routes={}", routes.len()),
                    _ => String::new(),
                })
                .collect::<Vec<_>>()
                .join("; ")
        );
        for note in document.ledger.notes() {
            if note.state == LineState::Unrecognised {
                let line = file.line_of(note.span.start);
                let text = file.line(line).unwrap_or_default();
                println!("        {}: {}", line + 1, text.escape_debug());
                if is_policy(text) {
                    policy.push(format!("{name}:{}: {text}", line + 1));
                }
            }
        }
        for problem in &document.problems {
            let line = file.line_of(problem.span.start) + 1;
            println!("        {:?}: {line}: {}", problem.level, problem.message);
        }
    }
    let share = found as f64 / all.max(1) as f64;
    let missed = unread as f64 / lines.max(1) as f64;
    println!(
        "recognised {found} of {all} ({:.1} %), unrecognised {unread} of {lines} statements ({:.3} %)",
        share * 100.0,
        missed * 100.0
    );
    assert!(share >= 0.95, "recognised only {found} of {all}");
    assert!(
        missed <= 0.01,
        "{unread} of {lines} statements were not recognised"
    );
    assert!(
        policy.is_empty(),
        "policy lines not recognised: {policy:#?}"
    );
}

/// Statements that carry policy.
fn is_policy(text: &str) -> bool {
    [
        "rulebase",
        "address",
        "service",
        "zone",
        "<source>",
        "<destination>",
        "<action>",
    ]
    .iter()
    .any(|part| text.contains(part))
}
