//! Zone files: master files of BIND and of Windows (RFC 1035 5.1), and what
//! `dnscmd /zoneexport`, `/zoneprint`, `/enumrecords` and `dig` print.
//!
//! A name without a dot at its end is relative to the origin: `$ORIGIN`, the
//! zone that a header names, the owner of the SOA record, or at last the name
//! of the file. `$INCLUDE` and `$GENERATE` are said, not followed.

mod lex;
mod rdata;

use std::borrow::Cow;
use std::sync::Arc;

use super::answer::{Answer, is_name};
use crate::formats::exchange::by_line::LineCollector;
use crate::formats::{CERTAIN, Document, Evidence, Format, LineState, ProblemLevel};
use crate::source::{SourceFile, Span};
use lex::{Entries, Entry};
use rdata::Kind;

/// Zone files and dumps of zones.
pub const ZONE: Format = Format {
    id: "dns-zone",
    title: "DNS zone (zone file, dnscmd, dig)",
    detect,
    parse,
};

/// Entries that detection looks at.
const DETECT_ENTRIES: usize = 400;

/// The names that relative ones stand below.
#[derive(Debug, Default, Clone)]
pub struct Names {
    /// What relative names end in; the root is the empty text.
    origin: Option<Arc<str>>,
    /// The zone.
    zone: Option<Arc<str>>,
}

impl Names {
    /// The whole name of a word, without a dot at its end. A relative one stays
    /// relative where the origin is not known.
    fn absolute<'a>(&self, word: &'a str) -> Cow<'a, str> {
        match (word.strip_suffix('.'), self.origin.as_deref()) {
            (Some(whole), _) => whole.into(),
            (None, Some("")) if word == "@" => ".".into(),
            (None, Some(origin)) if word == "@" => origin.to_owned().into(),
            (None, Some("")) | (None, None) => word.into(),
            (None, Some(origin)) => format!("{word}.{origin}").into(),
        }
    }

    fn is_open(&self, word: &str) -> bool {
        self.origin.is_none() && !word.ends_with('.')
    }

    fn set_zone(&mut self, name: &str) {
        let name: Arc<str> = name.trim_end_matches('.').into();
        self.origin = Some(Arc::clone(&name));
        self.zone = Some(name);
    }
}

/// What stands before the type of a record.
struct Head<'a> {
    owner: Option<&'a str>,
    ttl: Option<(u32, Span)>,
    kind: Kind,
    /// Of another class than `IN`.
    foreign: bool,
    data: Vec<&'a str>,
}

/// Owner, time to live and class, in the orders of RFC 1035 and with the age
/// that `dnscmd` prints.
fn head<'a>(file: &'a SourceFile, entry: &Entry<'a>) -> Option<Head<'a>> {
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

/// The zone that a header of Windows names: `Zone:    contoso.com` of
/// `dnscmd /zoneprint`, `Database file contoso.com.dns for contoso.com zone.`
/// of a zone file.
fn zone_of_comment(comment: &str) -> Option<&str> {
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
fn zone_of_command<'a>(words: &[&'a str]) -> Option<&'a str> {
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
fn zone_of_file(name: &str) -> Option<&str> {
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
    (zone.contains('.') && is_name(zone)).then_some(zone)
}

