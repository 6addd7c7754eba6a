//! `Export-Clixml`: PowerShell objects as XML (MS-PSRP, section 2.2.5).

mod condense;
pub(in crate::formats) mod reader;
pub(in crate::formats::exchange) mod text;

pub use condense::condense;

use std::sync::Arc;

use super::cmdlets::Cmdlet;
use super::collect::empty_result;
use super::date::DateOrder;
use super::health_checker::xml;
use super::infer::infer;
use super::naming;
use super::record::{MAX_OBJECTS, Origin, RawProperty, build, host_of_file, too_many};
use super::typing::Typing;
use super::value::Raw;
use super::{certificate, note_unknown_values};
use crate::formats::{
    CERTAIN, CmdletRun, Content, Document, Evidence, Format, Ledger, LineState, Problem,
    ProblemLevel,
};
use crate::model::exchange::Record;
use crate::source::{Omitted, SourceFile, Span, head};
use reader::Found;

/// PowerShell objects exported with `Export-Clixml`.
pub const CLIXML: Format = Format {
    id: "exchange-clixml",
    title: "Exchange objects (Export-Clixml)",
    detect,
    parse,
};

/// What the remark on objects without type names calls them.
const UNNAMED: &str = "an unnamed type";

const NAMESPACE: &str = "http://schemas.microsoft.com/powershell/2004/04";
/// Where the root element must begin, in bytes.
const HEAD: usize = 4096;

fn detect(file: &SourceFile) -> Option<Evidence> {
    let head = head(file.text(), HEAD);
    let start = head.find("<Objs")?;
    let before = head
        .get(..start)?
        .trim_start_matches('\u{feff}')
        .trim_start();
    let preamble = before.is_empty()
        || before.starts_with("<?xml")
        || before.starts_with("#< CLIXML")
        || before.starts_with("<!");
    let tag = head.get(start..)?;
    let tag = tag.get(..tag.find('>').map_or(tag.len(), |at| at.saturating_add(1)))?;
    if !preamble || !tag.contains(NAMESPACE) {
        return None;
    }
    Some(Evidence {
        strength: CERTAIN,
        what: "root element <Objs> of PowerShell's CLIXML".to_owned(),
        span: file.span_of(tag)?,
    })
}

/// Objects of one type that no rule reads, for one remark on all of them.
#[derive(Default)]
struct Unread<'a> {
    types: Vec<(&'a str, usize, Span)>,
}

impl<'a> Unread<'a> {
    /// Counts the objects that are missing beside the one of their kind that was
    /// kept.
    fn add_omitted(&mut self, omitted: &Omitted) {
        for (name, count) in &omitted.objects {
            let name = name.as_deref().unwrap_or(UNNAMED);
            let kept = self.types.iter_mut().find(|(known, ..)| *known == name);
            if let Some((_, all, _)) = kept {
                *all = all.saturating_add(usize::try_from(*count).unwrap_or(usize::MAX));
            }
        }
    }

    fn add(&mut self, type_name: &'a str, span: Span) {
        match self.types.iter_mut().find(|(name, ..)| *name == type_name) {
            Some((_, count, _)) => *count = count.saturating_add(1),
            None => {
                if self.types.len() < 64 {
                    self.types.push((type_name, 1, span));
                }
            }
        }
    }
}

/// Accounts for what was left out of a large file while it was read.
fn note_omitted(
    omitted: &Omitted,
    read: usize,
    ledger: &mut Ledger,
    problems: &mut Vec<Problem>,
    file: &SourceFile,
) {
    for _ in 0..omitted.units {
        ledger.push(LineState::Irrelevant);
    }
    // Who reads more objects than it may has said so already.
    if omitted.beyond > 0 && read <= MAX_OBJECTS {
        let end = file.text().len();
        let span = Span::of(file.id(), end..end);
        let message = format!(
            "only the first {read} objects were read; {} more would take too much memory",
            omitted.beyond
        );
        problems.push(Problem {
            level: ProblemLevel::Error,
            message,
            hint: Some("split the export into several files".to_owned()),
            span,
        });
        ledger.note(LineState::NotModelled, "objects beyond the limit", span);
    }
}

fn parse(file: &SourceFile) -> Document {
    let mut runs: Vec<CmdletRun> = Vec::new();
    let mut unread = Unread::default();
    let mut nothing_found = true;
    let mut objects = Objects::new(file);
    let mut read = 0_usize;
    let reading = reader::read(file, &mut |found, ledger, problems| {
        nothing_found = false;
        let type_name = found.type_name.unwrap_or(UNNAMED);
        let span = found.span;
        if read >= MAX_OBJECTS {
            if read == MAX_OBJECTS {
                problems.push(too_many(span));
                ledger.note(LineState::NotModelled, "objects beyond the limit", span);
                read = read.saturating_add(1);
            }
            return;
        }
        match objects.read(found, ledger, problems) {
            Some((cmdlet, record)) => {
                read = read.saturating_add(1);
                match runs.last_mut() {
                    Some(run) if run.cmdlet == Some(cmdlet.name) && run.host == record.host => {
                        run.span = run.span.to(record.span);
                        run.records.push(record);
                    }
                    _ => runs.push(CmdletRun {
                        cmdlet: Some(cmdlet.name),
                        host: record.host.clone(),
                        span: record.span,
                        records: vec![record],
                    }),
                }
            }
            None => unread.add(type_name, span),
        }
    });
    let mut ledger = reading.ledger;
    let mut problems = reading.problems;
    if let Some(omitted) = file.omitted() {
        unread.add_omitted(omitted);
        note_omitted(omitted, read, &mut ledger, &mut problems, file);
    }
    for (type_name, count, span) in unread.types {
        let why = format!("{count} objects of {type_name}, which no rule reads");
        ledger.note(LineState::Irrelevant, why, span);
    }
    if nothing_found
        && problems.is_empty()
        && let Some(run) = empty_run(file, &mut problems)
    {
        runs.push(run);
    }
    let mut content: Vec<Content> = runs.into_iter().map(Content::Exchange).collect();
    if xml::is_report(file) {
        let (own, remarks) = xml::read(file, &mut ledger);
        content.extend(own);
        problems.extend(remarks);
    }
    Document {
        content,
        ledger,
        problems,
    }
}

