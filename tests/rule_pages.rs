//! The built-in rules as a set: their METADATA, pages and areas.

mod fixes;

use exlint::model::path;
use exlint::policy::{HEADINGS, HEADINGS_JA, Policies};

fn built_in() -> Policies {
    Policies::built_in(path::exchange_2007().expect("the embedded catalogue"))
}

#[test]
fn every_built_in_rule_is_well_formed() {
    let policies = built_in();
    let errors: Vec<String> = policies.errors().iter().map(ToString::to_string).collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    assert!(policies.rules().len() >= 15);
}

#[test]
fn every_page_has_its_title_and_headings_in_both_languages() {
    for rule in built_in().rules() {
        let pages = rule.pages.as_ref().expect("a page");
        let title = format!("{} {}", rule.meta.id, rule.meta.name);
        let japanese = pages.ja.as_ref().expect("a Japanese page");
        for (page, headings) in [(&pages.en, HEADINGS), (japanese, HEADINGS_JA)] {
            assert_eq!(page.title(), Some(title.as_str()), "{}", page.file());
            assert_eq!(
                page.headings().collect::<Vec<_>>(),
                headings,
                "{}",
                page.file()
            );
        }
    }
}

#[test]
fn commands_for_firewalls_on_pages_are_lines_that_our_reader_understands() {
    let mut count = 0;
    for rule in built_in().rules() {
        let pages = rule.pages.as_ref().expect("a page");
        let japanese = pages.ja.as_ref().expect("a Japanese page");
        for (page, heading) in [(&pages.en, HEADINGS[2]), (japanese, HEADINGS_JA[2])] {
            count += fixes::read_page(page.section(heading).expect("how to fix it"));
        }
    }
    assert!(count > 60, "{count}");
}

#[test]
fn rules_are_as_short_as_a_reader_likes() {
    let mut lengths: Vec<usize> =
        walkdir::WalkDir::new(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"))
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_name() == "rule.rego")
            .map(|entry| {
                std::fs::read_to_string(entry.path())
                    .expect("readable")
                    .lines()
                    .filter(|line| !line.trim().is_empty() && !line.starts_with('#'))
                    .count()
            })
            .collect();
    lengths.sort_unstable();
    let median = lengths.get(lengths.len() / 2).copied().unwrap_or_default();
    assert!(median <= 40, "median {median} of {lengths:?}");
}

/// regorus stops with "not an object" where the head of a partial set is
/// undefined for one binding and defined for a later one, while OPA skips the
/// binding. A head that is a variable, bound in the body, is never undefined.
#[test]
fn heads_of_partial_sets_are_variables() {
    let head = regex::Regex::new(r"(?m)^[a-z_]+(?:\[([^\]]+)\])? contains (.+?) if ")
        .expect("a valid pattern");
    let variable = regex::Regex::new(r"^[a-z_]+$").expect("a valid pattern");
    for entry in
        walkdir::WalkDir::new(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("policies"))
            .into_iter()
            .filter_map(Result::ok)
            .filter(|entry| entry.path().extension().is_some_and(|e| e == "rego"))
    {
        let text = std::fs::read_to_string(entry.path()).expect("readable");
        for found in head.captures_iter(&text) {
            let parts = [found.get(1), found.get(2)].into_iter().flatten();
            assert!(
                parts
                    .into_iter()
                    .all(|part| variable.is_match(part.as_str())),
                "{}: {}",
                entry.path().display(),
                &found[0]
            );
        }
    }
}
