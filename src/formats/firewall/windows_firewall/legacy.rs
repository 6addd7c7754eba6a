//! `netsh firewall show config` and `show state` of Windows Server 2003: on
//! and off of the profile in force is read; which ports are open is known and
//! not modelled, because the listing shows no addresses.
//!
//! Source: outputs quoted in public repositories; "Netsh Commands for Windows
//! Firewall" (learn.microsoft.com). Windows Server 2003 filters no outbound
//! connections; later versions print the same lines and do.

use super::facts::{Doubt, Part, Profile, Told};
use super::netsh::prompt;
use super::{host, words};
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span, Spanned};

const WHY: &str = "the openings of `netsh firewall` are not read: they show no addresses";

/// Whether a line begins such a listing; its profile, and whether it is in
/// force.
pub fn heading(line: &str) -> Option<(bool, bool)> {
    let rest = line.strip_suffix(':')?;
    let (domain, rest) = match rest.strip_prefix("Domain profile configuration") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("Standard profile configuration")?),
    };
    Some((domain, rest.trim() == "(current)"))
}

/// Reads a whole file.
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut part = Part::new(host::stem(file));
    part.host = host::of_bundle(file);
    let mut profiles: &[Profile] = &[];
    let mut listing = false;
    let mut place = Span::of(file.id(), 0..0);
    for index in 0..file.line_count() {
        let raw = file.line(index).unwrap_or_default();
        let line = raw.trim_matches([' ', '\t', '\u{feff}', '\0']);
        let span = file.span_of(line).unwrap_or(place);
        if line.is_empty() || line.bytes().all(|b| b == b'-') || prompt::read(line).is_some() {
            ledger.set(index, LineState::Irrelevant);
            continue;
        }
        if let Some((domain, current)) = heading(line) {
            profiles = if domain {
                &[Profile::Domain]
            } else {
                &[Profile::Private, Profile::Public]
            };
            listing = false;
            place = span;
            if current {
                for profile in profiles {
                    part.activate(*profile, span);
                }
            }
            ledger.set(index, LineState::Modelled);
            continue;
        }
        if let Some(value) = line.strip_prefix("Operational mode") {
            let value = value.trim_start_matches([' ', '=']);
            if let Some(on) = words::truth(value) {
                for profile in profiles {
                    part.profile_mut(*profile).on = Told::Known(Spanned::new(on, span));
                }
                ledger.set(index, LineState::Modelled);
                continue;
            }
        }
        if line.ends_with(':') {
            listing = ["Service", "Allowed programs", "Port", "ICMP"]
                .iter()
                .any(|start| line.starts_with(start));
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        let row = words::truth(first).is_some() || first.starts_with(|c: char| c.is_ascii_digit());
        let open = listing && row;
        let state = if open {
            LineState::NotModelled
        } else {
            LineState::Irrelevant
        };
        ledger.set(index, state);
        if open {
            ledger.note(state, WHY, span);
        }
    }
    part.unread = Some(Doubt::new(WHY, place));
    part.lists_rules = true;
    Document {
        content: vec![Content::HostFirewall(Box::new(part))],
        ledger,
        problems: vec![Problem {
            level: ProblemLevel::Note,
            message: WHY.to_owned(),
            hint: Some(
                "on Windows Server 2008 and later take `netsh advfirewall firewall show rule name=all \
                 verbose` and `netsh advfirewall show allprofiles`"
                    .to_owned(),
            ),
            span: place,
        }],
    }
}
