//! Behaviour of the binary: whole outputs, exit codes, pipes, bad inputs.

mod archives;
mod baseline;
mod conditions;
mod diff;
mod diff_git;
mod diff_not_decided;
mod diff_two_firewalls;
mod diff_windows;
mod estate;
mod exit_codes;
mod help;
mod init;
mod inputs;
mod japanese;
mod json;
mod output;
mod outputs;
mod own_address;
mod paths;
mod placed;
mod safety;
mod translated;
