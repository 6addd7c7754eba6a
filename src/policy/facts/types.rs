//! The shape of `input`: what rules see (`schemas/facts.schema.json`).
//!
//! What is not known is absent, never a default, so that Rego's *undefined*
//! tells it. Every fact carries the place that it was read from.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::client_access::ClientAccessFact;
use super::comparison::ComparisonFact;
use super::declared::AllowedFlowFact;
use super::deliveries::DeliveryFact;
use super::effects::EffectFact;
use super::egress::EgressFact;
use super::exceptions::ExceptionFact;
use super::permits::PermitFact;
use super::sources::SourcesFact;
use super::unused::UnusedObjectFact;
use crate::formats::inventory::Parameter;
use crate::model::exchange::Record;
use crate::model::path::PathId;
use crate::source::{FileId, Span};

/// Version of the contract.
pub const SCHEMA: &str = "exlint/facts/1";

/// An evidence reference: `"<file index>:<start>:<end>"`, bytes of the decoded
/// text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref(pub Span);

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.0.file.0, self.0.start, self.0.end)
    }
}

impl FromStr for Ref {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut numbers = text.splitn(3, ':').map(str::parse::<u32>);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Ok(file)), Some(Ok(start)), Some(Ok(end))) if start <= end => {
                Ok(Self(Span::new(FileId(file), start, end)))
            }
            _ => Err(()),
        }
    }
}

impl Serialize for Ref {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// What a place shows: the key of a text in `labels.tsv` with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelFact {
    /// Key of the text.
    pub key: &'static str,
    /// Values of its holes.
    pub args: LabelArgs,
}

/// Values of the holes of a label, by hole. Copies share their memory: a place
/// is cited by hundreds of flows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelArgs(Arc<[(&'static str, Box<str>)]>);

impl Serialize for LabelArgs {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(hole, value)| (*hole, &**value)))
    }
}

impl LabelFact {
    /// A label from its key and arguments.
    #[must_use]
    pub fn new<const N: usize>(key: &'static str, args: [(&'static str, &str); N]) -> Self {
        let mut args = args.map(|(hole, value)| (hole, value.into()));
        args.sort_by(|a: &(&str, Box<str>), b| a.0.cmp(b.0));
        Self {
            key,
            args: LabelArgs(Arc::new(args)),
        }
    }
}

/// Everything that rules see.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Facts {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The day for which dates are judged, `YYYY-MM-DD`.
    pub reference_date: String,
    /// Names of the files, by the index that refs carry.
    pub files: Vec<String>,
    /// Kinds of input that are there, sorted.
    pub kinds: Vec<String>,
    /// Exchange servers and other hosts.
    pub servers: Vec<ServerFact>,
    /// Network areas.
    pub zones: Vec<ZoneFact>,
    /// Firewalls.
    pub firewalls: Vec<FirewallFact>,
    /// Which firewalls stand between which servers.
    pub placements: Vec<PlacementFact>,
    /// Verdict of every data path between the servers that have its roles.
    pub flows: Vec<FlowFact>,
    /// Sensitive services that can be reached.
    pub exposures: Vec<ExposureFact>,
    /// Rules that other rules hide.
    pub hidden_rules: Vec<HiddenRuleFact>,
    /// Rules that let much through to Exchange servers.
    pub permits: Vec<PermitFact>,
    /// On how many ports Exchange servers reach the Internet.
    pub egress: Vec<EgressFact>,
    /// The ways of clients to web services.
    pub client_access: Vec<ClientAccessFact>,
    /// The ways of mail to the smart hosts of Send connectors.
    pub deliveries: Vec<DeliveryFact>,
    /// Exceptions that the inventory justifies.
    pub allowed_flows: Vec<AllowedFlowFact>,
    /// Objects with the address of a server that nothing uses.
    pub unused_objects: Vec<UnusedObjectFact>,
    /// Exchange objects by cmdlet.
    pub objects: BTreeMap<&'static str, Vec<ObjectFact>>,
    /// Which cmdlets ran.
    pub runs: Vec<RunFact>,
    /// Statements that cannot both be true.
    pub contradictions: Vec<ContradictionFact>,
    /// What is not known.
    pub questions: Vec<QuestionFact>,
    /// Values that an export lost and that a built-in rule reads.
    pub lost: Vec<LostFact>,
    /// What is different from the estate before a change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<ComparisonFact>,
    /// Values of rules that the user changed, by id and name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, BTreeMap<String, Parameter>>,
    /// Exceptions, once it is known what became of them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<ExceptionFact>,
}

