//! Records of what a Windows machine prints of itself, in the shape that
//! PowerShell's cmdlets give.

use std::borrow::Cow;
use std::sync::Arc;

use crate::formats::exchange::cmdlets::table;
use crate::formats::exchange::date::DateOrder;
use crate::formats::exchange::record::{MAX_OBJECTS, Origin, RawProperty, build, too_many};
use crate::formats::exchange::typing::Typing;
use crate::formats::exchange::value::Raw;
use crate::formats::{CmdletRun, Content, Problem};
use crate::source::Span;

/// The properties of one object.
#[derive(Debug)]
pub struct Object<'f> {
    cmdlet: &'static str,
    properties: Vec<RawProperty<'f>>,
    span: Span,
}

impl<'f> Object<'f> {
    /// An object of a cmdlet without properties.
    pub fn new(cmdlet: &'static str, span: Span) -> Self {
        Self {
            cmdlet,
            properties: Vec::new(),
            span,
        }
    }

    /// Where it stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Adds a text.
    pub fn text(&mut self, name: &'static str, value: impl Into<Cow<'f, str>>, span: Span) {
        self.span = self.span.to(span);
        self.shared_text(name, value, span);
    }

    /// Adds a text that stands elsewhere in the file, for several objects.
    pub fn shared_text(&mut self, name: &'static str, value: impl Into<Cow<'f, str>>, span: Span) {
        self.properties.push(RawProperty {
            name,
            raw: Raw::Text(value.into()),
            span,
        });
    }

    /// Adds a value as it is read.
    pub fn raw(&mut self, name: &'static str, raw: Raw<'f>, span: Span) {
        self.properties.push(RawProperty { name, raw, span });
    }

    /// Adds a list with its places.
    pub fn list(&mut self, name: &'static str, values: &[(&'f str, Span)]) {
        let Some((_, first)) = values.first() else {
            return;
        };
        let span = values.iter().fold(*first, |all, (_, span)| all.to(*span));
        self.span = self.span.to(span);
        let items = values.iter().map(|(value, _)| Cow::Borrowed(*value));
        self.properties.push(RawProperty {
            name,
            raw: Raw::List(items.collect()),
            span,
        });
    }
}

/// The objects of one file.
#[derive(Debug, Default)]
pub struct Objects {
    runs: Vec<CmdletRun>,
    count: usize,
    /// What went wrong.
    pub problems: Vec<Problem>,
}

impl Objects {
    /// Adds an object of a machine. `what` tells how the object is known.
    pub fn add(&mut self, object: Object<'_>, host: Option<&str>, what: &'static str) {
        let Some(cmdlet) = table().cmdlet(object.cmdlet) else {
            return;
        };
        self.count = self.count.saturating_add(1);
        if self.count > MAX_OBJECTS {
            if self.count == MAX_OBJECTS.saturating_add(1) {
                self.problems.push(too_many(object.span));
            }
            return;
        }
        let host: Option<Arc<str>> = host.map(Arc::from);
        let origin = Origin {
            cmdlet: Some(cmdlet),
            evidence: Some((what.into(), object.span)),
            host: host.clone(),
            directory_only: false,
            dates: DateOrder::Unknown,
        };
        let record = build(
            origin,
            &object.properties,
            object.span,
            &mut Typing::default(),
        );
        let same = |run: &&mut CmdletRun| run.cmdlet == Some(cmdlet.name) && run.host == host;
        match self.runs.iter_mut().rev().find(same) {
            Some(run) => {
                run.span = run.span.to(record.span);
                run.records.push(record);
            }
            None => self.runs.push(CmdletRun {
                cmdlet: Some(cmdlet.name),
                host,
                span: record.span,
                records: vec![record],
            }),
        }
    }

    /// The runs as contents of a file.
    pub fn finish(self) -> impl Iterator<Item = Content> {
        self.runs.into_iter().map(Content::Exchange)
    }
}
