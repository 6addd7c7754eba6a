//! What web pages make of a line before somebody copies it.

use crate::formats::exchange::html::entity;

/// Hyphens of typesetting, which blogs put into `Get-…`.
const HYPHENS: [char; 5] = ['\u{2010}', '\u{2011}', '–', '—', '−'];

/// The bytes that a line must hold to be worth a look: an escape, the begin of
/// an entity, or of typesetting.
pub fn is_suspicious(bytes: &[u8]) -> bool {
    memchr::memchr3(0x1b, b'&', 0xe2, bytes).is_some()
}

/// A line with its entities (`&nbsp;`, `&gt;`) and the hyphens of its cmdlets as
/// the shell printed them; `None` where it has none.
pub fn repaired(line: &str) -> Option<String> {
    let decoded = decoded(line);
    let text = decoded.as_deref().unwrap_or(line);
    hyphenated(text).or(decoded)
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
    fn only_the_hyphen_of_a_cmdlet_is_mended() {
        assert_eq!(
            repaired("[PS] C:\\>Get–PopSettings –Server CAS1").as_deref(),
            Some("[PS] C:\\>Get-PopSettings –Server CAS1")
        );
        assert_eq!(repaired("Name : Relay – Tokyo"), None);
    }
}