/// Lines that `dnscmd` and consoles print around records.
fn is_frame(entry: &Entry<'_>) -> bool {
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

fn is_command(entry: &Entry<'_>) -> bool {
    let prompt = |word: &&str| word.contains('>') || word.to_ascii_lowercase().contains("dnscmd");
    entry.words.iter().take(3).any(prompt) && zone_of_command(&entry.words).is_some()
}

fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text().trim_start_matches('\u{feff}');
    let (mut records, mut others, mut whole) = (0_usize, 0_usize, 0_usize);
    let mut mark: Option<(u8, String, Span)> = None;
    let mut first = None;
    let offset = file.text().len().saturating_sub(text.len());
    for entry in Entries::new(text).take(DETECT_ENTRIES) {
        let range =
            entry.range.start.saturating_add(offset)..entry.range.end.saturating_add(offset);
        let span = Span::of(file.id(), range);
        let mut found = |strength: u8, what: String| {
            if mark.as_ref().is_none_or(|(known, _, _)| *known < strength) {
                mark = Some((strength, what, span));
            }
        };
        if let (Some(zone), true) = (
            entry.comment.and_then(zone_of_comment),
            entry.words.is_empty(),
        ) {
            found(CERTAIN, format!("zone {zone}"));
        }
        if entry.words.is_empty() {
            continue;
        }
        if is_directive(&entry) {
            found(90, format!("`{}`", entry.words.first().unwrap_or(&"")));
        } else if is_frame(&entry) {
            found(90, "output of dnscmd".to_owned());
        } else if let Some(head) = head(file, &entry) {
            let sound = match head.kind {
                Kind::Authority => {
                    found(94, "an SOA record".to_owned());
                    head.data.len() >= 2
                }
                Kind::Read(kind) => {
                    rdata::data(file, kind, &head.data, &Names::default()).is_some()
                }
                _ => head.owner.is_none_or(is_owner),
            };
            if sound {
                records = records.saturating_add(1);
                first.get_or_insert(span);
                let absolute = head.owner.is_some_and(|owner| owner.ends_with('.'));
                whole = whole.saturating_add(usize::from(absolute));
            } else {
                others = others.saturating_add(1);
            }
        } else {
            others = others.saturating_add(1);
        }
    }
    if records == 0 || others.saturating_mul(3) > records.saturating_add(1) {
        return None;
    }
    match mark {
        Some((strength, what, span)) => Some(Evidence {
            strength,
            what,
            span,
        }),
        // Answers without a header: whole names with their types.
        None if whole >= 1 && whole.saturating_mul(2) >= records => Some(Evidence {
            strength: 80,
            what: "resource records".to_owned(),
            span: first?,
        }),
        None => None,
    }
}

fn is_owner(word: &str) -> bool {
    is_name(word) || matches!(word, "@" | "." | "*")
}

fn is_directive(entry: &Entry<'_>) -> bool {
    let known = ["$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE"];
    let first = entry.words.first();
    first.is_some_and(|word| known.iter().any(|known| known.eq_ignore_ascii_case(word)))
}

/// Reads one file.
struct Reader<'a> {
    collector: LineCollector<'a>,
    names: Names,
    owner: Option<(Cow<'a, str>, Span)>,
    default_ttl: Option<(u32, Span)>,
    what: Arc<str>,
    /// The first name whose zone is not known.
    open: Option<Span>,
}

fn parse(file: &SourceFile) -> Document {
    let mut reader = Reader {
        collector: LineCollector::new(file),
        names: Names::default(),
        owner: None,
        default_ttl: None,
        what: "zone".into(),
        open: None,
    };
    let by_file = zone_of_file(file.name());
    let mut told = false;
    for entry in Entries::new(file.text()) {
        let span = Span::of(file.id(), entry.range.clone());
        if entry.unclosed {
            let why = "a parenthesis that is never closed";
            reader.collector.note(span, LineState::NotModelled, why);
            reader.collector.problem(
                ProblemLevel::Error,
                "the zone has a parenthesis that is never closed, so nothing after it was read"
                    .to_owned(),
                "export the zone again",
                span,
            );
            continue;
        }
        let needs_zone = reader.names.origin.is_none() && !is_directive(&entry);
        if needs_zone && !told && !entry.words.is_empty() && !is_frame(&entry) {
            let absolute = entry.words.first().is_some_and(|word| word.ends_with('.'));
            if let (Some(zone), false) = (by_file, absolute) {
                told = true;
                reader.names.set_zone(zone);
                reader.collector.problem(
                    ProblemLevel::Note,
                    format!("the file does not tell its zone; {zone} was taken from its name"),
                    "",
                    span,
                );
            }
        }
        reader.entry(&entry, span);
    }
    if let Some(span) = reader.open {
        reader.collector.problem(
            ProblemLevel::Warning,
            "the file does not tell the name of its zone, so its names are not whole".to_owned(),
            "put `$ORIGIN contoso.com.` with the zone's name into the first line",
            span,
        );
    }
    reader.collector.finish()
}

