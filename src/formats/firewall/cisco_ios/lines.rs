//! `line vty` and the lists that filter who signs in there.
//!
//! Source: Cisco IOS Security Command Reference, "access-class", "ipv6
//! access-class"; Cisco IOS Terminal Services Command Reference, "line".

use crate::model::firewall::{
    Action, AddressMatch, AddressTerm, Condition, FilterId, InterfaceId, InterfaceMatch, Passage,
    PortMatch, Rule, ServiceMatch, Stage,
};
use crate::model::net::{PortRange, Protocol};
use crate::source::Span;

use super::Dialect;
use super::command_table::short;
use super::device::{Device, Family};
use super::outcome::Outcome;
use super::rules::{add_condition, pseudo_rule};
use super::stages::stage;
use super::words::Words;

/// `line …` and its access classes.
pub struct Line<'c> {
    /// The words behind `line`.
    pub name: &'c str,
    /// Whether people sign in over the network here (`vty`).
    pub terminals: bool,
    /// `access-class`.
    pub classes: Vec<AccessClass>,
    /// The statement.
    pub span: Span,
}

/// `access-class LIST in|out [vrf-also | vrfname VRF]`.
#[derive(Debug, Clone, Copy)]
pub struct AccessClass {
    /// The list.
    pub list: FilterId,
    /// The address family that it is for.
    pub family: Family,
    /// Whether it filters who signs in, and not where they go from here.
    pub inbound: bool,
    /// Interfaces in a VRF.
    pub virtual_routers: VirtualRouters,
    /// The statement.
    pub span: Span,
}

/// What an access class says about interfaces in a VRF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VirtualRouters {
    /// Nothing.
    Unsaid,
    /// `vrf-also`.
    Also,
    /// `vrfname`: it is for one of them.
    Named,
}

impl Line<'_> {
    /// What filters who signs in.
    pub fn class(&self, family: Family) -> Option<AccessClass> {
        let mut known = self.classes.iter().rev();
        known
            .find(|class| class.family == family && class.inbound)
            .copied()
    }
}

/// Opens a line, again where its words stood before.
pub fn open<'c>(device: &mut Device<'c>, name: &'c str, statement: &'c str) {
    let known = device.lines.iter().position(|line| line.name == name);
    device.line = known.unwrap_or(device.lines.len());
    if known.is_none() {
        let kind = name.split_whitespace().next();
        let span = device.span(statement);
        device.lines.push(Line {
            name,
            terminals: kind.is_some_and(|kind| short(kind, "vty", 1)),
            classes: Vec::new(),
            span,
        });
    }
}

/// `[no] [ip | ipv6] access-class LIST in` inside a line.
pub fn statement<'c>(device: &mut Device<'c>, statement: &'c str) -> Outcome {
    let mut words = Words::new(statement);
    let mut word = words.next().unwrap_or_default();
    let removed = word == "no";
    if removed {
        word = words.next().unwrap_or_default();
    }
    let mut family = Family::V4;
    if matches!(word, "ip" | "ipv6") {
        if word == "ipv6" {
            family = Family::V6;
        }
        word = words.next().unwrap_or_default();
    }
    if !short(word, "access-class", 8) {
        return Outcome::IRRELEVANT;
    }
    let at = device.line;
    if removed {
        let inbound = !words.rest().split(' ').any(|word| word == "out");
        if let Some(line) = device.lines.get_mut(at) {
            let classes = &mut line.classes;
            classes.retain(|class| class.family != family || class.inbound != inbound);
        }
        return Outcome::MODELLED;
    }
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let class = AccessClass {
        list: device.list(name, family),
        family,
        inbound: words.next() != Some("out"),
        virtual_routers: match words.next() {
            Some("vrf-also") => VirtualRouters::Also,
            Some("vrfname") => VirtualRouters::Named,
            _ => VirtualRouters::Unsaid,
        },
        span: device.span(statement),
    };
    let span = device.span(name);
    device.refer("access-list", name, false, span);
    if let Some(line) = device.lines.get_mut(at) {
        line.classes.push(class);
    }
    Outcome::MODELLED
}

