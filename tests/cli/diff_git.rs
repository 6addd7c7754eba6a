//! `exlint diff --git`: revisions of a repository, read and nothing else.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::estate::{Estate, FIREWALL};

/// Runs git in a folder, apart from the settings of whoever runs the tests.
fn git(folder: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args([
            "-c",
            "user.name=netops",
            "-c",
            "user.email=netops@contoso.com",
        ])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {args:?}: {output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The small estate in a repository: EdgeSync is open on `main`, blocked on
/// `change`, which is checked out.
fn repository() -> Estate {
    let estate = Estate::small();
    let folder = estate.path().to_owned();
    git(&folder, &["init", "-q", "-b", "main"]);
    git(&folder, &["add", "."]);
    git(&folder, &["commit", "-q", "-m", "before"]);
    git(&folder, &["checkout", "-q", "-b", "change"]);
    let blocked = FIREWALL.replace("port-object eq 50636", "port-object eq 50637");
    let estate = estate.with("exports/inner.cfg", blocked);
    git(&folder, &["commit", "-q", "-a", "-m", "after"]);
    estate
}

const BLOCKED: &str = "This change blocks: EdgeSync";

#[test]
fn revisions_are_compared_without_touching_the_work_tree() {
    let estate = repository();
    let folder = estate.path();
    // What a hostile repository would have git run.
    let trap = folder.join("trap");
    let command = format!("touch {}", trap.display());
    for key in [
        "core.fsmonitor",
        "diff.external",
        "core.pager",
        "filter.x.smudge",
        "filter.x.clean",
    ] {
        git(folder, &["config", key, &command]);
    }
    fs::write(folder.join(".gitattributes"), "* filter=x diff=x\n").expect("a file");
    let index = fs::read(folder.join(".git/index")).expect("an index");
    for range in ["main..change", "main..", "main...change", "main"] {
        let outcome = estate.run(&["diff", "-q", "--git", range, "exports"]);
        assert_eq!(outcome.code, 1, "{range}: {}", outcome.err);
        assert!(outcome.out.contains(BLOCKED), "{range}: {}", outcome.out);
    }
    let same = estate.run(&["diff", "--git", "change", "exports"]);
    assert_eq!(
        (same.code, same.out.lines().count()),
        (0, 1),
        "{}",
        same.out
    );
    assert!(!trap.exists(), "git ran what the repository asked for");
    assert_eq!(
        fs::read(folder.join(".git/index")).expect("an index"),
        index
    );
}

#[test]
fn files_of_revisions_are_named_as_in_the_work_tree() {
    let estate = repository();
    let outcome = estate.run(&[
        "diff",
        "--git",
        "main..change",
        "--format",
        "github",
        "exports",
    ]);
    assert!(
        outcome.out.contains("file=exports/inner.cfg,line="),
        "{}",
        outcome.out
    );
    // Seen from a folder below, with the inventory beside the firewall.
    let mut below = estate.exlint();
    let output = below
        .current_dir(estate.path().join("exports"))
        .args([
            "diff",
            "--git",
            "main..change",
            "--format",
            "github",
            "inner.cfg",
        ])
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(text.contains("file=inner.cfg,line="), "{text}");
    assert!(
        text.contains(BLOCKED.trim_end_matches(": EdgeSync")),
        "{text}"
    );
}

#[test]
fn a_revision_that_cannot_be_read_is_an_error_with_help() {
    let estate = repository();
    for (range, path, words, help) in [
        (
            "nothing..change",
            "exports",
            "the revision `nothing` does not exist",
            "git log",
        ),
        (
            "main..--help",
            "exports",
            "the revision `--help` does not exist",
            "git log",
        ),
        (
            "main..change",
            "firewalls",
            "has no file at firewalls",
            "git ls-tree",
        ),
        (
            "main..change",
            "..",
            ".. is not in the repository",
            "exlint diff BASE",
        ),
    ] {
        let outcome = estate.run(&["diff", "--git", range, path]);
        assert_eq!(outcome.code, 2, "{range}: {}", outcome.err);
        assert!(outcome.err.contains(words), "{range}: {}", outcome.err);
        assert!(outcome.err.contains(help), "{range}: {}", outcome.err);
        assert_eq!(outcome.out, "", "{range}");
    }
    let nowhere = Estate::small().run(&["diff", "--git", "main..HEAD"]);
    assert_eq!(nowhere.code, 2);
    assert!(
        nowhere.err.contains("is not in a git repository"),
        "{}",
        nowhere.err
    );
    let japanese = estate.run(&["diff", "--git", "nothing", "--lang", "ja"]);
    assert!(
        japanese.err.contains("このリポジトリにありません"),
        "{}",
        japanese.err
    );
}

#[test]
fn a_shallow_clone_is_told_with_the_cure() {
    let estate = repository();
    let origin = format!("file://{}", estate.path().display());
    let clone = Estate::empty();
    git(
        clone.path(),
        &["clone", "-q", "--depth", "1", &origin, "clone"],
    );
    let mut exlint = clone.exlint();
    let output = exlint
        .current_dir(clone.path().join("clone"))
        .args(["diff", "--git", "HEAD~1..HEAD"])
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(text.contains("git fetch --unshallow"), "{text}");
}
