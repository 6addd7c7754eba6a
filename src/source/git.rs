//! Files of a revision of a git repository, read without touching the work
//! tree.
//!
//! The `git` of the system reads them, because only it knows every form of a
//! repository. It is asked for objects only: no hook, filter, pager, text
//! conversion or external program of a repository takes part in that, and
//! nothing is written. What it does: `git-rev-parse(1)`, `git-ls-tree(1)`,
//! `git-cat-file(1)`.

mod listing;

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::archive::Budget;
use super::walk::{Inputs, ReadOptions, SkipReason, Skipped, take};
use listing::{Entry, Listing, Record, entry};

/// The name of a file has at most so many bytes.
const MAX_NAME: u64 = 64 * 1024;
/// Bytes of git's complaint that are kept.
const MAX_COMPLAINT: usize = 2048;

/// Why a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is not there.
    #[error("the program `git` cannot be run: {0}")]
    NoGit(io::Error),
    /// The folder is in no repository.
    #[error("{0} is not in a git repository")]
    NoRepository(String),
    /// git refuses the repository of a folder.
    #[error("git refuses the repository of {folder}: {complaint}")]
    Refused {
        /// The folder.
        folder: String,
        /// What git said.
        complaint: String,
    },
    /// The revision does not exist.
    #[error("the revision `{revision}` does not exist in this repository")]
    NoRevision {
        /// As written.
        revision: String,
        /// Whether the repository holds only a part of its history.
        shallow: bool,
    },
    /// A path that the revision does not have.
    #[error("the revision `{revision}` has no file at {path}")]
    NoPath {
        /// As written.
        revision: String,
        /// As written.
        path: String,
    },
    /// A path outside of the repository.
    #[error("{0} is not in the repository")]
    Outside(String),
    /// The repository lacks objects of the revision: a partial clone.
    #[error("this clone lacks contents of the revision `{revision}`: {what}")]
    Partial {
        /// As written.
        revision: String,
        /// The file, or what git said.
        what: String,
    },
    /// There is too much.
    #[error("the revision `{0}` has too many files, or too large ones, to read")]
    TooLarge(String),
    /// git fails otherwise.
    #[error("git cannot read the revision `{revision}`: {complaint}")]
    Failed {
        /// As written.
        revision: String,
        /// What git said.
        complaint: String,
    },
}

/// A repository, seen from a folder inside.
#[derive(Debug)]
pub struct Repository {
    folder: PathBuf,
    /// The folder below the repository's top, with a slash at its end, in the
    /// bytes of the system.
    prefix: Vec<u8>,
}

impl Repository {
    /// Finds the repository of a folder.
    ///
    /// # Errors
    /// When there is none, or no git.
    pub fn of(folder: &Path) -> Result<Self, GitError> {
        let output = git(folder)
            .args(["rev-parse", "--show-prefix"])
            .output()
            .map_err(GitError::NoGit)?;
        if !output.status.success() {
            let folder = folder.display().to_string();
            let complaint = said(&output.stderr);
            return Err(if complaint.contains("not a git repository") {
                GitError::NoRepository(folder)
            } else {
                GitError::Refused { folder, complaint }
            });
        }
        let mut prefix = output.stdout;
        while prefix.pop_if(|b| matches!(b, b'\n' | b'\r')).is_some() {}
        Ok(Self {
            folder: folder.to_owned(),
            prefix,
        })
    }

    /// The revision at which two branches part.
    ///
    /// # Errors
    /// When one of them does not exist, or they have nothing in common.
    pub fn parting(&self, one: &str, other: &str) -> Result<String, GitError> {
        let ids = [self.commit(one)?, self.commit(other)?];
        let output = git(&self.folder)
            .arg("merge-base")
            .args(ids)
            .output()
            .map_err(GitError::NoGit)?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if !output.status.success() || id.is_empty() {
            return Err(GitError::NoRevision {
                revision: format!("{one}...{other}"),
                shallow: self.shallow(),
            });
        }
        Ok(id)
    }

