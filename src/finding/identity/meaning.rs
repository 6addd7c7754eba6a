//! What things mean, as text that does not depend on their form.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{Part, Thing};
use crate::estate::EstateFirewall;
use crate::flow::{Bounds, IpSet, Objects, RangeSet, ServiceSet};
use crate::model::exchange::Value;
use crate::model::firewall::{
    AddressMatch, Condition, Firewall, InterfaceId, InterfaceMatch, NatRule, Rule, ServiceMatch,
};
use crate::model::net::Protocol;

/// Separates the parts of a name.
const SEPARATOR: char = '\u{1f}';

/// Names things, and resolves the objects of a firewall once.
#[derive(Default)]
pub(super) struct Meaning<'e> {
    objects: HashMap<&'e str, Objects>,
}

impl<'e> Meaning<'e> {
    /// The name of a thing.
    pub fn of(&mut self, thing: Thing<'e>) -> String {
        match thing {
            Thing::Part(known, part) => {
                let objects = self
                    .objects
                    .entry(&known.name)
                    .or_insert_with(|| Objects::new(&known.firewall));
                let device = Device { known, objects };
                device.part(part).unwrap_or_default()
            }
            Thing::Record { cmdlet, identity } => joined(&["object", cmdlet, identity]),
            Thing::Property {
                cmdlet,
                identity,
                property,
            } => joined(&[
                "property",
                cmdlet,
                identity,
                &property.name.to_lowercase(),
                &value(&property.value),
            ]),
            Thing::Run { cmdlet, host } => joined(&["run", cmdlet, host.unwrap_or_default()]),
        }
    }
}

fn joined(parts: &[&str]) -> String {
    parts.join(&SEPARATOR.to_string())
}

/// A value as text, whatever form the export gave it.
fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => flag.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.trim().to_lowercase(),
        Value::List(items) => {
            // What has several values in the directory has them in no order.
            let mut items: Vec<String> = items.iter().map(self::value).collect();
            items.sort();
            items.join("\n")
        }
        Value::Flags(names) => {
            let mut names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
            names.sort();
            names.join("\n")
        }
        Value::Secret => "secret".to_owned(),
        Value::Truncated(text) => format!("truncated {}", text.trim()),
        Value::Unusable(_) => "unusable".to_owned(),
    }
}

struct Device<'m> {
    known: &'m EstateFirewall,
    objects: &'m Objects,
}

