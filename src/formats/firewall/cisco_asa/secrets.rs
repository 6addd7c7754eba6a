//! Where the secrets of a configuration stand.
//!
//! The reader puts no secret into the model or into a remark; this tells the
//! report stage what to mask when it shows a line of the file.

use crate::source::{SourceFile, Span};

use super::commands::TERMINAL;
use super::lex::{Clean, prompt};
use super::words::Words;

/// The spans of all passwords, hashes, keys and communities of a file.
///
/// Source: the commands of the Cisco ASA Series Command Reference and PIX
/// Command Reference 6.3 that take a secret.
#[must_use]
pub fn secret_spans(file: &SourceFile) -> Vec<Span> {
    let clean = Clean::new(file, TERMINAL);
    let mut spans = Vec::new();
    for line in clean.lines() {
        let text = prompt(line.text).map_or(line.text, |prompt| prompt.typed);
        if let Some(secret) = secret(text) {
            let span = clean.span_of(secret);
            if span.end > span.start {
                spans.push(span);
            }
        }
    }
    spans
}

/// What was typed at a prompt for a password (`admin@10.1.0.1's password:`,
/// `Password:`), as a capture may hold it.
fn after_password_prompt(line: &str) -> Option<&str> {
    let at = line.find("assword:")?;
    let before = line.get(..at)?;
    let prompt = before.split([' ', '\t']).filter(|word| !word.is_empty());
    // `Password:`, `Enable password:`, `admin@10.1.0.1's password:`.
    (prompt.count() <= 3)
        .then(|| line.get(at.saturating_add("assword:".len())..))
        .flatten()
        .map(str::trim)
}

/// Whether a line belongs to the login that a capture starts with.
pub fn is_login(line: &str) -> bool {
    const STARTS: [&str; 6] = [
        "Type help or '?'",
        "User Access Verification",
        "login as:",
        "login:",
        "Username:",
        "Logoff",
    ];
    after_password_prompt(line).is_some() || STARTS.iter().any(|start| line.starts_with(start))
}

/// The part of a line that must not be shown.
pub fn secret(line: &str) -> Option<&str> {
    if let Some(typed) = after_password_prompt(line) {
        return Some(typed).filter(|typed| !typed.is_empty());
    }
    let mut words = Words::new(line);
    let mut first = words.next()?;
    if first == "no" {
        first = words.next()?;
    }
    match first {
        "passwd"
        | "password"
        | "key"
        | "pre-shared-key"
        | "ldap-login-password"
        | "internal-password"
        | "radius-common-pw"
        | "server-secret"
        | "shared-secret"
        | "community" => value(words),
        "enable" => after(words, &["password"]),
        "username" => after(words, &["password", "nopassword"]),
        "ikev1" | "ikev2" => after(words, &["pre-shared-key"]),
        "isakmp" => after(words, &["key"]),
        "crypto" => match words.next()? {
            "isakmp" | "ikev1" | "ikev2" => after(words, &["key", "pre-shared-key"]),
            _ => None,
        },
        "snmp-server" => match words.next()? {
            "community" => value(words),
            "host" => after(words, &["community"]),
            "user" => rest_after(words, &["auth", "encrypted"]),
            _ => None,
        },
        "failover" => match words.next()? {
            "key" => rest(words),
            "ipsec" => after(words, &["pre-shared-key"]),
            _ => None,
        },
        "aaa-server" => {
            // PIX 6: `aaa-server NAME (inside) host 192.0.2.1 SECRET timeout 10`.
            let host = after(words, &["host"])?;
            let mut tail = Words::new(line.get(offset(line, host)?.saturating_add(host.len())..)?);
            let secret = tail.next()?;
            (!matches!(secret, "timeout" | "(inside)" | "protocol")).then_some(secret)
        }
        "vpdn" => after(words, &["password", "ppp-password"]),
        "vpngroup" => after(words, &["password"]),
        "vpnclient" => after(words, &["password"]),
        "url-server" => after(words, &["key"]),
        "ntp" => after(words, &["md5", "sha1", "sha256", "sha512", "cmac"]),
        "neighbor" => after(words, &["password"]),
        "ospf" => after(words, &["authentication-key", "md5"]),
        "eigrp" | "authentication" => after(words, &["key", "md5"]),
        "ppp" | "pppoe" => after(words, &["password"]),
        "tunnel-group" | "group-policy" => after(words, &["password", "pre-shared-key"]),
        "http-proxy" | "https-proxy" => after(words, &["password"]),
        "cluster" => after(words, &["key"]),
        "cts" => after(words, &["password"]),
        "ca" | "credentials" | "auto-update" => after(words, &["password"]),
        "sdi" => after(words, &["secret"]),
        _ => None,
    }
}

