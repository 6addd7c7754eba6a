//! Translations: the packets that they are for, and maps that name the target.

use super::super::keys::{Key, concatenated, key};
use super::super::values::{Element, elements};
use super::{Does, MAX_ALTERNATIVES, Reader};
use crate::formats::firewall::shared::netfilter::matching::Family;
use crate::formats::firewall::shared::netfilter::nat::{Translation, family_of};

impl Reader<'_, '_, '_, '_> {
    /// Only packets of the family that the statement at hand names or writes:
    /// nft asks for it in a table `inet` (nft(8), "NAT STATEMENTS").
    pub(super) fn translated_family(&mut self, to: &[String]) {
        let family = match (self.word(1), to) {
            ("ip", _) => Family::V4,
            ("ip6", _) => Family::V6,
            (_, [one]) => family_of(one),
            _ => Family::Both,
        };
        for matched in &mut self.alternatives {
            matched.only(family);
        }
    }

    /// `dnat to tcp dport map { 25 : 10.0.0.5 }`, `dnat ip addr . port to ip daddr .
    /// tcp dport map @forwards`: an alternative for every member; packets that
    /// no member names go on. `false`, and nothing read, where the map cannot be
    /// told apart.
    pub(super) fn translation_map(&mut self, how: Translation) -> bool {
        let Some((keys, all, next)) = self.map_of_targets() else {
            return false;
        };
        if self.alternatives.len().saturating_mul(all.len()) > MAX_ALTERNATIVES {
            return false;
        }
        let before = self.rule.cases.len();
        for element in &all {
            let Some(to) = target_of(&element.gives) else {
                self.rule.cases.truncate(before);
                return false;
            };
            let mut matches = self.alternatives.clone();
            let family = match self.word(1) {
                "ip" => Family::V4,
                "ip6" => Family::V6,
                _ => family_of(&to),
            };
            for matched in &mut matches {
                matched.only(family);
                let span = self.place.span;
                if concatenated(self.builder, &keys, element, matched, span).is_err() {
                    self.rule.cases.truncate(before);
                    return false;
                }
            }
            self.rule
                .cases
                .push((matches, Does::Translate(how, vec![to])));
        }
        self.alternatives.clear();
        self.at = next;
        true
    }

    /// What the map of the statement at hand compares, its members, and the place
    /// after the statement.
    fn map_of_targets(&mut self) -> Option<(Vec<Key>, Vec<Element>, usize)> {
        let word = |at: usize| self.tokens.get(at).map_or("", |token| token.text);
        let mut at = self.at.saturating_add(1);
        while matches!(word(at), "ip" | "ip6" | "addr" | "." | "port") {
            at = at.saturating_add(1);
        }
        if word(at) != "to" {
            return None;
        }
        let mut keys = Vec::new();
        loop {
            let (one, next) = key(self.tokens, at.saturating_add(1))?;
            if matches!(one, Key::Other(..)) {
                return None;
            }
            keys.push(one);
            at = next;
            if word(at) != "." {
                break;
            }
        }
        if word(at) != "map" {
            return None;
        }
        let map = *self.tokens.get(at.saturating_add(1))?;
        let mut all = if map.is("{") {
            elements(self.tokens, at.saturating_add(2)).0
        } else {
            let name = map.text.strip_prefix('@').filter(|_| !map.quoted)?;
            self.rule.uses.push(name.to_owned());
            let held = self.place.sets.get(name)?;
            if held.dynamic || held.unlisted {
                return None;
            }
            held.elements.clone()
        };
        if all.iter().any(|element| element.limited) {
            return None;
        }
        // The member for all others is looked at last.
        all.sort_by_key(|element| element.parts.first().is_some_and(|part| part == "*"));
        Some((keys, all, self.tokens.len()))
    }
}

/// An address, or address and port, as a map gives them: `10.0.0.5 . 25`.
fn target_of(gives: &[String]) -> Option<String> {
    match gives {
        [address] => Some(address.clone()),
        [address, dot, port] if dot == "." && address.contains(':') => {
            Some(format!("[{address}]:{port}"))
        }
        [address, dot, port] if dot == "." => Some(format!("{address}:{port}")),
        _ => None,
    }
}
