//! One rule: its alternatives, and what happens to packets that match.

use std::borrow::Cow;

use super::asked;
use super::keys::{Key, compare, concatenated, imply, key};
use super::lex::Token;
use super::ruleset::Sets;
use super::statements::{self, Statement};
use super::values::{Element, Side, elements};
use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::formats::firewall::shared::netfilter::matching::{Family, Match};
use crate::formats::firewall::shared::netfilter::nat::Translation;
use crate::formats::firewall::shared::netfilter::translated;
use crate::formats::firewall::shared::tables::Map;
use crate::source::Span;

mod bits;
mod destination;
mod translation;

/// Why the members of a set decide nothing.
const CHANGING: &str = "the members of the set change while it is used";
const UNLISTED: &str = "no set has members here: a listing with `-t` leaves them out";

/// More alternatives than this are not told apart.
const MAX_ALTERNATIVES: usize = 20_000;

/// What happens to a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Does {
    /// Accepted in this base chain.
    Accept,
    /// Dropped or rejected.
    Drop,
    /// Back to the caller.
    Return,
    /// On with the next rule.
    Continue,
    /// Calls a chain.
    Jump(String),
    /// Goes over to a chain.
    Goto(String),
    /// Translated.
    Translate(Translation, Vec<String>),
    /// Taken out of connection tracking, and on.
    NoTrack,
    /// Something that is not modelled decides.
    Unknown(&'static str),
}

/// A rule as it was read: alternatives in order, each with what happens.
#[derive(Debug, Default)]
pub struct ReadRule {
    /// The alternatives.
    pub cases: Vec<(Vec<Match>, Does)>,
    /// Whether a match is logged.
    pub logs: bool,
    /// Why parts are not modelled.
    pub why: Option<Cow<'static, str>>,
    /// Whether something was not understood.
    pub bad: bool,
    /// Sets and maps that it names.
    pub uses: Vec<String>,
    /// The chain in place of `jump { … }`: where its body starts.
    pub inline: Option<usize>,
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy)]
pub struct Place<'p> {
    /// Family of its table.
    pub family: Family,
    /// Sets and maps of its table.
    pub sets: &'p Sets,
    /// What the limits, quotas and helpers of its table say.
    pub objects: &'p Map<String, String>,
    /// The whole statement.
    pub span: Span,
}

struct Reader<'r, 't, 'b, 'f> {
    builder: &'b mut Builder<'f>,
    place: Place<'r>,
    tokens: &'t [Token<'t>],
    at: usize,
    alternatives: Vec<Match>,
    rule: ReadRule,
}

