//! What was read, and what was not.

use std::io;

use super::page::Page;
use super::section;
use crate::finding::FileKind;
use crate::formats::ProblemLevel;
use crate::report::text::{printable, prose};

/// Writes the section.
pub fn write(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    section(page, "inputs", "html.inputs")?;
    problems(page)?;
    page.raw("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"inputs-title\"><table><thead><tr>")?;
    for key in [
        "html.file",
        "html.format",
        "html.lines",
        "html.not-understood",
    ] {
        page.raw("<th scope=\"col\">")?;
        page.words(key)?;
        page.raw("</th>")?;
    }
    page.raw("</tr></thead><tbody>\n")?;
    for file in &run.files {
        let name = run.sources.get(file.id).map_or("", |source| source.name());
        page.raw("<tr><td class=\"file\">")?;
        page.text(&printable(name))?;
        page.raw("</td><td>")?;
        match &file.kind {
            FileKind::Recognised { format, .. } => {
                page.both(|words| words.phrase(format.title).into_owned())?;
                let totals = file.totals();
                let lost = totals.unrecognised;
                writeln!(
                    page.out,
                    "</td><td class=\"number\">{}</td><td class=\"number\">{lost}</td></tr>",
                    totals.total
                )?;
            }
            FileKind::NotRecognised { reason, .. } => {
                page.both(|words| prose(&words.phrase(reason)))?;
                page.raw("</td><td></td><td></td></tr>\n")?;
            }
        }
    }
    for skipped in &run.skipped {
        page.raw("<tr><td class=\"file\">")?;
        page.text(&printable(&skipped.name))?;
        page.raw("</td><td>")?;
        let reason = skipped.reason.to_string();
        page.both(|words| prose(&words.phrase(&reason)))?;
        page.raw("</td><td></td><td></td></tr>\n")?;
    }
    page.raw("</tbody></table></div>\n</section>\n")
}

fn problems(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    let told = |level| level != ProblemLevel::Note;
    if !run.problems().any(|problem| told(problem.level)) {
        return Ok(());
    }
    page.raw("<ul class=\"problems\">\n")?;
    for problem in run.problems().filter(|problem| told(problem.level)) {
        let Some((file, at)) = run.sources.locate(problem.span) else {
            continue;
        };
        let place = format!("{}:{}:{}", printable(file), at.line, at.column);
        page.raw("<li>")?;
        page.element("code", "place", &place)?;
        page.raw(" ")?;
        page.both(|words| {
            let mut text = prose(&words.phrase(&problem.message));
            if let Some(hint) = &problem.hint {
                text.push_str(". ");
                text.push_str(&prose(&words.phrase(hint)));
            }
            text
        })?;
        page.raw("</li>\n")?;
    }
    page.raw("</ul>\n")
}
