//! What `cscript adsutil.vbs ENUM W3SVC/1/ROOT/owa` prints of IIS 6: one line
//! for each property, `AccessSSLFlags : (INTEGER) 264`, and a list over several
//! lines. The command line above, or a line `[/W3SVC/1/ROOT/owa]`, tells the key.
//!
//! Source: the script itself, which Windows Server 2003 has in
//! `Inetpub\AdminScripts`, and what programs that read its output expect.

use std::collections::HashMap;

use super::keys::{AUTHENTICATION_FLAGS, Keys, SSL_FLAGS};
use crate::formats::exchange::collect::Collector;
use crate::formats::{Document, Evidence, LineState, Problem, ProblemLevel};
use crate::source::{SourceFile, Span};

/// Lines that detection looks at.
const DETECT_LINES: usize = 400;
/// Lines that are read; a whole metabase has some 100,000.
const MAX_LINES: usize = 500_000;

/// Types that the script names.
const TYPES: [&str; 7] = [
    "INTEGER",
    "BOOLEAN",
    "STRING",
    "EXPANDSZ",
    "LIST",
    "BINARY",
    "MimeMapList",
];

/// Properties that no other program prints so.
const TELLING: [&str; 8] = [
    "KeyType",
    "AccessSSLFlags",
    "AccessSSL",
    "AuthFlags",
    "AuthBasic",
    "AuthAnonymous",
    "ServerBindings",
    "AppRoot",
];

/// Looks for two properties in the form of the script.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    let mut lines = file.lines().take(DETECT_LINES);
    let mut first = None;
    let found = lines
        .by_ref()
        .filter(|(_, line)| property(line).is_some_and(|(name, ..)| TELLING.contains(&name)));
    for (span, line) in found {
        if let Some((span, name)) = first {
            return Some(Evidence {
                strength: 92,
                what: format!("property {name} as adsutil.vbs prints it"),
                span,
            });
        }
        first = Some((span, property(line)?.0));
    }
    None
}

/// `AuthFlags                       : (INTEGER) 6` in its three parts.
fn property(line: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = line.split_once(':')?;
    let name = name.trim();
    let (kind, value) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    let sound = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
    (sound && TYPES.contains(&kind)).then_some((name, kind, value.trim()))
}

/// The key that a command line or a heading names.
fn key(line: &str) -> Option<String> {
    let line = line.trim();
    let heading = line
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let path = match heading {
        Some(path) => path,
        None => {
            let lower = line.to_ascii_lowercase();
            let at = lower.find("adsutil")?;
            let mut words = line.get(at..)?.split_ascii_whitespace().skip(1);
            let verb = words.next()?.to_ascii_lowercase();
            if !matches!(verb.as_str(), "enum" | "enum_all") {
                return None;
            }
            words.next()?.trim_matches('"')
        }
    };
    let path = path.trim_matches('/');
    let path = path
        .get(..3)
        .filter(|head| head.eq_ignore_ascii_case("lm/"))
        .map_or(path, |_| path.get(3..).unwrap_or_default());
    let service = path
        .get(..5)
        .is_some_and(|head| head.eq_ignore_ascii_case("w3svc"));
    service.then(|| format!("/LM/{path}"))
}

/// A key while it is read.
struct Open<'a> {
    location: Option<String>,
    values: HashMap<&'a str, (&'a str, Span)>,
    span: Span,
}

/// Reads a file.
#[must_use]
pub fn parse(file: &SourceFile) -> Document {
    let mut collector = Collector::new(file, "");
    let mut keys = Keys::default();
    let mut open: Option<Open<'_>> = None;
    let mut list: Option<&str> = None;
    let mut nowhere = None;
    for (span, line) in file.lines().take(MAX_LINES) {
        if let Some(location) = key(line) {
            close(open.take(), &mut keys, &mut nowhere);
            let (location, values) = (Some(location), HashMap::new());
            open = Some(Open {
                location,
                values,
                span,
            });
            list = None;
        } else if let Some((name, kind, value)) = property(line) {
            let open = open.get_or_insert_with(|| Open {
                location: None,
                values: HashMap::new(),
                span,
            });
            let value = value.trim_matches('"');
            let at = file.span_of(value).unwrap_or(span);
            let several = kind == "LIST";
            list = several.then_some(name);
            if !several {
                open.values.insert(name, (value, at));
            }
        } else if let (Some(name), Some(open)) = (list, open.as_mut()) {
            let item = line.trim();
            if !item.starts_with('"') {
                list = None;
                continue;
            }
            // The items follow each other: one stretch of text.
            let Some(at) = file.span_of(item) else {
                continue;
            };
            let whole = open.values.get(name).map_or(at, |(_, first)| first.to(at));
            open.values.insert(name, (file.slice(whole), whole));
        }
    }
    close(open, &mut keys, &mut nowhere);
    keys.deliver(&mut collector);
    if let Some(span) = nowhere {
        let why = "properties of a key that nothing names";
        collector.ledger.push(LineState::NotModelled);
        collector.ledger.note(LineState::NotModelled, why, span);
        collector.problems.push(Problem {
            level: ProblemLevel::Warning,
            message: "the listing does not tell which key of the metabase it shows".to_owned(),
            hint: Some(
                "keep the command line above it: cscript adsutil.vbs ENUM W3SVC/1/ROOT/owa"
                    .to_owned(),
            ),
            span,
        });
    }
    collector.finish()
}

