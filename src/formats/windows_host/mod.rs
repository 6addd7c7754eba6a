//! What an administrator saves of one Windows machine: `ipconfig`, `netsh` and
//! `reg query`, alone or several after another in what was copied from a
//! console, with the output of other programs between them.
//!
//! Each output goes to its reader as a copy of the file in which all other
//! lines are blank, so that places stay what they are. What is left goes to
//! whichever other format knows it: rules of Windows Firewall, objects of
//! Exchange.

mod consec;
mod ipconfig;
mod ipsec;
#[cfg(test)]
mod languages;
pub(in crate::formats) mod objects;
mod ports;
mod sections;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::detect::{Detection, detect as detect_all};
use super::firewall::windows_firewall;
use super::{CERTAIN, Content, Document, Evidence, FORMATS, Format, Ledger, LineState, Unit};
use super::{prompt, registry};
use crate::source::{SourceFile, Span, Spanned};
use sections::{Part, Sections};

pub(in crate::formats) use consec::is_heading as begins_connection_security;

const ID: &str = "windows-host";

/// Output of a Windows machine's own programs.
pub const FORMAT: Format = Format {
    id: ID,
    title: "Windows host (ipconfig, netsh, reg query)",
    detect,
    parse,
};

fn detect(file: &SourceFile) -> Option<Evidence> {
    if !sections::may_hold(file) {
        return None;
    }
    let sections = Sections::of(file);
    let (part, line) = sections.first()?;
    // Two that others read are here to be told apart.
    let several = || {
        let said = sections.parts().filter(|part| sections.says(file, *part));
        said.count() > 1 && !rest(file, &sections).content.is_empty()
            || sections.says(file, Part::Registry) && sections.says(file, Part::Firewall)
            || prompt::machine_names(file).next().is_some()
    };
    let own = !part.has_format() || several();
    let text = file.line(line)?.trim();
    let shown: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    own.then(|| Evidence {
        strength: CERTAIN,
        what: format!("`{shown}`"),
        span: file.span_of(text).unwrap_or(Span::of(file.id(), 0..0)),
    })
}

fn parse(file: &SourceFile) -> Document {
    let sections = Sections::of(file);
    let mut whole = Whole {
        ledger: Ledger::new(Unit::Lines, file.line_count()),
        content: Vec::new(),
        problems: Vec::new(),
        names: Vec::new(),
    };
    for part in sections.parts() {
        let document = match part {
            Part::IpConfig => ipconfig::read(&sections.only(file, part)),
            Part::Ports => ports::read(&sections.only(file, part)),
            Part::IpSec => ipsec::read(&sections.only(file, part)),
            Part::ConnectionSecurity => consec::read(&sections.only(file, part)),
            Part::Registry => registry::read(&sections.only(file, part)),
            Part::Firewall => (windows_firewall::FORMAT.parse)(&sections.only(file, part)),
            Part::Other => rest(file, &sections),
        };
        whole.add(document, part, &sections);
    }
    for index in 0..file.line_count() {
        let line = file.line(index).unwrap_or_default().trim();
        let said = whole.ledger.state(index) == Some(LineState::Unrecognised);
        let idle = line.is_empty()
            || prompt::read(line).is_some()
            || prompt::command(line).is_some()
            || prompt::is_noise(line);
        if said && idle {
            whole.ledger.set(index, LineState::Irrelevant);
        }
    }
    for (index, name) in prompt::machine_names(file) {
        whole.ledger.set(index, LineState::Modelled);
        let span = file.span_of(name).unwrap_or(Span::of(file.id(), 0..0));
        whole.names.push(Spanned::new(name.into(), span));
    }
    whole.finish()
}

/// What other formats make of the lines that are of no section here.
fn rest(file: &SourceFile, sections: &Sections) -> Document {
    let nothing = || Document {
        content: Vec::new(),
        ledger: Ledger::new(Unit::Lines, file.line_count()),
        problems: Vec::new(),
    };
    if !sections.says(file, Part::Other) {
        return nothing();
    }
    let masked = sections.only(file, Part::Other);
    match detect_all(&masked, FORMATS, &[]) {
        Detection::Recognised { format, .. } if format.id != ID => (format.parse)(&masked),
        _ => nothing(),
    }
}

/// The document of all sections.
struct Whole {
    ledger: Ledger,
    content: Vec<Content>,
    problems: Vec<super::Problem>,
    /// Answers to `hostname`.
    names: Vec<Spanned<Arc<str>>>,
}

impl Whole {
    fn add(&mut self, document: Document, part: Part, sections: &Sections) {
        let by_line = document.ledger.unit == Unit::Lines;
        for (index, of) in sections.lines().enumerate() {
            if of != part {
                continue;
            }
            let state = match document.ledger.state(index).filter(|_| by_line) {
                Some(state) => state,
                // A reader that counts records has read all of its lines.
                None if by_line || document.content.is_empty() => LineState::Unrecognised,
                None => LineState::Modelled,
            };
            self.ledger.set(index, state);
        }
        for note in document.ledger.notes() {
            self.ledger.note(note.state, note.why.clone(), note.span);
        }
        self.content.extend(document.content);
        self.problems.extend(document.problems);
    }

    /// What ipconfig or `hostname` calls the computer holds for all that does not name one.
    fn finish(mut self) -> Document {
        if let Some(host) = self.only_host() {
            for content in &mut self.content {
                match content {
                    Content::Exchange(run) if is_of_host(run.cmdlet) && run.host.is_none() => {
                        run.host = Some(Arc::clone(&host.value));
                        for record in &mut run.records {
                            record.host.get_or_insert_with(|| Arc::clone(&host.value));
                        }
                    }
                    Content::HostFirewall(part) if part.host.is_none() => {
                        part.host = Some(Spanned::new(host.value.to_string(), host.span));
                    }
                    _ => {}
                }
            }
        }
        Document {
            content: self.content,
            ledger: self.ledger,
            problems: self.problems,
        }
    }

    /// The only computer that ipconfig and `hostname` name.
    fn only_host(&self) -> Option<Spanned<Arc<str>>> {
        let mut only: Option<Spanned<Arc<str>>> = None;
        for name in &self.names {
            match &only {
                Some(known) if !known.value.eq_ignore_ascii_case(&name.value) => return None,
                Some(_) => {}
                None => only = Some(name.clone()),
            }
        }
        for content in &self.content {
            let Content::Exchange(run) = content else {
                continue;
            };
            for record in &run.records {
                let Some((name, span)) = record.text("ComputerName") else {
                    continue;
                };
                match &only {
                    Some(known) if !known.value.eq_ignore_ascii_case(name) => return None,
                    Some(_) => {}
                    None => only = Some(Spanned::new(name.into(), span)),
                }
            }
        }
        only
    }
}

/// Whether objects of a cmdlet are always of the machine that printed them.
fn is_of_host(cmdlet: Option<&str>) -> bool {
    matches!(
        cmdlet,
        Some(
            "Get-ItemProperty"
                | "Get-NetTCPSetting"
                | "Get-NetUDPSetting"
                | "Get-NetIPsecRule"
                | "Get-NetFirewallProfile"
                | "Get-NetIPConfiguration"
                | "Get-NetIPAddress"
        )
    )
}
