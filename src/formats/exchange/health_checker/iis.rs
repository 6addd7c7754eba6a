//! The tables of HealthChecker's part about IIS: sites with their bindings, and
//! locations with their settings. They become records of `Get-WebApplication`.
//!
//! Source: `Invoke-AnalyzerIISInformation` and `Out-Columns` of
//! microsoft/CSS-Exchange. A cell that is too long goes on in the next line,
//! broken at a blank or where the column is full. The script prints `False` for
//! a location that demands TLS where it could not look at Extended Protection,
//! and then `None` for Extended Protection; so `False` counts only beside
//! another word than `None`.

use std::borrow::Cow;
use std::ops::Range;

use crate::formats::exchange::value::Raw;
use crate::formats::windows_host::objects::Object;
use crate::source::{SourceFile, Span};

/// Blanks between two columns.
const GAP: usize = 2;

/// Why a location's answer about TLS is not taken.
const DOUBTFUL: &str = "HealthChecker also prints False where it did not look";

/// A table whose rows are read.
#[derive(Debug)]
pub struct Table<'f> {
    of: Kind,
    columns: Vec<(&'f str, Range<usize>)>,
    /// The cells of the row that is read, by column; each in pieces.
    row: Vec<Vec<(&'f str, Span)>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Sites,
    Locations,
}

/// Bindings by site, in the order of the report.
pub type Bindings<'f> = Vec<(String, Vec<(String, Span)>)>;

/// The table that begins with a line of headings over a line of dashes.
pub fn begins<'f>(head: &'f str, dashes: &str) -> Option<Table<'f>> {
    let groups = dashes.trim();
    if !head.is_ascii()
        || !groups.contains(' ')
        || !groups.bytes().all(|byte| matches!(byte, b'-' | b' '))
    {
        return None;
    }
    let of = if head.contains("Protocol - Bindings") {
        Kind::Sites
    } else if head.contains("SslFlags") {
        Kind::Locations
    } else {
        return None;
    };
    let bytes = dashes.as_bytes();
    let starts: Vec<usize> = (0..bytes.len())
        .filter(|at| {
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            bytes.get(*at) == Some(&b'-') && before != Some(&b'-')
        })
        .collect();
    let ends = starts.iter().skip(1).copied().chain([usize::MAX]);
    let columns: Vec<(&str, Range<usize>)> = starts
        .iter()
        .zip(ends)
        .map(|(start, end)| {
            let name = head.get(*start..end.min(head.len())).unwrap_or_default();
            (name.trim(), *start..end)
        })
        .collect();
    Some(Table {
        of,
        row: vec![Vec::new(); columns.len()],
        columns,
    })
}

impl<'f> Table<'f> {
    /// Takes a line of the table; `false` where it does not keep to the columns.
    pub fn line(
        &mut self,
        file: &SourceFile,
        line: &'f str,
        bindings: &mut Bindings<'f>,
    ) -> (bool, Option<Object<'f>>) {
        if !line.is_ascii() {
            return (false, None);
        }
        let mut cells = Vec::with_capacity(self.columns.len());
        for (_, range) in &self.columns {
            let end = range.end.min(line.len());
            let start = range.start.min(end);
            let crosses = start > 0
                && start < end
                && line.as_bytes().get(start.saturating_sub(1)) != Some(&b' ');
            if crosses {
                return (false, None);
            }
            cells.push(line.get(start..end).unwrap_or_default().trim());
        }
        let begins = cells.get(1).is_some_and(|cell| !cell.is_empty());
        let done = if begins { self.finish(bindings) } else { None };
        for (pieces, cell) in self.row.iter_mut().zip(cells) {
            if let (false, Some(span)) = (cell.is_empty(), file.span_of(cell)) {
                pieces.push((cell, span));
            }
        }
        (true, done)
    }

