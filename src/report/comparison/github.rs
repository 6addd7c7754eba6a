//! A comparison as annotations of GitHub on the lines of the head.
//!
//! The form of the commands and what is escaped in them: "Workflow commands
//! for GitHub Actions" and `command.ts` of `actions/toolkit`.

use std::io::{self, Write};

use super::story::{Mark, Story};
use crate::finding::Place;
use crate::finding::comparison::Comparison;
use crate::policy::Severity;
use crate::report::Messages;
use crate::report::github::{Shown, data, level, plain, property};
use crate::report::text::{printable, prose};

/// So many pieces of a set get an annotation: GitHub shows ten of a kind.
const SHOWN: usize = 5;

/// What is cured needs no annotation.
const CURED: &str = "diff.section-cured";

/// Writes the annotations, what is worst first.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, comparison: &Comparison<'_>) -> io::Result<()> {
    let words = Messages::of(comparison.head.language);
    let story = Story::new(comparison, SHOWN);
    let mut shown = Shown::default();
    let mut annotation = |severity, place: Option<&Place>, title: &str, text: &str| {
        if shown.takes(severity) {
            return annotation(out, level(severity), place, title, text);
        }
        let place = place.map_or(String::new(), |place| {
            format!("{}:{}: ", printable(&place.file), place.line)
        });
        writeln!(out, "{}", plain(&format!("{place}{title}")))
    };
    if comparison.incomplete() {
        annotation(
            Severity::Error,
            None,
            "exlint diff",
            words.get("diff.unread"),
        )?;
    }
    for path in &story.paths {
        let severity = match path.mark {
            Mark::Bad => Severity::Error,
            Mark::Open => Severity::Warning,
            Mark::Good | Mark::Neutral => Severity::Note,
        };
        let mut lines = vec![path.ends.join(", "), path.states.clone()];
        lines.extend(path.services.iter().map(|service| service.text.clone()));
        lines.retain(|line| !line.is_empty());
        let text = lines.join("\n");
        annotation(severity, path.place.as_ref(), &path.sentence, &text)?;
    }
    for finding in &comparison.findings.introduced {
        let title = format!(
            "{} {}",
            printable(&finding.rule.id),
            printable(&finding.rule.name)
        );
        let message = prose(&words.quoting(&finding.message));
        annotation(
            finding.severity,
            Some(&finding.primary.place),
            &title,
            &message,
        )?;
    }
    for section in story.gone.iter().filter(|s| s.title != CURED) {
        for finding in &section.findings {
            let title = format!("{} {}", finding.rule, words.get(section.title));
            let why = finding.why.iter().map(String::as_str);
            let lines: Vec<&str> = std::iter::once(finding.message.as_str())
                .chain(why)
                .collect();
            let severity = section.counts.unwrap_or(Severity::Note);
            annotation(severity, finding.now.as_ref(), &title, &lines.join("\n"))?;
        }
    }
    for filter in &story.filters {
        for set in &filter.sets {
            let title = format!("{}: {}", filter.title, set.title);
            for piece in &set.pieces {
                let place = piece.place.as_ref();
                let seen = piece.end_to_end.iter().map(String::as_str);
                let (title, first) = match &piece.sentence {
                    Some(sentence) => (sentence, &title),
                    None => (&title, &piece.text),
                };
                let lines: Vec<&str> = std::iter::once(first.as_str()).chain(seen).collect();
                annotation(Severity::Note, place, title, &lines.join("\n"))?;
            }
        }
    }
    if shown.others > 0 {
        let text = words.count("diff.more-annotations", shown.others);
        writeln!(out, "{}", plain(&text))?;
    }
    Ok(())
}

fn annotation(
    out: &mut dyn Write,
    kind: &str,
    place: Option<&Place>,
    title: &str,
    text: &str,
) -> io::Result<()> {
    write!(out, "::{kind} ")?;
    if let Some(place) = place {
        let file = property(&printable(&place.file));
        write!(out, "file={file},line={},", place.line)?;
        if place.end_line > place.line {
            write!(out, "endLine={},", place.end_line)?;
        }
    }
    writeln!(out, "title={}::{}", property(title), data(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        let mut out = Vec::new();
        let place = Place {
            file: "a,b:c.cfg".into(),
            line: 3,
            column: 1,
            end_line: 3,
            end_column: 4,
        };
        annotation(
            &mut out,
            "error",
            Some(&place),
            "50 %: a",
            "x\n::set-env::y",
        )
        .expect("memory");
        assert_eq!(
            String::from_utf8(out).expect("UTF-8"),
            "::error file=a%2Cb%3Ac.cfg,line=3,title=50 %25%3A a::x%0A::set-env::y\n"
        );
    }
}