impl Facts {
    /// Flows, exposures and placements in a run with so many servers that some
    /// of them stand for others: how many there are, how many they stand for,
    /// and how many were left open. `None` where each stands for itself.
    #[must_use]
    pub fn grouped(&self) -> Option<Grouped> {
        let flows = self
            .flows
            .iter()
            .map(|flow| (flow.stands_for, &flow.verdict.why));
        let exposures = self
            .exposures
            .iter()
            .map(|e| (e.stands_for, &e.verdict.why));
        let placed = self.placements.iter().flat_map(|group| &group.pairs);
        let placements = placed.map(|pair| (pair.stands_for, &pair.why));
        let mut grouped = Grouped::default();
        for (stands_for, why) in flows.chain(exposures).chain(placements) {
            grouped.shown = grouped.shown.saturating_add(1);
            grouped.stand_for = grouped.stand_for.saturating_add(stands_for);
            if stands_for > 1 && why.iter().any(|why| why.contains("were not asked about")) {
                grouped.left_open = grouped.left_open.saturating_add(stands_for);
            }
        }
        (grouped.stand_for > grouped.shown).then_some(grouped)
    }
}

/// What stands for more than itself; see [`Facts::grouped`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grouped {
    /// What was asked about and is shown.
    pub shown: usize,
    /// What that stands for, itself included.
    pub stand_for: usize,
    /// Of these, what was not asked about.
    pub left_open: usize,
}

/// How a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// Stated by a file.
    Declared,
    /// Concluded from other facts.
    Derived,
}

/// How sure a verdict is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sureness {
    /// Every link is stated.
    Certain,
    /// At least one link was inferred.
    Derived,
}

/// Yes, no, or not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// Not known.
    Unknown,
}

/// A server or host.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerFact {
    /// Name, lower case.
    pub name: String,
    /// FQDN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fqdn: Option<String>,
    /// Whether it runs Exchange.
    pub exchange: bool,
    /// Roles, sorted.
    pub roles: Vec<&'static str>,
    /// AD site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<VersionFact>,
    /// `building`, `active` or `retired`.
    pub state: String,
    /// Whether it is a clustered mailbox server.
    pub cluster: bool,
    /// Names of its nodes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// Addresses under which NAT publishes it, as declared.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub published: Vec<String>,
    /// What the inventory says about a reverse proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<ProxyFact>,
    /// Addresses.
    pub addresses: Vec<AddressFact>,
    /// Evidence.
    pub at: ServerAt,
}

/// What the inventory says about a reverse proxy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ProxyFact {
    /// What it publishes (`owa`, `activesync` …).
    pub publishes: Vec<String>,
    /// Whether TLS ends there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminates_tls: Option<bool>,
    /// How it authenticates users before it forwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preauth: Option<String>,
    /// The server that it forwards to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwards_to: Option<String>,
    /// The port that it forwards to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forward_port: Option<u16>,
    /// The entry.
    pub at: Ref,
}

/// An Exchange version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct VersionFact {
    /// 8 for 2007.
    pub major: u16,
    /// Service pack.
    pub minor: u16,
    /// Build.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<u32>,
}

