//! Addresses of machines from exports.

use std::net::{IpAddr, Ipv6Addr};

use crate::model::exchange::{Lookup, Record};
use crate::source::{Sources, Span};

use super::attribution::{FileOwners, Owner, node, owner};
use super::draft::{Drafts, Stated, state};
use super::exports::Exported;
use super::names::leaf;
use super::types::{Question, Role, Strength};

/// Adds the addresses that exports tell: network settings, connector bindings
/// and source addresses that are not wildcards.
pub(super) fn collect(
    exported: &[Exported],
    drafts: &mut Drafts,
    files: &FileOwners,
    sources: &Sources,
    questions: &mut Vec<Question>,
) {
    for item in exported {
        match item.cmdlet {
            "Get-NetworkConnectionInfo" => {
                network_settings(item, drafts, files, sources, questions)
            }
            "Get-NetIPConfiguration" | "Win32_NetworkAdapterConfiguration" => {
                adapter(item, drafts, files, sources, questions)
            }
            "Get-NetIPAddress" => adapter_address(item, drafts, files),
            "Get-DnsClientGlobalSetting" => full_name(item, drafts, files),
            "Get-ReceiveConnector" => bindings(item, drafts, files),
            "Get-SendConnector" => source_address(&item.record, drafts),
            _ => {}
        }
    }
}

fn network_settings(
    item: &Exported,
    drafts: &mut Drafts,
    files: &FileOwners,
    sources: &Sources,
    questions: &mut Vec<Question>,
) {
    let record = &item.record;
    let is_edge = |machine: usize| is_edge(drafts, machine);
    let Some(owner) = owner(item, &drafts.directory, files, is_edge) else {
        let settle = "# name the file after its server, for example:\n\
                      Get-NetworkConnectionInfo HUB1 | fl * > HUB1_NetworkConnectionInfo_FL.TXT";
        questions.push(of_no_server(record, sources, settle));
        return;
    };
    let Some(draft) = drafts.get_mut(owner.machine) else {
        return;
    };
    if let Lookup::Unknown(why, span) = record.get("ipaddresses") {
        questions.push(Question {
            kind: "server-address",
            subject: draft.label.clone(),
            text: format!("Not all addresses of {} are known: {why}", draft.label),
            settle: format!(
                "$FormatEnumerationLimit = -1; Get-NetworkConnectionInfo {} | fl *",
                draft.label
            ),
            span,
        });
        return;
    }
    let Some((texts, span)) = record.names("ipaddresses") else {
        return;
    };
    for ip in texts.iter().filter_map(|text| usable(text)) {
        draft.add_address(ip, span, Strength::Connected);
        if let Some(added) = draft.addresses.last_mut() {
            added.complete = true;
            added.by_node = owner.by_node;
            if owner.by_node {
                added.address.strength = Strength::Name;
                added.node = node(item).filter(|_| leads_further(&item.record));
            }
        }
    }
}

/// Whether an adapter leads to other networks: it has a gateway, or at least
/// name servers. Networks that a cluster keeps for itself have neither, and no
/// firewall stands in them.
fn leads_further(record: &Record) -> bool {
    let gives = |name: &str| {
        record
            .names(name)
            .is_some_and(|(texts, _)| !texts.is_empty())
    };
    let names = [
        "IPv4DefaultGateway",
        "IPv6DefaultGateway",
        "DNSServer",
        "DnsServers",
        "DefaultIPGateway",
        "DNSServerSearchOrder",
    ];
    // Get-NetworkConnectionInfo with chosen columns does not tell.
    let tells = record.cmdlet != Some("Get-NetworkConnectionInfo")
        || record.get("DnsServers") != Lookup::Absent;
    !tells || names.iter().any(|name| gives(name))
}

/// Network settings whose file does not tell their server.
fn of_no_server(record: &Record, sources: &Sources, settle: &str) -> Question {
    Question {
        kind: "export-host",
        subject: sources
            .get(record.span.file)
            .map_or_else(String::new, |file| file.name().to_owned()),
        text: "The network settings in this export belong to a server that the file does \
               not tell"
            .to_owned(),
        settle: settle.to_owned(),
        span: record.span,
    }
}

/// An adapter of `ipconfig`, Get-NetIPConfiguration or WMI.
fn adapter(
    item: &Exported,
    drafts: &mut Drafts,
    files: &FileOwners,
    sources: &Sources,
    questions: &mut Vec<Question>,
) {
    let is_edge = |machine: usize| is_edge(drafts, machine);
    let Some(owner) = owner(item, &drafts.directory, files, is_edge) else {
        let subject = sources.get(item.record.span.file).map(|file| file.name());
        let asked = |known: &Question| Some(known.subject.as_str()) == subject;
        // A computer that is named is one that nothing else speaks of.
        let named = item.host.is_some() || item.record.text("ComputerName").is_some();
        if !named && !questions.iter().any(asked) {
            let settle = "# name the file after its server, for example:\n\
                          ipconfig /all > HUB1_ipconfig.txt";
            questions.push(of_no_server(&item.record, sources, settle));
        }
        return;
    };
    for name in ["IPv4Address", "IPv6Address", "IPAddress"] {
        let Some((texts, span)) = item.record.names(name) else {
            continue;
        };
        for ip in texts.iter().filter_map(|text| usable(text)) {
            connect(drafts, owner, item, ip, span);
        }
    }
}

