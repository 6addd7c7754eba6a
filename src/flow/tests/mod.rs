//! Tests against evaluators that are as simple as possible.

mod algebra;
mod build;
mod contoso;
mod corpus;
mod differential;
mod generate;
mod naive;
mod network;
