//! An answer told packet by packet, with everything that a report cites.

use super::answer::{Answer, Decider, DeciderKind, Effect, Part};
use super::evaluate::{ConnectionState, Context, Engine, PartVerdict, RuleRef};
use super::explain::Because;
use super::packets::{Cube, Packet};
use super::place::Placement;
use super::reach::Network;
use super::resolve::Reason;
use super::trace::{Crossing, Hop};
use super::trace_near::{Lack, NearPermit};
use crate::estate::FirewallId;
use crate::model::firewall::{AddressView, FilterId, InterfaceId, Passage};

/// Permits that are told beside a denial.
const NEAR: usize = 3;

/// What was asked, as far as it shapes the story.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// One firewall alone.
    pub crossing: Option<Crossing>,
    /// One filter of it alone.
    pub filter: Option<FilterId>,
    /// State of the connection.
    pub state: ConnectionState,
}

/// What happens to packets that share their fate, shown on one of them.
#[derive(Debug, Clone)]
pub struct Story {
    /// What happens to them.
    pub verdict: PartVerdict,
    /// Which packets, in words.
    pub packets: String,
    /// The one that the story follows.
    pub witness: Option<Packet>,
    /// Firewall by firewall.
    pub steps: Vec<Step>,
    /// Why it is not known, or that only the replies are denied.
    pub reasons: Vec<Reason>,
    /// Whether the packets themselves pass and only replies are denied.
    pub replies_denied: bool,
}

/// What one firewall does with the packet.
#[derive(Debug, Clone)]
pub struct Step {
    /// The firewall.
    pub firewall: FirewallId,
    /// Whether it crosses the firewall, or is for its host or from it.
    pub passage: Passage,
    /// Where the packet comes in; `None` when a filter is asked alone, or not
    /// known.
    pub ingress: Option<InterfaceId>,
    /// What places the source there; `None` when the question does.
    pub source: Option<Placement>,
    /// Where it goes out, and what tells.
    pub egress: Option<Placement>,
    /// Its addresses when it arrives and when it leaves.
    pub arrived: Cube,
    /// The same, as it leaves.
    pub left: Cube,
    /// What the firewall does with it.
    pub verdict: PartVerdict,
    /// The statements that decide, in order, with what makes them match.
    pub by: Vec<(Decider, Vec<Because>)>,
    /// What else happens to it.
    pub effects: Vec<Effect>,
    /// Why it is not known.
    pub reasons: Vec<Reason>,
    /// For a denial: the permits that come closest.
    pub near: Vec<NearPermit>,
}

