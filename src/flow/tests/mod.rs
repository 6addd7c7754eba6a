//! Tests against evaluators that are as simple as possible.

mod build;
mod network;
