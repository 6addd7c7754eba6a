//! Which machine an exported object belongs to.

use std::collections::HashMap;

use crate::formats::exchange::is_blacked_out;
use crate::model::exchange::Record;
use crate::source::{FileId, Sources};

use super::exports::Exported;
use super::names::{Directory, MachineName, leaf};

/// How objects of a cmdlet relate to machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ownership {
    /// The object is a machine: its name is the machine's.
    IsServer,
    /// The object tells its machine (`Server`, `SERVER\Default SERVER`), and
    /// where it does not, the export's host does.
    OfServer,
    /// The object never tells; it belongs to the host of the export.
    OfHost,
    /// The object belongs to the organisation, but on an Edge server, which
    /// keeps its own configuration, to that server.
    OfOrganisation,
}

/// Cmdlets whose objects are not [`Ownership::OfServer`], from the tables of
/// `reference/exchange-exports.md` §5.
const OWNERSHIP: &[(&str, Ownership)] = &[
    ("Get-ExchangeServer", Ownership::IsServer),
    ("Get-TransportServer", Ownership::IsServer),
    ("Get-TransportService", Ownership::IsServer),
    ("Get-FrontendTransportService", Ownership::IsServer),
    ("Get-MailboxTransportService", Ownership::IsServer),
    ("Get-MailboxServer", Ownership::IsServer),
    ("Get-ClientAccessServer", Ownership::IsServer),
    ("Get-ClientAccessService", Ownership::IsServer),
    ("Get-UMServer", Ownership::IsServer),
    ("Get-UMService", Ownership::IsServer),
    ("Get-ClusteredMailboxServerStatus", Ownership::IsServer),
    ("Get-EdgeSubscription", Ownership::IsServer),
    ("Get-NetworkConnectionInfo", Ownership::OfHost),
    ("Get-ExchangeCertificate", Ownership::OfHost),
    ("Get-ItemProperty", Ownership::OfHost),
    ("Get-NetIPAddress", Ownership::OfHost),
    ("Get-NetIPConfiguration", Ownership::OfHost),
    ("Win32_NetworkAdapterConfiguration", Ownership::OfHost),
    ("Get-DnsClientGlobalSetting", Ownership::OfHost),
    ("Get-NetTCPSetting", Ownership::OfHost),
    ("Get-NetUDPSetting", Ownership::OfHost),
    ("Get-NetFirewallProfile", Ownership::OfHost),
    ("Get-NetIPsecRule", Ownership::OfHost),
    ("Get-TransportAgent", Ownership::OfHost),
    ("Get-SmbServerConfiguration", Ownership::OfHost),
    ("Get-PfxCertificate", Ownership::OfHost),
    ("Get-SendConnector", Ownership::OfOrganisation),
    ("Get-ForeignConnector", Ownership::OfOrganisation),
    ("Get-RoutingGroupConnector", Ownership::OfOrganisation),
    ("Get-TransportConfig", Ownership::OfOrganisation),
    ("Get-OrganizationConfig", Ownership::OfOrganisation),
    ("Get-AcceptedDomain", Ownership::OfOrganisation),
    ("Get-RemoteDomain", Ownership::OfOrganisation),
    ("Get-OfflineAddressBook", Ownership::OfOrganisation),
    ("Get-UMDialPlan", Ownership::OfOrganisation),
    ("Get-UMIPGateway", Ownership::OfOrganisation),
    ("Get-UMHuntGroup", Ownership::OfOrganisation),
    ("Get-UMMailboxPolicy", Ownership::OfOrganisation),
    ("Get-ADSite", Ownership::OfOrganisation),
    ("Get-AdSiteLink", Ownership::OfOrganisation),
    ("Get-SenderReputationConfig", Ownership::OfOrganisation),
    ("Get-RecipientFilterConfig", Ownership::OfOrganisation),
    ("Get-ADReplicationSubnet", Ownership::OfOrganisation),
    ("Get-ADReplicationSite", Ownership::OfOrganisation),
    ("Get-ADReplicationSiteLink", Ownership::OfOrganisation),
    ("Get-ADDomainController", Ownership::OfOrganisation),
    ("Get-ADGroupMember", Ownership::OfOrganisation),
    ("Get-ClusterNode", Ownership::OfOrganisation),
    ("Get-ClusterParameter", Ownership::OfOrganisation),
    ("Get-ClusterGroup", Ownership::OfOrganisation),
    ("Get-ClusterResource", Ownership::OfOrganisation),
    ("Resolve-DnsName", Ownership::OfOrganisation),
    ("Get-DnsServerResourceRecord", Ownership::OfOrganisation),
];

