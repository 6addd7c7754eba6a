//! Parts that several platforms share.

pub mod netfilter;
