//! The collected files, when they are there.

use std::path::{Path, PathBuf};

use crate::formats::firewall::windows_firewall::FORMAT;
use crate::source::{FileId, SourceFile};

fn corpus() -> Option<PathBuf> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/firewall/windows_firewall");
    folder.is_dir().then_some(folder)
}

#[test]
fn every_collected_file_is_recognised_and_nearly_every_line_understood() {
    let Some(folder) = corpus() else {
        println!("skipped: ../shared/corpus is not there");
        return;
    };
    let (mut lines, mut unread) = (0, 0);
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let file = SourceFile::decode(FileId(0), &path.to_string_lossy(), bytes);
        assert!((FORMAT.detect)(&file).is_some(), "{}", path.display());
        let totals = (FORMAT.parse)(&file).ledger.totals();
        lines += totals.total;
        unread += totals.unrecognised;
    }
    assert!(lines > 0 && unread * 100 <= lines, "{unread} of {lines}");
}
