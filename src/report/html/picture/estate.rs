//! What the picture shows: servers in groups of equal roles within their
//! zones, the firewalls between zones, and the data paths between groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::finding::{PathReport, PathState};
use crate::policy::facts::Facts;
use crate::report::text::printable;

/// Zones and firewalls that are drawn; of more, those without servers are left
/// out.
const MAX_NODES: usize = 120;

/// What the picture shows.
#[derive(Debug, Default)]
pub struct Estate {
    /// The zones.
    pub zones: Vec<Zone>,
    /// The firewalls between them.
    pub walls: Vec<Wall>,
    /// The data paths between groups.
    pub arrows: Vec<Arrow>,
    /// The data paths between zones, where there are very many others.
    pub coarse: Vec<Arrow>,
    /// Zones that are not drawn.
    pub left_out: usize,
}

/// A zone.
#[derive(Debug)]
pub struct Zone {
    /// Its name; empty where servers are in a zone that is not known.
    pub name: String,
    /// Its class (`perimeter`).
    pub class: Option<&'static str>,
    /// Its servers by role.
    pub groups: Vec<Group>,
}

/// Servers of equal roles in one zone.
#[derive(Debug)]
pub struct Group {
    /// Their roles.
    pub roles: Vec<&'static str>,
    /// Their names.
    pub servers: Vec<String>,
}

/// A firewall between zones.
#[derive(Debug)]
pub struct Wall {
    /// Its name.
    pub name: String,
    /// The zones of its interfaces.
    pub zones: Vec<usize>,
}

/// Data paths from one end to another.
#[derive(Debug)]
pub struct Arrow {
    /// Where connections begin.
    pub from: End,
    /// Where they end.
    pub to: End,
    /// The worst state.
    pub state: PathState,
    /// The worst state of each path.
    pub paths: BTreeMap<String, PathState>,
    /// Pairs of servers.
    pub pairs: usize,
    /// Firewalls on the way, in order.
    pub walls: Vec<usize>,
    /// The firewall that decides a way that is closed.
    pub stop: Option<usize>,
}

/// Arrows that a picture shows one by one; of more, those between two zones
/// are drawn as one until somebody chooses a server or a data path.
const MAX_ARROWS: usize = 60;

/// An end of an arrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct End {
    /// The zone.
    pub zone: usize,
    /// The group in it; the zone as a whole when `None`.
    pub group: Option<usize>,
}

