//! Is this a ruleset of nft?

use super::lex::tokens;
use crate::formats::Evidence;
use crate::source::{SourceFile, Span};

/// Families of tables.
pub const FAMILIES: [&str; 6] = ["ip", "ip6", "inet", "arp", "bridge", "netdev"];
/// Bytes that are looked at.
const BYTES: usize = 200_000;

/// Looks for a table of a known family with a chain, set or map in it.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file.text();
    let end = (0..=text.len().min(BYTES))
        .rev()
        .find(|end| text.is_char_boundary(*end))?;
    let head = text.get(..end)?;
    let start = head.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    let place = |at: usize, length: usize| {
        Span::of(file.id(), at..at.saturating_add(length).min(text.len()))
    };
    if start.starts_with(['{', '[', '<']) {
        // The root of the JSON form names itself.
        let at = head.find("\"nftables\"")?;
        let before = head.get(..at)?.trim_start_matches('\u{feff}').trim();
        return (before == "{").then(|| Evidence {
            strength: 97,
            what: "`\"nftables\"`".to_owned(),
            span: place(at, 10),
        });
    }
    if let Some(line) = start.lines().next()
        && line.starts_with("#!")
        && line.contains("nft")
    {
        return Some(Evidence {
            strength: 96,
            what: format!("`{}`", clipped(line)),
            span: place(0, line.len()),
        });
    }
    let all: Vec<_> = tokens(head).iter().collect();
    let mut depth = 0usize;
    let mut opened = None;
    let mut with_family = false;
    for (index, token) in all.iter().enumerate() {
        let word = |step: usize| {
            let next = all.get(index.saturating_add(step));
            next.filter(|t| !t.quoted).map_or("", |t| t.text)
        };
        if depth == 0 && token.breaks && (token.is("table") || token.is("add")) {
            let shift = usize::from(token.is("add"));
            if shift == 1 && !matches!(word(1), "table" | "chain" | "rule" | "set" | "map") {
                return None;
            }
            let family = FAMILIES.contains(&word(shift.saturating_add(1)));
            let brace = if family { 3 } else { 2 };
            let braces = word(shift.saturating_add(brace)) == "{";
            if family || braces {
                opened.get_or_insert(token);
                with_family |= family;
            }
        } else if depth == 0 && token.breaks && opened.is_none() {
            // Other commands of nft may come first.
            let known = matches!(
                token.text,
                "flush"
                    | "include"
                    | "define"
                    | "delete"
                    | "destroy"
                    | "create"
                    | "redefine"
                    | "undefine"
                    | "list"
                    | "nft"
            );
            // A prompt before the output.
            let prompt = token.text.contains('@') || token.text.starts_with(['$', '%']);
            if !known && !prompt {
                return None;
            }
        }
        if token.is("{") {
            depth = depth.saturating_add(1);
        } else if token.is("}") {
            depth = depth.saturating_sub(1);
        }
        if depth > 0
            && let Some(first) = opened
            && matches!(
                token.text,
                "chain"
                    | "set"
                    | "map"
                    | "flowtable"
                    | "type"
                    | "}"
                    | "counter"
                    | "limit"
                    | "quota"
                    | "ct"
                    | "synproxy"
                    | "secmark"
                    | "include"
                    | "flags"
                    | "comment"
            )
        {
            let line = head.get(first.start..)?.lines().next()?;
            return Some(Evidence {
                strength: 90,
                what: format!("`{}`", clipped(line)),
                span: place(first.start, line.len()),
            });
        }
    }
    // Without a family, only what stands in the block tells.
    let first = opened.filter(|_| with_family)?;
    Some(Evidence {
        strength: 70,
        what: format!("`{}`", clipped(head.get(first.start..)?.lines().next()?)),
        span: place(first.start, 5),
    })
}

fn clipped(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).take(60).collect()
}
