//! Chains as `iptables -L` prints them, with or without `-v`, `-n`, `-x` and
//! `--line-numbers` (iptables(8), `-L`; the print functions of
//! iptables-extensions(8) 1.4 to 1.8).
//!
//! A row is turned into the words of `-A CHAIN`, so that dumps and listings
//! mean the same. Without `-v` the listing leaves out interfaces: each of its
//! rules may hold for some of them only.

use super::lex::Word;
use crate::formats::firewall::shared::netfilter::words;

/// What a listing shows of a rule, as its header says.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    number: bool,
    counters: bool,
    /// Whether interfaces are shown.
    pub interfaces: bool,
}

/// `Chain INPUT (policy DROP 0 packets, 0 bytes)`, `Chain USER (2 references)`:
/// name, and policy of a built-in chain.
pub fn heading(text: &str) -> Option<(&str, Option<&str>)> {
    let (name, rest) = text.strip_prefix("Chain ")?.split_once(" (")?;
    let mut words = rest.split([' ', ')']);
    let first = words.next()?;
    let second = words.next()?;
    match first {
        "policy" => Some((name, Some(second))),
        _ if second.starts_with("reference") && first.parse::<u32>().is_ok() => Some((name, None)),
        _ => None,
    }
}

/// The line below a heading.
pub fn columns(text: &str) -> Option<Columns> {
    let has = |word: &str| text.split_whitespace().any(|found| found == word);
    (has("target") && has("prot") && has("source") && has("destination")).then(|| Columns {
        number: has("num"),
        counters: has("pkts"),
        interfaces: has("in"),
    })
}

/// A typed command that lists rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Typed<'f> {
    /// Whether it asks for rules of IPv6.
    pub v6: bool,
    /// The table.
    pub table: &'f str,
    /// Whether it prints rules as commands (`-S`), and not as rows (`-L`).
    pub as_commands: bool,
}

/// The listings of a line: `iptables -t nat -L -n; ip6tables -S`, with what stands
/// before it (a prompt, `sudo`, a heading).
pub fn commands(text: &str) -> impl Iterator<Item = Typed<'_>> {
    // A rule may speak of such a command in its comment.
    let prompted = || {
        let first = text.split(' ').next().unwrap_or_default();
        text.starts_with('[') && first.contains('@')
    };
    let rule = text.starts_with(['-', '[', ':', '*']) && !prompted();
    let speaks = !rule && memchr::memmem::find(text.as_bytes(), b"tables").is_some();
    let parts = text
        .split([';', '&', '|', '(', ')'])
        .filter(move |_| speaks);
    parts.filter_map(command)
}

fn command(text: &str) -> Option<Typed<'_>> {
    let mut words = text.split_whitespace();
    let program = words
        .by_ref()
        .take_while(|word| *word != "/*")
        .find_map(|word| {
            let name = word.trim_matches(['\'', '"']);
            let name = name.rsplit('/').next().unwrap_or_default();
            let name = name.split('-').next().unwrap_or_default();
            matches!(name, "iptables" | "ip6tables").then_some(name)
        })?;
    let (mut lists, mut as_commands, mut table) = (false, false, "filter");
    while let Some(word) = words.next() {
        let word = word.trim_matches(['\'', '"']);
        match word {
            "-t" | "--table" => table = words.next()?,
            "--list" => lists = true,
            "--list-rules" => as_commands = true,
            _ if word.starts_with("--table=") => table = word.split_once('=')?.1,
            _ if word.starts_with("--") => {}
            _ if word.starts_with("-t") => table = word.get(2..)?,
            _ if word.starts_with('-') => {
                lists |= word.contains('L');
                as_commands |= word.contains('S');
            }
            _ => {}
        }
    }
    (lists || as_commands).then_some(Typed {
        v6: program == "ip6tables",
        table,
        as_commands,
    })
}

