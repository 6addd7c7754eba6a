//! Joins what several files tell of one host.

use super::compile::compile;
use super::facts::Part;
use crate::model::firewall::Firewall;
use crate::source::{FileId, Spanned};

/// The firewalls of all parts, each with the file that it is of. `folder`
/// tells the folder of a file.
///
/// Parts of one host are one firewall. A part that names no host belongs to
/// the only listing of rules in its folder; otherwise it stands alone.
#[must_use]
pub fn assemble(
    parts: Vec<(FileId, Part)>,
    folder: impl Fn(FileId) -> String,
) -> Vec<(FileId, Firewall)> {
    let mut groups: Vec<Group> = Vec::new();
    let mut homeless: Vec<(FileId, Part)> = Vec::new();
    for (file, part) in parts {
        let Some(host) = &part.host else {
            homeless.push((file, part));
            continue;
        };
        let known = groups.iter_mut().find(|group| {
            group.name.value.eq_ignore_ascii_case(&host.value)
                && !(group.lists_rules && part.lists_rules)
        });
        match known {
            Some(group) => group.add(file, part),
            None => groups.push(Group::new(host.clone(), file, part)),
        }
    }
    // Listings of rules first: the others look for theirs.
    homeless.sort_by_key(|(_, part)| !part.lists_rules);
    for (file, part) in homeless {
        let here = folder(file);
        let mut fitting = groups
            .iter_mut()
            .filter(|group| group.lists_rules && folder(group.file) == here);
        match (fitting.next(), fitting.next()) {
            (Some(group), None) if !part.lists_rules => group.add(file, part),
            _ => groups.push(Group::new(part.stem.clone(), file, part)),
        }
    }
    groups
        .into_iter()
        .map(|group| (group.file, compile(group.name, group.parts)))
        .collect()
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