    /// Adds the files of a revision below paths (relative to the folder), and
    /// the nearest file of a name in the folders above them.
    ///
    /// # Errors
    /// When the revision or a path does not exist, or git fails.
    pub fn read(
        &self,
        revision: &str,
        paths: &[PathBuf],
        above: &str,
        options: &ReadOptions,
        inputs: &mut Inputs,
    ) -> Result<(), GitError> {
        let commit = self.commit(revision)?;
        let mut wanted = Listing::default();
        for path in paths {
            let inside = self.inside(path)?;
            let found = self.list(revision, &commit, &inside)?;
            if found.is_empty() {
                return Err(GitError::NoPath {
                    revision: revision.to_owned(),
                    path: path.display().to_string(),
                });
            }
            wanted.append(found);
            for folder in Path::new(&inside).ancestors() {
                let mut name = folder.as_os_str().to_owned();
                if !name.is_empty() {
                    name.push("/");
                }
                name.push(above);
                let found = self.list(revision, &commit, &name)?;
                let there = !found.files.is_empty();
                wanted.append(found);
                if there {
                    break;
                }
            }
        }
        wanted.distinct();
        if !wanted.fits() {
            return Err(GitError::TooLarge(revision.to_owned()));
        }
        let skipped = wanted.skipped.into_iter();
        inputs.skipped.extend(skipped.map(|(path, reason)| Skipped {
            name: self.shown(&path),
            reason,
        }));
        self.contents(revision, wanted.files, options, inputs)
    }

    /// The id of the commit that a revision means.
    fn commit(&self, revision: &str) -> Result<String, GitError> {
        let no = || GitError::NoRevision {
            revision: revision.to_owned(),
            shallow: self.shallow(),
        };
        if revision.is_empty() || revision.starts_with('-') || revision.contains(['\0', '\n']) {
            return Err(no());
        }
        let output = git(&self.folder)
            .args(["rev-parse", "--verify", "--quiet", "--end-of-options"])
            .arg(format!("{revision}^{{commit}}"))
            .output()
            .map_err(GitError::NoGit)?;
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        let hex = !id.is_empty() && id.bytes().all(|b| b.is_ascii_hexdigit());
        if !output.status.success() || !hex {
            return Err(no());
        }
        Ok(id)
    }

    /// Whether the repository holds only a part of its history.
    fn shallow(&self) -> bool {
        let output = git(&self.folder)
            .args(["rev-parse", "--is-shallow-repository"])
            .output();
        output.is_ok_and(|output| output.stdout.starts_with(b"true"))
    }

    /// Whether the repository was cloned without some of its objects
    /// (`git clone --filter=…`).
    fn partial(&self) -> bool {
        let output = git(&self.folder)
            .args(["config", "--get-regexp"])
            .arg(r"^(extensions\.partialclone|remote\..*\.promisor)$")
            .output();
        output.is_ok_and(|output| output.status.success())
    }

    /// What is left of an absolute path below the repository's top, which lies so
    /// many folders above this one.
    fn below_top(&self, path: &Path, depth: usize) -> Option<PathBuf> {
        let here = [
            std::fs::canonicalize(&self.folder),
            std::path::absolute(&self.folder),
        ];
        let paths = [Some(path.to_owned()), std::fs::canonicalize(path).ok()];
        let tops = here
            .iter()
            .flatten()
            .filter_map(|here| here.ancestors().nth(depth));
        let mut below = tops.flat_map(|top| {
            let paths = paths.iter().flatten();
            paths.filter_map(move |path| path.strip_prefix(top).ok())
        });
        below.next().map(Path::to_owned)
    }

