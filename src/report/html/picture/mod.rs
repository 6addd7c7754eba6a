//! The picture of the estate, as SVG: zones with their servers, firewalls, and
//! data paths as arrows coloured by state.

mod estate;
mod layout;
mod route;

use std::io;

use super::page::{Page, escape, spans};
use super::section;
use crate::finding::PathState;
use crate::report::Messages;
use crate::report::markdown::{reports, state_key};
use crate::report::text::clip;
use estate::{Arrow, End, Estate, Group};
use layout::{Area, LINE, Layout, MAX_NAMES, layout};
use route::{Route, routes};

/// Columns of a name in a group.
const NAME_COLUMNS: usize = 24;

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
    let routes = routes(&estate, &layout);
    controls(page, &estate)?;
    drawing(page, &estate, &layout, &routes)?;
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
        let count = estate.arrows.iter().filter(|a| a.state == state).count();
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

fn drawing(
    page: &mut Page<'_>,
    estate: &Estate,
    layout: &Layout,
    routes: &[Route],
) -> io::Result<()> {
    let (width, height) = (layout.width, layout.height);
    write!(
        page.out,
        "<div class=\"scroll picture\" tabindex=\"0\" role=\"region\" aria-labelledby=\"picture-title\">\n\
         <svg id=\"estate\" class=\"estate\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         role=\"img\" aria-labelledby=\"picture-title\" aria-describedby=\"picture-list\">\n<defs>"
    )?;
    for state in PathState::ALL {
        let class = state.as_str();
        write!(
            page.out,
            "<marker id=\"head-{class}\" class=\"head {class}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" \
             markerWidth=\"7\" markerHeight=\"7\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L8 4L0 8z\"/></marker>"
        )?;
    }
    page.raw("</defs>\n")?;
    for (zone, area) in estate.zones.iter().zip(&layout.zones) {
        let class = zone.class.unwrap_or("unknown");
        rectangle(page, &format!("zone {class}"), area, 8)?;
    }
    for (wall, place) in estate.walls.iter().zip(&layout.walls) {
        for zone in wall.zones.iter().filter_map(|zone| layout.zones.get(*zone)) {
            link(page, place, zone)?;
        }
    }
    for (wall, area) in estate.walls.iter().zip(&layout.walls) {
        rectangle(page, "wall", area, 3)?;
        let (x, _) = area.middle();
        let name = clip(&wall.name, 20);
        let (y, name) = (area.y - 7.0, escape(&name));
        write!(
            page.out,
            "<text class=\"wall-name\" x=\"{x:.1}\" y=\"{y:.1}\">{name}</text>\n"
        )?;
    }
    for (arrow, route) in estate.arrows.iter().zip(routes) {
        self::arrow(page, estate, arrow, route)?;
    }
    for (number, (zone, area)) in estate.zones.iter().zip(&layout.zones).enumerate() {
        let whole = End {
            zone: number,
            group: None,
        };
        write!(page.out, "<g class=\"end\" data-end=\"{}\">", id(whole))?;
        let (x, y) = (area.x + 12.0, area.y + 20.0);
        let named = !zone.name.is_empty();
        let texts = page.languages.map(|words| {
            let class = zone.class.map(|class| class_word(words, class));
            let name = if named {
                clip(&zone.name, NAME_COLUMNS).into_owned()
            } else {
                words.get("html.zone-unknown").to_owned()
            };
            match class {
                Some(class) if class != name => format!("{name} · {class}"),
                _ => name,
            }
        });
        label(page, "zone-name", (x, y), texts)?;
        page.raw("</g>\n")?;
        let areas = layout.groups.get(number).map_or(&[][..], Vec::as_slice);
        for (place, (group, area)) in zone.groups.iter().zip(areas).enumerate() {
            let end = End {
                zone: number,
                group: Some(place),
            };
            self::group(page, group, area, end)?;
        }
    }
    page.raw("</svg></div>\n")
}

fn class_word(words: &Messages, class: &str) -> String {
    words
        .find(&format!("class.{class}"))
        .unwrap_or(class)
        .to_owned()
}

fn role_word(words: &Messages, role: &str) -> String {
    words
        .find(&format!("role.{role}"))
        .unwrap_or(role)
        .to_owned()
}

fn rectangle(page: &mut Page<'_>, class: &str, area: &Area, radius: u8) -> io::Result<()> {
    let Area {
        x,
        y,
        width,
        height,
    } = area;
    write!(
        page.out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\"/>\n"
    )
}

