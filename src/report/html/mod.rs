//! One page for a browser: self-contained, in both languages, for the screen
//! and for paper.
//!
//! The page asks for nothing: its policy (`Content-Security-Policy`) allows its
//! own style and script by their hashes and nothing else. All content is in
//! the markup, so that it is there without the script, which only filters,
//! switches the language and shows parts of the picture. The page is written
//! piece by piece; only the picture is held as a whole.

mod findings;
mod inputs;
mod overview;
mod page;
mod picture;
mod questions;
mod rules;

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::Context;
use page::Page;

/// The style of the page.
const STYLE: &str = include_str!("style.css");

/// Its script.
const SCRIPT: &str = include_str!("script.js");

/// Findings and questions from which on a page is large.
const LARGE: usize = 400;

/// Sections with the keys of their titles, in order.
const SECTIONS: [(&str, &str); 7] = [
    ("overview", "html.overview"),
    ("picture", "html.picture"),
    ("findings", "report.findings"),
    ("undecided", "report.undecided"),
    ("suppressed", "report.suppressed"),
    ("rules", "html.rules"),
    ("inputs", "html.inputs"),
];

/// Writes the page.
///
/// # Errors
/// When the output cannot be written.
pub fn write(out: &mut dyn Write, context: &Context<'_>) -> io::Result<()> {
    let mut page = Page::new(out, context);
    head(&mut page)?;
    header(&mut page)?;
    page.raw("<main>\n")?;
    overview::write(&mut page)?;
    picture::write(&mut page)?;
    findings::write(&mut page)?;
    questions::write(&mut page)?;
    findings::write_suppressed(&mut page)?;
    rules::write(&mut page)?;
    inputs::write(&mut page)?;
    page.raw("</main>\n<footer><p>")?;
    footer(&mut page)?;
    page.raw("</p></footer>\n<script>")?;
    page.raw(SCRIPT)?;
    page.raw("</script>\n</body>\n</html>\n")
}

fn head(page: &mut Page<'_>) -> io::Result<()> {
    let run = page.context.run;
    let code = run.language.code();
    // Of a large page the browser lays out only what is in sight.
    let items = run.findings.len().saturating_add(run.undecided.len());
    let size = if items > LARGE { "large" } else { "small" };
    write!(
        page.out,
        "<!DOCTYPE html>\n<html lang=\"{code}\" data-language=\"{code}\" class=\"{size}\">\n<head>\n\
         <meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'sha256-{style}'; script-src 'sha256-{script}'; img-src data:; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"generator\" content=\"exlint\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n\
         <link rel=\"icon\" href=\"data:,\">\n\
         <title>",
        style = hash(STYLE),
        script = hash(SCRIPT),
    )?;
    let title = page.context.words.get("report.title").to_owned();
    page.text(&title)?;
    page.raw("</title>\n<style>")?;
    page.raw(STYLE)?;
    page.raw("</style>\n</head>\n<body>\n")
}

/// The hash of a text as a policy states it.
fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn header(page: &mut Page<'_>) -> io::Result<()> {
    page.raw("<a class=\"skip\" href=\"#overview\">")?;
    page.words("html.skip")?;
    page.raw("</a>\n<header class=\"top\">\n<div><h1>")?;
    page.words("report.title")?;
    page.raw("</h1><p class=\"facts\">")?;
    let date = page.context.run.estate.reference_date.clone();
    page.both(|words| {
        let version = env!("CARGO_PKG_VERSION");
        words.fill("html.made", &[("version", &version), ("date", &date)])
    })?;
    page.raw(
        "</p></div>\n<div class=\"languages\" role=\"group\" aria-label=\"Language · 言語\">\
         <button type=\"button\" data-set-language=\"en\" lang=\"en\">English</button>\
         <button type=\"button\" data-set-language=\"ja\" lang=\"ja\">日本語</button></div>\n",
    )?;
    page.raw("<nav aria-label=\"exlint\"><ul>")?;
    let run = page.context.run;
    for (id, key) in SECTIONS {
        let count = match id {
            "findings" => Some(run.findings.len()),
            "undecided" => Some(run.undecided.len()),
            "suppressed" => Some(run.suppressed.len()),
            _ => None,
        };
        if count == Some(0) && id == "suppressed" {
            continue;
        }
        write!(page.out, "<li><a href=\"#{id}\">")?;
        page.words(key)?;
        if let Some(count) = count {
            write!(page.out, " <span class=\"count\">{count}</span>")?;
        }
        page.raw("</a></li>")?;
    }
    page.raw("</ul></nav>\n</header>\n")
}

fn footer(page: &mut Page<'_>) -> io::Result<()> {
    page.words("html.silent")
}

/// Begins a section with its heading.
fn section(page: &mut Page<'_>, id: &str, key: &str) -> io::Result<()> {
    write!(
        page.out,
        "<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">"
    )?;
    page.words(key)?;
    page.raw("</h2>\n")
}
