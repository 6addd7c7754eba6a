//! From everything that is said about a machine to what is known of it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use crate::formats::inventory::Inventory;
use crate::source::Spanned;

use super::draft::{Draft, Drafts, Stated, decide};
use super::types::{Address, Contradiction, Role, Server, ServerId, Strength, Version};

/// Decides all machines. Returns them sorted (Exchange servers first, then by
/// name) and the id of each draft.
pub(super) fn resolve(
    drafts: &Drafts,
    inventory: Option<&Inventory>,
    contradictions: &mut Vec<Contradiction>,
) -> (Vec<Server>, Vec<ServerId>) {
    let mut labels: HashMap<&str, usize> = HashMap::new();
    for draft in &drafts.machines {
        let count = labels.entry(draft.label.as_str()).or_default();
        *count = count.saturating_add(1);
    }
    let mut servers: Vec<(usize, Server)> = drafts
        .machines
        .iter()
        .enumerate()
        .map(|(index, draft)| {
            let shared = labels.get(draft.label.as_str()).is_some_and(|n| *n > 1);
            let name = match draft.fqdns.first() {
                Some(fqdn) if shared => fqdn.value.clone(),
                _ => draft.label.clone(),
            };
            (index, server(draft, name, inventory, contradictions))
        })
        .collect();
    servers.sort_by(|(_, a), (_, b)| b.exchange.cmp(&a.exchange).then(a.name.cmp(&b.name)));
    let mut ids = vec![ServerId(u32::MAX); servers.len()];
    for (position, (index, _)) in servers.iter().enumerate() {
        if let Some(id) = ids.get_mut(*index) {
            *id = ServerId(u32::try_from(position).unwrap_or(u32::MAX));
        }
    }
    (servers.into_iter().map(|(_, server)| server).collect(), ids)
}

fn server(
    draft: &Draft,
    name: String,
    inventory: Option<&Inventory>,
    contradictions: &mut Vec<Contradiction>,
) -> Server {
    let ignore_case =
        |a: &String, b: &String| a.eq_ignore_ascii_case(b) || a.to_lowercase() == b.to_lowercase();
    let fqdn = decide(
        &name,
        "fqdn",
        &draft.fqdns,
        ignore_case,
        String::clone,
        contradictions,
    );
    let site = decide(
        &name,
        "site",
        &draft.sites,
        ignore_case,
        String::clone,
        contradictions,
    );
    let same_version = |a: &Version, b: &Version| a.major == b.major && a.minor == b.minor;
    let show_version = |version: &Version| version.to_string();
    let mut version = decide(
        &name,
        "version",
        &draft.versions,
        same_version,
        show_version,
        contradictions,
    );
    let declared = inventory.and_then(|inventory| inventory.exchange.version);
    if let Some(declared) = declared {
        match version {
            None if draft.exchange
                && draft.versions.is_empty()
                && !draft.has_role(Role::LegacyMailbox) =>
            {
                version = Some(declared);
            }
            // Servers of another generation may stand beside the declared one.
            Some(stated) if stated.major == declared.major && !same_version(&stated, &declared) => {
                contradictions.push(Contradiction {
                    subject: name.clone(),
                    property: "version".to_owned(),
                    values: vec![
                        declared.map(|version| version.to_string()),
                        stated.map(|version| version.to_string()),
                    ],
                    inventory: true,
                });
            }
            _ => {}
        }
    }
    Server {
        roles: roles(draft, &name, contradictions),
        addresses: addresses(draft, &name, contradictions),
        fqdn,
        exchange: draft.exchange,
        site,
        version,
        published: draft.published.clone(),
        nodes: draft.nodes.clone(),
        state: draft.state.clone(),
        span: draft.span,
        name,
    }
}

