//! Secrets inside of values: they end here, and only their place is kept.
//!
//! The table of cmdlets and the names of properties tell most secrets
//! ([`super::value`], [`super::typing`]). What remains are secrets that stand
//! in a value of any property: connection strings, URLs with a password or a
//! signature, keys, and forms of encrypted texts that say by themselves what
//! they are. Output masks whole lines once more, whoever printed them.

use std::borrow::Cow;
use std::ops::Range;

use super::secret_names::ends_as_secret;
use crate::source::MASK;

/// Keys before `=` whose value is a secret in every text, besides those that
/// name a secret everywhere ([`ends_as_secret`]).
const KEYS: &[&str] = &["sig", "signature"];

/// Length of the shortest key, of either list.
const SHORTEST: usize = 3;

/// Keys whose value is a secret where it looks like one.
const OFTEN: &[&str] = &["auth", "code", "key", "pass", "session", "sid", "ticket"];

/// Whether a value as a whole is a secret by its form: a private key, FortiOS
/// `ENC`, a hash of crypt(3), or what `ConvertFrom-SecureString` writes (the
/// version and the provider of a DPAPI blob, MS-DPAPI).
#[must_use]
pub fn is_secret(text: &str) -> bool {
    const DPAPI: &str = "01000000d08c9ddf0115d1118c7a00c04fc297eb";
    let text = text.trim();
    let starts = |head: &str| {
        text.get(..head.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(head))
    };
    match text.bytes().next() {
        Some(b'0') => starts(DPAPI),
        Some(b'-') => starts("-----BEGIN ") && text.contains("PRIVATE KEY-----"),
        Some(b'E' | b'e') => text.strip_prefix("ENC ").is_some_and(is_base64),
        Some(b'$') => is_crypt(text),
        Some(b'S') => matches!(text, "System.Security.SecureString"),
        _ => false,
    }
}

fn is_base64(text: &str) -> bool {
    let text = text.trim();
    text.len() >= 8
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b))
}

/// `$1$salt$hash`, `$6$…`, `$2a$…`, `$9$…`.
fn is_crypt(text: &str) -> bool {
    let Some((id, hash)) = text.strip_prefix('$').and_then(|rest| rest.split_once('$')) else {
        return false;
    };
    (1..=8).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && hash.len() >= 8
        && !hash.contains(' ')
}

