//! Joins all documents of a run: servers, addresses, zones, firewalls.

mod types;

pub use types::*;
