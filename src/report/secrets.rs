//! Finds secrets in a line of a configuration or an export.
//!
//! Parsers keep secrets in [`crate::source::Redacted`], but an excerpt shows
//! whole lines, also of files that no parser knows. So every printed line is
//! scanned for the known places of secrets. It masks too much rather than too
//! little: a masked word costs a look into the file, a printed key costs the
//! network.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::OnceLock;

/// Words that may stand between a secret's keyword and the secret.
const QUALIFIERS: &[&str] = &[
    "0",
    "5",
    "6",
    "7",
    "8",
    "9",
    "128",
    "192",
    "256",
    "enc",
    "md5",
    "sha",
    "sha-1",
    "sha1",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    "aes",
    "aes128",
    "des",
    "3des",
    "hex",
    "hexadecimal",
    "ascii",
    "ascii-text",
    "text",
    "clear",
    "cleartext",
    "encrypted",
    "hmac-md5",
    "hmac-sha-256",
    "is",
    ":",
    "=",
    "==",
    "->",
    "priv",
    "auth",
    "localized",
];

/// Words before a keyword that make it a name, not a keyword.
const NAMING: &[&str] = &[
    "host",
    "object",
    "object-group",
    "group-object",
    "name",
    "nameif",
    "interface",
    "eq",
    "network",
    "service",
    "crypto",
    "hash",
    "integrity",
    "prf",
    "encryption",
];

/// Words that follow a keyword in syntax that holds no secret.
const NO_SECRET: &[&str] = &[
    "generate",
    "zeroize",
    "chain",
    "policy",
    "policies",
    "expiration",
    "lifetime",
    "storage",
    "recovery",
    "encryption",
    "required",
    "true",
    "false",
    "none",
    "null",
    "not",
    "and",
    "or",
    "of",
    "for",
    "the",
    "on",
    "prompt",
    "management",
    "minimum-length",
    "min-length",
    "address",
    "esp",
    "ah",
    "host",
];

struct Words {
    whole: HashSet<&'static str>,
    endings: Vec<&'static str>,
}

fn words() -> &'static Words {
    static WORDS: OnceLock<Words> = OnceLock::new();
    WORDS.get_or_init(|| {
        let mut words = Words {
            whole: HashSet::new(),
            endings: Vec::new(),
        };
        for line in include_str!("secret-words.tsv").lines() {
            let word = line.split('\t').next().unwrap_or_default();
            if word.is_empty() || word.starts_with('#') {
                continue;
            }
            match word.strip_prefix('-') {
                Some(ending) => words.endings.push(ending),
                None => {
                    words.whole.insert(word);
                }
            }
        }
        words
    })
}

/// Whether a line can hold a secret at all; most lines cannot, and cost one scan
/// for three letters of each keyword.
fn may_hold_secret(line: &str) -> bool {
    let bytes = line.as_bytes();
    let (mut a, mut b) = (0u8, 0u8);
    for byte in bytes {
        let c = byte.to_ascii_lowercase();
        let hit = matches!(
            (a, b, c),
            (b'p', b'a', b's')       // password, passphrase
                | (b'p', b'w', b'd')
                | (b'n', b'w', b'o') // Kennwort
                | (b'h', b't', b'w') // wachtwoord
                | (b'r', b'a', b's') // contraseña
                | (0xE3, 0x83, 0x91) // the first letter of パスワード
                | (b's', b'e', b'c') // secret
                | (b'k', b'e', b'y')
                | (b'm', b'm', b'u') // community
                | (b'm', b'd', b'5')
                | (b's', b'h', b'a')
                | (b'a', b'e', b's')
                | (b'd', b'e', b's')
                | (b'e', b'n', b'c')
                | (b'p', b'h', b'a') // phash
                | (b'p', b's', b'k')
                | (b'c', b'r', b'e') // credential
                | (b't', b'o', b'k') // token
                | (b':', b'/', b'/')
                | (b'<', b's', b's') // CLIXML secure string
                | (b'-', b'a', b'q') // PAN `-AQ==`
                | (b'a', b'a', b'a') // aaa-server
                | (b's', b'n', b'm') // snmp-server
                | (_, b'$', _)
                | (_, b'?' | b'&' | b'=', _) // a query, also without its scheme
        );
        if hit {
            return true;
        }
        (a, b) = (b, c);
    }
    bytes.len() >= BASE64_LINE && !line.trim().bytes().any(|byte| byte == b' ')
}

