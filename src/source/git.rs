//! Files of a revision of a git repository, read without touching the work
//! tree.
//!
//! The `git` of the system reads them, because only it knows every form of a
//! repository. It is asked for objects only: no hook, filter, pager, text
//! conversion or external program of a repository takes part in that, and
//! nothing is written. What it does: `git-rev-parse(1)`, `git-ls-tree(1)`,
//! `git-cat-file(1)`.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::archive::Budget;
use super::walk::{Inputs, ReadOptions, SkipReason, Skipped, take};

/// Files of a revision hold at most so many bytes together.
const MAX_TOTAL: u64 = 2 * 1024 * 1024 * 1024;
/// A revision has at most so many files below the paths.
const MAX_FILES: usize = 200_000;
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
    /// The folder below the repository's top, with a slash at its end.
    prefix: String,
}

/// A file of a revision.
struct Entry {
    object: String,
    size: u64,
    path: String,
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
        let prefix = String::from_utf8_lossy(&output.stdout);
        Ok(Self {
            folder: folder.to_owned(),
            prefix: prefix.trim_end_matches(['\n', '\r']).to_owned(),
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
        let mut wanted = Vec::new();
        for path in paths {
            let inside = self.inside(path)?;
            let found = self.list(revision, &commit, &inside)?;
            if found.is_empty() {
                return Err(GitError::NoPath {
                    revision: revision.to_owned(),
                    path: path.display().to_string(),
                });
            }
            wanted.extend(found);
            for folder in Path::new(&inside).ancestors() {
                let name = folder.join(above);
                let name = name.to_string_lossy().into_owned();
                let found = self.list(revision, &commit, &name)?;
                if !found.is_empty() {
                    wanted.extend(found);
                    break;
                }
            }
        }
        wanted.sort_by(|a, b| a.path.cmp(&b.path));
        wanted.dedup_by(|a, b| a.path == b.path);
        let total = wanted
            .iter()
            .fold(0u64, |sum, e| sum.saturating_add(e.size));
        if wanted.len() > MAX_FILES || total > MAX_TOTAL {
            return Err(GitError::TooLarge(revision.to_owned()));
        }
        self.contents(revision, wanted, options, inputs)
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

    /// A path below the top of the repository, with forward slashes.
    fn inside(&self, path: &Path) -> Result<String, GitError> {
        let outside = || GitError::Outside(path.display().to_string());
        let mut parts: Vec<String> = self
            .prefix
            .split('/')
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        for component in path.components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir => {
                    parts.pop().ok_or_else(outside)?;
                }
                Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
                Component::RootDir | Component::Prefix(_) => return Err(outside()),
            }
        }
        Ok(parts.join("/"))
    }

    /// The files at or below a path of the repository's top.
    fn list(&self, revision: &str, commit: &str, inside: &str) -> Result<Vec<Entry>, GitError> {
        let mut command = git(&self.folder);
        command.args(["ls-tree", "-r", "-l", "-z", "--full-tree", commit]);
        if !inside.is_empty() {
            command.arg("--").arg(inside);
        }
        let output = command.output().map_err(GitError::NoGit)?;
        if !output.status.success() {
            return Err(failed(revision, &output.stderr));
        }
        let records = output.stdout.split(|b| *b == 0);
        Ok(records.filter_map(entry).collect())
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
                let text = format!("{} is not there", entry.path);
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
    fn shown(&self, path: &str) -> String {
        if let Some(below) = path.strip_prefix(&self.prefix) {
            return below.to_owned();
        }
        let up = self.prefix.matches('/').count();
        format!("{}{path}", "../".repeat(up))
    }
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

fn failed(revision: &str, complaint: &[u8]) -> GitError {
    GitError::Failed {
        revision: revision.to_owned(),
        complaint: said(complaint),
    }
}

/// What git said, on one line.
fn said(complaint: &[u8]) -> String {
    let complaint = complaint.get(..complaint.len().min(MAX_COMPLAINT));
    let complaint = String::from_utf8_lossy(complaint.unwrap_or_default());
    complaint.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One record of `ls-tree -l -z`: `mode type object size<TAB>path`. Links and
/// other repositories are no files.
fn entry(record: &[u8]) -> Option<Entry> {
    let text = String::from_utf8_lossy(record);
    let (head, path) = text.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    let (mode, kind) = (words.next()?, words.next()?);
    let (object, size) = (words.next()?, words.next()?);
    (kind == "blob" && mode != "120000").then_some(())?;
    Some(Entry {
        object: object.to_owned(),
        size: size.parse().ok()?,
        path: path.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(prefix: &str) -> Repository {
        Repository {
            folder: PathBuf::from("."),
            prefix: prefix.to_owned(),
        }
    }

    #[test]
    fn a_path_is_found_from_the_top_and_shown_from_the_folder() {
        let repository = at("site/tokyo/");
        let inside = |path: &str| repository.inside(Path::new(path)).ok();
        assert_eq!(inside("fw").as_deref(), Some("site/tokyo/fw"));
        assert_eq!(inside(".").as_deref(), Some("site/tokyo"));
        assert_eq!(inside("../osaka").as_deref(), Some("site/osaka"));
        assert_eq!(inside("../../..").as_deref(), None);
        assert_eq!(repository.shown("site/tokyo/a.cfg"), "a.cfg");
        assert_eq!(repository.shown("exlint.toml"), "../../exlint.toml");
        assert_eq!(at("").shown("a.cfg"), "a.cfg");
    }

    #[test]
    fn links_and_other_repositories_are_no_files() {
        let path = |record: &str| entry(record.as_bytes()).map(|entry| entry.path);
        let file = "100644 blob 0123abcd      12\tfw/in ner.cfg";
        assert_eq!(path(file).as_deref(), Some("fw/in ner.cfg"));
        assert_eq!(path("120000 blob 0123abcd      12\tlink"), None);
        assert_eq!(path("160000 commit 0123abcd       -\tmodule"), None);
        assert_eq!(path(""), None);
    }
}
