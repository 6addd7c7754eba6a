//! Which folder of IIS a `web.config` stands in.
//!
//! The path of an export tells it where it keeps the path on the server: below a
//! folder named after the drive (`CAS1/C/inetpub/wwwroot/web.config`), or right
//! below the folder of the server (`CAS1/inetpub/wwwroot/web.config`). Microsoft's
//! support collector puts site, application and virtual directory into the name
//! (`Default Web Site_owa__web.config`). Anything else does not tell it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::configuration::{Configuration, Directory};

/// The end of the name of a collected `web.config`, in lower case.
const COLLECTED: &str = "_web.config";

/// Deeper folders are in no path that IIS takes.
const MAX_FOLDERS: usize = 128;

/// Where an export holds a `web.config`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exported {
    /// The folders and the name, in lower case.
    parts: Vec<String>,
    /// How many of them end with the folder of the server; what stands behind
    /// them is a path on the server.
    server: Option<usize>,
}

impl Exported {
    /// Of the name of a file; `is_server` tells the folder of its server.
    #[must_use]
    pub fn new(name: &str, is_server: impl Fn(&str) -> bool) -> Self {
        let parts: Vec<&str> = name.split(['/', '\\']).collect();
        let folders = parts.len().saturating_sub(1);
        let mut servers = (0..folders).rev();
        let server = servers.find(|at| parts.get(*at).is_some_and(|part| is_server(part)));
        Self {
            server: server.map(|at| at.saturating_add(1)),
            parts: parts.into_iter().map(str::to_lowercase).collect(),
        }
    }
}

/// Where an exported file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Where {
    /// At these places in IIS, in lower case; none where it stands in no folder of
    /// IIS.
    At(Vec<String>),
    /// Nowhere: IIS reads only files named `web.config`.
    NotRead,
    /// That cannot be told for sure.
    Unknown,
}

impl From<Option<Vec<String>>> for Where {
    fn from(places: Option<Vec<String>>) -> Self {
        places.map_or(Self::Unknown, Self::At)
    }
}

/// A path on a Windows computer, in lower case.
#[derive(Debug, PartialEq, Eq)]
struct Folder {
    drive: char,
    parts: Vec<String>,
}

impl Folder {
    /// Of `C:\inetpub\wwwroot` or `%SystemDrive%\inetpub\wwwroot`: Windows is on
    /// `C:`. `None` for a share and for other variables.
    fn new(path: &str) -> Option<Self> {
        let lower = path.to_lowercase().replace('/', "\\");
        let (variable, rest) = match lower
            .strip_prefix('%')
            .and_then(|rest| rest.split_once('%'))
        {
            Some((name, rest)) => (Some(name), rest),
            None => (None, lower.as_str()),
        };
        let (drive, above, rest) = match variable {
            Some("systemdrive") => ('c', None, rest),
            Some("windir" | "systemroot") => ('c', Some("windows"), rest),
            Some("programfiles") => ('c', Some("program files"), rest),
            Some(_) => return None,
            None => {
                let (drive, rest) = rest.split_once(':')?;
                let mut letters = drive.chars();
                let letter = letters.next().filter(char::is_ascii_lowercase)?;
                (letter, None, letters.next().is_none().then_some(rest)?)
            }
        };
        let parts = rest.split('\\').filter(|part| !part.is_empty());
        let parts = above.into_iter().chain(parts).map(str::to_owned);
        let parts: Vec<String> = parts.collect();
        let plain = |part: &String| part != ".." && !part.contains('%');
        parts.iter().all(plain).then_some(Self { drive, parts })
    }
}

/// The drive that a folder of an export stands for: `C:`, `C$`, and `C`, `C_` for
/// one of the `known` drives; another letter may be the name of any folder.
fn drive(part: &str, known: &BTreeSet<char>) -> Option<char> {
    let mut letters = part.chars();
    let letter = letters.next().filter(char::is_ascii_lowercase)?;
    let told = match letters.as_str() {
        ":" | "$" => true,
        "" | "_" => known.contains(&letter),
        _ => false,
    };
    told.then_some(letter)
}

/// The folders of a server's IIS.
#[derive(Debug)]
pub struct Folders<'c> {
    /// Directories by their folder on its drive.
    by_folder: HashMap<Vec<String>, Vec<(&'c Directory, char)>>,
    /// Directories by the name that the support collector gives.
    by_name: HashMap<&'c str, Vec<&'c Directory>>,
    /// The places of all directories.
    places: HashSet<&'c str>,
    /// The drives that have such folders.
    drives: BTreeSet<char>,
    /// Whether the folder of some directory is not in the configuration.
    hidden: bool,
}

