//! Windows Firewall of a host: what netsh prints, what PowerShell exports,
//! rules of the registry and of group policies.
//!
//! A file seldom tells all: rules stand in one, profiles in another, the
//! filters of PowerShell's rules in several more. So a reader makes a [`Part`]
//! of its file ([`facts`]), and [`assemble`] joins the parts of one host and
//! compiles them ([`compile`]) to a [`crate::model::firewall::Firewall`] whose
//! stages are for packets to the host and from it.

mod assemble;
mod compile;
#[cfg(test)]
mod corpus;
mod detect;
mod facts;
mod host;
mod legacy;
mod netsh;
mod objects;
mod profile_records;
pub(in crate::formats) mod registry;
mod values;
pub(in crate::formats) mod words;

pub use assemble::assemble;
use facts::Doubt;
pub use facts::{Part, Profile, Profiles};

use crate::formats::{Content, Document, Format, Problem, ProblemLevel};
use crate::source::SourceFile;

/// Id of the format and of the platform.
pub const ID: &str = "windows-firewall";

/// All export forms of Windows Firewall.
pub const FORMAT: Format = Format {
    id: ID,
    title: "Windows Firewall (netsh, PowerShell, registry, group policy)",
    detect: detect::detect,
    parse,
};

fn parse(file: &SourceFile) -> Document {
    let mut document = read(file);
    let fault = |problem: &&Problem| problem.level == ProblemLevel::Error;
    if let Some(problem) = document.problems.iter().find(fault) {
        // What was lost may be a block rule, which would win over all others.
        let doubt = Doubt::new(problem.message.clone(), problem.span);
        for content in &mut document.content {
            if let Content::HostFirewall(part) = content {
                part.unread.get_or_insert_with(|| doubt.clone());
            }
        }
    }
    document
}

fn read(file: &SourceFile) -> Document {
    match detect::form(file) {
        detect::Form::Netsh => netsh::read(file),
        detect::Form::List => objects::list::read(file),
        detect::Form::Csv => objects::csv::read(file),
        detect::Form::Json => objects::json::read(file),
        detect::Form::Clixml => objects::clixml::read(file),
        detect::Form::Registry => crate::formats::registry::read(file),
        detect::Form::Policy => registry::pol::read(file),
        detect::Form::Backup => registry::backup::read(file),
        detect::Form::Legacy => legacy::read(file),
    }
}
