//! No file of one platform is taken for another: every file of the corpus by
//! the folder that it lies in and the format that it is taken for.
//!
//!     cargo test --test confusion -- --nocapture
//!
//! prints the matrix. Without the corpus beside the repository it says so.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use exlint::formats::FORMATS;
use exlint::formats::detect::{Detection, detect};
use exlint::source::{FileId, SourceFile};

/// What the files of a folder may be taken for; anything else is a mistake.
/// `-` stands for every folder that is not named: no firewall at all.
const MAY_BE: [(&str, &[&str]); 9] = [
    ("firewall/cisco_asa", &["cisco-asa"]),
    ("firewall/cisco_ios", &["cisco-ios"]),
    ("firewall/cisco_nxos", &["cisco-nxos"]),
    ("firewall/juniper_srx", &["junos"]),
    ("firewall/fortios", &["fortios"]),
    ("firewall/iptables_save", &["iptables"]),
    ("firewall/nftables", &["nftables"]),
    ("firewall/paloalto_panos", &["panos"]),
    ("firewall/windows_firewall", &["windows-firewall"]),
];

/// Files that lie in the folder of another platform: the end of their name, and
/// what they are.
const ELSEWHERE: [(&str, &str); 3] = [
    // The routers of two labs around a firewall.
    (
        "basic_fw_policy__inside__show_running-config.txt",
        "cisco-ios",
    ),
    ("simple_routing__ebgp__show_running-config.txt", "cisco-ios"),
    // Lists with prefixes (`10.0.0.0/24`), which only NX-OS writes.
    ("configs_rtr-with-acl.cfg", "cisco-nxos"),
];

/// Routers of a lab that say `!Command: show running-config`, as NX-OS does.
const NEXUS: &str = "checkpoint_bond_vlan__outside";

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

fn is_firewall(id: &str) -> bool {
    MAY_BE.iter().any(|(_, ids)| ids.contains(&id))
}

#[test]
fn no_file_of_the_corpus_is_taken_for_another_platform() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    if !corpus.is_dir() {
        println!("skipped: ../shared/corpus is not there");
        return;
    }
    let mut paths = Vec::new();
    files(&corpus, &mut paths);
    paths.sort();
    let mut matrix: BTreeMap<String, BTreeMap<&'static str, usize>> = BTreeMap::new();
    let mut mistaken = Vec::new();
    for path in &paths {
        let name = path
            .strip_prefix(&corpus)
            .expect("inside")
            .to_string_lossy();
        let mut parts = name.split('/');
        let (Some(kind), Some(folder), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let folder = format!("{kind}/{folder}");
        let bytes = std::fs::read(path).expect("it can be read");
        let file = SourceFile::decode(FileId(0), &name, bytes);
        let taken = match detect(&file, FORMATS, &[]) {
            Detection::Recognised { format, .. } => format.id,
            Detection::NotRecognised { .. } => "-",
        };
        *matrix
            .entry(folder.clone())
            .or_default()
            .entry(taken)
            .or_default() += 1;
        let own = MAY_BE
            .iter()
            .find(|(held, _)| *held == folder)
            .map_or(&[][..], |(_, ids)| *ids);
        let excused = ELSEWHERE
            .iter()
            .any(|(end, is)| name.ends_with(end) && *is == taken)
            || taken == "cisco-nxos" && name.contains(NEXUS);
        if is_firewall(taken) && !own.contains(&taken) && !excused {
            mistaken.push(format!("{name}: taken for {taken}"));
        }
        if kind == "firewall" && taken != "-" && !is_firewall(taken) {
            mistaken.push(format!("{name}: a firewall's, taken for {taken}"));
        }
    }
    println!("| folder | files | taken for |\n|---|---|---|");
    for (folder, row) in &matrix {
        let all: usize = row.values().sum();
        let cells: Vec<String> = row
            .iter()
            .map(|(id, count)| match *id {
                "-" => format!("not recognised {count}"),
                id => format!("{id} {count}"),
            })
            .collect();
        println!("| {folder} | {all} | {} |", cells.join(", "));
    }
    assert!(
        mistaken.is_empty(),
        "{}\n{}",
        mistaken.len(),
        mistaken.join("\n")
    );
}
