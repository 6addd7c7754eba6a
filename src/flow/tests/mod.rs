//! Tests against evaluators that are as simple as possible.

mod algebra;
pub(crate) mod build;
mod contoso;
mod corpus;
mod differential;
pub(super) mod generate;
pub(super) mod naive;
mod network;
