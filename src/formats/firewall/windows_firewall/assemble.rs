//! Joins what several files tell of one host.

use std::collections::HashMap;

use super::compile::compile;
use super::facts::{Part, Profiles};
use crate::model::firewall::Firewall;
use crate::source::{FileId, Spanned};

/// The firewalls of all parts, each with the file that it is of. `folder`
/// tells the folder of a file.
///
/// Parts of one host are one firewall. A part that names no host belongs to
/// the only listing of rules in its folder; otherwise it stands alone.
///
/// `declared` tells which profiles the inventory has in force on the host of a
/// name and a file, given those that the export shows, which count before.
#[must_use]
pub fn assemble(
    parts: Vec<(FileId, Part)>,
    folder: impl Fn(FileId) -> String,
    mut declared: impl FnMut(&str, FileId, Option<Spanned<Profiles>>) -> Option<Spanned<Profiles>>,
) -> Vec<(FileId, Firewall)> {
    let mut groups: Vec<Group> = Vec::new();
    let mut homeless: Vec<(FileId, Part)> = Vec::new();
    // The last group of a host: a second listing of rules begins another.
    let mut by_host: HashMap<String, usize> = HashMap::new();
    for (file, part) in parts {
        let Some(host) = part.host.clone() else {
            homeless.push((file, part));
            continue;
        };
        let key = host.value.to_ascii_lowercase();
        let known = by_host.get(&key).and_then(|at| groups.get_mut(*at));
        match known {
            Some(group) if !(group.lists_rules && part.lists_rules) => group.add(file, part),
            _ => {
                by_host.insert(key, groups.len());
                groups.push(Group::new(host, file, part));
            }
        }
    }
    // Listings of rules first: the others look for theirs.
    homeless.sort_by_key(|(_, part)| !part.lists_rules);
    let mut listings = Listings::default();
    for (at, group) in groups.iter().enumerate().filter(|(_, g)| g.lists_rules) {
        listings.add(folder(group.file), at);
    }
    for (file, part) in homeless {
        let here = folder(file);
        if part.lists_rules {
            listings.add(here, groups.len());
            groups.push(Group::new(part.stem.clone(), file, part));
            continue;
        }
        let only = listings.only(&here).and_then(|at| groups.get_mut(at));
        match only {
            Some(group) => group.add(file, part),
            None => groups.push(Group::new(part.stem.clone(), file, part)),
        }
    }
    groups
        .into_iter()
        .map(|mut group| {
            let told = group.parts.iter().find_map(|part| part.active);
            let declared = declared(&group.name.value, group.file, told);
            if told.is_none()
                && let Some(part) = group.parts.first_mut()
            {
                part.active = declared;
            }
            (group.file, compile(group.name, group.parts))
        })
        .collect()
}

/// Which groups list rules, by folder.
#[derive(Default)]
struct Listings {
    folders: HashMap<String, Vec<usize>>,
}

impl Listings {
    fn add(&mut self, folder: String, group: usize) {
        self.folders.entry(folder).or_default().push(group);
    }

    fn only(&self, folder: &str) -> Option<usize> {
        match self.folders.get(folder)?.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

/// The parts of one host.
struct Group {
    name: Spanned<String>,
    file: FileId,
    parts: Vec<Part>,
    lists_rules: bool,
}

impl Group {
    fn new(name: Spanned<String>, file: FileId, part: Part) -> Self {
        Self {
            name,
            file,
            lists_rules: part.lists_rules,
            parts: vec![part],
        }
    }

    fn add(&mut self, file: FileId, part: Part) {
        if part.lists_rules && !self.lists_rules {
            // The listing of rules is the file to name.
            self.lists_rules = true;
            self.file = file;
            self.name = part.host.clone().unwrap_or_else(|| self.name.clone());
        }
        self.parts.push(part);
    }
}
