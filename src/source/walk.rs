//! Finds the files of a run and reads them.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::path::{Component, Path, PathBuf};

use rayon::prelude::*;
use walkdir::{DirEntry, WalkDir};

use super::archive::{self, Budget, Member, Packed, packed};
use super::condensed::{Condense, Condensed};
use super::file::{SourceFile, Sources};
use super::own::{is_empty_report, is_ours};
use super::span::FileId;

/// The largest file that is read unless the user says otherwise.
///
/// Spans are 32-bit and a run holds its inputs in memory.
pub const MAX_FILE_BYTES: u64 = 512 * 1024 * 1024;

/// A file from this size on is condensed, if its format can.
const LARGE: u64 = 32 * 1024 * 1024;

/// How many times larger than [`ReadOptions::max_file_bytes`] a file may be
/// that is condensed while it is read.
const CONDENSED_SHARE: u64 = 8;

/// What is looked at before the rest of a file is read: programs, images and
/// databases beside the exports show themselves there.
const HEAD_BYTES: usize = 8192;

/// Deeper folders are reported, not entered.
const MAX_DEPTH: usize = 64;

/// What to read and how.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// Follow symbolic links inside folders.
    pub follow_links: bool,
    /// Larger files are reported and not read.
    pub max_file_bytes: u64,
    /// Name to show for standard input.
    pub stdin_name: Option<String>,
    /// Reads large files without holding all of them.
    pub condense: Option<Condense>,
    /// Files that this run will write, as `canonicalize` gives them: a report
    /// of an earlier run that stands there is no input.
    pub outputs: Vec<PathBuf>,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            follow_links: false,
            max_file_bytes: MAX_FILE_BYTES,
            stdin_name: None,
            condense: None,
            outputs: Vec::new(),
        }
    }
}

/// Something that was found and not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name as in [`SourceFile::name`].
    pub name: String,
    /// Why it was not read.
    pub reason: SkipReason,
}

/// Why something was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// The folder of a version control system.
    #[error("version control data")]
    VersionControl,
    /// A symbolic link.
    #[error("a symbolic link, not followed (--follow-links)")]
    Link,
    /// A symbolic link in a revision.
    #[error("a symbolic link, which is not followed in a revision")]
    LinkOfRevision,
    /// Another repository inside of a revision.
    #[error("another repository (a submodule), whose files are not in this one")]
    Submodule,
    /// A symbolic link that leads back to one of its own parents.
    #[error("a symbolic link that leads back to a folder above it")]
    LinkLoop,
    /// A device, pipe or socket.
    #[error("neither a file nor a folder")]
    Special,
    /// Larger than the limit.
    #[error("{bytes} bytes are more than the limit of {limit}")]
    TooLarge {
        /// Its size.
        bytes: u64,
        /// The limit in force.
        limit: u64,
    },
    /// Too many folders inside each other.
    #[error("folders are nested more than 64 deep")]
    TooDeep,
    /// A container that exlint does not unpack.
    #[error("{what}, which exlint does not unpack; unpack it with {command} and give the folder")]
    Packed {
        /// What it is.
        what: &'static str,
        /// The commands that unpack it.
        command: &'static str,
    },
    /// A document of Office, or a program in Java.
    #[error("a document or program in a zip archive, not an export; save a sheet as CSV")]
    OfficeDocument,
    /// An entry of an archive that needs a password.
    #[error("encrypted in its archive; unpack it with its password and give the folder")]
    Encrypted,
    /// An entry that is packed in a way that is not read.
    #[error(
        "packed with {0}, which exlint does not unpack; unpack the archive and give the folder"
    )]
    Compression(String),
    /// An entry whose name leads out of the archive.
    #[error("its name leads out of its archive, as no export's does")]
    ArchivePath,
    /// An archive or entry that does not unpack.
    #[error("the archive is damaged here, or breaks off")]
    ArchiveDamaged,
    /// An archive without files.
    #[error("the archive holds no file")]
    ArchiveEmpty,
    /// An archive with two entries of one name.
    #[error("the archive holds two files of one name, and only the last of them was read")]
    ArchiveTwice,
    /// Archives inside each other.
    #[error("archives are nested more than 3 deep")]
    ArchiveNesting,
    /// Too many entries; the limit.
    #[error("not unpacked: the archive holds more than {0} files")]
    ArchiveEntries(usize),
    /// Entries that share bytes.
    #[error("not unpacked: files in the archive overlap, as in a zip bomb")]
    ArchiveOverlap,
    /// It grows too much; the limit.
    #[error("not unpacked: it grows more than {0} times, as a zip bomb does")]
    ArchiveBomb(u64),
    /// All archives together are too large; the limit in bytes.
    #[error("not unpacked: the archives of the run hold more than {0} bytes")]
    ArchiveTotal(u64),
    /// A report of an earlier run, or the page of a rule.
    #[error("a report that exlint wrote, or the page of a rule")]
    Ours,
    /// The system refused.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

