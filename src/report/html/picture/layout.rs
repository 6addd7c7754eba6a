//! Where everything stands: zones and firewalls in layers from the Internet
//! inwards, laid out by the Sugiyama method ([`rust_sugiyama`]); groups below
//! each other in their zone.

use std::collections::VecDeque;

use rust_sugiyama::configure::{Config, RankingType};

use super::estate::{Estate, Group, Zone};

/// Width of a group.
pub const GROUP_WIDTH: f64 = 176.0;
/// Height of a line of text.
pub const LINE: f64 = 16.0;
/// Names of servers that a group shows.
pub const MAX_NAMES: usize = 4;
/// Width of a firewall.
pub const WALL_WIDTH: f64 = 30.0;
/// Space between the border of a zone and what is in it.
const PADDING: f64 = 12.0;
/// Height of a zone's title.
const TITLE: f64 = 30.0;
/// Space between things of one layer.
const SPACING: f64 = 26.0;
/// Space between two layers: the arrows turn there.
const BETWEEN: f64 = 96.0;
/// Groups of a zone below each other; further ones stand beside them.
const COLUMN: usize = 6;

/// A rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Area {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Area {
    /// The right border.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// The lower border.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// The middle.
    pub fn middle(&self) -> (f64, f64) {
        (self.x + self.width / 2.0, self.y + self.height / 2.0)
    }
}

/// Where everything stands.
#[derive(Debug, Default)]
pub struct Layout {
    /// Zones.
    pub zones: Vec<Area>,
    /// Groups, by zone.
    pub groups: Vec<Vec<Area>>,
    /// Firewalls.
    pub walls: Vec<Area>,
    /// The whole.
    pub width: f64,
    /// The whole.
    pub height: f64,
}

/// Lays the picture out.
pub fn layout(estate: &Estate) -> Layout {
    let zones = estate.zones.len();
    let sizes: Vec<(f64, f64)> = estate
        .zones
        .iter()
        .map(zone_size)
        .chain((0..estate.walls.len()).map(|wall| wall_size(estate, wall)))
        .collect();
    let edges = edges(estate);
    let vertices: Vec<(u32, (f64, f64))> = sizes
        .iter()
        .zip(0u32..)
        // Layers run from left to right here, and downwards in the library.
        .map(|((width, height), id)| (id, (*height, width + BETWEEN - SPACING)))
        .collect();
    let config = Config {
        vertex_spacing: SPACING,
        ranking_type: RankingType::Up,
        ..Config::default()
    };
    let parts = rust_sugiyama::from_vertices_and_edges(&vertices, &edges, &config);
    let mut areas: Vec<Area> = vec![Area::default(); sizes.len()];
    let mut parts: Vec<Vec<(usize, Area)>> = parts
        .into_iter()
        .map(|(part, _, _)| placed(&part, &sizes))
        .collect();
    // The library numbers parts and vertices in no order of its own.
    parts.sort_by_key(|part| {
        let first = part.iter().map(|(id, _)| *id).min();
        (std::cmp::Reverse(part.len()), first)
    });
    let mut top = SPACING;
    let mut whole = Layout::default();
    for part in parts {
        let mut bottom = top;
        for (id, area) in part {
            let area = Area {
                x: area.x + SPACING,
                y: area.y + top,
                ..area
            };
            bottom = bottom.max(area.bottom());
            whole.width = whole.width.max(area.right() + SPACING);
            if let Some(slot) = areas.get_mut(id) {
                *slot = area;
            }
        }
        top = bottom + SPACING;
    }
    whole.height = top;
    whole.walls = areas.split_off(zones.min(areas.len()));
    whole.groups = estate
        .zones
        .iter()
        .zip(&areas)
        .map(|(zone, area)| groups(zone, area))
        .collect();
    whole.zones = areas;
    whole
}

/// The areas of a part of the picture, its corner at the origin.
fn placed(part: &[(usize, (f64, f64))], sizes: &[(f64, f64)]) -> Vec<(usize, Area)> {
    let mut part: Vec<(usize, Area)> = part
        .iter()
        .filter_map(|(id, (across, along))| {
            let (width, height) = *sizes.get(*id)?;
            let area = Area {
                x: along - width / 2.0,
                y: across - height / 2.0,
                width,
                height,
            };
            Some((*id, area))
        })
        .collect();
    part.sort_by_key(|(id, _)| *id);
    let left = part.iter().map(|(_, area)| area.x).fold(f64::MAX, f64::min);
    let top = part.iter().map(|(_, area)| area.y).fold(f64::MAX, f64::min);
    for (_, area) in &mut part {
        area.x -= left;
        area.y -= top;
    }
    part
}

