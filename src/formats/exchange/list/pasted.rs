//! What web pages, tickets and documents make of a line before somebody
//! copies it.

use crate::formats::exchange::collect::is_known;
use crate::formats::exchange::html::entity;

/// Hyphens of typesetting, which blogs put into `Get-…`.
const HYPHENS: [char; 5] = ['\u{2010}', '\u{2011}', '–', '—', '−'];

/// What stands for the parts of a page that are none of its text: a character
/// of one byte, so that places stay what they are.
pub const FILLER: char = '\u{7f}';

/// The colon of East Asian input methods.
const WIDE_COLON: char = '：';

/// No property has a longer name.
const LONGEST_KEY: usize = 64;

/// Whether a line, or some line of a text, may hold what is to be [repaired]: an
/// escape, the begin of an entity, of typesetting or of a wide colon, a filler,
/// the ASCII mark of an item of a list, or the tag that ends a line.
pub fn needs_repair(text: &[u8]) -> bool {
    let holds = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
    memchr::memchr3(0x1b, b'&', 0xe2, text).is_some()
        || memchr::memchr2(0xef, 0x7f, text).is_some()
        || holds(b"- ")
        || holds(b"* ")
        || holds(b"<br")
}

/// A line with its entities (`&nbsp;`, `&gt;`) and the hyphens of its cmdlets as
/// the shell printed them; `None` where it has none.
pub fn repaired(line: &str) -> Option<String> {
    let filled = line.contains(FILLER).then(|| line.replace(FILLER, ""));
    let line = filled.as_deref().unwrap_or(line);
    if let Some(ended) = without_break(line) {
        return Some(repaired(ended).unwrap_or_else(|| ended.to_owned()));
    }
    let decoded = decoded(line);
    let text = decoded.as_deref().unwrap_or(line);
    let mended = hyphenated(text)
        .or_else(|| with_colon(text))
        .or_else(|| item(text));
    mended.or(decoded).or(filled)
}

/// A line without the tags with which a post ends it.
fn without_break(line: &str) -> Option<&str> {
    let mut rest = line;
    while let Some((before, tag)) = rest.rsplit_once('<') {
        if !matches!(tag.trim_end(), "br>" | "br/>" | "br />") {
            break;
        }
        rest = before.trim_end();
    }
    (rest.len() < line.len()).then_some(rest)
}

/// Whether a name is a property of some cmdlet.
fn is_property(name: &str) -> bool {
    name.len() <= LONGEST_KEY && is_known(name)
}

/// `Enabled ： True` as `Enabled : True`.
fn with_colon(line: &str) -> Option<String> {
    let (before, after) = line.split_once(WIDE_COLON)?;
    let key = before.trim();
    // The key may be an item of a list, too.
    let name = key.trim_start_matches(['-', '*', '•']).trim_start();
    if before.contains(':') || !is_property(name) {
        return None;
    }
    let mended = format!("{before}: {}", after.trim_start());
    Some(item(&mended).unwrap_or(mended))
}

/// `- Enabled: True`, `• **Enabled:** True` of a ticket or a document as
/// `  Enabled: True`, where the name is that of a property.
fn item(line: &str) -> Option<String> {
    let start = line.trim_start();
    // What [`needs_repair`] finds, and nothing else.
    let rest = start.strip_prefix(['-', '*', '•', '‣'])?;
    let text = rest.strip_prefix(' ')?.trim_start();
    let (key, value) = match text.strip_prefix("**") {
        Some(bold) => {
            let (key, value) = bold.split_once("**")?;
            match key.trim_end().strip_suffix(':') {
                Some(key) => (key, value),
                None => (key, value.trim_start().strip_prefix(':')?),
            }
        }
        None => text.split_once(':')?,
    };
    let key = key.trim().trim_matches('`');
    let apart = value.is_empty() || value.starts_with(char::is_whitespace);
    if !apart || !is_property(key) {
        return None;
    }
    let value = value.trim();
    let quoted = value.strip_prefix('`').and_then(|v| v.strip_suffix('`'));
    let value = quoted.filter(|v| !v.contains('`')).unwrap_or(value);
    let indent = line.get(..line.len().saturating_sub(start.len()))?;
    Some(format!("{indent}  {key}: {value}"))
}