/// How objects of a cmdlet relate to machines.
pub(super) fn ownership(cmdlet: &str) -> Ownership {
    OWNERSHIP
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(cmdlet))
        .map_or(Ownership::OfServer, |(_, ownership)| *ownership)
}

/// Whether the prefix of an identity, or `Server`, in a cmdlet's objects is a
/// server. In others it may be a domain (`CONTOSO\\Administrators`).
pub(super) fn names_servers(cmdlet: &str) -> bool {
    const OTHERS: &[&str] = &[
        "Get-ReceiveConnector",
        "Get-OutlookAnywhere",
        "Get-PopSettings",
        "Get-ImapSettings",
        "Get-StorageGroup",
        "Get-StorageGroupCopyStatus",
        "Get-MailboxDatabase",
        "Get-PublicFolderDatabase",
        "Get-RpcClientAccess",
    ];
    cmdlet.ends_with("VirtualDirectory") || OTHERS.contains(&cmdlet)
}

/// A machine that something belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner {
    pub machine: usize,
    /// Whether it was found by the name of a cluster's node.
    pub by_node: bool,
}

/// Finds the owner of an object; `None` where it is not known or where the
/// object belongs to the organisation.
pub(super) fn owner(
    exported: &Exported,
    directory: &Directory,
    files: &FileOwners,
    is_edge: impl Fn(usize) -> bool,
) -> Option<Owner> {
    let find = |text: &str| find(directory, text);
    match ownership(exported.cmdlet) {
        Ownership::IsServer => own_name(&exported.record).and_then(|name| find(&name)),
        Ownership::OfServer => match stated_server(&exported.record) {
            Some(name) => find(&name),
            None => host(exported, directory, files),
        },
        Ownership::OfHost => match stated_computer(&exported.record) {
            Some(name) if find(&name).is_some() => find(&name),
            _ => host(exported, directory, files),
        },
        Ownership::OfOrganisation => {
            host(exported, directory, files).filter(|owner| is_edge(owner.machine))
        }
    }
}

fn find(directory: &Directory, text: &str) -> Option<Owner> {
    let name = MachineName::parse(text)?;
    let machine = directory.find(&name)?;
    Some(Owner {
        machine,
        by_node: directory.own(&name).is_none(),
    })
}

/// The computer that an export was taken on, whatever the export is of.
pub(super) fn export_host(
    exported: &Exported,
    directory: &Directory,
    files: &FileOwners,
) -> Option<Owner> {
    host(exported, directory, files)
}

/// The host of an export: the machine that was asked, else the one in the
/// file's name, else the one that it ran on, else the one of the folder.
fn host(exported: &Exported, directory: &Directory, files: &FileOwners) -> Option<Owner> {
    if let Some(owner) = exported
        .argument
        .as_deref()
        .and_then(|text| find(directory, text))
    {
        return Some(owner);
    }
    let file = files.0.get(&exported.record.span.file)?;
    // In a psSDP bundle `<NODE>_CMS_<NAME>_…` holds what belongs to the
    // clustered server, so the file's name tells more than the host.
    let by_host = exported.host.as_deref().and_then(|t| find(directory, t));
    if let Some(machine) = file.by_name {
        return Some(match by_host {
            Some(owner) if owner.machine == machine => owner,
            _ => Owner {
                machine,
                by_node: false,
            },
        });
    }
    // Collectors make one folder for each server.
    by_host.or(file.by_folder)
}

