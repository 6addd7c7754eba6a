//! The catalogue of data paths: who talks to whom, over what, how protected.
//!
//! One YAML file per edition of Exchange, embedded in the binary (as JSON, see
//! `build.rs`) and read on first use. The file states for every cell whether the source says it
//! literally or it was inferred, and from what.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::net::Protocol;

/// What [`exchange_2007`] reads.
const EXCHANGE_2007: &str = include_str!(concat!(env!("OUT_DIR"), "/exchange-2007.json"));

/// All data paths of one edition of Exchange.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Edition id: `exchange-2007`.
    pub edition: String,
    /// Name of the edition.
    pub title: Localised,
    /// Versions that the edition covers, as in `AdminDisplayVersion`.
    pub versions: VersionRange,
    /// Statements of the source that concern the catalogue as a whole.
    #[serde(default)]
    pub statements: Vec<String>,
    /// Number of rows by table of the source.
    #[serde(default)]
    pub rows: BTreeMap<Table, u8>,
    /// Port ranges that paths with dynamic ports refer to.
    #[serde(default)]
    pub dynamic_profiles: Vec<DynamicProfile>,
    /// What each intent means, in words.
    #[serde(default)]
    pub intents: Vec<IntentText>,
    /// Where the source disagrees with itself or with later editions.
    #[serde(default)]
    pub discrepancies: Vec<Discrepancy>,
    /// Table rows in the order of the source, then the note paths.
    pub paths: Vec<DataPath>,
}

/// First and last version of an edition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionRange {
    /// First (`8.0`).
    pub from: String,
    /// Last (`8.3`).
    pub to: String,
}

/// A named range of negotiated ports.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamicProfile {
    /// Name that paths refer to.
    pub name: String,
    /// TCP or UDP.
    pub protocol: Transport,
    /// First port; `None` where the inventory must state it.
    #[serde(default)]
    pub first: Option<u16>,
    /// Last port.
    #[serde(default)]
    pub last: Option<u16>,
    /// Where the range comes from.
    pub from: String,
}

/// An intent in words.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntentText {
    /// The intent.
    pub name: Intent,
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// A place where the source disagrees with itself or with a later edition.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discrepancy {
    /// Id (`D02`).
    pub id: String,
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

/// Stable id of a data path: `hub-to-edge-smtp`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(transparent)]
pub struct PathId(pub Arc<str>);

impl fmt::Display for PathId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text in both languages of exlint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Localised {
    /// English.
    pub en: String,
    /// Japanese.
    pub ja: String,
}

impl Localised {
    /// The text in Japanese or, for any other language, in English.
    #[must_use]
    pub fn get(&self, japanese: bool) -> &str {
        if japanese { &self.ja } else { &self.en }
    }
}

/// One data path.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataPath {
    /// Id.
    pub id: PathId,
    /// Whether the path comes from a note or was inferred, not from a row.
    pub note: bool,
    /// Table of the source.
    pub table: Table,
    /// Row in the table, from 1; for a note path, its number among them.
    #[serde(default)]
    pub row: Option<u8>,
    /// Title.
    pub title: Localised,
    /// Who opens the connection.
    pub source: Vec<Party>,
    /// Who accepts it. Where both lists have the same parties in another
    /// order, either side calls the other.
    pub destination: Vec<Party>,
    /// Fixed services.
    pub services: Vec<PathService>,
    /// Ports that are negotiated at run time.
    pub dynamic_ports: DynamicPorts,
    /// Authentication.
    pub authentication: Authentication,
    /// Encryption.
    pub encryption: Encryption,
    /// What a firewall should do with the path; always our classification.
    pub intent: Intent,
    /// What must hold for the path to be used at all (`webdav-used`).
    #[serde(default)]
    pub condition: Option<String>,
    /// Statements of the source (`S04`).
    pub statements: Vec<String>,
    /// The path that this one repeats in another table.
    #[serde(default)]
    pub same_flow_as: Option<PathId>,
    /// Which fields the source states, and where the others come from.
    pub provenance: Provenance,
    /// Remarks.
    #[serde(default)]
    pub remarks: Option<Localised>,
}

/// Tables of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// Transport servers.
    Transport,
    /// Mailbox servers.
    Mailbox,
    /// Client Access servers.
    ClientAccess,
    /// Unified Messaging servers.
    UnifiedMessaging,
    /// In no table: from a note, or inferred.
    Notes,
}