/// Evidence of a server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ServerAt {
    /// What makes it known.
    #[serde(rename = "self")]
    pub this: Ref,
    /// Its roles; `self` where nothing else tells them.
    pub roles: Ref,
    /// Its site.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Ref>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Ref>,
    /// Its state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<Ref>,
    /// Its addresses, in their order.
    pub addresses: Vec<Ref>,
}

/// An address of a server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AddressFact {
    /// Address.
    pub ip: String,
    /// Zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Class of the zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
    /// How address, zone and class are known: as the weakest of them.
    pub certainty: Certainty,
    /// The weak link of a derived one, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weak: Option<String>,
    /// What speaks for the zone's class.
    pub signals: Vec<String>,
    /// The statement.
    pub at: Ref,
}

/// A network area.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ZoneFact {
    /// Name.
    pub name: String,
    /// Class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
    /// How the class is known.
    pub certainty: Certainty,
    /// Networks.
    pub networks: Vec<String>,
    /// What the inventory says that its users use (`owa`, `outlook-mapi` …).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uses: Vec<String>,
    /// What speaks for the class.
    pub signals: Vec<String>,
    /// Evidence.
    pub at: ZoneAt,
}

/// Evidence of a zone.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ZoneAt {
    /// What makes it known.
    #[serde(rename = "self")]
    pub this: Ref,
    /// What its class rests on.
    pub class: Vec<Ref>,
}

/// A firewall.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FirewallFact {
    /// Name in the run.
    pub name: String,
    /// Platform id (`cisco-asa`).
    pub platform: &'static str,
    /// Software version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// Evidence.
    pub at: SelfAt,
    /// Interfaces.
    pub interfaces: Vec<InterfaceFact>,
    /// Application inspections.
    pub inspections: Vec<InspectionFact>,
}

/// Evidence of a thing as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SelfAt {
    /// The statement.
    #[serde(rename = "self")]
    pub this: Ref,
}

/// An interface.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InterfaceFact {
    /// Name.
    pub name: String,
    /// Zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Security level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub security_level: Option<u8>,
    /// The stanza.
    pub at: Ref,
}

/// An inspection.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InspectionFact {
    /// Name (`esmtp`).
    pub protocol: String,
    /// What it does to packets.
    pub effect: &'static str,
    /// Interface; absent for all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Whether it is a default that the configuration hides.
    pub default: bool,
    /// The statement, or what implies it.
    pub at: Ref,
    /// Further statements that shape it.
    pub related: Vec<Ref>,
}

/// What a firewall does to pairs of servers: those that the same rules restrict
/// stand together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlacementFact {
    /// Firewall.
    pub firewall: String,
    /// Whether it is between them.
    pub between: Answer,
    /// Whether it stops anything between them.
    pub restricts: Answer,
    /// The rules that do.
    pub rules: Vec<Ref>,
    /// The pairs.
    pub pairs: Vec<PlacedPairFact>,
}

/// Two servers at a firewall.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlacedPairFact {
    /// One server.
    pub a: String,
    /// The other.
    pub b: String,
    /// Interface towards `a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub a_interface: Option<String>,
    /// Interface towards `b`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub b_interface: Option<String>,
    /// How sure it is where they are.
    pub certainty: Sureness,
    /// The weak link, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weak: Option<String>,
    /// Reasons, in words.
    pub why: Vec<Arc<str>>,
    /// Interface of `a`, interface of `b`.
    pub at: [Ref; 2],
    /// The address of `a`.
    pub a_at: Ref,
    /// The address of `b`.
    pub b_at: Ref,
    /// In a run with very many servers: how many pairs that every firewall
    /// treats alike it stands for, this one included.
    #[serde(skip_serializing_if = "is_one")]
    pub stands_for: usize,
}