/// Edges from the Internet inwards, none against another.
fn edges(estate: &Estate) -> Vec<(u32, u32)> {
    let zones = estate.zones.len();
    let total = zones.saturating_add(estate.walls.len());
    let mut depth: Vec<Option<usize>> = vec![None; total];
    // What is outermost first; a part without an outermost zone begins anywhere.
    let mut starts: Vec<usize> = (0..zones).collect();
    starts.sort_by_key(|zone| {
        let class = estate.zones.get(*zone).and_then(|zone| zone.class);
        match class {
            Some("internet") => 0,
            Some("partner") => 1,
            Some("perimeter") => 2,
            _ => 3,
        }
    });
    let mut ordered: Vec<(u32, u32)> = Vec::new();
    for start in starts {
        let mut queue = VecDeque::new();
        if let Some(slot @ None) = depth.get_mut(start) {
            *slot = Some(0);
            queue.push_back(start);
        }
        while let Some(node) = queue.pop_front() {
            let here = depth.get(node).copied().flatten().unwrap_or(0);
            for next in neighbours(estate, node) {
                if let Some(slot @ None) = depth.get_mut(next) {
                    *slot = Some(here.saturating_add(1));
                    queue.push_back(next);
                }
            }
        }
    }
    for (wall, node) in estate.walls.iter().zip(zones..) {
        for zone in &wall.zones {
            let of = |node: usize| depth.get(node).copied().flatten().unwrap_or(0);
            let (from, to) = if of(*zone) < of(node) {
                (*zone, node)
            } else {
                (node, *zone)
            };
            if let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(to)) {
                ordered.push((from, to));
            }
        }
    }
    ordered
}

fn neighbours(estate: &Estate, node: usize) -> Vec<usize> {
    let zones = estate.zones.len();
    if let Some(wall) = node.checked_sub(zones) {
        return estate
            .walls
            .get(wall)
            .map_or(Vec::new(), |wall| wall.zones.clone());
    }
    let walls = estate.walls.iter().zip(zones..);
    walls
        .filter(|(wall, _)| wall.zones.contains(&node))
        .map(|(_, node)| node)
        .collect()
}

fn columns(zone: &Zone) -> usize {
    zone.groups.len().div_ceil(COLUMN).max(1)
}

/// Groups of a column of a zone.
fn rows(zone: &Zone) -> usize {
    zone.groups.len().div_ceil(columns(zone)).max(1)
}

/// Lines of names that a group shows.
fn lines(group: &Group) -> usize {
    group.servers.len().min(MAX_NAMES)
}

#[allow(clippy::cast_precision_loss)]
fn group_height(group: &Group) -> f64 {
    12.0 + LINE * (lines(group) as f64 + 1.0)
}

#[allow(clippy::cast_precision_loss)]
fn zone_size(zone: &Zone) -> (f64, f64) {
    let heights = zone.groups.chunks(rows(zone)).map(|column| {
        let all: f64 = column.iter().map(group_height).sum();
        all + PADDING * column.len() as f64
    });
    let columns = columns(zone) as f64;
    let width = columns * (GROUP_WIDTH + PADDING) + PADDING;
    (width, TITLE + heights.fold(0.0, f64::max).max(4.0))
}

#[allow(clippy::cast_precision_loss)]
fn wall_size(estate: &Estate, wall: usize) -> (f64, f64) {
    let passing = estate
        .arrows
        .iter()
        .filter(|arrow| arrow.walls.contains(&wall));
    let height = (passing.count() as f64 * 9.0 + 40.0).clamp(90.0, 520.0);
    (WALL_WIDTH, height)
}

fn groups(zone: &Zone, area: &Area) -> Vec<Area> {
    let mut out = Vec::new();
    let mut x = area.x + PADDING;
    for column in zone.groups.chunks(rows(zone)) {
        let mut y = area.y + TITLE;
        for group in column {
            let height = group_height(group);
            out.push(Area {
                x,
                y,
                width: GROUP_WIDTH,
                height,
            });
            y += height + PADDING;
        }
        x += GROUP_WIDTH + PADDING;
    }
    out
}
