//! What an expression asks of a packet, in words without names.

use std::borrow::Cow;

use super::lex::Token;
use super::ruleset::{Set, Sets};
use crate::formats::firewall::shared::netfilter::asked::canonical;
use crate::formats::firewall::shared::tables::Map;
use crate::model::asks::{Asks, digest};

/// What an expression asks.
pub fn asks(tokens: &[Token<'_>], sets: &Sets, objects: &Map<String, String>) -> Asks {
    let named = tokens.iter().filter(|token| !token.quoted);
    let named = named.filter_map(|token| sets.get(token.text.strip_prefix('@')?));
    Asks {
        alone: counts(tokens, sets),
        on: named.flat_map(|set| set.spans.iter().copied()).collect(),
        ..Asks::of(words(tokens, sets, objects))
    }
}

/// The words of an expression; named sets and objects are replaced by what they
/// hold.
fn words(tokens: &[Token<'_>], sets: &Sets, objects: &Map<String, String>) -> String {
    let mut out = String::new();
    let mut before = "";
    for token in tokens {
        let text = token.text;
        let set = text.strip_prefix('@').filter(|_| !token.quoted);
        if let Some(set) = set.and_then(|name| sets.get(name)) {
            out.push_str(set.content.get_or_init(|| content(set)));
        } else if let Some(says) = objects
            .get(text)
            .filter(|_| token.quoted || before == "name")
        {
            out.push_str(says);
        } else if matches!(before, "jump" | "goto") {
            // The name of a chain.
        } else {
            out.push_str(text);
        }
        out.push(' ');
        before = text;
    }
    canonical(&out)
}

/// What a set holds: its properties and members, in any order.
fn content(set: &Set) -> String {
    let mut members: Vec<String> = set
        .elements
        .iter()
        .map(|element| {
            format!(
                "{:?} {:?} {}",
                element.parts, element.gives, element.limited
            )
        })
        .collect();
    members.sort_unstable();
    // What the members are, and how they are kept, is told by them.
    let kept = ["type", "typeof", "policy", "gc-interval", "auto-merge"];
    let mut says: Vec<String> = set
        .says
        .iter()
        .filter(|says| !kept.contains(&says.split(' ').next().unwrap_or_default()))
        .map(|says| canonical(&flags(says)))
        .filter(|says| says != "flags")
        .collect();
    says.sort_unstable();
    format!("@{}", digest(&format!("{says:?} {members:?}")))
}

/// Flags without that for members which rules add: not every version lists it.
fn flags(says: &str) -> Cow<'_, str> {
    let Some(flags) = says.strip_prefix("flags ") else {
        return Cow::Borrowed(says);
    };
    let named = flags.split([',', ' ']).map(str::trim);
    let mut named: Vec<&str> = named
        .filter(|flag| !flag.is_empty() && *flag != "dynamic")
        .collect();
    named.sort_unstable();
    Cow::Owned(format!("flags {}", named.join(",")))
}

/// Whether each rule that asks it counts packets for itself, or throws a die.
fn counts(tokens: &[Token<'_>], sets: &Sets) -> bool {
    tokens.iter().any(|token| {
        matches!(token.text, "limit" | "quota" | "numgen" | "meter") && !token.quoted
            || token
                .text
                .strip_prefix('@')
                .and_then(|name| sets.get(name))
                .is_some_and(|set| {
                    set.dynamic && set.says.iter().any(|says| says.contains("limit"))
                })
    })
}
