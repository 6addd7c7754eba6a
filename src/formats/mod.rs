//! One reader per file format: text in, one [`Document`] out.
//!
//! A reader never fails as a whole: what it cannot read becomes a state in
//! the document's [`Ledger`] and, where the user can do something about it, a
//! [`Problem`] with a hint. Adding a format touches one folder and one line of
//! [`FORMATS`].

pub mod certificates;
pub mod comments;
pub mod detect;
pub mod directory;
pub mod dns;
pub mod exchange;
pub mod firewall;
pub mod iis;
pub mod inventory;
mod ledger;
pub mod linux_host;
mod prompt;
pub mod registry;
pub mod windows_host;

pub use ledger::{Ledger, LedgerNote, LineState, MAX_NOTES, Totals, Unit};

use std::sync::Arc;

use crate::model::exchange::Record;
use crate::model::firewall::{Firewall, Route};
use crate::model::severity::Severity;
use crate::source::{SourceFile, Span};

/// A format that exlint reads.
#[derive(Debug, Clone, Copy)]
pub struct Format {
    /// Stable id, as in `--format-of GLOB=ID` and in JSON (`cisco-asa`).
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Looks at the content (never the name) and tells how sure it is.
    pub detect: fn(&SourceFile) -> Option<Evidence>,
    /// Reads the file.
    pub parse: fn(&SourceFile) -> Document,
}

/// All formats that exlint reads; detection asks each of them.
///
/// Those that tell by the first lines stand first: what is certain ends the
/// search. What holds the output of several commands is asked for before any
/// of them, Windows Firewall before the CLIXML of any object.
pub static FORMATS: &[Format] = &[
    windows_host::FORMAT,
    linux_host::FORMAT,
    exchange::HEALTH_CHECKER,
    exchange::HCW_LOG,
    exchange::LIST,
    firewall::cisco_asa::FORMAT,
    firewall::windows_firewall::FORMAT,
    registry::TLS_SETTINGS,
    exchange::CLIXML,
    exchange::CSV,
    exchange::JSON,
    exchange::HTML,
    exchange::MARKDOWN,
    exchange::OBJECT_XML,
    exchange::EMPTY,
    iis::CONFIG,
    iis::METABASE,
    registry::FORMAT,
    iis::ADSUTIL,
    iis::LISTING,
    firewall::cisco_ios::FORMAT,
    firewall::cisco_ios::FORMAT_NXOS,
    firewall::junos::FORMAT,
    firewall::fortios::FORMAT,
    firewall::panos::FORMAT,
    firewall::iptables::FORMAT,
    firewall::nftables::FORMAT,
    inventory::FORMAT,
    certificates::FORMAT,
    directory::LDIF,
    directory::CONSOLE,
    dns::ZONE,
    dns::HOSTS,
    dns::NSLOOKUP,
];

/// The strength of what no other format can show: a root element with its
/// namespace, a version line, the header of a program's own output.
pub const CERTAIN: u8 = 98;

/// Why a file was taken for a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// 1 (weak) to 100; the highest of all formats wins, and [`CERTAIN`] is
    /// enough to ask no other.
    pub strength: u8,
    /// What was seen, without the line number: "`ASA Version 9.8(2)`".
    pub what: String,
    /// Where it was seen.
    pub span: Span,
}

/// What a file turned out to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// What was read.
    pub content: Vec<Content>,
    /// State of every line.
    pub ledger: Ledger,
    /// What the user should know, beyond the ledger.
    pub problems: Vec<Problem>,
}

/// One thing in a file; a file may hold several (contexts, transcripts).
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A firewall configuration.
    Firewall(Box<Firewall>),
    /// What a file tells of a Windows firewall; the parts of one host are joined
    /// with [`firewall::windows_firewall::assemble`].
    HostFirewall(Box<firewall::windows_firewall::Part>),
    /// Objects of one Exchange cmdlet run.
    Exchange(CmdletRun),
    /// Places of secrets that the line around them does not tell; no output
    /// shows what stands there.
    Secrets(Vec<Span>),
    /// A captured routing table, to be joined with the firewall of that name.
    Routes {
        /// Host name from the prompt, where there is one.
        device: Option<String>,
        /// The routes by interface name.
        routes: Vec<(String, Route)>,
    },
    /// A configuration of IIS, to be read together with the other files of its
    /// server ([`iis::merge`]). Its applications are among the objects already.
    Iis(Box<iis::configuration::Configuration>),
    /// An `exlint.toml`.
    Inventory(Box<inventory::Inventory>),
}

impl Content {
    /// Places of secrets, where there are any.
    pub fn secrets(places: Vec<Span>) -> Option<Self> {
        (!places.is_empty()).then_some(Self::Secrets(places))
    }
}

/// The output of one cmdlet: "ran and returned nothing" is a fact too.
#[derive(Debug, Clone, PartialEq)]
pub struct CmdletRun {
    /// Canonical cmdlet name, where stated or inferred.
    pub cmdlet: Option<&'static str>,
    /// Host that it ran on, where known.
    pub host: Option<Arc<str>>,
    /// What it returned.
    pub records: Vec<Record>,
    /// The whole output.
    pub span: Span,
}

/// How serious a [`Problem`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProblemLevel {
    /// Good to know.
    Note,
    /// Something was lost: a truncated value, a part of the file.
    Warning,
    /// The file, or a part that carries policy, could not be read.
    Error,
}

impl ProblemLevel {
    /// The word in reports: that of the severity.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => Severity::Note,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
        }
        .as_str()
    }
}

/// Something wrong with an input, for the user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// How serious.
    pub level: ProblemLevel,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do about it, where that is known.
    pub hint: Option<String>,
    /// Where.
    pub span: Span,
}
