//! The JSON form of a ruleset (libnftables-json(5)): every record is written
//! in words of nft, and those are read as text is.

use serde_json::Value;

use super::ruleset::{self, Mapping};
use crate::formats::{Document, Ledger, LineState, Problem, ProblemLevel, Unit};
use crate::source::{SourceFile, Span};

/// Expressions nest at most this deep.
const MAX_DEPTH: usize = 64;

/// Reads `nft -j list ruleset`.
pub fn read(file: &SourceFile) -> Document {
    let slices = records(file.text());
    let mut text = String::new();
    let mut places: Vec<(usize, Span)> = Vec::with_capacity(slices.len());
    let mut broken: Option<Span> = None;
    let mut states = Vec::with_capacity(slices.len());
    for (start, end) in slices {
        let span = Span::of(file.id(), start..end);
        places.push((text.len(), span));
        let record = file.text().get(start..end).unwrap_or_default();
        let state = match serde_json::from_str::<Value>(record) {
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
    let mut document = ruleset::run(file, &text, Mapping::Records(&places), ledger);
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
    let (mut depth, mut start, mut string, mut escaped) = (0usize, None, false, false);
    for (at, byte) in bytes.iter().enumerate().skip(open.saturating_add(1)) {
        if string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string = true,
            b'{' | b'[' => {
                if depth == 0 {
                    start = Some(at);
                }
                depth = depth.saturating_add(1);
            }
            b'}' | b']' if depth == 0 => return all,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0
                    && let Some(from) = start.take()
                {
                    all.push((from, at.saturating_add(1)));
                }
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        all.push((from, text.len()));
    }
    all
}

/// Writes one record as a command; the state of records without one.
fn write_record(out: &mut String, value: &Value) -> LineState {
    // Commands (`{"add": {"table": …}}`) hold the object one level deeper.
    let object = match value.get("add").or_else(|| value.get("create")) {
        Some(inner) => inner,
        None => value,
    };
    let Some((kind, body)) = object.as_object().and_then(|object| object.iter().next()) else {
        return LineState::Unrecognised;
    };
    let field = |name: &str| text_of(body.get(name));
    let family = field("family");
    let place = format!("{family} {}", field("table"));
    match kind.as_str() {
        "metainfo" => return LineState::Irrelevant,
        "table" => {
            let dormant = contains(body.get("flags"), "dormant");
            let flags = if dormant { " { flags dormant; }" } else { "" };
            line(out, format!("table {family} {}{flags}", field("name")));
        }
        "chain" => {
            let name = field("name");
            if body.get("hook").is_none() {
                line(out, format!("add chain {place} {name} {{ }}"));
                return LineState::Unrecognised;
            }
            let devices = match body.get("dev") {
                Some(Value::Array(all)) => format!(
                    " devices = {{ {} }}",
                    all.iter().map(quoted).collect::<Vec<_>>().join(", ")
                ),
                Some(dev) => format!(" device {}", quoted(dev)),
                None => String::new(),
            };
            let policy = body.get("policy").map_or(String::new(), |policy| {
                format!(" policy {};", text_of(Some(policy)))
            });
            line(
                out,
                format!(
                    "add chain {place} {name} {{ type {} hook {}{devices} priority {};{policy} }}",
                    field("type"),
                    field("hook"),
                    text_of(body.get("prio"))
                ),
            );
        }
        "set" | "map" => {
            let flags = list_of(body.get("flags")).join(",");
            let mut inside = String::new();
            if !flags.is_empty() {
                inside.push_str(&format!(" flags {flags};"));
            }
            if body.get("timeout").is_some() {
                inside.push_str(" timeout 1s;");
            }
            if let Some(Value::Array(all)) = body.get("elem") {
                let members: Vec<String> = all.iter().map(element).collect();
                if !members.is_empty() {
                    inside.push_str(&format!(" elements = {{ {} }};", members.join(", ")));
                }
            }
            line(
                out,
                format!("add {kind} {place} {} {{{inside} }}", field("name")),
            );
        }
        "element" => {
            if let Some(Value::Array(all)) = body.get("elem") {
                let members: Vec<String> = all.iter().map(element).collect();
                let name = field("name");
                line(
                    out,
                    format!("add element {place} {name} {{ {} }}", members.join(", ")),
                );
            }
        }
        "rule" => {
            let mut words = Vec::new();
            if let Some(Value::Array(all)) = body.get("expr") {
                words.extend(all.iter().map(statement));
            }
            line(
                out,
                format!(
                    "add rule {place} {} {}",
                    quoted_name(&field("chain")),
                    words.join(" ")
                ),
            );
        }
        "flowtable" | "counter" | "quota" | "limit" | "ct helper" | "ct timeout"
        | "ct expectation" | "secmark" | "synproxy" => return LineState::Irrelevant,
        "flush" if body.get("ruleset").is_some() => line(out, "flush ruleset".to_owned()),
        _ => {}
    }
    LineState::Unrecognised
}

fn line(out: &mut String, text: String) {
    // A line break in a name would begin another command.
    out.push_str(&text.replace(['\n', '\r'], " "));
    out.push('\n');
}

fn text_of(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

fn list_of(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Array(all)) => all.iter().map(|one| text_of(Some(one))).collect(),
        Some(one) => vec![text_of(Some(one))],
        None => Vec::new(),
    }
}

fn contains(value: Option<&Value>, word: &str) -> bool {
    list_of(value).iter().any(|one| one == word)
}

/// A value in quotation marks, so that no word of it is a key.
fn quoted(value: &Value) -> String {
    let text = text_of(Some(value));
    if text.starts_with('@') || text == "*" {
        return text;
    }
    quoted_name(&text)
}

fn quoted_name(text: &str) -> String {
    format!("\"{}\"", text.replace('"', ""))
}

/// A member of a set or map.
fn element(value: &Value) -> String {
    match value {
        Value::Array(pair) if pair.len() == 2 => {
            let (key, gives) = (pair.first(), pair.get(1));
            let key = key.map_or(String::new(), |key| side(key, 0));
            let gives = gives.map_or(String::new(), |gives| match gives {
                Value::Object(_) => statement(gives),
                _ => side(gives, 0),
            });
            format!("{key} : {gives}")
        }
        _ => side(value, 0),
    }
}

/// The right side of a comparison.
fn side(value: &Value, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "too-deep".to_owned();
    }
    let inner = |value: &Value| side(value, depth.saturating_add(1));
    match value {
        Value::String(_) | Value::Number(_) => quoted(value),
        Value::Bool(true) => "exists".to_owned(),
        Value::Bool(false) => "missing".to_owned(),
        Value::Array(all) => all.iter().map(inner).collect::<Vec<_>>().join(","),
        Value::Object(object) => {
            let Some((kind, body)) = object.iter().next() else {
                return "nothing".to_owned();
            };
            match kind.as_str() {
                "prefix" => quoted_name(&format!(
                    "{}/{}",
                    text_of(body.get("addr")),
                    text_of(body.get("len"))
                )),
                "range" => match body {
                    Value::Array(ends) => quoted_name(
                        &list_of(Some(body))
                            .join("-")
                            .repeat(usize::from(ends.len() == 2)),
                    ),
                    _ => "nothing".to_owned(),
                },
                "set" => match body {
                    Value::Array(all) => {
                        format!(
                            "{{ {} }}",
                            all.iter().map(element).collect::<Vec<_>>().join(", ")
                        )
                    }
                    one => inner(one),
                },
                "concat" => match body {
                    Value::Array(all) => all.iter().map(inner).collect::<Vec<_>>().join(" . "),
                    _ => "nothing".to_owned(),
                },
                "elem" => {
                    let limited = body.get("limit").is_some() || body.get("quota").is_some();
                    let value = body.get("val").map_or(String::new(), inner);
                    let limit = if limited { " limit rate 1/second" } else { "" };
                    format!("{value}{limit}")
                }
                "|" => match body {
                    Value::Array(all) => all.iter().map(inner).collect::<Vec<_>>().join(" | "),
                    _ => "nothing".to_owned(),
                },
                _ => left(value, depth.saturating_add(1)),
            }
        }
        Value::Null => "nothing".to_owned(),
    }
}

