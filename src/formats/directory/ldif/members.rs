//! The members of groups in LDIF.

use std::sync::Arc;

use super::entry::Entry;
use crate::formats::directory::distinguished_name::leaf;
use crate::formats::exchange::by_line::{LineCollector, cmdlet, text};
use crate::formats::{LineState, ProblemLevel};
use crate::source::Span;

/// Adds one record for each member. A directory that has more members than it
/// gives at once numbers those it gives (`member;range=0-1499`).
pub fn deliver<'a>(
    entry: &Entry<'a>,
    dn: &str,
    at: Span,
    collector: &mut LineCollector<'a>,
    what: &Arc<str>,
) {
    let Some(cmdlet) = cmdlet("Get-ADGroupMember") else {
        return;
    };
    let group = leaf(dn).unwrap_or_else(|| dn.to_owned());
    collector.mark(entry.span, LineState::Irrelevant);
    collector.mark(at, LineState::Modelled);
    for member in entry.all("member") {
        let partial = member.option.filter(|option| !option.ends_with("-*"));
        if let Some(option) = partial.filter(|option| option.starts_with("range=")) {
            let why = "the directory gave a part of the members only";
            collector.note(member.span, LineState::NotModelled, why);
            collector.problem(
                ProblemLevel::Warning,
                format!("the members of {group} are not complete ({option})"),
                "run Get-ADGroupMember, which asks until it has all",
                member.span,
            );
        }
        let Some(name) = member.value.as_deref() else {
            collector.mark(member.span, LineState::NotModelled);
            continue;
        };
        let mut properties = vec![
            text("Group", group.clone(), at),
            text("DistinguishedName", name.to_owned(), member.span),
        ];
        if let Some(leaf) = leaf(name) {
            properties.push(text("Name", leaf, member.span));
        }
        collector.add(cmdlet, what, &properties, member.span);
    }
}