/// Whether a table has a built-in chain.
pub fn holds(table: &str, chain: &str) -> bool {
    match table {
        "mangle" => true,
        "nat" => chain != "FORWARD",
        "raw" => matches!(chain, "PREROUTING" | "OUTPUT"),
        _ => matches!(chain, "INPUT" | "FORWARD" | "OUTPUT"),
    }
}

/// The table that holds built-in chains of these names.
pub fn table_of(chains: &[&str]) -> &'static str {
    let has = |name: &str| chains.contains(&name);
    match (has("PREROUTING"), has("FORWARD"), has("POSTROUTING")) {
        (true, true, _) => "mangle",
        (true, false, true) => "nat",
        (true, false, false) => "raw",
        _ => "filter",
    }
}

/// Writes a row as the options of `-A CHAIN`. `None` for what is no row.
pub fn rule<'f>(columns: Columns, v6: bool, text: &'f str, out: &mut Vec<Word<'f>>) -> Option<()> {
    let skipped = usize::from(columns.number).saturating_add(2 * usize::from(columns.counters));
    // The rest of a row that was broken begins with other words.
    let number = |word: &str| {
        let digits = word.trim_end_matches(['K', 'M', 'G', 'T', 'P']);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !text.split_whitespace().take(skipped).all(number) {
        return None;
    }
    let words: Vec<&str> = text.split_whitespace().skip(skipped).collect();
    let place = |index: usize| words.get(index).copied().unwrap_or_default();
    let is_opt = |word: &str| matches!(word, "--" | "-f" | "!f");
    let ends = if columns.interfaces { 2 } else { 0 };
    // The columns of target and of fragments may be empty.
    let (target, protocol, opt, next) = if is_opt(place(2)) {
        (place(0), place(1), place(2), 3)
    } else if is_opt(place(1)) {
        ("", place(0), place(1), 2)
    } else if is_address(place(2usize.saturating_add(ends))) {
        (place(0), place(1), "", 2)
    } else {
        ("", place(0), "", 1)
    };
    let (ingress, egress, next) = if columns.interfaces {
        (
            place(next),
            place(next.saturating_add(1)),
            next.saturating_add(2),
        )
    } else {
        ("*", "*", next)
    };
    let (source, destination) = (place(next), place(next.saturating_add(1)));
    let bare = protocol.strip_prefix('!').unwrap_or(protocol);
    if destination.is_empty() || bare != "all" && words::protocol(bare).is_none() {
        return None;
    }
    let mut row = Row { out, v6 };
    row.unless(protocol, &["all", "0"], "-p");
    row.unless(source, &["0.0.0.0/0", "::/0", "anywhere"], "-s");
    row.unless(destination, &["0.0.0.0/0", "::/0", "anywhere"], "-d");
    row.unless(ingress, &["*", "any"], "-i");
    row.unless(egress, &["*", "any"], "-o");
    match opt {
        "-f" => row.option("-f"),
        "!f" => {
            row.option("!");
            row.option("-f");
        }
        _ => {}
    }
    if !columns.interfaces {
        row.option("--listed-without-interfaces");
    }
    let extras = words.get(next.saturating_add(2)..).unwrap_or_default();
    let ended = row.extras(extras, target);
    if !target.is_empty() {
        row.option(if ended.goes { "-g" } else { "-j" });
        row.value(target);
    }
    if ended.untracked {
        row.option("--notrack");
    }
    if let Some(to) = ended.to {
        row.option("--to-destination");
        row.value(to);
    }
    Some(())
}

/// Whether a line is like the end of a row: what stands behind its addresses.
pub fn is_rest(text: &str) -> bool {
    const STATES: [&str; 5] = ["NEW", "RELATED", "ESTABLISHED", "INVALID", "UNTRACKED"];
    let known = |word: &str| {
        ["dpt:", "spt:", "dpts:", "spts:", "to:", "/*"]
            .iter()
            .any(|start| word.starts_with(start))
            || matches!(word, "multiport" | "match-set" | "reject-with")
            // `state UP` is one of an interface.
            || STATES.contains(&word.split(',').next().unwrap_or_default())
    };
    text.split_whitespace().any(known)
}

