//! The reader over the collected FortiOS files, when they are there.

use std::path::{Path, PathBuf};

use crate::formats::{Content, LineState};
use crate::source::{FileId, SourceFile};

use super::super::FORMAT;

/// The corpus beside the repository.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall/fortios");
    folder.is_dir().then_some(folder)
}

/// Files that hold a device's configuration or output as such, and not a
/// parser's answer or a message about one.
fn is_configuration(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    !(name.ends_with(".yaml") || name.contains("FMG-"))
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
        if !is_configuration(path) {
            assert_eq!(evidence, None, "{name} is no configuration");
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
        let mut section = String::new();
        for (index, state) in document.ledger.states().iter().enumerate() {
            let text = file.line(index).unwrap_or_default();
            if text.trim_start().starts_with("config ") {
                text.trim_start().clone_into(&mut section);
            }
            if *state == LineState::Unrecognised {
                println!("        {}: {}", index + 1, text.escape_debug());
                if is_policy(&section) {
                    policy.push(format!("{name}:{}: {text}", index + 1));
                }
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
        missed <= 0.01,
        "{unread} of {lines} lines were not recognised"
    );
    assert!(
        policy.is_empty(),
        "policy lines not recognised: {policy:#?}"
    );
}

/// Sections that carry policy.
fn is_policy(section: &str) -> bool {
    [
        "config firewall",
        "config router static",
        "config system zone",
    ]
    .iter()
    .any(|start| section.starts_with(start))
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    let Some(root) = corpus() else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    for path in paths.iter().filter(|path| is_configuration(path)) {
        let whole = load(path);
        let text = whole.text();
        let step = (text.len() / 40).max(1);
        for end in (0..text.len()).step_by(step) {
            if let Some(part) = text.get(..end) {
                let file = SourceFile::from_text(FileId(0), "cut.cfg", part);
                let document = (FORMAT.parse)(&file);
                assert_eq!(document.ledger.totals().total, file.line_count());
            }
        }
    }
}

#[test]
fn configurations_of_other_systems_are_not_taken_for_fortios() {
    let Some(root) = corpus().and_then(|path| path.parent().map(Path::to_path_buf)) else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut wrong = Vec::new();
    for path in paths
        .iter()
        .filter(|path| !path.starts_with(root.join("fortios")))
    {
        if std::fs::metadata(path).is_ok_and(|data| data.len() > 4_000_000) {
            continue;
        }
        let file = load(path);
        if let Some(evidence) = (FORMAT.detect)(&file) {
            wrong.push(format!(
                "{}: {} ({})",
                path.display(),
                evidence.what,
                evidence.strength
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
