//! `netsh advfirewall consec show rule name=all [verbose]`: the connection
//! security rules of Windows Vista and later, as records of
//! `Get-NetIPsecRule`.
//!
//! Source: "Netsh AdvFirewall ConSec Commands" on learn.microsoft.com. An
//! action such as `RequireInRequestOut` says what is required of packets in and
//! out; a quick mode method such as `ESP:SHA1-AES128+60min` names hash and
//! cipher, and `None` is no cipher.

use std::sync::OnceLock;

use super::objects::{Object, Objects};
use crate::formats::firewall::windows_firewall::words::{self as firewall, Words};
use crate::formats::{Content, Document, Ledger, LineState, Unit, prompt};
use crate::source::{SourceFile, Span};

const WHAT: &str = "output of netsh advfirewall consec";
/// Lines of a rule that are looked at to tell its kind.
const RULE_LINES: usize = 40;

fn label(text: &str) -> Option<&'static str> {
    static LABELS: OnceLock<Words> = OnceLock::new();
    let labels =
        LABELS.get_or_init(|| Words::new(include_str!("data/consec_labels.tsv"), 2, |_| true));
    labels.get(text)
}

fn split(line: &str) -> Option<(&str, &str)> {
    let (label, value) = line.split_once([':', '：'])?;
    Some((label.trim(), value.trim()))
}

fn is_name(line: &str) -> bool {
    split(line).is_some_and(|(text, _)| firewall::label(text) == Some("name"))
}

/// Whether the rule whose name stands in a line is one of connection security:
/// it has two ends.
#[must_use]
pub fn is_heading(file: &SourceFile, index: usize) -> bool {
    if !file.line(index).is_some_and(|line| is_name(line.trim())) {
        return false;
    }
    for more in 1..RULE_LINES {
        let Some(line) = file.line(index.saturating_add(more)).map(str::trim) else {
            return false;
        };
        match split(line).and_then(|(text, _)| label(text)) {
            Some("endpoint1") => return true,
            _ if line.is_empty() || is_name(line) => return false,
            _ => {}
        }
    }
    false
}

/// Reads a file; blank lines are left to others.
#[must_use]
pub fn read(file: &SourceFile) -> Document {
    let mut ledger = Ledger::new(Unit::Lines, file.line_count());
    let mut objects = Objects::default();
    let mut secrets = Vec::new();
    let mut rule: Option<Object<'_>> = None;
    let mut host = None;
    let mut open = "";
    for index in 0..file.line_count() {
        let raw = file.line(index).unwrap_or_default();
        let line = raw.trim_matches([' ', '\t', '\u{feff}', '\0']);
        let span = |part: &str| file.span_of(part).unwrap_or(Span::of(file.id(), 0..0));
        if line.is_empty() || prompt::is_noise(line) {
            ledger.set(index, LineState::Irrelevant);
            continue;
        }
        if let Some(prompt) = prompt::read(line) {
            objects.extend(rule.take(), host);
            host = prompt.host.or(host);
            ledger.set(index, LineState::Irrelevant);
            continue;
        }
        if is_name(line) {
            objects.extend(rule.take(), host);
            let value = split(line).map_or("", |(_, value)| value);
            let mut object = Object::new("Get-NetIPsecRule", span(line));
            object.text("DisplayName", value, span(value));
            rule = Some(object);
            open = "";
            ledger.set(index, LineState::Modelled);
            continue;
        }
        let (key, value) = match split(line) {
            Some((text, value)) if !raw.starts_with([' ', '\t']) => (label(text), value),
            // A list that goes on: `ESP:SHA1-3DES+60min`.
            _ => (Some(open), line),
        };
        let state = match (key, &mut rule) {
            (Some("key"), _) => {
                secrets.push(span(value));
                LineState::Modelled
            }
            (Some(key), Some(rule)) if !key.is_empty() => {
                open = key;
                setting(
                    rule,
                    key,
                    value,
                    span(if value.is_empty() { line } else { value }),
                )
            }
            _ if firewall::is_ok(line) => LineState::Irrelevant,
            _ => LineState::Unrecognised,
        };
        if state == LineState::Unrecognised {
            let why = "no line of netsh advfirewall consec reads like this";
            ledger.note(state, why, span(line));
        }
        ledger.set(index, state);
    }
    objects.extend(rule.take(), host);
    let problems = std::mem::take(&mut objects.problems);
    let mut content: Vec<Content> = objects.finish().collect();
    content.extend(Content::secrets(secrets));
    Document {
        content,
        ledger,
        problems,
    }
}

impl Objects {
    fn extend(&mut self, rule: Option<Object<'_>>, host: Option<&str>) {
        if let Some(rule) = rule {
            self.add(rule, host, WHAT);
        }
    }
}

fn setting<'f>(rule: &mut Object<'f>, key: &str, value: &'f str, span: Span) -> LineState {
    match key {
        "endpoint1" => rule.list("LocalAddress", &items(value, span)),
        "endpoint2" => rule.list("RemoteAddress", &items(value, span)),
        "port1" => rule.list("LocalPort", &items(value, span)),
        "port2" => rule.list("RemotePort", &items(value, span)),
        "protocol" => rule.text("Protocol", value, span),
        "mode" => rule.text("Mode", value, span),
        "profiles" => rule.list("Profile", &items(value, span)),
        "enabled" => match firewall::truth(value) {
            Some(true) => rule.text("Enabled", "True", span),
            Some(false) => rule.text("Enabled", "False", span),
            None => return LineState::NotModelled,
        },
        "action" => return action(rule, value, span),
        "quick" => return encryption(rule, value, span),
        _ => return LineState::Irrelevant,
    }
    LineState::Modelled
}

fn items(value: &str, span: Span) -> Vec<(&str, Span)> {
    let items = value.split(',').map(str::trim);
    items
        .filter(|item| !item.is_empty())
        .map(|item| (item, span))
        .collect()
}

/// `RequireInRequestOut`, `RequestInRequestOut`, `NoAuthentication`.
fn action(rule: &mut Object<'_>, value: &str, span: Span) -> LineState {
    let lower = value.to_ascii_lowercase();
    let (inbound, outbound) = match lower.as_str() {
        "requireinrequireout" => ("Require", "Require"),
        "requireinrequestout" => ("Require", "Request"),
        "requestinrequestout" => ("Request", "Request"),
        "requireinclearout" => ("Require", "None"),
        "noauthentication" => ("None", "None"),
        _ => return LineState::NotModelled,
    };
    rule.text("Action", value.to_owned(), span);
    rule.text("InboundSecurity", inbound, span);
    rule.text("OutboundSecurity", outbound, span);
    LineState::Modelled
}

/// Whether the methods encrypt; the default ones of the machine are not shown.
fn encryption(rule: &mut Object<'_>, value: &str, span: Span) -> LineState {
    let methods = value.split(',').map(str::trim).filter(|m| !m.is_empty());
    let ciphers: Vec<bool> = methods
        .map(|method| {
            let suite = method.split('+').next().unwrap_or_default();
            let cipher = suite
                .rsplit('-')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            cipher.contains("AES") || cipher.contains("DES")
        })
        .collect();
    if value.eq_ignore_ascii_case("default") || ciphers.is_empty() {
        return LineState::NotModelled;
    }
    let word = if ciphers.iter().all(|encrypts| *encrypts) {
        "Required"
    } else if ciphers.contains(&true) {
        "Offered"
    } else {
        "None"
    };
    rule.text("Encryption", word, span);
    LineState::Modelled
}