impl Network<'_> {
    /// Tells an answer, denied packets first.
    #[must_use]
    pub fn stories(&self, answer: &Answer, asked: &Asked) -> Vec<Story> {
        let mut parts: Vec<&Part> = answer.parts.iter().collect();
        parts.sort_by_key(|part| {
            let rank = match part.verdict {
                PartVerdict::Deny => 0,
                PartVerdict::Inconclusive => 1,
                PartVerdict::Permit => 2,
            };
            (rank, std::cmp::Reverse(size(part)))
        });
        parts
            .into_iter()
            .map(|part| Story {
                verdict: part.verdict,
                packets: part.packets.describe(),
                witness: part.witness,
                steps: self.steps(part, asked),
                reasons: part.reasons.clone(),
                replies_denied: part.replies_denied,
            })
            .collect()
    }

    /// What every firewall does with packets that share their fate.
    #[must_use]
    pub fn steps(&self, part: &Part, asked: &Asked) -> Vec<Step> {
        if let (Some(crossing), Some(filter)) = (asked.crossing, asked.filter) {
            return self
                .filter_step(part, &crossing, filter, asked.state)
                .into_iter()
                .collect();
        }
        self.hops(part, asked.crossing.as_ref(), asked.state)
            .into_iter()
            .filter_map(|hop| self.step(hop, asked.state))
            .collect()
    }

    fn step(&self, hop: Hop, state: ConnectionState) -> Option<Step> {
        let engine = self.engine(hop.firewall)?;
        let context = Context {
            ingress: hop.ingress,
            egress: hop.egress.as_ref().map(|way| way.interface),
            state,
            new_destination: None,
        };
        let stage = |decider: &Decider| {
            let filter = decider.filter?;
            engine.firewall.stages.iter().find(|stage| {
                stage.passage == hop.passage
                    && stage.ingress.admits(context.ingress) != Some(false)
                    && (stage.egress.admits(context.egress) != Some(false)
                        || hop.passage == Passage::ToHost)
                    && decider.stage.as_ref().is_none_or(|l| **l == *stage.label)
                    && engine.calls(stage.filter, filter)
            })
        };
        // The views that the list speaks of first, then the others.
        let views = |decider: &Decider| -> (Vec<&Cube>, Vec<&Cube>) {
            let Some(stage) = stage(decider) else {
                return (vec![&hop.real, &hop.arrived, &hop.left], Vec::new());
            };
            let mapped = if stage.ingress.is_any() && !stage.egress.is_any() {
                &hop.left
            } else {
                &hop.arrived
            };
            match stage.view {
                AddressView::Real => (vec![&hop.real], vec![&hop.arrived, &hop.left]),
                AddressView::Mapped => (vec![mapped], vec![&hop.real]),
                AddressView::Unknown => (vec![&hop.real, mapped], Vec::new()),
            }
        };
        let aside = |decider: &Decider| decider.stands_aside(engine.firewall);
        let another = hop.by.iter().any(|decider| !aside(decider));
        let by: Vec<_> = hop
            .by
            .iter()
            .filter(|decider| !(another && aside(decider)))
            .map(|decider| (decider.clone(), because(engine, decider, &views(decider).0)))
            .collect();
        let near = match (hop.verdict, hop.by.last()) {
            (PartVerdict::Deny, Some(decider)) => {
                let root = stage(decider).map(|stage| stage.filter).or(decider.filter);
                let (seen, unseen) = views(decider);
                near(engine, root, decider, (&seen, &unseen), &context)
            }
            _ => Vec::new(),
        };
        Some(Step {
            firewall: hop.firewall,
            passage: hop.passage,
            ingress: hop.ingress,
            source: hop.source,
            egress: hop.egress,
            arrived: hop.arrived,
            left: hop.left,
            verdict: hop.verdict,
            by,
            effects: hop.effects,
            reasons: hop.reasons,
            near,
        })
    }

    fn filter_step(
        &self,
        part: &Part,
        crossing: &Crossing,
        filter: FilterId,
        state: ConnectionState,
    ) -> Option<Step> {
        let engine = self.engine(crossing.firewall)?;
        let cube = Cube::of(&part.witness?);
        let context = Context {
            ingress: crossing.ingress,
            egress: crossing.egress,
            state,
            new_destination: None,
        };
        let near = match (part.verdict, part.by.last()) {
            (PartVerdict::Deny, Some(decider)) => {
                near(engine, Some(filter), decider, (&[&cube], &[]), &context)
            }
            _ => Vec::new(),
        };
        Some(Step {
            firewall: crossing.firewall,
            passage: Passage::Transit,
            ingress: None,
            source: None,
            egress: None,
            arrived: cube.clone(),
            left: cube.clone(),
            verdict: part.verdict,
            by: part
                .by
                .iter()
                .map(|decider| (decider.clone(), because(engine, decider, &[&cube])))
                .collect(),
            effects: Vec::new(),
            reasons: part.reasons.clone(),
            near,
        })
    }
}

/// How many pairs of addresses a part has, roughly.
fn size(part: &Part) -> u128 {
    let cubes = part.packets.cubes().iter();
    cubes
        .map(|cube| cube.source.size().saturating_mul(cube.destination.size()))
        .fold(0, u128::saturating_add)
}

