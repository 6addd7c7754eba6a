//! Files packed in zip archives, in memory and within bounds.
//!
//! An archive is data from a stranger: its sizes lie, its names point anywhere
//! and its parts may overlap. Nothing is written to disk. What is not unpacked
//! is told with its name; an archive that breaks a bound as a whole gives no
//! file at all, so that no run rests on a part of it by accident.

mod names;
mod packed;

use std::io::{Cursor, Read};

use zip::read::HasZipMetadata;
use zip::{CompressionMethod, ZipArchive};

use super::walk::{SkipReason, Skipped};
pub(super) use packed::{Packed, packed};

/// Files in one archive; a support bundle of a large server has about 2,000.
const MAX_ENTRIES: usize = 20_000;

/// Archives inside each other: the support collector packs the files of IIS
/// into an archive inside its bundle.
const MAX_NESTING: usize = 3;

/// Times that packed data may grow. Text of Windows in UTF-16 grows some 40
/// times; deflate reaches 1,032.
const MAX_RATIO: u64 = 200;

/// Growth does not matter below this size.
const SMALL: u64 = 4 * 1024 * 1024;

/// Bytes that all archives of a run may unpack to.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;

/// What archives may still take of the memory of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    /// Bytes left for all archives.
    left: u64,
    /// Largest file, packed or not.
    file: u64,
}

impl Budget {
    /// Nothing unpacked yet; no file may be larger than `file` bytes.
    pub(super) fn new(file: u64) -> Self {
        Self {
            left: MAX_UNPACKED,
            file,
        }
    }
}

/// A file that came out of an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// `bundle.zip/HUB1/ReceiveConnector.xml`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What archives held.
#[derive(Debug, Default)]
pub(super) struct Unpacked {
    /// Files by name.
    pub members: Vec<Member>,
    /// What was not unpacked.
    pub skipped: Vec<Skipped>,
}

/// Unpacks an archive of a name, and the archives inside it.
pub(super) fn unpack(name: &str, bytes: &[u8], budget: &mut Budget) -> Unpacked {
    let mut unpacked = Unpacked::default();
    let before = budget.left;
    if let Err(reason) = add(name, bytes, budget, before, &mut unpacked, 1) {
        unpacked.members.clear();
        unpacked.skipped.push(Skipped {
            name: name.to_owned(),
            reason,
        });
        budget.left = before;
    }
    unpacked.members.sort_by(|a, b| a.name.cmp(&b.name));
    unpacked
}

/// Adds the files of one archive; an error refuses the outermost one.
fn add(
    name: &str,
    bytes: &[u8],
    budget: &mut Budget,
    at_first: u64,
    unpacked: &mut Unpacked,
    depth: usize,
) -> Result<(), SkipReason> {
    // Each entry of the directory has this mark; counted before memory is
    // taken for them.
    let entries = memchr::memmem::find_iter(bytes, b"PK\x01\x02").count();
    if entries > MAX_ENTRIES.saturating_mul(MAX_NESTING) {
        return Err(SkipReason::ArchiveEntries(MAX_ENTRIES));
    }
    let skip = |unpacked: &mut Unpacked, name: String, reason| {
        unpacked.skipped.push(Skipped { name, reason });
    };
    let mut archive = match ZipArchive::new(Cursor::new(bytes)) {
        Ok(archive) => archive,
        Err(_) if depth > 1 => {
            skip(unpacked, name.to_owned(), SkipReason::ArchiveDamaged);
            return Ok(());
        }
        Err(_) => return Err(SkipReason::ArchiveDamaged),
    };
    if archive.len() > MAX_ENTRIES {
        return Err(SkipReason::ArchiveEntries(MAX_ENTRIES));
    }
    if archive.file_names_raw().any(is_office_part) {
        skip(unpacked, name.to_owned(), SkipReason::OfficeDocument);
        return Ok(());
    }
    if archive.has_overlapping_files().unwrap_or(true) {
        return Err(SkipReason::ArchiveOverlap);
    }
    if archive.has_duplicate_names() {
        let reason = SkipReason::ArchiveTwice;
        skip(unpacked, name.to_owned(), reason);
    }
    if archive.is_empty() {
        skip(unpacked, name.to_owned(), SkipReason::ArchiveEmpty);
    }
    for index in 0..archive.len() {
        let Some(member) = entry(&mut archive, index, name, budget, unpacked)? else {
            continue;
        };
        let used = at_first.saturating_sub(budget.left);
        let room = SMALL.max((bytes.len() as u64).saturating_mul(MAX_RATIO));
        if depth == 1 && used > room {
            return Err(SkipReason::ArchiveBomb(MAX_RATIO));
        }
        match packed(&member.bytes) {
            Some(Packed::Zip) if depth < MAX_NESTING => {
                let Member { name, bytes } = member;
                add(
                    &name,
                    &bytes,
                    budget,
                    at_first,
                    unpacked,
                    depth.saturating_add(1),
                )?;
            }
            Some(Packed::Zip) => skip(unpacked, member.name, SkipReason::ArchiveNesting),
            Some(Packed::Other(reason)) => skip(unpacked, member.name, reason),
            None => unpacked.members.push(member),
        }
    }
    Ok(())
}

