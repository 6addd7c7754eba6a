//! Rows of the tables: what they let in.

use super::headings::{Table, set};
use crate::formats::firewall::shared::rules::quoted;
use crate::formats::firewall::shared::tables::rows;
use crate::formats::firewall::windows_firewall::facts::{
    Addresses, Direction, Doubt, IcmpFact, Profile, ProtocolFact, RuleAction, RuleFacts, Term, Told,
};
use crate::formats::firewall::windows_firewall::{values, words};
use crate::model::net::{PortRange, Protocol};
use crate::source::{Span, Spanned};

/// Why the addresses of an opening are not known.
pub const NO_SCOPE: &str = "the listing does not show the scopes of openings; `netsh firewall show \
                            config verbose=enable` does";

/// Kinds of ICMP that are let out only when they are enabled: destination
/// unreachable, source quench, redirect, time exceeded, parameter problem.
const KEPT_IN: [u8; 5] = [3, 4, 5, 11, 12];
/// Kinds that are let in when they are enabled: echo, timestamp and mask
/// requests.
const LET_IN: [u8; 3] = [8, 13, 17];

/// A row of a table.
pub struct Row {
    /// What it lets in.
    pub rules: Vec<RuleFacts>,
    /// Whether it does.
    pub enabled: bool,
    /// The kind of ICMP that it lets out instead.
    pub lets_out: Option<u8>,
}

/// Reads a row; `None` when it does not read like one.
pub fn row(table: Table, line: &str, span: Span) -> Option<Row> {
    let mut fields = line.split_whitespace();
    let (first, second, third) = (fields.next()?, fields.next()?, fields.next());
    let (mode, rules) = match table {
        Table::Ports | Table::Open => {
            // The third column of open ports is a version of IP.
            let enabled = match table {
                Table::Open => true,
                _ => words::truth(third?)?,
            };
            let protocol = match values::protocol(second, span) {
                Told::Known(ProtocolFact::One(protocol)) => protocol,
                _ => return None,
            };
            return Some(Row {
                rules: vec![port(protocol, first, span)?],
                enabled,
                lets_out: None,
            });
        }
        Table::Icmp => {
            let kind: u8 = second.parse().ok()?;
            let lets_out = (!LET_IN.contains(&kind)).then_some(kind);
            let rules = if lets_out.is_none() {
                vec![icmp(kind, RuleAction::Allow, Direction::In, span)]
            } else {
                Vec::new()
            };
            return Some(Row {
                rules,
                enabled: words::truth(first)?,
                lets_out,
            });
        }
        Table::Programs => (first, programs(without(line, first), span)),
        Table::Services => {
            words::truth(second)?;
            (first, named(without(without(line, first), second), span))
        }
    };
    Some(Row {
        rules,
        enabled: words::truth(mode)?,
        lets_out: None,
    })
}

/// The value of a line `Scope: …`.
pub fn scope(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("Scope")?.trim_start();
    rest.strip_prefix([':', '=']).map(str::trim)
}

/// Why addresses are not exact.
pub fn open_address(addresses: &Addresses) -> Option<String> {
    addresses.iter().find_map(|term| match term {
        Term::Open(doubt) => Some(doubt.reason.to_string()),
        Term::Exact(_) => None,
    })
}

/// An opening of which only the direction is known.
fn opening(span: Span) -> RuleFacts {
    let mut rule = RuleFacts::new(span);
    rule.direction = Told::Known(Direction::In);
    rule.action = Told::Known(RuleAction::Allow);
    rule.remote_addresses = Told::Known(vec![Term::open(NO_SCOPE, span)]);
    rule
}

fn port(protocol: Protocol, port: &str, span: Span) -> Option<RuleFacts> {
    let ports = values::ports([port], span);
    let rpc = port.eq_ignore_ascii_case("rpc");
    if !rpc && !matches!(ports.as_slice(), [Term::Exact(_)]) {
        return None;
    }
    let mut rule = opening(span);
    rule.protocol = Told::Known(ProtocolFact::One(protocol));
    rule.local_ports = Told::Known(ports);
    Some(rule)
}

