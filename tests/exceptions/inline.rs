use exlint::finding::{Suppression, SuppressionKind};
use exlint::formats::ProblemLevel;

use crate::{Files, platform, run, told};

/// How an exception is written in a format, and where: the lines around the
/// finding's first line, which is given without its line end.
struct Syntax {
    platform: &'static str,
    file: &'static str,
    rule: &'static str,
    name: &'static str,
    write: fn(line: &str, exception: &str) -> String,
}

const fn syntax(
    platform: &'static str,
    file: &'static str,
    rule: &'static str,
    name: &'static str,
    write: fn(&str, &str) -> String,
) -> Syntax {
    Syntax {
        platform,
        file,
        rule,
        name,
        write,
    }
}

const IPTABLES: &str = "fw/ctso-gw1_iptables-save.txt";
const NFTABLES: &str = "fw/ctso-gw2_nft-list-ruleset.txt";
const PANOS: &str = "fw/running-config.xml";

const SYNTAXES: &[Syntax] = &[
    syntax(
        "ios",
        "ctso-rtr1-confg.txt",
        "FU005",
        "a line before",
        |line, exception| format!("! {exception}\n{line}"),
    ),
    syntax(
        "ios",
        "ctso-rtr1-confg.txt",
        "FU005",
        "a remark",
        |line, exception| format!(" remark {exception}\n{line}"),
    ),
    syntax(
        "nxos",
        "ctso-core1.log",
        "FU005",
        "a remark",
        |line, exception| format!("  29 remark {exception}\n{line}"),
    ),
    syntax(
        "windows",
        "fw/ctso-fw1.cfg",
        "FU005",
        "a line before, of an ASA",
        |line, exception| format!("! {exception}\n!\n\n{line}"),
    ),
    syntax(
        "windows",
        "fw/ctso-fw1.cfg",
        "FU005",
        "a remark of an ASA",
        |line, exception| {
            format!(
                "access-list servers_in remark {exception}\naccess-list servers_in remark more\n{line}"
            )
        },
    ),
    syntax(
        "windows",
        "hosts/EDGE1/netsh.txt",
        "FH004",
        "a description of netsh",
        |line, exception| {
            let behind = "----------------------------------------------------------------------";
            format!("{line}\n{behind}\nDescription:                          {exception}\n#CUT")
        },
    ),
    syntax(
        "srx",
        "fw/srx.conf",
        "FU005",
        "a comment before",
        |line, exception| format!("/* {exception} */\n{line}"),
    ),
    syntax(
        "srx",
        "fw/srx.conf",
        "FU005",
        "a comment of several lines before",
        |line, exception| format!("/* by the network team\n   {exception}\n*/\n{line}"),
    ),
    syntax(
        "srx",
        "fw/srx.conf",
        "FU005",
        "a comment inside",
        |line, exception| format!("{line}\n/* {exception} */"),
    ),
    syntax(
        "srx",
        "fw/srx.conf",
        "FU005",
        "a description",
        |line, exception| format!("{line}\ndescription \"{}\";", exception.replace('"', "'")),
    ),
    syntax(
        "fortios",
        "fw/fgt.conf",
        "FH004",
        "a comment before",
        |line, exception| format!("# {exception}\n{line}"),
    ),
    syntax(
        "fortios",
        "fw/fgt.conf",
        "FH004",
        "comments",
        |line, exception| {
            format!(
                "{line}\nset comments \"{}\"",
                exception.replace('"', "\\\"")
            )
        },
    ),
    syntax(
        "panos",
        PANOS,
        "FU002",
        "a comment before",
        |line, exception| format!("<!-- {exception} -->\n{line}"),
    ),
    syntax(
        "panos",
        PANOS,
        "FU002",
        "a description",
        |line, exception| {
            format!(
                "{line}\n<description>{}</description>",
                exception.replace('"', "&quot;")
            )
        },
    ),
    syntax(
        "iptables",
        IPTABLES,
        "FH002",
        "a comment before",
        |line, exception| format!("# {exception}\n{line}"),
    ),
    syntax(
        "iptables",
        IPTABLES,
        "FH002",
        "a comment match",
        |line, exception| {
            let quoted = exception.replace('"', "\\\"");
            line.replace(" -j ", &format!(" -m comment --comment \"{quoted}\" -j "))
        },
    ),
    syntax(
        "nftables",
        NFTABLES,
        "FH002",
        "a comment before",
        |line, exception| format!("# {exception}\n{line}"),
    ),
    syntax(
        "nftables",
        NFTABLES,
        "FH002",
        "a comment",
        |line, exception| format!("{line} comment \"{}\"", exception.replace('"', "'")),
    ),
    syntax(
        "nftables",
        NFTABLES,
        "FH002",
        "a comment behind",
        |line, exception| format!("{line} # {exception}"),
    ),
];

