//! What a question about packets is answered with.

use std::sync::Arc;

use super::evaluate::PartVerdict;
use super::packets::{Cube, Packet, PacketSet};
use super::resolve::{Reason, add_reasons};
use crate::estate::FirewallId;
use crate::model::firewall::{FilterId, Firewall, InterfaceId, Passage};
use crate::source::Span;

/// The verdict on all packets of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// All pass.
    Permit,
    /// None passes.
    Deny,
    /// Some pass without doubt, others do not or may not.
    Partial,
    /// None passes without doubt, and some may.
    Inconclusive,
}

impl Verdict {
    /// The verdict over several parts; `Inconclusive` when there is none.
    #[must_use]
    pub fn of(parts: impl IntoIterator<Item = PartVerdict>) -> Self {
        let (mut permit, mut deny, mut open) = (false, false, false);
        for part in parts {
            match part {
                PartVerdict::Permit => permit = true,
                PartVerdict::Deny => deny = true,
                PartVerdict::Inconclusive => open = true,
            }
        }
        match (permit, deny, open) {
            (true, false, false) => Self::Permit,
            (false, true, false) => Self::Deny,
            (true, _, _) => Self::Partial,
            (false, _, _) => Self::Inconclusive,
        }
    }
}

/// What kind of statement decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DeciderKind {
    /// A rule of a filter.
    Rule,
    /// The default at a filter's end.
    Default,
    /// A translation (packets sent to an address that replies would not keep,
    /// or a translation without an address to give).
    Translation,
    /// `nat-control`: no translation matches.
    NatControl,
    /// The packets belong to a connection that a stateful firewall knows.
    Connection,
}

/// The statement that decides, ready to cite.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Decider {
    /// The firewall.
    pub firewall: FirewallId,
    /// Its filter, if a filter decides.
    pub filter: Option<FilterId>,
    /// The filter's name; empty for a translation.
    pub filter_name: Arc<str>,
    /// Index of the rule in the filter, or in the translations.
    pub rule: Option<u32>,
    /// What kind of statement.
    pub kind: DeciderKind,
    /// Whether it lets packets through.
    pub permits: bool,
    /// For pseudo-rules and defaults: what to cite.
    pub label: Option<Arc<str>>,
    /// Where the filter is bound (`access-group outside_in in interface outside`).
    pub stage: Option<Arc<str>>,
    /// The statement.
    pub span: Span,
}

impl Decider {
    /// Whether packets only pass here because nothing stops them in a stage that
    /// is no filter of traffic, such as that of routes which drop packets: no
    /// reason for passing where there is another one.
    #[must_use]
    pub fn stands_aside(&self, firewall: &Firewall) -> bool {
        let filter = self
            .filter
            .and_then(|id| firewall.filters.get(id.0 as usize));
        self.permits
            && self.kind == DeciderKind::Default
            && filter.is_some_and(|filter| !filter.filters_traffic)
    }
}

/// What happens to packets on their way besides passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EffectKind {
    /// SMTP inspection removes STARTTLS.
    StripsStarttls,
    /// SMTP inspection that lets TLS pass.
    AllowsTls,
    /// RPC inspection opens negotiated ports.
    OpensRpc,
    /// SIP inspection opens media ports and rewrites addresses.
    OpensMedia,
    /// TLS inspection decrypts the session.
    DecryptsTls,
    /// An address or a port is translated.
    Translated,
    /// A tunnel encrypts them.
    Encrypted,
}

impl EffectKind {
    /// The name that facts and JSON use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::StripsStarttls => "strips-starttls",
            Self::AllowsTls => "allows-tls",
            Self::OpensRpc => "opens-rpc",
            Self::OpensMedia => "opens-media",
            Self::DecryptsTls => "decrypts-tls",
            Self::Translated => "translated",
            Self::Encrypted => "encrypted",
        }
    }
}

/// An effect with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Effect {
    /// What.
    pub kind: EffectKind,
    /// By which firewall; `None` for what the inventory declares of a link.
    pub firewall: Option<FirewallId>,
    /// `false` when it is only possible that the effect applies.
    pub certain: bool,
    /// The statement.
    pub span: Span,
    /// Statements that shape it.
    pub related: Vec<Span>,
    /// For a translation: which address it changes. One that changes both says
    /// that it changes the destination.
    pub changes: Option<TranslatedEnd>,
}

/// The end whose address a translation changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TranslatedEnd {
    /// Who sends them.
    Source,
    /// Who receives them.
    Destination,
}

/// Packets as one firewall on their way sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The firewall.
    pub firewall: FirewallId,
    /// Whether they cross it, or are for its host or from it.
    pub passage: Passage,
    /// Where they come in; `None` when not known or when the host sends them.
    pub ingress: Option<InterfaceId>,
    /// Where they go out, if there is a way.
    pub egress: Option<InterfaceId>,
    /// As they arrive.
    pub arrived: Arc<Cube>,
    /// With real addresses; the same in memory where nothing is translated.
    pub real: Arc<Cube>,
}

