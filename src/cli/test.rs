//! `exlint test`: runs the examples of rule pages.

use std::io::{self, Write};
use std::path::Path;

use super::args::TestArgs;
use super::failure::{Explained, Failure};
use super::session::Session;
use crate::finding::exceptions::AREA;
use crate::policy::literate::{PageReport, run_page};
use crate::policy::{OF_USERS, Rule};
use crate::run_example;

/// Runs the command.
pub fn run(session: &Session, args: &TestArgs) -> Result<u8, Failure> {
    let policies = if args.paths.is_empty() {
        session.policies()?
    } else {
        session.policies_in(&args.paths)?
    };
    let settings = session.settings()?;
    let below = |rule: &&Rule| {
        let mut paths = args.paths.iter();
        paths.any(|path| lies_in(rule.file(), &shown(path)))
    };
    // A folder of a user may have the name of one that is built in.
    let of_user = |rule: &&Rule| rule.meta.area == OF_USERS;
    let owned = policies
        .rules()
        .iter()
        .any(|rule| of_user(&rule) && below(&rule));
    let chosen = |rule: &&Rule| args.paths.is_empty() || (below(rule) && (of_user(rule) || !owned));
    let mut reports: Vec<(String, PageReport)> = Vec::new();
    for rule in policies.rules().iter().filter(chosen) {
        let Some(pages) = &rule.pages else { continue };
        let mut only = policies.clone();
        // Alone: a page tells what its rule finds, whichever rule takes
        // precedence. But exceptions are from other rules.
        if rule.meta.area != AREA {
            only.retain(|meta| meta.id == rule.meta.id);
        }
        let report = run_page(&rule.meta, pages, &|files| {
            let mut lines = run_example(files, &settings, &only);
            lines.retain(|line| line.rule == rule.meta.id);
            lines
        });
        reports.push((rule.meta.id.clone(), report));
    }
    if reports.is_empty() {
        let paths: Vec<String> = args.paths.iter().map(|path| shown(path)).collect();
        let words = session.words;
        return Err(Failure::User(Explained::new(
            words.fill("test.none", &[("paths", &paths.join(", "))]),
            &[words.get("error.help-rules")],
        )));
    }
    let mut out = io::BufWriter::new(io::stdout().lock());
    session.human(&mut out, session.paint).tests(&reports)?;
    out.flush()?;
    Ok(u8::from(!reports.iter().all(|(_, report)| report.passed())))
}

/// Whether a file is the one at a path, or lies in the folder there.
fn lies_in(file: &str, path: &str) -> bool {
    let path = path.trim_end_matches('/');
    file.strip_prefix(path)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn shown(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
