//! What a condition that is not modelled depends on.
//!
//! Nobody can tell whether it holds. But where two files ask the same of a
//! packet, it holds in both or in neither, and that is enough to compare them.

use crate::source::Span;
use sha2::{Digest as _, Sha256};

/// What a condition depends on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asks {
    /// In words that do not depend on places and comments: equal words ask the
    /// same, once names are replaced by what they stand for. `None`: the reason
    /// and the statement tell.
    pub words: Option<Box<str>>,
    /// Whether each rule that has it asks for itself: it counts packets, or
    /// throws a die.
    pub alone: bool,
    /// Other statements that decide whether it holds.
    pub on: Box<[Span]>,
}

impl Asks {
    /// What words say.
    #[must_use]
    pub fn of(words: impl Into<Box<str>>) -> Self {
        Self {
            words: Some(words.into()),
            ..Self::default()
        }
    }
}

/// A short stand-in for long words: equal for equal words only.
#[must_use]
pub fn digest(words: &str) -> String {
    let hash = Sha256::digest(words.as_bytes());
    hash.iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn a_digest_tells_words_apart_and_is_short() {
        assert_ne!(digest("a b"), digest("b a"));
        assert_eq!(digest("a b"), digest("a b"));
        assert_eq!(digest(&"a".repeat(10_000)).len(), 32);
    }
}