/// The machines that the names of files and of their folders tell, found once
/// for each file and not for each of its objects.
#[derive(Debug, Default)]
pub(super) struct FileOwners(HashMap<FileId, FileOwner>);

#[derive(Debug)]
struct FileOwner {
    by_name: Option<usize>,
    by_folder: Option<Owner>,
}

impl FileOwners {
    /// Looks at the files that objects came from; all machines are known.
    pub(super) fn new(exported: &[Exported], directory: &Directory, sources: &Sources) -> Self {
        let mut files = HashMap::new();
        for item in exported {
            let id = item.record.span.file;
            let Some(file) = sources.get(id).filter(|_| !files.contains_key(&id)) else {
                continue;
            };
            let folders = file.name().rsplit(['/', '\\']).skip(1);
            let owner = FileOwner {
                by_name: directory.find_in_file_name(file.name()),
                by_folder: folders.filter_map(|folder| find(directory, folder)).next(),
            };
            files.insert(id, owner);
        }
        Self(files)
    }
}

/// The machine's own name in an object that is a machine; scripts that list servers
/// call it what it is.
pub(super) fn own_name(record: &Record) -> Option<String> {
    ["name", "identity", "fqdn", "server", "servername"]
        .iter()
        .filter_map(|key| record.text(key))
        .map(|(text, _)| leaf(text))
        .find(|text| MachineName::parse(text).is_some())
}

/// The node of a cluster that an object tells of.
pub(super) fn node(exported: &Exported) -> Option<String> {
    let named = exported.record.text("computername");
    named
        .map(|(name, _)| name.to_owned())
        .or_else(|| stated_server(&exported.record))
        .or_else(|| exported.argument.as_deref().map(str::to_owned))
        .or_else(|| exported.host.as_deref().map(str::to_owned))
        .and_then(|text| MachineName::parse(&text))
        .map(|name| name.label)
}

/// The machine that an object says it belongs to.
pub(super) fn stated_server(record: &Record) -> Option<String> {
    let by_property = ["server", "servername"]
        .iter()
        .filter_map(|key| record.text(key))
        .map(|(text, _)| leaf(text))
        .find(|text| MachineName::parse(text).is_some());
    by_property
        .or_else(|| identity_prefix(record))
        .or_else(|| metabase_host(record))
}

/// The machine that an object of one machine names.
pub(super) fn stated_computer(record: &Record) -> Option<String> {
    // Exchange cmdlets name the computer of the shell there, not of the object.
    let remote = (record.cmdlet == Some("Get-ItemProperty")).then_some("pscomputername");
    let named = std::iter::once("computername")
        .chain(remote)
        .find_map(|name| record.text(name))
        .map(|(text, _)| text.to_owned());
    named
        .filter(|text| MachineName::parse(text).is_some())
        .or_else(|| stated_server(record))
}

/// `HUB1` of `HUB1\Default HUB1`.
fn identity_prefix(record: &Record) -> Option<String> {
    let (identity, _) = record.text("identity")?;
    let (server, _) = identity.split_once('\\')?;
    // A blacked-out name is none.
    if is_blacked_out(server) {
        return None;
    }
    MachineName::parse(server).map(|_| server.to_owned())
}

/// The host of `IIS://cas1.contoso.com/W3SVC/1/ROOT/owa`.
fn metabase_host(record: &Record) -> Option<String> {
    let (path, _) = record.text("metabasepath")?;
    let head = path.get(..6)?;
    if !head.eq_ignore_ascii_case("iis://") {
        return None;
    }
    let host = path.get(6..)?.split('/').next()?;
    MachineName::parse(host).map(|_| host.to_owned())
}
