//! All contents of a run, sorted by kind and brought into an order that does
//! not depend on the order of the files.

use std::sync::Arc;

use crate::formats::firewall::windows_firewall::Part;
use crate::formats::iis::configuration::Configuration;
use crate::formats::inventory::Inventory;
use crate::formats::{CmdletRun, Content};
use crate::model::exchange::Record;
use crate::model::firewall::{Firewall, Route};
use crate::source::{FileId, Sources, Span};

use super::types::Run;

/// One Exchange object and where it came from.
#[derive(Debug, Clone)]
pub(super) struct Exported {
    pub cmdlet: &'static str,
    /// The host that the cmdlet ran on, where record or run tell.
    pub host: Option<Arc<str>>,
    /// The machine that the command line asked for (`Get-… HUB1`).
    pub argument: Option<Arc<str>>,
    /// The machine of the copy that the command line asked for
    /// (`-StandbyMachine MBX2`); no property tells it.
    pub copy_on: Option<Arc<str>>,
    pub record: Record,
}

/// A captured routing table.
#[derive(Debug, Clone)]
pub(super) struct RoutingTable {
    pub file: FileId,
    pub device: Option<String>,
    pub routes: Vec<(String, Route)>,
}

/// All contents of a run by kind.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub firewalls: Vec<(FileId, Firewall)>,
    /// What files tell of the firewalls of hosts.
    pub host_firewalls: Vec<(FileId, Part)>,
    pub tables: Vec<RoutingTable>,
    pub exported: Vec<Exported>,
    pub runs: Vec<Run>,
    pub inventories: Vec<(FileId, Inventory)>,
    /// Files of IIS.
    pub configurations: Vec<(FileId, Box<Configuration>)>,
}

/// Sorts all contents by file name and then by kind.
pub(super) fn collect(contents: Vec<(FileId, Content)>, sources: &Sources) -> Inputs {
    let mut contents = contents;
    let name = |file: FileId| sources.get(file).map_or("", |file| file.name());
    // The sort is stable, so contents of one file keep their order.
    contents.sort_by(|(a, _), (b, _)| name(*a).cmp(name(*b)).then(a.cmp(b)));
    let mut inputs = Inputs::default();
    for (file, content) in contents {
        match content {
            Content::Firewall(firewall) => inputs.firewalls.push((file, *firewall)),
            Content::HostFirewall(part) => inputs.host_firewalls.push((file, *part)),
            Content::Exchange(run) => exchange(run, sources, &mut inputs),
            Content::Secrets(_) => {}
            Content::Routes { device, routes } => inputs.tables.push(RoutingTable {
                file,
                device,
                routes,
            }),
            Content::Iis(configuration) => inputs.configurations.push((file, configuration)),
            Content::Inventory(inventory) => inputs.inventories.push((file, *inventory)),
        }
    }
    inputs
}

fn exchange(run: CmdletRun, sources: &Sources, inputs: &mut Inputs) {
    let mut counts: Vec<(&'static str, usize)> = run.cmdlet.iter().map(|c| (*c, 0)).collect();
    // Objects of one command share its line.
    let mut asked: Option<(Span, &'static str, Asked)> = None;
    for record in run.records {
        let Some(cmdlet) = record.cmdlet.or(run.cmdlet) else {
            continue;
        };
        match counts.iter_mut().find(|(known, _)| *known == cmdlet) {
            Some((_, count)) => *count = count.saturating_add(1),
            None => counts.push((cmdlet, 1)),
        }
        let evidence = record.cmdlet_evidence.as_ref().map(|(_, span)| *span);
        let of_command = evidence.map_or_else(Asked::default, |span| match &asked {
            Some((known, of, machines)) if *known == span && *of == cmdlet => machines.clone(),
            _ => {
                let machines = Asked {
                    machine: argument(sources, span, cmdlet, MACHINE).map(Arc::from),
                    copy_on: argument(sources, span, cmdlet, STANDBY).map(Arc::from),
                };
                asked = Some((span, cmdlet, machines.clone()));
                machines
            }
        });
        inputs.exported.push(Exported {
            cmdlet,
            host: record.host.clone().or_else(|| run.host.clone()),
            argument: of_command.machine,
            copy_on: of_command.copy_on,
            record,
        });
    }
    inputs
        .runs
        .extend(counts.into_iter().map(|(cmdlet, count)| Run {
            cmdlet,
            host: run.host.clone(),
            count,
            span: run.span,
        }));
}

/// What a command line asked for.
#[derive(Debug, Clone, Default)]
struct Asked {
    machine: Option<Arc<str>>,
    copy_on: Option<Arc<str>>,
}

/// Longer lines are no commands; an XML file may be one line.
const LONGEST_COMMAND: usize = 16 * 1024;

/// A parameter: its names, and whether it may stand without one.
struct Parameter {
    names: &'static [&'static str],
    positional: bool,
}

const MACHINE: Parameter = Parameter {
    names: &["identity", "server", "id"],
    positional: true,
};
const STANDBY: Parameter = Parameter {
    names: &["standbymachine"],
    positional: false,
};

/// What a command line asks for: `Get-ExchangeCertificate -Server HUB1`,
/// `Get-NetworkConnectionInfo "HUB1" | fl`.
fn argument(
    sources: &Sources,
    evidence: Span,
    cmdlet: &str,
    parameter: Parameter,
) -> Option<String> {
    let file = sources.get(evidence.file)?;
    let line = file.line(file.line_of(evidence.start))?;
    if line.len() > LONGEST_COMMAND {
        return None;
    }
    let lower = line.to_ascii_lowercase();
    let at = lower.rfind(&cmdlet.to_ascii_lowercase())?;
    let rest = line.get(at.checked_add(cmdlet.len())?..)?;
    let command = rest.split(['|', ';', '>']).next()?;
    let mut words = command.split_whitespace();
    while let Some(word) = words.next() {
        let value = match word.strip_prefix('-') {
            None if parameter.positional => word,
            None => continue,
            Some(switch) => {
                let (switch, attached) = match switch.split_once(':') {
                    Some((switch, value)) => (switch, Some(value)),
                    None => (switch, None),
                };
                let mut names = parameter.names.iter();
                let wanted = names.any(|known| switch.eq_ignore_ascii_case(known));
                match (wanted, attached) {
                    (true, Some(value)) => value,
                    (true, None) => words.next()?,
                    (false, _) => continue,
                }
            }
        };
        let value = value.trim_matches(['"', '\'', '(', ')']);
        return (!value.is_empty() && !value.starts_with('$')).then(|| value.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn asked(line: &str) -> Option<String> {
        let mut sources = Sources::default();
        let id = sources.add(|id| SourceFile::from_text(id, "t.txt", line));
        argument(
            &sources,
            Span::new(id, 0, 0),
            "Get-ExchangeCertificate",
            MACHINE,
        )
    }

    #[test]
    fn the_command_line_tells_the_machine_that_was_asked() {
        for line in [
            "[PS] C:\\>Get-ExchangeCertificate -Server HUB1 | fl *",
            "Result from: get-exchangecertificate 'HUB1'",
            "Get-ExchangeCertificate -Verbose -Server:\"HUB1\" | Format-List",
        ] {
            assert_eq!(asked(line).as_deref(), Some("HUB1"), "{line}");
        }
        for line in [
            "[PS] C:\\>Get-ExchangeCertificate | fl *",
            "Get-ExchangeCertificate -Server $_ | fl",
            "Thumbprint : AB",
        ] {
            assert_eq!(asked(line), None, "{line}");
        }
    }
}
