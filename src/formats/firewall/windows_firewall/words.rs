//! Words of labels and values by language, from `data/*.tsv`.
//!
//! A console that cannot show a letter writes `?`, and a code page that is
//! read as another shows some other letter: a word with such letters stands
//! for the one known word that fits.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::facts::{Direction, Profile, RuleAction, RuleSource};
use crate::formats::firewall::shared::tables::{Map, rows};
use crate::formats::firewall::shared::words::trimmed_of;
use crate::model::net::Protocol;

/// Longest word that is looked up, in bytes.
const LONGEST: usize = 96;

/// Words with their meaning, found exactly or by the letters that survived.
#[derive(Debug)]
pub struct Words {
    exact: Map<&'static str, &'static str>,
    /// Words with letters outside ASCII, by their number of letters.
    fragile: Vec<(usize, &'static str, &'static str)>,
}

impl Words {
    /// The words of a table: meaning in column 0, word in `column`.
    pub fn new(text: &'static str, column: usize, wanted: impl Fn(&str) -> bool) -> Self {
        let mut exact = Map::default();
        let mut fragile = Vec::new();
        for row in rows(text) {
            let (Some(meaning), Some(word)) = (row.first().copied(), row.get(column).copied())
            else {
                continue;
            };
            if !wanted(meaning) {
                continue;
            }
            exact.entry(word).or_insert(meaning);
            if !word.is_ascii() {
                fragile.push((word.chars().count(), word, meaning));
            }
        }
        Self { exact, fragile }
    }

    /// The meaning of a word.
    pub fn get(&self, word: &str) -> Option<&'static str> {
        if word.len() > LONGEST {
            return None;
        }
        if let Some(meaning) = self.exact.get(word) {
            return Some(meaning);
        }
        if word.is_ascii() && !word.contains('?') {
            return None;
        }
        self.damaged(word)
    }

    /// The meaning of the known words that a damaged one may be, if they have
    /// one, and if something of the word survived.
    fn damaged(&self, word: &str) -> Option<&'static str> {
        let lost = |c: char| c == '?' || c == '\u{fffd}' || !c.is_ascii();
        if word.chars().all(lost) {
            return None;
        }
        let count = word.chars().count();
        let fits = |known: &str| {
            known
                .chars()
                .zip(word.chars())
                .all(|(known, seen)| known == seen || (!known.is_ascii() && lost(seen)))
        };
        let mut found = self
            .fragile
            .iter()
            .filter(|(length, known, _)| *length == count && fits(known))
            .map(|(_, _, meaning)| *meaning);
        let first = found.next()?;
        found.all(|meaning| meaning == first).then_some(first)
    }
}

/// The key of a label of a rule (`name`, `local-ports` …).
pub fn label(text: &str) -> Option<&'static str> {
    static LABELS: OnceLock<Words> = OnceLock::new();
    let table = LABELS.get_or_init(|| Words::new(include_str!("data/labels.tsv"), 2, |_| true));
    table.get(text)
}

/// The key of a line of profile settings (`state`, `policy` …).
pub fn profile_label(text: &str) -> Option<&'static str> {
    static LABELS: OnceLock<Words> = OnceLock::new();
    let table =
        LABELS.get_or_init(|| Words::new(include_str!("data/profile_labels.tsv"), 2, |_| true));
    table.get(text)
}

/// All labels of profile settings, longest first, with their keys.
pub fn profile_labels() -> &'static [(&'static str, &'static str)] {
    static LABELS: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    LABELS.get_or_init(|| {
        let mut all: Vec<(&str, &str)> = rows(include_str!("data/profile_labels.tsv"))
            .filter_map(|row| Some((*row.get(2)?, *row.first()?)))
            .collect();
        all.sort_by_key(|(label, _)| std::cmp::Reverse(label.len()));
        all
    })
}

