//! Address translation of packets that cross one firewall.
//!
//! The destination is un-translated before the way out is chosen, the source
//! is translated on the way out; the first rule that matches decides each.
//! A packet sent straight to a real address whose replies would be
//! translated is dropped (the reverse path check of ASA and PIX).

mod shift;

pub(super) use self::shift::{project, shift, shift_ports};
use super::evaluate::{Context, Engine, PartVerdict, split};
use super::packets::{Cube, PacketSet};
use super::resolve::{Bounds, Reason, add_reasons};
use super::sets::{IpSet, PortSet};
use super::translations::{Shape, Translation};
use crate::model::firewall::{Action, AddressMatch, InterfaceId, NatKind, NatRule, NatService};

/// A policy with more rules is evaluated, not looked through first.
const FEW_RULES: usize = 64;

/// In which direction a rule was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The packet comes from the rule's real side.
    Real,
    /// The packet comes from the rule's mapped side.
    Mapped,
}

/// Packets after their destination was un-translated.
#[derive(Debug, Clone)]
pub(super) struct Untranslated {
    /// As they came in.
    pub(super) arrived: Cube,
    /// With real destination.
    pub(super) real: Cube,
    /// The rule that matched.
    pub(super) rule: Option<(u32, Side)>,
    /// Why the translation is not certain.
    pub(super) doubts: Vec<Reason>,
}

impl Untranslated {
    /// Whether the destination of the packets, an address or a port, changed:
    /// of all, of none, or `None` when that is not certain.
    pub(super) fn new_destination(&self) -> Option<bool> {
        let (before, after) = (&self.arrived, &self.real);
        if !self.doubts.is_empty() {
            None
        } else if self.rule.is_none() {
            Some(false)
        } else if !before.destination.overlaps(&after.destination)
            || !before.destination_ports.overlaps(&after.destination_ports)
        {
            Some(true)
        } else if before.destination == after.destination
            && before.destination_ports == after.destination_ports
        {
            Some(false)
        } else {
            None
        }
    }
}

/// What becomes of the source on the way out.
#[derive(Debug, Clone)]
pub(super) struct Translated {
    /// Before.
    pub(super) real: Cube,
    /// After.
    pub(super) left: Cube,
    /// The rule that matched.
    pub(super) rule: Option<u32>,
    /// Whether the source is one of a pool.
    pub(super) pooled: bool,
    /// Whether a rule matched that has no address to give.
    pub(super) no_address: bool,
    /// Why the translation is not certain.
    pub(super) doubts: Vec<Reason>,
}

