//! Prints records as PowerShell prints objects, for the tests that compare the
//! forms of an export. Written after Microsoft Learn (`Export-Csv`,
//! `ConvertTo-Json`, `ConvertTo-Html`, `Format-Table`) and the sources of
//! PowerShell; the readers have no part in it.

use crate::model::exchange::{Record, Value};

/// What `Export-Csv` and `ConvertTo-Html` show in the place of a list.
const LIST_TYPE: &str = "Microsoft.Exchange.Data.MultiValuedProperty`1[System.String]";

/// Names of properties, and names of their values with the numbers of these.
type Numbers = (&'static [&'static str], &'static [(&'static str, i64)]);

/// Numbers of enumerations that an export or a document shows.
const NUMBERS: &[Numbers] = &[
    (
        &["AuthMechanism"],
        &[
            ("Tls", 1),
            ("Integrated", 2),
            ("BasicAuth", 4),
            ("BasicAuthRequireTLS", 8),
            ("ExchangeServer", 16),
            ("ExternalAuthoritative", 32),
        ],
    ),
    (
        &["PermissionGroups"],
        &[
            ("AnonymousUsers", 1),
            ("ExchangeUsers", 2),
            ("ExchangeServers", 4),
            ("ExchangeLegacyServers", 8),
            ("Partners", 16),
            ("Custom", 32),
        ],
    ),
    (
        &[
            "InternalAuthenticationMethods",
            "ExternalAuthenticationMethods",
            "IISAuthenticationMethods",
        ],
        &[
            ("Basic", 0),
            ("Ntlm", 2),
            ("Fba", 3),
            ("WindowsIntegrated", 4),
            ("WSSecurity", 7),
            ("OAuth", 10),
            ("Negotiate", 13),
        ],
    ),
    (&["ProtocolLoggingLevel"], &[("None", 0), ("Verbose", 1)]),
    (
        &["TlsAuthLevel"],
        &[
            ("EncryptionOnly", 1),
            ("CertificateValidation", 2),
            ("DomainValidation", 3),
        ],
    ),
];

/// The text of a value; `None` where the source of the test has no value.
pub fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Flags(names) if names.is_empty() => "None".to_owned(),
        Value::Flags(names) => names.join(", "),
        Value::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(text).collect();
            format!("{{{}}}", items?.join(", "))
        }
        Value::Secret | Value::Truncated(_) | Value::Unusable(_) => return None,
    })
}

/// Names of the properties that all records have with a value to print.
fn common_names(records: &[Record]) -> Vec<String> {
    let Some(first) = records.first() else {
        return Vec::new();
    };
    let printable = |record: &Record, name: &str| {
        let found = record.properties.get(name);
        found.is_some_and(|property| text(&property.value).is_some())
    };
    first
        .properties
        .iter()
        .map(|property| property.name.to_string())
        .filter(|name| records.iter().all(|record| printable(record, name)))
        .collect()
}

fn value<'r>(record: &'r Record, name: &str) -> &'r Value {
    &record.properties.get(name).expect("in all records").value
}

/// A cell of a form that cannot carry lists.
fn scalar(value: &Value) -> String {
    match value {
        Value::List(_) => LIST_TYPE.to_owned(),
        value => text(value).expect("printable"),
    }
}

/// `Export-Csv`, with the type where one is given.
pub fn csv(records: &[Record], type_name: Option<&str>, delimiter: char) -> String {
    let names = common_names(records);
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let line = |cells: Vec<String>| cells.join(&delimiter.to_string()) + "\r\n";
    let mut out = type_name.map_or(String::new(), |name| format!("#TYPE {name}\r\n"));
    out += &line(names.iter().map(|name| quoted(name)).collect());
    for record in records {
        let cells = names.iter().map(|name| match value(record, name) {
            Value::Null => String::new(),
            value => quoted(&scalar(value)),
        });
        out += &line(cells.collect());
    }
    out
}

