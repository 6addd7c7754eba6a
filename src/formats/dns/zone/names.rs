//! Whole names, and what tells the zone that relative ones belong to.

use std::borrow::Cow;
use std::sync::Arc;

use crate::formats::dns::answer::is_name;

/// The names that relative ones stand below.
#[derive(Debug, Default, Clone)]
pub struct Names {
    /// What relative names end in; the root is the empty text.
    pub origin: Option<Arc<str>>,
    /// The zone.
    pub zone: Option<Arc<str>>,
}

impl Names {
    /// The whole name of a word, without a dot at its end. A relative one stays
    /// relative where the origin is not known.
    pub fn absolute<'a>(&self, word: &'a str) -> Cow<'a, str> {
        match (word.strip_suffix('.'), self.origin.as_deref()) {
            (Some(whole), _) => whole.into(),
            (None, Some("")) if word == "@" => ".".into(),
            (None, Some(origin)) if word == "@" => origin.to_owned().into(),
            (None, Some("")) | (None, None) => word.into(),
            (None, Some(origin)) => format!("{word}.{origin}").into(),
        }
    }

    /// Whether a word is relative to an origin that is not known.
    pub fn is_open(&self, word: &str) -> bool {
        self.origin.is_none() && !word.ends_with('.')
    }

    /// Takes a name for the zone and for the origin.
    pub fn set_zone(&mut self, name: &str) {
        let name: Arc<str> = name.trim_end_matches('.').into();
        self.origin = Some(Arc::clone(&name));
        self.zone = Some(name);
    }
}

/// The zone that a header of Windows names: `Zone:    contoso.com` of
/// `dnscmd /zoneprint`, `Database file contoso.com.dns for contoso.com zone.`
/// of a zone file.
pub fn zone_of_comment(comment: &str) -> Option<&str> {
    let comment = comment.trim();
    let name = match comment.strip_prefix("Zone:") {
        Some(name) => name.trim(),
        None => {
            let rest = comment.strip_prefix("Database file ")?;
            let rest = rest.strip_suffix("zone.").unwrap_or(rest).trim();
            rest.rsplit_once(" for ")?.1.trim()
        }
    };
    let name = name.trim_end_matches(['.', ' ']);
    is_name(name).then_some(name)
}

/// The zone that a command line asks for:
/// `dnscmd . /enumrecords contoso.com @`.
pub fn zone_of_command<'a>(words: &[&'a str]) -> Option<&'a str> {
    let is = |word: &&str| {
        ["/zoneprint", "/zoneexport", "/enumrecords"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(word))
    };
    let at = words.iter().position(is)?;
    let name = words.get(at.checked_add(1)?)?;
    is_name(name).then_some(*name)
}

/// The zone that the name of a file tells: `db.contoso.com`,
/// `contoso.com.zone`, `contoso.com.dns`.
pub fn zone_of_file(name: &str) -> Option<&str> {
    let base = name.rsplit(['/', '\\']).next()?;
    let lower = base.to_ascii_lowercase();
    let head = ["db.", "named.", "pri.", "sec."]
        .iter()
        .find(|head| lower.starts_with(**head));
    let tail = [".zone", ".dns", ".db", ".hosts", ".rev"]
        .iter()
        .find(|tail| lower.ends_with(**tail));
    let zone = match (head, tail) {
        (Some(head), _) => base.get(head.len()..)?,
        (None, Some(tail)) => base.get(..base.len().checked_sub(tail.len())?)?,
        (None, None) => return None,
    };
    // `db.192.168.1` is a reverse zone, in one of two orders.
    let letter = zone.contains(|c: char| c.is_alphabetic());
    (letter && zone.contains('.') && is_name(zone)).then_some(zone)
}
