//! `netsh interface ipv4|ipv6 show dynamicport tcp|udp`.
//!
//! Every language prints the protocol in a heading over dashes, then the first
//! port, then the number of ports; so the words need not be known. The records
//! are those of `Get-NetTCPSetting` and `Get-NetUDPSetting`.
//!
//! Source: KB 929851; outputs in public repositories.

use super::objects::{Object, Objects};
use crate::formats::prompt;
use crate::formats::{Document, Ledger, LineState, Unit};
use crate::source::{SourceFile, Span};

const WHAT: &str = "output of netsh interface … show dynamicport";

/// The protocol that a heading names; `below` are the three lines behind it.
#[must_use]
pub fn heading(line: &str, below: [&str; 3]) -> Option<&'static str> {
    let lower = line.trim().to_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric());
    let protocol = words.find_map(|word| match word {
        "tcp" => Some("tcp"),
        "udp" => Some("udp"),
        _ => None,
    })?;
    let [dashes, first, count] = below;
    let is_rule = |line: &str| {
        let line = line.trim();
        line.len() >= 10 && line.bytes().all(|b| b == b'-')
    };
    let sound = is_rule(dashes) && number(first).is_some() && number(count).is_some();
    sound.then_some(protocol)
}

/// The number behind the colon of a line.
fn number(line: &str) -> Option<&str> {
    let (label, value) = line.split_once([':', '：'])?;
    let value = value.trim();
    let digits = !value.is_empty() && value.len() <= 5 && value.bytes().all(|b| b.is_ascii_digit());
    (digits && !label.trim().is_empty()).then_some(value)
}

/// Reads a file; lines that are not of this output are left to others.
#[must_use]
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut objects = Objects::default();
    let mut host = None;
    let mut family = None;
    let mut index = 0usize;
    let line = |index: usize| file.line(index).unwrap_or_default();
    let span = |part: &str| file.span_of(part).unwrap_or(Span::of(file.id(), 0..0));
    while index < file.line_count() {
        let text = line(index).trim();
        let next = |more: usize| line(index.saturating_add(more));
        if let Some(prompt) = prompt::read(text) {
            host = prompt.host.or(host);
        }
        if let Some(command) =
            prompt::command(text).or_else(|| prompt::read(text).map(|p| p.command))
        {
            family = family_of(command);
            ledger.set(index, LineState::Irrelevant);
        } else if text.is_empty() || prompt::is_noise(text) {
            ledger.set(index, LineState::Irrelevant);
        } else if let Some(protocol) = heading(text, [next(1), next(2), next(3)])
            && let (Some(first), Some(count)) = (number(next(2)), number(next(3)))
        {
            let cmdlet = if protocol == "tcp" {
                "Get-NetTCPSetting"
            } else {
                "Get-NetUDPSetting"
            };
            let mut object = Object::new(cmdlet, span(text));
            object.text("DynamicPortRangeStartPort", first, span(first));
            object.text("DynamicPortRangeNumberOfPorts", count, span(count));
            if let Some(family) = family {
                object.text("AddressFamily", family, span(text));
            }
            objects.add(object, host, WHAT);
            for more in 0..4 {
                ledger.set(index.saturating_add(more), LineState::Modelled);
            }
            index = index.saturating_add(3);
        }
        index = index.saturating_add(1);
    }
    let problems = std::mem::take(&mut objects.problems);
    Document {
        content: objects.finish().collect(),
        ledger,
        problems,
    }
}

/// The family that a command asks for.
fn family_of(command: &str) -> Option<&'static str> {
    let lower = command.to_ascii_lowercase();
    if lower.contains("ipv6") {
        return Some("IPv6");
    }
    (lower.contains("ipv4") || lower.contains(" ip ")).then_some("IPv4")
}