/// What is looked at.
fn left(value: &Value, depth: usize) -> String {
    if depth > MAX_DEPTH {
        return "too-deep".to_owned();
    }
    let Some((kind, body)) = value.as_object().and_then(|object| object.iter().next()) else {
        return side(value, depth.saturating_add(1));
    };
    let inner = |value: &Value| left(value, depth.saturating_add(1));
    let field = |name: &str| text_of(body.get(name));
    match kind.as_str() {
        "payload" => match body.get("protocol") {
            Some(_) => format!("{} {}", field("protocol"), field("field")),
            None => format!("@{},{},{}", field("base"), field("offset"), field("len")),
        },
        "meta" => format!("meta {}", field("key")),
        "ct" => match (body.get("dir"), body.get("family")) {
            (Some(_), Some(_)) => {
                format!("ct {} {} {}", field("dir"), field("family"), field("key"))
            }
            (Some(_), None)
                if matches!(
                    field("key").as_str(),
                    "ip saddr" | "ip daddr" | "ip6 saddr" | "ip6 daddr"
                ) =>
            {
                format!("ct {} {}", field("dir"), field("key"))
            }
            (Some(_), None) => format!("ct {} {}", field("dir"), field("key")),
            (None, _) => format!("ct {}", field("key")),
        },
        "fib" => format!(
            "fib {} {}",
            list_of(body.get("flags")).join(" . "),
            field("result")
        ),
        "rt" => format!("rt {}", field("key")),
        "socket" => format!("socket {}", field("key")),
        "osf" => format!("osf {}", field("key")),
        "ipsec" => format!("ipsec {} {}", field("dir"), field("key")),
        "tcp option" => match body.get("field") {
            Some(_) => format!("tcp option {} {}", field("name"), field("field")),
            None => format!("tcp option {}", field("name")),
        },
        "ip option" => format!("ip option {} {}", field("name"), field("field")),
        "sctp chunk" => format!("sctp chunk {} {}", field("name"), field("field")),
        "exthdr" => format!("{} {}", field("name"), field("field")),
        "numgen" => format!("numgen {} mod {}", field("mode"), field("mod")),
        "jhash" => format!(
            "jhash {} mod {}",
            body.get("expr").map_or(String::new(), inner),
            field("mod")
        ),
        "symhash" => format!("symhash mod {}", field("mod")),
        "concat" => match body {
            Value::Array(all) => all.iter().map(inner).collect::<Vec<_>>().join(" . "),
            _ => "nothing".to_owned(),
        },
        sign @ ("&" | "|" | "^" | "<<" | ">>") => match body {
            Value::Array(all) => {
                let mut parts = all.iter();
                let first = parts.next().map_or(String::new(), inner);
                let rest: Vec<String> = parts
                    .map(|part| match part {
                        Value::Array(_) => {
                            let all = list_of(Some(part));
                            format!(
                                "({})",
                                all.iter()
                                    .map(|one| quoted_name(one))
                                    .collect::<Vec<_>>()
                                    .join(" | ")
                            )
                        }
                        _ => {
                            let text = side(part, depth.saturating_add(1));
                            if text.contains('|') {
                                format!("({text})")
                            } else {
                                text
                            }
                        }
                    })
                    .collect();
                format!("{first} {sign} {}", rest.join(&format!(" {sign} ")))
            }
            _ => "nothing".to_owned(),
        },
        "map" => format!(
            "{} map {}",
            body.get("key").map_or(String::new(), inner),
            body.get("data")
                .map_or(String::new(), |data| side(data, depth.saturating_add(1)))
        ),
        _ => side(value, depth.saturating_add(1)),
    }
}

