//! Readers of firewall configurations: one folder per platform.

pub mod cisco_asa;
mod shared;
