//! Where a person may write free text in a format: comments, and the fields of
//! objects that no device acts on.

/// The comments of a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Comments {
    /// What begins a comment that fills its line.
    pub line: &'static [&'static str],
    /// What begins a comment that ends with its line, behind other text too.
    pub trailing: &'static [&'static str],
    /// What begins and ends a comment that may stand anywhere.
    pub block: Option<(&'static str, &'static str)>,
    /// Words before the free text of a rule or an object.
    pub fields: &'static [&'static str],
    /// Words before free text that stands on a line of its own before a rule.
    pub remarks: &'static [&'static str],
}

/// Properties of Exchange objects, and columns of lists, that hold free text.
pub const TEXT_PROPERTIES: &[&str] = &["comment", "comments", "description", "notes"];

const NONE: Comments = Comments {
    line: &[],
    trailing: &[],
    block: None,
    fields: &[],
    remarks: &[],
};

const CISCO: Comments = Comments {
    line: &["!"],
    fields: &["description"],
    remarks: &["remark"],
    ..NONE
};

/// Formats with comments, and these.
const COMMENTS: &[(&str, Comments)] = &[
    ("cisco-asa", CISCO),
    ("cisco-ios", CISCO),
    ("cisco-nxos", CISCO),
    (
        "junos",
        Comments {
            line: &["#"],
            block: Some(("/*", "*/")),
            fields: &["description"],
            ..NONE
        },
    ),
    (
        "fortios",
        Comments {
            line: &["#"],
            fields: &["comments", "comment", "description"],
            ..NONE
        },
    ),
    (
        "panos",
        Comments {
            line: &["#"],
            block: Some(("<!--", "-->")),
            fields: &["description", "comments", "comment"],
            ..NONE
        },
    ),
    (
        "iptables",
        Comments {
            line: &["#"],
            fields: &["comment"],
            ..NONE
        },
    ),
    (
        "nftables",
        Comments {
            line: &["#"],
            trailing: &["#"],
            fields: &["comment"],
            ..NONE
        },
    ),
    (
        "windows-firewall",
        Comments {
            line: &["#"],
            block: Some(("<!--", "-->")),
            fields: &["description"],
            ..NONE
        },
    ),
    (
        "exlint-inventory",
        Comments {
            line: &["#"],
            trailing: &["#"],
            ..NONE
        },
    ),
    ("exchange-clixml", XML),
    ("exchange-xml", XML),
    ("exchange-html", XML),
    ("iis-config", XML),
    ("iis-metabase", XML),
    ("windows-registry", SEMICOLON),
    ("dns-zone", SEMICOLON),
    ("hosts-file", HASH),
    ("ldif", HASH),
];

const XML: Comments = Comments {
    block: Some(("<!--", "-->")),
    ..NONE
};

const SEMICOLON: Comments = Comments {
    line: &[";"],
    trailing: &[";"],
    ..NONE
};

const HASH: Comments = Comments {
    line: &["#"],
    trailing: &["#"],
    ..NONE
};

/// The comments of a format, by its id.
#[must_use]
pub fn comments(format: &str) -> Comments {
    let known = COMMENTS.iter().find(|(id, _)| *id == format);
    known.map_or(NONE, |(_, comments)| *comments)
}

/// How free text stands on its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A comment that fills its line.
    Alone,
    /// A comment behind or before something else.
    Beside,
    /// A field of the object around it.
    Field,
}

impl Comments {
    /// How the text that begins at `at` stands on `line`; `None` when it is no
    /// free text. `open` tells whether a block comment of an earlier line is
    /// still open where the line begins.
    #[must_use]
    pub fn standing(&self, line: &str, at: usize, open: bool) -> Option<Standing> {
        let before = line.get(..at)?.trim_start();
        if self.line.iter().any(|lead| before.starts_with(lead)) {
            return Some(Standing::Alone);
        }
        if let Some((begin, end)) = self.block {
            let begun = before.rfind(begin);
            let ended = before.rfind(end);
            let inside = match (begun, ended) {
                (Some(begun), Some(ended)) => begun > ended,
                (Some(_), None) => true,
                (None, None) => open,
                (None, Some(_)) => false,
            };
            if inside {
                let lead = begun.and_then(|begun| before.get(..begun)).unwrap_or("");
                let rest = line.get(at..).and_then(|rest| rest.split_once(end));
                let behind = rest.map_or("", |(_, behind)| behind);
                let alone = lead.trim().is_empty() && behind.trim().is_empty();
                return Some(match alone {
                    true => Standing::Alone,
                    false => Standing::Beside,
                });
            }
        }
        let words: Vec<&str> = before
            .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
            .map(|word| word.trim_start_matches('-'))
            .collect();
        let has = |known: &[&str]| words.iter().any(|word| among(known, word));
        if has(self.remarks) {
            return Some(Standing::Alone);
        }
        if has(self.fields) {
            return Some(Standing::Field);
        }
        let trails = self.trailing.iter().any(|lead| before.contains(lead));
        trails.then_some(match before.is_empty() {
            true => Standing::Alone,
            false => Standing::Beside,
        })
    }

    /// Whether a line is blank or a comment as a whole.
    #[must_use]
    pub fn fills(&self, line: &str) -> bool {
        let line = line.trim();
        let block = self.block.is_some_and(|(begin, end)| {
            line.starts_with(begin) && line.find(end).is_none_or(|at| at + end.len() == line.len())
        });
        let mut words = line.split_whitespace();
        line.is_empty()
            || block
            || self.line.iter().any(|lead| line.starts_with(lead))
            || (!self.remarks.is_empty() && words.any(|word| among(self.remarks, word)))
    }
}

fn among(known: &[&str], word: &str) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(format: &str, line: &str) -> Option<Standing> {
        comments(format).standing(line, line.find("exlint:")?, false)
    }

    #[test]
    fn each_format_has_its_own_comments() {
        for (format, line, expected) in [
            ("cisco-asa", "! exlint: x", Some(Standing::Alone)),
            (
                "cisco-asa",
                "access-list a remark exlint: x",
                Some(Standing::Alone),
            ),
            ("cisco-ios", " description exlint: x", Some(Standing::Field)),
            ("cisco-ios", "hostname exlint:", None),
            ("cisco-ios", "# exlint: x", None),
            ("junos", "    /* exlint: x */", Some(Standing::Alone)),
            ("junos", "permit; /* exlint: x */", Some(Standing::Beside)),
            ("junos", "/* a */ permit exlint: x", None),
            (
                "fortios",
                "    set comments \"exlint: x\"",
                Some(Standing::Field),
            ),
            ("panos", "<!-- exlint: x -->", Some(Standing::Alone)),
            (
                "panos",
                "<description>exlint: x</description>",
                Some(Standing::Field),
            ),
            (
                "iptables",
                "-A FORWARD -m comment --comment \"exlint: x\" -j ACCEPT",
                Some(Standing::Field),
            ),
            (
                "nftables",
                "tcp dport 25 accept # exlint: x",
                Some(Standing::Beside),
            ),
            ("exchange-list", "# exlint: x", None),
        ] {
            assert_eq!(standing(format, line), expected, "{format}: {line}");
        }
    }

    #[test]
    fn a_line_that_begins_inside_a_block_comment_is_one() {
        let junos = comments("junos");
        assert_eq!(
            junos.standing("   exlint: x */", 3, true),
            Some(Standing::Alone)
        );
        assert_eq!(junos.standing("   */ exlint: x", 6, true), None);
    }
}