/// One entry of an archive; `None` where it is no file, or one that was told
/// as skipped.
fn entry(
    archive: &mut ZipArchive<Cursor<&[u8]>>,
    index: usize,
    archive_name: &str,
    budget: &mut Budget,
    unpacked: &mut Unpacked,
) -> Result<Option<Member>, SkipReason> {
    let Ok(entry) = archive.by_index_data(index) else {
        return Err(SkipReason::ArchiveDamaged);
    };
    if entry.is_dir() {
        return Ok(None);
    }
    let decoded = names::decode(entry.name_raw());
    let skip = |unpacked: &mut Unpacked, reason| {
        let name = format!("{archive_name}/{decoded}");
        unpacked.skipped.push(Skipped { name, reason });
        Ok(None)
    };
    let Some(path) = names::inside(&decoded) else {
        return skip(unpacked, SkipReason::ArchivePath);
    };
    let name = format!("{archive_name}/{path}");
    if entry.is_symlink() {
        return skip(unpacked, SkipReason::Link);
    }
    if path
        .split('/')
        .any(|part| matches!(part, ".git" | ".hg" | ".svn" | "__MACOSX"))
    {
        return Ok(None);
    }
    if entry.encrypted() {
        return skip(unpacked, SkipReason::Encrypted);
    }
    let method = entry.compression();
    if !matches!(
        method,
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        return skip(unpacked, SkipReason::Compression(format!("{method}")));
    }
    let packed_size = entry.get_metadata().compressed_size;
    let declared = entry.size();
    if declared > budget.file {
        let limit = budget.file;
        return skip(
            unpacked,
            SkipReason::TooLarge {
                bytes: declared,
                limit,
            },
        );
    }
    let by_ratio = SMALL.max(packed_size.saturating_mul(MAX_RATIO));
    let room = by_ratio.min(budget.left).min(budget.file);
    let Ok(mut file) = archive.by_index(index) else {
        return skip(unpacked, SkipReason::ArchiveDamaged);
    };
    let mut bytes = Vec::new();
    // The declared size is a claim: memory grows with what really comes out.
    let result = file
        .by_ref()
        .take(room.saturating_add(1))
        .read_to_end(&mut bytes);
    let length = bytes.len() as u64;
    if length > room {
        return Err(if by_ratio <= budget.left {
            SkipReason::ArchiveBomb(MAX_RATIO)
        } else {
            SkipReason::ArchiveTotal(MAX_UNPACKED)
        });
    }
    drop(file);
    if result.is_err() {
        return skip(unpacked, SkipReason::ArchiveDamaged);
    }
    budget.left = budget.left.saturating_sub(length);
    Ok(Some(Member { name, bytes }))
}

/// Documents of Office and programs in Java are archives of their own parts,
/// and none of these is an export.
fn is_office_part(name: &[u8]) -> bool {
    name == b"[Content_Types].xml" || name == b"META-INF/MANIFEST.MF"
}

#[cfg(test)]
mod tests;
