//! Lines that a pager tore.
//!
//! A FortiGate stops its output anywhere, in the middle of a word, too. A
//! terminal that is saved without its control characters shows the blanks that
//! overwrote `--More--` there: `e` and `dit "port1"` with more than a hundred of
//! them in between. FortiOS itself puts one blank between words.

use std::borrow::Cow;

use super::lex::Token;

/// Why a line that was torn is not read.
pub const WHY: &str = "the pager of the terminal tore this line: what stands in it is not certain";

/// Fewer blanks are taken for somebody's alignment.
const GAP: usize = 40;
/// As few blanks tear a word that is none without what follows.
const SHORT_GAP: usize = 8;

/// The words that a statement starts with.
const VERBS: [&str; 10] = [
    "config", "edit", "set", "unset", "append", "select", "unselect", "next", "end", "abort",
];

fn gap(text: &str, least: usize) -> bool {
    let mut run = 0usize;
    text.bytes().any(|byte| {
        run = if byte == b' ' {
            run.saturating_add(1)
        } else {
            0
        };
        run >= least
    })
}

/// Whether a line was torn.
pub fn is_torn(text: &str) -> bool {
    gap(text, GAP)
}

/// Joins the first word of a line that was torn in it; `false` when the line was
/// torn elsewhere, or not at all.
pub fn mend(text: &str, words: &mut Vec<Token<'_>>) -> bool {
    let [first, second, ..] = words.as_slice() else {
        return false;
    };
    if VERBS.contains(&&*first.text) || !gap(text, SHORT_GAP) {
        return false;
    }
    let joined = format!("{}{}", first.text, second.text);
    let Some(verb) = VERBS.into_iter().find(|verb| *verb == joined) else {
        return false;
    };
    words.remove(1);
    if let Some(first) = words.first_mut() {
        first.text = Cow::Borrowed(verb);
    }
    true
}

/// The paths that a torn one may be: with each of its gaps closed.
pub fn paths(words: &[Token<'_>]) -> Vec<String> {
    let all: Vec<&str> = words.iter().map(|word| &*word.text).collect();
    (1..all.len())
        .filter_map(|at| {
            let (head, tail) = all.split_at_checked(at)?;
            Some(format!("{}{}", head.join(" "), tail.join(" ")))
        })
        .collect()
}