/// The access classes of the virtual terminal lines, for one address family.
///
/// Source: Cisco IOS Security Command Reference, "access-class" and "ipv6
/// access-class": each family has its own, and a connection gets the next line
/// that is free, so that lines with different ones leave it undecided. `vrf-also`
/// accepts connections from interfaces in a VRF; whether those pass without it
/// depends on the release.
pub fn sign_ins(device: &mut Device<'_>, family: Family) -> Option<Stage> {
    let mut classes: Vec<(Option<AccessClass>, Span)> = Vec::new();
    for line in device.lines.iter().filter(|line| line.terminals) {
        let class = line.class(family);
        let list = class.map(|class| class.list);
        if !classes
            .iter()
            .any(|(known, _)| known.map(|class| class.list) == list)
        {
            classes.push((class, class.map_or(line.span, |class| class.span)));
        }
    }
    let first = classes.iter().find_map(|(class, _)| *class)?;
    let any = AddressMatch::One(match family {
        Family::V4 => AddressTerm::Any4,
        Family::V6 => AddressTerm::Any6,
    });
    let doubt = (classes.len() > 1).then(|| {
        let text =
            "lines have different access classes, and which line takes a connection is not known";
        device.reason(text, first.span)
    });
    let last = classes.len().saturating_sub(1);
    let mut rules = Vec::new();
    for (at, (class, span)) in classes.into_iter().enumerate() {
        // Whatever line it is, one of them: the last one needs no condition.
        let doubt = doubt.filter(|_| at < last);
        let mut entries = match class {
            Some(class) => access_class(device, class),
            None => vec![pseudo_rule(
                Action::Permit,
                "a line without an access class",
                span,
            )],
        };
        for rule in &mut entries {
            rule.source = any.clone();
            let terms = [22, 23].map(|port| {
                let port = PortMatch::Range(PortRange::one(port));
                super::service::inline(Protocol::TCP, PortMatch::Any, port)
            });
            rule.service = ServiceMatch::AnyOf(Box::new(terms));
            if let Some(doubt) = doubt {
                add_condition(rule, Condition::Unknown(doubt));
            }
        }
        rules.append(&mut entries);
    }
    let label = format!("access-class {} in", device.list_name(first.list));
    let filter = device.add_pseudo(
        label.clone(),
        rules,
        (
            Action::Permit,
            "an access class filters sign-ins only".to_owned(),
        ),
        first.span,
    );
    let mut own = stage(
        label,
        InterfaceMatch::Any,
        InterfaceMatch::Any,
        filter,
        first.span,
    );
    own.passage = Passage::ToHost;
    Some(own)
}

/// The rules of one access class.
fn access_class(device: &mut Device<'_>, class: AccessClass) -> Vec<Rule> {
    let label = format!("access-class {} in", device.list_name(class.list));
    let jump = pseudo_rule(Action::Jump(class.list), label.clone(), class.span);
    let stanzas = device.stanzas.iter();
    let members = stanzas.filter(|stanza| stanza.vrf.is_some());
    let members: Vec<InterfaceId> = members.filter_map(|stanza| stanza.id).collect();
    let said = class.virtual_routers;
    let nexus = device.dialect == Dialect::Nxos;
    let everywhere = said == VirtualRouters::Unsaid && (nexus || members.is_empty());
    if said == VirtualRouters::Also || everywhere {
        return vec![jump];
    }
    let reason = device.reason(
        "whether the access class is for connections from a VRF is not known",
        class.span,
    );
    let unknown = |mut rule: Rule| {
        add_condition(&mut rule, Condition::Unknown(reason));
        rule
    };
    if said == VirtualRouters::Named {
        let other = pseudo_rule(Action::Permit, "another VRF", class.span);
        return vec![unknown(jump), other];
    }
    let mut refuse = pseudo_rule(Action::Deny, label, class.span);
    refuse.ingress = InterfaceMatch::any_of(members);
    vec![unknown(refuse), jump]
}