/// A line that is nothing but this many base64 characters is taken for a key.
const BASE64_LINE: usize = 56;

/// Ranges of bytes in `line` that are secrets, ascending and apart.
#[must_use]
pub fn secret_ranges(line: &str) -> Vec<Range<usize>> {
    if !may_hold_secret(line) {
        return Vec::new();
    }
    let mut found = Vec::new();
    after_keywords(line, &mut found);
    in_positions(line, &mut found);
    in_markup(line, &mut found);
    in_urls(line, &mut found);
    in_queries(line, &mut found);
    by_shape(line, &mut found);
    merge(found)
}

/// Ranges of secrets in a sentence of ours, which may quote a file: what looks
/// like a secret by itself, and secrets inside of quotation marks. The words
/// of the sentence are left alone ("no key `adresses`").
#[must_use]
pub fn secrets_in_prose(text: &str) -> Vec<Range<usize>> {
    if !may_hold_secret(text) {
        return Vec::new();
    }
    let mut found = Vec::new();
    in_markup(text, &mut found);
    in_urls(text, &mut found);
    in_queries(text, &mut found);
    by_shape(text, &mut found);
    for mark in ['`', '"', '\u{300c}'] {
        let close = if mark == '\u{300c}' { '\u{300d}' } else { mark };
        let mut at = 0usize;
        while let Some(open) = text.get(at..).and_then(|rest| rest.find(mark)) {
            let start = at.saturating_add(open).saturating_add(mark.len_utf8());
            let Some(length) = text.get(start..).and_then(|rest| rest.find(close)) else {
                break;
            };
            let end = start.saturating_add(length);
            let quoted = text.get(start..end).unwrap_or_default();
            let shift = |range: Range<usize>| {
                range.start.saturating_add(start)..range.end.saturating_add(start)
            };
            found.extend(secret_ranges(quoted).into_iter().map(shift));
            at = end.saturating_add(close.len_utf8());
        }
    }
    merge(found)
}

/// The words of a line with their ranges. Quoted text is one word.
fn split(line: &str) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let mut start: Option<usize> = None;
    let mut quote: Option<char> = None;
    for (at, c) in line.char_indices() {
        match (start, quote) {
            (None, _) if c.is_whitespace() => {}
            (None, _) => {
                start = Some(at);
                quote = matches!(c, '"' | '\'').then_some(c);
            }
            (Some(from), Some(q)) if c == q => {
                out.push(from..at.saturating_add(c.len_utf8()));
                start = None;
                quote = None;
            }
            (Some(from), None) if c.is_whitespace() => {
                out.push(from..at);
                start = None;
            }
            _ => {}
        }
    }
    if let Some(from) = start {
        if quote.is_some() {
            // The quote never closes: it was an apostrophe.
            let rest = line.get(from..).unwrap_or_default();
            let mut at = from;
            for word in rest.split(char::is_whitespace) {
                let end = at.saturating_add(word.len());
                if !word.is_empty() {
                    out.push(at..end);
                }
                let step = line
                    .get(end..)
                    .and_then(|tail| tail.chars().next())
                    .map_or(0, char::len_utf8);
                at = end.saturating_add(step);
            }
        } else {
            out.push(from..line.len());
        }
    }
    out
}