impl Seen {
    /// The packets as they arrive and with real addresses.
    pub(super) fn packets(arrived: Cube, real: Cube) -> (Arc<Cube>, Arc<Cube>) {
        let arrived = Arc::new(arrived);
        let real = if *arrived == real {
            Arc::clone(&arrived)
        } else {
            Arc::new(real)
        };
        (arrived, real)
    }
}

/// Packets that share their fate.
#[derive(Debug, Clone)]
pub struct Part {
    /// What happens to them.
    pub verdict: PartVerdict,
    /// The packets as their source sends them.
    pub packets: PacketSet,
    /// One of them.
    pub witness: Option<Packet>,
    /// The statements that decide: for a permit every one on the way, for a
    /// deny the one that denies, last; otherwise all that may decide.
    pub by: Vec<Decider>,
    /// Why it is not known, or that replies are dropped on a way that lets the
    /// packets themselves pass.
    pub reasons: Vec<Reason>,
    /// Whether only the replies are denied.
    pub replies_denied: bool,
    /// What happens to them on the way.
    pub effects: Vec<Effect>,
    /// Firewalls that they reach, in order.
    pub firewalls: Vec<FirewallId>,
    /// The packets as those firewalls see them.
    pub seen: Vec<Seen>,
}

/// How the two ends lie to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// The same machine: there is no network path.
    SameHost,
    /// None of the given firewalls is between. That is no proof that there is
    /// none at all.
    NoneBetween,
    /// At least one of the given firewalls is between.
    Crosses,
    /// Not known.
    Unknown,
}

/// The answer to a question.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The verdict on all packets.
    pub verdict: Verdict,
    /// How the ends lie to each other.
    pub relation: Relation,
    /// The packets by their fate.
    pub parts: Vec<Part>,
    /// Effects on packets that pass or may pass, each once.
    pub effects: Vec<Effect>,
    /// Firewalls that the packets reach, in order.
    pub firewalls: Vec<FirewallId>,
    /// Why it is not known, or what the answer rests on.
    pub why: Vec<Reason>,
    /// The weakest link, if the answer rests on derived facts; `None` when
    /// it is certain.
    pub weak: Option<Reason>,
    /// Statements about the two ends: addresses, networks, routes.
    pub at: Vec<Span>,
}

impl Answer {
    /// An answer without parts.
    #[must_use]
    pub fn without_parts(verdict: Verdict, relation: Relation, why: Vec<Reason>) -> Self {
        Self {
            verdict,
            relation,
            parts: Vec::new(),
            effects: Vec::new(),
            firewalls: Vec::new(),
            why,
            weak: None,
            at: Vec::new(),
        }
    }

    /// Makes what passes only possible, for a reason.
    pub(super) fn doubt_permits(&mut self, reason: &Reason) {
        let passing = self.parts.iter_mut();
        let mut doubted = false;
        for part in passing.filter(|part| part.verdict == PartVerdict::Permit) {
            part.verdict = PartVerdict::Inconclusive;
            add_reasons(&mut part.reasons, std::slice::from_ref(reason));
            doubted = true;
        }
        if doubted {
            self.verdict = Verdict::of(self.parts.iter().map(|part| part.verdict));
        }
    }

    /// The part that best shows the verdict: a denied one for `Deny`, an
    /// undecided one for `Inconclusive`, else one that passes.
    #[must_use]
    pub fn telling_part(&self) -> Option<&Part> {
        let wanted = match self.verdict {
            Verdict::Permit | Verdict::Partial => PartVerdict::Permit,
            Verdict::Deny => PartVerdict::Deny,
            Verdict::Inconclusive => PartVerdict::Inconclusive,
        };
        self.parts.iter().find(|part| part.verdict == wanted)
    }

    /// A packet that shows the verdict.
    #[must_use]
    pub fn witness(&self) -> Option<Packet> {
        self.telling_part().and_then(|part| part.witness)
    }

    /// Every deciding statement of all parts, each once, denials first.
    #[must_use]
    pub fn decided_by(&self) -> Vec<&Decider> {
        let mut all: Vec<&Decider> = Vec::new();
        let rank = |part: &&Part| match part.verdict {
            PartVerdict::Deny => 0,
            PartVerdict::Inconclusive => 1,
            PartVerdict::Permit => 2,
        };
        let mut parts: Vec<&Part> = self.parts.iter().collect();
        parts.sort_by_key(rank);
        for decider in parts.into_iter().flat_map(|part| &part.by) {
            if !all.contains(&decider) {
                all.push(decider);
            }
        }
        all
    }
}