fn is_address(word: &str) -> bool {
    let base = word
        .trim_start_matches('!')
        .split('/')
        .next()
        .unwrap_or_default();
    base == "anywhere" || base.parse::<std::net::IpAddr>().is_ok()
}

/// Whether a word of the target `CT` switches connection tracking off: 1.8
/// prints `CT notrack`, or `NOTRACK` for a rule that was given so.
fn untracks(word: &&str) -> bool {
    matches!(*word, "notrack" | "NOTRACK")
}

/// What the rest of a row says of its target.
#[derive(Default)]
struct Ended<'f> {
    goes: bool,
    untracked: bool,
    to: Option<&'f str>,
}

struct Row<'w, 'f> {
    out: &'w mut Vec<Word<'f>>,
    v6: bool,
}

impl<'f> Row<'_, 'f> {
    fn option(&mut self, text: &'static str) {
        self.out.push(Word {
            text,
            quoted: false,
        });
    }

    /// Never an option, whatever it looks like.
    fn value(&mut self, text: &'f str) {
        self.out.push(Word { text, quoted: true });
    }

    /// `option value`, negated by a mark at the start of the value.
    fn add(&mut self, negated: bool, option: &'static str, value: &'f str) {
        let bare = value.strip_prefix('!');
        if negated || bare.is_some() {
            self.option("!");
        }
        self.option(option);
        self.value(bare.unwrap_or(value));
    }

    fn unless(&mut self, value: &'f str, any: &[&str], option: &'static str) {
        if !any.contains(&value) {
            self.add(false, option, value);
        }
    }

    /// A module that is not modelled.
    fn module(&mut self, name: &'static str) {
        self.option("-m");
        self.option(name);
    }

    /// Reads what stands behind the destination.
    fn extras(&mut self, words: &[&'f str], target: &str) -> Ended<'f> {
        let mut ended = Ended {
            to: words.iter().find_map(|word| word.strip_prefix("to:")),
            untracked: target == "CT" && words.iter().any(untracks),
            ..Ended::default()
        };
        let mut rest = Rest(words);
        let mut negated = false;
        while let Some(word) = rest.next() {
            let not = std::mem::take(&mut negated);
            match word {
                "!" => negated = true,
                "[goto]" => ended.goes = true,
                "/*" => while rest.next().is_some_and(|word| word != "*/") {},
                // The target's own words come last.
                _ if word == target => break,
                "reject-with" | "redir" | "masq" | "NOTRACK" => break,
                _ if word.starts_with("to:") || self.known(not, word, &mut rest) => {}
                _ => {
                    match unmodelled(word) {
                        Some(module) => self.module(module),
                        None => self.add(false, "--listed", word),
                    }
                    // What follows may belong to it: the rule is in doubt anyway.
                    break;
                }
            }
        }
        ended
    }

    /// One condition that is modelled; false for another one.
    fn known(&mut self, not: bool, word: &'f str, rest: &mut Rest<'_, 'f>) -> bool {
        let icmp = if self.v6 {
            "--icmpv6-type"
        } else {
            "--icmp-type"
        };
        match word {
            "tcp" | "udp" | "udplite" | "sctp" | "dccp" => {}
            "tcpflags:" => return self.flags("", rest),
            "icmp" | "ipv6-icmp" => match rest.take() {
                "type" => self.kind(false, icmp, rest),
                "!type" => self.kind(true, icmp, rest),
                name => self.add(false, icmp, name),
            },
            "icmptype" | "ipv6-icmptype" => self.kind(false, icmp, rest),
            "!icmptype" | "!ipv6-icmptype" => self.kind(true, icmp, rest),
            "multiport" => {
                let option = match rest.take() {
                    "sports" => "--sports",
                    "dports" => "--dports",
                    "ports" => "--ports",
                    _ => return false,
                };
                self.module("multiport");
                self.add(not, option, rest.take());
            }
            "source" | "destination" => {
                let (_, _, mut value) = (rest.take(), rest.take(), rest.take());
                let turned = value == "!";
                if turned {
                    value = rest.take();
                }
                let option = if word == "source" {
                    "--src-range"
                } else {
                    "--dst-range"
                };
                self.add(not || turned, option, value);
            }
            "state" | "ctstate" => self.add(not, "--ctstate", rest.take()),
            "ADDRTYPE" => {
                self.module("addrtype");
                rest.take();
            }
            "src-type" => self.add(not, "--src-type", rest.take()),
            "dst-type" => self.add(not, "--dst-type", rest.take()),
            "recent:" => {
                self.module("recent");
                // Remembering alone always matches.
                let only = rest.take() == "SET" && !not;
                self.option(if only { "--set" } else { "--rcheck" });
                while rest.0.first().is_some_and(|word| word.ends_with(':')) {
                    rest.take();
                    rest.take();
                }
            }
            _ => return self.ported(word, rest),
        }
        true
    }

    /// `dpt:25`, `spts:!1024:65535`, `flags:0x17/0x02`; listings of
    /// 2013 hold `dpt:22flags: 0x17/0x02` and `tcpflags: 0x17/0x02`.
    fn ported(&mut self, word: &'f str, rest: &mut Rest<'_, 'f>) -> bool {
        let Some((name, value)) = word.split_once(':') else {
            return false;
        };
        let option = match name {
            "spt" | "spts" => "--sport",
            "dpt" | "dpts" => "--dport",
            "flags" => return self.flags(value, rest),
            _ => return false,
        };
        match value.strip_suffix("flags:") {
            Some(ports) => {
                self.add(false, option, ports);
                self.flags("", rest)
            }
            None => {
                self.add(false, option, value);
                true
            }
        }
    }

    /// `0x17/0x02`, in this word or behind it.
    fn flags(&mut self, value: &'f str, rest: &mut Rest<'_, 'f>) -> bool {
        let mut value = value;
        let mut not = false;
        while value.is_empty() || value == "!" {
            not |= value == "!";
            let Some(next) = rest.next() else {
                return false;
            };
            value = next;
        }
        let Some((mask, set)) = value.split_once('/') else {
            return false;
        };
        self.add(not, "--tcp-flags", mask);
        self.value(set);
        true
    }

    /// `3 code 1`.
    fn kind(&mut self, not: bool, option: &'static str, rest: &mut Rest<'_, 'f>) {
        self.add(not, option, rest.take());
        if rest.0.first() == Some(&"code") {
            rest.take();
            self.value(rest.take());
        }
    }
}

/// Words that are still to be read.
struct Rest<'w, 'f>(&'w [&'f str]);

impl<'f> Rest<'_, 'f> {
    fn next(&mut self) -> Option<&'f str> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    /// The next word; empty at the end.
    fn take(&mut self) -> &'f str {
        self.next().unwrap_or_default()
    }
}

/// The module that prints this word first, when it is not modelled.
fn unmodelled(word: &str) -> Option<&'static str> {
    Some(match word {
        "limit:" => "limit",
        "owner" => "owner",
        "mark" => "mark",
        "connmark" => "connmark",
        "match-set" => "set",
        "TIME" => "time",
        "STRING" => "string",
        "PHYSDEV" => "physdev",
        "policy" => "policy",
        "length" => "length",
        "TTL" => "ttl",
        "statistic" => "statistic",
        "rpfilter" => "rpfilter",
        "helper" => "helper",
        "#conn" => "connlimit",
        _ if word.starts_with("MAC") => "mac",
        _ => return None,
    })
}