impl Engine<'_> {
    /// The translations of the firewall, each with its statement.
    pub(super) fn nat_rules(&self) -> impl Iterator<Item = (&Translation, &NatRule)> {
        self.translations().iter().filter_map(|known| {
            let rule = self.firewall.nat.rules.get(known.index as usize)?;
            Some((known, rule))
        })
    }

    /// Un-translates the destination of packets that come in at an interface.
    pub(super) fn untranslate(&self, ingress: InterfaceId, cube: &Cube) -> Vec<Untranslated> {
        let mut done = Vec::new();
        let mut left = vec![cube.clone()];
        for (known, rule) in self.nat_rules() {
            if left.is_empty() {
                break;
            }
            if rule.kind == NatKind::Destination {
                if known.new_destination.packets.overlaps(cube) {
                    self.untranslate_destination(known, rule, ingress, &mut left, &mut done);
                }
                continue;
            }
            if let Some(shape) = &known.reply
                && fits(rule.mapped_interface, ingress)
                && shape.packets.overlaps(cube)
                && (rule.kind != NatKind::Exempt || self.may_concern(rule, || cube.reversed()))
            {
                self.untranslate_reply(known, rule, shape, &mut left, &mut done);
            }
            if let Some(shape) = &known.twice
                && fits(rule.real_interface, ingress)
                && shape.packets.overlaps(cube)
            {
                self.untranslate_twice(known, rule, shape, &mut left, &mut done);
            }
        }
        done.extend(left.into_iter().map(|cube| Untranslated {
            real: cube.clone(),
            arrived: cube,
            rule: None,
            doubts: Vec::new(),
        }));
        done
    }

    /// Whether a rule may change the destination of packets, wherever they come in.
    pub(super) fn may_untranslate(&self, cube: &Cube) -> bool {
        self.nat_rules().any(|(known, rule)| {
            let shape = match rule.kind {
                NatKind::Destination => Some(&known.new_destination),
                _ => known.reply.as_ref(),
            };
            shape.is_some_and(|shape| shape.packets.overlaps(cube))
        })
    }

    /// From the mapped side: mapped source addresses are the destination.
    fn untranslate_reply(
        &self,
        known: &Translation,
        rule: &NatRule,
        shape: &Shape,
        left: &mut Vec<Cube>,
        done: &mut Vec<Untranslated>,
    ) {
        let index = known.index;
        let exempt = rule.kind == NatKind::Exempt;
        for hit in take(left, &shape.packets) {
            let destination = if exempt {
                Some(hit.destination.clone())
            } else {
                shift(
                    &hit.destination,
                    &known.mapped.possibly,
                    &known.real.possibly,
                )
            };
            let destination_ports = match rule.service.as_deref() {
                Some(s) => shift_ports(&hit.destination_ports, s.mapped, s.real),
                None => Some(hit.destination_ports.clone()),
            };
            let (Some(destination), Some(destination_ports)) = (destination, destination_ports)
            else {
                let mut doubts = shape.doubts.clone();
                add_reasons(&mut doubts, &[not_one_to_one(rule)]);
                done.push(Untranslated {
                    real: hit.clone(),
                    arrived: hit,
                    rule: Some((index, Side::Mapped)),
                    doubts,
                });
                continue;
            };
            let real_cube = Cube {
                destination,
                destination_ports,
                ..hit.clone()
            };
            // A policy speaks of the real host as the source.
            for (arrived, real, doubts) in self.by_policy(
                rule,
                &hit,
                &real_cube,
                &real_cube.reversed(),
                &shape.doubts,
                &Context::default(),
                left,
            ) {
                done.push(Untranslated {
                    arrived,
                    real,
                    rule: Some((index, Side::Mapped)),
                    doubts,
                });
            }
        }
    }

    /// New connections get another destination; nothing else changes.
    fn untranslate_destination(
        &self,
        known: &Translation,
        rule: &NatRule,
        ingress: InterfaceId,
        left: &mut Vec<Cube>,
        done: &mut Vec<Untranslated>,
    ) {
        let (mapped, real) = (&known.mapped.possibly, &known.real.possibly);
        let Shape { packets, doubts } = &known.new_destination;
        let context = Context {
            ingress: Some(ingress),
            ..Context::default()
        };
        for hit in take(left, packets) {
            for (hit, _, mut doubts) in
                self.by_policy(rule, &hit, &hit, &hit, doubts, &context, left)
            {
                let mut translated = hit.clone();
                if rule.real_source != AddressMatch::Any {
                    match shift(&hit.destination, mapped, real) {
                        Some(moved) => translated.destination = moved,
                        None => {
                            translated.destination = real.clone();
                            if real.single().is_none() {
                                add_reasons(&mut doubts, &[not_one_to_one(rule)]);
                            }
                        }
                    }
                }
                if let Some(service) = rule.service.as_deref() {
                    match shift_ports(&hit.destination_ports, service.mapped, service.real) {
                        Some(moved) => translated.destination_ports = moved,
                        None => translated.destination_ports = PortSet::from(service.real),
                    }
                }
                done.push(Untranslated {
                    arrived: hit,
                    real: translated,
                    rule: Some((known.index, Side::Mapped)),
                    doubts,
                });
            }
        }
    }

    /// From the real side of a rule that also translates the destination.
    fn untranslate_twice(
        &self,
        known: &Translation,
        rule: &NatRule,
        shape: &Shape,
        left: &mut Vec<Cube>,
        done: &mut Vec<Untranslated>,
    ) {
        let index = known.index;
        for hit in take(left, &shape.packets) {
            let destination = shift(
                &hit.destination,
                &known.mapped_peers.possibly,
                &known.real_peers.possibly,
            );
            let ports = match rule.destination_service.as_deref() {
                Some(s) => shift_ports(&hit.destination_ports, s.mapped, s.real),
                None => Some(hit.destination_ports.clone()),
            };
            match destination.zip(ports) {
                Some((destination, destination_ports)) => {
                    let real_cube = Cube {
                        destination,
                        destination_ports,
                        ..hit.clone()
                    };
                    for (arrived, real, doubts) in self.by_policy(
                        rule,
                        &hit,
                        &real_cube,
                        &real_cube,
                        &shape.doubts,
                        &Context::default(),
                        left,
                    ) {
                        done.push(Untranslated {
                            arrived,
                            real,
                            rule: Some((index, Side::Real)),
                            doubts,
                        });
                    }
                }
                None => {
                    let mut doubts = shape.doubts.clone();
                    add_reasons(&mut doubts, &[not_one_to_one(rule)]);
                    done.push(Untranslated {
                        real: hit.clone(),
                        arrived: hit,
                        rule: Some((index, Side::Real)),
                        doubts,
                    });
                }
            }
        }
    }

    /// Translates the source of packets on their way from one interface to
    /// another. `by` is the rule that already decided the destination.
    pub(super) fn translate_source(
        &self,
        ingress: InterfaceId,
        egress: InterfaceId,
        cube: &Cube,
        by: Option<(u32, Side)>,
    ) -> Vec<Translated> {
        let mut done = Vec::new();
        let mut left = vec![cube.clone()];
        for (known, rule) in self.nat_rules() {
            if left.is_empty() {
                break;
            }
            if rule.kind == NatKind::Destination {
                continue;
            }
            let index = known.index;
            let twice = is_twice(rule);
            match by {
                // A rule that looks at both ends decides both ends.
                Some((chosen, Side::Mapped)) if chosen == index && twice => {
                    let ports = rule.destination_service.as_deref();
                    for hit in std::mem::take(&mut left) {
                        // The kind is the source's: the other end changes one to
                        // one, with the destination's service.
                        let step = Step {
                            rule,
                            index,
                            kind: NatKind::Static,
                            ports,
                        };
                        let (outer, inner) = (&known.real_peers, &known.mapped_peers);
                        done.push(mapped_source(&step, hit, outer, inner, Vec::new()));
                    }
                    continue;
                }
                Some((chosen, Side::Real)) if chosen == index => {}
                _ if twice => continue,
                _ => {}
            }
            if !fits(rule.real_interface, ingress)
                || !fits(rule.mapped_interface, egress)
                || !known.source.packets.overlaps(cube)
                || !self.may_concern(rule, || cube.clone())
            {
                continue;
            }
            let doubts = &known.source.doubts;
            let context = Context {
                ingress: Some(ingress),
                egress: Some(egress),
                ..Context::default()
            };
            for hit in take(&mut left, &known.source.packets) {
                for (hit, _, doubts) in
                    self.by_policy(rule, &hit, &hit, &hit, doubts, &context, &mut left)
                {
                    if rule.kind == NatKind::Source {
                        let doubtful = !doubts.is_empty();
                        done.push(new_source(rule, index, hit, &known.mapped, doubtful));
                        continue;
                    }
                    let step = Step {
                        rule,
                        index,
                        kind: rule.kind,
                        ports: rule.service.as_deref(),
                    };
                    done.push(mapped_source(
                        &step,
                        hit,
                        &known.real,
                        &known.mapped,
                        doubts,
                    ));
                }
            }
        }
        done.extend(left.into_iter().map(|cube| Translated {
            left: cube.clone(),
            real: cube,
            rule: None,
            pooled: false,
            no_address: false,
            doubts: Vec::new(),
        }));
        done
    }

    /// The rule that would translate replies to packets which were sent to a
    /// real address: such packets are dropped. Only the first rule counts.
    pub(super) fn translates_replies(
        &self,
        ingress: InterfaceId,
        egress: InterfaceId,
        cube: &Cube,
    ) -> Vec<(Cube, Option<u32>, Vec<Reason>)> {
        // Netfilter translates connections, not addresses: it checks nothing.
        let one_way = |rule: &NatRule| matches!(rule.kind, NatKind::Destination | NatKind::Source);
        if self.firewall.nat.rules.iter().all(one_way) {
            return vec![(cube.clone(), None, Vec::new())];
        }
        self.translate_source(egress, ingress, &cube.reversed(), None)
            .into_iter()
            .map(|reply| {
                let changes = reply.left.source != reply.real.source
                    || reply.left.source_ports != reply.real.source_ports;
                let rule = reply.rule.filter(|_| changes && !reply.no_address);
                let doubts = if changes { reply.doubts } else { Vec::new() };
                (reply.real.reversed(), rule, doubts)
            })
            .collect()
    }

    /// Whether the rule's policy may permit any of the packets, given as the
    /// policy is asked for them: most concern few addresses.
    fn may_concern(&self, rule: &NatRule, asked: impl FnOnce() -> Cube) -> bool {
        let Some(policy) = rule.policy else {
            return true;
        };
        let Some(filter) = self.filter(policy) else {
            return true;
        };
        if filter.default.action != Action::Deny || filter.rules.len() > FEW_RULES {
            return true;
        }
        let asked = asked();
        filter.rules.iter().enumerate().any(|(index, rule)| {
            rule.action != Action::Deny
                && self.rule_match(policy, index).is_some_and(|matched| {
                    let mut cubes = matched.possibly().iter();
                    cubes.any(|cube| cube.overlaps(&asked))
                })
        })
    }

    /// Keeps what the rule's policy permits; the rest goes back to `left`.
    /// `arrived` and `real` are the same packets before and after, `asked` is
    /// what the policy is asked for (maybe reversed).
    #[allow(clippy::too_many_arguments)]
    fn by_policy(
        &self,
        rule: &NatRule,
        arrived: &Cube,
        real: &Cube,
        asked: &Cube,
        doubts: &[Reason],
        context: &Context,
        left: &mut Vec<Cube>,
    ) -> Vec<(Cube, Cube, Vec<Reason>)> {
        let Some(policy) = rule.policy else {
            return vec![(arrived.clone(), real.clone(), doubts.to_vec())];
        };
        let turned = asked != real;
        let packets = PacketSet::from(asked.clone());
        let mut kept = Vec::new();
        for part in self.evaluate_filter(policy, &packets, context) {
            for cube in part.packets.cubes() {
                let on_real = if turned {
                    cube.reversed()
                } else {
                    cube.clone()
                };
                let (on_arrived, exact) = project(arrived, real, &on_real, false);
                let mut doubts = doubts.to_vec();
                if !exact {
                    add_reasons(&mut doubts, &[not_one_to_one(rule)]);
                }
                match part.outcome.verdict {
                    PartVerdict::Permit => kept.push((on_arrived, on_real, doubts)),
                    PartVerdict::Deny => left.push(on_arrived),
                    PartVerdict::Inconclusive => {
                        add_reasons(&mut doubts, &part.outcome.reasons);
                        kept.push((on_arrived, on_real, doubts));
                    }
                }
            }
        }
        kept
    }
}