impl Estate {
    /// Collects what there is to show.
    pub fn new(facts: &Facts, reports: &[PathReport<'_>]) -> Self {
        let mut estate = Self::default();
        let mut zones: HashMap<&str, usize> = HashMap::new();
        for zone in &facts.zones {
            zones.insert(&zone.name, estate.zones.len());
            estate.zones.push(Zone {
                name: printable(&zone.name).into_owned(),
                class: zone.class,
                groups: Vec::new(),
            });
        }
        let mut ends = estate.servers(facts, &zones);
        estate.walls(facts, &zones);
        for (name, zone) in &zones {
            ends.entry(name).or_insert(End {
                zone: *zone,
                group: None,
            });
        }
        let internet = estate.internet(&zones);
        ends.entry("internet").or_insert(End {
            zone: internet,
            group: None,
        });
        estate.arrows(facts, reports, &ends);
        estate.thin_out();
        estate.complete();
        if estate.arrows.len() > MAX_ARROWS {
            estate.coarse = estate.between_zones();
        }
        estate
    }

    /// Puts servers into groups; gives the end that each is.
    fn servers<'f>(
        &mut self,
        facts: &'f Facts,
        zones: &HashMap<&str, usize>,
    ) -> HashMap<&'f str, End> {
        let mut ends = HashMap::new();
        let mut unknown = None;
        for server in &facts.servers {
            let mut known = server.addresses.iter().filter_map(|a| a.zone.as_deref());
            let zone = known.find_map(|zone| zones.get(zone).copied());
            let zone = zone.unwrap_or_else(|| {
                *unknown.get_or_insert_with(|| {
                    self.zones.push(Zone {
                        name: String::new(),
                        class: None,
                        groups: Vec::new(),
                    });
                    self.zones.len().saturating_sub(1)
                })
            });
            let Some(place) = self.zones.get_mut(zone) else {
                continue;
            };
            let name = printable(&server.name).into_owned();
            let same = place
                .groups
                .iter()
                .position(|group| group.roles == server.roles);
            let group = same.unwrap_or_else(|| {
                place.groups.push(Group {
                    roles: server.roles.clone(),
                    servers: Vec::new(),
                });
                place.groups.len().saturating_sub(1)
            });
            if let Some(group) = place.groups.get_mut(group) {
                group.servers.push(name);
            }
            let group = Some(group);
            ends.insert(server.name.as_str(), End { zone, group });
        }
        ends
    }

    /// Firewalls with a zone; that of a single server is a part of it.
    fn walls(&mut self, facts: &Facts, zones: &HashMap<&str, usize>) {
        for firewall in &facts.firewalls {
            let interfaces = firewall.interfaces.iter();
            let own: BTreeSet<usize> = interfaces
                .filter_map(|interface| zones.get(interface.zone.as_deref()?).copied())
                .collect();
            if !own.is_empty() {
                self.walls.push(Wall {
                    name: printable(&firewall.name).into_owned(),
                    zones: own.into_iter().collect(),
                });
            }
        }
    }

    /// The zone that stands for the Internet.
    fn internet(&mut self, zones: &HashMap<&str, usize>) -> usize {
        let by_class = || {
            let mut classes = self.zones.iter().map(|zone| zone.class);
            classes.position(|class| class == Some("internet"))
        };
        if let Some(zone) = zones.get("internet").copied().or_else(by_class) {
            return zone;
        }
        self.zones.push(Zone {
            name: "internet".to_owned(),
            class: Some("internet"),
            groups: Vec::new(),
        });
        self.zones.len().saturating_sub(1)
    }

    /// Leaves out zones where nothing happens when there are very many.
    fn thin_out(&mut self) {
        let used: BTreeSet<usize> = self
            .arrows
            .iter()
            .flat_map(|arrow| [arrow.from.zone, arrow.to.zone])
            .collect();
        let nodes = self.zones.len().saturating_add(self.walls.len());
        let idle: BTreeSet<usize> = (0..self.zones.len())
            .filter(|zone| {
                let groups = self.zones.get(*zone).map_or(0, |zone| zone.groups.len());
                groups == 0 && !used.contains(zone)
            })
            .collect();
        // A zone that nobody uses and no firewall has is no part of a picture.
        let bordered: BTreeSet<usize> = self
            .walls
            .iter()
            .flat_map(|wall| wall.zones.iter().copied())
            .collect();
        let drop: Vec<usize> = idle
            .into_iter()
            .filter(|zone| nodes > MAX_NODES || !bordered.contains(zone))
            .collect();
        for wall in &mut self.walls {
            wall.zones.retain(|zone| !drop.contains(zone));
        }
        self.left_out = drop.len();
        let kept: HashMap<usize, usize> = (0..self.zones.len())
            .filter(|zone| !drop.contains(zone))
            .enumerate()
            .map(|(new, old)| (old, new))
            .collect();
        let mut number = 0usize;
        self.zones.retain(|_| {
            let keep = kept.contains_key(&number);
            number = number.saturating_add(1);
            keep
        });
        let moved = |zone: &mut usize| {
            if let Some(new) = kept.get(zone) {
                *zone = *new;
            }
        };
        for wall in &mut self.walls {
            wall.zones.iter_mut().for_each(moved);
        }
        for arrow in &mut self.arrows {
            moved(&mut arrow.from.zone);
            moved(&mut arrow.to.zone);
        }
    }
}
