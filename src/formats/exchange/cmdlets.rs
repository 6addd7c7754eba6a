//! What is known of each Exchange cmdlet: its names, types and properties.
//!
//! The facts stand in `cmdlets.txt`; this module only reads that file, once
//! and on first use (about 0.2 ms).

mod read;

use std::sync::LazyLock;

use crate::formats::firewall::shared::tables::Map;
use read::read;

const DATA: &str = include_str!("cmdlets.txt");

/// Names of an enumeration, with their numbers where those are known.
#[derive(Debug, Clone, Default)]
pub struct Enumeration {
    /// Values combine (`Tls, BasicAuth`).
    pub flags: bool,
    /// Later versions of Exchange add names.
    pub open: bool,
    /// Names with numbers in the order of the data file.
    pub names: Vec<(&'static str, Option<i64>)>,
    /// Numbers that some name probably has, but no source confirms.
    pub unconfirmed: Vec<i64>,
    /// One-letter forms in Format-Table.
    pub letters: Vec<(char, &'static str)>,
}

impl Enumeration {
    /// The canonical spelling of a name; case does not matter.
    #[must_use]
    pub fn canonical(&self, name: &str) -> Option<&'static str> {
        self.names
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(known, _)| *known)
    }

    /// The name of a number.
    #[must_use]
    pub fn by_number(&self, number: i64) -> Option<&'static str> {
        self.names
            .iter()
            .find(|(_, known)| *known == Some(number))
            .map(|(name, _)| *name)
    }
}

