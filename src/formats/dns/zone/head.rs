//! What stands before the data of a record, and what stands around records.

use super::lex::Entry;
use super::names::zone_of_command;
use super::rdata::{self, Kind};
use crate::formats::dns::answer::is_name;
use crate::source::{SourceFile, Span};

/// What stands before the type of a record.
pub struct Head<'a> {
    /// The owner, where the entry does not inherit it.
    pub owner: Option<&'a str>,
    /// Seconds, and where they stand.
    pub ttl: Option<(u32, Span)>,
    /// What the record is of.
    pub kind: Kind,
    /// Of another class than `IN`.
    pub foreign: bool,
    /// The words behind the type.
    pub data: Vec<&'a str>,
}

/// Owner, time to live and class, in the orders of RFC 1035 and with the age
/// that `dnscmd` prints.
pub fn head<'a>(file: &'a SourceFile, entry: &Entry<'a>) -> Option<Head<'a>> {
    let mut words = entry.words.iter().copied();
    let owner = match entry.inherits {
        true => None,
        false => Some(words.next()?),
    };
    let (mut time, mut foreign) = (None, false);
    for word in words.by_ref() {
        let class = ["IN", "CH", "HS", "CS", "CHAOS", "HESIOD", "ANY"]
            .iter()
            .find(|class| class.eq_ignore_ascii_case(word));
        if let Some(class) = class {
            foreign = *class != "IN";
        } else if word.starts_with('[') {
            // `[Aging:3577548]`: when the record was registered.
        } else if let Some(seconds) = rdata::ttl(word) {
            time = file.span_of(word).map(|span| (seconds, span));
        } else {
            let kind = rdata::kind(word)?;
            return Some(Head {
                owner,
                ttl: time,
                kind,
                foreign,
                data: words.collect(),
            });
        }
    }
    None
}

/// Lines that `dnscmd` and consoles print around records.
pub fn is_frame(entry: &Entry<'_>) -> bool {
    let starts = |words: &[&str]| {
        words.len() <= entry.words.len()
            && words
                .iter()
                .zip(&entry.words)
                .all(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    starts(&["Returned", "records:"])
        || starts(&["Command", "completed", "successfully."])
        || starts(&["DNS", "Server"])
        || is_command(entry)
}

/// A command line of `dnscmd`.
pub fn is_command(entry: &Entry<'_>) -> bool {
    let prompt = |word: &&str| word.contains('>') || word.to_ascii_lowercase().contains("dnscmd");
    entry.words.iter().take(3).any(prompt) && zone_of_command(&entry.words).is_some()
}

/// Whether a word can be the owner of a record.
pub fn is_owner(word: &str) -> bool {
    is_name(word) || matches!(word, "@" | "." | "*")
}

/// Whether an entry is a control entry (`$ORIGIN`, `$TTL` …).
pub fn is_directive(entry: &Entry<'_>) -> bool {
    let known = ["$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE"];
    let first = entry.words.first();
    first.is_some_and(|word| known.iter().any(|known| known.eq_ignore_ascii_case(word)))
}