/// Makes records of the objects of one file.
struct Objects<'a> {
    file: &'a SourceFile,
    typing: Typing<'a>,
    /// The last cmdlet with the host that the file's name tells for it.
    host: Option<(&'static str, Option<Arc<str>>)>,
    /// The last type name as evidence.
    evidence: Option<(&'a str, Arc<str>)>,
}

impl<'a> Objects<'a> {
    fn new(file: &'a SourceFile) -> Self {
        Self {
            file,
            typing: Typing::default(),
            host: None,
            evidence: None,
        }
    }

    fn host(&mut self, cmdlet: &'static Cmdlet) -> Option<Arc<str>> {
        match &self.host {
            Some((name, host)) if *name == cmdlet.name => host.clone(),
            _ => {
                let host: Option<Arc<str>> = host_of_file(self.file.name(), cmdlet).map(Arc::from);
                self.host = Some((cmdlet.name, host.clone()));
                host
            }
        }
    }

    fn evidence(&mut self, type_name: &'a str) -> Arc<str> {
        match &self.evidence {
            Some((name, evidence)) if *name == type_name => Arc::clone(evidence),
            _ => {
                let evidence: Arc<str> = format!("type {type_name}").into();
                self.evidence = Some((type_name, Arc::clone(&evidence)));
                evidence
            }
        }
    }

    fn read(
        &mut self,
        found: Found<'a>,
        ledger: &mut Ledger,
        problems: &mut Vec<Problem>,
    ) -> Option<(&'static Cmdlet, Record)> {
        let (mut properties, mut elements): (Vec<RawProperty<'a>>, Vec<usize>) =
            found.properties.into_iter().unzip();
        let (cmdlet, evidence) = match found.cmdlet {
            Some((cmdlet, type_name, span)) => (cmdlet, (self.evidence(type_name), span)),
            None => {
                let (cmdlet, evidence, span) = infer(&properties)?;
                (cmdlet, (evidence.into(), span))
            }
        };
        if let Some((base64, span, element)) = found.raw_data
            && cmdlet.name == "Get-ExchangeCertificate"
        {
            let read = certificate::properties(base64, span).unwrap_or_else(|why| {
                problems.push(Problem {
                    level: ProblemLevel::Warning,
                    message: format!("a certificate could not be read: {why}"),
                    hint: Some(
                        "export the certificates again: Get-ExchangeCertificate | fl".into(),
                    ),
                    span,
                });
                vec![RawProperty {
                    name: "RawData",
                    raw: Raw::Opaque(why),
                    span,
                }]
            });
            for property in read {
                let shown = properties
                    .iter()
                    .any(|p| p.name.eq_ignore_ascii_case(property.name));
                if !shown {
                    properties.push(property);
                    elements.push(element);
                }
            }
        }
        let named = properties
            .iter()
            .any(|p| p.name == "PSComputerName" && matches!(p.raw, Raw::Text(_)));
        let origin = Origin {
            cmdlet: Some(cmdlet),
            evidence: Some(evidence),
            host: if named { None } else { self.host(cmdlet) },
            directory_only: false,
            dates: DateOrder::Unknown,
        };
        let record = build(origin, &properties, found.span, &mut self.typing);
        for unit in found.elements {
            if ledger.state(unit) == Some(LineState::Irrelevant) {
                ledger.set(unit, LineState::Modelled);
            }
        }
        note_unknown_values(cmdlet, &record, ledger, |key| {
            let mut shown = properties.iter().zip(&elements).rev();
            let (_, element) = shown.find(|(p, _)| p.name.eq_ignore_ascii_case(key))?;
            Some(*element..element.saturating_add(1))
        });
        Some((cmdlet, record))
    }
}

/// An export without objects: the cmdlet returned nothing, if the file's name
/// tells which one it was.
fn empty_run(file: &SourceFile, problems: &mut Vec<Problem>) -> Option<CmdletRun> {
    let cmdlet = naming::cmdlet_of_file(file.name())?;
    let span = Span::of(file.id(), 0..file.text().len());
    problems.push(empty_result(cmdlet, span));
    Some(CmdletRun {
        cmdlet: Some(cmdlet.name),
        host: host_of_file(file.name(), cmdlet).map(Arc::from),
        records: Vec::new(),
        span,
    })
}

#[cfg(test)]
mod tests;