/// Roles that all exports agree on; else those that the inventory states.
fn roles(draft: &Draft, name: &str, contradictions: &mut Vec<Contradiction>) -> Vec<Spanned<Role>> {
    let show = |roles: &BTreeSet<Role>| match roles.len() {
        0 => "none".to_owned(),
        _ => roles
            .iter()
            .map(|role| role.id())
            .collect::<Vec<_>>()
            .join(", "),
    };
    let (declared, exported): (Vec<_>, Vec<_>) = draft
        .roles
        .iter()
        .cloned()
        .partition(|stated| stated.inventory);
    let agreed = decide(
        name,
        "roles",
        &exported,
        |a, b| a == b,
        show,
        contradictions,
    );
    let decided: Option<Spanned<BTreeSet<Role>>> = match (exported.split_first(), agreed) {
        (None, _) => merged(&declared),
        (Some(_), Some(agreed)) => Some(agreed),
        // What every export says is certain, whatever else they disagree about.
        (Some((first, others)), None) => {
            let mut common = first.value.clone();
            for other in others {
                common.retain(|role| other.value.contains(role));
            }
            Some(Spanned::new(common, first.span))
        }
    };
    if let (Some(declared), Some(exported)) = (merged(&declared), exported.first())
        && let Some(decided) = &decided
        && !declared.value.is_subset(&decided.value)
    {
        contradictions.push(Contradiction {
            subject: name.to_owned(),
            property: "roles".to_owned(),
            values: vec![
                Spanned::new(show(&declared.value), declared.span),
                Spanned::new(show(&exported.value), exported.span),
            ],
            inventory: true,
        });
    }
    let mut roles: Vec<Spanned<Role>> = decided
        .into_iter()
        .flat_map(|set| {
            let span = set.span;
            set.value
                .into_iter()
                .map(move |role| Spanned::new(role, span))
        })
        .collect();
    for implied in &draft.implied_roles {
        if !roles.iter().any(|role| role.value == implied.value) {
            roles.push(*implied);
        }
    }
    roles.sort_by_key(|role| role.value);
    roles
}

fn merged(stated: &[Stated<BTreeSet<Role>>]) -> Option<Spanned<BTreeSet<Role>>> {
    let first = stated.first()?;
    let set = stated
        .iter()
        .flat_map(|s| s.value.iter().copied())
        .collect();
    Some(Spanned::new(set, first.span))
}

/// Each address once, with its strongest statement. The inventory contradicts
/// the exports when a machine's own network settings hold none of the declared
/// addresses.
fn addresses(draft: &Draft, name: &str, contradictions: &mut Vec<Contradiction>) -> Vec<Address> {
    let declared: Vec<_> = draft.addresses.iter().filter(|a| a.inventory).collect();
    let settings: Vec<_> = draft
        .addresses
        .iter()
        .filter(|stated| stated.complete && !stated.by_node)
        .collect();
    let set: HashSet<IpAddr> = settings.iter().map(|a| a.address.ip).collect();
    if let (Some(first), Some(setting)) = (declared.first(), settings.first())
        && !declared
            .iter()
            .any(|stated| set.contains(&stated.address.ip))
    {
        let list = |of: &[&super::draft::StatedAddress]| {
            let mut ips: Vec<IpAddr> = of.iter().map(|stated| stated.address.ip).collect();
            ips.sort();
            ips.dedup();
            let shown: Vec<String> = ips.iter().take(8).map(IpAddr::to_string).collect();
            shown.join(", ")
        };
        contradictions.push(Contradiction {
            subject: name.to_owned(),
            property: "address".to_owned(),
            values: vec![
                Spanned::new(list(&declared), first.address.span),
                Spanned::new(list(&settings), setting.address.span),
            ],
            inventory: true,
        });
    }
    // A node's address stands in for the clustered server's own, and only
    // where that is not known. A connector that is bound to an address which
    // the machine does not have gives it none, and one address of a machine of
    // which nothing else tells any is not all of them.
    let has_own = draft.addresses.iter().any(|stated| !stated.by_node);
    let told = draft
        .addresses
        .iter()
        .any(|stated| !stated.named_by_setting && !stated.by_node);
    let mut best: HashMap<IpAddr, Address> = HashMap::new();
    for stated in &draft.addresses {
        let same_family = |own: &&super::draft::StatedAddress| {
            own.address.ip.is_ipv4() == stated.address.ip.is_ipv4()
        };
        let refuted = stated.named_by_setting
            && (!told || (settings.iter().any(same_family) && !set.contains(&stated.address.ip)));
        if refuted || (stated.by_node && has_own) {
            continue;
        }
        let address = stated.address;
        let kept = best.entry(address.ip).or_insert(address);
        if address.strength < kept.strength {
            *kept = address;
        }
    }
    let mut addresses: Vec<Address> = best.into_values().collect();
    addresses.sort_by_key(|address| (address.strength > Strength::Connected, address.ip));
    addresses
}
