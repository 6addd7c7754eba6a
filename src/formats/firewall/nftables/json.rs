//! The JSON form of a ruleset (libnftables-json(5)): every record is written
//! in words of nft, and those are read as text is.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use value::Value;

use super::ruleset::{self, Mapping};
use crate::formats::{Content, Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::model::asks::digest;
use crate::source::{SourceFile, Span};

mod statements;
mod value;

use statements::{elements, limit, quoted, quoted_name, statement};

/// Reads `nft -j list ruleset`.
pub fn read(file: &SourceFile) -> Document {
    let slices = records(file.text());
    // Words of nft are shorter than their records.
    let mut text = String::with_capacity(file.text().len() / 3);
    let mut places: Vec<(usize, Span)> = Vec::with_capacity(slices.len());
    let mut broken: Option<Span> = None;
    let mut states = Vec::with_capacity(slices.len());
    for (start, end) in slices {
        let span = Span::of(file.id(), start..end);
        places.push((text.len(), span));
        let record = file.text().get(start..end).unwrap_or_default();
        let state = match serde_json::from_str::<Value<'_>>(record) {
            Ok(value) => write_record(&mut text, &value),
            Err(_) => {
                broken.get_or_insert(span);
                LineState::Unrecognised
            }
        };
        states.push(state);
    }
    let mut ledger = Ledger::new(Unit::Records, 0);
    for state in states {
        ledger.push(state);
    }
    let written = rules_in(file, &text, &places);
    let mut document = ruleset::run(file, &text, Mapping::Records(&places, written), ledger);
    tell_records(file, &mut document);
    let closed = file.text().trim_end().ends_with('}');
    if broken.is_some() || !closed {
        let end = file.text().len();
        document.problems.push(Problem {
            level: ProblemLevel::Error,
            message: "the JSON text is cut off or not well formed".to_owned(),
            hint: Some("save the whole output of `nft -j list ruleset`".to_owned()),
            span: broken.unwrap_or_else(|| Span::of(file.id(), end..end)),
        });
    }
    document
}

/// The words of the rules that were written from records, without their chain:
/// conditions may depend on what rules do to packets.
fn rules_in(file: &SourceFile, text: &str, records: &[(usize, Span)]) -> HashMap<Span, Box<str>> {
    let depends = [" set ", "add ", "update ", "delete ", "notrack"];
    if !depends
        .iter()
        .any(|word| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some())
    {
        return HashMap::new();
    }
    let ends = records.iter().skip(1).map(|(start, _)| *start);
    let ends = ends.chain([text.len()]);
    let rules = records.iter().zip(ends).filter_map(|((start, span), end)| {
        let rule = text.get(*start..end)?.strip_prefix("add rule ")?;
        let (_, chain) = rule.split_once('"')?;
        let (_, words) = chain.split_once('"')?;
        let record = file.slice(*span);
        let words = match is_lossy(record) {
            true => format!("{} {}", words.trim(), told(record)),
            false => words.trim().to_owned(),
        };
        Some((*span, words.into()))
    });
    rules.collect()
}

/// Adds to what conditions that are not modelled ask what their records say,
/// where the words leave out some of it.
fn tell_records(file: &SourceFile, document: &mut Document) {
    for content in &mut document.content {
        let Content::Firewall(firewall) = content else {
            continue;
        };
        for known in &mut firewall.not_modelled {
            let range = known.span.start as usize..known.span.end as usize;
            let record = file.text().get(range).unwrap_or_default();
            let words = known.asks.words.as_deref().unwrap_or(&known.reason);
            let lost = ["unknown-statement", "nothing", "too-deep"];
            let whole =
                !is_lossy(record) && !words.split_whitespace().any(|word| lost.contains(&word));
            if !whole || known.asks.words.is_none() {
                known.asks.words = Some(format!("{words} {}", told(record)).into());
            }
        }
    }
}

/// Whether the words of a record leave out some of it.
fn is_lossy(record: &str) -> bool {
    LOSSY.as_ref().is_none_or(|lossy| lossy.is_match(record))
}

