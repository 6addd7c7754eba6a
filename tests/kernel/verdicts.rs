//! Answers questions about single packets, for `tests/kernel/compare.py` and
//! `tests/aerleon/compare.py`: they ask something else the same.
//!
//! Every line of the standard input is a JSON object, and gets one line: a
//! letter for each of its packets, `P`ermit, `D`eny, `I`nconclusive. Each
//! packet is asked for alone and looked up in the answer on all packets at
//! once; `X` says that the two answers differ.
//!
//! - `{"chains": […], "packets": […]}`: chains in the words of iptables; the
//!   first is asked.
//! - `{"asa": "text", "filter": "name", "packets": […]}`: a list of an ASA
//!   configuration, read by the reader.
//! - `{"rules": "text", "format": "iptables", "in": "in0", "out": "out0",
//!   "packets": […]}`: a ruleset of Linux, read by the reader; all stages that a
//!   crossing packet meets are asked, or one `"filter"`.
//!
//! A packet is `[source, destination, protocol, source port, destination port]`,
//! for ICMP with type and code in the places of the ports; a sixth element
//! `true` says that its connection is established.

use std::error::Error;
use std::io::{BufRead, Write};
use std::net::IpAddr;

use exlint::flow::{
    ConnectionState, Context, Cube, Engine, FilterPart, Packet, PacketSet, PartVerdict,
};
use exlint::formats::Content;
use exlint::formats::firewall::windows_firewall;
use exlint::model::firewall::*;
use exlint::model::net::{IpRange, PortRange, Protocol};
use exlint::source::{FileId, SourceFile, Span, Spanned};
use serde_json::Value;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let question: Value = serde_json::from_str(&line?)?;
        if question["rules"].is_string() {
            writeln!(out, "{}", ruleset(&question)?)?;
            out.flush()?;
            continue;
        }
        let (firewall, filter) = match question["asa"].as_str() {
            Some(text) => asa(text, text_of(&question["filter"])?)?,
            None => (chains(&question["chains"])?, FilterId(0)),
        };
        let engine = Engine::new(&firewall, "2009-11-02", &[]);
        let context = |established| Context {
            ingress: Some(InterfaceId(0)),
            egress: Some(InterfaceId(1)),
            state: if established {
                ConnectionState::Established
            } else {
                ConnectionState::New
            },
            new_destination: None,
        };
        let all =
            |established| engine.evaluate_filter(filter, &PacketSet::all(), &context(established));
        let at_once = [all(false), all(true)];
        let mut answer = String::new();
        for packet in list(&question["packets"])? {
            let established = packet[5].as_bool().unwrap_or(false);
            let packet = read_packet(packet)?;
            let alone = engine.evaluate_filter(
                filter,
                &PacketSet::from(Cube::of(&packet)),
                &context(established),
            );
            let (alone, looked_up) = (
                verdict(&alone, &packet),
                verdict(&at_once[usize::from(established)], &packet),
            );
            answer.push(if alone == looked_up { alone } else { 'X' });
        }
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// What all stages of a ruleset do with crossing packets.
fn ruleset(question: &Value) -> Result<String> {
    let file = SourceFile::from_text(FileId(0), "rules", text_of(&question["rules"])?);
    let id = text_of(&question["format"])?;
    let format = exlint::formats::FORMATS
        .iter()
        .find(|format| format.id == id)
        .ok_or("no such format")?;
    let firewall = (format.parse)(&file)
        .content
        .into_iter()
        .find_map(|content| match content {
            Content::Firewall(firewall) => Some(*firewall),
            Content::HostFirewall(part) => {
                let parts = vec![(FileId(0), *part)];
                let all = windows_firewall::assemble(parts, |_| String::new(), |_, _, _| None);
                all.into_iter().next().map(|(_, firewall)| firewall)
            }
            _ => None,
        })
        .ok_or("no firewall")?;
    let interface = |name: &Value| {
        let named = |wanted: &str| {
            let all = (0u32..).zip(&firewall.interfaces);
            all.map(|(id, interface)| (InterfaceId(id), &interface.name.value))
                .find(|(_, name)| *name == wanted)
                .map(|(id, _)| id)
        };
        let name = name.as_str().unwrap_or("*");
        // One that is not named is like another that is not named.
        named(name)
            .or_else(|| wildcard(&firewall, name))
            .or_else(|| named("*"))
    };
    let (ingress, egress) = (interface(&question["in"]), interface(&question["out"]));
    let filters: Vec<FilterId> = match question["filter"].as_str() {
        Some(name) => (0u32..)
            .map(FilterId)
            .zip(&firewall.filters)
            .filter(|(_, filter)| filter.name == name)
            .map(|(id, _)| id)
            .collect(),
        None => {
            let crossing = |stage: &&Stage| stage.passage == Passage::Transit;
            let stages = firewall.stages.iter().filter(crossing);
            stages.map(|stage| stage.filter).collect()
        }
    };
    let engine = Engine::new(&firewall, "2009-11-02", &[]);
    let context = |state| Context {
        ingress,
        egress,
        state,
        new_destination: None,
    };
    let states = [ConnectionState::New, ConnectionState::Established];
    let at_once = states.map(|state| -> Vec<Vec<FilterPart>> {
        let all =
            |filter: &FilterId| engine.evaluate_filter(*filter, &PacketSet::all(), &context(state));
        filters.iter().map(all).collect()
    });
    let together = |all: &[Vec<FilterPart>], packet: &Packet| -> char {
        let mut sum = 'P';
        for parts in all {
            match (sum, verdict(parts, packet)) {
                (_, 'D') | ('D', _) => sum = 'D',
                ('P', other) => sum = other,
                _ => {}
            }
        }
        sum
    };
    let mut answer = String::new();
    for asked in list(&question["packets"])? {
        let established = asked[5].as_bool().unwrap_or(false);
        let state = states[usize::from(established)];
        let packet = read_packet(asked)?;
        let one = PacketSet::from(Cube::of(&packet));
        let alone: Vec<Vec<FilterPart>> = filters
            .iter()
            .map(|filter| engine.evaluate_filter(*filter, &one, &context(state)))
            .collect();
        let alone = together(&alone, &packet);
        let looked_up = together(&at_once[usize::from(established)], &packet);
        // All packets at once may be too many pieces to tell apart.
        let same = alone == looked_up || looked_up == 'I';
        answer.push(if same { alone } else { 'X' });
    }
    Ok(answer)
}

