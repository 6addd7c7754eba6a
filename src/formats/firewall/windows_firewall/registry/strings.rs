//! Rule strings: `v2.10|Action=Allow|Active=TRUE|Dir=In|Protocol=6|LPort=25|`.
//!
//! Grammar and meaning: MS-GPFAS 2.2.2.19. A field that may repeat adds to its
//! list; a list that is not there means any.

use std::sync::OnceLock;

use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::tables::{Map, rows};
use crate::formats::firewall::shared::words::{parts_at_byte, split_at_byte, trimmed_of};
use crate::formats::firewall::windows_firewall::facts::{Doubt, RuleFacts, RuleSource, Told};
use crate::formats::firewall::windows_firewall::{values, words};
use crate::source::Span;

/// Most fields of a rule.
const MAX_FIELDS: usize = 20_000;

/// Whether a value is a rule.
pub fn is_rule(text: &str) -> bool {
    text.starts_with('v')
        && text.split_once('|').is_some_and(|(version, rest)| {
            let version = version.trim_start_matches('v');
            !version.is_empty()
                && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
                && rest.contains('=')
        })
}

fn field(name: &str) -> Option<&'static str> {
    static FIELDS: OnceLock<Map<&'static [u8], &'static str>> = OnceLock::new();
    let fields = FIELDS.get_or_init(|| {
        rows(include_str!("../data/rule_fields.tsv"))
            .filter_map(|row| Some((row.first()?.as_bytes(), *row.get(1)?)))
            .collect()
    });
    const LONGEST: usize = 24;
    let mut lower = [0u8; LONGEST];
    let slot = lower.get_mut(..name.len())?;
    slot.copy_from_slice(name.as_bytes());
    slot.make_ascii_lowercase();
    fields.get(&*slot).copied()
}

/// Reads a rule. `whole` is its place, `at` tells the place of a field.
pub fn read(
    text: &str,
    source: RuleSource,
    whole: Span,
    at: impl Fn(&str) -> Option<Span>,
) -> RuleFacts {
    let mut facts = RuleFacts::new(whole);
    facts.source = Told::Known(source);
    let mut lists: Lists<'_> = Lists::default();
    let bare = |text| trimmed_of(text, char::is_whitespace);
    for part in parts_at_byte(text, b'|').skip(1).take(MAX_FIELDS) {
        if bare(part).is_empty() {
            continue;
        }
        let span = at(part).unwrap_or(whole);
        let (name, value) = split_at_byte(part, b'=').unwrap_or((part, ""));
        let value = bare(value);
        let doubt = |why: String| Doubt::new(why, span);
        match field(bare(name)) {
            Some("action") => facts.action = told(words::action(value), value, span),
            Some("direction") => facts.direction = told(words::direction(value), value, span),
            Some("enabled") => facts.enabled = told(words::truth(value), value, span),
            Some("profile") => lists.profiles.push(value),
            Some("protocol") => facts.protocol = values::protocol(value, span),
            Some("local-ports") => lists.local_ports.push(value),
            Some("remote-ports") => lists.remote_ports.push(value),
            Some("local-addresses") => lists.local.push(value),
            Some("remote-addresses") => lists.remote.push(value),
            Some("icmp") => lists.icmp.push(value),
            Some("-") => {}
            Some(what) => facts.doubts.push(doubt(format!(
                "the rule is bound ({what} {})",
                quoted(value)
            ))),
            None => facts.doubts.push(doubt(format!(
                "{} of the rule is not understood",
                quoted(part)
            ))),
        }
    }
    lists.settle(&mut facts, whole);
    facts.rest_is_any();
    if facts.enabled.is_absent() {
        // A flag that is not written is not set (MS-FASP 2.2.37, wFlags).
        facts.enabled = Told::Known(false);
    }
    facts
}

#[derive(Default)]
struct Lists<'t> {
    profiles: Vec<&'t str>,
    local: Vec<&'t str>,
    remote: Vec<&'t str>,
    local_ports: Vec<&'t str>,
    remote_ports: Vec<&'t str>,
    icmp: Vec<&'t str>,
}

impl Lists<'_> {
    fn settle(self, facts: &mut RuleFacts, span: Span) {
        if !self.profiles.is_empty() {
            facts.profiles = values::profiles(self.profiles, span);
        }
        facts.local_addresses = Told::Known(values::addresses(self.local, span));
        facts.remote_addresses = Told::Known(values::addresses(self.remote, span));
        facts.local_ports = Told::Known(values::ports(self.local_ports, span));
        facts.remote_ports = Told::Known(values::ports(self.remote_ports, span));
        facts.icmp = match values::icmp(self.icmp) {
            Some(types) => Told::Known(types),
            None => Told::unclear("the ICMP types are not understood", span),
        };
    }
}

fn told<T>(known: Option<T>, value: &str, span: Span) -> Told<T> {
    match known {
        Some(known) => Told::Known(known),
        None => Told::unclear(format!("{} is not understood", quoted(value)), span),
    }
}