impl SkipReason {
    /// Whether the run is incomplete because of it (exit code 2).
    #[must_use]
    pub fn is_error(&self) -> bool {
        matches!(
            self,
            Self::Unreadable(_)
                | Self::TooDeep
                | Self::Encrypted
                | Self::Compression(_)
                | Self::ArchiveDamaged
                | Self::ArchiveTwice
                | Self::ArchiveNesting
                | Self::ArchiveEntries(_)
                | Self::ArchiveOverlap
                | Self::ArchiveBomb(_)
                | Self::ArchiveTotal(_)
        )
    }
}

/// A path of the command line that cannot be used at all.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {name}: {error}")]
pub struct ReadError {
    /// The path as the user wrote it.
    pub name: String,
    /// What the system said.
    pub error: io::Error,
}

/// What [`read`] found.
#[derive(Debug, Default)]
pub struct Inputs {
    /// Files that were read, in order of their names.
    pub sources: Sources,
    /// What was found and not read.
    pub skipped: Vec<Skipped>,
}

/// Reads files, folders (recursively, sorted by name), the files in zip
/// archives among them, and `-`.
///
/// # Errors
/// [`ReadError`] when a path that the user named does not exist or standard
/// input breaks. Anything below a folder is reported in [`Inputs::skipped`].
pub fn read(paths: &[PathBuf], options: &ReadOptions) -> Result<Inputs, ReadError> {
    let here = std::env::current_dir().unwrap_or_default();
    let mut inputs = Inputs::default();
    let mut budget = Budget::new(options.max_file_bytes);
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            read_stdin(options, &mut budget, &mut inputs)?;
            continue;
        }
        let metadata = fs::metadata(path).map_err(|error| ReadError {
            name: path.display().to_string(),
            error,
        })?;
        if metadata.is_dir() {
            walk(path, &here, options, &mut found, &mut inputs.skipped);
        } else if metadata.is_file() {
            found.push(path.clone());
        } else {
            inputs.skipped.push(Skipped {
                name: display_name(path, &here),
                reason: SkipReason::Special,
            });
        }
    }
    remove_repeated(&mut found);
    let read: Vec<_> = found
        .par_iter()
        .map(|path| read_file(path, options))
        .collect();
    for (path, result) in found.iter().zip(read) {
        let name = display_name(path, &here);
        match result {
            Ok(Read::Whole(bytes)) if is_empty_report(&bytes) && is_output(path, options) => {}
            Ok(Read::Whole(bytes)) => take(&name, bytes, &mut budget, &mut inputs),
            Ok(Read::InPart(condensed)) => {
                let file = |id: FileId| SourceFile::condensed(id, &name, condensed);
                inputs.sources.add(file);
            }
            Err(SkipReason::Ours) if is_output(path, options) => {}
            Err(reason) => inputs.skipped.push(Skipped { name, reason }),
        }
    }
    Ok(inputs)
}

/// Whether this run will write a file.
fn is_output(path: &Path, options: &ReadOptions) -> bool {
    fs::canonicalize(path).is_ok_and(|path| options.outputs.contains(&path))
}

/// Adds what was read: one file, or those in an archive.
pub(super) fn take(name: &str, bytes: Vec<u8>, budget: &mut Budget, inputs: &mut Inputs) {
    match packed(&bytes) {
        None if is_ours(&bytes) => inputs.skipped.push(Skipped {
            name: name.to_owned(),
            reason: SkipReason::Ours,
        }),
        None => {
            inputs
                .sources
                .add(|id: FileId| SourceFile::decode(id, name, bytes));
        }
        Some(Packed::Zip) => {
            let unpacked = archive::unpack(name, &bytes, budget);
            drop(bytes);
            for Member { name, bytes } in unpacked.members {
                let decode = |id| SourceFile::decode(id, &name, bytes);
                inputs.sources.add(decode);
            }
            inputs.skipped.extend(unpacked.skipped);
        }
        Some(Packed::Other(reason)) => inputs.skipped.push(Skipped {
            name: name.to_owned(),
            reason,
        }),
    }
}