impl Table {
    /// The word in the catalogue and in JSON.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Transport => "transport",
            Self::Mailbox => "mailbox",
            Self::ClientAccess => "client-access",
            Self::UnifiedMessaging => "unified-messaging",
            Self::Notes => "notes",
        }
    }
}

/// Who takes part in a data path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// Hub Transport server.
    Hub,
    /// Edge Transport server.
    Edge,
    /// Mailbox server.
    Mailbox,
    /// Client Access server.
    Cas,
    /// Unified Messaging server.
    Um,
    /// Domain controller or global catalogue.
    Ad,
    /// The ADAM instance on an Edge server.
    Adam,
    /// A client program on an internal network.
    Client,
    /// Any host on the Internet.
    Internet,
    /// The Edge server of another organisation, on the Internet.
    OtherOrgEdge,
    /// An Exchange 2003 or 2000 server.
    LegacyMailbox,
    /// SIP gateway or IP PBX.
    IpGateway,
    /// Node of a mailbox cluster.
    ClusterNode,
    /// Backup server.
    Backup,
    /// Administrator's workstation.
    AdminWorkstation,
    /// Any Exchange server.
    ExchangeServer,
    /// DNS server.
    Dns,
}

/// A fixed service of a path.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PathService {
    /// TCP or UDP.
    pub protocol: Transport,
    /// Destination port.
    pub port: u16,
    /// Application protocol (`smtp`, `ldaps`).
    #[serde(default)]
    pub application: Option<String>,
    /// How TLS is used on it.
    pub tls: Tls,
    /// Whether the path works without it.
    pub need: Need,
    /// Links alternatives, or names the feature of a conditional service.
    #[serde(default)]
    pub group: Option<String>,
}

impl fmt::Display for PathService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", Protocol::from(self.protocol), self.port)
    }
}

/// Whether a path works without a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Must be open.
    Required,
    /// One service of the same group is enough.
    Alternative,
    /// Works without it.
    Optional,
    /// Only while the feature that the group names is used.
    Conditional,
    /// Never leaves the host; no firewall should open it.
    Local,
}

impl Need {
    /// The word in the catalogue and in facts.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Alternative => "alternative",
            Self::Optional => "optional",
            Self::Conditional => "conditional",
            Self::Local => "local",
        }
    }
}

/// Transport protocols of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl From<Transport> for Protocol {
    fn from(transport: Transport) -> Self {
        match transport {
            Transport::Tcp => Self::TCP,
            Transport::Udp => Self::UDP,
        }
    }
}

/// How a service uses TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Starts in clear, turns to TLS on request.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// None.
    None,
    /// The source does not tell.
    #[default]
    Unknown,
}

/// Ports that are negotiated at run time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DynamicPorts {
    /// How they are chosen.
    pub kind: DynamicKind,
    /// Named ranges that apply, one per operating system or configuration.
    pub profiles: Vec<String>,
}

/// How negotiated ports are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DynamicKind {
    /// There are none.
    None,
    /// By the RPC endpoint mapper.
    Rpc,
    /// At random.
    Random,
    /// Both.
    RpcAndRandom,
    /// By Unified Messaging: SIP workers and media.
    Um,
}

/// Authentication of a path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authentication {
    /// What is used by default.
    pub default: Vec<String>,
    /// What is supported.
    pub supported: Vec<String>,
    /// What the choice depends on.
    #[serde(default)]
    pub condition: Option<String>,
}

/// Encryption of a path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encryption {
    /// Whether it can be encrypted.
    pub supported: Degree,
    /// How (`tls`, `rpc-encryption`).
    #[serde(default)]
    pub mechanism: Option<String>,
    /// Whether it is encrypted unless someone changed that.
    pub by_default: Degree,
}

/// How far something holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Degree {
    /// Yes.
    Yes,
    /// With the self-signed certificate of setup.
    YesSelfSigned,
    /// In part.
    Partial,
    /// The call control, not the media.
    SignallingOnly,
    /// No.
    No,
}

