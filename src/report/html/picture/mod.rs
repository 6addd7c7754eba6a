//! The picture of the estate, as SVG: zones with their servers, firewalls, and
//! data paths as arrows coloured by state.

mod drawing;
mod estate;
mod layout;
mod route;
mod ways;

use std::io;

use super::page::{Page, escape, spans};
use super::section;
use crate::finding::PathState;
use crate::report::markdown::{reports, state_key};
use estate::{Arrow, End, Estate};
use layout::layout;

/// Rows of the list of arrows.
const MAX_ROWS: usize = 400;

/// Writes the section.
pub fn write(page: &mut Page<'_>) -> io::Result<()> {
    let context = page.context;
    let reports = reports(&context);
    let estate = Estate::new(&context.run.facts, &reports);
    section(page, "picture", "html.picture")?;
    if estate.zones.is_empty() {
        page.raw("<p>")?;
        page.words("html.no-picture")?;
        return page.raw("</p>\n</section>\n");
    }
    let layout = layout(&estate);
    controls(page, &estate)?;
    if !estate.coarse.is_empty() {
        page.raw("<p>")?;
        page.words("html.crowded")?;
        page.raw("</p>\n")?;
    }
    drawing::write(page, &estate, &layout)?;
    if estate.left_out > 0 {
        page.raw("<p>")?;
        page.both(|words| words.count("html.zones-left-out", estate.left_out))?;
        page.raw("</p>\n")?;
    }
    list(page, &estate)?;
    page.raw("</section>\n")
}

/// Writes the legend, which also chooses what is shown.
fn controls(page: &mut Page<'_>, estate: &Estate) -> io::Result<()> {
    page.raw("<form class=\"filters legend\" id=\"legend\">\n<fieldset><legend>")?;
    page.words("html.arrows")?;
    page.raw("</legend>")?;
    for state in PathState::ALL
        .into_iter()
        .filter(|s| *s != PathState::Absent)
    {
        let count = estate.seen().iter().filter(|a| a.state == state).count();
        let class = state.as_str();
        write!(
            page.out,
            "<label class=\"check\"><input type=\"checkbox\" name=\"state\" value=\"{class}\" checked>\
             <svg viewBox=\"0 0 34 10\" aria-hidden=\"true\"><path class=\"arrow {class}\" d=\"M1 5H30\"/></svg> "
        )?;
        page.words(state_key(state))?;
        write!(page.out, " {count}</label> ")?;
    }
    page.raw("</fieldset>\n<label>")?;
    page.words("html.path")?;
    page.raw(" <select name=\"path\"><option value=\"\">∗</option>")?;
    let mut paths: Vec<&str> = Vec::new();
    for arrow in &estate.arrows {
        paths.extend(arrow.paths.keys().map(String::as_str));
    }
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let path = escape(path);
        write!(page.out, "<option value=\"{path}\">{path}</option>")?;
    }
    page.raw("</select></label>\n<label>")?;
    page.words("html.end")?;
    page.raw(" <select name=\"end\"><option value=\"\">∗</option>")?;
    for end in ends(estate) {
        let name = end_name(estate, end);
        write!(
            page.out,
            "<option value=\"{}\">{}</option>",
            id(end),
            escape(&name)
        )?;
    }
    page.raw("</select></label>\n</form>\n")
}

/// Everything at which an arrow begins or ends.
fn ends(estate: &Estate) -> Vec<End> {
    let both = estate
        .arrows
        .iter()
        .flat_map(|arrow| [arrow.from, arrow.to]);
    let mut ends: Vec<End> = both.collect();
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// What an end is called in a list: no words of either language.
fn end_name(estate: &Estate, end: End) -> String {
    let Some(zone) = estate.zones.get(end.zone) else {
        return String::new();
    };
    let group = end.group.and_then(|group| zone.groups.get(group));
    let zone = if zone.name.is_empty() {
        "?"
    } else {
        &zone.name
    };
    match group {
        None => zone.to_owned(),
        Some(group) => {
            let names: Vec<&str> = group.servers.iter().take(3).map(String::as_str).collect();
            let more = if group.servers.len() > 3 { " …" } else { "" };
            format!("{zone}: {}{more}", names.join(", "))
        }
    }
}

/// The id of an end in the page.
fn id(end: End) -> String {
    match end.group {
        Some(group) => format!("e{}-{group}", end.zone),
        None => format!("e{}", end.zone),
    }
}

/// Writes the arrows as a table, for who cannot see them.
fn list(page: &mut Page<'_>, estate: &Estate) -> io::Result<()> {
    page.raw("<details id=\"picture-list\"><summary>")?;
    page.words("html.as-list")?;
    page.raw("</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"picture-title\"><table><thead><tr>")?;
    for key in ["html.from", "html.to", "html.state", "html.path"] {
        page.raw("<th scope=\"col\">")?;
        page.words(key)?;
        page.raw("</th>")?;
    }
    page.raw("</tr></thead><tbody>\n")?;
    let mut arrows: Vec<&Arrow> = estate.arrows.iter().collect();
    arrows.sort_by_key(|arrow| std::cmp::Reverse(arrow.state));
    for arrow in arrows.iter().take(MAX_ROWS) {
        page.raw("<tr><td>")?;
        page.text(&end_name(estate, arrow.from))?;
        page.raw("</td><td>")?;
        page.text(&end_name(estate, arrow.to))?;
        write!(
            page.out,
            "</td><td><span class=\"state {}\">",
            arrow.state.as_str()
        )?;
        page.words(state_key(arrow.state))?;
        page.raw("</span></td><td>")?;
        let worst = arrow
            .paths
            .iter()
            .filter(|(_, state)| **state == arrow.state);
        let worst: Vec<&str> = worst.map(|(path, _)| path.as_str()).collect();
        page.text(&worst.join(", "))?;
        page.raw("</td></tr>\n")?;
    }
    page.raw("</tbody></table></div>")?;
    let more = arrows.len().saturating_sub(MAX_ROWS);
    if more > 0 {
        let texts = page.languages.map(|words| words.count("report.more", more));
        page.raw("<p>")?;
        page.raw(&spans(texts))?;
        page.raw("</p>")?;
    }
    page.raw("</details>\n")
}