/// The text with a mask in the place of every secret that stands in it.
#[must_use]
pub fn masked(text: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'=', b'@', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    after_keys(text, &mut found);
    in_urls(text, &mut found);
    if found.is_empty() {
        return Cow::Borrowed(text);
    }
    found.sort_by_key(|range| (range.start, range.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0_usize;
    for range in found {
        if range.start < at {
            continue;
        }
        out.push_str(text.get(at..range.start).unwrap_or_default());
        out.push_str(MASK);
        at = range.end;
    }
    out.push_str(text.get(at..).unwrap_or_default());
    Cow::Owned(out)
}

/// `Password=x`, `pwd = x`, `?sig=x&`.
fn after_keys(text: &str, found: &mut Vec<Range<usize>>) {
    for sign in memchr::memchr_iter(b'=', text.as_bytes()) {
        // No key is longer, and a value of a million `=` must not cost a square.
        let mut from = sign.saturating_sub(40);
        while !text.is_char_boundary(from) {
            from = from.saturating_add(1);
        }
        let before = text.get(from..sign).unwrap_or_default().trim_end();
        // No key is shorter: a distinguished name has many of two letters.
        let is_key = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if before.as_bytes().iter().rev().take_while(is_key).count() < SHORTEST {
            continue;
        }
        let key = before
            .rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if found.last().is_some_and(|last| last.end > sign) {
            continue;
        }
        let surely = KEYS.contains(&key.as_str()) || ends_as_secret(&key);
        if !surely && !OFTEN.contains(&key.as_str()) {
            continue;
        }
        let rest = text.get(sign.saturating_add(1)..).unwrap_or_default();
        let value = rest.trim_start();
        let start = sign
            .saturating_add(1)
            .saturating_add(rest.len().saturating_sub(value.len()));
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let length = match quote {
            Some(quote) => value
                .get(1..)
                .and_then(|inner| inner.find(quote))
                .map_or(value.len(), |at| at.saturating_add(2)),
            None => value
                .find(|c: char| {
                    c.is_whitespace() || matches!(c, ';' | '&' | ',' | '"' | '\'' | '}')
                })
                .unwrap_or(value.len()),
        };
        let value = value.get(..length).unwrap_or_default();
        if value.is_empty() || !(surely || looks_random(value)) {
            continue;
        }
        found.push(start..start.saturating_add(length));
    }
}

fn looks_random(value: &str) -> bool {
    value.len() >= 8
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
        && !value.contains(['.', ':', '\\'])
}

/// `ftp://user:secret@host`.
fn in_urls(text: &str, found: &mut Vec<Range<usize>>) {
    for at in memchr::memmem::find_iter(text.as_bytes(), b"://") {
        let start = at.saturating_add(3);
        let authority = text
            .get(start..)
            .unwrap_or_default()
            .split(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '"' | '<' | '\'' | ','))
            .next()
            .unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        if let Some(colon) = user.find(':') {
            let end = start.saturating_add(user.len());
            let start = start.saturating_add(colon).saturating_add(1);
            if start < end {
                found.push(start..end);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_is_shorter_than_the_shortest() {
        let lengths = KEYS.iter().chain(OFTEN).map(|key| key.len());
        assert_eq!(lengths.min(), Some(SHORTEST));
    }

    #[test]
    fn forms_that_are_secrets_by_themselves_are_known() {
        for secret in [
            "01000000D08C9DDF0115D1118C7A00C04FC297EB010000001234",
            "-----BEGIN RSA PRIVATE KEY----- MIIEpAIBAAKCAQEA",
            "-----BEGIN PRIVATE KEY-----",
            "ENC AbCdEfGh0123==",
            "$1$abcd$S3cretS3cretS3cret",
            "$6$rounds=5000$salt$hash0123",
            "System.Security.SecureString",
        ] {
            assert!(is_secret(secret), "{secret}");
        }
        for text in [
            "",
            "10MB",
            "ENC of the connector",
            "Encrypted",
            "$true",
            "$env:COMPUTERNAME",
            "$1",
            "-----BEGIN CERTIFICATE-----",
            "SMTP:*;1",
        ] {
            assert!(!is_secret(text), "{text}");
        }
    }

    #[test]
    fn a_secret_in_a_text_is_masked_and_the_text_kept() {
        for (text, shown) in [
            (
                "Server=sql1;User ID=sa;Password=S3cret;Encrypt=True",
                "Server=sql1;User ID=sa;Password=********;Encrypt=True",
            ),
            ("pwd = 'S3 cret' x", "pwd = ******** x"),
            (
                "https://mail.contoso.com/owa?sv=1&sig=S3cret%2B&se=2009",
                "https://mail.contoso.com/owa?sv=1&sig=********&se=2009",
            ),
            ("code=S3cret0123", "code=********"),
            (
                "ftp://admin:S3cret@192.0.2.9/x",
                "ftp://admin:********@192.0.2.9/x",
            ),
            ("AccountKey=abc==;x", "AccountKey=********;x"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn texts_that_hold_no_secret_stay_as_they_are() {
        for text in [
            "CN=HUB1,CN=Servers,DC=contoso,DC=com",
            "https://mail.contoso.com/owa?realm=contoso.com",
            "admin@contoso.com",
            "code=External",
            "auth=ntlm",
            "key=HKLM:\\SOFTWARE\\Microsoft1",
            "token=",
            "=",
        ] {
            assert_eq!(masked(text), text);
        }
        let many = "=".repeat(1 << 20);
        assert_eq!(masked(&many), many);
    }
}
