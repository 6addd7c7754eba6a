//! What an expression asks of a packet, in words without names.

use super::lex::Token;
use super::ruleset::{Set, Sets};
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
    out
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
    let mut says = set.says.clone();
    says.sort_unstable();
    format!("@{}", digest(&format!("{says:?} {members:?}")))
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
