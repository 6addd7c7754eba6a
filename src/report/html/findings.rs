//! Findings with their evidence, and what filters them.

use std::collections::BTreeSet;
use std::io;

use super::page::{Page, escape, prose_spans, spans};
use super::section;
use crate::finding::{Finding, Suppressed, by_about};
use crate::policy::Severity;
use crate::report::quote::{Quote, QuotedLine, quotes};
use crate::report::text::printable;
use crate::report::told::{self, Told, suppression};

/// Writes the section of findings.
pub fn write(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    section(page, "findings", "report.findings")?;
    if run.findings.is_empty() {
        page.raw("<p>")?;
        page.words("report.no-findings")?;
        return page.raw("</p>\n</section>\n");
    }
    filters(page)?;
    for (about, findings) in by_about(&run.findings) {
        page.raw("<div class=\"group\">\n<h3>")?;
        page.both(|words| told::about(about, words))?;
        page.raw("</h3>\n")?;
        for finding in findings {
            article(page, finding, None)?;
        }
        page.raw("</div>\n")?;
    }
    page.raw("<p id=\"nothing-shown\" hidden>")?;
    page.words("html.nothing-shown")?;
    page.raw("</p>\n</section>\n")
}

/// Writes the section of findings that exceptions hide.
pub fn write_suppressed(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    if run.suppressed.is_empty() {
        return Ok(());
    }
    section(page, "suppressed", "report.suppressed")?;
    page.raw("<p>")?;
    page.words("html.suppressed")?;
    page.raw("</p>\n")?;
    for suppressed in &run.suppressed {
        article(page, &suppressed.finding, Some(suppressed))?;
    }
    page.raw("</section>\n")
}

/// Writes the controls: the script makes them work, so it also shows them.
fn filters(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    page.raw("<form class=\"filters\" id=\"filters\" hidden>\n<label class=\"search\">")?;
    page.words("html.search")?;
    page.raw(
        " <input type=\"search\" id=\"search\" autocomplete=\"off\"></label>\n<fieldset><legend>",
    )?;
    page.words("html.severity")?;
    page.raw("</legend>")?;
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let count = run
            .findings
            .iter()
            .filter(|f| f.severity == severity)
            .count();
        let name = severity.as_str();
        write!(
            page.out,
            "<label class=\"check\"><input type=\"checkbox\" name=\"severity\" value=\"{name}\" checked> \
             <span class=\"badge {name}\">"
        )?;
        page.words(&format!("severity.{name}"))?;
        write!(page.out, "</span> {count}</label> ")?;
    }
    page.raw("</fieldset>\n")?;
    let rules: BTreeSet<(String, String)> = run
        .findings
        .iter()
        .map(|finding| {
            let id = printable(&finding.rule.id).into_owned();
            let text = format!("{id} {}", printable(&finding.rule.name));
            (id, text)
        })
        .collect();
    choice(page, "rule", "report.rule", &rules)?;
    let abouts: BTreeSet<(String, String)> = run
        .findings
        .iter()
        .filter_map(|finding| finding.about.name())
        .map(|name| (printable(name).into_owned(), printable(name).into_owned()))
        .collect();
    choice(page, "about", "html.device", &abouts)?;
    let paths: BTreeSet<(String, String)> = run
        .findings
        .iter()
        .flat_map(|finding| finding.paths.iter())
        .map(|path| (path.clone(), path.clone()))
        .collect();
    choice(page, "path", "html.path", &paths)?;
    page.raw("<p class=\"shown\" role=\"status\"><output id=\"shown\"></output> ")?;
    write!(page.out, "/ {} ", run.findings.len())?;
    page.words("html.shown")?;
    page.raw("</p>\n<button type=\"reset\">")?;
    page.words("html.reset")?;
    page.raw("</button>\n</form>\n")
}

fn choice(
    page: &mut Page<'_>,
    name: &str,
    key: &str,
    values: &BTreeSet<(String, String)>,
) -> io::Result<()> {
    page.raw("<label>")?;
    page.words(key)?;
    // The text of an option is the same in both languages.
    write!(
        page.out,
        " <select name=\"{name}\"><option value=\"\">∗</option>"
    )?;
    for (value, text) in values {
        let (value, text) = (escape(value), escape(text));
        write!(page.out, "<option value=\"{value}\">{text}</option>")?;
    }
    page.raw("</select></label>\n")
}

