//! Firewalls of hosts: what a server's own firewall does with packets for it
//! and packets from it.
//!
//! They are the last hop of a flow to the server and the first of one from it,
//! and never stand between two machines. Where the firewall of a server was not
//! given there is no such hop.

use super::crossing::{Crossed, Inside, View};
use super::evaluate::{ConnectionState, Context, Engine, PartVerdict};
use super::nat::project;
use super::packets::Cube;
use super::reach::Network;
use super::resolve::Reason;
use super::sets::IpSet;
use super::walk::Flight;
use crate::estate::{Estate, EstateFirewall, FirewallId, Server, ServerId};
use crate::model::firewall::{Firewall, InterfaceId, Passage};

/// A firewall that filters packets of a host.
#[derive(Debug, Clone)]
pub(super) struct Host {
    pub(super) firewall: FirewallId,
    pub(super) server: Option<ServerId>,
    /// The addresses of the host.
    pub(super) addresses: IpSet,
    /// Whether it filters what the host itself sends. Packets that carry the
    /// address of a firewall between networks come from elsewhere for all that
    /// is known, and are judged like others.
    sends: bool,
}

/// Whether packets cross a firewall: not one that only has rules for its host.
pub(super) fn forwards(firewall: &Firewall) -> bool {
    let transit = |passage| passage == Passage::Transit;
    firewall.stages.is_empty() || firewall.stages.iter().any(|stage| transit(stage.passage))
}

/// The firewalls that filter packets of their host.
pub(super) fn hosts(estate: &Estate) -> Vec<Host> {
    let mut hosts = Vec::new();
    for (id, known) in (0u32..).zip(&estate.firewalls) {
        let firewall = &known.firewall;
        if firewall
            .stages
            .iter()
            .all(|stage| stage.passage == Passage::Transit)
        {
            continue;
        }
        let own = IpSet::of(
            firewall
                .interfaces
                .iter()
                .flat_map(|interface| interface.addresses.iter().map(|a| a.address)),
        );
        let servers = || (0u32..).map(ServerId).zip(&estate.servers);
        let named = servers().find(|(_, server)| is_called(server, known));
        let found = named.or_else(|| {
            servers().find(|(_, server)| server.addresses.iter().any(|a| own.contains(a.ip)))
        });
        let addresses = found.map_or(IpSet::EMPTY, |(_, server)| {
            server
                .addresses
                .iter()
                .fold(IpSet::EMPTY, |all, a| all.union(&IpSet::host(a.ip)))
        });
        hosts.push(Host {
            firewall: FirewallId(id),
            server: found.map(|(id, _)| id),
            addresses: addresses.union(&own),
            sends: (found.is_some() || !forwards(firewall))
                && firewall
                    .stages
                    .iter()
                    .any(|stage| stage.passage == Passage::FromHost),
        });
    }
    hosts
}

/// Whether a firewall has the name of a server: NetBIOS name or FQDN.
fn is_called(server: &Server, firewall: &EstateFirewall) -> bool {
    let names = [
        firewall.name.as_str(),
        firewall.firewall.name.value.as_str(),
    ];
    let label = |name: &str| {
        name.split('.')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    names.iter().any(|name| {
        let whole = |known: &str| known.eq_ignore_ascii_case(name);
        whole(&server.name)
            || server.fqdn.as_ref().is_some_and(|fqdn| whole(&fqdn.value))
            // One of the two is written without its domain.
            || (label(name) == label(&server.name)
                && (!name.contains('.') || server.fqdn.is_none()))
    })
}

impl Network<'_> {
    /// The server that a firewall filters for, when it is the firewall of one.
    #[must_use]
    pub fn host_of(&self, firewall: FirewallId) -> Option<ServerId> {
        let host = self.hosts.iter().find(|host| host.firewall == firewall)?;
        host.server
    }

    /// Whether packets cross a firewall, or it only filters for its host.
    #[must_use]
    pub fn forwards(&self, firewall: FirewallId) -> bool {
        self.engine(firewall)
            .is_none_or(|engine| forwards(engine.firewall))
    }
}