    /// A path below the top of the repository, with forward slashes.
    fn inside(&self, path: &Path) -> Result<OsString, GitError> {
        let outside = || GitError::Outside(path.display().to_string());
        let folders = self.prefix.split(|b| *b == b'/');
        let folders = folders.filter(|part| !part.is_empty());
        let mut parts: Vec<OsString> = folders.map(name_of).collect();
        let mut path = Cow::Borrowed(path);
        if path.is_absolute() {
            path = Cow::Owned(self.below_top(&path, parts.len()).ok_or_else(outside)?);
            parts.clear();
        }
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    parts.pop().ok_or_else(outside)?;
                }
                Component::Normal(name) => parts.push(name.to_owned()),
                Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
        }
        Ok(parts.join(OsStr::new("/")))
    }

    /// What stands at or below a path of the repository's top. The listing is
    /// read as it comes, so that a tree which holds itself many times over ends
    /// at the limit; folders are listed, because there may be nothing but them.
    fn list(&self, revision: &str, commit: &str, inside: &OsStr) -> Result<Listing, GitError> {
        let mut command = git(&self.folder);
        command.args(["ls-tree", "-r", "-t", "-l", "-z", "--full-tree", commit]);
        if !inside.is_empty() {
            command.arg("--").arg(inside);
        }
        let mut child = command.spawn().map_err(GitError::NoGit)?;
        let complaint = child.stderr.take();
        let complaint = std::thread::spawn(move || heard(complaint));
        let read = self.records(revision, &mut child);
        // It has nothing more to say, or is not listened to any more.
        let failed = read.is_err() && child.kill().is_ok();
        let status = child.wait();
        let complaint = complaint.join().unwrap_or_default();
        let listing = read?;
        if failed || !status.is_ok_and(|status| status.success()) {
            let what = said(&complaint);
            let revision = revision.to_owned();
            return Err(if self.partial() {
                GitError::Partial { revision, what }
            } else {
                GitError::Failed {
                    revision,
                    complaint: what,
                }
            });
        }
        Ok(listing)
    }

    /// Reads the records of a listing, up to the limits.
    fn records(&self, revision: &str, child: &mut Child) -> Result<Listing, GitError> {
        let failed = |error: &io::Error| GitError::Failed {
            revision: revision.to_owned(),
            complaint: error.to_string(),
        };
        let too_large = || GitError::TooLarge(revision.to_owned());
        let mut listing = Listing::default();
        let Some(answer) = child.stdout.take() else {
            return Ok(listing);
        };
        let mut answer = BufReader::new(answer);
        let mut record = Vec::new();
        loop {
            record.clear();
            let mut bounded = answer.by_ref().take(MAX_NAME);
            let read = bounded.read_until(0, &mut record);
            if read.map_err(|error| failed(&error))? == 0 {
                return Ok(listing);
            }
            if record.pop() != Some(0) {
                return Err(too_large());
            }
            listing.records = listing.records.saturating_add(1);
            match entry(&record) {
                Some(Record::File(file)) => {
                    listing.total = listing.total.saturating_add(file.size);
                    listing.files.push(file);
                }
                Some(Record::Lacking(path)) => {
                    return Err(GitError::Partial {
                        revision: revision.to_owned(),
                        what: self.shown(&path),
                    });
                }
                Some(Record::Skipped(path, reason)) => listing.skipped.push((path, reason)),
                Some(Record::Folder) => {}
                None => {
                    let error = io::Error::new(io::ErrorKind::InvalidData, "its answer is unknown");
                    return Err(failed(&error));
                }
            }
            if !listing.fits() {
                return Err(too_large());
            }
        }
    }

    /// Reads the contents of files.
    fn contents(
        &self,
        revision: &str,
        entries: Vec<Entry>,
        options: &ReadOptions,
        inputs: &mut Inputs,
    ) -> Result<(), GitError> {
        let mut wanted = Vec::with_capacity(entries.len());
        for entry in entries {
            if entry.size > options.max_file_bytes {
                inputs.skipped.push(Skipped {
                    name: self.shown(&entry.path),
                    reason: SkipReason::TooLarge {
                        bytes: entry.size,
                        limit: options.max_file_bytes,
                    },
                });
            } else {
                wanted.push(entry);
            }
        }
        if wanted.is_empty() {
            return Ok(());
        }
        let mut child = git(&self.folder)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::NoGit)?;
        let read = self.answers(&mut child, &wanted, options, inputs);
        // git ends when it is asked nothing more.
        drop(child.stdin.take());
        let _ = child.kill();
        let _ = child.wait();
        read.map_err(|error| GitError::Failed {
            revision: revision.to_owned(),
            complaint: error.to_string(),
        })
    }

    fn answers(
        &self,
        child: &mut Child,
        wanted: &[Entry],
        options: &ReadOptions,
        inputs: &mut Inputs,
    ) -> io::Result<()> {
        let broken = || io::Error::new(io::ErrorKind::InvalidData, "its answer breaks off");
        let mut question = child.stdin.take().ok_or_else(broken)?;
        let mut answer = BufReader::new(child.stdout.take().ok_or_else(broken)?);
        let mut budget = Budget::new(options.max_file_bytes);
        for entry in wanted {
            writeln!(question, "{}", entry.object)?;
            question.flush()?;
            let mut head = String::new();
            answer.by_ref().take(4096).read_line(&mut head)?;
            let size = head.trim_end().rsplit(' ').next();
            let size: u64 = size.and_then(|size| size.parse().ok()).ok_or_else(|| {
                let text = format!("{} is not there", self.shown(&entry.path));
                io::Error::new(io::ErrorKind::NotFound, text)
            })?;
            if size != entry.size {
                return Err(broken());
            }
            let mut bytes = Vec::new();
            answer.by_ref().take(size).read_to_end(&mut bytes)?;
            let mut end = [0u8; 1];
            answer.read_exact(&mut end)?;
            if bytes.len() as u64 != size || end != *b"\n" {
                return Err(broken());
            }
            take(&self.shown(&entry.path), bytes, &mut budget, inputs);
        }
        Ok(())
    }

    /// A path of the repository's top as it is seen from the folder.
    fn shown(&self, path: &[u8]) -> String {
        if let Some(below) = path.strip_prefix(&*self.prefix) {
            return String::from_utf8_lossy(below).into_owned();
        }
        let up = self.prefix.iter().filter(|b| **b == b'/').count();
        format!("{}{}", "../".repeat(up), String::from_utf8_lossy(path))
    }
}

