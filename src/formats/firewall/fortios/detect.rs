//! Is this the configuration of a FortiGate?

use super::tables;
use super::terminal::prompt;
use crate::formats::Evidence;
use crate::source::{SourceFile, Span, is_markup};

/// Lines that are looked at.
const LINES: usize = 4_000;
/// Statements that are looked at once one was found.
const STATEMENTS: usize = 60;

/// How the models begin that run FortiOS: FortiGate, FortiWiFi, FortiFirewall,
/// FortiGate rugged and carrier models. Other products of the vendor write the
/// same syntax with a header of their own (`FMG`, `FAZ`, `FWB`, `FAD` …). Headers
/// that were made anonymous have the name of the product.
const MODELS: [&str; 7] = ["FG", "FW", "FF", "FK", "FortiGate", "FortiWiFi", "FortiOS"];

/// Looks for the header of a backup, or for sections that only FortiOS has.
pub fn detect(file: &SourceFile) -> Option<Evidence> {
    let text = file
        .text()
        .trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']);
    if text.starts_with(['{', '!']) || text.starts_with("---") || is_markup(text) {
        return None;
    }
    let mut found: Option<(Span, &str)> = None;
    let (mut own, mut foreign, mut before) = (0usize, 0usize, 0usize);
    for (span, line) in file.lines().take(LINES) {
        let line = line.trim_matches([' ', '\t', '\u{feff}', '\u{8}']);
        if line.is_empty() {
            continue;
        }
        if line.starts_with("#FGBK") {
            return Some(evidence(96, span, "#FGBK"));
        }
        if let Some(model) = line.strip_prefix("#config-version=") {
            let ours =
                MODELS.iter().any(|start| model.starts_with(start)) && !model.starts_with("FWB");
            return ours.then(|| evidence(98, span, line));
        }
        if line.starts_with("# Platform Type") && line.contains(": F")
            || line.starts_with("#branch_pt=")
        {
            // FortiManager and FortiAnalyzer.
            return None;
        }
        if line.starts_with('#') || line.starts_with("--More--") {
            continue;
        }
        let statement = prompt(line).map_or(line, |(_, typed)| typed);
        let mut words = statement.split([' ', '\t']);
        let verb = words.next().unwrap_or_default();
        let path = statement.get(verb.len()..).unwrap_or_default().trim();
        match verb {
            "config" => {
                let plain = path.replace('"', "");
                if found.is_none()
                    && plain.contains(' ')
                    && (tables::part(&plain).is_some() || tables::expand(&plain).is_some())
                {
                    found = Some((span, line));
                }
                own = own.saturating_add(1);
            }
            "edit" | "set" | "next" | "end" | "unset" | "append" | "rename" | "clone" | "move"
            | "delete" | "select" | "show" | "" => own = own.saturating_add(1),
            "config-version" => {}
            _ if found.is_none() => before = before.saturating_add(1),
            _ => foreign = foreign.saturating_add(1),
        }
        if found.is_some() && own >= STATEMENTS {
            break;
        }
    }
    let (span, line) = found?;
    // Another language that is configured with such words, or a text about it.
    let clear = own >= 2 && own > foreign.saturating_mul(4) && before <= own.saturating_mul(2);
    clear.then(|| evidence(90, span, line))
}

fn evidence(strength: u8, span: Span, line: &str) -> Evidence {
    let line: String = line.chars().filter(|c| !c.is_control()).take(60).collect();
    Evidence {
        strength,
        what: format!("`{line}`"),
        span,
    }
}

#[cfg(test)]
mod tests {
    use super::detect;
    use crate::source::{FileId, SourceFile};

    #[test]
    fn a_page_of_markdown_may_begin_with_a_tag() {
        let strength = |text: &str| {
            let file = SourceFile::from_text(FileId(0), "x.md", text);
            detect(&file).map(|evidence| evidence.strength)
        };
        let policy = "config firewall policy\nedit 1\nset action accept\nnext\nend\n";
        let page = format!("<p align=\"center\">\n\n```\n{policy}```\n");
        assert_eq!(strength(&page), Some(90));
        let html = format!("<html><body><pre>\n{policy}</pre></body></html>\n");
        assert_eq!(strength(&html), None);
    }
}