/// The profile that a heading of settings names.
pub fn heading(text: &str) -> Option<Profile> {
    static HEADINGS: OnceLock<Vec<(Profile, String)>> = OnceLock::new();
    let headings = HEADINGS.get_or_init(|| {
        rows(include_str!("data/profile_headings.tsv"))
            .filter_map(|row| {
                let profile = match *row.first()? {
                    "domain" => Profile::Domain,
                    "private" => Profile::Private,
                    _ => Profile::Public,
                };
                Some((profile, (*row.get(1)?).to_owned()))
            })
            .collect()
    });
    if text.len() > LONGEST {
        return None;
    }
    let text = lower(text);
    let exact = headings
        .iter()
        .find(|(_, words)| text.contains(words.as_str()));
    if let Some((profile, _)) = exact {
        return Some(*profile);
    }
    if text.is_ascii() && !text.contains('?') {
        return None;
    }
    // The letters outside ASCII may be lost.
    let bare =
        |text: &str| -> String { text.chars().filter(|c| c.is_ascii() && *c != '?').collect() };
    let text = bare(&text);
    let mut fitting = headings.iter().filter(|(_, words)| {
        let words = bare(words);
        words.len() > 8 && text.contains(&words)
    });
    let (profile, _) = fitting.next()?;
    fitting
        .all(|(other, _)| other == profile)
        .then_some(*profile)
}

/// A word in lower case, without a full stop.
pub fn lower(word: &str) -> Cow<'_, str> {
    let word = bare(word);
    if word.is_ascii() && !word.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Borrowed(word)
    } else {
        Cow::Owned(word.to_lowercase())
    }
}

/// A word without blanks around it and without its full stop.
fn bare(word: &str) -> &str {
    let word = trimmed_of(word, char::is_whitespace);
    match word.as_bytes().last() {
        Some(b'.' | 0x80..) => word.trim_end_matches(['.', '。']),
        _ => word,
    }
}

/// What a function finds for a word in lower case. Most words are short and
/// ASCII: they are lowered on the stack.
fn lowered<R>(word: &str, find: impl FnOnce(&str) -> R) -> R {
    let word = bare(word);
    let mut space = [0u8; LONGEST];
    if word.is_ascii()
        && let Some(slot) = space.get_mut(..word.len())
    {
        slot.copy_from_slice(word.as_bytes());
        slot.make_ascii_lowercase();
        return find(std::str::from_utf8(slot).unwrap_or_default());
    }
    find(&word.to_lowercase())
}

fn value(
    kinds: &'static [&'static str],
    slot: &'static OnceLock<Words>,
    word: &str,
) -> Option<&'static str> {
    let table = slot.get_or_init(|| {
        Words::new(include_str!("data/words.tsv"), 1, |kind| {
            kinds.contains(&kind)
        })
    });
    lowered(word, |word| table.get(word))
}

/// Yes or no, on or off.
pub fn truth(word: &str) -> Option<bool> {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["true", "false"], &WORDS, word).map(|meaning| meaning == "true")
}

/// A direction.
pub fn direction(word: &str) -> Option<Direction> {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["in", "out"], &WORDS, word).map(|meaning| match meaning {
        "in" => Direction::In,
        _ => Direction::Out,
    })
}

/// What a rule does.
pub fn action(word: &str) -> Option<RuleAction> {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["allow", "block", "bypass"], &WORDS, word).map(|meaning| match meaning {
        "allow" => RuleAction::Allow,
        "block" => RuleAction::Block,
        _ => RuleAction::Bypass,
    })
}

/// A profile.
pub fn profile(word: &str) -> Option<Profile> {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["domain", "private", "public"], &WORDS, word).map(|meaning| match meaning {
        "domain" => Profile::Domain,
        "private" => Profile::Private,
        _ => Profile::Public,
    })
}

/// Where a rule comes from.
pub fn source(word: &str) -> Option<RuleSource> {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["local", "group-policy", "system"], &WORDS, word).map(|meaning| match meaning {
        "local" => RuleSource::Local,
        "group-policy" => RuleSource::GroupPolicy,
        _ => RuleSource::System,
    })
}

/// Whether a value means any.
pub fn is_any(word: &str) -> bool {
    static WORDS: OnceLock<Words> = OnceLock::new();
    // What most values are, and what no word of the table begins with.
    let number = |word: &str| {
        word.bytes()
            .next()
            .is_some_and(|byte| byte.is_ascii_digit())
    };
    let word = trimmed_of(word, char::is_whitespace);
    word == "Any" || !number(word) && value(&["any"], &WORDS, word).is_some()
}

/// Whether a value means that nothing is asked for.
pub fn is_none(word: &str) -> bool {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["none"], &WORDS, word).is_some()
}

/// Whether a setting is left to its default.
pub fn is_not_configured(word: &str) -> bool {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["not-configured"], &WORDS, word).is_some()
}

