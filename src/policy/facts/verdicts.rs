//! From an answer of the flow stage to a verdict fact.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use super::asked::{End, server};
use super::effects::EffectFact;
use super::logging;
use super::meanings::Meanings;
use super::remedy::list_ends;
use super::servers::zone_of;
use super::types::{DecisionFact, LabelFact, Ref, Sureness, VerdictFact, WitnessFact};
use crate::estate::{Estate, FirewallId, ZoneClass};
use crate::flow::{
    Answer, Decider, DeciderKind, Effect, EffectKind, IpSet, Packet, PacketSet, Part, PartVerdict,
    Reason, TranslatedEnd, Verdict,
};
use crate::formats::firewall::{iptables, nftables, windows_firewall};
use crate::model::firewall::{Action, FilterId, Firewall, Passage};
use crate::model::net::IpRange;
use crate::source::{Sources, Span};

/// Longest text of a rule in facts, in characters.
const LONGEST_RULE: usize = 240;

/// What is needed to put answers into words.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// Texts of the files.
    pub sources: &'a Sources,
    /// Names of firewalls, servers and zones.
    pub estate: &'a Estate,
    /// What places say.
    pub meanings: &'a Meanings,
    /// The verdicts before.
    pub recent: &'a Recent,
}

/// Platforms that are the firewall of a host: what it denies for itself is
/// meant for the machine that runs it.
const HOSTS: [&str; 3] = [iptables::ID, nftables::ID, windows_firewall::ID];

/// The last verdicts: what stands between two ends is mostly the same for many
/// services, and equal verdicts share their memory.
#[derive(Debug, Default)]
pub struct Recent(Mutex<VecDeque<Arc<VerdictFact>>>);

impl Recent {
    /// How many are compared.
    const KEPT: usize = 8;

    /// A verdict, or the equal one that was there before.
    pub fn share(&self, verdict: VerdictFact) -> Arc<VerdictFact> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(equal) = known.iter().rev().find(|known| ***known == verdict) {
            return Arc::clone(equal);
        }
        if known.len() >= Self::KEPT {
            known.pop_front();
        }
        let verdict = Arc::new(verdict);
        known.push_back(Arc::clone(&verdict));
        verdict
    }
}

/// The word for a verdict.
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Permit => "permit",
        Verdict::Deny => "deny",
        Verdict::Partial => "partial",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// The answer, but only for packets from some sources.
pub fn from_sources(answer: &Answer, sources: &IpSet, hints: &[std::net::IpAddr]) -> Answer {
    let mut parts = Vec::new();
    for part in &answer.parts {
        let mut packets = PacketSet::default();
        for cube in part.packets.cubes() {
            let mut cube = cube.clone();
            cube.source = cube.source.intersect(sources);
            if !cube.is_empty() {
                packets.insert(&cube);
            }
        }
        if !packets.is_empty() {
            parts.push(Part {
                witness: packets.witness(hints),
                packets,
                ..part.clone()
            });
        }
    }
    Answer {
        verdict: Verdict::of(parts.iter().map(|part| part.verdict)),
        parts,
        ..answer.clone()
    }
}

