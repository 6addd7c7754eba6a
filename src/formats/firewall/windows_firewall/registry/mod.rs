//! Settings as the registry and group policies keep them.
//!
//! Three containers: registry exports and `reg query` ([`export`]), the file
//! `registry.pol` of a group policy ([`pol`]), and the XML files of a policy's
//! backup, which only name it ([`backup`]). Rules are strings of one grammar
//! in all of them ([`strings`]); what a key and a value mean stands in
//! [`settings`].

pub mod backup;
pub mod export;
pub mod pol;
pub mod settings;
pub mod strings;
