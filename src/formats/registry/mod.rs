//! Keys and values of the Windows registry: `.reg` files of both versions and
//! what `reg query` prints.
//!
//! Keys that decide about data paths become records of `Get-ItemProperty`, as
//! PowerShell exports them; a value that Windows does not read, because its
//! type is another one, is said and never used. Rules and profiles of Windows
//! Firewall in the same file go to that reader. All other keys are left alone.

mod data;
mod lex;
mod ports;
mod read;
mod records;
mod settings;
#[cfg(test)]
mod tests;
mod tls_settings;

pub use data::{Data, Kind};
pub use lex::{Value, is_export_header, key_path};
pub use ports::{range, valid_ports};
pub use read::read;
pub use settings::short;
pub use tls_settings::FORMAT as TLS_SETTINGS;
pub(in crate::formats) use tls_settings::records as tls_records;

use crate::formats::{Evidence, Format, prompt};
use crate::source::SourceFile;

/// Registry exports and the output of `reg query`.
pub const FORMAT: Format = Format {
    id: "windows-registry",
    title: "Windows registry (.reg, reg query)",
    detect,
    parse: read,
};

/// Lines before the first key: prompts, headers and remarks.
const LINES: usize = 200;

/// The header of an export, or a key: in the first line that says anything, or
/// with a value below it.
fn detect(file: &SourceFile) -> Option<Evidence> {
    let mut first = true;
    for (index, (span, line)) in file.lines().take(LINES).enumerate() {
        let text = line.trim_matches([' ', '\t', '\u{feff}', '\0']);
        if is_export_header(text) || text.starts_with("! REG.EXE VERSION") {
            return Some(evidence(95, text, span));
        }
        if key_path(text).is_some() && (first || has_value(file, index)) {
            return Some(evidence(if first { 90 } else { 80 }, text, span));
        }
        let idle = lex::says_nothing(text)
            || prompt::read(text).is_some()
            || prompt::command(text).is_some()
            || prompt::is_noise(text);
        first &= idle;
    }
    None
}

/// Whether a value stands below the key in a line.
fn has_value(file: &SourceFile, index: usize) -> bool {
    let below = (1..4).filter_map(|more| file.line(index.saturating_add(more)));
    let mut below = below.map(str::trim).filter(|line| !line.is_empty());
    below.next().is_some_and(|line| {
        let quoted = line.starts_with('"') && line.contains("\"=");
        quoted || line.contains(" REG_") || line.contains("\tREG_")
    })
}

fn evidence(strength: u8, text: &str, span: crate::source::Span) -> Evidence {
    let text: String = text.chars().filter(|c| !c.is_control()).take(60).collect();
    Evidence {
        strength,
        what: format!("`{text}`"),
        span,
    }
}

/// The path of a key in `PSPath`, from the hive on, in lower case:
/// `hkey_local_machine\software\…`.
#[must_use]
pub fn key_of_path(ps_path: &str) -> Option<String> {
    let path = ps_path.rsplit("::").next().unwrap_or(ps_path);
    let lower = path.trim_end_matches('\\').to_ascii_lowercase();
    let short = lower
        .strip_prefix("hklm:\\")
        .or_else(|| lower.strip_prefix("hklm\\"));
    match short {
        Some(rest) => Some(format!("hkey_local_machine\\{rest}")),
        None => lower.starts_with("hkey_").then_some(lower),
    }
}
