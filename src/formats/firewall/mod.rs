//! Readers of firewall configurations: one folder per platform.

pub mod cisco_asa;
pub mod cisco_ios;
pub mod definitions;
pub mod fortios;
pub mod iptables;
pub mod junos;
pub mod nftables;
pub mod panos;
pub(in crate::formats) mod shared;
pub mod windows_firewall;