fn text<'f>(files: &'f mut Files, name: &str) -> &'f mut String {
    let found = files.iter_mut().find(|(known, _)| known == name);
    &mut found.unwrap_or_else(|| panic!("no {name}")).1
}

/// Whether the finding of a rule is hidden, and nothing else is.
fn check(syntax: &Syntax) -> Result<(), String> {
    let mut files = platform(syntax.platform);
    let before = run(&files, &[syntax.rule]);
    let all = told(before.findings.iter());
    let first = all
        .iter()
        .find(|(_, file, _)| file == syntax.file)
        .ok_or("no finding there")?;
    let exception = format!(
        "exlint: ignore[{}] reason=\"agreed\" until=2099-12-31",
        syntax.rule
    );
    let at = first.2 as usize - 1;
    let content = text(&mut files, syntax.file);
    let mut lines: Vec<String> = content.lines().map(str::to_owned).collect();
    lines[at] = (syntax.write)(&lines[at], &exception);
    *content = lines.join("\n");
    // The line below a name in what netsh prints.
    let line = "-".repeat(70);
    *content = content.replace(&format!("\n#CUT\n{line}"), "");
    let after = run(&files, &[syntax.rule, "XS"]);
    let hidden: Vec<&Suppression> = after.suppressed.iter().map(|hidden| &hidden.by).collect();
    let there = all.iter().filter(|finding| finding == &first).count();
    if hidden.len() != there {
        return Err(format!(
            "{} of {there} hidden; problems: {:?}",
            hidden.len(),
            after.problems().collect::<Vec<_>>()
        ));
    }
    if after.findings.len() + there != before.findings.len() {
        return Err(format!("left: {:?}", told(after.findings.iter())));
    }
    for by in hidden {
        if by.kind != SuppressionKind::Inline
            || by.reason != "agreed"
            || by.until.as_deref() != Some("2099-12-31")
        {
            return Err(format!("{by:?}"));
        }
    }
    let ledger = |run: &exlint::finding::Run| -> usize {
        run.files
            .iter()
            .map(|file| file.totals().unrecognised)
            .sum()
    };
    if ledger(&after) != ledger(&before) {
        return Err("the exception is not accounted for".to_owned());
    }
    Ok(())
}