/// Writes the line of an interface.
fn link(page: &mut Page<'_>, wall: &Area, zone: &Area) -> io::Result<()> {
    let (from, to) = if zone.x > wall.x {
        (wall.right(), zone.x)
    } else {
        (wall.x, zone.right())
    };
    let (_, start) = wall.middle();
    let (_, end) = zone.middle();
    let half = (from + to) / 2.0;
    write!(
        page.out,
        "<path class=\"interface\" d=\"M{from:.1} {start:.1}C{half:.1} {start:.1} {half:.1} {end:.1} {to:.1} {end:.1}\"/>\n"
    )
}

/// Writes a text in both languages at one place.
fn label(
    page: &mut Page<'_>,
    class: &str,
    (x, y): (f64, f64),
    [english, japanese]: [String; 2],
) -> io::Result<()> {
    let text = |lang: &str, text: &str| {
        let text = escape(text);
        format!("<text class=\"{class}\"{lang} x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>")
    };
    if english == japanese {
        return page.raw(&text("", &english));
    }
    page.raw(&text(" lang=\"en\"", &english))?;
    page.raw(&text(" lang=\"ja\"", &japanese))
}

fn group(page: &mut Page<'_>, group: &Group, area: &Area, end: End) -> io::Result<()> {
    write!(
        page.out,
        "<g class=\"end group\" data-end=\"{}\"><title>",
        id(end)
    )?;
    page.text(&group.servers.join(", "))?;
    page.raw("</title>")?;
    rectangle(page, "group", area, 5)?;
    let x = area.x + 8.0;
    let mut y = area.y + LINE;
    let texts = page.languages.map(|words| {
        let roles: Vec<String> = group
            .roles
            .iter()
            .map(|role| role_word(words, role))
            .collect();
        let roles = match roles.as_slice() {
            [] => words.get("html.no-role").to_owned(),
            roles => roles.join(" + "),
        };
        let count = match group.servers.len() {
            0 | 1 => String::new(),
            count => format!(" ×{count}"),
        };
        let room = NAME_COLUMNS.saturating_sub(count.len());
        format!("{}{count}", clip(&roles, room))
    });
    label(page, "role", (x, y), texts)?;
    let all = group.servers.len();
    let shown = if all > MAX_NAMES {
        MAX_NAMES.saturating_sub(1)
    } else {
        all
    };
    for name in group.servers.iter().take(shown) {
        y += LINE;
        let name = clip(name, NAME_COLUMNS);
        write!(
            page.out,
            "<text class=\"server\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>",
            escape(&name)
        )?;
    }
    let more = all.saturating_sub(shown);
    if more > 0 {
        y += LINE;
        write!(
            page.out,
            "<text class=\"server\" x=\"{x:.1}\" y=\"{y:.1}\">… +{more}</text>"
        )?;
    }
    page.raw("</g>\n")
}

fn arrow(page: &mut Page<'_>, estate: &Estate, arrow: &Arrow, route: &Route) -> io::Result<()> {
    let state = arrow.state.as_str();
    let paths: Vec<String> = arrow
        .paths
        .iter()
        .map(|(path, state)| format!("{path}={}", state.as_str()))
        .collect();
    let many = if arrow.pairs > 8 { " many" } else { "" };
    write!(
        page.out,
        "<g class=\"way {state}{many}\" data-state=\"{state}\" data-from=\"{}\" data-to=\"{}\" data-paths=\"{}\"><title>",
        id(arrow.from),
        id(arrow.to),
        escape(&paths.join(" ")),
    )?;
    let (from, to) = (end_name(estate, arrow.from), end_name(estate, arrow.to));
    page.text(&format!("{from} → {to}\n{}", paths.join("\n")))?;
    write!(
        page.out,
        "</title><path class=\"arrow {state}\" d=\"{}\" marker-end=\"url(#head-{state})\"/>",
        route.data
    )?;
    // What is closed is closed by a firewall.
    if let Some((x, y)) = route.stop
        && matches!(
            arrow.state,
            PathState::Blocked | PathState::BlockedAsIntended
        )
    {
        write!(
            page.out,
            "<path class=\"stop {state}\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>",
            x - 4.0,
            y - 4.0
        )?;
    }
    page.raw("</g>\n")
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
