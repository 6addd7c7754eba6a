//! What an exception in a comment may be for: the rules, translations and
//! objects of the estate, by place.

use std::collections::HashMap;

use crate::estate::Estate;
use crate::formats::comments::TEXT_PROPERTIES;
use crate::model::exchange::Record;
use crate::source::{FileId, Span};

/// How many things before a place are looked at for one around it: more are
/// never nested.
const NEAR: usize = 256;

/// Things of an estate by their files.
pub(super) struct Targets {
    /// Whole statements and objects.
    things: HashMap<FileId, Vec<Span>>,
    /// Values of properties, and whether they are free text.
    properties: HashMap<FileId, Vec<(Span, bool)>>,
}

impl Targets {
    /// Those of an estate.
    pub fn of(estate: &Estate) -> Self {
        let mut targets = Self {
            things: HashMap::new(),
            properties: HashMap::new(),
        };
        for known in &estate.firewalls {
            let firewall = &known.firewall;
            let rules = firewall.filters.iter().flat_map(|filter| &filter.rules);
            let rules = rules.filter(|rule| rule.implicit.is_none());
            let spans = rules
                .map(|rule| rule.span)
                .chain(firewall.nat.rules.iter().map(|rule| rule.span))
                .chain(firewall.interfaces.iter().map(|known| known.span))
                .chain(firewall.address_objects.iter().map(|known| known.span))
                .chain(firewall.service_objects.iter().map(|known| known.span));
            for span in spans {
                targets.things.entry(span.file).or_default().push(span);
            }
        }
        for object in &estate.objects {
            targets.record(&object.record);
        }
        for spans in targets.things.values_mut() {
            spans.sort_unstable_by_key(|span| (span.start, span.end));
            spans.dedup();
        }
        for values in targets.properties.values_mut() {
            values.sort_unstable_by_key(|(span, _)| (span.start, span.end));
        }
        targets
    }

    fn record(&mut self, record: &Record) {
        let span = record.span;
        self.things.entry(span.file).or_default().push(span);
        for property in &record.properties {
            let known = |known: &&str| property.name.eq_ignore_ascii_case(known);
            let text = TEXT_PROPERTIES.iter().any(|name| known(&name));
            let place = property.span;
            let here = self.properties.entry(place.file).or_default();
            here.push((place, text));
        }
    }

    /// Whether the value at a place is free text; `None` where no property of
    /// an object stands.
    pub fn property(&self, file: FileId, at: u32) -> Option<bool> {
        let here = self.properties.get(&file)?;
        let before = here.partition_point(|(span, _)| span.start <= at);
        let near = here.get(before.saturating_sub(NEAR)..before)?;
        let around = near.iter().rev().find(|(span, _)| at < span.end);
        around.map(|(_, text)| *text)
    }

    /// The smallest thing around a place.
    pub fn around(&self, file: FileId, at: u32) -> Option<Span> {
        let here = self.things.get(&file)?;
        let before = here.partition_point(|span| span.start <= at);
        let near = here.get(before.saturating_sub(NEAR)..before)?;
        near.iter()
            .filter(|span| at < span.end)
            .min_by_key(|span| span.end.saturating_sub(span.start))
            .copied()
    }

    /// The largest thing that begins within a line, from the line's begin on.
    pub fn beginning_in(&self, line: Span) -> Option<Span> {
        let here = self.things.get(&line.file)?;
        let from = here.partition_point(|span| span.start < line.start);
        let until = here.partition_point(|span| span.start < line.end);
        let ends = here.get(from..until)?.iter().map(|span| span.end);
        ends.max()
            .map(|end| Span::new(line.file, line.start, end.max(line.end)))
    }
}
