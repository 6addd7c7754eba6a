//! Behaviour of the binary: whole outputs, exit codes, pipes, bad inputs.

mod estate;
mod exit_codes;
mod help;
mod inputs;
mod japanese;
mod json;
mod output;
mod safety;
