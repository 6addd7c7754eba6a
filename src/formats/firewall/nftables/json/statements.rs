//! Expressions and statements of a record, written in words of nft.

use std::fmt::Write as _;

use super::value::Value;
use super::{contains, list_of, text_of};

/// Expressions nest at most this deep.
const MAX_DEPTH: usize = 64;

/// A value in quotation marks, so that no word of it is a key.
pub fn quoted(out: &mut String, value: &Value<'_>) {
    let text = text_of(Some(value));
    if text.starts_with('@') || text == "*" {
        out.push_str(&text);
    } else {
        quoted_name(out, &text);
    }
}

/// A name in quotation marks, without those that it holds.
pub fn quoted_name(out: &mut String, text: &str) {
    out.push('"');
    for part in text.split('"') {
        out.push_str(part);
    }
    out.push('"');
}

/// Writes parts with a sign between them.
fn joined<T>(out: &mut String, all: &[T], sign: &str, mut write: impl FnMut(&mut String, &T)) {
    for (index, one) in all.iter().enumerate() {
        if index > 0 {
            out.push_str(sign);
        }
        write(out, one);
    }
}

/// The members of a set or map.
pub fn elements(out: &mut String, all: &[Value<'_>]) {
    joined(out, all, ", ", element);
}

fn element(out: &mut String, value: &Value<'_>) {
    let Value::Array(pair) = value else {
        return side(out, value, 0);
    };
    let [key, gives] = pair.as_slice() else {
        return side(out, value, 0);
    };
    side(out, key, 0);
    out.push_str(" : ");
    // A verdict, or what a map of values gives.
    let value = ["concat", "prefix", "range"];
    match gives {
        Value::Object(_) if !value.iter().any(|kind| gives.get(kind).is_some()) => {
            statement(out, gives);
        }
        _ => side(out, gives, 0),
    }
}

/// The right side of a comparison.
fn side(out: &mut String, value: &Value<'_>, depth: usize) {
    if depth > MAX_DEPTH {
        return out.push_str("too-deep");
    }
    let deeper = depth.saturating_add(1);
    let inner = |out: &mut String, value: &Value<'_>| side(out, value, deeper);
    let (kind, body) = match value {
        Value::String(_) | Value::Number(_) => return quoted(out, value),
        Value::Bool(true) => return out.push_str("exists"),
        Value::Bool(false) => return out.push_str("missing"),
        Value::Array(all) => return joined(out, all, ",", inner),
        Value::Null => return out.push_str("nothing"),
        Value::Object(_) => match value.kind() {
            Some(found) => found,
            None => return out.push_str("nothing"),
        },
    };
    match (kind, body) {
        ("prefix", _) => {
            let (base, length) = (text_of(body.get("addr")), text_of(body.get("len")));
            quoted_name(out, &format!("{base}/{length}"));
        }
        ("range", Value::Array(ends)) => {
            let whole = ends.len() == 2;
            quoted_name(
                out,
                &list_of(Some(body)).join("-").repeat(usize::from(whole)),
            );
        }
        ("set", Value::Array(all)) => {
            out.push_str("{ ");
            elements(out, all);
            out.push_str(" }");
        }
        ("set", one) => inner(out, one),
        ("concat", Value::Array(all)) => joined(out, all, " . ", inner),
        ("|", Value::Array(all)) => joined(out, all, " | ", inner),
        ("range" | "concat" | "|", _) => out.push_str("nothing"),
        ("elem", _) => {
            if let Some(value) = body.get("val") {
                inner(out, value);
            }
            for kind in ["limit", "quota"] {
                if let Some(body) = body.get(kind) {
                    out.push(' ');
                    limit(out, kind, body);
                }
            }
        }
        _ => left(out, value, deeper),
    }
}

/// What is looked at.
fn left(out: &mut String, value: &Value<'_>, depth: usize) {
    if depth > MAX_DEPTH {
        return out.push_str("too-deep");
    }
    let deeper = depth.saturating_add(1);
    let Some((kind, body)) = value.kind() else {
        return side(out, value, deeper);
    };
    let inner = |out: &mut String, value: &Value<'_>| left(out, value, deeper);
    let mut words = |words: &[&str]| {
        for (index, word) in words.iter().enumerate() {
            if index > 0 {
                out.push(' ');
            }
            out.push_str(word);
        }
    };
    let field = |name: &str| text_of(body.get(name));
    match kind {
        "payload" => match body.get("protocol") {
            Some(_) => words(&[&field("protocol"), &field("field")]),
            None => {
                let place = [field("base"), field("offset"), field("len")].join(",");
                out.push('@');
                out.push_str(&place);
            }
        },
        "ct" => match (body.get("dir"), body.get("family")) {
            (Some(_), Some(_)) => words(&["ct", &field("dir"), &field("family"), &field("key")]),
            (Some(_), None) => words(&["ct", &field("dir"), &field("key")]),
            (None, _) => words(&["ct", &field("key")]),
        },
        "fib" => words(&[
            "fib",
            &list_of(body.get("flags")).join(" . "),
            &field("result"),
        ]),
        // As nft lists them.
        "meta"
            if matches!(
                &*field("key"),
                "iif" | "oif" | "iifname" | "oifname" | "iifgroup" | "oifgroup"
            ) =>
        {
            out.push_str(&field("key"));
        }
        "meta" | "rt" | "socket" | "osf" => words(&[kind, &field("key")]),
        "ipsec" => words(&[kind, &field("dir"), &field("key")]),
        "tcp option" if body.get("field").is_none() => {
            // An option without a name is told by its number.
            let number = body.get("name").is_none();
            words(&[kind, &field(if number { "base" } else { "name" })]);
        }
        "tcp option" | "ip option" | "sctp chunk" => {
            words(&[kind, &field("name"), &field("field")]);
        }
        "exthdr" if body.get("field").is_none() => words(&[kind, &field("name")]),
        "exthdr" => words(&[&field("name"), &field("field")]),
        "numgen" => {
            words(&[kind, &field("mode"), "mod", &field("mod")]);
            let offset = field("offset");
            if !matches!(&*offset, "" | "0") {
                _ = write!(out, " offset {offset}");
            }
        }
        "jhash" => {
            out.push_str("jhash ");
            if let Some(of) = body.get("expr") {
                inner(out, of);
            }
            out.push_str(" mod ");
            out.push_str(&field("mod"));
        }
        "symhash" => words(&[kind, "mod", &field("mod")]),
        "concat" => match body {
            Value::Array(all) => joined(out, all, " . ", inner),
            _ => out.push_str("nothing"),
        },
        "&" | "|" | "^" | "<<" | ">>" => match body {
            Value::Array(all) => operation(out, kind, all, deeper),
            _ => out.push_str("nothing"),
        },
        "map" => {
            if let Some(key) = body.get("key") {
                inner(out, key);
            }
            out.push_str(" map ");
            if let Some(data) = body.get("data") {
                side(out, data, deeper);
            }
        }
        _ => side(out, value, deeper),
    }
}

/// A field with bits taken out, put in or moved: `tcp flags & (fin | syn)`.
fn operation(out: &mut String, sign: &str, parts: &[Value<'_>], depth: usize) {
    if let Some(first) = parts.first() {
        left(out, first, depth);
    }
    _ = write!(out, " {sign} ");
    let rest = parts.get(1..).unwrap_or_default();
    joined(out, rest, &format!(" {sign} "), |out, part| match part {
        Value::Array(_) => {
            out.push('(');
            joined(out, &list_of(Some(part)), " | ", |out, one| {
                quoted_name(out, one);
            });
            out.push(')');
        }
        _ => {
            let text = text(|out| side(out, part, depth));
            if text.contains('|') {
                _ = write!(out, "({text})");
            } else {
                out.push_str(&text);
            }
        }
    });
}

/// A text of its own, for what must be looked at before it is written.
fn text(write: impl FnOnce(&mut String)) -> String {
    let mut text = String::new();
    write(&mut text);
    text
}

/// One statement of a rule.
pub fn statement(out: &mut String, value: &Value<'_>) {
    let Some((kind, body)) = value.kind() else {
        return match value {
            Value::String(word) => out.push_str(word),
            _ => out.push_str("nothing"),
        };
    };
    let field = |name: &str| text_of(body.get(name));
    match kind {
        "match" => comparison(out, body),
        "vmap" => {
            if let Some(key) = body.get("key") {
                left(out, key, 0);
            }
            out.push_str(" vmap ");
            if let Some(data) = body.get("data") {
                side(out, data, 0);
            }
        }
        "redirect" if body.get("port").is_some() => {
            out.push_str("redirect to :");
            let port = body.get("port");
            let port = port.map_or(String::new(), |value| text(|out| left(out, value, 0)));
            out.push_str(&port.replace('"', ""));
        }
        "accept" | "drop" | "continue" | "return" | "notrack" | "reject" | "log" | "masquerade"
        | "redirect" | "queue" | "tproxy" | "synproxy" | "fwd" => out.push_str(kind),
        // Older versions write `null`: it may be a target.
        "xt" => {
            let type_of = if body.get("type").is_some() {
                &field("type")
            } else {
                "target"
            };
            _ = write!(out, "xt {type_of} ");
            quoted_name(out, &field("name"));
        }
        "jump" | "goto" => {
            out.push_str(kind);
            out.push(' ');
            quoted_name(out, &field("target"));
        }
        "counter" | "last" | "tcp option" | "reset" => out.push_str("counter"),
        "limit" | "quota" | "ct count" => limit(out, kind, body),
        "mangle" => {
            if let Some(key) = body.get("key") {
                left(out, key, 0);
            }
            out.push_str(" set ");
            if let Some(value) = body.get("value") {
                left(out, value, 0);
            }
        }
        "set" | "map" => {
            let name = text_of(body.get("set").or_else(|| body.get("map")));
            _ = write!(out, "{} {name} {{ ", field("op"));
            if let Some(member) = body.get("elem") {
                left(out, member, 0);
            }
            let statements = body.get("stmt").and_then(Value::as_array);
            for one in statements.unwrap_or_default() {
                out.push(' ');
                statement(out, one);
            }
            if let Some(data) = body.get("data") {
                out.push_str(" : ");
                left(out, data, 0);
            }
            out.push_str(" }");
        }
        "meter" => out.push_str("meter x { x limit rate 1/second }"),
        "dnat" | "snat" => translation(out, kind, body),
        "dup" => out.push_str("dup to x"),
        "flow" => out.push_str("flow add @x"),
        "ct helper" | "ct timeout" | "ct expectation" | "secmark" => out.push_str("secmark"),
        other => {
            out.push_str("unknown-statement ");
            quoted_name(out, other);
        }
    }
}

/// How much passes: of packets, bytes or connections. One that is defined
/// elsewhere is named.
pub fn limit(out: &mut String, kind: &str, body: &Value<'_>) {
    out.push_str(kind);
    out.push(' ');
    if let Value::String(name) = body {
        out.push_str("name ");
        return quoted_name(out, name);
    }
    // The name of an object stands at its head.
    let field = |name: &str, none: &'static str| match text_of(body.get(name)) {
        text if text.is_empty() => none.into(),
        text => text,
    };
    let over = body.get("inv") == Some(&Value::Bool(true));
    let over = if over { "over " } else { "" };
    match kind {
        "limit" => {
            let unit = field("rate_unit", "packets");
            let packets = unit == "packets";
            _ = write!(out, "rate {over}{}", field("rate", "1"));
            if !packets {
                _ = write!(out, " {unit}");
            }
            let burst = field("burst", if packets { "5" } else { "0" });
            let unit = field("burst_unit", if packets { "packets" } else { "bytes" });
            _ = write!(out, "/{} burst {burst} {unit}", field("per", "second"));
        }
        "quota" if body.get("val").is_none() => {
            _ = write!(out, "{over}{} bytes", field("bytes", "1"));
        }
        "quota" => {
            _ = write!(
                out,
                "{over}{} {}",
                field("val", "1"),
                field("val_unit", "bytes")
            )
        }
        _ => _ = write!(out, "{over}{}", field("val", "1")),
    }
}

fn comparison(out: &mut String, body: &Value<'_>) {
    let start = out.len();
    let key = body.get("left");
    if let Some(key) = key {
        left(out, key, 0);
    }
    // For a flag, no sign asks for less than equality does.
    let flags = out
        .get(start..)
        .is_some_and(|key| key.ends_with("tcp flags"));
    let masked = key.and_then(|key| key.get("&")).is_some();
    let value = body.get("right");
    let value = value.map_or(String::new(), |value| text(|out| side(out, value, 0)));
    let set = value.starts_with(['{', '@']);
    out.push(' ');
    match &*text_of(body.get("op")) {
        "in" => {}
        "==" if !masked && (set || !flags) => {}
        other => out.push_str(other),
    }
    out.push(' ');
    if masked && value.contains([',', '|']) {
        _ = write!(out, "({})", value.replace(',', " | "));
    } else {
        out.push_str(&value);
    }
}

fn translation(out: &mut String, kind: &str, body: &Value<'_>) {
    let bare = |name: &str| {
        let value = body.get(name);
        let text = value.map_or(String::new(), |value| text(|out| left(out, value, 0)));
        text.replace('"', "")
    };
    let (mut address, mut port) = (bare("addr"), bare("port"));
    if address.contains(':') && !port.is_empty() && !address.contains(' ') {
        address = format!("[{address}]");
    }
    if !port.is_empty() {
        port.insert(0, ':');
    }
    let prefix = contains(body.get("type_flags"), "prefix");
    let prefix = if prefix { "prefix " } else { "" };
    let family = text_of(body.get("family"));
    _ = write!(out, "{kind} {family} {prefix}to {address}{port}");
}
