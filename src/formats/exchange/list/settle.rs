//! What a line is, where only the lines beside it tell.

use super::command::{CERTUTIL, Place, Stated};
use super::line::{Line, LineKind};
use crate::formats::exchange::cmdlets::table;

/// Takes back what lines were taken for by themselves: a rule with a title that
/// is no heading of certutil, and a command in the middle of a value.
pub fn settle(lines: &mut [Line<'_>]) {
    // Where the value of the property above begins.
    let mut column: Option<u32> = None;
    // Whether that property has a value on its own line.
    let mut begun = false;
    for index in 0..lines.len() {
        let Some((line, below)) = lines.get_mut(index..).and_then(<[_]>::split_first_mut) else {
            return;
        };
        let other = match &line.kind {
            LineKind::Key(key) => {
                if column.is_none_or(|column| line.indent < column) {
                    column = Some(key.colon.saturating_add(2));
                    begun = !key.value.trim().is_empty();
                }
                continue;
            }
            LineKind::Command(command) => {
                let titled = command.stated == Stated::Other(CERTUTIL);
                // A heading with a colon has its command below it, too.
                let continues = begun && command.place != Place::Prompt;
                continues && column == Some(line.indent) || titled && !lists_certificate(below)
            }
            LineKind::Blank => false,
            _ if column.is_some_and(|column| line.indent >= column) => continue,
            _ => false,
        };
        if other {
            line.kind = LineKind::Other;
        }
        column = column.filter(|column| other && line.indent >= *column);
    }
}

/// Whether what certutil prints of a certificate follows: its serial number, in
/// hexadecimal digits and under a name that no property has, before all else but
/// [`precedes_number`].
fn lists_certificate(below: &[Line<'_>]) -> bool {
    const NEAR: usize = 12;
    let near = below.iter().take(NEAR);
    let mut verbose = false;
    let mut texts = near
        .map(|line| line.text.trim())
        .filter(|text| !text.is_empty())
        .skip_while(|text| precedes_number(text, &mut verbose));
    let Some((key, number)) = texts.next().and_then(|first| first.split_once(':')) else {
        return false;
    };
    let (key, number) = (key.trim().to_ascii_lowercase(), number.trim());
    let hexadecimal = number.len() >= 2 && number.bytes().all(|b| b.is_ascii_hexdigit());
    hexadecimal
        && table().owners(&key) == 0
        && (number.len() >= 8 || texts.any(|text| text.contains("(sha1)")))
}

/// What certutil prints above a serial number, in the language of Windows:
/// `Archived!`, and in its verbose form `X509 Certificate:` and `Version: 3`.
fn precedes_number(text: &str, verbose: &mut bool) -> bool {
    match text.split_once(':') {
        None => text.ends_with('!') && !text.contains(char::is_whitespace),
        Some((key, "")) => {
            *verbose = key.contains("X509") || key.contains("X.509");
            *verbose
        }
        Some((_, version)) => *verbose && matches!(version.trim(), "1" | "2" | "3"),
    }
}