fn adapter_address(item: &Exported, drafts: &mut Drafts, files: &FileOwners) {
    let is_edge = |machine: usize| is_edge(drafts, machine);
    let Some(owner) = owner(item, &drafts.directory, files, is_edge) else {
        return;
    };
    // A duplicate is not answered on.
    let state = item.record.text("AddressState");
    if state.is_some_and(|(state, _)| !state.eq_ignore_ascii_case("preferred")) {
        return;
    }
    let Some((text, span)) = item.record.text("IPAddress") else {
        return;
    };
    if let Some(ip) = usable(text) {
        connect(drafts, owner, item, ip, span);
    }
}

/// An address of the machine's own settings.
fn connect(drafts: &mut Drafts, owner: Owner, item: &Exported, ip: IpAddr, span: Span) {
    let Some(draft) = drafts.get_mut(owner.machine) else {
        return;
    };
    draft.add_address(ip, span, Strength::Connected);
    let added = draft.addresses.iter_mut();
    if let Some(added) = added.filter(|known| known.address.ip == ip).last() {
        added.complete = true;
        added.by_node = owner.by_node;
        if owner.by_node {
            added.address.strength = Strength::Name;
            added.node = node(item).filter(|_| leads_further(&item.record));
        }
    }
}

/// The name with its domain, of a machine that no other file names so.
fn full_name(item: &Exported, drafts: &mut Drafts, files: &FileOwners) {
    let is_edge = |machine: usize| is_edge(drafts, machine);
    let Some(owner) = owner(item, &drafts.directory, files, is_edge) else {
        return;
    };
    let (Some(host), Some((suffix, span))) =
        (item.host.as_deref(), item.record.text("PrimaryDnsSuffix"))
    else {
        return;
    };
    let Some(draft) = drafts.get_mut(owner.machine) else {
        return;
    };
    if !owner.by_node && draft.fqdns.is_empty() && !host.contains('.') {
        let name = format!("{host}.{suffix}").to_lowercase();
        state(&mut draft.fqdns, Stated::by_export(name, span));
    }
}

fn bindings(item: &Exported, drafts: &mut Drafts, files: &FileOwners) {
    let is_edge = |machine: usize| is_edge(drafts, machine);
    let Some(owner) = owner(item, &drafts.directory, files, is_edge) else {
        return;
    };
    let Some((texts, span)) = item.record.names("bindings") else {
        return;
    };
    let Some(draft) = drafts.get_mut(owner.machine) else {
        return;
    };
    for ip in texts.iter().filter_map(|text| binding_address(text)) {
        draft.add_named_address(ip, span);
    }
}

/// A Send connector's source address belongs to its source server, where it
/// has only one.
fn source_address(record: &Record, drafts: &mut Drafts) {
    let Some((address, span)) = record.text("sourceipaddress") else {
        return;
    };
    let Some(ip) = usable(address) else {
        return;
    };
    let Some((servers, _)) = record.names("sourcetransportservers") else {
        return;
    };
    let [server] = servers.as_slice() else {
        return;
    };
    if let Some(machine) = drafts.directory.find_text(&leaf(server)) {
        push(drafts, machine, ip, span);
    }
}

fn push(drafts: &mut Drafts, machine: usize, ip: IpAddr, span: Span) {
    if let Some(draft) = drafts.get_mut(machine) {
        draft.add_named_address(ip, span);
    }
}

pub(super) fn is_edge(drafts: &Drafts, machine: usize) -> bool {
    drafts
        .machines
        .get(machine)
        .is_some_and(|draft| draft.has_role(Role::Edge))
}

/// The address of `10.1.0.12:25` or `[2001:db8::1]:25`, unless it stands for
/// all addresses.
fn binding_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    match text.strip_prefix('[') {
        Some(rest) => usable(rest.split_once(']')?.0),
        None => match text.rsplit_once(':') {
            Some((address, _)) if !address.contains(':') => usable(address),
            _ => usable(text),
        },
    }
}

/// An address that others can reach: not unspecified, loopback or link-local.
pub(super) fn usable(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    let text = text.split_once('/').map_or(text, |(address, _)| address);
    let ip = text.parse::<IpAddr>().ok()?;
    let link_local = match ip {
        IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
        IpAddr::V6(ip) => is_link_local(ip) || is_tunnel(ip),
    };
    (!ip.is_unspecified() && !ip.is_loopback() && !ip.is_multicast() && !link_local).then_some(ip)
}

/// An address of Teredo (RFC 4380 §2.6), which Windows makes up for itself.
fn is_tunnel(ip: Ipv6Addr) -> bool {
    ip.to_bits() >> 96 == 0x2001_0000
}

/// `fe80::/10` (RFC 4291 §2.4).
fn is_link_local(ip: Ipv6Addr) -> bool {
    ip.to_bits() >> 118 == 0xfe80 >> 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bindings_to_all_addresses_tell_no_address() {
        for text in [
            "0.0.0.0:25",
            "[::]:25",
            ":25",
            "",
            "127.0.0.1:25",
            "[fe80::1%5]:25",
        ] {
            assert_eq!(binding_address(text), None, "{text}");
        }
        for (text, address) in [
            ("10.1.0.12:25", "10.1.0.12"),
            ("[2001:db8::1]:587", "2001:db8::1"),
            ("10.1.0.12", "10.1.0.12"),
        ] {
            assert_eq!(
                binding_address(text).map(|ip| ip.to_string()).as_deref(),
                Some(address)
            );
        }
    }
}
