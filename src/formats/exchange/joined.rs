//! Lists that a script joined to one text, taken apart where the items tell
//! where they end.

use std::borrow::Cow;

use super::cmdlets::{Kind, table};

/// A list that a script joined, or one value that PowerShell unrolled.
#[must_use]
pub fn joined(kind: Option<Kind>, text: &str) -> Vec<Cow<'_, str>> {
    let enumeration = match kind {
        Some(Kind::ListOf(of) | Kind::Flags(of)) => table().enumeration(of),
        _ => None,
    };
    if kind == Some(Kind::List)
        && let Some(spaces) = address_spaces(text)
    {
        return spaces;
    }
    // `X400:c=de;1` is one address space, its cost behind the semicolon.
    let has_cost = text.split(';').skip(1).any(|part| {
        let cost = part.split([',', '|', ' ']).next().unwrap_or_default();
        !cost.is_empty() && cost.bytes().all(|b| b.is_ascii_digit())
    });
    let split_at = |c: char| match c {
        ',' | '|' => true,
        ';' => !has_cost,
        ' ' => enumeration.is_some() || text.split(' ').all(is_address_like),
        _ => false,
    };
    text.split(split_at)
        .map(|item| Cow::Borrowed(item.trim()))
        .filter(|item| !item.is_empty())
        .collect()
}

/// Address spaces with their costs (`SMTP:*;1`), whatever a script joined them with.
fn address_spaces(text: &str) -> Option<Vec<Cow<'_, str>>> {
    const APART: [char; 4] = [';', ',', '|', ' '];
    let mut spaces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (space, behind) = rest.split_once(';')?;
        let (kind, domain) = space.split_once(':')?;
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        let sound = !domain.is_empty() && !domain.contains(APART);
        if !kind.eq_ignore_ascii_case("smtp") || !sound || digits == 0 {
            return None;
        }
        let (whole, tail) =
            rest.split_at_checked(space.len().saturating_add(1).saturating_add(digits))?;
        rest = tail.trim_start_matches(APART);
        if rest.len() == tail.len() && !rest.is_empty() {
            return None;
        }
        spaces.push(Cow::Borrowed(whole));
    }
    Some(spaces)
}

/// Whether a word is an address, a range or a binding; the separators between
/// such words may be dropped from a test on all of them.
fn is_address_like(word: &str) -> bool {
    let word = word.trim_end_matches([',', ';', '|']);
    word.is_empty()
        || (word.contains(['.', ':'])
            && word
                .bytes()
                .all(|b| b.is_ascii_hexdigit() || b".:/[]-()".contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_spaces_end_at_their_costs() {
        let whole = ["SMTP:*;1", "smtp:contoso.com;50"];
        for between in ["; ", ";", ", ", "|", " "] {
            let text = whole.join(between);
            assert_eq!(joined(Some(Kind::List), &text), whole, "{text}");
        }
        assert_eq!(joined(Some(Kind::List), "SMTP:*;1"), ["SMTP:*;1"]);
        // No cost tells where the first ends.
        for other in [
            "SMTP:a;1x SMTP:b;2",
            "X400:c=de;a= ;1",
            "SMTP:;1",
            "SMTP:a b;1",
        ] {
            assert_eq!(address_spaces(other), None, "{other}");
        }
    }
}
