//! exlint.
fn main() {}