/// The interface that stands for a name by its start (`eth+`, `eth*`).
fn wildcard(firewall: &Firewall, name: &str) -> Option<InterfaceId> {
    let all = (0u32..).zip(&firewall.interfaces);
    all.filter_map(|(id, interface)| {
        let start = interface.name.value.strip_suffix(['+', '*'])?;
        (!start.is_empty() && name.starts_with(start)).then_some((start.len(), InterfaceId(id)))
    })
    .max()
    .map(|(_, id)| id)
}

fn verdict(parts: &[FilterPart], packet: &Packet) -> char {
    let mut hits = parts.iter().filter(|part| part.packets.contains(packet));
    match (hits.next().map(|part| part.outcome.verdict), hits.next()) {
        (Some(PartVerdict::Permit), None) => 'P',
        (Some(PartVerdict::Deny), None) => 'D',
        (Some(PartVerdict::Inconclusive), None) => 'I',
        // In no part, or in two.
        _ => 'X',
    }
}

fn text_of(value: &Value) -> Result<&str> {
    value
        .as_str()
        .ok_or_else(|| format!("not a string: {value}").into())
}

fn number<T: TryFrom<u64>>(value: &Value) -> Result<T> {
    let number = value.as_u64().and_then(|n| T::try_from(n).ok());
    number.ok_or_else(|| format!("not a number of this width: {value}").into())
}

fn list(value: &Value) -> Result<&Vec<Value>> {
    value
        .as_array()
        .ok_or_else(|| format!("not a list: {value}").into())
}

fn read_packet(value: &Value) -> Result<Packet> {
    let protocol = Protocol(number(&value[2])?);
    let (mut source_port, mut destination_port) = (number(&value[3])?, number(&value[4])?);
    if matches!(protocol, Protocol::ICMP | Protocol::ICMP6) {
        destination_port |= source_port << 8;
        source_port = 0;
    }
    Ok(Packet {
        source: text_of(&value[0])?.parse()?,
        destination: text_of(&value[1])?.parse()?,
        protocol,
        source_port,
        destination_port,
    })
}

fn asa(text: &str, name: &str) -> Result<(Firewall, FilterId)> {
    let file = SourceFile::from_text(FileId(0), "rendered.cfg", text);
    let document = (exlint::formats::firewall::cisco_asa::FORMAT.parse)(&file);
    for content in document.content {
        if let Content::Firewall(firewall) = content
            && let Some(index) = firewall.filters.iter().position(|f| f.name == name)
        {
            return Ok((*firewall, FilterId(u32::try_from(index)?)));
        }
    }
    Err(format!("no access list {name}").into())
}

fn chains(value: &Value) -> Result<Firewall> {
    let nowhere = Span::new(FileId(0), 0, 0);
    let mut filters = Vec::new();
    for chain in list(value)? {
        let name = text_of(&chain["name"])?;
        filters.push(Filter {
            name: name.to_owned(),
            rules: list(&chain["rules"])?
                .iter()
                .map(rule)
                .collect::<Result<_>>()?,
            default: FilterDefault {
                action: action(&chain["default"], &Value::Null)?,
                label: format!("policy of {name}"),
                span: nowhere,
            },
            span: nowhere,
            filters_traffic: true,
        });
    }
    Ok(Firewall {
        name: Spanned::new("kernel".to_owned(), nowhere),
        platform: "iptables",
        software: None,
        transparent: None,
        stateful: true,
        interfaces: Vec::new(),
        routes: Vec::new(),
        dynamic_routing: Vec::new(),
        policy_routing: Vec::new(),
        address_objects: Vec::new(),
        service_objects: Vec::new(),
        filters,
        stages: Vec::new(),
        nat: Nat::default(),
        inspections: Vec::new(),
        tunnels: Vec::new(),
        not_modelled: Vec::new(),
        references: Default::default(),
    })
}

