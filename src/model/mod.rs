//! Vendor-neutral types that the formats convert to and the later stages read.

pub mod asks;
pub mod certificate;
pub mod exchange;
pub mod firewall;
pub mod net;
pub mod path;
pub mod references;
pub mod server;
pub mod severity;
pub mod zone;