/// All that a record says of packets, as a digest.
fn told(record: &str) -> String {
    digest(&match &*CHANCE {
        Some(chance) => chance.replace_all(record, ""),
        None => Cow::Borrowed(record),
    })
}

/// Members of a record of which the words do not tell all.
static LOSSY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let statements = "meter|dup|flow|fwd|tproxy|synproxy|queue|secmark|xt|reset|masquerade";
    let objects = "ct helper|ct timeout|ct expectation";
    let keys = "osf|ipsec|rt|jhash|symhash|exthdr|tcp option";
    Regex::new(&format!("\"(?:{statements}|{objects}|{keys})\"\\s*:")).ok()
});

/// What a record says of names, places and counters.
static CHANCE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let text = r#""(?:comment|table|chain|target)"\s*:\s*"(?:[^"\\]|\\.)*""#;
    let number = r#""(?:handle|index|packets|bytes|used)"\s*:\s*[0-9]+"#;
    Regex::new(&format!("{text}|{number}|\\s+")).ok()
});

/// The elements of the array `nftables`, as ranges of bytes. What is cut off
/// at the end is an element, too.
fn records(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let Some(open) = text
        .find("\"nftables\"")
        .and_then(|at| Some(at.saturating_add(text.get(at..)?.find('[')?)))
    else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let (mut depth, mut start) = (0usize, None);
    let mut at = open.saturating_add(1);
    while let Some(step) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| is_sign(*byte)))
    {
        at = at.saturating_add(step);
        match bytes.get(at) {
            Some(b'"') => at = end_of_string(bytes, at.saturating_add(1)),
            Some(b'{' | b'[') => {
                if depth == 0 {
                    start = Some(at);
                }
                depth = depth.saturating_add(1);
            }
            _ if depth == 0 => return all,
            _ => {
                depth = depth.saturating_sub(1);
                if depth == 0
                    && let Some(from) = start.take()
                {
                    all.push((from, at.saturating_add(1)));
                }
            }
        }
        at = at.saturating_add(1);
    }
    if let Some(from) = start {
        all.push((from, text.len()));
    }
    all
}

/// Whether a byte begins or ends a part of a record. Asked for every byte.
#[inline]
fn is_sign(byte: u8) -> bool {
    const SIGNS: [bool; 256] = {
        let mut signs = [false; 256];
        let mut left: &[u8] = b"\"{[}]";
        while let Some((sign, rest)) = left.split_first() {
            signs[*sign as usize] = true;
            left = rest;
        }
        signs
    };
    SIGNS.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Where the quotation mark stands that ends a string.
fn end_of_string(bytes: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(step) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|byte| matches!(byte, b'"' | b'\\')))
    {
        at = at.saturating_add(step);
        if bytes.get(at) == Some(&b'"') {
            return at;
        }
        at = at.saturating_add(2);
    }
    bytes.len()
}

/// Writes one record as a command; the state of records without one.
fn write_record(out: &mut String, value: &Value<'_>) -> LineState {
    // Commands (`{"add": {"table": …}}`) hold the object one level deeper.
    let object = match value.get("add").or_else(|| value.get("create")) {
        Some(inner) => inner,
        None => value,
    };
    let Some((kind, body)) = object.kind() else {
        return LineState::Unrecognised;
    };
    let start = out.len();
    let state = write_object(out, kind, body);
    if out.len() > start {
        // A line break in a name would begin another command.
        let written = out.get(start..).unwrap_or_default();
        if memchr::memchr2(b'\n', b'\r', written.as_bytes()).is_some() {
            let clean = written.replace(['\n', '\r'], " ");
            out.truncate(start);
            out.push_str(&clean);
        }
        out.push('\n');
    }
    state
}

