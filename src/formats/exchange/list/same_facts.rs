//! The same facts from CLIXML and from text, over the corpus.

use super::LIST;
use crate::formats::exchange::testing::{records, runs};
use crate::formats::exchange::{CLIXML, corpus};
use crate::model::exchange::Value;
use crate::source::{FileId, SourceFile};

/// What Format-List prints of a value; `None` where the comparison makes no
/// sense (a value that CLIXML does not have).
fn printed(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Flags(names) if names.is_empty() => "None".into(),
        Value::Flags(names) => names.join(", "),
        Value::List(items) => {
            let items: Option<Vec<String>> = items.iter().map(printed).collect();
            format!("{{{}}}", items?.join(", "))
        }
        Value::Secret | Value::Truncated(_) | Value::Unusable(_) => return None,
    })
}

/// Prints properties as Format-List does on a console of `width` columns:
/// cut in the middle of words, or at blanks.
fn format_list(properties: &[(String, String)], width: usize, at_blanks: bool) -> String {
    let column = properties
        .iter()
        .map(|(name, _)| name.len())
        .max()
        .unwrap_or(0)
        + 1;
    let field = width.saturating_sub(column + 2).max(1);
    let mut text = String::new();
    for (name, value) in properties {
        let mut rest: Vec<char> = value.chars().collect();
        let mut lines = Vec::new();
        while rest.len() > field {
            let mut end = field;
            if at_blanks && let Some(blank) = rest.iter().take(field + 1).rposition(|c| *c == ' ') {
                let line: String = rest.iter().take(blank).collect();
                lines.push(line);
                rest = rest.split_off(blank + 1);
                continue;
            }
            if rest.len() < end {
                end = rest.len();
            }
            let tail = rest.split_off(end);
            lines.push(rest.iter().collect());
            rest = tail;
        }
        lines.push(rest.iter().collect());
        for (index, line) in lines.iter().enumerate() {
            let head = if index == 0 {
                format!("{name:<column$}: ")
            } else {
                " ".repeat(column + 2)
            };
            text.push_str(&format!("{head}{line}\n"));
        }
    }
    text.push('\n');
    text
}

#[test]
fn clixml_and_format_list_yield_the_same_facts() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let mut compared = 0_usize;
    for source in corpus::files(&folder, "xml") {
        if (CLIXML.detect)(&source).is_none() {
            continue;
        }
        let document = (CLIXML.parse)(&source);
        for run in runs(&document) {
            let cmdlet = run.cmdlet.expect("known");
            for (width, at_blanks) in [(4096, false), (79, false), (119, true)] {
                let mut capture = format!("[PS] C:\\>{cmdlet} | fl\n\n\n");
                for record in &run.records {
                    let properties: Vec<_> = record
                        .properties
                        .iter()
                        .filter_map(|p| Some((p.name.to_string(), printed(&p.value)?)))
                        .collect();
                    capture.push_str(&format_list(&properties, width, at_blanks));
                }
                let text_source = SourceFile::from_text(FileId(0), "capture.txt", capture);
                let text_document = (LIST.parse)(&text_source);
                assert_eq!(text_document.ledger.totals().unrecognised, 0);
                let texts = records(&text_document);
                assert_eq!(
                    texts.len(),
                    run.records.len(),
                    "{} at {width}",
                    source.name()
                );
                for (from_xml, from_text) in run.records.iter().zip(texts) {
                    assert_eq!(from_text.cmdlet, from_xml.cmdlet);
                    for expected in &from_xml.properties {
                        if printed(&expected.value).is_none() {
                            continue;
                        }
                        let found = from_text.properties.get(&expected.name).map(|p| &p.value);
                        assert!(
                            found == Some(&expected.value),
                            "{} at {width} in {}",
                            expected.name,
                            source.name()
                        );
                        compared += 1;
                    }
                }
            }
        }
    }
    assert!(compared > 5000, "{compared}");
}

#[test]
fn nothing_else_in_the_corpus_is_taken_for_a_capture() {
    let Some(folder) = corpus::folder() else {
        return;
    };
    let mut seen = 0_usize;
    let beside = folder.join("../firewall");
    for source in corpus::all_files(&beside)
        .iter()
        .chain(&corpus::all_files(&folder))
    {
        seen += 1;
        assert_eq!((LIST.detect)(source), None, "{}", source.name());
    }
    assert!(seen > 100, "{seen}");
}
