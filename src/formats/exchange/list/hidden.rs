//! Lines that may show a secret though no property holds it: rows of tables
//! that were not read, and text behind a secret value.

use super::line::{Line, LineKind};
use crate::formats::exchange::secret_names::is_secret_name;

/// Lines behind a secret that may be its rest.
const NEAR: usize = 24;
/// Words in a heading.
const MOST_WORDS: usize = 24;

/// Whether a word names what nobody is to see.
#[must_use]
pub fn names_a_secret(word: &str) -> bool {
    // Names of columns whose properties elsewhere hold no secret.
    const NAMES: [&str; 3] = ["community", "communitystring", "key"];
    is_secret_name(word) || NAMES.iter().any(|name| word.eq_ignore_ascii_case(name))
}

/// Whether a heading has a column of secrets.
#[must_use]
pub fn heads_secrets(head: &str) -> bool {
    is_secret_name(head) || head.split_whitespace().any(names_a_secret)
}

/// The lines of other text that follow a secret.
pub fn behind<'a>(lines: &'a [Line<'_>], last: usize) -> impl Iterator<Item = usize> + 'a {
    let from = last.saturating_add(1);
    let next = lines.get(from..).unwrap_or_default().iter().take(NEAR);
    let text = |line: &&Line<'_>| matches!(line.kind, LineKind::Other | LineKind::Blank);
    next.take_while(text)
        .enumerate()
        .filter(|(_, line)| line.kind == LineKind::Other)
        .map(move |(at, _)| from.saturating_add(at))
}

/// Those of some loose lines that stand below a line of words of which one names
/// a secret: what is left of a table.
#[must_use]
pub fn below_headings(lines: &[Line<'_>], loose: &[usize]) -> Vec<usize> {
    let is_heading = |text: &str| {
        let words = || text.split_whitespace();
        let plain = |word: &str| {
            word.chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | 'ー'))
        };
        words().nth(1).is_some()
            && words().nth(MOST_WORDS).is_none()
            && words().all(plain)
            && heads_secrets(text)
    };
    let mut found = Vec::new();
    let mut above: Option<usize> = None;
    for line in loose {
        let between = above.map(|above| above.saturating_add(1)..*line);
        let blank = |at: usize| {
            lines
                .get(at)
                .is_some_and(|line| line.kind == LineKind::Blank)
        };
        let below = between.is_some_and(|mut between| between.all(blank));
        if below {
            found.push(*line);
        }
        let text = lines.get(*line).map_or("", |line| line.text);
        above = (below || is_heading(text)).then_some(*line);
    }
    found
}