/// A name in the bytes of the system.
fn name_of(bytes: &[u8]) -> OsString {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        OsStr::from_bytes(bytes).to_owned()
    }
    #[cfg(not(unix))]
    {
        String::from_utf8_lossy(bytes).into_owned().into()
    }
}

/// The beginning of what a program complains of; all is taken, so that it never
/// waits for a listener.
fn heard(complaint: Option<impl Read>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(mut complaint) = complaint {
        let limit = u64::try_from(MAX_COMPLAINT).unwrap_or_default();
        let _ = complaint.by_ref().take(limit).read_to_end(&mut kept);
        let _ = io::copy(&mut complaint, &mut io::sink());
    }
    kept
}

/// The program, asked from a folder and kept from everything that a repository
/// or a user could configure to run.
fn git(folder: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"])
        .args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath="])
        .args(["-c", "protocol.allow=never"])
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // Which repository is meant follows from the folder alone.
    for name in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_EXTERNAL_DIFF",
    ] {
        command.env_remove(OsStr::new(name));
    }
    command
}

/// What git said, on one line.
fn said(complaint: &[u8]) -> String {
    let complaint = complaint.get(..complaint.len().min(MAX_COMPLAINT));
    let complaint = String::from_utf8_lossy(complaint.unwrap_or_default());
    complaint.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(prefix: &str) -> Repository {
        Repository {
            folder: PathBuf::from("."),
            prefix: prefix.as_bytes().to_vec(),
        }
    }

    #[test]
    fn an_absolute_path_is_found_from_the_top() {
        let top = tempfile::tempdir().expect("a folder");
        let folder = top.path().join("site");
        std::fs::create_dir(&folder).expect("a folder");
        let repository = Repository {
            folder: folder.clone(),
            prefix: b"site/".to_vec(),
        };
        let inside = |path: &Path| repository.inside(path).ok();
        // The work tree need not have it any more.
        assert_eq!(
            inside(&folder.join("fw/a.cfg")),
            Some("site/fw/a.cfg".into())
        );
        assert_eq!(inside(&top.path().join("b.cfg")), Some("b.cfg".into()));
        assert_eq!(inside(top.path()), Some("".into()));
        let outside = top.path().parent().expect("a folder above");
        assert_eq!(inside(outside), None);
    }

    #[test]
    fn a_path_is_found_from_the_top_and_shown_from_the_folder() {
        let repository = at("site/tokyo/");
        let inside = |path: &str| repository.inside(Path::new(path)).ok();
        assert_eq!(inside("fw"), Some("site/tokyo/fw".into()));
        assert_eq!(inside("."), Some("site/tokyo".into()));
        assert_eq!(inside("../osaka"), Some("site/osaka".into()));
        assert_eq!(inside("../../.."), None);
        assert_eq!(repository.shown(b"site/tokyo/a.cfg"), "a.cfg");
        assert_eq!(repository.shown(b"exlint.toml"), "../../exlint.toml");
        assert_eq!(at("").shown(b"a.cfg"), "a.cfg");
    }
}
