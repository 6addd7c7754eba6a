//! What the directory says of machines: domain controllers, and the site of a
//! computer by the subnet that its addresses lie in.
//!
//! A computer is in the site of the most specific subnet that holds its address
//! (MS-ADTS 6.1.1.2.2.2.1, *Subnet object*; Microsoft Learn, *How domain controllers are
//! located*). Exchange takes a server's site from there.

use std::collections::HashMap;
use std::net::IpAddr;

use crate::model::exchange::{Lookup, Record, Value};
use crate::model::net::IpRange;
use crate::source::{Span, Spanned};

use super::addresses::usable;
use super::attribution::{FileOwners, computer};
use super::draft::{Drafts, Stated, state};
use super::exports::Exported;
use super::names::{MachineName, leaf};
use super::types::{Contradiction, Role, Server, Strength};

/// Adds the domain controllers that exports list, with site and addresses.
pub(super) fn domain_controllers(exported: &[Exported], drafts: &mut Drafts) {
    for item in exported {
        match item.cmdlet {
            "Get-ADDomainController" => {
                let host = item
                    .record
                    .text("hostname")
                    .or_else(|| item.record.text("name"));
                if let Some((name, span)) = host {
                    let name = name.to_owned();
                    controller(&item.record, &name, span, drafts);
                }
            }
            "Resolve-DnsName" => located(&item.record, drafts),
            _ => {}
        }
    }
}

fn controller(record: &Record, name: &str, span: Span, drafts: &mut Drafts) {
    let Some(machine) = ensure(name, span, drafts) else {
        return;
    };
    let Some(draft) = drafts.get_mut(machine) else {
        return;
    };
    if let Some((site, span)) = record.text("site").filter(|_| !draft.exchange) {
        state(&mut draft.sites, Stated::by_export(leaf(site), span));
    }
    for key in ["ipv4address", "ipv6address"] {
        // Whoever lists a controller has its address from DNS.
        if let Some((text, span)) = record.text(key)
            && let Some(ip) = usable(text)
        {
            draft.add_address(ip, span, Strength::Name);
        }
    }
}

/// The machine of a domain controller.
fn ensure(name: &str, span: Span, drafts: &mut Drafts) -> Option<usize> {
    let machine = drafts.ensure(name, false, span)?;
    let draft = drafts.get_mut(machine)?;
    draft.imply(Spanned::new(Role::ActiveDirectory, span));
    if let Some(fqdn) = MachineName::parse(name).and_then(|name| name.fqdn)
        && draft.fqdns.is_empty()
    {
        draft.fqdns.push(Stated::by_export(fqdn, span));
    }
    Some(machine)
}

/// A record with which clients find domain controllers:
/// `_ldap._tcp.dc._msdcs.contoso.com` (MS-ADTS 6.3.2.3).
fn located(record: &Record, drafts: &mut Drafts) {
    let (Some((name, _)), Some((target, span))) = (record.text("name"), record.text("nametarget"))
    else {
        return;
    };
    let name = name.to_ascii_lowercase();
    let service = ["_ldap._tcp.", "_kerberos._tcp."]
        .iter()
        .any(|service| name.starts_with(service));
    if service && name.contains(".dc._msdcs") {
        let target = target.trim_end_matches('.').to_owned();
        ensure(&target, span, drafts);
    }
}

/// Sites that `nltest` says its own computer is in.
pub(super) fn own_sites(exported: &[Exported], drafts: &mut Drafts, files: &FileOwners) {
    for item in exported {
        let own = matches!(
            item.record.get("ofthiscomputer"),
            Lookup::Known(Value::Bool(true), _)
        );
        if item.cmdlet != "Get-ADReplicationSite" || !own {
            continue;
        }
        let Some((site, span)) = item.record.text("name") else {
            continue;
        };
        let owner = computer(item, &drafts.directory, files).filter(|owner| !owner.by_node);
        if let Some(draft) = owner.and_then(|owner| drafts.get_mut(owner.machine)) {
            state(&mut draft.sites, Stated::by_export(site.to_owned(), span));
        }
    }
}

