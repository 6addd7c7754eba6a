//! What several platforms have in common: terminal captures, the words of a
//! line, tables of commands, rules and schedules under construction, data
//! files.

pub mod capture;
pub mod commands;
pub mod graph;
pub mod outcome;
pub mod rules;
pub mod tables;
pub mod words;
