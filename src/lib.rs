//! exlint checks whether a network lets Exchange Server's data paths work, and
//! work safely: it reads exported firewall configurations and Exchange
//! settings and decides every data path of the reference on them.
//!
//! Data flows one way, and a module imports only from the modules before it:
//! `source → model → formats → estate → flow → policy → finding → report → cli`.
//! [`run`] is the whole way in one function.

#![forbid(unsafe_code)]

pub mod cli;
pub mod estate;
pub mod finding;
pub mod flow;
pub mod formats;
pub mod model;
mod pipeline;
pub mod policy;
pub mod report;
pub mod source;

pub use pipeline::{
    Options, RunError, Settings, Side, analyse, configure, gather, policies, policies_of,
    rule_folders, run, run_changed, run_example, run_with_rules, shared, side,
};
