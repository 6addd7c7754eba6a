//! Files that exlint itself wrote: a report of an earlier run, or the page of
//! a rule, may lie among the exports. Both quote exports, and are none.

/// Bytes that are looked at.
const HEAD: usize = 64 * 1024;

/// Lines of a report for people that are looked at.
const LINES: usize = 12;

/// Whether a file begins as a report of exlint or the page of a rule does.
#[must_use]
pub fn is_ours(bytes: &[u8]) -> bool {
    let head = bytes.get(..HEAD).unwrap_or(bytes);
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches('\u{feff}');
    let within = |what: &str, first: usize| {
        let near = text
            .char_indices()
            .nth(first)
            .map_or(text.len(), |(at, _)| at);
        text.get(..near).is_some_and(|near| near.contains(what))
    };
    match text.chars().next() {
        Some('{') => {
            text.starts_with("{\n  \"schema\": \"exlint/")
                || (text.starts_with("{\"kind\":\"")
                    && (within("\"rule\":{\"id\":\"", 64)
                        || within("\"schema\":\"exlint/", 64)
                        || within("\"level\":\"", 64)))
                || (within("sarif-2.1.0.json", 200) && within("\"name\": \"exlint\"", 600))
        }
        Some('[') => within("\"check_name\": \"exlint/", HEAD),
        Some('<') => {
            within("<meta name=\"generator\" content=\"exlint\">", 600)
                || within("<testsuites name=\"exlint\"", 200)
                || within("<checkstyle version=", 200)
        }
        Some('"') => text.starts_with("\"state\",\"rule\",\"name\",\"severity\""),
        Some('#') => {
            text.starts_with("# exlint: ")
                || text.starts_with("## exlint: ")
                || ["\n## What it checks\n", "\n## 検査内容\n"]
                    .iter()
                    .any(|heading| text.contains(heading))
        }
        _ => text.lines().take(LINES).any(finding),
    }
}

/// Whether a file may be a report on which there was nothing to say.
#[must_use]
pub fn is_empty_report(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii(), b"" | b"[]")
}

/// Whether a line names a finding: `error[FU005]`, at its start or after a
/// place, or as an annotation.
fn finding(line: &str) -> bool {
    // The last line of a report for people, alone where nothing was found.
    if line.contains(" suppressed · ") || line.contains("、抑制 ") {
        return true;
    }
    let annotation = ["::error file=", "::warning file=", "::notice file="];
    if annotation.iter().any(|start| line.starts_with(start)) && line.contains(",title=") {
        return true;
    }
    let tag = match line.split_once(": ") {
        Some((place, rest)) if place.ends_with(|c: char| c.is_ascii_digit()) => rest,
        _ => line,
    };
    let Some((word, rest)) = tag.split_once('[') else {
        return false;
    };
    let words = [
        "error",
        "warning",
        "note",
        "suppressed",
        "undecided",
        "エラー",
        "警告",
        "注意",
        "注記",
    ];
    let id = rest.split(']').next().unwrap_or_default();
    words.contains(&word)
        && rest.contains(']')
        && (3..=12).contains(&id.len())
        && id.starts_with(|c: char| c.is_ascii_uppercase())
        && id.ends_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_and_pages_are_told_from_exports() {
        for ours in [
            "{\n  \"schema\": \"exlint/findings/1\",",
            "{\"kind\":\"summary\",\"schema\":\"exlint/findings-lines/1\"}",
            "<?xml version=\"1.0\"?>\n<testsuites name=\"exlint\" tests=\"1\">",
            "\u{feff}\"state\",\"rule\",\"name\",\"severity\",\"confidence\"",
            "# exlint: firewalls",
            "# FU005 x\n\n## What it checks\n\nx",
            "fw/a.cfg:1:2: error[FU005] x",
            "Server edge1 · 2 findings\n\nerror[FU005] x",
            "::error file=a,line=1,title=x::y",
        ] {
            assert!(is_ours(ours.as_bytes()), "{ours}");
        }
        for export in [
            ": Saved\nASA Version 8.2(5)",
            "# comment\n[exchange]\n",
            "{\"kind\":\"Firewall\"}",
            "<Objs Version=\"1.1.0.1\">",
            "*filter\n:INPUT ACCEPT [0:0]",
            "[\n  {\n    \"Identity\": \"x\"",
            "error: connection refused",
        ] {
            assert!(!is_ours(export.as_bytes()), "{export}");
        }
    }
}
