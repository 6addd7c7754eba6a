//! What `appcmd list …` and the modules WebAdministration and IISAdministration
//! print of sites, bindings and settings. Sites, bindings and paths of `appcmd` and the
//! settings that hold at a place are read ([`super::effective`]); the rest is known as such and decides nothing: it
//! shows what somebody asked for, with values that are cut to the width of the
//! console or left out where they are the default, and the configuration file
//! of the server has all of them.
//!
//! Shapes: outputs in public repositories, "Getting Started with AppCmd.exe" and
//! the reference of WebAdministration on learn.microsoft.com.

use super::effective::{self, appcmd_list, listed};
use super::places::is_element;
use crate::formats::{
    Content, Document, Evidence, Ledger, LineState, Problem, ProblemLevel, Unit, prompt,
};
use crate::source::{SourceFile, Span};

/// Lines that detection looks at.
const DETECT_LINES: usize = 400;
/// Weaker than whatever reads a part of the file.
const STRENGTH: u8 = 50;
/// Why the lines count for nothing.
const NOT_READ: &str = "lines of a listing of IIS, which is not read";

/// How lines of `appcmd list` begin and what stands behind the name.
const APPCMD: [(&str, &str); 4] = [
    ("SITE \"", "\" (id:"),
    ("APP \"", "\" (applicationPool:"),
    ("VDIR \"", "\" (physicalPath:"),
    ("APPPOOL \"", "\" (MgdVersion:"),
];
/// Commands of PowerShell that list sites, bindings and settings.
const CMDLETS: [&str; 7] = [
    "get-webbinding",
    "get-website",
    "get-webconfiguration",
    "get-webconfigurationproperty",
    "get-iissite",
    "get-iissitebinding",
    "get-iisconfigsection",
];

/// Looks for a command or a line of its output.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    let mut lines = file.lines().take(DETECT_LINES);
    let marked = lines.find_map(|(span, line)| Some((span, mark(line)?)));
    let (span, what) = marked.or_else(|| {
        // A command without a prompt stands in scripts, too: its output tells.
        let first = *listed(file).commands.first()?;
        (file.line_of(first.start) < DETECT_LINES).then_some((first, "appcmd list config"))
    })?;
    Some(Evidence {
        strength: STRENGTH,
        what: format!("a listing of IIS ({what})"),
        span,
    })
}

/// The command that prints such a line, or that it is.
fn mark(line: &str) -> Option<&'static str> {
    let line = line.trim_start_matches('\u{feff}').trim();
    let of_appcmd = |(start, behind): &(&str, &str)| {
        line.strip_prefix(start)
            .is_some_and(|rest| rest.contains(behind))
    };
    if APPCMD.iter().any(of_appcmd) || is_element(line) {
        return Some("appcmd list");
    }
    if let Some(prompt) = prompt::read(line) {
        return command(prompt.command);
    }
    let mut words = line.split_ascii_whitespace();
    match [words.next(), words.next()] {
        [Some("protocol"), Some("bindingInformation")] => Some("Get-WebBinding"),
        [Some("bindingInformation"), Some(":")] => Some("Get-WebBinding"),
        [Some("Name"), Some("ID" | "Id")] => {
            line.contains("Physical Path").then_some("Get-Website")
        }
        _ => None,
    }
}

/// Which of the commands was typed.
fn command(typed: &str) -> Option<&'static str> {
    if appcmd_list(typed).is_some() {
        return Some("appcmd list");
    }
    let mut words = typed.split_ascii_whitespace();
    let name = words.find(|word| *word != "&")?.to_ascii_lowercase();
    CMDLETS.contains(&name.as_str()).then_some("PowerShell")
}

/// The line with which the listing begins: the first of those that stand
/// together with the first that shows what they are.
fn begin(file: &SourceFile, commands: &[Span]) -> Option<usize> {
    let mut together = 0;
    for (number, (span, line)) in file.lines().enumerate() {
        if line.trim().is_empty() {
            together = number.saturating_add(1);
        } else if mark(line).is_some() || commands.first() == Some(&span) {
            return Some(together);
        }
    }
    None
}

/// Reads the settings that hold at places; of the rest nothing is modelled.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let read = listed(file);
    let begins = begin(file, &read.commands);
    let mut first: Option<Span> = None;
    let mut secrets = Vec::new();
    for (number, (span, line)) in file.lines().enumerate() {
        if begins == Some(number) {
            first = Some(span);
        }
        // `list vdir /text:*` and `list apppool /text:*` print passwords.
        if line.to_ascii_lowercase().contains("password") {
            secrets.push(span);
        }
        let state = match first {
            _ if effective::command(line).is_empty() || line.trim().starts_with("```") => {
                LineState::Irrelevant
            }
            Some(_) => LineState::NotModelled,
            None => LineState::Unrecognised,
        };
        ledger.set(number, state);
        if state == LineState::Unrecognised {
            ledger.note(state, "lines before the listing begins", span);
        }
    }
    for command in &read.commands {
        ledger.set(file.line_of(command.start), LineState::Modelled);
    }
    for (lines, matters) in &read.lines {
        let state = if *matters {
            LineState::Modelled
        } else {
            LineState::Irrelevant
        };
        for line in lines.clone() {
            ledger.set(line, state);
        }
    }
    let mut problems = read.problems;
    let unread = ledger.states().iter();
    let unread = unread
        .enumerate()
        .find(|(_, state)| **state == LineState::NotModelled)
        .and_then(|(line, _)| file.line_range(line));
    if let Some(range) = unread {
        let span = Span::of(file.id(), range);
        ledger.note(LineState::NotModelled, NOT_READ, span);
        problems.push(not_read(Span::new(span.file, span.start, span.start)));
    }
    let mut content = read.content;
    content.extend(Content::secrets(secrets));
    Document {
        content,
        ledger,
        problems,
    }
}

fn not_read(span: Span) -> Problem {
    Problem {
        level: ProblemLevel::Warning,
        message: "of listings of appcmd and of PowerShell's modules for IIS only `appcmd list site`, `app`, `vdir` and \
                  `config \"SITE/PATH\"` are read; what the others tell of bindings, TLS and authentication decides \
                  nothing"
            .to_owned(),
        hint: Some(
            "give %windir%\\System32\\inetsrv\\config\\applicationHost.config of the server, with its name in \
             the path"
                .to_owned(),
        ),
        span,
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