/// A file that is named twice (`exports exports/a.cfg`) is read once.
fn remove_repeated(found: &mut Vec<PathBuf>) {
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| {
        let key = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
        seen.insert(key)
    });
}

fn read_stdin(
    options: &ReadOptions,
    budget: &mut Budget,
    inputs: &mut Inputs,
) -> Result<(), ReadError> {
    let name = options
        .stdin_name
        .clone()
        .unwrap_or_else(|| "<stdin>".to_owned());
    let limit = options.max_file_bytes;
    let mut bytes = Vec::new();
    io::stdin()
        .lock()
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| ReadError {
            name: name.clone(),
            error,
        })?;
    let length = bytes.len() as u64;
    if length > limit {
        inputs.skipped.push(Skipped {
            name,
            reason: SkipReason::TooLarge {
                bytes: length,
                limit,
            },
        });
    } else {
        take(&name, bytes, budget, inputs);
    }
    Ok(())
}

fn walk(
    root: &Path,
    here: &Path,
    options: &ReadOptions,
    found: &mut Vec<PathBuf>,
    skipped: &mut Vec<Skipped>,
) {
    let mut skip = |path: &Path, reason| {
        skipped.push(Skipped {
            name: display_name(path, here),
            reason,
        });
    };
    let mut entries = WalkDir::new(root)
        .follow_links(options.follow_links)
        .max_depth(MAX_DEPTH)
        .sort_by_file_name()
        .into_iter();
    while let Some(entry) = entries.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().unwrap_or(root).to_path_buf();
                let reason = if error.loop_ancestor().is_some() {
                    SkipReason::LinkLoop
                } else {
                    SkipReason::Unreadable(
                        error
                            .io_error()
                            .map_or_else(|| error.to_string(), ToString::to_string),
                    )
                };
                skip(&path, reason);
                continue;
            }
        };
        let kind = entry.file_type();
        if kind.is_dir() {
            if is_version_control(&entry) {
                skip(entry.path(), SkipReason::VersionControl);
                entries.skip_current_dir();
            } else if entry.depth() >= MAX_DEPTH {
                skip(entry.path(), SkipReason::TooDeep);
            }
        } else if kind.is_symlink() {
            skip(entry.path(), SkipReason::Link);
        } else if kind.is_file() {
            found.push(entry.into_path());
        } else {
            skip(entry.path(), SkipReason::Special);
        }
    }
}

fn is_version_control(entry: &DirEntry) -> bool {
    entry.depth() > 0 && matches!(entry.file_name().to_str(), Some(".git" | ".hg" | ".svn"))
}

/// A file as it was read.
enum Read {
    /// All its bytes, or as many as show that it is no text.
    Whole(Vec<u8>),
    /// What matters of its text.
    InPart(Condensed),
}

fn read_file(path: &Path, options: &ReadOptions) -> Result<Read, SkipReason> {
    let limit = options.max_file_bytes;
    let unreadable = |error: io::Error| SkipReason::Unreadable(error.to_string());
    let mut file = File::open(path).map_err(unreadable)?;
    let size = file.metadata().map_err(unreadable)?.len();
    if let Some(condense) = options.condense
        && (LARGE..=limit.saturating_mul(CONDENSED_SHARE)).contains(&size)
    {
        if let Some(condensed) = condense(&mut file).map_err(unreadable)? {
            return Ok(Read::InPart(condensed));
        }
        file.rewind().map_err(unreadable)?;
    }
    if size > limit {
        return Err(SkipReason::TooLarge { bytes: size, limit });
    }
    let mut file = file.take(limit.saturating_add(1));
    let mut bytes = Vec::with_capacity(HEAD_BYTES);
    file.by_ref()
        .take(HEAD_BYTES as u64)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if is_ours(&bytes) {
        return Err(SkipReason::Ours);
    }
    let archive = packed(&bytes) == Some(Packed::Zip);
    if !archive && super::decode::surely_binary(&bytes) {
        return Ok(Read::Whole(bytes));
    }
    bytes.reserve_exact(usize::try_from(size).unwrap_or(0));
    // The size was a promise only: files under /proc have none, and a log may
    // grow while it is read.
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    let length = bytes.len() as u64;
    if length > limit {
        return Err(SkipReason::TooLarge {
            bytes: length,
            limit,
        });
    }
    Ok(Read::Whole(bytes))
}

