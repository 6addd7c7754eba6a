//! From estate and flow to `input`, the facts that rules see.

mod types;

pub use types::*;
