//! Tests against evaluators that are as simple as possible.

mod algebra;
mod contoso;
pub(crate) mod build;
mod differential;
mod generate;
mod naive;
mod network;
