//! Command lines in a transcript.

use std::sync::Arc;

use crate::formats::directory::distinguished_name::leaf;

/// Programs whose output is read here.
const PROGRAMS: [&str; 4] = ["dsquery", "dsget", "nltest", "cluster"];

/// A command behind a prompt, or behind the header of a collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command<'a> {
    /// The words of the last program of the pipeline, its name first.
    words: Vec<&'a str>,
    /// The words of the programs before it.
    before: Vec<&'a str>,
}

/// Splits at blanks outside of quotes, which stay.
fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut start: Option<usize> = None;
    let mut quoted = false;
    for (at, c) in text.char_indices() {
        quoted ^= c == '"';
        match (start, c.is_whitespace() && !quoted) {
            (None, false) => start = Some(at),
            (Some(from), true) => {
                words.extend(text.get(from..at));
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.and_then(|from| text.get(from..)));
    words
}

/// The name of a program without folder and extension.
fn program(word: &str) -> String {
    let word = word
        .trim_matches('"')
        .rsplit(['\\', '/'])
        .next()
        .unwrap_or(word);
    let lower = word.to_ascii_lowercase();
    lower.strip_suffix(".exe").unwrap_or(&lower).to_owned()
}

/// What follows `C:\Users\x>`, `PS C:\>`, `$ ` or `Result from:`.
fn after_prompt(line: &str) -> Option<&str> {
    const HEADER: &str = "result from:";
    let line = line.trim();
    if let Some(head) = line.get(..HEADER.len())
        && head.eq_ignore_ascii_case(HEADER)
    {
        return line.get(HEADER.len()..).map(str::trim);
    }
    if let Some((folder, command)) = line.split_once('>') {
        let folder = folder.trim_start_matches("PS ").trim();
        let path = folder.get(1..2) == Some(":") && folder.len() < 260;
        if path {
            return Some(command.trim());
        }
    }
    // Notes show a command behind the prompt of another shell, or behind `>`.
    let line = ["$ ", "# ", ">"]
        .iter()
        .find_map(|prompt| line.strip_prefix(prompt))
        .map_or(line, str::trim_start);
    let first = line.split_whitespace().next().unwrap_or_default();
    // Firewalls have commands of the name `cluster`.
    let name = program(first);
    let alone = name != "cluster" && PROGRAMS.contains(&name.as_str()) && line.len() > first.len();
    alone.then_some(line)
}

/// The command of a line, where it is one.
pub fn read(line: &str) -> Option<Command<'_>> {
    let text = after_prompt(line)?;
    let mut stages = text.split('|').map(split);
    let mut words = stages.next()?;
    let mut before = Vec::new();
    for stage in stages {
        // Filters print what they read.
        let program = stage.first().map(|word| program(word));
        if program.is_some_and(|name| PROGRAMS.contains(&name.as_str())) {
            before.append(&mut words);
            words = stage;
        }
    }
    // `dsget succeeded` and the like are no commands.
    let prose = words
        .get(1)
        .is_some_and(|word| word.eq_ignore_ascii_case("succeeded"));
    let wanted = line.contains('>') || line.contains(':') || words.len() > 1;
    (wanted && !prose).then_some(Command { words, before })
}

impl<'a> Command<'a> {
    /// Whether its output is read here.
    pub fn is_known(&self) -> bool {
        PROGRAMS.contains(&self.program().as_str())
    }

    /// The name of the program, lower case.
    pub fn program(&self) -> String {
        self.words
            .first()
            .map(|word| program(word))
            .unwrap_or_default()
    }

    /// Whether a word stands in the command, in any case.
    pub fn has(&self, wanted: &str) -> bool {
        self.words
            .iter()
            .any(|word| word.eq_ignore_ascii_case(wanted))
    }

    /// Whether a word begins so, in any case.
    pub fn has_start(&self, wanted: &str) -> bool {
        self.words.iter().any(|word| {
            word.get(..wanted.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(wanted))
        })
    }