    /// Ends the row that is read.
    pub fn finish(&mut self, bindings: &mut Bindings<'f>) -> Option<Object<'f>> {
        let fresh = vec![Vec::new(); self.columns.len()];
        let row = std::mem::replace(&mut self.row, fresh);
        let name = row.first()?;
        let (_, at) = *name.first()?;
        let width = self.columns.first().map_or(0, |(_, range)| {
            range.end.saturating_sub(range.start).saturating_sub(GAP)
        });
        let name = joined(name, width);
        let cell = |heading: &str| {
            let mut all = self.columns.iter().zip(&row);
            all.find(|((name, _), _)| *name == heading)
                .map_or(&[][..], |(_, pieces)| pieces.as_slice())
        };
        if self.of == Kind::Sites {
            let all = cell("Protocol - Bindings - Certificate");
            let all = all.iter().filter_map(|(text, span)| {
                let mut parts = text.split(" - ").map(str::trim);
                let (protocol, binding) = (parts.next()?, parts.next()?);
                Some((format!("{protocol} {binding}"), *span))
            });
            bindings.push((name, all.collect()));
            return None;
        }
        Some(location(&name, at, cell, bindings))
    }
}

/// The pieces of a cell as one text.
fn joined(pieces: &[(&str, Span)], width: usize) -> String {
    let mut text = String::new();
    let mut full = true;
    for (piece, _) in pieces {
        if !full {
            text.push(' ');
        }
        text.push_str(piece);
        full = piece.len() == width;
    }
    text
}

fn location<'f, 'c>(
    name: &str,
    at: Span,
    cell: impl Fn(&str) -> &'c [(&'f str, Span)],
    bindings: &Bindings<'f>,
) -> Object<'f>
where
    'f: 'c,
{
    let mut object = Object::new("Get-WebApplication", at);
    let (site, path) = name.split_once('/').unwrap_or((name, ""));
    object.text("Site", site.to_owned(), at);
    object.text("Path", format!("/{path}"), at);
    let of_site = bindings
        .iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(site));
    if let Some((_, known)) = of_site
        && let Some((_, first)) = known.first()
    {
        let items = known.iter().map(|(text, _)| Cow::Owned(text.clone()));
        object.raw("SiteBindings", Raw::List(items.collect()), *first);
    }
    let protection = cell("ExtendedProtection").first().copied();
    let looked_at = protection.filter(|(text, _)| *text != "None");
    if let Some((text, span)) = looked_at {
        object.text("ExtendedProtectionTokenChecking", text, span);
    }
    encryption(&mut object, cell("SslFlags"), looked_at.is_some());
    authentication(&mut object, cell("Authentication"));
    object
}

/// `True (128-bit)`, `False`, and `Cert(Accept)` below.
fn encryption<'f>(object: &mut Object<'f>, pieces: &[(&'f str, Span)], looked_at: bool) {
    let Some((first, at)) = pieces.first().copied() else {
        return;
    };
    let required = match first.split(' ').next() {
        Some("True") => true,
        Some("False") => false,
        _ => return,
    };
    let client = |word: &str| pieces.iter().any(|(text, _)| *text == word);
    let (accepts, requires) = (client("Cert(Accept)"), client("Cert(Require)"));
    if !required && !looked_at && !accepts && !requires {
        object.raw("RequireSSL", Raw::Opaque(DOUBTFUL), at);
        return;
    }
    let mut flags = Vec::new();
    if required {
        flags.push("Ssl");
    }
    if first.contains("128") {
        flags.push("Ssl128");
    }
    if accepts || requires {
        flags.push("SslNegotiateCert");
    }
    if requires {
        flags.push("SslRequireCert");
    }
    let shown = if flags.is_empty() {
        "None".to_owned()
    } else {
        flags.join(", ")
    };
    object.text("SslFlags", shown, at);
    object.text("RequireSSL", if required { "True" } else { "False" }, at);
}

/// `Windows (Negotiate,NTLM)`, `anonymous (default setting)`, `basic`. What is
/// not in the list is not said to be off: the script leaves out what it cannot read.
fn authentication<'f>(object: &mut Object<'f>, pieces: &[(&'f str, Span)]) {
    for (piece, at) in pieces {
        let property = match piece.split([' ', '(']).next() {
            Some("anonymous") => "AnonymousAuthentication",
            Some("basic") => "BasicAuthentication",
            Some("digest") => "DigestAuthentication",
            Some("Windows") => "WindowsAuthentication",
            _ => {
                let inside = piece
                    .strip_prefix('(')
                    .and_then(|rest| rest.strip_suffix(')'));
                let providers = inside.filter(|inside| !inside.contains(' '));
                if let Some(providers) = providers {
                    let items = providers.split(',').map(Cow::Borrowed);
                    object.raw(
                        "WindowsAuthenticationProviders",
                        Raw::List(items.collect()),
                        *at,
                    );
                }
                continue;
            }
        };
        object.text(property, "True", *at);
    }
}
