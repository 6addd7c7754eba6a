//! What `trace` answers, for people and programs alike.

use super::text::printable;
use crate::estate::{Estate, FirewallId, Question};
use crate::flow::{Answer, Decider, Network, PartVerdict, Story, Verdict};
use crate::source::{Sources, Span, head};

/// Characters of a statement that are cited.
const MAX_TEXT: usize = 1024;

/// A question as it was asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Who sends.
    pub from: String,
    /// Who receives.
    pub to: String,
    /// The service.
    pub service: String,
    /// Source ports, where given.
    pub source_port: Option<String>,
    /// The one firewall that was asked for.
    pub device: Option<String>,
    /// Where the packets come in, where given.
    pub ingress: Option<String>,
    /// Where they go out, where given.
    pub egress: Option<String>,
    /// The one filter that was asked for.
    pub filter: Option<String>,
}

/// A question with its answer.
#[derive(Debug)]
pub struct Trace<'a> {
    /// The question.
    pub asked: Asked,
    /// The files.
    pub sources: &'a Sources,
    /// What they say.
    pub estate: &'a Estate,
    /// Its firewalls, prepared.
    pub network: &'a Network<'a>,
    /// The answer.
    pub answer: Answer,
    /// The same, packet by packet.
    pub stories: Vec<Story>,
}

impl Trace<'_> {
    /// The name of a firewall.
    #[must_use]
    pub fn device(&self, id: FirewallId) -> &str {
        device(self.estate, id)
    }

    /// Open questions of the estate about what this one is about: their
    /// answers may settle it.
    #[must_use]
    pub fn open(&self) -> Vec<&Question> {
        if self.answer.verdict == Verdict::Permit || self.answer.verdict == Verdict::Deny {
            return Vec::new();
        }
        let named = |subject: &str| {
            let asked = &self.asked;
            [Some(&asked.from), Some(&asked.to), asked.device.as_ref()]
                .into_iter()
                .flatten()
                .any(|name| name.eq_ignore_ascii_case(subject))
                || self
                    .answer
                    .firewalls
                    .iter()
                    .any(|id| self.device(*id).eq_ignore_ascii_case(subject))
        };
        self.estate
            .questions
            .iter()
            .filter(|question| named(&question.subject))
            .collect()
    }
}

/// The name of a firewall.
#[must_use]
pub fn device(estate: &Estate, id: FirewallId) -> &str {
    estate
        .firewalls
        .get(id.0 as usize)
        .map_or("", |firewall| firewall.name.as_str())
}

/// The text of a deciding statement: the line of the file, or what a
/// pseudo-rule is to be called. Secrets are masked.
#[must_use]
pub fn statement(sources: &Sources, decider: &Decider) -> String {
    match &decider.label {
        Some(label) => printable(label).into_owned(),
        None => span_text(sources, decider.span),
    }
}

/// The text of a span on one line, secrets masked.
#[must_use]
pub fn span_text(sources: &Sources, span: Span) -> String {
    let text = sources
        .get(span.file)
        .map(|file| file.joined(span))
        .unwrap_or_default();
    let safe = printable(head(&text, MAX_TEXT));
    safe.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The word for a verdict in JSON.
#[must_use]
pub fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Permit => "permit",
        Verdict::Deny => "deny",
        Verdict::Partial => "partial",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// The word for the verdict of a part in JSON.
#[must_use]
pub fn part_verdict(verdict: PartVerdict) -> &'static str {
    match verdict {
        PartVerdict::Permit => "permit",
        PartVerdict::Deny => "deny",
        PartVerdict::Inconclusive => "inconclusive",
    }
}
