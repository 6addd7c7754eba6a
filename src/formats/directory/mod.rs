//! The directory and the cluster: sites, subnets, domain controllers, members
//! of groups and nodes, from LDIF and from the tools of consoles.
//!
//! They become records of the cmdlets of the modules ActiveDirectory and
//! FailoverClusters, and where LDIF holds objects of Exchange, of the cmdlets
//! of Exchange.

mod console;
mod distinguished_name;
mod ldif;

pub use console::CONSOLE;
pub use ldif::LDIF;

#[cfg(test)]
mod hostile;
