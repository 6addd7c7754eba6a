//! The same objects in every form yield the same facts, or unknown ones where
//! the form lost them: over the CLIXML exports of the corpus.

use super::rendering::{self, Json};
use super::testing::{named, records, runs};
use super::{CLIXML, CSV, HTML, JSON, LIST, corpus};
use crate::formats::Format;
use crate::model::exchange::{Record, Value};

/// What became of the values of a form.
#[derive(Debug, Default)]
struct Tally {
    same: usize,
    lost: usize,
}

/// A form and what it provably loses.
struct Form<'l> {
    format: &'static Format,
    file: &'l str,
    may_lose: &'l dyn Fn(&str, &Value) -> bool,
}

/// Reads what was rendered and compares it with the records it came from.
fn compare(form: &Form<'_>, rendered: &str, expected: &[Record], tally: &mut Tally) {
    let file = named(form.file, rendered);
    let place = form.format.id;
    assert!(
        (form.format.detect)(&file).is_some(),
        "{place}: {rendered:.300}"
    );
    let document = (form.format.parse)(&file);
    let found = records(&document);
    assert_eq!(found.len(), expected.len(), "{place}: {rendered:.300}");
    for (found, expected) in found.into_iter().zip(expected) {
        assert_eq!(found.cmdlet, expected.cmdlet, "{place}");
        for property in &found.properties {
            let name = &*property.name;
            let before = expected.properties.get(name);
            let before = &before
                .unwrap_or_else(|| panic!("{name} was invented"))
                .value;
            if property.value == *before || same_millisecond(&property.value, before) {
                tally.same += 1;
                continue;
            }
            let unknown = matches!(property.value, Value::Unusable(_) | Value::Truncated(_));
            assert!(
                unknown && (form.may_lose)(name, before),
                "{place}: {name} was {before:?}, and is {:?}",
                property.value
            );
            tally.lost += 1;
        }
    }
}

/// Whether two values are the same time as far as milliseconds tell.
fn same_millisecond(one: &Value, other: &Value) -> bool {
    let millisecond = |value: &Value| match value {
        Value::Text(text) => text.parse::<jiff::Timestamp>().ok(),
        _ => None,
    };
    match (millisecond(one), millisecond(other)) {
        (Some(one), Some(other)) => one.as_millisecond() == other.as_millisecond(),
        _ => false,
    }
}

/// All runs of the corpus that came from CLIXML.
fn all_runs() -> Option<Vec<(&'static str, Vec<Record>)>> {
    let folder = corpus::folder()?;
    let mut all = Vec::new();
    for source in corpus::files(&folder, "xml") {
        if (CLIXML.detect)(&source).is_none() {
            continue;
        }
        for run in runs(&(CLIXML.parse)(&source)) {
            all.push((run.cmdlet.expect("known"), run.records.clone()));
        }
    }
    Some(all)
}

fn is_list(_: &str, value: &Value) -> bool {
    matches!(value, Value::List(_))
}

#[test]
fn export_csv_yields_the_same_facts_but_for_lists() {
    let Some(all) = all_runs() else { return };
    let mut tally = Tally::default();
    for (cmdlet, expected) in &all {
        let file = format!("EX1_{}.csv", cmdlet.trim_start_matches("Get-"));
        let form = Form {
            format: &CSV,
            file: &file,
            may_lose: &is_list,
        };
        for delimiter in [',', ';', '\t'] {
            let rendered = rendering::csv(expected, None, delimiter);
            compare(&form, &rendered, expected, &mut tally);
        }
    }
    assert!(tally.same > 5000 && tally.lost > 100, "{tally:?}");
}

#[test]
fn convert_to_html_yields_the_same_facts_but_for_lists() {
    let Some(all) = all_runs() else { return };
    let mut tally = Tally::default();
    for (cmdlet, expected) in &all {
        let file = format!("EX1_{}.html", cmdlet.trim_start_matches("Get-"));
        let form = Form {
            format: &HTML,
            file: &file,
            may_lose: &is_list,
        };
        compare(&form, &rendering::html(expected), expected, &mut tally);
    }
    assert!(tally.same > 2000 && tally.lost > 50, "{tally:?}");
}

#[test]
fn convert_to_json_yields_the_same_facts_but_for_numbers_without_a_known_name() {
    let Some(all) = all_runs() else { return };
    let nothing = |_: &str, _: &Value| false;
    let unconfirmed = |name: &str, _: &Value| {
        ["PermissionGroups", "AuthMechanism"].contains(&name) || name.ends_with("Methods")
    };
    let mut tally = Tally::default();
    for (cmdlet, expected) in &all {
        let file = format!("EX1_{}.json", cmdlet.trim_start_matches("Get-"));
        for (version, may_lose) in [
            (Json::Seven, &nothing as &dyn Fn(&str, &Value) -> bool),
            (Json::Windows, &unconfirmed),
        ] {
            let form = Form {
                format: &JSON,
                file: &file,
                may_lose,
            };
            let rendered = rendering::json(expected, version);
            compare(&form, &rendered, expected, &mut tally);
        }
    }
    assert!(tally.same > 4000 && tally.lost < 60, "{tally:?}");
}

#[test]
fn format_table_yields_the_same_facts_but_for_values_it_cut() {
    let Some(all) = all_runs() else { return };
    let mut tally = Tally::default();
    for (cmdlet, expected) in &all {
        let printable = |name: &str| {
            expected.iter().all(|record| {
                let found = record.properties.get(name);
                let text = found.and_then(|property| rendering::text(&property.value));
                // A blank at an end, or an end in dots, is not to be told from the table's own.
                text.is_some_and(|text| text.trim() == text && !text.contains(['\n', '\r']))
            })
        };
        let names: Vec<&str> = expected[0]
            .properties
            .iter()
            .map(|property| &*property.name)
            .filter(|name| printable(name))
            .collect();
        let Some(first) = ["Identity", "Name", "Thumbprint"].into_iter().find(|name| {
            let filled = |record: &Record| record.text(name).is_some();
            names.contains(name) && expected.iter().all(filled)
        }) else {
            continue;
        };
        for width in [24, 60] {
            for chunk in names.chunks(4) {
                let columns: Vec<&str> = std::iter::once(first)
                    .chain(chunk.iter().copied().filter(|name| *name != first))
                    .collect();
                let cut = |_: &str, value: &Value| {
                    rendering::text(value).is_some_and(|text| text.chars().count() > width)
                };
                if columns.iter().any(|name| name.len() > width) {
                    continue;
                }
                let form = Form {
                    format: &LIST,
                    file: "capture.txt",
                    may_lose: &cut,
                };
                let table = rendering::table(expected, &columns, width);
                let rendered = format!("[PS] C:\\>{cmdlet} | ft {}\r\n{table}", columns.join(","));
                compare(&form, &rendered, expected, &mut tally);
            }
        }
    }
    assert!(tally.same > 2000 && tally.lost > 50, "{tally:?}");
}

#[test]
fn nothing_of_the_firewall_corpus_is_taken_for_objects_of_exchange() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let files = corpus::all_files(&folder.join("../firewall"));
    for file in &files {
        for format in [&CSV, &JSON, &HTML] {
            let evidence = (format.detect)(file);
            assert_eq!(evidence, None, "{} as {}", file.name(), format.id);
        }
    }
    assert!(files.len() > 100);
}
