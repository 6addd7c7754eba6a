//! A comparison as people read it: sentences that the terminal, Markdown and
//! annotations share, in both languages.

mod findings;
pub mod github;
pub mod markdown;
mod people;
mod story;

pub use findings::{FindingSection, FindingStory, doubt, unasked};
pub use people::People;
pub use story::{
    Citation, FilterStory, Mark, PathStory, PieceStory, ServiceStory, SetStory, Story,
};