/// Divides packets by the host that they are for or from; the last value holds
/// the others.
pub(super) fn divide<'h>(
    hosts: &'h [Host],
    passage: Passage,
    cube: &Cube,
) -> (Vec<(&'h Host, Cube)>, Option<Cube>) {
    let mut rest = cube.clone();
    let mut found = Vec::new();
    for host in hosts {
        let side = match passage {
            Passage::FromHost => &rest.source,
            _ => &rest.destination,
        };
        if passage == Passage::FromHost && !host.sends {
            continue;
        }
        if !side.overlaps(&host.addresses) {
            continue;
        }
        let with = |addresses: IpSet| {
            let mut part = rest.clone();
            match passage {
                Passage::FromHost => part.source = addresses,
                _ => part.destination = addresses,
            }
            part
        };
        let own = with(side.intersect(&host.addresses));
        let others = with(side.subtract(&host.addresses));
        if !own.is_empty() {
            found.push((host, own));
        }
        rest = others;
        if rest.is_empty() {
            return (found, None);
        }
    }
    (found, Some(rest))
}

impl Engine<'_> {
    /// Whether it has rules for packets to itself.
    pub(super) fn filters_its_own(&self) -> bool {
        let mut stages = self.firewall.stages.iter();
        stages.any(|stage| stage.passage == Passage::ToHost)
    }

    /// The interface that packets for or from the host use, as far as the
    /// file tells.
    pub(super) fn host_interface(&self, passage: Passage, packets: &Cube) -> Option<InterfaceId> {
        let own = match passage {
            Passage::FromHost => &packets.source,
            _ => &packets.destination,
        };
        let wanted = own.single();
        let interfaces = || (0u32..).map(InterfaceId).zip(&self.firewall.interfaces);
        let holder = interfaces().find(|(_, interface)| {
            let mut addresses = interface.addresses.iter();
            wanted.is_some_and(|ip| addresses.any(|own| own.address.contains(ip)))
        });
        let outer = |name: &str| !name.eq_ignore_ascii_case("lo") && !name.starts_with("lo0");
        let mut others = interfaces().filter(|(_, interface)| outer(&interface.name.value));
        let only = match (others.next(), others.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        };
        holder.or(only).map(|(id, _)| id)
    }

    /// Runs the stages of the host on packets for it or from it. Empty when it
    /// has none for them.
    pub(super) fn at_host(
        &self,
        firewall: FirewallId,
        passage: Passage,
        interface: Option<InterfaceId>,
        flight: &Flight,
        state: ConnectionState,
    ) -> Vec<Crossed> {
        let stages: Vec<_> = self
            .firewall
            .stages
            .iter()
            .filter(|stage| stage.passage == passage)
            .collect();
        if stages.is_empty() {
            return Vec::new();
        }
        let interface = interface.or_else(|| self.host_interface(passage, &flight.now));
        let mut context = Context {
            state,
            ..Context::default()
        };
        match passage {
            Passage::FromHost => context.egress = interface,
            _ => context.ingress = interface,
        }
        let starts = self.arrivals_at_host(passage, interface, flight);
        if self.firewall.stateful && state == ConnectionState::Established {
            let connected = starts.into_iter().map(|mut start| {
                start.by.push(self.connection(firewall));
                start.end(PartVerdict::Permit, None)
            });
            return connected.collect();
        }
        let mut pieces = starts;
        let mut done = Vec::new();
        for stage in stages {
            let side = match passage {
                Passage::FromHost => stage.egress.admits(interface),
                _ => stage.ingress.admits(interface),
            };
            if side == Some(false) {
                continue;
            }
            let mut next = Vec::new();
            for piece in pieces {
                for (mut piece, outcome) in self.in_views(stage, &context, &piece, &[View::Real]) {
                    let deciders = outcome
                        .by
                        .iter()
                        .filter_map(|place| self.decider(firewall, stage, *place));
                    let surely = side == Some(true) && !piece.uncertain;
                    if outcome.verdict == PartVerdict::Deny && surely {
                        piece.by = deciders.collect();
                        done.push(piece.end(PartVerdict::Deny, None));
                        continue;
                    }
                    piece.by.extend(deciders);
                    if outcome.verdict == PartVerdict::Deny && side != Some(true) {
                        piece.doubt(&[Reason::new(
                            "the interface that the packets use is not known",
                            Some(stage.span),
                        )]);
                    }
                    piece.doubt(&outcome.reasons);
                    next.push(piece);
                }
            }
            pieces = next;
        }
        done.extend(pieces.into_iter().map(|mut piece| {
            if passage == Passage::ToHost {
                self.inspections(firewall, &context, &mut piece);
            }
            let verdict = if piece.doubtful {
                PartVerdict::Inconclusive
            } else {
                PartVerdict::Permit
            };
            piece.end(verdict, None)
        }));
        done
    }

    /// Packets for the host as its rules see them: with the destination that
    /// translation gives them. Where that is not the host itself, or not
    /// certain, rules that deny decide nothing.
    fn arrivals_at_host(
        &self,
        passage: Passage,
        interface: Option<InterfaceId>,
        flight: &Flight,
    ) -> Vec<Inside> {
        let mut untouched = Inside::new(&flight.sent, &flight.now, &flight.now, flight.pooled);
        if passage != Passage::ToHost || self.firewall.nat.rules.is_empty() {
            return vec![untouched];
        }
        let translates = Reason::new(
            "the host translates these packets before it filters them",
            Some(self.firewall.name.span),
        );
        let Some(interface) = interface else {
            if self.may_untranslate(&flight.now) {
                untouched.uncertain = true;
                untouched.doubt(&[translates]);
            }
            return vec![untouched];
        };
        let mut starts = Vec::new();
        for piece in self.untranslate(interface, &flight.now) {
            let (sent, exact) = project(&flight.sent, &flight.now, &piece.arrived, flight.pooled);
            let mut start = Inside::new(&sent, &piece.arrived, &piece.real, flight.pooled);
            start.new_destination = piece.new_destination();
            if !exact {
                start.doubt(&[super::crossing::pool_reason()]);
            }
            if !piece.doubts.is_empty() {
                start.uncertain = true;
                start.doubt(&piece.doubts);
            }
            if piece.arrived.destination != piece.real.destination
                && self.to_itself(&piece.real.destination).is_none()
            {
                start.uncertain = true;
                start.doubt(std::slice::from_ref(&translates));
            }
            starts.push(start);
        }
        starts
    }
}

impl Flight {
    /// A part of the packets as they are now, or all of them.
    pub(super) fn of(&self, part: Option<Cube>) -> Self {
        part.map_or_else(|| self.clone(), |part| self.narrowed(part))
    }

    /// A part of the packets as they are now.
    pub(super) fn narrowed(&self, now: Cube) -> Self {
        let (sent, exact) = project(&self.sent, &self.now, &now, self.pooled);
        let mut part = Self {
            sent,
            now,
            ..self.clone()
        };
        if !exact {
            part.doubtful = true;
            super::resolve::add_reasons(&mut part.reasons, &[super::crossing::pool_reason()]);
        }
        part
    }
}
