//! Where a person may write free text in a format: comments, and the fields of
//! objects that no device acts on.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::source::{floor, head};

/// The comments of a format.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comments {
    /// What begins a comment that fills its line.
    pub line: Vec<&'static str>,
    /// What begins a comment that ends with its line, behind other text too.
    pub trailing: Vec<&'static str>,
    /// What begins and ends a comment that may stand anywhere.
    pub block: Option<(&'static str, &'static str)>,
    /// Words before the free text of a rule or an object.
    pub fields: Vec<&'static str>,
    /// Words before free text that stands on a line of its own before a rule.
    pub remarks: Vec<&'static str>,
}

/// Properties of Exchange objects, and columns of lists, that hold free text.
pub const TEXT_PROPERTIES: &[&str] = &["comment", "comments", "description", "notes"];

/// Bytes of a line around a place in which a comment begins and ends.
const NEAR: usize = 16 * 1024;

/// Bytes before a place in which the word of a field stands.
const NEAR_WORDS: usize = 1024;

/// The table: format, and the fields of [`Comments`].
const TABLE: &str = include_str!("comments.tsv");

/// The comments of a format, by its id; a format without a row has none.
#[must_use]
pub fn comments(format: &str) -> &'static Comments {
    static ROWS: OnceLock<HashMap<&str, Comments>> = OnceLock::new();
    static NONE: OnceLock<Comments> = OnceLock::new();
    let rows = ROWS.get_or_init(|| rows().filter_map(row).collect());
    let known = rows.get(format);
    known.unwrap_or_else(|| NONE.get_or_init(Comments::default))
}

fn rows() -> impl Iterator<Item = &'static str> {
    TABLE.lines().filter(|line| !line.starts_with('#'))
}

fn row(line: &'static str) -> Option<(&'static str, Comments)> {
    let mut cells = line.split('\t');
    let format = cells.next()?;
    let mut words = || -> Option<Vec<&'static str>> {
        let cell = cells.next()?;
        Some(cell.split(' ').filter(|word| *word != "-").collect())
    };
    let (line, trailing, block) = (words()?, words()?, words()?);
    let comments = Comments {
        line,
        trailing,
        block: block.first().copied().zip(block.get(1).copied()),
        fields: words()?,
        remarks: words()?,
    };
    Some((format, comments))
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
        let near = tail(before, NEAR);
        if let Some((begin, end)) = self.block {
            let begun = near.rfind(begin);
            let ended = near.rfind(end);
            let inside = match (begun, ended) {
                (Some(begun), Some(ended)) => begun > ended,
                (Some(_), None) => true,
                (None, None) => open,
                (None, Some(_)) => false,
            };
            if inside {
                let lead = match begun {
                    Some(begun) => near.get(..begun).unwrap_or_default(),
                    None => "",
                };
                let rest = head(line.get(at..)?, NEAR).split_once(end);
                let behind = rest.map_or("", |(_, behind)| behind);
                let alone = lead.trim().is_empty() && behind.trim().is_empty();
                return Some(match alone {
                    true => Standing::Alone,
                    false => Standing::Beside,
                });
            }
        }
        let words: Vec<&str> = tail(near, NEAR_WORDS)
            .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
            .map(|word| word.trim_start_matches('-'))
            .collect();
        let has = |known: &[&str]| words.iter().any(|word| among(known, word));
        if has(&self.remarks) {
            return Some(Standing::Alone);
        }
        if has(&self.fields) {
            return Some(Standing::Field);
        }
        let trails = self.trailing.iter().any(|lead| near.contains(lead));
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
            line.starts_with(begin)
                && line
                    .split_once(end)
                    .is_none_or(|(_, behind)| behind.is_empty())
        });
        let mut words = line.split_whitespace();
        line.is_empty()
            || block
            || self.line.iter().any(|lead| line.starts_with(lead))
            || (!self.remarks.is_empty() && words.any(|word| among(&self.remarks, word)))
    }
}

/// The end of a text, at most so long.
fn tail(text: &str, bytes: usize) -> &str {
    let from = floor(text, text.len().saturating_sub(bytes));
    text.get(from..).unwrap_or_default()
}

fn among(known: &[&str], word: &str) -> bool {
    known.iter().any(|known| known.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::FORMATS;

    fn standing(format: &str, line: &str) -> Option<Standing> {
        comments(format).standing(line, line.find("exlint:")?, false)
    }

    #[test]
    fn every_row_is_about_a_format_and_has_all_cells() {
        let mut seen = Vec::new();
        for line in rows() {
            let (id, comments) = row(line).expect(line);
            assert!(FORMATS.iter().any(|format| format.id == id), "{id}");
            assert!(!seen.contains(&id), "{id} twice");
            assert_eq!(line.split('\t').count(), 6, "{id}");
            assert_ne!(comments, Comments::default(), "{id}");
            seen.push(id);
        }
        assert!(!seen.is_empty());
    }

    #[test]
    fn a_line_with_something_behind_a_comment_is_not_filled_by_it() {
        let junos = comments("junos");
        for (line, fills) in [
            ("/* a */", true),
            ("  /* a", true),
            ("/* a */ permit;", false),
            ("/*", true),
            ("/**/", true),
            ("/* é */ ", true),
        ] {
            assert_eq!(junos.fills(line), fills, "{line}");
        }
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
