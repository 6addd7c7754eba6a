//! The device or server that a finding is told under, and from where what it
//! is about can be reached: what a person looks at first.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::{Finding, order};
use crate::policy::facts::Facts;
use crate::source::FileId;

/// From where something can be reached; the most exposed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exposure {
    /// The Internet.
    Internet,
    /// The perimeter network, or a partner's.
    Perimeter,
    /// The inside.
    Inside,
}

impl Exposure {
    /// The word in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internet => "internet",
            Self::Perimeter => "perimeter",
            Self::Inside => "inside",
        }
    }

    fn of_class(class: Option<&str>) -> Self {
        match class {
            Some("internet") => Self::Internet,
            Some("perimeter" | "partner") => Self::Perimeter,
            _ => Self::Inside,
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum About {
    /// A firewall, by name.
    Firewall(Arc<str>),
    /// A server, by name.
    Server(Arc<str>),
    /// No single one of them.
    Organization,
}

impl About {
    /// The word in JSON.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Firewall(_) => "firewall",
            Self::Server(_) => "server",
            Self::Organization => "organization",
        }
    }

    /// The name; `None` for the organization.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Firewall(name) | Self::Server(name) => Some(name),
            Self::Organization => None,
        }
    }
}

/// Tells for each finding what it is about and how exposed that is, and sorts
/// them by what a person should do first.
pub fn place(findings: &mut [Finding], facts: &Facts) {
    let known = Known::of(facts);
    for finding in &mut *findings {
        finding.about = known.about(finding);
        finding.exposure = known.exposure(finding);
    }
    order::sort(findings);
}

/// Findings by what they are about; what has the worst comes first.
#[must_use]
pub fn by_about(findings: &[Finding]) -> Vec<(&About, Vec<&Finding>)> {
    let mut index: HashMap<&About, usize> = HashMap::new();
    let mut groups: Vec<(&About, Vec<&Finding>)> = Vec::new();
    for finding in findings {
        let next = groups.len();
        let at = *index.entry(&finding.about).or_insert(next);
        match groups.get_mut(at) {
            Some((_, group)) => group.push(finding),
            None => groups.push((&finding.about, vec![finding])),
        }
    }
    groups
}

/// What the facts know of names.
struct Known<'f> {
    /// Firewalls by file, each with the place where it begins.
    firewalls: HashMap<FileId, Vec<(u32, &'f str)>>,
    /// How exposed servers, zones and firewalls are.
    exposed: HashMap<&'f str, Exposure>,
    servers: BTreeMap<&'f str, Arc<str>>,
    /// The server of an object.
    objects: HashMap<&'f str, &'f str>,
}

impl<'f> Known<'f> {
    fn of(facts: &'f Facts) -> Self {
        let mut known = Self {
            firewalls: HashMap::new(),
            exposed: HashMap::from([("internet", Exposure::Internet)]),
            servers: BTreeMap::new(),
            objects: HashMap::new(),
        };
        for zone in &facts.zones {
            known.expose(&zone.name, Exposure::of_class(zone.class));
        }
        for firewall in &facts.firewalls {
            let at = firewall.at.this.0;
            let here = known.firewalls.entry(at.file).or_default();
            here.push((at.start, &firewall.name));
            for interface in &firewall.interfaces {
                let zone = interface.zone.as_deref().unwrap_or_default();
                if let Some(exposure) = known.exposed.get(zone).copied() {
                    known.expose(&firewall.name, exposure);
                }
            }
        }
        for server in &facts.servers {
            known
                .servers
                .insert(&server.name, server.name.as_str().into());
            for address in &server.addresses {
                known.expose(&server.name, Exposure::of_class(address.class));
            }
        }
        for flow in &facts.flows {
            if &*flow.source == "internet" && matches!(flow.verdict.verdict, "permit" | "partial") {
                known.expose(&flow.destination, Exposure::Internet);
            }
        }
        for object in facts.objects.values().flatten() {
            if let Some(server) = &object.server {
                known.objects.insert(&object.identity, server);
            }
        }
        known
    }

    /// Keeps the greater exposure.
    fn expose(&mut self, name: &'f str, exposure: Exposure) {
        let held = self.exposed.entry(name).or_insert(exposure);
        *held = (*held).min(exposure);
    }

    fn about(&self, finding: &Finding) -> About {
        let span = finding.primary.span;
        let firewall = self.firewalls.get(&span.file).and_then(|here| {
            let before = here.iter().filter(|(start, _)| *start <= span.start);
            let nearest = before.max_by_key(|(start, name)| (*start, Reverse(*name)));
            nearest.or(here.first()).map(|(_, name)| *name)
        });
        // The firewall of a server is a part of it.
        if let Some(name) = firewall {
            return match self.servers.get(name) {
                Some(server) => About::Server(Arc::clone(server)),
                None => About::Firewall(name.into()),
            };
        }
        let of_object = self.objects.get(finding.subject.as_str()).copied();
        let server = of_object
            .and_then(|server| self.servers.get(server))
            .or_else(|| words(&finding.subject).find_map(|word| self.servers.get(word.as_str())));
        server.map_or(About::Organization, |name| About::Server(Arc::clone(name)))
    }

    fn exposure(&self, finding: &Finding) -> Exposure {
        let of = |name: &str| self.exposed.get(name).copied();
        let ends = finding.flows.iter();
        let ends = ends.flat_map(|flow| [of(&flow.source), of(&flow.destination)]);
        let named = words(&finding.subject).map(|word| of(&word));
        let about = finding.about.name().map(of);
        let all = ends.chain(named).chain(about).flatten();
        all.min().unwrap_or(Exposure::Inside)
    }
}

/// Words of a subject, in lower case.
fn words(subject: &str) -> impl Iterator<Item = String> + '_ {
    subject
        .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_')
        .map(str::to_lowercase)
}