/// A rule on its way to translate a source: how, and with which ports.
struct Step<'r> {
    rule: &'r NatRule,
    index: u32,
    kind: NatKind,
    ports: Option<&'r NatService>,
}

/// Applies the source translation of a rule to packets that it matches.
fn mapped_source(
    step: &Step<'_>,
    real: Cube,
    from: &Bounds<IpSet>,
    to: &Bounds<IpSet>,
    mut doubts: Vec<Reason>,
) -> Translated {
    let rule = step.rule;
    let mut left = real.clone();
    let mut pooled = false;
    let mut no_address = false;
    match step.kind {
        NatKind::Exempt => {}
        NatKind::Static => match shift(&real.source, &from.possibly, &to.possibly) {
            Some(source) => {
                left.source = source;
                if let Some(service) = step.ports {
                    match shift_ports(&real.source_ports, service.real, service.mapped) {
                        Some(ports) => left.source_ports = ports,
                        None => add_reasons(&mut doubts, &[not_one_to_one(rule)]),
                    }
                }
                if left.source != real.source {
                    add_reasons(&mut doubts, &to.reasons);
                }
            }
            None => {
                left.source = to.possibly.clone();
                pooled = true;
                add_reasons(&mut doubts, &to.reasons);
            }
        },
        NatKind::Dynamic | NatKind::Destination | NatKind::Source => {
            no_address = to.possibly.is_empty();
            pooled = true;
            left.source = to.possibly.clone();
            left.source_ports = PortSet::ALL;
        }
    }
    Translated {
        real,
        left,
        rule: Some(step.index),
        pooled,
        no_address,
        doubts,
    }
}

