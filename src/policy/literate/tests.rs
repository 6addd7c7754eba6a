use std::cell::RefCell;

use super::*;
use crate::model::path::Localised;
use crate::policy::Texts;

const PAGE: &str = "# ZZ001 some-rule

## What it checks
a
## Why it matters
b
## How to fix it
c
## When it stays silent
d
## Source
e
## Examples

### the port is open

```text file=inner.cfg
access-list a permit ip any any
```
```findings
error ZZ001 inner.cfg:1:1
```

### closed, in UTF-16

```text file=\"fw/inner one.cfg\" encoding=utf-16le crlf
deny
```

````findings
none
````

### no firewall

```findings
undecided ZZ001
```
";

const PAGE_JA: &str = "# ZZ001 some-rule
## 検査内容
a
## 重要な理由
b
## 対処方法
c
## 報告しない場合
d
## 出典
e
## 例
f
";

fn text() -> Localised {
    Localised {
        en: "x".to_owned(),
        ja: "x".to_owned(),
    }
}

fn rule() -> RuleMeta {
    RuleMeta {
        id: "ZZ001".to_owned(),
        name: "some-rule".to_owned(),
        area: "test".to_owned(),
        severity: Severity::Error,
        title: text(),
        paths: Vec::new().into(),
        statements: Vec::new(),
        needs: vec![vec!["firewall".to_owned()]],
        versions: Vec::new(),
        supersedes: Vec::new(),
        suppressible: true,
        parameters: Vec::new(),
        texts: Texts {
            message: text(),
            fix: text(),
        },
        variants: Default::default(),
        undecided: None,
        applies: None,
        labels: Default::default(),
        references: Default::default(),
    }
}

fn pages(en: &str) -> Pages {
    Pages {
        en: Page::new("rule.md".to_owned(), en.to_owned()),
        ja: Some(Page::new("rule.ja.md".to_owned(), PAGE_JA.to_owned())),
    }
}

fn line(kind: Kind, place: Option<(&str, u32, u32)>) -> ResultLine {
    ResultLine {
        kind,
        rule: "ZZ001".to_owned(),
        place: place.map(|(file, line, column)| (file.to_owned(), line, column)),
    }
}

/// Fires on `permit`, is silent on `deny`, undecided without files.
fn run(files: &[CaseFile]) -> Vec<ResultLine> {
    match files.first() {
        None => vec![line(Kind::Undecided, None)],
        Some(file) if file.bytes.starts_with(b"access-list") => {
            let place = Some((file.name.as_str(), 1, 1));
            vec![line(Kind::Finding(Severity::Error), place)]
        }
        Some(_) => Vec::new(),
    }
}

fn problems(page: &str) -> Vec<String> {
    let report = run_page(&rule(), &pages(page), &run);
    report.problems.iter().map(ToString::to_string).collect()
}

#[test]
fn a_page_whose_examples_agree_passes() {
    let report = run_page(&rule(), &pages(PAGE), &run);
    assert!(report.passed(), "{report:?}");
    assert_eq!(report.outcomes.len(), 3);
}

#[test]
fn files_are_encoded_as_the_page_asks() {
    let seen = RefCell::new(Vec::new());
    run_page(&rule(), &pages(PAGE), &|files| {
        seen.borrow_mut().extend(files.iter().cloned());
        Vec::new()
    });
    let seen = seen.into_inner();
    let file = seen.iter().find(|file| file.name == "fw/inner one.cfg");
    assert_eq!(
        file.map(|file| file.bytes.as_slice()),
        Some(b"\xFF\xFEd\0e\0n\0y\0\r\0\n\0".as_slice())
    );
}

#[test]
fn every_difference_names_the_line_of_the_page() {
    let report = run_page(
        &rule(),
        &pages(&PAGE.replace("inner.cfg:1:1", "inner.cfg:2:1")),
        &run,
    );
    let outcome = report.outcomes.first().expect("the first example");
    let shown: Vec<_> = outcome
        .differences
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        shown,
        [
            "- error ZZ001 inner.cfg:2:1 (expected in line 21)",
            "+ error ZZ001 inner.cfg:1:1"
        ]
    );
}

#[test]
fn a_failed_rule_never_agrees() {
    let failed = |_: &[CaseFile]| vec![line(Kind::Failed("no".to_owned()), None)];
    let report = run_page(&rule(), &pages(PAGE), &failed);
    assert!(report.outcomes.iter().all(|o| !o.differences.is_empty()));
}

#[test]
fn two_equal_findings_need_two_lines() {
    let finding = line(Kind::Finding(Severity::Error), Some(("a", 1, 1)));
    let expected = Expectation {
        result: finding.clone(),
        line: 1,
    };
    assert_eq!(
        differences(
            std::slice::from_ref(&expected),
            &[finding.clone(), finding.clone()]
        )
        .len(),
        1
    );
    assert!(differences(&[expected.clone(), expected], &[finding.clone(), finding]).is_empty());
}

#[test]
fn undecided_without_a_place_stands_for_all_of_them() {
    let expected = Expectation {
        result: line(Kind::Undecided, None),
        line: 1,
    };
    let actual = [
        line(Kind::Undecided, Some(("a", 1, 1))),
        line(Kind::Undecided, Some(("a", 2, 1))),
    ];
    assert!(differences(std::slice::from_ref(&expected), &actual).is_empty());
    assert_eq!(differences(&[expected], &[]).len(), 1);
    assert_eq!(differences(&[], &actual).len(), 2);
}

#[test]
fn a_page_without_a_kind_of_example_is_a_problem() {
    for (from, to, lacking) in [
        ("error ZZ001 inner.cfg:1:1", "none", "fires"),
        ("none", "error ZZ001 inner.cfg:1:1", "stays silent"),
        ("undecided ZZ001", "none", "is undecided"),
    ] {
        let problems = problems(&PAGE.replace(from, to));
        assert!(
            problems.iter().any(|p| p.ends_with(lacking)),
            "{problems:?}"
        );
    }
}

#[test]
fn malformed_pages_are_problems_with_their_line() {
    for (from, to, problem) in [
        (
            "```text file=inner.cfg",
            "```text",
            "rule.md:17: the block has no",
        ),
        (
            "file=inner.cfg",
            "file=inner.cfg colour=red",
            "rule.md:17: `colour`",
        ),
        (
            "encoding=utf-16le",
            "encoding=ebcdic",
            "rule.md:26: encoding `ebcdic`",
        ),
        (
            "error ZZ001 inner.cfg:1:1",
            "error ZZ001",
            "rule.md:21: `error ZZ001`",
        ),
        (
            "undecided ZZ001",
            "",
            "rule.md:36: the block states nothing",
        ),
        (
            "undecided ZZ001\n```",
            "undecided ZZ001",
            "rule.md:36: the block is not closed",
        ),
        (
            "### no firewall",
            "",
            "rule.md:24: example `closed, in UTF-16` has 2",
        ),
        ("## Source", "## Sources", "rule.md:1: the headings are"),
        (
            "# ZZ001 some-rule",
            "# ZZ001 other",
            "rule.md:1: the title is not",
        ),
    ] {
        let problems = problems(&PAGE.replacen(from, to, 1));
        assert!(
            problems.iter().any(|p| p.starts_with(problem)),
            "{to}: {problems:?}"
        );
    }
}
