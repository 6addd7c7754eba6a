//! Files that results go to: whole or not at all.

use std::fs;

use crate::estate::Estate;

/// Names in the estate's folder, sorted.
fn names(estate: &Estate) -> Vec<String> {
    let entries = fs::read_dir(estate.path()).expect("folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn one_place_is_written_once_however_it_is_spelt() {
    let estate = Estate::small();
    let before = names(&estate);
    for other in ["a.out", "./a.out", "exports/../a.out"] {
        let outcome = estate.run(&[
            "--format", "json", "--output", "a.out", "--format", "sarif", "--output", other,
            "exports",
        ]);
        assert_eq!(outcome.code, 2, "{other}: {outcome:?}");
        assert!(
            outcome.err.contains("two formats would go to"),
            "{outcome:?}"
        );
    }
    assert_eq!(names(&estate), before);
}

#[test]
fn a_folder_that_is_not_there_or_a_folder_as_a_file_is_an_error_and_changes_nothing() {
    let estate = Estate::small();
    fs::write(estate.path().join("good.json"), "old").expect("written");
    let before = names(&estate);
    for bad in ["nowhere/report.html", "exports"] {
        let outcome = estate.run(&[
            "--format",
            "json",
            "--output",
            "good.json",
            "--format",
            "csv",
            "--output",
            bad,
            "exports",
        ]);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.err.contains("cannot write"), "{outcome:?}");
        assert_eq!(outcome.out, "");
        let kept = fs::read_to_string(estate.path().join("good.json")).expect("read");
        assert_eq!(kept, "old", "an output changed though another failed");
    }
    assert_eq!(names(&estate), before);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let estate = Estate::small();
    let outcome = estate.run(&["--format", "json", "--output", "/dev/full", "exports"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert!(
        outcome.err.contains("cannot write /dev/full"),
        "{outcome:?}"
    );
}

#[test]
#[cfg(unix)]
fn a_read_only_file_stays_and_a_link_still_leads_where_it_led() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let estate = Estate::small();
    let file = estate.path().join("report.json");
    fs::write(&file, "old").expect("written");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).expect("changed");
    let outcome = estate.run(&["--format", "json", "--output", "report.json", "exports"]);
    assert_eq!(outcome.code, 2, "{outcome:?}");
    assert_eq!(fs::read_to_string(&file).expect("read"), "old");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("changed");
    symlink(&file, estate.path().join("link.json")).expect("linked");
    let outcome = estate.run(&["--format", "json", "--output", "link.json", "exports"]);
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let link = fs::symlink_metadata(estate.path().join("link.json")).expect("known");
    assert!(link.file_type().is_symlink());
    assert!(fs::read_to_string(&file).expect("read").starts_with('{'));
    let mode = fs::metadata(&file).expect("known").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_input_is_never_written_over() {
    let estate = Estate::small();
    let before = fs::read_to_string(estate.path().join("exports/inner.cfg")).expect("read");
    for output in ["exports/inner.cfg", "./exports/../exports/inner.cfg"] {
        let outcome = estate.run(&["--format", "html", "--output", output, "exports"]);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.err.contains("is an input"), "{outcome:?}");
    }
    let after = fs::read_to_string(estate.path().join("exports/inner.cfg")).expect("read");
    assert_eq!(before, after);
}

#[test]
fn every_format_goes_to_its_file_in_one_run_twice_with_equal_bytes() {
    let estate = Estate::small();
    let formats = [
        "concise",
        "json",
        "jsonl",
        "sarif",
        "junit",
        "github",
        "github-summary",
        "gitlab",
        "checkstyle",
        "csv",
        "markdown",
        "html",
    ];
    let run = |folder: &str| {
        fs::create_dir(estate.path().join(folder)).expect("folder");
        let files: Vec<String> = formats.iter().map(|f| format!("{folder}/{f}")).collect();
        let mut args: Vec<&str> = vec!["exports"];
        for (format, file) in formats.iter().zip(&files) {
            args.extend(["--format", format, "--output", file]);
        }
        let outcome = estate.run(&args);
        assert_eq!(outcome.code, 1, "{outcome:?}");
        assert_eq!(outcome.out, "");
    };
    run("first");
    run("second");
    for format in formats {
        let read = |folder| fs::read(estate.path().join(folder).join(format)).expect("written");
        assert!(!read("first").is_empty(), "{format}");
        assert_eq!(read("first"), read("second"), "{format}");
    }
}
