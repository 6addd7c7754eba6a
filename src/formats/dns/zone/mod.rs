//! Zone files: master files of BIND and of Windows (RFC 1035 5.1), and what
//! `dnscmd /zoneexport`, `/zoneprint`, `/enumrecords` and `dig` print.
//!
//! A name without a dot at its end is relative to the origin: `$ORIGIN`, the
//! zone that a header names, the owner of the SOA record, or at last the name
//! of the file. `$INCLUDE` and `$GENERATE` are said, not followed.

mod head;
mod lex;
mod names;
mod rdata;
mod reader;

use crate::formats::{CERTAIN, Evidence, Format};
use crate::source::{self, SourceFile, Span};
use head::{head, is_directive, is_frame, is_owner};
use lex::Entries;
use names::{Names, zone_of_comment};
use rdata::Kind;

/// Zone files and dumps of zones.
pub const ZONE: Format = Format {
    id: "dns-zone",
    title: "DNS zone (zone file, dnscmd, dig)",
    detect,
    parse: reader::parse,
};

/// Entries that detection looks at, and the text that they may take.
const DETECT_ENTRIES: usize = 400;
const DETECT_BYTES: usize = 64 * 1024;

fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text().trim_start_matches('\u{feff}');
    let (mut records, mut others, mut whole) = (0_usize, 0_usize, 0_usize);
    let mut mark: Option<(u8, String, Span)> = None;
    let mut first = None;
    let offset = file.text().len().saturating_sub(text.len());
    let text = source::head(text, DETECT_BYTES);
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

#[cfg(test)]
mod tests;
