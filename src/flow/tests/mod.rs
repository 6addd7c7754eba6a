//! Tests against evaluators that are as simple as possible.

mod algebra;
pub(crate) mod build;
mod contoso;
mod corpus;
mod differential;
mod generate;
mod naive;
mod network;