/// Verdict of a service between two ends.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VerdictFact {
    /// Verdict.
    pub verdict: &'static str,
    /// Firewalls on the way.
    pub firewalls: Vec<String>,
    /// Deciding rules.
    pub decided_by: Vec<DecisionFact>,
    /// What the firewalls do to packets that pass.
    pub effects: Vec<EffectFact>,
    /// What they may do: whether it applies is not known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possible_effects: Vec<EffectFact>,
    /// A packet that shows the verdict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witness: Option<Box<WitnessFact>>,
    /// Reasons, in words.
    pub why: Vec<Arc<str>>,
    /// For an inconclusive verdict, the commands or inventory lines that
    /// would settle open questions about the ends and the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settle: Vec<Arc<str>>,
    /// How sure the ends and the way are.
    pub certainty: Sureness,
    /// The weak link, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weak: Option<Arc<str>>,
    /// What tells the ends.
    pub at: Vec<Ref>,
    /// What each place of `at` shows.
    pub labels: Vec<LabelFact>,
}

fn is_one(count: &usize) -> bool {
    *count == 1
}

/// A data path between two servers over one service.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowFact {
    /// `path/source/destination/service`.
    pub id: Arc<str>,
    /// Data path.
    pub path: PathId,
    /// Source server, `internet`, or a client zone.
    pub source: Arc<str>,
    /// Destination server or `internet`.
    pub destination: Arc<str>,
    /// Service (`tcp/25`).
    pub service: Arc<str>,
    /// `required`, `alternative`, `optional`, `conditional` or `local` as in
    /// the catalogue, or `negotiated` for ports that RPC or SIP assign.
    pub need: &'static str,
    /// Alternatives and conditional services by their group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// For a required flow that is denied: the permit that comes closest, the
    /// group that lacks an end, translations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explained: Vec<PlaceFact>,
    /// For the same: whether nobody looked for these, in a run with very many
    /// denials.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unexplained: bool,
    /// For the same: what would let it through.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<Box<RemedyFact>>,
    /// In a run with very many servers: how many pairs of ends that the same
    /// rules decide alike it stands for, this one included.
    #[serde(skip_serializing_if = "is_one")]
    pub stands_for: usize,
    /// Whether it works for those who use it: `yes`, `no` (or not for all of
    /// them) or `unknown`. Tells what a `partial` verdict means.
    pub works: &'static str,
    /// Verdict, shared with others of the same.
    #[serde(flatten)]
    pub verdict: Arc<VerdictFact>,
}

/// A sensitive service that can be reached.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExposureFact {
    /// `from/destination/service`.
    pub id: Arc<str>,
    /// Zone, or `internet`.
    pub from: Arc<str>,
    /// Class of the zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<&'static str>,
    /// How the class is known.
    pub class_certainty: Certainty,
    /// Server.
    pub destination: Arc<str>,
    /// Service (`tcp/50389`).
    pub service: Arc<str>,
    /// What the service is (`smb`, `adam-ldap`).
    pub application: &'static str,
    /// Who of the zone reaches it, where not the whole zone does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources: Option<Arc<SourcesFact>>,
    /// In a run with very many servers: how many servers that every firewall
    /// treats alike it stands for, this one included.
    #[serde(skip_serializing_if = "is_one")]
    pub stands_for: usize,
    /// Verdict, shared with others of the same.
    #[serde(flatten)]
    pub verdict: Arc<VerdictFact>,
}

/// A rule that decided a flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionFact {
    /// Firewall.
    pub firewall: String,
    /// Access list, policy or chain.
    pub filter: Arc<str>,
    /// Text of the rule, or of the implicit rule.
    pub rule: Arc<str>,
    /// `permit` or `deny`.
    pub action: &'static str,
    /// The rule.
    pub at: Ref,
    /// What it shows.
    pub label: LabelFact,
    /// For a permit: whether connections that it lets through are logged;
    /// absent where the file does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logs: Option<bool>,
    /// For a permit of an exposure: the members of objects and groups through
    /// which the rule matches.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberFact>,
}

/// A place and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlaceFact {
    /// The place.
    pub at: Ref,
    /// What it shows.
    pub label: LabelFact,
}