fn place(decider: &Decider) -> Option<RuleRef> {
    matches!(decider.kind, DeciderKind::Rule | DeciderKind::Default).then_some(())?;
    Some(RuleRef {
        filter: decider.filter?,
        rule: decider.rule,
    })
}

/// What makes a rule match, in the view of the packet that it speaks of.
fn because(engine: &Engine<'_>, decider: &Decider, views: &[&Cube]) -> Vec<Because> {
    let Some(place) = place(decider).filter(|place| place.rule.is_some()) else {
        return Vec::new();
    };
    let mut best = Vec::new();
    for view in views {
        let found = engine.because(place, view);
        if found.len() > best.len() {
            best = found;
        }
    }
    best
}

/// The nearest permits in the views that the list speaks of. A permit that
/// would match in another view only names the wrong side of a translation.
fn near(
    engine: &Engine<'_>,
    root: Option<FilterId>,
    decider: &Decider,
    (seen, unseen): (&[&Cube], &[&Cube]),
    context: &Context,
) -> Vec<NearPermit> {
    let (Some(root), Some(denied_by)) = (root, place(decider)) else {
        return Vec::new();
    };
    let ask = |view: &Cube| engine.near_permits(root, denied_by, view, context, NEAR);
    let asked: Vec<Vec<NearPermit>> = seen.iter().map(|view| ask(view)).collect();
    // A rule that matches in the right view as well names no wrong side.
    let known = |permit: &NearPermit| {
        let mut near = asked.iter().flatten();
        near.any(|known| known.place == permit.place && known.lacks == permit.lacks)
    };
    let mut near: Vec<NearPermit> = Vec::new();
    for view in unseen.iter().filter(|view| !seen.contains(view)) {
        for mut permit in ask(view) {
            let matches = matches!(permit.lacks.as_slice(), [Lack::Order(_)]);
            if matches && !known(&permit) && near.iter().all(|known| known.place != permit.place) {
                permit.lacks = vec![Lack::View];
                near.push(permit);
            }
        }
    }
    let lacks = |list: &[NearPermit]| list.first().map_or(usize::MAX, |n| n.lacks.len());
    let best = asked
        .into_iter()
        .min_by_key(|found| lacks(found))
        .unwrap_or_default();
    for permit in best {
        if near.iter().all(|known| known.place != permit.place) {
            near.push(permit);
        }
    }
    near.sort_by_key(|permit| match permit.lacks.as_slice() {
        [Lack::Profiles { surely: true, .. }] => 0,
        _ if permit.is_out_of_force() => 1,
        [Lack::Order(_)] => 2,
        [Lack::View] => 3,
        _ => 4,
    });
    // Several rules of one statement say the same to the reader.
    let mut told: Vec<crate::source::Span> = Vec::new();
    near.retain(|permit| {
        let fresh = !told.contains(&permit.span);
        told.push(permit.span);
        fresh
    });
    near.truncate(NEAR);
    near
}

impl Cube {
    /// Source and destination addresses in words.
    #[must_use]
    pub fn addresses(&self) -> (String, String) {
        (
            super::describe::addresses(&self.source),
            super::describe::addresses(&self.destination),
        )
    }

    /// Source and destination in words, with the ports of protocols that have
    /// them: `10.1.0.11:40000`, `10.20.10.10:25`.
    #[must_use]
    pub fn ends(&self) -> (String, String) {
        let ported = self
            .protocols
            .overlaps(super::sets::ProtocolSet::with_ports())
            && !self.protocols.is_all();
        let end = |addresses: &super::sets::IpSet, ports: &super::sets::PortSet| {
            let text = super::describe::addresses(addresses);
            if !ported {
                return text;
            }
            let ports = super::describe::ports(ports);
            match addresses.single() {
                Some(ip) if ip.is_ipv6() => format!("[{text}]:{ports}"),
                _ => format!("{text}:{ports}"),
            }
        };
        (
            end(&self.source, &self.source_ports),
            end(&self.destination, &self.destination_ports),
        )
    }
}
