//! What iptables and nftables share: both configure netfilter, the packet
//! filter of the Linux kernel.

pub mod asked;
pub mod build;
pub mod delivered;
pub mod emit;
pub mod matching;
pub mod nat;
pub mod ranges;
pub mod translated;
pub mod typed;
pub mod untracked;
pub mod words;