/// `ConvertTo-Html`.
pub fn html(records: &[Record]) -> String {
    let names = common_names(records);
    let encoded = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;")
            .replace('\'', "&#39;")
    };
    let mut out = String::from(
        "<html><head>\r\n<title>HTML TABLE</title>\r\n</head><body>\r\n<table>\r\n<tr>",
    );
    for name in &names {
        out += &format!("<th>{name}</th>");
    }
    out += "</tr>\r\n";
    for record in records {
        out += "<tr>";
        for name in &names {
            out += &format!("<td>{}</td>", encoded(&scalar(value(record, name))));
        }
        out += "</tr>\r\n";
    }
    out + "</table>\r\n</body></html>\r\n"
}

/// Which `ConvertTo-Json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Json {
    /// Windows PowerShell 5.1 beside Exchange's own types: numbers, wrapped lists.
    Windows,
    /// PowerShell 7 on objects from a remote session: names, plain lists.
    Seven,
}

/// `ConvertTo-Json`.
pub fn json(records: &[Record], version: Json) -> String {
    let objects: Vec<serde_json::Value> = records
        .iter()
        .map(|record| {
            let members = common_names(records).into_iter().map(|name| {
                let shown = member(&name, value(record, &name), version);
                (name, shown)
            });
            serde_json::Value::Object(members.collect())
        })
        .collect();
    // One object stands alone.
    let root = match objects.as_slice() {
        [one] => one.clone(),
        _ => serde_json::Value::Array(objects),
    };
    let text = serde_json::to_string_pretty(&root).expect("JSON");
    match version {
        Json::Seven => text,
        Json::Windows => text
            .replace("/Date(", "\\/Date(")
            .replace(")/\"", ")\\/\"")
            .replace('\'', "\\u0027")
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026"),
    }
}

fn member(name: &str, value: &Value, version: Json) -> serde_json::Value {
    use serde_json::json;
    let numbers = NUMBERS.iter().find(|(names, _)| names.contains(&name));
    let number = |text: &str| {
        let (_, numbers) = numbers?;
        let found = numbers.iter().find(|(known, _)| *known == text);
        found.map(|(_, number)| *number)
    };
    let windows = version == Json::Windows;
    let one = |item: &Value| match item {
        Value::Text(text) if windows && number(text).is_some() => json!(number(text)),
        item => json!(text(item).expect("printable")),
    };
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(number) => json!(number),
        Value::Flags(names) if windows && numbers.is_some() => {
            json!(
                names
                    .iter()
                    .map(|name| number(name).expect("listed"))
                    .sum::<i64>()
            )
        }
        Value::List(items) => {
            let items: Vec<serde_json::Value> = items.iter().map(one).collect();
            if windows {
                json!({"value": items, "Count": items.len()})
            } else {
                json!(items)
            }
        }
        Value::Text(text) if windows => match text.parse::<jiff::Timestamp>() {
            Ok(instant) => json!(format!("/Date({})/", instant.as_millisecond())),
            Err(_) => one(value),
        },
        value => one(value),
    }
}

/// `Format-Table` of some properties, in columns of a width: longer values end
/// in dots, numbers stand at the right.
pub fn table(records: &[Record], names: &[&str], width: usize) -> String {
    let mut out = String::from("\r\n");
    let mut line = |cells: Vec<(String, bool)>| {
        let shown: Vec<String> = cells
            .into_iter()
            .map(|(cell, right)| {
                let cut = if cell.chars().count() > width {
                    let head: String = cell.chars().take(width - 3).collect();
                    head + "..."
                } else {
                    cell
                };
                if right {
                    format!("{cut:>width$}")
                } else {
                    format!("{cut:<width$}")
                }
            })
            .collect();
        out += shown.join(" ").trim_end();
        out += "\r\n";
    };
    let is_number = |name: &&str| {
        let mut values = records.iter().map(|record| value(record, name));
        values.all(|value| matches!(value, Value::Integer(_)))
    };
    let right: Vec<bool> = names.iter().map(is_number).collect();
    let with = |texts: Vec<String>| texts.into_iter().zip(right.clone()).collect();
    line(with(names.iter().map(|name| (*name).to_owned()).collect()));
    line(with(
        names.iter().map(|name| "-".repeat(name.len())).collect(),
    ));
    for record in records {
        let texts = names.iter().map(|name| text(value(record, name)));
        line(with(texts.map(|text| text.expect("printable")).collect()));
    }
    out + "\r\n\r\n"
}