impl Words<'_> {
    /// The fact of an answer about a flow between two ends.
    pub fn verdict(self, answer: &Answer, ends: &[End]) -> Arc<VerdictFact> {
        self.recent
            .share(self.fact(answer, ends, answer.decided_by()))
    }

    /// The fact of an answer about an exposure: decided by the rules that let
    /// packets through, or may.
    pub fn exposure(self, answer: &Answer, ends: &[End]) -> VerdictFact {
        let wanted = match answer.verdict {
            Verdict::Inconclusive => PartVerdict::Inconclusive,
            _ => PartVerdict::Permit,
        };
        let mut by: Vec<&Decider> = Vec::new();
        let parts = answer.parts.iter().filter(|part| part.verdict == wanted);
        for decider in parts.flat_map(|part| &part.by) {
            if !by.contains(&decider) {
                by.push(decider);
            }
        }
        self.fact(answer, ends, by)
    }

    /// Leaves out what only does not object, where a rule of the same firewall
    /// permits, and what is no filter, where something else does not object.
    fn without_noise(self, by: &mut Vec<&Decider>) {
        let of = |by: &[&Decider], counts: &dyn Fn(&Decider) -> bool| -> Vec<FirewallId> {
            let counted = by
                .iter()
                .filter(|decider| decider.permits && counts(decider));
            counted.map(|decider| decider.firewall).collect()
        };
        let permitting = of(by, &|decider| decider.kind == DeciderKind::Rule);
        by.retain(|decider| {
            let silent = decider.permits && decider.kind == DeciderKind::Default;
            !(silent && permitting.contains(&decider.firewall))
        });
        let aside = |decider: &Decider| {
            let known = self.estate.firewalls.get(decider.firewall.0 as usize);
            known.is_some_and(|known| decider.stands_aside(&known.firewall))
        };
        let others = of(by, &|decider| !aside(decider));
        by.retain(|decider| !(aside(decider) && others.contains(&decider.firewall)));
    }

    fn fact(self, answer: &Answer, ends: &[End], mut by: Vec<&Decider>) -> VerdictFact {
        self.without_noise(&mut by);
        let mut why: Vec<Arc<str>> = Vec::new();
        let undecided = answer
            .parts
            .iter()
            .filter(|part| part.verdict == PartVerdict::Inconclusive)
            .flat_map(|part| &part.reasons);
        let reasons: Vec<_> = answer.why.iter().chain(undecided).collect();
        for reason in &reasons {
            if !why.contains(&reason.text) {
                why.push(Arc::clone(&reason.text));
            }
        }
        let mut at: Vec<Ref> = Vec::new();
        let mut labels: Vec<LabelFact> = Vec::new();
        let spans = answer
            .at
            .iter()
            .copied()
            .chain(reasons.iter().filter_map(|reason| reason.span))
            .chain(answer.weak.as_ref().and_then(|weak| weak.span));
        for span in spans {
            let (span, label) = self.place(span, ends);
            if !at.contains(&Ref(span)) {
                at.push(Ref(span));
                labels.push(label);
            }
        }
        let firewalls = answer.firewalls.iter().map(|id| self.firewall(*id));
        let settle = if answer.verdict == Verdict::Inconclusive {
            self.settle(ends, answer)
        } else {
            Vec::new()
        };
        VerdictFact {
            verdict: word(answer.verdict),
            firewalls: firewalls.collect(),
            decided_by: by.iter().map(|decider| self.decision(decider)).collect(),
            effects: self.effects(answer, true),
            possible_effects: self.effects(answer, false),
            witness: shown_part(answer, &by)
                .and_then(|part| part.witness)
                .map(|packet| Box::new(witness(packet))),
            why,
            settle,
            certainty: match answer.weak {
                None => Sureness::Certain,
                Some(_) => Sureness::Derived,
            },
            weak: answer.weak.as_ref().map(|weak| Arc::clone(&weak.text)),
            at,
            labels,
        }
    }

    /// A place and what it says about a flow between two ends. For the name of
    /// a zone that a server at an end lies in, that is the network which holds
    /// its address.
    fn place(self, span: Span, ends: &[End]) -> (Span, LabelFact) {
        for server in ends.iter().filter_map(|end| server(*end, self.estate)) {
            for address in &server.addresses {
                let Some(zone) = address.zone.and_then(|id| zone_of(id, self.estate)) else {
                    continue;
                };
                let network = zone.networks.iter().find(|n| n.value.contains(address.ip));
                let Some(network) = network.filter(|n| span == zone.span || span == n.span) else {
                    continue;
                };
                let args = [("server", server.name.as_str()), ("zone", &zone.name)];
                return (network.span, LabelFact::new("lies-in", args));
            }
        }
        let from = match ends.first() {
            Some(End::Zone(id)) => zone_of(*id, self.estate),
            Some(End::Internet) => {
                let mut zones = self.estate.zones.iter();
                zones.find(|zone| zone.class == Some(ZoneClass::Internet))
            }
            _ => None,
        };
        match from.filter(|zone| zone.span == span) {
            Some(zone) => (span, LabelFact::new("from-zone", [("zone", &zone.name)])),
            None => (span, self.meanings.of(span)),
        }
    }

    /// What settles a doubt about a flow: the command that asks the device, else
    /// what answers the open questions about the ends and the firewalls.
    fn settle(self, ends: &[End], answer: &Answer) -> Vec<Arc<str>> {
        let mut subjects: BTreeSet<String> = BTreeSet::new();
        for end in ends {
            if let Some(server) = server(*end, self.estate) {
                subjects.insert(server.name.clone());
                for address in &server.addresses {
                    let zone = address.zone.and_then(|id| zone_of(id, self.estate));
                    subjects.extend(zone.map(|zone| zone.name.clone()));
                }
            }
            if let End::Zone(id) = end {
                subjects.extend(zone_of(*id, self.estate).map(|zone| zone.name.clone()));
            }
        }
        subjects.extend(answer.firewalls.iter().map(|id| self.firewall(*id)));
        if let Some(line) = publisher(answer) {
            return vec![line.into()];
        }
        // Packets that reach a firewall: it is what its file says that leaves the
        // answer open, and the device itself knows.
        if let Some(command) = self.packet_tracer(answer) {
            return vec![command.into()];
        }
        let settle = self.meanings.settle(&subjects);
        if settle.is_empty() {
            if answer.parts.is_empty() {
                let lines = ends.iter().filter_map(|end| self.placing(*end));
                let mut lines: Vec<Arc<str>> = lines.map(Arc::from).collect();
                lines.dedup();
                return lines;
            }
            return Vec::new();
        }
        settle.into_iter().collect()
    }

    /// Lines for the inventory that tell behind which interface an end lies.
    fn placing(self, end: End) -> Option<String> {
        if end == End::Internet {
            return self.internet_zone();
        }
        let known = self.estate.firewalls.first()?;
        let mut interfaces = known.firewall.interfaces.iter();
        let interface = interfaces
            .find(|interface| interface.name.value != "*")
            .map_or("eth0", |interface| interface.name.value.as_str());
        let server = server(end, self.estate)?;
        let address = server.addresses.first()?;
        let zone = address.zone.and_then(|id| zone_of(id, self.estate));
        let name = zone.map_or("servers", |zone| zone.name.as_str());
        let length = if address.ip.is_ipv4() { 24 } else { 64 };
        let network = IpRange::network(address.ip, length)?;
        Some(format!(
            "# in exlint.toml, with the interface and the networks behind it:\n[[zone]]\n\
             name = \"{name}\"\nat = [\"{}:{interface}\"]\nnetworks = [\"{network}\"]",
            known.name
        ))
    }

    /// Lines that place the Internet: at the interface of a default route, else
    /// at the least trusted one.
    fn internet_zone(self) -> Option<String> {
        let known = self.estate.firewalls.first()?;
        let firewall = &known.firewall;
        let routed = firewall
            .routes
            .iter()
            .find(|route| route.network.prefix() == Some(0));
        let interface = match routed {
            Some(route) => firewall
                .interfaces
                .get(usize::try_from(route.interface.0).ok()?)?,
            None => firewall
                .interfaces
                .iter()
                .min_by_key(|i| i.security_level.as_ref().map_or(101, |level| level.value))?,
        };
        Some(format!(
            "# in exlint.toml, with the interface towards the Internet:\n[[zone]]\n\
             name = \"internet\"\nclass = \"internet\"\nat = [\"{}:{}\"]",
            known.name,
            match interface.name.value.as_str() {
                "*" => "eth0",
                name => name,
            }
        ))
    }

    /// The command with which the firewall that leaves the answer open tells
    /// it itself (Cisco ASA Series Command Reference, `packet-tracer`).
    fn packet_tracer(self, answer: &Answer) -> Option<String> {
        let part = answer.telling_part()?;
        let witness = part.witness?;
        let device = part.by.last().map(|decider| decider.firewall);
        let seen = part
            .seen
            .iter()
            .rev()
            .find(|seen| device.is_none_or(|id| seen.firewall == id))?;
        let index = usize::try_from(seen.firewall.0).ok()?;
        let firewall = &self.estate.firewalls.get(index)?.firewall;
        let entry = firewall
            .interfaces
            .get(usize::try_from(seen.ingress?.0).ok()?)?;
        if firewall.platform != "cisco-asa" || !witness.protocol.has_ports() {
            return None;
        }
        let pick = |set: &IpSet, own| set.single().unwrap_or(own);
        Some(format!(
            "packet-tracer input {} {} {} {} {} {}",
            entry.name.value,
            witness.protocol,
            pick(&seen.arrived.source, witness.source),
            witness.source_port,
            pick(&seen.arrived.destination, witness.destination),
            witness.destination_port
        ))
    }

    /// The name of a firewall in the run.
    pub fn firewall(self, id: FirewallId) -> String {
        usize::try_from(id.0)
            .ok()
            .and_then(|index| self.estate.firewalls.get(index))
            .map_or_else(String::new, |firewall| firewall.name.clone())
    }

    fn decision(self, decider: &Decider) -> DecisionFact {
        DecisionFact {
            firewall: self.firewall(decider.firewall),
            filter: Arc::clone(&decider.filter_name),
            rule: match (&decider.label, decider.kind) {
                (Some(label), _) => Arc::clone(label),
                (None, DeciderKind::NatControl) => "nat-control without a translation".into(),
                (None, _) => self.rule(decider.span).into(),
            },
            action: if decider.permits { "permit" } else { "deny" },
            at: Ref(decider.span),
            label: self.decision_label(decider),
            logs: self.logs(decider),
            members: Vec::new(),
        }
    }

    /// Whether a permit leaves a record of what it lets through.
    fn logs(self, decider: &Decider) -> Option<bool> {
        if !decider.permits || decider.kind != DeciderKind::Rule {
            return None;
        }
        let index = usize::try_from(decider.firewall.0).ok()?;
        let known = self.estate.firewalls.get(index)?;
        logging::of_rule(&known.firewall, decider.filter?, decider.rule?)
    }

    fn decision_label(self, decider: &Decider) -> LabelFact {
        let name = self.firewall(decider.firewall);
        let firewall = ("firewall", name.as_str());
        let one_of = |permits, denies| if decider.permits { permits } else { denies };
        match decider.kind {
            DeciderKind::Translation | DeciderKind::NatControl => {
                LabelFact::new("translation", [firewall])
            }
            DeciderKind::Rule if decider.label.is_none() => {
                let filter = ("filter", &*decider.filter_name);
                LabelFact::new(one_of("permits", "denies"), [filter, firewall])
            }
            DeciderKind::Rule | DeciderKind::Default | DeciderKind::Connection => {
                match self.meanings.level(decider.span) {
                    Some(level) => LabelFact {
                        key: one_of("level-permits", "level-denies"),
                        args: level.args.clone(),
                    },
                    None if list_ends(decider) && !decider.permits => {
                        LabelFact::new("list-ends", [])
                    }
                    None if self.is_asked_itself(decider) => {
                        LabelFact::new("is-asked-itself", [firewall])
                    }
                    None => LabelFact::new(one_of("default-permits", "default-denies"), [firewall]),
                }
            }
        }
    }

    /// Whether a network device denies what is sent to an address of its own: an
    /// inventory gives it to a machine.
    fn is_asked_itself(self, decider: &Decider) -> bool {
        let Some(known) = self.estate.firewalls.get(decider.firewall.0 as usize) else {
            return false;
        };
        let device = !HOSTS.contains(&known.firewall.platform);
        let for_itself = || {
            let leads = |passage| {
                let stages = known.firewall.stages.iter();
                let mut stages = stages.filter(|stage| stage.passage == passage);
                stages.any(|stage| leads_to(&known.firewall, stage.filter, decider.filter))
            };
            leads(Passage::ToHost) && !leads(Passage::Transit)
        };
        !decider.permits && device && for_itself()
    }

    /// The text of a rule on one line.
    pub fn rule(self, span: Span) -> String {
        let text = self
            .sources
            .get(span.file)
            .map(|file| file.joined(span))
            .unwrap_or_default();
        let (mut line, mut length) = (String::with_capacity(text.len()), 0usize);
        for word in text.split_whitespace() {
            // The number is the name of a policy of FortiOS; its settings fill lines.
            if word == "set" && line.starts_with("edit ") {
                break;
            }
            if length > LONGEST_RULE {
                line.push_str(" …");
                break;
            }
            if length > 0 {
                line.push(' ');
                length = length.saturating_add(1);
            }
            let characters = word.chars().count().min(LONGEST_RULE);
            line.extend(word.chars().take(characters));
            length = length.saturating_add(characters);
        }
        line.shrink_to_fit();
        line
    }

    fn effects(self, answer: &Answer, certain: bool) -> Vec<EffectFact> {
        let wanted = answer.effects.iter().filter(|e| e.certain == certain);
        wanted.map(|effect| self.effect(effect)).collect()
    }

    fn effect(self, effect: &Effect) -> EffectFact {
        EffectFact {
            kind: effect.kind.name(),
            firewall: effect
                .firewall
                .map_or_else(String::new, |id| self.firewall(id)),
            at: Ref(effect.span),
            related: effect.related.iter().map(|span| Ref(*span)).collect(),
            changes: effect.changes.map(|end| match end {
                TranslatedEnd::Source => "source",
                TranslatedEnd::Destination => "destination",
            }),
            source_becomes: match effect.kind {
                EffectKind::Translated => self.meanings.pool(effect.span),
                _ => Vec::new(),
            },
        }
    }
}

