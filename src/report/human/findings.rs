//! Findings and open questions for a terminal.

use std::collections::BTreeSet;
use std::fmt;
use std::io;

use super::{Human, severity_ink};
use crate::finding::{About, Finding, Label, Sighting, Undecided, by_about, bytes_in_line};
use crate::policy::{Confidence, Severity};
use crate::report::excerpt::{Excerpts, TAB, address};
use crate::report::style::Ink;
use crate::report::text::{printable, prose};
use crate::report::told::{self, packet};
use crate::report::wrap;
use crate::source::Sources;
use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters,
    ThemeStyles,
};
use rayon::prelude::*;

/// Undecided items of one rule that are shown without `-v`.
const SHOWN_UNDECIDED: usize = 3;

impl Human<'_> {
    /// Writes every finding under the device or server that it is about.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn findings(&mut self, findings: &[Finding], sources: &Sources) -> io::Result<()> {
        /// Findings that one thread writes at a time.
        const PART: usize = 32;
        /// Findings whose text is held in memory at once.
        const HELD: usize = 64 * PART;
        let (words, paint, columns) = (self.words, self.paint, self.columns);
        let (verbose, quiet) = (self.verbose, self.quiet);
        let groups = by_about(findings);
        let headed: Vec<(Option<String>, &Finding)> = groups
            .iter()
            .flat_map(|(about, group)| {
                let heading = self.heading(about, group.len());
                let headings = std::iter::once(Some(heading)).chain(std::iter::repeat(None));
                headings.zip(group.iter().copied())
            })
            .collect();
        let write = |part: &[(Option<String>, &Finding)]| {
            let mut text = Vec::new();
            let handler = handler(columns);
            let mut human = Human {
                out: &mut text,
                words,
                paint,
                columns,
                verbose,
                quiet,
            };
            for (heading, finding) in part {
                if let Some(heading) = heading {
                    let heading = human.paint.ink(Ink::Bold, heading);
                    writeln!(human.out, "{heading}\n")?;
                }
                human.finding(finding, sources, &handler)?;
            }
            Ok(text)
        };
        for held in headed.chunks(HELD) {
            let texts: Vec<io::Result<Vec<u8>>> = held.par_chunks(PART).map(write).collect();
            for text in texts {
                self.out.write_all(&text?)?;
            }
        }
        Ok(())
    }

    /// What findings are about, and how many there are.
    pub(super) fn heading(&self, about: &About, count: usize) -> String {
        let words = self.words;
        let name = told::about(about, words);
        format!("{name} · {}", words.count("summary.findings", count))
    }

    fn finding(
        &mut self,
        finding: &Finding,
        sources: &Sources,
        handler: &GraphicalReportHandler,
    ) -> io::Result<()> {
        let ink = severity_ink(finding.severity);
        let word = self.severity_word(finding.severity);
        let tag = format!("{word}[{}]", printable(&finding.rule.id));
        let name = printable(&finding.rule.name).into_owned();
        writeln!(
            self.out,
            "{} {}",
            self.paint.ink(ink, &tag),
            self.paint.ink(Ink::Bold, &name)
        )?;
        self.text(2, &prose(&self.words.quoting(&finding.message)))?;
        let labels: Vec<&Label> = std::iter::once(&finding.primary)
            .chain(&finding.related)
            .collect();
        self.excerpts(&labels, sources, handler, finding.severity)?;
        if let Some(witness) = finding.witness.as_ref().and_then(packet) {
            self.item(Ink::Dim, "check.packet", &printable(&witness))?;
        }
        if finding.confidence == Confidence::Derived {
            let weak = match &finding.weak {
                Some(weak) => prose(&self.words.phrase(weak)),
                None => self.words.get("check.derived-unnamed").to_owned(),
            };
            self.item(Ink::Yellow, "check.derived", &weak)?;
        }
        if let Some(why) = &finding.why {
            let why = prose(wrap::first_sentence(why));
            self.item(Ink::Dim, "check.why", &why)?;
        }
        self.fix(&self.words.quoting(&finding.fix))?;
        let see = format!("exlint explain {}", printable(&finding.rule.id));
        self.item(Ink::Dim, "check.see", &see)?;
        writeln!(self.out)
    }

    /// Writes what to do: a sentence, then lines to paste as they are.
    fn fix(&mut self, fix: &str) -> io::Result<()> {
        let fix = prose(fix);
        let (words, lines) = fix.split_once('\n').unwrap_or((&fix, ""));
        self.item(Ink::Green, "check.fix", words)?;
        let room = self.columns.saturating_sub(4);
        for line in lines.lines().flat_map(|line| wrap::command(line, room)) {
            writeln!(self.out, "    {line}")?;
        }
        Ok(())
    }

    /// Writes the lines that labels show, the first label as the primary one.
    pub(super) fn excerpts(
        &mut self,
        labels: &[&Label],
        sources: &Sources,
        handler: &GraphicalReportHandler,
        severity: Severity,
    ) -> io::Result<()> {
        let sightings: Vec<Sighting<'_>> = labels
            .iter()
            .filter_map(|label| {
                let file = sources.get(label.span.file)?;
                Some(Sighting {
                    file,
                    place: &label.place,
                    bytes: bytes_in_line(file, label.span),
                    label: &label.text,
                })
            })
            .collect();
        let excerpts = Excerpts::new(&sightings, self.columns);
        if excerpts.is_empty() {
            return Ok(());
        }
        let labels = excerpts.labels();
        let rendered = if self.paint.colour {
            let colours = coloured(&labels, severity);
            render(&handler.clone().with_theme(colours), &excerpts, labels)
        } else {
            render(handler, &excerpts, labels)
        };
        self.out.write_all(rendered.as_bytes())?;
        if excerpts.hidden() > 0 {
            let more = self.words.count("check.hidden", excerpts.hidden());
            self.text(2, &more)?;
        }
        Ok(())
    }

    /// Writes what could not be decided, grouped by rule.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn undecided(&mut self, items: &[Undecided]) -> io::Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        let title = self.words.count("check.undecided-title", items.len());
        writeln!(self.out, "{}", self.paint.ink(Ink::Bold, &title))?;
        writeln!(self.out)?;
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for group in items.chunk_by(|a, b| a.rule.id == b.rule.id) {
            let Some(first) = group.first() else { continue };
            let tag = format!("?[{}]", printable(&first.rule.id));
            let name = printable(&first.rule.name).into_owned();
            writeln!(
                self.out,
                "{} {}",
                self.paint.ink(Ink::Yellow, &tag),
                self.paint.ink(Ink::Bold, &name)
            )?;
            let shown = if self.verbose {
                group.len()
            } else {
                SHOWN_UNDECIDED
            };
            for (index, item) in group.iter().take(shown).enumerate() {
                if index > 0 {
                    writeln!(self.out)?;
                }
                self.text(2, &prose(&self.words.quoting(&item.message)))?;
                if let Some(label) = item.labels.first() {
                    writeln!(self.out, "    --> {}", address(&label.place))?;
                }
                for why in &item.why {
                    let why = prose(&self.words.phrase(why));
                    self.item(Ink::Dim, "check.why", &why)?;
                }
                // Lines for the inventory are told once; then the command will do.
                let settle: Vec<String> = item
                    .settle
                    .iter()
                    .map(|text| match text.split_once("\n#") {
                        Some((command, _)) if !told.insert(text) => command.to_owned(),
                        _ => text.clone(),
                    })
                    .collect();
                self.commands(Ink::Green, "check.settle", &settle)?;
            }
            let more = group.len().saturating_sub(shown);
            if more > 0 {
                let text = self
                    .words
                    .count("check.undecided-more", more)
                    .replace("{rule}", &printable(&first.rule.id));
                self.text(2, &text)?;
            }
            writeln!(self.out)?;
        }
        Ok(())
    }
}

