//! What `show running security-policy` prints: the rules as the data plane has
//! them, in blocks that look like the configuration and are none.
//!
//! ```text
//! "Mail; index: 3" {
//!         from dmz;
//!         …
//!         application/service [0:any/tcp/any/25 1:smtp/tcp/any/25 ];
//!         action allow;
//!         icmp-unreachable: no
//!         terminal yes;
//! }
//! ```
//!
//! No verdict rests on it. Captures have no line for a schedule or a host
//! profile, so that a rule with one looks like a rule without; what `terminal no`
//! means (a rule that denies everything has it, too) no manual of the vendor
//! says; and the translations and interfaces that a packet meets are not in it.
//! Where the configuration stands beside it, the two are compared.
//!
//! Source: captures of the command (PAN-OS 8 to 11) in the tests of
//! `ntc-templates` and other parsers; the vendor describes no format.

use crate::formats::firewall::shared::word_tree::{NodeId, WordTree};
use crate::source::Span;

use super::layout::Context;
use super::security::permits;

/// Why its lines are not read.
pub const WHY: &str =
    "the output of `show running security-policy` leaves out schedules, host profiles and NAT";
/// The same, where nothing else is in the file.
pub const ALONE: &str = "this is what `show running security-policy` prints: it leaves out schedules, host profiles, NAT and interfaces, so that no verdict can rest on it";
/// Where it differs from the configuration beside it.
pub const DIFFERS: &str = "`show running security-policy` lists other rules than the configuration in this file: the device may not run this configuration";

/// Most lines of a rule that are looked at.
const MOST_LINES: usize = 64;

/// The line that only these blocks have.
const MARK: &str = "application/service";

/// A rule of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunningRule<'t> {
    /// Its name, without the number behind it.
    pub name: &'t str,
    /// What it does, where the block says so.
    pub action: Option<&'t str>,
    /// Its first line.
    pub span: Span,
}

impl RunningRule<'_> {
    /// Whether it is one that every device has.
    pub fn is_default(&self) -> bool {
        let name = self.name.rsplit('+').next().unwrap_or_default();
        matches!(name, "intrazone-default" | "interzone-default")
    }
}

/// Whether a line is one that only such a block has.
pub fn is_mark(line: &str) -> bool {
    let rest = line.trim_start().strip_prefix(MARK);
    rest.is_some_and(|rest| rest.starts_with([' ', '(', '\t']))
}

/// The name in the first line of a block: `"Mail; index: 3" {`, `Mail {`.
pub fn name(line: &str) -> Option<&str> {
    let head = line.trim().strip_suffix('{')?.trim();
    let name = head
        .strip_prefix('"')
        .and_then(|head| head.strip_suffix('"'))
        .unwrap_or(head);
    let name = match name.rsplit_once("; index: ") {
        Some((name, number)) if number.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => name,
    };
    (!name.is_empty()).then_some(name)
}

/// The value of a statement in a block.
pub fn value<'t>(line: &'t str, key: &str) -> Option<&'t str> {
    let rest = line.trim().strip_prefix(key)?;
    let rest = rest.strip_prefix([' ', '\t'])?;
    Some(rest.trim().trim_end_matches(';').trim_end())
}

/// Whether lines behind the first one of a block are such a rule: `lines` are
/// those behind it.
pub fn begins<'t>(first: &str, lines: impl Iterator<Item = &'t str>) -> bool {
    name(first).is_some()
        && lines
            .take(MOST_LINES)
            .take_while(|line| !line.trim_end().ends_with(['{', '}']))
            .any(is_mark)
}

/// Where the output lists other rules than the configuration that stands beside
/// it, or does other things with them. What it leaves out by design is not
/// compared: rules that are switched off, and the default ones.
pub fn differs(
    running: &[RunningRule<'_>],
    tree: &WordTree<'_>,
    contexts: &[Context<'_>],
) -> Option<Span> {
    let first = running.first().filter(|_| !contexts.is_empty())?;
    let mut configured = contexts.iter().flat_map(|context| {
        let bases = context.rulebases.iter();
        bases
            .filter_map(|base| tree.at(base.node, &["security", "rules"]))
            .flat_map(|list| tree.all(list))
            .filter(|rule| word_below(tree, *rule, "disabled") != Some("yes"))
    });
    for rule in running.iter().filter(|rule| !rule.is_default()) {
        let Some(entry) = configured.next() else {
            return Some(rule.span);
        };
        let action = word_below(tree, entry, "action").and_then(permits);
        if tree.word(entry) != rule.name || rule.action.and_then(permits) != action {
            return Some(rule.span);
        }
    }
    configured.next().map(|_| first.span)
}

fn word_below<'t>(tree: &WordTree<'t>, node: NodeId, key: &str) -> Option<&'t str> {
    let node = tree.get(node, key)?;
    tree.children(node).next().map(|value| tree.word(value))
}

#[cfg(test)]
mod tests {
    use super::{begins, is_mark, name, value};

    #[test]
    fn the_number_behind_a_name_is_no_part_of_it() {
        assert_eq!(name("\"Mail in; index: 3\" {"), Some("Mail in"));
        assert_eq!(name("intrazone-default {"), Some("intrazone-default"));
        assert_eq!(name("\"a; index: x\" {"), Some("a; index: x"));
        assert_eq!(name("{"), None);
    }

    #[test]
    fn only_a_block_with_its_own_line_is_a_rule() {
        let rule = [
            "  from dmz;",
            "  application/service  0:any/tcp/any/25;",
            "}",
        ];
        assert!(begins("Mail {", rule.into_iter()));
        let other = ["  from dmz;", "}", "  application/service any;"];
        assert!(!begins("Mail {", other.into_iter()));
        assert!(is_mark("application/service(implicit) 0:ssl/tcp/any/443;"));
        assert!(!is_mark("application/services any;"));
        assert_eq!(value("  action deny;", "action"), Some("deny"));
    }
}
