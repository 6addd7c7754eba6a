//! Exceptions in the comments of every format, in `exlint.toml`, and what
//! becomes of those that are wrong.

mod declared;
mod inline;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use exlint::finding::configuration::{Choices, Origin, Setting};
use exlint::finding::{Finding, Run};
use exlint::model::path::exchange_2007;
use exlint::policy::Policies;
use exlint::source::{Inputs, SourceFile};
use exlint::{Settings, analyse};

/// Files by name.
type Files = Vec<(String, String)>;

fn policies() -> &'static Policies {
    static ONCE: OnceLock<Policies> = OnceLock::new();
    ONCE.get_or_init(|| Policies::built_in(exchange_2007().expect("the embedded catalogue")))
}

fn judge(files: &Files, settings: &Settings) -> Run {
    let mut inputs = Inputs::default();
    for (name, text) in files {
        inputs
            .sources
            .add(|id| SourceFile::decode(id, name, text.clone().into_bytes()));
    }
    analyse(inputs, settings, policies()).expect("it runs")
}

/// Judges by some rules only, so that it is fast.
fn run(files: &Files, rules: &[&str]) -> Run {
    let rules = rules.iter().map(|rule| (*rule).to_owned()).collect();
    let settings = Settings {
        choices: Choices {
            select: Some(Setting::new(rules, Origin::Option("--select"))),
            ..Choices::default()
        },
        ..Settings::default()
    };
    judge(files, &settings)
}

/// The files of a platform's fixture.
fn platform(name: &str) -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/platforms")
        .join(name);
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(&folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .filter(|path| path.extension().is_none_or(|extension| extension != "md"))
        .collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&folder).expect("inside").display();
            let text = SourceFile::decode(
                exlint::source::FileId(0),
                "x",
                std::fs::read(&path).expect("readable"),
            );
            (name.to_string(), text.text().to_owned())
        })
        .collect()
}

/// Rule and file of each finding.
fn told<'r>(findings: impl Iterator<Item = &'r Finding>) -> Vec<(String, String, u32)> {
    findings
        .map(|finding| {
            let place = &finding.primary.place;
            (finding.rule.id.clone(), place.file.to_string(), place.line)
        })
        .collect()
}
