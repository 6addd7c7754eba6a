//! Where the secrets of a configuration stand.
//!
//! The reader puts no secret into the model or into a remark; this tells the
//! report stage what to mask when it shows a line of the file.

use crate::source::{SourceFile, Span};

use super::tables;
use super::words::Words;

/// The spans of all passwords, hashes, keys and communities of a file.
#[must_use]
pub fn secret_spans(file: &SourceFile) -> Vec<Span> {
    let mut spans = Vec::new();
    for (_, line) in file.lines() {
        for part in secrets(line) {
            spans.extend(file.span_of(part).filter(|span| span.end > span.start));
        }
    }
    spans
}

/// The parts of a line that must not be shown.
pub fn secrets(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = line;
    while let Some((_, tail)) = rest.split_once('<') {
        let Some((tag, after)) = tail.split_once('>') else {
            break;
        };
        let name = tag.split([' ', '/']).next().unwrap_or_default();
        let value = after.split('<').next().unwrap_or_default();
        if tables::is_secret(name) && !value.trim().is_empty() || looks_secret(value) {
            found.push(value.trim());
        }
        rest = after;
    }
    if line.trim_start().starts_with('<') {
        return found;
    }
    // `"key": "value"`.
    let quoted: Vec<&str> = line.split('"').collect();
    if let [_, key, colon, value, ..] = quoted.as_slice()
        && colon.trim() == ":"
    {
        if tables::is_secret(key) || looks_secret(value) {
            found.push(value);
        }
        return found;
    }
    let mut before = "";
    for word in (Words { rest: line }) {
        let word = word.trim_end_matches(';');
        let keyed = tables::is_secret(before) && !tables::is_secret(word);
        if (keyed || looks_secret(word)) && !matches!(word, "" | "[" | "]" | "yes" | "no") {
            found.push(word);
        }
        before = word;
    }
    found
}

/// Hashes and encrypted values tell themselves: `$1$…`, `-AQ==…`.
fn looks_secret(value: &str) -> bool {
    let value = value.trim();
    let hash = value.starts_with('$')
        && value
            .get(1..)
            .is_some_and(|rest| rest.contains('$') && !rest.contains([' ', '{']));
    hash || value.starts_with("-AQ==")
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn every_kind_of_secret_is_found() {
        for (line, expected) in [
            ("      <phash>$1$abc$S3cret</phash>", "$1$abc$S3cret"),
            ("<phash>fnRL/G5lXVMug</phash>", "fnRL/G5lXVMug"),
            ("<private-key>-AQ==S3cret</private-key>", "-AQ==S3cret"),
            (
                "set mgt-config users admin phash $5$abc$S3cret",
                "$5$abc$S3cret",
            ),
            (
                "set shared server-profile ldap x bind-password -AQ==S3cret",
                "-AQ==S3cret",
            ),
            (
                "set deviceconfig system snmp-setting access-setting version v2c snmp-community-string S3cret",
                "S3cret",
            ),
            ("    phash $1$abc$S3cret;", "$1$abc$S3cret"),
            ("\"phash\": \"$1$abc$S3cret\",", "$1$abc$S3cret"),
        ] {
            let found = secrets(line);
            assert!(
                found.iter().any(|part| part.contains(expected)),
                "{line}: {found:?}"
            );
        }
        assert!(secrets("set rulebase security rules a from trust").is_empty());
        assert!(secrets("<ip-netmask>$web</ip-netmask>").is_empty());
    }
}