/// The name to show: relative to `here` where it lies below, forward slashes.
#[must_use]
pub fn display_name(path: &Path, here: &Path) -> String {
    let relative = path.strip_prefix(here).unwrap_or(path);
    let mut name = String::new();
    for part in relative.components() {
        if part == Component::CurDir {
            continue;
        }
        if !name.is_empty() && !name.ends_with('/') {
            name.push('/');
        }
        name.push_str(&part.as_os_str().to_string_lossy());
    }
    if name.is_empty() {
        ".".to_owned()
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(dir.path().join(".git")).expect("folder");
        fs::create_dir_all(dir.path().join("fw")).expect("folder");
        fs::write(dir.path().join(".git/config"), "[core]").expect("file");
        fs::write(dir.path().join("fw/inner.cfg"), "hostname inner\n").expect("file");
        fs::write(dir.path().join("fw/large.cfg"), "x".repeat(200)).expect("file");
        dir
    }

    fn names(inputs: &Inputs) -> Vec<String> {
        let base = |name: &str| name.rsplit('/').next().unwrap_or(name).to_owned();
        inputs
            .sources
            .files()
            .iter()
            .map(|f| base(f.name()))
            .collect()
    }

    #[test]
    fn version_control_and_large_files_are_reported_not_read() {
        let dir = tree();
        let options = ReadOptions {
            max_file_bytes: 100,
            ..ReadOptions::default()
        };
        let inputs = read(&[dir.path().to_path_buf()], &options).expect("readable");
        assert_eq!(names(&inputs), ["inner.cfg"]);
        let reasons: Vec<_> = inputs.skipped.iter().map(|s| &s.reason).collect();
        assert!(
            reasons.contains(&&SkipReason::VersionControl),
            "{reasons:?}"
        );
        assert!(reasons.contains(&&SkipReason::TooLarge {
            bytes: 200,
            limit: 100
        }));
    }

    #[test]
    fn only_the_head_of_a_program_is_read() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("exlint");
        fs::write(&path, [0x7f, b'E', 0, 0].repeat(100_000)).expect("file");
        match read_file(&path, &ReadOptions::default()).expect("readable") {
            Read::Whole(bytes) => assert_eq!(bytes.len(), HEAD_BYTES),
            Read::InPart(_) => panic!("a program is no export"),
        }
        let inputs = read(&[path], &ReadOptions::default()).expect("readable");
        assert!(inputs.sources.files().iter().all(|f| f.binary().is_some()));
    }

    #[test]
    fn a_cabinet_is_refused_with_the_command_that_unpacks_it() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("HUB1.cab");
        fs::write(&path, b"MSCF\0\0\0\0\x2c\0\0\0").expect("file");
        let inputs = read(&[path], &ReadOptions::default()).expect("readable");
        assert!(inputs.sources.files().is_empty());
        let reasons: Vec<_> = inputs
            .skipped
            .iter()
            .map(|s| s.reason.to_string())
            .collect();
        assert!(reasons[0].contains("expand -F:*"), "{reasons:?}");
    }

    #[test]
    fn a_file_named_twice_is_read_once() {
        let dir = tree();
        let both = [dir.path().to_path_buf(), dir.path().join("fw/inner.cfg")];
        let inputs = read(&both, &ReadOptions::default()).expect("readable");
        assert_eq!(names(&inputs), ["inner.cfg", "large.cfg"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_reported_and_a_loop_ends() {
        let dir = tree();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("fw/up")).expect("link");
        let root = [dir.path().to_path_buf()];
        let inputs = read(&root, &ReadOptions::default()).expect("readable");
        assert!(inputs.skipped.iter().any(|s| s.reason == SkipReason::Link));
        let follow = ReadOptions {
            follow_links: true,
            ..ReadOptions::default()
        };
        let inputs = read(&root, &follow).expect("readable");
        assert!(
            inputs
                .skipped
                .iter()
                .any(|s| s.reason == SkipReason::LinkLoop)
        );
        assert_eq!(names(&inputs), ["inner.cfg", "large.cfg"]);
    }

    #[test]
    fn a_path_that_does_not_exist_is_an_error_with_its_name() {
        let missing = [PathBuf::from("/nonexistent/exports")];
        let error = read(&missing, &ReadOptions::default()).expect_err("missing");
        assert!(error.to_string().contains("/nonexistent/exports"));
    }

    #[test]
    fn names_are_relative_with_forward_slashes() {
        let here = Path::new("/home/a");
        assert_eq!(display_name(Path::new("./fw/x.cfg"), here), "fw/x.cfg");
        assert_eq!(
            display_name(Path::new("/home/a/fw/x.cfg"), here),
            "fw/x.cfg"
        );
        assert_eq!(display_name(Path::new("/etc/x.cfg"), here), "/etc/x.cfg");
    }
}
