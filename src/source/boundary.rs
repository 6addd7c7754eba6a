//! Places in a text that lie between two characters.

/// The boundary at a place, or before the character that the place lies in; no
/// further than the end.
#[must_use]
pub fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at = at.saturating_sub(1);
    }
    at
}

/// The first bytes of a text, at most so many, without the character that they
/// would cut in two.
#[must_use]
pub fn head(text: &str, most: usize) -> &str {
    text.get(..floor(text, most)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_is_cut_in_two() {
        assert_eq!(head("exlint", 2), "ex");
        assert_eq!(head("exlint", usize::MAX), "exlint");
        assert_eq!(head("ä受", 0), "");
        assert_eq!(head("ä受", 1), "");
        assert_eq!(head("ä受", 4), "ä");
        assert_eq!(head("ä受", 5), "ä受");
    }

    #[test]
    fn a_boundary_stays_where_it_is() {
        assert_eq!(floor("ä受", 2), 2);
        assert_eq!(floor("ä受", 3), 2);
        assert_eq!(floor("ä受", 9), 5);
    }
}
