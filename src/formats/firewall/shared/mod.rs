//! What the readers of several platforms share.

pub mod braces;
pub mod word_tree;