/// The next word, after an encryption type (`0`, `8`) where one stands.
fn value<'l>(mut words: Words<'l>) -> Option<&'l str> {
    let word = words.next()?;
    match word {
        "0" | "6" | "7" | "8" if words.peek().is_some() => words.next(),
        "encrypted" => words.next(),
        _ => Some(word),
    }
}

fn after<'l>(mut words: Words<'l>, keywords: &[&str]) -> Option<&'l str> {
    while let Some(word) = words.next() {
        if keywords.contains(&word) {
            return value(words);
        }
    }
    None
}

fn rest_after<'l>(mut words: Words<'l>, keywords: &[&str]) -> Option<&'l str> {
    while let Some(word) = words.next() {
        if keywords.contains(&word) {
            return rest(words);
        }
    }
    None
}

fn rest(words: Words<'_>) -> Option<&str> {
    Some(words.rest()).filter(|rest| !rest.is_empty())
}

fn offset(line: &str, part: &str) -> Option<usize> {
    (part.as_ptr() as usize).checked_sub(line.as_ptr() as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn every_kind_of_secret_is_found() {
        for (line, expected) in [
            ("enable password S3cret. encrypted", "S3cret."),
            ("passwd S3cret. encrypted", "S3cret."),
            (
                "username ann password S3cret. encrypted privilege 15",
                "S3cret.",
            ),
            (" key S3cret.", "S3cret."),
            (" key 8 S3cret.", "S3cret."),
            (" ikev1 pre-shared-key S3cret.", "S3cret."),
            (
                " ikev2 remote-authentication pre-shared-key S3cret.",
                "S3cret.",
            ),
            (
                "isakmp key S3cret. address 192.0.2.1 netmask 255.255.255.255",
                "S3cret.",
            ),
            ("crypto isakmp key S3cret. address 192.0.2.1", "S3cret."),
            ("snmp-server community S3cret.", "S3cret."),
            (
                "snmp-server host inside 10.1.1.1 community S3cret. version 2c",
                "S3cret.",
            ),
            ("failover key S3cret.", "S3cret."),
            (
                "aaa-server TACACS+ (inside) host 10.1.1.9 S3cret. timeout 10",
                "S3cret.",
            ),
            (" ospf message-digest-key 1 md5 S3cret.", "S3cret."),
            ("ntp authentication-key 6 md5 S3cret.", "S3cret."),
            ("vpdn username ann password S3cret.", "S3cret."),
            ("vpngroup staff password S3cret.", "S3cret."),
            (" ldap-login-password S3cret.", "S3cret."),
        ] {
            assert_eq!(secret(line), Some(expected), "{line}");
        }
        assert_eq!(
            secret("access-list out extended permit tcp any any eq 25"),
            None
        );
        assert_eq!(secret("aaa-server ISE (inside) host 10.1.1.9"), None);
    }

    #[test]
    fn spans_point_into_the_file() {
        let file = SourceFile::from_text(
            FileId(0),
            "a.cfg",
            "hostname fw\r\npasswd S3cret. encrypted\r\n",
        );
        let spans = secret_spans(&file);
        let found: Vec<_> = spans.iter().map(|span| file.slice(*span)).collect();
        assert_eq!(found, ["S3cret."]);
    }
}