/// What would let a denied flow through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemedyFact {
    /// Where the rule belongs, in words.
    pub place: LabelFact,
    /// Lines in the syntax of the firewall, where they are known.
    pub lines: Vec<String>,
}

/// A member of an object or group that makes a rule match.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberFact {
    /// `source`, `destination` or `service`.
    pub position: &'static str,
    /// The line of the member.
    pub at: Ref,
    /// What it shows.
    pub label: LabelFact,
    /// The definition of the object.
    pub definition: Ref,
    /// What that shows.
    pub definition_label: LabelFact,
}

/// A packet.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WitnessFact {
    /// Source address.
    pub source: String,
    /// Destination address.
    pub destination: String,
    /// Protocol.
    pub protocol: String,
    /// Source port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_port: Option<u16>,
    /// Destination port.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination_port: Option<u16>,
}

/// A rule that other rules hide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HiddenRuleFact {
    /// Firewall.
    pub firewall: String,
    /// Access list.
    pub filter: String,
    /// Text of the rule.
    pub rule: String,
    /// `permit` or `deny`.
    pub action: &'static str,
    /// `shadowed`, `redundant`, `redundant-below`, `partly-hidden`,
    /// `never-matches`, `undefined-reference`, `circle`, `never-reached`, or
    /// `open` for the first of those that are cut into too many pieces to tell,
    /// or `more` for the first of many that are only counted.
    pub kind: &'static str,
    /// The rules that hide it.
    pub hidden_by: Vec<HidingRuleFact>,
    /// Required flows that the rule alone would permit, by id.
    pub flows: Vec<String>,
    /// Exchange servers and domain controllers that the rule names, itself or
    /// by objects: as hosts, or in ranges of a few. Absent where members of an
    /// object are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub servers: Option<Vec<String>>,
    /// With `more`, how many hidden rules the fact stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<usize>,
    /// The rule.
    pub at: Ref,
}

/// A rule that hides another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HidingRuleFact {
    /// Text of the rule.
    pub rule: String,
    /// `permit` or `deny`.
    pub action: &'static str,
    /// The rule.
    pub at: Ref,
}

/// An Exchange object. Serialised, its record has three parts: `properties`
/// with the known values by canonical name, `unknown` with the reasons why
/// others cannot be used, and `at` with the places of all.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectFact {
    /// Identity.
    pub identity: String,
    /// Server.
    pub server: Option<String>,
    /// Properties, shared with the estate.
    pub record: Arc<Record>,
}

/// A cmdlet run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunFact {
    /// Cmdlet.
    pub cmdlet: &'static str,
    /// Host that it ran on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Number of objects.
    pub count: usize,
    /// The output.
    pub at: Ref,
}

/// Statements that cannot both be true.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ContradictionFact {
    /// What they speak of.
    pub subject: String,
    /// Property.
    pub property: String,
    /// Whether one of them is the inventory.
    pub inventory: bool,
    /// The values.
    pub values: Vec<ValueFact>,
}

/// A value and its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValueFact {
    /// Value.
    pub value: String,
    /// Place.
    pub at: Ref,
}

/// Something that is not known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QuestionFact {
    /// Kind (`server-address`).
    pub kind: &'static str,
    /// What it is about.
    pub subject: String,
    /// In words.
    pub text: String,
    /// What would settle it.
    pub settle: String,
    /// What raises it.
    pub at: Ref,
}

/// Values that the export of a cmdlet lost in one way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LostFact {
    /// Cmdlet.
    pub cmdlet: &'static str,
    /// Name of the file.
    pub file: String,
    /// `truncated`, `type-name`, `joined`, `ambiguous-date`, `redacted`,
    /// `number` or `directory-only`.
    pub kind: &'static str,
    /// Names of the properties, sorted.
    pub properties: Vec<String>,
    /// How many objects lost one of them.
    pub objects: usize,
    /// The first places.
    pub at: Vec<Ref>,
}
