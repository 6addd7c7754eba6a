//! One rule: its match, its target, and what could not be read.

use std::borrow::Cow;

use super::lex::{Flag, Options, Word};
use super::options::{Read, SOURCE_TRANSLATED, TRANSLATED, option};
use super::tables::{Module, Target, module, target};
use crate::formats::firewall::shared::netfilter::build::Builder;
use crate::formats::firewall::shared::netfilter::matching::{Family, Match, states};
use crate::formats::firewall::shared::netfilter::translated;
use crate::model::asks::{Asks, digest};
use crate::model::firewall::ReasonId;
use crate::model::net::Protocol;
use crate::source::Span;

/// Of longer words only a digest is kept.
const LONGEST: usize = 512;

/// What happens to a packet that matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then<'f> {
    /// A target of the kernel.
    Target(Target),
    /// `-j CHAIN`, or a target that is not known.
    Jump(&'f str),
    /// `-g CHAIN`.
    Goto(&'f str),
    /// Nothing: the rule only counts.
    Nothing,
}

/// A rule as it was read.
#[derive(Debug)]
pub struct ReadRule<'f> {
    /// The packets; two alternatives where a state may be a translation.
    pub matches: Vec<Match>,
    /// What happens.
    pub then: Then<'f>,
    /// `--to-destination`, `--to-source`, `--to-ports`, `--to`.
    pub to: Vec<&'f str>,
    /// Why parts are not modelled.
    pub why: Option<Cow<'static, str>>,
    /// Whether something was not understood.
    pub bad: bool,
    /// Whether a table was named (`-t`).
    pub table: Option<&'f str>,
}

/// Reads the options after `-A CHAIN`.
pub fn read<'f>(
    builder: &mut Builder<'_>,
    family: Family,
    words: &[Word<'f>],
    span: Span,
) -> ReadRule<'f> {
    let mut matched = Match::all(family);
    let mut rule = ReadRule {
        matches: Vec::new(),
        then: Then::Nothing,
        to: Vec::new(),
        why: None,
        bad: false,
        table: None,
    };
    let mut last = "";
    // Whether options that are not read belong to a module or target.
    let mut open = false;
    let mut doubts: Vec<&'static str> = Vec::new();
    let known = builder.reasons();
    let mut asked = String::new();
    // Whether such options ask for something.
    let mut asks = false;
    for flag in Options::new(words) {
        let value = flag.value();
        match flag.name {
            "-m" | "--match" => {
                last = value;
                open = false;
                asks = !matches!(module(value), Some(Module::Code | Module::True));
                if asks || value == "recent" {
                    ask(&mut asked, &flag);
                }
                match module(value) {
                    Some(Module::Code) => {
                        if matches!(value, "icmp6" | "icmpv6" | "ipv6-icmp")
                            && matched.protocols.is_none()
                        {
                            matched.protocol(Protocol::ICMP6, false);
                        }
                    }
                    Some(Module::True) => open = true,
                    Some(Module::Unknown(why)) => {
                        open = true;
                        doubts.push(why);
                    }
                    None => {
                        rule.bad = true;
                        open = true;
                        note(&mut rule, builder, &mut matched, span, || {
                            format!("match module `{}` is not known", short(value))
                        });
                    }
                }
                continue;
            }
            "-j" | "--jump" => {
                open = true;
                asks = matches!(target(value), Some(Target::Unknown(_)));
                rule.then = match target(value) {
                    Some(Target::Continue) if value == "CT" && has_notrack(words) => {
                        Then::Target(Target::NoTrack)
                    }
                    Some(known) => Then::Target(known),
                    None => Then::Jump(value),
                };
                continue;
            }
            "-g" | "--goto" => {
                rule.then = Then::Goto(value);
                continue;
            }
            "-t" | "--table" => {
                rule.table = Some(value);
                continue;
            }
            "-c" | "--set-counters" | "-v" | "--verbose" | "-w" | "--wait" | "-4" | "--ipv4"
            | "-6" | "--ipv6" | "-n" | "--numeric" => continue,
            "--comment" | "--log-prefix" => continue,
            name if name.starts_with("--to") && is_translation(rule.then) => {
                if !value.is_empty() {
                    rule.to.push(value);
                }
                continue;
            }
            _ => {}
        }
        let before = builder.reasons();
        let read = option(builder, &mut matched, &flag, last);
        let translated = matches!(flag.name, "--state" | "--ctstate") && value.contains("NAT");
        let whole = !matches!(read, Read::Done) || builder.reasons() > before || translated;
        if (whole && !matches!(read, Read::Other))
            || (matches!(read, Read::Other) && (asks || !open))
        {
            ask(&mut asked, &flag);
        }
        match read {
            Read::Done => {}
            Read::Doubt(why) => doubts.push(why),
            Read::Bad => {
                rule.bad = true;
                note(&mut rule, builder, &mut matched, span, || {
                    format!("`{} {}` cannot be read", short(flag.name), short(value))
                });
            }
            Read::Other if open => {}
            Read::Other => {
                rule.bad = true;
                note(&mut rule, builder, &mut matched, span, || {
                    format!("option `{}` is not known", short(flag.name))
                });
            }
        }
    }
    doubts.dedup();
    for why in doubts {
        let id = builder.reason(why, span);
        matched.unknown.push(id);
        rule.why.get_or_insert(Cow::Borrowed(why));
    }
    if matched.states & TRANSLATED != 0 {
        let why = if matched.states & SOURCE_TRANSLATED != 0 {
            "whether a connection is translated is not followed here"
        } else {
            translated::DESTINATION
        };
        matched.states &= states::ALL;
        let mut second = matched.clone();
        second.states = states::ALL;
        second.unknown.push(builder.reason(why, span));
        rule.why.get_or_insert(Cow::Borrowed(why));
        rule.matches.push(matched);
        rule.matches.push(second);
    } else {
        rule.matches.push(matched);
    }
    if builder.reasons() > known {
        let alone = counts(&asked);
        if asked.len() > LONGEST {
            asked = digest(&asked);
        }
        builder.asked(
            known,
            &Asks {
                alone,
                ..Asks::of(asked)
            },
        );
    }
    rule
}

