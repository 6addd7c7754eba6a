//! The readers over the collected IOS and NX-OS files, when they are there.

use std::path::{Path, PathBuf};

use crate::formats::{Content, FORMATS, Format, LineState};
use crate::source::{FileId, SourceFile};

use super::super::{FORMAT, FORMAT_NXOS};

/// The corpus beside the repository.
fn corpus() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall");
    folder.is_dir().then_some(folder)
}

/// Files that hold a device's configuration or output as such, and not a
/// test suite, a parsed form or a log that quotes some.
fn is_configuration(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    // Two of the lab's files are of its Arista routers, two of Batfish's tests
    // are written in an `access-list NAME extended` that IOS does not have,
    // and one file of two lines is cut out of its context.
    !(name.ends_with("testconfigs_aclIos")
        || name.ends_with("testconfigs_ios-acl")
        || name.ends_with("nxos_merge_typo.conf")
        || name.ends_with(".yml")
        || name.ends_with(".yaml")
        || name.ends_with(".t")
        || name.starts_with("eos_"))
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, out);
        } else {
            out.push(path);
        }
    }
}

fn load(path: &Path) -> SourceFile {
    let bytes = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    SourceFile::from_text(FileId(0), &path.to_string_lossy(), text)
}

/// Sections that carry policy: no line of them may be unread.
fn is_policy(text: &str) -> bool {
    const WORDS: [&str; 13] = [
        "access-list",
        "access-group",
        "permit",
        "deny",
        "evaluate",
        "object-group",
        "zone",
        "zone-pair",
        "zone-member",
        "class-map",
        "policy-map",
        "interface",
        "match",
    ];
    let mut words = text.split_whitespace();
    words.next().is_some_and(|word| {
        WORDS.contains(&word)
            || (word == "ip"
                && words.next().is_some_and(|second| {
                    [
                        "access-list",
                        "access-group",
                        "nat",
                        "address",
                        "route",
                        "inspect",
                    ]
                    .contains(&second)
                }))
    })
}

fn recognised_and_read(folder: &str, format: &Format) {
    let Some(root) = corpus().map(|root| root.join(folder)) else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    paths.sort();
    let (mut all, mut found) = (0usize, 0usize);
    let (mut lines, mut unread) = (0usize, 0usize);
    let mut policy = Vec::new();
    for path in paths.iter().filter(|path| is_configuration(path)) {
        let file = load(path);
        let name = path.strip_prefix(&root).unwrap_or(path).display();
        all += 1;
        let best = FORMATS
            .iter()
            .filter_map(|format| Some((format.id, (format.detect)(&file)?)))
            .max_by_key(|(_, evidence)| evidence.strength);
        match best {
            Some((id, _)) if id == format.id => found += 1,
            other => println!("NOT RECOGNISED: {name}: {other:?}"),
        }
        let document = (format.parse)(&file);
        let totals = document.ledger.totals();
        assert_eq!(totals.total, file.line_count());
        lines += totals.total;
        unread += totals.unrecognised;
        println!(
            "{:>6} {:>6} {:>6} {:>6} {:>6}  {name} {}",
            totals.total,
            totals.modelled,
            totals.irrelevant,
            totals.not_modelled,
            totals.unrecognised,
            describe(&document.content),
        );
        for note in document.ledger.notes() {
            if note.state == LineState::NotModelled {
                println!("      ~ {}: {}", file.slice(note.span), note.why);
            }
        }
        for (index, state) in document.ledger.states().iter().enumerate() {
            if *state == LineState::Unrecognised {
                let text = file.line(index).unwrap_or_default();
                println!("        {}: {}", index + 1, text.escape_debug());
                if is_policy(text) {
                    policy.push(format!("{name}:{}: {text}", index + 1));
                }
            }
        }
    }
    let share = found as f64 / all.max(1) as f64;
    let missed = unread as f64 / lines.max(1) as f64;
    println!(
        "{folder}: recognised {found} of {all} ({:.1} %), unrecognised {unread} of {lines} lines ({:.3} %)",
        share * 100.0,
        missed * 100.0
    );
    assert!(share >= 0.95, "recognised only {found} of {all}");
    assert!(missed <= 0.01, "{unread} of {lines} lines not recognised");
    assert!(
        policy.is_empty(),
        "policy lines not recognised: {policy:#?}"
    );
}

fn describe(content: &[Content]) -> String {
    let parts = content.iter().map(|content| match content {
        Content::Firewall(firewall) => format!(
            "[{} if={} rules={} nat={} stages={} routes={} nm={}]",
            firewall.name.value,
            firewall.interfaces.len(),
            firewall
                .filters
                .iter()
                .map(|f| f.rules.len())
                .sum::<usize>(),
            firewall.nat.rules.len(),
            firewall.stages.len(),
            firewall.routes.len(),
            firewall.not_modelled.len(),
        ),
        _ => String::new(),
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_ios_corpus_is_recognised_and_read_almost_completely() {
    recognised_and_read("cisco_ios", &FORMAT);
}

#[test]
fn the_nexus_corpus_is_recognised_and_read_almost_completely() {
    recognised_and_read("cisco_nxos", &FORMAT_NXOS);
}

#[test]
fn no_line_of_the_corpus_makes_the_reader_panic_however_the_file_is_cut() {
    let Some(root) = corpus() else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    for (folder, format) in [("cisco_ios", FORMAT), ("cisco_nxos", FORMAT_NXOS)] {
        let mut paths = Vec::new();
        files(&root.join(folder), &mut paths);
        for path in paths.iter().filter(|path| is_configuration(path)) {
            let whole = load(path);
            let text = whole.text();
            let step = (text.len() / 20).max(1);
            for end in (0..text.len()).step_by(step) {
                if let Some(part) = text.get(..end) {
                    let file = SourceFile::from_text(FileId(0), "cut.cfg", part);
                    let document = (format.parse)(&file);
                    assert_eq!(document.ledger.totals().total, file.line_count());
                }
            }
        }
    }
}

#[test]
fn configurations_of_other_systems_are_not_taken_for_ios_or_nexus() {
    let Some(root) = corpus() else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    let mut paths = Vec::new();
    files(&root, &mut paths);
    let mut wrong = Vec::new();
    // The Check Point labs hold the configurations of their Cisco neighbours.
    let neighbour = |path: &Path| {
        path.starts_with(root.join("check_point/lab_validation"))
            && path.to_string_lossy().ends_with("show_running-config.txt")
    };
    for path in paths.iter().filter(|path| {
        !path.starts_with(root.join("cisco_ios"))
            && !path.starts_with(root.join("cisco_nxos"))
            && !neighbour(path)
    }) {
        if std::fs::metadata(path).is_ok_and(|data| data.len() > 4_000_000) {
            continue;
        }
        let file = load(path);
        for format in [FORMAT, FORMAT_NXOS] {
            if let Some(evidence) = (format.detect)(&file) {
                wrong.push(format!(
                    "{}: {} {} ({})",
                    path.display(),
                    format.id,
                    evidence.what,
                    evidence.strength
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
