//! Readers of firewall configurations: one folder per platform.

pub mod cisco_asa;
pub mod iptables;
pub mod nftables;
pub mod shared;