/// Reads a rule from its tokens.
pub fn read(builder: &mut Builder<'_>, place: Place<'_>, tokens: &[Token<'_>]) -> ReadRule {
    let mut reader = Reader {
        builder,
        alternatives: vec![Match::all(place.family)],
        place,
        tokens,
        at: 0,
        rule: ReadRule::default(),
    };
    let mut ended = false;
    while reader.at < tokens.len() && !ended {
        let before = reader.at;
        let known = reader.builder.reasons();
        ended = reader.step();
        if reader.at == before && !ended {
            reader.lost(before);
            ended = true;
        }
        if reader.builder.reasons() > known {
            let read = tokens.get(before..reader.at).unwrap_or_default();
            let asks = asked::asks(read, place.sets, place.objects);
            reader.builder.asked(known, &asks);
        }
    }
    if reader.rule.cases.is_empty() || !ended {
        let left = std::mem::take(&mut reader.alternatives);
        reader.rule.cases.push((left, Does::Continue));
    }
    reader.rule
}

impl<'t> Reader<'_, 't, '_, '_> {
    fn word(&self, step: usize) -> &str {
        self.tokens
            .get(self.at.saturating_add(step))
            .map_or("", |token| token.text)
    }

    /// Reads one expression or statement; `true` at the end of the rule.
    fn step(&mut self) -> bool {
        match statements::statement(self.tokens, self.at) {
            Some((Statement::Nothing, next)) => self.at = next,
            Some((Statement::Log, next)) => {
                self.rule.logs = true;
                self.at = next;
            }
            Some((Statement::Doubt(why), next)) => {
                self.doubt(why);
                self.at = next;
            }
            Some((Statement::Uses(name, limited), next)) => {
                self.rule.uses.push(name);
                if limited {
                    self.doubt("it depends on how many packets come");
                }
                self.at = next;
            }
            Some((Statement::Verdict(Does::NoTrack), next)) => {
                let all = self.alternatives.clone();
                self.rule.cases.push((all, Does::NoTrack));
                self.at = next;
            }
            Some((Statement::Verdict(Does::Translate(how, to)), next)) => {
                if !self.translation_map(how) {
                    self.translated_family(&to);
                    self.at = next;
                    self.end(Does::Translate(how, to));
                }
                return true;
            }
            Some((Statement::Verdict(does), next)) => {
                self.at = next;
                self.end(does);
                return true;
            }
            Some((Statement::Inline(goes), next)) => {
                self.at = next;
                self.rule.inline = Some(next);
                let name = String::new();
                self.end(if goes {
                    Does::Goto(name)
                } else {
                    Does::Jump(name)
                });
                return true;
            }
            None => return self.expression(),
        }
        false
    }

    fn end(&mut self, does: Does) {
        let all = std::mem::take(&mut self.alternatives);
        self.rule.cases.push((all, does));
    }

    fn doubt(&mut self, why: &'static str) {
        let id = self.builder.reason(why, self.place.span);
        for matched in &mut self.alternatives {
            matched.unknown.push(id);
        }
        self.rule.why.get_or_insert(Cow::Borrowed(why));
    }

    /// What cannot be read: the rule may match, and ends as its last word says.
    fn lost(&mut self, at: usize) {
        let text = self.tokens.get(at).map_or("", |token| token.text);
        self.fail(format!("`{}` is not understood", short(text)));
        let last = self
            .tokens
            .iter()
            .enumerate()
            .skip(at)
            .find_map(|(index, token)| {
                let verdict = matches!(
                    token.text,
                    "accept"
                        | "drop"
                        | "reject"
                        | "return"
                        | "jump"
                        | "goto"
                        | "queue"
                        | "dnat"
                        | "snat"
                        | "masquerade"
                        | "redirect"
                        | "vmap"
                );
                (verdict && !token.quoted).then_some(index)
            });
        self.at = self.tokens.len();
        let does = last.map_or(Does::Continue, |index| {
            match statements::statement(self.tokens, index) {
                Some((Statement::Verdict(does), _)) => does,
                _ => Does::Unknown("a rule that is not understood decides"),
            }
        });
        self.end(does);
    }

    fn fail(&mut self, why: String) {
        let id = self.builder.reason(why.clone(), self.place.span);
        for matched in &mut self.alternatives {
            matched.unknown.push(id);
        }
        self.rule.bad = true;
        self.rule.why.get_or_insert(Cow::Owned(why));
    }

    /// A comparison, or a map of verdicts.
    fn expression(&mut self) -> bool {
        if self.destination_kind() {
            return false;
        }
        let Some((first, next)) = key(self.tokens, self.at) else {
            return false;
        };
        let start = self.at;
        self.at = next;
        // The usual comparison: one field with one number or address.
        if self.is_number()
            && !matches!(first, Key::Flags | Key::Other(..))
            && let Some(text) = self.single()
        {
            if let Err(why) = self.narrow(first, &[text], false) {
                self.fail(why);
            }
            return false;
        }
        let mut joined = Vec::new();
        while self.word(0) == "." {
            let Some((more, next)) = key(self.tokens, self.at.saturating_add(1)) else {
                break;
            };
            if joined.is_empty() {
                joined.push(first);
            }
            joined.push(more);
            self.at = next;
        }
        let keys = if joined.is_empty() {
            std::slice::from_ref(&first)
        } else {
            &joined
        };
        // `ip saddr & 255.255.0.0 == …`, `tcp flags & (syn | ack) == syn`.
        let mask = if matches!(self.word(0), "&" | "and") && keys.len() == 1 {
            self.at = self.at.saturating_add(1);
            Some(self.flags())
        } else {
            None
        };
        let operator = match self.word(0) {
            "==" | "eq" => "==",
            "!=" | "neq" => "!=",
            "<" | "lt" => "<",
            ">" | "gt" => ">",
            "<=" | "le" => "<=",
            ">=" | "ge" => ">=",
            "vmap" => "vmap",
            "set" => "set",
            _ => "",
        };
        if !operator.is_empty() {
            self.at = self.at.saturating_add(1);
        }
        match operator {
            "vmap" => return self.verdict_map(keys),
            "set" => {
                // Changes a field or a mark; nothing is compared.
                self.at = statements::skip_expression(self.tokens, self.at);
                if matches!(
                    first,
                    Key::Source(_)
                        | Key::Destination(_)
                        | Key::SourcePort(_)
                        | Key::DestinationPort(_)
                ) {
                    self.doubt("addresses or ports are rewritten without connection tracking");
                }
                return false;
            }
            _ => {}
        }
        let exact = operator == "==";
        let negated = operator == "!=";
        if matches!(first, Key::Other(_, _, why) if why.contains("host are not in the file"))
            && self.word(0) == "missing"
            || self.word(0) == "exists"
        {
            self.at = self.at.saturating_add(1);
            self.other(keys);
            return false;
        }
        if let ([one], None) = (keys, &mask)
            && matches!(operator, "" | "==" | "!=")
            && !matches!(one, Key::Flags | Key::Other(..))
            && let Some(text) = self.single()
        {
            if let Err(why) = self.narrow(*one, &[text], negated) {
                self.fail(why);
            }
            return false;
        }
        let side = self.side();
        let Some(side) = side else {
            if let Key::Other(..) = first
                && self.at > start
            {
                self.other(keys);
                return false;
            }
            self.fail(format!(
                "`{}` is compared with nothing",
                short(self.tokens.get(start).map_or("", |t| t.text))
            ));
            return false;
        };
        if keys.iter().any(|key| matches!(key, Key::Other(..))) && keys.len() == 1 {
            if let Side::Named(name) = side {
                self.rule.uses.push(name);
            }
            if self.asks_for_new_destination(start) {
                self.doubt(translated::DESTINATION);
                return false;
            }
            self.other(keys);
            return false;
        }
        if let Some(mask) = mask {
            self.masked(first, &mask, &side, negated);
            return false;
        }
        if matches!(operator, "<" | ">" | "<=" | ">=") {
            self.ordered(first, operator, &side);
            return false;
        }
        self.compared(keys, side, negated, exact);
        false
    }

    /// `ct status dnat`, and nothing else of a connection.
    fn asks_for_new_destination(&self, start: usize) -> bool {
        let said = self.tokens.get(start..self.at).unwrap_or_default();
        let words: Vec<&str> = said.iter().map(|token| token.text).collect();
        matches!(
            words.as_slice(),
            ["ct", "status", "dnat"] | ["ct", "status", "==", "dnat"]
        )
    }

    fn other(&mut self, keys: &[Key]) {
        for key in keys {
            for matched in &mut self.alternatives {
                imply(*key, matched);
            }
            if let Key::Other(_, _, why) = key {
                self.doubt(why);
            }
        }
    }

    /// `(fin | syn)`, `fin,syn`, one word.
    fn flags(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.at) {
            match token.text {
                "(" => depth = depth.saturating_add(1),
                ")" => depth = depth.saturating_sub(1),
                "|" | "," | "or" => {}
                _ => {
                    all.push(token.text.to_owned());
                    let joined = self
                        .tokens
                        .get(self.at.saturating_add(1))
                        .is_some_and(|next| matches!(next.text, "|" | "or" | ","));
                    if depth == 0 && !joined {
                        self.at = self.at.saturating_add(1);
                        break;
                    }
                }
            }
            self.at = self.at.saturating_add(1);
            if depth == 0
                && self
                    .tokens
                    .get(self.at.saturating_sub(1))
                    .is_some_and(|t| t.is(")"))
            {
                break;
            }
        }
        all
    }

    /// The usual right side: one value, with nothing joined to it.
    fn single(&mut self) -> Option<&'t str> {
        let token = *self.tokens.get(self.at)?;
        let joined = self
            .tokens
            .get(self.at.saturating_add(1))
            .is_some_and(|next| matches!(next.text, "," | "|" | "/" | "."));
        let set = !token.quoted && token.text.starts_with(['{', '(', '@']);
        if joined || set || self.starts_expression() {
            return None;
        }
        self.at = self.at.saturating_add(1);
        Some(token.text)
    }

    /// Whether a number or an address stands here, as most values are: no key
    /// but one begins with a digit.
    #[inline]
    fn is_number(&self) -> bool {
        let token = self.tokens.get(self.at);
        token.is_some_and(|token| {
            token
                .text
                .as_bytes()
                .first()
                .is_some_and(u8::is_ascii_digit)
                && token.text != "8021q"
        })
    }

    /// Whether the next comparison starts here, where a value should stand.
    fn starts_expression(&self) -> bool {
        if self.is_number() {
            return false;
        }
        let Some((_, next)) = key(self.tokens, self.at) else {
            return false;
        };
        let protocol = matches!(
            self.word(0),
            "ip" | "ip6"
                | "tcp"
                | "udp"
                | "icmp"
                | "icmpv6"
                | "sctp"
                | "dccp"
                | "esp"
                | "ah"
                | "comp"
                | "gre"
                | "igmp"
                | "udplite"
                | "mh"
                | "vlan"
                | "arp"
                | "rt"
                | "dst"
                | "frag"
                | "hbh"
        );
        next > self.at.saturating_add(1) && !protocol
    }

    /// The right side of a comparison.
    fn side(&mut self) -> Option<Side> {
        let token = *self.tokens.get(self.at)?;
        if token.is("{") {
            let (all, next) = elements(self.tokens, self.at.saturating_add(1));
            self.at = next;
            return Some(Side::Elements(all));
        }
        if !token.quoted
            && let Some(name) = token.text.strip_prefix('@')
        {
            self.at = self.at.saturating_add(1);
            return Some(Side::Named(name.to_owned()));
        }
        if token.is("(")
            || self
                .tokens
                .get(self.at.saturating_add(1))
                .is_some_and(|t| matches!(t.text, "," | "|" | "/") && !t.quoted)
        {
            let value = self.flags();
            let mask = if self.word(0) == "/" {
                self.at = self.at.saturating_add(1);
                Some(self.flags())
            } else {
                None
            };
            return Some(Side::Flags(value, mask));
        }
        if self.starts_expression() {
            return None;
        }
        self.at = self.at.saturating_add(1);
        let mut parts = vec![token.text.to_owned()];
        while matches!(self.word(0), "." | "-") {
            let part = self.tokens.get(self.at.saturating_add(1))?;
            match parts.last_mut().filter(|_| self.word(0) == "-") {
                // `"10:00"-"12:00"`.
                Some(start) => *start = format!("{start}-{}", part.text),
                None => parts.push(part.text.to_owned()),
            }
            self.at = self.at.saturating_add(2);
        }
        Some(Side::Elements(vec![Element {
            parts,
            gives: Vec::new(),
            limited: false,
        }]))
    }

    fn compared(&mut self, keys: &[Key], side: Side, negated: bool, exact: bool) {
        let all = match side {
            Side::Elements(all) => Cow::Owned(all),
            Side::Flags(value, mask) => {
                return self.flag_list(keys, &value, mask.as_deref(), negated, exact);
            }
            Side::Named(name) => {
                let found = self.place.sets.get(&name);
                self.rule.uses.push(name.clone());
                match found {
                    Some(set) if !set.dynamic && !set.unlisted => {
                        Cow::Borrowed(set.elements.as_slice())
                    }
                    Some(set) => {
                        let why = if set.dynamic { CHANGING } else { UNLISTED };
                        for key in keys {
                            for matched in &mut self.alternatives {
                                imply(*key, matched);
                            }
                        }
                        return self.doubt(why);
                    }
                    None => return self.fail(format!("set `{}` is not in the file", short(&name))),
                }
            }
        };
        let limited = all.iter().any(|element| element.limited);
        let result = if let [one] = keys {
            let texts: Vec<&str> = all
                .iter()
                .filter_map(|element| element.parts.first().map(String::as_str))
                .collect();
            // One flag without a sign asks for that flag among others.
            if *one == Key::Flags && texts.len() == 1 && !negated && !exact && all.len() == 1 {
                let text = texts.first().copied().unwrap_or_default().to_owned();
                if !text.contains('|') {
                    return self.flag_list(keys, &[text], None, false, false);
                }
            }
            self.narrow(*one, &texts, negated)
        } else if negated {
            for key in keys {
                for matched in &mut self.alternatives {
                    imply(*key, matched);
                }
            }
            self.doubt("what a concatenation excludes is not modelled");
            return;
        } else {
            self.product(keys, &all)
        };
        if let Err(why) = result {
            self.fail(why);
        }
        self.note_keys(keys);
        if limited {
            self.doubt("it depends on how many packets come");
        }
    }

    /// Every alternative where the key is one of the values.
    fn narrow(&mut self, key: Key, texts: &[&str], negated: bool) -> Result<(), String> {
        let mut result = Ok(());
        for matched in &mut self.alternatives {
            result = result.and(compare(
                self.builder,
                key,
                texts,
                negated,
                matched,
                self.place.span,
            ));
        }
        result
    }

    fn note_keys(&mut self, keys: &[Key]) {
        let why = keys.iter().find_map(|key| match key {
            Key::Other(_, _, why) => Some(*why),
            _ => None,
        });
        if let Some(why) = why {
            self.rule.why.get_or_insert(Cow::Borrowed(why));
        }
    }

    /// Every alternative with every element of a concatenation.
    fn product(&mut self, keys: &[Key], all: &[Element]) -> Result<(), String> {
        if self.alternatives.len().saturating_mul(all.len()) > MAX_ALTERNATIVES {
            return Err("the set is too large to tell its members apart".to_owned());
        }
        let mut next = Vec::new();
        for matched in &self.alternatives {
            for element in all {
                let mut one = matched.clone();
                concatenated(self.builder, keys, element, &mut one, self.place.span)?;
                next.push(one);
            }
        }
        self.alternatives = next;
        Ok(())
    }

    /// `ct state vmap { established : accept, invalid : drop }`.
    fn verdict_map(&mut self, keys: &[Key]) -> bool {
        let Some(token) = self.tokens.get(self.at).copied() else {
            return false;
        };
        let all = if token.is("{") {
            let (all, next) = elements(self.tokens, self.at.saturating_add(1));
            self.at = next;
            Some(all)
        } else if let Some(name) = token.text.strip_prefix('@') {
            let name = name.to_owned();
            self.at = self.at.saturating_add(1);
            let found = self
                .place
                .sets
                .get(&name)
                .map(|map| (map.dynamic || map.unlisted, map.elements.clone()));
            self.rule.uses.push(name.clone());
            match found {
                Some((false, all)) => Some(all),
                Some((true, all)) => {
                    // The verdicts are those of the listed members, or none.
                    self.doubt("the members of the map change while it is used");
                    let verdicts: Vec<Does> = all
                        .iter()
                        .filter_map(|e| statements::verdict_of(&e.gives))
                        .collect();
                    for does in verdicts {
                        let matches = self.alternatives.clone();
                        self.rule.cases.push((matches, does));
                    }
                    let matches = self.alternatives.clone();
                    self.rule
                        .cases
                        .push((matches, Does::Unknown("a map decides whose members change")));
                    return self.after_map(true);
                }
                None => {
                    self.fail(format!("map `{}` is not in the file", short(&name)));
                    self.end(Does::Unknown("a map decides that is not in the file"));
                    return true;
                }
            }
        } else {
            None
        };
        let Some(mut all) = all else {
            return false;
        };
        let mut goes_on = false;
        // The element for all others is looked at last.
        all.sort_by_key(|element| element.parts.first().is_some_and(|part| part == "*"));
        for element in &all {
            let Some(does) = statements::verdict_of(&element.gives) else {
                self.fail("the map gives no verdict".to_owned());
                continue;
            };
            if does == Does::Continue {
                goes_on = true;
                continue;
            }
            let mut matches = self.alternatives.clone();
            let mut result = Ok(());
            for matched in &mut matches {
                result = result.and(concatenated(
                    self.builder,
                    keys,
                    element,
                    matched,
                    self.place.span,
                ));
            }
            if let Err(why) = result {
                self.fail(why);
                matches.clone_from(&self.alternatives);
            }
            self.rule.cases.push((matches, does));
        }
        self.note_keys(keys);
        self.after_map(goes_on)
    }

    /// What stands behind a map concerns only packets that it lets go on.
    fn after_map(&mut self, goes_on: bool) -> bool {
        while let Some((Statement::Nothing, next)) = statements::statement(self.tokens, self.at) {
            self.at = next;
        }
        if self.at >= self.tokens.len() {
            self.alternatives.clear();
            return true;
        }
        if let Some((Statement::Verdict(does), next)) = statements::statement(self.tokens, self.at)
        {
            self.at = next;
            // A packet without an element leaves the rule before this verdict.
            if goes_on && !matches!(does, Does::Continue) {
                self.doubt("what follows a map is not followed");
                self.end(does);
            }
            return true;
        }
        false
    }
}

/// The start of a word, for a message.
pub fn short(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}
