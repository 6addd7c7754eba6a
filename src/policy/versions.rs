//! Which Exchange versions a rule is for.

use super::facts::Facts;

/// Reads `8` or `8.1` as major and, where given, minor version.
#[must_use]
pub fn parse(text: &str) -> Option<(u16, Option<u16>)> {
    match text.split_once('.') {
        Some((major, minor)) => Some((major.parse().ok()?, Some(minor.parse().ok()?))),
        None => Some((text.parse().ok()?, None)),
    }
}

/// Major versions: Exchange 2003, 2007, 2010, and 2013 with all after it
/// (learn.microsoft.com, "Exchange Server build numbers and release dates").
const KNOWN: [u16; 4] = [6, 8, 14, 15];

/// Whether a rule for `versions` may concern the estate: some Exchange server
/// has one of them, or a server's version is not known.
#[must_use]
pub fn concern(versions: &[String], facts: &Facts) -> bool {
    let mut exchange = facts
        .servers
        .iter()
        .filter(|server| server.exchange)
        .peekable();
    if versions.is_empty() || exchange.peek().is_none() {
        return true;
    }
    exchange.any(|server| match &server.version {
        None => true,
        Some(version) if !KNOWN.contains(&version.major) => {
            // Later than all that is known is like the latest; what is between
            // them is a misprint, and may be any.
            let latest = KNOWN.iter().max().copied();
            let mut majors = versions.iter().filter_map(|text| parse(text));
            latest.is_none_or(|latest| version.major < latest)
                || majors.any(|(major, _)| Some(major) == latest)
        }
        Some(version) => versions
            .iter()
            .filter_map(|text| parse(text))
            .any(|(major, minor)| {
                major == version.major && minor.is_none_or(|minor| minor == version.minor)
            }),
    })
}
