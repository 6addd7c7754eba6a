//! Readers of firewall configurations: one folder per platform.

pub mod cisco_asa;
pub mod cisco_ios;
mod shared;
