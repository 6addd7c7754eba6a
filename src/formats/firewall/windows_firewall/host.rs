//! Which computer a file is of.

use crate::source::{SourceFile, Span, Spanned};

/// The last part of a file's name.
pub fn base(file: &SourceFile) -> &str {
    let name = file.name();
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

/// What to call a firewall whose host no one tells: the file without its
/// ending.
pub fn stem(file: &SourceFile) -> Spanned<String> {
    let base = base(file);
    let stem = match base.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => base,
    };
    Spanned::new(stem.to_owned(), Span::of(file.id(), 0..0))
}

/// The host of a file of Microsoft's support collector, which puts the
/// computer's name in front: `HUB1_Firewall_netsh_advfirewall….TXT`.
pub fn of_bundle(file: &SourceFile) -> Option<Spanned<String>> {
    let base = base(file);
    let lower = base.to_ascii_lowercase();
    let at = lower
        .find("_firewall_")
        .or_else(|| lower.find("_netsh_adv"))?;
    let host = base.get(..at)?;
    (!host.is_empty()).then(|| Spanned::new(host.to_owned(), Span::of(file.id(), 0..0)))
}
