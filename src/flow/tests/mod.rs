//! Tests against evaluators that are as simple as possible.

mod adversarial;
mod algebra;
mod alike;
pub(crate) mod build;
mod cases;
mod composition;
mod contoso;
mod corpus;
mod difference;
mod differential;
mod dimensions;
mod fortios;
pub(super) mod generate;
mod hiding;
mod hosts;
mod ios;
mod junos;
pub(super) mod naive;
mod naive_nat;
mod network;
mod panos;
mod peers;
mod recorded;
mod render;
mod together;
mod translation;
mod windows_firewall;
