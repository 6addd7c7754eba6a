//! Data paths as arrows, and the firewalls through which they run.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::estate::{Arrow, End, Estate, Wall};
use crate::finding::{PathReport, PathState};
use crate::policy::facts::Facts;
use crate::report::text::printable;

impl Estate {
    /// Collects the arrows between groups.
    pub(super) fn arrows(
        &mut self,
        facts: &Facts,
        reports: &[PathReport<'_>],
        ends: &HashMap<&str, End>,
    ) {
        let walls: HashMap<&str, usize> = facts
            .firewalls
            .iter()
            .filter_map(|firewall| {
                let name = printable(&firewall.name);
                let at = self.walls.iter().position(|wall| *wall.name == *name)?;
                Some((firewall.name.as_str(), at))
            })
            .collect();
        let mut passed: HashMap<(&str, &str), Vec<usize>> = HashMap::new();
        for flow in &facts.flows {
            let on_the_way = flow.verdict.firewalls.iter();
            let on_the_way: Vec<usize> = on_the_way
                .filter_map(|name| walls.get(name.as_str()).copied())
                .collect();
            let known = passed.entry((&flow.source, &flow.destination)).or_default();
            if known.is_empty() {
                *known = on_the_way;
            }
        }
        let mut arrows: BTreeMap<(End, End), Arrow> = BTreeMap::new();
        for report in reports {
            for way in &report.ways {
                let (Some(from), Some(to)) = (ends.get(way.source), ends.get(way.destination))
                else {
                    continue;
                };
                if way.state == PathState::Absent {
                    continue;
                }
                let arrow = arrows.entry((*from, *to)).or_insert_with(|| Arrow {
                    from: *from,
                    to: *to,
                    state: way.state,
                    paths: BTreeMap::new(),
                    pairs: 0,
                    walls: Vec::new(),
                    stop: None,
                });
                arrow.state = arrow.state.max(way.state);
                arrow.pairs = arrow.pairs.saturating_add(1);
                let path = arrow.paths.entry(report.path.id.0.to_string());
                let worst = path.or_insert(way.state);
                *worst = (*worst).max(way.state);
                if arrow.walls.is_empty()
                    && let Some(walls) = passed.get(&(way.source, way.destination))
                {
                    arrow.walls.clone_from(walls);
                }
            }
        }
        self.arrows = arrows.into_values().collect();
    }

    /// Leads arrows on to where they would end: a verdict names the firewalls up
    /// to the one that denies.
    pub(super) fn complete(&mut self) {
        let closed = |state| matches!(state, PathState::Blocked | PathState::BlockedAsIntended);
        for arrow in &mut self.arrows {
            let last = arrow.walls.last().copied();
            arrow.stop = last.filter(|_| closed(arrow.state));
            if arrow.from.zone == arrow.to.zone {
                continue;
            }
            let touches = |wall: Option<&usize>, zone: usize| {
                let wall = wall.and_then(|wall| self.walls.get(*wall));
                wall.is_some_and(|wall| wall.zones.contains(&zone))
            };
            let whole = touches(arrow.walls.first(), arrow.from.zone)
                && touches(arrow.walls.last(), arrow.to.zone);
            if !whole && let Some(route) = route(&self.walls, arrow.from.zone, arrow.to.zone) {
                arrow.stop = arrow.stop.filter(|stop| route.contains(stop));
                arrow.walls = route;
            }
        }
    }

    /// One arrow for all from one zone to another.
    pub(super) fn between_zones(&self) -> Vec<Arrow> {
        let mut arrows: BTreeMap<(usize, usize), Arrow> = BTreeMap::new();
        let whole = |zone| End { zone, group: None };
        for arrow in &self.arrows {
            let (from, to) = (arrow.from.zone, arrow.to.zone);
            let sum = arrows.entry((from, to)).or_insert_with(|| Arrow {
                from: whole(from),
                to: whole(to),
                state: arrow.state,
                paths: BTreeMap::new(),
                pairs: 0,
                walls: arrow.walls.clone(),
                stop: arrow.stop,
            });
            if arrow.state > sum.state {
                sum.state = arrow.state;
                sum.stop = arrow.stop;
            }
            sum.pairs = sum.pairs.saturating_add(arrow.pairs);
            for (path, state) in &arrow.paths {
                let worst = sum.paths.entry(path.clone()).or_insert(*state);
                *worst = (*worst).max(*state);
            }
        }
        arrows.into_values().collect()
    }

    /// The arrows that are seen first.
    pub fn seen(&self) -> &[Arrow] {
        if self.coarse.is_empty() {
            &self.arrows
        } else {
            &self.coarse
        }
    }
}

/// The firewalls of a shortest way from one zone to another.
fn route(walls: &[Wall], from: usize, to: usize) -> Option<Vec<usize>> {
    let mut reached: BTreeMap<usize, Vec<usize>> = BTreeMap::from([(from, Vec::new())]);
    let mut queue = VecDeque::from([from]);
    while let Some(zone) = queue.pop_front() {
        let way = reached.get(&zone)?.clone();
        if zone == to {
            return Some(way);
        }
        for (number, wall) in walls.iter().enumerate() {
            if !wall.zones.contains(&zone) {
                continue;
            }
            for next in &wall.zones {
                if reached.contains_key(next) {
                    continue;
                }
                let mut longer = way.clone();
                longer.push(number);
                reached.insert(*next, longer);
                queue.push_back(*next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(zones: &[usize]) -> Wall {
        Wall {
            name: String::new(),
            zones: zones.to_vec(),
        }
    }

    #[test]
    fn a_way_leads_through_every_firewall_between() {
        let walls = [wall(&[0, 1]), wall(&[1, 2, 3]), wall(&[3, 4])];
        assert_eq!(route(&walls, 0, 4), Some(vec![0, 1, 2]));
        assert_eq!(route(&walls, 2, 3), Some(vec![1]));
        assert_eq!(route(&walls, 0, 9), None);
    }
}
