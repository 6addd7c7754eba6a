//! What a rule does, besides comparing.

use super::lex::Token;
use super::rule::Does;
use crate::formats::firewall::iptables::tables::{Target, target};
use crate::formats::firewall::shared::netfilter::nat::Translation;

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Statement {
    /// Changes nothing about which packets pass.
    Nothing,
    /// Logs.
    Log,
    /// May end the rule, for a reason that is not modelled.
    Doubt(&'static str),
    /// Changes a set; whether with a limit.
    Uses(String, bool),
    /// Decides.
    Verdict(Does),
    /// `jump {` or `goto {` (`true`).
    Inline(bool),
}

const LIMIT: &str = "it depends on how many packets come";
const MATCH: &str = "a match of iptables is not shown here";
const TARGET: &str = "a target of iptables is not shown here";

/// Reads a statement; the place after it.
pub fn statement(tokens: &[Token<'_>], at: usize) -> Option<(Statement, usize)> {
    let token = tokens.get(at)?;
    if token.quoted {
        return None;
    }
    let next = |step: usize| {
        tokens
            .get(at.saturating_add(step))
            .map_or("", |token| token.text)
    };
    let after = |count: usize| at.saturating_add(count);
    let done = |statement: Statement, count: usize| Some((statement, after(count)));
    match token.text {
        // What most comparisons begin with.
        "ip" | "ip6" | "tcp" | "udp" | "iifname" | "oifname" | "iif" | "oif" => None,
        "accept" => done(Statement::Verdict(Does::Accept), 1),
        "drop" => done(Statement::Verdict(Does::Drop), 1),
        "continue" => done(Statement::Verdict(Does::Continue), 1),
        "return" => done(Statement::Verdict(Does::Return), 1),
        "reject" => Some((Statement::Verdict(Does::Drop), tokens.len())),
        "jump" | "goto" => {
            let goes = token.text == "goto";
            if next(1) == "{" {
                return done(Statement::Inline(goes), 2);
            }
            let name = next(1).to_owned();
            done(
                Statement::Verdict(if goes {
                    Does::Goto(name)
                } else {
                    Does::Jump(name)
                }),
                2,
            )
        }
        "queue" => Some((
            Statement::Verdict(Does::Unknown(
                "a program outside the kernel decides (queue)",
            )),
            tokens.len(),
        )),
        "tproxy" => Some((
            Statement::Verdict(Does::Unknown(
                "a proxy on the firewall takes the packet (tproxy)",
            )),
            tokens.len(),
        )),
        "synproxy" => Some((
            Statement::Verdict(Does::Unknown(
                "a proxy on the firewall answers first (synproxy)",
            )),
            tokens.len(),
        )),
        "fwd" => Some((
            Statement::Verdict(Does::Unknown("the packet takes another way (fwd)")),
            tokens.len(),
        )),
        "notrack" => done(Statement::Verdict(Does::NoTrack), 1),
        "dnat" | "snat" | "masquerade" | "redirect" => {
            Some((translation(tokens, at, token.text), tokens.len()))
        }
        "counter" => match next(1) {
            "packets" => done(Statement::Nothing, 5),
            "name" => Some((Statement::Nothing, named(tokens, after(2)))),
            _ => done(Statement::Nothing, 1),
        },
        "last" => done(Statement::Nothing, if next(1) == "used" { 3 } else { 1 }),
        "log" => {
            let mut count = 1usize;
            loop {
                match next(count) {
                    "prefix" | "level" | "group" | "snaplen" | "queue-threshold" => {
                        count = count.saturating_add(2);
                    }
                    "flags" => {
                        count = count.saturating_add(2);
                        // `flags tcp sequence,options`, `flags ip options`.
                        while matches!(next(count), "sequence" | "options" | "," | "uid") {
                            count = count.saturating_add(1);
                        }
                    }
                    _ => break,
                }
            }
            done(Statement::Log, count)
        }
        "limit" | "quota" => {
            let mut count = 1usize;
            if next(1) == "name" {
                return Some((Statement::Doubt(LIMIT), named(tokens, after(2))));
            }
            while matches!(
                next(count),
                "rate"
                    | "over"
                    | "until"
                    | "burst"
                    | "packets"
                    | "bytes"
                    | "used"
                    | "mbytes"
                    | "kbytes"
                    | "packet"
                    | "byte"
                    | "/"
            ) || next(count).starts_with(|c: char| c.is_ascii_digit())
                || next(count).ends_with("/second")
            {
                count = count.saturating_add(1);
            }
            done(Statement::Doubt(LIMIT), count)
        }
        "comment" => done(Statement::Nothing, 2),
        "add" | "update" | "delete" if next(1).starts_with('@') => {
            let name = next(1).trim_start_matches('@').to_owned();
            let (end, limited) = braces(tokens, after(2));
            Some((Statement::Uses(name, limited), end))
        }
        "set" if matches!(next(1), "add" | "update" | "delete") => {
            let mut count = 2usize;
            while !next(count).is_empty() && !next(count).starts_with('@') {
                count = count.saturating_add(1);
            }
            let name = next(count).trim_start_matches('@').to_owned();
            done(Statement::Uses(name, false), count.saturating_add(1))
        }
        "meter" => {
            let mut count = 1usize;
            while !next(count).is_empty() && next(count) != "{" {
                count = count.saturating_add(1);
            }
            let (end, _) = braces(tokens, after(count));
            Some((Statement::Doubt(LIMIT), end))
        }
        "flow" => done(Statement::Nothing, 3),
        "dup" => {
            let to = after(if next(1) == "to" { 2 } else { 1 });
            let mut end = skip_expression(tokens, to);
            if tokens.get(end).is_some_and(|token| token.is("device")) {
                end = skip_expression(tokens, end.saturating_add(1));
            }
            Some((Statement::Nothing, end))
        }
        "reset" => done(Statement::Nothing, 4),
        "secmark" => done(Statement::Nothing, 1),
        "nftrace" if next(1) == "set" => done(Statement::Nothing, 3),
        "xt" => Some(of_iptables(tokens, at)),
        remark if remark.starts_with('#') => done(Statement::Doubt(MATCH), 1),
        "ct" if matches!(
            next(1),
            "helper" | "timeout" | "expectation" | "mark" | "label" | "zone" | "event" | "secmark"
        ) && next(2) == "set" =>
        {
            Some((Statement::Nothing, skip_expression(tokens, after(3))))
        }
        "ct" if next(3) == "set" && matches!(next(1), "original" | "reply") => {
            Some((Statement::Nothing, skip_expression(tokens, after(4))))
        }
        "meta" if next(2) == "set" => Some((Statement::Nothing, skip_expression(tokens, after(3)))),
        "mark" | "priority" | "pkttype" if next(1) == "set" => {
            Some((Statement::Nothing, skip_expression(tokens, after(2))))
        }
        "ether" | "vlan" if next(2) == "set" => {
            Some((Statement::Nothing, skip_expression(tokens, after(3))))
        }
        _ => None,
    }
}

/// `xt match "recent"`, `xt target "REJECT"`: what nft cannot translate of a
/// rule of iptables-nft. Other statements of the rule stand around it.
fn of_iptables(tokens: &[Token<'_>], at: usize) -> (Statement, usize) {
    let word = |step: usize| {
        tokens
            .get(at.saturating_add(step))
            .map_or("", |token| token.text)
    };
    let statement = match (word(1), target(word(2))) {
        ("match" | "watcher", _) => Statement::Doubt(MATCH),
        ("target", Some(Target::Accept)) => Statement::Verdict(Does::Accept),
        ("target", Some(Target::Drop)) => Statement::Verdict(Does::Drop),
        ("target", Some(Target::Return)) => Statement::Verdict(Does::Return),
        ("target", Some(Target::NoTrack)) => Statement::Verdict(Does::NoTrack),
        ("target", Some(Target::Continue)) => Statement::Nothing,
        ("target", Some(Target::Nat(how @ Translation::Masquerade))) => {
            Statement::Verdict(Does::Translate(how, Vec::new()))
        }
        ("target", Some(Target::Unknown(why))) => Statement::Verdict(Does::Unknown(why)),
        _ => Statement::Verdict(Does::Unknown(TARGET)),
    };
    (statement, at.saturating_add(3))
}

/// The place after the name of an object, or after the map that gives one:
/// `name "x"`, `name tcp dport map {…}`.
fn named(tokens: &[Token<'_>], at: usize) -> usize {
    if tokens.get(at).is_some_and(|token| token.quoted) {
        at.saturating_add(1)
    } else {
        skip_expression(tokens, at)
    }
}

/// The place after a block that starts at `at`, and whether it has a limit.
fn braces(tokens: &[Token<'_>], at: usize) -> (usize, bool) {
    let mut depth = 0usize;
    let mut limited = false;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        if token.is("{") {
            depth = depth.saturating_add(1);
        } else if token.is("}") {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return (index.saturating_add(1), limited);
            }
        }
        limited |= token.is("limit") || token.is("quota") || token.is("ct");
    }
    (tokens.len(), limited)
}

/// The place after the value of `… set VALUE`.
pub fn skip_expression(tokens: &[Token<'_>], at: usize) -> usize {
    let word = |index: usize| tokens.get(index).map_or("", |token| token.text);
    let mut index = at;
    while word(index) == "(" {
        index = index.saturating_add(1);
    }
    if let Some((_, next)) = super::keys::key(tokens, index)
        && next <= tokens.len()
    {
        index = next;
    } else {
        index = index.saturating_add(1);
    }
    loop {
        match word(index) {
            "." => {
                index = super::keys::key(tokens, index.saturating_add(1))
                    .map_or(index.saturating_add(2), |(_, next)| next);
            }
            "&" | "|" | "^" | "<<" | ">>" | "and" | "or" | "xor" | "offset" | "mod" => {
                index = index.saturating_add(2);
            }
            "," => index = index.saturating_add(2),
            "(" | ")" => index = index.saturating_add(1),
            "map" => {
                index = index.saturating_add(1);
                index = if word(index) == "{" {
                    braces(tokens, index).0
                } else {
                    index.saturating_add(1)
                };
            }
            _ => return index,
        }
    }
}

/// `dnat ip to 10.0.0.5:25`, `masquerade to :1024-65535`, `redirect to :25`.
fn translation(tokens: &[Token<'_>], at: usize, word: &str) -> Statement {
    let rest = tokens.get(at.saturating_add(1)..).unwrap_or_default();
    let to = rest.iter().position(|token| token.is("to"));
    let target = to
        .and_then(|index| rest.get(index.saturating_add(1)..))
        .unwrap_or_default();
    let how = match word {
        "dnat" => Translation::Destination,
        "snat" => Translation::Source,
        "masquerade" => Translation::Masquerade,
        _ => Translation::Redirect,
    };
    // `to 10.0.0.5 : 25` has its port apart.
    let mut text: String = target.first().map_or("", |token| token.text).to_owned();
    let mut used = 1usize;
    // So does `addr . port to 10.0.0.5 . 25`.
    if target
        .get(1)
        .is_some_and(|token| token.is(":") || token.is("."))
        && let Some(port) = target.get(2)
    {
        let sign = if text.contains(':') {
            format!("[{text}]:")
        } else {
            format!("{text}:")
        };
        text = sign + port.text;
        used = 3;
    }
    let plain = target.iter().skip(used).all(|token| {
        matches!(
            token.text,
            "random" | "fully-random" | "persistent" | "," | "comment"
        ) || token.quoted
    });
    let before = to.unwrap_or(0);
    let prefix = rest.iter().take(before).any(|token| token.is("prefix"));
    let simple = plain && !prefix;
    match how {
        Translation::Masquerade | Translation::Redirect => {
            Statement::Verdict(Does::Translate(how, Vec::new()))
        }
        _ if simple => Statement::Verdict(Does::Translate(how, vec![text])),
        // A map or a hash: which address, is not told here.
        _ => Statement::Verdict(Does::Translate(how, Vec::new())),
    }
}

/// The verdict that a map gives.
pub fn verdict_of(words: &[String]) -> Option<Does> {
    let name = || words.get(1).cloned();
    Some(match words.first()?.as_str() {
        "accept" => Does::Accept,
        "drop" | "reject" => Does::Drop,
        "continue" => Does::Continue,
        "return" => Does::Return,
        "jump" => Does::Jump(name()?),
        "goto" => Does::Goto(name()?),
        "queue" => Does::Unknown("a program outside the kernel decides (queue)"),
        _ => return None,
    })
}