fn action(value: &Value, to: &Value) -> Result<Action> {
    Ok(match text_of(value)? {
        "accept" => Action::Permit,
        "drop" | "reject" => Action::Deny,
        "return" => Action::Return,
        "log" => Action::Continue,
        "jump" => Action::Jump(FilterId(number(to)?)),
        "goto" => Action::Goto(FilterId(number(to)?)),
        other => return Err(format!("no such action: {other}").into()),
    })
}

fn rule(value: &Value) -> Result<Rule> {
    let interface = |value: &Value| -> Result<Option<InterfaceId>> {
        Ok(if value.is_null() {
            None
        } else {
            Some(InterfaceId(number(value)?))
        })
    };
    Ok(Rule {
        action: action(&value["action"], &value["to"])?,
        enabled: true,
        logs: false,
        ingress: interface(&value["in"])?.into(),
        egress: interface(&value["out"])?.into(),
        source: addresses(&value["source"])?,
        destination: addresses(&value["destination"])?,
        service: service(value)?,
        state: match value["state"].as_str() {
            Some("established") => StateMatch::Established,
            Some("new") => StateMatch::New,
            _ => StateMatch::Any,
        },
        conditions: Box::new([]),
        implicit: None,
        span: Span::new(FileId(0), 0, 0),
    })
}

/// `{"ranges": [[first, last], …], "not": bool}`, or `masked` with an address
/// and the bits that count instead of `ranges`, or null for any.
fn addresses(value: &Value) -> Result<AddressMatch> {
    if value.is_null() {
        return Ok(AddressMatch::Any);
    }
    let mut terms: Vec<AddressTerm> = Vec::new();
    if let [value, mask] = value["masked"].as_array().map_or(&[][..], |m| m) {
        let bits = |value: &Value| -> Result<u32> {
            Ok(text_of(value)?.parse::<std::net::Ipv4Addr>()?.to_bits())
        };
        terms.push(AddressTerm::Masked(Box::new((bits(value)?, bits(mask)?))));
    }
    for pair in value["ranges"].as_array().into_iter().flatten() {
        let (first, last): (IpAddr, IpAddr) =
            (text_of(&pair[0])?.parse()?, text_of(&pair[1])?.parse()?);
        terms.push(
            IpRange::between(first, last)
                .ok_or("a reversed range")?
                .into(),
        );
    }
    Ok(if value["not"].as_bool() == Some(true) {
        AddressMatch::NoneOf(terms.into())
    } else {
        AddressMatch::AnyOf(terms.into())
    })
}

/// `{"ranges": [[low, high], …], "not": bool}`, or null for any. Several
/// ranges with `not` are what lies between them.
fn ports(value: &Value) -> Result<Vec<PortMatch>> {
    if value.is_null() {
        return Ok(vec![PortMatch::Any]);
    }
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for pair in list(&value["ranges"])? {
        ranges.push((number(&pair[0])?, number(&pair[1])?));
    }
    let range = |low, high| PortRange::new(low, high).map(PortMatch::Range);
    if value["not"].as_bool() != Some(true) {
        let terms: Option<Vec<_>> = ranges.into_iter().map(|(a, b)| range(a, b)).collect();
        return terms.ok_or_else(|| "a reversed range".into());
    }
    if let [(low, high)] = ranges[..] {
        return Ok(vec![PortMatch::Not(PortRange { low, high })]);
    }
    ranges.sort_unstable();
    let (mut gaps, mut next) = (Vec::new(), 0u32);
    for (low, high) in ranges {
        if u32::from(low) > next {
            gaps.extend(range(u16::try_from(next)?, low - 1));
        }
        next = next.max(u32::from(high) + 1);
    }
    if let Ok(next) = u16::try_from(next) {
        gaps.extend(range(next, u16::MAX));
    }
    Ok(gaps)
}

fn service(value: &Value) -> Result<ServiceMatch> {
    if value["protocol"].is_null() {
        return Ok(ServiceMatch::Any);
    }
    let protocol = Protocol(number(&value["protocol"])?);
    if value["not_protocol"].as_bool() == Some(true) {
        return Ok(ServiceMatch::NoneOf(Box::new([ServiceTerm::Inline {
            protocol: ProtocolMatch::One(protocol),
            source: PortMatch::Any,
            destination: PortMatch::Any,
        }])));
    }
    if let Some(icmp) = value["icmp"].as_array() {
        let byte = |value: &Value| -> Result<Option<u8>> {
            Ok(if value.is_null() {
                None
            } else {
                Some(number(value)?)
            })
        };
        return Ok(ServiceMatch::One(ServiceTerm::Icmp(IcmpMatch {
            protocol,
            kind: byte(&icmp[0])?,
            code: byte(&icmp[1])?,
        })));
    }
    let mut terms = Vec::new();
    for source in ports(&value["source_ports"])? {
        for destination in ports(&value["destination_ports"])? {
            terms.push(ServiceTerm::Inline {
                protocol: ProtocolMatch::One(protocol),
                source,
                destination,
            });
        }
    }
    Ok(ServiceMatch::AnyOf(terms.into()))
}
