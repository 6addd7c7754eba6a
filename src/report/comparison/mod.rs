//! A comparison as people read it: sentences that the terminal, Markdown and
//! annotations share, in both languages.

pub mod github;
pub mod markdown;
mod people;
mod story;

pub use people::People;
pub use story::{
    Citation, FilterStory, Mark, PathStory, PieceStory, ServiceStory, SetStory, Story,
};
