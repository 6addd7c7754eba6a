//! `lost`: values that an export lost and that some built-in rule reads.
//!
//! A property that no rule names may be cut off without any harm: the lists of
//! file types in an OWA directory are, in every export.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::types::{LostFact, Ref};
use crate::estate::Estate;
use crate::formats::exchange;
use crate::policy::{Policies, registry};
use crate::source::{Sources, Span};

/// Places that are shown for one kind of loss in one file.
const MOST_PLACES: usize = 4;

/// Properties that tell which object and which server it is.
const IDENTITY: [&str; 3] = ["Identity", "Name", "Server"];

/// Properties that no rule names because its facts hold what they say: roles and
/// versions of servers, clusters, addresses.
const IN_FACTS: [(&str, &[&str]); 4] = [
    (
        "Get-ExchangeServer",
        &["AdminDisplayVersion", "Fqdn", "ServerRole", "Site"],
    ),
    (
        "Get-MailboxServer",
        &["ClusteredStorageType", "RedundantMachines"],
    ),
    ("Get-NetworkConnectionInfo", &["IPAddresses"]),
    ("Get-ClientAccessServer", &["Fqdn"]),
];

/// Whether facts hold what a property of a cmdlet says.
fn is_in_facts(cmdlet: &str, property: &str) -> bool {
    IN_FACTS
        .iter()
        .any(|(known, properties)| *known == cmdlet && properties.contains(&property))
}

/// The words in the texts of the built-in rules.
static WORDS: LazyLock<HashSet<&'static str, FixedState>> = LazyLock::new(|| {
    let rules = registry::RULES.iter().map(|rule| rule.rego);
    let libraries = registry::LIBRARIES.iter().map(|library| library.rego);
    let words = rules
        .chain(libraries)
        .flat_map(|rego| rego.words.split(' '));
    words.collect()
});

/// Every built-in rule with the files that it imports.
static SCOPES: LazyLock<Vec<Vec<registry::RegoFile>>> = LazyLock::new(Policies::built_in_scopes);

/// Whether some rule names both a cmdlet and a property, by itself or by a
/// library that it imports, or reads them as facts.
fn reads(cmdlet: &str, property: &str) -> bool {
    let names =
        |rego: &registry::RegoFile, name: &str| rego.words.split(' ').any(|word| word == name);
    is_in_facts(cmdlet, property)
        || SCOPES.iter().any(|scope| {
            scope.iter().any(|rego| names(rego, cmdlet))
                && scope.iter().any(|rego| names(rego, property))
        })
}

/// What was lost of one kind, of the objects of one cmdlet in one file.
#[derive(Default)]
struct Group<'e> {
    properties: BTreeSet<&'e str>,
    objects: usize,
    places: BTreeSet<Span>,
}

/// Whether some rule reads the objects of a cmdlet.
fn is_read(cmdlet: &str) -> bool {
    WORDS.contains(cmdlet) || IN_FACTS.iter().any(|(known, _)| *known == cmdlet)
}

/// Losses by file, cmdlet and kind.
pub fn build(sources: &Sources, estate: &Estate) -> Vec<LostFact> {
    let mut groups: BTreeMap<(&str, &'static str, &'static str), Group<'_>> = BTreeMap::new();
    let mut known: HashMap<(&'static str, &str), bool> = HashMap::new();
    for object in estate.objects.iter().filter(|o| is_read(o.cmdlet)) {
        let mut seen: BTreeSet<(&str, &str)> = BTreeSet::new();
        for property in &object.record.properties {
            let named =
                IDENTITY.contains(&&*property.name) || is_in_facts(object.cmdlet, &property.name);
            if !named && !WORDS.contains(&*property.name) {
                continue;
            }
            let Some(kind) = exchange::loss(&property.value) else {
                continue;
            };
            let pair = (object.cmdlet, &*property.name);
            if !named && !*known.entry(pair).or_insert_with(|| reads(pair.0, pair.1)) {
                continue;
            }
            let file = sources
                .get(property.span.file)
                .map_or("", |file| file.name());
            let group = groups.entry((file, object.cmdlet, kind)).or_default();
            group.properties.insert(&property.name);
            group.places.insert(property.span);
            if group.places.len() > MOST_PLACES {
                group.places.pop_last();
            }
            if seen.insert((file, kind)) {
                group.objects = group.objects.saturating_add(1);
            }
        }
    }
    let fact = |((file, cmdlet, kind), group): ((&str, _, _), Group<'_>)| LostFact {
        cmdlet,
        file: file.to_owned(),
        kind,
        properties: group.properties.into_iter().map(str::to_owned).collect(),
        objects: group.objects,
        at: group.places.into_iter().map(Ref).collect(),
    };
    groups.into_iter().map(fact).collect()
}

#[cfg(test)]
mod tests {
    use super::reads;

    #[test]
    fn a_loss_counts_only_where_one_rule_reads_the_property_of_the_object() {
        assert!(reads("Get-EdgeSubscription", "WhenChanged"));
        assert!(reads("Get-ReceiveConnector", "RemoteIPRanges"));
        assert!(reads("Get-OwaVirtualDirectory", "BasicAuthentication"));
        assert!(reads("Get-ExchangeServer", "ServerRole"));
        assert!(reads("Get-MailboxServer", "RedundantMachines"));
        for cmdlet in ["Get-OwaVirtualDirectory", "Get-ReceiveConnector"] {
            assert!(!reads(cmdlet, "WhenChanged"), "{cmdlet}");
        }
    }
}