/// What miette needs to know: the excerpts and their labels. The words of a
/// finding are written around it.
struct Shown<'a> {
    excerpts: &'a Excerpts,
    labels: Vec<LabeledSpan>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shown")
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.excerpts)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

fn render(
    handler: &GraphicalReportHandler,
    excerpts: &Excerpts,
    labels: Vec<LabeledSpan>,
) -> String {
    let mut text = String::new();
    if handler
        .render_report(&mut text, &Shown { excerpts, labels })
        .is_err()
    {
        return String::new();
    }
    // The first line is miette's place for the message.
    let body = text.split_once('\n').map_or("", |(_, body)| body);
    body.lines()
        .map(str::trim_end)
        .fold(String::with_capacity(body.len()), |mut out, line| {
            out.push_str(line);
            out.push('\n');
            out
        })
}

pub(super) fn handler(columns: usize) -> GraphicalReportHandler {
    GraphicalReportHandler::new_themed(GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles: ThemeStyles::none(),
    })
    .with_width(columns)
    .with_context_lines(1)
    .with_links(false)
    .tab_width(TAB)
    .without_syntax_highlighting()
}

/// The primary label in the colour of the severity, the others in another.
fn coloured(labels: &[LabeledSpan], severity: Severity) -> GraphicalTheme {
    let mut styles = ThemeStyles::ansi();
    let primary = match severity {
        Severity::Error => styles.error,
        Severity::Warning => styles.warning,
        Severity::Note => styles.advice,
    };
    let related = match severity {
        Severity::Note => styles.warning,
        _ => styles.advice,
    };
    styles.highlights = labels
        .iter()
        .map(|label| if label.primary() { primary } else { related })
        .collect();
    GraphicalTheme {
        characters: ThemeCharacters::unicode(),
        styles,
    }
}