/// The subnets of the directory with their sites.
#[derive(Debug, Default)]
pub(super) struct Subnets(Vec<Subnet>);

#[derive(Debug)]
struct Subnet {
    network: IpRange,
    /// `None` where exports disagree.
    site: Option<Spanned<String>>,
}

impl Subnets {
    /// The subnets that exports list with a site.
    pub(super) fn new(exported: &[Exported]) -> Self {
        let mut subnets: Vec<Subnet> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for item in exported
            .iter()
            .filter(|item| item.cmdlet == "Get-ADReplicationSubnet")
        {
            let record = &item.record;
            let (Some((name, _)), Some((site, span))) = (record.text("name"), record.text("site"))
            else {
                continue;
            };
            let Some(network) = network(name) else {
                continue;
            };
            let site = Spanned::new(leaf(site), span);
            match known.get(name).and_then(|at| subnets.get_mut(*at)) {
                Some(subnet) => {
                    let agrees = |known: &Spanned<String>| same(&known.value, &site.value);
                    if !subnet.site.as_ref().is_some_and(agrees) {
                        subnet.site = None;
                    }
                }
                None => {
                    known.insert(name.to_owned(), subnets.len());
                    subnets.push(Subnet {
                        network,
                        site: Some(site),
                    });
                }
            }
        }
        Self(subnets)
    }

    /// The site of the most specific subnet that holds an address.
    fn site_of(&self, ip: IpAddr) -> Option<&Spanned<String>> {
        let holding = self.0.iter().filter(|subnet| subnet.network.contains(ip));
        let narrow = |subnet: &&Subnet| size(subnet.network);
        holding.min_by_key(narrow)?.site.as_ref()
    }

    /// The one site that all addresses of a server lie in.
    fn site_of_server(&self, server: &Server) -> Option<&Spanned<String>> {
        let mut sites = server
            .addresses
            .iter()
            .map(|address| self.site_of(address.ip));
        let first = sites.next()??;
        sites
            .all(|site| site.is_some_and(|site| same(&site.value, &first.value)))
            .then_some(first)
    }

    /// Gives servers without a site that of their subnet. Where the directory
    /// states another one for an Exchange server, both places are shown: a
    /// server whose subnet moved keeps its old site until it restarts.
    pub(super) fn place(&self, servers: &mut [Server], contradictions: &mut Vec<Contradiction>) {
        if self.0.is_empty() {
            return;
        }
        for server in servers {
            // An Edge server is no member of the domain: its site is where it
            // is subscribed.
            if server.roles.iter().any(|role| role.value == Role::Edge) {
                continue;
            }
            let Some(found) = self.site_of_server(server).cloned() else {
                continue;
            };
            match &server.site {
                None => server.site = Some(found),
                Some(stated) if same(&stated.value, &found.value) => {}
                Some(stated) => {
                    let certain = |a: &super::types::Address| a.strength <= Strength::Connected;
                    if server.exchange && server.addresses.iter().all(certain) {
                        contradictions.push(Contradiction {
                            subject: server.name.clone(),
                            property: "site".to_owned(),
                            values: vec![stated.clone(), found],
                            inventory: false,
                        });
                    }
                }
            }
        }
    }
}

fn same(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// `10.1.0.0/24` or `2001:db8::/32`, the name of a subnet.
fn network(name: &str) -> Option<IpRange> {
    let (address, length) = name.trim().split_once('/')?;
    IpRange::network(address.parse().ok()?, length.parse().ok()?)
}

/// How many addresses a range has, less one.
fn size(range: IpRange) -> u128 {
    match range {
        IpRange::V4(first, last) => u128::from(last.saturating_sub(first)),
        IpRange::V6(first, last) => last.saturating_sub(first),
    }
}