/// Secrets that follow a keyword: `password X`, `key 7 X`, `Password : X`, `pwd=X`.
fn after_keywords(line: &str, found: &mut Vec<Range<usize>>) {
    let words = words();
    let parts = split(line);
    let lower: Vec<String> = parts
        .iter()
        .map(|range| line.get(range.clone()).unwrap_or_default().to_lowercase())
        .collect();
    let is_keyword = |word: &str| {
        words.whole.contains(word)
            || words
                .endings
                .iter()
                .any(|ending| word.len() > ending.len() && word.ends_with(ending))
    };
    let mut index = 0usize;
    while let Some(word) = lower.get(index) {
        let here = index;
        index = index.saturating_add(1);
        // `pwd=X;`, `"password":"X"`, `userPassword="X"`
        joined(line, parts.get(here), &is_keyword, found);
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '-');
        if !is_keyword(bare) {
            continue;
        }
        let naming = here
            .checked_sub(1)
            .and_then(|i| lower.get(i))
            .is_some_and(|before| NAMING.contains(&before.as_str()));
        if naming {
            continue;
        }
        let mut next = index;
        // `message-digest-key 1 md5 X`: a number may name the key.
        let numbered = bare.ends_with("-key");
        while let Some(qualifier) = lower.get(next) {
            let skip = QUALIFIERS.contains(&qualifier.as_str())
                || (numbered
                    && next == index
                    && qualifier.len() <= 3
                    && qualifier.bytes().all(|b| b.is_ascii_digit())
                    && lower.get(next.saturating_add(1)).is_some());
            // A qualifier with nothing behind it is the secret itself.
            if !skip || lower.get(next.saturating_add(1)).is_none() {
                break;
            }
            next = next.saturating_add(1);
        }
        let (Some(value), Some(range)) = (lower.get(next), parts.get(next)) else {
            continue;
        };
        if NO_SECRET.contains(&value.as_str()) || value.chars().all(|c| c == '*' || c == ';') {
            continue;
        }
        found.push(trim_end(line, range.clone()));
        // Format-List: the value goes on to the end of the line.
        let colon =
            next > index && lower.get(index).is_some_and(|w| w == ":") || word.ends_with(':');
        if colon {
            found.push(range.start..line.trim_end().len());
        }
    }
}

/// Leaves the `;` that ends a Junos statement in sight.
fn trim_end(line: &str, range: Range<usize>) -> Range<usize> {
    let text = line.get(range.clone()).unwrap_or_default();
    let kept = text.trim_end_matches([';', ',']).len();
    range.start..range.start.saturating_add(kept)
}

/// Secrets in the same word as their keyword, after `=` or `:`.
fn joined(
    line: &str,
    range: Option<&Range<usize>>,
    is_keyword: &dyn Fn(&str) -> bool,
    found: &mut Vec<Range<usize>>,
) {
    let Some(range) = range else { return };
    let text = line.get(range.clone()).unwrap_or_default();
    let mut at = 0usize;
    for piece in text.split_inclusive([';', ',', '&', '{', '}', '<', '>', '\u{201c}']) {
        let start = at;
        at = at.saturating_add(piece.len());
        let Some(sign) = piece.find(['=', ':']) else {
            continue;
        };
        let (name, value) = piece.split_at(sign);
        let name = name
            .trim_matches(|c: char| !c.is_alphanumeric() && c != '-')
            .to_lowercase();
        let value = value
            .get(1..)
            .unwrap_or_default()
            .trim_end_matches([';', ',', '&', '}', '<', '>', '/']);
        if value.is_empty() || value == "\"\"" || !is_keyword(&name) {
            continue;
        }
        let from = range
            .start
            .saturating_add(start)
            .saturating_add(sign)
            .saturating_add(1);
        found.push(from..from.saturating_add(value.len()));
    }
}

