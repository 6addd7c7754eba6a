//! Where packets meet the first firewall.

use super::crossing::Routed;
use super::locate::Location;
use super::packets::Cube;
use super::place::Placement;
use super::reach::Network;
use super::resolve::{Reason, add_reasons};
use super::sets::IpSet;
use crate::estate::{FirewallId, Strength};
use crate::source::Span;

/// First firewall, all firewalls, and the entry of a declared path.
pub(super) type DeclaredPath = Option<(FirewallId, Vec<FirewallId>, Span)>;

/// Where a walk begins.
pub(super) struct Start {
    pub(super) firewall: FirewallId,
    pub(super) placement: Placement,
    pub(super) rank: (Strength, Strength),
    /// The ways of the packets through the firewall, for every cube; empty
    /// when not looked up.
    pub(super) routed: Vec<Vec<Routed>>,
}

pub(super) enum Starts {
    At(Vec<Start>),
    None(Reason, Vec<Span>),
    Unknown(Vec<Reason>),
}

impl Network<'_> {
    /// The firewalls that the inventory puts between the zones of two places:
    /// the first, all in order, and the entry.
    pub(super) fn declared_path(
        &self,
        from: &Location,
        to: &Location,
    ) -> Result<DeclaredPath, Reason> {
        let zone = |location: &Location| {
            let zone = location.home.and_then(|id| self.zone(id));
            zone.map(|zone| zone.name.as_str())
        };
        let (Some(inventory), Some(from), Some(to)) =
            (&self.estate.inventory, zone(from), zone(to))
        else {
            return Ok(None);
        };
        for path in &inventory.paths {
            let ends = (path.from.value.as_str(), path.to.value.as_str());
            let mut via: Vec<&str> = path.via.iter().map(|name| name.value.as_str()).collect();
            if ends == (to, from) {
                via.reverse();
            } else if ends != (from, to) {
                continue;
            }
            let mut ids = Vec::new();
            for name in via {
                let position = self
                    .estate
                    .firewalls
                    .iter()
                    .position(|firewall| firewall.name == name)
                    .and_then(|position| u32::try_from(position).ok());
                match position {
                    Some(position) => ids.push(FirewallId(position)),
                    None => {
                        return Err(Reason::new(
                            format!("{name} is on the declared path and was not given"),
                            Some(path.span),
                        ));
                    }
                }
            }
            if let Some(first) = ids.first() {
                return Ok(Some((*first, ids, path.span)));
            }
        }
        Ok(None)
    }

    pub(super) fn declared_start(&self, first: FirewallId, from: &Location) -> Starts {
        match self.place(first, from) {
            Some(placement) => Starts::At(vec![Start {
                firewall: first,
                rank: (placement.strength, placement.strength),
                placement,
                routed: Vec::new(),
            }]),
            None => Starts::Unknown(vec![Reason::new(
                format!(
                    "{} does not tell where {} comes in",
                    self.names_of(&[first]),
                    super::describe::addresses(&from.addresses)
                ),
                None,
            )]),
        }
    }

    /// The firewalls at which packets arrive first.
    pub(super) fn starts(&self, from: &Location, to: &Location, cubes: &[Cube]) -> Starts {
        let mut starts: Vec<Start> = Vec::new();
        let mut aside = None;
        let mut reasons = Vec::new();
        let mut sent_back = None;
        let candidates = self.nodes().flat_map(|(id, node)| {
            let chosen = self.place(id, from);
            let rivals = chosen.as_ref().map(|chosen| node.routing.rivals(chosen));
            let all = chosen.into_iter().chain(rivals.into_iter().flatten());
            all.map(move |placement| (id, node, placement))
        });
        for (id, node, placement) in candidates {
            let mut routed: Vec<Vec<Routed>> = cubes
                .iter()
                .map(|cube| {
                    let engine = &node.engine;
                    engine.route(&node.routing, placement.interface, cube)
                })
                .collect();
            if let Some(reason) = self.sent_back(id, &placement, from, &mut routed) {
                sent_back.get_or_insert(reason);
                continue;
            }
            let Some(far) = self.way_out(id, &placement, to, &routed) else {
                if placement.strength <= Strength::Routed {
                    add_reasons(
                        &mut reasons,
                        &[Reason::new(
                            format!(
                                "{} has no route to {}",
                                self.names_of(&[id]),
                                super::describe::addresses(&to.addresses)
                            ),
                            None,
                        )],
                    );
                }
                continue;
            };
            // What is for the firewall itself ends there, by its own rules.
            let mut ways = routed.iter().flatten();
            let engine = &node.engine;
            let home = engine.filters_its_own()
                && ways.all(|way| engine.to_itself(&way.by.real.destination).is_some());
            if far.interface == placement.interface && !home {
                // Both ends lie behind the same interface.
                let weakest = placement.strength.max(far.strength);
                if placement.strength <= Strength::Routed && weakest > Strength::Routed {
                    let text = format!(
                        "only the default route of {} leads to {}, back to where the packets come in",
                        self.names_of(&[id]),
                        self.described(&to.addresses)
                    );
                    add_reasons(&mut reasons, &[Reason::new(text, Some(far.span))]);
                }
                if weakest <= Strength::Routed {
                    aside.get_or_insert((id, placement.interface, [placement.span, far.span]));
                    if node.engine.firewall.transparent.is_some() {
                        add_reasons(
                            &mut reasons,
                            &[Reason::new(
                                format!(
                                    "{} is transparent: one network lies on both sides",
                                    self.names_of(&[id])
                                ),
                                node.engine.firewall.transparent,
                            )],
                        );
                    }
                }
                continue;
            }
            let behind_other = placement
                .next_hop
                .and_then(|hop| self.owners.get(&hop))
                .is_some_and(|(owner, _)| *owner != id);
            if behind_other {
                continue;
            }
            starts.push(Start {
                firewall: id,
                rank: (placement.strength, far.strength),
                placement,
                routed,
            });
        }
        let best = starts.iter().map(|start| start.rank).min();
        starts.retain(|start| Some(start.rank) == best);
        if !starts.is_empty() {
            return Starts::At(starts);
        }
        if let Some(reason) = sent_back {
            return Starts::Unknown(vec![reason]);
        }
        let transparent = reasons.iter().any(|r| r.text.contains("transparent"));
        if let Some((id, interface, spans)) = aside
            && !transparent
        {
            let name = self
                .node(id)
                .and_then(|n| n.engine.firewall.interfaces.get(interface.0 as usize))
                .map_or("", |interface| interface.name.value.as_str());
            return Starts::None(
                Reason::new(
                    format!(
                        "none of the given firewalls is between: both ends lie behind {}:{name}",
                        self.names_of(&[id])
                    ),
                    spans.first().copied(),
                ),
                spans.to_vec(),
            );
        }
        if from.zone.is_some() && from.zone == to.zone && !transparent {
            return Starts::None(
                Reason::new(
                    "none of the given firewalls is between: both ends lie in one zone",
                    None,
                ),
                Vec::new(),
            );
        }
        if reasons.is_empty() {
            reasons.push(Reason::new(
                format!(
                    "no given firewall knows where {} and {} lie",
                    self.described(&from.addresses),
                    self.described(&to.addresses)
                ),
                None,
            ));
        }
        Starts::Unknown(reasons)
    }

    /// Addresses in words; the Internet by its name.
    fn described(&self, set: &IpSet) -> String {
        if set.range_count() > 1 && self.internet().includes(set) {
            return "the Internet".to_owned();
        }
        super::describe::addresses(set)
    }

    /// Looks for packets that a translation sends back to where they came from.
    /// Why nothing is known, if they are all; else the others tell the way. Of
    /// the ones sent back, those for their own source meet no one else.
    fn sent_back(
        &self,
        id: FirewallId,
        ingress: &Placement,
        from: &Location,
        routed: &mut [Vec<Routed>],
    ) -> Option<Reason> {
        let engine = &self.node(id)?.engine;
        // What is redirected to the firewall itself stays there.
        let stays = |routed: &Routed| engine.to_itself(&routed.by.real.destination).is_some();
        let returns =
            |routed: &Routed| routed.moved() && routed.returns_to(ingress) && !stays(routed);
        let back = routed.iter().flatten().find(|routed| returns(routed))?;
        let nat = &engine.firewall.nat;
        let (index, _) = back.by.rule?;
        let reason = Reason::new(
            format!(
                "{} sends the packets back where they came from",
                self.names_of(&[id])
            ),
            nat.rules.get(index as usize).map(|rule| rule.span),
        );
        if routed.iter().flatten().all(returns) {
            return Some(reason);
        }
        for of_cube in routed {
            let own = |routed: &Routed| {
                returns(routed)
                    && from.addresses.single().is_some()
                    && routed.by.real.destination == from.addresses
            };
            if !of_cube.iter().all(own) {
                of_cube.retain(|routed| !own(routed));
            }
        }
        None
    }

    /// Where packets to a place leave a firewall: through a translation, to a
    /// declared zone, or along a route.
    fn way_out(
        &self,
        id: FirewallId,
        ingress: &Placement,
        to: &Location,
        routed: &[Vec<Routed>],
    ) -> Option<Placement> {
        let routed = || routed.iter().flatten();
        let moved = routed().find(|routed| routed.moved() && !routed.returns_to(ingress));
        if let Some(moved) = moved {
            return moved.egress.clone();
        }
        // Where the place of the destination is depends on the table.
        let tabled = self.node(id).is_some_and(|n| n.routing.has_tables());
        if !tabled && let Some(placed) = self.place(id, to) {
            return Some(placed);
        }
        let mut ways = routed().filter_map(|routed| routed.egress.as_ref());
        let onward = ways.find(|egress| egress.interface != ingress.interface);
        let all_back = || tabled && routed().all(|routed| routed.returns_to(ingress));
        let back = || routed().find_map(|routed| routed.egress.as_ref());
        onward.or_else(|| back().filter(|_| all_back())).cloned()
    }
}