impl<'c> Folders<'c> {
    /// Those of a configuration.
    #[must_use]
    pub fn new(host: &'c Configuration) -> Self {
        let mut folders = Self {
            by_folder: HashMap::new(),
            by_name: HashMap::new(),
            places: HashSet::new(),
            drives: BTreeSet::new(),
            hidden: false,
        };
        for (_, directory) in host.directories() {
            let place = directory.place.as_str();
            folders.places.insert(place);
            let named = folders.by_name.entry(&directory.collected).or_default();
            named.push(directory);
            let path = directory.folder.as_ref().map(|(path, _)| path.as_str());
            match path.and_then(Folder::new) {
                Some(Folder { drive, parts }) => {
                    let known = folders.by_folder.entry(parts).or_default();
                    known.push((directory, drive));
                    folders.drives.insert(drive);
                }
                // A share is no folder of the server itself.
                None => folders.hidden |= !path.is_some_and(|path| path.starts_with("\\\\")),
            }
        }
        folders
    }

    /// Where an exported file holds that may be a `web.config`.
    #[must_use]
    pub fn of_export(&self, exported: &Exported) -> Where {
        let Some((name, folders)) = exported.parts.split_last() else {
            return Where::Unknown;
        };
        if let Some(stem) = name.strip_suffix(COLLECTED) {
            return self.of_name(stem).into();
        }
        let is_read = name == "web.config";
        let Some(behind) = folders.get(exported.server.unwrap_or(0)..) else {
            return Where::Unknown;
        };
        let mut drives = behind.iter().enumerate().filter_map(|(at, part)| {
            let letter = drive(part, &self.drives)?;
            Some((letter, behind.get(at.saturating_add(1)..)?))
        });
        match (drives.next(), drives.next()) {
            (Some(_), _) if !is_read => Where::NotRead,
            (Some((drive, rest)), None) => self.of_folder(Some(drive), rest).into(),
            // Which of them is the drive is not said.
            (Some(_), Some(_)) => Where::Unknown,
            (None, _) if exported.server.is_some() => match self.of_folder(None, behind) {
                Some(_) if !is_read => Where::NotRead,
                places => places.into(),
            },
            (None, _) => Where::Unknown,
        }
    }

    /// The places of a `web.config` at a path of the server itself.
    #[must_use]
    pub fn of_path(&self, path: &str) -> Option<Vec<String>> {
        let folder = Folder::new(path)?;
        let (_, above) = folder.parts.split_last()?;
        self.of_folder(Some(folder.drive), above)
    }

    /// The directory whose copy has this name, with anything of the server before
    /// it, and all others that have the same folder.
    fn of_name(&self, stem: &str) -> Option<Vec<String>> {
        let after = stem.match_indices('_').map(|(at, _)| at.saturating_add(1));
        let mut names = std::iter::once(0).chain(after).take(MAX_FOLDERS);
        let found = names.find_map(|at| self.by_name.get(stem.get(at..)?))?;
        // Two directories may have one name: `/a/b`, and `/a_b`.
        let [directory] = found.as_slice() else {
            return None;
        };
        let path = directory.folder.as_ref().map(|(path, _)| path.as_str());
        match path.and_then(Folder::new) {
            Some(folder) => self.of_folder(Some(folder.drive), &folder.parts),
            None => Some(vec![directory.place.clone()]),
        }
    }

    /// The places that have their files in a folder or in one above it. Without a
    /// drive, the folders of several drives must not fit.
    fn of_folder(&self, drive: Option<char>, parts: &[String]) -> Option<Vec<String>> {
        let least = usize::from(drive.is_none());
        let mut places = BTreeSet::new();
        let mut drives = BTreeSet::new();
        for length in least..=parts.len().min(MAX_FOLDERS) {
            let (above, below) = parts.split_at_checked(length)?;
            let known = self.by_folder.get(above).into_iter().flatten();
            for (directory, on) in known.filter(|(_, on)| drive.is_none_or(|drive| drive == *on)) {
                drives.insert(*on);
                if below.is_empty() || directory.below {
                    places.extend(self.place(directory, below));
                }
            }
        }
        match drives.len() {
            // It stands in a folder of Windows that IIS does not serve.
            0 => (drive.is_some() && !self.hidden).then(Vec::new),
            1 => Some(places.into_iter().collect()),
            _ => None,
        }
    }

    /// The place of a folder below a directory, unless another directory begins on
    /// the way down to it, and so serves what lies there from its own folder.
    fn place(&self, directory: &Directory, below: &[String]) -> Option<String> {
        let mut place = directory.place.clone();
        for part in below {
            place.push('/');
            place.push_str(part);
            if self.places.contains(place.as_str()) {
                return None;
            }
        }
        Some(place)
    }
}
