//! The lines that a fix gives to type are read by our own readers: wrapped into
//! the smallest export of their platform, every one is modelled and permits.
//!
//! Where an export shows a rule in another way than the command that makes it
//! (`iptables -I`, `nft insert`), the rule itself is read. Commands without a
//! trace in an export (`move`, `insert`, `resequence`) are left out, and so is
//! `netsh advfirewall firewall add rule`, whose export is a table.

#[allow(dead_code, reason = "one of the tests that share this file")]
pub mod applied;

use std::fs;

use exlint::model::firewall::Action;
use exlint::{Options, gather};
use serde_json::Value;

#[allow(dead_code, reason = "one of the tests that share this file")]
/// Reads the fixes of a report of `check --format json`; how many there were.
pub fn read_all(report: &Value) -> usize {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let fixes = report.get("findings").and_then(Value::as_array);
    let mut count = 0;
    for finding in fixes.into_iter().flatten() {
        let fix = finding.get("fix").and_then(Value::as_str).expect("a fix");
        let Some(export) = export(fix) else { continue };
        // Each in a folder of its own: they are no parts of one device.
        let place = folder.path().join(count.to_string());
        fs::create_dir(&place).expect("a folder");
        fs::write(place.join("fix.cfg"), &export).expect("a file");
        read(&place, &export);
        count += 1;
    }
    count
}

/// Reads the commands for an ASA that the section "How to fix it" of a page
/// shows; how many blocks there were. What a command takes away (`no …`) is a
/// statement that must be read as well.
#[allow(dead_code, reason = "one of the tests that share this file")]
pub fn read_page(section: &str) -> usize {
    const WORDS: [&str; 6] = [
        "access-list ",
        "access-group ",
        "object-group ",
        "object ",
        "policy-map ",
        "time-range ",
    ];
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut count = 0;
    for block in section.split("```").skip(1).step_by(2) {
        let lines = block.lines().skip(1).filter(|line| {
            let cmdlet = line.contains('-') && line.starts_with(char::is_uppercase);
            !cmdlet && !line.starts_with("clear ")
        });
        let stated: Vec<String> = lines
            .map(|line| {
                let bare = line.trim_start();
                let indent = &line[..line.len() - bare.len()];
                format!("{indent}{}\n", bare.strip_prefix("no ").unwrap_or(bare))
            })
            .collect();
        if !stated
            .first()
            .is_some_and(|line| WORDS.iter().any(|word| line.starts_with(word)))
        {
            continue;
        }
        let export = format!(
            "ASA Version 8.4(7)\nhostname fw\n{}: end\n",
            stated.concat()
        );
        let place = folder.path().join(count.to_string());
        fs::create_dir(&place).expect("a folder");
        fs::write(place.join("fix.cfg"), &export).expect("a file");
        for file in &gathered(&place).files {
            assert!(file.recognised(), "{:?}\n{export}", file.kind);
            assert_eq!(file.totals().unrecognised, 0, "{export}");
        }
        count += 1;
    }
    count
}

fn gathered(folder: &std::path::Path) -> exlint::finding::Run {
    let options = Options {
        paths: vec![folder.to_path_buf()],
        ..Options::default()
    };
    gather(&options).expect("the file is read")
}

fn read(folder: &std::path::Path, export: &str) {
    let run = gathered(folder);
    for file in &run.files {
        assert!(file.recognised(), "{:?}\n{export}", file.kind);
        let totals = file.totals();
        assert_eq!(
            (totals.not_modelled, totals.unrecognised),
            (0, 0),
            "{export}"
        );
    }
    let filters = run
        .estate
        .firewalls
        .iter()
        .flat_map(|known| &known.firewall.filters);
    let mut rules = filters.flat_map(|filter| &filter.rules);
    assert!(
        rules.any(|rule| rule.enabled && rule.action == Action::Permit),
        "no rule permits\n{export}"
    );
}

/// An export that holds what the lines of a fix make; `None` where the fix has
/// no line of a firewall.
fn export(fix: &str) -> Option<String> {
    let typed: Vec<&str> = fix.lines().skip(1).collect();
    let first = typed.first()?;
    let kept = |left_out: &[&str]| -> String {
        let keep = |line: &&&str| {
            !left_out
                .iter()
                .any(|word| line.trim_start().starts_with(word))
        };
        typed
            .iter()
            .filter(keep)
            .map(|line| format!("{line}\n"))
            .collect()
    };
    let lines = kept(&[]);
    Some(match first.split_whitespace().next()? {
        "access-list" => format!(
            "ASA Version 8.2(5)\nhostname fw\n{}: end\n",
            kept(&["no access-list"])
        ),
        "ip" | "resequence" if lines.contains("access-list extended") => {
            format!(
                "version 12.4\nhostname r1\n{}end\n",
                kept(&["ip access-list resequence"])
            )
        }
        "ip" | "resequence" => format!(
            "!Command: show running-config\nversion 5.2(1)N1(1)\nhostname n1\n{}",
            kept(&["resequence"])
        ),
        "iptables" | "ip6tables" => saved_chains(&typed),
        "nft" => ruleset(&typed),
        "set" if lines.contains("rulebase security") => {
            format!("set deviceconfig system hostname pa\n{}", kept(&["move"]))
        }
        "set" if lines.contains(" policies ") => format!(
            "set version 12.1X46-D40.2\nset system host-name srx\n{}",
            kept(&["insert"])
        ),
        "config" => format!(
            "#config-version=FGT60C-5.00-FW-build208-130603:opmode=0:vdom=0:user=admin\n{}",
            kept(&["move"])
        ),
        _ => return None,
    })
}

/// What `iptables-save` shows after `iptables -I CHAIN 3 …` or `-A CHAIN …`.
fn saved_chains(typed: &[&str]) -> String {
    let mut chains = vec!["INPUT", "FORWARD", "OUTPUT"];
    let mut rules = String::new();
    for line in typed {
        let mut words = line.split_whitespace().skip(1);
        let inserted = words.next() == Some("-I");
        let chain = words.next().expect("a chain");
        if inserted {
            words.next().expect("a number");
        }
        if !chains.contains(&chain) {
            chains.push(chain);
        }
        let rest: Vec<&str> = words.collect();
        rules.push_str(&format!("-A {chain} {}\n", rest.join(" ")));
    }
    let policy = |chain: &&str| match *chain {
        "INPUT" | "FORWARD" | "OUTPUT" => format!(":{chain} DROP [0:0]\n"),
        _ => format!(":{chain} - [0:0]\n"),
    };
    let declared: String = chains.iter().map(policy).collect();
    format!("# Generated by iptables-save v1.4.7\n*filter\n{declared}{rules}COMMIT\n")
}

/// What `nft list ruleset` shows after `nft insert rule FAMILY TABLE CHAIN index
/// 2 …` or `nft add rule FAMILY TABLE CHAIN …`.
fn ruleset(typed: &[&str]) -> String {
    let mut shown = String::new();
    for line in typed {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [_, _, _, family, table, chain, rest @ ..] = words.as_slice() else {
            panic!("{line}")
        };
        let rule = match rest {
            ["index", _, rule @ ..] => rule,
            rule => rule,
        };
        shown.push_str(&format!(
            "table {family} {table} {{\n\tchain {chain} {{\n\t\t{}\n\t}}\n}}\n",
            rule.join(" ")
        ));
    }
    shown
}
