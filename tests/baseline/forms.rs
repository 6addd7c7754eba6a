//! The same content in other forms.

use std::fmt::Write as _;

/// Forms in which objects are exported.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    List,
    Csv,
    Json,
    Clixml,
}

/// A value as an export prints it.
enum Shown {
    One(&'static str),
    Many(&'static [&'static str]),
}

use Shown::{Many, One};

const CONNECTORS: &[&[(&str, Shown)]] = &[
    &[
        (
            "AuthMechanism",
            One("Tls, Integrated, BasicAuth, ExchangeServer"),
        ),
        ("Bindings", Many(&["0.0.0.0:25"])),
        ("DomainSecureEnabled", One("False")),
        ("Fqdn", One("hub1.contoso.com")),
        ("Comment", One("")),
        ("Enabled", One("True")),
        (
            "PermissionGroups",
            One("AnonymousUsers, ExchangeUsers, ExchangeServers"),
        ),
        ("ProtocolLoggingLevel", One("None")),
        ("RemoteIPRanges", Many(&["0.0.0.0-255.255.255.255"])),
        ("RequireTLS", One("False")),
        ("Server", One("HUB1")),
        ("Name", One("Default HUB1")),
        ("Identity", One("HUB1\\Default HUB1")),
    ],
    &[
        ("AuthMechanism", One("ExternalAuthoritative")),
        ("Bindings", Many(&["0.0.0.0:26"])),
        ("DomainSecureEnabled", One("False")),
        ("Fqdn", One("hub1.contoso.com")),
        ("Comment", One("")),
        ("Enabled", One("True")),
        ("PermissionGroups", One("ExchangeServers")),
        ("ProtocolLoggingLevel", One("Verbose")),
        ("RemoteIPRanges", Many(&["0.0.0.0-255.255.255.255"])),
        ("RequireTLS", One("False")),
        ("Server", One("HUB1")),
        ("Name", One("Relay")),
        ("Identity", One("HUB1\\Relay")),
    ],
];

/// Receive connectors as an export in a form.
pub fn connectors(form: Form) -> String {
    let mut text = String::new();
    match form {
        Form::List => {
            text.push_str("[PS] C:\\>Get-ReceiveConnector | Format-List *\r\n\r\n");
            for object in CONNECTORS {
                for (name, value) in *object {
                    let value = match value {
                        One(one) => (*one).to_owned(),
                        Many(all) => format!("{{{}}}", all.join(", ")),
                    };
                    let _ = write!(text, "{name:<20}: {value}\r\n");
                }
                text.push_str("\r\n");
            }
        }
        Form::Csv => {
            // What `Select-Object` with joined lists gives to `Export-Csv`.
            text.push_str(
                "#TYPE Selected.Microsoft.Exchange.Data.Directory.SystemConfiguration.ReceiveConnector\r\n",
            );
            let names: Vec<String> = CONNECTORS[0]
                .iter()
                .map(|(name, _)| format!("\"{name}\""))
                .collect();
            let _ = write!(text, "{}\r\n", names.join(","));
            for object in CONNECTORS {
                let cells: Vec<String> = object
                    .iter()
                    .map(|(_, value)| match value {
                        One(one) => format!("\"{one}\""),
                        Many(all) => format!("\"{}\"", all.join(" ")),
                    })
                    .collect();
                let _ = write!(text, "{}\r\n", cells.join(","));
            }
        }
        Form::Json => {
            let objects: Vec<serde_json::Value> = CONNECTORS
                .iter()
                .map(|object| {
                    let properties = object.iter().map(|(name, value)| {
                        let value = match value {
                            One("True") => true.into(),
                            One("False") => false.into(),
                            One(one) => (*one).into(),
                            Many(all) => all.iter().copied().collect(),
                        };
                        ((*name).to_owned(), value)
                    });
                    serde_json::Value::Object(properties.collect())
                })
                .collect();
            text = serde_json::to_string_pretty(&objects).expect("JSON");
        }
        Form::Clixml => {
            text.push_str(
                "<Objs Version=\"1.1.0.1\" xmlns=\"http://schemas.microsoft.com/powershell/2004/04\">\n",
            );
            for (index, object) in CONNECTORS.iter().enumerate() {
                let _ = writeln!(
                    text,
                    "<Obj RefId=\"{index}\"><TN RefId=\"{index}\"><T>Microsoft.Exchange.Data.Directory\
                     .SystemConfiguration.ReceiveConnector</T><T>System.Object</T></TN><Props>"
                );
                for (name, value) in *object {
                    let _ = match value {
                        One(flag @ ("True" | "False")) => {
                            writeln!(text, "<B N=\"{name}\">{}</B>", flag.to_lowercase())
                        }
                        One("") => writeln!(text, "<S N=\"{name}\"></S>"),
                        One(one) => writeln!(text, "<S N=\"{name}\">{one}</S>"),
                        Many(all) => {
                            let items: Vec<String> =
                                all.iter().map(|item| format!("<S>{item}</S>")).collect();
                            writeln!(
                                text,
                                "<Obj N=\"{name}\" RefId=\"{}\"><LST>{}</LST></Obj>",
                                100 + index * 100 + text.len() % 90,
                                items.join("")
                            )
                        }
                    };
                }
                text.push_str("</Props></Obj>\n");
            }
            text.push_str("</Objs>\n");
        }
    }
    text
}