/// Secrets whose place alone tells them: `aaa-server N (if) host IP KEY`,
/// `snmp-server host IF IP COMMUNITY`, `snmp-server user`.
fn in_positions(line: &str, found: &mut Vec<Range<usize>>) {
    let trimmed = line.trim_start();
    if !trimmed.starts_with("aaa-server") && !trimmed.starts_with("snmp-server host") {
        return;
    }
    let parts = split(line);
    let word = |index: usize| {
        parts
            .get(index)
            .and_then(|range| line.get(range.clone()))
            .unwrap_or_default()
    };
    let known = |w: &str| {
        matches!(
            w.to_ascii_lowercase().as_str(),
            "" | "timeout"
                | "protocol"
                | "trap"
                | "poll"
                | "traps"
                | "informs"
                | "version"
                | "community"
                | "udp-port"
                | "key"
                | "vrf"
                | "1"
                | "2c"
                | "3"
                | "auth"
                | "noauth"
                | "priv"
                | "max-failed-attempts"
                | "deadtime"
        )
    };
    let host = parts
        .iter()
        .position(|range| line.get(range.clone()) == Some("host"));
    let Some(host) = host else { return };
    if trimmed.starts_with("aaa-server") {
        let value = host.saturating_add(2);
        if !known(word(value))
            && let Some(range) = parts.get(value)
        {
            found.push(range.clone());
        }
        return;
    }
    // ASA writes the interface before the address, IOS does not.
    let first = host.saturating_add(1);
    let is_address = |w: &str| w.parse::<std::net::IpAddr>().is_ok();
    let address = if is_address(word(first)) {
        first
    } else {
        first.saturating_add(1)
    };
    for (index, range) in parts.iter().enumerate().skip(address.saturating_add(1)) {
        if !known(word(index)) && !word(index).bytes().all(|b| b.is_ascii_digit()) {
            found.push(range.clone());
            break;
        }
    }
}

/// Secrets in XML: CLIXML secure strings, and elements named for a secret.
fn in_markup(line: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0usize;
    while let Some(open) = line.get(from..).and_then(|rest| rest.find('<')) {
        let open = from.saturating_add(open);
        let Some(close) = line.get(open..).and_then(|rest| rest.find('>')) else {
            return;
        };
        let close = open.saturating_add(close);
        from = close.saturating_add(1);
        let tag = line.get(open.saturating_add(1)..close).unwrap_or_default();
        if tag.starts_with('/') || tag.ends_with('/') {
            continue;
        }
        let element = tag.split_whitespace().next().unwrap_or_default();
        let named = tag
            .split_once("N=\"")
            .and_then(|(_, rest)| rest.split('"').next())
            .unwrap_or(element)
            .to_lowercase();
        let words = words();
        let secret = element == "SS"
            || words.whole.contains(named.as_str())
            || words.endings.iter().any(|ending| named.ends_with(ending));
        if !secret {
            continue;
        }
        let end = line
            .get(from..)
            .and_then(|rest| rest.find('<'))
            .map_or(line.len(), |at| from.saturating_add(at));
        if !line.get(from..end).unwrap_or_default().trim().is_empty() {
            found.push(from..end);
        }
    }
}

/// Credentials in a URL: `ftp://user:secret@host`.
fn in_urls(line: &str, found: &mut Vec<Range<usize>>) {
    let mut from = 0usize;
    while let Some(at) = line.get(from..).and_then(|rest| rest.find("://")) {
        let start = from.saturating_add(at).saturating_add(3);
        from = start;
        let authority = line
            .get(start..)
            .unwrap_or_default()
            .split(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '"' | '<' | '\''))
            .next()
            .unwrap_or_default();
        let Some(sign) = authority.rfind('@') else {
            continue;
        };
        let user_info = authority.get(..sign).unwrap_or_default();
        // A name alone may be a token: `https://TOKEN@host`.
        let begin = match user_info.find(':') {
            Some(colon) => start.saturating_add(colon).saturating_add(1),
            None => start,
        };
        let end = start.saturating_add(sign);
        if begin < end {
            found.push(begin..end);
        }
    }
}