impl<'a> Reader<'a> {
    fn entry(&mut self, entry: &Entry<'a>, span: Span) {
        if let Some(zone) = entry.comment.and_then(zone_of_comment)
            && entry.words.is_empty()
        {
            self.names.set_zone(zone);
            self.owner = None;
        }
        if entry.words.is_empty() {
            self.collector.mark(span, LineState::Irrelevant);
            return;
        }
        if is_directive(entry) {
            self.directive(entry, span);
            return;
        }
        if is_command(entry) {
            if let Some(zone) = zone_of_command(&entry.words) {
                self.names.set_zone(zone);
                self.owner = None;
            }
            self.collector.mark(span, LineState::Irrelevant);
            return;
        }
        if is_frame(entry) {
            self.collector.mark(span, LineState::Irrelevant);
            return;
        }
        let Some(head) = head(self.collector.file, entry) else {
            self.collector.mark(span, LineState::Unrecognised);
            return;
        };
        self.record(entry, head, span);
    }

    fn directive(&mut self, entry: &Entry<'a>, span: Span) {
        let (name, value) = (entry.words.first(), entry.words.get(1).copied());
        let is = |known: &str| name.is_some_and(|name| name.eq_ignore_ascii_case(known));
        let state = match value {
            Some(origin) if is("$ORIGIN") && (is_name(origin) || origin == ".") => {
                let whole = self.names.absolute(origin);
                let relative = self.names.is_open(origin);
                let whole: Arc<str> = whole.trim_end_matches('.').into();
                if self.names.zone.is_none() && !relative {
                    self.names.zone = Some(Arc::clone(&whole));
                }
                self.names.origin = Some(whole);
                LineState::Modelled
            }
            Some(time) if is("$TTL") => {
                let at = self.collector.file.span_of(time);
                self.default_ttl = rdata::ttl(time).zip(at);
                LineState::Modelled
            }
            _ => {
                let why = "records that stand elsewhere or are generated";
                self.collector.note(span, LineState::NotModelled, why);
                self.collector.problem(
                    ProblemLevel::Warning,
                    format!(
                        "{} was not followed: records are missing",
                        name.unwrap_or(&"a directive")
                    ),
                    "give the zone as `named-compilezone -o -` or `dig axfr` prints it",
                    span,
                );
                return;
            }
        };
        self.collector.mark(span, state);
    }

    fn record(&mut self, entry: &Entry<'a>, head: Head<'a>, span: Span) {
        let file = self.collector.file;
        if let Some(owner) = head.owner {
            if !is_owner(owner) && !owner.contains('\\') {
                self.collector.mark(span, LineState::Unrecognised);
                return;
            }
            if head.kind == Kind::Authority && owner.ends_with('.') {
                self.names.set_zone(owner);
            } else if head.kind == Kind::Authority && self.names.zone.is_none() {
                self.names.zone = self.names.origin.clone();
            }
            if self.names.is_open(owner) {
                self.open.get_or_insert(span);
            }
            let at = file.span_of(owner).unwrap_or(span);
            self.owner = Some((self.names.absolute(owner), at));
        }
        if head.foreign {
            let why = "of a class that is not the Internet's";
            self.collector.note(span, LineState::Irrelevant, why);
            return;
        }
        let kind = match head.kind {
            Kind::Authority | Kind::Irrelevant => {
                self.collector.mark(span, LineState::Irrelevant);
                return;
            }
            Kind::NotFollowed => {
                let why = "leads to addresses that are not followed";
                self.collector.note(span, LineState::NotModelled, why);
                return;
            }
            Kind::Read(kind) => kind,
        };
        let Some((name, at)) = self.owner.clone() else {
            let why = "no name stands before this record";
            self.collector.note(span, LineState::Unrecognised, why);
            return;
        };
        let Some(data) = rdata::data(file, kind, &head.data, &self.names) else {
            let why = format!("what stands after {kind} is not what such a record has");
            self.collector.note(span, LineState::Unrecognised, why);
            return;
        };
        let answer = Answer {
            name,
            name_span: if entry.inherits { span } else { at },
            kind,
            ttl: head.ttl.or(self.default_ttl),
            data,
            zone: self.names.zone.clone(),
            span,
        };
        answer.deliver(&mut self.collector, &self.what);
    }
}

#[cfg(test)]
mod tests;