/// What a firewall should do with a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    /// Open between Exchange servers; restricting it is unsupported anyway.
    RequiredBetweenExchange,
    /// Open across the inner firewall, between Edge and Hub.
    RequiredAcrossPerimeter,
    /// Open on the outer firewall.
    RequiredInternetSmtp,
    /// Open to domain controllers.
    RequiredToAd,
    /// Open between cluster and replication partners only.
    RequiredCluster,
    /// Open for internal clients, never for the Internet.
    RequiredClientInternal,
    /// As before, when a condition holds.
    ConditionalClientInternal,
    /// 443 from clients; 80 is unsafe.
    ClientWeb,
    /// Open only if the service is used.
    ClientOptional,
    /// Open only for networks with SMTP clients.
    ClientSubmission,
    /// Only while Exchange 2003 exists.
    Coexistence,
    /// Between the UM server and its gateways only.
    UmTelephony,
    /// No firewall should permit it.
    LocalOnly,
    /// From administration networks only.
    Admin,
    /// From the backup network only.
    OptionalBackup,
    /// Deprecated; only if declared.
    LegacyOptional,
    /// A network firewall on this path is itself the fault.
    NoFirewallAllowed,
    /// Outbound, only while the feature is on.
    OptionalEgress,
}

/// Where the facts of a path come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// Fields that the source states.
    pub literal: Vec<String>,
    /// Fields that were concluded.
    pub inferred: Vec<Inference>,
    /// Ids of discrepancies that concern the path.
    #[serde(default)]
    pub discrepancies: Vec<String>,
}

/// A field that the source does not state.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inference {
    /// The field (`encryption.by_default`).
    pub field: String,
    /// How sure: `certain`, `high`, `medium` or `low`.
    pub confidence: String,
    /// What it was concluded from.
    pub from: String,
}

impl DataPath {
    /// Whether either side calls the other: both lists name the same parties.
    #[must_use]
    pub fn is_mutual(&self) -> bool {
        self.source.len() == self.destination.len()
            && self
                .source
                .iter()
                .all(|party| self.destination.contains(party))
    }
}

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// When the text is not JSON of this schema.
    pub fn from_json(text: &str) -> Result<Self, CatalogueError> {
        serde_json::from_str(text).map_err(|error| CatalogueError(error.to_string()))
    }

    /// Looks a path up by id.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&DataPath> {
        self.paths.iter().find(|path| *path.id.0 == *id)
    }
}

/// A catalogue that cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the catalogue cannot be read: {0}")]
pub struct CatalogueError(String);

/// The embedded catalogue for Exchange Server 2007.
///
/// # Errors
/// When the embedded file is damaged; a test makes sure it is not.
pub fn exchange_2007() -> Result<&'static Catalogue, CatalogueError> {
    static CATALOGUE: LazyLock<Result<Catalogue, CatalogueError>> =
        LazyLock::new(|| Catalogue::from_json(EXCHANGE_2007));
    CATALOGUE.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_has_every_row_of_the_source() {
        let catalogue = exchange_2007().expect("the embedded catalogue is valid");
        for (table, rows) in [
            (Table::Transport, 11),
            (Table::Mailbox, 22),
            (Table::ClientAccess, 14),
            (Table::UnifiedMessaging, 5),
            (Table::Notes, 11),
        ] {
            let found = catalogue.paths.iter().filter(|path| path.table == table);
            assert_eq!(found.count(), rows, "{table:?}");
        }
    }

    #[test]
    fn everything_a_path_refers_to_exists() {
        let catalogue = exchange_2007().expect("the embedded catalogue is valid");
        for path in &catalogue.paths {
            for profile in &path.dynamic_ports.profiles {
                let mut profiles = catalogue.dynamic_profiles.iter();
                assert!(profiles.any(|known| known.name == *profile), "{}", path.id);
            }
            for id in &path.provenance.discrepancies {
                let mut known = catalogue.discrepancies.iter();
                assert!(known.any(|known| known.id == *id), "{}: {id}", path.id);
            }
            if let Some(other) = &path.same_flow_as {
                assert!(catalogue.get(&other.0).is_some(), "{}", path.id);
            }
            let mut intents = catalogue.intents.iter();
            assert!(intents.any(|text| text.name == path.intent), "{}", path.id);
        }
    }

    #[test]
    fn an_unknown_key_is_an_error() {
        let text = EXCHANGE_2007.replacen("\"intent\":", "\"intnet\":", 1);
        assert_ne!(text, EXCHANGE_2007);
        assert!(Catalogue::from_json(&text).is_err());
    }
}