/// Keys of a URL's query whose value is a secret.
const QUERY_KEYS: &[&str] = &[
    "access_token",
    "apikey",
    "api_key",
    "auth",
    "authorization",
    "code",
    "credential",
    "jwt",
    "key",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "pw",
    "pwd",
    "secret",
    "session",
    "sid",
    "sig",
    "signature",
    "ticket",
    "token",
];

/// Values in the query of a URL, whole or cut: `…?token=X&password=Y`.
fn in_queries(line: &str, found: &mut Vec<Range<usize>>) {
    for (sign, _) in line.match_indices('=') {
        let before = line.get(..sign).unwrap_or_default();
        let key = before
            .rsplit(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))
            .next()
            .unwrap_or_default();
        let lead = before
            .get(..before.len().saturating_sub(key.len()))
            .and_then(|lead| lead.chars().next_back());
        let in_query = matches!(lead, Some('?' | '&' | ';' | '#'));
        // Elsewhere a word of its own, `sig=…`, whose value looks like a secret.
        // Japanese stands before it without a blank.
        let word = lead.is_none_or(|c| {
            !c.is_ascii() || c.is_whitespace() || matches!(c, '"' | '\'' | '(' | '[' | ',' | '`')
        });
        if !in_query && !word {
            continue;
        }
        let key = key.to_ascii_lowercase();
        let secret = QUERY_KEYS.iter().any(|known| {
            key.strip_suffix(known)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with(['_', '-']))
        }) || ["token", "password", "secret", "signature"]
            .iter()
            .any(|known| key.ends_with(known));
        if !secret {
            continue;
        }
        let start = sign.saturating_add(1);
        let length = line
            .get(start..)
            .unwrap_or_default()
            .find(|c: char| {
                c.is_whitespace()
                    || matches!(
                        c,
                        '&' | '#' | '"' | '\'' | '<' | '>' | '`' | '}' | '\u{300d}'
                    )
            })
            .unwrap_or(line.len().saturating_sub(start));
        let value = line.get(start..start.saturating_add(length));
        if in_query || value.is_some_and(looks_random) {
            found.push(start..start.saturating_add(length));
        }
    }
}

/// Letters and digits without a sense, not a name, an address or a number.
fn looks_random(value: &str) -> bool {
    value.len() >= 8
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
        && !value.contains(['.', ':', '\\'])
}

/// Secrets that their own shape tells: `$9$…`, `$1$…`, PAN's `-AQ==…`, a line
/// of base64.
fn by_shape(line: &str, found: &mut Vec<Range<usize>>) {
    for range in split(line) {
        let text = line.get(range.clone()).unwrap_or_default();
        let bare = text.trim_matches(['"', '\'', ';', ',']);
        let lead = text.find(bare).unwrap_or(0);
        let start = range.start.saturating_add(lead);
        let crypt = bare.strip_prefix('$').is_some_and(|rest| {
            rest.split_once('$').is_some_and(|(id, hash)| {
                (1..=8).contains(&id.len())
                    && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    && !hash.is_empty()
            })
        });
        if crypt || bare.starts_with("-AQ==") || bare.starts_with("[enc:") {
            found.push(start..start.saturating_add(bare.len()));
        }
    }
    let trimmed = line.trim();
    // Names of properties are long words too, but without digits or signs.
    let base64 = trimmed.len() >= BASE64_LINE
        && trimmed.bytes().any(|b| !b.is_ascii_alphabetic())
        && trimmed
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
        && !trimmed.bytes().all(|b| b.is_ascii_hexdigit());
    if base64 {
        let start = line.len().saturating_sub(line.trim_start().len());
        found.push(start..start.saturating_add(trimmed.len()));
    }
}

/// Sorts ranges and joins those that touch.
fn merge(mut found: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.retain(|range| range.start < range.end);
    found.sort_by_key(|range| (range.start, range.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(found.len());
    for range in found {
        match out.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => out.push(range),
        }
    }
    out
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