fn write_object(out: &mut String, kind: &str, body: &Value<'_>) -> LineState {
    let field = |name: &str| text_of(body.get(name));
    let family = field("family");
    let table = field("table");
    match kind {
        "metainfo" => return LineState::Irrelevant,
        "table" => {
            let dormant = contains(body.get("flags"), "dormant");
            let flags = if dormant { " { flags dormant; }" } else { "" };
            _ = write!(out, "table {family} {}{flags}", field("name"));
        }
        "chain" => {
            let name = field("name");
            if body.get("hook").is_none() {
                _ = write!(out, "add chain {family} {table} {name} {{ }}");
                return LineState::Unrecognised;
            }
            _ = write!(
                out,
                "add chain {family} {table} {name} {{ type {} hook {}",
                field("type"),
                field("hook"),
            );
            match body.get("dev") {
                Some(Value::Array(all)) => {
                    out.push_str(" devices = { ");
                    for (index, device) in all.iter().enumerate() {
                        out.push_str(if index == 0 { "" } else { ", " });
                        quoted(out, device);
                    }
                    out.push_str(" }");
                }
                Some(device) => {
                    out.push_str(" device ");
                    quoted(out, device);
                }
                None => {}
            }
            _ = write!(out, " priority {};", text_of(body.get("prio")));
            if let Some(policy) = body.get("policy") {
                _ = write!(out, " policy {};", text_of(Some(policy)));
            }
            out.push_str(" }");
        }
        "set" | "map" => {
            _ = write!(out, "add {kind} {family} {table} {} {{", field("name"));
            let flags = list_of(body.get("flags")).join(",");
            if !flags.is_empty() {
                _ = write!(out, " flags {flags};");
            }
            for (name, unit) in [("size", ""), ("timeout", "s")] {
                if let Some(value) = body.get(name) {
                    _ = write!(out, " {name} {}{unit};", text_of(Some(value)));
                }
            }
            let statements = body.get("stmt").and_then(Value::as_array);
            for one in statements.unwrap_or_default() {
                out.push(' ');
                statement(out, one);
                out.push(';');
            }
            if let Some(Value::Array(all)) = body.get("elem")
                && !all.is_empty()
            {
                out.push_str(" elements = { ");
                elements(out, all);
                out.push_str(" };");
            }
            out.push_str(" }");
        }
        "element" => {
            if let Some(Value::Array(all)) = body.get("elem") {
                let name = field("name");
                _ = write!(out, "add element {family} {table} {name} {{ ");
                elements(out, all);
                out.push_str(" }");
            }
        }
        "rule" => {
            for part in ["add rule ", &family, " ", &table, " "] {
                out.push_str(part);
            }
            quoted_name(out, &field("chain"));
            out.push(' ');
            if let Some(Value::Array(all)) = body.get("expr") {
                for (index, one) in all.iter().enumerate() {
                    out.push_str(if index == 0 { "" } else { " " });
                    statement(out, one);
                }
            }
        }
        "quota" | "limit" => {
            let told = words_of_limit(kind, body);
            _ = write!(
                out,
                "add {kind} {family} {table} {} {{ {told} }}",
                field("name")
            );
            return LineState::Irrelevant;
        }
        "flowtable" | "counter" | "ct helper" | "ct timeout" | "ct expectation" | "secmark"
        | "synproxy" => return LineState::Irrelevant,
        "flush" if body.get("ruleset").is_some() => out.push_str("flush ruleset"),
        _ => {}
    }
    LineState::Unrecognised
}

/// What an object says of how much passes, without its kind.
fn words_of_limit(kind: &str, body: &Value<'_>) -> String {
    let mut told = String::new();
    limit(&mut told, kind, body);
    told.split_once(' ')
        .map_or(String::new(), |(_, told)| told.to_owned())
}

fn text_of<'v>(value: Option<&'v Value<'_>>) -> Cow<'v, str> {
    match value {
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(Value::Number(number)) => Cow::Owned(number.to_string()),
        _ => Cow::Borrowed(""),
    }
}

fn list_of<'v>(value: Option<&'v Value<'_>>) -> Vec<Cow<'v, str>> {
    match value {
        Some(Value::Array(all)) => all.iter().map(|one| text_of(Some(one))).collect(),
        Some(one) => vec![text_of(Some(one))],
        None => Vec::new(),
    }
}

fn contains(value: Option<&Value<'_>>, word: &str) -> bool {
    list_of(value).iter().any(|one| one == word)
}