fn article(
    page: &mut Page<'_>,
    finding: &Finding,
    suppressed: Option<&Suppressed>,
) -> io::Result<()> {
    let run = page.context.run;
    let [english, japanese] = page.languages.map(|words| Told::new(finding, run, words));
    let severity = finding.severity.as_str();
    let class = if suppressed.is_some() {
        "finding suppressed"
    } else {
        "finding"
    };
    write!(
        page.out,
        "<article class=\"{class} {severity}\" id=\"f-{}\" data-severity=\"{severity}\" \
         data-rule=\"{}\" data-about=\"{}\" data-paths=\"{}\">\n<h4><span class=\"badge {severity}\">",
        escape(&finding.fingerprint),
        escape(&english.rule),
        escape(&printable(finding.about.name().unwrap_or_default())),
        escape(&finding.paths.join(" ")),
    )?;
    page.words(&format!("severity.{severity}"))?;
    let (rule, name) = (escape(&english.rule), escape(&english.name));
    write!(
        page.out,
        "</span> <a class=\"rule\" href=\"#rule-{rule}\">{rule}</a> <span class=\"name\">{name}</span></h4>\n<p class=\"message\">"
    )?;
    page.raw(&spans([english.message.clone(), japanese.message.clone()]))?;
    page.raw("</p>\n")?;
    if let Some(suppressed) = suppressed {
        page.raw("<p class=\"exception\">")?;
        page.both(|words| suppression(&suppressed.by, words))?;
        page.raw("</p>\n")?;
    }
    let sources = &run.sources;
    let shown = quotes(finding, &english, sources);
    let translated = quotes(finding, &japanese, sources);
    for (quote, other) in shown.iter().zip(&translated) {
        excerpt(page, quote, other)?;
    }
    page.raw("<dl>")?;
    let pair = |of: fn(&Told) -> Option<String>| match (of(&english), of(&japanese)) {
        (Some(english), Some(japanese)) => Some([english, japanese]),
        _ => None,
    };
    term(page, "check.packet", pair(|told| told.packet.clone()))?;
    term(page, "check.derived", pair(|told| told.weak.clone()))?;
    term(page, "check.why", pair(|told| told.why.clone()))?;
    term(page, "check.fix", pair(|told| Some(told.fix.clone())))?;
    page.raw("</dl>\n")?;
    if !english.commands.is_empty() {
        let commands = [english.commands.join("\n"), japanese.commands.join("\n")];
        page.raw("<pre class=\"commands\">")?;
        page.raw(&spans(commands))?;
        page.raw("</pre>\n")?;
    }
    page.raw("</article>\n")
}

/// Writes a row of what is said of a finding, where there is something.
fn term(page: &mut Page<'_>, key: &str, texts: Option<[String; 2]>) -> io::Result<()> {
    let Some(texts) = texts else { return Ok(()) };
    page.raw("<div><dt>")?;
    page.both(|words| {
        let lead = words.find(key).unwrap_or_default().trim_end();
        lead.trim_end_matches([':', '：']).to_owned()
    })?;
    page.raw("</dt><dd>")?;
    page.raw(&prose_spans(texts))?;
    page.raw("</dd></div>")
}

/// Writes lines of a file with their marks; the labels of both languages stand
/// at the ends of the lines.
fn excerpt(page: &mut Page<'_>, quote: &Quote, other: &Quote) -> io::Result<()> {
    page.raw("<figure class=\"quote\"><figcaption>")?;
    page.text(&quote.address)?;
    page.raw("</figcaption><pre>")?;
    for (line, other) in quote.lines.iter().zip(&other.lines) {
        write!(
            page.out,
            "<span class=\"line\"><span class=\"number\">{}</span>",
            line.number
        )?;
        marked(page, line)?;
        for (mark, other) in line.marks.iter().zip(&other.marks) {
            if !mark.label.is_empty() {
                page.raw(" <span class=\"label\">")?;
                page.raw(&spans([mark.label.clone(), other.label.clone()]))?;
                page.raw("</span>")?;
            }
        }
        page.raw("</span>")?;
    }
    page.raw("</pre></figure>\n")
}

/// Writes the text of a line with its marked parts, none within another.
fn marked(page: &mut Page<'_>, line: &QuotedLine) -> io::Result<()> {
    let mut at = 0usize;
    for mark in &line.marks {
        let (start, end) = (mark.bytes.start.max(at), mark.bytes.end);
        if end <= start {
            continue;
        }
        page.text(line.text.get(at..start).unwrap_or_default())?;
        let class = if mark.place == 0 {
            "primary"
        } else {
            "related"
        };
        page.element("mark", class, line.text.get(start..end).unwrap_or_default())?;
        at = end;
    }
    page.text(line.text.get(at..).unwrap_or_default())
}