/// Whether a line only says that a command went well.
pub fn is_ok(line: &str) -> bool {
    static WORDS: OnceLock<Words> = OnceLock::new();
    line.len() < 40 && value(&["ok"], &WORDS, line).is_some()
}

/// Whether a line says that no rule was found.
pub fn is_no_rule(line: &str) -> bool {
    static WORDS: OnceLock<Words> = OnceLock::new();
    value(&["no-rule"], &WORDS, line).is_some()
}

/// A protocol by name or number; not one that means any.
pub fn protocol(word: &str) -> Option<Protocol> {
    static TABLE: OnceLock<Map<&'static str, u8>> = OnceLock::new();
    match word {
        "TCP" => return Some(Protocol::TCP),
        "UDP" => return Some(Protocol::UDP),
        _ => {}
    }
    if let Ok(number) = word.parse::<u8>() {
        return Some(Protocol(number));
    }
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/protocols.tsv"))
            .filter_map(|row| Some((*row.first()?, row.get(1)?.parse().ok()?)))
            .collect()
    });
    lowered(word, |word| table.get(word).copied()).map(Protocol)
}

/// What a word for ports stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortWord {
    /// Exactly this port.
    Port(u16),
    /// Not told by the file, for this reason.
    Open(&'static str),
}

/// A word for ports.
pub fn port_word(word: &str) -> Option<PortWord> {
    static TABLE: OnceLock<Map<&'static str, PortWord>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/port_words.tsv"))
            .filter_map(|row| {
                let meaning = match row.get(2)?.parse() {
                    Ok(port) => PortWord::Port(port),
                    Err(_) => PortWord::Open(row.get(3)?),
                };
                Some((*row.first()?, meaning))
            })
            .collect()
    });
    lowered(word, |word| table.get(word).copied())
}

/// Whether a reason for a word for ports is that of the ports of RPC.
pub fn stands_for_rpc(why: &str) -> bool {
    matches!(port_word("rpc"), Some(PortWord::Open(known)) if known == why)
}

/// Why a word for addresses is not exact.
pub fn address_word(word: &str) -> Option<&'static str> {
    static TABLE: OnceLock<Map<&'static str, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        rows(include_str!("data/address_words.tsv"))
            .filter_map(|row| Some((*row.first()?, *row.get(1)?)))
            .collect()
    });
    lowered(word, |word| table.get(word).copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_all_languages_have_one_meaning() {
        for (text, key) in [
            ("Rule Name", "name"),
            ("規則名", "name"),
            ("Regelname", "name"),
            ("规则名称", "name"),
            ("Nombre de regla", "name"),
            ("Nom de la règle", "name"),
            ("Remoteport", "remote-ports"),
            ("リモート ポート", "remote-ports"),
            ("操作", "action"),
        ] {
            assert_eq!(label(text), Some(key), "{text}");
        }
        assert_eq!(label("Verweis"), None);
    }

    #[test]
    fn a_label_is_known_by_the_letters_that_survived() {
        assert_eq!(label("Direcci?n"), Some("direction"));
        assert_eq!(label("Acci\u{fffd}n"), Some("action"));
        assert_eq!(profile("?ffentlich"), Some(Profile::Public));
        assert_eq!(profile("Dom„ne"), Some(Profile::Domain));
        assert_eq!(label("???"), None, "nothing survived");
        assert_eq!(
            heading("?ffentliches Profil-Einstellungen:"),
            Some(Profile::Public)
        );
    }

    #[test]
    fn a_word_means_what_its_place_asks_for() {
        assert_eq!(direction("Aus"), Some(Direction::Out));
        assert_eq!(truth("AUS"), Some(false));
        assert_eq!(direction("Actif"), Some(Direction::In));
        assert!(is_any("Beliebig") && is_any("任意") && is_any("Any"));
        assert_eq!(action("ブロック"), Some(RuleAction::Block));
        assert_eq!(source("Local Setting"), Some(RuleSource::Local));
    }

    #[test]
    fn only_the_endpoint_mapper_has_a_port_that_nothing_configures() {
        assert_eq!(port_word("RPC-EPMap"), Some(PortWord::Port(135)));
        assert!(matches!(port_word("RPC"), Some(PortWord::Open(_))));
        assert_eq!(port_word("443"), None);
        assert_eq!(protocol("IPv6-Frag"), Some(Protocol(44)));
        assert_eq!(protocol("6"), Some(Protocol::TCP));
    }
}
