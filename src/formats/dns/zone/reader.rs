//! Reads the entries of a zone in order.

use std::borrow::Cow;
use std::sync::Arc;

use super::head::{Head, head, is_command, is_directive, is_frame, is_owner};
use super::lex::{Entries, Entry};
use super::names::{Names, zone_of_command, zone_of_comment, zone_of_file};
use super::rdata::{self, Kind};
use crate::formats::dns::answer::{Answer, is_name};
use crate::formats::exchange::by_line::LineCollector;
use crate::formats::{Document, LineState, ProblemLevel};
use crate::source::{SourceFile, Span};

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

/// Reads one zone file or dump.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
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