/// Adds a key that has shown all its properties.
fn close<'a>(open: Option<Open<'a>>, keys: &mut Keys<'a>, nowhere: &mut Option<Span>) {
    let Some(Open {
        location,
        values,
        span,
    }) = open
    else {
        return;
    };
    let Some(location) = location else {
        nowhere.get_or_insert(span);
        return;
    };
    // Keys below the one that was asked for are named, and not shown.
    if values.is_empty() {
        return;
    }
    let value = |name: &str| values.get(name).copied();
    let is_site = value("KeyType").is_some_and(|(kind, _)| kind == "IIsWebServer");
    keys.add(&location, is_site, span, value);
    let on = |name: &str| value(name).map(|(text, at)| (text.eq_ignore_ascii_case("true"), at));
    if value("AuthFlags").is_none() {
        for (name, _, setting) in AUTHENTICATION_FLAGS {
            if let Some((on, at)) = on(name) {
                keys.turn(&location, *setting, on, at);
            }
        }
    }
    if value("AccessSSLFlags").is_none()
        && let Some((_, at)) = on("AccessSSL")
    {
        let set = SSL_FLAGS
            .iter()
            .filter(|(name, ..)| on(name).is_some_and(|(on, _)| on));
        let names: Vec<&str> = set.map(|(name, ..)| *name).collect();
        keys.demand(&location, &names.join(" | "), at);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::exchange::testing::{at, flags, list, named, records, text, value};
    use crate::model::exchange::Value;

    const SITE: &str = "C:\\Inetpub\\AdminScripts>cscript adsutil.vbs enum w3svc/1\r\n\
        Microsoft (R) Windows Script Host Version 5.6\r\n\r\n\
        KeyType                         : (STRING) \"IIsWebServer\"\r\n\
        ServerComment                   : (STRING) \"Default Web Site\"\r\n\
        ServerBindings                  : (LIST) (2 Items)\r\n  \":80:\"\r\n  \"10.1.0.5:81:\"\r\n\r\n\
        SecureBindings                  : (LIST) (1 Items)\r\n  \":443:\"\r\n\r\n[/w3svc/1/ROOT]\r\n";
    const OWA: &str = "C:\\Inetpub\\AdminScripts>cscript adsutil.vbs ENUM W3SVC/1/ROOT/owa\r\n\
        KeyType                         : (STRING) \"IIsWebVirtualDir\"\r\n\
        AccessSSLFlags                  : (INTEGER) 264\r\n\
        AuthFlags                       : (INTEGER) 2\r\n\
        UserPass                        : (STRING) \"geheim\"\r\n[/W3SVC/1/ROOT/owa/auth]\r\n";

    #[test]
    fn a_listing_tells_the_settings_of_the_key_that_was_asked_for() {
        let file = named("CAS1_adsutil.txt", &format!("{SITE}\r\n{OWA}"));
        assert!(detect(&file).is_some());
        let document = parse(&file);
        let found = records(&document);
        let [owa] = found.as_slice() else {
            panic!("{found:?}");
        };
        assert_eq!(value(owa, "Site"), &text("Default Web Site"));
        assert_eq!(value(owa, "SiteId"), &Value::Integer(1));
        assert_eq!(value(owa, "Path"), &text("/owa"));
        assert_eq!(value(owa, "SslFlags"), &flags(&["Ssl", "Ssl128"]));
        assert_eq!(at(&file, owa, "SslFlags"), "264");
        assert_eq!(value(owa, "BasicAuthentication"), &Value::Bool(true));
        assert_eq!(value(owa, "WindowsAuthentication"), &Value::Bool(false));
        let bindings = list(&["http :80:", "http 10.1.0.5:81:", "https :443:"]);
        assert_eq!(value(owa, "SiteBindings"), &bindings);
        assert!(!format!("{document:?}").contains("geheim"));
    }

    #[test]
    fn flags_that_are_printed_one_by_one_are_put_together() {
        let file = named(
            "a.txt",
            "[/LM/W3SVC/1/ROOT/Exchange]\nAccessSSL : (BOOLEAN) True\nAccessSSL128 : (BOOLEAN) False\n\
             AuthNTLM : (BOOLEAN) True\nAuthBasic : (BOOLEAN) False\n",
        );
        let document = parse(&file);
        let found = records(&document);
        assert_eq!(value(found[0], "SslFlags"), &flags(&["Ssl"]));
        assert_eq!(value(found[0], "WindowsAuthentication"), &Value::Bool(true));
        assert!(found[0].properties.get("AnonymousAuthentication").is_none());
    }

    #[test]
    fn a_listing_without_its_command_line_decides_nothing_and_says_so() {
        let body: String = OWA
            .lines()
            .skip(1)
            .take(3)
            .map(|l| format!("{l}\n"))
            .collect();
        let file = named("a.txt", &body);
        assert!(detect(&file).is_some());
        let document = parse(&file);
        assert!(records(&document).is_empty());
        assert_eq!(document.problems[0].level, ProblemLevel::Warning);
    }

    #[test]
    fn other_listings_are_left_to_others() {
        for text in [
            "Name : (unnamed)\nAuthFlags : 6\n",
            "KeyType : (STRING) \"x\"\n",
            "",
        ] {
            assert_eq!(detect(&named("a.txt", text)), None, "{text}");
        }
    }
}
