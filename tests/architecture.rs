//! A module imports only from stages before its own.

use std::fs;
use std::path::{Path, PathBuf};

/// The stages in order. A module may use those to the left of its own.
const STAGES: [&str; 9] = [
    "source", "model", "formats", "estate", "flow", "policy", "finding", "report", "cli",
];

/// An import from a later stage.
#[derive(Debug, PartialEq, Eq)]
struct Violation {
    stage: String,
    line: usize,
    imports: String,
}

fn rank(stage: &str) -> Option<usize> {
    STAGES.iter().position(|name| *name == stage)
}

/// Paths that start with `crate::` in a file, with their lines: the first
/// segment of each, also in `use crate::{a, b::c}`.
fn crate_paths(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("crate::") {
        let before = source[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let line_start = source[..at].rfind('\n').map_or(0, |n| n + 1);
        if source[line_start..at].trim_start().starts_with("//") {
            continue;
        }
        let line = source[..at].matches('\n').count() + 1;
        let rest = &source[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut segment = String::new();
            let mut first = true;
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => {
                        found.push((line, std::mem::take(&mut segment)));
                        first = true;
                        continue;
                    }
                    ':' if depth == 1 => first = false,
                    c if depth == 1 && first && (c.is_alphanumeric() || c == '_') => {
                        segment.push(c);
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
            found.push((line, segment));
        } else {
            let segment = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            found.push((line, segment));
        }
    }
    found.retain(|(_, segment)| !segment.is_empty());
    found
}

/// Imports from later stages in a file of `stage`.
fn violations(stage: &str, source: &str) -> Vec<Violation> {
    let own = rank(stage).expect("a stage");
    crate_paths(source)
        .into_iter()
        .filter(|(_, path)| rank(path).is_some_and(|other| other > own))
        .map(|(line, imports)| Violation {
            stage: stage.to_owned(),
            line,
            imports,
        })
        .collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the crate") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn no_module_imports_from_a_later_stage() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for stage in STAGES {
        let mut files = Vec::new();
        rust_files(&root.join(stage), &mut files);
        assert!(!files.is_empty(), "there is no stage {stage}");
        for file in files {
            let source = fs::read_to_string(&file).expect("a source file");
            for violation in violations(stage, &source) {
                wrong.push(format!("{}: {violation:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_of_the_crate_is_a_stage_or_the_pipeline_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let source = fs::read_to_string(root.join("lib.rs")).expect("lib.rs");
    let unknown: Vec<_> = source
        .lines()
        .filter_map(|line| {
            let line = line.trim();
            line.strip_prefix("pub mod ").or(line.strip_prefix("mod "))
        })
        .filter_map(|name| name.strip_suffix(';'))
        .filter(|name| rank(name).is_none() && *name != "pipeline")
        .collect();
    assert!(unknown.is_empty(), "{unknown:?} has no place in the order");
}

#[test]
fn a_later_import_is_seen_in_every_form() {
    let sample = "\
use crate::source::Span;
// crate::cli is only spoken of here
use crate::report::text;
use crate::{source::Span, policy::{Severity, facts}, model::net};
fn f() { crate::cli::main(); }
";
    let found: Vec<_> = violations("formats", sample)
        .into_iter()
        .map(|violation| (violation.line, violation.imports))
        .collect();
    assert_eq!(
        found,
        [
            (3, "report".to_owned()),
            (4, "policy".to_owned()),
            (5, "cli".to_owned())
        ]
    );
    assert!(violations("cli", sample).is_empty());
}
