//! The drawing itself, back to front: zones, interfaces, firewalls, arrows,
//! names and servers.

use std::io;

use super::estate::{Arrow, End, Estate, Group};
use super::layout::{Area, LINE, Layout, MAX_NAMES};
use super::route::{Route, routes};
use super::{end_name, id};
use crate::finding::PathState;
use crate::report::Messages;
use crate::report::html::page::{Page, escape};
use crate::report::text::clip;

/// Columns of a name in a group.
const NAME_COLUMNS: usize = 24;

/// Writes the drawing.
pub fn write(page: &mut Page<'_>, estate: &Estate, layout: &Layout) -> io::Result<()> {
    let (width, height) = (layout.width, layout.height);
    let crowded = if estate.coarse.is_empty() {
        ""
    } else {
        " crowded"
    };
    write!(
        page.out,
        "<div class=\"scroll picture\" tabindex=\"0\" role=\"region\" aria-labelledby=\"picture-title\">\n\
         <svg id=\"estate\" class=\"estate{crowded}\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
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
    for area in &layout.walls {
        rectangle(page, "wall", area, 3)?;
    }
    for (class, arrows) in [("coarse", &estate.coarse), ("fine", &estate.arrows)] {
        for (arrow, route) in arrows.iter().zip(routes(arrows, layout)) {
            self::arrow(page, estate, class, arrow, &route)?;
        }
    }
    for (wall, area) in estate.walls.iter().zip(&layout.walls) {
        let (x, _) = area.middle();
        let name = clip(&wall.name, 20);
        let (y, name) = (area.y - 7.0, escape(&name));
        writeln!(
            page.out,
            "<text class=\"wall-name\" x=\"{x:.1}\" y=\"{y:.1}\">{name}</text>"
        )?;
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
    writeln!(
        page.out,
        "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{radius}\"/>"
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
    writeln!(
        page.out,
        "<path class=\"interface\" d=\"M{from:.1} {start:.1}C{half:.1} {start:.1} {half:.1} {end:.1} {to:.1} {end:.1}\"/>"
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

fn arrow(
    page: &mut Page<'_>,
    estate: &Estate,
    class: &str,
    arrow: &Arrow,
    route: &Route,
) -> io::Result<()> {
    let state = arrow.state.as_str();
    let paths: Vec<String> = arrow
        .paths
        .iter()
        .map(|(path, state)| format!("{path}={}", state.as_str()))
        .collect();
    let many = if arrow.pairs > 8 { " many" } else { "" };
    write!(
        page.out,
        "<g class=\"way {class} {state}{many}\" data-state=\"{state}\" data-from=\"{}\" data-to=\"{}\" data-paths=\"{}\"><title>",
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
    if let Some((x, y)) = route.stop {
        write!(
            page.out,
            "<path class=\"stop {state}\" d=\"M{:.1} {:.1}l8 8m0 -8l-8 8\"/>",
            x - 4.0,
            y - 4.0
        )?;
    }
    page.raw("</g>\n")
}
