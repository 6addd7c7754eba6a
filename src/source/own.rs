//! Files that exlint itself wrote: a report of an earlier run, or the page of
//! a rule, may lie among the exports. Both quote exports, and are none.

/// Bytes that are looked at.
const HEAD: usize = 64 * 1024;

/// Titles of reports in Markdown, as `report.title` has them.
const TITLES: [&str; 2] = [
    "firewalls and Exchange against the data paths",
    "データ パスから見たファイアウォールと Exchange",
];

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
        // Exceptions and people's own comments begin in nearly the same way.
        Some('#') => titled(text.lines().next().unwrap_or_default()) || page(text),
        _ => text.lines().take(LINES).any(finding),
    }
}

/// Whether a file may be a report on which there was nothing to say.
#[must_use]
pub fn is_empty_report(bytes: &[u8]) -> bool {
    matches!(bytes.trim_ascii(), b"" | b"[]")
}

/// Whether a line is the title of a report in Markdown: of a run, or of a
/// comparison, which names both sides.
fn titled(line: &str) -> bool {
    let Some(title) = line.trim_start_matches('#').strip_prefix(" exlint: ") else {
        return false;
    };
    TITLES.contains(&title.trim_end())
        || (line.starts_with("## ") && title.starts_with('`') && title.contains("` → `"))
}

/// Whether a text is the page of a rule: its id and name, and its first heading.
fn page(text: &str) -> bool {
    let mut words = text.lines().next().unwrap_or_default().split_whitespace();
    words.next() == Some("#")
        && words.next().is_some_and(is_rule)
        && words.next().is_some()
        && words.next().is_none()
        && ["\n## What it checks", "\n## 検査内容"]
            .iter()
            .any(|heading| text.contains(heading))
}

/// Whether a word is the id of a rule: two capital letters and three digits.
fn is_rule(word: &str) -> bool {
    word.len() == 5
        && word.bytes().enumerate().all(|(at, byte)| match at {
            0 | 1 => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_digit(),
        })
}

/// Whether a line names a finding: `error[FU005]`, at its start or after a
/// place, or as an annotation.
fn finding(line: &str) -> bool {
    // The last line of a report for people, alone where nothing was found.
    let last = |count: &str, rules: &str| {
        line.starts_with(|first: char| first.is_ascii_digit() || count.starts_with(first))
            && line.contains(count)
            && line.contains(rules)
    };
    if last(" suppressed · ", " rules evaluated, ") || last("検出 ", " 件を評価、") {
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
    words.contains(&word) && rest.contains(']') && is_rule(id)
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
            "# exlint: firewalls and Exchange against the data paths\n\n",
            "## exlint: データ パスから見たファイアウォールと Exchange\n",
            "## exlint: `before` → `after`\n",
            "28 findings (1 error), 0 suppressed · 123 of 132 rules evaluated, 5 not applicable",
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
            "# exlint: ignore-file[FU005] reason=\"moved\"\n*filter\n",
            "# exlint: settings of the Tokyo site\n[exchange]\n",
            "## What it checks\n*filter\n## What it checks\n",
            "warning[OPS12] console message\nASA Version 8.2(5)",
            "! 2 suppressed · done\nASA Version 8.2(5)",
        ] {
            assert!(!is_ours(export.as_bytes()), "{export}");
        }
    }
}
