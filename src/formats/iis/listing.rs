//! What `appcmd list …` and the modules WebAdministration and IISAdministration
//! print of sites, bindings and settings. It is known as such and decides
//! nothing: a listing shows what somebody asked for, with values that are
//! inherited, cut to the width of the console or left out where they are the
//! default, and the configuration file of the server has all of them.
//!
//! Shapes: outputs in public repositories, "Getting Started with AppCmd.exe" and
//! the reference of WebAdministration on learn.microsoft.com.

use crate::formats::prompt;
use crate::formats::{Content, Document, Evidence, Ledger, LineState, Problem, ProblemLevel, Unit};
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
    let (span, what) = lines.find_map(|(span, line)| Some((span, mark(line)?)))?;
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
    if APPCMD.iter().any(of_appcmd) {
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
    let mut words = typed.split_ascii_whitespace().map(str::to_ascii_lowercase);
    let first = words.next()?;
    let first = if first == "&" { words.next()? } else { first };
    let program = first.trim_matches('"').rsplit('\\').next()?;
    match program {
        "appcmd" | "appcmd.exe" => (words.next()? == "list").then_some("appcmd list"),
        name => {
            let known = CMDLETS.contains(&name);
            known.then_some("PowerShell")
        }
    }
}

/// The line with which the listing begins: the first of those that stand
/// together with the first that shows what they are.
fn begin(file: &SourceFile) -> Option<usize> {
    let mut together = 0;
    for (number, (_, line)) in file.lines().enumerate() {
        if line.trim().is_empty() {
            together = number.saturating_add(1);
        } else if mark(line).is_some() {
            return Some(together);
        }
    }
    None
}

/// Accounts for a file: nothing in it is modelled.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let begins = begin(file);
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
            _ if line.trim().is_empty() => LineState::Irrelevant,
            Some(_) => LineState::NotModelled,
            None => LineState::Unrecognised,
        };
        ledger.set(number, state);
        if state == LineState::Unrecognised {
            ledger.note(state, "lines before the listing begins", span);
        }
    }
    let span = first.unwrap_or_else(|| Span::of(file.id(), 0..0));
    ledger.note(LineState::NotModelled, NOT_READ, span);
    let problem = Problem {
        level: ProblemLevel::Warning,
        message: "listings of appcmd and of PowerShell's modules for IIS are not read; what they \
                  tell of bindings, TLS and authentication decides nothing"
            .to_owned(),
        hint: Some(
            "give %windir%\\System32\\inetsrv\\config\\applicationHost.config of the server, with its name in \
             the path"
                .to_owned(),
        ),
        span: Span::new(span.file, span.start, span.start),
    };
    Document {
        content: Content::secrets(secrets).into_iter().collect(),
        ledger,
        problems: vec![problem],
    }
}

#[cfg(test)]
#[path = "listing_tests.rs"]
mod tests;
