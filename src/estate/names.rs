//! Names of machines: NetBIOS names and FQDNs, compared without case.

use std::collections::HashMap;
use std::net::IpAddr;

/// A machine's name as the sources write it, ready to compare.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct MachineName {
    /// First label (the NetBIOS name), lower case; an address stays whole.
    pub label: String,
    /// The whole name, lower case, where it has more than one label.
    pub fqdn: Option<String>,
}

impl MachineName {
    /// Reads a name; `None` when the text cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_end_matches(['.', '$']);
        let whole = text.strip_prefix("\\\\").unwrap_or(text).to_lowercase();
        let unfit = |c: char| c.is_whitespace() || c.is_control() || "\\/*{}<>[]|".contains(c);
        // A redacted name (`_____`) fits every machine and so names none.
        if whole.chars().any(unfit) || !whole.chars().any(char::is_alphanumeric) {
            return None;
        }
        if whole.parse::<IpAddr>().is_ok() {
            return Some(Self {
                label: whole,
                fqdn: None,
            });
        }
        match whole.split_once('.') {
            Some(("", _)) => None,
            Some((label, _)) => Some(Self {
                label: label.to_owned(),
                fqdn: Some(whole),
            }),
            None => Some(Self {
                label: whole,
                fqdn: None,
            }),
        }
    }
}

/// Machines by name. Two machines of one NetBIOS name in different domains
/// are told apart by FQDN; a bare name that fits both finds neither.
#[derive(Debug, Default)]
pub(super) struct Directory {
    by_label: HashMap<String, Namesakes>,
    aliases: HashMap<String, Option<usize>>,
}

/// Machines of one NetBIOS name.
#[derive(Debug, Default)]
struct Namesakes {
    by_fqdn: HashMap<String, usize>,
    /// The machine whose FQDN is not known.
    bare: Option<usize>,
}

impl Namesakes {
    /// The machine, when there is only one.
    fn only(&self) -> Option<usize> {
        let mut machines = self.by_fqdn.values().chain(&self.bare);
        let first = machines.next()?;
        machines.all(|other| other == first).then_some(*first)
    }
}

impl Directory {
    /// The machine of a name, or of a further name.
    pub fn find(&self, name: &MachineName) -> Option<usize> {
        match self.own(name) {
            Some(found) => Some(found),
            None if self.by_label.contains_key(&name.label) => None,
            None => self.aliases.get(&name.label).copied().flatten(),
        }
    }

    /// The machine of a name that is its own.
    pub fn own(&self, name: &MachineName) -> Option<usize> {
        let namesakes = self.by_label.get(&name.label)?;
        match &name.fqdn {
            Some(fqdn) => namesakes.by_fqdn.get(fqdn).copied().or(namesakes.bare),
            None => namesakes.only(),
        }
    }

    /// The machine of a text that names one.
    pub fn find_text(&self, text: &str) -> Option<usize> {
        self.find(&MachineName::parse(text)?)
    }

    /// The machine whose name stands in a file's name (`HUB1_ReceiveConnector_FL.TXT`),
    /// bounded by characters that names do not have. The longest name counts;
    /// names of several machines find none.
    pub fn find_in_file_name(&self, file_name: &str) -> Option<usize> {
        let base = file_name.rsplit(['/', '\\']).next()?.to_lowercase();
        let base = base
            .rsplit_once('.')
            .map_or(base.as_str(), |(stem, _)| stem);
        let mut best: Option<(usize, usize)> = None;
        let mut tie = false;
        for word in words(base) {
            let Some(machine) = self.find_text(word) else {
                continue;
            };
            match best {
                Some((length, _)) if word.len() < length => {}
                Some((length, known)) if word.len() == length => tie |= known != machine,
                _ => {
                    tie = false;
                    best = Some((word.len(), machine));
                }
            }
        }
        best.filter(|_| !tie).map(|(_, machine)| machine)
    }

    /// Whether a bare NetBIOS name fits several machines.
    pub fn is_ambiguous(&self, name: &MachineName) -> bool {
        name.fqdn.is_none()
            && self
                .by_label
                .get(&name.label)
                .is_some_and(|namesakes| namesakes.only().is_none())
    }

    /// Adds a machine under a name, or an FQDN to a machine that had none.
    pub fn add(&mut self, name: &MachineName, machine: usize) {
        let namesakes = self.by_label.entry(name.label.clone()).or_default();
        match &name.fqdn {
            Some(fqdn) => {
                if namesakes.bare == Some(machine) {
                    namesakes.bare = None;
                }
                namesakes.by_fqdn.entry(fqdn.clone()).or_insert(machine);
            }
            None => {
                let known = namesakes.by_fqdn.values().any(|known| *known == machine);
                if !known && namesakes.bare.is_none() {
                    namesakes.bare = Some(machine);
                }
            }
        }
    }

    /// Adds a further name (a cluster's node); one that two machines claim
    /// finds neither.
    pub fn add_alias(&mut self, name: &MachineName, machine: usize) {
        self.aliases
            .entry(name.label.clone())
            .and_modify(|known| {
                if *known != Some(machine) {
                    *known = None;
                }
            })
            .or_insert(Some(machine));
    }
}

