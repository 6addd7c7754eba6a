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

/// A text without the breaks between its lines.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
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

#[test]
fn a_partial_clone_is_told_with_the_cure() {
    let estate = repository();
    git(estate.path(), &["config", "uploadpack.allowFilter", "true"]);
    let origin = format!("file://{}", estate.path().display());
    for filter in ["--filter=blob:none", "--filter=tree:0"] {
        let clone = Estate::empty();
        let args = ["clone", "-q", "--no-checkout", filter, &origin, "clone"];
        git(clone.path(), &args);
        let folder = clone.path().join("clone");
        let compared = || {
            let mut exlint = clone.exlint();
            let output = exlint
                .current_dir(&folder)
                .args([
                    "diff",
                    "-q",
                    "--git",
                    "origin/main..origin/change",
                    "exports",
                ])
                .output()
                .expect("the binary runs");
            let text = String::from_utf8(output.stderr).expect("UTF-8");
            (output.status.code(), text)
        };
        let (code, text) = compared();
        assert_eq!(code, Some(2), "{filter}: {text}");
        assert!(
            text.contains("this clone lacks contents"),
            "{filter}: {text}"
        );
        let cure = "git fetch --refetch --no-filter origin";
        assert!(unwrapped(&text).contains(cure), "{filter}: {text}");
        let args: Vec<&str> = cure.split(' ').skip(1).collect();
        git(&folder, &args);
        assert_eq!(compared().0, Some(1), "{filter}");
    }
}

#[test]
fn links_and_submodules_of_a_revision_are_told() {
    let estate = repository();
    let folder = estate.path();
    let commit = git(folder, &["rev-parse", "HEAD"]);
    let target = fs::write(folder.join("target"), "inner.cfg").map(|()| "target");
    let link = git(folder, &["hash-object", "-w", target.expect("a file")]);
    for (mode, object, path) in [
        ("120000", link.trim(), "exports/link.cfg"),
        ("160000", commit.trim(), "exports/vendor"),
    ] {
        let info = format!("{mode},{object},{path}");
        git(folder, &["update-index", "--add", "--cacheinfo", &info]);
    }
    git(folder, &["commit", "-q", "-m", "a link and a submodule"]);
    let outcome = estate.run(&["diff", "--git", "main..change", "exports"]);
    let told = unwrapped(&outcome.err);
    for words in [
        "exports/link.cfg was not read: a symbolic link, which is not followed in a revision",
        "exports/vendor was not read: another repository (a submodule)",
    ] {
        assert!(told.contains(words), "{words}: {}", outcome.err);
    }
}

#[cfg(unix)]
#[test]
fn names_that_are_no_unicode_stay_apart() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let estate = repository();
    let folder = estate.path();
    let files = |estate: &Estate| {
        let outcome = estate.run(&["diff", "-q", "--git", "main..change", "--format", "json"]);
        let value: serde_json::Value = serde_json::from_str(&outcome.out).expect("JSON");
        value["head"]["files"].as_u64().expect("a number")
    };
    let before = files(&estate);
    // Two names in code page 932 of which UTF-8 understands no byte.
    for name in [&b"exports/\x83\x83.cfg"[..], b"exports/\x84\x84.cfg"] {
        fs::write(folder.join(OsStr::from_bytes(name)), FIREWALL).expect("a file");
    }
    git(folder, &["add", "exports"]);
    git(folder, &["commit", "-q", "-m", "two more"]);
    assert_eq!(files(&estate), before + 2);
    let named = folder.join(OsStr::from_bytes(b"exports/\x83\x83.cfg"));
    let mut exlint = estate.exlint();
    let output = exlint
        .args(["diff", "-q", "--git", "change..change"])
        .arg(named.strip_prefix(folder).expect("a path below"))
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[test]
fn trees_that_hold_themselves_many_times_over_end_at_the_limit() {
    let estate = repository();
    let folder = estate.path();
    let made = |lines: &str| -> String {
        let mut child = Command::new("git")
            .current_dir(folder)
            .arg("mktree")
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("git runs");
        let mut input = child.stdin.take().expect("a pipe");
        std::io::Write::write_all(&mut input, lines.as_bytes()).expect("a pipe");
        drop(input);
        let output = child.wait_with_output().expect("git ends");
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .trim()
            .to_owned()
    };
    let blob = git(folder, &["hash-object", "-w", "exports/inner.cfg"]);
    let file = format!("100644 blob {}\ta.cfg\n", blob.trim());
    // A million million files; as many folders without any.
    for innermost in [file.as_str(), ""] {
        let mut tree = made(innermost);
        for _ in 0..12 {
            let entries = (0..10).map(|n| format!("040000 tree {tree}\t{n}\n"));
            tree = made(&entries.collect::<String>());
        }
        let commit = git(folder, &["commit-tree", "-m", "a bomb", &tree]);
        let range = format!("{}..main", commit.trim());
        let outcome = estate.run(&["diff", "--git", &range]);
        assert_eq!(outcome.code, 2, "{}", outcome.err);
        let told = unwrapped(&outcome.err);
        assert!(told.contains("too many files"), "{told}");
    }
}

#[test]
fn the_inventory_of_a_revision_wins_over_that_of_the_disk() {
    let estate = repository()
        .with("exlint.toml", "[rules]\nFR022 = \"off\"\n")
        .with("more/hosts", "192.0.2.10 edge1\n");
    for with in ["more", "more/hosts"] {
        let args = ["diff", "-q", "--git", "main..change", "--with", with];
        let outcome = estate.run(&[&args[..], &["--format", "json", "exports"]].concat());
        assert!(outcome.out.contains("\"FR022\""), "{}", outcome.err);
    }
}
