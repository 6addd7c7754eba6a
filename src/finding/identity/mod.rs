//! What stands at a place, whatever its form: the same rule written with
//! braces or as `set` lines, the same object from a list, a table or XML.
//!
//! [`Identities`] names for each primary place the smallest thing of the
//! estate around it by what it means: device and list with the packets of a
//! rule, or cmdlet, identity and property with the value. What the estate
//! does not know is told by its text.

mod fingerprint;
mod meaning;
mod scope;

use std::collections::HashMap;

pub use fingerprint::{Identity, OLDEST, VERSION, all as identities};
pub use scope::Scope;

use crate::estate::{Estate, EstateFirewall};
use crate::source::{FileId, Span};
use meaning::Meaning;

/// The names of things at places.
#[derive(Debug, Default)]
pub struct Identities(HashMap<Span, String>);

impl Identities {
    /// The things at some places.
    #[must_use]
    pub fn of(places: impl Iterator<Item = Span>, estate: &Estate) -> Self {
        let mut search = Search::new(places);
        if search.is_empty() {
            return Self::default();
        }
        for known in &estate.firewalls {
            let device = Device { known };
            device.offer(&mut search);
        }
        for object in &estate.objects {
            let record = &object.record;
            search.offer(record.span, || Thing::Record {
                cmdlet: object.cmdlet,
                identity: &object.identity,
            });
            if !search.within(record.span) {
                continue;
            }
            for property in &record.properties {
                search.offer(property.span, || Thing::Property {
                    cmdlet: object.cmdlet,
                    identity: &object.identity,
                    property,
                });
            }
        }
        for run in &estate.runs {
            search.offer(run.span, || Thing::Run {
                cmdlet: run.cmdlet,
                host: run.host.as_deref(),
            });
        }
        Self(search.named())
    }

    /// The name of the thing at a place; `None` where only text stands.
    #[must_use]
    pub fn at(&self, place: Span) -> Option<&str> {
        self.0.get(&place).map(String::as_str)
    }
}

/// A thing of the estate.
#[derive(Clone, Copy)]
enum Thing<'e> {
    /// A part of a firewall, by its index in a list of the firewall.
    Part(&'e EstateFirewall, Part),
    /// An object.
    Record {
        cmdlet: &'static str,
        identity: &'e str,
    },
    /// A property of an object.
    Property {
        cmdlet: &'static str,
        identity: &'e str,
        property: &'e crate::model::exchange::Property,
    },
    /// The output of a cmdlet.
    Run {
        cmdlet: &'static str,
        host: Option<&'e str>,
    },
}

/// A part of a firewall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The firewall itself.
    Name,
    /// Filter and rule.
    Rule(usize, usize),
    /// A filter.
    Filter(usize),
    /// What a filter does at its end.
    Default(usize),
    /// The binding of a filter.
    Stage(usize),
    Nat(usize),
    Interface(usize),
    /// Interface and address.
    Address(usize, usize),
    Route(usize),
    AddressObject(usize),
    ServiceObject(usize),
    Inspection(usize),
    Tunnel(usize),
}

struct Device<'e> {
    known: &'e EstateFirewall,
}

impl<'e> Device<'e> {
    /// Offers every part of a firewall.
    fn offer(&self, search: &mut Search<'e>) {
        let firewall = &self.known.firewall;
        let mut part = |span: Span, part: Part| {
            search.offer(span, || Thing::Part(self.known, part));
        };
        // Of things at the same place the first counts.
        for (f, filter) in firewall.filters.iter().enumerate() {
            for (r, rule) in filter.rules.iter().enumerate() {
                part(rule.span, Part::Rule(f, r));
            }
        }
        for (n, rule) in firewall.nat.rules.iter().enumerate() {
            part(rule.span, Part::Nat(n));
        }
        for (i, interface) in firewall.interfaces.iter().enumerate() {
            for (a, address) in interface.addresses.iter().enumerate() {
                part(address.span, Part::Address(i, a));
            }
            part(interface.span, Part::Interface(i));
        }
        for (n, route) in firewall.routes.iter().enumerate() {
            part(route.span, Part::Route(n));
        }
        for (n, stage) in firewall.stages.iter().enumerate() {
            part(stage.span, Part::Stage(n));
        }
        for (n, inspection) in firewall.inspections.iter().enumerate() {
            part(inspection.span, Part::Inspection(n));
        }
        for (n, object) in firewall.address_objects.iter().enumerate() {
            part(object.span, Part::AddressObject(n));
        }
        for (n, object) in firewall.service_objects.iter().enumerate() {
            part(object.span, Part::ServiceObject(n));
        }
        for (n, tunnel) in firewall.tunnels.iter().enumerate() {
            part(tunnel.span, Part::Tunnel(n));
        }
        for (f, filter) in firewall.filters.iter().enumerate() {
            part(filter.span, Part::Filter(f));
            part(filter.default.span, Part::Default(f));
        }
        part(firewall.name.span, Part::Name);
    }
}

/// A place with the smallest thing around it, and where that stands.
type Seeker<'e> = (Span, Option<(Span, Thing<'e>)>);

/// Places that look for the smallest thing around them.
struct Search<'e> {
    /// By file, sorted by place.
    places: HashMap<FileId, Vec<Seeker<'e>>>,
}

impl<'e> Search<'e> {
    fn new(places: impl Iterator<Item = Span>) -> Self {
        let mut by_file: HashMap<FileId, Vec<_>> = HashMap::new();
        for place in places {
            by_file.entry(place.file).or_default().push((place, None));
        }
        for places in by_file.values_mut() {
            places.sort_unstable_by_key(|(place, _)| (place.start, place.end));
            places.dedup_by_key(|(place, _)| *place);
        }
        Self { places: by_file }
    }

    fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The places that begin within a span.
    fn among(&mut self, span: Span) -> Option<&mut [Seeker<'e>]> {
        let places = self.places.get_mut(&span.file)?;
        let from = places.partition_point(|(place, _)| place.start < span.start);
        let until = places.partition_point(|(place, _)| place.start <= span.end);
        places
            .get_mut(from..until)
            .filter(|found| !found.is_empty())
    }

    /// Whether a place begins within a span.
    fn within(&mut self, span: Span) -> bool {
        self.among(span).is_some()
    }

    /// Gives a thing to the places within it that have no smaller one.
    fn offer(&mut self, span: Span, thing: impl Fn() -> Thing<'e>) {
        let size = |span: Span| span.end.saturating_sub(span.start);
        for (place, held) in self.among(span).into_iter().flatten() {
            let larger = held.is_none_or(|(known, _)| size(span) < size(known));
            if place.end <= span.end && larger {
                *held = Some((span, thing()));
            }
        }
    }

    /// The names of what was found.
    fn named(self) -> HashMap<Span, String> {
        let mut meaning = Meaning::default();
        let places = self.places.into_values().flatten();
        let found = places.filter_map(|(place, held)| Some((place, held?.1)));
        found
            .map(|(place, thing)| (place, meaning.of(thing)))
            .collect()
    }
}
