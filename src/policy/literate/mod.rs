//! Rule pages as tests: runs the examples of a `rule.md` and compares.
//!
//! Below `## Examples`, each `###` section is a case. Fenced blocks with
//! `file=NAME` are the files of an estate, and one block `findings` states the
//! whole expected result of the rule: a line `SEVERITY ID FILE:LINE:COLUMN`
//! for each finding, `undecided ID` (with or without a place), or `none`.
//! Options of a file block: `encoding=LABEL` (`utf-8-bom`, `utf-16le`,
//! `utf-16le-no-bom`, `utf-16be`, or a WHATWG label such as `shift_jis`), and
//! `crlf`. A block with `base=NAME` instead is a file of the estate before a
//! change; what has none there is the same before and after.

mod compare;
mod parse;

pub use compare::{Difference, differences};
pub use parse::{Case, CaseFile, Expectation, PageProblem, cases};

use std::fmt;

use super::page::{HEADINGS, HEADINGS_JA, Page};
use super::{Pages, RuleMeta};
use crate::model::severity::Severity;

/// One line of a result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResultLine {
    /// What it says.
    pub kind: Kind,
    /// Id of the rule.
    pub rule: String,
    /// File name, line and column.
    pub place: Option<(String, u32, u32)>,
}

/// What a result line says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A finding.
    Finding(Severity),
    /// Something is not decided.
    Undecided,
    /// The rule has an error.
    Failed(String),
}

impl fmt::Display for ResultLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Finding(severity) => write!(f, "{severity} {}", self.rule)?,
            Kind::Undecided => write!(f, "undecided {}", self.rule)?,
            Kind::Failed(what) => write!(f, "failed {} ({what})", self.rule)?,
        }
        match &self.place {
            Some((file, line, column)) => write!(f, " {file}:{line}:{column}"),
            None => Ok(()),
        }
    }
}

/// How an example came out.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Id of the rule.
    pub rule: String,
    /// The page.
    pub page: String,
    /// The example's heading and its line, from 1.
    pub name: String,
    /// Line of the heading.
    pub line: usize,
    /// What does not agree; empty when all does.
    pub differences: Vec<Difference>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.page, self.line, self.name)?;
        for difference in &self.differences {
            write!(f, "\n    {difference}")?;
        }
        Ok(())
    }
}

/// What running the pages of a rule yields.
#[derive(Debug, Clone, Default)]
pub struct PageReport {
    /// Every example.
    pub outcomes: Vec<Outcome>,
    /// What is wrong with the pages themselves.
    pub problems: Vec<PageProblem>,
}

impl PageReport {
    /// Whether every example agrees and the pages are well formed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.problems.is_empty() && self.outcomes.iter().all(|o| o.differences.is_empty())
    }
}

/// Runs the examples of a rule's page. `run` is the whole pipeline: it reads
/// the files of an example and yields the lines of all rules.
pub fn run_page(
    rule: &RuleMeta,
    pages: &Pages,
    run: &dyn Fn(&[CaseFile]) -> Vec<ResultLine>,
) -> PageReport {
    let mut report = PageReport {
        problems: form(rule, pages),
        ..PageReport::default()
    };
    let cases = match cases(&pages.en) {
        Ok(cases) => cases,
        Err(problems) => {
            report.problems.extend(problems);
            return report;
        }
    };
    report.problems.extend(missing(rule, &pages.en, &cases));
    for case in cases {
        let lines: Vec<_> = run(&case.files)
            .into_iter()
            .filter(|line| line.rule == rule.id)
            .collect();
        report.outcomes.push(Outcome {
            rule: rule.id.clone(),
            page: pages.en.file().to_owned(),
            differences: differences(&case.expected, &lines),
            name: case.name,
            line: case.line,
        });
    }
    report
}

/// What is wrong with titles and headings.
fn form(rule: &RuleMeta, pages: &Pages) -> Vec<PageProblem> {
    let mut problems = Vec::new();
    let mut check = |page: &Page, headings: &[&str]| {
        let title = format!("{} {}", rule.id, rule.name);
        if page.title() != Some(title.as_str()) {
            problems.push(PageProblem::new(
                page,
                1,
                format!("the title is not `# {title}`"),
            ));
        }
        let found: Vec<_> = page.headings().map(str::trim).collect();
        if found != headings {
            let what =
                format!("the headings are {found:?}, but should be {headings:?}, in this order");
            problems.push(PageProblem::new(page, 1, what));
        }
        for heading in headings {
            if page.section(heading).is_some_and(str::is_empty) {
                problems.push(PageProblem::new(page, 1, format!("`{heading}` is empty")));
            }
        }
    };
    check(&pages.en, &HEADINGS);
    match &pages.ja {
        Some(page) => check(page, &HEADINGS_JA),
        None => problems.push(PageProblem::new(
            &pages.en,
            1,
            "there is no rule.ja.md beside it".to_owned(),
        )),
    }
    problems
}

/// Kinds of examples that the page lacks: one that fires, one that stays
/// silent and, where the rule has `needs`, one that is undecided.
fn missing(rule: &RuleMeta, page: &Page, cases: &[Case]) -> Vec<PageProblem> {
    let any = |wanted: fn(&Case) -> bool| cases.iter().any(wanted);
    let mut problems = Vec::new();
    let mut lacks = |what: &str| {
        problems.push(PageProblem::new(page, 1, format!("no example {what}")));
    };
    if !any(Case::fires) {
        lacks("fires");
    }
    if !any(Case::is_silent) {
        lacks("stays silent");
    }
    if !rule.needs.is_empty() && !any(Case::is_undecided) {
        lacks("is undecided");
    }
    problems
}

#[cfg(test)]
mod tests;
