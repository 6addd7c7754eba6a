//! Files that results go to: written beside their place first, and put there
//! when all of them are whole, so that a failure leaves what was there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::failure::{Explained, Failure};
use super::session::Session;
use crate::finding::Run;

/// Files that are written and not yet in their places. What is not put there
/// is removed.
#[derive(Debug, Default)]
pub struct Pending {
    files: Vec<PendingFile>,
}

/// A file that is written and not yet in its place.
#[derive(Debug)]
struct PendingFile {
    temporary: PathBuf,
    target: PathBuf,
}

impl Pending {
    /// Writes a file beside its place. A device or pipe is written as it is.
    ///
    /// # Errors
    /// When the folder cannot be written to, the disk is full, or what stands
    /// in the place is a folder or read-only.
    pub fn write(
        &mut self,
        path: &Path,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        // A link stays, and what it leads to is replaced.
        let target = match fs::canonicalize(path) {
            Ok(target) => target,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error),
        };
        let permissions = match fs::metadata(&target) {
            Ok(known) if known.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(known) if !known.is_file() => {
                let mut out = BufWriter::new(OpenOptions::new().write(true).open(&target)?);
                content(&mut out)?;
                return out.flush();
            }
            Ok(known) if known.permissions().readonly() => {
                return Err(io::ErrorKind::PermissionDenied.into());
            }
            Ok(known) => Some(known.permissions()),
            Err(_) => None,
        };
        let (temporary, file) = beside(&target)?;
        self.files.push(PendingFile {
            temporary,
            target: target.clone(),
        });
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        let mut out = BufWriter::new(file);
        content(&mut out)?;
        out.flush()?;
        // A full disk may show only here.
        out.get_ref().sync_all()
    }

    /// Puts every file in its place.
    ///
    /// # Errors
    /// When one cannot be renamed; those after it are removed.
    pub fn commit(&mut self) -> Result<(), (PathBuf, io::Error)> {
        while !self.files.is_empty() {
            let file = self.files.remove(0);
            if let Err(error) = fs::rename(&file.temporary, &file.target) {
                let target = file.target.clone();
                self.files.push(file);
                return Err((target, error));
            }
        }
        Ok(())
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        for file in &self.files {
            // Nobody is left to tell when even that fails.
            let _ = fs::remove_file(&file.temporary);
        }
    }
}

/// A new file in the folder of another, which only a rename then moves.
fn beside(target: &Path) -> io::Result<(PathBuf, File)> {
    let name = target
        .file_name()
        .ok_or(io::ErrorKind::InvalidInput)?
        .to_string_lossy();
    let process = std::process::id();
    for number in 0..100u32 {
        let temporary = target.with_file_name(format!(".{name}.{process}-{number}.tmp"));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&temporary)
        {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Writes a file that is not there yet: whole, or not at all.
///
/// # Errors
/// When there is something of the name, or it cannot be written.
pub fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = new.write_all(content).and_then(|()| new.sync_all());
    if written.is_err() {
        // The half of it is ours.
        let _ = fs::remove_file(path);
    }
    written
}

impl Session {
    /// Refuses to write over what was read: a file that a format claims, one
    /// that was `given` by name, the rules of the user. (A report of an earlier
    /// run may lie among the exports.)
    ///
    /// # Errors
    /// When one of the outputs is such a file, however it is spelt.
    pub(super) fn refuse_inputs<'p>(
        &self,
        runs: &[&Run],
        given: impl Iterator<Item = &'p PathBuf>,
        outputs: &[&Path],
    ) -> Result<(), Failure> {
        if outputs.is_empty() {
            return Ok(());
        }
        let recognised = runs.iter().flat_map(|run| {
            let files = run.files.iter().filter(|file| file.recognised());
            files.filter_map(|file| run.sources.get(file.id))
        });
        let inputs: Vec<PathBuf> = recognised
            .map(|file| identity(Path::new(file.name())))
            .chain(
                given
                    .filter(|path| path.is_file())
                    .map(|path| identity(path)),
            )
            .collect();
        let own = runs.iter().flat_map(|run| crate::rule_folders(run));
        let rules: Vec<PathBuf> = own
            .chain(self.global.policy.iter().cloned())
            .map(|folder| identity(&folder))
            .collect();
        let is_input = |output: &&&Path| {
            let place = identity(output);
            let within = rules.iter().any(|folder| place.starts_with(folder));
            inputs.contains(&place) || (within && place.is_file())
        };
        match outputs.iter().find(is_input) {
            None => Ok(()),
            Some(file) => Err(Failure::User(Explained::new(
                self.words
                    .fill("error.input-as-output", &[("name", &file.display())]),
                &[self.words.get("error.help-input-as-output")],
            ))),
        }
    }
}

/// A path as it tells one file from another, whether it exists or not.
pub fn identity(path: &Path) -> PathBuf {
    if let Ok(known) = fs::canonicalize(path) {
        return known;
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match (fs::canonicalize(folder), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("folder");
        let name = |entry: io::Result<fs::DirEntry>| entry.expect("entry").file_name();
        entries
            .map(|entry| name(entry).to_string_lossy().into_owned())
            .collect()
    }

    #[test]
    fn a_failure_leaves_what_was_there_and_nothing_else() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("report.json");
        fs::write(&file, "old").expect("written");
        let mut pending = Pending::default();
        pending
            .write(&file, |out| out.write_all(b"new"))
            .expect("written");
        let failed = pending.write(&folder.path().join("other"), |out| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        drop(pending);
        assert_eq!(fs::read_to_string(&file).expect("read"), "old");
        assert_eq!(names(folder.path()), ["report.json"]);
    }

    #[test]
    fn all_files_appear_together() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("a");
        let mut pending = Pending::default();
        pending
            .write(&file, |out| out.write_all(b"new"))
            .expect("written");
        assert!(!file.exists());
        pending.commit().expect("renamed");
        assert_eq!(fs::read_to_string(&file).expect("read"), "new");
        assert_eq!(names(folder.path()), ["a"]);
    }

    #[test]
    fn one_file_has_one_identity() {
        let folder = tempfile::tempdir().expect("folder");
        let plain = folder.path().join("a.json");
        let detour = folder.path().join(".").join("a.json");
        assert_eq!(identity(&plain), identity(&detour));
    }
}