/// A kind of ICMP. It has no scope.
fn icmp(kind: u8, action: RuleAction, direction: Direction, span: Span) -> RuleFacts {
    let mut rule = opening(span);
    rule.direction = Told::Known(direction);
    rule.action = Told::Known(action);
    rule.remote_addresses = Told::Known(Vec::new());
    rule.protocol = Told::Known(ProtocolFact::One(Protocol::ICMP));
    let kind = Some(kind);
    rule.icmp = Told::Known(vec![IcmpFact { kind, code: None }]);
    rule
}

/// What follows the first word of a line.
fn without<'l>(line: &'l str, word: &str) -> &'l str {
    let line = line.trim_start();
    line.strip_prefix(word).unwrap_or(line).trim_start()
}

/// A program may open any port of TCP and UDP.
fn programs(name: &str, span: Span) -> Vec<RuleFacts> {
    let path = name.rsplit(" / ").next().unwrap_or(name).trim();
    let why = format!("the opening is for the program {} only", quoted(path));
    [Protocol::TCP, Protocol::UDP]
        .map(|protocol| {
            let mut rule = opening(span);
            rule.protocol = Told::Known(ProtocolFact::One(protocol));
            rule.doubts.push(Doubt::new(why.clone(), span));
            rule
        })
        .into()
}

/// The ports of a predefined service; `None` for one that is not known.
pub fn service(name: &str, span: Span) -> Option<Vec<RuleFacts>> {
    let name = words::lower(name);
    let rules: Vec<RuleFacts> = rows(include_str!("../data/legacy_services.tsv"))
        .filter(|row| row.first().copied() == Some(name.as_ref()))
        .filter_map(|row| port(Protocol(row.get(1)?.parse().ok()?), row.get(2)?, span))
        .collect();
    (!rules.is_empty()).then_some(rules)
}

fn named(name: &str, span: Span) -> Vec<RuleFacts> {
    service(name, span).unwrap_or_else(|| {
        let mut rule = opening(span);
        let why = format!("the ports of the service {} are not known", quoted(name));
        rule.doubts.push(Doubt::new(why, span));
        vec![rule]
    })
}

/// The echo requests that an opening of TCP 445 lets in with it (bb457029, the
/// settings of ICMP).
pub fn echo_beside(opening: &RuleFacts) -> Option<RuleFacts> {
    let smb = Term::Exact(PortRange::one(445));
    let opens = opening.protocol == Told::Known(ProtocolFact::One(Protocol::TCP))
        && opening.local_ports.known()?.contains(&smb);
    opens.then(|| RuleFacts {
        protocol: Told::Known(ProtocolFact::One(Protocol::ICMP)),
        local_ports: Told::Known(Vec::new()),
        icmp: Told::Known(vec![IcmpFact {
            kind: Some(8),
            code: None,
        }]),
        ..opening.clone()
    })
}

/// The rules that keep ICMP errors in where nothing lets them out.
pub fn kept_in(lets_out: &[(&'static [Profile], u8)], span: Span) -> Vec<RuleFacts> {
    let blocked = |profile: &Profile, kind: u8| {
        !lets_out
            .iter()
            .any(|(profiles, known)| *known == kind && profiles.contains(profile))
    };
    KEPT_IN
        .into_iter()
        .filter_map(|kind| {
            let profiles: Vec<Profile> = Profile::ALL
                .into_iter()
                .filter(|profile| blocked(profile, kind))
                .collect();
            if profiles.is_empty() {
                return None;
            }
            let mut rule = icmp(kind, RuleAction::Block, Direction::Out, span);
            rule.enabled = Told::Known(true);
            rule.profiles = Told::Known(Spanned::new(set(&profiles), span));
            rule.rest_is_any();
            Some(rule)
        })
        .collect()
}
