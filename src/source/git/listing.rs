//! What `git-ls-tree(1)` lists of a revision.

use crate::source::walk::SkipReason;

/// Files of a revision hold at most so many bytes together.
const MAX_TOTAL: u64 = 2 * 1024 * 1024 * 1024;
/// A revision has at most so many files and folders below the paths.
const MAX_FILES: usize = 200_000;

/// A file of a revision.
pub(super) struct Entry {
    pub(super) object: String,
    pub(super) size: u64,
    /// Below the repository's top, in bytes of any encoding.
    pub(super) path: Vec<u8>,
}

/// What a record of a listing tells.
pub(super) enum Record {
    File(Entry),
    /// A file whose content the repository does not have.
    Lacking(Vec<u8>),
    Skipped(Vec<u8>, SkipReason),
    Folder,
}

/// What stands at or below a path.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) files: Vec<Entry>,
    pub(super) skipped: Vec<(Vec<u8>, SkipReason)>,
    /// How many records there were.
    pub(super) records: usize,
    /// Bytes of the files.
    pub(super) total: u64,
}

impl Listing {
    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty() && self.skipped.is_empty()
    }

    pub(super) fn fits(&self) -> bool {
        self.records <= MAX_FILES && self.total <= MAX_TOTAL
    }

    pub(super) fn append(&mut self, mut other: Self) {
        self.files.append(&mut other.files);
        self.skipped.append(&mut other.skipped);
    }

    /// Leaves each path once.
    pub(super) fn distinct(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.files.dedup_by(|a, b| a.path == b.path);
        self.skipped.sort_by(|a, b| a.0.cmp(&b.0));
        self.skipped.dedup_by(|a, b| a.0 == b.0);
        let sizes = self.files.iter().map(|entry| entry.size);
        self.total = sizes.fold(0, u64::saturating_add);
        self.records = self.files.len();
    }
}

/// One record of `ls-tree -l -z`: `mode type object size<TAB>path`. The size is
/// `-` where there is none, and `BAD` where the object is not there.
pub(super) fn entry(record: &[u8]) -> Option<Record> {
    let tab = record.iter().position(|b| *b == b'\t')?;
    let (head, path) = record.split_at_checked(tab)?;
    let path = path.get(1..)?.to_owned();
    let mut words = std::str::from_utf8(head).ok()?.split_ascii_whitespace();
    let (mode, kind) = (words.next()?, words.next()?);
    let (object, size) = (words.next()?, words.next()?);
    Some(match (kind, mode) {
        ("tree", _) => Record::Folder,
        ("commit", _) => Record::Skipped(path, SkipReason::Submodule),
        (_, "120000") => Record::Skipped(path, SkipReason::LinkOfRevision),
        _ => match size.parse() {
            Ok(size) => Record::File(Entry {
                object: object.to_owned(),
                size,
                path,
            }),
            Err(_) => Record::Lacking(path),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_other_repositories_are_told_and_no_files() {
        let of = |record: &[u8]| match entry(record)? {
            Record::File(entry) => Some(("file", entry.path)),
            Record::Lacking(path) => Some(("lacking", path)),
            Record::Skipped(path, SkipReason::Submodule) => Some(("submodule", path)),
            Record::Skipped(path, _) => Some(("link", path)),
            Record::Folder => Some(("folder", Vec::new())),
        };
        let told = |kind, path: &[u8]| Some((kind, path.to_vec()));
        let cases: [(&[u8], _); 7] = [
            (
                b"100644 blob 0123abcd      12\tfw/in ner.cfg",
                told("file", b"fw/in ner.cfg"),
            ),
            (
                b"100644 blob 0123abcd      12\tfw/\x83\x83.cfg",
                told("file", b"fw/\x83\x83.cfg"),
            ),
            (
                b"100644 blob 0123abcd     BAD\tfw/a.cfg",
                told("lacking", b"fw/a.cfg"),
            ),
            (b"120000 blob 0123abcd      12\tlink", told("link", b"link")),
            (
                b"160000 commit 0123abcd       -\tmodule",
                told("submodule", b"module"),
            ),
            (b"040000 tree 0123abcd       -\tfw", told("folder", b"")),
            (b"", None),
        ];
        for (record, expected) in cases {
            assert_eq!(of(record), expected);
        }
    }
}
