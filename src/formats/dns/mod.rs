//! Names and their addresses: zone files, what the tools of a DNS server and
//! of a client print, and hosts files.
//!
//! Every resource record becomes a record of `Resolve-DnsName`. What a zone
//! says is a view of one side: [`crate::estate`] never merges two of them.

mod answer;
mod hosts;
mod nslookup;
mod zone;

pub use answer::is_name;
pub use hosts::HOSTS;
pub use nslookup::NSLOOKUP;
pub use zone::ZONE;

#[cfg(test)]
mod hostile;