    /// The word behind a switch, without quotes.
    fn value(words: &[&'a str], switch: &str) -> Option<&'a str> {
        let at = words
            .iter()
            .position(|word| word.eq_ignore_ascii_case(switch))?;
        words
            .get(at.checked_add(1)?)
            .map(|word| word.trim_matches('"'))
    }

    /// What the command asks for: `subnet` of `dsquery subnet`.
    pub fn object(&self) -> &'a str {
        self.words.get(1).copied().unwrap_or_default()
    }

    /// Whether it prints short names only (`-o rdn`).
    pub fn prints_short_names(&self) -> bool {
        Self::value(&self.words, "-o").is_some_and(|form| form.eq_ignore_ascii_case("rdn"))
    }

    /// The site that it asks about.
    pub fn site(&self) -> Option<&'a str> {
        Self::value(&self.words, "-site").filter(|site| !site.starts_with('-'))
    }

    /// The group whose members `dsget group … -members` prints.
    pub fn group(&self) -> Option<String> {
        let wanted = self.program() == "dsget"
            && self.object().eq_ignore_ascii_case("group")
            && self.has("-members");
        if !wanted {
            return None;
        }
        let own = self
            .words
            .get(2)
            .and_then(|word| leaf(word.trim_matches('"')));
        let asked = || {
            let named = ["-name", "-samid"].iter();
            let mut named = named.filter_map(|switch| Self::value(&self.before, switch));
            named
                .next()
                .filter(|name| !name.contains('*'))
                .map(str::to_owned)
        };
        own.or_else(asked)
    }

    /// The cluster that `cluster NAME node` or `cluster /cluster:NAME node` asks.
    pub fn cluster(&self) -> Option<&'a str> {
        const SWITCH: &str = "/cluster:";
        let first = self.words.get(1)?;
        if let Some(head) = first.get(..SWITCH.len())
            && head.eq_ignore_ascii_case(SWITCH)
        {
            return first.get(SWITCH.len()..);
        }
        let own = !first.starts_with(['/', '-']) && self.words.len() > 2;
        let objects = [
            "node",
            "group",
            "res",
            "resource",
            "network",
            "netinterface",
        ];
        let object = objects
            .iter()
            .any(|object| object.eq_ignore_ascii_case(first));
        (own && !object).then_some(*first)
    }

    /// How records from its output are known, for a person.
    pub fn what(&self) -> Arc<str> {
        if self.is_known() {
            format!("output of {}", self.program()).into()
        } else {
            "output of a directory tool".into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_and_headers_show_commands_and_prose_does_not() {
        for line in [
            "C:\\>dsquery subnet -limit 0",
            "C:\\Users\\a b>nltest.exe /dclist:contoso",
            "PS C:\\> cluster node",
            "Result from: cluster.exe res",
            "dsquery server -forest",
        ] {
            assert!(
                read(line).is_some_and(|command| command.is_known()),
                "{line}"
            );
        }
        for line in [
            "dsget succeeded",
            "cluster",
            "  dn  site",
            "a > b",
            "Node Node ID Status",
        ] {
            assert!(
                read(line).is_none_or(|command| !command.is_known()),
                "{line}"
            );
        }
    }

    #[test]
    fn a_command_tells_the_group_and_the_cluster() {
        let group = |line: &str| read(line).and_then(|command| command.group());
        let direct =
            "C:\\>dsget group \"CN=Exchange Servers,OU=x,DC=contoso,DC=com\" -members -expand";
        assert_eq!(group(direct).as_deref(), Some("Exchange Servers"));
        let piped = "C:\\>dsquery group -name \"Domain Admins\" | dsget group -members";
        assert_eq!(group(piped).as_deref(), Some("Domain Admins"));
        assert_eq!(
            group("C:\\>dsquery group -name \"Ex*\" | dsget group -members"),
            None
        );
        assert_eq!(group("C:\\>dsget user x -memberof"), None);
        let cluster = |line: &'static str| read(line).and_then(|command| command.cluster());
        assert_eq!(cluster("C:\\>cluster MBXCLUS node"), Some("MBXCLUS"));
        assert_eq!(
            cluster("C:\\>cluster /cluster:MBXCLUS res"),
            Some("MBXCLUS")
        );
        assert_eq!(cluster("C:\\>cluster node /status"), None);
    }
}