/// A Junos configuration with braces as `set` commands
/// (`show configuration | display set`).
pub fn as_set(braces: &str) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut stack: Vec<usize> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut out = String::new();
    for token in tokens(braces) {
        match token.as_str() {
            "{" => {
                stack.push(words.len());
                path.append(&mut words);
            }
            "}" => {
                let count = stack.pop().expect("balanced braces");
                path.truncate(path.len() - count);
            }
            ";" => {
                emit(&path, &words, &mut out);
                words.clear();
            }
            word => words.push(word.to_owned()),
        }
    }
    assert!(stack.is_empty() && words.is_empty(), "{stack:?} {words:?}");
    out
}

/// Writes one statement, each item of a list on a line of its own.
fn emit(path: &[String], words: &[String], out: &mut String) {
    let all: Vec<&str> = path.iter().chain(words).map(String::as_str).collect();
    let inactive: Vec<usize> = (0..all.len()).filter(|n| all[*n] == "inactive:").collect();
    let plain = |range: &[&str]| -> Vec<String> {
        let words = range.iter().filter(|word| **word != "inactive:");
        words.map(|word| (*word).to_owned()).collect()
    };
    let list = all.iter().position(|word| *word == "[");
    let head = plain(&all[..list.unwrap_or(all.len())]).join(" ");
    match list {
        None => {
            let _ = writeln!(out, "set {head}");
        }
        Some(at) => {
            for item in all[at + 1..].iter().filter(|word| **word != "]") {
                let _ = writeln!(out, "set {head} {item}");
            }
        }
    }
    for at in inactive {
        // The element behind the mark: its key and, for most, its name.
        let end = (at + 3).min(list.unwrap_or(all.len())).min(all.len());
        let line = format!("deactivate {}\n", plain(&all[..end]).join(" "));
        if !out.contains(&line) {
            out.push_str(&line);
        }
    }
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for line in without_comments(text).lines() {
        // `## SECRET-DATA` and the like.
        let line = line.split("##").next().unwrap_or_default().trim();
        if line.starts_with('#') {
            continue;
        }
        let mut word = String::new();
        let mut quoted = false;
        for c in line.chars() {
            match c {
                '"' => {
                    quoted = !quoted;
                    word.push(c);
                }
                '{' | '}' | ';' | '[' | ']' if !quoted => {
                    if !word.is_empty() {
                        tokens.push(std::mem::take(&mut word));
                    }
                    tokens.push(c.to_string());
                }
                c if c.is_whitespace() && !quoted => {
                    if !word.is_empty() {
                        tokens.push(std::mem::take(&mut word));
                    }
                }
                c => word.push(c),
            }
        }
        if !word.is_empty() {
            tokens.push(word);
        }
    }
    tokens
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("/*") {
        out.push_str(before);
        rest = behind.split_once("*/").expect("a closed comment").1;
    }
    out.push_str(rest);
    out
}
