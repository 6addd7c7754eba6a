//! Configurations that a template was to make, with its lines left in: which
//! statements the device gets is not known.

use super::reasons::record;
use super::rules::{pseudo_rule, undecided};
use super::templates::{self, Line};
use crate::formats::{Content, Document, LineState};
use crate::model::firewall::{
    Action, AddressView, Filter, FilterDefault, FilterId, Firewall, InterfaceMatch, NotModelled,
    Passage, Stage,
};
use crate::source::{SourceFile, Span};

/// Why nothing is decided.
pub const TEMPLATE: &str = "a line of a template decides which statements are there";

/// Leaves everything open where lines of a template may leave out statements
/// that decide, or stand for some. Around lines that cannot change a verdict
/// they change nothing.
#[must_use]
pub fn left_open(file: &SourceFile, mut document: Document) -> Document {
    let Some(first) = mark(file, &mut document) else {
        return document;
    };
    for content in &mut document.content {
        if let Content::Firewall(firewall) = content {
            open(firewall, first);
        }
    }
    document
}

/// Lines of a template that wait for a statement which they may leave out.
#[derive(Default)]
struct Part {
    depth: i32,
    waiting: Vec<(usize, Span)>,
    decides: bool,
}

/// Marks the lines that decide what is there; the first of them.
fn mark(file: &SourceFile, document: &mut Document) -> Option<Span> {
    let text = file.text().as_bytes();
    let marks = ["{%", "%{", "<%", "${", "{{", "$("];
    if !marks
        .iter()
        .any(|mark| memchr::memmem::find(text, mark.as_bytes()).is_some())
    {
        return None;
    }
    let mut first = None;
    let mut part = Part::default();
    for (at, (span, text)) in file.lines().enumerate() {
        let state = document.ledger.states().get(at).copied();
        let Some(said) = said(text.trim(), state) else {
            let open = part.depth > 0 && !part.decides;
            if open && !matches!(state, None | Some(LineState::Irrelevant)) {
                part.decides = true;
                settle(&mut part, document, &mut first);
            }
            continue;
        };
        part.depth = part.depth.saturating_add(said.depth);
        part.waiting.push((at, span));
        if part.decides || said.more || part.depth < 0 {
            settle(&mut part, document, &mut first);
        }
        if part.depth <= 0 {
            part = Part::default();
        }
    }
    first
}

/// What a line says in the language of a template. What only looks like a value
/// to be filled in counts where the reader of the device does not know the line.
fn said(text: &str, state: Option<LineState>) -> Option<Line> {
    let line = templates::line(text).filter(|line| line.directive)?;
    let certain = ["{%", "%{", "<%"].iter().any(|mark| text.starts_with(mark));
    let unknown = matches!(
        state,
        Some(LineState::Unrecognised | LineState::NotModelled)
    );
    (certain || unknown).then_some(line)
}

fn settle(part: &mut Part, document: &mut Document, first: &mut Option<Span>) {
    for (at, span) in part.waiting.drain(..) {
        first.get_or_insert(span);
        if document.ledger.states().get(at) != Some(&LineState::Unrecognised) {
            document.ledger.set(at, LineState::NotModelled);
        }
        document.ledger.note(LineState::NotModelled, TEMPLATE, span);
    }
}

/// Leaves every packet open, whatever the statements say that are there.
fn open(firewall: &mut Firewall, at: Span) {
    let reason = NotModelled {
        reason: TEMPLATE.to_owned(),
        span: at,
        asks: Default::default(),
    };
    let reason = record(&mut firewall.not_modelled, reason);
    let any = pseudo_rule(Action::Permit, TEMPLATE, at);
    let mut roots: Vec<FilterId> = firewall.stages.iter().map(|stage| stage.filter).collect();
    roots.sort_unstable();
    roots.dedup();
    for root in roots {
        if let Some(filter) = firewall.filters.get_mut(root.0 as usize) {
            filter.rules.splice(0..0, undecided(&any, reason));
        }
    }
    // There may be more lists than those that are there.
    let filter = FilterId(u32::try_from(firewall.filters.len()).unwrap_or(u32::MAX));
    firewall.filters.push(Filter {
        name: "template".to_owned(),
        rules: undecided(&any, reason).into(),
        default: FilterDefault {
            action: Action::Permit,
            label: TEMPLATE.to_owned(),
            span: at,
        },
        span: at,
        filters_traffic: false,
    });
    firewall.stages.push(Stage {
        label: "template".to_owned(),
        passage: Passage::Transit,
        ingress: InterfaceMatch::Any,
        egress: InterfaceMatch::Any,
        filter,
        view: AddressView::Mapped,
        span: at,
    });
}
