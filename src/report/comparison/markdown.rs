//! A comparison as a comment of a pull request.

use std::io::{self, Write};

use super::findings::FindingStory;
use super::story::{Citation, Mark, PieceStory, Story};
use crate::finding::comparison::Comparison;
use crate::policy::Severity;
use crate::report::Messages;
use crate::report::markdown::escape;
use crate::report::text::printable;

/// So many pieces of a set are shown: GitHub takes comments of 65,536
/// characters.
const SHOWN: usize = 10;
/// So many findings are shown.
const SHOWN_FINDINGS: usize = 50;
/// So many pairs of ends are shown.
const SHOWN_ENDS: usize = 10;

/// Writes the comment; `summary` is the last line of the human form.
///
/// # Errors
/// When the output cannot be written.
pub fn write(
    out: &mut dyn Write,
    comparison: &Comparison<'_>,
    names: [&str; 2],
    summary: &str,
) -> io::Result<()> {
    let words = Messages::of(comparison.head.language);
    let story = Story::new(comparison, SHOWN);
    let [base, head] = names.map(|name| escape::code(&printable(name)));
    writeln!(out, "## exlint: {base} → {head}\n")?;
    writeln!(out, "{}\n", escape::text(summary))?;
    if !story.paths.is_empty() {
        writeln!(out, "### {}\n", words.get("diff.section-paths"))?;
    }
    for path in &story.paths {
        let mark = match path.mark {
            Mark::Bad => "❌",
            Mark::Open => "❓",
            Mark::Good => "✅",
            Mark::Neutral => "▫️",
        };
        let mut ends: Vec<String> = path
            .ends
            .iter()
            .take(SHOWN_ENDS)
            .map(|ends| escape::code(ends))
            .collect();
        let more = path.ends.len().saturating_sub(ends.len());
        if more > 0 {
            ends.push(words.count("diff.more-places", more));
        }
        writeln!(out, "- {mark} **{}**", escape::text(&path.sentence))?;
        if !ends.is_empty() {
            writeln!(out, "  {}<br>", ends.join(", "))?;
        }
        writeln!(out, "  {}", escape::text(&path.states))?;
        for service in &path.services {
            writeln!(out, "  - {}", escape::text(&service.text))?;
            citations(out, 4, words.get("diff.before"), &service.before)?;
            citations(out, 4, words.get("diff.after"), &service.after)?;
        }
    }
    if !story.paths.is_empty() {
        writeln!(out)?;
    }
    if !story.devices.is_empty() || !story.filters.is_empty() {
        writeln!(out, "### {}\n", words.get("diff.section-filters"))?;
    }
    for device in &story.devices {
        writeln!(out, "- {}\n", escape::text(device))?;
    }
    for filter in &story.filters {
        let counts: Vec<&str> = filter.sets.iter().map(|set| set.title.as_str()).collect();
        writeln!(
            out,
            "<details><summary>{} — {}</summary>\n",
            escape::html(&filter.title),
            escape::html(&counts.join(", "))
        )?;
        if let Some(remark) = &filter.remark {
            writeln!(out, "{}\n", escape::text(remark))?;
        }
        for set in &filter.sets {
            writeln!(out, "**{}**\n", escape::text(&set.title))?;
            for piece in &set.pieces {
                one(out, piece, words)?;
            }
            if set.more > 0 {
                writeln!(
                    out,
                    "- {}",
                    escape::text(&words.count("diff.more-pieces", set.more))
                )?;
            }
            writeln!(out)?;
        }
        citations(out, 0, words.get("diff.only-one-side"), &filter.differing)?;
        writeln!(out, "</details>\n")?;
    }
    let introduced = comparison.findings.introduced.iter();
    let introduced: Vec<FindingStory> = introduced
        .map(|finding| FindingStory::new(finding, words))
        .collect();
    findings(
        out,
        words,
        "diff.section-introduced",
        &introduced,
        Some(Severity::Error),
    )?;
    for section in &story.gone {
        findings(out, words, section.title, &section.findings, section.counts)?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, piece: &PieceStory, words: &Messages) -> io::Result<()> {
    let text = piece.sentence.as_ref().unwrap_or(&piece.text);
    writeln!(out, "- {}", escape::text(text))?;
    if let Some(witness) = &piece.witness {
        writeln!(
            out,
            "  - {}{}",
            words.get("check.packet"),
            escape::code(witness)
        )?;
    }
    citations(out, 2, words.get("diff.before"), &piece.before)?;
    citations(out, 2, words.get("diff.after"), &piece.after)?;
    if let Some(seen) = &piece.end_to_end {
        writeln!(out, "  - {}", escape::text(seen))?;
    }
    for reason in &piece.reasons {
        let text = words.fill("diff.because", &[("reason", reason)]);
        writeln!(out, "  - {}", escape::text(&text))?;
    }
    Ok(())
}

fn citations(
    out: &mut dyn Write,
    indent: usize,
    lead: &str,
    citations: &[Citation],
) -> io::Result<()> {
    let blanks = " ".repeat(indent);
    for citation in citations {
        let (place, rule) = (escape::code(&citation.place), escape::code(&citation.rule));
        writeln!(
            out,
            "{blanks}- {} {place} {rule}",
            escape::text(lead.trim())
        )?;
    }
    Ok(())
}

/// A section of findings, folded where they do not count.
fn findings(
    out: &mut dyn Write,
    words: &Messages,
    key: &str,
    findings: &[FindingStory],
    counts: Option<Severity>,
) -> io::Result<()> {
    if findings.is_empty() {
        return Ok(());
    }
    let title = format!("{} ({})", words.get(key), findings.len());
    if counts.is_some() {
        writeln!(out, "### {}\n", escape::text(&title))?;
    } else {
        writeln!(
            out,
            "<details><summary>{}</summary>\n",
            escape::html(&title)
        )?;
    }
    for finding in findings.iter().take(SHOWN_FINDINGS) {
        let severity = match finding.severity {
            Severity::Error => words.get("severity.error"),
            Severity::Warning => words.get("severity.warning"),
            Severity::Note => words.get("severity.note"),
        };
        writeln!(
            out,
            "- **{}** {} {} — {}",
            escape::text(severity),
            escape::text(&finding.rule),
            escape::code(&finding.place),
            escape::text(&finding.message)
        )?;
        if let Some(why) = &finding.why {
            let why = words.fill("diff.because", &[("reason", why)]);
            writeln!(out, "  - {}", escape::text(&why))?;
        }
    }
    let more = findings.len().saturating_sub(SHOWN_FINDINGS);
    if more > 0 {
        writeln!(
            out,
            "- {}",
            escape::text(&words.count("diff.more-findings", more))
        )?;
    }
    writeln!(out)?;
    if counts.is_none() {
        writeln!(out, "</details>\n")?;
    }
    Ok(())
}
