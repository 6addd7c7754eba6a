//! Where the secrets of a configuration stand.
//!
//! The reader puts no secret into the model or into a remark; this tells the
//! report stage what to mask when it shows a line of the file.

use crate::source::{SourceFile, Span};

use super::words::Words;

/// Keys whose value is a secret. Source: Juniper, CLI Reference; the device
/// itself marks most of them `## SECRET-DATA`.
const KEYS: &[&str] = &[
    "encrypted-password",
    "plain-text-password-value",
    "secret",
    "password",
    "ascii-text",
    "hexadecimal",
    "authentication-key",
    "privacy-key",
    "authentication-password",
    "privacy-password",
    "community",
    "md5",
    "key",
    "simple-password",
    "hello-authentication-key",
    "trusted-key-value",
    "shared-secret",
    "bind-password",
    "chap-secret",
    "pap-password",
    "local-password",
    "preshared-key",
];

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
    let text = line.split("## SECRET-DATA").next().unwrap_or_default();
    let marked = text.len() < line.len();
    let mut found = Vec::new();
    let mut before = "";
    let mut last = "";
    for word in (Words { rest: text }) {
        let word = word.trim_end_matches([';', '{', '}']);
        if word.is_empty() {
            continue;
        }
        // Hashes and obscured passwords tell themselves.
        let hash = word.starts_with('$') && word.get(1..).is_some_and(|rest| rest.contains('$'));
        let keyed = KEYS.contains(&before)
            && !KEYS.contains(&word)
            && !matches!(word, "[" | "]" | "members" | "ascii-text" | "hexadecimal");
        let policy = text.contains("policy-options") || text.contains("policy-statement");
        if hash || keyed && !(before == "community" && policy) {
            found.push(word);
        }
        // `scheme://user:password@host`.
        if let Some((_, rest)) = word.split_once("://")
            && let Some((login, _)) = rest.split_once('@')
            && let Some((_, password)) = login.split_once(':')
        {
            found.push(password);
        }
        before = word;
        last = word;
    }
    if marked && !found.contains(&last) && !last.is_empty() {
        found.push(last);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::secrets;

    #[test]
    fn every_kind_of_secret_is_found() {
        for (line, expected) in [
            (
                "    encrypted-password \"$6$abc$S3cret\"; ## SECRET-DATA",
                "$6$abc$S3cret",
            ),
            (
                "set system root-authentication encrypted-password \"$6$abc$S3cret\"",
                "$6$abc$S3cret",
            ),
            (
                "        pre-shared-key ascii-text \"$9$S3cret\"; ## SECRET-DATA",
                "$9$S3cret",
            ),
            (
                "set security ike policy p pre-shared-key ascii-text \"$9$S3cret\"",
                "$9$S3cret",
            ),
            (
                "set snmp community S3cret authorization read-only",
                "S3cret",
            ),
            ("community S3cret {", "S3cret"),
            (
                "            secret \"$9$S3cret\"; ## SECRET-DATA",
                "$9$S3cret",
            ),
            (
                "set protocols bgp group a authentication-key \"$9$S3cret\"",
                "$9$S3cret",
            ),
            ("    \"ftp://backup:S3cret@192.0.2.9/\";", "S3cret"),
            ("    value S3cret; ## SECRET-DATA", "S3cret"),
        ] {
            assert!(
                secrets(line).contains(&expected),
                "{line}: {:?}",
                secrets(line)
            );
        }
        assert!(secrets("set security zones security-zone trust interfaces ge-0/0/0.0").is_empty());
        assert!(
            secrets("set policy-options policy-statement x term 1 from community PEERS").is_empty()
        );
    }
}
