//! What became of one line.

use std::borrow::Cow;

use crate::formats::LineState;

/// State of a line, with a remark where a person needs one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// State.
    pub state: LineState,
    /// Why, ready for a person.
    pub why: Option<Cow<'static, str>>,
}

impl Outcome {
    /// Stands in the model.
    pub const MODELLED: Self = Self {
        state: LineState::Modelled,
        why: None,
    };
    /// Cannot change a verdict.
    pub const IRRELEVANT: Self = Self {
        state: LineState::Irrelevant,
        why: None,
    };
    /// Not understood.
    pub const UNRECOGNISED: Self = Self {
        state: LineState::Unrecognised,
        why: None,
    };

    /// Cannot change a verdict, and why that is not obvious.
    pub fn irrelevant(why: &'static str) -> Self {
        Self {
            state: LineState::Irrelevant,
            why: Some(Cow::Borrowed(why)),
        }
    }

    /// Known, and could change a verdict.
    pub fn not_modelled(why: impl Into<Cow<'static, str>>) -> Self {
        Self {
            state: LineState::NotModelled,
            why: Some(why.into()),
        }
    }
}
