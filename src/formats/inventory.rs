//! `exlint.toml`, the inventory that a user writes for what exports lack.

/// A read inventory file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inventory {}
