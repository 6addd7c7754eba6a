//! Values that a console broke where its line was full, and whose rest a paste
//! moved to the margin.
//!
//! A note that somebody wrote between two properties looks the same. What
//! cannot be told makes the value unknown.

use super::block::{FULL_LINE, Whole};
use super::line::{Line, LineKind};
use crate::formats::exchange::cmdlets::{Cmdlet, Kind, table};

/// Widths of full lines in consoles of the usual sizes: one column stays free
/// in the console, none in redirected output.
pub const USUAL_WIDTHS: [u32; 12] = [79, 80, 99, 100, 119, 120, 131, 132, 149, 159, 511, 512];

/// The width of the full lines among some lines that lost their indentation;
/// `None` where the widest is as wide as it is by chance, or where the rest of
/// some value stands below it. Two servers may have one long value.
#[must_use]
pub fn full_width(lines: &[Line<'_>]) -> Option<u32> {
    let mut column = u32::MAX;
    /// Most values that are compared.
    const SOME: usize = 3;
    let (mut widest, mut values) = (0_u32, Vec::new());
    for line in lines {
        match &line.kind {
            LineKind::Key(key) => {
                column = key.colon.saturating_add(2);
                if line.width > widest {
                    widest = line.width;
                    values.clear();
                }
                let new = line.width == widest && !values.contains(&key.value);
                if new && values.len() < SOME {
                    values.push(key.value);
                }
            }
            LineKind::Other if line.indent >= column => return None,
            _ => {}
        }
    }
    let told = USUAL_WIDTHS.contains(&widest) || values.len() >= SOME;
    (told && widest >= FULL_LINE).then_some(widest)
}

/// Whether a line of other text must be the rest of the value above it: the two
/// make one name of an enumeration, or one path of the directory.
#[must_use]
pub fn completes(value: &Whole<'_, '_>, rest: &str) -> bool {
    let before = value.last().text;
    let is = |key: &str| value.key.eq_ignore_ascii_case(key);
    if is("DistinguishedName") {
        return !is_whole_path(before) && ends_path(before, rest);
    }
    if is("ObjectCategory") {
        return names_a_class(before, rest);
    }
    if is("ExchangeLegacyDN") {
        let parted = rest.starts_with('/') || before.ends_with('/');
        return parted && rest.contains("/cn=") && !rest.contains("...");
    }
    if is("OriginatingServer") {
        let of_hosts = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
        let parted = rest.starts_with('.') || before.ends_with('.');
        return parted && rest.bytes().all(of_hosts);
    }
    completes_a_name(value.key, before, rest)
}

/// Whether the last part of a distinguished name is one that ends it: the domain,
/// or the number of the configuration of an Edge server.
#[must_use]
pub fn is_whole_path(path: &str) -> bool {
    let end = path.rsplit(',').next().unwrap_or_default().trim_start();
    end.starts_with("DC=") || end.starts_with("CN={") && end.ends_with('}')
}

/// Whether a line ends a distinguished name that was broken: each part of the whole
/// has one sign of equality, so no sentence stands between.
fn ends_path(before: &str, rest: &str) -> bool {
    let whole = format!("{before}{rest}");
    let sound = |part: &str| part.matches('=').count() == 1;
    is_whole_path(&whole) && whole.split(',').all(sound) && !rest.contains("...")
}

/// Whether a value that fills its line is whole, or what follows no part of it: a
/// path with its domain, an address of the web above a line with blanks.
#[must_use]
pub fn ends_by_itself(value: &Whole<'_, '_>, rest: &str) -> bool {
    let path = value.key.eq_ignore_ascii_case("DistinguishedName");
    path && is_whole_path(value.last().text)
        || value.first.text.contains("://") && rest.trim().contains(' ')
}

/// Whether a line ends or frames a paste, and is no part of a value: a fence, a
/// tag, a prompt.
#[must_use]
pub fn is_frame(text: &str) -> bool {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    !text.chars().any(char::is_alphanumeric)
        || ["</", "[/", "{noformat", "{code"]
            .iter()
            .any(|start| lower.starts_with(start))
        || lower == "stop-transcript"
        || text.ends_with('>') && (text.contains(":\\") || text.contains("PS "))
}

fn names_a_class(before: &str, rest: &str) -> bool {
    let whole = format!("{before}{rest}");
    let name = whole.rsplit('/').next().unwrap_or_default();
    let mut classes = table().cmdlets.iter().flat_map(|cmdlet| &cmdlet.classes);
    classes.any(|class| class.eq_ignore_ascii_case(name))
}

/// `BasicAuth` and `RequireTLS, ExchangeServer` of a property whose values have
/// such names.
fn completes_a_name(key: &str, before: &str, rest: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let of = |cmdlet: &Cmdlet| match cmdlet.property(&key)?.kind {
        Kind::Enum(of) | Kind::Flags(of) | Kind::ListOf(of) => table().enumeration(of),
        _ => None,
    };
    let Some(names) = table().cmdlets.iter().find_map(of) else {
        return false;
    };
    let tail = before.rsplit([' ', ',']).next().unwrap_or_default();
    let (head, others) = rest.split_once(',').unwrap_or((rest, ""));
    let known = |name: &str| names.canonical(name).is_some();
    let others = others.split(',').map(str::trim);
    // The last name may be broken again.
    let count = others.clone().count();
    known(&format!("{tail}{head}")) && others.take(count.saturating_sub(1)).all(known)
}
