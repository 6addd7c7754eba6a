//! How arrows run: from the side of a group, through every firewall on the
//! way, to the side of another group.

use std::collections::BTreeMap;

use super::estate::{Arrow, End};
use super::layout::{Area, Layout};

/// The way of an arrow.
#[derive(Debug)]
pub struct Route {
    /// Data of an SVG path.
    pub data: String,
    /// Where it passes the firewall that stops it.
    pub stop: Option<(f64, f64)>,
}

/// Half the height of a turn within a firewall.
const TURN: f64 = 2.5;

/// A point with the direction in which an arrow leaves it or comes to it: 1.0
/// where it runs on the right of it, -1.0 on the left.
#[derive(Debug, Clone, Copy, Default)]
struct Touch {
    x: f64,
    y: f64,
    side: f64,
}

/// Places by arrow and firewall.
type Slots = BTreeMap<(usize, usize), (f64, f64)>;

/// The ways of arrows, in their order.
pub fn routes(arrows: &[Arrow], layout: &Layout) -> Vec<Route> {
    let slots = slots(arrows, layout);
    let touches = touches(arrows, layout, &slots);
    arrows
        .iter()
        .enumerate()
        .map(|(number, arrow)| {
            let start = touches.get(&(number, true)).copied().unwrap_or_default();
            let end = touches.get(&(number, false)).copied().unwrap_or_default();
            let slot = |wall: &usize| slots.get(&(number, *wall)).copied();
            let passed: Vec<(f64, f64)> = arrow.walls.iter().filter_map(slot).collect();
            Route {
                data: path(start, end, &passed),
                stop: arrow.stop.and_then(|wall| slot(&wall)),
            }
        })
        .collect()
}

/// The area of an end.
fn area(layout: &Layout, end: End) -> Area {
    let zone = layout.zones.get(end.zone).copied().unwrap_or_default();
    let Some(group) = end.group else { return zone };
    let groups = layout.groups.get(end.zone);
    let own = groups.and_then(|groups| groups.get(group));
    own.copied().unwrap_or(zone)
}

/// Where each arrow passes each firewall: those that run high pass high.
#[allow(clippy::cast_precision_loss)]
fn slots(arrows: &[Arrow], layout: &Layout) -> Slots {
    let mut out = BTreeMap::new();
    for (wall, place) in layout.walls.iter().enumerate() {
        let mut passing: Vec<(usize, f64)> = arrows
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

/// Where each arrow leaves and reaches its ends (by whether it is the start):
/// spread over their sides in the order in which the arrows go on.
#[allow(clippy::cast_precision_loss)]
fn touches(arrows: &[Arrow], layout: &Layout, slots: &Slots) -> BTreeMap<(usize, bool), Touch> {
    /// An end and whether its right side.
    type Border = (End, bool);
    /// What touches it, and how high that goes on.
    type Touching = Vec<((usize, bool), f64)>;
    let mut borders: BTreeMap<Border, Touching> = BTreeMap::new();
    for (number, arrow) in arrows.iter().enumerate() {
        let slot = |wall: Option<&usize>| wall.and_then(|wall| slots.get(&(number, *wall)));
        for (end, other, wall, start) in [
            (arrow.from, arrow.to, arrow.walls.first(), true),
            (arrow.to, arrow.from, arrow.walls.last(), false),
        ] {
            let own = area(layout, end);
            let (target, right) = match slot(wall) {
                Some(wall) => (*wall, wall.0 > own.middle().0),
                // Above each other, the right side is free.
                None => {
                    let other = area(layout, other);
                    (other.middle(), other.right() > own.x)
                }
            };
            // Of a loop the start stands above the end.
            let nudge = if start { -0.1 } else { 0.1 };
            let touches = borders.entry((end, right)).or_default();
            touches.push(((number, start), target.1 + nudge));
        }
    }
    let mut out = BTreeMap::new();
    for ((end, right), mut touches) in borders {
        let own = area(layout, end);
        let (x, side) = if right {
            (own.right(), 1.0)
        } else {
            (own.x, -1.0)
        };
        touches.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        let step = own.height / (touches.len() as f64 + 1.0);
        for (number, (touch, _)) in touches.iter().enumerate() {
            let y = own.y + step * (number as f64 + 1.0);
            out.insert(*touch, Touch { x, y, side });
        }
    }
    out
}

/// The data of a path from `start` to `end` through firewalls.
fn path(start: Touch, end: Touch, passed: &[(f64, f64)]) -> String {
    let mut data = format!("M{:.1} {:.1}", start.x, start.y);
    let mut at = start;
    for (number, wall) in passed.iter().enumerate() {
        let before = at.x - wall.0;
        // From a firewall of the same layer it comes on the side where it left.
        let enters = if before.abs() < 1.0 {
            at.side
        } else {
            before.signum()
        };
        let after = passed
            .get(number.saturating_add(1))
            .map_or(end.x, |next| next.0)
            - wall.0;
        let leaves = if after.abs() < 1.0 {
            -enters
        } else {
            after.signum()
        };
        if (enters - leaves).abs() < f64::EPSILON {
            // In and out on one side: a turn within the firewall.
            let x = wall.0 + enters * TURN;
            let to = Touch {
                x,
                y: wall.1 - TURN,
                side: enters,
            };
            curve(&mut data, at, to);
            let beyond = wall.0 - enters * 2.0 * TURN;
            data.push_str(&format!(
                "C{beyond:.1} {:.1} {beyond:.1} {:.1} {x:.1} {:.1}",
                wall.1 - TURN,
                wall.1 + TURN,
                wall.1 + TURN
            ));
            at = Touch {
                x,
                y: wall.1 + TURN,
                side: leaves,
            };
        } else {
            let to = Touch {
                x: wall.0,
                y: wall.1,
                side: enters,
            };
            curve(&mut data, at, to);
            at = Touch { side: leaves, ..to };
        }
    }
    curve(&mut data, at, end);
    data
}

/// A curve that leaves and arrives level.
fn curve(data: &mut String, from: Touch, to: Touch) {
    let reach = if (from.side - to.side).abs() < f64::EPSILON {
        // Around one side of both.
        20.0 + ((from.y - to.y).abs() / 6.0).min(60.0)
    } else {
        ((to.x - from.x).abs() / 2.0).max(24.0)
    };
    // Around one side the wider end leads.
    let (a, b) = if (from.side - to.side).abs() < f64::EPSILON {
        let x = if from.side > 0.0 {
            from.x.max(to.x)
        } else {
            from.x.min(to.x)
        };
        (x + from.side * reach, x + to.side * reach)
    } else {
        (from.x + from.side * reach, to.x + to.side * reach)
    };
    data.push_str(&format!(
        "C{a:.1} {:.1} {b:.1} {:.1} {:.1} {:.1}",
        from.y, to.y, to.x, to.y
    ));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_through_a_firewall_leaves_it_on_the_other_side() {
        let touch = |x, side| Touch { x, y: 0.0, side };
        let straight = path(touch(0.0, 1.0), touch(200.0, -1.0), &[(100.0, 0.0)]);
        assert_eq!(straight.matches('C').count(), 2);
        let turned = path(touch(200.0, -1.0), touch(200.0, -1.0), &[(100.0, 0.0)]);
        assert_eq!(turned.matches('C').count(), 3);
    }
}