/// How a property's value is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `True` or `False`.
    Bool,
    /// A whole number.
    Integer,
    /// Free text, a name, an address.
    Text,
    /// An absolute or relative URL.
    Url,
    /// `Version 8.3 (Build 83.6)`.
    Version,
    /// A point in time.
    Date,
    /// Several values, free text each.
    List,
    /// Several values of an enumeration.
    ListOf(&'static str),
    /// One value of an enumeration.
    Enum(&'static str),
    /// A set of values of a flags enumeration.
    Flags(&'static str),
    /// The name of a .NET type, where that is the value itself.
    TypeName,
    /// Never shown.
    Secret,
}

/// A property of a cmdlet's objects.
#[derive(Debug, Clone, Copy)]
pub struct PropertyKind {
    /// Canonical spelling.
    pub name: &'static str,
    /// How to read it.
    pub kind: Kind,
}

/// A cmdlet and its objects.
#[derive(Debug, Clone)]
pub struct Cmdlet {
    /// Canonical name: the one of Exchange 2007 where there is one.
    pub name: &'static str,
    /// Names in later versions.
    pub aliases: Vec<&'static str>,
    /// The property that tells two objects apart.
    pub key: &'static str,
    /// Last parts of .NET type names of Exchange, and whole ones of others.
    pub types: Vec<&'static str>,
    /// Active Directory classes.
    pub classes: Vec<&'static str>,
    /// Names in IIS.
    pub sites: Vec<&'static str>,
    /// Texts (second) that in the value of a property (first, lower case)
    /// speak for this cmdlet; `~` stands for a blank.
    pub hints: Vec<(String, &'static str)>,
    /// Columns of its default table, where they are of no other cmdlet.
    pub view: Vec<&'static str>,
    /// Properties that no rule reads.
    pub minor: Vec<&'static str>,
    /// The argument of the command is the host that it asks.
    pub host_is_identity: bool,
    /// Properties that IIS would fill with text.
    pub iis_path: Vec<&'static str>,
    /// Properties that tell the state of IIS.
    pub iis_state: Vec<&'static str>,
    /// Its properties are mostly those of another cmdlet, which is meant where
    /// nothing but them tells.
    pub rare: bool,
    /// Its properties are in too many other objects to tell it.
    pub stated: bool,
    /// First and last version that has it; of Windows Server for cmdlets that
    /// are not of Exchange.
    pub versions: (&'static str, Option<&'static str>),
    /// Properties that earlier versions lack, with the first version.
    pub since: Vec<(&'static str, &'static str)>,
    /// Properties that later versions lack, with the last version.
    pub until: Vec<(&'static str, &'static str)>,
    /// Values of new objects.
    pub defaults: Vec<DefaultValue>,
    /// Ids of the data paths that it helps to decide.
    pub paths: Vec<&'static str>,
    /// Own properties by lower-case name, without the common ones.
    pub properties: Map<String, PropertyKind>,
    /// Own properties in the order of the data file.
    pub order: Vec<PropertyKind>,
}

/// The value of a property in a new object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DefaultValue {
    /// Canonical spelling.
    pub property: &'static str,
    /// The version from which on it holds; from the first on when `None`.
    pub since: Option<&'static str>,
    /// As Format-List prints it, with `~` for a blank.
    pub value: &'static str,
}

impl Cmdlet {
    /// The noun: `ReceiveConnector`.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        self.name.strip_prefix("Get-").unwrap_or(self.name)
    }

    /// How to read a property, own, common or joined from IIS; the name in
    /// lower case.
    #[must_use]
    pub fn property(&self, lower_case_name: &str) -> Option<PropertyKind> {
        let joined = || {
            let mut web = table().web.iter().filter(|_| !self.sites.is_empty());
            web.find(|known| known.name.eq_ignore_ascii_case(lower_case_name))
        };
        self.properties
            .get(lower_case_name)
            .or_else(|| table().common.get(lower_case_name))
            .or_else(joined)
            .copied()
    }
}

/// The whole data file.
#[derive(Debug, Default)]
pub struct Table {
    /// Cmdlets in the order of the file.
    pub cmdlets: Vec<Cmdlet>,
    /// Properties of nearly every object.
    pub common: Map<String, PropertyKind>,
    /// Properties that virtual directories get from the configuration of IIS.
    pub web: Vec<PropertyKind>,
    enumerations: Map<&'static str, Enumeration>,
    owners: Map<String, Owners>,
}

/// A set of cmdlets: a bit for each place in the table.
pub type CmdletSet = u128;

/// Who has a property.
#[derive(Debug, Default, Clone, Copy)]
struct Owners {
    /// How many cmdlets have it as their own.
    count: usize,
    /// All that have it.
    all: CmdletSet,
    /// Those of which a value of it may tell objects.
    hinted: CmdletSet,
}

/// The cmdlet at a place of the table.
#[must_use]
pub fn bit(place: usize) -> CmdletSet {
    u32::try_from(place)
        .ok()
        .and_then(|place| CmdletSet::checked_shl(1, place))
        .unwrap_or(0)
}

impl Table {
    /// A cmdlet by canonical name or alias, in any case.
    #[must_use]
    pub fn cmdlet(&self, name: &str) -> Option<&Cmdlet> {
        self.cmdlets.iter().find(|cmdlet| {
            cmdlet.name.eq_ignore_ascii_case(name)
                || cmdlet.aliases.iter().any(|a| a.eq_ignore_ascii_case(name))
        })
    }

    /// An enumeration by the name that properties refer to it with.
    #[must_use]
    pub fn enumeration(&self, name: &str) -> Option<&Enumeration> {
        self.enumerations.get(name)
    }

    /// How many cmdlets have a property (by lower-case name) as their own.
    #[must_use]
    pub fn owners(&self, lower_case_name: &str) -> usize {
        self.owners
            .get(lower_case_name)
            .map_or(0, |owners| owners.count)
    }

    /// The cmdlets that have a property (by lower-case name), and those of which
    /// a value of it may tell objects.
    #[must_use]
    pub fn holders(&self, lower_case_name: &str) -> (CmdletSet, CmdletSet) {
        let owners = self.owners.get(lower_case_name);
        owners.map_or((0, 0), |owners| (owners.all, owners.hinted))
    }

    /// The cmdlet that returns objects of a .NET type (`Deserialized.` and
    /// `Selected.` do not matter).
    #[must_use]
    pub fn by_type(&self, type_name: &str) -> Option<&Cmdlet> {
        let mut name = type_name.trim();
        while let Some(rest) = name
            .strip_prefix("Deserialized.")
            .or_else(|| name.strip_prefix("Selected."))
        {
            name = rest;
        }
        let whole = |cmdlet: &&Cmdlet| {
            cmdlet
                .types
                .iter()
                .any(|known| known.eq_ignore_ascii_case(name))
        };
        if let Some(cmdlet) = self
            .cmdlets
            .iter()
            .filter(|_| name.contains('.'))
            .find(whole)
        {
            return Some(cmdlet);
        }
        let known = name.starts_with("Microsoft.Exchange.")
            || name.starts_with("System.Security.Cryptography.X509Certificates.");
        if !known || name.contains(['[', '+', '`', '#']) {
            return None;
        }
        let last = name.rsplit('.').next()?;
        self.cmdlets.iter().find(|cmdlet| {
            cmdlet
                .types
                .iter()
                .any(|known| known.eq_ignore_ascii_case(last))
        })
    }
}

/// The table, read on first use.
#[must_use]
pub fn table() -> &'static Table {
    static TABLE: LazyLock<Table> = LazyLock::new(|| read(DATA));
    &TABLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cmdlet_has_its_bit() {
        let cmdlets = &table().cmdlets;
        assert!(cmdlets.len() < CmdletSet::BITS as usize);
        for (place, cmdlet) in cmdlets.iter().enumerate() {
            for name in cmdlet.properties.keys() {
                let (all, _) = table().holders(name);
                assert_ne!(all & bit(place), 0, "{} {name}", cmdlet.name);
            }
        }
        let (all, hinted) = table().holders("authmechanism");
        assert_eq!((all.count_ones(), hinted), (1, 0));
    }

    #[test]
    fn every_line_of_the_data_file_is_understood() {
        for line in DATA.lines() {
            let Some(first) = line.split_ascii_whitespace().next() else {
                continue;
            };
            let structural = [
                "enum",
                "letters",
                "common",
                "web",
                "cmdlet",
                "key",
                "type",
                "class",
                "site",
                "hint",
                "view",
                "minor",
                "host-is-identity",
                "iis-path",
                "iis-state",
                "rare",
                "stated",
                "versions",
                "since",
                "until",
                "default",
                "paths",
                "view",
            ];
            assert!(
                first.starts_with('#')
                    || structural.contains(&first)
                    || read::read_kind(first).is_some(),
                "{line}"
            );
        }
    }

    #[test]
    fn every_kind_names_an_enumeration_that_exists() {
        let table = table();
        for cmdlet in &table.cmdlets {
            for property in cmdlet.properties.values() {
                if let Kind::Enum(of) | Kind::ListOf(of) | Kind::Flags(of) = property.kind {
                    let found = table.enumeration(of).expect(of);
                    assert_eq!(found.flags, matches!(property.kind, Kind::Flags(_)), "{of}");
                }
            }
            for name in cmdlet.iis_path.iter().chain(&cmdlet.iis_state) {
                assert!(
                    cmdlet.property(&name.to_ascii_lowercase()).is_some(),
                    "{} {name}",
                    cmdlet.name
                );
            }
            assert!(
                cmdlet.property(&cmdlet.key.to_ascii_lowercase()).is_some(),
                "{}",
                cmdlet.name
            );
        }
    }

    #[test]
    fn versions_and_defaults_speak_of_properties_that_exist() {
        for cmdlet in &table().cmdlets {
            let name = cmdlet.name;
            assert!(cmdlet.versions.0.starts_with("20"), "{name}");
            let told = cmdlet.since.iter().chain(&cmdlet.until);
            let told = told.map(|(property, _)| *property);
            let defaults = cmdlet.defaults.iter().map(|default| default.property);
            for property in told.chain(defaults) {
                let known = cmdlet.property(&property.to_ascii_lowercase());
                assert!(known.is_some(), "{name} {property}");
            }
        }
    }

    #[test]
    fn the_cmdlets_of_the_first_issue_are_there() {
        for noun in [
            "ExchangeServer",
            "ReceiveConnector",
            "SendConnector",
            "TransportConfig",
            "TransportServer",
            "EdgeSubscription",
            "OwaVirtualDirectory",
            "ActiveSyncVirtualDirectory",
            "WebServicesVirtualDirectory",
            "OabVirtualDirectory",
            "AutodiscoverVirtualDirectory",
            "UMVirtualDirectory",
            "OutlookAnywhere",
            "ClientAccessServer",
            "PopSettings",
            "ImapSettings",
            "ExchangeCertificate",
            "MailboxServer",
            "UMDialPlan",
            "UMIPGateway",
            "UMServer",
            "NetworkConnectionInfo",
            "ADSite",
            "TransportAgent",
            "RemoteDomain",
            "ForeignConnector",
            "ADPermission",
            "SenderReputationConfig",
            "RecipientFilterConfig",
            "AcceptedDomain",
            "OrganizationConfig",
            "RpcClientAccess",
            "StorageGroup",
            "StorageGroupCopyStatus",
            "ClusteredMailboxServerStatus",
            "EcpVirtualDirectory",
            "MapiVirtualDirectory",
            "PowerShellVirtualDirectory",
            "SmbServerConfiguration",
            "PublicFolderDatabase",
        ] {
            let found = table().cmdlet(&format!("get-{noun}"));
            assert_eq!(found.map(Cmdlet::noun), Some(noun));
        }
    }

    #[test]
    fn a_type_name_leads_to_its_cmdlet_whatever_stands_before_it() {
        let name = "Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector";
        for prefix in ["", "Deserialized.", "Selected.", "Selected.Deserialized."] {
            let found = table().by_type(&format!("{prefix}{name}"));
            assert_eq!(found.map(|c| c.name), Some("Get-ReceiveConnector"));
        }
        assert!(table().by_type("Contoso.ReceiveConnector").is_none());
        assert!(
            table()
                .by_type("Microsoft.Exchange.Data.MultiValuedProperty`1[[X.ReceiveConnector]]")
                .is_none()
        );
    }

    #[test]
    fn a_later_name_of_a_cmdlet_leads_to_the_name_of_2007() {
        let found = table().cmdlet("Get-TransportService");
        assert_eq!(found.map(|c| c.name), Some("Get-TransportServer"));
    }
}
