//! The zone-based firewall: zones, pairs, class maps and policy maps.
//!
//! Sources: Cisco IOS Security Configuration Guide: Zone-Based Policy Firewall,
//! "Zones", "Zone Pairs", "Zones and Inspection" (an interface in a zone and
//! one in no zone do not talk; packets within a zone pass; between zones they
//! are dropped unless a policy of the pair lets them pass), "Self Zone"
//! (everything to and from the device passes until a pair says otherwise),
//! "Class Maps and Policy Maps" (`inspect` opens the way back, `pass` is one
//! way, `class-default` drops), "Nested Class Map Support"; Cisco IOS Security
//! Command Reference, "match protocol (zone)", "class-map type inspect".

use std::collections::HashMap;

use crate::model::firewall::FilterId;
use crate::source::{Span, Spanned};

use super::command_table::short;
use super::device::{Device, Family};
use super::outcome::Outcome;
use super::words::Words;

/// One `match` of a class map.
#[derive(Debug, Clone)]
pub enum Match<'c> {
    /// `match access-group {name N | N}`.
    List(FilterId),
    /// `match protocol P`.
    Protocol(&'c str),
    /// `match class-map C`.
    Class(&'c str),
    /// `match any`.
    Any,
    /// Something else.
    Unknown(String),
}

/// A class map of type inspect.
#[derive(Debug, Clone)]
pub struct ClassMap<'c> {
    /// `match-all`, the default, else `match-any`.
    pub all: bool,
    /// The statements, whether each is negated, and where it stands.
    pub matches: Vec<(Match<'c>, bool, Span)>,
    /// The first line.
    pub span: Span,
}

/// What a policy map does with a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Treatment {
    /// Passes it and lets replies back.
    Inspect,
    /// Passes it one way.
    Pass,
    /// Drops it.
    Drop,
}

/// A class of a policy map.
#[derive(Debug, Clone)]
pub struct Class<'c> {
    /// Name.
    pub name: Spanned<&'c str>,
    /// Action; without one, the class is dropped.
    pub treatment: Option<Spanned<Treatment>>,
    /// What may still drop its packets.
    pub doubts: Vec<(String, Span)>,
}

/// A policy map.
#[derive(Debug, Clone)]
pub struct PolicyMap<'c> {
    /// Whether it is of type inspect.
    pub inspect: bool,
    /// Its classes in order.
    pub classes: Vec<Class<'c>>,
}

/// `zone-pair security N source A destination B`.
#[derive(Debug, Clone)]
pub struct Pair<'c> {
    /// Name.
    pub name: &'c str,
    /// From.
    pub source: &'c str,
    /// To.
    pub destination: &'c str,
    /// Policy map.
    pub policy: Option<Spanned<&'c str>>,
    /// The first line.
    pub span: Span,
}

/// Everything of the zone-based firewall.
#[derive(Debug, Default)]
pub struct Zones<'c> {
    /// `zone security N`.
    pub zones: HashMap<&'c str, Span>,
    /// In file order.
    pub pairs: Vec<Pair<'c>>,
    /// By name.
    pub classes: HashMap<&'c str, ClassMap<'c>>,
    /// By name.
    pub policies: HashMap<&'c str, PolicyMap<'c>>,
    /// Rules made so far.
    pub rules: usize,
}

/// The stanza that is open.
#[derive(Debug, Clone, Copy)]
pub enum Open<'c> {
    /// `class-map`.
    Class(&'c str),
    /// `policy-map`.
    Policy(&'c str),
    /// `zone-pair`.
    Pair(usize),
    /// Something whose lines do not matter.
    Other,
}

/// `class-map [type T] [match-any|match-all] N`.
pub fn open_class<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Open<'c>> {
    let mut inspect = false;
    let mut all = true;
    let mut name = None;
    while let Some(word) = words.next() {
        match word {
            "type" => {
                inspect = words.next().is_some_and(|kind| short(kind, "inspect", 4));
                // `type inspect http N`: an application's own class.
                if inspect
                    && words.peek_second().is_some()
                    && !words.peek().is_some_and(|word| word.starts_with("match-"))
                {
                    return Some(Open::Other);
                }
            }
            "match-any" => all = false,
            "match-all" => all = true,
            _ => name = Some(word),
        }
    }
    let name = name?;
    if !inspect {
        return Some(Open::Other);
    }
    let span = device.span(statement);
    let at = device.span(name);
    device.refer("class-map", name, true, at);
    device.zones.classes.entry(name).or_insert(ClassMap {
        all,
        matches: Vec::new(),
        span,
    });
    Some(Open::Class(name))
}

/// A `match` of a class map.
pub fn class_line<'c>(
    device: &mut Device<'c>,
    name: &'c str,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Outcome {
    let Some(word) = words.next() else {
        return Outcome::IRRELEVANT;
    };
    if short(word, "description", 4) || word == "exit" {
        return Outcome::IRRELEVANT;
    }
    let span = device.span(statement);
    if word != "match" && word != "Match:" {
        return unknown_match(device, name, span, statement);
    }
    let not = words.eat("not");
    let found = match words.next().unwrap_or_default() {
        "access-group" => {
            let Some(list) = words.next().and_then(|word| {
                if word == "name" {
                    words.next()
                } else {
                    Some(word)
                }
            }) else {
                return unknown_match(device, name, span, statement);
            };
            let at = device.span(list);
            device.refer("access-list", list, false, at);
            Match::List(device.list(list, Family::V4))
        }
        "protocol" => match words.next() {
            // `match protocol http signature` and the like judge content.
            Some(protocol) if matches!(words.peek(), None | Some("match-in-vrf")) => {
                Match::Protocol(protocol)
            }
            _ => return unknown_match(device, name, span, statement),
        },
        "class-map" => match words.next() {
            Some(class) => {
                let at = device.span(class);
                device.refer("class-map", class, false, at);
                Match::Class(class)
            }
            None => return unknown_match(device, name, span, statement),
        },
        "any" => Match::Any,
        _ => return unknown_match(device, name, span, statement),
    };
    if let Some(class) = device.zones.classes.get_mut(name) {
        class.matches.push((found, not, span));
    }
    Outcome::MODELLED
}

