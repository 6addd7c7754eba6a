//! One run of an estate in both languages, and its reports.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use exlint::finding::{Run, Suppressed, Suppression, SuppressionKind};
use exlint::model::path::exchange_2007;
use exlint::policy::{Policies, Severity};
use exlint::report::{Context, Messages};
use exlint::{Options, Settings};

/// Writes a report.
pub type Writer = fn(&mut dyn Write, &Context<'_>) -> std::io::Result<()>;

/// The built-in rules.
pub fn policies() -> &'static Policies {
    static POLICIES: OnceLock<Policies> = OnceLock::new();
    POLICIES.get_or_init(|| exlint::policies(&[]).expect("built-in rules"))
}

/// Runs on a folder, as of the day of contoso's exports.
pub fn run(folder: &Path) -> Run {
    let options = Options {
        paths: vec![folder.to_owned()],
        settings: Settings {
            reference_date: Some("2013-06-03".to_owned()),
            both_languages: true,
            ..Settings::default()
        },
        ..Options::default()
    };
    exlint::run(&options).expect("a result")
}

/// The run of contoso, with its first finding hidden by an exception.
pub fn contoso() -> &'static Run {
    static RUN: OnceLock<Run> = OnceLock::new();
    RUN.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/contoso");
        let mut run = run(&folder);
        hide_first(&mut run);
        run
    })
}

/// Hides the first finding, with a reason that is hostile itself.
pub fn hide_first(run: &mut Run) {
    let finding = run.findings.remove(0);
    run.suppressed.push(Suppressed {
        finding,
        by: Suppression {
            kind: SuppressionKind::Configuration,
            reason: "=accepted until the move <b>\u{1b}[31m".to_owned(),
            until: Some("2013-12-31".to_owned()),
            place: None,
        },
    });
    run.summary.suppressed = 1;
}

/// A report as text.
pub fn report(run: &Run, write: Writer, show_suppressed: bool) -> String {
    let context = Context {
        run,
        words: Messages::of(run.language),
        policies: policies(),
        catalogue: exchange_2007().expect("the catalogue"),
        fail_on: Severity::Warning,
        show_suppressed,
        quiet: false,
    };
    let mut out = Vec::new();
    write(&mut out, &context).expect("written");
    String::from_utf8(out).expect("UTF-8")
}

/// A schema of this folder or of `schemas/`.
pub fn schema(file: &str) -> jsonschema::Validator {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let text = std::fs::read_to_string(path).expect("a schema");
    // The published schema of SARIF has a bracket too many in a pattern, which
    // strict readers of patterns refuse.
    let text = text.replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema = serde_json::from_str(&text).expect("JSON");
    jsonschema::validator_for(&schema).expect("a schema that compiles")
}