/// One statement of a rule.
fn statement(value: &Value) -> String {
    let Some((kind, body)) = value.as_object().and_then(|object| object.iter().next()) else {
        return match value {
            Value::String(word) => word.clone(),
            _ => "nothing".to_owned(),
        };
    };
    let field = |name: &str| text_of(body.get(name));
    let over = body.get("inv").and_then(Value::as_bool).unwrap_or(false);
    match kind.as_str() {
        "match" => {
            let key = body
                .get("left")
                .map_or(String::new(), |value| left(value, 0));
            let value = body
                .get("right")
                .map_or(String::new(), |value| side(value, 0));
            let masked = body.get("left").and_then(|left| left.get("&")).is_some();
            let operator = match field("op").as_str() {
                "in" => String::new(),
                "==" => {
                    // For a flag, no sign asks for less than equality does.
                    let flags = key.ends_with("tcp flags") && !masked;
                    let set = value.starts_with('{') || value.starts_with('@');
                    if flags && !set || masked {
                        "==".to_owned()
                    } else {
                        String::new()
                    }
                }
                other => other.to_owned(),
            };
            let grouped = masked && (value.contains(',') || value.contains('|'));
            let value = if grouped {
                format!("({})", value.replace(',', " | "))
            } else {
                value
            };
            format!("{key} {operator} {value}")
        }
        "vmap" => format!(
            "{} vmap {}",
            body.get("key").map_or(String::new(), |key| left(key, 0)),
            body.get("data").map_or(String::new(), |data| side(data, 0))
        ),
        "accept" | "drop" | "continue" | "return" | "notrack" => kind.clone(),
        "reject" => "reject".to_owned(),
        "jump" | "goto" => format!("{kind} {}", quoted_name(&field("target"))),
        "counter" | "last" => "counter".to_owned(),
        "log" => "log".to_owned(),
        "limit" | "quota" => format!("{kind} {}rate 1/second", if over { "over " } else { "" }),
        "ct count" => "ct count over 1".to_owned(),
        "mangle" => format!(
            "{} set {}",
            body.get("key").map_or(String::new(), |key| left(key, 0)),
            body.get("value")
                .map_or(String::new(), |value| left(value, 0))
        ),
        "set" | "map" => {
            let limited = body
                .get("stmt")
                .and_then(Value::as_array)
                .is_some_and(|all| {
                    all.iter().any(|one| {
                        ["limit", "quota", "ct count"]
                            .iter()
                            .any(|word| one.get(word).is_some())
                    })
                });
            let limit = if limited { " limit rate 1/second" } else { "" };
            let name = text_of(body.get("set").or_else(|| body.get("map")));
            format!("{} {name} {{ x{limit} }}", field("op"))
        }
        "meter" => "meter x { x limit rate 1/second }".to_owned(),
        "dnat" | "snat" => {
            let family = field("family");
            let address = body
                .get("addr")
                .map_or(String::new(), |addr| left(addr, 0).replace('"', ""));
            let port = body
                .get("port")
                .map_or(String::new(), |port| left(port, 0).replace('"', ""));
            let address = if address.contains(':') && !port.is_empty() && !address.contains(' ') {
                format!("[{address}]")
            } else {
                address
            };
            let port = if port.is_empty() {
                port
            } else {
                format!(":{port}")
            };
            let prefix = contains(body.get("type_flags"), "prefix");
            let prefix = if prefix { "prefix " } else { "" };
            format!("{kind} {family} {prefix}to {address}{port}")
        }
        "masquerade" | "redirect" => kind.clone(),
        "queue" | "tproxy" | "synproxy" | "fwd" => kind.clone(),
        "dup" => "dup to x".to_owned(),
        "flow" => "flow add @x".to_owned(),
        "ct helper" | "ct timeout" | "ct expectation" | "secmark" => "secmark".to_owned(),
        "xt" => "xt".to_owned(),
        "tcp option" | "reset" => "counter".to_owned(),
        other => format!("unknown-statement {}", quoted_name(other)),
    }
}
