//! How arrows run: from the side of a group, through every firewall on the
//! way, to the side of another group.

use std::collections::BTreeMap;

use super::estate::{End, Estate};
use super::layout::{Area, Layout};

/// The way of an arrow.
#[derive(Debug)]
pub struct Route {
    /// Data of an SVG path.
    pub data: String,
    /// Where it passes the last firewall.
    pub stop: Option<(f64, f64)>,
}

/// Which side of a group an arrow touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Left,
    Right,
}

/// Where an arrow touches a group: arrow, and whether at its start.
type Touch = (usize, bool);

/// The ways of all arrows, in their order.
pub fn routes(estate: &Estate, layout: &Layout) -> Vec<Route> {
    let walls = slots(estate, layout);
    let touches = touches(estate, layout, &walls);
    estate
        .arrows
        .iter()
        .enumerate()
        .map(|(number, arrow)| {
            let start = touches.get(&(number, true)).copied().unwrap_or_default();
            let end = touches.get(&(number, false)).copied().unwrap_or_default();
            let passed: Vec<(f64, f64)> = arrow
                .walls
                .iter()
                .filter_map(|wall| walls.get(&(number, *wall)).copied())
                .collect();
            Route {
                data: path(start, end, &passed, (arrow.from, arrow.to)),
                stop: passed.last().copied(),
            }
        })
        .collect()
}

/// The area of an end.
pub fn area(layout: &Layout, end: End) -> Area {
    let zone = layout.zones.get(end.zone).copied().unwrap_or_default();
    let Some(group) = end.group else { return zone };
    let groups = layout.groups.get(end.zone);
    groups
        .and_then(|groups| groups.get(group))
        .copied()
        .unwrap_or(zone)
}

/// Where each arrow passes each firewall: those that run high pass high.
#[allow(clippy::cast_precision_loss)]
fn slots(estate: &Estate, layout: &Layout) -> BTreeMap<(usize, usize), (f64, f64)> {
    let mut out = BTreeMap::new();
    for (wall, place) in layout.walls.iter().enumerate() {
        let mut passing: Vec<(usize, f64)> = estate
            .arrows
            .iter()
            .enumerate()
            .filter(|(_, arrow)| arrow.walls.contains(&wall))
            .map(|(number, arrow)| {
                let (_, from) = area(layout, arrow.from).middle();
                let (_, to) = area(layout, arrow.to).middle();
                (number, from + to)
            })
            .collect();
        passing.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let step = place.height / (passing.len() as f64 + 1.0);
        for (slot, (number, _)) in passing.iter().enumerate() {
            let y = place.y + step * (slot as f64 + 1.0);
            out.insert((*number, wall), (place.middle().0, y));
        }
    }
    out
}

/// Where each arrow leaves and reaches its ends: spread over their sides in
/// the order in which the arrows go on.
#[allow(clippy::cast_precision_loss)]
fn touches(
    estate: &Estate,
    layout: &Layout,
    walls: &BTreeMap<(usize, usize), (f64, f64)>,
) -> BTreeMap<Touch, (f64, f64)> {
    let mut sides: BTreeMap<(End, Side), Vec<(Touch, f64)>> = BTreeMap::new();
    for (number, arrow) in estate.arrows.iter().enumerate() {
        let slot = |wall: Option<&usize>| wall.and_then(|wall| walls.get(&(number, *wall)));
        for (end, other, wall, start) in [
            (arrow.from, arrow.to, arrow.walls.first(), true),
            (arrow.to, arrow.from, arrow.walls.last(), false),
        ] {
            let own = area(layout, end);
            let target = slot(wall)
                .copied()
                .unwrap_or_else(|| area(layout, other).middle());
            let within = arrow.walls.is_empty() && arrow.from.zone == arrow.to.zone;
            let side = if within || target.0 > own.middle().0 {
                Side::Right
            } else {
                Side::Left
            };
            let touches = sides.entry((end, side)).or_default();
            // Of a loop the start stands above the end.
            let nudge = if start { -0.1 } else { 0.1 };
            touches.push(((number, start), target.1 + nudge));
        }
    }
    let mut out = BTreeMap::new();
    for ((end, side), mut touches) in sides {
        let own = area(layout, end);
        let x = match side {
            Side::Left => own.x,
            Side::Right => own.right(),
        };
        touches.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let step = own.height / (touches.len() as f64 + 1.0);
        for (number, (touch, _)) in touches.iter().enumerate() {
            out.insert(*touch, (x, own.y + step * (number as f64 + 1.0)));
        }
    }
    out
}

/// The data of a path through points.
fn path(
    start: (f64, f64),
    end: (f64, f64),
    passed: &[(f64, f64)],
    (from, to): (End, End),
) -> String {
    let mut data = format!("M{:.1} {:.1}", start.0, start.1);
    let mut curve = |a: (f64, f64), b: (f64, f64), c: (f64, f64)| {
        data.push_str(&format!(
            "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            a.0, a.1, b.0, b.1, c.0, c.1
        ));
    };
    match passed {
        // Within a zone: around the right side.
        [] if from.zone == to.zone => {
            let reach = 18.0 + (start.1 - end.1).abs().min(240.0) / 8.0;
            let x = start.0.max(end.0) + reach * 1.33;
            curve((x, start.1), (x, end.1), end);
        }
        // Back to the side of a firewall from which it came.
        [wall] if (start.0 > wall.0) == (end.0 > wall.0) => {
            let nearest = if start.0 > wall.0 {
                start.0.min(end.0)
            } else {
                start.0.max(end.0)
            };
            let x = (wall.0 - 0.25 * nearest) / 0.75;
            curve((x, start.1), (x, end.1), end);
        }
        _ => {
            let mut at = start;
            let mut came_from_left = true;
            let points = passed.iter().copied().chain(std::iter::once(end));
            for point in points {
                let gap = point.0 - at.0;
                if gap.abs() < 1.0 {
                    // From one firewall to another of the same layer.
                    let x = if came_from_left {
                        at.0 + 70.0
                    } else {
                        at.0 - 70.0
                    };
                    curve((x, at.1), (x, point.1), point);
                    came_from_left = !came_from_left;
                } else {
                    let half = gap / 2.0;
                    curve((at.0 + half, at.1), (point.0 - half, point.1), point);
                    came_from_left = gap > 0.0;
                }
                at = point;
            }
        }
    }
    data
}