/// Adds an option to what a rule asks.
fn ask(asked: &mut String, flag: &Flag<'_, '_>) {
    if flag.negated {
        asked.push_str("! ");
    }
    for word in std::iter::once(flag.name)
        .chain(flag.joined)
        .chain(flag.values.iter().map(|word| word.text))
    {
        asked.push_str(word);
        asked.push(' ');
    }
}

/// Whether a module counts the packets of each rule, or throws a die for each.
fn counts(asked: &str) -> bool {
    asked.split_whitespace().any(|word| {
        matches!(
            word,
            "limit"
                | "hashlimit"
                | "dstlimit"
                | "fuzzy"
                | "nth"
                | "random"
                | "statistic"
                | "quota"
                | "connlimit"
                | "rateest"
                | "--listed-without-interfaces"
        )
    })
}

fn note(
    rule: &mut ReadRule<'_>,
    builder: &mut Builder<'_>,
    matched: &mut Match,
    span: Span,
    why: impl FnOnce() -> String,
) {
    let why = why();
    let id: ReasonId = builder.reason(why.clone(), span);
    matched.unknown.push(id);
    rule.why.get_or_insert(Cow::Owned(why));
}

fn is_translation(then: Then<'_>) -> bool {
    matches!(then, Then::Target(Target::Nat(_)))
}

fn has_notrack(words: &[Word<'_>]) -> bool {
    words
        .iter()
        .any(|word| !word.quoted && matches!(word.text, "--notrack" | "--no-track"))
}

/// The start of a word, for a message.
pub fn short(word: &str) -> String {
    word.chars().filter(|c| !c.is_control()).take(40).collect()
}