/// Where packets would pass if anything on the Internet could send them: no
/// device that is given knows.
fn publisher(answer: &Answer) -> Option<String> {
    let part = answer.telling_part()?;
    let packet = part.witness?;
    let unpublished = part.reasons.iter().any(Reason::is_unpublished);
    unpublished.then(|| {
        format!(
            "# the configuration of the device that publishes {} to the Internet for {}/{}, if \
             there is one; if there is none, the permit leads nowhere and can go",
            packet.destination, packet.protocol, packet.destination_port
        )
    })
}

/// Whether a filter is another one or calls it.
fn leads_to(firewall: &Firewall, from: FilterId, to: Option<FilterId>) -> bool {
    let mut open = vec![from];
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        if Some(id) == to {
            return true;
        }
        let filter = firewall.filters.get(id.0 as usize);
        let Some(filter) = filter.filter(|_| seen.insert(id)) else {
            continue;
        };
        let actions = filter.rules.iter().map(|rule| rule.action);
        for action in actions.chain(std::iter::once(filter.default.action)) {
            if let Action::Jump(next) | Action::Goto(next) = action {
                open.push(next);
            }
        }
    }
    false
}

/// The part that shows the verdict: of several denied ones the part that the
/// rule denies which is cited first, the last one. The others are those that a
/// block list denies.
pub(super) fn shown_part<'a>(answer: &'a Answer, by: &[&Decider]) -> Option<&'a Part> {
    let cited = by.iter().rev().find(|decider| !decider.permits);
    let denied = cited.and_then(|cited| {
        let mut parts = answer.parts.iter();
        parts.find(|part| part.verdict == PartVerdict::Deny && part.by.last() == Some(cited))
    });
    match answer.verdict {
        Verdict::Deny => denied.or_else(|| answer.telling_part()),
        _ => answer.telling_part(),
    }
}

/// A packet as facts show it.
pub(super) fn witness(packet: Packet) -> WitnessFact {
    let ports = packet.protocol.has_ports();
    WitnessFact {
        source: packet.source.to_string(),
        destination: packet.destination.to_string(),
        protocol: packet.protocol.to_string(),
        source_port: ports.then_some(packet.source_port),
        destination_port: ports.then_some(packet.destination_port),
    }
}