fn decoded(line: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = line;
    let mut found = false;
    while let Some((before, _)) = rest.split_once('&') {
        let special = rest.get(before.len()..).unwrap_or_default();
        out.push_str(before);
        // A control character is nothing that the shell printed.
        let known = entity(special).filter(|(c, _)| !c.is_control());
        let length = match known {
            Some((c, length)) => {
                found = true;
                out.push(c);
                length
            }
            None => {
                out.push('&');
                1
            }
        };
        rest = special.get(length..).unwrap_or_default();
    }
    out.push_str(rest);
    found.then_some(out)
}

/// `Get–ReceiveConnector` as `Get-ReceiveConnector`.
fn hyphenated(line: &str) -> Option<String> {
    let at = line.find(HYPHENS)?;
    let verb = line.get(..at)?;
    let hyphen = line.get(at..)?.chars().next()?;
    let noun = line.get(at.checked_add(hyphen.len_utf8())?..)?;
    let is_verb = verb
        .get(verb.len().checked_sub(3)?..)
        .is_some_and(|verb| verb.eq_ignore_ascii_case("get"));
    let is_noun = noun.starts_with(|c: char| c.is_ascii_alphabetic());
    (is_verb && is_noun).then(|| format!("{verb}-{noun}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_become_what_they_stand_for_and_other_ampersands_stay() {
        let line = |text: &str| repaired(text).unwrap_or_else(|| text.to_owned());
        assert_eq!(line("Enabled&nbsp;&nbsp; : True"), "Enabled   : True");
        assert_eq!(
            line("[PS] C:\\&gt;Get-PopSettings"),
            "[PS] C:\\>Get-PopSettings"
        );
        assert_eq!(line("Url : https://x/?a=1&b=2"), "Url : https://x/?a=1&b=2");
        assert_eq!(line("x &#27;[31m &amp; y"), "x &#27;[31m & y");
        assert_eq!(line("plain"), "plain");
    }

    #[test]
    fn items_of_a_list_are_properties_where_some_cmdlet_has_them() {
        let line = |text: &str| repaired(text).unwrap_or_else(|| text.to_owned());
        for mark in ["-", "*", "•"] {
            let bare = format!("{mark} Enabled: True");
            assert_eq!(line(&bare), "  Enabled: True");
        }
        assert_eq!(line("- **Enabled:** `True`"), "  Enabled: True");
        assert_eq!(line("- **Enabled**: True"), "  Enabled: True");
        assert_eq!(line("- Enabled： True"), "  Enabled: True");
        for other in [
            "- Problem: mail does not arrive",
            "-Enabled: True",
            "- https://contoso.com/Enabled",
            "- Enabled:True",
            "* * *",
            "-\tEnabled: True",
            "· Enabled: True",
        ] {
            assert_eq!(repaired(other), None, "{other}");
        }
    }

    #[test]
    fn a_wide_colon_is_one_behind_a_property_only() {
        let mended = repaired("AuthMechanism   ： Tls, Integrated");
        assert_eq!(mended.as_deref(), Some("AuthMechanism   : Tls, Integrated"));
        assert_eq!(repaired("備考 ： なし"), None);
        assert_eq!(repaired("Name : 受信：既定"), None);
    }

    #[test]
    fn the_tag_that_ends_a_line_is_no_part_of_it() {
        let line = |text: &str| repaired(text).unwrap_or_else(|| text.to_owned());
        for tag in ["<br>", "<br/>", "<br /> ", "<br><br />"] {
            assert_eq!(line(&format!("Enabled : True{tag}")), "Enabled : True");
        }
        assert_eq!(line("- Enabled: True<br>"), "  Enabled: True");
        assert_eq!(line("Name : a <br> b"), "Name : a <br> b");
    }

    #[test]
    fn only_the_hyphen_of_a_cmdlet_is_mended() {
        assert_eq!(
            repaired("[PS] C:\\>Get–PopSettings –Server CAS1").as_deref(),
            Some("[PS] C:\\>Get-PopSettings –Server CAS1")
        );
        assert_eq!(repaired("Name : Relay – Tokyo"), None);
    }
}
