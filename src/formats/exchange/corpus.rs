//! Access of the tests to real exports, which are not part of the repository.

use std::path::{Path, PathBuf};

use crate::source::{FileId, SourceFile};

/// The corpus folder; `None`, said aloud, where there is none.
pub fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus/exchange");
    let found = beside.is_dir().then_some(beside);
    if found.is_none() {
        eprintln!("skipped: the corpus ../shared/corpus/exchange is absent");
    }
    found
}

/// All files below a folder that end in `extension`, decoded as UTF-8.
pub fn files(folder: &Path, extension: &str) -> Vec<SourceFile> {
    let mut files = all_files(folder);
    files.retain(|file| {
        file.name()
            .to_ascii_lowercase()
            .ends_with(&format!(".{extension}"))
    });
    files
}

/// All files below a folder, decoded as UTF-8.
pub fn all_files(folder: &Path) -> Vec<SourceFile> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let bytes = std::fs::read(path).expect("readable");
            let text = String::from_utf8_lossy(&bytes);
            let text = text.trim_start_matches('\u{feff}').to_owned();
            SourceFile::from_text(FileId(0), &path.to_string_lossy(), text)
        })
        .collect()
}
