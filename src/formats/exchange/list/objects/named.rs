//! The name that only the command tells.

use super::Reader;
use crate::formats::CmdletRun;
use crate::formats::exchange::list::asked::prints;
use crate::formats::exchange::list::block::Section;
use crate::model::exchange::{Property, Value};

/// Cmdlets whose argument may be something else than the name of the object.
const AMBIGUOUS: [&str; 2] = ["Get-ADPermission", "Get-AcceptedDomain"];

impl<'l> Reader<'_, 'l> {
    /// The one object of a command for one object has the name that the command
    /// asked for, where it does not print one: `Get-ReceiveConnector "HUB1\Relay"
    /// | fl Bindings`.
    pub(super) fn name_only_object(
        &self,
        section: &Section<'l>,
        after_another: bool,
        runs: &mut [CmdletRun],
    ) {
        let Some((command, line)) = &section.command else {
            return;
        };
        let ([run], Some(cmdlet), Some(name)) = (runs, command.cmdlet(), command.object) else {
            return;
        };
        let [record] = run.records.as_mut_slice() else {
            return;
        };
        // Text beside the object may tell that it is another one.
        let alone = section.blocks.len().saturating_add(section.grids.len()) == 1
            && self.is_behind_fence(section)
            && section.messages.is_empty()
            && section.orphans.is_empty();
        let named = ["Identity", "Name", "Fqdn", cmdlet.key];
        let says = named.iter().any(|key| record.properties.get(key).is_some());
        let mut properties = record.properties.iter();
        let asked_for = properties.all(|property| prints(command.text, &property.name));
        if !alone || after_another || says || !asked_for {
            return;
        }
        if run.cmdlet != Some(cmdlet.name) || AMBIGUOUS.contains(&cmdlet.name) {
            return;
        }
        // A server may be asked for by its name in DNS, too.
        let dotted = name.contains('.') && cmdlet.name.ends_with("Server");
        let property = match cmdlet.key {
            "Identity" if name.contains('\\') => "Identity",
            // A virtual directory is never named after the server alone.
            "Identity" if !dotted && cmdlet.sites.is_empty() => "Name",
            "Thumbprint" if is_thumbprint(name) => "Thumbprint",
            _ => return,
        };
        record.properties.push_new(Property {
            name: property.into(),
            value: Value::Text(name.into()),
            span: self.span_of(name, *line),
        });
    }
}

impl<'l> Reader<'_, 'l> {
    /// Whether all text of a section stands behind the fence that ends the capture.
    fn is_behind_fence(&self, section: &Section<'l>) -> bool {
        let Some(text) = section.loose.iter().min().copied() else {
            return true;
        };
        let blocks = section.blocks.iter().map(|block| block.last as usize);
        let grids = section.grids.iter().map(|grid| grid.rows.end);
        let end = blocks.chain(grids).max().unwrap_or(text);
        let mut between = (end..=text).filter_map(|index| self.file.line(index));
        between.any(|line| line.trim_start().starts_with("```"))
    }
}

fn is_thumbprint(name: &str) -> bool {
    name.len() == 40 && name.bytes().all(|b| b.is_ascii_hexdigit())
}