#[test]
fn an_exception_hides_its_finding_in_every_syntax() {
    let wrong: Vec<String> = SYNTAXES
        .iter()
        .filter_map(|syntax| {
            let error = check(syntax).err()?;
            Some(format!("{}, {}: {error}", syntax.platform, syntax.name))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_wrong_with_an_exception_is_an_error_at_its_place() {
    for (comment, message, hint) in [
        (
            "! exlint: ignore[FU055] reason=\"x\"",
            "there is no rule `FU055`",
            "did you mean `FU005`?",
        ),
        (
            "! exlint: ingore[FU005] reason=\"x\"",
            "`exlint: ingore` is no instruction",
            "did you mean `ignore`?",
        ),
        (
            "! EXLINT: ignore[FU005] reason=\"x\"",
            "`EXLINT: ignore` begins no exception",
            "did you mean `exlint: ignore`?",
        ),
        (
            "! exlint ignore[FU005] reason=\"x\"",
            "`exlint ignore` begins no exception",
            "did you mean `exlint: ignore`?",
        ),
        (
            "! exlint: ignore[FU005]",
            "the exception lacks its reason",
            "add reason=\"why it is right\"",
        ),
        (
            "! exlint: ignore[FU005] reason=\"x\" untill=2030-01-01",
            "an exception has no `untill`",
            "did you mean `until`?",
        ),
    ] {
        let mut files = platform("ios");
        let content = text(&mut files, "ctso-rtr1-confg.txt");
        content.push_str(&format!("\n{comment}\n"));
        let run = run(&files, &["FU005", "XS"]);
        let problem = run
            .problems()
            .find(|problem| problem.level == ProblemLevel::Error)
            .unwrap_or_else(|| panic!("no error for {comment}"));
        assert_eq!(
            (problem.message.as_str(), problem.hint.as_deref()),
            (message, Some(hint))
        );
        assert!(run.incomplete(), "the run fails");
        assert_eq!(run.suppressed.len(), 0);
    }
}

/// What is wrong with an IOS configuration that ends with some lines.
fn problems_with(lines: &str) -> (usize, Vec<String>) {
    let mut files = platform("ios");
    text(&mut files, "ctso-rtr1-confg.txt").push_str(&format!("\n{lines}\n"));
    let run = run(&files, &["FU005"]);
    let errors = run.problems().filter(|p| p.level == ProblemLevel::Error);
    (
        run.facts.exceptions.len(),
        errors.map(|p| p.message.clone()).collect(),
    )
}

#[test]
fn exceptions_beyond_the_most_of_a_file_are_not_passed_over_in_silence() {
    let lines = "! exlint: ignore[FU005] reason=x\n";
    assert_eq!(problems_with(&lines.repeat(10_000)), (10_000, Vec::new()));
    let told = "a file holds at most 10000 exceptions; those from here on are not heeded";
    let expected = (10_000, vec![told.to_owned()]);
    assert_eq!(problems_with(&lines.repeat(10_001)), expected);
    assert_eq!(problems_with(&lines.repeat(30_000)), expected);
}

#[test]
fn wrong_exceptions_beyond_the_most_that_are_told_end_with_one_message() {
    let (_, told) = problems_with(&"! exlint: ignore[FU055] reason=x\n".repeat(100));
    assert_eq!(told.len(), 100);
    let (_, told) = problems_with(&"! exlint: ignore[FU055] reason=x\n".repeat(5_000));
    assert_eq!(told.len(), 101);
    assert_eq!(
        told.last().map(String::as_str),
        Some("more than 100 exceptions of this file are wrong; those from here on are not heeded")
    );
}

#[test]
fn one_exception_for_more_rules_than_there_are_is_wrong() {
    let (count, told) = problems_with(&format!(
        "! exlint: ignore[{}] reason=x",
        "FU055,".repeat(200_000)
    ));
    assert_eq!(
        (count, told),
        (
            0,
            vec!["the exception names more than 256 rules".to_owned()]
        )
    );
    // As many as there are may be named.
    let rules = ["FU005"; 256].join(", ");
    assert_eq!(
        problems_with(&format!("! exlint: ignore[{rules}] reason=x")),
        (1, Vec::new())
    );
}

#[test]
fn many_exceptions_of_one_line_are_read() {
    let mut files = platform("ios");
    let content = text(&mut files, "ctso-rtr1-confg.txt");
    let line = "exlint: ignore[FU005] reason=x ".repeat(2_000);
    content.push_str(&format!("\n! {line}\n! {}\n", "exlint".repeat(200_000)));
    let run = run(&files, &["FU005"]);
    assert_eq!(run.facts.exceptions.len(), 2_000);
    assert!(!run.incomplete());
}

#[test]
fn an_exception_outside_of_comments_is_not_heeded() {
    let mut files = platform("ios");
    let content = text(&mut files, "ctso-rtr1-confg.txt");
    *content = content.replacen(
        "hostname ",
        "banner motd ^C exlint: ignore-file[FU005] reason=x ^C\nhostname ",
        1,
    );
    let run = run(&files, &["FU005"]);
    assert_eq!(run.suppressed.len(), 0);
    assert!(
        run.problems()
            .any(|problem| problem.message.contains("stands in no comment"))
    );
}

#[test]
fn a_file_may_be_excepted_as_a_whole_at_its_top() {
    let mut files = platform("nftables");
    let content = text(&mut files, NFTABLES);
    *content = format!("# exlint: ignore-file[FH002, FH003] reason=\"replaced in May\"\n{content}");
    // On disk it is an export like any other, and no report of ours.
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("rules.txt"), &*content).expect("written");
    let read = exlint::source::read(&[folder.path().to_owned()], &Default::default());
    assert_eq!(read.expect("read").sources.files().len(), 1);
    let above = run(&files, &["FH002", "FH003"]);
    assert!(above.suppressed.len() >= 2);
    assert_eq!(above.findings.len(), 0);
    let content = text(&mut files, NFTABLES);
    *content = format!("{}\n{content}", "#\n".repeat(60));
    let below = run(&files, &["FH002", "FH003"]);
    assert_eq!(below.suppressed.len(), 0);
    assert!(below.incomplete());
}

#[test]
fn a_misspelt_name_is_told_and_other_linters_are_not() {
    let told = |lines: &str| -> Vec<String> {
        let mut files = platform("ios");
        text(&mut files, "ctso-rtr1-confg.txt").push_str(&format!("\n{lines}\n"));
        let run = run(&files, &["FU005"]);
        let about = run
            .problems()
            .filter(|p| p.message.contains("no exception"));
        about
            .map(|p| format!("{:?} {}", p.level, p.message))
            .collect()
    };
    assert_eq!(
        told("! exlnt: ignore[FU005] reason=\"x\""),
        ["Warning `exlnt: ignore` begins no exception"]
    );
    let others = told("! eslint: ignore[FU005]\n! clients ignore FU005");
    assert!(others.is_empty(), "{others:?}");
}

#[test]
fn a_second_reason_is_an_error() {
    let (_, problems) = problems_with("! exlint: ignore[FU005] reason=a reason=b\n");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("two `reason`"), "{problems:?}");
}