fn unknown_match<'c>(
    device: &mut Device<'c>,
    name: &'c str,
    span: Span,
    statement: &str,
) -> Outcome {
    let text = format!(
        "class map {name} selects packets by something that is not modelled: {}",
        super::rules::quoted(statement)
    );
    if let Some(class) = device.zones.classes.get_mut(name) {
        class
            .matches
            .push((Match::Unknown(text.clone()), false, span));
    }
    Outcome::not_modelled(text)
}

/// `policy-map [type T] N`.
pub fn open_policy<'c>(device: &mut Device<'c>, words: &mut Words<'c>) -> Option<Open<'c>> {
    let mut inspect = false;
    let mut name = words.next()?;
    if name == "type" {
        let kind = words.next()?;
        inspect = short(kind, "inspect", 4);
        name = words.next()?;
        if !inspect || !words.is_empty() {
            return Some(Open::Other);
        }
    }
    let at = device.span(name);
    device.refer("policy-map", name, true, at);
    device.zones.policies.entry(name).or_insert(PolicyMap {
        inspect,
        classes: Vec::new(),
    });
    Some(Open::Policy(name))
}

/// A line of a policy map.
pub fn policy_line<'c>(
    device: &mut Device<'c>,
    policy: &'c str,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Outcome> {
    let span = device.span(statement);
    let word = words.next()?;
    if word == "class" || word == "Class" {
        let mut name = words.next()?;
        if name == "type" {
            words.next();
            name = words.next()?;
        }
        let at = device.span(name);
        if !name.eq_ignore_ascii_case("class-default") {
            device.refer("class-map", name, false, at);
        }
        let policy = device.zones.policies.get_mut(policy)?;
        policy.classes.push(Class {
            name: Spanned::new(name, at),
            treatment: None,
            doubts: Vec::new(),
        });
        return Some(Outcome::MODELLED);
    }
    let map = device.zones.policies.get_mut(policy)?;
    let inspect = map.inspect;
    let Some(class) = map.classes.last_mut() else {
        return Some(Outcome::IRRELEVANT);
    };
    let treatment = match word {
        _ if inspect && short(word, "inspect", 3) => Treatment::Inspect,
        "pass" if inspect => Treatment::Pass,
        "drop" => Treatment::Drop,
        "no" if inspect => {
            let text = "an action of the policy is removed here";
            class.doubts.push((text.to_owned(), span));
            return Some(Outcome::not_modelled(text));
        }
        "urlfilter" => {
            let text = "a filter of URLs may stop requests";
            class.doubts.push((text.to_owned(), span));
            return Some(Outcome::not_modelled(text));
        }
        "service-policy" if inspect => {
            return Some(Outcome::irrelevant(
                "judges the content of a session that is let through",
            ));
        }
        _ => return None,
    };
    class.treatment = Some(Spanned::new(treatment, span));
    Some(Outcome::MODELLED)
}

/// `zone security N`.
pub fn zone<'c>(device: &mut Device<'c>, words: &mut Words<'c>, statement: &'c str) -> Outcome {
    if !words.next().is_some_and(|word| short(word, "security", 3)) {
        return Outcome::IRRELEVANT;
    }
    let Some(name) = words.next() else {
        return Outcome::UNRECOGNISED;
    };
    let span = device.span(statement);
    let at = device.span(name);
    device.refer("zone", name, true, at);
    device.zones.zones.insert(name, span);
    Outcome::MODELLED
}

/// `zone-pair security N source A destination B`.
pub fn open_pair<'c>(
    device: &mut Device<'c>,
    words: &mut Words<'c>,
    statement: &'c str,
) -> Option<Open<'c>> {
    if !short(words.next()?, "security", 3) {
        return Some(Open::Other);
    }
    let name = words.next()?;
    let (mut source, mut destination) = (None, None);
    while let Some(word) = words.next() {
        if short(word, "source", 3) {
            source = words.next();
        } else if short(word, "destination", 3) {
            destination = words.next();
        }
    }
    let (source, destination) = (source?, destination?);
    for zone in [source, destination] {
        if zone != "self" {
            let at = device.span(zone);
            device.refer("zone", zone, false, at);
        }
    }
    let span = device.span(statement);
    device.zones.pairs.push(Pair {
        name,
        source,
        destination,
        policy: None,
        span,
    });
    Some(Open::Pair(device.zones.pairs.len().saturating_sub(1)))
}

/// `service-policy type inspect P`.
pub fn pair_line<'c>(device: &mut Device<'c>, at: usize, words: &mut Words<'c>) -> Outcome {
    match words.next() {
        Some(word) if short(word, "service-policy", 7) => {}
        Some("no") | None => return Outcome::not_modelled("a policy is removed here"),
        Some("description" | "exit" | "end") => return Outcome::IRRELEVANT,
        Some(_) => return Outcome::UNRECOGNISED,
    }
    let mut last = None;
    while let Some(word) = words.next() {
        last = Some(word);
    }
    let Some(name) = last.filter(|name| *name != "inspect" && *name != "type") else {
        return Outcome::not_modelled("the policy of the pair is cut off");
    };
    let span = device.span(name);
    device.refer("policy-map", name, false, span);
    if let Some(pair) = device.zones.pairs.get_mut(at) {
        pair.policy = Some(Spanned::new(name, span));
    }
    Outcome::MODELLED
}
