//! What a place in a file says about the estate, for the labels of evidence.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::types::LabelFact;
use super::{bound, pools};
use crate::estate::{Estate, EstateFirewall, HostPorts, Server, Zone};
use crate::model::firewall::Interface;
use crate::model::net::IpRange;
use crate::source::Span;

/// The meaning of every place that a verdict may rest on.
#[derive(Debug, Default)]
pub struct Meanings {
    labels: HashMap<Span, LabelFact>,
    levels: HashMap<Span, LabelFact>,
    /// What sources become by a translation that hides them.
    pools: HashMap<Span, Box<[IpRange]>>,
    /// What settles the open questions about a subject.
    settled_by: HashMap<String, BTreeSet<Arc<str>>>,
}

impl Meanings {
    /// Collects the places of an estate. Where one place says several things,
    /// what it says about a server counts before what it says about a zone.
    #[must_use]
    pub fn new(estate: &Estate) -> Self {
        let mut all = Self::default();
        for question in &estate.questions {
            let known = all.settled_by.entry(question.subject.clone());
            known.or_default().insert(question.settle.as_str().into());
        }
        for server in &estate.servers {
            all.server(server);
        }
        for (id, ports) in &estate.host_ports {
            if let Some(server) = super::servers::server_of(*id, estate) {
                all.ports(server, ports);
            }
        }
        for (id, place) in bound::places(estate) {
            if let Some(server) = super::servers::server_of(id, estate) {
                let name = ("server", server.name.as_str());
                all.add(place, LabelFact::new("ports-of", [name]));
            }
        }
        for firewall in &estate.firewalls {
            all.firewall(firewall);
            all.pools.extend(pools::of_firewall(&firewall.firewall));
        }
        for zone in &estate.zones {
            all.zone(zone);
        }
        for path in estate.inventory.iter().flat_map(|known| &known.paths) {
            let ends = [
                ("from", path.from.value.as_str()),
                ("to", path.to.value.as_str()),
            ];
            all.add(path.span, LabelFact::new("declared-path", ends));
        }
        all
    }

    /// What a place says; what none of the above is leaves the answer open.
    #[must_use]
    pub fn of(&self, span: Span) -> LabelFact {
        self.labels
            .get(&span)
            .cloned()
            .unwrap_or_else(|| LabelFact::new("doubt", []))
    }

    /// The interface whose security level a place states.
    #[must_use]
    pub fn level(&self, span: Span) -> Option<&LabelFact> {
        self.levels.get(&span)
    }

    /// What sources become by the translation that a place states.
    #[must_use]
    pub fn pool(&self, span: Span) -> Vec<String> {
        let ranges = self.pools.get(&span).map_or(&[][..], |ranges| ranges);
        ranges.iter().map(ToString::to_string).collect()
    }

    /// What settles the open questions about some subjects, sorted.
    #[must_use]
    pub fn settle(&self, subjects: &BTreeSet<String>) -> BTreeSet<Arc<str>> {
        let known = subjects.iter().filter_map(|s| self.settled_by.get(s));
        known.flatten().cloned().collect()
    }

    fn add(&mut self, span: Span, label: LabelFact) {
        self.labels.entry(span).or_insert(label);
    }

    fn server(&mut self, server: &Server) {
        let name = ("server", server.name.as_str());
        for address in &server.addresses {
            self.add(address.span, LabelFact::new("address-of", [name]));
        }
        for published in &server.published {
            self.add(published.span, LabelFact::new("published-as", [name]));
        }
        if let Some(site) = &server.site {
            let site_name = ("site", site_name(&site.value));
            self.add(site.span, LabelFact::new("site-of", [name, site_name]));
        }
        for role in &server.roles {
            self.add(role.span, LabelFact::new("role-of", [name]));
        }
        self.add(server.span, LabelFact::new("named-here", [name]));
    }

    fn ports(&mut self, server: &Server, ports: &HostPorts) {
        let name = ("server", server.name.as_str());
        let ranges = ports
            .rpc
            .iter()
            .chain(&ports.dynamic)
            .map(|range| range.span);
        let fixed = ports.fixed.values().map(|port| port.span);
        for span in ranges.chain(fixed) {
            self.add(span, LabelFact::new("ports-of", [name]));
        }
    }

