//! The words of a finding, safe to write, for every report that is made of
//! texts: secrets masked, control characters visible, one line each.

use serde_json::Value;

use super::Messages;
use super::text::{printable, prose};
use crate::finding::{About, Finding, Label, Run, Suppression, SuppressionKind, Undecided};
use crate::policy::{Confidence, Severity};

/// A finding in words.
#[derive(Debug, Clone)]
pub struct Told {
    /// `FU005`.
    pub rule: String,
    /// `adam-cleartext-port-exposed`.
    pub name: String,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// Where it is; the place to change.
    pub place: ToldPlace,
    /// Further evidence.
    pub related: Vec<ToldPlace>,
    /// A packet that shows it.
    pub packet: Option<String>,
    /// The weak link of a derived finding.
    pub weak: Option<String>,
    /// Why it matters.
    pub why: Option<String>,
    /// What to do, a sentence.
    pub fix: String,
    /// Lines that do it, to paste as they are.
    pub commands: Vec<String>,
    /// What it is about.
    pub subject: String,
}

/// A place in words.
#[derive(Debug, Clone)]
pub struct ToldPlace {
    /// The file's name.
    pub file: String,
    /// First line, from 1.
    pub line: u32,
    /// First column, from 1, in characters.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// One past the last column.
    pub end_column: u32,
    /// What it shows; may be empty.
    pub label: String,
}

impl ToldPlace {
    fn new(label: &Label, text: &str) -> Self {
        Self {
            file: printable(&label.place.file).into_owned(),
            line: label.place.line,
            column: label.place.column,
            end_line: label.place.end_line,
            end_column: label.place.end_column,
            label: line(text),
        }
    }

    /// `fw/inner.cfg:12:1`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Told {
    /// A finding in the language of `words`; in its own where the run was not
    /// asked for two languages.
    #[must_use]
    pub fn new(finding: &Finding, run: &Run, words: &Messages) -> Self {
        let wording = run
            .translations
            .as_ref()
            .filter(|translations| translations.language == words.language())
            .and_then(|translations| translations.findings.get(&finding.fingerprint));
        let message = wording.map_or(&*finding.message, |wording| &*wording.message);
        let why = wording.map_or(finding.why.as_deref(), |wording| wording.why.as_deref());
        let fix = wording.map_or(&*finding.fix, |wording| &*wording.fix);
        let fix = prose(&words.quoting(fix));
        let mut fix = fix.lines();
        let mut labels = std::iter::once(&finding.primary)
            .chain(&finding.related)
            .enumerate()
            .map(|(number, label)| {
                let text = wording.and_then(|wording| wording.labels.get(number));
                ToldPlace::new(label, text.unwrap_or(&label.text))
            });
        let place = labels
            .next()
            .unwrap_or_else(|| ToldPlace::new(&finding.primary, ""));
        Self {
            rule: printable(&finding.rule.id).into_owned(),
            name: printable(&finding.rule.name).into_owned(),
            severity: finding.severity,
            message: line(&words.quoting(message)),
            place,
            related: labels.collect(),
            packet: finding
                .witness
                .as_ref()
                .and_then(packet)
                .map(|packet| printable(&packet).into_owned()),
            weak: (finding.confidence == Confidence::Derived).then(|| match &finding.weak {
                Some(weak) => line(&words.phrase(weak)),
                None => words.get("check.derived-unnamed").to_owned(),
            }),
            why: why.map(line),
            fix: fix.next().unwrap_or_default().to_owned(),
            commands: fix.map(str::to_owned).collect(),
            subject: printable(&finding.subject).into_owned(),
        }
    }

    /// `error[FU005]`.
    #[must_use]
    pub fn tag(&self) -> String {
        format!("{}[{}]", self.severity.as_str(), self.rule)
    }
}

/// An open question in words.
#[derive(Debug, Clone)]
pub struct ToldQuestion {
    /// `FU005`.
    pub rule: String,
    /// `adam-cleartext-port-exposed`.
    pub name: String,
    /// What is not decided.
    pub message: String,
    /// Why it is not.
    pub why: Vec<String>,
    /// Commands, or lines for the inventory, that settle it.
    pub settle: Vec<String>,
    /// What it is about.
    pub subject: String,
    /// What raises it; may be empty.
    pub places: Vec<ToldPlace>,
}

impl ToldQuestion {
    /// A question in the language of `words`.
    #[must_use]
    pub fn new(item: &Undecided, run: &Run, words: &Messages) -> Self {
        let wording = run
            .translations
            .as_ref()
            .filter(|translations| translations.language == words.language())
            .and_then(|translations| translations.question(item));
        let (message, why) = match wording {
            Some(wording) => (&wording.message, &wording.why),
            None => (&item.message, &item.why),
        };
        Self {
            rule: printable(&item.rule.id).into_owned(),
            name: printable(&item.rule.name).into_owned(),
            message: line(&words.quoting(message)),
            why: why.iter().map(|why| line(&words.phrase(why))).collect(),
            settle: item
                .settle
                .iter()
                .map(|step| prose(&words.phrase(step)))
                .collect(),
            subject: printable(&item.subject).into_owned(),
            places: item
                .labels
                .iter()
                .map(|label| ToldPlace::new(label, &label.text))
                .collect(),
        }
    }
}

/// Why a finding is hidden, in words.
#[must_use]
pub fn suppression(by: &Suppression, words: &Messages) -> String {
    let kind = words.get(match by.kind {
        SuppressionKind::Inline => "suppressed.inline",
        SuppressionKind::Configuration => "suppressed.configuration",
        SuppressionKind::AllowedFlow => "suppressed.allowed-flow",
        SuppressionKind::Baseline => "suppressed.baseline",
    });
    let reason = line(&by.reason);
    let mut text = words.fill(
        "suppressed.because",
        &[("kind", &kind), ("reason", &reason)],
    );
    if let Some(until) = &by.until {
        text.push_str(&words.fill("suppressed.until", &[("date", &printable(until))]));
    }
    if let Some(place) = &by.place {
        let place = format!("{}:{}", printable(&place.file), place.line);
        text.push_str(&words.fill("suppressed.place", &[("place", &place)]));
    }
    text
}

/// The heading under which a finding is told.
#[must_use]
pub fn about(about: &About, words: &Messages) -> String {
    let name = printable(about.name().unwrap_or_default()).into_owned();
    match about {
        About::Firewall(_) => words.fill("check.about-firewall", &[("name", &name)]),
        About::Server(_) => words.fill("check.about-server", &[("name", &name)]),
        About::Organization => words.get("check.about-organization").to_owned(),
    }
}

/// A sentence of ours on one line.
fn line(text: &str) -> String {
    prose(text).replace('\n', " ")
}

/// A packet as one line: `tcp 198.51.100.7:40000 -> 192.0.2.10:50389`.
#[must_use]
pub fn packet(witness: &Value) -> Option<String> {
    let field = |name: &str| match witness.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let end = |address: String, port: Option<String>| match port {
        Some(port) if address.contains(':') => format!("[{address}]:{port}"),
        Some(port) => format!("{address}:{port}"),
        None => address,
    };
    let source = end(field("source")?, field("source_port"));
    let destination = end(field("destination")?, field("destination_port"));
    let protocol = field("protocol").unwrap_or_default();
    Some(
        format!("{protocol} {source} -> {destination}")
            .trim()
            .to_owned(),
    )
}