impl Device<'_> {
    fn part(&self, part: Part) -> Option<String> {
        let firewall = &self.known.firewall;
        let filter = |index: usize| Some(&*firewall.filters.get(index)?.name);
        let told: Vec<String> = match part {
            Part::Name => vec!["firewall".into()],
            Part::Rule(f, r) => {
                let rule = firewall.filters.get(f)?.rules.get(r)?;
                vec!["rule".into(), filter(f)?.into(), self.rule(rule)]
            }
            Part::Filter(f) => vec!["filter".into(), filter(f)?.into()],
            Part::Default(f) => {
                let action = firewall.filters.get(f)?.default.action;
                vec!["default".into(), filter(f)?.into(), format!("{action:?}")]
            }
            Part::Stage(n) => {
                let stage = firewall.stages.get(n)?;
                vec![
                    "binding".into(),
                    filter(stage.filter.0 as usize)?.into(),
                    format!("{:?}", stage.passage),
                    interfaces(firewall, &stage.ingress),
                    interfaces(firewall, &stage.egress),
                ]
            }
            Part::Nat(n) => vec!["nat".into(), self.nat(firewall.nat.rules.get(n)?)],
            Part::Interface(i) => {
                vec!["interface".into(), interface(firewall, i)?.into()]
            }
            Part::Address(i, a) => {
                let address = firewall.interfaces.get(i)?.addresses.get(a)?;
                vec![
                    "address".into(),
                    interface(firewall, i)?.into(),
                    address.address.to_string(),
                    address.network.to_string(),
                ]
            }
            Part::Route(n) => {
                let route = firewall.routes.get(n)?;
                let hop = route.next_hop.map(|hop| hop.to_string());
                vec![
                    "route".into(),
                    interface(firewall, route.interface.0 as usize)?.into(),
                    route.network.to_string(),
                    hop.unwrap_or_default(),
                ]
            }
            Part::AddressObject(n) => {
                let object = firewall.address_objects.get(n)?;
                let id = crate::model::firewall::AddressObjectId(u32::try_from(n).ok()?);
                let bounds = self.objects.address_object(id).map(addresses);
                vec![
                    "addresses".into(),
                    object.name.clone(),
                    bounds.unwrap_or_default(),
                ]
            }
            Part::ServiceObject(n) => {
                let object = firewall.service_objects.get(n)?;
                vec!["services".into(), object.name.clone()]
            }
            Part::Inspection(n) => {
                let inspection = firewall.inspections.get(n)?;
                let at = inspection.interface;
                let at = at.and_then(|id| interface(firewall, id.0 as usize));
                vec![
                    "inspection".into(),
                    inspection.protocol.clone(),
                    format!("{:?}", inspection.effect),
                    at.unwrap_or_default().into(),
                ]
            }
            Part::Tunnel(n) => vec!["tunnel".into(), firewall.tunnels.get(n)?.name.clone()],
        };
        let parts: Vec<&str> = std::iter::once(&*self.known.name)
            .chain(told.iter().map(String::as_str))
            .collect();
        Some(joined(&parts))
    }

    /// What a rule does to which packets. Whether it logs is no part of that.
    fn rule(&self, rule: &Rule) -> String {
        let firewall = &self.known.firewall;
        let mut text = format!(
            "{:?} enabled={} {:?}",
            self.action(rule),
            rule.enabled,
            rule.state
        );
        let _ = write!(
            text,
            " in={} out={} from={} to={} for={}",
            interfaces(firewall, &rule.ingress),
            interfaces(firewall, &rule.egress),
            self.addresses(&rule.source),
            self.addresses(&rule.destination),
            self.services(&rule.service),
        );
        self.conditions(&rule.conditions, &mut text);
        text
    }

    /// The action, with the name of the filter that it leads to: numbers of
    /// filters change with their order.
    fn action(&self, rule: &Rule) -> String {
        use crate::model::firewall::Action;
        let filters = &self.known.firewall.filters;
        let name = |id: crate::model::firewall::FilterId| {
            let filter = filters.get(id.0 as usize);
            filter.map_or("", |filter| &*filter.name).to_owned()
        };
        match rule.action {
            Action::Jump(id) => format!("jump {}", name(id)),
            Action::Goto(id) => format!("goto {}", name(id)),
            action => format!("{action:?}"),
        }
    }

    fn nat(&self, rule: &NatRule) -> String {
        let firewall = &self.known.firewall;
        let at = |id: Option<InterfaceId>| {
            let name = id.and_then(|id| interface(firewall, id.0 as usize));
            name.unwrap_or("any").to_owned()
        };
        let mut text = format!(
            "{:?} enabled={} {}>{} {} {} {} {} {:?} {:?}",
            rule.kind,
            rule.enabled,
            at(rule.real_interface),
            at(rule.mapped_interface),
            self.addresses(&rule.real_source),
            self.addresses(&rule.mapped_source),
            self.addresses(&rule.mapped_destination),
            self.addresses(&rule.real_destination),
            rule.service,
            rule.destination_service,
        );
        self.conditions(&rule.conditions, &mut text);
        text
    }

    fn conditions(&self, conditions: &[Condition], text: &mut String) {
        for condition in conditions {
            let _ = match condition {
                Condition::Unknown(id) | Condition::NewDestination(id) => {
                    let known = self.known.firewall.not_modelled.get(id.0 as usize);
                    let reason = known.map_or("", |known| &*known.reason);
                    write!(text, " if {reason}")
                }
                Condition::Schedule(schedule) => write!(
                    text,
                    " during {} {:?} {:?} {}",
                    schedule.name, schedule.start, schedule.end, schedule.periodic
                ),
                Condition::Profiles(profiles) => write!(text, " in profiles {}", profiles.value),
            };
        }
    }

    fn addresses(&self, position: &AddressMatch) -> String {
        addresses(&self.objects.addresses(position))
    }

    fn services(&self, position: &ServiceMatch) -> String {
        let bounds = self.objects.services(position);
        match bounds.is_exact() {
            true => services(&bounds.surely),
            false => format!(
                "{}..{}",
                services(&bounds.surely),
                services(&bounds.possibly)
            ),
        }
    }
}

fn interface(firewall: &Firewall, index: usize) -> Option<&str> {
    Some(&firewall.interfaces.get(index)?.name.value)
}

fn interfaces(firewall: &Firewall, matched: &InterfaceMatch) -> String {
    let names = |ids: &[InterfaceId]| {
        let names = ids
            .iter()
            .filter_map(|id| interface(firewall, id.0 as usize));
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        names.join(",")
    };
    match matched {
        InterfaceMatch::Any => "any".to_owned(),
        InterfaceMatch::One(id) => names(&[*id]),
        InterfaceMatch::Set(set) => {
            format!("{}{}", if set.except { "!" } else { "" }, names(&set.ids))
        }
    }
}

fn addresses(bounds: &Bounds<IpSet>) -> String {
    let told = |set: &IpSet| format!("{}/{}", ranges(&set.v4), ranges(&set.v6));
    match bounds.is_exact() {
        true => told(&bounds.surely),
        false => format!("{}..{}", told(&bounds.surely), told(&bounds.possibly)),
    }
}

fn services(set: &ServiceSet) -> String {
    let mut cubes: Vec<String> = set
        .cubes()
        .iter()
        .map(|cube| {
            let protocols = (0..=u8::MAX).map(Protocol);
            let protocols = protocols.filter(|protocol| cube.protocols.contains(*protocol));
            let numbers: Vec<u8> = protocols.map(|Protocol(number)| number).collect();
            let all = numbers.len() > usize::from(u8::MAX);
            format!(
                "{}:{}:{}",
                if all {
                    "*".to_owned()
                } else {
                    format!("{numbers:?}")
                },
                ranges(&cube.source),
                ranges(&cube.destination)
            )
        })
        .collect();
    cubes.sort();
    cubes.join("+")
}

fn ranges<T: crate::flow::Bound + std::fmt::Display>(set: &RangeSet<T>) -> String {
    if set.is_all() {
        return "*".to_owned();
    }
    let ranges = set.ranges().iter();
    let ranges: Vec<String> = ranges.map(|(low, high)| format!("{low}-{high}")).collect();
    ranges.join(",")
}