/// The pieces of a file name that could be a machine's name: everything
/// between two separators, with and without the separators in between.
fn words(base: &str) -> Vec<&str> {
    const MOST: usize = 12;
    let separator = |c: char| !c.is_alphanumeric();
    let mut starts = vec![0];
    let mut ends = Vec::new();
    for (at, c) in base.char_indices().filter(|(_, c)| separator(*c)) {
        ends.push(at);
        starts.push(at.saturating_add(c.len_utf8()));
    }
    ends.push(base.len());
    let mut words = Vec::new();
    for start in starts.iter().take(MOST) {
        for end in ends.iter().take(MOST).filter(|end| *end > start) {
            words.extend(base.get(*start..*end));
        }
    }
    words
}

/// The last part of a directory path: `Tokyo` of
/// `contoso.com/Configuration/Sites/Tokyo` or `CN=Tokyo,CN=Sites,…`.
pub(super) fn leaf(path: &str) -> String {
    let path = path.trim();
    let head = path.get(..3).unwrap_or_default();
    if head.eq_ignore_ascii_case("cn=") {
        let rest = path.get(3..).unwrap_or_default();
        return until_unescaped(rest, ',').replace('\\', "");
    }
    let mut start = 0;
    let mut escaped = false;
    for (at, c) in path.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '/' if !escaped => start = at.saturating_add(1),
            _ => escaped = false,
        }
    }
    path.get(start..).unwrap_or_default().replace("\\/", "/")
}

fn until_unescaped(text: &str, stop: char) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == stop && !escaped {
            return text.get(..at).unwrap_or_default();
        }
        escaped = c == '\\' && !escaped;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> MachineName {
        MachineName::parse(text).expect("a name")
    }

    #[test]
    fn netbios_names_and_fqdns_meet_without_regard_to_case() {
        let mut directory = Directory::default();
        directory.add(&name("EDGE1.Contoso.com"), 7);
        for text in ["edge1", "EDGE1", "edge1.contoso.com.", "edge1$"] {
            assert_eq!(directory.find_text(text), Some(7), "{text}");
        }
        for text in ["edge2", "edge1.fabrikam.com", "", "two words"] {
            assert_eq!(directory.find_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_bare_name_that_fits_two_machines_finds_neither() {
        let mut directory = Directory::default();
        directory.add(&name("hub1.a.example"), 1);
        directory.add(&name("hub1.b.example"), 2);
        assert_eq!(directory.find_text("hub1.b.example"), Some(2));
        assert_eq!(directory.find_text("hub1"), None);
        assert!(directory.is_ambiguous(&name("HUB1")));
    }

    #[test]
    fn an_address_is_a_name_of_its_own() {
        let mut directory = Directory::default();
        directory.add(&name("10.9.0.5"), 1);
        assert_eq!(directory.find_text("10.9.0.5"), Some(1));
        assert_eq!(directory.find_text("10.9.0.6"), None);
    }

    #[test]
    fn nodes_are_further_names_unless_two_machines_claim_them() {
        let mut directory = Directory::default();
        directory.add(&name("mbxcms"), 1);
        directory.add_alias(&name("node1"), 1);
        directory.add_alias(&name("node2"), 1);
        directory.add_alias(&name("node2"), 2);
        assert_eq!(directory.find_text("NODE1.contoso.com"), Some(1));
        assert_eq!(directory.find_text("node2"), None);
    }

    #[test]
    fn a_redacted_name_is_no_name() {
        for text in ["_____", "[REDACTED]", "---"] {
            assert_eq!(MachineName::parse(text), None, "{text}");
        }
    }

    #[test]
    fn file_names_tell_the_machine_unless_they_name_two() {
        let mut directory = Directory::default();
        directory.add(&name("hub1"), 1);
        directory.add(&name("ex-hub1"), 2);
        directory.add(&name("mbxcms"), 3);
        directory.add_alias(&name("node1"), 3);
        for (file, machine) in [
            ("exports/HUB1_ReceiveConnector_FL.TXT", Some(1)),
            ("EX-HUB1_ReceiveConnector_FL.TXT", Some(2)),
            ("networkconnectioninfo-hub1.xml", Some(1)),
            ("NODE1_CMS_MBXCMS_MailboxServer_FL.TXT", Some(3)),
            ("hub10_x.txt", None),
            ("hub1/all.txt", None),
        ] {
            assert_eq!(directory.find_in_file_name(file), machine, "{file}");
        }
        directory.add(&name("hub2"), 4);
        assert_eq!(directory.find_in_file_name("hub1-hub2.txt"), None);
    }

    #[test]
    fn the_last_part_of_a_path_is_the_short_name() {
        assert_eq!(leaf("contoso.com/Configuration/Sites/Tokyo"), "Tokyo");
        assert_eq!(
            leaf("CN=Tokyo,CN=Sites,CN=Configuration,DC=contoso"),
            "Tokyo"
        );
        assert_eq!(leaf("contoso.com/Configuration/Sites/A\\/B"), "A/B");
        assert_eq!(leaf("Tokyo"), "Tokyo");
    }
}