    fn firewall(&mut self, known: &EstateFirewall) {
        let firewall = ("firewall", known.name.as_str());
        for interface in &known.firewall.interfaces {
            let name = ("interface", interface.name.value.as_str());
            let label = interface_label(interface, firewall);
            if let (Some(level), Some(label)) = (&interface.security_level, &label) {
                self.levels.insert(level.span, label.clone());
                self.add(level.span, label.clone());
            }
            for address in &interface.addresses {
                let label = LabelFact::new("interface-network", [name, firewall]);
                self.add(address.span, label);
            }
            let plain = || LabelFact::new("interface", [name, firewall]);
            self.add(interface.span, label.unwrap_or_else(plain));
            self.add(interface.name.span, plain());
        }
        for route in &known.firewall.routes {
            let position = usize::try_from(route.interface.0).ok();
            let interface = position.and_then(|at| known.firewall.interfaces.get(at));
            let name = interface.map_or("", |interface| interface.name.value.as_str());
            let network = route.network.to_string();
            let args = [("network", network.as_str()), ("interface", name), firewall];
            self.add(route.span, LabelFact::new("route", args));
        }
        for span in &known.firewall.dynamic_routing {
            self.add(*span, LabelFact::new("routing-protocol", [firewall]));
        }
        self.add(
            known.firewall.name.span,
            LabelFact::new("firewall", [firewall]),
        );
    }

    fn zone(&mut self, zone: &Zone) {
        let name = ("zone", zone.name.as_str());
        self.add(zone.span, LabelFact::new("zone", [name]));
        for network in &zone.networks {
            self.add(network.span, LabelFact::new("network-of", [name]));
        }
        for signal in &zone.signals {
            let class = ("class", signal.class.id());
            self.add(signal.span, LabelFact::new("speaks-for", [name, class]));
        }
    }
}

fn interface_label(interface: &Interface, firewall: (&'static str, &str)) -> Option<LabelFact> {
    let level = interface.security_level.as_ref()?.value.to_string();
    let name = interface.name.value.as_str();
    let args = [("interface", name), ("level", level.as_str()), firewall];
    Some(LabelFact::new("interface-level", args))
}

/// The name of a site without its container.
fn site_name(text: &str) -> &str {
    text.rsplit('/').next().unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::collect::has_label;
    use crate::source::{FileId, SourceFile};

    #[test]
    fn a_place_that_says_nothing_about_the_estate_is_what_leaves_an_answer_open() {
        let file = SourceFile::from_text(FileId(0), "a", "x");
        let meanings = Meanings::new(&Estate::default());
        let label = meanings.of(Span::of(file.id(), 0..1));
        assert_eq!(label.key, "doubt");
    }

    #[test]
    fn every_key_has_a_text() {
        let keys = [
            "declared-path",
            "doubt",
            "address-of",
            "published-as",
            "site-of",
            "role-of",
            "named-here",
            "lies-in",
            "interface-network",
            "interface-level",
            "interface",
            "route",
            "routing-protocol",
            "firewall",
            "from-zone",
            "from-part-of-zone",
            "from-parts-of-zone",
            "and-more",
            "these-alone",
            "own-address",
            "too-many-denials",
            "more-senders",
            "zone",
            "network-of",
            "speaks-for",
            "permits",
            "denies",
            "level-permits",
            "level-denies",
            "default-permits",
            "default-denies",
            "is-asked-itself",
            "translation",
            "member",
            "object",
            "permits-too-late",
            "permits-if-enabled",
            "permits-at-other-times",
            "permits-elsewhere",
            "permits-in-other-profiles",
            "may-permit-in-other-profiles",
            "the-rule",
            "permits-other-source",
            "permits-other-destination",
            "permits-other-service",
            "names-other-address",
            "lacks-host",
            "lacks-service",
            "translates",
            "list-ends",
            "before-rule",
            "before-default",
            "end-of-list",
            "end-of-chain",
            "new-list",
            "needs-translation",
            "narrow-block",
            "allow-rule",
        ];
        for key in keys {
            assert!(has_label(key), "{key}");
        }
    }
}