/// A new source after all filters: what is not certain about it concerns only
/// firewalls that follow.
fn new_source(
    rule: &NatRule,
    index: u32,
    real: Cube,
    mapped: &Bounds<IpSet>,
    doubtful: bool,
) -> Translated {
    let mut left = real.clone();
    let changes = rule.mapped_source != AddressMatch::Any;
    if changes {
        left.source = mapped.possibly.clone();
        left.source_ports = PortSet::ALL;
        if doubtful {
            left.source = left.source.union(&real.source);
        }
    }
    Translated {
        real,
        left,
        rule: changes.then_some(index),
        pooled: changes,
        no_address: false,
        doubts: Vec::new(),
    }
}

fn not_one_to_one(rule: &NatRule) -> Reason {
    Reason::new(
        "the translation does not tell which address becomes which",
        Some(rule.span),
    )
}

/// Whether a rule looks at the destination of packets from its real side.
pub(super) fn is_twice(rule: &NatRule) -> bool {
    rule.mapped_destination != AddressMatch::Any || rule.destination_service.is_some()
}

pub(super) fn two_way(rule: &NatRule) -> bool {
    matches!(rule.kind, NatKind::Static | NatKind::Exempt) && !rule.unidirectional
}

fn fits(wanted: Option<InterfaceId>, given: InterfaceId) -> bool {
    wanted.is_none_or(|wanted| wanted == given)
}

/// Takes the packets of a shape out of several cubes.
fn take(left: &mut Vec<Cube>, shape: &Cube) -> Vec<Cube> {
    let mut hits = Vec::new();
    if !left.iter().any(|cube| cube.overlaps(shape)) {
        return hits;
    }
    let mut rest = Vec::with_capacity(left.len());
    for cube in left.drain(..) {
        let (inside, outside) = split(&cube, std::slice::from_ref(shape));
        hits.extend(inside);
        rest.extend(outside);
    }
    *left = rest;
    hits
}
